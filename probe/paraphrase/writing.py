"""The question that has a model rewrite an instruction, and the reading of its reply.

Covered: one style a question, labels and placeholders that must stay, replies as numbered lines or as a JSON list.
Not covered: whether what comes back means the same (`probe.paraphrase.guard`).
"""

from __future__ import annotations

import re

from probe.files.reading import from_json
from probe.prompt.render import PLACEHOLDER, shown
from probe.types import Prompt

STYLES = (
    *("in other words", "more briefly", "more formally", "in everyday words", "with another order of the words"),
    *("as a question or as a command, whichever it is not now", "for a reader who is new to such tasks", "politely"),
)
"""Each a round of its own: a model that decodes greedily says the same when it is asked the same."""

MOST_READ = 50
"""Candidates read from one reply, at most."""

NUMBERED = re.compile(r"\s*(?:\*\*)?(?:\d{1,3}[.):]|[-*\u2022])(?:\*\*)?\s+(.*)")
EDGES = "\"\u201c\u201d'`* \t"


def question(prompt: Prompt, count: int, style: str, *, evidence: str = "") -> str:
    """Return the question for `count` paraphrases in one style; `evidence` is shown between the instruction and the demand."""
    keep = "Keep every number, name and quotation"
    if names := list(dict.fromkeys(PLACEHOLDER.findall(prompt.instruction))):
        keep += ", and the placeholders " + ", ".join(f"{{{name}}}" for name in names)
    labels = [shown(prompt, choice) for choice in prompt.choices]
    named = [label for label in labels if label and label.lower() in prompt.instruction.lower()]
    if named and not prompt.list_choices:
        keep += ", and the words " + ", ".join(named)
    form = (
        "Give them as a JSON list of strings and nothing else."
        if "\n" in prompt.instruction
        else "Write one on each line, with its number, and nothing else."
    )
    return (
        f"An instruction for a task reads:\n\n{prompt.instruction}\n\n{evidence}"
        f"Write {count} other instructions that ask for exactly the same, {style}. {keep}, exactly as they are. "
        f"Do not do the task and do not answer it. {form}"
    )


def candidates(reply: str) -> list[str]:
    """Return the paraphrases in a reply, without the text around them."""
    found = _from_json(reply)
    if found is None:
        lines = reply.split("\n")
        numbered = [match[1] for line in lines if (match := NUMBERED.match(line))]
        found = numbered or [line for line in lines if line.strip()]
    return [text for one in found[:MOST_READ] if (text := _unwrapped(one))]


def _from_json(reply: str) -> list[str] | None:
    start, stop = reply.find("["), reply.rfind("]")
    if start < 0 or stop < start:
        return None
    try:
        rows = from_json(reply[start : stop + 1])
    except ValueError:
        return None
    texts = [row for row in rows if isinstance(row, str)]
    return texts or None


def _unwrapped(text: str) -> str:
    """Return a text without quotation marks or asterisks around all of it."""
    bare = text.strip()
    inner = bare.strip(EDGES)
    is_wrapped = bare[:1] in EDGES and bare[-1:] in EDGES and not re.search(r"[\"\u201c\u201d`*]", inner)
    return inner if is_wrapped else bare
