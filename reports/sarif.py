"""A verdict as SARIF 2.1.0, which code scanning shows at the line of the prompt.

    runs[]              one for each verdict
      tool.driver.rules   a rule for each metric: name, what it is, formula
      results[]           what regressed (`error`) and what is inconclusive (`note`), at the prompt file's line

What passed is no result: GitHub shows every result as an alert, whatever its `kind` says. A result's fingerprint is made
of model, suite, family, metric and kind, so that the same finding is the same alert in the next build, and two families
at one line stay two alerts.

Source: OASIS, Static Analysis Results Interchange Format 2.1.0 plus Errata 01; sections named below.
Covered: one verdict or several. Not covered: fixes, code flows.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import fields
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote

from probe.gate.verdict import Check, Moved, Verdict
from probe.metrics import metrics
from reports import words
from reports.escape import visible_line
from reports.gate_words import moved, says

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
FIGURES = tuple(field.name for field in fields(Check) if field.name not in ("metric", "outcome", "reason", "moved"))
MOVED = tuple(field.name for field in fields(Moved) if field.name not in ("suite", "family"))
LEVELS = {"regressed": "error", "inconclusive": "note"}
NOWHERE = "suite.toml"
"""The file that is named where a run does not say: code scanning takes no result without a place."""


class PromptFile(NamedTuple):
    """Where a suite's prompt stands: a path, relative to the working folder if it lies in it, and a line from 1."""

    path: str
    line: int = 1


def sarif(*verdicts: Verdict, prompt_files: Mapping[str, tuple[str, int]]) -> str:
    """Give verdicts as one SARIF document; `prompt_files` by suite."""
    runs = [_run(verdict, prompt_files) for verdict in verdicts]
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": runs}, indent=1, allow_nan=False) + "\n"


def prompt_files_of(manifest: Mapping[str, Any]) -> dict[str, PromptFile]:
    """Give where a run's manifest says that its suites' prompts stand."""
    found = {}
    for suite in manifest.get("suites") or ():
        place = suite.get("prompt")
        if isinstance(place, Mapping) and place.get("file"):
            found[str(suite["name"])] = PromptFile(str(place["file"]), max(1, int(place.get("line") or 1)))
    return found


def _run(verdict: Verdict, prompt_files: Mapping[str, tuple[str, int]]) -> dict[str, Any]:
    judged = [name for name in metrics if any(check.metric == name for check in verdict.checks)]
    judged += [name for name in dict.fromkeys(check.metric for check in verdict.checks) if name not in metrics]
    driver = {
        "name": "probe",
        "version": version("probe"),
        "rules": [_rule(name) for name in judged],
    }
    found = [check for check in verdict.checks if check.outcome in LEVELS]
    return {
        "tool": {"driver": driver},
        "invocations": [{"executionSuccessful": True, "exitCode": verdict.exit_code()}],
        "results": [_result(check, verdict, judged.index(check.metric), prompt_files) for check in found],
        "columnKind": "unicodeCodePoints",
        "properties": {
            "run": verdict.run,
            "model": verdict.model,
            "baseline": verdict.baseline,
            "outcome": verdict.outcome,
            "checks": len(verdict.checks),
            "allowed": list(verdict.allowed),
            "not_judged": list(verdict.not_judged),
        },
    }


def _rule(name: str) -> dict[str, Any]:
    rule: dict[str, Any] = {"id": name, "shortDescription": {"text": words.metric_name(name)}}
    if name in metrics:
        metric = metrics.get(name)
        rule["fullDescription"] = {"text": metric.summary}
        rule["help"] = {"text": f"{metric.formula}. {words.sentence(f'{metric.direction} is better')}"}
    return rule | {"defaultConfiguration": {"level": "error"}}


def _result(check: Check, verdict: Verdict, rule: int, prompt_files: Mapping[str, tuple[str, int]]) -> dict[str, Any]:
    path, line = prompt_files.get(check.suite, (NOWHERE, 1))
    lines = [
        f"{check.outcome.capitalize()}, {check.suite}. {says(check)}",
        *(f"Moved: {moved(m)}" for m in check.moved),
    ]
    return {
        "ruleId": check.metric,
        "ruleIndex": rule,
        "level": LEVELS[check.outcome],
        "message": {"text": "\n".join(map(_plain, lines))},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": _uri(path)},
                    "region": {"startLine": line},
                },
                "logicalLocations": [{"fullyQualifiedName": f"{check.suite}/{check.family}", "kind": "member"}],
            }
        ],
        "partialFingerprints": {"primaryLocationLineHash": _fingerprint(check, verdict)},
        "properties": _figures(check) | {"moved": [_moved(one) for one in check.moved]},
    }


def _fingerprint(check: Check, verdict: Verdict) -> str:
    """Give what stays the same while the finding does (section 3.27.17); GitHub reads the name that it stands under."""
    parts = (verdict.model, check.suite, check.family, check.metric, check.kind)
    return hashlib.sha256("\x1f".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:32] + ":1"


def _figures(check: Check) -> dict[str, Any]:
    return {name: getattr(check, name) for name in (*FIGURES, "difference")}


def _moved(one: Moved) -> dict[str, Any]:
    return {name: getattr(one, name) for name in MOVED}


def _plain(text: str) -> str:
    """Give a message that is read as it stands: no placeholder (section 3.11.5) and no link (3.11.6) is in it."""
    return visible_line(text).replace("{", "{{").replace("}", "}}").replace("](", "\\](")


def _uri(path: str) -> str:
    """Give a path as the URI reference that an artifact location holds (section 3.4.3)."""
    return Path(path).as_uri() if Path(path).is_absolute() else quote(Path(path).as_posix())
