"""Answers to reruns are kept until their run is saved: what a killed run asks again, and what a finished one does."""

import os
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from probe.api.session import Session
from probe.evaluation.run import Plan, key_of
from probe.models.cache import Cached
from probe.models.rerun import MOST_DAYS, Reruns
from probe.models.saved import SavedAnswers
from probe.models.scripted import Scripted
from probe.perturb import select
from probe.types import LogLikelihood

MADE = {"suites": ("facts",), "model": "scripted:coin", "limit": 12, "samples": 3, "perturb": "typos"}
NUM_RERUNS = 12 * 3 * 4
"""Items, samples, choices."""


@pytest.fixture
def asked(monkeypatch):
    """Return the requests that the scripted model is asked; `asked.stop` is the number at which Ctrl-C comes."""

    class Asked(list):
        stop = None

    found, honest = Asked(), Scripted.loglikelihoods

    def counted(self, requests, **more):
        if found.stop is not None and len(found) + len(requests) > found.stop:
            raise KeyboardInterrupt
        found.extend(requests)
        return honest(self, requests, **more)

    monkeypatch.setattr(Scripted, "loglikelihoods", counted)
    return found


def made(asked, out, *, stop=None, **settings):
    """Make the run, or begin it; return its scores and how many requests were asked for it."""
    before = len(asked)
    asked.stop = None if stop is None else before + stop
    run = None
    try:
        run = Session(**MADE | settings, out=out).run()
    except KeyboardInterrupt:
        assert stop is not None
    return run, len(asked) - before


def num_saved(path):
    return sqlite3.connect(path).execute("SELECT count(*) FROM answers").fetchone()[0]


def kept_files(out):
    return sorted(path.name for path in out.iterdir() if "reruns" in path.name)


def tables(run):
    import pyarrow.parquet

    return [pyarrow.parquet.read_table(run.folder / f"{name}.parquet").to_pylist() for name in ("scores", "requests")]


def test_a_run_that_was_stopped_in_its_reruns_asks_the_rest_and_a_finished_one_asks_all_again(asked, tmp_path):
    whole, total = made(asked, tmp_path / "whole")
    assert kept_files(tmp_path / "whole") == []
    without, num_others = made(asked, tmp_path / "without", noise_floor=False)
    assert total - num_others == NUM_RERUNS
    out, stop = tmp_path / "stopped", total - NUM_RERUNS // 2
    none, num_before = made(asked, out, stop=stop)
    assert none is None and num_others < num_before <= stop
    assert len(kept_files(out)) >= 1
    resumed, num_after = made(asked, out)
    assert num_before + num_after == total, "what was answered is not asked again, and nothing is left out"
    assert tables(resumed) == tables(whole)
    assert resumed.summary.engine.cached == num_before, "what is kept counts as answered from the cache"
    assert kept_files(out) == []
    _, again = made(asked, out)
    assert again == NUM_RERUNS, "a finished run that is asked again asks its reruns again"


def test_a_run_of_another_plan_asks_its_own_reruns(asked, tmp_path):
    made(asked, tmp_path, noise_floor=False)
    none, num = made(asked, tmp_path, stop=NUM_RERUNS - 20)  # the others are in the cache
    assert none is None and num > 0 and kept_files(tmp_path)
    run, num = made(asked, tmp_path, limit=11)  # whose variants are all in the cache
    assert run is not None and num == NUM_RERUNS * 11 // 12


def test_what_is_said_after_ctrl_c_counts_the_reruns_too(asked, tmp_path):
    session, asked.stop = Session(**MADE, out=tmp_path), 2 * NUM_RERUNS
    with pytest.raises(KeyboardInterrupt):
        session.run()
    [file] = tmp_path.glob(".reruns-*.sqlite")
    [num, others] = [num_saved(one) for one in (tmp_path / "cache.sqlite", file)]
    assert num + others == len(asked) and others
    assert session.files.kept() == f"{num} new answers are kept in {tmp_path / 'cache.sqlite'}, and {others} in {file}"


def test_without_a_cache_nothing_is_kept(asked, tmp_path):
    none, num = made(asked, tmp_path, stop=300, cache=False)
    assert none is None and num > 0 and kept_files(tmp_path) == []


def rated(reruns, sample, place, num=3):
    return reruns.asked(sample, place).loglikelihoods([LogLikelihood(f"{n}", "x") for n in range(num)])


