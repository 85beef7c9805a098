"""lm-eval tasks: with no perturbation our score is lm-eval's own, and no code of a task file runs unless it is trusted."""

from __future__ import annotations

import pytest
from conftest import rows_of

from probe.errors import UsageError
from probe.evaluation.run import Plan, run
from probe.perturb import select
from probe.sources import SourceOptions, read_source

CHOICE = """output_type: multiple_choice
doc_to_text: "Review: {{review}}\\nSentiment:"
doc_to_target: answer
doc_to_choice: options
metric_list: [{metric: acc}, {metric: acc_norm}]
"""
LIST = """output_type: multiple_choice
doc_to_text: "{{question.strip()}}\\n{% for one in options %}- {{one}}\\n{% endfor %}>"
doc_to_target: "{{options.index(answer)}}"
doc_to_choice: "{{options}}"
target_delimiter: ""
metric_list: [{metric: acc}, {metric: acc_norm}]
"""
TEXT = """output_type: generate_until
doc_to_text: "{{passage}}\\nQuestion: {{question}}\\nAnswer:"
doc_to_target: "{{answer}}"
generation_kwargs: {until: ["\\n"], max_gen_toks: 8, do_sample: false}
filter_list:
  - name: word
    filter: [{function: regex, regex_pattern: "([A-Za-z]+)"}, {function: take_first}]
  - name: whole
    filter: [{function: remove_whitespace}, {function: take_first}]
metric_list: [{metric: exact_match, aggregation: mean, higher_is_better: true, ignore_case: true, ignore_punctuation: true}]
"""


def ours(folder, name, model, **options):
    (suite,) = read_source(f"lmeval:{name}", SourceOptions(include_path=str(folder), **options))
    scores = run([suite], model, Plan((), num_fewshot=options.get("num_fewshot", 0))).suites[suite.name].scores
    return suite, scores


def accuracy(scores):
    return sum(one.correct for one in scores) / len(scores)


@pytest.mark.slow
@pytest.mark.parametrize("shots", [0, 2])
@pytest.mark.parametrize("metric", ["acc", "acc_norm"])
@pytest.mark.parametrize(("suite", "yaml", "form"), [("sentiment", CHOICE, "structured"), ("facts", LIST, "question")])
def test_a_choice_task_scores_what_lm_eval_scores(
    suite, yaml, form, metric, shots, write_task, lm_eval_says, pocket, caplog
):
    caplog.set_level("INFO", logger="probe.sources")
    folder = write_task("mine", rows_of(suite, 0, 16), yaml, shots=rows_of(suite, 100, 120))
    theirs, samples = lm_eval_says(folder, "mine", num_fewshot=shots)
    read, scores = ours(folder, f"mine:{metric}", pocket, num_fewshot=shots)
    assert accuracy(scores) == theirs["mine"][f"{metric},none"]
    assert [one.correct for one in scores] == [row[metric] == 1.0 for row in samples["mine"]]
    asked = [row["arguments"][0][0].rstrip() for row in samples["mine"]]
    assert [one.variant.text for one in scores] == asked
    assert f"as {form} prompts" in caplog.text
    assert read.num_fewshot == shots


@pytest.mark.slow
@pytest.mark.parametrize("shots", [0, 1])
@pytest.mark.parametrize("filtered", ["word", "whole"])
def test_a_generation_task_scores_what_lm_eval_scores_through_its_filters(
    filtered, shots, write_task, lm_eval_says, pocket
):
    folder = write_task("mine", rows_of("reading", 0, 10), TEXT, shots=rows_of("reading", 100, 120))
    theirs, samples = lm_eval_says(folder, "mine", num_fewshot=shots)
    _, scores = ours(folder, f"mine:exact_match,{filtered}", pocket, num_fewshot=shots)
    assert accuracy(scores) == theirs["mine"][f"exact_match,{filtered}"]
    wanted = [row["exact_match"] == 1.0 for row in samples["mine"] if row["filter"] == filtered]
    assert [one.correct for one in scores] == wanted
    assert 0 < accuracy(scores) < 1 or shots or filtered == "whole"


@pytest.mark.slow
def test_a_task_with_trailing_whitespace_and_a_description_is_asked_to_the_letter(write_task, lm_eval_says, pocket):
    yaml = (
        TEXT.replace("Answer:", "Answer: ") + 'description: "Read it closely.\\n\\n"\nfewshot_delimiter: "\\n---\\n"\n'
    )
    folder = write_task("mine", rows_of("reading", 0, 5), yaml, shots=rows_of("reading", 100, 110))
    _, samples = lm_eval_says(folder, "mine", num_fewshot=2)
    read, scores = ours(folder, "mine:exact_match,word", pocket, num_fewshot=2)
    from probe.evaluation.requests import requests_for

    theirs = [row["arguments"][0][0] for row in samples["mine"] if row["filter"] == "word"]
    assert [requests_for(one.variant, read)[0].context for one in scores] == theirs
    assert [one.correct for one in scores] == [
        r["exact_match"] == 1.0 for r in samples["mine"] if r["filter"] == "word"
    ]


