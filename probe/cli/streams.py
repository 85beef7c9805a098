"""The three streams of a process, made safe: a full disk or a closed stream changes no exit code by accident.

    probe gate RUN 2>&-          closed streams are opened on the null device, else the next file would become stderr
    probe gate RUN > /dev/full   what cannot be written is dropped; the command goes on, and ends with `LOST` instead of 0
    probe show RUN | head        whoever reads has gone: the rest is dropped, and that is no error

Covered: writes and flushes of whatever prints, of libraries as well. Not covered: what else is written (`probe.record.store`).
"""

from __future__ import annotations

import io
import os
import select
import sys
from dataclasses import dataclass
from typing import Any, TextIO

NUMBERS = {"stdout": 1, "stderr": 2}
LOST = 3
"""The exit code of a command that ended well but for its output."""


class Guarded(io.RawIOBase):
    """A raw stream that drops what it cannot write, and remembers why."""

    def __init__(self, inner: Any, owner: object = None) -> None:
        self.inner = inner
        self.owner = owner
        """The stream that it replaces: it would close the raw one at its end."""
        self.lost: OSError | None = None

    def write(self, data: Any) -> int:
        """Write all, or drop the rest; return how much was given."""
        view = memoryview(data).cast("B")
        size = len(view)
        try:
            while len(view):
                view = view[self._written(view) :]
        except BrokenPipeError:
            pass
        except OSError as problem:
            self.lost = self.lost or problem
        return size

    def _written(self, view: memoryview) -> int:
        """Write some; a pipe that does not block is waited for."""
        try:
            written = self.inner.write(view)
        except BlockingIOError:
            written = None
        if written is None:
            select.select([], [self.inner.fileno()], [])
            return 0
        return int(written)

    def fileno(self) -> int:
        """Return the number of the stream in the system."""
        return int(self.inner.fileno())

    def isatty(self) -> bool:
        """Return whether it is a terminal."""
        return bool(self.inner.isatty())

    def writable(self) -> bool:
        """Return true."""
        return True


@dataclass(frozen=True, slots=True)
class Streams:
    """Guarded stdout and stderr; None where they are already of another kind, such as a test's."""

    out: Guarded | None
    err: Guarded | None

    def close(self, code: int) -> int:
        """Write what is left, and return the exit code: `code`, or `LOST` where that is 0 and results were lost."""
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
        if self.out is None or self.out.lost is None:
            return code
        why = self.out.lost.strerror or self.out.lost
        sys.stderr.write(f"error: cannot write to stdout: {why}; what was printed is lost\n")
        if code == 0:
            sys.stderr.write(f"hint: all else went well; exit code {LOST} says that the output is missing\n")
        sys.stderr.flush()
        return code or LOST


def guard() -> Streams:
    """Open what is closed, guard stdout and stderr, and return them."""
    _open_closed()
    if sys.stdin is None:
        sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115  it stays open until the end
    out, err = (_guarded(name) for name in ("stdout", "stderr"))
    return Streams(out, err)


def _open_closed() -> None:
    """Open the null device as each of the three streams that is closed, so that no file gets its number."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest free number, this one


def _guarded(name: str) -> Guarded | None:
    """Put a guarded stream in the place of one; None where that has no raw stream."""
    stream: TextIO | None = getattr(sys, name)
    if stream is None:  # it was closed when the interpreter began
        raw: Any = io.FileIO(NUMBERS[name], "w", closefd=False)
    else:
        buffer = getattr(stream, "buffer", None)
        raw = getattr(buffer, "raw", buffer)  # without buffers (python -u) it is the raw one
        if not isinstance(raw, io.RawIOBase):
            return None
        stream.flush()
    guarded = Guarded(raw, owner=stream)
    text = io.TextIOWrapper(
        io.BufferedWriter(guarded),
        encoding=getattr(stream, "encoding", "utf-8"),
        errors=getattr(stream, "errors", "backslashreplace"),
        line_buffering=getattr(stream, "line_buffering", False),
    )
    setattr(sys, name, text)
    return guarded
