"""Variants to requests: what the model is asked for each variant.

A choice question becomes one `LogLikelihood` for each choice, a free-text question one `Generation`.
Requests are hashable; equal ones are asked once by the model.
"""

from __future__ import annotations

from probe.prompt import continuations, messages
from probe.types import Generation, LogLikelihood, Suite, Variant


def requests_for(variant: Variant, suite: Suite) -> tuple[LogLikelihood, ...] | tuple[Generation]:
    """Give the requests that answer one variant."""
    turns = messages(variant.asked.prompt)
    if variant.asked.prompt.choices:
        endings = continuations(variant.asked.prompt)
        return tuple(LogLikelihood(variant.text, ending, turns) for ending in endings)
    return (Generation(variant.text, suite.stop, suite.max_new_tokens, turns),)
