"""Significance tests of each family, adjusted over the families of a run.

    cochran_q           are the original and the family's variants right equally often?
    mcnemar             is the variant that differs most from the original right more or less often?
    flip_rate_vs_noise  do answers move more often than those to the same prompts asked again?

Cochran's Q and McNemar's test see right and wrong, so that a family that moves as many answers to right as to wrong passes them;
the third sees every answer that moves. Variants asked on fewer than half of the items take no part in the first two.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from statistics import NormalDist

import numpy as np

from probe.metrics.accuracy import compared
from probe.metrics.cells import NULL, Cells, Floats
from probe.metrics.flips import flipped
from probe.metrics.statistics.intervals import wilson
from probe.metrics.statistics.multiplicity import benjamini_hochberg
from probe.metrics.statistics.paired import cochran_q, exact_mcnemar, sign_flip_test
from probe.metrics.statistics.paired_power import cochran_detectable, mcnemar_detectable, within_items
from probe.metrics.statistics.power import minimum_detectable
from probe.seeds import rng_for

LEVEL = 0.05


@dataclass(frozen=True, slots=True)
class TestRow:
    """One test of one family of a suite."""

    __test__ = False

    suite: str
    family: str
    test: str
    statistic: float
    """Q; the smaller number of items on which only one is right; flip rate minus noise floor."""
    p_value: float
    num_items: int
    """That the test counts."""
    variant: str = ""
    """The variant that McNemar's test is of."""
    minimum_detectable: float | None = None
    """The least effect that a run of this size finds in four cases of five, at level 0.05 before adjustment over families: a
    net flip rate, the best accuracy minus the worst, the distance of that variant's accuracy from the original's."""
    reason: str = ""
    """Why there is none."""
    p_adjusted: float = 1.0
    """Benjamini-Hochberg over all families of the run that had this test."""
    significant: bool = False


def family_tests(tables: dict[str, Cells], *, seed: int) -> list[TestRow]:
    """Return the tests of each label-preserving family of each suite."""
    rows = [
        row
        for suite, cells in tables.items()
        for family in cells.families
        if family != NULL and len(cells.of(family).columns) > 1
        for row in _tests(suite, family, cells, seed)
    ]
    adjusted: dict[int, float] = {}
    for test in dict.fromkeys(row.test for row in rows):
        indices = [index for index, row in enumerate(rows) if row.test == test]
        adjusted |= zip(indices, benjamini_hochberg([rows[i].p_value for i in indices]), strict=True)
    return [replace(row, p_adjusted=adjusted[i], significant=adjusted[i] <= LEVEL) for i, row in enumerate(rows)]


def net_flips(cells: Cells, family: str) -> Floats:
    """Return (N,), what each item adds to the family's flip rate minus that of the null family; their mean is the net rate."""
    return _by_item(cells.of(family)) - _by_item(cells.of(NULL))


def _by_item(cells: Cells) -> Floats:
    asked = int(cells.comparable.sum())
    return np.asarray(flipped(cells).sum(axis=1, dtype=np.float64) * (len(cells.items) / max(1, asked)))


def _tests(suite: str, family: str, cells: Cells, seed: int) -> Iterator[TestRow]:
    enough = compared(cells.of(family))
    if len(enough.columns) > 1:
        tested = cochran_q(enough.correct)
        if tested.num_items:
            least, why = _range_detectable(enough.correct, tested.num_items)
            counts = (tested.statistic, tested.p_value, tested.num_items)
            yield TestRow(suite, family, "cochran_q", *counts, "", least, why)
        yield _most_different(suite, family, enough)
    if cells.of(NULL).comparable.any() and cells.of(family).comparable.any():
        differences = net_flips(cells, family)
        tested = sign_flip_test(differences, seed=rng_for(seed, "tests", suite, family).getrandbits(64))
        least = minimum_detectable(_standard_error(differences))
        yield TestRow(
            suite, family, "flip_rate_vs_noise", tested.statistic, tested.p_value, tested.num_items, "", least
        )


def _most_different(suite: str, family: str, cells: Cells) -> TestRow:
    """Test each variant against the original and return the one of least p, times the number of variants (Bonferroni)."""
    tests = [exact_mcnemar(cells.correct[:, 0], variant) for variant in cells.correct.T[1:]]
    place = int(np.argmin([test.p_value for test in tests]))
    column, best = cells.columns[1 + place], tests[place]
    p_value = min(1.0, best.p_value * len(tests))
    name = f"{column.perturbation} {column.sample}"
    share = best.num_discordant / max(1, best.num_items)
    least = mcnemar_detectable(best.num_items, share, alpha=LEVEL / len(tests))
    why = "" if least is not None else f"{best.num_items} items are too few for any difference"
    return TestRow(suite, family, "mcnemar", best.statistic, p_value, best.num_items, name, least, why)


def _range_detectable(correct: Floats, num_items: int) -> tuple[float | None, str]:
    within = within_items(correct)
    if within == 0:
        return None, "no item is right under one variant and wrong under another: how much they vary is not known"
    least = cochran_detectable(num_items, correct.shape[1], within)
    return least, "" if least is not None else f"{num_items} items are too few for any difference"


def _standard_error(differences: Sequence[float] | Floats) -> float:
    """Return that of a mean of items; where no item differs, what Wilson allows for items that were not seen to."""
    values = np.asarray(differences)
    if values.size < 2 or not values.any():
        return wilson(0.0, max(1, values.size))[1] / NormalDist().inv_cdf(1 - LEVEL / 2)
    return float(values.std(ddof=1) / values.size**0.5)
