"""What every page shares: its templates, its style sheet and script with their hashes, and being written whole or not at all.

What a model wrote is hostile: every value is escaped, characters that are not seen are shown, data for the script goes
through `tojson`, and the page's content security policy allows nothing but its own style sheet and its own script, each
named by its hash.

Covered: rendering and writing. Not covered: what a page says (`reports.html`, `reports.compare_page`).
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from probe.record.store import write_whole

if TYPE_CHECKING:
    from jinja2 import Environment

PAGE = Path(__file__).parent / "page"


def render(name: str, *, css: str = "page.css", rules: Iterable[str] = (), **values: Any) -> str:
    """Return a template as a whole page; `rules` are put behind the style sheet `css`."""
    from markupsafe import Markup

    style = "\n" + (PAGE / css).read_text(encoding="utf-8") + "\n".join(rules) + "\n"
    script = "\n" + (PAGE / "page.js").read_text(encoding="utf-8")
    found = _environment().get_template(name)
    return found.render(
        style=Markup(style), style_hash=_hash(style), script=Markup(script), script_hash=_hash(script), **values
    )


def save(text: str, out: Path) -> Path:
    """Write a page whole or not at all; return its path.

    Raises:
        StoreError: it cannot be written.
    """
    return write_whole(out, text, what="the page")


def seen(value: object) -> object:
    """Return a value as the page shows it: no None, and in texts every control character as a sign that is seen."""
    if value is None:
        return ""
    return value.translate(SIGNS) if type(value) is str else value


@cache
def _environment() -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    return Environment(
        loader=FileSystemLoader(PAGE),
        autoescape=True,
        extensions=["jinja2.ext.do"],
        undefined=StrictUndefined,
        finalize=seen,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _signs() -> dict[int, str]:
    unseen = [*range(0x80, 0xA0), 0x61C, 0x200E, 0x200F, *range(0x2028, 0x202F), *range(0x2066, 0x206A)]
    unseen += [*range(0xD800, 0xE000), *range(0xE0000, 0xE0080)]
    controls = {code: chr(0x2400 + code) for code in range(0x20) if chr(code) not in "\t\n"}
    return controls | {0x7F: "\u2421"} | {code: f"\u27e8U+{code:04X}\u27e9" for code in unseen}


SIGNS = _signs()
"""Control pictures for C0; a name in brackets for C1, changes of writing direction and lone surrogates."""


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
