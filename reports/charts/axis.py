"""Axes that all charts share: x in percent of the plot's width, y in pixels.

So the page can stretch a plot while its lettering stays as large as it is.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

NUM_MARKS = 16
"""Marks that the page has, each another pair of shape and colour; families beyond them begin anew."""
ROW = 24.0
"""Pixels of a row of a forest plot or of bars."""
HEAD = 6.0
"""Pixels above the first row and below the last one."""
BOTTOM = 22.0
"""Pixels below the rows, for the ticks' numbers."""


@dataclass(frozen=True, slots=True)
class Tick:
    """A vertical line with its number."""

    x: float
    label: str


def at(value: float, low: float, high: float) -> float:
    """Return the place of a value in percent of the plot's width."""
    return round(100 * min(max((value - low) / (high - low), 0.0), 1.0), 2)


def short(name: str, *, length: int = 16) -> str:
    """Return a name that fits beside a plot."""
    return name if len(name) <= length else name[: length - 1] + "\u2026"


def span(values: Sequence[float]) -> tuple[float, float]:
    """Return the ends of an axis that holds zero and all values."""
    lowest = min(0.0, *values)
    high = ceiling(max(values))
    return (0.0 if lowest > -0.005 else -high * max(1, math.ceil(-lowest / high * 5)) / 5), high


def ceiling(value: float) -> float:
    """Return the end of an axis from zero: 0.05, 0.1, or the next whole fifth or tenth."""
    for end in (0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8):
        if value <= end + 1e-9:
            return end
    return 1.0


def steps(low: float, high: float) -> list[float]:
    """Return four to seven round values from `low` to `high`."""
    width = high - low
    step = next(s for s in (0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5) if width / s <= 6.001)
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [round(k * step, 4) for k in range(first, last + 1)]


def ticks(low: float, high: float) -> tuple[Tick, ...]:
    """Return round ticks of an axis of shares, labelled in percent."""
    return tuple(Tick(at(v, low, high), f"{100 * v:.0f}") for v in steps(low, high))
