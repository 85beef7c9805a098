"""The run: suites through variants, requests, responses and scores to results.

    for each suite          variants --> chunks of items --> model --> scores
    for each null sample      the original prompts again, shuffled and cut elsewhere: another batch composition,
                            under another token budget, and with `null_model` under another dtype

The null reruns go past the response cache: what is measured there is whether the engine itself gives the same answer twice.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from itertools import chain
from typing import Any

from probe.errors import NothingToEvaluate, UsageError
from probe.evaluation.budget import thinned
from probe.evaluation.faults import Faults
from probe.evaluation.posix import posix_of_variants
from probe.evaluation.requests import by_kind, requests_for
from probe.evaluation.results import Results, evaluate
from probe.evaluation.scoring import score
from probe.evaluation.stopping import Stop, blocks, joined, look
from probe.evaluation.variants import Validate, VariantSet, make_variants, with_demonstrations
from probe.masking import masker
from probe.metrics import tabulate
from probe.metrics.cells import Weight
from probe.models.base import Model
from probe.models.base import Progress as TokenProgress
from probe.models.rerun import with_budget_share
from probe.seeds import rng_for
from probe.suite import argument_of, prompt_place
from probe.types import (
    Check,
    Completion,
    Generation,
    LogLikelihood,
    LogProb,
    Perturbation,
    Score,
    Suite,
    Variant,
)
from probe.validity import Reviews, count_checks, overall_outcome
from probe.validity.models import Validator, with_model_checks

CHUNK = 4096
"""Requests that go to the model at once: enough to share and to sort, few enough to lose little to Ctrl-C."""

Progress = Callable[[str, float, int, int], None]
"""Called with the suite, the variants answered, the variants in all, and the tokens computed so far."""


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


def prepare(suite: Suite, plan: Plan, *, validate: Validate | None = None) -> VariantSet:
    """Return a suite's variants under a plan: limited, with demonstrations, checked by rules and people.

    Where a finished run is drawn again, `validate` is `no_checks`: what was asked then says what was dropped.

    Raises:
        NothingToEvaluate: no item is left.

    """
    items = suite.items if plan.limit is None else suite.items[: plan.limit]
    if not items:
        raise NothingToEvaluate(
            f"suite {suite.name!r}: no item to evaluate", hint="raise --limit, or add rows to its items.jsonl"
        )
    shown = with_demonstrations(replace(suite, items=items), plan.num_fewshot, seed=plan.seed)
    made = make_variants(
        shown, plan.perturbations, samples=plan.samples, seed=plan.seed, validate=validate or plan.reviews.validate
    )
    if not plan.validators:
        return made
    variants = with_model_checks(made.variants, plan.validators)
    marks = count_checks(variants)
    return replace(made, variants=variants, doubted=dict(marks["doubt"]), accepted=dict(marks["accepted"]))


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


def run(
    suites: Sequence[Suite],
    model: Model,
    plan: Plan,
    *,
    progress: Progress = lambda *_: None,
    null_model: Model | None = None,
) -> Results:
    """Ask the model all variants of the plan and score its answers; `null_model` answers the reruns, if it is another one."""
    started = time.perf_counter()
    is_written = not model.unwrapped.rates
    sets = {one.name: prepare(replace(one, reads_choices=is_written), plan) for one in suites}
    if plan.budget is not None:
        if plan.target_ci is not None:
            raise UsageError("--budget and --target-ci are two ways to stop; give one of them")
        sets = thinned(sets, budget=plan.budget, seed=plan.seed)
    drawn = time.perf_counter()
    meter, faults = _Meter(progress, model, total=sum(len(one.variants) for one in sets.values())), Faults()
    answers = {
        name: _ask(one, model, plan, meter=meter, faults=faults, null_model=null_model) for name, one in sets.items()
    }
    faults.report(model)
    posix = {
        name: posix_of_variants(model, one.variants, one.suite, max_items=plan.posix_items)
        for name, (one, *_) in answers.items()
        if plan.posix_items
    }
    ended = time.perf_counter()
    timing = {"seconds": ended - started, "variants_seconds": drawn - started, "model_seconds": ended - drawn}
    results = {
        name: evaluate(one, scores, posix=posix.get(name), stop=stop, weight=plan.weight)
        for name, (one, scores, stop) in answers.items()
    }
    return Results(results, {key: round(value, 3) for key, value in timing.items()})


@dataclass(slots=True)
class _Meter:
    """Reports how much of a run is answered, suite by suite."""

    progress: Progress
    model: Model
    total: int
    before: int = 0
    """Variants of the suites that are done."""

    def report(self, suite: str, answered: float, tokens: int = 0) -> None:
        """Report how many variants of a suite are answered; `tokens` are not in the model's usage yet."""
        self.progress(suite, self.before + answered, self.total, self.model.usage.unique_tokens + tokens)

    def within(self, suite: str, answered: int, size: int) -> TokenProgress:
        """Return the progress function of a batch of `size` variants that comes after `answered` others of its suite."""
        return lambda read, of: self.report(suite, answered + size * read / max(of, 1), read)

    def finish(self, suite: str, size: int) -> None:
        """Report that a suite of `size` variants is done."""
        self.report(suite, size)
        self.before += size


