"""`probe selftest`: is this instrument right? Models of known behaviour through the whole line."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import typer

from probe.cli.command import command
from probe.cli.options import Json
from probe.cli.output import note, out, out_json

if TYPE_CHECKING:
    from probe.selftest.check import Check, Result

FAILED = 3
MOST_SHOWN = 5
"""Of each oracle, failures shown beyond the figures that are always shown."""
SHOWN = {("clean", "accuracy"), ("all", "flip_rate"), ("all", "pss"), ("contrast", "contrast_consistency")}


@command("Trust")
def selftest(as_json: Json = False) -> None:
    """Check all figures on models of known answers.

    Runs models of known behaviour through the whole line and compares every figure with what it must be.
    """
    import time

    from probe.selftest.check import selftest as run_selftest

    started = time.perf_counter()
    result = run_selftest()
    seconds = time.perf_counter() - started
    if as_json:
        out_json(_json(result, seconds))
    else:
        out(_table(_rows(result)))
        out(_verdict(result, seconds))
    if result.failures:
        note("error: this installation measures wrongly; do not trust its figures")
        raise typer.Exit(FAILED)


def _rows(result: Result) -> list[tuple[str, ...]]:
    """Return what is always shown of each oracle, a line for its other figures, and those of them that differ."""
    rows: list[tuple[str, ...]] = []
    for oracle in dict.fromkeys(check.oracle for check in result.checks):
        mine = [check for check in result.checks if check.oracle == oracle]
        shown = {(check.family, check.figure): check for check in mine if _is_shown(check)}
        others = [check for check in mine if check not in shown.values()]
        wrong = [check for check in others if not check.passed]
        rows += [_row(check) for check in shown.values()]
        rows.append(
            (f"{oracle} ({mine[0].suite})", f"{len(others)} others", "", "", f"{len(wrong)} DIFFER" if wrong else "ok")
        )
        rows += [_row(check) for check in wrong[:MOST_SHOWN]]
    return rows


def _is_shown(check: Check) -> bool:
    return check.is_stated or (check.family, check.figure) in SHOWN


def _table(rows: list[tuple[str, ...]]) -> str:
    """Return the rows as a table; on a terminal too narrow for it, a line for each oracle and its figures below."""
    import shutil

    lines = [("oracle", "figure", "expected", "measured", "verdict"), *rows]
    widths = [max(len(line[column]) for line in lines) for column in range(5)]
    columns = shutil.get_terminal_size((100, 24)).columns
    if sum(widths) + 2 * len(widths) - 2 <= columns:
        padded = ("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) for line in lines)
        return "\n".join(line.rstrip() for line in padded)
    return "\n".join(_stacked(rows, columns))


def _stacked(rows: list[tuple[str, ...]], columns: int) -> Iterator[str]:
    import textwrap

    last = ""
    for oracle, name, expected, measured, verdict in rows:
        if oracle != last:
            yield from textwrap.wrap(oracle, columns)
        last = oracle
        figures = f"expected {expected}, measured {measured}: " if expected else ""
        yield from textwrap.wrap(f"{name}: {figures}{verdict}", columns, initial_indent="  ", subsequent_indent="    ")


def _row(check: Check) -> tuple[str, ...]:
    name = f"{check.family} {check.figure}"
    verdict = "ok" if check.passed else "DIFFERS"
    return f"{check.oracle} ({check.suite})", name, _number(check.expected), _number(check.measured), verdict


def _number(value: float | None) -> str:
    return "not defined" if value is None else f"{value:.6g}"


def _verdict(result: Result, seconds: float) -> str:
    num, wrong = len(result.checks), len(result.failures)
    ending = f"{num} figures of {len({check.oracle for check in result.checks})} oracles in {seconds:.1f} s"
    passed = f"\npassed: all of {ending} are as they must be" if not wrong else f"\nFAILED: {wrong} of {ending} differ"
    return f"{passed}\nnot covered here: {', '.join(result.unchecked)}" if result.unchecked else passed


def _json(result: Result, seconds: float) -> dict[str, Any]:
    from dataclasses import asdict

    return {
        "passed": not result.failures,
        "num_checks": len(result.checks),
        "num_failures": len(result.failures),
        "seconds": round(seconds, 3),
        "unchecked_metrics": list(result.unchecked),
        "checks": [asdict(check) | {"passed": check.passed} for check in result.checks],
    }
