"""A random generator for each sample, seeded by what the sample is for.

So another item, batch size or `--limit` changes nobody else's samples.

Seeding a generator takes longer than drawing from it, and most samples that do not apply never draw. A late generator is
seeded on its first draw, and tells until then that nothing was drawn from it.
"""

from __future__ import annotations

import hashlib
from random import Random
from typing import Any


def rng_for(*key: object) -> Random:
    """Return a generator that depends on `key` alone."""
    return Random(_seed(key))


def late_rng_for(*key: object) -> Random:
    """Return a generator that draws what `rng_for` draws, and is seeded on its first draw."""
    return _LateRandom(key)


def is_untouched(rng: Random) -> bool:
    """Return whether nothing was drawn from a late generator yet: any other would have led to the same result."""
    return isinstance(rng, _LateRandom) and rng.seeded is None


class _LateRandom(Random):
    """Hands every draw to a generator that it makes on the first one.

    `Random` builds all its methods on `random` and `getrandbits`, so these two and the state are all there is to hand on.
    """

    gauss_next: float | None = None
    """The spare number that `Random.gauss` leaves; it reads this before it draws."""

    def __new__(cls, key: tuple[object, ...]) -> _LateRandom:
        # Without this, `Random.__new__` would seed the generator with the key. Its stub does not say that it takes a seed.
        return super().__new__(cls, 0)  # type: ignore[call-arg]

    def __init__(self, key: tuple[object, ...]) -> None:
        # Not the base's: it would seed.
        self._key = key
        self.seeded: Random | None = None

    def random(self) -> float:
        return self._random().random()

    def getrandbits(self, k: int, /) -> int:
        return self._random().getrandbits(k)

    def seed(self, *args: Any, **kwargs: Any) -> None:
        self._random().seed(*args, **kwargs)

    def getstate(self) -> tuple[Any, ...]:
        return self._random().getstate()

    def setstate(self, state: tuple[Any, ...]) -> None:
        self._random().setstate(state)

    def __reduce__(self) -> Any:
        return self._random().__reduce__()  # a copy is a plain generator in the same state

    def _random(self) -> Random:
        if self.seeded is None:
            self.seeded = made = rng_for(*self._key)
            # From here on the draws go there at once, past the two methods above.
            self.random, self.getrandbits = made.random, made.getrandbits  # type: ignore[method-assign]
        return self.seeded


def _seed(key: tuple[object, ...]) -> int:
    digest = hashlib.sha256("\x1f".join(map(str, key)).encode()).digest()
    return int.from_bytes(digest[:8], "big")
