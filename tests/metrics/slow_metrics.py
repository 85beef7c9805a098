"""Every metric once more, slowly: loops over items and variants in exact fractions, written from the formulas."""

import math
from fractions import Fraction
from itertools import combinations

import numpy as np
from hypothesis import strategies as st

from probe.metrics import CLEAN, Cells, Column


def cells_of(correct, prediction=None, *, families=None, effects=None, unreadable=None):
    """Make cells from nested lists; by default prediction 0 is right and 1 is wrong, and all variants are formats."""
    correct = np.array(correct, dtype=float)
    num_items, num_columns = correct.shape
    if prediction is None:
        prediction = np.where(np.isnan(correct), -1, 1 - np.nan_to_num(correct))
    families = families or [CLEAN] + ["format"] * (num_columns - 1)
    effects = effects or ["label-preserving"] * num_columns
    columns = tuple(Column(f, f, i, e) for i, (f, e) in enumerate(zip(families, effects, strict=True)))
    unreadable = np.zeros(correct.shape, bool) if unreadable is None else np.array(unreadable, bool)
    items = tuple(f"item-{n}" for n in range(num_items))
    return Cells(correct, np.array(prediction, dtype=np.int64), unreadable, columns, items)


@st.composite
def random_cells(draw, *, min_items=1, max_columns=6, missing=True, flips=False):
    """Any cells that are consistent: codes 0 and 1 are right, 2 and 3 wrong, 4 unreadable, -1 not asked."""
    num_items = draw(st.integers(min_items, 7))
    num_columns = draw(st.integers(1, max_columns))
    lowest = -1 if missing else 0
    row = st.tuples(st.integers(0, 4), *[st.integers(lowest, 4)] * (num_columns - 1))
    codes = np.array(draw(st.lists(row, min_size=num_items, max_size=num_items))).reshape(num_items, num_columns)
    correct = np.where(codes < 0, np.nan, (codes < 2).astype(float))
    effects = (
        [
            "label-preserving",
            *draw(st.tuples(*[st.sampled_from(["label-preserving", "label-altering"])] * (num_columns - 1))),
        ]
        if flips
        else None
    )
    return cells_of(correct, codes, effects=effects, unreadable=codes == 4)


def weights_for(cells):
    """Any whole numbers of times that each item is drawn, not all of them none."""
    size = len(cells.items)
    return st.lists(st.integers(0, 3), min_size=size, max_size=size).filter(any)


def slow(name, cells, weights):
    """Return the metric as a fraction, or None where it is not defined."""
    return SLOW[name](Table(cells, weights))


class Table:
    """Cells as lists, an item drawn w times being there w times; None where not asked."""

    def __init__(self, cells, weights):
        self.enough = [
            i
            for i in range(1, len(cells.columns))
            if cells.asked[:, i].any() and 2 * cells.asked[:, i].sum() >= len(cells.items)
        ]
        self.flips = [i for i, column in enumerate(cells.columns) if column.effect == "label-altering"]
        drawn = [n for n, weight in enumerate(weights) for _ in range(weight)]
        self.y = [[None if np.isnan(v) else int(v) for v in cells.correct[n]] for n in drawn]
        self.p = [[int(v) for v in cells.prediction[n]] for n in drawn]
        self.u = [[bool(v) for v in cells.unreadable[n]] for n in drawn]
        self.variants = range(1, len(cells.columns))

    def pairs(self):
        """Return (clean right, variant right, is flip) of each pair asked."""
        for y, p in zip(self.y, self.p, strict=True):
            for i in self.variants:
                if y[i] is not None:
                    yield y[0], y[i], p[i] != p[0] and not (y[0] and y[i])


def mean(values):
    values = list(values)
    return Fraction(sum(values), len(values)) if values else None


def accuracy_of(t, i):
    """Return what variant i would score on all items if those not asked reacted as those alike on clean."""
    total = Fraction(0)
    for outcome in (0, 1):
        stratum = [y for y in t.y if y[0] == outcome]
        rate = mean(y[i] for y in stratum if y[i] is not None)
        total += Fraction(len(stratum), len(t.y)) * (outcome if rate is None else rate)
    return total


def accuracies(t):
    return [accuracy_of(t, i) for i in [0, *t.enough]] if t.enough else None


def over_accuracies(function):
    return lambda t: None if accuracies(t) is None else function(accuracies(t))


def slow_pss(t):
    scores = []
    for y in t.y:
        asked = [v for v in y if v is not None]
        differences = [abs(a - b) for a, b in combinations(asked, 2)]
        if differences:
            scores.append(mean(differences))
    return mean(scores)


