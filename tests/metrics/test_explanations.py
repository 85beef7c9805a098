"""Features of texts and what goes with them: known values, ties, chance, and families that differ in everything."""

from dataclasses import replace

import numpy as np
import pytest
from statsmodels.stats.multitest import multipletests

from probe.metrics import command_metrics
from probe.metrics.cells import Cells, Column
from probe.metrics.explanations import (
    FEWEST,
    LEVEL,
    Correlation,
    Tried,
    adjusted,
    correlate,
    permutation_p,
    permuted,
    ranks,
    reach,
    spearman,
    statement,
)
from probe.metrics.text_features import (
    available,
    formality,
    length_words,
    mean_over_words,
    readability,
    syllables,
    words_of,
)


def table(correct, families=None):
    """Return cells of outcomes (N, M), the first column clean; the prediction is the outcome."""
    families = families or ["format"] * (correct.shape[1] - 1)
    columns = [Column("original", "original", 0, "label-preserving")]
    columns += [Column(family, family, sample, "label-preserving") for sample, family in enumerate(families)]
    outcomes = correct.astype(float)
    items = tuple(str(n) for n in range(len(correct)))
    return Cells(outcomes, correct.astype(np.int64), np.zeros(correct.shape, bool), tuple(columns), items)


def test_ranks_share_ties():
    assert ranks(np.array([3.0, 1.0, 3.0, 2.0])).tolist() == [3.5, 1.0, 3.5, 2.0]


@pytest.mark.parametrize("seed", range(5))
def test_spearman_is_that_of_scipy(seed):
    from scipy import stats

    x, y = np.random.default_rng(seed).integers(0, 6, (2, 15)).astype(float)
    assert float(spearman(x, y)) == pytest.approx(stats.spearmanr(x, y).statistic)


def test_what_does_not_vary_has_no_rank_correlation():
    assert np.isnan(spearman(np.ones(5), np.arange(5.0)))


def test_a_perfect_order_is_rarely_chance_and_none_often_is():
    rng = np.random.default_rng(0)
    x = np.arange(10.0)
    assert permutation_p(*permuted(x, x, ["a"] * 10, rng)) < 0.001
    assert permutation_p(*permuted(x, np.tile([0.0, 1.0], 5), ["a"] * 10, rng)) > 0.3


def test_p_values_are_uniform_where_nothing_goes_together():
    rng = np.random.default_rng(1)
    p = [permutation_p(*permuted(*rng.normal(size=(2, 12)), ["a"] * 6 + ["b"] * 6, rng)) for _ in range(200)]
    assert np.mean(np.array(p) <= 0.05) <= 0.09
    assert 0.4 < np.mean(p) < 0.6


def test_families_that_differ_in_both_do_not_pass_for_an_explanation():
    rng = np.random.default_rng(2)
    gap, families = np.repeat([0.0, 100.0], 8), ["formats"] * 8 + ["typos"] * 8
    p_values = []
    for _ in range(100):
        x, y = gap + rng.normal(size=16), gap + rng.normal(size=16)
        assert permutation_p(*permuted(x, y, ["one"] * 16, rng)) < 0.03
        p_values.append(permutation_p(*permuted(x, y, families, rng)))
    assert np.mean(np.array(p_values) <= 0.05) <= 0.11
    assert 0.4 < np.mean(p_values) < 0.6


@pytest.mark.parametrize("level", [0.0001, 0.004, 0.05, 0.5])
def test_what_lies_beyond_the_reach_of_chance_is_what_the_test_tells_from_it(level):
    rng = np.random.default_rng(3)
    by_chance = rng.normal(size=999).round(1) / 4
    for rho in np.linspace(-1, 1, 201):
        assert (permutation_p(rho, by_chance) <= level) == (abs(rho) > reach(by_chance, level))


