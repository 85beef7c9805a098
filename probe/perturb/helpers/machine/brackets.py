r"""Which bracket closes which, in one pass, with strings passed over.

    f(g(1), ")")  ->  {1: 11, 3: 5}          the bracket in the string closes nothing

Covered: round, square and curly brackets; strings in straight double quotation marks, and in single ones where no word goes on.
Not covered: brackets that do not match, which are left out.
"""

from __future__ import annotations

import re
from functools import lru_cache

_MARK = re.compile(r"""[()\[\]{}]|"(?:[^"\\\n]|\\.){0,400}"|(?<!\w)'(?:[^'\\\n]|\\.){0,200}'(?!\w)""")
_OPENING = {")": "(", "]": "[", "}": "{"}


@lru_cache(maxsize=64)
def partners(text: str) -> dict[int, int]:
    """Return the place of each opening bracket that is closed, with the place of what closes it."""
    found: dict[int, int] = {}
    still_open: list[tuple[str, int]] = []
    for match in _MARK.finditer(text):
        mark = match[0]
        if mark in "([{":
            still_open.append((mark, match.start()))
        elif mark in _OPENING:
            if still_open and still_open[-1][0] == _OPENING[mark]:
                found[still_open.pop()[1]] = match.start()
            else:
                still_open.clear()
    return found
