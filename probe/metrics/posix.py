"""POSIX: change in the log-probability of a model's own answers under other wordings of a prompt.

    rated under   answer to x1  answer to x2  answer to x3
    x1            -2            -6            -5                each column against its own diagonal entry,
    x2            -3            -4            -5.5              by the answer's number of tokens
    x3            -2.5          -7            -3

Chatterjee et al. 2024, "POSIX: A Prompt Sensitivity Index For Large Language Models", arXiv 2410.02185, section 3, from the
formula. (Code that compares a row with its diagonal, or divides by the most tokens allowed, measures something else.)

Covered: the index of one item, its mean over items. Not covered: asking the model (`probe.evaluation.posix`).
"""

from __future__ import annotations

import numpy as np

from probe.metrics.base import item_metric, unknown
from probe.metrics.cells import Cells, Floats


def posix(logprobs: Floats, lengths: Floats) -> float:
    """Return the index of one set of prompts; NaN of a single prompt, and where a log-probability is not finite.

    Args:
        logprobs: (n, n), entry (i, j) is log P(answer to prompt j | prompt i), in nats.
        lengths: (n,), tokens of each answer; 0 counts as 1.
    """
    num = len(logprobs)
    if logprobs.shape != (num, num) or lengths.shape != (num,):
        raise ValueError(f"logprobs {logprobs.shape} and lengths {lengths.shape} are not (n, n) and (n,)")
    if num < 2 or not np.isfinite(logprobs).all():
        return float("nan")
    away = np.abs(logprobs - np.diag(logprobs)) / np.maximum(lengths, 1)
    return float(away.sum() / (num * (num - 1)))


@item_metric(
    name="posix",
    title="POSIX",
    direction="lower",
    range=(0.0, float("inf")),
    formula="(1/N) sum_n 1/(m(m-1)) sum_i sum_j (1/L_j) |log P(y_j | x_i) - log P(y_j | x_j)|",
    source="Chatterjee et al. 2024, POSIX: A Prompt Sensitivity Index For LLMs, arXiv 2410.02185",
    needs="responses",
    measures="relation",
    undefined="no item has two variants",
    is_share=False,
)
def posix_of(cells: Cells) -> Floats:
    """Mean change per token of the log-probability of an answer under another variant (with --posix; nats)."""
    if cells.detail is None or cells.detail.posix is None:
        return unknown(cells)
    return cells.detail.posix
