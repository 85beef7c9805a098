"""The self-test: run models of known behaviour through the whole line and compare each figure with its expected value.

    oracle  --+--> scripted model --> variants, requests, model, scoring, cells, metrics, summary --> measured --+
              |                                                                                                 |-- equal?
              +--> what it answers to each variant --> loops in plain Python (probe.selftest.reference) --> expected ----+

An oracle is made where the suite is known. Where it can, its model reads the text that was sent while the expectation reads
the layout that was drawn, so that an error in the rendering shows too. Some figures are expected in closed form, as a number
written here; all others that `probe.selftest.reference` has are compared as well and counted.

Covered: shipped suites, the figures of `probe.selftest.reference`, the tables of places, tests and responsiveness, the
metrics of other commands (`probe.selftest.commands`), Wilson intervals, the noise floor of the flip rate.
Not covered: bootstrap intervals (only that they hold their value), engines other than scripted ones.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from probe.evaluation.run import Plan, prepare, run
from probe.metrics import command_metrics, metrics
from probe.perturb import select
from probe.prompt.render import symbols_of
from probe.record.summarise import summarise
from probe.record.summary import Summary
from probe.selftest.commands import of_commands
from probe.selftest.oracles import ORACLES, Oracle
from probe.selftest.reference import Answer, Family, expected, references
from probe.selftest.reference.accuracy import wilson
from probe.selftest.reference.beliefs import posix_of
from probe.selftest.reference.flips import flips
from probe.selftest.reference.tables import NAMES as PLACES
from probe.selftest.reference.tables import places, responsiveness, tests
from probe.suite import find_suite, read_suite
from probe.types import Prompt, Suite, Variant

TOLERANCE = 1e-9
OF_COMMANDS = "sentiment"
"""The suite on which other commands are tried."""
RESAMPLES = 100
"""Few: the test is of the figures, not of the width of their intervals."""


@dataclass(frozen=True, slots=True)
class Check:
    """One figure of one oracle."""

    oracle: str
    suite: str
    family: str
    figure: str
    expected: float | None
    measured: float | None
    is_stated: bool = False
    """Whether the expectation is a number written with the oracle, not one computed from its answers."""

    @property
    def passed(self) -> bool:
        """Return whether both are the same number, or both undefined."""
        if self.expected is None or self.measured is None:
            return self.expected is self.measured
        return math.isclose(self.expected, self.measured, rel_tol=0.0, abs_tol=TOLERANCE)


@dataclass(frozen=True, slots=True)
class Result:
    """The outcome of the self-test."""

    checks: tuple[Check, ...]
    unchecked: tuple[str, ...] = field(default=())
    """Metrics of `probe list metrics` for which there is no expectation."""

    @property
    def failures(self) -> tuple[Check, ...]:
        """Return the checks that did not pass."""
        return tuple(check for check in self.checks if not check.passed)


def selftest(oracles: Sequence[Oracle] = ORACLES, *, with_commands: bool = True) -> Result:
    """Run every oracle through the whole line and compare its figures; then those of other commands, if wanted."""
    suites = {name: suite_of(name) for name in dict.fromkeys(oracle.suite for oracle in oracles)}
    checks = [check for oracle in oracles for check in _checks(oracle, suites[oracle.suite])]
    if with_commands:
        checks += [Check(one.oracle, OF_COMMANDS, *one[1:]) for one in of_commands(suite_of(OF_COMMANDS))]
    checked = {check.figure for check in checks}
    names = [*metrics, *command_metrics]
    return Result(tuple(checks), tuple(name for name in names if name not in checked))


def _checks(oracle: Oracle, suite: Suite) -> Iterator[Check]:
    """Run one oracle and compare all its figures."""
    posix_items = 0 if oracle.writes is None else oracle.writes.items
    plan = Plan(
        tuple(select([*oracle.perturb, "null"])),
        samples=oracle.samples,
        limit=oracle.limit,
        seed=1,
        posix_items=posix_items,
    )
    variants = prepare(suite, plan).variants
    model = oracle.model(variants)
    summary = summarise(run([suite], model, plan), model, plan, resamples=RESAMPLES)
    items = _items(oracle, variants)
    indices = _indices(oracle, variants, end=next(filter(None, suite.stop), "\n"))
    families = {name: Family(name, items, indices) for name in dict.fromkeys(row.family for row in summary.metrics)}
    rows = {(row.family, row.metric): row for row in summary.metrics}

    def check(family: str, name: str, wanted: float | None, measured: float | None) -> Check:
        return Check(oracle.name, suite.name, family, name, wanted, measured)

    for (family, name), value in oracle.stated.items():
        stated = rows.get((family, name))
        yield replace(check(family, name, value, None if stated is None else stated.value), is_stated=True)
    for (family, name), row in rows.items():
        if name in references:
            yield check(family, name, expected(name, families[family]), row.value)
        if row.value is not None and row.ci_low is not None and row.ci_high is not None:
            is_inside = row.ci_low - TOLERANCE <= row.value <= row.ci_high + TOLERANCE
            yield check(family, f"{name} inside its interval", 1.0, float(is_inside))
        if name == "flip_rate" and family not in ("null", "contrast"):
            yield check(family, f"{name} noise floor", _floor(items, family), row.noise_floor)
    interval = wilson(sum(item[0].is_right for item in items) / len(items), len(items))
    for end, wanted in zip(("ci_low", "ci_high"), interval, strict=True):
        yield check("original", f"accuracy {end}", wanted, getattr(rows["original", "accuracy"], end))
    num_flips, num_failures = _num_flips(items)
    yield check("all", "flips in all", float(num_flips), float(summary.flips_total))
    yield check("contrast", "contrast failures in all", float(num_failures), float(summary.contrast_failures_total))
    measured = dict(_tables(summary))
    for table in (responsiveness, places, tests):
        yield from (check(*key, wanted, measured.pop(key, None)) for key, wanted in table(items))
    yield from (check(*key, None, value) for key, value in measured.items())


def _tables(summary: Summary) -> Iterator[tuple[tuple[str, str], float]]:
    """Return the figures of the tables beside the metrics, by family (or rule) and name."""
    for row in summary.responsiveness:
        for name in ("robust", "constant", "attentive", "erratic"):
            yield (row.stayed_under, f"responsiveness.{name}"), float(getattr(row, name))
    for place in summary.places:
        yield from (((place.family, f"places.{name}"), float(getattr(place, name))) for name in PLACES)
    for test in summary.tests:
        yield (test.family, f"tests.{test.test}"), test.statistic
        if test.test != "flip_rate_vs_noise":
            yield (test.family, f"tests.{test.test} p"), test.p_value


def _items(oracle: Oracle, variants: Sequence[Variant]) -> list[list[Answer]]:
    """Return what the oracle must answer, item by item, the original prompt first."""
    by_item: dict[str, list[Answer]] = {}
    for variant in variants:
        by_item.setdefault(variant.item.id, []).append(_answer(oracle, variant))
    return list(by_item.values())


def _answer(oracle: Oracle, variant: Variant) -> Answer:
    prompt, text, likes = variant.perturbed.prompt, oracle.answer(variant), oracle.liking(variant)
    listed = prompt.choices if prompt.list_choices else ()
    probabilities = _probabilities(likes)
    return Answer(
        (variant.family, variant.perturbation, variant.sample),
        must_change=variant.effect == "label-altering",
        text=text,
        is_right=text is not None and text.lower() == variant.perturbed.target.lower(),
        choices=listed,
        symbols=symbols_of(prompt, len(listed)),
        margin=_margin(likes),
        is_truncated=oracle.is_cut(variant),
        item=variant.item.id,
        target=variant.perturbed.target,
        options=prompt.choices,
        probabilities=probabilities,
        confidence=probabilities.get(text or "") if likes else oracle.sure(variant),
    )


def _probabilities(likes: Mapping[str, float]) -> dict[str, float]:
    """Return the probability of each choice from how much each is liked (nats)."""
    weights = {choice: math.exp(liked) for choice, liked in likes.items()}
    total = math.fsum(weights.values())
    return {choice: weight / total for choice, weight in weights.items()}


def _margin(likes: Mapping[str, float]) -> float | None:
    """Return by how much the most liked answer is ahead of the next."""
    ordered = sorted(likes.values(), reverse=True)
    return ordered[0] - ordered[1] if len(ordered) > 1 else None


def _indices(oracle: Oracle, variants: Sequence[Variant], *, end: str) -> list[float | None]:
    """Return the expected POSIX of the first items with two label-preserving prompts; none if the oracle writes nothing."""
    if oracle.writes is None:
        return []
    written = oracle.writes
    prompts: dict[str, dict[str, None]] = {}
    for variant in variants:
        if variant.effect == "label-preserving" and variant.family != "null":
            prompts.setdefault(variant.item.id, {})[variant.text] = None
    sets = [list(texts) for texts in prompts.values() if len(texts) > 1]
    return [posix_of(texts, lambda text: written.says(text) or end, written.rates) for texts in sets[: written.items]]


def _floor(items: Sequence[Sequence[Answer]], family: str) -> float | None:
    """Return the flip rate among as many null samples as the family has variants, or among all where there are fewer."""
    num = len({one.column for row in Family(family, items).rows for one in row})
    first = [[one for one in item if one.column[0] != "null" or one.column[2] < num] for item in items]
    return expected("flip_rate", Family("null", first))


def _num_flips(items: Sequence[Sequence[Answer]]) -> tuple[int, int]:
    """Count the answers that moved, and the edits that are answered wrong while their originals are answered right."""
    whole = Family("all", items)
    moved = sum(flips(before, after) for before, after in whole.pairs)
    stuck = sum(
        item[0].is_right and not one.is_right for item, row in zip(items, whole.edits, strict=True) for one in row
    )
    return moved, stuck


def suite_of(name: str) -> Suite:
    """Read a shipped suite; one with listed options is asked for their symbols, so that models can be locked to a symbol."""
    suite = read_suite(find_suite(name))
    return replace(suite, items=tuple(replace(item, prompt=_by_symbol(item.prompt)) for item in suite.items))


def _by_symbol(prompt: Prompt) -> Prompt:
    if not prompt.list_choices:
        return prompt
    return replace(prompt, instruction="Choose the right answer. Reply with {symbols}.", answer_with="symbol")
