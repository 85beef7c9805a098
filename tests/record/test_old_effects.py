"""A run from before effects had the field's names, "same" and "flip" in its tables, reads as one of today."""

import json
import shutil

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from probe.cli import exit_code
from probe.gating.moved import read_answers
from probe.gating.outcomes import read_outcomes
from probe.record.run import read_run
from probe.types import effect_of

OLD = {"label-preserving": "same", "label-altering": "flip"}


def with_old_words(value):
    if isinstance(value, list):
        return [with_old_words(one) for one in value]
    if not isinstance(value, dict):
        return value
    return {k: OLD[v] if k == "effect" else with_old_words(v) for k, v in value.items()}


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """One run as it is written today, and the same one in the old words."""
    place = tmp_path_factory.mktemp("effects")
    command = ["run", "sentiment", "--model", "scripted:coin", "--limit", "12", "--draws", "2"]
    assert exit_code([*command, "--perturb", "format,contrast", "--out", str(place / "today")]) == 0
    (today,) = (path.parent for path in (place / "today").glob("*/manifest.json"))
    old = place / "old" / today.name
    shutil.copytree(today, old)
    summary = old / "summary.json"
    summary.write_text(json.dumps(with_old_words(json.loads(summary.read_text()))))
    for name in ("variants", "dropped"):
        if (path := old / f"{name}.parquet").is_file():
            table = pq.read_table(path)
            effects = pa.array([OLD[one] for one in table["effect"].to_pylist()], pa.string()).dictionary_encode()
            pq.write_table(table.set_column(table.schema.get_field_index("effect"), "effect", effects), path)
    return today, old


def test_the_old_run_holds_the_old_words_only(runs):
    _, old = runs
    assert '"effect": "flip"' in (old / "summary.json").read_text()
    assert set(pq.read_table(old / "variants.parquet")["effect"].to_pylist()) == {"same", "flip"}


def test_an_old_run_has_the_figures_of_the_same_run_of_today(runs):
    today, old = runs
    before, after = read_run(old), read_run(today)
    assert (before.summary, before.manifest) == (after.summary, after.manifest)
    assert {name: cells.columns for name, cells in before.cells().items()} == {
        name: cells.columns for name, cells in after.cells().items()
    }
    assert read_answers(before) == read_answers(after)
    suites = after.manifest["suites"]
    assert read_outcomes(old, suites)["sentiment"].texts == read_outcomes(today, suites)["sentiment"].texts


def test_a_gate_passes_an_old_run_against_one_of_today_and_the_other_way_round(runs, tmp_path):
    today, old = map(str, runs)
    for one, other in ((today, old), (old, today)):
        baseline = tmp_path / "baseline.json"
        assert exit_code(["bless", one, "-o", str(baseline)]) == 0
        assert exit_code(["gate", other, "--baseline", str(baseline)]) == 0


def test_an_unknown_effect_is_refused():
    with pytest.raises(ValueError, match="label-preserving or label-altering"):
        effect_of("sideways")