@pytest.mark.parametrize("strength", [0.0, 1.0, 4.0])
def test_an_interval_leaves_zero_out_exactly_where_the_verdict_tells_a_correlation_from_chance(strength):
    rng = np.random.default_rng(int(strength))
    families = np.repeat([0.0, 20.0], 9)
    tested = []
    for number in range(12):
        x = families + rng.normal(size=18)
        rho, by_chance = permuted(
            x, x * strength * (number % 3) + 4 * families + 3 * rng.normal(size=18), families, rng
        )
        row = Correlation(
            "s", "all", "accuracy", f"f{number}", 0.9, 0.7, 0.98, permutation_p(rho, by_chance), None, 18, 9
        )
        tested.append(Tried(replace(row, rho_within=rho), by_chance))
    rows = adjusted(tested)
    for row in rows:
        assert (row.q_value <= LEVEL) == (row.within_low > 0 or row.within_high < 0)
        assert -1 <= row.within_low <= row.rho_within <= row.within_high <= 1
    told = sum(row.q_value <= LEVEL for row in rows)
    assert (told > 0) == (strength > 0)
    wanted = (
        f"After correction, {told} of 12" if told else "after correction for 12 correlations, none is told from chance"
    )
    assert wanted in statement(rows)


def test_families_that_differ_in_both_leave_the_rho_within_them_near_zero():
    rng = np.random.default_rng(5)
    gap, families = np.repeat([0.0, 100.0], 200), ["formats"] * 200 + ["typos"] * 200
    x, y = gap + rng.normal(size=400), gap + rng.normal(size=400)
    assert spearman(x, y) > 0.7
    assert abs(permuted(x, y, families, rng)[0]) < 0.15
    assert np.isnan(permuted(gap, gap, families, rng)[0])


def planted(seed, *, strength):
    rng = np.random.default_rng(seed)
    longer = np.arange(9.0)
    chance = np.concatenate([[0.9], 0.9 - strength * longer / 10])
    correct = rng.random((150, 10)) < chance
    feature = rng.normal(50, 10, (150, 1)) + np.concatenate([[0.0], longer])
    return table(correct), {"length": feature, "noise": rng.normal(size=(150, 10))}


def test_a_planted_explanation_is_found_and_said():
    cells, features = planted(0, strength=0.9)
    rows = {(row.outcome, row.feature): row for row in adjusted(correlate("s", cells, features, seed=0))}
    row = rows["accuracy", "length"]
    assert row.rho < -0.9
    assert row.ci_low <= row.rho <= row.ci_high < -0.3
    assert row.q_value < 0.05
    assert rows["flip_rate", "length"].rho > 0.9
    said = statement(list(rows.values()))
    assert "accuracy with length" in said
    assert "cause" in said


def test_a_right_answer_in_another_spelling_is_no_flip():
    """Two right answers are one answer, here as in the flip rate; else the longer prompts would seem to move answers."""
    rng = np.random.default_rng(0)
    longer = np.arange(9.0)
    cells = table(np.ones((150, 10), np.int64))
    spelled = np.where(rng.random((150, 10)) < np.concatenate([[0.0], longer / 10]), 2, 1)
    feature = {"length": np.tile(np.concatenate([[0.0], longer]), (150, 1))}
    row = correlate("s", replace(cells, prediction=spelled), feature, seed=0)[1].row
    assert (row.outcome, row.rho, row.reason) == ("flip_rate", None, "flip_rate is the same under every variant")
    wrong = replace(cells, prediction=spelled, correct=np.where(spelled == 2, 0.0, 1.0))
    assert correlate("s", wrong, feature, seed=0)[1].row.rho > 0.9


def test_where_nothing_explains_it_that_is_said():
    cells, features = planted(3, strength=0.0)
    said = statement(adjusted(correlate("s", cells, features, seed=0)))
    assert said.startswith("Nothing that was measured explains it: after correction for 4 correlations, none is told")


