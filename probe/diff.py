r"""What was edited between two texts, token by token, for people to see.

    before   Say whether it rained.         same "Say whether it "   removed "rained"   added "raimed"   same "."
    after    Say whether it raimed.

The pieces that are the same or removed make the text before, those that are the same or added the text after.

Covered: words, punctuation, whitespace; marks that make whitespace and invisible characters seen; the edit as one short line.
Not covered: moves (a removal and an addition), edits within a word.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

EditKind = Literal["same", "removed", "added"]

TOKEN = re.compile(r"\w+|\s+|[^\w\s]")

EXACT_TOKENS = 1000
"""Up to so many tokens that are left between the common start and end, the edit is the one that `difflib` finds."""

QUICK_TOKENS = 48
"""The same where an edit is made for each variant of a run: `difflib` takes time with the square of their number."""

NEAR = 8
"""How far ahead is looked first; most edits end there."""

WINDOW = 48
"""How far ahead a longer text is searched for the place from which both sides agree again."""

AGREEING = 3
"""How many tokens in a row have to agree there."""


@dataclass(frozen=True, slots=True)
class Edit:
    """A stretch of text that stayed, went or came."""

    kind: EditKind
    text: str


def token_edits(before: str, after: str, *, exact: int = EXACT_TOKENS) -> tuple[Edit, ...]:
    """Return what stayed, went and came, in the order of the texts; what went stands before what came in its place.

    Where more than `exact` tokens are left between the common start and end, the edit is found by a walk: fast, not minimal.
    """
    if before == after:
        return (Edit("same", before),) if before else ()
    start, end = _shared(before, after)
    old, new = TOKEN.findall(before[start : len(before) - end]), TOKEN.findall(after[start : len(after) - end])
    head = _num_common(old, new)
    tail = _num_common(old[head:][::-1], new[head:][::-1])
    old_middle, new_middle = old[head : len(old) - tail], new[head : len(new) - tail]
    is_short = max(len(old_middle), len(new_middle)) <= exact
    changes = _exact(old_middle, new_middle) if is_short else _in_place(old_middle, new_middle)
    same_head, same_tail = [before[:start], *old[:head]], [*old[len(old) - tail :], before[len(before) - end :]]
    return _merged([("same", same_head), *changes, ("same", same_tail)])


def sizes(edits: Iterable[Edit]) -> tuple[int, int]:
    """Return how many tokens went and how many came."""
    found = {"same": 0, "removed": 0, "added": 0}
    for edit in edits:
        if edit.kind != "same":
            found[edit.kind] += len(TOKEN.findall(edit.text))
    return found["removed"], found["added"]


def on_a_line(edits: Sequence[Edit]) -> str:
    """Return the excerpt of edits on one line with [-what went-] and {+what came+}."""
    if all(edit.kind == "same" for edit in edits):
        return ""
    marks = {"same": "{}", "removed": "[-{}-]", "added": "{{+{}+}}"}
    parts = excerpt(edits, context=16, longest=160, limit=400)
    return "".join(marks[one.kind].format(one.text) for one in parts)


def excerpt(edits: Sequence[Edit], *, context: int, longest: int | None = None, limit: int | None = None) -> list[Edit]:
    """Return edits cut for one line, with `context` characters of what stayed on each side of them.

    What went or came is cut to `longest` characters, and the line to about `limit`: it ends by saying how many edits follow.
    """
    parts: list[Edit] = []
    size = 0
    for index, edit in enumerate(edits):
        if edit.kind == "same":
            part = _beside(edit.text, context, is_first=index == 0, is_last=index == len(edits) - 1)
        else:
            inner = edit.text
            if longest is not None and len(inner) > longest:
                inner = f"{inner[: longest // 2]} ... {inner[-(longest // 2) :]}"
            part = visible(inner).replace("\n", "")
        if limit is not None and parts and size + len(part) > limit:
            left = sum(one.kind != "same" for one in edits[index:])
            return [*parts, Edit("same", f" ... and {left} more" if left else " ...")]
        parts.append(Edit(edit.kind, part))
        size += len(part) + 4 * (edit.kind != "same")
    return parts


def edit_length(before: str, after: str) -> int:
    """Return how many tokens the edited stretch has, from the first that differs to the last, on the longer side."""
    start, end = _shared(before, after)
    old, new = TOKEN.findall(before[start : len(before) - end]), TOKEN.findall(after[start : len(after) - end])
    head = _num_common(old, new)
    tail = _num_common(old[head:][::-1], new[head:][::-1])
    return max(len(old), len(new)) - head - tail


def _beside(text: str, context: int, *, is_first: bool, is_last: bool) -> str:
    """Return what of an unchanged stretch stands beside an edit."""
    if len(text) > context and is_first:
        text = "..." + text[-context:]
    elif len(text) > context and is_last:
        text = text[:context] + "..."
    elif len(text) > 2 * context + 5:
        text = f"{text[:context]} ... {text[-context:]}"
    return _marked(text.replace("\n", " / "))


def visible(text: str) -> str:
    """Return the text with marks for what cannot be seen: line ends, tabs, odd spaces, control and format characters."""
    marked = _marked(text)
    if "  " not in marked and "\n" not in marked and marked == marked.strip(" "):
        return marked
    return re.sub(r"^ +| +$| {2,}", lambda match: _SPACE_MARK * len(match[0]), marked, flags=re.MULTILINE)


_SPACE_MARK = "\u00b7"
_MARKS = {
    "\n": "\u21b5\n",
    "\r": "\u240d",
    "\t": "\u21e5\t",
    "\u00a0": "\u237d",
    "\ufffd": "\ufffd",
}


def _marked(text: str) -> str:
    return text if text.isprintable() else "".join(map(_mark, text))


def _mark(character: str) -> str:
    if character in _MARKS:
        return _MARKS[character]
    is_plain = character == " " or unicodedata.category(character) not in ("Cc", "Cf", "Zs", "Zl", "Zp", "Cs")
    return character if is_plain else f"<U+{ord(character):04X}>"


Change = tuple[EditKind, list[str]]


def _shared(before: str, after: str) -> tuple[int, int]:
    """Return how many characters at the start and at the end are whole tokens of both texts, less a token or two.

    Comparing slices is so much faster than comparing tokens that a long prompt with a short edit costs next to nothing.
    """
    start = _common_length(before, after, from_end=False)
    start -= _run(before[:start][::-1])
    end = _common_length(before[start:], after[start:], from_end=True)
    end -= _run(before[len(before) - end :])
    return start, end


def _common_length(one: str, other: str, *, from_end: bool) -> int:
    """Return how many characters at the start (or the end) are equal, by halving."""
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        is_equal = one.endswith(other[-middle:]) if from_end else one.startswith(other[:middle])
        low, high = (middle, high) if is_equal else (low, middle - 1)
    return low


def _run(text: str) -> int:
    """Return the length of the token at the start."""
    match = TOKEN.match(text)
    return match.end() if match else 0


def _num_common(old: list[str], new: list[str]) -> int:
    """Count the tokens at the start in which both agree."""
    for index, (left, right) in enumerate(zip(old, new, strict=False)):
        if left != right:
            return index
    return min(len(old), len(new))


def _exact(old: list[str], new: list[str]) -> Iterator[Change]:
    if not old or not new or len(old) == len(new) == 1:
        yield "removed", old
        yield "added", new
    elif _agree_inside(old, new):
        yield from (("removed", old[:1]), ("added", new[:1]))
        yield "same", old[1:-1]
        yield from (("removed", old[-1:]), ("added", new[-1:]))
    else:
        yield from _matched(old, new)


def _agree_inside(old: list[str], new: list[str]) -> bool:
    """Return whether `difflib` would find that the first and the last tokens differ and all between them agree.

    That is so for two misspelt words. It takes the longest stretch that agrees, of equally long ones the first: so none as long
    may begin earlier in either list. Both lists begin and end in tokens that differ.
    """
    inside = old[1:-1]
    if len(old) < 3 or inside != new[1:-1]:
        return False
    return inside not in (old[:-2], new[:-2]) and old[:-2] != new[2:]


def _matched(old: list[str], new: list[str]) -> Iterator[Change]:
    matcher = SequenceMatcher(None, old, new, autojunk=False)
    for kind, i, i_end, j, j_end in matcher.get_opcodes():
        if kind == "equal":
            yield "same", old[i:i_end]
        else:
            yield "removed", old[i:i_end]
            yield "added", new[j:j_end]


def _in_place(old: list[str], new: list[str]) -> Iterator[Change]:
    """Compare place by place what differs in case alone, where a walk finds little that agrees; walk otherwise."""
    if [*map(str.lower, old)] != [*map(str.lower, new)]:
        yield from _walked(old, new)
        return
    for left, right in zip(old, new, strict=True):
        if left == right:
            yield "same", [left]
        else:
            yield "removed", [left]
            yield "added", [right]


def _walked(old: list[str], new: list[str]) -> Iterator[Change]:
    """Walk both lists side by side; where they part, go to the nearest place from which they agree again.

    Linear in the length for edits that lie scattered; an edit longer than the window ends the walk.

        old   a b c X d e f g        part at X/Y Z, agree again at d e f: X removed, Y Z added
        new   a b c Y Z d e f g
    """
    i = j = 0
    while i < len(old) and j < len(new):
        if num := _num_common(old[i : i + WINDOW], new[j : j + WINDOW]):
            yield "same", old[i : i + num]
            i, j = i + num, j + num
            continue
        skip = _next_agreement(old[i : i + WINDOW + AGREEING], new[j : j + WINDOW + AGREEING])
        if skip is None:
            break
        yield "removed", old[i : i + skip[0]]
        yield "added", new[j : j + skip[1]]
        i, j = i + skip[0], j + skip[1]
    yield "removed", old[i:]
    yield "added", new[j:]


def _next_agreement(old: list[str], new: list[str]) -> tuple[int, int] | None:
    """Return how much to skip on either side, as little as possible in all, until the next tokens agree."""
    near = _agreement(old[: NEAR + AGREEING], new[: NEAR + AGREEING])
    # Within so many tokens in all nothing nearer can lie outside of what was looked at.
    return near if near is not None and sum(near) <= NEAR else _agreement(old, new)


def _agreement(old: list[str], new: list[str]) -> tuple[int, int] | None:
    places: dict[tuple[str, ...], int] = {}
    for j in range(len(new) - AGREEING + 1):
        places.setdefault(tuple(new[j : j + AGREEING]), j)
    found = [
        (i, places[key]) for i in range(len(old) - AGREEING + 1) if (key := tuple(old[i : i + AGREEING])) in places
    ]
    return min(found, key=sum, default=None)


def _merged(changes: list[Change]) -> tuple[Edit, ...]:
    """Return the changes as edits: neighbours of one kind made one, and between two that stayed, what went first."""
    edits: list[Edit] = []
    texts: dict[EditKind, str] = {"same": "", "removed": "", "added": ""}
    for kind, tokens in (*changes, ("same", [""])):
        ended: tuple[EditKind, ...] = ("removed", "added") if kind == "same" else ("same",)
        for one in ended if tokens else ():
            if texts[one]:
                edits.append(Edit(one, texts[one]))
                texts[one] = ""
        texts[kind] += "".join(tokens)
    if texts["same"]:
        edits.append(Edit("same", texts["same"]))
    return tuple(edits)
