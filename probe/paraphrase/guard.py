"""Rules that a paraphrase must pass to stand for an instruction; they need no model.

Both must have the same numbers, names, placeholders, quotations, label words and words that turn the meaning, and must share
some of their other words.

Covered: loss, change and leak of those; copies, duplicates, remarks of the writer, control characters, sizes out of proportion.
Not covered: a change of meaning in other words; that is why written paraphrases can be read with `probe show`.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence

from probe.perturb.helpers.english import whole_words
from probe.perturb.words import pairs, word_set
from probe.prompt.render import PLACEHOLDER, shown
from probe.types import Prompt

SHARED = 0.25
"""Least share of the instruction's content words that a paraphrase has too, by their first letters."""

FOREIGN = 0.75
FEW_FOUND = 6
"""Of at least so many content words so large a share may not be new: then something else is asked as well."""

LONGEST = 3.0
SHORTEST = 0.3
"""Of the instruction's length; short ones may gain some words."""
FEW_WORDS = 12

NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
QUOTED = re.compile(r"\"([^\"\n]+)\"|\u201c([^\u201d\n]+)\u201d|`([^`\n]+)`|(?<!\w)'([^'\n]+)'(?!\w)")
NAME = re.compile(r"(?<![.!?:\n\"\u201c] )(?<![.!?:\n\"\u201c])(?<!^)\b[A-Z][\w-]*")
REMARK = re.compile(
    r"^(?:sure|certainly|of course|here (?:is|are)|as an ai|i(?:'m| am) (?:sorry|unable)|i can(?:no|')t|okay|rewritten|"
    r"paraphrase[ds]?|instruction|version|answer:)\b",
    re.IGNORECASE,
)
ORDER = re.compile(r"\b(?:ignore|disregard|forget|override|bypass)\b", re.IGNORECASE)
"""Words about other instructions, which no instruction has."""
MARKUP = re.compile(r"[<>\[\]|\\]|://|```")


def fault(prompt: Prompt, text: str, others: Sequence[str] = ()) -> str:
    """Return the first rule that a candidate breaks, in words; empty where it breaks none."""
    original = prompt.instruction
    return (
        _form_fault(original, text)
        or _copy_fault(original, text, others)
        or _kept_fault(original, text)
        or _label_fault(prompt, text)
        or _share_fault(prompt, text)
    )


def _form_fault(original: str, text: str) -> str:
    if any(unicodedata.category(char) in ("Cc", "Cf", "Cs", "Co", "Cn") and char not in "\n\t" for char in text):
        return "with control characters"
    words, written = len(original.split()), len(text.split())
    if written > max(LONGEST * words, FEW_WORDS) or len(text) > LONGEST * len(original) + 80:
        return "too long"
    if written < max(2, SHORTEST * words):
        return "too short"
    if text.count("\n") > original.count("\n") + 1:
        return "too long"
    if set(MARKUP.findall(text)) - set(MARKUP.findall(original)):
        return "with markup or addresses"
    is_remark = REMARK.match(text) and not REMARK.match(original)
    is_order = ORDER.search(text) and not ORDER.search(original)
    return "about the task, not of it" if is_remark or is_order else ""


def _copy_fault(original: str, text: str, others: Sequence[str]) -> str:
    same = _bare(text)
    if same == _bare(original):
        return "equal to the instruction"
    return "written twice" if any(same == _bare(other) for other in others) else ""


def _bare(text: str) -> str:
    return " ".join(re.findall(r"\w+|[{}]", text.casefold()))


def _kept_fault(original: str, text: str) -> str:
    if Counter(PLACEHOLDER.findall(original)) != Counter(PLACEHOLDER.findall(text)):
        return "with other placeholders"
    if original.rstrip().endswith(":") and "{" in original and not text.rstrip().endswith(":"):
        return "without the answer slot"
    if Counter(NUMBER.findall(original)) != Counter(NUMBER.findall(text)):
        return "with other numbers"
    numbers = word_set("words", "numbers", __package__)
    if _words(original) & numbers != _words(text) & numbers:
        return "with other numbers"
    if _quotations(original) != _quotations(text):
        return "with other quotations"
    if not _names(original) <= _marks(text) or not _names(text) <= _marks(original):
        return "with other names"
    return "with another turn (not, most, only ...)" if _turns(original) != _turns(text) else ""


def _words(text: str) -> set[str]:
    return set(re.findall(r"[^\W\d_]+", PLACEHOLDER.sub(" ", text).lower()))


def _quotations(text: str) -> set[str]:
    return {next(filter(None, match)).lower() for match in QUOTED.findall(text)}


def _names(text: str) -> set[str]:
    return {match.lower() for match in NAME.findall(PLACEHOLDER.sub(" ", text)) if match != "I"}


def _marks(text: str) -> set[str]:
    return {word.lower() for word in re.findall(r"[\w-]+", text)}


def _turns(text: str) -> set[str]:
    negated = {"not"} if re.search(r"n['\u2019]t\b|\bcannot\b", text, re.IGNORECASE) else set()
    same = pairs("words", "same_turn", __package__)
    turns = {same.get(word, word) for word in _words(text) & word_set("words", "turning", __package__)} - {"cannot"}
    # "without exception" and the like aside, a command needs no "must" of its own
    return (turns | negated) - {"must", "may", "all"}


def _label_fault(prompt: Prompt, text: str) -> str:
    """Return whether labels are named on one side only: lost, or an answer that is given away."""
    if prompt.list_choices:
        return ""
    patterns = [whole_words((word,)) for word in _labels(prompt) if word]
    before = [len(pattern.findall(prompt.instruction)) for pattern in patterns]
    after = [len(pattern.findall(text)) for pattern in patterns]
    if any(then and not now for then, now in zip(before, after, strict=True)):
        return "without a label"
    if any(now and not then for then, now in zip(before, after, strict=True)):
        return "with a label that the instruction does not name"
    return "with one label more often than another" if len(set(before)) == 1 < len(set(after)) else ""


def _labels(prompt: Prompt) -> list[str]:
    """Return the words that stand for the choices."""
    return [shown(prompt, choice) for choice in prompt.choices]


def _share_fault(prompt: Prompt, text: str) -> str:
    """Return whether too little is shared: stems of content words that are no labels, by their first five letters."""
    aside = word_set("words", "common", __package__) | _words(" ".join(_labels(prompt)))
    wanted = {word[:5] for word in _words(prompt.instruction) - aside}
    found = {word[:5] for word in _words(text) - aside}
    if wanted and len(wanted & found) < SHARED * len(wanted):
        return "with hardly a word of the instruction"
    is_foreign = len(found) >= FEW_FOUND and len(found - wanted) >= FOREIGN * len(found)
    return "mostly about something else" if is_foreign else ""
