r"""Sums, equations and other expressions that stand in a sentence without any mark around them.

    What is (3 + 4) * 2 ?         (3 + 4) * 2
    Let x = 5 and y > 2.          x = 5   y > 2
    Compute 5! now.               5!                  its mark is a factorial
    The cats - both of them       -                   a dash between words
    pages 3 - 5                   3 - 5

A run of numbers, single letters, calls, brackets and operators is one if it has an operator with something on both sides. A
word of prose beside = or == belongs to it ("price = 5"), beside + or - it does not.

Covered: one line; operators of arithmetic, comparison, logic and assignment. Not covered: expressions in words.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from probe.perturb.words import word_set

NUMBER, NAME, WORD, WEAK, STRONG, OPEN, CLOSE, BANG = (
    "number",
    "name",
    "word",
    "weak",
    "strong",
    "open",
    "close",
    "bang",
)

_ITEM = re.compile(
    r"(?P<number>(?<![\w.])[$\u20ac\u00a3]?\d+(?:,\d{3})*(?:\.\d+)?(?:[eE][-+]?\d+)?%?(?:[A-Za-z]{1,3}\b(?!['\u2019-]))?|\u03c0|\u221e)"
    r"|(?P<strong>===?|!==?|<=|>=|:=|=>|->|<->|&&|\|\||\*\*|//|<<|>>|[-+*/%|&^]=|=(?!\w*>)"
    r"|[\u2248\u2260\u2264\u2265\u2192\u21cc\u2261\u2208])"
    r"|(?P<weak>[-+*/%^<>&|\u00d7\u00f7\u00b7\u00b1\u2212\u221a\u2211\u222b\u2229\u222a])"
    r"|(?P<string>(?<!\w)'[^'\n]{0,80}'(?!\w)|\"[^\"\n]{0,80}\")"
    r"|(?P<word>[^\W\d_][\w']*)"
    r"|(?P<open>[(\[{])|(?P<close>[)\]}])|(?P<bang>!(?!=))|(?P<other>[^\s\w])"
)
_SUSPECT = re.compile(
    r"[=<>+*/%^&|\u00d7\u00f7\u00b1\u2212\u221a\u2211\u222b\u2248\u2260\u2264\u2265\u2192\u21cc]|\d *[!-]|- ?\d|\w!|\)!"
)
_NAMES = re.compile(r"[A-Z]\d*$|(?=.*[a-z\d])(?:[A-Z][a-z]?\d*){2,6}$|[A-Z][a-z]\d+$|[a-z]{1,2}\d*$|[a-z][A-Z]\d*$")
"""A variable, or a formula of chemistry."""
_REACTS = re.compile(r"->|\u2192|\u21cc")
Item = tuple[str, int, int]
"""What it is, where it starts, where it ends."""


def expression_spans(text: str, is_taken: Callable[[int, int], bool]) -> Iterator[tuple[int, int]]:
    """Return where the expressions lie; `is_taken` tells of stretches that are machine text already, which are operands."""
    if _SUSPECT.search(text) is None:
        return
    start = 0
    for line in text.split("\n"):
        if _SUSPECT.search(line) is not None and len(line) <= 4000:
            yield from _of_line(line, start, is_taken)
        start += len(line) + 1


def _of_line(line: str, offset: int, is_taken: Callable[[int, int], bool]) -> Iterator[tuple[int, int]]:
    run: list[Item] = []
    for item in [*_items(line, offset, is_taken), ("other", len(line), len(line))]:
        if item[0] == "other" or (item[0] == WORD and not _joins(run, line[item[1] : item[2]])):
            yield from _found(run, line, offset)
            run = [item] if item[0] == WORD else []
        else:
            run.append(item)
    yield from _found(run, line, offset)


def _items(line: str, offset: int, is_taken: Callable[[int, int], bool]) -> Iterator[Item]:
    for match in _ITEM.finditer(line):
        kind, (start, stop) = match.lastgroup or "other", match.span()
        if kind == "word":
            is_name = _NAMES.match(match[0]) and match[0].lower() not in word_set("machine", "short_words")
            is_name = is_name or (stop - start == 1 and _beside_operator(line, start, stop))
            is_name = is_name or (match[0] in word_set("machine", "elements") and _REACTS.search(line) is not None)
            kind = NAME if is_name or is_taken(start + offset, stop + offset) else WORD
        elif kind == "string":
            kind = NAME if _beside_operator(line, start, stop) else "other"
        elif kind == "other" and is_taken(start + offset, stop + offset):
            kind = NAME
        elif kind == "bang" and not (start and (line[start - 1].isalnum() or line[start - 1] in ")]!")):
            kind = "other"
        yield kind, start, stop


def _beside_operator(line: str, start: int, stop: int) -> bool:
    """Return whether an operator stands next to a letter or a string, which make an operand of it: "a + b" is no article."""
    after, before = line[stop : stop + 2].strip()[:1], line[max(0, start - 2) : start].strip()[-1:]
    return after in _OPERATORS or before in _OPERATORS or _MINUS.match(line, stop) is not None


_MINUS = re.compile(r" ?[-\u2212] ?(?:[^\W_]\b|\d)")
_OPERATORS = frozenset("+*/^%<>=\u00d7\u00f7\u2248\u2260\u2264\u2265")


def _joins(run: list[Item], word: str) -> bool:
    """Return whether a word may follow: after a strong operator, and in a formula that has one after any."""
    if not run or word.lower() in word_set("machine", "function_words"):
        return bool(run) and run[-1][0] == STRONG
    return run[-1][0] == STRONG or (run[-1][0] in (WEAK, OPEN) and any(item[0] == STRONG for item in run))


def _found(run: list[Item], line: str, offset: int) -> Iterator[tuple[int, int]]:
    """Return the run without what dangles at its ends, if it is an expression."""
    run = _trimmed(run)
    if len(run) < 2:
        return
    kinds = [item[0] for item in run]
    if kinds[0] == WORD and kinds[1] != STRONG and not _is_formula(run, line):
        run, kinds = run[1:], kinds[1:]
        if len(run) < 2:
            return
    is_factorial = kinds[-1] == BANG and (
        kinds[-2] in (NUMBER, CLOSE) or (kinds[-2] == NAME and run[-2][2] - run[-2][1] == 1)
    )
    if is_factorial or _has_operator(run, line):
        yield run[0][1] + offset, run[-1][2] + offset


def _is_formula(run: list[Item], line: str) -> bool:
    """Return whether a word is divided or multiplied by what is no word: "weight / height^2"; not "he / she", "and/or"."""
    operator, right = run[1], run[2] if len(run) > 2 else ("", 0, 0)
    is_spaced = operator[1] > run[0][2] and right[1] > operator[2]
    return is_spaced and line[operator[1]] in "/*\u00d7\u00f7" and right[0] in (NUMBER, NAME, OPEN)


def _has_operator(run: list[Item], line: str) -> bool:
    for place in range(1, len(run) - 1):
        kind = run[place][0]
        left, right = run[place - 1], run[place + 1]
        if kind == STRONG:
            return True
        if kind == WEAK and left[0] in (NUMBER, NAME, CLOSE, WORD) and right[0] in (NUMBER, NAME, OPEN, WEAK):
            is_tight = left[2] == run[place][1] and right[1] == run[place][2]
            if not (is_tight and line[run[place][1]] in "-/&|"):  # a range, a date, a compound: 3-5, 7/9/1972, R&D
                return True
    return False


def _trimmed(run: list[Item]) -> list[Item]:
    """Return the run from its first operand to its last, with the brackets that belong to them and a last = or !."""
    first, last = 0, len(run)
    while first < last and run[first][0] in (WEAK, STRONG, CLOSE, BANG) and not _is_sign(run, first):
        first += 1
    while last > first and run[last - 1][0] in (WEAK, OPEN):
        last -= 1
    kept = run[first:last]
    depth = _depth(kept)
    while depth > 0 and kept and kept[0][0] == OPEN:
        kept, depth = kept[1:], depth - 1
    while depth < 0 and kept and kept[-1][0] == CLOSE:
        kept, depth = kept[:-1], depth + 1
    return kept


def _is_sign(run: list[Item], place: int) -> bool:
    return run[place][0] == WEAK and place + 1 < len(run) and run[place + 1][1] == run[place][2]


def _depth(run: list[Item]) -> int:
    return sum((kind == OPEN) - (kind == CLOSE) for kind, _, _ in run)
