"""Mentions of option symbols in an instruction, rewritten when the options are numbered otherwise.

    Answer with A, B, C or D.      -> Answer with i, ii, iii or iv.
    Reply with (A) to (D).         -> Reply with [1] to [4].

Covered: the full list of symbols in order, and the range from first to last, bare or wrapped.
Not covered: a symbol that stands alone ("if none fits, say D"), for which the rewriting gives up.
"""

from __future__ import annotations

import re
from dataclasses import replace
from functools import lru_cache

from probe.prompt.render import symbol
from probe.types import Layout

_GAP = r"(?:\s*[,/|]\s*(?:or |and )?|\s+(?:or|and)\s+)"
_RANGE = r"(?:\s+(?:to|through)\s+|\s*[-\u2013]\s*)"

_WORDS = frozenset({"A", "a", "I", "i"})
"""Symbols that are words as well; alone they are taken for the word."""


@lru_cache(maxsize=1024)
def relabel(instruction: str, old: Layout, new: Layout, count: int) -> str | None:
    """Return the instruction with old symbols replaced by new ones; None where a mention is ambiguous."""
    before = [symbol(old, index) for index in range(count)]
    after = [symbol(new, index) for index in range(count)]
    if not instruction or (before == after and old.option_wrapper == new.option_wrapper):
        return instruction
    names = dict(zip(before, after, strict=True))
    names |= {old.option_wrapper.format(b): new.option_wrapper.format(a) for b, a in zip(before, after, strict=True)}
    pieces: list[str] = []
    end = 0
    for match in _mentions(tuple(before), old.option_wrapper).finditer(instruction):
        pieces += [instruction[end : match.start()], _renamed(match[0], names)]
        end = match.end()
        if _stands_alone(pieces[-2], before, old.option_wrapper):
            return None
    return (
        None if _stands_alone(instruction[end:], before, old.option_wrapper) else "".join([*pieces, instruction[end:]])
    )


def names_one(instruction: str, layout: Layout, count: int) -> bool:
    """Return whether an instruction speaks of a symbol outside of a list of them all."""
    other = replace(layout, numbering="digit" if layout.numbering != "digit" else "upper")
    return relabel(instruction, layout, other, count) is None


@lru_cache(maxsize=256)
def _mentions(symbols: tuple[str, ...], wrapper: str) -> re.Pattern[str]:
    """Return the pattern of the whole list of symbols in order, or of the range from first to last."""
    forms = [_form(name, wrapper) for name in symbols]
    listed = _GAP.join(forms)
    ranged = f"{forms[0]}{_RANGE}{forms[-1]}" if len(forms) > 2 else listed
    return re.compile(rf"(?<!\w)(?:{listed}|{ranged})(?!\w)") if len(forms) > 1 else re.compile(r"(?!)")


def _form(name: str, wrapper: str) -> str:
    """Return the pattern of one symbol, bare or wrapped; a final dot stays with the sentence."""
    wrapped = wrapper.format(name)
    return re.escape(name) if wrapped.endswith(".") else f"(?:{re.escape(wrapped)}|{re.escape(name)})"


def _renamed(mention: str, names: dict[str, str]) -> str:
    longest_first = sorted(names, key=len, reverse=True)
    pattern = "|".join(rf"(?<!\w){re.escape(name)}(?!\w)" for name in longest_first)
    return re.sub(pattern, lambda match: names[match[0]], mention)


def _stands_alone(text: str, symbols: list[str], wrapper: str) -> bool:
    """Return whether a symbol is left over outside of a list: wrapped, or bare and not a word of its own."""
    forms = [re.escape(wrapper.format(name)) for name in symbols if not wrapper.endswith(".")]
    forms += [re.escape(name) for name in symbols if name not in _WORDS]
    pattern = rf"(?<![\w'])(?:{'|'.join(forms)})(?![\w'])"
    return bool(forms) and re.search(pattern, text) is not None
