"""What code scanning reads. SHAPE says in our words what OASIS' schema asks of the parts that are written."""

import json
from dataclasses import replace

from made_verdict import BOUND, CHECK, NASTY, moved, verdict

from reports.sarif import PromptFile, prompt_files_of, sarif

TEXT = {"text": str}
ANY = object()
SHAPE = {
    "$schema": str,
    "version": "2.1.0",
    "runs": [
        {
            "tool": {
                "driver": {
                    "name": "probe",
                    "version": str,
                    "rules": [
                        {
                            "id": str,
                            "shortDescription": TEXT,
                            "fullDescription?": TEXT,
                            "help?": TEXT,
                            "defaultConfiguration": {"level": str},
                        }
                    ],
                }
            },
            "invocations": [{"executionSuccessful": bool, "exitCode": int}],
            "columnKind": "unicodeCodePoints",
            "results": [
                {
                    "ruleId": str,
                    "ruleIndex": int,
                    "level": str,
                    "message": TEXT,
                    "locations": [
                        {
                            "physicalLocation": {"artifactLocation": {"uri": str}, "region": {"startLine": int}},
                            "logicalLocations": [{"fullyQualifiedName": str, "kind": "member"}],
                        }
                    ],
                    "partialFingerprints": {"primaryLocationLineHash": str},
                    "properties": ANY,
                }
            ],
            "properties": ANY,
        }
    ],
}


def check(value, shape, where="$"):
    if isinstance(shape, dict):
        assert isinstance(value, dict), where
        keys = {key.rstrip("?"): key for key in shape}
        assert set(value) <= set(keys), where
        assert {key for key, name in keys.items() if not name.endswith("?")} <= set(value), where
        for key in value:
            check(value[key], shape[keys[key]], f"{where}.{key}")
    elif isinstance(shape, list):
        assert isinstance(value, list), where
        for place, one in enumerate(value):
            check(one, shape[0], f"{where}[{place}]")
    elif isinstance(shape, type):
        assert type(value) is shape, where
    elif shape is not ANY:
        assert value == shape, where


def read(*verdicts, **files):
    text = sarif(*verdicts, prompt_files=files or {"sentiment": PromptFile("prompts/a b.toml", 4)})
    value = json.loads(text, parse_constant=lambda name: (_ for _ in ()).throw(AssertionError(name)))
    check(value, SHAPE)
    for run in value["runs"]:
        rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
        assert len(set(rules)) == len(rules)
        for result in run["results"]:
            assert rules[result["ruleIndex"]] == result["ruleId"]
            assert result["level"] in ("none", "note", "warning", "error")
            assert result["locations"] and result["locations"][0]["physicalLocation"]["region"]["startLine"] >= 1
    return value


def test_what_regressed_is_an_error_at_the_line_of_the_prompt_and_what_passed_is_no_result():
    (run,) = read(verdict())["runs"]
    assert [(result["ruleId"], result["level"]) for result in run["results"]] == [
        ("flip_rate", "error"),
        ("accuracy_worst", "note"),
    ]
    place = run["results"][0]["locations"][0]["physicalLocation"]
    assert place == {"artifactLocation": {"uri": "prompts/a%20b.toml"}, "region": {"startLine": 4}}
    assert run["invocations"][0]["exitCode"] == 1


def test_a_rule_says_what_its_metric_is():
    (run,) = read(verdict())["runs"]
    rules = {rule["id"]: rule for rule in run["tool"]["driver"]["rules"]}
    assert rules["flip_rate"]["shortDescription"]["text"] == "Flip rate"
    assert "lower is better" in rules["flip_rate"]["help"]["text"].lower()
    (run,) = read(verdict(replace(CHECK, metric="some_new_one")))["runs"]
    assert run["tool"]["driver"]["rules"][0]["shortDescription"]["text"] == "Some new one"


def test_a_finding_has_one_fingerprint_in_every_build_and_no_other_finding_has_it():
    def prints(one):
        return [result["partialFingerprints"]["primaryLocationLineHash"] for result in read(one)["runs"][0]["results"]]

    now = prints(verdict(CHECK, replace(CHECK, family="typos"), replace(CHECK, metric="spread"), BOUND))
    assert len(set(now)) == 4
    later = verdict(replace(CHECK, value=0.5, ci_low=0.1, moved=(moved(),)), run="runs/2", baseline="other.json")
    assert prints(later) == now[:1]
    assert prints(verdict(CHECK, model="other")) != now[:1]


def test_a_message_has_no_placeholder_and_no_link_and_says_what_moved():
    (run,) = read(verdict(replace(CHECK, moved=(moved(after=NASTY),))))["runs"]
    text = run["results"][0]["message"]["text"]
    assert "[9.0, 16.0]" in text and 'Moved: s-1 format-layout 3: "positive"' in text
    assert "{{0}}" in text and "{0}" not in text.replace("{{0}}", "")
    assert "](" not in text.replace("\\](", "")
    assert "\x1b" not in text and "\x00" not in text
    assert run["results"][0]["properties"]["moved"][0]["after"] == NASTY


def test_a_suite_of_which_no_place_is_known_still_has_one():
    (run,) = read(verdict(replace(CHECK, suite="other")))["runs"]
    assert run["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "suite.toml"


def test_a_path_outside_the_working_folder_is_a_whole_uri():
    (run,) = read(verdict(CHECK), sentiment=PromptFile("/srv/my suites/suite.toml", 2))["runs"]
    uri = run["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
    assert uri == "file:///srv/my%20suites/suite.toml"


def test_several_verdicts_are_several_runs():
    assert len(read(verdict(), verdict(model="other"))["runs"]) == 2


def test_places_come_from_the_manifest():
    manifest = {"suites": [{"name": "a", "prompt": {"file": "x/suite.toml", "line": 4}}, {"name": "old"}]}
    assert prompt_files_of(manifest) == {"a": PromptFile("x/suite.toml", 4)}
    assert prompt_files_of({}) == {}
