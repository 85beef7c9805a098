"""`probe selftest`: is this instrument right? Models of known behaviour through the whole line."""

from __future__ import annotations

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
SHOWN = {("original", "accuracy"), ("all", "flip_rate"), ("all", "pss"), ("contrast", "contrast_consistency")}


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
        from reports.console import table

        out(f"{table(_rows(result))}\n{_verdict(result, seconds)}")
    if result.failures:
        note("error: this installation measures wrongly; do not trust its figures")
        raise typer.Exit(FAILED)


def _rows(result: Result) -> list[dict[str, str]]:
    """Return the rows of the table: for each oracle its main figures, a count of the others, and those that differ."""
    rows: list[dict[str, str]] = []
    for oracle in dict.fromkeys(check.oracle for check in result.checks):
        checks = [check for check in result.checks if check.oracle == oracle]
        shown = {(check.family, check.figure): check for check in checks if _is_shown(check)}
        others = [check for check in checks if check not in shown.values()]
        wrong = [check for check in others if not check.passed]
        rows += [_row(check) for check in shown.values()]
        outcome = f"{len(wrong)} DIFFER" if wrong else "ok"
        rows.append(_line(checks[0], f"{len(others)} others", "", "", outcome))
        rows += [_row(check) for check in wrong[:MOST_SHOWN]]
    return rows


def _is_shown(check: Check) -> bool:
    return check.is_stated or (check.family, check.figure) in SHOWN


def _row(check: Check) -> dict[str, str]:
    figures = (_number(check.expected), _number(check.measured))
    return _line(check, f"{check.family} {check.figure}", *figures, "ok" if check.passed else "DIFFERS")


def _line(check: Check, figure: str, expected: str, measured: str, verdict: str) -> dict[str, str]:
    oracle = f"{check.oracle} ({check.suite})"
    return {"oracle": oracle, "figure": figure, "expected": expected, "measured": measured, "verdict": verdict}


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
