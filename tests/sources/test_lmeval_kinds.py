"""lm-eval tasks of the other kinds, as lm-eval scores them: a rated target, a context for each choice, other metrics."""

from __future__ import annotations

import pytest
from conftest import rows_of
from test_lmeval import CHOICE, TEXT, accuracy, ours

from probe.cli import exit_code
from probe.errors import UsageError
from probe.evaluation.requests import requests_for
from probe.evaluation.run import Plan, prepare, run
from probe.evaluation.scoring import ANOTHER
from probe.perturb import select
from probe.sources import SourceOptions, read_source
from probe.sources.lmeval_documents import split_contexts
from probe.sources.lmeval_metrics import is_graded
from probe.sources.lmeval_samples import read_logs

RATED = """output_type: loglikelihood
doc_to_text: "{{passage}}\\nAnswer:"
doc_to_target: "{{' ' + answer}}"
metric_list: [{metric: perplexity}, {metric: acc}]
"""
LAST_WORD = """output_type: loglikelihood
doc_to_text: "{{text.split(' ')[:-1]|join(' ')}}"
doc_to_target: "{{' ' + text.split(' ')[-1]}}"
metric_list: [{metric: acc}]
"""
BLANK = """output_type: multiple_choice
doc_to_text: "{{answer}}"
doc_to_choice: "{{[sentence + option1, sentence + option2]}}"
doc_to_target: "{{ending}}"
metric_list: [{metric: acc}]
"""


def blanks(first, last):
    ending = {0: "and I would see it again.", 1: "and I left before the end.", 2: "\nReview: A joy."}
    return [
        {
            "sentence": f"Review: {row['review']}\nSentiment: ",
            "option1": "positive",
            "option2": "negative",
            "answer": int(row["answer"] == "negative"),
            "ending": ending[number % 3],
        }
        for number, row in enumerate(rows_of("sentiment", first, last))
    ]


def last_words(first, last):
    return [{"text": f"{row['passage']} {row['answer']}"} for row in rows_of("reading", first, last)]


def answered(first, last):
    return rows_of("reading", first, last)


def is_exact(scores, theirs, samples, read, metric="acc"):
    assert accuracy(scores) == theirs["mine"][f"{metric},none"]
    assert [one.correct for one in scores] == [row[metric] == 1.0 for row in samples["mine"]]
    for one, row in zip(scores, samples["mine"], strict=True):
        asked = [(r.context + r.continuation, len(r.continuation.strip())) for r in requests_for(one.variant, read)]
        assert asked == [(context + said, len(said.strip())) for context, said in row["arguments"]]


@pytest.mark.slow
@pytest.mark.parametrize("shots", [0, 2])
@pytest.mark.parametrize(("yaml", "rows"), [(RATED, answered), (LAST_WORD, last_words)])
def test_a_rated_target_scores_what_lm_eval_scores(yaml, rows, shots, write_task, lm_eval_says, pocket):
    folder = write_task("mine", rows(0, 16), yaml, shots=rows(100, 120))
    theirs, samples = lm_eval_says(folder, "mine", num_fewshot=shots)
    read, scores = ours(folder, "mine", pocket, num_fewshot=shots)
    is_exact(scores, theirs, samples, read)
    assert 0 < accuracy(scores) < 1 or yaml == LAST_WORD or shots
    assert {one.prediction for one in scores if not one.correct} <= {ANOTHER}
    assert all((one.confidence is not None) == one.correct for one in scores)


