"""A verdict as JUnit XML, which every CI system shows: a test case for each suite and family.

    testsuites  probe; `time` everywhere is how long judging took
      testsuite   a suite, with run, model, baseline and outcome as properties
        testcase    a family: passed; `failure` where a check of it regressed or failed, `skipped` where one is inconclusive or
                    nothing was there to judge it by
          system-out  all its checks, a line each

A failure carries the item that moved most. Inconclusive is `skipped`, which Jenkins, GitLab and GitHub show apart from
passed and failed and which breaks no build; with `fail_on_inconclusive`, the default, it is a failure as by the exit code.
The document holds what the schema of Jenkins' xunit plugin (junit-10.xsd) lets through, and no more.

Covered: one verdict or several. Not covered: how long the runs took; their manifests say so.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from xml.etree import ElementTree as ET

from probe.gating.verdict import GateCheck, GateVerdict
from reports.escape import visible_line, xml_text
from reports.gate_words import by_case, most_moved, moved, says, sentence, worst_outcome


def junit(*verdicts: GateVerdict, fail_on_inconclusive: bool = True) -> str:
    """Return verdicts as one JUnit XML document."""
    root = ET.Element("testsuites", name="probe")
    for verdict in verdicts:
        for suite in dict.fromkeys(check.suite for check in verdict.checks):
            name = suite if len(verdicts) == 1 else f"{verdict.model} {suite}"
            root.append(_suite(name, suite, verdict, fail_on_inconclusive=fail_on_inconclusive))
    for count in ("tests", "failures", "errors"):
        root.set(count, str(sum(int(suite.get(count, "0")) for suite in root)))
    root.set("time", _seconds(check.seconds for verdict in verdicts for check in verdict.checks))
    ET.indent(root, " ")
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


def _suite(name: str, suite: str, verdict: GateVerdict, *, fail_on_inconclusive: bool) -> ET.Element:
    node = ET.Element("testsuite", name=_line(name))
    facts = {"run": verdict.run, "model": verdict.model, "baseline": verdict.baseline, "outcome": verdict.outcome}
    facts |= {"settings": verdict.settings, "verdict": sentence(verdict)}
    properties = ET.SubElement(node, "properties")
    notes = [("allowed", one) for one in verdict.allowed] + [("not judged", one) for one in verdict.not_judged]
    notes += [("without contrasts", one) for one in verdict.unguarded]
    for key, value in [*facts.items(), *notes]:
        ET.SubElement(properties, "property", name=key, value=_line(value))
    for (_, family), checks in by_case([check for check in verdict.checks if check.suite == suite]).items():
        node.append(_case(name, family, checks, fail_on_inconclusive=fail_on_inconclusive))
    cases = node.findall("testcase")
    node.set("tests", str(len(cases)))
    node.set("failures", str(sum(case.find("failure") is not None for case in cases)))
    node.set("errors", "0")
    node.set("skipped", str(sum(case.find("skipped") is not None for case in cases)))
    node.set("time", _seconds(check.seconds for check in verdict.checks if check.suite == suite))
    return node


def _seconds(times: Iterable[float]) -> str:
    return f"{sum(times):.6f}"


def _case(suite: str, family: str, checks: Sequence[GateCheck], *, fail_on_inconclusive: bool) -> ET.Element:
    time = _seconds(check.seconds for check in checks)
    node = ET.Element("testcase", classname=_line(f"probe.{suite}"), name=_line(family), time=time)
    outcome = worst_outcome(checks)
    if outcome != "pass":
        is_failure = outcome in ("regressed", "failed") or (outcome == "inconclusive" and fail_on_inconclusive)
        blamed = [check for check in checks if check.outcome == outcome]
        found = ET.SubElement(
            node, "failure" if is_failure else "skipped", type=outcome, message=_line(says(blamed[0]))
        )
        found.text = xml_text("\n".join(_account(blamed)))
    ET.SubElement(node, "system-out").text = xml_text(
        "\n".join(f"{c.outcome}: {visible_line(says(c))}" for c in checks)
    )
    return node


def _account(checks: Sequence[GateCheck]) -> list[str]:
    """Say what the checks found, and of the items that moved most the answers and the command that shows them."""
    lines = [visible_line(says(check)) for check in checks]
    for one, kind in most_moved(checks)[:3]:
        lines += [f"moved: {visible_line(moved(one, kind=kind))}", f"  {visible_line(one.command)}"]
    return lines


def _line(text: str) -> str:
    return xml_text(visible_line(text))