def test_a_rerun_is_found_in_its_own_sample_and_place_alone(asked, tmp_path):
    model = Cached(Scripted(), tmp_path / "cache.sqlite")
    with Reruns(model, key="a") as reruns:
        for sample, place in [(0, "s"), (1, "s"), (0, "t")]:
            rated(reruns, sample, place)
        assert len(asked) == 9
    with Reruns(model, key="a") as reruns:
        rated(reruns, 1, "s")
        assert len(asked) == 9
        rated(reruns, 2, "s")
        assert len(asked) == 12
    assert model.hits == 3


def test_a_second_process_of_the_same_run_keeps_nothing_and_takes_nothing(asked, tmp_path, caplog):
    model = Cached(Scripted(), tmp_path / "cache.sqlite")
    with Reruns(model, key="a") as first:
        rated(first, 0, "s")
        with Reruns(Cached(Scripted(), tmp_path / "cache.sqlite"), key="a") as second:
            rated(second, 0, "s")
            assert len(asked) == 6
            second.forget()
            assert "the file of answers to reruns is not used" in caplog.text and "locked" in caplog.text
        rated(first, 0, "s")
        assert len(asked) == 6, "the first one's answers are still there"
        first.forget()
        rated(first, 0, "s")
        assert len(asked) == 9
    assert kept_files(tmp_path) == []


def test_a_kill_frees_the_file_and_leaves_the_answers(tmp_path):
    path = tmp_path / ".reruns-a.sqlite"
    code = (
        "import os, signal, sys; from pathlib import Path; from probe.models.saved import SavedAnswers\n"
        "answers = SavedAnswers(Path(sys.argv[1]), is_shared=False)\n"
        "answers.add([(b'a', (1.0, 0, 1, None))]); answers.flush(); os.kill(os.getpid(), signal.SIGKILL)"
    )
    assert subprocess.run([sys.executable, "-c", code, str(path)], check=False).returncode == -signal.SIGKILL
    answers = SavedAnswers(path, is_shared=False)
    assert answers.is_open and answers.get(b"a") == (1.0, 0, 1, None)
    answers.delete()
    assert list(tmp_path.iterdir()) == []


def test_what_nobody_came_back_for_is_removed_after_two_weeks(asked, tmp_path):
    model = Cached(Scripted(), tmp_path / "cache.sqlite")
    for key in ("old", "young", "mine"):
        with Reruns(model, key=key) as reruns:
            rated(reruns, 0, "s")
        days = MOST_DAYS + (-1 if key == "young" else 1)
        os.utime(tmp_path / f".reruns-{key}.sqlite", (time.time() - days * 86400,) * 2)
    with Reruns(model, key="mine") as reruns:
        rated(reruns, 0, "s")
        assert len(asked) == 9, "what one comes back for is kept, however old"
    assert kept_files(tmp_path) == [".reruns-mine.sqlite", ".reruns-young.sqlite"]


def test_a_damaged_file_costs_what_was_kept_and_not_the_run(asked, tmp_path, caplog):
    (tmp_path / ".reruns-a.sqlite").write_bytes(b"no database, and long enough to be read as one" * 100)
    with Reruns(Cached(Scripted(), tmp_path / "cache.sqlite"), key="a") as reruns:
        assert len(rated(reruns, 0, "s")) == 3
    assert "the file of answers to reruns is not used" in caplog.text


def test_the_key_of_a_run_is_that_of_its_plan_suites_and_model():
    from probe.suite import find_suite, read_suite

    facts, sentiment = (read_suite(find_suite(name)) for name in ("facts", "sentiment"))
    plan, named = Plan(tuple(select(["typos"])), samples=2), {"model": "pocket", "options": {"token_budget": None}}
    keys = [
        key_of([facts], plan, named),
        key_of([sentiment], plan, named),
        key_of([facts, sentiment], plan, named),
        key_of([facts], Plan(plan.perturbations, samples=3), named),
        key_of([facts], Plan(tuple(select(["format"])), samples=2), named),
        key_of([facts], plan, named | {"null_dtype": "bfloat16"}),
        key_of([facts], plan, named | {"options": {"token_budget": 512}}),
    ]
    assert len(set(keys)) == len(keys)
    assert keys[0] == key_of([facts], Plan(tuple(select(["typos"])), samples=2), dict(reversed(named.items())))
    assert all(Path(key).name == key for key in keys)


def test_a_kept_rerun_holds_no_prompt(asked, tmp_path):
    with Reruns(Cached(Scripted(), tmp_path / "cache.sqlite"), key="a") as reruns:
        rated(reruns, 0, "s")
    (row,) = sqlite3.connect(tmp_path / ".reruns-a.sqlite").execute("SELECT count(*), max(length(key)) FROM answers")
    assert row == (3, 16)
