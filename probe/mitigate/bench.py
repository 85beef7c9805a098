"""The bench: every method on the kept answers of a suite, before and after, with what it costs.

    kept answers  --> method --> the same variants answered otherwise --> figures before -> after, cost, recommendation

Each method gets askers of its own, so that what it asks is counted as its cost, whether the model or the response cache
answers. A method that does not apply, or that ends with an error, is listed with the reason and loses the others nothing.

The reruns of a run are left out: they measure the model's noise, and no method changes that. The answers before are read from the
run; a method that is not asked through the model never loads it.

Covered: running methods, costs, the results by suite. Not covered: the figures (`changes`), which method to take (`recommend`).
"""

from __future__ import annotations

import difflib
import logging
import math
import re
import time
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from probe.errors import ProbeError, UsageError
from probe.evaluation.results import SuiteResults
from probe.evaluation.run import Plan
from probe.metrics.cells import NULL, Weight
from probe.metrics.statistics.paired import SWAPS
from probe.mitigate.base import Asker, Bench, Cost, Method, NotApplicable, Outcome, PromptFile, keyed, tokens_of
from probe.mitigate.changes import FIGURES, LEVEL, How, Tested, adjusted, changes_of, figures_of
from probe.mitigate.mitigation import (
    FAILED,
    JUDGED,
    NOT_APPLICABLE,
    Change,
    MethodResult,
    Price,
    ProposedFile,
    SuiteMitigation,
)
from probe.mitigate.recommend import losses_of, recommended
from probe.models.base import Model, Tokenizer
from probe.registry import unknown_name
from probe.seeds import rng_for
from probe.types import Score, Suite

log = logging.getLogger(__name__)

Progress = Callable[[str, float, int, int], None]
"""Called with the suite and the method, the methods done, the methods in all, and the tokens read so far."""


@dataclass(frozen=True, slots=True, eq=False)
class Subject:
    """The kept answers of a suite."""

    suite: Suite
    plan: Plan
    before: tuple[Score, ...]
    cost: Cost
    """Of all of them."""
    weight: Weight = "families"

    @classmethod
    def of(cls, results: SuiteResults, plan: Plan, encoder: Tokenizer | None) -> Subject:
        """Return the answers of a run's suite without its reruns; `encoder` counts the tokens that they took."""
        scores = tuple(score for score in results.scores if score.variant.family != NULL)
        is_known = encoder is not None and all(score.requests for score in scores)
        cost = Cost(len(scores), tokens_of(encoder, scores) if encoder is not None and is_known else None)
        return cls(results.variants.suite, plan, scores, cost, results.cells.weight)


@dataclass(frozen=True, slots=True, eq=False)
class Tools:
    """What methods are given beside answers."""

    model: Model | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    no_model: str = "it asks the model, and there is none"
    """Why there is no model."""


@dataclass(frozen=True, slots=True, eq=False)
class Tried:
    """What a method did to a suite, before p-values are adjusted."""

    result: MethodResult
    figures: tuple[Tested, ...] = ()


def run_bench(
    subjects: Sequence[Subject],
    chosen: Sequence[Method],
    tools: Tools,
    *,
    target: float | None = None,
    seed: int = 0,
    progress: Progress = lambda *_: None,
) -> tuple[SuiteMitigation, ...]:
    """Try methods on suites and recommend one for each.

    Raises:
        UsageError: the prior that is given is none over a suite's classes.
    """
    for subject in subjects:
        check_prior(tools.options.get("prior"), subject.suite)
    total, most = len(subjects) * len(chosen), _most_swaps(len(subjects) * len(chosen))
    tried: list[list[Tried]] = []
    for at, subject in enumerate(subjects):
        drawn = rng_for(seed, "mitigate", subject.suite.name).getrandbits(64)
        how = How(subject.suite.name, drawn, subject.weight, subject.plan.shared, most)
        row = []
        for number, method in enumerate(chosen):
            used = 0 if tools.model is None else tools.model.usage.unique_tokens
            progress(f"{subject.suite.name} {method.name}", at * len(chosen) + number, total, used)
            row.append(_tried(subject, method, tools, how))
        tried.append(row)
    tested = iter(adjusted([one.figures for row in tried for one in row]))
    found = []
    for subject, row in zip(subjects, tried, strict=True):
        results = tuple(_with_figures(one.result, next(tested)) for one in row)
        found.append(recommended(_suite(subject, results, seed), target))
    return tuple(found)


