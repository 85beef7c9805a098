"""Measure what it costs to save answers as they are computed.

python benchmarks/saving.py [--pairs N] [--limit N] [--reruns]

Scores the prompts of a suite with the pocket model: through a cache that saves on the way, and through one that saves at the end,
each in an empty file, in turns. With --reruns as the reruns of a run, whose answers are kept, and as those of one that keeps
nothing. Prints the median of the ratios of the processor times and its quartiles. What kills lose: `benchmarks/kills.py`.
"""

from __future__ import annotations

import argparse
import os
import platform
import shutil
import statistics
import tempfile
import time
from pathlib import Path


def cost(num: int, limit: int, *, of_reruns: bool) -> None:
    """Print what saving on the way costs, or keeping answers to reruns."""
    from probe.evaluation.requests import by_kind, requests_for
    from probe.evaluation.run import Plan, prepare
    from probe.models.cache import Cached
    from probe.models.huggingface import HuggingFace
    from probe.models.loaders import load_model
    from probe.models.rerun import Reruns
    from probe.perturb import select
    from probe.suite import find_suite, read_suite

    suite = read_suite(find_suite("sentiment"))
    variants = prepare(suite, Plan(tuple(select(["format", "typos"])), samples=8, limit=limit)).variants
    requests, _ = by_kind(one for variant in variants for one in requests_for(variant, suite))
    model, tell = load_model("pocket"), HuggingFace.tell
    ratios, folder = [], Path(tempfile.mkdtemp())
    for place in range(num):
        seconds = {}
        for saves in (True, False) if place % 2 else (False, True):
            HuggingFace.tell = tell if saves or of_reruns else (lambda *_: None)  # type: ignore[method-assign]
            cached = Cached(model, folder / f"{place}-{saves}.sqlite")
            reruns, began = Reruns(cached, key=f"{place}" if saves else ""), time.process_time()
            with reruns:
                (reruns.asked(0, "all") if of_reruns else cached).loglikelihoods(requests)
            cached.close()
            seconds[saves] = time.process_time() - began
        ratios.append(seconds[True] / seconds[False])
    low, middle, high = statistics.quantiles(ratios, n=4)
    what = "keeping answers to reruns" if of_reruns else "saving on the way"
    print(f"{len(requests)} requests, {num} pairs: {what} takes {100 * (middle - 1):+.1f} % of the time")
    print(f"quartiles {100 * (low - 1):+.1f} % to {100 * (high - 1):+.1f} %; {seconds[True]:.1f} s a run; {machine()}")
    shutil.rmtree(folder)


def machine() -> str:
    """Return the machine in words."""
    return f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=20)
    parser.add_argument("--limit", type=int, default=300, help="items")
    parser.add_argument("--reruns", action="store_true")
    args = parser.parse_args()
    cost(args.pairs, args.limit, of_reruns=args.reruns)
