"""Paraphrases of a suite's instructions: from a file, or written by a model, checked and saved.

    --paraphrases FILE  ---------------------------------------> Item.paraphrases
    --paraphraser MODEL --> replies --> candidates --> guard --> Item.paraphrases
                               |
                        paraphrases.jsonl: a saved reply is never asked for again

Covered: instructions and templates that a suite's items share. Not covered: the texts of fields, which differ from item to item.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from probe.errors import UsageError
from probe.paraphrase.files import read_file
from probe.paraphrase.guard import fault
from probe.paraphrase.saved import SavedReplies
from probe.paraphrase.writers import Writer, writer_of
from probe.paraphrase.writing import STYLES, candidates, question
from probe.types import Item, Prompt, Suite

log = logging.getLogger(__name__)

EACH = 5
"""Paraphrases that one reply is asked for."""


EMPTY = "without a word"
"""The reason given for a reply without any candidate."""


@dataclass(frozen=True, slots=True)
class ParaphraseOptions:
    """The sources of paraphrases."""

    file: Path | None = None
    paraphraser: str | None = None
    num: int = 8
    """Paraphrases that a model writes of each instruction."""
    saved: Path = Path("paraphrases.jsonl")
    """The file of its replies."""


@dataclass(slots=True)
class Written:
    """A model's paraphrases for one suite: used and dropped ones."""

    by: str
    texts: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """By instruction: the paraphrases that are used."""
    dropped: dict[str, int] = field(default_factory=dict)
    """By reason."""

    def __str__(self) -> str:
        used, lost = sum(map(len, self.texts.values())), sum(self.dropped.values())
        reasons = ", ".join(f"{count} {reason}" for reason, count in sorted(self.dropped.items()))
        return f"{used} of {used + lost} paraphrases by {self.by} are used" + (f"; not used: {reasons}" if lost else "")


def with_paraphrases(
    suites: Sequence[Suite], wanted: ParaphraseOptions
) -> tuple[list[Suite], dict[str, dict[str, Any]]]:
    """Return the suites with their paraphrases, and a record of them for the manifest.

    Raises:
        UsageError: the file is wrong, or no such paraphraser.
        ModelError: the paraphraser cannot be loaded or asked.
        StoreError: what it writes could not be saved.
    """
    made = list(suites)
    if wanted.file is not None:
        own = read_file(wanted.file, made)
        made = [_extended(suite, {item.prompt.instruction: own[suite.name] for item in suite.items}) for suite in made]
    if wanted.paraphraser is None:
        return made, {suite.name: {"texts": _texts(suite)} for suite in made if _texts(suite)}
    writer = writer_of(wanted.paraphraser)
    saved = SavedReplies(wanted.saved)
    saved.check()
    record: dict[str, dict[str, Any]] = {}
    for place, suite in enumerate(made):
        written = written_for(suite, writer, saved, num=wanted.num)
        (log.warning if written.dropped or not any(written.texts.values()) else log.info)("%s: %s", suite.name, written)
        made[place] = _extended(suite, written.texts)
        record[suite.name] = {"by": written.by, "dropped": written.dropped, "texts": _texts(made[place])}
    return made, record


def given_again(suite: Suite, recorded: Mapping[str, Any] | None) -> Suite:
    """Return the suite with the paraphrases recorded in a run's manifest."""
    texts = (recorded or {}).get(suite.name, {}).get("texts", {})
    items = tuple(
        replace(item, paraphrases=tuple(texts[item.prompt.instruction])) if item.prompt.instruction in texts else item
        for item in suite.items
    )
    return replace(suite, items=items) if texts else suite


def written_for(suite: Suite, writer: Writer, saved: SavedReplies, *, num: int) -> Written:
    """Have each instruction rewritten until `num` paraphrases pass the guard or all styles were tried."""
    written = Written(writer.name)
    for prompt in {item.prompt.instruction: item.prompt for item in suite.items}.values():
        if prompt.instruction.strip():
            written.texts[prompt.instruction] = _ways(prompt, writer, saved, num, written.dropped)
    if not written.texts:
        raise UsageError(f"suite {suite.name!r} has no instruction to paraphrase", hint="leave out --paraphraser")
    return written


def _ways(prompt: Prompt, writer: Writer, saved: SavedReplies, num: int, dropped: dict[str, int]) -> tuple[str, ...]:
    good: list[str] = []
    for style in STYLES:
        asked = question(prompt, EACH, style)
        written = candidates(saved.reply(writer, asked))
        if not written:
            dropped[EMPTY] = dropped.get(EMPTY, 0) + 1
        for text in written:
            reason = fault(prompt, text, good)
            if reason:
                dropped[reason] = dropped.get(reason, 0) + 1
            elif len(good) < num:
                good.append(text)
        if len(good) >= num:
            break
    return tuple(good)


def _extended(suite: Suite, texts: Mapping[str, Sequence[str]]) -> Suite:
    """Return the suite with further paraphrases, by instruction; items of one instruction share one tuple."""
    joined: dict[tuple[str, tuple[str, ...]], tuple[str, ...]] = {}

    def one(item: Item) -> Item:
        key = (item.prompt.instruction, item.paraphrases)
        if key not in joined:
            joined[key] = tuple(dict.fromkeys((*item.paraphrases, *texts.get(item.prompt.instruction, ()))))
        return replace(item, paraphrases=joined[key])

    return replace(suite, items=tuple(map(one, suite.items)))


def _texts(suite: Suite) -> dict[str, list[str]]:
    return {item.prompt.instruction: list(item.paraphrases) for item in suite.items if item.paraphrases}
