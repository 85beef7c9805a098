"""What is computed a second time, by itself: sequences whose scores are NaN among others of their row or batch.

A NaN spreads through a row (`probe.models.packing`), so most of these are fine by themselves. What is not stays NaN. Where those
are `TOO_MANY`, it is the model, and the rest is not tried.

Covered: scores and written answers. Not covered: how one is computed, which the engine does.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Sequence
from typing import Any

import numpy as np

from probe.models.base import TOO_MANY
from probe.models.generation import Prepared
from probe.models.packing import Scored
from probe.models.trie import Row, Span, plan
from probe.types import Completion


def score_again(
    spans: Sequence[Span],
    shared: Collection[int],
    sums: Any,
    greedy: Any,
    *,
    score: Callable[[Row], Scored],
    longest: int,
) -> tuple[int, int]:
    """Score those spans by themselves whose sum is NaN and that shared a pass; return how many, and the tokens read.

    Their results are filled in. What is no number is not the likeliest token either.
    """
    bad = [int(index) for index in np.flatnonzero(np.isnan(sums))]
    left, read, again = sum(index not in shared for index in bad), 0, 0
    for index in bad:
        if index in shared and left < TOO_MANY:
            [row] = plan([spans[index]], max_row=longest)
            result = score(row)
            sums[index], greedy[index] = result.values.sum(), result.is_greedy.all()
            read, again, left = read + len(row), again + 1, left + int(np.isnan(sums[index]))
    greedy[np.isnan(sums)] = False
    return again, read


def write_again(
    prepared: Sequence[Prepared],
    shared: Collection[int],
    answers: dict[int, Completion],
    *,
    write: Callable[[Prepared], Completion],
) -> tuple[int, int]:
    """Write those answers by themselves whose scores are NaN and that shared a batch; return how many, and how many stay NaN.

    They are replaced in `answers`.
    """
    left = again = 0
    for item in prepared:
        if not math.isnan(answers[item.index].mean_logprob):
            continue
        if item.index in shared and left < TOO_MANY:
            answers[item.index] = write(item)
            again += 1
        left += math.isnan(answers[item.index].mean_logprob)
    return again, left
