"""The marks of a model that thinks aloud before it answers, in what it writes and at the end of a prompt.

    <think>The capital of France is ...          an open block          </think>Paris      only its end
    <|channel|>analysis<|message|>We need ...    a channel              [THINK] ...        a control token

Such a text is not the answer: read as one, a model is wrong everywhere and steady in it. The marks are those of the models and
templates in use; words about thinking are none, nor is a mark that is quoted or named in the middle of a sentence.

Covered: saying that a text is thinking, and by which mark. Not covered: taking the thinking away.
"""

from __future__ import annotations

import re
from itertools import pairwise

_NAMES = r"(?:[a-z]+[:_])?(?:think(?:ing)?|thoughts?|reasoning)(?:_(?:process|steps?|content))?"
_BARS = r"[|\uff5c]"
_OPENS = (
    rf"<{_NAMES}(?:\s[^<>]*)?>",
    rf"<{_BARS}(?:(?:begin|start)[_\u2581 ]?(?:of[_\u2581 ])?)?(?:think(?:ing)?|thought|reasoning)(?:_(?:start|begin))?{_BARS}>",
    r"\[THINK\]",
    "\u25c1think\u25b7",
    r"<unused\d+>thought\b",
)
_CLOSES = (
    rf"</{_NAMES}>",
    rf"<{_BARS}(?:/|end[_\u2581 ]?(?:of[_\u2581 ])?)(?:think(?:ing)?|thought|reasoning){_BARS}>",
    rf"<{_BARS}(?:think(?:ing)?|thought|reasoning)_end{_BARS}>",
    r"\[/THINK\]",
    "\u25c1/think\u25b7",
)
_OPEN, _CLOSE = "|".join(_OPENS), "|".join(_CLOSES)
_FLAGS = re.IGNORECASE | re.DOTALL

_STARTS = (
    # at the beginning of a line, or after a sentence, a colon or another mark; not in quotation marks
    rf"(?:^|(?<=\n)|(?<=[.!?:>\])*]))[ \t]*(?P<mark>{_OPEN})(?![`'\"\u2019\u201d])",
    # the end of a block whose beginning is not in the text: the prompt opened it, or it was cut off
    rf"(?:^|(?<=\n)|(?<=[.!?)\]*:]))[ \t]*(?P<mark>{_CLOSE})",
    rf"(?P<mark>{_CLOSE})[ \t]*(?=\n|$|[^\s\w`'\"\u2019\u201d]|(?-i:[A-Z])|\d)",
    r"(?P<mark><\|channel\|?>)",
)
_WHOLE = (
    # names that data may have too are marks only where an answer begins with them
    r"\s*(?P<mark><(?:analysis|reflection|scratchpad|inner_?(?:monologue|thoughts?)|rationale|chain_of_thought|cot)>)",
    # what remains of channels in a text that was written down without its special tokens
    r"\s*(?P<mark>analysis)(?=\s|(?-i:[A-Z])).*assistantfinal",
    r"\s*(?P<mark><think(?:ing)?)\s*$",
)
ANYWHERE = [re.compile(pattern, _FLAGS) for pattern in _STARTS]
AT_START = [re.compile(pattern, _FLAGS) for pattern in _WHOLE]
MARK = re.compile(rf"(?P<opens>(?<![`'\"\u2018\u201c]){_OPEN})|(?:{_CLOSE})", _FLAGS)
FEWEST_WORDS = 3
"""Of a block in the middle of a sentence: "use <think> and </think>" is none."""
EMPTY = re.compile(rf"(?:{_OPEN})\s*(?:{_CLOSE})\s*", _FLAGS)
AT_END = re.compile(rf"(?P<mark>{_OPEN})\s*$", _FLAGS)
TOKEN = re.compile(rf"(?:{_OPEN}|{_CLOSE}|<\|channel\|?>)", _FLAGS)


def mark_in(text: str) -> str:
    """Return the mark by which a written answer is seen to be thinking; empty where there is none."""
    found = [pattern.match(text) for pattern in AT_START] + [pattern.search(text) for pattern in ANYWHERE]
    first = next(filter(None, found), None)
    return first["mark"].strip() if first else _block_in(text)


def _block_in(text: str) -> str:
    """Return the mark that opens a block of a few words, wherever it stands."""
    for one, other in pairwise(MARK.finditer(text)):
        is_block = one["opens"] and not other["opens"]
        if is_block and len(text[one.end() : other.start()].split()) >= FEWEST_WORDS:
            return one["opens"]
    return ""


def opened_at_end(prompt: str) -> str:
    """Return the mark by which a prompt opens a block of thinking for the model to go on with; empty where it does not."""
    found = AT_END.search(prompt)
    return found["mark"] if found else ""


def is_mark(token: str) -> bool:
    """Return whether a token is a mark, or the beginning of one."""
    return TOKEN.fullmatch(token) is not None


def without_empty(text: str) -> str:
    """Return a text without blocks that hold nothing."""
    return EMPTY.sub("", text)
