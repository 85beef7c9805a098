"""What the figures of agreement among the answers to an item must be: pairs counted one by one."""

from __future__ import annotations

from collections import Counter
from itertools import combinations
from statistics import mean

from probe.selftest.reference.base import Answer, Family, mean_of, reference


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
    """Return what was answered, two right answers being one, each tie being like nothing else."""
    return [object() if one.is_tie else True if one.is_right else one.text for one in row if one.is_number]


def _equal(row: list[Answer]) -> float | None:
    numbers = [one for one in row if one.is_number]
    pairs = combinations(zip(numbers, _texts(row), strict=True), 2)
    return mean_of(float(a == b) for (one, a), (other, b) in pairs if not (one.is_tie and other.is_tie))


def _most_frequent(row: list[Answer]) -> float | None:
    texts, num_ties = _texts(row), sum(one.is_tie for one in row)
    if len(texts) < 2 or num_ties == len(texts):
        return None
    return max(Counter(texts).values()) / len(texts)


@reference("pss")
def pss(family: Family) -> float | None:
    """Return the mean over items of the share of pairs that disagree on being right."""
    return family.over_items(of_outcomes)


@reference("pss_perturbed")
def pss_perturbed(family: Family) -> float | None:
    """Return the same without the answer to the original."""
    return family.over_items(lambda row: of_outcomes(row[1:]) if len(row) > 2 else None)


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
    return family.over_items(_equal)


@reference("modal_consistency")
def modal_consistency(family: Family) -> float | None:
    """Return the mean over items of the share of the most frequent answer."""
    return family.over_items(_most_frequent)
