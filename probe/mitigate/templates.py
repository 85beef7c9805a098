"""Layouts for ensembles and trials: fresh ones from the grammar of formats, none of which renders like a given prompt.

Covered: laid-out prompts. Not covered: templates, whose text is their author's.
"""

from __future__ import annotations

from collections.abc import Iterable

from probe.errors import UsageError
from probe.experiments.search import arms_of
from probe.mitigate.base import NotApplicable
from probe.perturb.format import relaid
from probe.perturb.helpers.format_grammar import signature, skeleton
from probe.types import Layout, Prompt, Suite


def looks(prompt: Prompt) -> str:
    """Return how a prompt looks, whatever its texts: equal exactly where two layouts render the same."""
    return signature(prompt.layout, skeleton(prompt))


def fresh_layouts(suite: Suite, num: int, *, seed: int, unlike: Iterable[Prompt] = ()) -> tuple[Layout, ...]:
    """Return `num` layouts that are legal for all items and render differently, from one another and from the prompts.

    Raises:
        NotApplicable: the prompts are templates, or the grammar has not as many.
    """
    first = suite.items[0].prompt
    if first.is_template:
        raise NotApplicable("its prompt is a template, which has no layout to vary")
    taken = {looks(first), *map(looks, unlike)}
    try:
        found = arms_of(suite, num=num + len(taken), seed=seed)[1:]
    except UsageError:
        found = ()
    fresh: dict[str, Layout] = {}
    for layout in found:
        look = looks(relaid(first, layout))
        if look not in taken:
            fresh.setdefault(look, layout)
    if len(fresh) < num:
        raise NotApplicable(
            f"it takes {num} layouts that render differently, and the grammar has {len(fresh)} for this prompt"
        )
    return tuple(fresh.values())[:num]
