"""What CI systems are given: the action's shell steps are run as they stand, the files are what their readers expect."""

import itertools
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
import yaml

ROOT = Path(__file__).parents[1]
EXAMPLES = ROOT / "examples" / "ci"
ACTION = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
STEPS = ACTION["runs"]["steps"]
YAML = [
    ROOT / "action.yml",
    ROOT / ".pre-commit-hooks.yaml",
    *sorted(EXAMPLES.glob("*.yml")),
    *sorted(EXAMPLES.glob("*.yaml")),
]
EXPRESSION = re.compile(r"\$\{\{\s*(.*?)\s*\}\}")
SMALL = {"suite": "facts sentiment", "model": "scripted:coin", "limit": "12", "samples": "2", "perturb": "typos"}


def script(name):
    (step,) = (step for step in STEPS if step["name"] == name)
    return step


def evaluated(value, known):
    """Return a text with its expressions replaced, as the runner does it: `a || b`, and names."""

    def one(match):
        names = match[1].split(" || ")
        return next((known[name] for name in names if known[name]), "")

    return EXPRESSION.sub(one, value)


@pytest.fixture
def runner(tmp_path):
    """Return a function that runs a step of the action as a runner does, with some inputs, in an empty folder."""
    shims, work, temp = tmp_path / "bin", tmp_path / "work", tmp_path / "temp"
    for folder in (shims, work, temp):
        folder.mkdir()
    for name, run in (("python", sys.executable), ("probe", f"{sys.executable} -m probe")):
        (shims / name).write_text(f'#!/bin/sh\nexec {run} "$@"\n', encoding="utf-8")
        (shims / name).chmod(0o755)

    def run(name="Run and judge", *, outputs=None, environment=None, **inputs):
        step = script(name)
        given = {key: str(one.get("default", "")) for key, one in ACTION["inputs"].items()}
        known = {
            f"inputs.{key}": value
            for key, value in (given | {k.replace("_", "-"): v for k, v in inputs.items()}).items()
        }
        known |= {"runner.temp": str(temp), "github.action_path": str(ROOT)}
        known |= {f"steps.probe.outputs.{key}": value for key, value in (outputs or {}).items()}
        files = {"GITHUB_OUTPUT": tmp_path / "output", "GITHUB_STEP_SUMMARY": tmp_path / "page"}
        for file in files.values():
            file.write_text("", encoding="utf-8")
        every = {
            "PATH": f"{shims}{os.pathsep}{os.environ['PATH']}",
            "PYTHONPATH": str(ROOT),
            "OMP_NUM_THREADS": "1",
            "HOME": str(tmp_path),
            **{key: str(file) for key, file in files.items()},
            **{key: evaluated(value, known) for key, value in step["env"].items()},
            **(environment or {}),
        }
        # As GitHub calls it for `shell: bash`.
        done = subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]],
            cwd=work, env=every, capture_output=True, text=True, check=False, timeout=300,
        )  # fmt: skip
        return done, written(files["GITHUB_OUTPUT"]), files["GITHUB_STEP_SUMMARY"].read_text(encoding="utf-8")

    run.work = work
    return run


def written(path):
    """Read the outputs of a step, as the runner does: `name<<mark`, lines, `mark`."""
    lines = iter(path.read_text(encoding="utf-8").splitlines())
    found = {}
    for line in lines:
        name, mark = line.split("<<")
        found[name] = "\n".join(itertools.takewhile(lambda one, mark=mark: one != mark, lines))
    return found


def test_no_expression_stands_in_a_script():
    for step in STEPS:
        if "run" in step:
            assert "${{" not in step["run"], step["name"]
            assert step["shell"] == "bash"


def test_every_input_reaches_a_step_and_every_output_is_written():
    text = json.dumps(STEPS)
    for name in ACTION["inputs"]:
        assert f"inputs.{name}" in text, name
    for name, one in ACTION["outputs"].items():
        assert one["value"] == f"${{{{ steps.probe.outputs.{name} }}}}"
    named = set(re.findall(r"steps\.probe\.outputs\.([\w-]+)", text))
    run = script("Run and judge")["run"]
    for name in named | set(ACTION["outputs"]):
        assert re.search(rf"output {name} |\b{name}:[\w.]+", run), name


def test_actions_of_others_are_pinned():
    for step in STEPS:
        if "uses" in step:
            assert re.fullmatch(r"actions/[\w-]+@[0-9a-f]{40}", step["uses"]), step["uses"]


def test_bounds_of_the_action_are_the_gates():
    from probe.gating.bounds import METRICS

    assert set(METRICS) <= set(ACTION["inputs"])
    (listed,) = re.findall(r"for bound in ([\w -]+);", script("Run and judge")["run"])
    assert listed.split() == list(METRICS)


