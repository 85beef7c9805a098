"""Every metric there is, of every command, on numbers small enough to have been worked out by hand.

right     clean  format 0  format 1  edit        answered   clean  format 0  format 1
n1  a       1       1         0       1                      a        a         b
n2  a       1       1         1       1                      a        a         a
n3  b       1       0         0       0                      b        a         a
n4  b       0       0         1       -                      a        a         b
"""

import math

import numpy as np
import pytest
from test_detail_metrics import ERRICA, detailed

from probe.metrics import ORIGINAL, Cells, Column, command_metrics, metrics, stack
from probe.metrics.attribution import decompose, design
from probe.metrics.detail import Detail
from probe.metrics.explanations import spearman
from probe.metrics.posix import posix
from probe.metrics.ranking import kendalls_w, mean_tau, reversal, reversal_of_original
from probe.metrics.representation import layer_rows
from probe.metrics.saturation import cps

NAN = math.nan
COLUMNS = (
    Column(ORIGINAL, ORIGINAL, 0, "label-preserving"),
    *(Column("format", "format-layout", sample, "label-preserving") for sample in (0, 1)),
    Column("contrast", "contrast", 0, "label-altering"),
)
RIGHT = np.array([[1, 1, 0, 1], [1, 1, 1, 1], [1, 0, 0, 0], [0, 0, 1, NAN]])
SAID = np.array([[0, 0, 1, 1], [0, 0, 0, 1], [1, 0, 0, 1], [0, 0, 1, -1]])
UNREADABLE = np.zeros((4, 4), bool)
UNREADABLE[2, 2] = True
CAUSE = np.zeros((4, 4), np.int64)
CAUSE[0, 2], CAUSE[2, 1], CAUSE[2, 2], CAUSE[3, 2] = 1, 2, 3, 4
FOLLOWED = np.full((4, 4, 3), NAN)
FOLLOWED[0, 1, 0], FOLLOWED[0, 2, 0], FOLLOWED[2, 2, 0] = 0, 1, 1
FOLLOWED[1, 1, 1], FOLLOWED[3, 2, 1] = 0, 1
FOLLOWED[0, 1, 2], FOLLOWED[1, 1, 2], FOLLOWED[1, 2, 2], FOLLOWED[3, 1, 2] = 1, 0, 0, 0


def table(cause=CAUSE):
    target = np.array([0, 0, 1, 1])
    detail = Detail(
        SAID, target, np.full(4, 2), np.full((4, 4, 2), NAN), np.full((4, 4), NAN), ("a", "b"),
        np.array([0.5, NAN, NAN, 2 / 3]),
    )  # fmt: skip
    return Cells(RIGHT, SAID, UNREADABLE, COLUMNS, ("n1", "n2", "n3", "n4"), detail, cause, FOLLOWED)


GOLDEN = {
    "accuracy": 3 / 4, "accuracy_mean": 7 / 12, "accuracy_worst": 1 / 2, "accuracy_best": 3 / 4, "accuracy_median": 1 / 2,
    "accuracy_q05": 0.5, "accuracy_q25": 0.5, "accuracy_q75": 0.625, "accuracy_q95": 0.725,
    "accuracy_std": math.sqrt(1 / 48), "accuracy_iqr": 1 / 8, "spread": 1 / 4, "mean_drop": 1 / 6, "pdr": 1 / 3,
    "sat": 5 / 6, "cps": 5 / 8, "accuracy_item_worst": 1 / 4,
    "balanced_accuracy": 3 / 4, "balanced_accuracy_mean": 7 / 12, "balanced_accuracy_worst": 1 / 2,
    "balanced_accuracy_spread": 1 / 4,
    "macro_f1": 11 / 15, "macro_f1_mean": 47 / 90, "macro_f1_worst": 1 / 3, "macro_f1_spread": 2 / 5,
    "mcc": 1 / math.sqrt(3), "mcc_mean": 1 / math.sqrt(27), "mcc_worst": 0, "mcc_spread": 1 / math.sqrt(3),
    "flip_rate": 1 / 2, "flip_right_to_wrong": 3 / 8, "flip_wrong_to_right": 1 / 8, "any_flip_rate": 3 / 4,
    "flip_unreadable": 1 / 8, "flip_truncated": 1 / 8, "flip_near_tie": 1 / 8, "flip_position": 1 / 8,
    "position_following": 2 / 3, "symbol_following": 1 / 2, "position_or_symbol_following": 1 / 4,
    "pairwise_agreement": 1 / 2, "modal_consistency": 3 / 4,
    "pss": 1 / 2, "pss_normalised": 3 / 4, "pss_ceiling": 2 / 3,
    "sensitivity_hard": 3 / 4 * 0.918295834, "consistency_hard": 5 / 6,
    "unreadable_rate": 1 / 8,
    "accuracy_mean_perturbed": 1 / 2, "spread_perturbed": 0, "mean_drop_perturbed": 1 / 4, "pss_perturbed": 1 / 2,
}  # fmt: skip
"""Of the clean column and both formats."""
OF_EDITS = {"contrast_consistency": 2 / 3, "contrast_accuracy": 2 / 3, "robust_and_responsive": 1 / 3, "posix": 7 / 12}
OF_OTHER_CAUSES = {"flip_symbol": 1 / 8, "flip_position_or_symbol": 1 / 4, "flip_content": 1 / 8}
OF_PROBABILITIES = {
    "sensitivity_soft": 0.814619, "sensitivity_mutual_information": 0.027249, "consistency_soft": 0.7,
    "confidence": 13 / 18, "confidence_pss_correlation": -1,
}  # fmt: skip
"""Of the golden probabilities of Errica's metrics: .9 .8 .7, .6 .4 .5 and .2 .1 .3 of the first class."""
OF_WRONG_ANSWERS = {"flip_wrong_to_wrong": 1 / 3}


