"""Whether a file or folder could be written: found out by writing beside it, before the work is done.

Permissions tell little: they do not bind root, and a folder may be read-only, a device, full, or no folder.

Covered: what a write of a megabyte meets now. Not covered: what others write meanwhile.
"""

from __future__ import annotations

import errno
import os
from contextlib import suppress
from pathlib import Path

from probe.files.partial import under_way

SIZE = 1 << 20
"""Bytes that are tried: a small run with its page. How large a run gets is not known beforehand."""
ATTEMPTS = 5


def try_out(final: Path, *, inside: str = "") -> None:
    """Write beside `final`, and remove it again with the folders that had to be made.

    `inside` is the longest name that a folder `final` is to hold; without it, `final` is to be a file.

    Raises:
        OSError: what writing would meet.
    """
    try:
        with suppress(FileNotFoundError):
            os.lstat(final / inside if inside else final)  # too long a name, a file where a folder should be
    except ValueError as error:
        raise OSError(errno.EINVAL, f"no possible name ({error})", str(final)) from error
    if not inside and final.is_dir():
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(final))
    for attempt in range(ATTEMPTS):
        missing = [one for one in final.parents if not one.exists()]
        try:
            final.parent.mkdir(parents=True, exist_ok=True)
            with under_way(final) as path:
                path.write_bytes(os.urandom(SIZE))  # random, for file systems that compress
            return
        except FileNotFoundError:  # another process that tried it out has just removed the folder
            if attempt + 1 == ATTEMPTS:
                raise
        finally:
            for one in missing:
                with suppress(OSError):
                    one.rmdir()