@pytest.mark.slow
def test_a_run_beyond_its_bound_is_a_verdict_of_failed(runner):
    done, outputs, page = runner(**SMALL, max_flip_rate="0.05")
    assert done.returncode == 0, done.stderr
    assert (outputs["verdict"], outputs["exit-code"]) == ("failed", "1")
    assert outputs["comment"].startswith("<!-- probe -->\n### probe: Failed:")
    assert "### probe: Answers change on" in outputs["comment"]
    assert (
        Path(outputs["comment-file"]).read_text(encoding="utf-8").strip() == outputs["comment"].strip() == page.strip()
    )
    assert ET.parse(outputs["junit"]).getroot().get("failures") == "2"
    assert len(json.loads(Path(outputs["sarif"]).read_text(encoding="utf-8"))["runs"][0]["results"]) == 2
    assert Path(outputs["report"]).read_text(encoding="utf-8").startswith("<!doctype html>")
    assert (Path(outputs["run"]) / "manifest.json").is_file()
    lines = done.stdout.splitlines()
    assert lines[0].startswith("::stop-commands::") and lines[-1] == f"::{lines[0].split('::')[2]}::"
    judged, _, _ = runner("Judge", outputs=outputs)
    assert judged.returncode == 1 and "::error" in judged.stdout


@pytest.mark.slow
def test_without_anything_to_judge_by_there_is_no_verdict_and_no_failure(runner):
    done, outputs, page = runner(**SMALL)
    assert done.returncode == 0, done.stderr
    assert (outputs["verdict"], outputs["exit-code"]) == ("none", "0")
    assert page.count("### probe:") == 1
    assert ET.parse(outputs["junit"]).getroot().get("failures") == "0"
    assert runner("Judge", outputs=outputs)[0].returncode == 0


@pytest.mark.slow
def test_the_projects_own_bounds_are_judged_and_inconclusive_fails_unless_allowed(runner):
    (runner.work / "probe.toml").write_text("[gate]\nmin-accuracy = 0.35\n", encoding="utf-8")
    _, outputs, _ = runner(**SMALL, args="--seed 3 --num-fewshot '1'", fail_on_inconclusive="false")
    assert (outputs["verdict"], outputs["exit-code"]) == ("inconclusive", "0")
    manifest = json.loads((Path(outputs["run"]) / "manifest.json").read_text(encoding="utf-8"))
    assert (manifest["seed"], manifest["num_fewshot"]) == (3, 1)
    _, outputs, _ = runner(**SMALL)
    assert (outputs["verdict"], outputs["exit-code"]) == ("inconclusive", "4")


@pytest.mark.slow
def test_without_inputs_the_project_says_what_is_run_and_a_former_input_still_counts(runner):
    project = 'suites = ["facts"]\nmodel = "scripted:coin"\nlimit = 3\nperturb = "typos"\n[gate]\nmax-flip-rate = 1.0\n'
    (runner.work / "probe.toml").write_text(project, encoding="utf-8")
    done, outputs, _ = runner(samples="1")
    assert done.returncode == 0, done.stderr
    assert (outputs["verdict"], outputs["exit-code"]) == ("pass", "0")
    manifest = json.loads((Path(outputs["run"]) / "manifest.json").read_text(encoding="utf-8"))
    assert (manifest["model"]["name"], manifest["limit"]) == ("scripted:coin", 3)
    assert manifest.get("samples", manifest.get("samples")) == 1


@pytest.mark.slow
def test_a_baseline_is_compared_with_and_a_missing_one_is_an_error(runner):
    _, first, _ = runner(**SMALL)
    subprocess.run(
        [sys.executable, "-m", "probe", "bless", first["run"], "-o", str(runner.work / "base.json")],
        env=os.environ | {"PYTHONPATH": str(ROOT)}, check=True, capture_output=True,
    )  # fmt: skip
    _, outputs, _ = runner(**SMALL, baseline="base.json", fail_on_inconclusive="false")
    assert outputs["verdict"] in ("pass", "inconclusive") and outputs["exit-code"] == "0"
    done, outputs, page = runner(**SMALL, baseline="nowhere.json")
    assert (done.returncode, outputs["verdict"]) == (0, "error")
    assert outputs["exit-code"] in ("2", "3") and "nowhere.json" in done.stderr
    assert "no verdict, exit code" in page


@pytest.mark.slow
@pytest.mark.parametrize(
    "inputs",
    [
        {"suite": "facts; touch pwned"},
        {"suite": "$(touch pwned) `touch pwned`"},
        {"model": 'pocket"; touch pwned; "'},
        {"args": "--out '$(touch pwned)' --nonsense"},
        {"suite": "--trust-remote-code"},
        {"limit": "2 --model-args x"},
    ],
)
def test_no_input_is_read_as_code_or_as_another_option(runner, inputs):
    done, outputs, _ = runner(**(SMALL | inputs))
    assert done.returncode == 0, done.stderr
    assert (outputs["verdict"], outputs["exit-code"]) == ("error", "2")
    assert "report" not in outputs
    assert not list(runner.work.iterdir())


