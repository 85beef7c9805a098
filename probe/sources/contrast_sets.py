"""Contrast sets as published, from files that a user has: `contrast:boolq:FILE`, `contrast:imdb:ORIGINAL:CONTRAST`.

    file --> records (set_id, member_id, role, fields, gold) --> an item for each original, its contrast members on it

Gardner et al. 2020, "Evaluating Models' Local Decision Boundaries via Contrast Sets" (arXiv 2004.02709). The data has no licence:
it is read where it lies and never shipped.

A member whose answer is the original's becomes an item of its own rather than a contrast. A set without an original is led by
its first member.

Covered: BoolQ, IMDb, MATRES, MC-TACO, Perspectrum, ROPES, Quoref, DROP. Labels are stripped, placeholders dropped, what cannot be
used is counted by reason.
Not covered: NLVR2 (images), UD English (parse trees).
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from probe.errors import UsageError
from probe.registry import unknown_name
from probe.sources import contrast_comprehension as comprehension
from probe.sources import contrast_readers as readers
from probe.sources.base import SourceOptions, name_from
from probe.sources.contrast_records import Record
from probe.types import Contrast, Field, Item, Prompt, Suite

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Kind:
    """How contrast sets of one kind are read, asked and accepted."""

    load: Callable[[Sequence[Path], Counter[str]], list[Record]]
    prompt: Prompt
    files: int = 1
    min_overlap: float | None = None
    """As in `Suite`: the authors' own scripts accept free answers from a token F1 of 0.8 on, but for ROPES."""


KINDS: dict[str, Kind] = {
    "boolq": Kind(readers.boolq, Prompt("Answer the question from the passage with {choices}.", (), ("yes", "no"))),
    "imdb": Kind(
        readers.imdb,
        Prompt("Is this film review positive or negative?", (), ("positive", "negative"), answer_field="Sentiment"),
        files=2,
    ),
    "matres": Kind(
        readers.matres,
        Prompt(
            "Two events stand between asterisks in the text. When does the first one happen, seen from the second? "
            "Answer {choices}.",
            (),
            ("before", "after", "simultaneous", "vague"),
        ),
    ),
    "mctaco": Kind(
        readers.mctaco,
        Prompt("Is the answer to the question about time plausible? Answer {choices}.", (), ("yes", "no")),
        files=2,
    ),
    "perspectrum": Kind(
        readers.perspectrum,
        Prompt("Does the perspective support or undermine the claim? Answer {choices}.", (), ("support", "undermine")),
    ),
    "ropes": Kind(
        comprehension.ropes, Prompt("Answer the question from the background and the situation.", ()), files=2
    ),
    "quoref": Kind(
        comprehension.quoref, Prompt("Answer the question with words of the passage.", ()), files=2, min_overlap=0.8
    ),
    "drop": Kind(
        comprehension.drop,
        Prompt("Answer the question about the passage with a number, a date or some words of it.", ()),
        min_overlap=0.8,
    ),
}
MAX_NEW_TOKENS = 32


def read(argument: str, options: SourceOptions) -> Suite:
    """Read the contrast sets of a kind.

    Raises:
        UsageError: there is no such kind or file.
        SuiteError: a file is not of its form; says file and line.
    """
    kind, _, rest = argument.partition(":")
    if kind not in KINDS:
        raise unknown_name("kind of contrast sets", kind, list(KINDS))
    paths = [Path(part).expanduser() for part in rest.split(":") if part]
    wanted = KINDS[kind].files
    if len(paths) != wanted:
        form = "ORIGINAL:CONTRAST" if wanted == 2 else "FILE"
        raise UsageError(
            f"contrast:{argument}: {kind} is read from {wanted} file{'s' * (wanted > 1)}",
            hint=f"write contrast:{kind}:{form}",
        )
    if absent := next((path for path in paths if not path.is_file()), None):
        raise UsageError(f"contrast:{argument}: there is no file {absent}")
    prompt = KINDS[kind].prompt
    dropped: Counter[str] = Counter()
    items = items_from(KINDS[kind].load(paths, dropped), prompt, dropped)
    for reason, number in dropped.items():
        log.warning("contrast:%s: left out %d: %s", argument, number, reason)
    suite = Suite(f"contrast-{name_from(kind)}", "1", f"Contrast sets: {kind}.", items, path=f"contrast:{argument}")
    if prompt.choices:
        return suite
    return replace(suite, max_new_tokens=MAX_NEW_TOKENS, min_overlap=KINDS[kind].min_overlap)


def items_from(records: Sequence[Record], prompt: Prompt, dropped: Counter[str]) -> tuple[Item, ...]:
    """Return an item for each set, with its members whose answer is another as contrasts, and one for each other member."""
    sets: dict[str, list[Record]] = {}
    for record in records:
        if not record.gold:
            dropped["an empty answer"] += 1
        elif prompt.choices and record.gold not in prompt.choices:
            dropped[f"an answer that is none of {', '.join(prompt.choices)}"] += 1
        else:
            sets.setdefault(record.set_id, []).append(record)
    items: list[Item] = []
    for name, members in sets.items():
        items += _items(name, sorted(members, key=lambda one: one.role != "original"), prompt, dropped)
    return tuple(items)


def _items(name: str, members: list[Record], prompt: Prompt, dropped: Counter[str]) -> list[Item]:
    lead, others = members[0], []
    contrasts: list[Contrast] = []
    for one in members[1:]:
        if one.fields == lead.fields:
            dropped["a member that asks what the original asks"] += 1
        elif one.gold == lead.gold:
            others.append(one)
        else:
            contrasts.append(Contrast(_fields(one), one.gold))
    head = Item(name, replace(prompt, fields=_fields(lead)), lead.gold, lead.others, tuple(contrasts))
    return [
        head,
        *(
            Item(f"{name}+{one.member_id}", replace(prompt, fields=_fields(one)), one.gold, one.others)
            for one in others
        ),
    ]


def _fields(record: Record) -> tuple[Field, ...]:
    return tuple(Field(name, text) for name, text in record.fields)
