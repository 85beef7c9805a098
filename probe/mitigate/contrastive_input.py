r"""What a model says to a perturbed prompt that it does not say to the original: contrastive input decoding, as a diagnostic.

    x   the perturbed prompt      REVIEW -- A joy. -- ANSWER --
    x'  the original              Review: A joy.\nAnswer:              text that is likely after x and not after x'

Yona et al. 2023, "Surfacing Biases in Large Language Models using Contrastive Input Decoding", arXiv 2305.07378: a text that is
likely after one input and unlikely after another shows how the model reads the two. The token score is ours, "CID-style", see
`probe.models.contrastive_input`; `degree` is their lambda.

It is no cure: it makes a perturbation's pull on the answer larger. Texts that stay the same as the degree grows come from prompts
that the model reads alike; how soon they change, and into what, is the finding. What it finds at several degrees stands in the
details, for some variants; the judged answers are those at one degree. An original has no other side and keeps its answer.

Covered: free text and the local engine, at two calls an answer. Not covered: choices, which are rated.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from probe.errors import UsageError
from probe.evaluation.requests import requests_for
from probe.evaluation.scoring import score
from probe.evolve import evolve
from probe.mitigate.base import Asker, Bench, NotApplicable, Outcome, cost_of, method
from probe.mitigate.local import engine_of
from probe.seeds import rng_for
from probe.types import Completion, Generation, Score

DEGREE = 1.0
DEGREES = (0.0, 0.5, 1.0, 2.0, 4.0)
"""Those that the details tell of; 0 is plain decoding."""

MOST_TOLD = 32
"""Of so many variants the details say how many texts differ at each degree."""

EXAMPLES = 5

Pair = tuple[Score, Score]
"""The kept answer to a variant, and that to its original."""


@method(
    "contrastive-input",
    kind="decoding",
    source="Yona et al. 2023, arXiv 2305.07378; token score: ours, after Li et al. 2023, Contrastive Decoding",
    is_default=False,
)
def contrastive_input(bench: Bench) -> Outcome:
    """Write what is likely after the perturbed prompt and not after the original: shows what a perturbation pulls towards."""
    originals = {one.variant.item.id: one for one in bench.before if one.variant.family == "original"}
    pairs = [
        (one, originals[one.variant.item.id])
        for one in bench.before
        if one.variant.family != "original" and one.variant.item.id in originals
    ]
    if not pairs or not all(isinstance(_asked(one, bench), Generation) for one, _ in pairs):
        raise NotApplicable("answers are rated, not written")
    engine, degree = engine_of(bench), _degree(bench)
    assert bench.asker is not None and bench.trying is not None, "whoever has an engine has askers"
    kept = list(originals.values())
    if not all(one.responses for one in kept):
        kept = bench.ask([one.variant for one in kept])
    else:
        bench.asker.charge(cost_of(bench.model, kept))
    written = _written(bench, pairs, degree, bench.asker)
    scores = [
        evolve(
            score(one.variant, [text], bench.suite, resolution=engine.resolution),
            requests=requests_for(one.variant, bench.suite),
            responses=(text,),
        )
        for (one, _), text in zip(pairs, written, strict=True)
    ]
    return Outcome(
        (*kept, *scores),
        keeps=False,
        chose=f"degree {degree:g}, against the original",
        warnings=("a diagnostic: it makes the pull of a perturbation larger, and cures nothing",),
        details={"degree": degree, **_told(bench, pairs)},
    )


def _told(bench: Bench, pairs: Sequence[Pair]) -> dict[str, Any]:
    """Return how texts change as the degree grows, of some of the variants, and the most changed as examples."""
    assert bench.trying is not None
    rng = rng_for(bench.plan.seed, bench.suite.name, "contrastive-input")
    some = rng.sample(list(pairs), min(MOST_TOLD, len(pairs)))
    texts = {degree: [text.text for text in _written(bench, some, degree, bench.trying)] for degree in DEGREES}
    rows = [dict(zip(DEGREES, row, strict=True)) for row in zip(*texts.values(), strict=True)]
    plain = texts[0.0]
    changed = {degree: sum(a != b for a, b in zip(plain, texts[degree], strict=True)) for degree in DEGREES}
    order = sorted(range(len(some)), key=lambda place: -len(set(rows[place].values())))
    return {
        "variants": len(some),
        "changed": {f"{degree:g}": count / len(some) for degree, count in changed.items()},
        "examples": [_example(some[place], rows[place]) for place in order[:EXAMPLES]],
    }


def _example(pair: Pair, texts: dict[float, str]) -> dict[str, Any]:
    variant = pair[0].variant
    return {
        "item": variant.item.id,
        "perturbation": variant.perturbation,
        "sample": variant.sample,
        "target": variant.perturbed.target,
        "texts": {f"{degree:g}": text for degree, text in texts.items()},
    }


def _written(bench: Bench, pairs: Sequence[Pair], degree: float, asker: Asker) -> list[Completion]:
    """Return what is written to each variant against its original, and charge both prompts with what was written."""
    from probe.models.contrastive_input import write_contrasted

    asked = [(_asked(one, bench), _asked(original, bench)) for one, original in pairs]
    wanted = [(a, b) for a, b in asked if isinstance(a, Generation) and isinstance(b, Generation)]
    texts = write_contrasted(bench.model, wanted, degree=degree)
    for side in (0, 1):
        read = [
            evolve(pair[side], requests=(request[side],), responses=(text,))
            for pair, request, text in zip(pairs, wanted, texts, strict=True)
        ]
        asker.charge(cost_of(bench.model, read))
    return texts


def _asked(one: Score, bench: Bench) -> object:
    return requests_for(one.variant, bench.suite)[0]


def _degree(bench: Bench) -> float:
    """Return the degree.

    Raises:
        UsageError: the option is no number from 0 on.
    """
    given = bench.options.get("degree", DEGREE)
    if isinstance(given, bool) or not isinstance(given, int | float) or not 0 <= given < float("inf"):
        raise UsageError(f"degree {given!r} is no number from 0 on", hint=f"--degree {DEGREE:g}")
    return float(given)
