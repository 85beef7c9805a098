"""A record to its figures: the one object that `--json` prints, `summary.json` holds and every report reads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any

from probe.evaluation.budget import budget_summary
from probe.evaluation.run import Plan, Record
from probe.evaluation.stopping import Stop
from probe.metrics import ALL, Cells, Row, measure, metrics, stack, tabulate, variant_rows
from probe.metrics.by_class import consistency_by_class
from probe.metrics.family_tests import family_tests
from probe.metrics.intervals import LEVEL, RESAMPLES
from probe.metrics.responsiveness import Rule, quadrants
from probe.metrics.taxonomy import followings
from probe.models.base import Model
from probe.perturb.catalogue.compose import FAMILY as COMPOSED
from probe.record.commands import drawn_from, show_command
from probe.record.flips import Flip, as_row, flips_of, margin_noise, worst
from probe.record.outcomes import Blame, blame, outcome_tables, sensitivity_points, with_net
from probe.record.store import SCHEMA_VERSION
from probe.suite import argument_of

MAX_FLIPS = 100
"""Flips that the summary shows in full; all of them are in the tables."""


def summarise(
    record: Record,
    model: Model,
    plan: Plan,
    *,
    asked: Sequence[str] = (),
    warnings: Sequence[str] = (),
    resamples: int = RESAMPLES,
) -> dict[str, Any]:
    """Return the summary of a record; see docs/reference/files.md for its fields.

    `asked` are the flags that name the model and what else `probe show` needs to ask as this run did.
    """
    cells = {name: tabulate(scores, posix=record.posix.get(name)) for name, scores in record.scores.items()}
    level = max((stop.level for stop in record.stops.values()), default=LEVEL)
    how: dict[str, Any] = {"seed": plan.seed, "resamples": resamples, "shared": plan.shared}
    rows = [
        _as_stopped(row, record.stops.get(name))
        for name, one in cells.items()
        for row in measure(name, one, **how, level=record.stops[name].level if name in record.stops else LEVEL)
    ]
    if len(cells) > 1:
        pooled = measure("all", stack(list(cells.values())), **how, level=level)
        rows += [row for row in pooled if metrics.get(row.metric).pooled]
    flips = [
        flip for name, scores in record.scores.items() for flip in flips_of(name, scores, noise=margin_noise(scores))
    ]
    to_blame = blame(cells)
    return {
        "schema_version": SCHEMA_VERSION,
        "run": "",
        "suite": list(record.scores),
        "model": model.name,
        "verdict": " ".join(filter(None, (verdict(rows, to_blame), *map(_stopped, record.stops.values())))),
        "metrics": [with_net(row) for row in rows],
        "blame": [asdict(row) for row in to_blame],
        "responsiveness": _responsiveness(cells),
        "classes": _classes(cells, record, seed=plan.seed),
        "variants": _variants(cells, seed=plan.seed),
        "outcomes": outcome_tables(cells),
        "sensitivity": sensitivity_points(cells),
        "tests": [asdict(row) for row in family_tests(cells, seed=plan.seed)],
        "flips": [as_row(flip, command=_command(flip, record, plan, asked)) for flip in worst(flips, MAX_FLIPS)],
        "flips_total": len(flips),
        "flips_near_tie": sum(flip.is_near_tie for flip in flips),
        "flips_position_or_symbol": sum(flip.cause == "position_or_symbol" for flip in flips),
        "places": [asdict(row) for name, scores in record.scores.items() for row in followings(name, scores)],
        "counts": _counts(record),
        "validity": _validity(record),
        "level": level,
        "resample": "items-and-variants" if plan.shared else "items",
        "stopping": [asdict(stop) | {"looks": list(stop.looks)} for stop in record.stops.values()],
        "budget": None
        if plan.budget is None
        else budget_summary(record.sets, record.scores, budget=plan.budget, seed=plan.seed),
        "timing": record.timing,
        "engine": asdict(model.usage),
        "warnings": list(warnings),
    }


def _classes(cells: Mapping[str, Cells], record: Record, *, seed: int) -> list[dict[str, Any]]:
    levels = {name: stop.level for name, stop in record.stops.items()}
    return [
        asdict(row)
        for name, one in cells.items()
        for row in consistency_by_class(name, one, seed=seed, level=levels.get(name, LEVEL))
    ]


def _as_stopped(row: Row, stop: Stop | None) -> Row:
    """Return the flip rate that stopped a suite the interval that stopped it."""
    if stop is None or row.metric != "flip_rate" or row.family != ALL or stop.ci_low is None:
        return row
    return replace(row, ci_low=stop.ci_low, ci_high=stop.ci_high)


def _stopped(stop: Stop) -> str:
    """Say at how many items a suite stopped, in a sentence."""
    why = "" if stop.reached else f", the flip rate not yet known to within {100 * stop.target:g} points"
    level = f"{100 * stop.level:.4g} %"
    return f"{stop.suite.capitalize()}: stopped after {stop.num_items} of {stop.num_available} items{why}; intervals at {level}."


def verdict(rows: Sequence[Row], to_blame: Sequence[Blame] = ()) -> str:
    """Say in some sentences how often answers move, what is to blame, and whether they move where they should."""
    whole = {row.family: row for row in _overall(rows, "flip_rate") if row.value is not None}
    sentences = []
    if "all" in whole:
        row = whole.pop("all")
        sentence = f"Answers move on {_percent(row)} of rephrasings"
        families = [other for family, other in whole.items() if family not in ("null", "clean")]
        if len(families) > 1 and row.value:
            top = max(families, key=lambda other: other.value or 0.0)
            sentence += f", most of all under {top.family} ({100 * (top.value or 0.0):.1f} %)"
            sentence += _blamed(top.family, to_blame)
        sentences.append(sentence + ".")
    for row in _overall(rows, "accuracy"):
        if row.value is not None:
            sentences.append(f"As written, {_percent(row)} of answers are right.")
    for row in _overall(rows, "contrast_consistency"):
        if row.value is not None:
            sentences.append(f"Where the answer must change, {_percent(row)} of contrast sets are right throughout.")
    return " ".join(sentences)


def _blamed(worst: str, to_blame: Sequence[Blame]) -> str:
    """Say which family most flips are of, where there are several; `worst` is the one just named, of the highest rate."""
    if len(to_blame) < 2:
        return ""
    who = ", which is" if to_blame[0].family == worst else f"; {to_blame[0].family} is"
    return f"{who} to blame for {100 * to_blame[0].share:.0f} % of the flips"


def _overall(rows: Sequence[Row], metric: str) -> list[Row]:
    """Return a metric's rows for all suites together, or for the only suite."""
    mine = [row for row in rows if row.metric == metric]
    return [row for row in mine if row.suite == "all"] or mine


