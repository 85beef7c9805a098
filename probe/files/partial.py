"""Files and folders under way: written under another name, and removed when the process that wrote them is dead.

    runs/.NAME.PID.TOKEN.partial         what is being written
    runs/.NAME.PID.TOKEN.partial.lock    locked by its writer; the system frees the lock when the writer ends, however it ends

Whether a writer lives is read off the lock alone. A number of a process says nothing: another process may have it by now, and in
a container all have the same few. Where a file system has no locks, nothing is taken for dead.

Covered: Linux, macOS, Windows; several processes, containers and machines at once on one folder. Not covered: what is written.
"""

from __future__ import annotations

import os
import re
import secrets
import shutil
import stat
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

MARK = b"probe "
"""How a lock of ours begins, so that no file of another program is taken for one."""
SHOWN = 40
"""Characters of the final name that stand in the other one: a name that a file system just takes leaves no room for more."""
PLAIN = getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOFOLLOW", 0)
"""How a lock is opened: a pipe of that name would wait for ever, a link would lead elsewhere."""
EARLIER = re.compile(r"\.\d{8}T\d{6}Z_.*\.\d+\.partial")
"""What earlier versions called a run under way; they wrote no lock."""
DAY = 24 * 3600.0


@contextmanager
def under_way(final: Path) -> Iterator[Path]:
    """Return a path beside `final` to write to; what is still there at the end, not renamed, is removed.

    Raises:
        OSError: nothing can be written there.
    """
    path, handle = _claimed(final)
    try:
        yield path
    finally:
        _remove(path)
        os.close(handle)
        with suppress(OSError):
            _lock_of(path).unlink()


def sweep(folder: Path) -> list[Path]:
    """Remove from a folder what dead processes of ours were writing; return what was removed."""
    removed = []
    for lock in folder.glob(".*.partial.lock"):
        path = lock.with_suffix("")
        with suppress(OSError):
            handle = os.open(lock, os.O_RDWR | PLAIN)
            try:
                if stat.S_ISREG(os.fstat(handle).st_mode) and os.read(handle, len(MARK)) == MARK and _try_lock(handle):
                    removed += [path] if _remove(path) else []
                    lock.unlink()
            finally:
                os.close(handle)
    for path in folder.glob(".*.partial"):
        if EARLIER.fullmatch(path.name) and not _lock_of(path).exists() and _age(path) > DAY and _remove(path):
            removed.append(path)
    return sorted(removed)


def _claimed(final: Path) -> tuple[Path, int]:
    """Return a new name beside `final`, and the handle that holds its lock."""
    while True:
        path = final.with_name(f".{final.name[:SHOWN]}.{os.getpid()}.{secrets.token_hex(4)}.partial")
        handle = os.open(_lock_of(path), os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o666)
        try:
            os.write(handle, MARK + str(os.getpid()).encode())
            os.lseek(handle, 0, os.SEEK_SET)
        except OSError:  # a full disk: an empty file would be taken for no lock of ours and stay for ever
            os.close(handle)
            _lock_of(path).unlink()
            raise
        # False: one that sweeps was faster. It removes this lock, so another name is taken.
        if _try_lock(handle) is not False:
            return path, handle
        os.close(handle)


def _lock_of(path: Path) -> Path:
    return path.with_name(path.name + ".lock")


def _remove(path: Path) -> bool:
    """Remove a file or folder; return whether it was there and is gone."""
    if not os.path.lexists(path):
        return False
    shutil.rmtree(path, ignore_errors=True)
    with suppress(OSError):
        path.unlink()
    return not os.path.lexists(path)


def _age(path: Path) -> float:
    """Return the seconds since something in a folder was last written."""
    with suppress(OSError):
        return time.time() - max(one.lstat().st_mtime for one in (path, *path.rglob("*")))
    return 0.0


if sys.platform == "win32":
    import msvcrt

    def _try_lock(handle: int) -> bool | None:
        try:
            os.lseek(handle, 0, os.SEEK_SET)
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        except PermissionError:
            return False
        except OSError:
            return None
        return True

else:
    import fcntl

    def _try_lock(handle: int) -> bool | None:
        """Lock an open file; return False where another process has, None where its file system has no locks."""
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        except OSError:
            return None
        return True
