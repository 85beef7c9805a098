"""How large the page of a large run is, and how long it takes to make and to open.

    python benchmarks/report.py                          a million scores: 10,000 items x 100 variants
    python benchmarks/report.py --items 60 --suites 12 --families 16 --variants 66     many suites and families

The run is synthetic: scores of items that differ in how readily they move, under families that differ in how much they
move, measured, summarised and written exactly as `probe run` does. Opening is timed in Chromium, to the load event and to
the first frame after it.
"""

from __future__ import annotations

import argparse
import math
import random
import shutil
import tempfile
import time
from pathlib import Path

from probe.evaluation.results import Results, evaluate
from probe.evaluation.run import Plan
from probe.evaluation.variants import VariantSet
from probe.models.scripted import Scripted
from probe.record.store import write_json
from probe.record.summarise import summarise
from probe.record.summary import SCHEMA_VERSION
from probe.record.writing import write_tables
from probe.types import Field, Item, Prompt, Score, Suite, Variant
from reports.html import write_page

FAMILIES = ("format", "typos", "wording", "order", "casing", "whitespace", "paraphrase", "labels")
FAMILIES += ("punctuation", "grammar", "shots", "distraction", "structure", "lexical-overlap", "numbers", "names")
WORDS = (
    "film",
    "slow",
    "but",
    "its",
    "last",
    "half",
    "hour",
    "paid",
    "for",
    "the",
    "ticket",
    "nobody",
    "looked",
    "away",
)
FLAGS = ["--no-sandbox", "--disable-gpu", "--hide-scrollbars"]


def made_scores(suite: str, items: int, variants: int, *, length: int, families: int = 8, seed: int = 0) -> list[Score]:
    """Return the scores of a suite: for each item the one as written, then its variants, two of them reruns."""
    names = FAMILIES[:families]
    rng = random.Random(f"{suite}/{seed}")
    scores = []
    for n in range(items):
        words = " ".join(rng.choice(WORDS) for _ in range(length))
        prompt = Prompt(
            "Say whether the review is positive or negative.", (Field("Review", words),), ("positive", "negative")
        )
        item = Item(f"{suite}-{n:05d}", prompt, rng.choice(prompt.choices))
        readiness, right = rng.random() ** 4, rng.random() < 0.9
        original = item.target if right else _other(item.target)
        scores.append(_score(item, "original", 0, original, f"Review: {words}\nSentiment:", rng))
        for k in range(variants - 2):
            family = names[k % len(names)]
            moved = rng.random() < readiness * (1 + k % len(names)) / len(names)
            text = f"REVIEW - {words[: 3 + k]}{words[2 + k :]}\nSentiment:"
            scores.append(_score(item, family, k // len(names), _other(original) if moved else original, text, rng))
        for k in range(2):
            scores.append(_score(item, "null", k, original, f"Review: {words}\nSentiment:", rng))
    return scores


def _other(answer: str) -> str:
    return "negative" if answer == "positive" else "positive"


def _score(item: Item, family: str, sample: int, answer: str, text: str, rng: random.Random) -> Score:
    sure = round(rng.uniform(0.5, 1.0), 6)
    name = family if family in ("original", "null") else f"{family}-change"
    variant = Variant(item, item, family, name, sample, "label-preserving", text)
    both = (sure, 1 - sure) if answer == "positive" else (1 - sure, sure)
    margin = math.log(sure / max(1e-9, 1 - sure))
    return Score(variant, answer, answer == item.target, "ranked", both, margin, sure)


def results_of(scores: dict[str, list[Score]]) -> Results:
    """Return made scores as the results of a run."""
    suites = {}
    for name, of in scores.items():
        variants = tuple(score.variant for score in of)
        items = tuple({one.item.id: one.item for one in variants}.values())
        suites[name] = evaluate(VariantSet(Suite(name, "1", "", items), variants, {}), of)
    return Results(suites, {"seconds": 0.0})


def opened(page: Path, *, times: int = 5) -> tuple[float, float] | None:
    """Return the median seconds to the load event and to the first frame after it; None without a browser."""
    path = shutil.which("chromium") or shutil.which("google-chrome")
    if path is None:
        return None
    from playwright.sync_api import sync_playwright

    loads, frames = [], []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        for _ in range(times):
            tab = browser.new_page(viewport={"width": 1280, "height": 900})
            tab.goto(page.as_uri())
            drawn = (
                "new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => done(performance.now()))))"
            )
            frames.append(tab.evaluate(drawn) / 1000)
            loads.append(tab.evaluate("performance.getEntriesByType('navigation')[0].loadEventEnd") / 1000)
            tab.close()
        browser.close()
    return sorted(loads)[times // 2], sorted(frames)[times // 2]


def main() -> None:
    """Make a run, write its page, print what it weighs and how long it takes."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--items", type=int, default=10_000, help="items of a suite")
    parser.add_argument("--variants", type=int, default=99, help="variants of an item, beside the one as written")
    parser.add_argument("--suites", type=int, default=1)
    parser.add_argument("--families", type=int, default=8, choices=range(1, len(FAMILIES) + 1), metavar="N")
    parser.add_argument("--words", type=int, default=40, help="words of a prompt's text")
    parser.add_argument("--resamples", type=int, default=50, help="of the bootstrap; the page does not depend on it")
    parser.add_argument("--keep", type=Path, help="keep the page here")
    chosen = parser.parse_args()
    names = [f"made{n}" for n in range(chosen.suites)]
    scores = {
        name: made_scores(name, chosen.items, chosen.variants, length=chosen.words, families=chosen.families)
        for name in names
    }
    print(f"{sum(map(len, scores.values())):,} scores, {chosen.suites} suites, prompts of {chosen.words} words")
    with tempfile.TemporaryDirectory() as place:
        run = Path(place)
        results = results_of(scores)
        summary = summarise(results, Scripted(), Plan(()), resamples=chosen.resamples)
        write_json(run / "summary.json", summary.to_json())
        write_json(run / "manifest.json", {"schema_version": SCHEMA_VERSION, "id": "made", "suites": []})
        write_tables(run, results.suites)
        started = time.perf_counter()
        page = write_page(run, run / "report.html")
        print(f"page written in {time.perf_counter() - started:.2f} s")
        for path in sorted(run.iterdir()):
            print(f"{path.name:18} {path.stat().st_size / 1e6:8.2f} MB")
        found = opened(page)
        print("no browser" if found is None else f"opened: load {found[0]:.2f} s, drawn {found[1]:.2f} s (median of 5)")
        if chosen.keep:
            shutil.copy(page, chosen.keep)


if __name__ == "__main__":
    main()
