"""People's decisions: kept by what was asked, used by every later run."""

import json
from dataclasses import replace

import pytest

from probe.errors import UsageError
from probe.evaluation.results import evaluate
from probe.evaluation.run import Plan, drawn, prepare
from probe.evaluation.variants import make_variants
from probe.perturb import select
from probe.record.reviewing import chosen, precision, read_of_run, read_of_variants
from probe.record.writing import write_tables
from probe.suite import find_suite, read_suite
from probe.types import Check, Field, Item, Perturbation, Prompt, Score, Suite
from probe.validity import Reviews, check_results, read_reviews
from probe.validity.reviews import append_review, content_key, key_of

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
PLAN = Plan((LOSES, SHOUTS), samples=2)


def rows(plan=PLAN):
    return read_of_variants("toy", drawn(SUITE, plan))


def test_a_variant_that_fails_a_rule_is_dropped_and_counted_by_reason():
    made = prepare(SUITE, PLAN)
    assert made.counts["words"] == {"asked": 3, "unchanged": 0, "duplicate": 0, "not_applicable": 0, "invalid": 3}
    assert made.dropped == {("loses", "polarity"): 3}
    assert {v.perturbation for v in made.variants} == {"original", "shouts"}


def test_what_people_rejected_is_dropped_and_what_they_accepted_is_asked():
    loses = {one.item: one.key for one in rows() if one.perturbation == "loses"}
    shouts = {one.item: one.key for one in rows() if one.perturbation == "shouts"}
    reviews = Reviews({loses["0"]: "accept", shouts["1"]: "reject", shouts["2"]: "unsure"})
    made = prepare(SUITE, replace(PLAN, reviews=reviews))
    assert made.dropped == {("loses", "polarity"): 2, ("shouts", "review"): 1}
    assert made.doubted == {("shouts", "review"): 1}
    told = {(v.item.id, v.perturbation): v.checks for v in made.variants if v.family != "original"}
    assert told == {
        ("0", "loses"): (Check("review", "accepted"), Check("polarity", "fail", "lost not")),
        ("0", "shouts"): (),
        ("2", "shouts"): (Check("review", "doubt", "unsure"),),
    }


def test_an_accepted_variant_shows_the_rule_that_was_overruled_and_is_not_counted_as_doubted():
    loses = {one.item: one.key for one in rows() if one.perturbation == "loses"}
    made = prepare(SUITE, replace(PLAN, reviews=Reviews({loses["0"]: "accept", loses["1"]: "reject"})))
    [asked] = [v for v in made.variants if v.perturbation == "loses"]
    told = check_results(asked)
    assert (told["polarity"], told["review"], told["numbers"]) == ("fail: lost not", "accepted", "ok")
    assert made.doubted == {}
    assert made.accepted == {("loses", "review"): 1, ("loses", "polarity"): 1}
    rejected = next(v for v in made.failed if v.item.id == "1")
    assert (
        check_results(rejected)["polarity"] == "fail: lost not"
        and check_results(rejected)["review"] == "fail: rejected"
    )


def test_dropped_variants_are_kept_to_be_read_and_no_more_than_a_person_reads(monkeypatch):
    assert [(v.item.id, v.perturbation) for v in prepare(SUITE, PLAN).failed] == [
        ("0", "loses"),
        ("1", "loses"),
        ("2", "loses"),
    ]
    monkeypatch.setattr("probe.evaluation.variants.SAVED", 2)
    made = prepare(SUITE, PLAN)
    assert len(made.failed) == 2 and made.dropped == {("loses", "polarity"): 3}


def test_a_run_without_decisions_of_its_own_is_read_with_what_it_dropped_first(tmp_path):
    made = prepare(SUITE, PLAN)
    scores = [Score(v, "yes", v.perturbed.target == "yes", "ranked", (0.5, 0.5), 0.0, 0.5) for v in made.variants]
    write_tables(tmp_path, {"toy": evaluate(made, scores)})
    found = list(read_of_run(tmp_path))
    assert [one.perturbation for one in found] == ["loses"] * 3 + ["shouts"] * 3
    assert {one.key for one in found} == {one.key for one in rows()}, "the keys of a run are those of its suite"
    assert found[0].doubts == {"polarity": "fail: lost not"} and found[3].doubts == {}
    assert found[0].before_target == "yes"
    (tmp_path / "dropped.parquet").unlink()
    assert {one.perturbation for one in read_of_run(tmp_path)} == {"shouts"}, "a run of an earlier version has none"