def check_prior(prior: Mapping[str, float] | None, suite: Suite) -> None:
    """Refuse a prior that is none over the classes of a suite.

    Raises:
        UsageError: a class is unknown or missing, or the suite's items do not share their classes.
    """
    if prior is None:
        return
    classes = suite.items[0].prompt.choices
    if not classes or any(set(item.prompt.choices) != set(classes) for item in suite.items):
        raise UsageError(
            f"--prior: the questions of suite {suite.name!r} do not have the same choices, so there are no classes",
            hint="leave --prior out",
        )
    for name in prior:
        if name not in classes:
            raise unknown_name(f"class of suite {suite.name!r} in --prior", name, list(classes))
    if missing := [name for name in classes if name not in prior]:
        raise UsageError(
            f"--prior: there is no probability for {', '.join(missing)} of suite {suite.name!r}",
            hint=f"--prior {','.join(f'{name}={1 / len(classes):.2g}' for name in classes)}",
        )


def parse_prior(text: str) -> dict[str, float]:
    """Return the probability of each class from `positive=0.7,negative=0.3`.

    Raises:
        UsageError: it is not of that form, or the probabilities are none.
    """
    hint = "for example --prior positive=0.7,negative=0.3"
    prior: dict[str, float] = {}
    for part in text.split(","):
        name, is_given, number = (one.strip() for one in part.rpartition("="))
        try:
            value = float(number)
        except ValueError:
            value = math.nan
        if not (name and is_given) or not 0 < value <= 1:
            raise UsageError(f"--prior {text}: {part.strip()!r} is no CLASS=PROBABILITY above 0 and up to 1", hint=hint)
        if name in prior:
            raise UsageError(f"--prior {text}: {name!r} is there twice", hint=hint)
        prior[name] = value
    total = math.fsum(prior.values())
    if abs(total - 1) > 1e-6:
        raise UsageError(f"--prior {text}: the probabilities sum to {total:.4g}, not to 1", hint=hint)
    return prior


def _most_swaps(tries: int) -> int:
    """Return with how many draws the least p is small enough to be significant beside all others."""
    return max(SWAPS, math.ceil(tries * len(FIGURES) / LEVEL))


def _tried(subject: Subject, method: Method, tools: Tools, how: How) -> Tried:
    """Return what a method did, or why it did nothing."""
    started = time.perf_counter()
    suite, model = subject.suite, tools.model
    if model is not None:
        suite = replace(suite, reads_choices=not model.unwrapped.rates)
    asker, trying = (None, None) if model is None else (Asker(model, suite), Asker(model, suite))
    bench = Bench(suite, subject.plan, subject.before, asker, trying, tools.options)
    blank = MethodResult(method.name, method.kind, method.summary, method.source, JUDGED)
    if method.asks and model is None:
        return Tried(replace(blank, status=NOT_APPLICABLE, reason=tools.no_model))
    try:
        outcome = method.apply(bench)
        pairs = list(_pairs(subject.before, outcome))
    except NotApplicable as reason:
        return Tried(replace(blank, status=NOT_APPLICABLE, reason=str(reason)))
    except ProbeError as problem:
        return Tried(replace(blank, status=FAILED, reason=str(problem)))
    except Exception as problem:  # a method may be anybody's; the others keep what took minutes
        log.debug("method %s", method.name, exc_info=True)
        return Tried(replace(blank, status=FAILED, reason=_where(problem)))
    if not pairs:
        return Tried(replace(blank, status=NOT_APPLICABLE, reason="it answered none of the variants"))
    figures, families = changes_of([before for before, _ in pairs], [after for _, after in pairs], how)
    result = replace(
        blank,
        families=families,
        num_answers=len(pairs),
        num_left_out=len(subject.before) - len(pairs),
        price=_price(outcome, bench, subject),
        chose=outcome.chose,
        warnings=outcome.warnings,
        details=outcome.details,
        files=tuple(_proposed(subject.suite.name, method.name, one) for one in outcome.files),
        seconds=round(time.perf_counter() - started, 3),
    )
    return Tried(result, tuple(figures))


