"""The commands as a user types them: what lands on stdout, what on stderr, and the exit code."""

import dataclasses
import json
import os
import re
import shlex
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing

import pytest

from probe.cli import exit_code

RUN = ["run", "sentiment", "--model", "scripted:coin", "--limit", "12", "--samples", "2", "--out", "runs"]


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch):
    """Work in an empty folder, without colour."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NO_COLOR", "1")
    return tmp_path


def probe(*args, **more):
    """Run the command line in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "probe", *args], capture_output=True, text=True, check=False, timeout=120, **more
    )


def run_folder(tmp_path):
    (folder,) = (p for p in (tmp_path / "runs").iterdir() if p.is_dir())
    return folder


def test_a_run_prints_its_page_and_leaves_its_folder(elsewhere, capsys):
    assert exit_code(RUN) == 0
    page = capsys.readouterr().out
    folder = run_folder(elsewhere)
    assert page.startswith("Answers change on ")
    assert str(folder.relative_to(elsewhere) / "report.html") in page
    assert {p.name for p in folder.iterdir()} == {
        "manifest.json", "summary.json", "scores.parquet", "variants.parquet", "dropped.parquet", "requests.parquet",
        "report.html",
    }  # fmt: skip


def test_json_is_alone_on_stdout_and_equals_the_summary_on_disk(elsewhere):
    done = probe(*RUN, "--json")
    assert done.returncode == 0, done.stderr
    printed = json.loads(done.stdout)
    assert printed == json.loads((elsewhere / printed["run"] / "summary.json").read_text(encoding="utf-8"))
    row = printed["metrics"][0]
    assert {"metric", "suite", "family", "value", "ci_low", "ci_high", "num_items", "num_variants"} <= set(row)
    assert {"direction", "noise_floor"} <= set(row)
    assert {"schema_version", "run", "suite", "model", "metrics", "timing", "engine"} <= set(printed)
    assert {"requests", "unique_requests", "tokens", "unique_tokens", "path"} <= set(printed["engine"])


def test_the_same_seed_gives_the_same_metrics(capsys):
    metrics = []
    for _ in range(2):
        assert exit_code([*RUN, "--json"]) == 0
        metrics.append(json.loads(capsys.readouterr().out)["metrics"])
    assert metrics[0] == metrics[1]


def test_a_report_is_made_again_from_the_folder_alone(elsewhere, capsys):
    exit_code(RUN)
    first = capsys.readouterr().out
    folder = run_folder(elsewhere)
    written = (folder / "report.html").read_text(encoding="utf-8")
    moved = folder.rename(elsewhere / "moved")
    assert exit_code(["report", str(moved), "-o", "again.html"]) == 0
    assert capsys.readouterr().out.splitlines()[0] == first.splitlines()[0]
    assert (elsewhere / "again.html").read_text(encoding="utf-8") == written


def test_plan_counts_without_weights(capsys):
    assert exit_code(["plan", "sentiment", "--limit", "5", "--samples", "2", "--json"]) == 0
    plan = json.loads(capsys.readouterr().out)
    (row,) = plan["suites"]
    assert row["items"] == 5
    assert plan["unique_requests"] <= plan["requests"]
    assert 0 < plan["unique_tokens"] <= plan["tokens"]


def test_show_marks_the_edit_of_every_variant(capsys):
    assert exit_code(["show", "sentiment", "--perturb", "typos", "--samples", "3"]) == 0
    shown = capsys.readouterr().out
    assert shown.count("--- typo") == 9
    assert "[-" in shown and "{+" in shown


def test_show_says_what_does_nothing_on_the_items_shown_and_where_it_does_something(capsys):
    assert exit_code(["show", "sentiment", "--perturb", "lexical-overlap"]) == 0
    told = capsys.readouterr()
    assert "---" not in told.out
    assert "not on any of the 3 items shown: lexical-overlap-roles, " in told.err
    command = told.err.rstrip().rpartition("for one, type  ")[2]
    assert exit_code(shlex.split(command)[1:]) == 0
    told = capsys.readouterr()
    assert "--- lexical-overlap-synonyms" in told.out and told.err == ""


