r"""Prompt to text: the one place that renders.

A prompt becomes a context, and each possible answer a continuation of it. Whitespace between the two always belongs to the
continuation, which is how lm-eval tokenizes them, so that numbers can be compared.

    instruction                      Say whether the review is positive or negative.
    demonstration + its answer       Review: A bore.
                                     Sentiment: negative

    fields, options, answer slot     Review: A joy from start to end.
                                     Sentiment:| positive
                                        context | continuation

In the structures of a chat the same text stands in turns, for a model with a chat template as messages:

    System: Say whether the review is positive or negative.     ("system", "Say whether ...")
    User: Review: A bore.                                       ("user", "Review: A bore.\nSentiment:")
    Sentiment:
    Assistant: negative                                         ("assistant", "negative")

Covered: laid-out prompts, templates with placeholders, options with symbols, demonstrations (in the prompt's layout, or each
in one of its own), structures, chat messages.
Not covered: the chat template itself, which is the model's.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

from probe.prompt.structures import INSTRUCTION, MARKUPS, NOTE, Markup, Part
from probe.types import Casing, Delimiters, Demonstration, Field, Layout, Messages, Numbering, Prompt

BLOCK_SPACE = "\n\n"
"""Between a demonstration and the next, and before the question."""

INSTRUCTION_SPACE = "\n"
"""After the instruction."""

PLACEHOLDER = re.compile(r"\{(\w+(?: \w+)*)\}")
"""A field's name in braces; what a template and an instruction may hold."""

ROMAN = ("i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix", "x", "xi", "xii", "xiii", "xiv", "xv")
SYMBOLS: dict[Numbering, Callable[[int], str]] = {
    "digit": lambda index: str(index + 1),
    "upper": lambda index: chr(ord("A") + index),
    "lower": lambda index: chr(ord("a") + index),
    "roman-unicode": lambda index: chr(0x2160 + index),
    "roman-lower": lambda index: ROMAN[index],
    "roman-upper": lambda index: ROMAN[index].upper(),
}
WORD_OF_TITLE = re.compile(r"[^\W\d_]+(?:['\u2019][^\W\d_]+)*")
"""A word that title case gives one capital, apostrophe or not: Customer's, where `str.title` makes Customer'S of it."""

CASINGS: dict[Casing, Callable[[str], str]] = {
    "identity": str,
    "title": lambda text: WORD_OF_TITLE.sub(lambda word: word[0][:1].upper() + word[0][1:].lower(), text),
    "upper": str.upper,
    "lower": str.lower,
}
MAX_SYMBOLS = {"digit": 99, "upper": 26, "lower": 26, "roman-unicode": 12, "roman-lower": 15, "roman-upper": 15}
"""How many options each kind of numbering can name."""


def symbol(layout: Layout, index: int) -> str:
    """Return the bare symbol of the option at `index` (from 0), such as B or ii."""
    return SYMBOLS[layout.numbering](index)


def symbols_of(prompt: Prompt, count: int) -> tuple[str, ...]:
    """Return the symbols of `count` listed options, in the order in which the options stand."""
    return tuple(symbol(prompt.layout, (index + prompt.symbol_shift) % count) for index in range(count))


def cased(layout: Layout, descriptor: str) -> str:
    """Return a descriptor in the layout's casing."""
    return CASINGS[layout.casing](descriptor)


def render(prompt: Prompt) -> str:
    """Return the context: all text before the answer, without trailing whitespace."""
    return _with_gap(prompt).rstrip()


def continuations(prompt: Prompt) -> tuple[str, ...]:
    """Return each choice as the continuation of the context, in the order of `prompt.choices`."""
    space = gap(prompt) if prompt.choices else ""
    return tuple(space + _held_answer(prompt, choice) for choice in prompt.choices)


def continuation(prompt: Prompt, answer: str) -> str:
    """Return an answer's text as the continuation of the context, with the whitespace that parts them."""
    return gap(prompt) + _held_answer(prompt, answer)


def gap(prompt: Prompt) -> str:
    """Return the whitespace between the context and an answer; with joints, what they put before an answer as well."""
    end = _end(prompt)
    if not end.strip():
        end = _with_gap(prompt)
    space = end[len(end.rstrip()) :]
    if prompt.is_template and prompt.delimiters is not None:
        return space + prompt.delimiters.answer
    return " " if not space and prompt.is_template else space


def closings(prompt: Prompt, answers: Iterable[str] = ()) -> tuple[str, ...]:
    """Return what ends an answer that is written freely, by the prompt's structure; none where it has none of its own.

    `answers` are those that are right, which must not be cut.
    """
    if not _is_held(prompt):
        return ()
    markup = MARKUPS[prompt.structure]
    is_plain = not any("}" in text for text in (*texts_of(prompt), *answers))
    return tuple(
        filter(None, ((markup.end if is_plain else markup.late_end) or markup.close(prompt.answer_field).strip(),))
    )


