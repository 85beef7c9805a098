"""How fast variants are drawn, and that memory does not grow with their number.

    python benchmarks/perturb.py [--items 1000] [--samples 100] [--perturb all] [--names]

Draws `--samples` variants of each of `--items` made-up items, shared out over the perturbations, as a stream, with the rules of
validity, on one core. Prints CPU seconds, microseconds a variant, and the peak memory of the drawing at half of the draws and
at all of them, after a first pass that fills what is remembered for good; the floor beside it is what hashing and seeding a
generator and rendering the prompt cost alone. `--names` prints each perturbation's own cost.
"""

from __future__ import annotations

import argparse
import platform
import time
import tracemalloc
from collections.abc import Sequence
from dataclasses import replace

from probe.evaluation.variants import columns_of, stream, with_demonstrations
from probe.perturb import select
from probe.prompt.render import render
from probe.seeds import rng_for
from probe.suite import find_suite, read_suite
from probe.types import Perturbation, Suite
from probe.validity import validate

SUITES = ("sentiment", "entailment", "comparison", "facts", "topic", "reading")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--items", type=int, default=1000)
    parser.add_argument("--samples", type=int, default=100)
    parser.add_argument("--perturb", default="all")
    parser.add_argument("--suite", default="sentiment", choices=SUITES)
    parser.add_argument("--names", action="store_true")
    asked = parser.parse_args()
    suite = enlarged(asked.suite, asked.items)
    members = [one for one in select(asked.perturb.split(",")) if one.family != "null"]
    as_one = [replace(one, family="any") for one in members]
    print(
        f"{platform.processor() or platform.machine()}, Python {platform.python_version()}, {len(members)} perturbations"
    )
    timed(suite, as_one, max(1, asked.samples // 2))
    for samples in sorted({max(1, asked.samples // 2), asked.samples}):
        seconds, count = timed(suite, as_one, samples)
        memory = peak(suite, as_one, samples)
        rate = f"{1e6 * seconds / max(count, 1):6.0f} us each"
        print(
            f"{asked.items} items x {samples:3d} samples: {count:7,d} variants  {seconds:6.2f} s CPU  {rate}  {memory:6.1f} MiB"
        )
    print(f"floor (a seeded generator and one rendering): {1e6 * floor(suite):.0f} us")
    if asked.names:
        for one in members:
            seconds, count = timed(replace(suite, items=suite.items[:100]), [one], 10)
            print(f"  {one.name:32s} {1e6 * seconds / max(count, 1):7.0f} us  {count:5d} variants of 1000")


def enlarged(name: str, num_items: int) -> Suite:
    """Return a shipped suite with its items repeated under other names until there are enough."""
    suite = with_demonstrations(read_suite(find_suite(name)), 0, seed=0)
    rounds = -(-num_items // len(suite.items))
    items = [replace(item, id=f"{item.id}-{n}") for n in range(rounds) for item in suite.items]
    return replace(suite, items=tuple(items[:num_items]))


def timed(suite: Suite, members: Sequence[Perturbation], samples: int) -> tuple[float, int]:
    """Return the CPU seconds of this process for all variants, drawn and let go, and their number."""
    started = time.process_time()
    columns = columns_of(suite, members, samples=samples, seed=0)
    count = sum(variant.family != "original" for variant in stream(suite, columns, seed=0, validate=validate))
    return time.process_time() - started, count


def peak(suite: Suite, members: Sequence[Perturbation], samples: int) -> float:
    """Return the most memory in MiB that drawing held at once, beyond what there was before."""
    tracemalloc.start()
    columns = columns_of(suite, members, samples=samples, seed=0)
    for _ in stream(suite, columns, seed=0, validate=validate):
        pass
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return most / 2**20


def floor(suite: Suite, times: int = 2000) -> float:
    """Return the CPU seconds of one seeded generator and one rendering."""
    prompt = suite.items[0].prompt
    started = time.process_time()
    for number in range(times):
        rng_for(0, "floor", number)
        render(prompt)
    return (time.process_time() - started) / times


if __name__ == "__main__":
    main()
