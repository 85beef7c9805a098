"""A baseline: everything that is judged can be computed again from it, and a damaged one is refused."""

import json
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from damage import put
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from probe.errors import StoreError, UsageError
from probe.gating.baseline import blessed_of, default_path, digest_of_plain, read_baseline, write_baseline
from probe.gating.outcomes import ORIGINAL_COLUMN, pack, unpack
from probe.metrics import NULL, Cells, Column, metrics
from probe.record.answered import read_cells
from probe.record.run import read_run

JUDGED = ("accuracy", "accuracy_mean", "accuracy_worst", "spread", "flip_rate", "contrast_consistency")
COLUMNS = (
    Column("contrast", "c", 0, "label-altering"),
    Column("format", "f", 0, "label-preserving"),
    Column("format", "f", 1, "label-preserving"),
)


@st.composite
def tables(draw):
    """Return cells of any outcomes that a run can have."""
    num = draw(st.integers(1, 6))
    shape = (num, 1 + len(COLUMNS))
    kinds = draw(st.lists(st.lists(st.integers(0, 3), min_size=4, max_size=4), min_size=num, max_size=num))
    codes = draw(st.lists(st.lists(st.integers(0, 40), min_size=4, max_size=4), min_size=num, max_size=num))
    correct, prediction, unreadable = np.full(shape, np.nan), np.full(shape, -1), np.zeros(shape, bool)
    for n in range(num):
        for i in range(shape[1]):
            kind = kinds[n][i] if i or kinds[n][i] else 1
            if kind:
                correct[n, i], unreadable[n, i] = float(kind == 1), kind == 3
                prediction[n, i] = 99 if kind == 3 else codes[n][i]
    return Cells(correct, prediction, unreadable, (ORIGINAL_COLUMN, *COLUMNS), tuple(f"{n:04}" for n in range(num)))


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(tables())
def test_packed_outcomes_give_every_judged_figure_again(cells):
    again = unpack(pack(cells), cells.columns[1:], cells.items)
    np.testing.assert_array_equal(again.correct, cells.correct)
    np.testing.assert_array_equal(again.unreadable, cells.unreadable)
    for name in JUDGED:
        metric = metrics.get(name)
        for part in (lambda c: c.label_preserving(), lambda c: c.label_altering()):
            np.testing.assert_equal(metric.value(part(again)), metric.value(part(cells)))


def test_a_row_can_be_read_by_eye():
    correct = np.array([[1.0, 1, 1, 0], [0, np.nan, 0, 1]])
    prediction = np.array([[7, 8, 7, 9], [3, -1, 4, 2]])
    unreadable = np.array([[0, 0, 0, 0], [0, 0, 1, 0]], bool)
    cells = Cells(correct, prediction, unreadable, (ORIGINAL_COLUMN, *COLUMNS), ("a", "b"))
    assert pack(cells) == ["A B Ac", "a . ?B"]


@pytest.mark.parametrize("row", ["A B A", "A B AAA", "A B A1", "A B A\u00e9"])
def test_a_row_with_other_signs_is_refused(row):
    with pytest.raises(ValueError, match="item x"):
        unpack([row], COLUMNS, ["x"])


def test_what_was_blessed_is_what_the_run_found(runs, tmp_path):
    path = write_baseline(blessed_of(read_run(runs("coin"))), tmp_path / "b.json")
    kept = read_baseline(path).suites["sentiment"].cells
    cells = read_cells(runs("coin"))["sentiment"].where(lambda column: column.family != NULL)
    assert len(kept.items) == 30
    for name in JUDGED:
        for family in cells.families:
            for mine, theirs in (
                (kept.of(family), cells.of(family)),
                (kept.label_altering(family), cells.label_altering(family)),
            ):
                np.testing.assert_allclose(metrics.get(name).value(mine), metrics.get(name).value(theirs))


