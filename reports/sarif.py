"""A verdict as SARIF 2.1.0, which code scanning shows at the line of the prompt.

    runs[]              one for each verdict
      tool.driver.rules   a rule for each metric: name, what it is, formula
      results[]           what regressed or failed (`error`) and what is inconclusive (`note`), at the prompt file's line

What passed is no result: GitHub shows every result as an alert, whatever its `kind` says. A result's fingerprint is made
of model, suite, family, metric and kind, so that the same finding is the same alert in the next build, and two families
at one line stay two alerts. Each run has an `automationDetails.id` of its own, because GitHub takes no two of one category.

A prompt file is named from the root of its repository, `%SRCROOT%`, wherever the run was started. A file outside of any
repository, as of a shipped suite, has its absolute URI: nothing in the user's repository is said to be it.

Source: OASIS, Static Analysis Results Interchange Format 2.1.0 plus Errata 01; sections named below.
Covered: one verdict or several. Not covered: fixes, code flows.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import fields
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote

from probe.gating.verdict import GateCheck, GateVerdict, Moved
from probe.metrics import metrics
from probe.record.store import json_text
from reports import words
from reports.escape import visible_line
from reports.gate_words import moved, says, sentence

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
FIGURES = tuple(
    field.name for field in fields(GateCheck) if field.name not in ("metric", "outcome", "reason", "moved", "seconds")
)
MOVED = tuple(field.name for field in fields(Moved) if field.name not in ("suite", "family"))
LEVELS = {"regressed": "error", "failed": "error", "inconclusive": "note"}
NOWHERE = "suite.toml"
"""The file that is named where a run does not say: code scanning takes no result without a place."""
ROOT = "%SRCROOT%"
MAX_SUITES = 5
"""Suites that an id names; of more their number."""


class PromptFile(NamedTuple):
    """Where a suite's prompt stands: a path, relative to the repository's root if it lies in one, and a line from 1."""

    path: str
    line: int = 1


def sarif(*verdicts: GateVerdict, prompt_files: Mapping[str, tuple[str, int]]) -> str:
    """Return verdicts as one SARIF document; `prompt_files` by suite."""
    ids = [_id(verdict) for verdict in verdicts]
    unique = [f"{one}{ids[:n].count(one) + 1}/" if ids.count(one) > 1 else one for n, one in enumerate(ids)]
    runs = [
        _run(verdict, prompt_files) | {"automationDetails": {"id": one}}
        for verdict, one in zip(verdicts, unique, strict=True)
    ]
    return json_text({"$schema": SCHEMA, "version": "2.1.0", "runs": runs}) + "\n"


def prompt_files_of(manifest: Mapping[str, Any]) -> dict[str, PromptFile]:
    """Return where a run's manifest says that its suites' prompts stand."""
    found = {}
    for suite in manifest.get("suites") or ():
        place = suite.get("prompt")
        if isinstance(place, Mapping) and place.get("file"):
            found[str(suite["name"])] = PromptFile(str(place["file"]), max(1, int(place.get("line") or 1)))
    return found


def _run(verdict: GateVerdict, prompt_files: Mapping[str, tuple[str, int]]) -> dict[str, Any]:
    judged = [name for name in metrics if any(check.metric == name for check in verdict.checks)]
    judged += [name for name in dict.fromkeys(check.metric for check in verdict.checks) if name not in metrics]
    driver = {
        "name": "probe",
        "version": version("probe"),
        "rules": [_rule(name) for name in judged],
    }
    found = [check for check in verdict.checks if check.outcome in LEVELS]
    judged_by = {} if verdict.outcome == "none" else {"exitCode": verdict.exit_code()}
    return {
        "tool": {"driver": driver},
        "invocations": [{"executionSuccessful": True} | judged_by],
        "originalUriBaseIds": {ROOT: {"description": {"text": "The root of the repository that holds the prompts."}}},
        "results": [_result(check, verdict, judged.index(check.metric), prompt_files) for check in found],
        "columnKind": "unicodeCodePoints",
        "properties": {
            "run": verdict.run,
            "model": verdict.model,
            "baseline": verdict.baseline,
            "settings": verdict.settings,
            "outcome": verdict.outcome,
            "verdict": sentence(verdict),
            "checks": len(verdict.checks),
            "allowed": list(verdict.allowed),
            "not_judged": list(verdict.not_judged),
            "unguarded": list(verdict.unguarded),
        },
    }


def _rule(name: str) -> dict[str, Any]:
    rule: dict[str, Any] = {"id": name, "shortDescription": {"text": words.metric_name(name)}}
    if name in metrics:
        metric = metrics.get(name)
        rule["fullDescription"] = {"text": metric.summary}
        rule["help"] = {"text": f"{metric.formula}. {words.sentence(f'{metric.direction} is better')}"}
    return rule | {"defaultConfiguration": {"level": "error"}}


def _result(
    check: GateCheck, verdict: GateVerdict, rule: int, prompt_files: Mapping[str, tuple[str, int]]
) -> dict[str, Any]:
    path, line = prompt_files.get(check.suite, (NOWHERE, 1))
    lines = [
        f"{check.outcome.capitalize()}, {check.suite}. {says(check)}",
        *(f"Moved: {moved(m, kind=check.kind)}" for m in check.moved),
    ]
    return {
        "ruleId": check.metric,
        "ruleIndex": rule,
        "level": LEVELS[check.outcome],
        "message": {"text": "\n".join(map(_plain, lines))},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": _place(path),
                    "region": {"startLine": line},
                },
                "logicalLocations": [{"fullyQualifiedName": f"{check.suite}/{check.family}", "kind": "member"}],
            }
        ],
        "partialFingerprints": {"primaryLocationLineHash": _fingerprint(check, verdict)},
        "properties": _values(check, (*FIGURES, "difference"))
        | {"moved": [_values(one, MOVED) for one in check.moved]},
    }


def _fingerprint(check: GateCheck, verdict: GateVerdict) -> str:
    """Return what stays the same while the finding does (section 3.27.17); GitHub reads the name that it stands under."""
    parts = (
        verdict.model,
        check.suite,
        check.family,
        check.metric,
        check.kind,
        *(["first"] if check.since_first else []),
    )
    return hashlib.sha256("\x1f".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:32] + ":1"


def _values(row: GateCheck | Moved, names: Iterable[str]) -> dict[str, Any]:
    return {name: getattr(row, name) for name in names}


def _plain(text: str) -> str:
    """Return a message that is read as it stands: no placeholder (section 3.11.5) and no link (3.11.6) is in it."""
    return visible_line(text).replace("{", "{{").replace("}", "}}").replace("](", "\\](")


def _place(path: str) -> dict[str, str]:
    """Return a path as an artifact location: relative to the root, or an absolute URI (sections 3.4.3 and 3.4.4)."""
    if Path(path).is_absolute():
        return {"uri": Path(path).as_uri()}
    return {"uri": quote(Path(path).as_posix()), "uriBaseId": ROOT}


def _id(verdict: GateVerdict) -> str:
    """Return what sort of run it is (section 3.17.3): all up to the last slash is what GitHub calls its category."""
    suites = verdict.suites
    named = "+".join(suites) if len(suites) <= MAX_SUITES else f"{len(suites)}-suites"
    return visible_line(f"probe/{named}/{verdict.model}/")
