"""Our variants go to lm-eval and come back: equal scores variant by variant, and one report from either."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import pytest
from conftest import write_jsonl

from probe import registry
from probe.cli import exit_code
from probe.errors import SuiteError, UsageError
from probe.evaluation.run import Plan, run
from probe.metrics import measure, tabulate
from probe.perturb import select
from probe.sources.lmeval_origin import origin_of
from probe.sources.lmeval_samples import read_logs
from probe.suite import find_suite, read_suite


def logged(folder, samples):
    """Write samples as `lm_eval --log_samples` writes them."""
    from lm_eval.loggers.evaluation_tracker import EvaluationTracker

    tracker = EvaluationTracker(output_path=str(folder))
    tracker.general_config_tracker.model_name_sanitized = "pocket"
    tracker.date_id = "2026-01-02T03-04-05.678901"
    for task, rows in samples.items():
        tracker.save_results_samples(task, rows)
    return sorted(folder.glob("pocket/samples_*.jsonl"))


def as_rows(found):
    keys = ("family", "perturbation", "sample", "effect", "text")
    return {(s.variant.item.id, *(getattr(s.variant, k) for k in keys)): s.correct for s in found}


@pytest.mark.slow
@pytest.mark.parametrize("name", ["facts", "reading"])
def test_exported_variants_score_the_same_in_lm_eval_and_come_back_as_the_same_run(
    name, tmp_path, lm_eval_says, pocket, monkeypatch, capsys
):
    monkeypatch.setenv("HF_DATASETS_CACHE", str(tmp_path / "cache"))
    perturb, folder = "format,typos,contrast", tmp_path / "tasks"
    typed = ["--perturb", perturb, "--draws", "2", "--limit", "3", "--seed", "3"]
    assert exit_code(["export", name, str(folder), "--to", "lm-eval", *typed]) == 0
    plan = Plan(select(perturb.split(",")), samples=2, limit=3, seed=3)
    scores = run([read_suite(find_suite(name))], pocket, plan).suites[name].scores
    results, samples = lm_eval_says(folder, name)
    metric = "acc,none" if name == "facts" else "exact_match,none"
    ours = {}
    for one in scores:
        task = "__".join((name, one.variant.perturbation, str(one.variant.sample)))
        ours.setdefault(task, []).append(one.correct)
    assert len(ours) >= 4
    assert {task: results[task][metric] for task in ours} == {task: sum(row) / len(row) for task, row in ours.items()}

    paths = logged(tmp_path / "out", samples)
    assert exit_code(["import", *map(str, paths), "-o", str(tmp_path / "run")]) == 0
    back = read_logs(paths)
    assert as_rows(back.scores) == as_rows(scores)
    assert (tmp_path / "run" / "report.html").is_file()
    summary = json.loads((tmp_path / "run" / "summary.json").read_text(encoding="utf-8"))
    assert summary["suite"] == [name]
    assert {row["family"] for row in summary["metrics"]} >= {"original", "format", "typos", "all"}
    assert exit_code(["report", str(tmp_path / "run")]) == 0


OWN = """from dataclasses import replace
from probe.types import Item


def shout(item: Item, rng):
    return replace(item, prompt=replace(item.prompt, instruction=item.prompt.instruction.upper() + "!"))
"""
FLIP = """from dataclasses import replace
from probe.perturb.catalogue.register import item_perturbation


@item_perturbation("my.flip", family="mine", effect="label-altering", scope="suite")
def turned(item, rng):
    \"\"\"Ask for the opposite.\"\"\"
    other = next(one for one in item.prompt.choices if one != item.target)
    return replace(item, prompt=replace(item.prompt, instruction="Say the opposite."), target=other)