def test_the_hashed_part_has_no_time_and_is_the_same_for_the_same_run(runs, tmp_path):
    once, again = (write_baseline(blessed_of(read_run(runs("coin"))), tmp_path / name) for name in ("a.json", "b.json"))
    assert once.read_bytes() == again.read_bytes()
    value = json.loads(once.read_text())
    assert "created" in value["about"] and "created" not in json.dumps(value["outcomes"])


def test_keys_are_sorted_items_stand_a_line_each_and_the_file_is_small(runs, tmp_path):
    text = write_baseline(blessed_of(read_run(runs("coin"))), tmp_path / "b.json").read_text()
    assert text == json.dumps(json.loads(text), indent=1, sort_keys=True) + "\n"
    items = json.loads(text)["outcomes"]["suites"]["sentiment"]["items"]
    assert all(f'"{key}": "{row}"' in line for key, row in items.items() for line in text.split("\n") if key in line)
    assert "Review" not in text and "sentiment-0" not in text, "texts and names are kept as hashes"
    assert len(text) < 150 * len(items) + 2500


def test_the_name_says_suite_and_model(runs):
    assert str(default_path(blessed_of(read_run(runs("coin"))))) == "baselines/sentiment__scripted-coin.json"
    assert str(default_path(blessed_of(read_run(runs("two-suites"))))) == "baselines/2-suites__scripted-coin.json"


@pytest.fixture
def asked(runs, tmp_path, monkeypatch):
    """Return a function that gives a run's baseline as if a model had been asked for by these facts."""
    monkeypatch.chdir(tmp_path)
    blessed = blessed_of(read_run(runs("coin")))
    return lambda name, **facts: replace(blessed, model={**blessed.model, "name": name, **facts})


LONG = "/data/" + "checkpoints/" * 8


def test_models_that_differ_have_baselines_of_different_names(asked):
    models = [
        ("model", {}), ("../model", {}), ("/one/model", {}), ("/two/model", {}), ("C:\\one\\model", {}), ("owner/model", {}),
        ("owner/x/model", {}), (f"{LONG}a/last", {}), (f"{LONG.replace('data', 'disk')}a/last", {}), ("pocket", {}),
        ("pocket", {"adapter": "mine"}), ("pocket", {"adapter": "yours"}), ("model", {"revision": "v2"}),
    ]  # fmt: skip
    paths = [default_path(asked(name, **facts)) for name, facts in models]
    assert len({str(path).lower() for path in paths}) == len(models)
    assert all(re.fullmatch(r"sentiment__[A-Za-z0-9.-]+(-[0-9a-f]{8})?\.json", path.name) for path in paths)
    assert paths == [default_path(asked(name, **facts)) for name, facts in models], "the name is the same again"


@pytest.mark.parametrize("name", ["pocket", "scripted:coin", "gpt2", "EleutherAI/pythia-70m", "./model"])
def test_a_model_that_its_name_shows_whole_has_a_plain_one(asked, name):
    assert re.search("-[0-9a-f]{8}[.]json$", default_path(asked(name, revision="main")).name) is None


def test_a_plain_name_that_is_taken_by_another_model_is_left_alone(asked):
    write_baseline(asked("a-b"), default_path(asked("a-b")))
    assert default_path(asked("a/b")) != default_path(asked("a-b"))


def test_a_baseline_that_an_earlier_version_named_is_found(asked):
    for name, facts, earlier in (
        ("/one/model", {}, "baselines/sentiment__one-model.json"),
        ("pocket", {"adapter": "mine"}, "baselines/sentiment__pocket.json"),
    ):
        assert str(default_path(asked(name, **facts))) != earlier
        write_baseline(asked(name, **facts), Path(earlier))
        assert str(default_path(asked(name, **facts))) == earlier


