r"""An lm-eval document as a prompt that can be perturbed, in the most structured form that renders to lm-eval's own text.

    doc_to_text: "Question: {{question}}\nAnswer:"      forms, tried in this order, one for all items of a task:

    structured   fields and descriptors in a layout        Question: {question} | Answer
    template     a whole prompt with its columns           "Question: {question}\nAnswer:"
    question     the rendered document is one field        "{text}", demonstrations apart
    whole        the rendered context is one field         "{text}", demonstrations within

A form is taken if every item's context and every choice's continuation equal lm-eval's to the letter. Formats, casing and
wording need the first, wording of the frame the second; typos, punctuation and the like work on any.

Covered: plain jinja substitutions (`{{column}}`, `{{column.strip()}}`, `{{choices[0]}}`), few-shot, descriptions, delimiters.
Not covered: options that a template lists as text are part of it; their order is not varied.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from probe.errors import SuiteError
from probe.prompt.render import continuation, opening, render
from probe.suite.template import prompt_from_template
from probe.types import Delimiters, Demonstration, Field, Item, Prompt

EXPRESSION = re.compile(r"\{\{-?(.*?)-?\}\}", re.DOTALL)
MAX_POOL = 200
"""Solved documents that perturbations may show; more are left out."""


@dataclass(frozen=True, slots=True)
class Document:
    """A document as lm-eval asks it."""

    doc: Mapping[str, Any]
    text: str
    """What `doc_to_text` gives, with the prefix that its answer begins with."""
    target: str
    choices: tuple[str, ...] = ()
    ending: str = ""
    """What is asked after every choice, where the choices fill a blank."""


@dataclass(frozen=True, slots=True)
class PromptedDocument:
    """A document to evaluate, with what lm-eval puts around it."""

    index: int
    question: Document
    context: str
    """The whole text, demonstrations included."""
    shots: tuple[Document, ...]
    description: str
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Frame:
    """How a task puts its parts together."""

    template: str
    """Its `doc_to_text`, where that is a template or a column; empty else."""
    answer: str
    blocks: str
    columns: tuple[str, ...]
    fill: Callable[[str, Mapping[str, Any]], str]
    """Renders a template with a document."""
    is_rated: bool = False
    """Whether the target itself is asked after the context."""


def items_from(
    rows: Sequence[PromptedDocument], pool: Sequence[Document], frame: Frame
) -> tuple[tuple[Item, ...], str]:
    """Return the items of a task, and the name of the form that they are in."""
    for name, form in _forms(frame):
        try:
            items = tuple(_item(row, form) for row in rows)
            if all(_is_same(item, row, frame) for item, row in zip(items, rows, strict=True)):
                solved = () if form.is_whole else tuple(map(form.demonstration, pool[:MAX_POOL]))
                return tuple(replace(item, pool=solved) for item in items), name
        except SuiteError:  # a brace of its own: not this form
            continue
    raise AssertionError("the whole form renders to what it was made of")


@dataclass(frozen=True, slots=True)
class Form:
    """One way to take documents apart."""

    prompt: Prompt
    """Without fields."""
    fields: Callable[[Document], tuple[Field, ...]]
    is_structured: bool = False
    is_whole: bool = False

    def demonstration(self, one: Document) -> Demonstration:
        return Demonstration(self.fields(one), one.target, one.choices)


def _forms(frame: Frame) -> list[tuple[str, Form]]:
    delimiters = Delimiters(answer=frame.answer, blocks=frame.blocks)
    bare = Prompt("{text}", (), is_template=True, delimiters=delimiters)
    forms = []

    def filled(expressions: Mapping[str, str], one: Document) -> tuple[Field, ...]:
        return tuple(Field(name, frame.fill(expression, one.doc)) for name, expression in expressions.items())

    def as_text(one: Document) -> tuple[Field, ...]:
        return (Field("text", one.text),)

    if simple := _simple_template(frame):
        text, expressions = simple
        if structured := _structured(text, tuple(expressions)):
            named = {field.name: expressions[field.text[1:-1]] for field in structured.fields}
            form = Form(replace(structured, fields=()), partial(filled, named), is_structured=True)
            forms.append(("structured", form))
        forms.append(("template", Form(replace(bare, instruction=text), partial(filled, expressions))))
    return [*forms, ("question", Form(bare, as_text)), ("whole", Form(bare, as_text, is_whole=True))]


def _item(row: PromptedDocument, form: Form) -> Item:
    question = replace(row.question, text=row.context) if form.is_whole else row.question
    prompt = replace(form.prompt, fields=form.fields(question), choices=question.choices, ending=question.ending)
    if not form.is_whole:
        prompt = replace(prompt, demonstrations=tuple(form.demonstration(shot) for shot in row.shots))
        if form.is_structured:
            instruction = "\n".join(filter(None, (row.description.strip(), prompt.instruction)))
            prompt = replace(prompt, instruction=instruction)
        elif prompt.delimiters is not None:
            prompt = replace(prompt, delimiters=replace(prompt.delimiters, opening=row.description))
    return Item(str(row.index), prompt, question.target, row.aliases)


def _is_same(item: Item, row: PromptedDocument, frame: Frame) -> bool:
    answers = (row.question.target,) if frame.is_rated else row.question.choices
    if not answers:
        return opening(item.prompt) == row.context
    bare = row.context.rstrip()
    gap = row.context[len(bare) :] + frame.answer
    return render(item.prompt) == bare and all(continuation(item.prompt, one) == gap + one for one in answers)


def _simple_template(frame: Frame) -> tuple[str, dict[str, str]] | None:
    """Return a template with `{name}` for each jinja expression, and the expressions by name; None for anything else."""
    if not frame.template:
        return None
    if frame.template in frame.columns:
        name = _word(frame.template, {})
        return f"{{{name}}}", {name: "{{" + frame.template + "}}"}
    if "{%" in frame.template or "{#" in frame.template or not EXPRESSION.search(frame.template):
        return None
    expressions: dict[str, str] = {}

    def one(match: re.Match[str]) -> str:
        known = next((name for name, text in expressions.items() if text == match[0]), "")
        name = known or _word(match[1], expressions)
        expressions[name] = match[0]
        return f"{{{name}}}"

    return EXPRESSION.sub(one, frame.template), expressions


def _word(expression: str, used: Mapping[str, str]) -> str:
    """Return an expression's name: its first word, all of its words where that is taken, a number where those are."""
    words = re.findall(r"\w+", expression) or ["text"]
    for name in (words[0], "_".join(words)):
        if name not in used and name not in ("choices", "symbols"):
            return name
    return next(name for n in range(len(used) + 1) if (name := f"{'_'.join(words)}_{n}") not in used)


def _structured(text: str, names: Sequence[str]) -> Prompt | None:
    try:
        prompt = prompt_from_template(text, names)
    except SuiteError:
        return None
    return None if prompt.is_template else prompt
