"""Which variants are read to know how precise a perturbation is, and what was decided of them.

    python benchmarks/readings.py draw BBH_FOLDER -o to_read.jsonl [--least 50]   # what is still to be read of each
    python benchmarks/readings.py unseen contrast contrast -o to_read.jsonl       # a family on benchmarks/unseen/contrast.jsonl
    python benchmarks/readings.py take to_read.jsonl                              # its rows with a decision, written down

Variants are drawn from the six shipped suites and from BIG-Bench Hard, half of each where both have enough, and only such as
the rules of validity let pass. `unseen:NAME` are the items of benchmarks/unseen/NAME.jsonl, texts of many kinds that were
written before a rule was tried on them and on which none was tuned; all that can be drawn of these is read.
docs/methodology/readings.csv keeps for each how it is drawn, so that a test draws it again:

    perturbation, after        its name; another that is applied first, where it needs a prompt of that form
    source, item, num_fewshot  a shipped suite, bbh:TASK or unseen:NAME, and its demonstrations
    seed, draw, attempt        what its generator is made of, as `probe.evaluation.variants` makes it
    key, decision              the hash that `probe review` keeps; accept, reject or unsure

A row of to_read.jsonl has beside these the two texts and the two answers; a reader adds `"decision"`.
"""

from __future__ import annotations

import argparse
import csv
import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from random import Random

import probe.perturb  # noqa: F401  registers what is shipped
from probe.evaluation.variants import with_demonstrations
from probe.prompt.render import render
from probe.registry import perturbations
from probe.seeds import rng_for
from probe.sources import read_source
from probe.suite import find_suite, read_suite, shipped_suites
from probe.types import Field, Item, Perturbation, Prompt, Variant
from probe.validity import validate
from probe.validity.reviews import DECISIONS, key_of

UNSEEN = Path(__file__).parent / "unseen"
READINGS = Path(__file__).parents[1] / "docs" / "methodology" / "readings.csv"
COLUMNS = ("perturbation", "after", "source", "item", "num_fewshot", "seed", "sample", "attempt", "key", "decision")

AFTER = {
    "grammar-imperative": "grammar-interrogative",
    "structure-plain": "structure-markdown",
    "label-list-added": "label-list-removed",
}
"""What no suite asks as it stands, and what brings a prompt into the form that it needs."""

SHOTS = 3
NUM_ATTEMPTS = 12


@dataclass(frozen=True, slots=True)
class Recipe:
    """How one variant is drawn."""

    perturbation: str
    after: str
    source: str
    item: str
    num_fewshot: int
    seed: int
    sample: int
    attempt: int


def drawn(recipe: Recipe, item: Item) -> Variant | None:
    """Draw a variant as its recipe says; None where it does not apply, changes nothing or a rule of validity fails it."""
    if recipe.after:
        before = _applied(perturbations.get(recipe.after), item, recipe)
        if before is None:
            return None
        item = before
    one = perturbations.get(recipe.perturbation)
    asked = _applied(one, item, recipe)
    if asked is None:
        return None
    variant = Variant(item, asked, one.family, one.name, recipe.sample, one.effect, render(asked.prompt))
    is_failed = any(check.outcome == "fail" for check in validate(variant, one))
    return None if is_failed or variant.text == render(item.prompt) else variant


def _applied(one: Perturbation, item: Item, recipe: Recipe) -> Item | None:
    where = () if one.scope == "suite" else (item.id,)
    return one.apply(item, rng_for(recipe.seed, one.name, recipe.sample, recipe.attempt, *where))


@cache
def items_of(source: str, num_fewshot: int, bbh: Path | None) -> Mapping[str, Item]:
    """Return the items of a source by id, those to be evaluated first and then those to learn from."""
    if source.startswith("unseen:"):
        lines = (UNSEEN / f"{source.removeprefix('unseen:')}.jsonl").read_text(encoding="utf-8").splitlines()
        return {item.id: item for item in map(_unseen, lines)}
    if source.startswith("bbh:"):
        (suite,) = read_source(f"bbh:{bbh}:{source.removeprefix('bbh:')}")
    else:
        suite = read_suite(find_suite(source))
    shown = with_demonstrations(suite, num_fewshot, seed=0).items
    return {item.id: item for item in (*shown, *suite.train)}


def _unseen(line: str) -> Item:
    """Return an item of the unseen texts."""
    row = json.loads(line)
    fields, choices = tuple(Field(*pair) for pair in row["fields"].items()), tuple(row.get("choices", ()))
    return Item(row["id"], Prompt(row["instruction"], fields, choices, list_choices=bool(choices)), row["target"])


def unseen(name: str, family: str) -> Iterator[tuple[Recipe, Variant]]:
    """Return the variants of a family on the items of one file of unseen texts, one of each item, that are not yet read."""
    known = {(row["perturbation"], row["key"]) for row in kept()}
    for one in (one for one in perturbations.values() if one.family == family):
        for item in items_of(f"unseen:{name}", 0, None).values():
            recipe = Recipe(one.name, "", f"unseen:{name}", item.id, 0, 0, 0, 0)
            variant = drawn(recipe, item)
            if variant is not None and (one.name, key_of(variant)) not in known:
                yield recipe, variant


def kept() -> list[dict[str, str]]:
    """Return the readings that are written down."""
    with READINGS.open(encoding="utf-8", newline="") as source:
        return list(csv.DictReader(source))


