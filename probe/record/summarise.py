"""Results to their summary: every figure of a run, and the verdict in words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice

from probe.evaluation.budget import budget_report
from probe.evaluation.flips import ContrastFailure, Flip, flip_id
from probe.evaluation.results import Results, SuiteResults
from probe.evaluation.run import Plan
from probe.evaluation.stopping import Stop
from probe.evaluation.worst import worst_flips
from probe.metrics import ALL, Cells, Row, measure, metrics, stack, variant_rows
from probe.metrics.by_class import consistency_by_class
from probe.metrics.cells import VOID, Column, Weight
from probe.metrics.family_tests import family_tests
from probe.metrics.rates import FEW_ITEMS
from probe.metrics.responsiveness import Quadrants, constant_answer, quadrants, unguarded
from probe.metrics.rows import with_net
from probe.metrics.statistics.intervals import LEVEL, RESAMPLES
from probe.metrics.taxonomy import CAUSES
from probe.models.base import Model
from probe.record.commands import ShowCommands
from probe.record.outcomes import FlipShare, OutcomeTable, flip_shares, outcome_table, sensitivity_points
from probe.record.summary import CountRow, FlipRow, Summary, ValidityRow
from probe.types import NO_ANSWER, Reading

VOID_IN_WORDS: dict[Reading, str] = {"tie": "ties", "non-finite": "their scores are no numbers"}

MAX_FLIPS = 100
"""Flips that the summary shows in full; all of them are in the tables."""
MAX_FAILURES = 30
"""Contrast failures that it shows."""


def summarise(
    results: Results,
    model: Model,
    plan: Plan,
    *,
    asked: Sequence[str] = (),
    warnings: Sequence[str] = (),
    resamples: int = RESAMPLES,
) -> Summary:
    """Return the summary of a run's results; see docs/reference/files.md for its fields.

    `asked` are the flags that name the model and what else `probe show` needs to ask as this run did.
    """
    suites = results.suites
    cells = {name: one.cells for name, one in suites.items()}
    stops = [one.stop for one in suites.values() if one.stop is not None]
    level = max((stop.level for stop in stops), default=LEVEL)
    rows = _metrics(suites, plan, level=level, resamples=resamples)
    failures = islice(
        (one.contrast_failure(row) for one in suites.values() for row in one.found.failures), MAX_FAILURES
    )
    commands = ShowCommands.of_results(results, plan, asked)
    shares = flip_shares(cells)
    return Summary(
        suites=tuple(suites),
        model=model.name,
        verdict=" ".join(
            filter(None, (verdict(rows, shares, weight=plan.weight), _without_answer(suites), *map(_stopped, stops)))
        ),
        metrics=tuple(rows),
        flip_shares=tuple(shares),
        responsiveness=tuple(_responsiveness(cells)),
        classes=tuple(
            row
            for name, one in suites.items()
            for row in consistency_by_class(name, one.cells, seed=plan.seed, level=_level(one))
        ),
        variants=tuple(row for name, one in cells.items() for row in variant_rows(name, one, seed=plan.seed)),
        outcomes=tuple(_outcomes(name, one, commands) for name, one in cells.items()),
        sensitivity=tuple(row for name, one in cells.items() if (row := sensitivity_points(name, one)) is not None),
        tests=tuple(family_tests(cells, seed=plan.seed)),
        flips=tuple(_shown(worst_flips(suites, MAX_FLIPS), commands)),
        flips_total=sum(len(one.found.flips) for one in suites.values()),
        flips_near_tie=sum(int(one.found.pair_is_near_tie[one.found.flips].sum()) for one in suites.values()),
        contrast_failures=tuple(_shown(failures, commands)),
        contrast_failures_total=sum(len(one.found.failures) for one in suites.values()),
        contrast_edits_total=sum(_num_edits(one) for one in cells.values()),
        flips_position_or_symbol=sum(_num_coinciding(one) for one in suites.values()),
        places=tuple(row for one in suites.values() for row in one.found.followings),
        counts=tuple(_counts(suites)),
        validity=tuple(_validity(suites)),
        level=level,
        resample="items-and-variants" if plan.shared else "items",
        weight=plan.weight,
        stopping=tuple(stops),
        budget=None
        if plan.budget is None
        else budget_report(
            {name: one.variants for name, one in suites.items()},
            {name: one.scores for name, one in suites.items()},
            budget=plan.budget,
            seed=plan.seed,
        ),
        timing=results.timing,
        engine=model.usage,
        warnings=tuple(dict.fromkeys((*warnings, *doubts(results, plan)))),
    )


def doubts(results: Results, plan: Plan) -> list[str]:
    """Say of which suites a low flip rate says nothing: no contrasts could be made, or all answers are one."""
    asks_contrasts = plan.budget is None and any(one.effect == "label-altering" for one in plan.perturbations)
    said = []
    for name, one in results.suites.items():
        pairs = one.found.originals
        if any(one.found.original_readings[reading] for reading in VOID):  # which has a warning of its own
            pairs = ()
        answers, targets = [answer for answer, _ in pairs], [target for _, target in pairs]
        said.append(constant_answer(name, one.cells, answers, targets))
        said.append(unguarded(name, one.cells) if asks_contrasts else "")
    return [text for text in said if text]


def _without_answer(suites: Mapping[str, SuiteResults]) -> str:
    """Say how many answers are ties or lack a number, in a sentence: the other sentences are about what is left."""
    readings = sum((one.found.readings for one in suites.values()), Counter[Reading]())
    num, total = sum(readings[reading] for reading in VOID), readings.total()
    if not num:
        return ""
    what = " or ".join(words for reading, words in VOID_IN_WORDS.items() if readings[reading])
    return f"{num:,} of {total:,} answers ({100 * num / total:.1f} %) are none: {what}."


def verdict(rows: Sequence[Row], shares: Sequence[FlipShare] = (), *, weight: Weight = "families") -> str:
    """Return the verdict in words: how often answers change, under which families, and whether contrasts are answered right.

    A family asked on a few items only is neither named as the worst nor as the source of most change.
    """
    whole = {row.family: row for row in _overall(rows, "flip_rate") if row.value is not None}
    sentences = []
    if "all" in whole:
        row = whole.pop("all")
        families = [other for family, other in whole.items() if family not in ("null", "original")]
        sentence = f"Answers change on {_percent(row)} of perturbed prompts{_weighed(row, len(families), weight)}"
        known = [other for other in families if other.num_items >= FEW_ITEMS]
        if len(families) > 1 and known and row.value:
            top = max(known, key=lambda other: other.value or 0.0)
            sentence += f", most under {top.family} ({100 * (top.value or 0.0):.1f} %{_of_pairs(top)})"
            sentence += _largest_share(top.family, shares, weight)
        sentences.append(sentence + ".")
        sentences += _about(row)
    elif missing := [row for row in _overall(rows, "flip_rate") if row.family == ALL]:
        sentences.append(f"Whether answers change cannot be said: {missing[0].reason}.")
    for row in _overall(rows, "accuracy"):
        if row.value is not None:
            sentences.append(f"On the original prompts, {_percent(row)} of answers are right.")
    for row in _overall(rows, "contrast_consistency"):
        if row.value is not None:
            sentences.append(f"Where the answer must change, {_percent(row)} of contrast sets are right throughout.")
    return " ".join(sentences)


def _metrics(suites: Mapping[str, SuiteResults], plan: Plan, *, level: float, resamples: int) -> list[Row]:
    """Return every metric of every family of each suite, then of all suites together."""

    def measured(name: str, cells: Cells, level: float) -> list[Row]:
        return measure(name, cells, seed=plan.seed, resamples=resamples, shared=plan.shared, level=level)

    rows = [
        _as_stopped(row, one.stop) for name, one in suites.items() for row in measured(name, one.cells, _level(one))
    ]
    if len(suites) > 1:
        pooled = stack([one.cells for one in suites.values()], texts=[one.found.texts for one in suites.values()])
        rows += [row for row in measured("all", pooled, level) if metrics.get(row.metric).pooled]
    return rows


def _level(results: SuiteResults) -> float:
    return LEVEL if results.stop is None else results.stop.level


def _as_stopped(row: Row, stop: Stop | None) -> Row:
    """Return the flip rate that stopped a suite with the interval that stopped it."""
    if stop is None or row.metric != "flip_rate" or row.family != ALL or stop.ci_low is None:
        return row
    return with_net(replace(row, ci_low=stop.ci_low, ci_high=stop.ci_high))


def _stopped(stop: Stop) -> str:
    """Say at how many items a suite stopped, in a sentence."""
    why = "" if stop.reached else f", the flip rate not yet known to within {100 * stop.target:g} points"
    level = f"{100 * stop.level:.4g} %"
    return f"{stop.suite.capitalize()}: stopped after {stop.num_items} of {stop.num_available} items{why}; intervals at {level}."


def _weighed(row: Row, num_families: int, weight: Weight) -> str:
    """Say of how many pairs a rate is, and what weighs equally in it where there are several families."""
    if row.num_pairs is None:
        return ""
    what = "all" if weight == "pairs" else f"mean of {num_families} families,"
    return f" ({what + ' ' if num_families > 1 else ''}{row.num_pairs:,} pairs)"


def _of_pairs(row: Row) -> str:
    return "" if row.num_pairs is None else f" of {row.num_pairs:,}"


def _largest_share(named: str, shares: Sequence[FlipShare], weight: Weight) -> str:
    """Say which of several families most of the rate comes from; `named` is the one that was just named, with the highest."""
    known = [one for one in shares if one.items >= FEW_ITEMS]
    if len(shares) < 2 or not known:
        return ""
    who = ", the source of" if known[0].family == named else f"; {known[0].family} is the source of"
    return f"{who} {100 * known[0].share:.0f} % of {'the flips' if weight == 'pairs' else 'that rate'}"


def _about(row: Row) -> Iterator[str]:
    """Say of an interval what its reader would not expect: that it rests on few samples, and what it says of other suites."""
    if row.ci_note:
        yield f"That interval {row.ci_note}."
    if row.other_suites_low is not None and row.other_suites_high is not None:
        low, high = 100 * row.other_suites_low, 100 * row.other_suites_high
        what = "It" if row.ci_note else "That interval"
        yield f"{what} is about these suites; over other suites such as these it would be {low:.1f}\u2013{high:.1f} %."


def _overall(rows: Sequence[Row], metric: str) -> list[Row]:
    """Return a metric's rows for all suites together, or for the only suite."""
    of_metric = [row for row in rows if row.metric == metric]
    return [row for row in of_metric if row.suite == "all"] or of_metric


