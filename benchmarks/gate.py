"""Measure how often the gate cries wolf, and how often it sees what it says it would see; the simulations are those of the tests.

python benchmarks/gate.py [repeats] [alarms|detection|bounds ...]
"""

from __future__ import annotations

import sys
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1] / "tests"
sys.path[:0] = [str(TESTS / "gating"), str(TESTS)]

from simulated import (  # noqa: E402  the tests are found only now
    BOUND_MODELS,
    BOUNDED,
    PLANTED,
    ROUNDING,
    at_bound,
    detection,
    false_alarms,
    stated,
)

SIZES = (50, 100, 220, 500)
REPEATS = 1000


def alarms(repeats: int) -> None:
    """Measure the verdicts on two runs of one model."""
    print(f"two runs of one model, {repeats} repeats: verdicts")
    print("  items  rounding  answers moved   regressed  inconclusive     pass")
    for num_items in SIZES:
        for name, rounding in ROUNDING.items():
            found = false_alarms(num_items, rounding, repeats)
            print(
                f"  {num_items:>5}  {name:<8}  {found['moved']:>13.4f}   {found['regressed']:>9.4f}"
                f"  {found['inconclusive']:>12.4f}  {found['pass']:>7.4f}",
                flush=True,
            )


def detections(repeats: int) -> None:
    """Measure the verdicts on a model that was made worse."""
    some = max(1, repeats // 10)
    print(f"a model made worse in one figure by the effect that the gate states for it, much rounding, {some} repeats")
    print("  items  figure                  effect   regressed     pass")
    for num_items in SIZES:
        for what in PLANTED:
            found = detection(num_items, ROUNDING["much"], what, some)
            print(
                f"  {num_items:>5}  {what:<22}  {found['effect']:>6.3f}   {found['regressed']:>9.3f}"
                f"  {found['pass']:>7.3f}",
                flush=True,
            )
    print(f"a model made worse by the tolerance, 0.05, much rounding, {some} repeats: a pass is a miss")
    for num_items in SIZES:
        for what in ("accuracy", "flip_rate, whole items"):
            found = detection(num_items, ROUNDING["much"], what, some, effect=0.05)
            print(
                f"  {num_items:>5}  {what:<22}  regressed {found['regressed']:.3f}  pass {found['pass']:.3f}",
                flush=True,
            )
    print("stated effects without rounding: " + ", ".join(f"{n} items {stated(n, 0.0, 'accuracy'):.3f}" for n in SIZES))


def bounds(repeats: int) -> None:
    """Measure the verdicts of default runs by a bound that the true figure lies on."""
    print(
        f"default runs of a model whose true figure lies on its bound, {repeats} repeats: failed and pass are both wrong"
    )
    for name, model in BOUND_MODELS.items():
        for num_items in (20, *SIZES[:3]):
            for metric in BOUNDED:
                found = at_bound(metric, num_items, repeats, model=model)
                print(
                    f"  {name:<32}  {num_items:>5}  {metric:<22}  failed {found['failed']:.3f}  pass {found['pass']:.3f}",
                    flush=True,
                )


PARTS = {"alarms": alarms, "detection": detections, "bounds": bounds}


def main(repeats: int = REPEATS, *names: str) -> None:
    """Measure and print the named parts, or all."""
    for name in names or PARTS:
        PARTS[name](repeats)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:2]), *sys.argv[2:])
