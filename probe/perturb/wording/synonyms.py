"""Other words for the instruction: synonyms of instruction words and phrases from the project's own list.

    Decide whether the passage supports the claim.  ->  Determine whether the text supports the claim.

One sample replaces one to three heads, the same for all items. Casing stays, a/an follows the new word.

Covered: the instruction, and the fixed text of a template.
Not covered: the texts of fields, demonstrations, descriptors, placeholders, quotations, what answers are made of, words
that are themselves a field's descriptor.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from random import Random

from probe.evolve import evolve
from probe.perturb.catalogue.register import perturbation
from probe.perturb.helpers.english import like, whole_words, with_article, words_of
from probe.perturb.helpers.language import in_english
from probe.perturb.helpers.machine.text import machine_text
from probe.perturb.helpers.protected import SPANS
from probe.perturb.words import table
from probe.types import Prompt

MAX_REPLACED = 3

_DETERMINERS = frozenset({"the", "a", "this"})
_BASE_FORM = r"(?:(?<=\band )|(?<=\bto )|(?<=\bthen ))"
_OPENING = r"(?:^|(?<=[.!?:;]\s)|(?<=[.!?:;]\s\s)|(?<=\n))(?:(?:please|now|then|next|first|finally),? )?"


@dataclass(frozen=True, slots=True)
class Head:
    """A place in an instruction that can be worded otherwise, and how."""

    start: int
    stop: int
    substitutes: tuple[str, ...]


@perturbation("wording-synonyms", family="wording", scope="suite")
@in_english
def wording_synonyms(prompt: Prompt, rng: Random) -> Prompt | None:
    """Replace words of the instruction by synonyms."""
    heads = find_heads(
        prompt.instruction, tuple(field.name for field in prompt.fields), (prompt.answer_field, prompt.options_field)
    )
    if not heads:
        return None
    count = rng.randint(1, min(MAX_REPLACED, len(heads)))
    chosen = [heads[index] for index in sorted(rng.sample(range(len(heads)), count))]
    words = [rng.choice(head.substitutes) for head in chosen]
    if any(_touches_answer(prompt, head, word) for head, word in zip(chosen, words, strict=True)):
        return None
    return evolve(prompt, instruction=_reworded(prompt.instruction, list(zip(chosen, words, strict=True))))


@lru_cache(maxsize=512)
def find_heads(instruction: str, fields: tuple[str, ...] = (), others: tuple[str, ...] = ()) -> tuple[Head, ...]:
    """Return the heads in an instruction from left to right, none within another and none in a protected stretch.

    Nouns among the descriptors, which are `fields` and `others`, keep their name; a field may be called "this" one.
    """
    heads = _listed(instruction, names=frozenset(words_of(" ".join([*fields, *others]))))
    closed = [Head(*match.span(), ()) for match in SPANS.finditer(instruction)]
    closed += [Head(span.start, span.stop, ()) for span in machine_text(instruction).spans]
    found: list[Head] = []
    end = 0
    for head in sorted([*heads, *_pointers(instruction, fields), *closed], key=lambda head: (head.start, -head.stop)):
        if head.start >= end:
            found.append(head)
            end = head.stop
    return tuple(head for head in found if head.substitutes)


def _pointers(instruction: str, fields: tuple[str, ...]) -> list[Head]:
    """Return the articles before the names of fields: `the` review, `the` passage."""
    found = []
    for name in fields:
        ways = ("the given", "the following") if name.endswith("s") else ("the given", "the following", "this")
        for match in re.finditer(rf"\bthe(?= {re.escape(name)}\b)", instruction, re.IGNORECASE):
            found.append(Head(*match.span(), ways))
    return found


def _is_descriptor(instruction: str, start: int, stop: int) -> bool:
    """Return whether a word stands alone at the start of a line before a colon, as a template's descriptors do."""
    return instruction[stop : stop + 1] == ":" and instruction[max(0, start - 1) : start] in ("", "\n")


def _listed(instruction: str, *, names: frozenset[str]) -> list[Head]:
    """Return every place where a head of the list stands, overlapping ones too; a phrase keeps the `names` in it."""
    commands, phrases = _patterns()
    heads = []
    for match in commands.finditer(instruction):
        start, stop = match.span(match.lastindex or 0)
        heads.append(Head(start, stop, _substitutes()["^" + instruction[start:stop].lower()]))
    for match in phrases.finditer(instruction):
        words = words_of(match[1])
        substitutes = tuple(new for new in _substitutes()[match[1].lower()] if words & names <= words_of(new))
        is_name = words - _DETERMINERS <= names
        if substitutes and not is_name and not _is_descriptor(instruction, *match.span(1)):
            heads.append(Head(*match.span(1), substitutes))
    return heads


@lru_cache(maxsize=1)
def _substitutes() -> dict[str, tuple[str, ...]]:
    """Return what may stand for each head, without the mark of the word that has to follow."""
    return {head.partition(" ~")[0]: substitutes for head, substitutes in table("wording", "synonyms").items()}


@lru_cache(maxsize=1)
def _patterns() -> tuple[re.Pattern[str], re.Pattern[str]]:
    """Return the patterns of the commands, which open a sentence, and of the phrases, which stand anywhere."""
    longest_first = sorted(table("wording", "synonyms"), key=len, reverse=True)
    commands = [_pattern(head[1:]) for head in longest_first if head.startswith("^")]
    long_commands = "|".join(command for command in commands if "\\ " in command)
    phrases = "|".join(_pattern(head) for head in longest_first if not head.startswith("^"))
    return (
        re.compile(rf"(?:{_OPENING}({'|'.join(commands)})|{_BASE_FORM}({long_commands}))(?= \S)", re.IGNORECASE),
        re.compile(rf"(?<![\w'-])({phrases})(?![\w'@-])", re.IGNORECASE),
    )


def _pattern(head: str) -> str:
    """Return the pattern of a head, and after it of the word that has to follow."""
    text, mark, following = head.partition(" ~")
    return re.escape(text) + (rf"(?= {following or chr(92) + 'w'})" if mark else "")


def _touches_answer(prompt: Prompt, head: Head, word: str) -> bool:
    """Return whether the replaced or the new words say one of the choices."""
    both = f"{prompt.instruction[head.start : head.stop]}\n{word}"
    return whole_words(tuple(filter(None, prompt.choices))).search(both) is not None


def _reworded(instruction: str, replacements: list[tuple[Head, str]]) -> str:
    pieces: list[str] = []
    end = 0
    for head, word in replacements:
        before = with_article(instruction[end : head.start], word)
        pieces += [before, like(instruction[head.start : head.stop], word)]
        end = head.stop
    return "".join([*pieces, instruction[end:]])
