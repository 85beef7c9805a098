"""What the figures of known answers must be: every formula once more, in loops over plain lists, for the self-test.

It shares no code with `probe.metrics`, `probe.metrics.taxonomy` or `probe.evaluation.scoring`, and is slow. An item is a
list of answers, the one to the prompt as written first; a figure is asked of a family, or of "all" families whose
answers must stay.

Covered: the figures in `FIGURES`, which are all that `probe run` gives. Not covered: intervals other than Wilson's.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from itertools import combinations
from statistics import mean, median

from probe.selftest.answers import Answer, Family
from probe.selftest.expected_beliefs import (
    confidence,
    confidence_pss,
    consistency,
    mixture,
    mutual_information,
    posix,
    sensitivity,
    votes,
)
from probe.selftest.expected_causes import NOWHERE, by_cause, flips, following
from probe.selftest.expected_classes import Confusion, confusions, f1, mcc, recall


def figure(name: str, family: Family) -> float | None:
    """Return the figure that a family's answers must give; None where it is not defined."""
    value = FIGURES[name](family)
    return None if value is None or math.isnan(value) else value


def wilson(share: float, num: int) -> tuple[float, float]:
    """Return the interval of shares p with (share - p)^2 <= z^2 p (1 - p) / num, from the roots of that quadratic."""
    z = 1.959963984540054
    a, b, c = 1 + z * z / num, -(2 * share + z * z / num), share * share
    root = math.sqrt(max(0.0, b * b - 4 * a * c))
    return max(0.0, (-b - root) / (2 * a)), min(1.0, (-b + root) / (2 * a))


Formula = Callable[[Family], float | None]


def _answers(row: Sequence[Answer]) -> list[object]:
    return [True if one.is_right else one.said for one in row]


def _over_items(score: Callable[[list[Answer]], float]) -> Callable[[Family], float | None]:
    return lambda f: mean(score(row) for row in f.asked()) if f.asked() else None


def _over_pairs(row: list[Answer], equal: Callable[[Answer, Answer], bool]) -> float:
    return mean(float(equal(a, b)) for a, b in combinations(row, 2))


def _disagreements(row: list[Answer]) -> float:
    return _over_pairs(row, lambda a, b: a.is_right != b.is_right)


def _most_disagreements(row: list[Answer]) -> float:
    half = len(row) // 2
    return _over_pairs_of([True] * half + [False] * (len(row) - half))


def _over_pairs_of(outcomes: list[bool]) -> float:
    return mean(float(a != b) for a, b in combinations(outcomes, 2))


def _accuracies(over: Callable[[list[float]], float]) -> Callable[[Family], float | None]:
    return lambda f: over(f.accuracies) if f.accuracies else None


def _quantile_at(share: float) -> Callable[[list[float]], float]:
    def quantile(values: list[float]) -> float:
        ordered = sorted(values)
        at = share * (len(ordered) - 1)
        low = math.floor(at)
        high = min(low + 1, len(ordered) - 1)
        return ordered[low] + (at - low) * (ordered[high] - ordered[low])

    return quantile


def _deviation(values: list[float]) -> float:
    centre = mean(values)
    return math.sqrt(sum((value - centre) ** 2 for value in values) / (len(values) - 1))


def _classes(score: Callable[[Confusion], float], over: Callable[[list[float]], float]) -> Formula:
    def value(f: Family) -> float | None:
        tables = confusions(f)
        return over([score(table) for table in tables]) if tables else None

    return value


def _class_figures() -> Iterator[tuple[str, Formula]]:
    for name, score in (("balanced_accuracy", recall), ("macro_f1", f1), ("mcc", mcc)):
        yield name, _classes(score, lambda values: values[0])
        yield f"{name}_mean", _classes(score, mean)
        yield f"{name}_worst", _classes(score, min)
        yield f"{name}_spread", _classes(score, lambda values: max(values) - min(values))


def _robust(f: Family) -> float | None:
    """Return the share of items that stay under every variant and are right on their whole contrast set."""
    both = [(item[0], row, e) for item, row, e in zip(f.items, f.rows, f.edits, strict=True) if row and e]
    if not both:
        return None
    return mean(
        float(not any(flips(first, one) for one in row) and first.is_right and all(e.is_right for e in edits))
        for first, row, edits in both
    )