def _ask(
    variant_set: VariantSet, model: Model, plan: Plan, *, meter: _Meter, faults: Faults, null_model: Model | None
) -> tuple[VariantSet, list[Score], Stop | None]:
    """Ask a suite's variants, all of them or until the flip rate is known well enough."""
    name = variant_set.suite.name
    scores: list[Score] = []
    parts: list[VariantSet] = []
    stop = None
    for part in [variant_set] if plan.target_ci is None else blocks(variant_set, seed=plan.seed):
        parts.append(part)
        for batch, asker in batches(part, model, seed=plan.seed, null_model=null_model):
            progress = meter.within(name, len(scores), len(batch))
            scores += answer(asker, batch, part.suite, progress=progress, faults=faults)
            meter.report(name, len(scores))
        if plan.target_ci is not None:
            available = len(variant_set.suite.items)
            cells = tabulate(scores, weight=plan.weight)
            stop = look(name, cells, target=plan.target_ci, num_available=available)
            if stop.reached:
                break
    meter.finish(name, len(variant_set.variants))
    return (variant_set if stop is None else joined(variant_set, parts)), scores, stop


def batches(
    variant_set: VariantSet, model: Model, *, seed: int, null_model: Model | None = None
) -> Iterator[tuple[list[Variant], Model]]:
    """Return the batches for the model: chunks of items with all variants, then each rerun cut at random places."""
    null: dict[int, list[Variant]] = {}
    batch: list[Variant] = []
    size = 0
    for variant in variant_set.variants:
        if variant.family == "null":
            null.setdefault(variant.sample, []).append(variant)
            continue
        if variant.family == "original" and size >= CHUNK:
            yield batch, model
            batch, size = [], 0
        batch.append(variant)
        size += max(1, len(variant.perturbed.prompt.choices))
    if batch:
        yield batch, model
    bare = model.unwrapped if null_model is None else null_model
    for sample, variants in null.items():
        rng = rng_for(seed, variant_set.suite.name, "null", sample)
        shuffled = rng.sample(variants, len(variants))
        cut = rng.randint(1, len(shuffled))
        for part in (shuffled[:cut], shuffled[cut:]):
            if part:
                yield part, with_budget_share(bare, 2 + sample % 3)


def answer(
    model: Model,
    variants: Sequence[Variant],
    suite: Suite,
    *,
    progress: TokenProgress | None = None,
    faults: Faults | None = None,
) -> list[Score]:
    """Ask and score some variants of one suite, and count in `faults` what is wrong with the answers.

    Raises:
        ModelError: the model cannot answer, or more than a handful of its scores are no numbers.
    """
    asked = [requests_for(variant, suite) for variant in variants]
    rankings, generations = by_kind(chain.from_iterable(asked))
    responses: dict[LogLikelihood | Generation, LogProb | Completion] = {}
    if rankings:
        responses |= zip(rankings, model.loglikelihoods(rankings, progress=progress), strict=True)
    if generations:
        mask = masker()
        completions = [replace(one, text=mask(one.text)) for one in model.generate(generations, progress=progress)]
        responses |= zip(generations, completions, strict=True)
    resolution = model.unwrapped.resolution
    scores = [
        _scored(variant, requests, tuple(responses[request] for request in requests), suite, resolution)
        for variant, requests in zip(variants, asked, strict=True)
    ]
    written = [one for request in generations if isinstance(one := responses[request], Completion)]
    (faults or Faults()).see(model, suite.name, scores, written)
    return scores


def _scored(
    variant: Variant,
    requests: tuple[LogLikelihood | Generation, ...],
    responses: tuple[LogProb | Completion, ...],
    suite: Suite,
    resolution: float,
) -> Score:
    """Return the score of a variant with what was asked and answered, from which it can be computed again."""
    found = score(variant, responses, suite, resolution=resolution)
    return replace(found, requests=requests, responses=responses)


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
