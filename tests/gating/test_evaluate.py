"""Judging: what differs in design is named and refused, what is the same passes, what is worse is found."""

import json

import numpy as np
import pytest
from statsmodels.stats.multitest import multipletests

from probe.errors import NotComparable, NothingToEvaluate, StoreError, UsageError
from probe.gating.baseline import Blessed, blessed_of, write_baseline
from probe.gating.bounds import Bound
from probe.gating.design import common
from probe.gating.evaluate import evaluate
from probe.gating.names import is_slip
from probe.gating.outcomes import ORIGINAL_COLUMN, Outcomes
from probe.gating.rule import Rule, of_bound
from probe.gating.verdict import GateVerdict
from probe.metrics import Cells, Column
from probe.record.run import read_run


@pytest.fixture
def baseline(runs, tmp_path):
    """Return a function from the name of a run to its baseline."""

    def blessed(name):
        return write_baseline(blessed_of(read_run(runs(name))), tmp_path / f"{name}.json")

    return blessed


def rewritten(path, edit):
    """Change what a baseline holds, and give it its hash, as another run's bless would have."""
    from probe.gating.baseline import digest_of_plain

    value = json.loads(path.read_text())
    edit(value["outcomes"])
    value["digest"] = digest_of_plain(value["outcomes"])
    path.write_text(json.dumps(value, indent=1, sort_keys=True))
    return path


WIDE = Rule(tolerance=0.2)
"""Of thirty equal items 11 points worse is not ruled out; 20 points are."""


def test_a_run_passes_on_itself(runs, baseline):
    verdict = evaluate(runs("coin"), baseline=baseline("coin"), rule=WIDE)
    assert verdict.outcome == "pass"
    assert verdict.exit_code() == 0
    assert {check.difference for check in verdict.checks} == {0.0}
    assert {(c.family, c.metric) for c in verdict.checks} >= {
        ("original", "accuracy"), ("contrast", "contrast_consistency"), ("typos", "flip_rate"), ("format", "spread"),
    }  # fmt: skip
    assert verdict.changed == () and verdict.allowed == ()


def test_few_items_cannot_show_that_nothing_got_worse(runs, baseline):
    verdict = evaluate(runs("coin"), baseline=baseline("coin"))
    assert verdict.outcome == "inconclusive"
    assert verdict.exit_code() == 4 and verdict.exit_code(fail_on_inconclusive=False) == 0
    assert all("do not rule out" in check.reason for check in verdict.checks)
    assert {check.items_needed for check in verdict.checks} == {73} == {verdict.items_needed}
    assert "some 73 items like these would decide" in verdict.checks[0].reason


def test_a_model_that_flips_where_the_blessed_one_does_not_has_regressed(runs, baseline):
    verdict = evaluate(runs("coin"), baseline=baseline("stubborn"))
    assert verdict.outcome == "regressed" and verdict.exit_code() == 1
    worse = {(c.family, c.metric) for c in verdict.checks if c.outcome == "regressed"}
    assert ("typos", "flip_rate") in worse
    (check,) = (c for c in verdict.checks if (c.family, c.metric) == ("typos", "flip_rate"))
    assert check.reference == 0.0 and check.value > 0.3
    assert check.ci_low > check.bound and check.p_adjusted <= 0.02
    assert len(check.moved) == 3
    assert [m.change for m in check.moved] == sorted((m.change for m in check.moved), reverse=True)
    assert all(m.command.startswith("probe show sentiment sentiment-") for m in check.moved)
    assert any("model: scripted:stubborn-coin -> scripted:coin" in text for text in verdict.changed)


def test_p_values_of_a_verdict_are_adjusted_by_benjamini_and_hochberg(runs, baseline):
    checks = [c for c in evaluate(runs("coin"), baseline=baseline("stubborn")).checks if c.kind == "baseline"]
    raw = [check.p_value for check in checks]
    adjusted = [check.p_adjusted for check in checks]
    assert adjusted == pytest.approx(list(multipletests(raw, method="fdr_bh")[1]))
    assert adjusted != pytest.approx(raw), "nothing was adjusted, so this tests nothing"


