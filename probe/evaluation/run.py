"""The run: suites through variants, requests, responses and scores to results.

    for each suite          variants --> chunks of items --> model --> scores
    for each null sample      the original prompts again, shuffled and cut elsewhere: another batch composition,
                            under another token budget, and with `Reruns.other` under another dtype

The null reruns go past the response cache: what is measured there is whether the engine itself gives the same answer twice.
`probe.models.rerun` keeps them until the run is saved.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from functools import partial
from typing import Any

from probe.errors import NothingToEvaluate, UsageError
from probe.evaluation.asking import Asking, Meter, Progress
from probe.evaluation.budget import thinned
from probe.evaluation.collector import collecting_seldom
from probe.evaluation.drawing import PORTION, Drawing
from probe.evaluation.results import InMemory, Keeper, Results
from probe.evaluation.variants import Validate, VariantSet, columns_of, with_demonstrations
from probe.metrics.cells import Weight
from probe.models.base import Model
from probe.models.canonical import digest_of
from probe.models.rerun import Reruns
from probe.suite import argument_of, prompt_place
from probe.types import Check, Perturbation, Suite, Variant
from probe.validity import Reviews, overall_outcome
from probe.validity.models import Validator, with_model_checks

AHEAD = 32_768
"""Variants that are drawn before the first one is asked: of runs up to that size it is known how many there are."""


@dataclass(frozen=True, slots=True)
class Plan:
    """The settings of a run; with the suites and the model they determine the figures.

    A setting that decides which prompts are asked names its flag, and its key in a manifest where that is not its name.
    """

    perturbations: tuple[Perturbation, ...] = field(metadata={"flag": "--perturb", "key": "perturb"})
    samples: int = field(default=4, metadata={"flag": "--samples"})
    num_fewshot: int = field(default=0, metadata={"flag": "--num-fewshot"})
    seed: int = field(default=0, metadata={"flag": "--seed"})
    limit: int | None = field(default=None, metadata={"flag": "--limit"})
    posix_items: int = 0
    """Items of each suite whose answers are rated under every variant; see `probe.evaluation.posix`."""
    budget: int | None = field(default=None, metadata={"flag": "--budget"})
    """Calls in all, a call being one variant of one item; None: everything is asked. See `probe.evaluation.budget`."""
    target_ci: float | None = field(default=None, metadata={"flag": "--target-ci"})
    """Half-width of the flip rate's interval at which a suite stops (`probe.evaluation.stopping`); None: all items are asked."""
    reviews: Reviews = field(default_factory=Reviews)
    """Decisions of people about variants; validity rules decide about the others."""
    validators: tuple[Validator, ...] = ()
    """Models that may doubt variants; see `probe.validity.models`."""
    resamples_variants: bool = True
    """Whether intervals also resample the samples that all items share, such as formats; see `metrics.statistics.two_way`."""
    weight: Weight = "families"
    """What weighs equally in rates over all families; see `metrics.rates`."""

    @property
    def shared(self) -> frozenset[str]:
        """Return the families whose samples are the same for all items, if they are to be resampled.

        With `target_ci` they are not: it is about more items, which never tell more of other formats.
        """
        scopes: dict[str, set[str]] = {}
        for one in self.perturbations:
            scopes.setdefault(one.family, set()).add(one.scope)
        sampled = {family for family, found in scopes.items() if found == {"suite"} and family != "null"}
        return frozenset(sampled if self.resamples_variants and self.target_ci is None else ())

    @classmethod
    def of_manifest(cls, manifest: Mapping[str, Any], perturbations: Sequence[Perturbation]) -> Plan:
        """Return the plan under which a finished run drew its variants."""
        settings = {name: manifest[name] for name in DESIGN if name != "perturb" and name in manifest}
        return cls(tuple(perturbations), **settings)


DESIGN: dict[str, str] = {
    one.metadata.get("key", one.name): one.metadata["flag"] for one in fields(Plan) if "flag" in one.metadata
}
"""The settings that decide which prompts are asked: their keys in a manifest, with their flags."""


def key_of(suites: Sequence[Suite], plan: Plan, asked_model: Mapping[str, Any]) -> str:
    """Return the key under which the reruns of a run are kept until it is saved: another plan, suite or model has another."""
    settings = {name: getattr(plan, name) for name in (*DESIGN, "posix_items") if name != "perturb"}
    named = [[one.name, one.digest] for one in suites]
    return digest_of([named, settings, [one.name for one in plan.perturbations], asked_model])[:16]


def prepare(suite: Suite, plan: Plan, *, validate: Validate | None = None) -> VariantSet:
    """Return a suite's variants under a plan: limited, with demonstrations, checked by rules and people.

    Where a finished run is drawn again, `validate` is `no_checks`: what was asked then says what was dropped.

    Raises:
        NothingToEvaluate: no item is left.

    """
    drawing = draw(suite, plan, validate=validate, portion=None)
    return drawing.counted(tuple(drawing.variants()))


