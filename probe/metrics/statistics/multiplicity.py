"""Adjustment of p-values for many tests.

Covered: the false discovery rate, for independent or positively dependent tests. Not covered: any dependence.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


def benjamini_hochberg(p_values: Sequence[float]) -> list[float]:
    """Return each p-value adjusted, in the order given: significant at level a if the adjusted one is at most a.

    Benjamini and Hochberg 1995, JRSS B 57: adjusted p of rank r of m is the least of p_s m / s over the ranks s >= r.
    """
    p = np.asarray(p_values, dtype=np.float64)
    order = np.argsort(p, kind="stable")[::-1]
    scaled = p[order] * len(p) / np.arange(len(p), 0, -1)
    adjusted = np.empty_like(p)
    adjusted[order] = np.minimum.accumulate(np.minimum(scaled, 1.0))
    # p m / m need not be p in floating point, and an adjusted p is never less than p.
    return [float(value) for value in np.maximum(adjusted, p)]
