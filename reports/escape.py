r"""Texts that others wrote, made safe for the place where they are shown.

    place               what would act there                         what becomes of it
    terminal, one line  control and format characters                `\x1b`
    XML 1.0             characters that XML forbids                  `\x00`; `<` and `&` are the writer's to escape
    cell of a CSV       a formula                                    `'=1+1`
    Markdown            marks, HTML, links, @names, table bars       a code span, or a backslash before each

Covered: characters. Not covered: HTML, which jinja2 escapes.
"""

from __future__ import annotations

import re
import unicodedata

from probe.masking import masked

UNSEEN = ("Cc", "Cf", "Cs", "Zl", "Zp")
"""Unicode categories: control, format, surrogate, line and paragraph separator."""

FILLERS = "\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180d\u180f\u3164\uffa0\U000e0100-\U000e01ef"
"""Characters of other categories that are not seen (Default_Ignorable_Code_Point), but for those that choose an emoji's form."""

FORBIDDEN_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What is not a Char of XML 1.0 (fifth edition, section 2.2, production 2)."""

FORMULA = ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""How a text begins that a spreadsheet takes for a formula, also in letters of full width."""
LEADING = ("\t", "\r", "\n", "\0")

FILLER = re.compile(f"[{FILLERS}]")

MARKS = re.compile(r"([\\`*_\[\]|~#!])")
JOINT = "\u200b"
"""An unseen character of our own: a reader of Markdown makes no link across it."""
MAX_CHARS = 120
"""Characters of a text that one code span shows."""


def visible_line(text: str) -> str:
    """Return text on one line, with control characters as escapes so that they cannot drive the terminal."""
    # what Python calls printable has no character of UNSEEN; most texts are
    shown = text if text.isprintable() else "".join(map(_escaped, text))
    return FILLER.sub(lambda match: _escape(match[0]), shown)


def visible_lines(text: str) -> str:
    """Return text with its lines, and every other control character as an escape."""
    return text if text.isascii() and text.isprintable() else "\n".join(map(visible_line, text.split("\n")))


def shown_lines(text: str) -> str:
    """Return text with its lines as a stranger's terminal may have it: as `visible_lines`, without known secrets."""
    return visible_lines(masked(text))


def csv_cell(value: object) -> object:
    """Return a cell that a spreadsheet shows and does not compute; a number stays a number.

    A text that begins with one of FORMULA gets an apostrophe before it (OWASP, CSV injection); quotation marks and separators are
    the writer's to escape.
    """
    if not isinstance(value, str):
        return value
    line = visible_line(value)
    return f"'{line}" if value.lstrip().startswith(FORMULA) or value.startswith(LEADING) else line


def xml_text(text: str) -> str:
    """Return text that XML 1.0 can hold; lines stay lines, every other unseen or forbidden character is an escape."""
    seen = "".join(char if char in "\t\n" else _escaped(char) for char in text)
    return FORBIDDEN_IN_XML.sub(lambda match: _escape(match[0]), seen)


def markdown_text(text: str) -> str:
    """Return text that Markdown shows as it is: no mark, no HTML, no link, nobody called by @name."""
    marked = MARKS.sub(r"\\\1", visible_line(masked(text)))  # first: a mark within a secret would hide it from the mask
    html = marked.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    # A reader looks for @names and addresses in the finished text: only something between the letters stops it.
    return html.replace("@", f"@{JOINT}").replace("://", f":{JOINT}//").replace("www.", f"www{JOINT}.")


def markdown_code(text: str, *, in_table: bool = False, max_chars: int = MAX_CHARS) -> str:
    """Return text as a code span, in which nothing acts: fenced by more backticks than it has in a row.

    In a table a bar needs its backslash even there (GitHub Flavored Markdown, section 4.10).
    """
    line = visible_line(masked(text))
    shown = line if len(line) <= max_chars else line[: max_chars - 3] + "..."
    if not shown.strip():
        return "(empty)"
    fence = "`" * (1 + max((len(run) for run in re.findall("`+", shown)), default=0))
    pad = " " if shown[0] in "` " or shown[-1] in "` " else ""
    span = f"{fence}{pad}{shown}{pad}{fence}"
    return span.replace("|", "\\|") if in_table else span


def _escaped(char: str) -> str:
    return _escape(char) if unicodedata.category(char) in UNSEEN and char != "\u200d" else char


def _escape(char: str) -> str:
    return char.encode("unicode_escape").decode()
