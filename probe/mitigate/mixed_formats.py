"""Demonstrations of which each has a format of its own, so that none can be taken for part of the task.

    REVIEW:: A bore. || SENTIMENT:: negative

    review - A gem.
    sentiment - positive

    Review: A joy from start to end.
    Sentiment:

Ngweta et al. 2025, "Towards LLMs Robustness to Changes in Prompt Format Styles" (Mixture of Formats), arXiv 2504.06969.
Formats are drawn from the grammar of Sclar et al. 2023. Deviation: the model is not told to write examples in other formats.

Covered: as many demonstrations as `shots-4` shows, and the same ones; formats that differ from one another and from the
question's, whatever its own is under a perturbation. Not covered: templates, which have no format; symbols that are the answer
or that a text speaks of, which stay.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, replace

from probe.mitigate.base import Bench, NotApplicable, Outcome, method
from probe.mitigate.demonstrations import Shots, ask_with, described, following, listed, selected, shots_of
from probe.perturb.format import relaid
from probe.perturb.helpers.format_grammar import check, layouts, signature, skeleton
from probe.seeds import rng_for
from probe.types import Layout, Prompt, Variant

COUNT = 4

SPARE = 24
"""How many formats are drawn: some are the question's own, or differ only in symbols that have to stay."""


@method(
    "mixed-formats",
    kind="demonstrations",
    source="Ngweta et al. 2025, arXiv 2504.06969",
)
def mixed_formats(bench: Bench) -> Outcome:
    """Show 4 demonstrations, each in a format of its own that is not the question's."""
    first = bench.suite.items[0].prompt
    if first.is_template:
        raise NotApplicable("a template has no format to mix")
    items = selected(bench, COUNT)
    shots = shots_of(items)
    shape = _shape(first, shots)
    rng = rng_for(bench.plan.seed, bench.suite.name, "mitigate", "formats")
    drawn = layouts(skeleton(shape), num=SPARE, rng=rng)
    known: dict[Prompt, tuple[Layout, ...]] = {}

    def shots_for(variant: Variant) -> Shots | None:
        its_own = _shape(variant.perturbed.prompt, following(shots, variant))
        if its_own not in known:
            known[its_own] = others(its_own, drawn, COUNT)
        found = known[its_own]
        mixed = (replace(one, layout=layout) for one, layout in zip(shots, found, strict=True)) if found else ()
        return tuple(mixed) or None

    formats = others(shape, drawn, COUNT)
    if not formats:
        raise NotApplicable(f"its prompts have fewer than {COUNT} other formats")
    details = {**listed(items), "formats": [asdict(layout) for layout in formats]}
    return ask_with(bench, shots_for, chose=f"{described(bench, items)}, in {COUNT} formats", details=details)


def others(shape: Prompt, drawn: Sequence[Layout], count: int) -> tuple[Layout, ...]:
    """Return the first `count` layouts that render this shape in different ways, none its own; none where there are fewer."""
    seen = {signature(shape.layout, shape)}
    found: list[Layout] = []
    for layout in (_fitted(shape, one) for one in drawn):
        if len(found) < count and not check(layout, shape) and (name := signature(layout, shape)) not in seen:
            seen.add(name)
            found.append(layout)
    return tuple(found) if len(found) == count else ()


def _fitted(shape: Prompt, layout: Layout) -> Layout:
    """Return a layout with the prompt's own symbols where a text, the instruction or the answers speak of them."""
    laid = relaid(shape, layout)
    if shape.answer_with == "symbol" or laid.instruction != shape.instruction:
        return replace(laid.layout, numbering=shape.layout.numbering, option_wrapper=shape.layout.option_wrapper)
    return laid.layout


def _shape(prompt: Prompt, shots: Shots) -> Prompt:
    """Return what the formats of demonstrations depend on: a prompt without its question, as plain text."""
    fields = tuple(replace(field, text="") for field in prompt.fields)
    choices = (shots[0].choices if shots else ()) or prompt.choices
    return replace(prompt, fields=fields, choices=choices, demonstrations=shots, structure="plain", note="")
