"""Where words go: results to stdout, everything else to stderr; a closed pipe is no error.

Whatever is printed is screened (`probe.cli.terminal`). No other file of the package prints; a test holds it.
"""

from __future__ import annotations

import os
import shlex
import shutil
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from probe.cli.terminal import drawn_on, has_color, printable, screened, screened_page
from probe.masking import masked

if TYPE_CHECKING:
    from probe.api.keeping import SavedFiles
    from probe.api.session import Session
    from probe.record.summary import Summary


def out(text: str, *, keep: str = "") -> None:
    """Print a result to stdout, its lines as they are; where the reader has gone (`| head`), say nothing more.

    `keep` are unseen characters of our own layout. Texts of others enter a line by `visible_line`, so that they add no line.
    """
    safe = screened_page(text) if has_color() and not keep else screened(text, keep=keep)
    try:
        drawn_on(sys.stdout).write(printable(safe, sys.stdout) + "\n")
        sys.stdout.flush()
    except BrokenPipeError:
        # The interpreter flushes stdout once more at its end: let that go nowhere.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def out_json(value: dict[str, Any] | list[Any]) -> None:
    """Print one JSON value, alone, to stdout."""
    from probe.record.store import json_text

    out(json_text(value))


def check_step_summary() -> None:
    """Warn where $GITHUB_STEP_SUMMARY names a file that cannot be written, before a long command rather than behind it."""
    _append_to_summary(lambda: "")


def step_summary(markdown: Callable[[], str]) -> None:
    """Append Markdown to the page of a GitHub Actions job, where there is one: the file that $GITHUB_STEP_SUMMARY names."""
    _append_to_summary(lambda: markdown().rstrip("\n") + "\n\n")


def _append_to_summary(text: Callable[[], str]) -> None:
    path = os.environ.get("GITHUB_STEP_SUMMARY")
    if not path:
        return
    try:
        with open(path, "a", encoding="utf-8", errors="backslashreplace") as sink:
            sink.write(masked(text()))
    except OSError as problem:
        warn(f"$GITHUB_STEP_SUMMARY: cannot write to {path}: {problem.strerror or problem}")


def note(text: str) -> None:
    """Print a line to stderr; further lines of a text, of a library's error for example, are indented, unlike ours."""
    drawn_on(sys.stderr).write(printable(screened(text).rstrip("\n").replace("\n", "\n    "), sys.stderr) + "\n")
    sys.stderr.flush()


def ask(text: str) -> str:
    """Print a question to stderr and return the line that is typed, empty at the end of the input."""
    drawn_on(sys.stderr).write(printable(screened(text), sys.stderr))
    sys.stderr.flush()
    return sys.stdin.readline()


def warn(text: str) -> None:
    """Print a warning to stderr."""
    note(f"warning: {text}")


def error(text: str, *, hint: str = "") -> None:
    """Print an error and what to do next to stderr."""
    note(f"error: {text}")
    if hint:
        note(f"hint: {hint}")


@contextmanager
def messages() -> Iterator[None]:
    """Print what the engine warns of to stderr, and what reading a suite of another kind decided."""
    import logging

    from probe.api.messages import listening

    with listening(lambda text, level: (warn if level >= logging.WARNING else note)(text), alone=True):
        yield


def width() -> int:
    """Return the columns of the terminal."""
    return max(40, shutil.get_terminal_size((100, 24)).columns)


def show_run(summary: Summary, report: str) -> None:
    """Print a run's page; `report` is where the HTML page lies."""
    from reports.console import page

    out(page(summary, width=width(), color=has_color(), report=report))


def typed(session: Session | None = None) -> str:
    """Return the command that was typed, with what it took from the project's file."""
    words = ["probe", *sys.argv[1:]]
    return shlex.join(words) if session is None else session.typed(words)


CHECKPOINTING = ("repair",)
"""Commands that write checkpoints, from which `--resume` goes on."""


class Interrupted(BaseException):
    """Ctrl-C in a command that has a session; says what of its answers is kept. No error, so that nothing takes it for one."""

    def __init__(self, kept: str, then: str = "") -> None:
        super().__init__(kept)
        self.kept = kept
        self.then = then
        """What to type next, where that is not the same command."""


@contextmanager
def saying_what_is_kept(files: SavedFiles, *, cache: bool) -> Iterator[None]:
    """Have Ctrl-C say what is kept of new answers, and where.

    A run that is saved already, whose page or figures were still to be shown, is kept whole, with and without a cache.
    """
    try:
        yield
    except KeyboardInterrupt as stopped:
        if files.runs:
            folder = str(files.runs[-1])
            raise Interrupted(f"the run is saved in {folder}", shlex.join(["probe", "report", folder])) from stopped
        kept = files.kept() if cache else "the answers so far are not kept, because of --no-cache"
        raise Interrupted(kept) from stopped


def interrupted(args: Sequence[str], kept: str = "", then: str = "") -> None:
    """Print that a command was interrupted, what is `kept` of its answers, and what to type `then`; by default the same."""
    command = shlex.join(["probe", *args])
    if then:
        note(f"interrupted: {kept}")
        note(f"go on with: {then}")
    elif args and args[0] in CHECKPOINTING:
        note("interrupted: the last checkpoint is kept")
        note(f"go on with: {command}{'' if '--resume' in args else ' --resume'}")
    else:
        note("interrupted" + (f": {kept}" if kept else ""))
        word = "again" if not kept else "from the beginning" if " not kept" in kept else "go on with"
        note(f"{word}: {command}")
