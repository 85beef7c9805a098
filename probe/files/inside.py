"""Whether a file lies in a folder, however it is named there.

    template = "../../secret.txt"      outside
    paraphrases.txt -> /etc/passwd     outside: links are followed
    prompt.txt -> shared/prompt.txt    inside, if shared/ is

Covered: `..`, absolute paths, links of the file and of folders above it. Not covered: a second name of one file (a hard link),
a link that is changed between this look and the reading.
"""

from __future__ import annotations

from pathlib import Path


def is_inside(path: Path, folder: Path) -> bool:
    """Return whether a file lies in a folder or below it, with all links followed; a loop of links does not."""
    try:
        return path.resolve().is_relative_to(folder.resolve())
    except (OSError, RuntimeError, ValueError):
        return False