def test_a_model_that_became_better_passes(runs, baseline):
    verdict = evaluate(runs("stubborn"), baseline=baseline("coin"), rule=WIDE)
    (check,) = (c for c in verdict.checks if (c.family, c.metric) == ("typos", "flip_rate"))
    assert check.outcome == "pass" and check.difference < 0 and "better" in check.reason


@pytest.mark.parametrize(
    ("run", "blessed", "flag", "says"),
    [
        ("other-seed", "coin", "--allow-variant-change", "--seed: 0 in the baseline, 1 in the run"),
        ("more-draws", "coin", "--allow-variant-change", "--samples: 2 in the baseline, 3 in the run"),
        ("fewer-families", "coin", "--allow-variant-change", "--perturb: "),
        (
            "fewer-items",
            "coin",
            "--allow-missing-items",
            "10 of 30 items of suite 'sentiment' are in the baseline and not",
        ),
        ("coin", "fewer-items", "--allow-missing-items", "10 of 30 items of suite 'sentiment' are in the run and not"),
        ("coin", "two-suites", "--allow-missing-items", "suite 'facts' is in the baseline and not in the run"),
        ("two-suites", "coin", "--allow-missing-items", "suite 'facts' is in the run and not in the baseline"),
    ],
)
def test_another_design_is_named_and_refused_unless_a_flag_allows_it(runs, baseline, run, blessed, flag, says):
    with pytest.raises(NotComparable) as caught:
        evaluate(runs(run), baseline=baseline(blessed))
    assert says in str(caught.value) and flag in caught.value.hint and caught.value.exit_code == 3
    verdict = evaluate(runs(run), baseline=baseline(blessed), allowed=frozenset({flag.removeprefix("--allow-")}))
    assert any(says in text for text in verdict.allowed)
    assert len({check.suite for check in verdict.checks}) == 1


def edit_token(outcomes):
    outcomes["tokens"]["adds_special_tokens"] = True


def edit_template(outcomes):
    outcomes["tokens"]["chat_template_hash"] = "abcd" * 16


def edit_version(outcomes):
    outcomes["suites"]["sentiment"]["version"] = "0"


def edit_files(outcomes):
    outcomes["suites"]["sentiment"]["digest"] = "0" * 64


def edit_prompt(outcomes):
    items = outcomes["suites"]["sentiment"]["items"]
    items[min(items)] = "00000000" + items[min(items)][8:]


def edit_variants(outcomes):
    items = outcomes["suites"]["sentiment"]["items"]
    items[min(items)] = items[min(items)][:9] + "00000000" + items[min(items)][17:]


def edit_columns(outcomes):
    suite = outcomes["suites"]["sentiment"]
    suite["columns"] = suite["columns"][:-1]
    suite["items"] = {key: row[:-1].rstrip() for key, row in suite["items"].items()}


@pytest.mark.parametrize(
    ("edit", "kind", "says"),
    [
        (edit_token, "token-change", "special tokens (BOS) are added: yes in the baseline, not recorded in the run"),
        (edit_template, "token-change", "the chat template: abcdabcd in the baseline"),
        (edit_version, "suite-change", "version 0 in the baseline, 1 in the run"),
        (edit_files, "suite-change", "other files under the same version"),
        (edit_prompt, "suite-change", "1 of 30 items of suite 'sentiment' have another original prompt: sentiment-"),
        (
            edit_variants,
            "variant-change",
            "1 of 30 items of suite 'sentiment' have other texts of their variants: sent",
        ),
        (edit_columns, "variant-change", "variants in the baseline"),
    ],
)
def test_another_provenance_is_named_and_refused_unless_its_own_flag_allows_it(runs, baseline, edit, kind, says):
    path = rewritten(baseline("coin"), edit)
    others = frozenset({"missing-items", "suite-change", "token-change", "variant-change"}) - {kind}
    with pytest.raises(NotComparable) as caught:
        evaluate(runs("coin"), baseline=path, allowed=others)
    assert says in str(caught.value)
    assert f"--allow-{kind}" in caught.value.hint
    verdict = evaluate(runs("coin"), baseline=path, allowed=frozenset({kind}), rule=WIDE)
    assert verdict.outcome == "pass" and any(says in text for text in verdict.allowed)


