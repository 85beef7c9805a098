"""A mitigation method in one file: every question is shown twice.

pip install examples/plugins/mitigation
probe mitigate sentiment --method re-reading
"""

from __future__ import annotations

from dataclasses import replace

from probe.mitigate.base import Bench, NotApplicable, Outcome, method
from probe.prompt.render import render
from probe.types import Variant


@method("re-reading", kind="prompt", source="Xu et al. 2023, arXiv 2309.06275")
def re_reading(bench: Bench) -> Outcome:
    """Show the question once more before the answer."""
    if any(score.variant.perturbed.prompt.is_template for score in bench.before):
        raise NotApplicable("a template has no place for the question's second time")
    asked = [again(score.variant) for score in bench.before]
    return Outcome(tuple(bench.ask(asked)), keeps=False)


def again(variant: Variant) -> Variant:
    """Return a variant with its question repeated after itself."""
    prompt = variant.perturbed.prompt
    question = " ".join(field.text for field in prompt.fields)
    prompt = replace(prompt, note=f"Read the question again: {question}")
    return replace(variant, perturbed=replace(variant.perturbed, prompt=prompt), text=render(prompt))
