"""What a model answers to a prompt whose fields say nothing: the prior of contextual and of null-input calibration.

    Review: N/A          p(positive) = .71
    Sentiment:           p(negative) = .29     the answer to a question that is none: a bias of this prompt's words and layout

Each prompt format is asked once for each input, with its own layout, instruction, structure and demonstrations: the first
variant of the format, with the text of every field replaced.

Covered: suites whose items have the same choices. Not covered: choices of every item's own, where nothing is left to be asked.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from probe.evolve import evolve
from probe.metrics.cells import Floats
from probe.mitigate.base import Bench, NotApplicable, Outcome
from probe.mitigate.batch_calibration import log_prior
from probe.mitigate.probabilities import (
    ORIGINAL,
    Group,
    facts_of,
    formats_of,
    imbalance,
    in_words,
    rows_of,
    shifted,
)
from probe.prompt.render import render
from probe.types import Item, Variant


def calibrated(bench: Bench, inputs: Sequence[str]) -> Outcome:
    """Return the answers divided by the mean answer to inputs without content, one mean for each prompt format.

    Raises:
        NotApplicable: items have choices of their own, or there is no model.
    """
    rows = rows_of(bench)
    if rows.by == "place":
        raise NotApplicable("every item has options of its own: a prompt without content has none")
    asked = {column: _without_content(one, inputs) for column, one in formats_of(bench).items()}
    if ORIGINAL not in asked:
        raise NotApplicable("no answer to an original prompt is kept")
    scores = bench.try_out([variant for variants in asked.values() for variant in variants])
    answers = rows_of(bench, scores).rows
    priors: dict[Group, Floats] = {}
    start = 0
    for column, variants in asked.items():
        own = [row.probabilities for row in answers[start : start + len(variants)] if row is not None]
        start += len(variants)
        if own:
            priors[column, len(rows.names)] = np.exp(log_prior(np.array(own)))
    after = shifted(rows, {group: -np.log(prior) for group, prior in priors.items()})
    return Outcome(
        after,
        keeps=True,
        chose=in_words(rows, priors, what="prior"),
        warnings=imbalance(rows, after),
        details=facts_of(rows, after, priors, called="prior"),
    )


def _without_content(variant: Variant, inputs: Sequence[str]) -> list[Variant]:
    return [_filled(variant, text) for text in inputs]


def _filled(variant: Variant, text: str) -> Variant:
    """Return a variant whose fields all say `text`; its target is the first choice and means nothing."""
    prompt = variant.perturbed.prompt
    asked = evolve(prompt, fields=tuple(evolve(field, text=text) for field in prompt.fields))
    item = Item(f"{variant.item.id} {text!r}", asked, asked.choices[0])
    return replace(variant, item=item, perturbed=item, effect="label-preserving", text=render(asked), checks=())
