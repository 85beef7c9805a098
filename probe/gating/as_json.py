"""A verdict as plain values: what `probe gate --json` prints and `-o FILE.json` holds; keys in docs/how-to/gate.md."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from probe.gating.verdict import Check, Verdict

SCHEMA_VERSION = 1


def as_dict(verdict: Verdict, *, fail_on_inconclusive: bool = False) -> dict[str, Any]:
    """Return a verdict as one JSON object, with the exit code that it means."""
    return {
        "schema_version": SCHEMA_VERSION,
        "outcome": verdict.outcome,
        "exit_code": verdict.exit_code(fail_on_inconclusive=fail_on_inconclusive),
        "run": verdict.run,
        "model": verdict.model,
        "suites": list(verdict.suites),
        "baseline": verdict.baseline,
        "settings": verdict.settings,
        "allowed": list(verdict.allowed),
        "changed": list(verdict.changed),
        "not_judged": list(verdict.not_judged),
        "checks": [_check(check) for check in verdict.checks],
    }


def _check(check: Check) -> dict[str, Any]:
    return asdict(check) | {"difference": check.difference, "moved": [asdict(one) for one in check.moved]}