def test_q_values_of_correlations_are_adjusted_by_benjamini_and_hochberg():
    tried = Correlation("s", "all", "accuracy", "length", 0.5, 0.1, 0.8, 0.01, None, num_variants=9, num_items=20)
    rows = [Tried(replace(tried, p_value=p), np.zeros(1)) for p in (0.01, None, 0.04, 0.03, 0.2)]
    raw = [one.row.p_value for one in rows if one.row.p_value is not None]
    found = [row.q_value for row in adjusted(rows)]
    assert found[1] is None
    assert [q for q in found if q is not None] == pytest.approx(list(multipletests(raw, method="fdr_bh")[1]))


def test_few_variants_explain_nothing():
    cells, features = planted(0, strength=0.9)
    few = cells.select(range(1, FEWEST))
    rows = adjusted(correlate("s", few, {name: values[:, :FEWEST] for name, values in features.items()}, seed=0))
    assert all(row.rho is None and "variants" in row.reason for row in rows)
    assert "Too few" in statement(rows)


def test_a_feature_that_never_changes_is_named():
    cells, _ = planted(0, strength=0.9)
    (accuracy, _) = correlate("s", cells, {"length": np.full((150, 10), 7.0)}, seed=0)
    assert accuracy.row.reason == "length is the same under every variant"


def test_variants_asked_of_long_items_only_are_not_called_long():
    cells, _ = planted(0, strength=0.9)
    length = np.repeat(np.arange(150.0)[:, None], 10, axis=1)
    length[:75, 5:] = np.nan
    (accuracy, _) = correlate("s", cells, {"length": length}, seed=0)
    assert accuracy.row.rho is None


def test_words_are_words_and_not_numbers():
    assert words_of("It isn't 42, na\u00efve O\u2019Brien!") == ["it", "isn't", "na\u00efve", "o'brien"]
    assert length_words("one two, three.") == 3


@pytest.mark.parametrize(
    ("word", "count"),
    [("cat", 1), ("table", 2), ("made", 1), ("walked", 1), ("wanted", 2), ("review", 2), ("positive", 3), ("hm", 1)],
)
def test_syllables(word, count):
    assert syllables(word) == count


def test_readability_is_flesch():
    # 6 words, 1 sentence, 6 syllables
    assert readability("The cat sat on the mat.") == pytest.approx(206.835 - 1.015 * 6 - 84.6)
    assert readability("The cat sat. The cat sat.") == pytest.approx(206.835 - 1.015 * 3 - 84.6)
    assert readability("Notwithstanding administrative considerations.") < readability("The cat sat.")
    assert readability("42 !") is None


def test_formality_counts_function_words():
    assert formality("cat") == 50
    assert formality("the house of the king") == pytest.approx((100 * 3 / 5 + 100) / 2)
    assert formality("you do it now") == 0
    assert formality("...") is None


def test_the_mean_over_words_leaves_out_unknown_ones():
    feature = mean_over_words({"good": 5.0, "review": 3.0}.get)
    assert feature("A GOOD review, xyzzy") == 4
    assert feature("xyzzy") is None


def test_what_needs_a_lexicon_is_there_or_said_to_be_missing():
    features, missing = available()
    assert {*features, *missing} == {"length_words", "readability", "formality", "word_frequency", "ambiguity"}
    assert not {*features} & {*missing}
    assert all("install" in reason or "download" in reason for reason in missing.values())


def test_common_words_are_more_frequent_than_rare_ones():
    features, _ = available()
    assert features["word_frequency"]("the house") > features["word_frequency"]("perspicacious sesquipedalian")


def test_every_metric_of_another_command_says_what_it_is():
    assert set(command_metrics) >= {
        "alignment",
        "uniformity",
        "relative_distance",
        "variance_share",
        "spearman",
    }
    for one in command_metrics.values():
        assert one.summary.endswith(".")
        assert one.formula
        assert one.source
        assert one.low < one.high
