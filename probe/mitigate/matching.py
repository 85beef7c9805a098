"""Offsets under which the mean answer over a pool has given shares of the classes.

    find a with   mean over i of softmax(log p_i + a) = shares

The objective f(a) = sum_c shares_c a_c - mean_i log sum_c p_ic exp(a_c) is concave, and its gradient is shares - mean_i softmax:
where f is largest, the shares are met. A Sinkhorn step a + log(shares / m), with m the mean of the softmax now, raises f by at
least KL(shares || m): with q_i the softmax,

    f(a') - f(a) = sum_c shares_c log(shares_c / m_c) - mean_i log sum_c q_ic shares_c / m_c
                >= KL(shares || m) - log sum_c m_c shares_c / m_c  =  KL(shares || m)                 (Jensen)

Every step here raises f by at least as much as a Sinkhorn step, up to rounding. So where f is bounded, which it is where the
shares can be met, the sum of KL(shares || m) over the steps is finite and m comes to the shares. Longer and shorter steps, the
Newton direction and single classes are tried as well: Sinkhorn alone is linear, and hardly moves where the model is sure.

Sinkhorn and Knopp 1967, "Concerning nonnegative matrices and doubly stochastic matrices". (The code of Liusie et al. 2023 looks
on a grid instead, in steps of .1 or .5.)
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from probe.metrics.cells import Floats

EXACT = 1e-10
"""Largest distance of a share from the wanted one."""

MAX_STEPS = 300

LENGTHS = 2.0 ** np.array([0, 1, 2, 3, 4, 5, 6, 7, -1, -2, -3, -5, -7, -10])
"""By which a step is stretched or shortened."""

LONGEST = 100.0
"""Nats that a class moves at once at most, in the Newton direction: on a plateau that points nowhere."""

TINY = float(np.finfo(float).tiny)


@dataclass(frozen=True, slots=True, eq=False)
class Matched:
    """The offsets, and how far from the wanted shares they leave the pool."""

    offsets: Floats
    """(C,) nats, with mean 0 over the classes that occur."""
    residual: float
    steps: int

    @property
    def is_exact(self) -> bool:
        """Return whether the shares are met."""
        return self.residual <= EXACT


def matched(probabilities: Floats, shares: Floats) -> Matched:
    """Return the offsets (C,) for probabilities (M, C) and positive shares (C,) that sum to 1.

    Where the shares cannot be met, as where an answer's class has the probability 0 everywhere, what is nearest after
    `MAX_STEPS`; the residual tells.
    """
    with np.errstate(divide="ignore"):
        logs = np.log(probabilities)
    occurs = probabilities.sum(axis=0) > 0
    wanted = np.where(occurs, shares, 0.0)
    wanted = wanted / wanted.sum()
    offsets = np.zeros(len(shares))
    steps = 0
    while True:
        answers = _softmax(logs + offsets)
        residual = float(np.abs(answers.mean(axis=0) - wanted).max())
        if residual <= EXACT / 10 or steps == MAX_STEPS:
            break
        offsets = _step(logs, wanted, offsets, answers)
        steps += 1
    centred = np.where(occurs, offsets - offsets[occurs].mean(), 0.0)
    missed = float(np.abs(wanted - shares).max())
    return Matched(centred, max(residual, missed), steps)


def _step(logs: Floats, wanted: Floats, offsets: Floats, answers: Floats) -> Floats:
    """Return the best of several steps, a Sinkhorn step among them."""
    mean = answers.mean(axis=0)
    occurs = wanted > 0
    toward = np.where(occurs, np.log(np.where(occurs, wanted, 1.0)) - np.log(np.maximum(mean, TINY)), 0.0)
    furthest = int(np.abs(wanted - mean).argmax())
    alone = np.where(np.arange(len(wanted)) == furthest, np.sign(wanted - mean), 0.0)
    curvature = np.diag(mean) - answers.T @ answers / len(answers)
    newton = np.linalg.pinv(curvature, hermitian=True) @ (wanted - mean)
    directions = [toward, alone, newton / max(1.0, float(np.abs(newton).max()) / LONGEST)]
    # T = steps tried; the first of all is Sinkhorn's own
    tried_TC = np.concatenate([offsets + LENGTHS[:, None] * one for one in directions])
    worth_T, residual_T = _judged(logs, wanted, tried_TC)
    # Near the top differences of the objective are rounding, and the residual tells more.
    is_best = worth_T >= worth_T.max() - 1e-14 * (1 + abs(worth_T.max()))
    found: Floats = tried_TC[int(np.where(is_best, residual_T, np.inf).argmin())]
    return found


def _judged(logs: Floats, wanted: Floats, tried_TC: Floats) -> tuple[Floats, Floats]:
    """Return the objective (T,) and the distance from the wanted shares (T,) of each of several offsets."""
    moved_TMC = logs[None] + tried_TC[:, None]
    top_TM1 = moved_TMC.max(axis=2, keepdims=True)
    weights_TMC = np.exp(moved_TMC - top_TM1)
    sums_TM1 = weights_TMC.sum(axis=2, keepdims=True)
    worth = tried_TC @ wanted - (top_TM1 + np.log(sums_TM1)).mean(axis=(1, 2))
    return worth, np.abs((weights_TMC / sums_TM1).mean(axis=1) - wanted).max(axis=1)


def _softmax(values: Floats) -> Floats:
    weights = np.exp(values - values.max(axis=1, keepdims=True))
    found: Floats = weights / weights.sum(axis=1, keepdims=True)
    return found