@pytest.mark.parametrize("name", list(GOLDEN))
def test_golden_numbers_of_variants(name):
    assert metrics.get(name).value(table().label_preserving()) == pytest.approx(GOLDEN[name], abs=1e-8)


@pytest.mark.parametrize("name", list(OF_EDITS))
def test_golden_numbers_of_contrasts_and_responses(name):
    assert metrics.get(name).value(table()) == pytest.approx(OF_EDITS[name])


def test_golden_number_of_whole_contrast_sets_as_published():
    """Four sets: one wrong in its edit, one right, one wrong in a member with the same answer, one of two originals alone."""
    columns = (*COLUMNS[:2], *(Column("contrast", "contrast-set", sample, "label-altering") for sample in (0, 1)),
               Column("contrast", "contrast-negation", 2, "label-altering"))  # fmt: skip
    names = ("a", "b", "b+1", "c", "c+1", "c+2", "d", "d+1", "e", "f+1")
    right = np.array(
        [
            [1, 1, 1, 0, 1],
            [1, 0, 1, 1, 0],
            [1, 0, NAN, NAN, 0],
            [1, 1, 1, NAN, 1],
            [0, 1, NAN, NAN, 1],
            [1, 1, NAN, NAN, 1],
        ]
        + [[1, 1, NAN, NAN, 1], [1, 1, NAN, NAN, 1], [1, 1, NAN, NAN, 1], [0, 1, NAN, NAN, 1]]
    )
    said = np.where(np.isnan(right), -1, np.nan_to_num(right)).astype(np.int64)
    cells = Cells(right, said, np.zeros(right.shape, bool), columns, names)
    assert metrics.get("contrast_consistency_gardner").value(cells.label_altering()) == pytest.approx(2 / 4)
    assert np.isnan(metrics.get("contrast_consistency_gardner").value(cells.select([1, 4]).take([0, 8, 9])))
    other = cells.label_altering().take([1, 2, 4, 9])  # b right with b+1; of c one wrong member alone: no set
    both = stack([cells.label_altering(), other])
    assert metrics.get("contrast_consistency_gardner").pooled
    assert metrics.get("contrast_consistency_gardner").value(both) == pytest.approx(3 / 5), (
        "sets of each suite are its own"
    )


@pytest.mark.parametrize("name", list(OF_OTHER_CAUSES))
def test_golden_numbers_of_causes(name):
    other = np.where(CAUSE == 0, 0, np.where(CAUSE == 1, 5, np.where(CAUSE == 2, 7, 6)))
    assert metrics.get(name).value(table(other).label_preserving()) == pytest.approx(OF_OTHER_CAUSES[name])


@pytest.mark.parametrize("name", list(OF_PROBABILITIES))
def test_golden_numbers_of_probabilities(name):
    assert metrics.get(name).value(detailed(ERRICA, [0, 0, 1])) == pytest.approx(OF_PROBABILITIES[name], abs=1e-6)


