r"""The one way to the terminal: whatever is written to stdout or stderr is screened first.

    what others wrote                  on the terminal
    control and format characters      an escape that is seen, `\x1b`; line ends stay
    known secrets                      `***`
    `::error ...`, `##[...]`           `\x3a:error ...`: in a build's log such a line is a command to the build's service

`screening` puts a screen before both streams while a command runs, so that what a library prints, warns of or logs, and a
traceback, pass through it too. Only what this package draws itself goes past it: colours of its own styles, and a progress bar,
whose texts are screened where they enter it.

Letters of languages that are written from right to left stay as they are; only marks that change the direction are escapes.

Covered: what Python writes. Not covered: what a library of C writes to the file descriptor itself.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any, TextIO, cast

from probe.masking import masked

COLOURS = re.compile(r"(\x1b\[(?:[012]|3[12])(?:;(?:[012]|3[12]))*m)")
"""What the styles of our pages become: bold, dim, red, green and back to none; an escape that hides text is not among them."""

MOVES = re.compile(r"(?:\n|\x1b\[A)*")
"""How progress bars of libraries go to a line of theirs."""

BUILDS = ("GITHUB_ACTIONS", "TF_BUILD", "TEAMCITY_VERSION")
"""Variables of services that read commands in what a build prints."""

BUILD_COMMAND = re.compile(r"^(\s*):(?=:)|#(?=#(?:\[|vso\[|teamcity\[))", re.MULTILINE)


def screened(text: str, *, keep: str = "") -> str:
    """Return a text as the terminal may have it; `keep` are unseen characters of our own layout."""
    from reports.escape import visible_lines

    parts = re.split(f"([{keep}])", masked(text)) if keep else [masked(text)]
    safe = "".join(part if part and part in keep else visible_lines(part) for part in parts)
    return BUILD_COMMAND.sub(_no_command, safe) if any(os.environ.get(name) for name in BUILDS) else safe


def _no_command(match: re.Match[str]) -> str:
    return r"\x23" if match[1] is None else match[1] + r"\x3a"


def screened_page(text: str) -> str:
    """Return a page as the terminal may have it, in the colours of our styles."""
    return "".join(part if COLOURS.fullmatch(part) else screened(part) for part in COLOURS.split(text))


def printable(text: str, stream: TextIO) -> str:
    """Return text in the letters that a stream's encoding has."""
    encoding = getattr(stream, "encoding", None) or "utf-8"
    return text.encode(encoding, "backslashreplace").decode(encoding)


def has_color() -> bool:
    """Return whether stdout takes colours."""
    return sys.stdout.isatty() and "NO_COLOR" not in os.environ and os.environ.get("TERM") != "dumb"


class Screen:
    """A stream before which everything is screened. It has no `buffer`: bytes would go past it."""

    def __init__(self, stream: TextIO) -> None:
        self.stream = stream

    def write(self, text: str) -> int:
        """Write a text, screened; a progress bar of a library may go back to the beginning of its line."""
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {type(text).__name__}")
        is_terminal = self.stream.isatty()
        if is_terminal and MOVES.fullmatch(text):
            self.stream.write(text)
            return len(text)
        start = "\r" if text.startswith("\r") else ""
        back = start if is_terminal else "\n" * bool(text.rstrip("\r")) * bool(start)
        self.stream.write(back + printable(screened(text[len(start) :]), self.stream))
        return len(text)

    def writelines(self, lines: Iterable[str]) -> None:
        """Write each text, screened."""
        for line in lines:
            self.write(line)

    def __getattr__(self, name: str) -> Any:
        """Return what the stream itself has."""
        if name in ("stream", "buffer"):
            raise AttributeError(name)
        return getattr(self.stream, name)


@contextmanager
def screening() -> Iterator[None]:
    """Screen all that is written to stdout and stderr within the block."""
    before = sys.stdout, sys.stderr
    sys.stdout, sys.stderr = map(_screen, before)
    try:
        yield
    finally:
        sys.stdout, sys.stderr = before


def rescreen() -> None:
    """Screen the streams again, where a progress bar has put its own before them."""
    sys.stdout, sys.stderr = map(_screen, (sys.stdout, sys.stderr))


def drawn_on(stream: TextIO) -> TextIO:
    """Return the stream behind the screen, for what this package draws itself of texts that are screened."""
    return stream.stream if isinstance(stream, Screen) else stream


def _screen(stream: TextIO) -> TextIO:
    # there is no stream where the shell closed it: `2>&-`
    return stream if stream is None or isinstance(stream, Screen) else cast("TextIO", Screen(stream))
