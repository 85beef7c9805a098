"""Measure how often the 95 % intervals hold, on simulated models whose truth is known; the simulations are those of the tests.

python benchmarks/coverage.py [repeats] [default|layouts|summary|differences|stop ...]
"""

from __future__ import annotations

import sys
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1] / "tests"
sys.path[:0] = [str(TESTS / "metrics"), *(str(TESTS / name) for name in ("comparison", "evaluation")), str(TESTS)]

import default_run  # noqa: E402  the tests are found only now
from test_compare import coverage_of_differences  # noqa: E402
from test_intervals import MEANS, coverage_of_a_summary  # noqa: E402
from test_stopping import coverage_at_the_stop  # noqa: E402

MODELS = {(0.05, 2.0): "few items, rarely", (0.1, 1.0): "few items", (0.4, 1.2): "many items", (5.0, 45.0): "all items"}


FIGURES = (
    *(("flip_rate", family) for family in ("all", "format", "typos")),
    *((name, "all") for name in ("accuracy_mean", "mean_drop", "pdr", "pss", "flip_right_to_wrong")),
    *((name, "all") for name in ("accuracy_worst", "spread")),
    *(("accuracy", "original"), ("contrast_consistency", "contrast"), ("contrast_accuracy", "contrast")),
)
RATES = (0.005, 0.009, 0.033, 0.1, 0.3, 0.5)


def default(
    repeats: int,
    *,
    layouts: float = 0.5,
    sizes: tuple[int, ...] = (5, 10, 20, 50, 100, 220, 1000),
    rates: tuple[float, ...] = RATES,
    figures: tuple[tuple[str, str], ...] = FIGURES,
) -> None:
    """Measure default runs of models that flip seldom to often."""
    names = tuple(dict.fromkeys(name for name, _ in figures))
    for flips in rates:
        model = default_run.Model(flips, layouts=layouts)
        print(f"a default run, flip rate {flips}, logits of layouts differ by {layouts}, {repeats} repeats:")
        print("  held, and misses with the truth above, of 100" + "".join(f"{num:>9} items" for num in sizes))
        found = [default_run.misses(model, num, repeats, names) for num in sizes]
        for key in figures:
            held = (f"{100 * (1 - low - high):.1f} {100 * high:4.1f}" for low, high, _ in (one[key] for one in found))
            print(f"  {', '.join(key):<44}" + "".join(f"{one:>15}" for one in held), flush=True)


def layouts(repeats: int) -> None:
    """Measure the first figures of default runs whose layouts differ very much, or do the same."""
    for differ in (1.5, 0.0):
        default(repeats, layouts=differ, sizes=(20, 100, 1000), rates=(0.033, 0.1, 0.3), figures=FIGURES[:5])


def summary(repeats: int) -> None:
    """Measure summaries of one family whose samples are not shared."""
    print(f"a summary of items with 7 variants, {repeats} repeats")
    cases = [(moves, num) for num in (150, 60) for moves in ((0.4, 1.2), (0.1, 1.0), (0.05, 2.0))]
    names = (*MEANS, "pdr", "modal_consistency")
    found = [coverage_of_a_summary(repeats, moves=moves, num_items=num, names=names) for moves, num in cases]
    print(f"  {'flips, items':<22}" + "   ".join(f"{a / (a + b):.2f}, {num:<4}" for (a, b), num in cases))
    for name in found[0]:
        print(f"  {name:<22}" + "   ".join(f"{shares[name]:<10.3f}" for shares in found))


def differences(repeats: int) -> None:
    """Measure differences of two models."""
    print(f"differences of two models, {repeats} repeats: the second flips as often, or 0.12 more often")
    rates = [(moves, more) for moves in ((0.4, 1.2), (0.1, 1.0), (0.05, 2.0)) for more in (0.0, 0.12)]
    print(f"  {'flips, more':<26}" + "   ".join(f"{a / (a + b):.2f}, {more:<4}" for (a, b), more in rates))
    for num in (20, 40, 150):
        ours = [coverage_of_differences(repeats, num_items=num, moves=moves, more=more) for moves, more in rates]
        for name in ours[0]:
            print(f"  {f'{name}, {num} items':<26}" + "   ".join(f"{shares[name]:<10.3f}" for shares in ours))


def stop(repeats: int) -> None:
    """Measure the flip rate at the stop."""
    print(f"flip rate at the stop, 220 items with 12 variants, {repeats} repeats")
    for (a, b), what in MODELS.items():
        for target in (0.02, 0.05):
            ours, naive, asked = coverage_at_the_stop(a, b, target=target, repeats=repeats)
            line = f"  flips {a / (a + b):.3f}, {what:<19} +-{target:.2f}   naive {naive:.3f}   ours {ours:.3f}"
            print(f"{line}   {asked:.0f} items")


PARTS = {"default": default, "layouts": layouts, "summary": summary, "differences": differences, "stop": stop}


def main(repeats: int = 500, *names: str) -> None:
    """Measure and print the named parts, or all."""
    for name in names or PARTS:
        PARTS[name](repeats)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:2]), *sys.argv[2:])
