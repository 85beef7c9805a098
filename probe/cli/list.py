"""`probe list`: what there is by name."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any

import typer

from probe.cli.command import command
from probe.cli.options import Json
from probe.cli.output import out, out_json
from probe.registry import unknown_name

if TYPE_CHECKING:
    from probe.types import Perturbation


@command("Inspect", name="list")
def list_(
    kind: Annotated[str, typer.Argument(help="suites, perturbations, metrics, models, mitigations or losses.")],
    as_json: Json = False,
) -> None:
    """List suites, perturbations, cures and more."""
    if kind not in KINDS:
        raise unknown_name("kind of thing", kind, list(KINDS))
    rows = KINDS[kind](as_json)
    if as_json:
        out_json(rows)
        return
    from reports.console import table

    out(table(rows))
    if kind == "suites":
        out("\n".join(["\nSuites of other kinds, read where they are (docs/how-to/other-data.md):\n", *_sources()]))


def _sources() -> list[str]:
    from probe.sources import sources
    from probe.sources.base import flag_of
    from reports.console import terminal_width
    from reports.grid import indented

    lines = []
    for name in sources.names():
        one = sources.get(name)
        flags = [flag_of(option) for option in one.uses if option != "num_fewshot"]
        texts = (one.summary, f"for example  {one.example}", f"takes  {' '.join(flags)}" * bool(flags))
        lines += [f"{name}:{one.argument}"]
        lines += [line for text in texts if text for line in indented(text, width=terminal_width())]
    return lines


def _suites(_in_full: bool) -> list[dict[str, Any]]:
    from probe.suite import find_suite, read_suite, shipped_suites

    suites = [read_suite(find_suite(name)) for name in shipped_suites()]
    return [
        {
            "name": suite.name,
            "items": len(suite.items),
            "train": len(suite.train),
            "contrast sets": sum(bool(item.contrasts) for item in suite.items),
            "answers": "choice" if suite.is_choice else "free text",
            "description": suite.description,
        }
        for suite in suites
    ]


def _perturbations(in_full: bool) -> list[dict[str, Any]]:
    from probe.perturb.catalogue.custom import register_installed
    from probe.registry import perturbations

    register_installed()
    return [_in_full(one) if in_full else _in_short(one) for one in perturbations.values()]


def _in_full(one: Perturbation) -> dict[str, Any]:
    return {
        "name": one.name,
        "family": one.family,
        "effect": one.effect,
        "drawn": "for each item" if one.scope == "item" else "once for all items",
        "default": "yes" if one.is_default else "by name only",
        "strength": "" if one.strength is None else f"{one.strength:g}",
        "summary": one.summary,
        "covers": one.covers,
        "leaves": one.leaves,
    }


def _in_short(one: Perturbation) -> dict[str, Any]:
    """Return what a table shows, in words so short that all but the last two stand side by side on 80 columns."""
    return {
        "name": one.name,
        "family": one.family,
        "answer": "change" if one.effect == "label-altering" else "stay",
        "default": "yes" if one.is_default else "by name",
        "strength": "" if one.strength is None else f"{one.strength:.2g}",
        "drawn": "per item" if one.scope == "item" else "for all",
        "summary": one.summary,
    }


def _metrics(_in_full: bool) -> list[dict[str, Any]]:
    from probe.metrics import command_metrics, metrics

    listed: list[Any] = [*metrics.values(), *command_metrics.values()]
    return [
        {
            "name": one.name,
            "also called": ", ".join(getattr(one, "also", ())),
            "by": f"probe {getattr(one, 'command', 'run')}",
            "better": one.direction,
            "range": f"[{one.low:g}, {one.high:g}]",
            "formula": one.formula,
            "source": one.source,
            "summary": one.summary,
        }
        for one in listed
    ]


def _models(_in_full: bool) -> list[dict[str, Any]]:
    from probe.models.loaders import backends

    return [{"name": name, "summary": backends.get(name).summary} for name in backends.names()]


def _losses(in_full: bool) -> list[dict[str, Any]]:
    from probe.repair.losses import loss_terms

    return [
        {
            "name": name,
            "group": one.group,
            **({"options": ", ".join(f"{option}={given}" for option, given in one.options.items())} if in_full else {}),
            "source": one.source,
            "summary": one.summary,
        }
        for name, one in ((name, loss_terms.get(name)) for name in loss_terms)
    ]


def _mitigations(_in_full: bool) -> list[dict[str, Any]]:
    from probe.mitigate.catalogue import catalogue

    return [
        {
            "name": one.name,
            "kind": one.kind,
            "asks the model": "yes" if one.asks else "no",
            "default": "yes" if one.is_default else "by name",
            "summary": one.summary,
            "source": one.source,
        }
        for one in catalogue()
    ]


KINDS: dict[str, Callable[[bool], list[dict[str, Any]]]] = {
    "suites": _suites,
    "perturbations": _perturbations,
    "metrics": _metrics,
    "models": _models,
    "mitigations": _mitigations,
    "losses": _losses,
}
"""What can be listed: each gives its rows, with all columns for `--json`."""
