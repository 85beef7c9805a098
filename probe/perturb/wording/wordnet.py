"""The wide tier of synonyms: words of questions and passages, from a WordNet that lies on this machine.

    index.sense     attorney%1:18:00:: 10249270 1 19      word, part of speech, sense, how often texts were tagged with it

Fellbaum (ed.) 1998, "WordNet: An Electronic Lexical Database". Nothing is downloaded; only the file index.sense is read.
A word is taken where three guards let it through, and so is its synonym:

    sense            at least 95 % of its tagged uses have the one sense that both share
    part of speech   at least 95 % of its tagged uses are of one: noun, adjective or adverb
    frequency        at least 3 tagged uses

Covered: nouns (their regular plurals too), adjectives and adverbs of one word in the texts of fields.
Not covered: verbs, phrases, the instruction; where WordNet is not installed nothing (python -m nltk.downloader wordnet, or
apt install wordnet-sense-index; another folder is named by WNSEARCHDIR). The guards let near-synonyms through: off by default.
"""

from __future__ import annotations

import os
import zipfile
from collections import defaultdict
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from random import Random

from probe.perturb.catalogue.register import item_perturbation
from probe.perturb.helpers.english import with_article
from probe.perturb.helpers.language import is_english_text
from probe.perturb.helpers.protected import answers, descriptors, open_words
from probe.perturb.helpers.spans import texts, with_texts
from probe.perturb.words import word_set
from probe.types import Item

FILE = "index.sense"
SHARE = 0.95
USES = 3
POS = {"1": "noun", "3": "adjective", "4": "adverb", "5": "adjective"}
_IRREGULAR_ENDS = ("s", "x", "z", "ch", "sh", "y", "f", "fe", "man", "o")

Sense = tuple[str, str]
"""Part of speech and the offset that names the sense."""


@item_perturbation("wording-wordnet", family="wording", is_default=False, strength=0.3)
def wording_wordnet(item: Item, rng: Random, strength: float) -> Item | None:
    """Replace words of the fields by WordNet synonyms, each wherever it stands."""
    table = synonyms(os.environ.get("WNSEARCHDIR", ""))
    if not table:
        return None
    guarded, names = answers(item), descriptors(item)
    answer_text = " ".join(guarded).lower()
    places = [
        (place, span)
        for place, field in enumerate(item.prompt.fields, start=1)
        if is_english_text(field.text, item.prompt)
        for span in open_words(field.text, guarded, names, False)
        if field.text[span] in table and field.text[span] not in answer_text
    ]
    new = texts(item)
    words = sorted({new[place][span] for place, span in places})
    if not words:
        return None
    chosen = {word: rng.choice(table[word]) for word in rng.sample(words, max(1, round(strength * len(words))))}
    for place, span in reversed(places):
        text = new[place]
        word = chosen.get(text[span])
        if word is not None:
            new[place] = with_article(text[: span.start], word) + word + text[span.stop :]
    return with_texts(item, new)


@lru_cache(maxsize=4)
def synonyms(folder: str = "") -> dict[str, tuple[str, ...]]:
    """Return each word that the guards let through with its synonyms; none where no WordNet is found."""
    lines = next((lines for place in _places(folder) if (lines := _lines(place))), [])
    return table_of(lines)


def table_of(lines: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Return the table of the lines of index.sense."""
    uses: dict[str, dict[Sense, int]] = defaultdict(dict)
    for line in lines:
        parts = line.split()
        if len(parts) == 4 and "%" in parts[0] and parts[3].isdigit():
            lemma, _, rest = parts[0].partition("%")
            uses[lemma][POS.get(rest[:1], "verb"), parts[1]] = int(parts[3])
    members: dict[Sense, list[str]] = defaultdict(list)
    for lemma, counts in uses.items():
        sense, count = max(counts.items(), key=lambda entry: entry[1])
        is_plain = (
            lemma not in word_set("wording", "wordnet_left_out")
            and lemma.isalpha()
            and lemma.islower()
            and len(lemma) > 3
            and sense[0] != "verb"
        )
        if is_plain and count >= USES and count >= SHARE * sum(counts.values()):
            members[sense].append(lemma)
    table: dict[str, tuple[str, ...]] = {}
    for (kind, _), words in members.items():
        for word in words:
            others = tuple(sorted(set(words) - {word}))
            if others:
                table[word] = others
                if kind == "noun" and not any(each.endswith(_IRREGULAR_ENDS) for each in (word, *others)):
                    table[word + "s"] = tuple(other + "s" for other in others)
    return table


def _places(folder: str) -> list[Path]:
    """Return where WordNet may lie: the named folder, Debian's, NLTK's."""
    roots = [Path(part) for part in os.environ.get("NLTK_DATA", "").split(os.pathsep) if part]
    roots += [Path.home() / "nltk_data", Path("/usr/share/nltk_data"), Path("/usr/local/share/nltk_data")]
    named = [Path(folder)] if folder else []
    return [*named, Path("/usr/share/wordnet"), *(root / "corpora" / "wordnet" for root in roots)]


def _lines(place: Path) -> list[str]:
    """Return the lines of index.sense in a folder or in the archive of that name; none where it cannot be read."""
    try:
        if (place / FILE).is_file():
            return (place / FILE).read_text(encoding="utf-8", errors="replace").splitlines()
        archive = place.with_name(place.name + ".zip")
        if archive.is_file():
            with zipfile.ZipFile(archive) as packed:
                return packed.read(f"{place.name}/{FILE}").decode("utf-8", "replace").splitlines()
    except (OSError, KeyError, zipfile.BadZipFile):
        return []
    return []