def answer_text(prompt: Prompt, answer: str) -> str:
    """Return an answer as it is said: a choice's word, or its symbol."""
    return _answer(prompt, prompt.choices, answer)


def opening(prompt: Prompt) -> str:
    """Return the text after which an answer is generated; with joints to the letter, trailing whitespace included."""
    return render(prompt) if prompt.delimiters is None else _with_gap(prompt)


def instruction_text(prompt: Prompt) -> str:
    """Return the instruction with `{symbols}` and `{choices}` filled in."""
    return fill(prompt.instruction, _lists(prompt)) if "{" in prompt.instruction else prompt.instruction


def shown(prompt: Prompt, choice: str) -> str:
    """Return the word that stands for a choice: its verbalizer, else the choice itself."""
    return next((word for name, word in prompt.verbalizer if name == choice), choice)


def messages(prompt: Prompt) -> Messages:
    """Return the context as turns of a chat; none where the prompt's structure is no chat."""
    if not prompt.structure.startswith("chat"):
        return ()
    return tuple((role, content.strip()) for role, content in _turns(prompt) if content.strip())


def fill(template: str, values: Mapping[str, str]) -> str:
    """Put values in the place of their `{names}`; leave unknown names as they are."""
    return PLACEHOLDER.sub(lambda match: values.get(match[1], match[0]), template)


def listed(words: list[str]) -> str:
    """Return words as a list in English: `A, B or C`."""
    return words[0] if len(words) == 1 else ", ".join(words[:-1]) + " or " + words[-1] if words else ""


def texts_of(prompt: Prompt) -> tuple[str, ...]:
    """Return every text that a prompt is made of, as it is before anything is rendered."""
    shots = [
        text for one in prompt.demonstrations for text in (*(f.text for f in one.fields), one.target, *one.choices)
    ]
    words = (word for _, word in prompt.verbalizer)
    return (prompt.instruction, *(field.text for field in prompt.fields), *prompt.choices, *words, prompt.note, *shots)


def _is_held(prompt: Prompt) -> bool:
    """Return whether every part has a name of its own; a template is one text, whatever its structure."""
    return prompt.structure in MARKUPS and not prompt.is_template


def _held_answer(prompt: Prompt, answer: str) -> str:
    text = answer_text(prompt, answer)
    return MARKUPS[prompt.structure].answer(text) if _is_held(prompt) else text


def _end(prompt: Prompt) -> str:
    """Return how the context ends, whatever the question, without rendering all of it; empty where that is not known."""
    if prompt.structure.startswith("chat") or _is_held(prompt):
        return ""
    if not prompt.is_template:
        return cased(prompt.layout, prompt.answer_field) + prompt.layout.separator
    # what ends in a placeholder ends as its field does
    return "" if prompt.instruction.rstrip().endswith("}") else prompt.instruction


def _with_gap(prompt: Prompt) -> str:
    if prompt.structure.startswith("chat"):
        return BLOCK_SPACE.join(f"{role.title()}: {text}" for role, text in messages(prompt)) + "\n\nAssistant: "
    return _held(prompt) if _is_held(prompt) else _plain(prompt)


def _plain(prompt: Prompt) -> str:
    if prompt.is_template:
        delimiters = prompt.delimiters or Delimiters(blocks=BLOCK_SPACE)
        blocks = [
            _filled(prompt, d.fields, d.choices or prompt.choices)
            + delimiters.answer
            + shown(prompt, d.target)
            + delimiters.blocks
            for d in prompt.demonstrations
        ]
        return delimiters.opening + "".join(blocks) + _filled(prompt, prompt.fields, prompt.choices)
    blocks = [_solved(prompt, demonstration) for demonstration in prompt.demonstrations]
    blocks.append(_question(prompt))
    return _opening(prompt, has_more=len(blocks) > 1) + BLOCK_SPACE.join(blocks)


def _opening(prompt: Prompt, *, has_more: bool) -> str:
    """Return the instruction with the space after it, where it stands before everything."""
    instruction = instruction_text(prompt) if prompt.instruction_place == "before" else ""
    return instruction + (BLOCK_SPACE if has_more else INSTRUCTION_SPACE) if instruction else ""


def _question(prompt: Prompt) -> str:
    after = instruction_text(prompt) if prompt.instruction_place == "after" else ""
    last = [("", text) for text in (prompt.note and "\n" + prompt.note, after) if text]
    return _block(prompt, prompt.fields, prompt.choices, last=last)


