"""A random generator for each draw, seeded by what the draw is for.

So adding an item, changing the batch size or a `--limit` changes nobody else's draws.

To seed a generator takes longer than to draw from it, and most draws that do not apply never ask theirs. One that is
`late` seeds itself when it is first asked, and tells until then that it was not.
"""

from __future__ import annotations

import hashlib
from random import Random
from typing import Any


def rng_for(*key: object) -> Random:
    """Return a generator that depends on `key` alone."""
    return Random(_seed(key))


def late_rng_for(*key: object) -> Random:
    """Return a generator that draws what `rng_for` draws, and is seeded when it is first asked."""
    return _Late(key)


def is_untouched(rng: Random) -> bool:
    """Return whether a late generator was not asked yet: what came of it would come of any other."""
    return type(rng) is _Late


class _Late(Random):
    """Becomes a seeded `Random` as soon as it is asked for anything; the two have the same layout."""

    gauss_next: float | None = None
    """Read by `Random.gauss` before it draws."""

    def __new__(cls, key: tuple[object, ...]) -> _Late:
        # Not the key, by which the base would seed itself at once. It takes a seed here; its stub does not say so.
        return super().__new__(cls, 0)  # type: ignore[call-arg]

    def __init__(self, key: tuple[object, ...]) -> None:
        self._key = key

    def random(self) -> float:
        return _woken(self).random()

    def getrandbits(self, k: int, /) -> int:
        return _woken(self).getrandbits(k)

    def seed(self, *args: Any, **named: Any) -> None:
        _woken(self).seed(*args, **named)

    def getstate(self) -> tuple[Any, ...]:
        return _woken(self).getstate()

    def __reduce__(self) -> Any:
        return _woken(self).__reduce__()

    def setstate(self, state: tuple[Any, ...]) -> None:
        _woken(self).setstate(state)


def _woken(rng: Random) -> Random:
    """Return the generator seeded; a method that was bound before may come here again."""
    if isinstance(rng, _Late):
        seed = _seed(rng._key)
        # The same object, so that whoever holds it draws on at the speed of a plain one; mypy knows no such change.
        rng.__class__ = Random  # type: ignore[assignment]
        rng.seed(seed)
    return rng


def _seed(key: tuple[object, ...]) -> int:
    digest = hashlib.sha256("\x1f".join(map(str, key)).encode()).digest()
    return int.from_bytes(digest[:8], "big")
