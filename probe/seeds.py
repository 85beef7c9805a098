"""A random generator for each draw, seeded by what the draw is for.

So adding an item, changing the batch size or a `--limit` changes nobody else's draws.
"""

from __future__ import annotations

import hashlib
from random import Random


def rng_for(*key: object) -> Random:
    """Give a generator that depends on `key` alone."""
    digest = hashlib.sha256("\x1f".join(map(str, key)).encode()).digest()
    return Random(int.from_bytes(digest[:8], "big"))
