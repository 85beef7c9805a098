"""The sentences of an instruction, and which of them are commands.

    Given the list, find the largest number and write it out. Answer with one word only.
    |--- before --| |--------- body ----------------------|m  |--------- body --------|m      m: its final mark
                    verb

What is quoted, machine text, or a placeholder is masked while looking, so that a sentence never ends within it.

Covered: English sentences that open with a verb of `words/grammar.toml`, "please" before it, or a short clause
("Given ..., find ...").
Not covered: commands with other verbs, with a negation, or in capitals.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from probe.evolve import evolve
from probe.perturb.helpers.english import is_verb, words_of
from probe.perturb.helpers.machine.text import machine_text
from probe.perturb.helpers.protected import SPANS
from probe.types import Prompt

_END = re.compile(r"[.!?:]+(?=[ \t]*(?:\n|\Z))|[.!?]+(?=[ \t]+[\"'A-Z(_])|(?=\n)")
_COMMAND = re.compile(
    r"(?P<before>(?:Given|Based on|According to|Using|In|From|For) [^,:;()]{1,80}, )?(?P<please>[Pp]lease,? )?"
    r"(?P<verb>[A-Za-z][a-z]+) (?P<following>\w+)"
)


@dataclass(frozen=True, slots=True)
class Command:
    """A sentence that tells the reader to do something, by its places in the instruction."""

    start: int
    """Where the sentence starts."""
    body: int
    """Where its verb starts."""
    stop: int
    """Before its final mark."""
    end: int
    """After its final mark."""
    verb: str
    """Lower-cased."""
    has_please: bool = False

    def text(self, instruction: str) -> str:
        """Return the body as it stands inside a sentence: with a small letter, without the final mark."""
        return instruction[self.body].lower() + instruction[self.body + 1 : self.stop]


def masked(text: str) -> str:
    """Return a text of the same length in which machine text, quotations and placeholders are underscores."""
    pieces: list[str] = []
    end = 0
    for span in machine_text(text).spans:
        pieces += [text[end : span.start], "_" * (span.stop - span.start)]
        end = span.stop
    hidden = "".join([*pieces, text[end:]]) if pieces else text
    return SPANS.sub(lambda match: "_" * len(match[0]), hidden)


@lru_cache(maxsize=512)
def sentences(instruction: str) -> tuple[tuple[int, int, int], ...]:
    """Return each sentence as its start, the place of its final mark, and its end."""
    found = []
    text = masked(instruction)
    length = len(text.rstrip())
    start = 0
    for stop, end in [*(match.span() for match in _END.finditer(text)), (length, length)]:
        first = start + len(text[start:stop]) - len(text[start:stop].lstrip())
        if first < stop:
            found.append((first, stop, end))
        start = end
    return tuple(found)


@lru_cache(maxsize=512)
def commands(instruction: str) -> tuple[Command, ...]:
    """Return the commands of an instruction, from left to right."""
    text = masked(instruction)
    found = []
    for start, stop, end in sentences(instruction):
        match = _COMMAND.match(text, start, stop)
        if (
            match
            and is_verb(match["verb"], match["following"])
            and _is_cased(match)
            and not _goes_on(instruction, stop, end)
        ):
            found.append(
                Command(start, match.start("verb"), stop, end, match["verb"].lower(), match["please"] is not None)
            )
    return tuple(found)


def _goes_on(instruction: str, stop: int, end: int) -> bool:
    """Return whether a sentence has no final mark because it goes on in or after the lines of machine text below it."""
    following = end + len(instruction[end:]) - len(instruction[end:].lstrip())
    return stop == end and any(span.start <= following < span.stop for span in machine_text(instruction).blocks)


def with_instruction(prompt: Prompt, instruction: str) -> Prompt | None:
    """Return the prompt with another instruction; None where an added word is one of the choices."""
    added = words_of(instruction) - words_of(prompt.instruction)
    return (
        None if any(choice.lower() in added for choice in prompt.choices) else evolve(prompt, instruction=instruction)
    )


def _is_cased(match: re.Match[str]) -> bool:
    """Return whether the verb has a capital if it opens the sentence, and none if something stands before it."""
    opens = match.start("verb") == match.start()
    return match["verb"][0].isupper() == opens
