"""Contrast sets as published, from files that a user has: `contrast:boolq:FILE`, `contrast:imdb:ORIGINAL:CONTRAST`.

    file --> records (set_id, member_id, role, fields, gold) --> an item for each original, its contrast members on it

Gardner et al. 2020, "Evaluating Models' Local Decision Boundaries via Contrast Sets" (arXiv 2004.02709). The data has no licence,
so it is never shipped: a user names the files.

A member whose answer is the original's becomes an item of its own rather than a contrast. The first
member leads a set without an original.

Covered: BoolQ, IMDb, MATRES, MC-TACO, Perspectrum, ROPES, Quoref, DROP. Labels are stripped, placeholders dropped, unusable
rows are counted by reason.
Not covered: NLVR2 (images), UD English (parse trees).
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from probe.errors import UsageError
from probe.files.names import split_colons
from probe.sources import contrast_comprehension, contrast_readers  # noqa: F401  register their kinds
from probe.sources.base import SourceOptions
from probe.sources.contrast_records import Record, kinds
from probe.suite.faults import counted
from probe.types import Contrast, Field, Item, Prompt, Suite

log = logging.getLogger(__name__)


MAX_NEW_TOKENS = 32


def read(argument: str, options: SourceOptions) -> Suite:
    """Read the contrast sets of a kind.

    Raises:
        UsageError: there is no such kind or file.
        SuiteError: a file is not of its form; says file and line.
    """
    name, _, rest = argument.partition(":")
    kind = kinds.get(name)
    paths = [Path(part).expanduser() for part in split_colons(rest) if part]
    if len(paths) != kind.files:
        form = "ORIGINAL:CONTRAST" if kind.files == 2 else "FILE"
        wanted = counted(kind.files, "file")
        raise UsageError(f"contrast:{argument}: {name} is read from {wanted}", hint=f"write contrast:{name}:{form}")
    if absent := next((path for path in paths if not path.is_file()), None):
        raise UsageError(f"contrast:{argument}: there is no file {absent}")
    dropped: Counter[str] = Counter()
    items = items_from(kind.load(paths, dropped), kind.prompt, dropped)
    for reason, number in dropped.items():
        log.warning("contrast:%s: left out %d: %s", argument, number, reason)
    suite = Suite(f"contrast-{name}", "1", f"Contrast sets: {name}.", items, path=f"contrast:{argument}")
    if kind.prompt.choices:
        return suite
    return replace(suite, max_new_tokens=MAX_NEW_TOKENS, min_overlap=kind.min_overlap)


def items_from(records: Sequence[Record], prompt: Prompt, dropped: Counter[str]) -> tuple[Item, ...]:
    """Return an item for each set and for each member with the original's answer; all other members are contrasts."""
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
    named = [(f"{name}+{one.member_id}", one) for one in others]
    return [head, *(Item(i, replace(prompt, fields=_fields(one)), one.gold, one.others) for i, one in named)]


def _fields(record: Record) -> tuple[Field, ...]:
    return tuple(Field(name, text) for name, text in record.fields)
