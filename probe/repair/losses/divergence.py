"""Divergences of distributions given as log-probabilities, in nats: the functions under the consistency terms.

Covered: Kullback-Leibler, row by row and of all pairs. Not covered: which rows are compared (`probe.repair.losses.groups`).
"""

from __future__ import annotations

from torch import Tensor

from probe.repair.losses.base import floored


def kl(log_p: Tensor, log_q: Tensor) -> Tensor:
    """Return KL(p || q) = sum_c p_c (log p_c - log q_c), (..., C) and (..., C) to (...)."""
    p, q = floored(log_p), floored(log_q)
    return (p.exp() * (p - q)).sum(dim=-1)


def kl_of_pairs(logprobs: Tensor) -> Tensor:
    """Return KL(p_i || p_j) for all pairs of R distributions, (R, C) to (R, R)."""
    log_p = floored(logprobs)
    p = log_p.exp()
    return (p * log_p).sum(dim=1)[:, None] - p @ log_p.T
