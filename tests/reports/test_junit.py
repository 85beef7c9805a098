"""What CI systems read; junit-10.xsd says in our words what the schema of Jenkins' xunit plugin lets through."""

from dataclasses import replace
from pathlib import Path

import pytest
from lxml import etree
from made_verdict import BOUND, CHECK, NASTY, moved, verdict

from reports.junit import junit

SCHEMA = etree.XMLSchema(etree.parse(str(Path(__file__).parent / "junit-10.xsd")))


def read(text):
    root = etree.fromstring(text.encode("utf-8"))
    assert root.tag == "testsuites"
    SCHEMA.assertValid(root)
    for suite in root.iter("testsuite"):
        assert int(suite.get("tests")) == len(suite.findall("testcase"))
        for attribute, tag in (("failures", "failure"), ("skipped", "skipped")):
            assert int(suite.get(attribute)) == len(suite.findall(f"testcase/{tag}"))
    for attribute in ("tests", "failures", "errors"):
        assert int(root.get(attribute)) == sum(int(suite.get(attribute)) for suite in root)
    return root


@pytest.mark.parametrize(
    ("good", "bad"),
    [
        ("<testcase ", "<testcases "),
        (' errors="0"', ' errors="none"'),
        (' time="0.000000"', ' time="0 s"'),
        (' type="regressed"', ' kind="regressed"'),
        ("<properties>", "<property/><properties>"),
        ('<property name="run"', "<property"),
    ],
)
def test_the_schema_lets_no_mistake_through(good, bad):
    text = junit(verdict())
    assert good in text
    spoilt = text.replace(good, bad).replace("</testcase>", "</testcases>" if "testcases" in bad else "</testcase>")
    assert not SCHEMA.validate(etree.fromstring(spoilt.encode("utf-8")))


def cases(root):
    return {(case.get("classname"), case.get("name")): case for case in root.iter("testcase")}


def test_each_suite_and_family_is_one_test_case():
    found = cases(read(junit(verdict())))
    assert set(found) == {
        ("probe.sentiment", "format"),
        ("probe.sentiment", "all"),
        ("probe.sentiment", "typos"),
        ("probe.facts", "typos"),
    }


def test_a_family_with_several_metrics_is_one_case_that_fails_if_one_of_them_regressed():
    passed, regressed = replace(CHECK, metric="spread", outcome="pass"), CHECK
    root = read(junit(verdict(passed, regressed, replace(BOUND, family="format", outcome="inconclusive"))))
    (case,) = cases(root).values()
    assert case.find("failure").get("type") == "regressed"
    assert case.find("skipped") is None
    assert case.find("system-out").text.splitlines()[0].startswith("pass: Spread under format")
    assert len(case.find("system-out").text.splitlines()) == 3


def test_a_failure_says_figure_reference_interval_and_the_item_that_moved_most():
    failure = cases(read(junit(verdict())))["probe.sentiment", "format"].find("failure")
    assert failure.get("message") == (
        "Flip rate under format: 42.6 %, 30.1 % in the baseline, margin 2.0 points: 12.5 points more (9.0–16.0), "
        "detectable 3.1 points."
    )
    lines = failure.text.splitlines()
    assert lines[1].startswith('moved: s-2 format-layout 3: "positive" -> "</script>')
    assert lines[2].strip() == "probe show sentiment s-2"
    assert lines[1].endswith('# head", 90 points worse')
    assert [line.split()[1] for line in lines if line.startswith("moved")] == ["s-2", "s-1", "s-3"]


def test_inconclusive_is_a_failure_and_skipped_where_it_is_allowed():
    one = verdict(replace(BOUND, outcome="inconclusive"))
    assert [
        node.tag for node in read(junit(one, fail_on_inconclusive=False)).iter() if node.tag in ("skipped", "failure")
    ] == ["skipped"]
    root = read(junit(one))
    assert [node.tag for node in root.iter() if node.tag in ("skipped", "failure")] == ["failure"]
    assert root.get("failures") == "1"


def test_what_nobody_judged_is_skipped_and_never_passed():
    root = read(junit(verdict(replace(CHECK, outcome="none", reason="not judged: no bound was set"), outcome="none")))
    (case,) = cases(root).values()
    assert case.find("skipped").get("type") == "none" and "no bound was set" in case.find("skipped").get("message")
    assert root.get("failures") == "0"


def test_a_bound_is_named_with_the_interval_of_the_figure():
    (case,) = cases(read(junit(verdict(BOUND)))).values()
    expected = "Worst accuracy under format: 51.0 % (47.1–54.9), at least 60.0 % required."
    assert case.find("failure").get("message") == expected


def test_what_a_model_wrote_stays_text():
    text = junit(
        verdict(replace(CHECK, suite="a&b<c>", reason=NASTY, moved=(moved(NASTY, after=NASTY, command=NASTY),)))
    )
    root = read(text)
    assert "evil.example" in root.find(".//failure").text
    assert not [char for char in text if ord(char) < 32 and char != "\n"]
    assert len(root.find(".//failure").text.splitlines()) == 3


def test_two_runs_are_told_apart_by_their_model():
    root = read(junit(verdict(CHECK), verdict(CHECK, model="hf:other")))
    assert [suite.get("name") for suite in root] == ["pocket sentiment", "hf:other sentiment"]
    assert len(cases(root)) == 2


@pytest.mark.parametrize("key", ["run", "model", "baseline", "outcome", "settings"])
def test_a_suite_says_what_was_judged(key):
    one = verdict(
        settings="../probe.toml", allowed=("another version of the suite",), not_judged=("max-spread: one variant",)
    )
    properties = [(p.get("name"), p.get("value")) for p in read(junit(one))[0].iter("property")]
    assert (key, getattr(one, key)) in properties
    assert ("allowed", "another version of the suite") in properties
    assert ("not judged", "max-spread: one variant") in properties


def test_times_are_those_of_the_checks_and_add_up():
    checks = [replace(CHECK, seconds=0.25), replace(CHECK, metric="spread", seconds=0.5), replace(BOUND, seconds=1.0)]
    root = read(junit(verdict(*checks)))
    suites, found = list(root.iter("testsuite")), list(root.iter("testcase"))
    assert float(root.get("time")) == sum(float(one.get("time")) for one in suites) == 1.75
    assert sum(float(one.get("time")) for one in found) == 1.75
