"""What a run is made of, from names as a user types them: suites, perturbations, a plan, the options of a model.

Covered: reading names and refusing settings that exclude one another. Not covered: asking the model (`probe.api.session`).
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import fields, replace
from itertools import islice
from pathlib import Path
from typing import Any

from probe.api.settings import Settings, defaults, flags
from probe.errors import UsageError
from probe.evaluation.run import Plan
from probe.files.limits import MAX_COUNT
from probe.metrics.cells import WEIGHTS, Weight
from probe.models.options import HuggingFaceOptions
from probe.models.saved import SavedAnswers
from probe.paraphrase import ParaphraseOptions, with_paraphrases
from probe.perturb import compositions, select
from probe.sources import SourceOptions, kind_of_name, read_suites, sources
from probe.sources.base import flag_of
from probe.suite import argument_of, check_suite, refuse_halves, refuse_secrets, shipped_suites
from probe.types import Perturbation, Suite
from probe.validity import read_reviews
from probe.validity.models import Similarity, Validator
from probe.validity.reviews import DEFAULT

log = logging.getLogger(__name__)

ROWS_PER_SAMPLE = 8
"""Compositions tried for each sample that is asked for: most apply to a suite, but not all."""
FEWEST_ROWS = 64
OF_FOLDERS = ("allow_outside",)
"""The options that a suite's folder takes."""


def suites_of(settings: Settings) -> list[Suite]:
    """Read the suites that the settings name, or all shipped ones.

    Raises:
        UsageError: a name is wrong, or an option says something that none of the suites takes.
    """
    options = source_options(settings)
    for option in untaken(settings, settings.suites):
        takers = ", ".join(f"{name}:" for name in sources if option in sources.get(name).uses)
        raise UsageError(f"{flag_of(option)}: none of these suites takes it; it is for {takers}")
    return distinct([suite for name in settings.suites or shipped_suites() for suite in read_suites(name, options)])


def source_options(settings: Settings) -> SourceOptions:
    """Return how suites from elsewhere are to be read."""
    return SourceOptions(
        **{one.name: getattr(settings, one.name) for one in fields(SourceOptions) if one.name in flags()}
    )


def untaken(settings: Settings, suites: Sequence[str]) -> list[str]:
    """Return the names of the options that are set and that none of the suites takes."""
    kinds = {kind_of_name(name) for name in suites}
    taken = {use for kind in kinds for use in (sources.get(kind).uses if kind else OF_FOLDERS)}
    return [name for name in source_options(settings).given() if name not in taken]


def settings_naming(suites: Sequence[Suite], settings: Settings) -> Settings | None:
    """Return settings that read the very same suites again; None where nothing does, as for one that was changed."""
    options: dict[str, Any] = {}
    for suite in suites:
        own = SourceOptions.from_flags(suite.flags)
        found = {name: getattr(own, name) for name in own.given()}
        if not suite.path or any(options.get(name, value) != value for name, value in found.items()):
            return None
        options |= found
    unset = {name: defaults()[name] for name in source_options(settings).given()}
    names = tuple(dict.fromkeys(map(argument_of, suites)))
    named = replace(settings, **(unset | options), suites=names)
    try:
        read = [suite for name in names for suite in read_suites(name, source_options(named))]
    except UsageError:
        return None
    return named if list(map(_contents, read)) == list(map(_contents, suites)) else None


def _contents(suite: Suite) -> tuple[Any, ...]:
    return suite.name, suite.items, suite.train, suite.digest


def distinct(suites: list[Suite]) -> list[Suite]:
    """Return suites after a look at each; what is doubtful about one is logged.

    Raises:
        UsageError: two have the same name.
        SuiteError: one holds half a character, or a known secret.
    """
    seen: set[str] = set()
    for suite in suites:
        if suite.name in seen:
            raise UsageError(
                f"two suites have the name {suite.name!r}; give one of them another name in its suite.toml"
            )
        seen.add(suite.name)
        refuse_halves(suite)
        refuse_secrets(suite)
        for warning in check_suite(suite):
            log.warning("%s", warning)
    return suites


def plan_of(settings: Settings, cache: Callable[[], SavedAnswers] | None = None) -> Plan:
    """Return the plan that the settings describe.

    Raises:
        UsageError: a name is wrong, or two settings exclude one another.
    """
    check_null_dtype(settings)
    return Plan(
        perturbations_of(settings),
        reviews=read_reviews(settings.reviews or DEFAULT, must_exist=settings.reviews is not None),
        validators=validators_of(settings, cache),
        samples=settings.samples,
        num_fewshot=settings.num_fewshot,
        seed=settings.seed,
        limit=settings.limit,
        posix_items=settings.posix_items if settings.posix else 0,
        budget=settings.budget,
        target_ci=settings.target_ci,
        resamples_variants=_resamples_variants(settings),
        weight=_weight(settings),
    )


def perturbations_of(settings: Settings) -> tuple[Perturbation, ...]:
    """Return the perturbations that are named, compositions of them, and reruns for the noise floor.

    Raises:
        UsageError: nothing is named, or only reruns are to be composed.
    """
    named = [name.strip() for name in settings.perturb.split(",") if name.strip()]
    if not named:
        raise UsageError(
            f"--perturb {settings.perturb!r}: names no family and no perturbation",
            hint="--perturb typos,format, or --perturb all; probe list perturbations  lists them",
        )
    chosen = select(named, may_run=named)
    rows = [] if settings.compose is None else _composed(chosen, settings.compose, settings)
    has_reruns = any(one.name == "null" for one in chosen)
    reruns = select(["null"]) if settings.noise_floor and not has_reruns else []
    return (*chosen, *rows, *reruns)


