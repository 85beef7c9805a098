"""Python's collector of cycles, told to look seldom while a run is made.

A run makes millions of small values that hold one another in no cycle: they go when the last that holds them goes. The collector
walks through them all the same, each time that 700 more of them live than before: a quarter of a run's time.

Covered: looking seldom, and as before afterwards. Not covered: turning it off, since cycles of libraries hold tensors.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

SELDOM = 50_000
"""New values after which the youngest are looked through, a portion of a run; Python's own number is 700."""


@contextmanager
def collecting_seldom() -> Iterator[None]:
    """Look for cycles seldom meanwhile; a number that is higher, or 0 for never, stays."""
    before = gc.get_threshold()
    if 0 < before[0] < SELDOM:
        gc.set_threshold(SELDOM, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)
