r"""Names of files in what a user types with colons, also where a path begins with a drive.

bbh:C:\tasks:navigate  -->  "bbh", "C:\tasks", "navigate"
FILE.py:FUNCTION       -->  "FILE.py", "FUNCTION"

Names of devices, which no file can have under Windows, are known here too.
"""

from __future__ import annotations

import re

DRIVE = re.compile(r"[A-Za-z]:[\\/]")
"""How a path with a drive begins."""
DEVICE = re.compile(r"(?:con|prn|aux|nul|(?:com|lpt)[0-9])(?:\..*)?", re.IGNORECASE)
"""What Windows takes for a device where a file or folder has that name, whatever its ending."""


def split_colons(text: str) -> list[str]:
    """Cut a text at its colons, but for those of drives."""
    parts: list[str] = []
    for one in text.split(":"):
        is_after_drive = parts and re.fullmatch("[A-Za-z]", parts[-1]) and one[:1] in ("\\", "/")
        if is_after_drive:
            parts[-1] += ":" + one
        else:
            parts.append(one)
    return parts


def split_last(text: str) -> tuple[str, str]:
    """Cut a text at its last colon that is not a drive's; the second part is empty where there is none."""
    *before, last = split_colons(text)
    return (":".join(before), last) if before else (text, "")


def has_drive(name: str) -> bool:
    """Return whether a name is a path that begins with a drive."""
    return DRIVE.match(name) is not None


def is_device(name: str) -> bool:
    """Return whether a name cannot be that of a file or folder under Windows: con, nul, com1, also with an ending."""
    return DEVICE.fullmatch(name) is not None


def no_device(name: str, *, more: str = "suite") -> str:
    """Return a name that is made of another one, as one that a file may have: con is con-suite."""
    return f"{name}-{more}" if is_device(name) else name