def _composed(chosen: Sequence[Perturbation], size: int, settings: Settings) -> list[Perturbation]:
    """Return compositions of some perturbations, several for each sample, since a suite takes only those that apply."""
    most = max(FEWEST_ROWS, ROWS_PER_SAMPLE * settings.samples)
    rows = list(islice(compositions(chosen, size, seed=settings.seed), most))
    if not rows:
        families = list(dict.fromkeys(one.family for one in chosen))
        problem = (
            f"--compose {size}: nothing to put together: it takes {size} perturbations of different families, at most "
            f"one of which changes the answer, and --perturb names {' and '.join(families)} only"
        )
        if families == ["null"]:
            raise UsageError(problem, hint=f"--perturb format,typos,wording --compose {size}")
        log.warning("%s; they are applied one by one. --perturb format,typos,wording would do", problem)
    return rows


def paraphrased(
    suites: list[Suite], plan: Plan, settings: Settings
) -> tuple[list[Suite], Plan, dict[str, dict[str, Any]]]:
    """Return the suites with paraphrases, the plan that samples them, and what the manifest records of them."""
    wanted = ParaphraseOptions(
        settings.paraphrases, settings.paraphraser, settings.num_paraphrases, paraphrases_file(settings)
    )
    made, record = with_paraphrases(suites, wanted)
    is_asked = settings.paraphrases is not None or settings.paraphraser is not None
    if is_asked and not any("paraphrase-set" in one.name for one in plan.perturbations):
        plan = replace(plan, perturbations=(*plan.perturbations, *select(["paraphrase"])))
    return made, plan, record


def paraphrases_file(settings: Settings) -> Path:
    """Return the file that saves what a paraphraser writes."""
    return settings.paraphrases_file or settings.out / "paraphrases.jsonl"


def validators_of(settings: Settings, cache: Callable[[], SavedAnswers] | None = None) -> tuple[Validator, ...]:
    """Load the models that may mark variants as doubtful; what they say is saved in the `cache`, which is opened for them."""
    found: list[Validator] = []

    def add(name: str, similarity: Similarity, salt: Callable[[], bytes], floor: float) -> None:
        from probe.models.semantic import Remembered

        measure = similarity if cache is None else Remembered(similarity, salt, cache())
        found.append(Validator(name, measure, floor))

    if settings.embedding_model is not None:
        from probe.models.semantic import Embeddings

        embeddings = Embeddings(settings.embedding_model, device="cpu")
        add("embedding", embeddings.similarities, embeddings.salt, settings.embedding_threshold)
    if settings.nli_model is not None:
        from probe.models.semantic import Inference

        inference = Inference(settings.nli_model, device="cpu")
        add("nli", inference.entailments, inference.salt, settings.nli_threshold)
    return tuple(found)


def model_options(settings: Settings) -> HuggingFaceOptions:
    """Return how the model is to be loaded."""
    same = [one.name for one in fields(HuggingFaceOptions) if one.name in flags() and one.name != "batch_size"]
    return HuggingFaceOptions(**{name: getattr(settings, name) for name in same}, batch_size=_rows(settings.batch_size))


def _rows(batch_size: str) -> int | None:
    """Return the most rows of a forward pass; None for auto."""
    if batch_size.startswith("auto"):
        return None
    is_count = batch_size.isascii() and batch_size.isdigit() and len(batch_size) < 20
    if not is_count or not 1 <= int(batch_size) <= MAX_COUNT:
        raise UsageError(f"--batch-size {batch_size[:40]}: a number of rows from 1 to {MAX_COUNT:,}, or auto")
    return int(batch_size)


def _resamples_variants(settings: Settings) -> bool:
    """Return whether intervals also resample the samples that all items share."""
    if settings.resample not in (None, "items", "items-and-variants"):
        raise UsageError(f"--resample {settings.resample}: items or items-and-variants")
    if settings.target_ci is not None and settings.resample == "items-and-variants":
        raise UsageError(
            "--target-ci with --resample items-and-variants: more items never tell more of other formats",
            hint="leave --resample out; raise --samples to know more of other formats",
        )
    if settings.target_ci is not None and settings.budget is not None:
        raise UsageError("--target-ci with --budget: one of them says when to stop", hint="leave one of them out")
    return settings.resample != "items"


def _weight(settings: Settings) -> Weight:
    """Return what weighs equally in rates over all families."""
    if settings.weight not in WEIGHTS:
        raise UsageError(f"--weight {settings.weight}: {' or '.join(WEIGHTS)}")
    return WEIGHTS[settings.weight]


def check_null_dtype(settings: Settings) -> None:
    """Refuse a dtype for reruns that are not made, or for a model that has none.

    Raises:
        UsageError: it would have no effect.
    """
    if settings.null_dtype is None:
        return
    if not settings.noise_floor:
        raise UsageError(
            f"--null-dtype {settings.null_dtype} is for the reruns of the noise floor, which --no-noise-floor leaves out",
            hint="leave one of the two out",
        )
    if settings.model.startswith("scripted"):
        raise UsageError(
            f"--null-dtype {settings.null_dtype}: {settings.model} has no weights and no dtype",
            hint="leave --null-dtype out",
        )
