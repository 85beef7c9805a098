"""Compare the processor time of a variant with that of another checkout, in turn, so that a busy machine is busy for both.

python benchmarks/faster.py CHECKOUT [items ...]        # by default 1000; five pairs of runs each
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from statistics import median

from memory import SAMPLES, seconds, write_items

PAIRS = 5


def compare(other: Path, num_items: int, folder: Path) -> None:
    """Print the medians of both, and of the ratios within pairs, with the smallest and the largest of these."""
    write_items(num_items, folder)
    here = Path(__file__).parents[1]
    pairs = [(seconds(folder, other), seconds(folder, here)) for _ in range(PAIRS)]
    before, after = (1000 * median(times) / (num_items * SAMPLES) for times in zip(*pairs, strict=True))
    ratios = sorted(new / old for old, new in pairs)
    print(
        f"{num_items:>7,} items x {SAMPLES}: {before:.3f} ms a variant before, {after:.3f} after: "
        f"x {median(ratios):.2f} ({ratios[0]:.2f} to {ratios[-1]:.2f})",
        flush=True,
    )


if __name__ == "__main__":
    for size in list(map(int, sys.argv[2:])) or [1000]:
        with tempfile.TemporaryDirectory() as place:
            compare(Path(sys.argv[1]), size, Path(place))
