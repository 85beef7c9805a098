r"""Other holders for the parts of a prompt: headings, tags, keys. Each says how a part, the answer slot and an answer look.

    markdown        xml                                 json
    ### Review      <review>A joy.</review>             {"review": "A joy.", "sentiment": "positive"}
    A joy.          <sentiment>
    ### Sentiment   positive
    positive        </sentiment>

Texts stand in tags as they are, as people write them; in JSON they are JSON strings.

Covered: one part, the slot, an answer with what closes it. Not covered: which parts there are (`probe.prompt.render`).
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

INSTRUCTION = "Instruction"
"""What the instruction is called where everything has a name."""

NOTE = "Note"
"""What a prompt's note is called there."""

Part = tuple[str, str]
"""A descriptor, empty for none, and its text."""


@dataclass(frozen=True, slots=True)
class Markup:
    """How a block is put together: `block` ends where the answer begins, with the whitespace that parts the two."""

    alone: Callable[[Part], str]
    """A part that is a block of its own: the instruction."""
    block: Callable[[Sequence[Part], str], str]
    """The parts of a question, and the name of its answer."""
    answer: Callable[[str], str]
    close: Callable[[str], str]
    """What follows a demonstration's answer, by the answer's name."""
    space: str
    """Between blocks."""
    end: str = ""
    """What ends an answer that is written freely; empty for what closes it."""
    late_end: str = ""
    """The same where the answer itself may hold `end`, as a closing bracket in JSON after a quotation mark."""


def tag(name: str) -> str:
    """Return a descriptor as a tag or key: lower-case words joined by underscores."""
    return re.sub(r"\W+", "_", name.lower()).strip("_") or "text"


def quoted(text: str) -> str:
    """Return a text as a JSON string."""
    return json.dumps(text, ensure_ascii=False)


def _heading(part: Part) -> str:
    return f"### {part[0]}\n{part[1]}" if part[0] else part[1]


def _element(part: Part) -> str:
    return f"<{tag(part[0])}>{part[1]}</{tag(part[0])}>" if part[0] else part[1]


def _member(part: Part) -> str:
    return f"{quoted(tag(part[0] or 'options'))}: {quoted(part[1])}"


MARKUPS: dict[str, Markup] = {
    "markdown": Markup(
        alone=_heading,
        block=lambda parts, name: "".join(_heading(part) + "\n\n" for part in parts) + f"### {name}\n",
        answer=str,
        close=lambda name: "",
        space="\n\n",
        end="\n###",
        late_end="\n###",
    ),
    "xml": Markup(
        alone=_element,
        block=lambda parts, name: "".join(_element(part) + "\n" for part in parts) + f"<{tag(name)}>\n",
        answer=str,
        close=lambda name: f"\n</{tag(name)}>",
        space="\n\n",
    ),
    "json": Markup(
        alone=lambda part: "{" + _member(part) + "}",
        block=lambda parts, name: "{" + "".join(_member(part) + ", " for part in parts) + f"{quoted(tag(name))}: ",
        answer=quoted,
        close=lambda name: "}",
        space="\n",
        end='"}',
        late_end='"}\n',
    ),
}
