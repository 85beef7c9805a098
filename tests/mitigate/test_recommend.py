"""Which method is recommended: the cheapest that reaches the target without a loss, and how sure that is."""

from dataclasses import replace

from probe.mitigate.mitigation import Change, MethodResult, Price, SuiteMitigation
from probe.mitigate.recommend import losses_of, recommended


def flips(before, after, high=None):
    high = after + 0.02 if high is None else high
    difference = after - before
    ends = (difference - 0.01, difference + 0.01)
    return Change(
        "flip_rate", "all", "lower", before, after, difference, *ends, 60, 9, before_high=0.3, after_high=high
    )


def tried(name, after, tokens, *, calls=1.0, once=0, high=None, losses=(), left_out=0):
    price = Price(calls, tokens, once, once)
    changes = (flips(0.2, after, high),)
    return MethodResult(
        name,
        "vote",
        "",
        "-",
        "judged",
        changes=changes,
        price=price,
        losses=losses,
        num_answers=100,
        num_left_out=left_out,
    )


def suite(*methods, before=0.2, before_high=0.25):
    figures = (replace(flips(before, before), after=None, before_high=before_high),)
    return SuiteMitigation("toy", "", 60, 100, Price(1.0, 40.0), figures, methods)


def test_the_cheapest_that_reaches_the_target_is_taken():
    found = recommended(suite(tried("vote", 0.01, 200), tried("canon", 0.04, 45), tried("calib", 0.12, 40)), 0.05)
    assert found.recommended == "canon"
    assert found.advice.startswith("Take canon: 4.0 % of the variants move the answer, 5.0 % are allowed.")


def test_equal_tokens_are_decided_by_calls_and_then_by_what_is_asked_once():
    found = recommended(suite(tried("b", 0.01, 40, calls=2), tried("c", 0.01, 40, once=9), tried("a", 0.01, 40)), 0.05)
    assert found.recommended == "a"
    found = recommended(suite(tried("b", 0.01, 40, calls=2), tried("c", 0.01, 40, once=9)), 0.05)
    assert found.recommended == "c"


def test_of_what_costs_the_same_nothing_is_taken_before_something_and_then_what_flips_least():
    methods = [tried("first", 0.04, 40), tried("second", 0.02, 40), tried("third", 0.03, 40)]
    assert recommended(suite(*methods), 0.05).recommended == "second"
    assert recommended(suite(*methods, before=0.05), 0.05).recommended == "none needed"


def test_the_interval_says_how_sure_it_is_and_who_would_be_surer():
    found = recommended(suite(tried("canon", 0.04, 45, high=0.09), tried("vote", 0.01, 200, high=0.03)), 0.05)
    assert (found.recommended, found.certainty) == ("canon", "estimate")
    assert "goes up to 9.0 %" in found.advice and "vote, at 200 tokens an answer" in found.advice
    found = recommended(suite(tried("vote", 0.01, 200, high=0.03)), 0.05)
    assert (found.recommended, found.certainty) == ("vote", "interval")


def test_a_method_with_a_loss_or_with_many_answers_left_out_is_not_taken_and_it_is_said_why():
    harmful = tried("vote", 0.01, 50, losses=("accuracy", "contrast_consistency"))
    partial = tried("rotate", 0.01, 50, left_out=11)
    found = recommended(suite(harmful, partial, tried("calib", 0.12, 40)), 0.05)
    assert found.recommended == ""
    assert "vote (loses accuracy and contrast consistency)" in found.advice
    assert "rotate (leaves out 11 of 100 answers)" in found.advice
    assert found.advice.endswith("Nearest is calib with 12.0 %.")


def test_where_the_answers_before_reach_the_target_nothing_is_needed():
    found = recommended(suite(tried("calib", 0.01, 40), before=0.03, before_high=0.04), 0.05)
    assert (found.recommended, found.certainty) == ("none needed", "interval")
    assert found.advice.startswith("No method is needed")


def test_without_a_target_the_tradeoffs_are_what_nothing_beats():
    methods = [tried("a", 0.1, 40), tried("b", 0.15, 60), tried("c", 0.05, 90), tried("d", 0.05, 200)]
    found = recommended(suite(*methods, tried("e", 0.0, 30, losses=("accuracy",))), None)
    assert found.tradeoffs == ("a", "c")
    assert found.advice == (
        "Best trade-offs, flip rate from 20.0 % at 40 tokens an answer to: a 10.0 % at 40 tokens an answer, "
        "c 5.0 % at 90 tokens an answer."
    )
    assert recommended(suite(tried("b", 0.25, 60)), None).advice == "No method lowers the flip rate without a loss."


def test_a_model_without_tokens_is_compared_by_calls():
    methods = (tried("vote", 0.01, None, calls=5), tried("calib", 0.03, None))
    found = recommended(replace(suite(*methods), price=Price(1.0, None)), 0.05)
    assert found.recommended == "calib"


def test_a_fall_is_a_loss_by_its_own_interval_or_by_the_adjusted_test():
    fell = Change("accuracy", "original", "higher", 0.9, 0.8, -0.1, -0.15, -0.05, 60, 0)
    unsure = replace(fell, ci_low=-0.25, ci_high=0.05)
    assert losses_of([fell]) == ("accuracy",)
    assert losses_of([unsure]) == ()
    assert losses_of([replace(unsure, significant=True)]) == ("accuracy",)
    assert losses_of([replace(fell, metric="spread")]) == (), "a smaller spread is no loss"