def _where(problem: Exception) -> str:
    """Return what went wrong in a method that broke, and at which line."""
    frames = traceback.extract_tb(problem.__traceback__)
    place = f" ({Path(frames[-1].filename).name}, line {frames[-1].lineno})" if frames else ""
    return f"{type(problem).__name__}: {problem}{place}"


def _pairs(before: Sequence[Score], outcome: Outcome) -> Iterator[tuple[Score, Score]]:
    """Return the answers before and after of each variant that has both; an item whose original has none is left out.

    Raises:
        UsageError: the method answered a variant twice.
    """
    after = keyed(outcome.scores)
    originals = {item for item, family, _, _ in after if family == "original"}
    for key, old in keyed(before).items():
        new = after.get(key)
        if new is not None and key[0] in originals:
            yield old, new


def _price(outcome: Outcome, bench: Bench, subject: Subject) -> Price:
    """Return what an answer of a method costs; answers that are made from the kept ones cost what these did, too."""
    asked, once = (Cost() if one is None else one.cost for one in (bench.asker, bench.trying))
    own = _each(asked, len(outcome.scores))
    kept = _each(subject.cost, len(subject.before)) if outcome.keeps else Price(0.0, 0.0)
    unknown = own.tokens is None or kept.tokens is None
    tokens = None if unknown else (own.tokens or 0.0) + (kept.tokens or 0.0)
    return Price(own.calls + kept.calls, tokens, once.calls, once.tokens)


def _each(cost: Cost, answers: int) -> Price:
    num = max(1, answers)
    return Price(cost.calls / num, None if cost.tokens is None else cost.tokens / num)


def _proposed(suite: str, method: str, one: PromptFile) -> ProposedFile:
    """Return a proposed file with its diff and a path below the bench's folder, whatever a method calls it."""
    name = _path(one.name)
    lines = difflib.unified_diff(
        one.before.splitlines(keepends=True),
        one.text.splitlines(keepends=True),
        fromfile=f"a/{name}",
        tofile=f"b/{name}",
    )
    diff = "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)
    return ProposedFile(name, "/".join(["proposed", _path(suite), method, name]), diff, one.text)


def _path(name: str) -> str:
    """Return a relative path in letters that every file system takes."""
    parts = [re.sub(r"[^A-Za-z0-9_.-]+", "-", part) for part in name.replace("\\", "/").split("/")]
    return "/".join(part for part in parts if part.strip(".")) or "file"


def _with_figures(result: MethodResult, figures: tuple[Change, ...]) -> MethodResult:
    return replace(result, changes=figures, losses=losses_of(figures))


def _suite(subject: Subject, results: tuple[MethodResult, ...], seed: int) -> SuiteMitigation:
    how = How(subject.suite.name, seed, subject.weight, subject.plan.shared)
    return SuiteMitigation(
        suite=subject.suite.name,
        folder=subject.suite.path if Path(subject.suite.path or "-").is_dir() else "",
        num_items=len({score.variant.item.id for score in subject.before}),
        num_answers=len(subject.before),
        price=_each(subject.cost, len(subject.before)),
        figures=figures_of(subject.before, how),
        methods=results,
    )
