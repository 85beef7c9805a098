r"""Variants to requests: what the model is asked for each variant.

A choice question becomes one `LogLikelihood` for each choice, a free-text question one `Generation`; so does a choice question
of a suite that reads its choices, for a model that only writes.
Requests are hashable; equal ones are asked once by the model.

    The cup is in the| box           a choice after its context
    The cup is in the box| now.      where the prompt has an ending, that after each choice
    ...\nAnswer:| Paris              the target alone, where a suite rates it instead of having an answer generated

    Passage: ...\nAnswer:\n|Paris      free text whose answer begins on a line of its own: the break is part of what is asked,
                                     or a stop string of a line break would cut whole answer to nothing
"""

from __future__ import annotations

from collections.abc import Iterable

from probe.prompt.render import closings, continuation, continuations, gap, messages, opening
from probe.types import Generation, LogLikelihood, Suite, Variant


def requests_for(variant: Variant, suite: Suite) -> tuple[LogLikelihood, ...] | tuple[Generation]:
    """Return the requests that answer one variant."""
    prompt, turns = variant.perturbed.prompt, messages(variant.perturbed.prompt)
    is_rated = bool(prompt.choices) and not suite.reads_choices
    if is_rated and prompt.ending:
        return tuple(_parted(variant.text + one, prompt.ending) for one in continuations(prompt))
    if is_rated:
        asked = tuple(LogLikelihood(variant.text, one, turns) for one in continuations(prompt))
        alone = tuple(LogLikelihood("", one.continuation) for one in asked)
        return asked + alone if suite.normalisation == "unconditional" else asked
    if suite.rates_target:
        return (LogLikelihood(variant.text, continuation(prompt, variant.perturbed.target), turns),)
    answers = (variant.perturbed.target, *variant.perturbed.aliases)
    stop = tuple(dict.fromkeys((*suite.stop, *closings(prompt, answers))))
    return (Generation(_opened(variant, suite.stop), stop, suite.max_new_tokens, turns),)


def by_kind(requests: Iterable[LogLikelihood | Generation]) -> tuple[list[LogLikelihood], list[Generation]]:
    """Return the ratings among requests, and the generations."""
    whole = list(requests)
    return [r for r in whole if isinstance(r, LogLikelihood)], [r for r in whole if isinstance(r, Generation)]


def _parted(context: str, continuation: str) -> LogLikelihood:
    """Return a request in which the whitespace between context and continuation belongs to the continuation."""
    bare = context.rstrip()
    return LogLikelihood(bare, context[len(bare) :] + continuation)


def _opened(variant: Variant, stop: tuple[str, ...]) -> str:
    """Return the context with the space before the answer up to its last stop string, which would end whole answer.

    A prompt with delimiters defines exactly where the answer begins.
    """
    if variant.perturbed.prompt.delimiters is not None:
        return opening(variant.perturbed.prompt)
    space = gap(variant.perturbed.prompt)
    return variant.text + space[: max((space.rfind(one) + len(one) for one in stop if one and one in space), default=0)]
