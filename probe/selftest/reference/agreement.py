"""What the figures of agreement among the answers to an item must be: pairs counted one by one."""

from __future__ import annotations

from collections import Counter
from itertools import combinations
from statistics import mean

from probe.selftest.reference.base import Answer, Family, reference


def disagreement(outcomes: list[bool]) -> float:
    """Return the share of pairs of outcomes that differ."""
    return mean(float(a != b) for a, b in combinations(outcomes, 2))


def _most(row: list[Answer]) -> float:
    half = len(row) // 2
    return disagreement([True] * half + [False] * (len(row) - half))


def of_outcomes(row: list[Answer]) -> float:
    """Return the share of pairs of answers of which one alone is right."""
    return disagreement([one.is_right for one in row])


def _texts(row: list[Answer]) -> list[object]:
    return [True if one.is_right else one.text for one in row]


@reference("pss")
def pss(family: Family) -> float | None:
    """Return the mean over items of the share of pairs that disagree on being right."""
    return family.over_items(of_outcomes)


@reference("pss_ceiling")
def pss_ceiling(family: Family) -> float | None:
    """Return the same where half of the answers are right."""
    return family.over_items(_most)


@reference("pss_normalised")
def pss_normalised(family: Family) -> float | None:
    """Return the mean over items of the one as a share of the other."""
    return family.over_items(lambda row: of_outcomes(row) / _most(row))


@reference("pairwise_agreement")
def pairwise_agreement(family: Family) -> float | None:
    """Return the mean over items of the share of pairs of answers that are equal, two right ones being one."""
    return family.over_items(lambda row: mean(float(a == b) for a, b in combinations(_texts(row), 2)))


@reference("modal_consistency")
def modal_consistency(family: Family) -> float | None:
    """Return the mean over items of the share of the most frequent answer."""
    return family.over_items(lambda row: max(Counter(_texts(row)).values()) / len(row))
