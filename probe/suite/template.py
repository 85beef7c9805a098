"""A prompt file with `{column}` placeholders, and the structured form where it has one.

A prompt of this form is taken apart, so that its layout, wording and order can be varied one by one:

    Say whether the review is positive or negative.   instruction (or nothing)
    Review: {text}                                    descriptor, separator, {column}
    Sentiment:                                        answer's descriptor

Any other prompt is kept as it is: a template whose layout has no parts to vary.

Covered: any one separator and any one space between components, made of punctuation and blanks; column names of words.
Not covered: options listed with symbols (say `list_choices = true` in suite.toml instead), prompts with two separators.

Braces: `{name}` is a placeholder and must be a column; `{{name}}` shows as `{name}`; any other brace, as in JSON,
is left as it is.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from probe.prompt.render import PLACEHOLDER, render
from probe.suite.faults import Wrong, fault, near
from probe.types import Field, Layout, Prompt

LISTS = ("choices", "symbols")
"""Placeholders that are filled from an item's choices rather than from its fields."""

BRACED = re.compile(r"(\{+)([^{}\n]+)(\}+)")
DESCRIPTOR = re.compile(r"\w[\w'-]*(?: \w[\w'-]*){0,3}")
JOINT = re.compile(r"[\s:;,|=>~/.-]*(?:[:;|=>~/\n\t]|--|(?<=\s)-\s)[\s:;,|=>~/.-]*")
"""What may part a descriptor from its text, and a component from the next: more than a blank or a full stop."""


def prompt_from_template(text: str, columns: Sequence[str], *, path: object = "prompt") -> Prompt:
    """Read a prompt file: in its structured form if that renders to exactly the same text, else as a template.

    The fields of the prompt are the columns that it names, each with its placeholder `{column}` as text.

    Raises:
        SuiteError: a placeholder is no column, or no column is named; says file and line.
    """
    body = text.replace("\r\n", "\n").rstrip()
    try:
        instruction = literal(body, (*columns, *LISTS))
        named = [name for name in dict.fromkeys(PLACEHOLDER.findall(instruction)) if name in columns]
        if not named:
            raise Wrong(f"names no column, so every item would be the same question; write {{{columns[0]}}}")
    except Wrong as error:
        line = body[: max(body.find(error.key), 0)].count("\n") + 1
        raise fault(path, line, error) from error
    return _structured(instruction, columns) or Prompt(
        instruction=instruction, fields=tuple(Field(name, f"{{{name}}}") for name in named), is_template=True
    )


def columns_of(prompt: Prompt) -> tuple[str, ...]:
    """Return the column that each field of a prompt file is filled from."""
    return tuple(field.text[1:-1] for field in prompt.fields)


def literal(text: str, names: Sequence[str]) -> str:
    """Return a text as `probe.prompt.render.fill` takes it: every placeholder is one of `names`, `{{other}}` is `{other}`.

    Raises:
        Wrong: a placeholder is none of the names; its key is the placeholder as written.
    """

    def one(match: re.Match[str]) -> str:
        opened, name, closed = match.groups()
        doubled = len(opened) > 1 and len(closed) > 1
        if name.strip() in names and (doubled or name != name.strip()):
            raise Wrong(f"{match[0]} is not filled in; write {{{name.strip()}}}", match[0])
        if name in names and not PLACEHOLDER.fullmatch(f"{{{name}}}"):
            raise Wrong(f"{{{name}}} cannot be filled in: a column that is named in a prompt has letters, digits, "
                        "underscores and single blanks in its name; rename it", match[0])  # fmt: skip
        if not PLACEHOLDER.fullmatch(f"{{{name}}}") or name in names:
            return match[0]
        if doubled:
            return match[0][1:-1]
        known = ", ".join(f"{{{known}}}" for known in names)
        raise Wrong(f"{{{name}}} is not among {known}. {near(name, names)}"
                    f"For the braces themselves write {{{{{name}}}}}", match[0])  # fmt: skip

    return BRACED.sub(one, text)


def braces_doubled(instruction: str, names: Sequence[str]) -> str:
    """Return an instruction as a file holds it: the inverse of `literal`."""

    def one(match: re.Match[str]) -> str:
        is_shown = PLACEHOLDER.fullmatch(f"{{{match[2]}}}") and match[2] not in names
        return "{" + match[0] + "}" if is_shown else match[0]

    return BRACED.sub(one, instruction)


def _structured(text: str, columns: Sequence[str]) -> Prompt | None:
    r"""Take a prompt apart; None where its structured form would not be the same text.

    instruction \n Review: {text} \n Sentiment:
    ----------- head ------      ---- tails --      a tail is: space, descriptor, separator
    """
    marks = [match for match in PLACEHOLDER.finditer(text) if match[1] in columns]
    names = [match[1] for match in marks]
    head = text[: marks[0].start()]
    ends = [match.start() for match in marks[1:]] + [len(text)]
    tails = [text[match.end() : end] for match, end in zip(marks, ends, strict=True)]
    stem = re.sub(r"\W*$", "", head)
    instruction, _, descriptor = stem.rpartition("\n")
    separator, space = head[len(stem) :], (re.match(r"\W*", tails[0]) or [""])[0]
    if not (JOINT.fullmatch(separator) and JOINT.fullmatch(space)):
        return None
    words = [descriptor, *(_between(tail, space, separator) for tail in tails[:-1])]
    answer_field = _between(tails[-1], space, separator.rstrip())
    if len({*words, answer_field}) <= len(words) or not all(
        DESCRIPTOR.fullmatch(word) for word in (*words, answer_field)
    ):
        return None
    prompt = Prompt(
        instruction=instruction,
        fields=tuple(Field(word, f"{{{name}}}") for word, name in zip(words, names, strict=True)),
        answer_field=answer_field,
        layout=Layout(separator=separator, space=space),
    )
    return prompt if len(set(names)) == len(names) and render(prompt) == text else None


def _between(text: str, before: str, after: str) -> str:
    """Return what stands between two known ends; empty where they are not its ends."""
    if len(text) < len(before) + len(after) or not (text.startswith(before) and text.endswith(after)):
        return ""
    return text[len(before) : len(text) - len(after)]
