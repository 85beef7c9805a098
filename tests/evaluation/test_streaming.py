"""What a run holds while it runs: a few portions of variants, and columns of numbers, however many items there are."""

import gc
from dataclasses import replace

from probe.evaluation.run import Plan, run
from probe.models.scripted import Scripted, scripts
from probe.perturb import select
from probe.record.summarise import MAX_FLIPS, summarise
from probe.record.writing import Tables
from probe.suite import find_suite, read_suite
from probe.types import Score, Variant

SENTIMENT = read_suite(find_suite("sentiment"))


def held(kinds):
    # By type: isinstance asks objects of libraries for their class, and some warn then.
    return sum(type(one) in kinds for one in gc.get_objects())


def most_held(tmp_path, copies, monkeypatch):
    """Return the most variants and scores at a time of a run of so many copies of 40 items."""
    monkeypatch.setattr("probe.evaluation.run.AHEAD", 200)
    monkeypatch.setattr("probe.evaluation.drawing.PORTION", 200)
    monkeypatch.setattr("probe.evaluation.run.PORTION", 200)
    monkeypatch.setattr("probe.evaluation.asking.CHUNK", 100)
    items = [replace(one, id=f"{one.id}-{copy}") for copy in range(copies) for one in SENTIMENT.items[:40]]
    plan = Plan(tuple(select(["casing", "null"])), samples=3)
    before, most = held((Variant, Score)), []
    model = Scripted(prefers=scripts.get("coin")[0])
    folder = tmp_path / str(copies)
    folder.mkdir()
    results = run(
        [replace(SENTIMENT, items=tuple(items))],
        model,
        plan,
        progress=lambda *_: most.append(held((Variant, Score))),
        keeper=Tables(folder),
    )
    summary = summarise(results, model, plan, resamples=20)
    assert len(summary.flips) == MAX_FLIPS and len(results.suites["sentiment"].scores) > 200 * copies
    return max(most) - before


def test_a_run_of_more_items_holds_no_more_variants_and_scores(tmp_path, monkeypatch):
    few, many = most_held(tmp_path, 6, monkeypatch), most_held(tmp_path, 18, monkeypatch)
    # Of the 7 variants and 7 scores of an item, one rerun is held, from which the others are made; the rest is under way.
    assert few > 200 and many - few <= 2 * 12 * 40
