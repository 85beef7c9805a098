"""What the figures of probabilities must be: entropies, distances, ranks and POSIX in plain loops.

An item has a mixture: the mean of the probabilities (or the votes) of its answers, the original one among them.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from itertools import combinations
from statistics import mean

from probe.selftest.reference.agreement import of_outcomes
from probe.selftest.reference.base import Answer, Family, mean_of, reference, references
from probe.selftest.reference.classes import has_classes

Shares = Mapping[str | None, float]
"""By choice, adding up to one; None stands for an answer that is none of the choices. Empty: not known."""


def mixture(row: Sequence[Answer]) -> Shares:
    """Return the mean probabilities of an item's answers, as far as they are known."""
    known = [one.probabilities for one in row if one.probabilities]
    return {choice: mean(shares[choice] for shares in known) for choice in row[0].options} if known else {}


def votes(row: Sequence[Answer]) -> Shares:
    """Return the shares of an item's answers, a tie being none of the choices; none where all are ties."""
    numbers = [one for one in row if one.is_number]
    if all(one.is_tie for one in numbers):
        return {}
    return {answer: number / len(numbers) for answer, number in Counter(one.option for one in numbers).items()}


@reference("sensitivity_soft")
def sensitivity_soft(family: Family) -> float | None:
    """Return the mean entropy of the items' mixtures, as a share of that of equal shares."""
    return family.over_items(lambda row: _normalised(_entropy(mixture(row)), row) if mixture(row) else None)


@reference("sensitivity_hard")
def sensitivity_hard(family: Family) -> float | None:
    """Return the mean entropy of the items' votes; any answer that is none of the choices makes one choice more."""
    whole = family.whole
    rows = [(item[0], *row) for item, row in zip(whole.items, whole.rows, strict=True)]
    extra = any(row[0].options and None in votes(row) for row in rows)
    return family.over_items(lambda row: _normalised(_entropy(votes(row)), row, extra=extra) if votes(row) else None)


@reference("sensitivity_mutual_information")
def mutual_information(family: Family) -> float | None:
    """Return the mean over items of the entropy of the mixture less the mean entropy of its parts."""

    def nats(row: list[Answer]) -> float | None:
        known = [one.probabilities for one in row if one.probabilities]
        if len(known) < 2:
            return None
        return _normalised(_entropy(mixture(row)) - mean(_entropy(shares) for shares in known), row)

    return family.over_items(nats)


def _normalised(nats: float, row: Sequence[Answer], *, extra: bool = False) -> float | None:
    size = len(row[0].options) + extra
    return nats / math.log(size) if row[0].options and size > 1 else None


def _entropy(shares: Mapping[str, float] | Shares) -> float:
    return -math.fsum(share * math.log(share) for share in shares.values() if share > 0)


def _consistency(mixed: Callable[[Sequence[Answer]], Shares]) -> Callable[[Family], float | None]:
    """Return the mean over classes of how alike the mixtures of two items of a class are; copies of an item are no pair."""

    def value(family: Family) -> float | None:
        by_class: dict[str, list[tuple[Answer, Shares]]] = {}
        for item, row in zip(family.items, family.rows, strict=True):
            if row and (shares := mixed([item[0], *row])):
                by_class.setdefault(item[0].target, []).append((item[0], shares))
        alike = [
            mean_of(1 - _distance(p, q) for (a, p), (b, q) in combinations(group, 2) if a is not b)
            for group in by_class.values()
        ]
        return mean_of(alike) if has_classes(family) else None

    return value


references.add("consistency_soft", _consistency(mixture))
references.add("consistency_hard", _consistency(votes))


def _distance(one: Shares, other: Shares) -> float:
    """Return the total variation distance: half of the sum of absolute differences."""
    return sum(abs(one.get(key, 0.0) - other.get(key, 0.0)) for key in {*one, *other}) / 2


@reference("confidence")
def confidence(family: Family) -> float | None:
    """Return the mean over items of the mean probability of the answers: to the original, and to the variants or edits.

    Of a family, of the items that were asked under it.
    """
    others = family.rows if any(family.whole.rows) else family.edits
    rows = zip(family.items, others, strict=True)
    return mean_of(_confidence([item[0], *row]) for item, row in rows if row or family.name == "original")


def _confidence(row: Sequence[Answer]) -> float | None:
    return mean_of(one.confidence for one in row)


@reference("confidence_pss_correlation")
def confidence_pss(family: Family) -> float | None:
    """Return Spearman's correlation over items of confidence and PSS, both read to five decimals."""
    rows = [[item[0], *row] for item, row in zip(family.items, family.rows, strict=True) if row]
    pairs = [(sure, of_outcomes(row)) for row in rows if (sure := _confidence(row)) is not None]
    if len(pairs) < 2:
        return None
    first, second = (ranks([round(pair[side], 5) for pair in pairs]) for side in (0, 1))
    return pearson(first, second)


def ranks(values: Sequence[float]) -> list[float]:
    """Return the place of each value among all, equal ones sharing the mean of their places."""
    ordered = sorted(values)
    places = {value: mean(i for i, one in enumerate(ordered, 1) if one == value) for value in set(values)}
    return [places[value] for value in values]


def pearson(one: Sequence[float], other: Sequence[float]) -> float | None:
    """Return the correlation of two lists; None where one is constant."""
    a, b = ([value - mean(values) for value in values] for values in (one, other))
    size = math.sqrt(math.fsum(x * x for x in a) * math.fsum(y * y for y in b))
    return math.fsum(x * y for x, y in zip(a, b, strict=True)) / size if size > 1e-9 else None


def posix_of(prompts: Sequence[str], says: Callable[[str], str], rates: Callable[[str, str], float]) -> float:
    """Return POSIX of one set of prompts: mean over ordered pairs of the change in log-probability, per word.

    Args:
        prompts: The set, two or more.
        says: Answer to a prompt.
        rates: Log-probability (nats) of an answer under a prompt.
    """
    total = 0.0
    for i, here in enumerate(prompts):
        for j, home in enumerate(prompts):
            if i != j:
                answer = says(home)
                total += abs(rates(here, answer) - rates(home, answer)) / max(1, len(answer.split()))
    return total / (len(prompts) * (len(prompts) - 1))


@reference("posix")
def posix(family: Family) -> float | None:
    """Return the mean index of the items for which it was computed."""
    return mean_of(family.indices)