def test_what_was_rejected_counts_in_the_precision_that_a_later_run_shows(tmp_path):
    shouts = [one.key for one in rows() if one.perturbation == "shouts"]
    reviews = Reviews({shouts[0]: "accept", shouts[1]: "reject", shouts[2]: "accept"})
    made = prepare(SUITE, replace(PLAN, reviews=reviews))
    scores = [Score(v, "yes", True, "ranked", (0.5, 0.5), 0.0, 0.5) for v in made.variants]
    write_tables(tmp_path, {"toy": evaluate(made, scores)})
    [row] = precision(read_of_run(tmp_path), reviews)
    assert (row["perturbation"], row["read"], row["accepted"], row["rejected"]) == ("shouts", 3, 2, 1)


def test_a_decision_holds_for_the_same_texts_under_another_seed_and_name(tmp_path):
    path = tmp_path / "reviews.jsonl"
    [first] = [one for one in rows() if one.perturbation == "shouts" and one.item == "0"]
    append_review(path, first.as_row(), "accept")
    append_review(path, first.as_row(), "reject")
    reviews = read_reviews(path)
    assert reviews.decisions == {first.key: "reject"}, "the last decision holds"
    again = prepare(replace(SUITE, name="other"), Plan((SHOUTS,), samples=1, seed=9, reviews=reviews))
    assert again.dropped == {("shouts", "review"): 1}


def test_a_decision_holds_for_its_declared_answer_alone():
    assert content_key("before", "after", "yes") != content_key("before", "after", "no")
    assert content_key("before", "after", "yes") != content_key("before", "afteryes", "")
    [shout] = [v for v in prepare(SUITE, PLAN).variants if v.perturbation == "shouts" and v.item.id == "0"]
    other = replace(shout, perturbed=replace(shout.perturbed, target="no"))
    reviews = Reviews({key_of(shout): "reject"})
    assert Check("review", "fail", "rejected") in reviews.validate(shout, SHOUTS)
    assert not any(check.name == "review" for check in reviews.validate(other, SHOUTS))


@pytest.mark.parametrize(
    "line", ['{"key": "a"}', "[]", "no json", '{"key": "a", "decision": "maybe"}', '{"key": 1, "decision": "accept"}']
)
def test_a_line_that_is_no_review_is_named(tmp_path, line):
    path = tmp_path / "reviews.jsonl"
    path.write_text('{"key": "k", "decision": "accept"}\n\n' + line + "\n")
    with pytest.raises(UsageError, match=r"reviews\.jsonl:3: not a review: "):
        read_reviews(path)


def test_a_file_that_was_named_has_to_exist(tmp_path):
    assert read_reviews(tmp_path / "none.jsonl").decisions == {}
    with pytest.raises(UsageError, match="no such file"):
        read_reviews(tmp_path / "none.jsonl", must_exist=True)


def test_doubtful_variants_are_read_first_and_decided_ones_not_again():
    found = rows()
    first = chosen(lambda: found, Reviews(), sample=0, seed=0)
    assert {one.perturbation for one in first} == {"loses"} and len(first) == 3
    more = chosen(lambda: found, Reviews({first[0].key: "unsure"}), sample=2, seed=0)
    assert [one.perturbation for one in more] == ["loses", "loses", "shouts", "shouts"]


def test_precision_counts_the_undoubted_ones_that_were_read():
    found = rows()
    shouts = [one.key for one in found if one.perturbation == "shouts"]
    loses = [one.key for one in found if one.perturbation == "loses"]
    known = Reviews({shouts[0]: "accept", shouts[1]: "accept", shouts[2]: "reject", loses[0]: "accept"})
    [row] = precision(found, known)
    assert (row["perturbation"], row["read"], row["accepted"], row["precision"]) == ("shouts", 3, 2, "66.7 %")


def test_the_check_results_of_a_shipped_suite_add_up():
    suite = read_suite(find_suite("sentiment"))
    few = replace(suite, items=suite.items[:20])
    made = make_variants(few, select(["all"]), samples=3, seed=0, validate=Reviews().validate)
    asked = {family: sum(v.family == family for v in made.variants) for family in made.counts}
    for family, statuses in made.counts.items():
        assert statuses["asked"] == asked[family]
        assert sum(statuses.values()) in (20, 40, 60), "items times draws, or items where nothing applies"
    assert sum(statuses["invalid"] for statuses in made.counts.values()) == sum(made.dropped.values())


def test_reviews_are_kept_as_one_object_a_line(tmp_path):
    path = tmp_path / "deep" / "reviews.jsonl"
    append_review(path, rows()[0].as_row(), "accept")
    row = json.loads(path.read_text())
    assert set(row) == {"key", "decision", "item", "perturbation", "before", "after", "target"}
