"""The variants of suites asked in batches, and the answers collected: by then a run is columns of numbers.

    variants --> chunks of items --> model --> scores --> columns, and a keeper of the scores themselves
             --> the original prompts again, once for each null sample, shuffled and cut elsewhere

Covered: batches, progress, where a suite stops. Not covered: what is drawn (`probe.evaluation.drawing`), what an answer is worth
(`probe.evaluation.scoring`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain
from operator import attrgetter
from typing import Any

from probe.evaluation.drawing import Drawing
from probe.evaluation.faults import Faults
from probe.evaluation.posix import posix_of_variants
from probe.evaluation.requests import by_kind, requests_for
from probe.evaluation.results import Collected, Keeper, SuiteResults, see_prompts
from probe.evaluation.scoring import score
from probe.evaluation.stopping import Stop, blocks, joined, look
from probe.evaluation.variants import VariantSet
from probe.evolve import evolve
from probe.masking import masker
from probe.metrics.cells import Weight
from probe.metrics.tabulate import cells_of
from probe.models.base import Model
from probe.models.base import Progress as TokenProgress
from probe.models.rerun import Reruns
from probe.seeds import rng_for
from probe.types import Completion, Generation, LogLikelihood, LogProb, Score, Suite, Variant

CHUNK = 4096
"""Requests that go to the model at once: enough to share and to sort, few enough to lose little to Ctrl-C."""

Progress = Callable[[str, float, int, int], None]
"""Called with the suite, the variants answered, the variants in all, and the tokens computed so far."""


@dataclass(slots=True)
class Meter:
    """Reports how much of a run is answered, suite by suite."""

    progress: Progress
    model: Model
    sets: Mapping[str, VariantSet | Drawing]
    before: int = 0
    """Variants of the suites that are done."""
    ahead: float = 0.0
    """Seconds that went into drawing before anything was asked."""

    def __post_init__(self) -> None:
        self.ahead = sum(one.seconds for one in self.sets.values() if isinstance(one, Drawing))

    @property
    def total(self) -> int:
        return sum(_num_variants(one) for one in self.sets.values())

    def report(self, suite: str, answered: float, tokens: int = 0) -> None:
        """Report how many variants of a suite are answered; `tokens` are not in the model's usage yet."""
        self.progress(suite, self.before + answered, self.total, self.model.usage.unique_tokens + tokens)

    def within(self, suite: str, answered: int, size: int) -> TokenProgress:
        """Return the progress function of a batch of `size` variants that comes after `answered` others of its suite."""
        return lambda read, of: self.report(suite, answered + size * read / max(of, 1), read)

    def finish(self, suite: str) -> None:
        """Report that a suite is done."""
        size = _num_variants(self.sets[suite])
        self.report(suite, size)
        self.before += size


def _num_variants(one: VariantSet | Drawing) -> int:
    return one.total if isinstance(one, Drawing) else len(one.variants)