def test_the_shots_of_a_task_are_drawn_once_and_stay_under_every_variant(write_task):
    folder = write_task("mine", rows_of("sentiment", 0, 6), CHOICE, shots=rows_of("sentiment", 100, 120))
    options = SourceOptions(include_path=str(folder), num_fewshot=2)
    (suite,), (again,) = read_source("lmeval:mine", options), read_source("lmeval:mine", options)
    assert suite.items == again.items
    from probe.evaluation.run import prepare

    variants = prepare(suite, Plan(select(["format", "typos"]), num_fewshot=2)).variants
    assert {one.family for one in variants} == {"original", "format", "typos"}
    for one in variants:
        assert one.perturbed.prompt.demonstrations == one.item.prompt.demonstrations
        assert len(one.perturbed.prompt.demonstrations) == 2
    assert len(suite.items[0].pool) == 20


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("process_docs: !function evil.run\n", "!function evil.run runs code"),
        ("doc_to_target: !function evil.run\n", "!function evil.run runs code"),
        ("unsafe_code: true\n", "runs code that the model writes"),
        ('doc_to_text: "{{ [].__class__.__mro__ }}"\n', "sandbox"),
        ('doc_to_text: "{{ options.append(1) }}"\n', "sandbox"),
        ("metric_list: [{metric: someone/their_metric}]\n", "fetched from the hub as code"),
        ("metric_list: [{metric: accuracy, hf_evaluate: true}]\n", "fetched from the hub as code"),
    ],
)
def test_code_of_a_task_file_is_refused_unless_it_is_trusted(change, said, write_task, tmp_path):
    folder = write_task("mine", rows_of("sentiment", 0, 3), "".join(
        line + "\n" for line in CHOICE.splitlines() if line.split(":")[0] != change.split(":")[0]
    ) + change)  # fmt: skip
    mark = tmp_path / "ran"
    (folder / "evil.py").write_text(f"open({str(mark)!r}, 'w')\ndef run(docs):\n    return docs\n", encoding="utf-8")
    with pytest.raises(UsageError, match=said) as caught:
        read_source("lmeval:mine", SourceOptions(include_path=str(folder)))
    assert not mark.exists()
    if "!function" in change:
        assert "mine.yaml:" in str(caught.value)
        assert "--trust-tasks" in caught.value.hint


def test_a_trusted_task_runs_its_function(write_task):
    folder = write_task("mine", rows_of("sentiment", 0, 3), CHOICE + "process_docs: !function good.first\n")
    (folder / "good.py").write_text("def first(docs):\n    return docs.select([0])\n", encoding="utf-8")
    (suite,) = read_source("lmeval:mine", SourceOptions(include_path=str(folder), trust_tasks=True))
    assert len(suite.items) == 1
    assert suite.flags == ("--include-path", str(folder), "--trust-tasks")


def test_lm_eval_is_as_it_was_after_a_guarded_task(write_task):
    from lm_eval import utils
    from lm_eval.api import task

    before = utils.env, task.get_metric
    folder = write_task("mine", rows_of("sentiment", 0, 3), CHOICE)
    read_source("lmeval:mine", SourceOptions(include_path=str(folder)))
    assert (utils.env, task.get_metric) == before


def test_a_metric_that_we_do_not_have_is_named(write_task):
    folder = write_task("mine", rows_of("sentiment", 0, 3), CHOICE)
    with pytest.raises(UsageError, match="unknown metric for mine 'acc_nrm'. Did you mean 'acc_norm'"):
        read_source("lmeval:mine:acc_nrm", SourceOptions(include_path=str(folder)))


def test_a_group_is_a_suite_for_each_of_its_tasks(write_task):
    folder = write_task("one", rows_of("sentiment", 0, 3), CHOICE)
    write_task("two", rows_of("sentiment", 3, 6), CHOICE)
    (folder / "both.yaml").write_text("group: both\ntask: [one, two]\n", encoding="utf-8")
    suites = read_source("lmeval:both", SourceOptions(include_path=str(folder)))
    assert [suite.path for suite in suites] == ["lmeval:one", "lmeval:two"]


def test_a_broken_task_file_is_a_users_error(write_task):
    folder = write_task("mine", rows_of("sentiment", 0, 3), CHOICE.replace("{{review}}", "{{revue}}"))
    with pytest.raises(UsageError, match="lmeval:mine: cannot be read: UndefinedError: 'revue' is undefined"):
        read_source("lmeval:mine", SourceOptions(include_path=str(folder)))


def test_a_suite_is_read_again_with_its_shots_from_what_the_manifest_says(write_task):
    from probe.sources import reread

    folder = write_task("mine", rows_of("sentiment", 0, 4), CHOICE, shots=rows_of("sentiment", 100, 110))
    (suite,) = read_source("lmeval:mine:acc_norm", SourceOptions(include_path=str(folder), num_fewshot=2))
    entry = {"path": suite.path, "flags": list(suite.flags), "name": suite.name}
    assert reread(entry, 2).digest == suite.digest
    assert reread(entry, 0).digest != suite.digest
