"""How often perturbations change machine text that stands among prose.

    python benchmarks/mixed.py [docs/methodology/mixed_texts.txt] [--show FAMILY]

The texts, of customers, data, medicine, law, programs and sums, mark what a reader takes for machine text, as in
"Run \u00abls -l\u00bb."; the marks are taken out before a text is perturbed, as an instruction and as a field. A variant is
bad where a marked piece does not stand as it stood, with its lines whole. Prints the table of docs/methodology/validity.md; with
`--show` the bad variants of a family.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterator
from pathlib import Path

import probe.perturb  # noqa: F401  registers what is shipped
from probe.registry import perturbations
from probe.seeds import rng_for
from probe.types import Field, Item, Perturbation, Prompt

TEXTS = Path(__file__).parents[1] / "docs" / "methodology" / "mixed_texts.txt"
FAMILIES = (
    "typos",
    "casing",
    "whitespace",
    "punctuation",
    "wording",
    "grammar",
    "order",
    "lexical-overlap",
    "distraction",
    "structure",
)
HEAD = ("| family | variants | machine text changed | share left alone |", "|---|---|---|---|")


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("texts", type=Path, nargs="?", default=TEXTS)
    parser.add_argument("--show", default="")
    asked = parser.parse_args()
    print("\n".join(table(asked.texts)))
    if asked.show:
        for name, text, lost in variants(asked.texts, asked.show):
            if lost:
                print(f"{name}: {lost}\n{text}\n")


def table(path: Path) -> list[str]:
    """Return the table's lines, a family each."""
    rows = list(HEAD)
    for family in FAMILIES:
        found = [bool(lost) for _, _, lost in variants(path, family)]
        if found:
            rows.append(f"| {family} | {len(found)} | {sum(found)} | {1 - sum(found) / len(found):.3f} |")
    return rows


def variants(path: Path, family: str) -> Iterator[tuple[str, str, list[str]]]:
    """Return the variants of a family: the perturbation, the text, and the marked pieces that do not stand in it."""
    for one in perturbations.values():
        if one.family == family and one.effect == "label-preserving":
            for number, (text, pieces) in enumerate(read(path)):
                yield from ((one.name, made, lost(made, text, pieces)) for made in made_of(one, text, str(number)))


def read(path: Path) -> list[tuple[str, list[str]]]:
    """Return each text without its marks, and the marked pieces."""
    found = []
    for block in path.read_text(encoding="utf-8").strip("\n").split("\n====\n"):
        text = block.partition("\n")[2]
        found.append((re.sub("[\u00ab\u00bb]", "", text), re.findall("\u00ab(.*?)\u00bb", text, re.DOTALL)))
    return found


def made_of(one: Perturbation, text: str, ident: str) -> Iterator[str]:
    """Return the text as it is asked, as an instruction and as a field, where it is another."""
    prompts = (Prompt(text, ()), Prompt("Answer the question.", (Field("Message", text),)))
    for prompt in prompts:
        asked = one.apply(Item(ident, prompt, "none of it"), rng_for("mixed", one.name, ident))
        if asked is not None:
            made = asked.prompt.fields[0].text if prompt.fields else asked.prompt.instruction
            if made != text:
                yield made.replace("\r\n", "\n").rstrip("\r")


def lost(made: str, text: str, pieces: list[str]) -> list[str]:
    """Return the pieces that a variant does not hold as often as the text; those of several lines must be whole lines."""
    lines = made.split("\n")
    return [
        piece
        for piece in pieces
        if made.count(piece) < text.count(piece)
        or ("\n" in piece and any(line not in lines for line in piece.split("\n")))
    ]


if __name__ == "__main__":
    main()
