"""Count how often two draws of one and the same model are called different; the simulation is that of the tests.

python benchmarks/same_model.py
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from test_compare import called_different


def main() -> None:
    """Measure and print."""
    for repeats in (200, 2000):
        print(
            f"{repeats} pairs of draws of one model, 40 items, two families of 3 variants, some row significant at 0.05;"
            f" the level allows {repeats // 20}"
        )
        for name, count in called_different(repeats).items():
            print(f"  {name:<16}{count:>5}   {count / repeats:.3f}")


if __name__ == "__main__":
    main()
