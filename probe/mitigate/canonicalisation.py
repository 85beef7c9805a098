"""Canonicalisation: a prompt is brought into one spelling before it is asked (`canonical_text`).

Variants that differ from their original in nothing but its blanks, quotation marks or line ends become the original, and cannot
flip. What they are then asked costs one call each, as before.

Covered: every variant, the original too. Not covered: suites in which no prompt changes.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from probe.evolve import evolve
from probe.mitigate.base import Bench, NotApplicable, Outcome, method
from probe.mitigate.canonical_text import canonical_prompt
from probe.prompt.render import render
from probe.types import Variant


@method(
    "canonicalisation",
    kind="canonicalisation",
    source="Seleznyov et al. 2025, arXiv 2508.11383 (what it undoes); own rules",
)
def canonicalisation(bench: Bench) -> Outcome:
    """Ask with plain spaces, straight quotation marks, one kind of line end, and without shouting."""
    given = [score.variant for score in bench.before]
    asked = [canonical(variant) for variant in given]
    changed = Counter(one.family for one, now in zip(given, asked, strict=True) if one.text != now.text)
    if not changed:
        raise NotApplicable("no prompt changes: all are canonical as they are")
    originals = {one.item.id: one.text for one in asked if one.family == "original"}
    restored = Counter(
        now.family for one, now in zip(given, asked, strict=True) if one.text != now.text == originals.get(one.item.id)
    )
    return Outcome(
        tuple(bench.ask(asked)),
        keeps=False,
        chose=f"{changed.total()} of {len(given)} prompts changed, {restored.total()} of them into their original",
        details={"changed": dict(changed), "restored": dict(restored)},
    )


def canonical(variant: Variant) -> Variant:
    """Return a variant with canonical texts."""
    prompt = canonical_prompt(variant.perturbed.prompt, variant.item.prompt.instruction)
    if prompt == variant.perturbed.prompt:
        return variant
    return replace(variant, perturbed=evolve(variant.perturbed, prompt=prompt), text=render(prompt))
