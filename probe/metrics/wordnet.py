"""The number of senses of a word, from the plain files of WordNet where they are installed (Debian: wordnet-base).

    index.noun   bank n 10 ...      word, part of speech, number of senses        WordNet's own format, wndb(5)
    index.verb   bank v 8 ...                                                     "bank" has 18, "banks" as many
    noun.exc     geese goose        irregular form, its base

An inflected word counts as the base forms that WordNet's own rules find for it (morphy(7)): irregular forms by the list, others
by taking an ending off, where the rest is a word of that part of speech. Fellbaum 1998, WordNet.

Covered: single words, versions 2.0 to 3.1. Not covered: compounds, which sense is meant.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

ENDINGS: dict[str, tuple[tuple[str, str], ...]] = {
    "noun": (
        *(("s", ""), ("ses", "s"), ("ves", "f"), ("xes", "x"), ("zes", "z")),
        *(("ches", "ch"), ("shes", "sh"), ("men", "man"), ("ies", "y")),
    ),
    "verb": (("s", ""), ("ies", "y"), ("es", "e"), ("es", ""), ("ed", "e"), ("ed", ""), ("ing", "e"), ("ing", "")),
    "adj": (("er", ""), ("est", ""), ("er", "e"), ("est", "e")),
    "adv": (),
}
"""By part of speech: what is taken off, what is put on."""


def folder() -> Path | None:
    """Return the folder of WordNet's files: WNSEARCHDIR, WNHOME/dict or Debian's; None if there is none."""
    places = [os.environ.get("WNSEARCHDIR"), os.environ.get("WNHOME") and f"{os.environ['WNHOME']}/dict"]
    candidates = [Path(place) for place in (*places, "/usr/share/wordnet") if place]
    return next((place for place in candidates if all((place / f"index.{part}").is_file() for part in ENDINGS)), None)


def senses(place: Path) -> Callable[[str], float | None]:
    """Return the function that counts the senses of a word in lower case; None of a word that WordNet does not have."""
    counts = {part: dict(_counts(place / f"index.{part}")) for part in ENDINGS}
    irregular = {part: dict(_exceptions(place / f"{part}.exc")) for part in ENDINGS}

    def num_senses(word: str) -> float | None:
        return float(sum(_of_part(word, part, counts[part], irregular[part]) for part in ENDINGS)) or None

    return num_senses


def _of_part(word: str, part: str, counts: Mapping[str, int], irregular: Mapping[str, tuple[str, ...]]) -> int:
    if word in irregular:
        forms = irregular[word]
    else:
        forms = tuple(word[: -len(ending)] + base for ending, base in ENDINGS[part] if word.endswith(ending))
    return sum(counts.get(form, 0) for form in dict.fromkeys((word, *forms)))


def _counts(path: Path) -> Iterator[tuple[str, int]]:
    for line in path.read_text(encoding="utf-8").splitlines():
        if line and not line.startswith(" "):  # the licence at the top of each file is indented
            word, _, number = line.split(" ", 3)[:3]
            yield word, int(number)


def _exceptions(path: Path) -> Iterator[tuple[str, tuple[str, ...]]]:
    for line in path.read_text(encoding="utf-8").splitlines() if path.is_file() else []:
        word, *bases = line.split()
        yield word, tuple(bases)