@pytest.mark.slow
@pytest.mark.parametrize("shots", [0, 2])
def test_a_context_for_each_choice_scores_what_lm_eval_scores(shots, write_task, lm_eval_says, pocket):
    folder = write_task("mine", blanks(0, 16), BLANK, shots=blanks(100, 120))
    theirs, samples = lm_eval_says(folder, "mine", num_fewshot=shots)
    read, scores = ours(folder, "mine", pocket, num_fewshot=shots)
    is_exact(scores, theirs, samples, read)
    assert 0 < accuracy(scores) < 1
    assert read.items[0].prompt.choices == ("positive", "negative")
    assert len(read.items[0].prompt.demonstrations) == shots


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "yaml", "rows"), [("rated", RATED, answered), ("blank", BLANK, blanks)])
def test_the_other_kinds_are_perturbed_run_exported_and_read_back(
    kind, yaml, rows, write_task, lm_eval_says, pocket, tmp_path, capsys
):
    from test_lmeval_round_trip import as_rows, logged

    folder, tasks = write_task("mine", rows(0, 6), yaml), tmp_path / "exported"
    (suite,) = read_source("lmeval:mine", SourceOptions(include_path=str(folder)))
    typed = ["--perturb", "typos,distraction", "--draws", "1", "--include-path", str(folder)]
    scores = run([suite], pocket, Plan(select(["typos", "distraction"]), samples=1)).suites["mine"].scores
    assert {one.variant.family for one in scores} == {"original", "typos", "distraction"}
    assert {one.variant.text for one in scores if one.variant.family == "typos"}.isdisjoint(
        one.variant.text for one in scores if one.variant.family == "original"
    )
    assert exit_code(["export", "lmeval:mine", str(tasks), *typed]) == 0
    _, samples = lm_eval_says(tasks, "mine")
    paths = logged(tmp_path / "out", samples)
    assert as_rows(read_logs(paths).scores) == as_rows(scores)
    assert exit_code(["import", *map(str, paths), "-o", str(tmp_path / "run")]) == 0
    assert exit_code(["run", "lmeval:mine", *typed, "--model", "pocket", "--out", str(tmp_path / "runs")]) == 0


def test_contexts_part_at_a_space_and_leave_a_choice_each():
    assert split_contexts(["The cup is in the box", "The cup is in the bag"]) == ("The cup is in the ", ("box", "bag"))
    assert split_contexts(["in the cup", "in the cup holder"]) == ("in the ", ("cup", "cup holder"))
    assert split_contexts(["A man so", "B man so"]) == ("", ("A man so", "B man so"))
    assert split_contexts(["\u676f\u5b50\u5927", "\u676f\u5b50\u5c0f"]) == ("\u676f\u5b50", ("\u5927", "\u5c0f"))


def test_a_choice_in_a_blank_is_asked_within_the_context_and_never_as_turns_of_a_chat(write_task):
    folder = write_task("mine", blanks(0, 3), BLANK)
    (suite,) = read_source("lmeval:mine", SourceOptions(include_path=str(folder)))
    variants = prepare(suite, Plan(select(["structure", "typos", "order"]), samples=3)).variants
    assert {one.family for one in variants} == {"original", "typos"}
    first = requests_for(variants[0], suite)
    assert [one.context for one in first] == [variants[0].text + " positive", variants[0].text + " negative"]
    assert {one.continuation for one in first} == {" and I would see it again."}


@pytest.mark.slow
@pytest.mark.parametrize("metric", ["acc_bytes", "acc_mutual_info"])
def test_other_metrics_of_choices_score_what_lm_eval_scores(metric, write_task, lm_eval_says, pocket, tmp_path, capsys):
    from test_lmeval_round_trip import logged

    yaml = CHOICE.replace("{metric: acc_norm}", f"{{metric: {metric}}}").replace("Sentiment:", "It is")
    folder = write_task("mine", rows_of("sentiment", 0, 16), yaml)
    theirs, samples = lm_eval_says(folder, "mine")
    read, scores = ours(folder, f"mine:{metric}", pocket)
    is_exact(scores, theirs, samples, read, metric)
    tasks = tmp_path / "exported"
    typed = ["--include-path", str(folder), "--perturb", "typos", "--draws", "1", "--limit", "4"]
    assert exit_code(["export", f"lmeval:mine:{metric}", str(tasks), *typed]) == 0
    results, samples = lm_eval_says(tasks, "mine")
    assert results["mine__original__0"][f"{metric},none"] == accuracy(scores[:4])
    back = read_logs(logged(tmp_path / "out", samples), metric=metric)
    original = [one for one in back.scores if one.variant.family == "original"]
    assert [one.margin for one in original] == pytest.approx([one.margin for one in scores[:4]], abs=1e-3)


