"""The documentation: commands of the pages run, flags exist, the reference is whole, the shown gate is the gate one gets."""

import json
import os
import re
import shlex
import subprocess
import sys
from glob import glob
from pathlib import Path

import pytest
import typer.main
from test_readme import TOLERANCE, percentages, words

from probe.cli import exit_code
from probe.cli.app import app

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted(DOCS.rglob("*.md"))]
COMMANDS = typer.main.get_command(app).commands


def page(name):
    return (DOCS / name).read_text(encoding="utf-8")


def blocks(text):
    """Return the fenced blocks of a page, each with what stands after its fence."""
    return re.findall(r"^```(.*?)\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)


@pytest.fixture
def typed(tmp_path, monkeypatch, capsys):
    """Return a function that runs a command of a page in this process, in an empty folder, file patterns filled in."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")

    def run(line):
        words = shlex.split(line, comments=True)
        assert not set(line) & set("|;&<>$`"), "of a shell's signs only patterns and comments are read here"
        capsys.readouterr()
        code = exit_code([found for word in words for found in (sorted(glob(word)) if "*" in word else [word])])
        return subprocess.CompletedProcess(line, code, *capsys.readouterr())

    return run


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_command_and_flag_that_is_named_exists(path):
    for _, block in blocks(path.read_text(encoding="utf-8")):
        for line in block.splitlines():
            if match := re.match(r"(?:\$ )?probe ([\w-]+)(.*)", line):
                shown = [one for one in COMMANDS[match[1]].params if not getattr(one, "hidden", False)]
                known = {flag for one in shown for flag in [*one.opts, *one.secondary_opts]}
                for flag in re.findall(r"(?<!\S)--?[\w-]+", match[2].split("#")[0]):
                    assert flag in known, f"{flag} in {line!r}"


@pytest.mark.slow
def test_the_quickstart_runs_as_it_is_printed(tmp_path, typed):
    ran = []
    for info, block in blocks(page("quickstart.md")):
        if named := re.search(r'title="(.*?)"', info):
            (tmp_path / named[1]).write_text(block, encoding="utf-8")
        for line in re.findall(r"^probe ((?!.*NAME_OR_PATH).*)$", block, re.MULTILINE):
            done = typed(line)
            assert done.returncode == 0, f"probe {line}\n{done.stderr}"
            assert done.stdout or done.stderr
            ran.append(line.split()[0])
    assert set(ran) >= {"run", "show", "report", "init", "plan", "bless", "gate"}
    assert all((tmp_path / name).is_file() for name in ("report.html", "summary.md", "figures.csv", "mine/suite.toml"))


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::FutureWarning")  # peft's, about transformers
def test_the_repair_of_the_how_to_runs_as_it_is_printed(tmp_path, typed):
    _, block = blocks(page("how-to/repair.md"))[0]
    asked = "--limit 4 --samples 1 --perturb format --no-noise-floor"
    trained = "--steps 2 --items 4 --validation-items 8 --validation-samples 1 --perturb format --no-judge"
    less = {"repair": trained, "run": asked, "compare": "--json"}
    for line in re.findall(r"^probe (.*)$", block, re.MULTILINE):
        done = typed(f"{line} {less[line.split()[0]]}")
        assert done.returncode == 0, f"probe {line}\n{done.stderr}"
    first, second = json.loads(done.stdout)["runs"]
    assert first["folder"].startswith("before") and second["folder"].startswith("after")
    manifest = json.loads(next((tmp_path / "after").glob("*/manifest.json")).read_text())
    assert manifest["model"]["adapter"] == "adapters/sentiment" and manifest["model"]["adapter_hash"]


@pytest.mark.slow
def test_the_perturbation_of_ones_own_runs_as_it_is_printed(tmp_path, typed):
    text = page("how-to/own-perturbation.md")
    code, laws = (block for info, block in blocks(text) if info == "python")
    assert 'broken_laws("wording-shout") == []' in laws, "as in the test that `probe new` writes"
    assert len(code.replace("# mine.py\n", "").strip().splitlines()) <= 10
    (tmp_path / "mine.py").write_text(code)
    (command,) = re.findall(r"^probe (show sentiment --perturb \./mine\.py:announce)$", text, re.MULTILINE)
    done = typed(command)
    assert done.returncode == 0, done.stderr
    assert "--- ./mine.py:announce 0" in done.stdout
    assert re.search(r"\{\+(Attention!|Here is a task|Now read this)", done.stdout)


@pytest.mark.slow
def test_the_python_of_the_how_to_runs_as_it_is_printed(tmp_path):
    code = "\n".join(block for info, block in blocks(page("how-to/python.md")) if info == "python")
    done = subprocess.run(
        [sys.executable, "-c", f"{code}\nprint(run.figure('flip_rate'), verdict.outcome)"],
        cwd=tmp_path, capture_output=True, text=True, check=False, timeout=600,
        env=os.environ | {"OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "report.html").is_file()


@pytest.mark.slow
def test_the_bench_says_what_is_shown(typed):
    (_, commands), (_, shown) = blocks(page("how-to/mitigate.md").split("## Read the table\n")[1])[:2]
    for line in commands.splitlines():
        done = typed(line.removeprefix("probe "))
        assert done.returncode == 0, done.stderr
    printed = done.stdout
    rows = [
        [line for line in text.splitlines() if re.match(r"\(as asked\)|[a-z]+-[a-z]+ ", line)]
        for text in (shown, printed)
    ]
    assert len(rows[0]) == len(rows[1]) == 8
    for ours, theirs in zip(*rows, strict=True):
        numbers = [[float(one) for one in re.findall(r"[-+]?\d+(?:\.\d+)?", line)] for line in (ours, theirs)]
        assert numbers[1] == pytest.approx(numbers[0], abs=TOLERANCE)
    assert [text.split(":")[0] for text in (shown, printed)] == ["sentiment, 24 items, 144 answers, pocket"] * 2
    assert "Take prior-matching: " in shown and "Take prior-matching: " in printed


CHECK_ROW = re.compile(r"(pass|REGRESSED|inconclusive) +comparison ")


@pytest.mark.slow
def test_the_gate_says_what_is_shown(typed):
    section = page("how-to/gate.md").split("## What it looks like\n")[1].split("\n## ")[0]
    codes = []
    for _, block in blocks(section):
        shown = [line for line in block.splitlines() if not re.match(r"(?:\$ )?probe ", line)]
        for line in re.findall(r"^(?:\$ )?probe ((?:run|bless|gate) .*)$", block, re.MULTILINE):
            done = typed(line)
            codes += [done.returncode] if line.startswith("gate") else []
            assert done.returncode in (0, 1, 4), done.stderr
        if shown:
            assert done.stdout.split(":")[0] == shown[0].split(":")[0]
            table = [[text for text in lines if CHECK_ROW.match(text)] for lines in (shown, done.stdout.splitlines())]
            assert [words(line) for line in table[1]] == [words(line) for line in table[0]]
            for ours, theirs in zip(*table, strict=True):
                assert percentages(theirs) == pytest.approx(percentages(ours), abs=TOLERANCE)
    assert codes == [0, 1, 4]


@pytest.fixture(scope="module")
def reference():
    sys.path.insert(0, str(DOCS))
    try:
        import reference as made
    finally:
        sys.path.remove(str(DOCS))
    return made.pages()


def test_the_reference_has_every_command_and_every_visible_flag(reference):
    for name, command in COMMANDS.items():
        assert f"## probe {name}\n" in reference["commands"]
        section = reference["commands"].split(f"## probe {name}\n")[1].split("\n## ")[0]
        flags = [one.opts[0] for one in command.params if not getattr(one, "hidden", False)]
        assert [flag for flag in flags if flag.startswith("-") and f"`{flag}`" not in section] == []


def test_the_reference_has_every_perturbation_metric_loss_term_and_public_name(reference):
    import probe as package
    import probe.perturb
    from probe.metrics import metrics
    from probe.registry import perturbations
    from probe.repair.losses import loss_terms

    formulas = (DOCS / "methodology" / "repair.md").read_text(encoding="utf-8")
    assert [name for name in loss_terms if f"| `{name}` |" not in reference["losses"]] == []
    assert [name for name in loss_terms if f"| `{name}`" not in formulas] == []
    assert [one.name for one in perturbations.values() if f"| `{one.name}` |" not in reference["perturbations"]] == []
    assert [name for name in metrics if f"## {name}\n" not in reference["metrics"]] == []
    assert [name for name in package.__all__ if f"## probe.{name}\n" not in reference["python"]] == []


def test_the_reference_has_every_mitigation_method(reference):
    from probe.mitigate.catalogue import catalogue

    assert [one.name for one in catalogue() if f"| `{one.name}` |" not in reference["mitigations"]] == []


def test_the_project_file_that_is_shown_is_one_that_is_read(reference, tmp_path):
    from probe.api.project import find_project

    (shown,) = re.findall(r"```toml\n(.*?)```", reference["settings"], re.DOTALL)
    (tmp_path / "probe.toml").write_text(shown, encoding="utf-8")
    found = find_project(tmp_path)
    assert found.settings["samples"] == 8
    assert [bound.value for bound in found.gate.bounds] == [0.10, 0.03]


def test_every_error_ends_with_an_exit_code_that_is_documented():
    from probe.errors import EXIT_CODES, ProbeError

    def below(kind):
        return [kind, *(one for sub in kind.__subclasses__() for one in below(sub))]

    assert {one.exit_code for one in below(ProbeError)} <= EXIT_CODES.keys()


@pytest.mark.slow
def test_the_page_on_run_files_names_every_file_key_and_column(tmp_path, typed):
    import pyarrow.parquet as pq

    done = typed("run entailment --limit 6 --model scripted:coin --out runs --json")
    assert done.returncode == 0, done.stderr
    text = page("reference/files.md")
    summary = json.loads(done.stdout)
    folder = tmp_path / summary["run"]
    named = {path.name for path in folder.iterdir()} | set(summary)
    named |= {column for path in folder.glob("*.parquet") for column in pq.read_schema(path).names}
    named |= {
        key
        for rows in summary.values()
        if isinstance(rows, list)
        for row in rows
        if isinstance(row, dict)
        for key in row
    }
    assert sorted(name for name in named if not re.search(rf"\b{re.escape(name)}\b", text)) == []


@pytest.mark.slow
def test_the_site_builds_without_a_warning(tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(tmp_path)],
        cwd=ROOT, capture_output=True, text=True, check=False, env=os.environ | {"NO_MKDOCS_2_WARNING": "1"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "reference" / "commands" / "index.html").is_file()
    built = {path: path.read_text(encoding="utf-8") for path in tmp_path.rglob("*.html")}
    assert [str(path) for path, text in built.items() if "--8" in text] == [], "a snippet was not included"
    assert "flip_depth" in built[tmp_path / "how-to" / "extend" / "index.html"]


def test_every_snippet_is_spelled_as_the_site_reads_it():
    mangled = {path.name for path in DOCS.rglob("*.md") if re.search("--8(?!<-- )", path.read_text(encoding="utf-8"))}
    assert not mangled, "a formatter broke `--8<--`: use a fence of ```{.python}, which formatters leave alone"
