"""What code scanning reads; sarif-2.1.0.schema.json says what it and OASIS' schema ask of the parts that are written."""

import json
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from jsonschema import Draft7Validator, ValidationError
from made_verdict import BOUND, CHECK, NASTY, moved, verdict

from probe.evaluation.run import Plan, manifest_facts, run
from probe.models.scripted import Scripted
from probe.suite import find_suite, read_suite
from reports.sarif import PromptFile, prompt_files_of, sarif

SCHEMA = Draft7Validator(json.loads((Path(__file__).parent / "sarif-2.1.0.schema.json").read_text(encoding="utf-8")))
SHIPPED = Path(str(find_suite("sentiment")))


def read(*verdicts, **files):
    text = sarif(*verdicts, prompt_files=files or {"sentiment": PromptFile("prompts/a b.toml", 4)})
    value = json.loads(text, parse_constant=lambda name: (_ for _ in ()).throw(AssertionError(name)))
    SCHEMA.validate(value)
    for one in value["runs"]:
        rules = [rule["id"] for rule in one["tool"]["driver"]["rules"]]
        assert len(set(rules)) == len(rules)
        assert all(rules[result["ruleIndex"]] == result["ruleId"] for result in one["results"])
    return value


def place_of(value):
    return value["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]


@pytest.mark.parametrize(
    "spoil",
    [
        lambda run: run["results"][0].update(level="failure"),
        lambda run: run["results"][0].update(locations=[]),
        lambda run: run["results"][0]["message"].update(text=""),
        lambda run: run["results"][0]["locations"][0]["physicalLocation"]["region"].update(startLine=0),
        lambda run: run["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"].update(
            uri="../suite.toml"
        ),
        lambda run: run["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"].update(uri="a b.toml"),
        lambda run: run["invocations"][0].pop("executionSuccessful"),
        lambda run: run["tool"]["driver"].pop("name"),
        lambda run: run.pop("automationDetails"),
        lambda run: run.update(color="red"),
    ],
)
def test_the_schema_lets_no_mistake_through(spoil):
    value = read(verdict())
    spoil(value["runs"][0])
    with pytest.raises(ValidationError):
        SCHEMA.validate(value)


def test_what_regressed_is_an_error_at_the_line_of_the_prompt_and_what_passed_is_no_result():
    (run,) = read(verdict())["runs"]
    assert [(result["ruleId"], result["level"]) for result in run["results"]] == [
        ("flip_rate", "error"),
        ("accuracy_worst", "note"),
    ]
    place = run["results"][0]["locations"][0]["physicalLocation"]
    assert place["region"] == {"startLine": 4}
    assert place["artifactLocation"] == {"uri": "prompts/a%20b.toml", "uriBaseId": "%SRCROOT%"}
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
    assert "(9.0–16.0)" in text and 'Moved: s-1 format-layout 3: "positive"' in text
    assert "{{0}}" in text and "{0}" not in text.replace("{{0}}", "")
    assert "](" not in text.replace("\\](", "")
    assert "\x1b" not in text and "\x00" not in text
    assert run["results"][0]["properties"]["moved"][0]["after"] == NASTY


def test_a_suite_of_which_no_place_is_known_still_has_one():
    assert place_of(read(verdict(replace(CHECK, suite="other"))))["uri"] == "suite.toml"


def test_a_path_outside_any_repository_is_a_whole_uri():
    found = place_of(read(verdict(CHECK), sentiment=PromptFile("/srv/my suites/suite.toml", 2)))
    assert found == {"uri": "file:///srv/my%20suites/suite.toml"}


@pytest.mark.parametrize("below", [".", "sub", "sub/prompts"])
def test_a_prompt_is_named_from_the_root_of_its_repository_wherever_the_run_was_started(tmp_path, monkeypatch, below):
    monkeypatch.delenv("GITHUB_WORKSPACE", raising=False)
    repository = tmp_path / "repo"
    folder = shutil.copytree(SHIPPED, repository / "sub" / "prompts" / "triage")
    subprocess.run(["git", "init", "-q", str(repository)], check=True)
    monkeypatch.chdir(repository / below)
    plan, model = Plan((), limit=2), Scripted()
    suite = read_suite(Path(folder.relative_to(repository / below)))
    manifest = manifest_facts(run([suite], model, plan), plan, model)
    monkeypatch.chdir(tmp_path)
    found = place_of(read(verdict(CHECK), **prompt_files_of(manifest)))
    assert found == {"uri": "sub/prompts/triage/suite.toml", "uriBaseId": "%SRCROOT%"}
    assert (repository / found["uri"]).is_file()


def test_several_verdicts_are_several_runs_each_of_a_category_of_its_own():
    runs = read(verdict(), verdict(model="other"), verdict())["runs"]
    ids = [one["automationDetails"]["id"] for one in runs]
    assert ids == ["probe/sentiment+facts/pocket/1/", "probe/sentiment+facts/other/", "probe/sentiment+facts/pocket/2/"]
    assert read(verdict())["runs"][0]["automationDetails"]["id"] == "probe/sentiment+facts/pocket/"


def test_a_run_that_nobody_judged_has_no_result_and_no_exit_code():
    (one,) = read(verdict(replace(CHECK, outcome="none"), outcome="none"))["runs"]
    assert one["results"] == [] and one["invocations"] == [{"executionSuccessful": True}]
    assert one["properties"]["outcome"] == "none"


def test_the_verdict_stands_there_in_words_with_the_file_of_its_settings():
    (one,) = read(verdict(settings="../probe.toml"))["runs"]
    assert one["properties"]["settings"] == "../probe.toml"
    assert "worse than in the baseline, beyond chance" in one["properties"]["verdict"]


def test_places_come_from_the_manifest():
    manifest = {"suites": [{"name": "a", "prompt": {"file": "x/suite.toml", "line": 4}}, {"name": "old"}]}
    assert prompt_files_of(manifest) == {"a": PromptFile("x/suite.toml", 4)}
    assert prompt_files_of({}) == {}
