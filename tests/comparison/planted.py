"""Runs whose outcomes are planted, and what comparing them finds."""

import numpy as np

from probe.comparison.runs import compare, read_runs
from probe.metrics import ORIGINAL, Cells, Column


def table_of(right, predictions=None):
    right = np.asarray(right, dtype=float)
    half = (right.shape[1] - 1) // 2
    families = [ORIGINAL, *["format"] * half, *["typos"] * (right.shape[1] - 1 - half)]
    columns = tuple(Column(family, family, i, "label-preserving") for i, family in enumerate(families))
    codes = np.where(right == 1, 0, 1) if predictions is None else predictions
    return Cells(
        right, codes.astype(np.int64), np.zeros(right.shape, bool), columns, tuple(map(str, range(len(right))))
    )


def finished(label, cells):
    return label, {"toy": cells}


def compared(runs, **options):
    return compare(dict(runs), **options).to_json()


def cells_of(folders):
    return {label: run.cells() for label, run in read_runs(folders).items()}


def fragile(rng, num_items=60, num_variants=6, *, level=0.7):
    """A model whose items differ in how readily they move, drawn anew by `answers`."""
    ready = rng.beta(0.4, 1.2, (num_items, 1))
    right = rng.random((num_items, 1)) < level
    return ready, right


def answers(rng, ready, right, num_variants=6):
    moved = rng.random((len(ready), num_variants + 1)) < ready
    return table_of(right ^ moved)