@dataclass(slots=True)
class Asking:
    """Asks the model the variants of each suite, and collects its answers."""

    model: Model
    meter: Meter
    keeper: Keeper
    seed: int
    posix_items: int = 0
    target_ci: float | None = None
    weight: Weight = "families"
    reruns: Reruns | None = None
    faults: Faults = field(default_factory=Faults)
    digest: Any = field(default_factory=hashlib.sha256)
    """Of the prompts that were asked."""

    def results(self, one: VariantSet | Drawing) -> SuiteResults:
        """Return the results of a suite, of all its variants or until the flip rate is known well enough."""
        collected = Collected(one.suite, self.keeper)
        first = _FirstItems(self.posix_items)
        if isinstance(one, Drawing):
            self._ask(collected, first.seen(one.variants()))
            variants, stop = one.counted(), None
        elif self.target_ci is None:
            self._ask(collected, first.seen(one.variants))
            variants, stop = one, None
        else:
            variants, stop = self._until_known(one, collected, self.target_ci)
            [*first.seen(variants.variants)]
        self.meter.finish(one.suite.name)
        posix = None
        if self.posix_items:
            posix = posix_of_variants(self.model, first.variants, one.suite, max_items=self.posix_items)
        return collected.results(variants, posix=posix, stop=stop, weight=self.weight)

    def _until_known(self, whole: VariantSet, collected: Collected, target: float) -> tuple[VariantSet, Stop | None]:
        """Ask blocks of items until the flip rate is known well enough; return what was asked, and where it stopped."""
        parts: list[VariantSet] = []
        stop = None
        for part in blocks(whole, seed=self.seed):
            parts.append(part)
            self._ask(collected, part.variants)
            answers = collected.answers
            cells = cells_of(answers, answers.read(), weight=self.weight)
            stop = look(whole.suite.name, cells, target=target, num_available=len(whole.suite.items))
            if stop.reached:
                break
        return joined(whole, parts), stop

    def _ask(self, collected: Collected, variants: Iterable[Variant]) -> None:
        name, answers = collected.suite.name, collected.answers
        for batch, asker in batches(variants, self.model, suite=name, seed=self.seed, reruns=self.reruns):
            progress = self.meter.within(name, len(answers), len(batch))
            scores = answer(asker, batch, collected.suite, progress=progress, faults=self.faults)
            see_prompts(self.digest, scores)
            collected.add(scores)
            self.meter.report(name, len(answers))


@dataclass(slots=True)
class _FirstItems:
    """Holds the variants of the first items of a suite with which POSIX can be computed."""

    most: int
    variants: list[Variant] = field(default_factory=list)
    texts: dict[str, set[str]] = field(default_factory=dict)
    """By item, those that say the same."""

    def seen(self, variants: Iterable[Variant]) -> Iterator[Variant]:
        """Return variants as they come, and hold those of the first items."""
        is_open = self.most > 0
        for variant in variants:
            if is_open and variant.family == "original":
                is_open = sum(len(found) > 1 for found in self.texts.values()) < self.most
            if is_open:
                self.variants.append(variant)
                if variant.effect == "label-preserving" and variant.family != "null":
                    self.texts.setdefault(variant.item.id, set()).add(variant.text)
            yield variant


def batches(
    variants: Iterable[Variant], model: Model, *, suite: str, seed: int, reruns: Reruns | None = None
) -> Iterator[tuple[list[Variant], Model]]:
    """Return the batches for the model: chunks of items with all variants, then each rerun cut at random places.

    Of the reruns of an item one is held, from which the others are made: they differ in their number.
    """
    again = reruns or Reruns(model)
    null: dict[int, list[Variant]] = {}
    batch: list[Variant] = []
    rerun: Variant | None = None
    size = 0
    for variant in variants:
        if variant.family == "null":
            rerun = rerun if rerun is not None and _is_again(rerun, variant) else variant
            null.setdefault(variant.sample, []).append(rerun)
            continue
        if variant.family == "original" and size >= CHUNK:
            yield batch, model
            batch, size = [], 0
        batch.append(variant)
        size += max(1, len(variant.perturbed.prompt.choices))
    if batch:
        yield batch, model
    for sample, variants_again in null.items():
        rng = rng_for(seed, suite, "null", sample)
        shuffled = rng.sample(variants_again, len(variants_again))
        cut = rng.randint(1, len(shuffled))
        for number, part in enumerate((shuffled[:cut], shuffled[cut:])):
            for start in range(0, len(part), CHUNK):
                asked = [evolve(one, sample=sample) for one in part[start : start + CHUNK]]
                yield asked, again.asked(sample, f"{suite} {number} {start} {asked[0].item.id}")


def _is_again(rerun: Variant, variant: Variant) -> bool:
    """Return whether two reruns differ in nothing but their number."""
    if rerun.perturbed is not variant.perturbed and rerun.perturbed != variant.perturbed:
        return False
    if rerun.item is not variant.item and rerun.item != variant.item:
        return False
    return _beside_number(rerun) == _beside_number(variant)


_beside_number = attrgetter(*(name for name in Variant.__slots__ if name not in ("item", "perturbed", "sample")))


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
    return evolve(found, requests=requests, responses=responses)
