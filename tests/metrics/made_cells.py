"""Tables of outcomes for tests: from nested lists, and at random."""

import numpy as np
from hypothesis import strategies as st

from probe.metrics import ORIGINAL, Cells, Column


def cells_of(correct, prediction=None, *, families=None, effects=None, unreadable=None):
    """Make cells from nested lists; by default prediction 0 is right and 1 is wrong, and all variants are formats."""
    correct = np.array(correct, dtype=float)
    num_items, num_columns = correct.shape
    if prediction is None:
        prediction = np.where(np.isnan(correct), -1, 1 - np.nan_to_num(correct))
    families = families or [ORIGINAL] + ["format"] * (num_columns - 1)
    effects = effects or ["label-preserving"] * num_columns
    columns = tuple(Column(f, f, i, e) for i, (f, e) in enumerate(zip(families, effects, strict=True)))
    unreadable = np.zeros(correct.shape, bool) if unreadable is None else np.array(unreadable, bool)
    items = tuple(f"item-{n}" for n in range(num_items))
    return Cells(correct, np.array(prediction, dtype=np.int64), unreadable, columns, items)


@st.composite
def random_cells(draw, *, min_items=1, max_columns=6, missing=True, flips=False):
    """Any cells that are consistent: codes 0 and 1 are right, 2 and 3 wrong, 4 unreadable, -1 not asked."""
    num_items = draw(st.integers(min_items, 7))
    num_columns = draw(st.integers(1, max_columns))
    lowest = -1 if missing else 0
    row = st.tuples(st.integers(0, 4), *[st.integers(lowest, 4)] * (num_columns - 1))
    codes = np.array(draw(st.lists(row, min_size=num_items, max_size=num_items))).reshape(num_items, num_columns)
    correct = np.where(codes < 0, np.nan, (codes < 2).astype(float))
    effects = (
        [
            "label-preserving",
            *draw(st.tuples(*[st.sampled_from(["label-preserving", "label-altering"])] * (num_columns - 1))),
        ]
        if flips
        else None
    )
    return cells_of(correct, codes, effects=effects, unreadable=codes == 4)