def test_lost_items_are_named_as_the_suite_names_them(runs, baseline):
    with pytest.raises(NotComparable, match=r"sentiment-021, sentiment-022, .* and 5 more"):
        evaluate(runs("fewer-items"), baseline=baseline("coin"))


@pytest.mark.parametrize(("run", "blessed"), [("facts", "coin"), ("no-variants", "coin"), ("coin", "no-variants")])
def test_nothing_in_common_is_nothing_to_evaluate(runs, baseline, run, blessed):
    everything = frozenset({"missing-items", "suite-change", "token-change", "variant-change"})
    with pytest.raises(NothingToEvaluate) as caught:
        evaluate(runs(run), baseline=baseline(blessed), allowed=everything)
    assert caught.value.exit_code == 5


def test_nothing_to_judge_by_is_a_mistake(runs):
    with pytest.raises(UsageError, match="neither a baseline nor a bound"):
        evaluate(runs("coin"))


def test_a_bound_with_no_figure_is_nothing_to_evaluate_and_beside_others_a_note(runs):
    consistency, flips = Bound("min-contrast-consistency", 0.5), Bound("max-flip-rate", 0.9)
    with pytest.raises(NothingToEvaluate, match="min-contrast-consistency of facts could not be checked"):
        evaluate(runs("facts"), bounds=[consistency])
    verdict = evaluate(runs("facts"), bounds=[consistency, flips])
    assert verdict.outcome == "pass" and "min-contrast-consistency" in verdict.not_judged[0]


@pytest.mark.parametrize(
    ("name", "value", "outcome"),
    [
        ("max-flip-rate", 0.05, "failed"),
        ("max-flip-rate", 0.5, "inconclusive"),
        ("max-flip-rate", 0.95, "pass"),
        ("min-accuracy", 0.95, "failed"),
        ("min-accuracy", 0.5, "inconclusive"),
        ("min-accuracy", 0.05, "pass"),
        ("min-worst-accuracy", 0.9, "failed"),
        ("max-spread", 0.0, "failed"),
        ("max-spread", 1.0, "pass"),
        ("min-contrast-consistency", 0.99, "failed"),
    ],
)
def test_a_bound_is_judged_by_the_interval(runs, name, value, outcome):
    (check,) = evaluate(runs("coin"), bounds=[Bound(name, value)]).checks
    assert (check.kind, check.bound) == ("bound", value)
    if outcome == "failed" and name == "max-spread" and check.ci_low <= 0:
        outcome = "inconclusive"
    assert check.outcome == outcome, (check.ci_low, check.ci_high)


def test_a_strict_bound_is_judged_by_the_figure(runs):
    (loose,) = evaluate(runs("coin"), bounds=[Bound("max-flip-rate", 0.5)]).checks
    for value, outcome in ((loose.value - 0.001, "failed"), (loose.value + 0.001, "pass")):
        (check,) = evaluate(runs("coin"), bounds=[Bound("max-flip-rate", value)], rule=Rule(strict=True)).checks
        assert check.outcome == outcome


def test_the_ends_of_an_interval_are_within_a_bound():
    assert of_bound(0.1, 0.05, 0.2, 0.2, is_most=True, strict=False) == "pass"
    assert of_bound(0.3, 0.2, 0.4, 0.2, is_most=True, strict=False) == "inconclusive"
    assert of_bound(0.3, 0.21, 0.4, 0.2, is_most=True, strict=False) == "failed"
    assert of_bound(0.7, 0.6, 0.8, 0.6, is_most=False, strict=False) == "pass"
    assert of_bound(0.7, 0.6, 0.8, 0.81, is_most=False, strict=False) == "failed"


