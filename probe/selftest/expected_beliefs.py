"""What the figures of known probabilities must be: entropies, distances, ranks and POSIX in plain loops, for the self-test.

An item has a mixture: the mean of the probabilities (or the votes) of its answers, the one as written among them.

Covered: Errica's sensitivity and consistency, soft and hard, the mutual information, confidence, its rank correlation with
PSS, POSIX. Not covered: which answers a family has (`probe.selftest.expected`).
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from itertools import combinations
from statistics import mean

from probe.selftest.answers import Answer, Family

Shares = Mapping[str | None, float]
"""By choice, adding up to one; None stands for an answer that is none of the choices."""
Mixed = Callable[[Sequence[Answer]], Shares]


def probabilities(one: Answer) -> Shares:
    """Return the probability of each choice from how much each is liked (nats)."""
    weights = {choice: math.exp(liked) for choice, liked in one.likes.items()}
    total = math.fsum(weights.values())
    return {choice: weight / total for choice, weight in weights.items()}


def mixture(row: Sequence[Answer]) -> Shares:
    """Return the mean probabilities of an item's answers."""
    each = [probabilities(one) for one in row]
    return {choice: mean(shares[choice] for shares in each) for choice in row[0].options}


def votes(row: Sequence[Answer]) -> Shares:
    """Return the shares of an item's answers."""
    counts = Counter(one.said if one.said in row[0].options else None for one in row)
    return {said: number / len(row) for said, number in counts.items()}


def sensitivity(mixed: Mixed) -> Callable[[Family], float | None]:
    """Make the mean entropy of the items' mixtures, as a share of that of equal shares."""
    return lambda f: _over_items(f, lambda row: _entropy(mixed(row)))


def mutual_information(f: Family) -> float | None:
    """Return the mean over items of the entropy of the mixture less the mean entropy of its parts."""
    return _over_items(f, lambda row: _entropy(mixture(row)) - mean(_entropy(probabilities(one)) for one in row))


def _over_items(f: Family, nats: Callable[[list[Answer]], float]) -> float | None:
    rows = [row for row in f.asked() if len(row[0].options) > 1]
    return mean(nats(row) / math.log(len(row[0].options)) for row in rows) if rows else None


def _entropy(shares: Shares) -> float:
    return -math.fsum(share * math.log(share) for share in shares.values() if share > 0)


def consistency(mixed: Mixed) -> Callable[[Family], float | None]:
    """Make the mean over classes of how alike the mixtures of two items of a class are."""

    def value(f: Family) -> float | None:
        rows = f.asked()
        if not rows or len({frozenset(row[0].options) for row in rows}) != 1 or not 0 < len(rows[0][0].options) <= 24:
            return None
        by_class: dict[str, list[Shares]] = {}
        for row in rows:
            by_class.setdefault(row[0].target, []).append(mixed(row))
        classes = [[1 - _distance(a, b) for a, b in combinations(group, 2)] for group in by_class.values()]
        alike = [mean(pairs) for pairs in classes if pairs]
        return mean(alike) if alike else None

    return value


def _distance(one: Shares, other: Shares) -> float:
    """Return the total variation distance: half of the sum of absolute differences."""
    return sum(abs(one.get(key, 0.0) - other.get(key, 0.0)) for key in {*one, *other}) / 2


def confidence(f: Family) -> float | None:
    """Return the mean over items of the mean probability of the answers given; those without tokens have none."""
    values = [sure for row in _all_rows(f) if (sure := _sureness(row)) is not None]
    return mean(values) if values else None


def _all_rows(f: Family) -> list[list[Answer]]:
    """Return every item's answers: as written, and under the family's variants, or under its edits where it has only those."""
    has_variants = any(f.rows)
    others = f.rows if has_variants else f.edits if f.is_contrast else [[] for _ in f.items]
    return [[item[0], *row] for item, row in zip(f.items, others, strict=True)]


def _sureness(row: Sequence[Answer]) -> float | None:
    known = [sure for one in row if (sure := _probability(one)) is not None]
    return mean(known) if known else None


def _probability(one: Answer) -> float | None:
    return one.sure if not one.likes else None if one.said is None else probabilities(one)[one.said]


def confidence_pss(f: Family) -> float | None:
    """Return Spearman's correlation over items of confidence and PSS, both read to five decimals."""
    pairs = [(sure, _disagreement(row)) for row in f.asked() if (sure := _sureness(row)) is not None]
    if len(pairs) < 2:
        return None
    first, second = (ranks([round(pair[side], 5) for pair in pairs]) for side in (0, 1))
    return pearson(first, second)


def _disagreement(row: Sequence[Answer]) -> float:
    return mean(float(a.is_right != b.is_right) for a, b in combinations(row, 2))


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
                said = says(home)
                total += abs(rates(here, said) - rates(home, said)) / max(1, len(said.split()))
    return total / (len(prompts) * (len(prompts) - 1))


def posix(f: Family) -> float | None:
    """Return the mean index of the items for which it was computed."""
    return mean(f.indices) if f.indices else None