def quantile(values, share):
    """Interpolate between order statistics, exactly."""
    ordered = sorted(values)
    place = Fraction(share) * (len(ordered) - 1)
    below = int(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (place - below) * (ordered[above] - ordered[below])


def sample_std(values):
    centre = mean(values)
    return math.sqrt(sum((value - centre) ** 2 for value in values) / (len(values) - 1))


def asked_pairs(t):
    """Return for each item with a variant the list of its answers, a right answer being one whatever its text."""
    for y, p in zip(t.y, t.p, strict=True):
        answers = ["right" if right else said for right, said in zip(y, p, strict=True) if right is not None]
        if len(answers) > 1:
            yield answers


def slow_agreement(t):
    return mean(mean(int(a == b) for a, b in combinations(answers, 2)) for answers in asked_pairs(t))


def slow_modal(t):
    return mean(max(Fraction(answers.count(a), len(answers)) for a in answers) for answers in asked_pairs(t))


def most_disagreement(m):
    return max(Fraction(k * (m - k), m * (m - 1) // 2) for k in range(m + 1))


def slow_ceiling(t):
    return mean(most_disagreement(len(answers)) for answers in asked_pairs(t))


def slow_normalised(t):
    scores = []
    for y in t.y:
        asked = [v for v in y if v is not None]
        if len(asked) > 1:
            scores.append(mean(abs(a - b) for a, b in combinations(asked, 2)) / most_disagreement(len(asked)))
    return mean(scores)


def slow_item_worst(t):
    rows = [[v for v in y if v is not None] for y in t.y]
    return mean(min(row) for row in rows if len(row) > 1)


def slow_robust(t):
    good = []
    for y, p in zip(t.y, t.p, strict=True):
        same = [i for i in t.variants if i not in t.flips and y[i] is not None]
        edits = [i for i in t.flips if y[i] is not None]
        if same and edits:
            stayed = all(p[i] == p[0] or (y[i] and y[0]) for i in same)
            good.append(int(stayed and y[0] and all(y[i] for i in edits)))
    return mean(good)


def slow_any_flip(t):
    flips = []
    for y, p in zip(t.y, t.p, strict=True):
        asked = [i for i in t.variants if y[i] is not None]
        if asked:
            flips.append(int(any(p[i] != p[0] and not (y[i] and y[0]) for i in asked)))
    return mean(flips)


def slow_consistency(t):
    sets = [[y[0], *[y[i] for i in t.flips if y[i] is not None]] for y in t.y]
    return mean(int(all(members)) for members in sets if len(members) > 1)


def slow_unreadable(t):
    columns = t.variants or [0]
    return mean(int(u[i]) for y, u in zip(t.y, t.u, strict=True) for i in columns if y[i] is not None)


CLASSED = [
    f"{name}{end}" for name in ("balanced_accuracy", "macro_f1", "mcc") for end in ("", "_mean", "_worst", "_spread")
]
DETAILED = [*CLASSED, "confidence", "confidence_pss_correlation", "consistency_soft", "consistency_hard", "posix"]
DETAILED += ["sensitivity_soft", "sensitivity_hard", "sensitivity_mutual_information"]
CAUSES = ("unreadable", "truncated", "near_tie", "position", "symbol", "position_or_symbol", "content")
FOLLOWING = ("position_following", "symbol_following", "position_or_symbol_following")
SLOW = {
    # made cells know no causes and no places; tests/test_taxonomy.py holds these to their slow reference
    **dict.fromkeys([*(f"flip_{cause}" for cause in CAUSES), *FOLLOWING], lambda t: None),
    # made cells know no choices and no confidence; test_detail_metrics.py holds these to their slow references
    **dict.fromkeys(DETAILED, lambda t: None),
    "accuracy_median": over_accuracies(lambda a: quantile(a, "1/2")),
    "accuracy_q05": over_accuracies(lambda a: quantile(a, "1/20")),
    "accuracy_q25": over_accuracies(lambda a: quantile(a, "1/4")),
    "accuracy_q75": over_accuracies(lambda a: quantile(a, "3/4")),
    "accuracy_q95": over_accuracies(lambda a: quantile(a, "19/20")),
    "accuracy_std": over_accuracies(sample_std),
    "accuracy_iqr": over_accuracies(lambda a: quantile(a, "3/4") - quantile(a, "1/4")),
    "mean_drop": over_accuracies(lambda a: a[0] - mean(a)),
    "pdr": over_accuracies(lambda a: 1 - mean(a[1:]) / a[0] if a[0] else None),
    "sat": over_accuracies(lambda a: 1 - max(a) + mean(a)),
    "cps": over_accuracies(lambda a: (1 - max(a) + mean(a)) * max(a)),
    "accuracy_item_worst": slow_item_worst,
    "pairwise_agreement": slow_agreement,
    "modal_consistency": slow_modal,
    "pss_normalised": slow_normalised,
    "pss_ceiling": slow_ceiling,
    "robust_and_responsive": slow_robust,
    "accuracy": lambda t: mean(y[0] for y in t.y),
    "accuracy_mean": over_accuracies(mean),
    "accuracy_worst": over_accuracies(min),
    "accuracy_best": over_accuracies(max),
    "spread": over_accuracies(lambda a: max(abs(x - y) for x in a for y in a)),
    "flip_rate": lambda t: mean(int(flip) for _, _, flip in t.pairs()),
    "flip_right_to_wrong": lambda t: mean(int(flip and a and not b) for a, b, flip in t.pairs()),
    "flip_wrong_to_right": lambda t: mean(int(flip and b and not a) for a, b, flip in t.pairs()),
    "flip_wrong_to_wrong": lambda t: mean(int(flip and not a and not b) for a, b, flip in t.pairs()),
    "any_flip_rate": slow_any_flip,
    "pss": slow_pss,
    "unreadable_rate": slow_unreadable,
    "contrast_consistency": slow_consistency,
    "contrast_accuracy": lambda t: mean(y[i] for y in t.y for i in t.flips if y[i] is not None),
}