def test_golden_number_of_one_wrong_answer_for_another():
    """Three choices: right is 0; written 1, then 2, 1 and 0."""
    said = np.array([[1, 2, 1, 0]])
    columns = (COLUMNS[0], *(Column("format", "format-layout", sample, "label-preserving") for sample in range(3)))
    cells = Cells((said == 0).astype(float), said, np.zeros((1, 4), bool), columns, ("n",))
    assert metrics.get("flip_wrong_to_wrong").value(cells) == pytest.approx(OF_WRONG_ANSWERS["flip_wrong_to_wrong"])


POINTS = np.array([(1.0, 0.0), (0.8, 0.6), (0.0, 1.0), (0.6, 0.8)])
JUDGES = np.array([[1, 1, 2], [2, 3, 1], [3, 2, 3]]) / 10
"""Three models, ranked 1 2 3, 1 3 2 and 2 1 3 by three variants."""


def layer(original, moved):
    """Return the figures of points and where one variant puts them."""
    asked = np.ones((len(original), 1), bool)
    rows = layer_rows(original, moved[:, None], asked, layer=0, family="all", seed=0)
    return {row.metric: row.value for row in rows}


def shares():
    """Return the shares of two factors: y = item + 2 x_1 + x_2, so 4 and 1 of 5."""
    runs = design(2)
    outcomes = np.arange(5.0)[:, None] + (runs @ [2.0, 1.0])[None]
    found = decompose(outcomes[None], runs, ("one", "other"), seed=0)
    return {row.name: row.share for row in found.spread}


OF_COMMANDS = {
    "variance_share": lambda: (shares()["one"], 4 / 5),
    "alignment": lambda: (layer(POINTS[[0, 2]], POINTS[[1, 3]])["alignment"], 0.4),
    "uniformity": lambda: (layer(POINTS, POINTS)["uniformity"], -1.015692),
    "relative_distance": lambda: (
        layer(np.array([(1.0, 0.0), (-1.0, 0.0)]), POINTS[[2, 2]])["relative_distance"], math.sqrt(2) / 2,
    ),
    "spearman": lambda: (spearman(np.array([1.0, 2.0, 3.0, 9.0]), np.array([2.0, 1.0, 3.0, 4.0])), 0.8),
    "kendalls_w": lambda: (kendalls_w(JUDGES), 4 / 9),
    "mean_tau": lambda: (mean_tau(JUDGES), 1 / 9),
    "reversal": lambda: (reversal(JUDGES[0], JUDGES[1]), 2 / 3),
    "reversal_of_original": lambda: (reversal_of_original(JUDGES[0], JUDGES[1]), 1 / 2),
}  # fmt: skip


@pytest.mark.parametrize("name", list(OF_COMMANDS))
def test_golden_numbers_of_other_commands(name):
    measured, expected = OF_COMMANDS[name]()
    assert float(measured) == pytest.approx(expected, abs=1e-6)


def test_the_published_score_of_a_task_of_slab_is_found_from_its_accuracies():
    """LMentry "all words from category", t0_3b, no filtering (arXiv 2401.00595): MaxP .80, AvgP .6172093, CPS .6537674."""
    accuracies = np.array([[0.80, 2 * 0.6172093 - 0.80]])
    assert float(cps(accuracies)[0]) == pytest.approx(0.6537674, abs=1e-7)


def test_the_golden_posix_of_the_matrix():
    matrix = np.array([[-2, -6, -5], [-3, -4, -5.5], [-2.5, -7, -3]])
    assert posix(matrix, np.array([2.0, 4.0, 3.0])) == pytest.approx(0.583333, abs=1e-6)


def test_every_metric_that_is_listed_has_a_golden_number_and_is_described():
    golden = {
        *GOLDEN,
        *OF_EDITS,
        "contrast_consistency_gardner",
        *OF_OTHER_CAUSES,
        *OF_PROBABILITIES,
        *OF_WRONG_ANSWERS,
    }
    assert golden == set(metrics)
    assert set(OF_COMMANDS) == set(command_metrics)
    for one in (*metrics.values(), *command_metrics.values()):
        assert one.formula and one.source and one.summary and one.low < one.high
        assert one.direction in ("higher", "lower", "neither")