def test_one_family_makes_no_pairs_and_that_is_said(capsys):
    assert exit_code(["show", "sentiment", "sentiment-001", "--perturb", "typos", "--compose", "2"]) == 0
    told = capsys.readouterr()
    assert "warning: --compose 2: nothing to put together" in told.err
    assert told.out.count("--- typo") == 4


@pytest.mark.parametrize("width", [40, 80, 100, 200])
def test_a_list_names_family_and_effect_at_every_width(width, monkeypatch, capsys):
    monkeypatch.setenv("COLUMNS", str(width))
    assert exit_code(["list", "perturbations"]) == 0
    text = capsys.readouterr().out
    assert all(len(line) <= width for line in text.split("\n"))
    [entry] = re.findall(r"^lexical-overlap-order\b.*(?:\n    .*)*", text, re.MULTILINE)
    assert "change" in entry and entry.count("lexical-overlap") == 2 and "Swap two compared" in " ".join(entry.split())
    [entry] = re.findall(r"^typo-swap\b.*(?:\n    .*)*", text, re.MULTILINE)
    assert {"typos", "stay", "yes", "0.083"} <= set(entry.split())


@pytest.mark.parametrize("kind", ["suites", "perturbations", "metrics", "models"])
def test_everything_with_a_name_is_listed(kind, capsys):
    assert exit_code(["list", kind, "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert exit_code(["list", kind]) == 0
    table = capsys.readouterr().out
    assert rows and all(row["name"] in table for row in rows)


@pytest.mark.parametrize(
    ("args", "code", "says"),
    [
        (["run", "sentimant"], 2, "'sentiment'"),
        (["run", "--perturb", "typoes"], 2, "'typos'"),
        (["run", "--model", "poket"], 2, "pocket"),
        (["run", "--sampels", "3"], 2, "--samples"),
        (["run", "--samples", "0"], 2, "greater than or equal to 1"),
        (["run", "sentiment", "sentiment"], 2, "two suites"),
        (["run", "./nowhere"], 2, "nowhere"),
        (["run", "sentiment", "--model", "hf:./nowhere"], 3, "nowhere"),
        (["run", "sentiment", "--num-fewshot", "1000"], 2, "training items"),
        (["list", "suits"], 2, "'suites'"),
        (["show", "sentiment", "s-9999999"], 2, "sentiment-010, ... and 210 more: "),
        (["show", "sentiment", "--perturb", ""], 2, "names no family"),
        (["show", "sentiment", "--perturb", ","], 2, "names no family"),
        (["plan", "--perturb", "null", "--compose", "2"], 2, "nothing to put together"),
        (["report", "."], 2, "not the folder of a run"),
        (["frobnicate"], 2, "frobnicate"),
    ],
)
def test_a_mistake_is_answered_with_what_would_be_right(args, code, says, capsys):
    assert exit_code(args) == code
    told = capsys.readouterr()
    assert says in told.err
    assert told.out == ""


def test_a_suite_without_items_left_is_nothing_to_evaluate(elsewhere, capsys):
    (elsewhere / "empty").mkdir()
    (elsewhere / "empty" / "suite.toml").write_text(
        'name = "empty"\nversion = "1"\ndescription = "-"\ninstruction = "Say."\nfields = ["Text"]\n', encoding="utf-8"
    )
    (elsewhere / "empty" / "items.jsonl").write_text("", encoding="utf-8")
    assert exit_code(["run", "empty"]) in (2, 5)
    assert "items.jsonl" in capsys.readouterr().err


def test_an_uncaught_exception_is_3_and_never_1(monkeypatch, capsys):
    monkeypatch.setattr("probe.suite.shipped_suites", lambda: 1 / 0)
    assert exit_code(["list", "suites"]) == 3
    assert "bug in probe" in capsys.readouterr().err


def test_a_place_that_cannot_be_written_is_3_and_says_where(elsewhere, capsys):
    (elsewhere / "file").write_text("")
    assert exit_code([*RUN[:-1], "file", "--no-cache"]) == 3
    assert "cannot write the run to file" in capsys.readouterr().err


def test_a_page_that_cannot_be_made_loses_no_run_and_is_3(elsewhere, monkeypatch, capsys):
    from probe.record.run import read_run
    from reports import template

    shutil.copytree(template.PAGE, elsewhere / "torn")
    (elsewhere / "torn" / "page.html.j2").write_text("{{ nothing.of.the.kind }}", encoding="utf-8")
    with monkeypatch.context() as patch:
        patch.setattr(template, "PAGE", elsewhere / "torn")
        template._environment.cache_clear()
        assert exit_code([*RUN[:-1], "kept", "--no-cache"]) == 3
    template._environment.cache_clear()
    (run,) = (elsewhere / "kept").iterdir()
    told = capsys.readouterr().err
    assert f"kept/{run.name}: the run is saved, but its page could not be made: UndefinedError" in told
    assert f"hint: probe report kept/{run.name} -o report.html" in told
    assert sorted(path.name for path in run.iterdir()) == [
        "dropped.parquet", "manifest.json", "requests.parquet", "scores.parquet", "summary.json", "variants.parquet"
    ]  # fmt: skip
    assert read_run(run).summary.metrics
    assert exit_code(["report", f"kept/{run.name}", "-o", "report.html"]) == 0
    assert (elsewhere / "report.html").stat().st_size > 50_000


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["gate", "x", "--max-spread", "1"], "interrupted\nagain: probe gate x --max-spread 1"),
        (["report", "x"], "interrupted\nagain: probe report x"),
    ],
)
def test_what_is_said_of_an_interrupted_command_is_true_of_it(args, said, monkeypatch, capsys):
    def stopped(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr("probe.cli.app.app", stopped)
    assert exit_code(args) == 130
    assert said in capsys.readouterr().err


@pytest.mark.parametrize("flags", [[], ["--no-cache"]])
def test_an_interrupted_run_says_how_many_answers_are_kept_and_where(flags, elsewhere, monkeypatch, capsys):
    from probe.models.scripted import Scripted

    honest, calls = Scripted.loglikelihoods, []

    def stopped(self, requests, **more):
        calls.append(requests)
        if sum(map(len, calls)) > 30:
            raise KeyboardInterrupt
        return honest(self, requests, **more)

    monkeypatch.setattr(Scripted, "loglikelihoods", stopped)
    args = ["run", "facts", "--limit", "30", "--model", "scripted:coin", *flags]
    assert exit_code(args) == 130
    told = capsys.readouterr().err
    if flags:
        assert "interrupted: the answers so far are not kept, because of --no-cache\nfrom the beginning: probe " in told
        return
    saved = num_saved(elsewhere / "runs" / "cache.sqlite")
    assert saved > 0
    assert (
        f"interrupted: {saved} new answers are kept in runs/cache.sqlite\ngo on with: probe {shlex.join(args)}" in told
    )


@pytest.mark.parametrize("flags", [[], ["--no-cache"]])
def test_a_run_that_is_interrupted_once_it_is_saved_says_so(flags, elsewhere, monkeypatch, capsys):
    from reports.html import write_page

    def stopped(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr("probe.api.save.write_page", stopped)
    args = ["run", "facts", "--limit", "4", "--samples", "1", "--model", "scripted:coin", *flags]
    assert exit_code(args) == 130
    (name,) = (path.name for path in (elsewhere / "runs").iterdir() if path.is_dir())
    folder, told = f"runs/{name}", capsys.readouterr().err
    assert f"interrupted: the run is saved in {folder}\ngo on with: probe report {folder}\n" in told
    monkeypatch.setattr("probe.api.save.write_page", write_page)
    assert exit_code(["report", folder]) == 0 and (elsewhere / folder / "report.html").is_file()


def test_a_closed_pipe_is_no_error(elsewhere):
    command = f"{sys.executable} -m probe list perturbations | head -1"
    done = subprocess.run(["bash", "-o", "pipefail", "-c", command], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""


def num_saved(cache):
    """Return how many answers a cache holds; 0 while there is none."""
    if not cache.exists():
        return 0
    with closing(sqlite3.connect(f"file:{cache}?mode=ro", uri=True, timeout=30)) as db:
        try:
            return db.execute("SELECT count(*) FROM answers").fetchone()[0]
        except sqlite3.OperationalError:  # the table is not made yet
            return 0


@pytest.mark.slow
def test_ctrl_c_half_way_is_130_and_the_same_command_goes_on(elsewhere, capsys):
    args = shlex.split("run sentiment --limit 32 --perturb format,typos,wording --samples 6 --json")
    # A test run in the background hands down that Ctrl-C is ignored; the command has to start as from a terminal.
    process = subprocess.Popen(
        [sys.executable, "-m", "probe", *args], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )  # fmt: skip
    # However slow the machine: wait until answers are saved, and hold the command there while the signal is sent.
    while process.poll() is None and not num_saved(elsewhere / "runs" / "cache.sqlite"):
        time.sleep(0.01)
    process.send_signal(signal.SIGSTOP)
    process.send_signal(signal.SIGINT)
    process.send_signal(signal.SIGCONT)
    printed, told = process.communicate()
    assert process.returncode == 130, told
    assert f"{num_saved(elsewhere / 'runs' / 'cache.sqlite'):,} new answers are kept in runs/cache.sqlite" in told
    assert printed == ""
    assert f"go on with: probe {shlex.join(args)}" in told
    assert [p.name for p in (elsewhere / "runs").iterdir() if p.is_dir()] == []
    summaries = []
    for more in ([], ["--no-cache"]):
        assert exit_code([*args, *more]) == 0
        summaries.append(json.loads(capsys.readouterr().out))
    resumed, whole = summaries
    assert 0 < resumed["engine"]["unique_requests"] < whole["engine"]["unique_requests"]
    assert resumed["metrics"] == whole["metrics"]


@pytest.mark.slow
def test_the_token_budget_does_not_change_the_figures(capsys):
    command = ["run", "entailment", "reading", "--limit", "15", "--samples", "3", "--no-cache", "--json"]
    metrics = []
    for budget in ("64", "700", "5000"):
        assert exit_code([*command, "--token-budget", budget]) == 0
        metrics.append(json.loads(capsys.readouterr().out)["metrics"])
    for other in metrics[1:]:
        for one, another in zip(metrics[0], other, strict=True):
            assert one == pytest.approx(another, abs=1e-4), "only probabilities may differ, and by rounding"


@pytest.mark.slow
def test_a_prompt_longer_than_the_window_is_cut_counted_and_said(capsys):
    command = ["run", "reading", "sentiment", "--limit", "5", "--samples", "2", "--max-length", "24", "--json"]
    assert exit_code(command) == 0
    told = capsys.readouterr()
    printed = json.loads(told.out)
    assert printed["engine"]["truncated"] > 0
    assert any("window of 24 tokens" in warning for warning in printed["warnings"])
    assert "window of 24 tokens" in told.err


def test_a_suite_with_one_class_is_warned_of(elsewhere, capsys):
    from probe.suite import find_suite, read_suite, write_suite

    suite = read_suite(find_suite("topic"))
    sports = tuple(item for item in suite.items if item.target == "sports")
    (elsewhere / "one").mkdir()
    write_suite(dataclasses.replace(suite, items=sports, train=()), elsewhere / "one")
    assert exit_code(["run", "one", "--model", "scripted:coin", "--limit", "5"]) == 0
    assert "every target is" in capsys.readouterr().err


def test_every_run_measures_its_noise_floor_unless_told_otherwise(capsys):
    for flags, measured in (([], True), (["--no-noise-floor"], False)):
        assert exit_code([*RUN, "--perturb", "typos", "--json", *flags]) == 0
        rows = json.loads(capsys.readouterr().out)["metrics"]
        (flip_rate,) = [r for r in rows if (r["family"], r["metric"]) == ("typos", "flip_rate")]
        assert (flip_rate["noise_floor"] is not None) == measured
