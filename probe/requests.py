r"""Variants to requests: what the model is asked for each variant.

A choice question becomes one `LogLikelihood` for each choice, a free-text question one `Generation`.
Requests are hashable; equal ones are asked once by the model.

    Passage: ...\nAnswer:\n|Paris      free text whose answer begins on a line of its own: the break is part of what is asked,
                                     or a stop string of a line break would cut every answer to nothing
"""

from __future__ import annotations

from probe.prompt import closings, continuations, gap, messages, opening
from probe.types import Generation, LogLikelihood, Suite, Variant


def requests_for(variant: Variant, suite: Suite) -> tuple[LogLikelihood, ...] | tuple[Generation]:
    """Give the requests that answer one variant."""
    turns = messages(variant.asked.prompt)
    if variant.asked.prompt.choices:
        endings = continuations(variant.asked.prompt)
        return tuple(LogLikelihood(variant.text, ending, turns) for ending in endings)
    stop = tuple(dict.fromkeys((*suite.stop, *closings(variant.asked.prompt))))
    return (Generation(_opened(variant, suite.stop), stop, suite.max_new_tokens, turns),)


def _opened(variant: Variant, stop: tuple[str, ...]) -> str:
    """Give the context up to the last stop string in the space before the answer, which else would end every answer.

    A prompt with joints says to the letter where the answer begins.
    """
    if variant.asked.prompt.joints is not None:
        return opening(variant.asked.prompt)
    space = gap(variant.asked.prompt)
    return variant.text + space[: max((space.rfind(one) + len(one) for one in stop if one and one in space), default=0)]
