"""The weight of a term over the steps of training."""

from __future__ import annotations


def ramped(weight: float, step: int, num_steps: int, *, share: float = 0.1) -> float:
    """Return the weight of a term at a step from 0, risen linearly from 0 to `weight` over the first `share` of the steps.

    Consistency with a teacher that knows nothing yet does harm. The first step has weight 0, unless nothing is
    ramped; the last has the whole weight.
    """
    num_ramped = share * num_steps
    return weight if num_ramped <= 0 else weight * min(1.0, step / num_ramped)
