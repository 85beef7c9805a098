"""`probe bless` and `probe gate` as a user types them; every exit code in a process of its own."""

import json
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from probe.cli import exit_code
from probe.metrics import Column
from probe.perturb import select
from probe.record.commands import ShowCommands


def run(*args):
    """Return the command of a quick run."""
    command = ["run", "sentiment", "--model", "scripted:coin", "--limit", "12", "--samples", "2"]
    # families that apply to any twelve items as to any ninety: the gate refuses to compare other columns
    return [*command, "--perturb", "format,typos,order,contrast-set", *args]


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Runs of two models and a longer one, in one folder each."""
    place = tmp_path_factory.mktemp("gate")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(place)
        assert exit_code(run("--out", "coin")) == 0
        assert exit_code([*run("--out", "still"), "--model", "scripted:stubborn-coin", "--limit", "90"]) == 0
        assert exit_code([*run("--out", "long"), "--limit", "90"]) == 0
        assert exit_code(["run", "facts", "--model", "scripted:coin", "--limit", "12", "--out", "facts"]) == 0
        for name in ("coin", "still", "long", "facts"):
            assert exit_code(["bless", name, "-o", f"{name}.json"]) == 0
    return place


@pytest.fixture(autouse=True)
def there(made, monkeypatch):
    monkeypatch.chdir(made)


def probe(*args):
    return subprocess.run(
        [sys.executable, "-m", "probe", *args], capture_output=True, text=True, check=False, timeout=120
    )


@pytest.mark.parametrize(
    ("args", "code", "says"),
    [
        (["gate", "long", "--baseline", "long.json"], 0, "pass: scripted:coin, sentiment against long.json."),
        (["gate", "long", "--baseline", "still.json"], 1, "REGRESSED: scripted:coin, sentiment against still.json."),
        (["gate", "coin"], 2, "neither a baseline nor a bound"),
        (["gate", "coin", "--baseline", "long.json"], 3, "did not ask the same"),
        (["gate", "coin", "--baseline", "coin.json"], 4, "inconclusive: scripted:coin"),
        (["gate", "coin", "--baseline", "coin.json", "--allow-inconclusive"], 0, "inconclusive: scripted:coin"),
        (["gate", "coin", "--baseline", "facts.json"], 5, "no item in common"),
        (["gate", "coin", "--max-flip-rate", "0.01"], 1, "FAILED"),
        (["gate", "coin", "--max-flip-rate", "1"], 0, "pass"),
        (["gate", "facts", "--min-contrast-consistency", "0.1"], 5, "could not be checked"),
        (["gate", "nowhere", "--max-flip-rate", "1"], 2, "not the folder of a run"),
        (["gate", "coin", "--baseline", "coin"], 2, "that is a folder of runs, not a baseline"),
    ],
)
def test_every_exit_code_is_what_the_verdict_says(args, code, says):
    done = probe(*args)
    assert done.returncode == code, done.stderr
    assert says in (done.stdout if code in (0, 1, 4) else done.stderr)
    assert code in (0, 1, 4) or done.stdout == ""
    assert "Traceback" not in done.stderr


def test_an_uncaught_exception_is_3_and_never_1(tmp_path):
    code = (
        "import probe.gating.evaluate as j, sys; j.evaluate = lambda *a, **k: 1 / 0; "
        "from probe.cli import exit_code; sys.exit(exit_code(['gate', 'coin', '--max-spread', '1']))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 3 and "bug in probe" in done.stderr


@pytest.mark.slow
def test_an_interrupted_gate_is_130(made):
    code = (
        "import probe.gating.evaluate as j, sys, time; "
        "j.evaluate = lambda *a, **k: (print('waits', flush=True), time.sleep(60)); "
        "from probe.cli import exit_code; sys.exit(exit_code(['gate', 'coin', '--max-spread', '1']))"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )  # fmt: skip
    assert process.stdout.readline().strip() == "waits"
    time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=60)
    assert process.returncode == 130


def test_json_is_alone_on_stdout_and_agrees_with_the_exit_code():
    for args in (["still.json"], ["long.json"]):
        done = probe("gate", "long", "--baseline", *args, "--json")
        value = json.loads(done.stdout)
        assert value["exit_code"] == done.returncode
        assert value["outcome"] == ("regressed" if done.returncode else "pass")


def test_files_are_written_by_their_names(made, capsys):
    assert exit_code(["gate", "long", "--baseline", "long.json", "-o", "out/v.json", "-o", "w.json"]) == 0
    for name in ("out/v.json", "w.json"):
        assert json.loads((made / name).read_text())["outcome"] == "pass"
    assert exit_code(["gate", "long", "--baseline", "long.json", "-o", "v.txt"]) == 2
    assert ".sarif" in capsys.readouterr().err


def test_a_regressed_verdict_is_written_all_the_same(made, capsys):
    assert exit_code(["gate", "long", "--baseline", "still.json", "-o", "bad.json"]) == 1
    assert json.loads((made / "bad.json").read_text())["exit_code"] == 1


def test_bounds_of_the_project_hold_and_a_flag_comes_first(made, monkeypatch, capsys):
    project = made / "project"
    project.mkdir()
    (project / "probe.toml").write_text("[gate]\nmax-flip-rate = 0.01\n")
    monkeypatch.chdir(project)
    assert exit_code(["gate", "../coin"]) == 1
    assert exit_code(["gate", "../coin", "--max-flip-rate", "1"]) == 0
    (project / "probe.toml").write_text('[gate]\nbaseline = "../still.json"\n')
    assert exit_code(["gate", "../long"]) == 1
    (project / "probe.toml").write_text("[gate]\nmax-flips = 0.01\n")
    assert exit_code(["gate", "../coin"]) == 2
    assert "probe.toml:2: unknown key 'max-flips'" in capsys.readouterr().err


def test_settings_of_a_parent_folder_are_named_and_a_misspelt_family_is_refused(made, monkeypatch, capsys):
    deep = made / "parent" / "deep"
    deep.mkdir(parents=True)
    (made / "parent" / "probe.toml").write_text(
        "[gate]\nmax-flip-rate = 1.0\n\n[gate.suite.triage]\nmax-spread = 0.1\n"
    )
    monkeypatch.chdir(deep)
    files = [word for name in ("v.json", "v.md", "v.xml", "v.sarif", "v.html") for word in ("-o", name)]
    assert exit_code(["gate", "../../coin", *files]) == 0
    told = capsys.readouterr()
    assert "settings ../probe.toml" in told.out and "Not every bound could be checked." in " ".join(told.out.split())
    assert "warning: suite triage has bounds in " in told.err
    for name in files[1::2]:
        assert "../probe.toml" in (deep / name).read_text(encoding="utf-8"), name
    (made / "parent" / "probe.toml").write_text("[gate.family.typoz]\nmax-flip-rate = 0.1\n")
    assert exit_code(["gate", "../../coin"]) == 2
    assert "probe.toml:2: max-flip-rate of an unknown family 'typoz'. Did you mean 'typos'?" in capsys.readouterr().err
    (made / "parent" / "probe.toml").write_text("[gate.suite.nosuch]\nmax-flip-rate = 0.1\n")
    assert exit_code(["gate", "../../coin"]) == 5


def test_the_page_of_a_judged_run_has_the_verdict_of_the_exit_code(made, capsys):
    for baseline, code, said in (("still.json", 1, "Regressed"), ("long.json", 0, "Passed")):
        assert exit_code(["gate", "long", "--baseline", baseline, "-o", "page.html"]) == code
        page = (made / "page.html").read_text(encoding="utf-8")
        assert f">{said}</span>" in page and f"against {baseline}" in page


def test_a_report_of_a_run_that_nobody_judged_is_skipped_and_never_green(made, capsys):
    (folder,) = (path for path in (made / "coin").iterdir() if path.is_dir())
    assert exit_code(["report", str(folder), "-o", "unjudged.xml", "-o", "unjudged.sarif"]) == 0
    text = (made / "unjudged.xml").read_text(encoding="utf-8")
    assert text.count("<skipped") == text.count("<testcase") > 1 and 'name="outcome" value="none"' in text
    assert "exitCode" not in (made / "unjudged.sarif").read_text(encoding="utf-8")


def test_the_newest_of_a_folder_of_runs_is_taken_and_said(made, capsys):
    assert exit_code(run("--out", "many")) == 0
    time.sleep(0.01)
    assert exit_code([*run("--out", "many"), "--seed", "7"]) == 0
    capsys.readouterr()
    assert exit_code(["bless", "many", "-o", "many.json"]) == 0
    told = capsys.readouterr()
    assert "the newest of 2 runs" in told.err
    assert json.loads((made / "many.json").read_text())["outcomes"]["design"]["seed"] == 7


def test_a_baseline_goes_where_its_name_says(made, capsys):
    assert exit_code(["bless", "coin"]) == 0
    assert (made / "baselines" / "sentiment__scripted-coin.json").is_file()
    assert "probe gate RUN --baseline baselines/sentiment__scripted-coin.json" in capsys.readouterr().out
    assert exit_code(["bless", "coin", "-o", "baseline.yaml"]) == 2
    assert exit_code(["bless", "."]) == 2


def test_a_place_that_cannot_be_written_is_3(capsys):
    assert exit_code(["bless", "coin", "-o", "coin.json/b.json"]) == 3
    assert "cannot write the baseline" in capsys.readouterr().err


def test_the_command_that_is_named_for_an_item_runs(capsys):
    assert exit_code(["gate", "long", "--baseline", "still.json", "--json"]) == 1
    import shlex

    checks = json.loads(capsys.readouterr().out)["checks"]
    commands = {moved["command"] for check in checks for moved in check["moved"] if moved["family"] != "original"}
    assert commands
    for command in sorted(commands)[:3]:
        assert exit_code(shlex.split(command)[1:]) == 0


def test_what_is_allowed_is_said_on_stderr_and_on_the_page(capsys):
    assert exit_code(["gate", "coin", "--baseline", "long.json", "--allow-missing-items", "--allow-inconclusive"]) == 0
    told = capsys.readouterr()
    assert "warning: compared although 78 of 90 items" in told.err
    assert "allowed  78 of 90 items" in told.out


def test_a_suite_without_contrasts_is_named_in_the_run_on_its_page_and_in_the_gate(capsys):
    said = "facts: no contrast could be made for any of 12 items; an answer that never changes looks robust here"
    (folder,) = (path for path in Path("facts").iterdir() if path.is_dir())
    assert said in json.loads((folder / "summary.json").read_text(encoding="utf-8"))["warnings"][-1]
    assert said in (folder / "report.html").read_text(encoding="utf-8")
    assert exit_code(["gate", "facts", "--max-flip-rate", "1", "--json"]) == 0
    told = capsys.readouterr()
    assert said in told.err and said in json.loads(told.out)["unguarded"][0]
    assert exit_code(["gate", "facts", "--max-flip-rate", "1", "-o", "v.md", "-o", "v.html", "-o", "v.xml"]) == 0
    told = capsys.readouterr()
    assert "no contrast could be made" in " ".join(told.out.split())
    for name in ("v.md", "v.html", "v.xml"):
        assert "no contrast could be made for any of 12 items" in Path(name).read_text(encoding="utf-8"), name
    assert exit_code(["gate", "long", "--max-flip-rate", "1", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["unguarded"] == [], "its items have contrasts of their own"
    assert (
        exit_code(["run", "facts", "--model", "scripted:coin", "--limit", "6", "--perturb", "typos", "--out", "t"]) == 0
    )
    assert "no contrast" not in capsys.readouterr().err, "none was asked for"


@pytest.mark.slow
def test_the_command_under_an_item_that_moved_asks_that_very_variant_again(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    asked = ["run", "comparison", "--perturb", "typos,contrast", "--limit", "40", "--no-noise-floor", "--samples", "2"]
    assert exit_code([*asked, "--out", "good"]) == 0
    assert exit_code([*asked, "--max-length", "20", "--out", "worse"]) == 0
    assert exit_code(["bless", "good", "-o", "good.json"]) == 0
    capsys.readouterr()
    assert exit_code(["gate", "worse", "--baseline", "good.json", "--json"]) == 1
    moved = [item for check in json.loads(capsys.readouterr().out)["checks"] for item in check["moved"]]
    assert {one["family"] for one in moved} >= {"original", "typos"}
    for one in {one["command"]: one for one in moved}.values():
        plain = one["command"].replace(" --samples 2", "")  # of members of a contrast set, which is asked whole
        assert plain.endswith("--seed 0 --limit 40 --model pocket --model-args max_length=20")
        assert exit_code(shlex.split(one["command"])[1:]) == 0
        *_, varied = capsys.readouterr().out.splitlines()
        assert varied.startswith("varied") and f'"{one["after"]}"' in varied


def test_the_command_under_an_item_names_what_shares_its_draws():
    def command(column, *perturb, seen=()):
        manifest = {
            "suites": [{"name": "toy", "path": "./toy", "flags": ["--delimiter", ";"]}],
            "perturb": list(perturb),
            "seed": 7, "num_fewshot": 2, "limit": None,
            "asked_model": {"model": "hf:x", "options": {}},
        }  # fmt: skip
        commands = ShowCommands.of_manifest(manifest, [("toy", each) for each in (column, *seen)])
        return commands.of("toy", "i1", column)

    start, end = "probe show ./toy i1 --delimiter ';'", "--seed 7 --num-fewshot 2 --model hf:x"
    typos = [one.name for one in select(["typos"])]
    swap = Column("typos", "typo-swap", 1, "label-preserving")
    assert command(swap, *typos, "null") == f"{start} --variant typo-swap/1 {end}"
    assert (
        command(swap, "typo-swap", "typo-drop") == f"{start} --variant typo-swap/1 --perturb typo-swap,typo-drop {end}"
    )
    original = Column("original", "original", 0, "label-preserving")
    assert command(original, *typos) == f"{start} --variant null/0 {end}"
    mine, other = (Column("own", f"./mine.py:{name}", 0, "label-preserving") for name in ("a", "b"))
    assert f"--perturb ./mine.py:a,./mine.py:b {end}" in command(
        mine, mine.perturbation, other.perturbation, seen=[other]
    )
    pair, later = (
        Column("composed", f"typo-swap+{name}", n, "label-preserving")
        for n, name in enumerate(["casing-upper", "null"])
    )
    assert "--perturb typo-swap+casing-upper --seed" in command(
        pair, pair.perturbation, later.perturbation, seen=[later]
    )
