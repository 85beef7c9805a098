r"""Other whitespace around the same words.

    leading    \n\tDecide whether     trailing   it rains.__\nReview     doubled    it__rains
    tab        it\trains              newline    it\nrains              wrap       lines of 20 to 60 characters
    nbsp       it\u00a0rains          zero-width it \u200brains         crlf       it rains.\r\n

The whitespace before the answer belongs to what is scored, so a space at the very end of a prompt would change the scored
text and not the prompt (lm-eval moves it there as well). Nothing is put there: trailing whitespace stands at ends of lines
and of fields within the prompt. Liang et al. 2022, "Holistic Evaluation of Language Models" (spaces); Boucher et al. 2022,
"Bad Characters" (characters of no width).

Covered: the instruction and the fields. Not covered: choices, demonstrations, the layout's own spaces (format-space),
whitespace within quotations, answers, placeholders and machine text, at the edges of its blocks, and between the digits of a
number.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from random import Random

from probe.evolve import evolve
from probe.perturb.catalogue.register import item_perturbation
from probe.perturb.helpers.machine.text import machine_text
from probe.perturb.helpers.protected import answers
from probe.perturb.helpers.spans import Found, Place, changed, find_places, span_perturbation, spot, texts
from probe.types import Item, Prompt

LEADING = (" ", "  ", "    ", "\t", "\n", "\n\n", " \n", "\n\t", "\n  ")
TRAILING = (" ", "  ", "   ", "    ", "\t", " \t", "\t\t", "\u00a0")
DOUBLED = ("  ", "  ", "   ")
NARROW = ("\u00a0", "\u00a0", "\u202f")
ZERO_WIDTH = ("\u200b", "\u2060", "\ufeff")
"""Zero-width space, word joiner, byte order mark: each is drawn as nothing."""

WIDTHS = (20, 24, 28, 32, 36, 40, 48, 60)

_GAP = re.compile(r"(?<=\S) (?=\S)")
_LINE_END = re.compile(r"(?<=\S)(?=\n)")
_LINE_BREAK = re.compile(r"(?<!\r)\n")
_WORD_START = re.compile(r"(?<=[^\W\d_] )(?=[^\W\d_])")


@span_perturbation("whitespace-leading", family="whitespace", strength=0.5)
def whitespace_leading(text: str) -> Iterable[Found]:
    """Begin the prompt or a field with spaces, a tab or an empty line.

    Covered: before the instruction and before the text of a field. Not covered: before descriptors and options.
    """
    if text[:1].strip():
        yield spot(0, 0, *LEADING)


@item_perturbation("whitespace-trailing", family="whitespace", strength=0.5)
def whitespace_trailing(item: Item, rng: Random, strength: float) -> Item | None:
    """Add spaces or a tab at the end of lines and fields.

    Covered: ends of lines, of the instruction and of fields within the prompt.
    Not covered: the very end of the prompt, where whitespace would become part of the scored answer.
    """
    return changed(item, [place for place in find_places(item, _trailing) if not _is_last(item, place)], rng, strength)


@span_perturbation("whitespace-doubled", family="whitespace", strength=0.2)
def whitespace_doubled(text: str) -> Iterable[Found]:
    """Put two or three spaces between words.

    Covered: single spaces in the instruction and the fields. Not covered: spaces in quotations, answers and code.
    """
    return _gaps(DOUBLED, text)


@span_perturbation("whitespace-tab", family="whitespace", strength=0.15)
def whitespace_tab(text: str) -> Iterable[Found]:
    """Put tabs between words.

    Covered: single spaces in the instruction and the fields. Not covered: spaces in quotations, answers and code.
    """
    return _gaps(("\t",), text)


@span_perturbation("whitespace-newline", family="whitespace", strength=0.1)
def whitespace_newline(text: str) -> Iterable[Found]:
    """Break lines between words.

    Covered: single spaces in the instruction and the fields. Not covered: spaces in quotations, answers and code.
    """
    return _gaps(("\n",), text)


@item_perturbation("whitespace-wrap", family="whitespace")
def whitespace_wrap(item: Item, rng: Random) -> Item | None:
    """Wrap the instruction and the fields at a line width, as a mail program does.

    Covered: eight widths from 20 to 60 characters, one a sample. Not covered: words and quotations longer than a line.
    """
    width = rng.choice(WIDTHS)
    gaps = find_places(item, whitespace_newline)
    return changed(item, _ends_of_lines(texts(item), gaps, width), rng, 1.0)


@span_perturbation("whitespace-nbsp", family="whitespace", strength=0.3)
def whitespace_nbsp(text: str) -> Iterable[Found]:
    """Put non-breaking spaces between words.

    Covered: the common one and the narrow one. Not covered: spaces in quotations, answers and code.
    """
    return _gaps(NARROW, text)


@span_perturbation("whitespace-zero-width", family="whitespace", strength=0.15)
def whitespace_zero_width(text: str) -> Iterable[Found]:
    """Put zero-width characters before words.

    Covered: zero-width space, word joiner, byte order mark, after a space between two words.
    Not covered: such characters within a word, and before answers.
    """
    return (spot(*match.span(), *ZERO_WIDTH) for match in _WORD_START.finditer(text))


@item_perturbation("whitespace-crlf", family="whitespace", scope="suite")
def whitespace_crlf(item: Item, rng: Random) -> Item | None:
    """End lines with carriage return and line feed, as Windows does.

    Covered: the lines of the instruction, between the components, between options, within fields.
    Not covered: demonstrations, structures other than plain, what parts the question from its answer; answers of several lines;
    lines of machine text.
    """
    if any("\n" in answer for answer in answers(item)):
        return None
    prompt = _ending_in_crlf(item.prompt)
    return None if prompt is None else evolve(item, prompt=prompt)


def _ending_in_crlf(prompt: Prompt) -> Prompt | None:
    if prompt.structure != "plain":
        return None
    fields = tuple(evolve(field, text=_crlf(field.text)) for field in prompt.fields)
    if prompt.is_template:
        end = len(prompt.instruction.rstrip())
        instruction = _crlf(prompt.instruction[:end]) + prompt.instruction[end:]
        return None if instruction == prompt.instruction else evolve(prompt, instruction=instruction, fields=fields)
    instruction = _crlf(prompt.instruction)
    if instruction and prompt.instruction_place == "before":
        instruction = instruction.rstrip("\r") + "\r"
    space, option_space = _crlf(prompt.layout.space), _crlf(prompt.layout.option_space)
    layout = evolve(prompt.layout, space=space, option_space=option_space)
    if instruction == prompt.instruction and layout == prompt.layout:
        return None
    return evolve(prompt, instruction=instruction, fields=fields, layout=layout)


def _crlf(text: str) -> str:
    """Return a text whose lines end in both, those within machine text left alone."""
    closed = machine_text(text).spans
    return _LINE_BREAK.sub(lambda match: "\n" if _is_within(match.start(), closed) else "\r\n", text)


def _is_within(place: int, closed: Sequence[slice]) -> bool:
    return any(span.start <= place < span.stop for span in closed)


def _trailing(text: str) -> Iterator[Found]:
    for match in _LINE_END.finditer(text):
        yield spot(*match.span(), *TRAILING)
    if text[-1:].strip():
        yield spot(len(text), len(text), *TRAILING)


def _is_last(item: Item, place: Place) -> bool:
    """Return whether a place at the end of a text is, or may become, the end of the whole prompt."""
    prompt = item.prompt
    if not prompt.is_template or place.spots[0].stop < len(texts(item)[place.which].rstrip()):
        return False
    return place.which == 0 or prompt.instruction.rstrip().endswith("}")


def _gaps(ways: tuple[str, ...], text: str) -> Iterator[Found]:
    for match in _GAP.finditer(text):
        start = match.start()
        if not (text[start - 1].isdigit() and text[start + 1].isdigit()):
            yield spot(start, start + 1, *ways)


def _ends_of_lines(original: list[str], gaps: list[Place], width: int) -> list[Place]:
    """Return the gaps at which lines of a width break: the last one before each line would become longer."""
    breaks: list[Place] = []
    for which, text in enumerate(original):
        begin, last = 0, None
        for place in [*(gap for gap in gaps if gap.which == which), None]:
            stop = place.spots[0].start if place else len(text)
            newline = text.rfind("\n", begin, stop)
            if newline >= 0:
                begin, last = newline + 1, None
            if stop - begin > width and last is not None:
                breaks.append(last)
                begin = last.spots[0].stop
            last = place
    return breaks
