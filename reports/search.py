"""What the search of a page looks through: the texts in which its cards differ, by the place that a match is named after.

    name      suite, item, family and perturbation
    answers   both answers, the right ones, what became of them
    edit      what was removed and added
    text      the original prompt, without what the prompts of the suite share: instruction, list of choices, descriptors

A search through whole prompts would find a choice on every card, since each prompt lists its choices.

Covered: the texts. Not covered: searching (`page/page.js`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass

from probe.diff import token_edits

PLACES = {"name": "item or variant", "answers": "answer", "edit": "edit", "text": "text"}
"""Display names of the places."""

EDGE = "\n"
"""The token of a line break, and of either end of a text."""
MAX_CHARS = 2000
"""Of a prompt's own text."""


@dataclass(frozen=True, slots=True)
class Searched:
    """What is searched of a card."""

    id: str
    name: str
    answers: str
    edit: str
    text: str

    def to_json(self) -> dict[str, str]:
        """Return it as a JSON object."""
        return asdict(self)


def edit_words(before: str, after: str) -> str:
    """Return what was removed from a prompt and what was added to it."""
    return " ".join(edit.text for edit in token_edits(before, after) if edit.kind != "same")


def own_texts(texts: Sequence[tuple[str, str, str]]) -> list[str]:
    """Return the text of each prompt (suite, item, text) without what most items of its suite have in common.

    Three tokens in a row that stand in most items are shared, and two at the edge of a line.
    """
    tokens = [_tokens(text) for _, _, text in texts]
    items: dict[str, set[str]] = {}
    num: dict[str, Counter[tuple[str, ...]]] = {}
    for (suite, item, _), words in zip(texts, tokens, strict=True):
        if item not in items.setdefault(suite, set()):
            items[suite].add(item)
            num.setdefault(suite, Counter()).update({shingle for _, shingle in _shingles(words)})
    return [
        _own(words, {one for one, n in num[suite].items() if n > max(1, len(items[suite]) / 2)})
        for (suite, _, _), words in zip(texts, tokens, strict=True)
    ]


def as_data(cards: Iterable[Searched]) -> dict[str, object]:
    """Return what the page's script reads: the names of the places, and the texts of each card."""
    places: Mapping[str, str] = PLACES
    return {"places": places, "cards": [card.to_json() for card in cards]}


def _tokens(text: str) -> list[str]:
    lines = [line.split() for line in text.split("\n")]
    return [EDGE, *(token for line in lines for token in (*line, EDGE))]


def _shingles(tokens: Sequence[str]) -> Iterable[tuple[int, tuple[str, ...]]]:
    """Return runs of tokens with their place: threes, and twos at an edge."""
    for at in range(len(tokens) - 1):
        if at + 2 < len(tokens):
            yield at, tuple(tokens[at : at + 3])
        if EDGE in tokens[at : at + 2]:
            yield at, tuple(tokens[at : at + 2])


def _own(tokens: Sequence[str], shared: set[tuple[str, ...]]) -> str:
    covered: set[int] = set()
    for at, shingle in _shingles(tokens):
        if shingle in shared:
            covered.update(range(at, at + len(shingle)))
    return " ".join(token for at, token in enumerate(tokens) if at not in covered and token != EDGE)[:MAX_CHARS]