@pytest.mark.parametrize(
    ("edit", "error", "says"),
    [
        (lambda text: text.replace(" A", " a", 1), StoreError, "edited by hand"),
        (lambda text: text.replace('"samples": 2', '"samples": 4'), StoreError, "edited by hand"),
        (lambda text: text[: len(text) // 2], StoreError, "no JSON"),
        (lambda text: "<<<<<<< ours\n" + text, StoreError, "merge conflict"),
        (lambda text: '{"kind": "manifest"}', UsageError, "not a baseline"),
        (lambda text: "[]", UsageError, "not a baseline"),
    ],
)
def test_a_damaged_or_edited_baseline_is_refused_with_what_to_do(runs, tmp_path, edit, error, says):
    path = write_baseline(blessed_of(read_run(runs("coin"))), tmp_path / "b.json")
    path.write_text(edit(path.read_text()))
    with pytest.raises(error, match=says) as caught:
        read_baseline(path)
    assert "probe bless" in f"{caught.value} {caught.value.hint}"


def test_where_it_came_from_may_be_edited(runs, tmp_path):
    path = write_baseline(blessed_of(read_run(runs("coin"))), tmp_path / "b.json")
    value = json.loads(path.read_text())
    value["about"]["command"] = "someone else's"
    path.write_text(json.dumps(value))
    assert read_baseline(path).about["command"] == "someone else's"


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(UsageError, match="no baseline") as caught:
        read_baseline(tmp_path / "none.json")
    assert "probe bless" in caught.value.hint


def test_a_run_in_the_place_of_a_baseline_is_told_to_be_blessed_first(runs, tmp_path):
    for path, says in ((runs("coin"), "that is a run"), (runs("coin").parent, "that is a folder of runs")):
        with pytest.raises(UsageError, match=says) as caught:
            read_baseline(path)
        assert f"probe bless {path} -o" in caught.value.hint
    with pytest.raises(UsageError, match="a folder, not a baseline"):
        read_baseline(tmp_path)


@pytest.mark.parametrize(
    ("path", "to", "says"),
    [
        (("schema_version",), ..., "outcomes.schema_version is missing"),
        (("model", "name"), None, "outcomes.model.name is null; text is needed"),
        (("suites",), [1], "outcomes.suites is [1]; an object is needed"),
        (("suites", "sentiment", "columns", 0), "typos", 'outcomes.suites.sentiment.columns[0] is "typos"; family'),
        (("suites", "sentiment", "items", "9c"), "x y", 'suites.sentiment.items.9c is "x y"; two hashes and outcomes'),
        (("suites", "sentiment", "items", "9c"), "x y A", "outcomes.suites.sentiment.items: item 9c has 1 outcomes"),
        (("model", "dtype"), float("nan"), "outcomes.model.dtype is NaN; a finite number is needed"),
        (("design", "later"), {"x": 1}, None),
    ],
)
def test_a_baseline_that_has_its_hash_is_checked_key_by_key(runs, tmp_path, path, to, says):
    file = write_baseline(blessed_of(read_run(runs("coin"))), tmp_path / "b.json")
    value = json.loads(file.read_text())
    put(value["outcomes"], path, to)
    value["digest"] = digest_of_plain(value["outcomes"])
    file.write_text(json.dumps(value))
    if says is None:
        assert read_baseline(file).suites
        return
    with pytest.raises(StoreError, match=re.escape(says)) as caught:
        read_baseline(file)
    assert str(caught.value).startswith(str(file)) and "probe bless RUN" in caught.value.hint


def test_a_secret_in_what_is_blessed_is_masked_before_the_hash_is_taken(runs, tmp_path, monkeypatch):
    monkeypatch.setenv("MY_API_KEY", "sk-Ab12xyz9")
    blessed = blessed_of(read_run(runs("coin")))
    named = replace(blessed, model={**blessed.model, "name": "hf:models/sk-Ab12xyz9"})
    assert read_baseline(write_baseline(named, tmp_path / "b.json")).model["name"] == "hf:models/***"
