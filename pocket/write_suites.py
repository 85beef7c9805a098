"""Write the shipped suites from the grammars: `python -m pocket.write_suites --out suites`.

Covered: balanced, de-duplicated evaluation items with their contrast sets, disjoint train rows, suite.toml; the same files
every time.
Not covered: reading them back (that is the suite reader's), and what the pocket model is trained on (pocket.corpus).
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from dataclasses import replace
from pathlib import Path

from pocket import facts
from pocket.formulations import FORMULATIONS, GRAMMARS
from pocket.grammar import Example
from pocket.lexicon import DAYS, PLACES
from probe.seeds import rng_for

VERSION = "1"
NUM_ITEMS = 220
NUM_TRAIN = 440

DESCRIPTIONS = {
    "sentiment": "Short reviews of films, meals, hotels and gadgets: positive or negative? With edits that turn the verdict.",
    "entailment": "Does a premise make a hypothesis certain? With word-overlap traps, and edits that turn the answer.",
    "comparison": "Two quantities in a short text: which is more, or less? With the numbers swapped and the question turned.",
    "facts": "World facts with four options: capitals, continents, animals, opposites, and the like.",
    "topic": "Headlines of four sections: sports, business, science, politics.",
    "reading": "A short passage and a question; the answer is a word of it, written freely.",
}
SHARED_CHOICES = {
    "sentiment": ("positive", "negative"),
    "entailment": ("yes", "no"),
    "comparison": ("the first", "the second"),
    "topic": ("sports", "business", "science", "politics"),
}
FREE_TEXT = ("reading",)
NOT_ASKED = {"reading": frozenset({*DAYS, *PLACES})}
"""Targets that a suite leaves out: the pocket model is taught to find days and places, but has not learned it."""

SEEN = frozenset({"e7c949c086f968aa"})
"""Keys that would be items but stand in the text that the shipped weights were trained on: no suite may ask them."""


def rows(suite: str) -> tuple[list[Example], list[Example]]:
    """Return a suite's evaluation items and train rows; no key of the first is one of the second."""
    taken: set[str] = set()
    items = _facts(taken) if suite == "facts" else _drawn(suite, "items", NUM_ITEMS, taken)
    held_out = {key for item in items for key in keys(item)}
    taken |= held_out
    return items, _drawn(suite, "train", NUM_TRAIN, taken)


def keys(item: Example) -> set[str]:
    """Return the hold-out keys of an item and of its contrast edits."""
    return {item.key} | {contrast.key for contrast in item.contrasts}


def _drawn(suite: str, part: str, number: int, taken: set[str]) -> list[Example]:
    """Draw examples with unseen keys; `taken` grows by theirs."""
    rng = rng_for("suite", VERSION, suite, part)
    labels = SHARED_CHOICES.get(suite, ())
    counts: Counter[str] = Counter()
    drawn: list[Example] = []
    while len(drawn) < number:
        example = GRAMMARS[suite](rng)
        full = bool(labels) and counts[example.target] >= number // len(labels)
        if full or keys(example) & (taken | SEEN) or example.target in NOT_ASKED.get(suite, ()):
            continue
        taken |= keys(example)
        counts[example.target] += 1
        drawn.append(example if labels else _placed(example, len(drawn)))
    return drawn


def _placed(example: Example, index: int) -> Example:
    """Return the example with its right choice at the position that comes next, so that positions are balanced."""
    others = [choice for choice in example.choices if choice != example.target]
    place = index % max(1, len(example.choices))
    return replace(example, choices=(*others[:place], example.target, *others[place:]) if others else ())


def _facts(taken: set[str]) -> list[Example]:
    """Draw one phrasing of each of NUM_ITEMS facts, the right option at each position equally often."""
    rng = rng_for("suite", VERSION, "facts", "items")
    subjects = [(relation, subject) for relation in facts.RELATIONS for subject in relation.answers]
    chosen = rng.sample(subjects, NUM_ITEMS)
    items = []
    for index, (relation, subject) in enumerate(chosen):
        phrasing = rng.choice(relation.phrasings)
        items.append(facts.ask(rng, relation, subject, phrasing, position=index % facts.NUM_OPTIONS))
    taken |= {item.key for item in items}
    return items


def write(suite: str, folder: Path) -> None:
    """Write suite.toml, items.jsonl and train.jsonl into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    items, train = rows(suite)
    (folder / "suite.toml").write_text(settings(suite, items[0]), encoding="utf-8")
    for part, examples in (("items", items), ("train", train)):
        prefix = f"{suite}-" if part == "items" else f"{suite}-train-"
        lines = [
            json.dumps(_row(f"{prefix}{n:03d}", e, suite, with_contrasts=part == "items"), ensure_ascii=False)
            for n, e in enumerate(examples, 1)
        ]
        (folder / f"{part}.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")


def settings(suite: str, sample: Example) -> str:
    """Return the text of a suite's suite.toml."""
    written = FORMULATIONS[suite][0]
    lines = [
        f"name = {json.dumps(suite)}",
        f"version = {json.dumps(VERSION)}",
        f"description = {json.dumps(DESCRIPTIONS[suite])}",
        f"instruction = {json.dumps(written.instruction)}",
        f"fields = {json.dumps([name for name, _ in sample.fields])}",
        f"answer_field = {json.dumps(written.answer_field)}",
    ]
    if suite in SHARED_CHOICES:
        lines.append(f"choices = {json.dumps(list(SHARED_CHOICES[suite]))}")
    if written.list_choices:
        lines += ["list_choices = true", f"answer_with = {json.dumps(written.answer_with)}"]
    if suite in FREE_TEXT:
        lines += ["", "[generation]", 'stop = ["\\n"]', "max_new_tokens = 8"]
    return "\n".join(lines) + "\n"


def _row(row_id: str, example: Example, suite: str, *, with_contrasts: bool) -> dict[str, object]:
    row: dict[str, object] = {"id": row_id, "fields": dict(example.fields), "target": example.target}
    if example.choices and suite not in SHARED_CHOICES:
        row["choices"] = list(example.choices)
    if example.aliases:
        row["aliases"] = list(example.aliases)
    if with_contrasts and example.contrasts:
        row["contrast"] = [{"fields": dict(edit.fields), "target": edit.target} for edit in example.contrasts]
    return row


def main() -> None:
    """Write every shipped suite."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path("suites"))
    out = parser.parse_args().out
    for suite in GRAMMARS:
        write(suite, out / suite)
        print(f"wrote {out / suite}")


if __name__ == "__main__":
    main()
