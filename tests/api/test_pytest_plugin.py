"""The plugin as users run it: in a process of its own, in a project of its own, with every warning an error."""

import os
import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow
ROOT = Path(__file__).parents[2]
SUITE = 'suite="facts", model="scripted:coin", limit=12, samples=2'


@pytest.fixture
def project(tmp_path):
    """Return a function that runs pytest on one test file with every warning an error."""

    def run(source, *args):
        (tmp_path / "test_it.py").write_text(source, encoding="utf-8")
        # Where this tree is not installed no entry point names the plugin.
        named = [] if "probe" in entry_points(group="pytest11").names else ["-p", "probe.api.pytest_plugin"]
        environment = os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1", "COLUMNS": "200"}
        command = [sys.executable, "-m", "pytest", *named, "-W", "error", "--strict-markers", "-p", "no:xdist", *args]
        return subprocess.run(
            command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False, timeout=120
        )

    return run


def test_a_marked_test_fails_with_the_verdict_and_names_what_moved(project):
    done = project(f"""
import probe

@probe.mark.robust({SUITE}, max_flip_rate=1.0)
def test_may_move():
    pass

@probe.mark.robust({SUITE}, max_flip_rate=0.05)
def test_may_not_move():
    raise SystemError("the body does not run")
""")
    assert done.returncode == 1, done.stdout + done.stderr
    assert "1 failed, 1 passed" in done.stdout
    assert "FAILED: scripted:coin, facts" in done.stdout
    assert "probe show facts" in done.stdout and "report.html" in done.stdout
    assert "SystemError" not in done.stdout and "During handling" not in done.stdout
    assert "probe: 1 pass, 1 failed; runs in" in done.stdout


def test_the_body_of_a_marked_test_runs_after_its_gate_and_a_class_marks_its_tests(project):
    done = project(f"""
import probe, pytest, unittest

@probe.mark.robust({SUITE}, max_flip_rate=1.0)
class TestAll:
    def test_body_fails(self):
        assert "body" == "reached"

    @probe.mark.robust({SUITE}, min_accuracy=1.0)
    def test_both_marks_hold(self):
        pass

@probe.mark.robust({SUITE}, max_spread=0.0, strict=True)
class TestOld(unittest.TestCase):
    def test_unittest(self):
        pass
""")
    assert "3 failed" in done.stdout, done.stdout
    assert "reached" in done.stdout
    assert "facts  original  accuracy" in done.stdout
    assert "probe: 2 pass, 2 failed" in done.stdout


def test_the_fixture_runs_once_and_checks_often(project):
    done = project(f"""
import pytest
from probe.api.session import NotRobust

def test_figures(probe):
    run = probe.run({SUITE})
    assert run is probe.run({SUITE})
    assert 0.3 < run.figure("flip_rate") <= 1.0
    assert run.figure("accuracy", family="original") == run.figure("accuracy", family="clean") < 0.8
    assert (run.folder / "report.html").is_file()
    verdict = probe.check(run, max_flip_rate=1.0)
    assert verdict.outcome == "pass"
    with pytest.raises(NotRobust, match="FAILED"):
        probe.check(run, max_flip_rate=0.01)

def test_model_is_loaded_once(probe):
    one, other = probe.run("facts", limit=2, samples=1, model="scripted:coin"), probe.run({SUITE})
    assert one is not other
    assert len(probe._models) == 1
""")
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_baseline_and_the_projects_bounds_are_found_below_the_root(project, tmp_path):
    (tmp_path / "probe.toml").write_text("[gate]\nmax-flip-rate = 0.01\n", encoding="utf-8")
    done = project(f"""
import probe as it

@it.mark.robust({SUITE})
def test_bounds_of_the_file():
    pass

@it.mark.robust({SUITE}, max_flip_rate=1.0)
def test_own_bound_comes_first():
    pass

def test_against_itself(probe, pytestconfig):
    run = probe.run({SUITE})
    run.bless(pytestconfig.rootpath / "baselines" / "it.json")
    verdict = probe.check(run, baseline="baselines/it.json", max_flip_rate=1.0, fail_on_inconclusive=False)
    assert verdict.outcome in ("pass", "inconclusive") and verdict.baseline
""")
    assert "1 failed, 2 passed" in done.stdout, done.stdout
    assert "FAILED test_it.py::test_bounds_of_the_file" in done.stdout


def test_a_mistake_in_a_mark_is_one_message_that_names_what_is_right(project):
    few = 'model="scripted:coin", limit=3, samples=1'
    mistakes = {
        'suite="fakts", max_flip_rate=0.1': "Did you mean 'facts'",
        'suite="facts", max_flip=0.1': "Did you mean 'max_flip_rate'",
        'suite="facts", model="poket", max_flip_rate=0.1': "Did you mean 'pocket'",
        f'suite="facts", {few}': "neither a baseline nor a bound",
        f'suite="facts", {few}, max_spread=1.0, allow=["all"]': "missing-items",
    }
    tests = [f"@probe.mark.robust({asked})\ndef test_{n}(): pass\n" for n, asked in enumerate(mistakes)]
    done = project("import probe\n" + "\n".join(tests))
    assert "5 failed" in done.stdout, done.stdout + done.stderr
    for says in mistakes.values():
        assert says in done.stdout
    assert "Traceback" not in done.stdout and "gated.py" not in done.stdout


def test_inconclusive_fails_unless_it_is_allowed(project):
    asked = 'suite="facts", model="scripted:coin", limit=6, samples=1, max_flip_rate=0.85'
    done = project(f"""
import probe

@probe.mark.robust({asked}, fail_on_inconclusive=False)
def test_lets_pass():
    pass

@probe.mark.robust({asked})
def test_fails():
    pass
""")
    assert "1 failed, 1 passed" in done.stdout, done.stdout
    assert "probe: 2 inconclusive" in done.stdout


def test_the_model_of_a_session_is_an_option_and_runs_can_be_kept(project, tmp_path):
    done = project(
        """
def test_it(probe):
    assert probe.run("facts", limit=3, samples=1).model == "scripted:stubborn-coin"
""",
        "--probe-model", "scripted:stubborn-coin", "--probe-out", "kept",
    )  # fmt: skip
    assert done.returncode == 0, done.stdout
    assert (tmp_path / "kept" / "cache.sqlite").is_file()
    assert list((tmp_path / "kept").glob("*_facts_*/summary.json"))


def test_a_run_that_does_not_use_it_loads_nothing_and_says_nothing(project):
    done = project("""
import sys

HEAVY = ("torch", "transformers", "numpy", "rich", "typer", "pyarrow", "probe.api.session", "probe.evaluation.run", "probe.types")

def test_plain():
    assert not [name for name in HEAVY if name in sys.modules]
""")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "probe:" not in done.stdout


def test_the_mark_is_known_and_told_of(project):
    done = project("", "--markers")
    assert "probe_robust(suite" in done.stdout
    assert "--probe-model" in project("", "--help").stdout


def test_importing_the_package_loads_no_library():
    code = (
        "import sys, probe; before = set(sys.modules); "
        "print([m for m in ('pytest','torch','numpy','typer','rich') if m in before]); probe.mark"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