"""


@pytest.mark.slow
def test_every_name_that_can_be_typed_comes_back_with_its_family_draw_effect_and_scope(
    tmp_path, lm_eval_says, pocket, monkeypatch, capsys
):
    monkeypatch.setenv("HF_DATASETS_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(registry.perturbations, "_things", dict(registry.perturbations._things))
    own, flip, folder = tmp_path / "mine.py", tmp_path / "turned.py", tmp_path / "tasks"
    own.write_text(OWN, encoding="utf-8")
    flip.write_text(FLIP, encoding="utf-8")
    names = ["contrast-set+typo-swap", "typo-swap@0.3", "typo-swap@0.9", f"{own}:shout", f"{flip}:my.flip"]
    typed = ["--perturb", ",".join(names), "--draws", "2", "--limit", "4"]
    assert exit_code(["export", "sentiment", str(folder), *typed]) == 0
    plan = Plan(tuple(select(names, may_run=names)), samples=2, limit=4)
    record = run([read_suite(find_suite("sentiment"))], pocket, plan)
    scores = record.suites["sentiment"].scores
    _, samples = lm_eval_says(folder, "sentiment")
    back = read_logs(logged(tmp_path / "out", samples))
    assert as_rows(back.scores) == as_rows(scores)
    assert {(one.name, one.family, one.effect, one.scope) for one in back.perturbations} == {
        (one.name, one.family, one.effect, one.scope) for one in plan.perturbations
    }
    assert {one.variant.family for one in scores if one.variant.effect == "label-altering"} == {"composed", "mine"}

    def contrast(found):
        cells = tabulate(found)
        return [(row.family, row.value) for row in measure("x", cells, seed=0) if row.metric.startswith("contrast_")]

    assert contrast(back.scores) == contrast(scores)
    assert any(value is not None for _, value in contrast(scores))


def rows(template, answers):
    return [
        {
            "doc_id": number,
            "doc": {"q": f"q{number}"},
            "target": "1",
            "arguments": {
                f"gen_args_{i}": {"arg_0": template.format(number), "arg_1": f" {c}"} for i, c in enumerate("ab")
            },
            "resps": [[["-1.0", "False"]], [["-2.0", "False"]]],
            "filtered_resps": [["-1.0", "False"], ["-0.5" if right else "-2.0", "False"]],
            "filter": "none",
            "metrics": ["acc"],
            "acc": float(right),
        }
        for number, right in enumerate(answers)
    ]


def test_logs_of_prompt_variants_become_a_run_with_the_named_one_as_written(tmp_path, capsys):
    one = write_jsonl(tmp_path / "samples_one_2026-01-01T00-00-00.jsonl", rows("Q {}:", [1, 1, 0, 1]))
    two = write_jsonl(tmp_path / "samples_two_2026-01-01T00-00-00.jsonl", rows("Ask {}:", [1, 0, 0, 1]))
    three = write_jsonl(tmp_path / "samples_three_2026-01-01T00-00-00.jsonl", rows("Say {}:", [0, 0, 1, 1]))
    typed = ["import", str(one), str(two), str(three), "-o", str(tmp_path / "run"), "--clean", str(two), "--json"]
    assert exit_code(typed) == 0
    summary = json.loads(capsys.readouterr().out)
    value = {(row["metric"], row["family"]): row["value"] for row in summary["metrics"]}
    assert value["accuracy", "original"] == 0.5
    # of two's answers b a a b: one's are b b a b (one moved), three's a a b b (two moved)
    assert value["flip_rate", "template"] == pytest.approx(3 / 8)
    assert {row["perturbation"] for row in summary["variants"]} == {"original", "one", "three"}
    assert all(flip["command"].startswith("probe report") for flip in summary["flips"])


def test_documents_that_the_clean_log_lacks_are_left_out_and_counted(tmp_path, caplog):
    one = write_jsonl(tmp_path / "samples_one.jsonl", rows("Q {}:", [1, 1]))
    two = write_jsonl(tmp_path / "samples_two.jsonl", rows("Ask {}:", [1, 0, 0]))
    imported = read_logs([one, two])
    assert len(imported.scores) == 4
    assert "left out 1 document" in caplog.text


def exported(path, answers, **changes):
    drawn = {
        "suite": "mine",
        "family": "typos",
        "perturbation": "typo-swap@0.3",
        "sample": 1,
        "effect": "label-preserving",
        "scope": "item",
    }
    made = [row | {"doc": row["doc"] | {"probe": drawn | changes}} for row in rows("Ask {}:", answers)]
    return write_jsonl(path, made)


def test_two_logs_of_one_draw_are_refused_rather_than_mixed(tmp_path):
    one = write_jsonl(tmp_path / "samples_one.jsonl", rows("Q {}:", [1, 1]))
    two, again = exported(tmp_path / "samples_two.jsonl", [1, 0]), exported(tmp_path / "samples_again.jsonl", [0, 0])
    with pytest.raises(UsageError, match="are both of typo-swap@0.3 1"):
        read_logs([one, two, again])


def test_an_export_of_an_earlier_version_says_its_sample_as_draw():
    fields = {"suite": "s", "family": "own", "perturbation": "a+b@1", "effect": "label-altering", "scope": "item"}
    now, before = origin_of({"probe": fields | {"sample": 3}}), origin_of({"probe": fields | {"draw": 3}})
    assert now == before
    assert now.sample == 3


def test_logs_of_earlier_exports_say_their_sample_by_the_name_of_their_task(tmp_path):
    original = write_jsonl(tmp_path / "samples_mine__clean__0.jsonl", rows("Q {}:", [1, 1]))
    typos = write_jsonl(tmp_path / "samples_mine__typo-swap__2.jsonl", rows("Ask {}:", [1, 0]))
    back = read_logs([typos, original])
    variants = [one.variant for one in back.scores]
    assert [(one.family, one.perturbation, one.sample) for one in variants[:2]] == [
        ("original", "original", 0),
        ("typos", "typo-swap", 2),
    ]


@pytest.mark.parametrize(
    "changes",
    [{"sample": -1}, {"sample": True}, {"sample": 10**9}, {"effect": "moved"}, {"scope": "all"}, {"family": ""}],
)
def test_what_a_document_says_of_its_draw_is_checked(changes, tmp_path):
    one = write_jsonl(tmp_path / "samples_one.jsonl", rows("Q {}:", [1, 1]))
    bad = exported(tmp_path / "samples_bad.jsonl", [1, 0], **changes)
    with pytest.raises(SuiteError, match=r"samples_bad[.]jsonl:1: is no sample of lm-eval [(]ValueError: probe: "):
        read_logs([one, bad])


def test_a_document_of_others_that_has_such_a_column_is_a_template(tmp_path):
    one = write_jsonl(tmp_path / "samples_one.jsonl", rows("Q {}:", [1, 1]))
    two = [row | {"doc": row["doc"] | {"probe": {"sample": 3}}} for row in rows("Ask {}:", [1, 0])]
    back = read_logs([one, write_jsonl(tmp_path / "samples_two.jsonl", two)])
    assert [one.family for one in back.perturbations] == ["template"]


def test_perturbations_whose_names_make_one_file_name_keep_a_task_each(tmp_path):
    from probe.evaluation.run import prepare
    from probe.sources.lmeval_export import write_tasks

    suite = read_suite(find_suite("sentiment"))
    variants = [
        replace(one, perturbation=name)
        for name in ("a+b", "a@b")
        for one in prepare(suite, Plan(select(["typo-swap"]), samples=1, limit=2)).variants
        if one.family == "typos"
    ]
    names = write_tasks(suite, variants, tmp_path, at=tmp_path)
    assert names == ["sentiment__a-b__0", "sentiment__a-b-1__0"]
    said = [
        json.loads((tmp_path / f"{name}.jsonl").read_text().splitlines()[0])["probe"]["perturbation"] for name in names
    ]
    assert said == ["a+b", "a@b"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "bad.jsonl:1: is not valid JSON"),
        ("[]", "bad.jsonl:1: is a list; each line is an object"),
        ('{"doc_id": 1}', "bad.jsonl:1: is no sample of lm-eval"),
        ("", "bad.jsonl:1: holds no sample"),
        ("[" * 60, "bad.jsonl:1: is not valid JSON"),
        ("[" * 100000, "bad.jsonl:1: holds lists or tables within one another, more than 64 levels deep"),
    ],
)
def test_a_file_that_is_no_log_is_named_with_its_line(text, said, tmp_path, capsys):
    one = write_jsonl(tmp_path / "samples_one.jsonl", rows("Q {}:", [1, 1]))
    bad = tmp_path / "bad.jsonl"
    bad.write_text(text, encoding="utf-8")
    assert exit_code(["import", str(one), str(bad), "-o", str(tmp_path / "run")]) == 2
    assert said in capsys.readouterr().err
    assert not (tmp_path / "run").exists()


def test_export_leaves_a_folder_that_holds_something_alone(tmp_path, capsys):
    (tmp_path / "mine.txt").write_text("x", encoding="utf-8")
    assert exit_code(["export", "sentiment", str(tmp_path)]) == 2
    assert "not empty" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]
    assert exit_code(["export", "sentiment", str(tmp_path / "new"), "--to", "lmeval"]) == 2
    assert re.search("Did you mean 'lm-eval'", capsys.readouterr().err)


def test_a_suite_with_a_rule_of_its_own_is_not_exported(tmp_path):
    from probe.evaluation.run import prepare
    from probe.sources.lmeval_export import write_tasks

    suite = replace(read_suite(find_suite("reading")), parse_answer=lambda item, text: None)
    with pytest.raises(UsageError, match="rule of its own"):
        write_tasks(suite, prepare(suite, Plan((), limit=2)).variants, tmp_path, at=tmp_path)