@pytest.mark.slow
def test_the_package_that_is_named_is_installed(runner, tmp_path):
    wheel = tmp_path / "tiny-1.0-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("tiny.py", "")
        archive.writestr("tiny-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: tiny\nVersion: 1.0\n")
        archive.writestr("tiny-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr("tiny-1.0.dist-info/RECORD", "")
    target = {"PIP_TARGET": str(tmp_path / "site"), "PYTHONPATH": ""}
    done, _, _ = runner("Install", package=str(wheel), pip_args="--no-index --no-deps", environment=target)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "site" / "tiny.py").is_file()


@pytest.mark.parametrize("path", YAML, ids=lambda path: path.name)
def test_every_file_is_yaml_without_words_that_become_booleans_by_accident(path):
    text = path.read_text(encoding="utf-8")
    value = yaml.safe_load(text)
    assert value

    def walk(node):
        if isinstance(node, dict):
            for key, one in node.items():
                assert isinstance(key, str) or key is True, key  # "on" of a workflow is read as true
                walk(one)
        elif isinstance(node, list):
            for one in node:
                walk(one)

    walk(value)


@pytest.mark.parametrize(
    ("schema", "path"),
    [
        ("vendor.github-actions", ROOT / "action.yml"),
        ("vendor.github-workflows", EXAMPLES / "github.yml"),
        ("vendor.gitlab-ci", EXAMPLES / "gitlab-ci.yml"),
    ],
    ids=lambda one: one.name if isinstance(one, Path) else one,
)
def test_each_file_is_what_its_reader_expects(schema, path):
    pytest.importorskip("check_jsonschema", reason="the schemas come with check-jsonschema, of the dev extra")
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", schema, str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_workflow_gives_the_action_inputs_that_it_has_and_reads_outputs_that_it_has():
    workflow = yaml.safe_load((EXAMPLES / "github.yml").read_text(encoding="utf-8"))
    steps = workflow["jobs"]["robust"]["steps"]
    (step,) = (step for step in steps if step.get("id") == "probe")
    assert set(step["with"]) <= set(ACTION["inputs"])
    assert set(re.findall(r"steps\.probe\.outputs\.([\w-]+)", json.dumps(steps))) <= set(ACTION["outputs"])
    assert not any("${{" in step.get("run", "") for step in steps)


@pytest.fixture
def triage(runner):
    """Return a folder with a suite, as the examples name it, and a baseline of it."""
    shutil.copytree(ROOT / "suites" / "sentiment", runner.work / "prompts" / "triage")
    return runner.work


def shell(command, work, **environment):
    shims = work.parent / "bin"
    every = os.environ | {
        "PATH": f"{shims}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
        "OMP_NUM_THREADS": "1",
    }
    return subprocess.run(
        ["bash", "-eo", "pipefail", "-c", command],
        cwd=work,
        env=every | environment,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.slow
def test_the_gitlab_job_runs_as_it_stands(triage):
    job = yaml.safe_load((EXAMPLES / "gitlab-ci.yml").read_text(encoding="utf-8"))["robust-prompts"]
    variables = job["variables"] | {"MODEL": "scripted:stubborn-coin"}
    assert shell("probe run prompts/triage --model scripted:stubborn-coin --out first", triage).returncode == 0
    blessed = shell(f'probe bless "$(ls -d first/*/)" -o {variables["BASELINE"]}', triage)
    assert blessed.returncode == 0, blessed.stderr
    done = shell("\n".join(job["script"]), triage, **variables)
    assert done.returncode == 0, done.stdout + done.stderr
    assert (triage / job["artifacts"]["reports"]["junit"]).is_file()
    assert all(list(triage.glob(path)) for path in job["artifacts"]["paths"])


@pytest.mark.slow
def test_the_hooks_run_as_the_example_configures_them(triage):
    hooks = {hook["id"]: hook for hook in yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))}
    config = yaml.safe_load((EXAMPLES / "pre-commit-config.yaml").read_text(encoding="utf-8"))
    codes = []
    for chosen in config["repos"][0]["hooks"]:
        hook = hooks[chosen["id"]]
        assert {"id", "name", "entry", "language", "files", "pass_filenames"} <= set(hook)
        assert re.search(hook["files"], "prompts/triage/suite.toml") and not re.search(hook["files"], "src/app.py")
        arguments = shlex.join("scripted:coin" if word == "pocket" else word for word in chosen["args"])
        codes.append(shell(f"{hook['entry']} {arguments}", triage).returncode)
    assert codes == [0, 1]