@pytest.mark.slow
def test_mcc_of_a_task_is_that_of_the_variant_as_written(write_task, lm_eval_says, pocket, caplog):
    from probe.metrics import tabulate, variant_rows

    yaml = CHOICE.replace("{metric: acc}, {metric: acc_norm}", "{metric: mcc}, {metric: f1}")
    yaml = yaml.replace("{{review}}", "{{review.split(' ')[:4]|join(' ')}}")
    folder = write_task("mine", rows_of("sentiment", 0, 24), yaml)
    theirs, _ = lm_eval_says(folder, "mine")
    _, scores = ours(folder, "mine", pocket)
    (original,) = variant_rows("mine", tabulate(scores), seed=0)
    assert original.mcc == pytest.approx(theirs["mine"]["mcc,none"])
    assert 0 < original.mcc < 1
    assert "mcc is a figure of all answers together" in caplog.text


def test_what_cannot_be_asked_says_so(write_task):
    rolling = "output_type: loglikelihood_rolling\ndoc_to_text: ''\ndoc_to_target: review\n"
    folder = write_task("mine", rows_of("sentiment", 0, 3), rolling + "metric_list: [{metric: word_perplexity}]\n")
    with pytest.raises(UsageError, match="is of the kind loglikelihood_rolling; tasks of text can be asked that are"):
        read_source("lmeval:mine", SourceOptions(include_path=str(folder)))
    folder = write_task("blank", blanks(0, 3), BLANK)
    with pytest.raises(UsageError, match="unknown metric for blank 'acc_norm'"):
        read_source("lmeval:blank:acc_norm", SourceOptions(include_path=str(folder)))
    folder = write_task("rated", rows_of("reading", 0, 3), RATED)
    with pytest.raises(UsageError, match="unknown metric for rated 'perplexity'"):
        read_source("lmeval:rated:perplexity", SourceOptions(include_path=str(folder)))
    spaced = CHOICE.replace("Sentiment:", "Sentiment: ").replace("metric: acc}", "metric: acc_mutual_info}")
    folder = write_task("spaced", rows_of("sentiment", 0, 3), spaced)
    with pytest.raises(UsageError, match="acc_mutual_info takes choices alone"):
        read_source("lmeval:spaced:acc_mutual_info", SourceOptions(include_path=str(folder)))


def test_a_metric_that_grades_is_refused_before_anything_is_asked(write_task):
    folder = write_task(
        "mine", rows_of("reading", 0, 3), TEXT.replace("metric_list: [", "metric_list: [{metric: bleu}, ")
    )
    with pytest.raises(UsageError, match="bleu grades an answer between wrong and right") as caught:
        read_source("lmeval:mine:bleu", SourceOptions(include_path=str(folder)))
    assert caught.value.hint == "name another metric: lmeval:mine:exact_match"


def test_a_metric_that_is_found_to_grade_is_refused_too(write_task, monkeypatch):
    """A name of 0 and 1 for what is not: found on the targets with something added, before a model is there."""
    from lm_eval.api.task import ConfigurableTask

    folder = write_task("mine", rows_of("reading", 0, 3), TEXT)
    monkeypatch.setattr(
        ConfigurableTask, "process_results", lambda self, doc, results: {"exact_match": len(results[0]) / 99}
    )
    with pytest.raises(UsageError, match="exact_match is 0[.].* for a document, not 0 or 1") as caught:
        read_source("lmeval:mine", SourceOptions(include_path=str(folder)))
    assert caught.value.hint == "lmeval:mine alone takes equality with the target"


def test_a_rule_of_the_tasks_own_that_grades_is_refused_where_it_does(write_task):
    folder = write_task("mine", rows_of("reading", 0, 3), TEXT + "process_results: !function own.half\n")
    (folder / "own.py").write_text("def half(doc, results):\n    return {'exact_match': 0.5}\n", encoding="utf-8")
    (suite,) = read_source("lmeval:mine", SourceOptions(include_path=str(folder), trust_tasks=True))
    with pytest.raises(UsageError, match=r"exact_match is 0[.]5 for a document, not 0 or 1"):
        suite.parse_answer(suite.items[0], "London")


@pytest.mark.parametrize(
    "name", ["bleu", "rougeL", "chrf++", "ter", "f1", "qa_f1_score", "bert_score", "bleu_max", "flexible_f1"]
)
def test_metrics_that_grade_are_known_by_name(name):
    assert is_graded(name)


@pytest.mark.parametrize(
    "name", ["exact_match", "acc", "em", "exact", "bleu_acc", "accuracy", "prompt_level_strict_acc", "terse"]
)
def test_other_metrics_are_not_taken_for_such(name):
    assert not is_graded(name)