def draw(
    suite: Suite, plan: Plan, *, validate: Validate | None = None, ahead: int = 0, portion: int | None = PORTION
) -> Drawing:
    """Return a suite's variants under a plan as `prepare` does, but drawn as they are taken, `ahead` of them at once.

    Raises:
        NothingToEvaluate: no item is left.

    """
    items = suite.items if plan.limit is None else suite.items[: plan.limit]
    if not items:
        raise NothingToEvaluate(
            f"suite {suite.name!r}: no item to evaluate", hint="raise --limit, or add rows to its items.jsonl"
        )
    shown = with_demonstrations(replace(suite, items=items), plan.num_fewshot, seed=plan.seed)
    columns = columns_of(shown, plan.perturbations, samples=plan.samples, seed=plan.seed)
    more = partial(with_model_checks, validators=plan.validators) if plan.validators else tuple
    return Drawing(shown, columns, plan.seed, validate or plan.reviews.validate, more, ahead, portion)


def drawn(suite: Suite, plan: Plan) -> list[Variant]:
    """Return a suite's variants under a plan with their checks, including those that a validity rule drops."""
    dropped: list[Variant] = []

    def validate(variant: Variant, perturbation: Perturbation) -> tuple[Check, ...]:
        checks = plan.reviews.validate(variant, perturbation)
        if overall_outcome(checks) == "fail":
            dropped.append(replace(variant, checks=checks))
        return checks

    by_item: dict[str, list[Variant]] = {}
    for variant in (*prepare(suite, replace(plan, limit=None), validate=validate).variants, *dropped):
        by_item.setdefault(variant.item.id, []).append(variant)
    return [variant for row in by_item.values() for variant in row]


@collecting_seldom()
def run(
    suites: Sequence[Suite],
    model: Model,
    plan: Plan,
    *,
    progress: Progress = lambda *_: None,
    reruns: Reruns | None = None,
    keeper: Keeper | None = None,
) -> Results:
    """Ask the model all variants of the plan and score its answers; `reruns` knows who answers the reruns, if it is another one.

    Variants are drawn as they are asked, and their scores go to the `keeper`, by default a list. A budget, and stopping early,
    choose among all variants, which are then drawn first.
    """
    started = time.perf_counter()
    is_written = not model.unwrapped.rates
    asked = _drawn_first if plan.budget is not None or plan.target_ci is not None else _drawn_meanwhile
    sets = asked([replace(one, reads_choices=is_written) for one in suites], plan)
    ready = time.perf_counter()
    meter = Meter(progress, model, sets)
    asking = Asking(
        model, meter, keeper or InMemory(), plan.seed, plan.posix_items, plan.target_ci, plan.weight, reruns
    )
    results = {name: asking.results(one) for name, one in sets.items()}
    asking.faults.report(model)
    ended = time.perf_counter()
    drawing = ready - started + sum(one.seconds for one in sets.values() if isinstance(one, Drawing)) - meter.ahead
    timing = {
        "seconds": ended - started,
        "variants_seconds": drawing,
        "model_seconds": ended - started - drawing,
    }
    return Results(
        results,
        {key: round(value, 3) for key, value in timing.items()},
        digest=asking.digest.hexdigest(),
        keeper=asking.keeper,
    )


def _drawn_first(suites: Sequence[Suite], plan: Plan) -> dict[str, VariantSet | Drawing]:
    """Return all variants of the suites, or those that a budget reaches."""
    sets = {one.name: prepare(one, plan) for one in suites}
    if plan.budget is None:
        return {**sets}
    if plan.target_ci is not None:
        raise UsageError("--budget and --target-ci are two ways to stop; give one of them")
    return {**thinned(sets, budget=plan.budget, seed=plan.seed)}


def _drawn_meanwhile(suites: Sequence[Suite], plan: Plan) -> dict[str, VariantSet | Drawing]:
    """Return the variants of the suites as they are drawn; the first ones are drawn already."""
    sets: dict[str, VariantSet | Drawing] = {}
    left = AHEAD
    for suite in suites:
        sets[suite.name] = one = draw(suite, plan, ahead=left)
        left = max(0, left - one.drawn)
    return sets


def manifest_facts(results: Results, plan: Plan, model: Model) -> dict[str, Any]:
    """Return the settings that repeat the run, and the hashes that show whether it was repeated."""
    stops = {name: one.stop.num_items for name, one in results.suites.items() if one.stop is not None}
    return {
        **{name: getattr(plan, name) for name in DESIGN if name != "perturb"},
        "posix_items": plan.posix_items,
        "stopped_at": stops,
        "resample": "items-and-variants" if plan.shared else "items",
        "weight": plan.weight,
        "perturb": [perturbation.name for perturbation in plan.perturbations],
        "reviews": len(plan.reviews.decisions),
        "validators": {validator.name: validator.floor for validator in plan.validators},
        "suites": [_suite_facts(one.variants.suite) for one in results.suites.values()],
        "model": {"name": model.name, **model.facts().as_record()},
        "prompts_digest": results.prompts_digest,
    }


def _suite_facts(suite: Suite) -> dict[str, Any]:
    return {
        "name": suite.name,
        "version": suite.version,
        "digest": suite.digest,
        "num_items": len(suite.items),
        "normalisation": suite.normalisation,
        "path": argument_of(suite),
        "flags": list(suite.flags),
        "prompt": dict(zip(("file", "line"), prompt_place(suite), strict=True)),
    }