def _percent(row: Row) -> str:
    value = f"{100 * (row.value or 0.0):.1f} %"
    if row.ci_low is None or row.ci_high is None:
        return value
    return f"{value} ({100 * row.ci_low:.1f}\u2013{100 * row.ci_high:.1f})"


def _shown(found: Iterable[Flip | ContrastFailure], commands: ShowCommands) -> Iterator[FlipRow]:
    for one in found:
        variant = one.after.variant
        yield flip_row(one, command=commands.of(one.suite, variant.item.id, Column.of(variant)))


def _num_coinciding(results: SuiteResults) -> int:
    """Count the flips of which it is not known whether they followed the position or the symbol."""
    causes = results.found.cause[results.found.flips]
    return int((causes == 1 + CAUSES.index("position_or_symbol")).sum())


def _outcomes(suite: str, cells: Cells, commands: ShowCommands) -> OutcomeTable:
    """Return a suite's table of outcomes, each variant with the command that shows it."""
    table = outcome_table(suite, cells)
    columns = {(one.family, one.perturbation, one.sample): one for one in cells.columns}
    asked = [columns[one.family, one.perturbation, one.sample] for one in table.variants]
    named = [replace(v, command=commands.of(suite, "ITEM", c)) for v, c in zip(table.variants, asked, strict=True)]
    return replace(table, variants=tuple(named))


