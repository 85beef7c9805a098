"""How much of a run its page shows: one budget for the whole page, shared out equally over the suites that are shown in full.

    suites shown   rows of all figures   cells of a map   marks of a plot   rows of points
          1               1,200              10,000             300              150
          6                 400              10,000             200              100
         12                 200               5,000             100               50

So a page of many suites opens as fast as one of few. What a share leaves out is said where it is left out, and lies beside the
page in full. Flips are counted over the whole page already (`reports.cards`).

Covered: the shares. Not covered: what goes first where there is less room; that is the order of the run.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from probe.record.outcomes import OutcomeTable

FIGURES = (2400, 1200)
"""Rows of the tables of all figures: of the whole page, and of one suite at most."""
CELLS = (60_000, 10_000)
"""Cells of the maps of items under variants."""
MARKS = (1200, 300)
"""Marks of the plots of accuracy per variant, and rows of the tables behind them."""
POINTS = (600, 150)
"""Rows of the tables behind the plots of confidence against sensitivity."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What one suite may take of the page."""

    figures: int
    cells: int
    marks: int
    points: int


def limits(num_suites: int) -> Limits:
    """Return the share of each of some suites."""
    return Limits(*(min(most, whole // max(1, num_suites)) for whole, most in (FIGURES, CELLS, MARKS, POINTS)))


def cut(found: OutcomeTable, cells: int) -> OutcomeTable:
    """Return a table of outcomes of at most so many cells: all its variants, and as many of its items as there is room for."""
    room = max(1, cells // max(1, len(found.variants)))
    return replace(found, items=found.items[:room])
