"""Files that a command writes beside what it prints: a page, Markdown or JSON, by their extension.

Covered: commands of cures. Not covered: runs, which have more formats (`reports.formats`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

FORMATS = (".html", ".htm", ".md", ".json")
Files = Annotated[
    list[Path] | None,
    typer.Option("--output", "-o", help="Write FILE.html, .md or .json. May be repeated.", show_default=False),
]


def check_files(outputs: Sequence[Path] | None) -> None:
    """Refuse a name whose extension stands for no format, and a file that cannot be written, before any work is done.

    Raises:
        UsageError: an extension is not known.
        StoreError: a file could not be written.
    """
    from probe.errors import UsageError
    from probe.record.store import check_outputs

    for one in outputs or []:
        if one.suffix.lower() not in FORMATS:
            known = ", ".join(FORMATS)
            raise UsageError(
                f"-o {one}: the format {one.suffix or '(none)'} is not known; an extension of {known} says which"
            )
    check_outputs(outputs or [])


def write_files(
    outputs: Sequence[Path] | None,
    *,
    page: Callable[[], str],
    markdown: Callable[[], str],
    value: Callable[[], dict[str, Any]],
) -> None:
    """Write each file in the format of its name's extension, whole or not at all.

    Raises:
        StoreError: one cannot be written.
    """
    from probe.cli.output import note
    from probe.record.store import json_text, write_whole

    def as_json() -> str:
        return json_text(value()) + "\n"

    makers = {".md": markdown, ".json": as_json}
    for path in outputs or []:
        write_whole(path, makers.get(path.suffix.lower(), page)())
        note(f"wrote {path}")
