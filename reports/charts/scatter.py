"""A scatter plot: confidence across, share of variants that flipped the answer up.

The area of a point says how many items it is.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from probe.record.outcomes import SensitivityPoint, SensitivityPoints
from reports.charts.axis import BOTTOM, Tick, at, ceiling, steps
from reports.words import percent

SCATTER_HEIGHT = 260.0
SCATTER_PADDING = 12.0
LARGEST, SMALLEST = 13.0, 3.2
"""Radii of the points, in pixels."""


@dataclass(frozen=True, slots=True)
class Spot:
    """A point of a scatter plot."""

    x: float
    y: float
    r: float
    title: str


@dataclass(frozen=True, slots=True)
class Scatter:
    """Confidence against sensitivity."""

    height: float
    bottom: float
    spots: tuple[Spot, ...]
    across: tuple[Tick, ...]
    up: tuple[Tick, ...]


def scatter(found: SensitivityPoints, *, height: float = SCATTER_HEIGHT) -> Scatter | None:
    """Lay out a suite's items by confidence and sensitivity, `height` pixels at least; None where there is none."""
    known = [p for p in found.points if p.confidence is not None and p.flip_rate is not None]
    if not known:
        return None
    low = min(0.99, math.floor(100 * min(p.confidence or 0.0 for p in known)) / 100)
    high = ceiling(max(p.flip_rate or 0.0 for p in known))
    height = max(SCATTER_HEIGHT, height)
    bottom = height - BOTTOM
    places: dict[tuple[float, float], list[SensitivityPoint]] = {}
    for p in known:
        place = (round(at(p.confidence or 0.0, low, 1.0)), _rise(p.flip_rate or 0.0, high, bottom))
        places.setdefault(place, []).append(p)
    most = max(_size(members) for members in places.values())
    spots = [
        Spot(x, y, round(SMALLEST + (LARGEST - SMALLEST) * math.sqrt((_size(members) - 1) / most), 1), _who(members))
        for (x, y), members in places.items()
    ]
    up = tuple(Tick(_rise(v, high, bottom), f"{100 * v:.0f}") for v in steps(0.0, high))
    across = tuple(Tick(at(v, low, 1.0), f"{v:.4g}") for v in steps(low, 1.0))
    return Scatter(height, bottom, tuple(sorted(spots, key=lambda spot: -spot.r)), across, up)


def _size(members: Sequence[SensitivityPoint]) -> int:
    return sum(p.num_items or 1 for p in members)


def _who(members: Sequence[SensitivityPoint]) -> str:
    """Return the label of a point: its first item, and how many others it stands for."""
    first, num = members[0], _size(members)
    who = first.item or ("1 item" if num == 1 else f"{num:,} items")
    who += f" and {num - 1:,} more" if first.item and num > 1 else ""
    return f"{who}: confidence {first.confidence or 0.0:.3f}, flipped under {percent(first.flip_rate)}"


def _rise(value: float, high: float, bottom: float) -> float:
    return round(bottom - SCATTER_PADDING - (bottom - 2 * SCATTER_PADDING) * min(value / high, 1.0), 1)