def _percent(row: Row) -> str:
    value = f"{100 * (row.value or 0.0):.1f} %"
    if row.ci_low is None or row.ci_high is None:
        return value
    return f"{value} [{100 * row.ci_low:.1f}, {100 * row.ci_high:.1f}]"


def _command(flip: Flip, record: Record, plan: Plan, asked: Sequence[str]) -> str:
    """Return the command that shows a flip again."""
    variant, suite = flip.after.variant, record.sets[flip.suite].suite
    return show_command(
        argument_of(suite),
        variant.item.id,
        draw=(variant.perturbation, variant.draw),
        perturb=_drawn_from(flip, record, plan),
        settings={"seed": plan.seed, "num_fewshot": plan.num_fewshot, "limit": plan.limit},
        flags=suite.flags,
        asked=asked,
    )


def _drawn_from(flip: Flip, record: Record, plan: Plan) -> list[str]:
    """Return the perturbations of a flip's family; of the many compositions, which are drawn in turn, those up to its own."""
    variant = flip.after.variant
    names = [one.name for one in plan.perturbations if one.family == variant.family]
    is_composed = variant.family == COMPOSED
    same = (one.draw for one in record.sets[flip.suite].variants if one.perturbation == variant.perturbation)
    is_first = is_composed and variant.draw == min(same)
    return drawn_from(names, variant.perturbation, is_composed=is_composed, is_first=is_first)


def _variants(cells: dict[str, Cells], *, seed: int) -> list[dict[str, Any]]:
    return [asdict(row) for name, one in cells.items() for row in variant_rows(name, one, seed=seed)]


def _responsiveness(cells: dict[str, Cells]) -> list[dict[str, Any]]:
    """Return for each suite, and all together, how many items stayed where they must and moved where they must."""
    whole = cells if len(cells) < 2 else {**cells, "all": stack(list(cells.values()))}
    rules: tuple[Rule, Rule] = ("all", "most")
    found = [quadrants(name, one, rule=rule) for name, one in whole.items() for rule in rules]
    return [asdict(one) for one in found if one is not None]


def _validity(record: Record) -> list[dict[str, Any]]:
    """Return for each suite, perturbation and rule how many variants it dropped, doubts, and was overruled on."""
    rows = []
    for name, one in record.sets.items():
        for perturbation, rule in dict.fromkeys([*one.dropped, *one.doubted, *one.accepted]):
            key = (perturbation, rule)
            found = {name: getattr(one, name).get(key, 0) for name in ("dropped", "doubted", "accepted")}
            rows.append({"suite": name, "perturbation": perturbation, "rule": rule, **found})
    return rows


def _counts(record: Record) -> list[dict[str, Any]]:
    return [
        {"suite": name, "family": family, **{str(fate): num for fate, num in fates.items()}}
        for name, one in record.sets.items()
        for family, fates in one.counts.items()
    ]
