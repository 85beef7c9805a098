"""Whether a file lies in a folder, however it is named there.

    template = "../../secret.txt"      outside
    paraphrases.txt -> /etc/passwd     outside: links are followed
    prompt.txt -> shared/prompt.txt    inside, if shared/ is
    prompt.txt -> ../../blobs/4f5e     inside a snapshot of the hub's cache, whose files are such links

Covered: `..`, absolute paths, links of the file and of folders above it. Not covered: a second name of one file (a hard link),
a link that is changed between this look and the reading.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

REPOSITORY = re.compile(r"(datasets|models|spaces)--.")
"""Names of the folders in the hub's cache, one for each repository."""


def is_inside(path: Path, folder: Path) -> bool:
    """Return whether a file lies in a folder or below it, with all links followed; a loop of links does not."""
    try:
        place, folder = path.resolve(), folder.resolve()
    except (OSError, RuntimeError, ValueError):
        return False
    return any(place.is_relative_to(one) for one in (folder, *_blobs(folder)))


def _blobs(folder: Path) -> Iterator[Path]:
    """Return where the hub's cache keeps the content of a folder in it: `datasets--me--mine/snapshots/1a2b/here`."""
    for snapshot in (folder, *folder.parents):
        repository = snapshot.parent.parent
        if snapshot.parent.name == "snapshots" and REPOSITORY.match(repository.name):
            yield repository / "blobs"
