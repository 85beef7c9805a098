"""The shipped suites, read as plain files: whole, balanced, disjoint, and turned by their contrast edits.

Covered: what a reader of the files relies on.
Not covered: the reader (tests of the suite reader) and whether the pocket model can answer (tests/pocket).
"""

from __future__ import annotations

import json
import re
import tomllib
from collections import Counter
from pathlib import Path

import pytest

SUITES = Path(__file__).parents[2] / "suites"
NAMES = sorted(path.parent.name for path in SUITES.glob("*/suite.toml"))
CONTRASTED = ("comparison", "entailment", "reading", "sentiment")


def settings(name: str) -> dict:
    return tomllib.loads((SUITES / name / "suite.toml").read_text(encoding="utf-8"))


def rows(name: str, part: str) -> list[dict]:
    text = (SUITES / name / f"{part}.jsonl").read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines()]


def content(row: dict) -> tuple[str, ...]:
    return tuple(text.lower() for text in row["fields"].values())


def test_six_suites_are_shipped():
    assert NAMES == ["comparison", "entailment", "facts", "reading", "sentiment", "topic"]


@pytest.mark.parametrize("name", NAMES)
def test_a_suite_has_enough_rows_with_ids_of_their_own(name):
    items, train = rows(name, "items"), rows(name, "train")
    ids = [row["id"] for row in (*items, *train)]
    assert len(items) >= 200
    assert len(train) >= 400
    assert len(set(ids)) == len(ids)


@pytest.mark.parametrize("name", NAMES)
def test_no_question_is_asked_twice_nor_in_both_parts(name):
    asked = [content(row) for part in ("items", "train") for row in rows(name, part)]
    assert len(set(asked)) == len(asked)


@pytest.mark.parametrize("name", NAMES)
def test_no_train_row_repeats_the_first_field_of_an_item_or_of_its_edits(name):
    held_out = {content(asked)[0] for row in rows(name, "items") for asked in (row, *row.get("contrast", ()))}
    assert not held_out & {content(row)[0] for row in rows(name, "train")}


@pytest.mark.parametrize("name", NAMES)
def test_every_row_fills_the_declared_fields_and_can_be_answered(name):
    declared = settings(name)
    for row in (*rows(name, "items"), *rows(name, "train")):
        choices = row.get("choices", declared.get("choices", []))
        for asked in (row, *row.get("contrast", ())):
            assert list(asked["fields"]) == declared["fields"], row["id"]
            assert all(text == text.strip() and text for text in asked["fields"].values()), row["id"]
            assert asked["target"] in choices if choices else asked["target"], row["id"]
        assert len(set(choices)) == len(choices), row["id"]


@pytest.mark.parametrize("name", [name for name in NAMES if "choices" in settings(name)])
def test_shared_labels_are_equally_frequent(name):
    for part in ("items", "train"):
        counts = Counter(row["target"] for row in rows(name, part))
        assert set(counts) == set(settings(name)["choices"])
        assert max(counts.values()) - min(counts.values()) <= 0.02 * sum(counts.values())


@pytest.mark.parametrize("name", [name for name in NAMES if "choices" in rows(name, "items")[0]])
def test_right_choices_stand_at_each_position_equally_often(name):
    items = rows(name, "items")
    counts = Counter(row["choices"].index(row["target"]) for row in items)
    assert len(counts) == len(items[0]["choices"])
    assert max(counts.values()) - min(counts.values()) <= 0.02 * len(items)


@pytest.mark.parametrize("name", CONTRASTED)
def test_every_item_has_edits_that_change_the_question_and_its_answer(name):
    for row in rows(name, "items"):
        assert row["contrast"], row["id"]
        for edit in row["contrast"]:
            assert edit["fields"] != row["fields"], row["id"]
            assert edit["target"] != row["target"], row["id"]


@pytest.mark.parametrize("name", CONTRASTED)
def test_an_edit_leaves_most_words_as_they_were(name):
    for row in rows(name, "items"):
        words = Counter(" ".join(content(row)).split())
        for edit in row["contrast"]:
            kept = words & Counter(" ".join(content(edit)).split())
            assert kept.total() >= 0.4 * words.total() or words.total() <= 6, row["id"]


@pytest.mark.parametrize("name", NAMES)
def test_most_items_are_sentences_of_their_own(name):
    words = {word for row in rows(name, "items") for word in " ".join(content(row)).split()}
    assert len(words) > 150


def test_reading_answers_stand_in_the_passage():
    for row in rows("reading", "items"):
        for asked in (row, *row["contrast"]):
            assert asked["target"].lower() in asked["fields"]["Passage"].lower(), row["id"]


def test_comparison_texts_hold_two_quantities_that_differ():
    for row in rows("comparison", "items"):
        numbers = re.findall(r"\d+", row["fields"]["Text"])
        assert len(numbers) == 2 and numbers[0] != numbers[1], row["id"]
