"""The laws of a perturbation, checked on a few awkward items: what a test of one's own perturbation asks for.

    from probe.perturb import broken_laws
    assert broken_laws("wording-shout") == []

Covered: laws that every perturbation keeps. Not covered: whether the meaning stays, which takes a reader (`probe review`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from random import Random

from probe.perturb.catalogue.select import select
from probe.prompt.render import continuations, render
from probe.seeds import rng_for
from probe.types import Demonstration, Field, Item, Perturbation, Prompt

SEEDS = 3
_TEXT = 'The lake froze, and it was not late. Ann said "so" at 7.5 km. She isn\'t a doctor.'
_LABELLED = Item(
    "labelled", Prompt("Decide whether it is good or bad.", (Field("Text", _TEXT),), ("good", "bad")), "good"
)
_LISTED = Item(
    "listed",
    Prompt(
        "Answer the question.",
        (Field("Passage", _TEXT), Field("Question", "Which one is heavier?")),
        ("the first", "the second"),
        options_field="Options",
        list_choices=True,
        answer_with="symbol",
        demonstrations=(Demonstration((Field("Passage", "x"), Field("Question", "y?")), "the first"),),
    ),
    "the second",
)
_FREE = Item("free", Prompt("Name the capital.", (Field("Country", "France"),)), "Paris", ("paris",))
_TEMPLATE = Item(
    "template",
    Prompt("{Text}\nQuestion: is it good?\nAnswer:", (Field("Text", _TEXT),), ("yes", "no"), is_template=True),
    "no",
)
_AWKWARD = ("", "word", "\U0001f600 \u05e9\u05dc\u05d5\u05dd", " \n\t ", "long text, " * 9000)
ITEMS = (
    *(_LABELLED, _LISTED, _FREE, _TEMPLATE),
    *(replace(_LABELLED, prompt=replace(_LABELLED.prompt, fields=(Field("Text", text),))) for text in _AWKWARD),
    *(replace(_FREE, prompt=replace(_FREE.prompt, instruction=text)) for text in _AWKWARD),
)
"""Labels, listed options with a demonstration, a free answer, a template; and texts that are empty, foreign or long."""


def broken_laws(name: str, items: Sequence[Item] = ITEMS) -> list[str]:
    """Return the laws that a perturbation breaks, each with the item that shows it; an empty list where it keeps all.

    Name `items` of your own for a perturbation that applies to prompts of some special form only.

    Raises:
        UsageError: there is no perturbation of that name.
    """
    [perturbation] = [one for one in select([name], may_run=[name]) if one.name == name]
    pairs = [(item, seed) for item in items for seed in range(SEEDS)]
    found = [broken for item, seed in pairs for broken in _broken(perturbation, item, seed)]
    if not found and all(perturbation.apply(item, rng_for(seed)) is None for item, seed in pairs):
        return ["it applies to none of the items"]
    return list(dict.fromkeys(found))


def _broken(one: Perturbation, item: Item, seed: int) -> Iterator[str]:
    try:
        made, again = one.apply(item, rng_for(seed)), one.apply(item, rng_for(seed))
        none = one.at(0.0).apply(item, Random(seed)) if one.at else None
        if made is not None:
            render(made.prompt), continuations(made.prompt)
    except Exception as error:  # noqa: BLE001  whatever it raises is what is reported
        yield f"{item.id}: raises {type(error).__name__}: {error}"
        return
    if made != again:
        yield f"{item.id}: two runs with one seed differ: draw from the generator alone"
    if none is not None:
        yield f"{item.id}: strength 0 changes something"
    if made is not None:
        yield from (f"{item.id}: {broken}" for broken in _broken_answer(one, item, made))


def _broken_answer(one: Perturbation, item: Item, made: Item) -> Iterator[str]:
    if sorted(made.prompt.choices) != sorted(item.prompt.choices):
        yield "a choice is gained or lost"
    elif made.prompt.choices and made.target not in made.prompt.choices:
        yield f"the answer {made.target!r} is none of the choices"
    if (made.target == item.target) != (one.effect == "label-preserving"):
        yield f"it is {one.effect}, and the answer {'stays' if made.target == item.target else 'changes'}"
    if made.id != item.id:
        yield "the item's id changes"