def _held(prompt: Prompt) -> str:
    """Return the prompt in a structure in which every part has a name."""
    markup = MARKUPS[prompt.structure]
    instruction = (INSTRUCTION, instruction_text(prompt))
    is_first = prompt.instruction_place == "before"
    blocks = [markup.alone(instruction)] if instruction[1] and is_first else []
    for one in prompt.demonstrations:
        if one.layout is not None:
            blocks.append(_solved(prompt, one))
            continue
        choices = one.choices or prompt.choices
        answer = markup.answer(_answer(prompt, choices, one.target)) + markup.close(prompt.answer_field)
        blocks.append(_held_block(markup, prompt, _parts(prompt, one.fields, choices, one.wrong)) + answer)
    parts = _parts(prompt, prompt.fields, prompt.choices)
    parts += [(NOTE, prompt.note)] if prompt.note else []
    parts += [instruction] if instruction[1] and not is_first else []
    return markup.space.join([*blocks, _held_block(markup, prompt, parts)])


def _held_block(markup: Markup, prompt: Prompt, parts: list[Part]) -> str:
    named = [(cased(prompt.layout, name or prompt.options_field or "Options"), text) for name, text in parts]
    return markup.block(named, cased(prompt.layout, prompt.answer_field))


def _turns(prompt: Prompt) -> list[tuple[str, str]]:
    """Return role and text of each turn before the answer."""
    if prompt.is_template:
        return [("user", _plain(prompt))]
    has_system = "system" in prompt.structure and prompt.instruction_place == "before"
    instruction = instruction_text(prompt) if has_system else ""
    rest = replace(prompt, instruction="") if has_system else prompt
    turns = [("system", instruction)]
    if prompt.structure.endswith("turns") and prompt.demonstrations:
        opening = _opening(rest, has_more=False)
        for place, one in enumerate(prompt.demonstrations):
            question, answer = _question_and_answer(prompt, one)
            turns += [("user", (opening if place == 0 else "") + question), ("assistant", answer)]
        return [*turns, ("user", _question(rest))]
    return [*turns, ("user", _plain(replace(rest, structure="plain")))]


def _filled(prompt: Prompt, fields: tuple[Field, ...], choices: tuple[str, ...]) -> str:
    values = {field.name: field.text for field in fields}
    return fill(prompt.instruction, _lists(prompt, choices) | values)


def _lists(prompt: Prompt, choices: tuple[str, ...] | None = None) -> dict[str, str]:
    listing = prompt.choices if choices is None else choices
    symbols = [symbol(prompt.layout, index) for index in range(len(listing))] if prompt.list_choices else []
    words = [shown(prompt, choice) for choice in listing]
    return {"symbols": listed(symbols), "choices": listed(words)} if listing else {}


def _solved(prompt: Prompt, demonstration: Demonstration) -> str:
    return "".join(_question_and_answer(prompt, demonstration))


def _question_and_answer(prompt: Prompt, demonstration: Demonstration) -> tuple[str, str]:
    """Return a demonstration laid out, in its own layout if it has one: up to its answer, and its answer."""
    its_own = prompt if demonstration.layout is None else replace(prompt, layout=demonstration.layout)
    choices = demonstration.choices or prompt.choices
    wrong = _wrong(its_own, choices, demonstration.wrong)
    question = _block(its_own, demonstration.fields, choices, last=wrong)
    return question, _answer(its_own, choices, demonstration.target)


def _parts(prompt: Prompt, fields: tuple[Field, ...], choices: tuple[str, ...], wrong: str = "") -> list[Part]:
    """Return the parts of one question before its answer; listed options without a descriptor have no name."""
    parts = [(field.name, field.text) for field in fields]
    if prompt.list_choices and choices:
        parts.append((prompt.options_field, _options(prompt, choices)))
    return parts + _wrong(prompt, choices, wrong)


def _wrong(prompt: Prompt, choices: tuple[str, ...], wrong: str) -> list[Part]:
    return [(f"Wrong {prompt.answer_field.lower()}", _answer(prompt, choices, wrong))] if wrong else []


def _block(prompt: Prompt, fields: tuple[Field, ...], choices: tuple[str, ...], *, last: Sequence[Part] = ()) -> str:
    """Return the components of one question, up to where its answer begins."""
    layout, casing, separator = prompt.layout, CASINGS[prompt.layout.casing], prompt.layout.separator
    parts = [
        casing(name) + separator + text if name else text for name, text in [*_parts(prompt, fields, choices), *last]
    ]
    return layout.space.join([*parts, casing(prompt.answer_field) + separator])


def _options(prompt: Prompt, choices: tuple[str, ...]) -> str:
    layout = prompt.layout
    options = (
        layout.option_wrapper.format(name) + layout.option_separator + shown(prompt, choice)
        for name, choice in zip(symbols_of(prompt, len(choices)), choices, strict=True)
    )
    return layout.option_space.join(options)


def _answer(prompt: Prompt, choices: tuple[str, ...], answer: str) -> str:
    if prompt.answer_with == "symbol":
        return symbols_of(prompt, len(choices))[choices.index(answer)]
    return shown(prompt, answer)
