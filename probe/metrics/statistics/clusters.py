"""Which items of pooled suites are independent: copies of an item are one, and suites are what a figure is about, or a sample.

    suite      item text            cluster    stratum
    reviews    "The soup was ..."   0          reviews + copies      six copies of a suite are as many items as one of them
    copies     "The soup was ..."   0          reviews + copies
    facts      "Madrid is ..."      1          facts

Two questions have two answers. Of these suites, with other items: contributions are taken from the mean of each suite, since
none of it varies between suites that are given (Cochran 1977, Sampling Techniques, section 5.3). Of other suites: a suite is
the unit, and there are few (Student's t with suites - 1 degrees of freedom). The first is the interval of a row, the second
stands beside it.

Covered: clusters and strata of rows. Not covered: items that are nearly alike.
"""

from __future__ import annotations

import numpy as np

from probe.metrics.cells import Bools, Cells, Floats, Ints


def clusters_of(cells: Cells, counted: Bools) -> tuple[Ints, Ints]:
    """Return the cluster (N,) of each row, -1 where it is not counted, and the stratum (C,) of each cluster."""
    rows = np.flatnonzero(counted)
    cluster = np.full(len(cells.items), -1, np.int64)
    if cells.pool is None:
        cluster[rows] = np.arange(len(rows))
        return cluster, np.zeros(len(rows), np.int64)
    names, cluster[rows] = np.unique(cells.pool.cluster[rows], return_inverse=True)
    holds = np.zeros((len(names), int(cells.pool.suite.max()) + 1), np.bool_)
    holds[cluster[rows], cells.pool.suite[rows]] = True
    return cluster, np.unique(holds, axis=0, return_inverse=True)[1].reshape(-1)


def within_strata(pulls: Floats, strata: Ints) -> tuple[Floats, int]:
    """Return contributions (C,) from the mean of their stratum, and how many strata those are; a stratum of one keeps its own."""
    sizes = np.bincount(strata)
    means = np.bincount(strata, pulls) / np.maximum(sizes, 1)
    is_alone = sizes == 1
    means[is_alone] = 0
    return pulls - means[strata], max(1, int((sizes > 1).sum()))


def by_suite(cells: Cells, cluster: Ints, groups: Ints, pulls: Floats) -> Floats | None:
    """Return (S,), the contributions of whole suites from those (G,) of clusters; None where groups of clusters were left out.

    Suites of which most items are the same are one; a cluster belongs to the first that holds it.
    """
    assert cells.pool is not None
    if groups is not cluster:
        return None
    rows = cluster >= 0
    holds = np.zeros((len(pulls), int(cells.pool.suite.max()) + 1), np.bool_)
    holds[cluster[rows], cells.pool.suite[rows]] = True
    together = holds.T.astype(np.int64) @ holds
    sizes = np.diag(together)
    same = 2 * together > np.minimum.outer(sizes, sizes)
    first = np.arange(len(sizes))
    for _ in sizes:  # a chain of copies is at most as long as there are suites
        first = np.array([first[row].min(initial=own) for row, own in zip(same, first, strict=True)])
    suite = np.unique(first[holds.argmax(axis=1)], return_inverse=True)[1].reshape(-1)
    return np.bincount(suite, pulls).astype(np.float64) * ((int(suite.max(initial=0)) + 1) / len(pulls))
