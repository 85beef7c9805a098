"""Measure how often the 95 % intervals hold, on simulated models whose truth is known; the simulations are those of the tests.

python benchmarks/coverage.py
"""

from __future__ import annotations

import sys
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1] / "tests"
sys.path[:0] = [str(TESTS), str(TESTS / "metrics")]

from test_compare import coverage_of_differences  # noqa: E402  the tests are found only now
from test_intervals import MEANS, coverage_of_a_summary  # noqa: E402
from test_stopping import coverage_at_the_stop  # noqa: E402
from test_two_way import coverage  # noqa: E402

MODELS = {(0.05, 2.0): "few items, rarely", (0.1, 1.0): "few items", (0.4, 1.2): "many items", (5.0, 45.0): "all items"}


def main() -> None:
    """Measure and print."""
    print("a summary of items with 7 variants, 500 repeats")
    cases = [(moves, num) for num in (150, 60) for moves in ((0.4, 1.2), (0.1, 1.0), (0.05, 2.0))]
    names = (*MEANS, "pdr", "modal_consistency")
    found = [coverage_of_a_summary(500, moves=moves, num_items=num, names=names) for moves, num in cases]
    print(f"  {'flips, items':<22}" + "   ".join(f"{a / (a + b):.2f}, {num:<4}" for (a, b), num in cases))
    for name in found[0]:
        print(f"  {name:<22}" + "   ".join(f"{shares[name]:<10.3f}" for shares in found))
    print("differences of two models, 800 repeats: the second flips as often, or 0.12 more often")
    rates = [(moves, more) for moves in ((0.4, 1.2), (0.1, 1.0), (0.05, 2.0)) for more in (0.0, 0.12)]
    print(f"  {'flips, more':<26}" + "   ".join(f"{a / (a + b):.2f}, {more:<4}" for (a, b), more in rates))
    for num in (20, 40, 150):
        ours = [coverage_of_differences(800, num_items=num, moves=moves, more=more) for moves, more in rates]
        for name in ours[0]:
            print(f"  {f'{name}, {num} items':<26}" + "   ".join(f"{shares[name]:<10.3f}" for shares in ours))
    print("flip rate over other items and other formats, 100 items, 600 repeats")
    for num_variants in (4, 8, 16):
        found = coverage(num_variants, 600)
        print(f"  {num_variants:>2} formats   items {found['items']:.3f}   items and variants {found['both']:.3f}")
    print("flip rate at the stop, 220 items with 12 variants, 2,000 repeats")
    for (a, b), what in MODELS.items():
        for target in (0.02, 0.05):
            ours, naive, asked = coverage_at_the_stop(a, b, target=target)
            line = f"  flips {a / (a + b):.3f}, {what:<19} +-{target:.2f}   naive {naive:.3f}   ours {ours:.3f}"
            print(f"{line}   {asked:.0f} items")


if __name__ == "__main__":
    main()
