"""What the figures of accuracies must be: of originals, over the variants, of items, of contrast sets."""

from __future__ import annotations

import math
from collections.abc import Callable
from statistics import mean, median

from probe.selftest.reference.base import Answer, Column, Family, mean_of, reference, references


def wilson(share: float, num: int) -> tuple[float, float]:
    """Return the interval of shares p with (share - p)^2 <= z^2 p (1 - p) / num, from the roots of that quadratic."""
    z = 1.959963984540054
    a, b, c = 1 + z * z / num, -(2 * share + z * z / num), share * share
    root = math.sqrt(max(0.0, b * b - 4 * a * c))
    return max(0.0, (-b - root) / (2 * a)), min(1.0, (-b + root) / (2 * a))


@reference("accuracy")
def accuracy(family: Family) -> float | None:
    """Return the share of original prompts that are right."""
    return mean_of(float(item[0].is_right) for item in family.items)


def accuracies(family: Family) -> list[float]:
    """Return the accuracy of the originals and of each variant asked of enough items; none where there is no such variant."""
    original = accuracy(family)
    if original is None or not family.columns:
        return []
    return [original, *(_accuracy(family, column) for column in family.columns)]


def _accuracy(family: Family, column: Column) -> float:
    """Return a variant's accuracy on all items, those not asked standing in as others with their original outcome did."""
    outcome = [next((float(one.is_right) for one in row if one.column == column), None) for row in family.rows]
    total = 0.0
    for original in (False, True):
        stratum = [o for item, o in zip(family.items, outcome, strict=True) if item[0].is_right == original]
        known = mean_of(stratum)
        total += len(stratum) * (float(original) if known is None else known)
    return total / len(family.items)


def _over_accuracies(over: Callable[[list[float]], float]) -> Callable[[Family], float | None]:
    return lambda family: over(found) if (found := accuracies(family)) else None


def _quantile(share: float) -> Callable[[list[float]], float]:
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


def _saturation(values: list[float]) -> float:
    return 1 - (max(values) - mean(values))


OVER_ACCURACIES: dict[str, Callable[[list[float]], float]] = {
    "accuracy_mean": mean,
    "accuracy_worst": min,
    "accuracy_best": max,
    "accuracy_median": median,
    **{f"accuracy_q{n:02}": _quantile(n / 100) for n in (5, 25, 75, 95)},
    "accuracy_std": _deviation,
    "accuracy_iqr": lambda a: _quantile(0.75)(a) - _quantile(0.25)(a),
    "spread": lambda a: max(a) - min(a),
    "mean_drop": lambda a: a[0] - mean(a),
    "accuracy_mean_perturbed": lambda a: mean(a[1:]),
    "spread_perturbed": lambda a: max(a[1:]) - min(a[1:]) if len(a) > 2 else math.nan,
    "mean_drop_perturbed": lambda a: a[0] - mean(a[1:]),
    "pdr": lambda a: 1 - mean(a[1:]) / a[0] if a[0] else math.nan,
    "sat": _saturation,
    "cps": lambda a: _saturation(a) * max(a),
}
for _name, _over in OVER_ACCURACIES.items():
    references.add(_name, _over_accuracies(_over))


@reference("accuracy_item_worst")
def item_worst(family: Family) -> float | None:
    """Return the share of items right under every variant."""
    return family.over_items(lambda row: float(all(one.is_right for one in row)))


@reference("contrast_consistency")
def contrast_consistency(family: Family) -> float | None:
    """Return the share of contrast sets right in the original and under every edit."""
    sets = [[item[0], *edits] for item, edits in zip(family.items, family.edits, strict=True) if edits]
    return mean_of(float(all(one.is_right for one in members)) for members in sets)


@reference("contrast_accuracy")
def contrast_accuracy(family: Family) -> float | None:
    """Return the share of edits that are right."""
    return mean_of(float(edit.is_right) for edits in family.edits for edit in edits)


@reference("contrast_consistency_gardner")
def contrast_consistency_gardner(family: Family) -> float | None:
    """Return the share of whole contrast sets right: original, edits as published, and members called ORIGINAL+MEMBER."""
    members: dict[str, list[list[Answer]]] = {}
    for item, edits in zip(family.whole.items, family.whole.edits, strict=True):
        published = [one for one in edits if one.column[1] == "contrast-set"]
        members.setdefault(item[0].item, []).insert(0, [item[0], *published])
    for name in [name for name in members if "+" in name and name.rpartition("+")[0] in members]:
        members[name.rpartition("+")[0]] += members.pop(name)
    sets = [[one for part in members.get(item[0].item, []) for one in part] for item in family.items]
    return mean_of(float(all(one.is_right for one in whole)) for whole in sets if len(whole) > 1)