def _unreadable(f: Family) -> float | None:
    answers = [item[0] for item in f.items] if f.is_clean else [after for _, after in f.pairs]
    answers = answers or [edit for edits in f.edits for edit in edits]
    return mean(float(one.said is None) for one in answers) if answers else None


def _sets(f: Family) -> list[tuple[Answer, list[Answer]]]:
    return [(item[0], edits) for item, edits in zip(f.items, f.edits, strict=True) if edits]


def _consistency(f: Family) -> float | None:
    found = _sets(f)
    return mean(float(first.is_right and all(e.is_right for e in edits)) for first, edits in found) if found else None


def _edits_right(f: Family) -> float | None:
    edits = [edit for _, edits in _sets(f) for edit in edits]
    return mean(float(edit.is_right) for edit in edits) if edits else None


FIGURES: dict[str, Formula] = {
    "accuracy": lambda f: mean(float(item[0].is_right) for item in f.items),
    "accuracy_mean": _accuracies(mean),
    "accuracy_worst": _accuracies(min),
    "accuracy_best": _accuracies(max),
    "accuracy_median": _accuracies(median),
    **{f"accuracy_q{n:02}": _accuracies(_quantile_at(n / 100)) for n in (5, 25, 75, 95)},
    "accuracy_std": _accuracies(_deviation),
    "accuracy_iqr": _accuracies(lambda a: _quantile_at(0.75)(a) - _quantile_at(0.25)(a)),
    "spread": _accuracies(lambda a: max(a) - min(a)),
    "mean_drop": _accuracies(lambda a: a[0] - mean(a)),
    "pdr": _accuracies(lambda a: 1 - mean(a[1:]) / a[0] if a[0] else math.nan),
    "sat": _accuracies(lambda a: 1 - (max(a) - mean(a))),
    "cps": _accuracies(lambda a: (1 - (max(a) - mean(a))) * max(a)),
    "accuracy_item_worst": _over_items(lambda row: float(all(one.is_right for one in row))),
    "flip_rate": lambda f: f.share(flips),
    "flip_right_to_wrong": lambda f: f.share(lambda b, a: flips(b, a) and b.is_right),
    "flip_wrong_to_right": lambda f: f.share(lambda b, a: flips(b, a) and a.is_right),
    "flip_wrong_to_wrong": lambda f: f.share(lambda b, a: flips(b, a) and not (a.is_right or b.is_right)),
    "flip_unreadable": by_cause("unreadable"),
    "flip_truncated": by_cause("truncated"),
    "flip_near_tie": by_cause("near_tie"),
    "flip_position": by_cause("position"),
    "flip_symbol": by_cause("symbol"),
    "flip_content": by_cause("content"),
    "flip_position_or_symbol": by_cause("position_or_symbol"),
    "position_following": following(lambda place, sign, text: place not in (sign, text), 1),
    "symbol_following": following(lambda place, sign, text: sign not in (place, text, NOWHERE), 2),
    "position_or_symbol_following": following(lambda place, sign, text: place == sign != text, 1),
    "any_flip_rate": _over_items(lambda row: float(any(flips(row[0], one) for one in row[1:]))),
    "pairwise_agreement": _over_items(
        lambda row: mean(float(a == b) for a, b in combinations(_answers(row), 2)),
    ),
    "modal_consistency": _over_items(lambda row: max(Counter(_answers(row)).values()) / len(row)),
    "pss": _over_items(_disagreements),
    "pss_ceiling": _over_items(_most_disagreements),
    "pss_normalised": _over_items(lambda row: _disagreements(row) / _most_disagreements(row)),
    **dict(_class_figures()),
    "sensitivity_soft": sensitivity(mixture),
    "sensitivity_hard": sensitivity(votes),
    "sensitivity_mutual_information": mutual_information,
    "consistency_soft": consistency(mixture),
    "consistency_hard": consistency(votes),
    "confidence": confidence,
    "confidence_pss_correlation": confidence_pss,
    "posix": posix,
    "robust_and_responsive": _robust,
    "unreadable_rate": _unreadable,
    "contrast_consistency": _consistency,
    "contrast_accuracy": _edits_right,
}
"""Each figure's formula."""