def _num_edits(cells: Cells) -> int:
    """Count the label-altering edits that were asked."""
    return int(cells.label_altering().asked[:, 1:].sum())


def flip_row(flip: Flip | ContrastFailure, *, command: str) -> FlipRow:
    """Return a flip or a contrast failure as a row of the summary; `command` shows its variant again."""
    before, after, variant = flip.before, flip.after, flip.after.variant
    return FlipRow(
        id=flip_id(flip.suite, variant),
        suite=flip.suite,
        item=variant.item.id,
        family=variant.family,
        perturbation=variant.perturbation,
        sample=variant.sample,
        effect=variant.effect,
        kind=flip.kind,
        near_tie=flip.is_near_tie,
        cause=flip.cause,
        target=variant.perturbed.target,
        before_target=variant.item.target,
        before=before.variant.text,
        after=variant.text,
        before_prediction=before.prediction,
        after_prediction=NO_ANSWER["tie"] if after.reading == "tie" else after.prediction,
        choices=variant.perturbed.prompt.choices,
        before_choices=variant.item.prompt.choices,
        before_probabilities=tuple(round(p, 4) for p in before.probabilities),
        after_probabilities=tuple(round(p, 4) for p in after.probabilities),
        checks=flip.checks,
        command=command,
    )


def _responsiveness(cells: Mapping[str, Cells]) -> Iterator[Quadrants]:
    """Return how many items of each suite, then of all suites, stayed and moved where they must."""
    whole = cells if len(cells) < 2 else {**cells, "all": stack(list(cells.values()))}
    for name, one in whole.items():
        found = (quadrants(name, one, rule="all"), quadrants(name, one, rule="most"))
        yield from (row for row in found if row is not None)


def _validity(suites: Mapping[str, SuiteResults]) -> Iterator[ValidityRow]:
    for name, one in suites.items():
        made = one.variants
        for key in dict.fromkeys([*made.dropped, *made.doubted, *made.accepted]):
            counts = (made.dropped.get(key, 0), made.doubted.get(key, 0), made.accepted.get(key, 0))
            yield ValidityRow(name, *key, *counts)


def _counts(suites: Mapping[str, SuiteResults]) -> Iterator[CountRow]:
    for name, one in suites.items():
        for family, counts in one.variants.counts.items():
            yield CountRow(name, family, **counts)