def recipe_of(row: Mapping[str, str]) -> Recipe:
    """Return the recipe of a reading."""
    numbers = (int(row[name]) for name in ("num_fewshot", "seed", "sample", "attempt"))
    return Recipe(row["perturbation"], row["after"], row["source"], row["item"], *numbers)


def to_read(bbh: Path, least: int, names: Sequence[str] | None = None) -> Iterator[tuple[Recipe, Variant]]:
    """Return what is still to be read: of each perturbation (or those named) so many that `least` are, or all there are."""
    read = kept()
    known = {(row["perturbation"], row["key"]) for row in read}
    for one in perturbations.values():
        if one.family in ("null", "own", "composed") or (names and one.name not in names):
            continue
        have = Counter(where_read(r["source"]) for r in read if r["perturbation"] == one.name)
        new = {where: _candidates(one, where, bbh, known) for where in ("suites", "bbh")}
        missing = least - have.total()
        turn = 0
        while missing > 0 and new:
            where = min(new, key=lambda side: have[side])
            found = next(new[where], None)
            if found is None:
                del new[where]
                continue
            have[where] += 1
            missing -= 1
            turn += 1
            yield found


def _candidates(
    one: Perturbation, where: str, bbh: Path, known: set[tuple[str, str]]
) -> Iterator[tuple[Recipe, Variant]]:
    """Return variants of a perturbation on unlike items of unlike sources, each text once."""
    sources = (
        list(shipped_suites()) if where == "suites" else [f"bbh:{path.stem}" for path in sorted(bbh.glob("*.json"))]
    )
    shots = SHOTS if one.family == "shots" or "demonstrations" in one.name or "turns" in one.name else 0
    if shots and where == "bbh":
        return
    order = rng_for("readings", one.name, where)
    lists = {source: _shuffled(items_of(source, shots, bbh), order) for source in sources}
    for number in range(max(map(len, lists.values()))):
        for source, ids in lists.items():
            if number >= len(ids):
                continue
            item = items_of(source, shots, bbh)[ids[number]]
            for attempt in range(NUM_ATTEMPTS if number else 1):
                recipe = Recipe(one.name, AFTER.get(one.name, ""), source, item.id, shots, 0, number, attempt)
                variant = drawn(recipe, item)
                if variant is not None and (one.name, key_of(variant)) not in known:
                    known.add((one.name, key_of(variant)))
                    yield recipe, variant
                    break


def where_read(source: str) -> str:
    """Return whether a source is one of the suites, of BIG-Bench Hard or of the unseen texts."""
    kind = source.partition(":")[0]
    return kind if kind in ("bbh", "unseen") else "suites"


def _shuffled(items: Mapping[str, Item], rng: Random) -> list[str]:
    """Return the ids in a drawn order, those of training items last."""
    order = rng.sample(list(items), len(items))
    return sorted(order, key=lambda ident: "train" in ident)


def row_of(recipe: Recipe, variant: Variant) -> dict[str, object]:
    """Return a variant to be read, with how it is drawn."""
    texts = {"before": render(variant.item.prompt), "after_text": variant.text}
    answers = {"target_before": variant.item.target, "target": variant.perturbed.target, "effect": variant.effect}
    made = {name: getattr(recipe, name) for name in COLUMNS[:8]}
    return made | {"key": key_of(variant)} | texts | answers


def main() -> None:
    """Draw what is to be read, or write down what was decided."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    draw = commands.add_parser("draw")
    draw.add_argument("bbh", type=Path)
    draw.add_argument("-o", "--out", type=Path, required=True)
    draw.add_argument("--least", type=int, default=50)
    draw.add_argument(
        "--perturb", action="append", metavar="NAME", help="of this one alone; may be given several times"
    )
    fresh = commands.add_parser("unseen")
    fresh.add_argument("name")
    fresh.add_argument("family")
    fresh.add_argument("-o", "--out", type=Path, required=True)
    take = commands.add_parser("take")
    take.add_argument("decided", type=Path, nargs="+")
    asked = parser.parse_args()
    if asked.command in ("draw", "unseen"):
        found = (
            unseen(asked.name, asked.family)
            if asked.command == "unseen"
            else to_read(asked.bbh, asked.least, asked.perturb)
        )
        rows = [row_of(*one) for one in found]
        asked.out.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
        print(
            f"{len(rows)} variants of {len({row['perturbation'] for row in rows})} perturbations to read: {asked.out}"
        )
        return
    rows = [json.loads(line) for path in asked.decided for line in path.read_text(encoding="utf-8").splitlines()]
    write(kept() + [row for row in rows if row.get("decision") in DECISIONS])


def write(rows: list[dict[str, str]]) -> None:
    """Write the readings down in the order of the registry, each variant once."""
    places = {name: number for number, name in enumerate(perturbations)}
    unique = {(row["perturbation"], row["key"]): row for row in rows}
    ordered = sorted(
        unique.values(), key=lambda row: (places[row["perturbation"]], row["source"], row["item"], row["key"])
    )
    with READINGS.open("w", encoding="utf-8", newline="") as out:
        writer = csv.DictWriter(out, COLUMNS, extrasaction="ignore", lineterminator="\n")
        writer.writeheader()
        writer.writerows(ordered)


if __name__ == "__main__":
    main()
