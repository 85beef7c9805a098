r"""Lines of YAML among the lines of a text.

    server:            a key, and one that lies deeper: YAML
      port: 8080
    replicas: 3        small keys with values that are no sentences, two or more: YAML
    Name: Ann          a form or a letter has such lines as well: prose
    user: hello        a dialogue: prose

Covered: keys in one another, lists beneath keys, blocks of text after | and >. Not covered: one key alone beside a word.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from probe.perturb.helpers.machine.lines import MAX_LINE, is_prose
from probe.perturb.helpers.machine.tables import Lines
from probe.perturb.words import word_set

_KEY = re.compile(
    r"(?P<indent>[ \t]*)(?:- +)*(?P<key>[A-Za-z_][\w./-]*|\"[^\"\n]+\"|'[^'\n]+'):(?:[ \t]+(?P<value>\S.*)|[ \t]*)$"
)
_ENTRY = re.compile(r"(?P<indent>[ \t]*)- +\S")
_SCALAR = re.compile(
    r"(?:[-+]?[\d.]\S*|true|false|null|yes|no|on|off|~|[\"'].*[\"']|\[.*\]|\{.*\}|[|>][-+]?|[&*!]\S+|\S*(?:[/_]|\w\.\w)\S*)(?:\s+#.*)?$"
)


def take_yaml(lines: Lines) -> None:
    """Take lines of keys and values."""
    first = 0
    while first < len(lines.rows):
        last = _last_candidate(lines, first)
        if last < first:
            first += 1
            continue
        if _is_yaml(lines.rows[first : last + 1]):
            lines.take(first, last)
        first = last + 1


def _last_candidate(lines: Lines, first: int) -> int:
    """Return the last of the lines from `first` on that may be one document of YAML; one before it where it is none."""
    place, last, floor = first, first - 1, -1
    while place < len(lines.rows):
        row = lines.rows[place]
        indent = len(row) - len(row.lstrip())
        if row.strip() and floor >= 0 and indent > floor:
            last, place = place, place + 1
            continue
        if not row.strip():
            if floor < 0 or place + 1 >= len(lines.rows) or not lines.rows[place + 1].startswith("  "):
                break
            place += 1
            continue
        floor = -1
        key = _KEY.match(row) if len(row) <= MAX_LINE else None
        is_one = key is not None or _ENTRY.match(row) or row.strip() in ("---", "...") or row.lstrip().startswith("#")
        if not is_one or (row.lstrip().startswith("#") and place == first):
            break
        if key is not None and (key["value"] or "")[:1] in ("|", ">"):
            floor = indent
        last, place = place, place + 1
    return last


def _is_yaml(rows: Sequence[str]) -> bool:
    keys = [match for row in rows if (match := _KEY.match(row))]
    if not keys:
        return False
    if rows[0].strip() == "---" and len(keys) > 1:
        return True
    plain = [
        key
        for key in keys
        if (key["key"][0].islower() or key["key"][0] in "_\"'") and key["key"] not in word_set("machine", "speakers")
    ]
    if len(keys) == 1 == len(rows):
        return (
            bool(plain) and _SCALAR.match(keys[0]["value"] or "") is not None and keys[0]["key"].lower() not in _LABELS
        )
    if any(_nests(one, two) for one, two in zip(rows, rows[1:], strict=False)):
        return True
    told = [key for key in plain if not is_prose(key["value"] or "") and len((key["value"] or "").split()) <= 4]
    return len(plain) == len(keys) and len(told) >= 2 and 2 * len(told) >= len(keys)


_LABELS = frozenset(
    {"answer", "label", "score", "rating", "date", "time", "price", "total", "page", "step", "hint", "note", "ps"}
)
"""Names before a single value that a letter or a form has as well."""


def _nests(one: str, two: str) -> bool:
    """Return whether a key stands alone, and a key that lies deeper follows."""
    outer, inner = _KEY.match(one), _KEY.match(two)
    if outer is None or inner is None or outer["value"]:
        return False
    return len(inner["indent"]) > len(outer["indent"]) or (two.lstrip().startswith("- ") and outer["key"][0].islower())
