"""The loss of a step: the weighted sum of its terms, each named and checked.

Covered: choosing terms by name, options, ramped weights, a term that is not a number. Not covered: the loop
(`probe.repair.train`).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, get_args, get_origin, get_type_hints

from torch import Tensor

from probe.errors import ModelError, UsageError
from probe.registry import few, unknown_name
from probe.repair.base import LossTerm, Seen
from probe.repair.losses import loss_terms
from probe.repair.losses.base import nothing, raised
from probe.repair.losses.ramp import ramped


class NonFiniteLoss(ModelError):
    """A term of the loss is NaN or infinite."""

    def __init__(self, term: str, value: float, step: int) -> None:
        hint = "try a smaller --learning-rate or weight, or --dtype float32"
        super().__init__(
            f"step {step}: the loss term {term!r} is {value}; nothing was learned from this step", hint=hint
        )
        self.term = term
        self.value = value


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A term with its weight and options."""

    term: LossTerm
    weight: float
    is_ramped: bool
    """Whether the weight rises over the first tenth of the steps."""
    options: Mapping[str, Any] = field(default_factory=dict)


def part(name: str, weight: float = 1.0, *, is_ramped: bool | None = None, **options: Any) -> Part:
    """Return a term by its name, with its weight and options; consistency is ramped unless told otherwise.

    Raises:
        UsageError: there is no such term, it has no such option, or the weight is negative or not a number.
    """
    term = loss_terms.get(name)
    known = list(term.options)
    for option in options:
        if option not in known:
            if not known:
                raise UsageError(f"the loss term {term.name!r} has no options, got {option!r}")
            raise unknown_name(f"option of the loss term {term.name!r}:", option, known)
    _check_choices(term, options)
    if not (math.isfinite(weight) and weight >= 0):
        raise UsageError(f"the weight of the loss term {term.name!r} is {weight}; it is a number from 0 upwards")
    ramp = term.group == "consistency" if is_ramped is None else is_ramped
    return Part(term=term, weight=weight, is_ramped=ramp, options=options)


def _check_choices(term: LossTerm, options: Mapping[str, Any]) -> None:
    hints = get_type_hints(term.function)
    for name, value in options.items():
        kinds = [hints[name], *get_args(hints[name])]
        choices = [choice for kind in kinds if get_origin(kind) is Literal for choice in get_args(kind)]
        if choices and isinstance(value, str) and value not in choices:
            raise unknown_name(f"{name} of the loss term {term.name!r}:", value, choices)


@dataclass(frozen=True, slots=True, eq=False)
class Total:
    """The loss of a batch."""

    value: Tensor
    """() with gradient."""
    parts: Mapping[str, float]
    """Each term's own value, without its weight, by name."""
    weights: Mapping[str, float]
    """What each counted at this step."""


def total(seen: Seen, parts: Sequence[Part], *, step: int = 0, num_steps: int = 0) -> Total:
    """Return the weighted sum of the terms at a step of a training; `num_steps` 0 ramps nothing.

    A term of weight 0 is computed, for its curve, and adds no gradient.

    Raises:
        NonFiniteLoss: a term is NaN or infinite; the message names it.
        UsageError: a term comes twice.
    """
    names = [one.term.name for one in parts]
    if len(set(names)) < len(names):
        raise UsageError(f"a loss term is given twice: {few(names)}")
    value = nothing(seen.answer_nll)
    values: dict[str, float] = {}
    weights: dict[str, float] = {}
    for one in parts:
        term = raised(one.term.function(seen, **one.options))
        values[one.term.name] = number = float(term.detach())
        if not math.isfinite(number):
            raise NonFiniteLoss(one.term.name, number, step)
        weight = ramped(one.weight, step, num_steps) if one.is_ramped else one.weight
        weights[one.term.name] = weight
        value = value + weight * term if weight else value
    return Total(value, values, weights)
