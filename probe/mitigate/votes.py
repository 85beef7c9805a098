"""One answer of several: the mean of their probabilities by choice, or what most of them say.

    positive .7  negative .3   one template
    negative .6  positive .4   another, its options in another order
    ------------------------
    positive .55 negative .45  the mean, by choice

Covered: rated choices; free text and choices that are read, by majority, ties broken by a seeded draw. Not covered: weights.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from random import Random

import numpy as np

from probe.evaluation.free_reading import folded, normalised, readings
from probe.mitigate.base import Bench
from probe.mitigate.probabilities import score_of
from probe.seeds import rng_for
from probe.types import Completion, Score, Suite, Variant


def voted(bench: Bench, variant: Variant, members: Sequence[Score], *, in_logs: bool = False) -> Score:
    """Return the answer to a variant that several answers make.

    With `in_logs` the mean is of log-probabilities: one sure no outweighs any number of yes. Answers without probabilities have
    no part in a mean; where none has any, the majority of what was said decides.
    """
    rated = [one for one in members if one.probabilities and np.isfinite(one.probabilities).all()]
    if rated:
        return _mean(variant, rated, in_logs=in_logs)
    rng = rng_for(
        bench.plan.seed, bench.suite.name, "vote", variant.item.id, variant.family, variant.perturbation, variant.sample
    )
    return majority(variant, members, bench.suite, rng)


def _mean(variant: Variant, members: Sequence[Score], *, in_logs: bool) -> Score:
    choices = variant.perturbed.prompt.choices
    table = np.array([_by_choice(one, choices) for one in members])  # (members, choices)
    with np.errstate(divide="ignore"):
        values = np.log(table).mean(axis=0) if in_logs else np.log(table.mean(axis=0))
    return score_of(variant, values)


def _by_choice(score: Score, choices: Sequence[str]) -> list[float]:
    """Return a score's probabilities in the order of the choices."""
    found = dict(zip(score.variant.perturbed.prompt.choices, score.probabilities, strict=True))
    return [found[choice] for choice in choices]


def majority(variant: Variant, members: Sequence[Score], suite: Suite, rng: Random) -> Score:
    """Return the first of the answers that say what most of them say; its confidence is their share.

    Which answers are the same is decided without the target: by what was written (`free_reading`), by the choice that was read,
    or by the suite's own rule. What says nothing has no vote; where nothing does, the first answer stays.
    """
    ballots = [_ballot(one, suite) for one in members]
    counts = Counter(filter(None, ballots))
    if not counts:
        return replace(members[0], variant=variant, requests=(), responses=())
    most = max(counts.values())
    winner = rng.choice(sorted(ballot for ballot, count in counts.items() if count == most))
    found = members[ballots.index(winner)]
    return replace(found, variant=variant, confidence=most / len(members), margin=None, requests=(), responses=())


def _ballot(score: Score, suite: Suite) -> str:
    """Return what an answer says, in one spelling; empty where it says nothing."""
    if score.answer is None:
        return ""
    said = next((one for one in score.responses if isinstance(one, Completion)), None)
    prompt = score.variant.perturbed.prompt
    if said is None or prompt.choices:
        return score.answer
    text = readings(said.text, "plain" if prompt.is_template else prompt.structure)[0]
    if suite.parse_answer is not None and score.variant.effect == "label-preserving":
        text = suite.parse_answer(score.variant.item, text).prediction
    return normalised(text) or folded(text)


def with_members(
    bench: Bench, members: Sequence[Sequence[Variant]], *, in_logs: bool = False
) -> tuple[tuple[Score, ...], bool]:
    """Return the votes on every kept answer, and whether kept answers have a vote themselves.

    `members` are the ways to ask each of `bench.before`, the variant itself first. A kept answer is asked again only where it
    cannot vote: a written one, of which a run that was read again keeps no text.
    """
    keeps = all(map(_can_vote, bench.before))
    asked = [one for ways in members for one in (ways[1:] if keeps else ways)]
    answers = iter(bench.ask(asked))
    votes = []
    for kept, ways in zip(bench.before, members, strict=True):
        own = [kept] if keeps else [next(answers)]
        votes.append(voted(bench, kept.variant, [*own, *(next(answers) for _ in ways[1:])], in_logs=in_logs))
    return tuple(votes), keeps


def _can_vote(kept: Score) -> bool:
    return bool(kept.probabilities or kept.responses) or kept.answer is None
