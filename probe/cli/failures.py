"""Exceptions that no part of probe expected, said as what they are: the machine ran short, or probe has a bug.

    MemoryError, "can't start new thread", ENOSPC        what is short, and what to do; no traceback
    anything else                                        the traceback, and that it is a bug

Covered: memory, threads, files, disk, in the words of Python, numpy, torch and arrow.
Not covered: errors of users (`ProbeError`).
"""

from __future__ import annotations

import errno
import traceback
from collections.abc import Iterator

from probe.cli.output import error
from probe.errors import ProbeError, UsageError

MEMORY = ("allocate memory", "out of memory", "bad_alloc", "failed to map segment", "cannot allocate", "malloc of size")
"""In what libraries say when memory is short, in lower case."""
THREADS = ("start new thread", "resource temporarily unavailable", "thread creation failed")
MACHINE = {
    errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO, errno.EMFILE, errno.ENFILE, errno.EACCES, errno.EPERM,
    errno.ENAMETOOLONG, errno.ELOOP, errno.ESTALE, errno.EFBIG, errno.ENODEV, errno.EISDIR, errno.ENOTDIR,
}  # fmt: skip
"""What the system says of a place that cannot be used; a file of ours that is missing stays a bug."""
NAMES = {errno.ENAMETOOLONG, errno.ELOOP}
"""What it says of a path that cannot be one."""


def exit_code_of(problem: BaseException) -> int:
    """Print what went wrong, and return the exit code."""
    found = shortage(problem)
    if found is None:
        traceback.print_exception(problem)
        error("this is a bug in probe, not in your command; the traceback is above")
        return 3
    error(str(found), hint=found.hint)
    return found.exit_code


def shortage(problem: BaseException) -> ProbeError | None:
    """Return the error for what the machine does not have or does not allow; None where it is none of that."""
    for one in _causes(problem):
        said = str(one).lower()
        is_short = isinstance(one, MemoryError) or getattr(one, "errno", None) == errno.ENOMEM
        if is_short or (isinstance(one, RuntimeError | ImportError) and any(word in said for word in MEMORY)):
            return ProbeError(
                f"out of memory{_detail(one)}",
                hint="ask fewer items (--limit) or samples, a smaller --token-budget, or raise the limit of memory (ulimit -v)",
            )
        if isinstance(one, RuntimeError | ImportError | BlockingIOError) and any(word in said for word in THREADS):
            return ProbeError(
                f"no thread or process can be started{_detail(one)}",
                hint="raise the limit (ulimit -u, ulimit -v), or set OMP_NUM_THREADS=1",
            )
        if isinstance(one, OSError) and one.errno in MACHINE:
            place = f"{str(one.filename)[:200]}: " if one.filename else ""
            if one.errno in NAMES:
                return UsageError(f"{place}{one.strerror or one}", hint="name another path")
            return ProbeError(f"{place}{one.strerror or one}", hint="choose another place, or free some space")
    return None


def _causes(problem: BaseException) -> Iterator[BaseException]:
    """Return an exception and what caused it, outermost first."""
    one: BaseException | None = problem
    for _ in range(20):
        if one is None:
            return
        yield one
        one = one.__cause__ or one.__context__


def _detail(problem: BaseException) -> str:
    line = next((line.strip() for line in str(problem).splitlines() if line.strip()), "")
    return f": {line[:200]}" if line else ""
