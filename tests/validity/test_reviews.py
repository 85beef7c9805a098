"""People's decisions: kept by what was asked, used by every later run."""

import json
from dataclasses import replace

import pytest

from probe.errors import UsageError
from probe.perturb import select
from probe.run import Plan, drawn, prepare
from probe.suite import find_suite, read_suite
from probe.types import Check, Field, Item, Perturbation, Prompt, Suite
from probe.validity import Reviews, read_reviews
from probe.validity.reading import chosen, precision, read_of_variants
from probe.validity.reviews import append_review
from probe.variants import make_variants

ITEMS = tuple(
    Item(str(n), Prompt("Say which.", (Field("Text", f"it is not late, number {n}"),), ("yes", "no")), "yes")
    for n in range(3)
)
SUITE = Suite("toy", "1", "", ITEMS)


def dropping_not(item, rng):
    return replace(
        item, prompt=replace(item.prompt, fields=(Field("Text", item.prompt.fields[0].text.replace("not ", "")),))
    )


def shouting(item, rng):
    return replace(item, prompt=replace(item.prompt, fields=(Field("Text", item.prompt.fields[0].text.upper()),)))


LOSES = Perturbation("loses", "words", "", dropping_not)
SHOUTS = Perturbation("shouts", "words", "", shouting)
PLAN = Plan((LOSES, SHOUTS), draws=2)


def rows(plan=PLAN):
    return read_of_variants("toy", drawn(SUITE, plan))


def test_a_variant_that_fails_a_rule_is_dropped_and_counted_by_reason():
    made = prepare(SUITE, PLAN)
    assert made.counts["words"] == {"asked": 3, "unchanged": 0, "duplicate": 0, "not_applicable": 0, "invalid": 3}
    assert made.dropped == {("loses", "polarity"): 3}
    assert {v.perturbation for v in made.variants} == {"clean", "shouts"}


def test_what_people_rejected_is_dropped_and_what_they_accepted_is_asked():
    loses = {one.item: one.key for one in rows() if one.perturbation == "loses"}
    shouts = {one.item: one.key for one in rows() if one.perturbation == "shouts"}
    reviews = Reviews({loses["0"]: "accept", shouts["1"]: "reject", shouts["2"]: "unsure"})
    made = prepare(SUITE, replace(PLAN, reviews=reviews))
    assert made.dropped == {("loses", "polarity"): 2, ("shouts", "review"): 1}
    assert made.doubted == {("shouts", "review"): 1}
    told = {(v.item.id, v.perturbation): v.checks for v in made.variants if v.family != "clean"}
    assert told == {("0", "loses"): (), ("0", "shouts"): (), ("2", "shouts"): (Check("review", "doubt", "unsure"),)}


def test_a_decision_holds_for_the_same_texts_under_another_seed_and_name(tmp_path):
    path = tmp_path / "reviews.jsonl"
    [first] = [one for one in rows() if one.perturbation == "shouts" and one.item == "0"]
    append_review(path, first.as_row(), "accept")
    append_review(path, first.as_row(), "reject")
    reviews = read_reviews(path)
    assert reviews.decisions == {first.key: "reject"}, "the last decision holds"
    again = prepare(replace(SUITE, name="other"), Plan((SHOUTS,), draws=1, seed=9, reviews=reviews))
    assert again.dropped == {("shouts", "review"): 1}


@pytest.mark.parametrize(
    "line", ['{"key": "a"}', "[]", "no json", '{"key": "a", "decision": "maybe"}', '{"key": 1, "decision": "accept"}']
)
def test_a_line_that_is_no_review_is_named(tmp_path, line):
    path = tmp_path / "reviews.jsonl"
    path.write_text('{"key": "k", "decision": "accept"}\n\n' + line + "\n")
    with pytest.raises(UsageError, match=r"reviews\.jsonl:3"):
        read_reviews(path)


def test_a_file_that_was_named_has_to_exist(tmp_path):
    assert read_reviews(tmp_path / "none.jsonl").decisions == {}
    with pytest.raises(UsageError, match="no such file"):
        read_reviews(tmp_path / "none.jsonl", must_exist=True)


def test_doubtful_variants_are_read_first_and_decided_ones_not_again():
    found = rows()
    first = chosen(found, Reviews(), sample=0, seed=0)
    assert {one.perturbation for one in first} == {"loses"} and len(first) == 3
    more = chosen(found, Reviews({first[0].key: "unsure"}), sample=2, seed=0)
    assert [one.perturbation for one in more] == ["loses", "loses", "shouts", "shouts"]


def test_precision_counts_the_undoubted_ones_that_were_read():
    found = rows()
    shouts = [one.key for one in found if one.perturbation == "shouts"]
    loses = [one.key for one in found if one.perturbation == "loses"]
    known = Reviews({shouts[0]: "accept", shouts[1]: "accept", shouts[2]: "reject", loses[0]: "accept"})
    [row] = precision(found, known)
    assert (row["perturbation"], row["read"], row["accepted"], row["precision"]) == ("shouts", 3, 2, "66.7 %")


def test_the_ledger_of_a_shipped_suite_adds_up():
    suite = read_suite(find_suite("sentiment"))
    few = replace(suite, items=suite.items[:20])
    made = make_variants(few, select(["all"]), draws=3, seed=0, judge=Reviews().judge)
    asked = {family: sum(v.family == family for v in made.variants) for family in made.counts}
    for family, fates in made.counts.items():
        assert fates["asked"] == asked[family]
        assert sum(fates.values()) in (20, 40, 60), "items times draws, or items where nothing applies"
    assert sum(fates["invalid"] for fates in made.counts.values()) == sum(made.dropped.values())


def test_reviews_are_kept_as_one_object_a_line(tmp_path):
    path = tmp_path / "deep" / "reviews.jsonl"
    append_review(path, rows()[0].as_row(), "accept")
    row = json.loads(path.read_text())
    assert set(row) == {"key", "decision", "item", "perturbation", "before", "after", "target"}
