"""Template ensembles: the mean answer over several layouts of the same prompt.

    format 0     its layout + 4 fresh ones      mean of p(y | x, layout)     no layout is in two ensembles,
    format 1     its layout + 4 others          ...                          so that a spread over formats is one over
    original     its layout + 4 others          ...                          disjoint ensembles of equal size
    typos 0      the original's layouts, each with the typo

Seleznyov et al. 2025, "When Punctuation Matters", section 3 (TE); Voronov et al. 2024, "Mind Your Format", arXiv 2401.06766,
section 5. The mean is arithmetic and of class-normalised probabilities; their code for local models sums raw logits, and votes on
raw texts. The log-mean is a method of its own.

What a variant changes of the layout stays so in its ensemble: other symbols, lines that end in CRLF. Layouts that render alike
for a variant, as in JSON, are asked once.

Covered: laid-out prompts in any structure; free text, by majority. Not covered: prompts that are templates; a variant that is
one has its own answer alone.
"""

from __future__ import annotations

from dataclasses import fields, replace

from probe.errors import UsageError
from probe.evolve import evolve
from probe.mitigate.base import Bench, Outcome, method
from probe.mitigate.probabilities import ORIGINAL, Column, column_of, formats_of
from probe.mitigate.templates import fresh_layouts
from probe.mitigate.votes import with_members
from probe.perturb.format import relaid
from probe.perturb.helpers.format_grammar import check, skeleton
from probe.prompt.render import render
from probe.types import Layout, Prompt, Variant

TEMPLATES = 5
"""Layouts of an ensemble, where the option `templates` does not say otherwise."""

SOURCE = "Voronov et al. 2024, arXiv 2401.06766, section 5; Seleznyov et al. 2025, arXiv 2508.11383"


@method("template-ensemble", kind="vote", source=SOURCE)
def template_ensemble(bench: Bench) -> Outcome:
    """Ask in five layouts and take the mean of the probabilities, or the majority of free answers."""
    return _ensembled(bench, in_logs=False)


@method("template-ensemble-log", kind="vote", source=SOURCE, is_default=False)
def template_ensemble_log(bench: Bench) -> Outcome:
    """Ask in five layouts and take the mean of the log-probabilities, or the majority of free answers."""
    return _ensembled(bench, in_logs=True)


def _ensembled(bench: Bench, *, in_logs: bool) -> Outcome:
    num = size_of(bench)
    layouts = ensembles(bench, num)
    members = [ways_to_ask(bench, score.variant, layouts) for score in bench.before]
    scores, keeps = with_members(bench, members, in_logs=in_logs)
    fewer = sum(1 for ways in members if len(ways) < num)
    note = f"{fewer} answers have fewer: their layouts render alike, or are templates" if fewer else ""
    return Outcome(
        scores,
        keeps=keeps,
        chose=f"{num} layouts each, {len(layouts)} disjoint ensembles",
        warnings=(note,) if note else (),
        details={"templates": num, "ensembles": len(layouts), "smaller": fewer},
    )


def size_of(bench: Bench) -> int:
    """Return the number of layouts of an ensemble.

    Raises:
        UsageError: the option is no number from 2 on.
    """
    given = bench.options.get("templates", TEMPLATES)
    if not isinstance(given, int) or isinstance(given, bool) or given < 2:
        raise UsageError(f"templates = {given!r}: an ensemble takes two layouts or more", hint="templates = 5")
    return given


def ensembles(bench: Bench, num: int) -> dict[Column, tuple[Layout, ...]]:
    """Return `num` - 1 fresh layouts for the original and for each variant of the format family, all different.

    Raises:
        NotApplicable: the prompts are templates, or the grammar has not enough layouts.
    """
    formats = formats_of(bench)
    own = [ORIGINAL, *(column for column in formats if column[0] == "format")]
    unlike = [formats[column].perturbed.prompt for column in own if column in formats]
    fresh = fresh_layouts(bench.suite, len(own) * (num - 1), seed=bench.plan.seed, unlike=unlike)
    return {column: fresh[place :: len(own)] for place, column in enumerate(own)}


def ways_to_ask(bench: Bench, variant: Variant, layouts: dict[Column, tuple[Layout, ...]]) -> list[Variant]:
    """Return the ways to ask a variant: as it is, then in each layout of its ensemble that renders otherwise."""
    prompt, original = variant.perturbed.prompt, variant.item.prompt
    if prompt.is_template:
        return [variant]
    own = layouts.get(column_of(variant))
    fresh = layouts[ORIGINAL] if own is None else own
    found = {variant.text: variant}
    for layout in fresh:
        wanted = layout if own is not None else _merged(layout, prompt, original)
        if wanted is not None:
            asked = relaid(prompt, wanted)
            text = render(asked)
            found.setdefault(text, replace(variant, perturbed=evolve(variant.perturbed, prompt=asked), text=text))
    return list(found.values())


def _merged(layout: Layout, prompt: Prompt, original: Prompt) -> Layout | None:
    """Return a layout with the parts that a perturbation changed as it left them; None where the two do not go together."""
    changed = {
        part.name: getattr(prompt.layout, part.name)
        for part in fields(Layout)
        if getattr(prompt.layout, part.name) != getattr(original.layout, part.name)
    }
    merged = replace(layout, **changed)
    shape = skeleton(prompt)
    is_legal = not changed or set(check(merged, shape)) <= set(check(prompt.layout, shape))
    return merged if is_legal else None