def test_the_bound_of_a_suite_comes_before_the_general_one(runs):
    bounds = [
        Bound("max-flip-rate", 0.95),
        Bound("max-flip-rate", 0.01, suite="facts"),
        Bound("max-flip-rate", 0.9, "", "typos"),
    ]
    checks = evaluate(runs("two-suites"), bounds=bounds).checks
    found = {(c.suite, c.family): c.bound for c in checks}
    assert found[("sentiment", "all")] == 0.95 and found[("facts", "all")] == 0.01
    assert found[("sentiment", "typos")] == 0.9


def test_bounds_of_a_run_name_the_items_that_speak_against_it(runs):
    (check,) = evaluate(runs("coin"), bounds=[Bound("max-flip-rate", 0.05)]).checks
    assert len(check.moved) == 3
    assert all(moved.before != moved.after for moved in check.moved)


def test_a_bound_out_of_range_is_a_mistake():
    with pytest.raises(UsageError, match="from 0 to 1"):
        Bound("max-flip-rate", 10.0)


def test_a_margin_above_the_tolerance_is_a_mistake():
    with pytest.raises(UsageError, match="below the tolerance"):
        Rule(margin=0.1, tolerance=0.05)


def test_a_run_of_another_command_and_a_damaged_one_are_refused(runs, tmp_path):
    import shutil

    copy = shutil.copytree(runs("coin"), tmp_path / "copy")
    (copy / "scores.parquet").write_bytes(b"none")
    with pytest.raises(StoreError, match="parquet cannot be read"):
        evaluate(copy, bounds=[Bound("max-flip-rate", 0.1)])
    manifest = json.loads((copy / "manifest.json").read_text())
    del manifest["prompts_digest"]
    (copy / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(StoreError, match=r"manifest\.json: prompts_digest is missing"):
        blessed_of(read_run(copy))


def test_the_verdict_as_plain_values_has_no_nan_and_the_exit_code(runs, baseline):
    verdict = evaluate(runs("coin"), baseline=baseline("stubborn"), bounds=[Bound("max-flip-rate", 0.1)])
    value = json.loads(json.dumps(verdict.to_json(), allow_nan=False))
    assert value["exit_code"] == 1 and value["outcome"] == "regressed"
    assert {check["kind"] for check in value["checks"]} == {"baseline", "bound"}
    assert all(check["difference"] is None for check in value["checks"] if check["kind"] == "bound")
    assert set(value) >= set(GateVerdict.__dataclass_fields__) - {"exit_code"}
    assert np.isfinite([check["minimum_detectable"] for check in value["checks"]]).all()


def test_a_family_that_does_not_exist_is_a_mistake_with_the_near_one(runs):
    with pytest.raises(
        UsageError, match=r"probe\.toml:2: max-flip-rate of an unknown family 'typoz'\. Did you mean 'typos'"
    ):
        evaluate(
            runs("coin"), bounds=[Bound("max-flip-rate", 0.1, "", "typoz", "probe.toml:2"), Bound("max-spread", 1.0)]
        )


def test_a_family_that_exists_and_was_not_asked_is_a_note(runs):
    verdict = evaluate(
        runs("fewer-families"), bounds=[Bound("max-flip-rate", 1.0), Bound("max-flip-rate", 0.1, "", "order")]
    )
    assert verdict.outcome == "pass" and "sentiment, order could not be checked" in verdict.not_judged[0]


def test_a_slip_in_the_name_of_a_suite_is_a_mistake_and_a_suite_of_another_run_a_note(runs):
    general = Bound("max-flip-rate", 1.0)
    for slip in ("sentimnt", "sentimemt", "sentimetn"):
        with pytest.raises(UsageError, match=f"unknown suite '{slip}'. Did you mean 'sentiment'"):
            evaluate(runs("coin"), bounds=[general, Bound("max-flip-rate", 0.1, slip)])
    for other in ("facts", "triage", "sentiment-v2"):
        verdict = evaluate(runs("coin"), bounds=[general, Bound("max-flip-rate", 0.1, other, where="probe.toml:7")])
        assert verdict.outcome == "pass"
        assert f"suite {other} has bounds in probe.toml:7 and is not in the run" in verdict.not_judged[0]
        with pytest.raises(NothingToEvaluate, match=other):
            evaluate(runs("coin"), bounds=[Bound("max-flip-rate", 0.1, other)])


def test_a_suite_of_the_project_is_no_slip_of_another(runs, tmp_path):
    (tmp_path / "prompts" / "sentiments").mkdir(parents=True)
    (tmp_path / "prompts" / "sentiments" / "suite.toml").write_text('name = "sentiments"')
    bound = Bound("max-flip-rate", 0.1, "sentiments", where=f"{tmp_path / 'probe.toml'}:2")
    assert evaluate(runs("coin"), bounds=[Bound("max-spread", 1.0), bound]).not_judged


@pytest.mark.parametrize(
    ("one", "other", "is_one"),
    [
        ("sentimnt", "sentiment", True),
        ("sentimnet", "sentiment", True),
        ("comparision", "comparison", True),
        ("my-triage", "my-triagee", True),
        ("triage-v1", "triage-v2", False),
        ("triage-en", "triage-de", False),
        ("suite-a", "suite-b", False),
        ("facts", "faces", True),
        ("facts", "topic", False),
        ("reading", "reading-long", False),
    ],
)
def test_one_letter_in_a_longer_word_is_a_slip(one, other, is_one):
    assert is_slip(one, other) is is_slip(other, one) is is_one


def test_the_file_of_the_settings_stands_on_the_verdict(runs):
    verdict = evaluate(runs("coin"), bounds=[Bound("max-flip-rate", 1.0)], settings="../probe.toml")
    assert verdict.settings == verdict.to_json()["settings"] == "../probe.toml"


def test_a_bound_on_flips_names_both_answers_and_the_right_one(runs):
    (check,) = evaluate(runs("coin"), bounds=[Bound("max-flip-rate", 0.05)]).checks
    for one in check.moved:
        assert one.before == one.as_written != one.after
        assert one.right in ("positive", "negative")


@pytest.mark.parametrize("name", ["min-accuracy", "min-contrast-consistency", "max-spread", "min-worst-accuracy"])
def test_a_bound_that_compares_an_item_with_nothing_names_what_is_answered_and_what_is_right(runs, name):
    bound = Bound(name, 0.0 if name == "max-spread" else 1.0)
    (check,) = evaluate(runs("coin"), bounds=[bound], rule=Rule(strict=True)).checks
    assert check.moved and check.strict
    for one in check.moved:
        assert one.before == one.as_written == ""
        assert one.right and one.after != one.right


class Walked(tuple):
    """Items that count how often they are gone through."""

    times = 0

    def __iter__(self):
        Walked.times += 1
        return super().__iter__()


def test_what_is_common_is_found_without_going_through_all_items_for_each_of_them():
    num = 1000
    items = Walked(f"{n:06}" for n in range(num))
    cells = Cells(np.ones((num, 2)), np.zeros((num, 2), int), np.zeros((num, 2), bool), columns(), items)
    one = Outcomes("s", "1", "", cells, ("",) * num, ("",) * num)
    blessed = Blessed("", {}, {}, {}, {"s": one}, {})
    Walked.times = 0
    (both,) = common(blessed, blessed)
    assert len(both.names) == num
    assert 0 < Walked.times < 20


def columns():
    return (ORIGINAL_COLUMN, Column("typos", "typo-drop", 0, "label-preserving"))
