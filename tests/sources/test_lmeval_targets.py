"""Targets of lm-eval tasks in every form that its own comparison takes, and labels that are hidden, empty or all the same."""

from __future__ import annotations

import json

import pytest
from conftest import rows_of
from test_lmeval import accuracy
from test_lmeval_kinds import BLANK, RATED, blanks

from probe.cli import exit_code
from probe.errors import UsageError
from probe.evaluation.run import Plan, run
from probe.sources import SourceOptions, read_source
from probe.sources.lmeval_documents import _choice
from probe.sources.lmeval_samples import _target
from probe.suite import argument_of

TASK = """output_type: multiple_choice
doc_to_text: "Review: {{review}}\\nSentiment:"
doc_to_target: TARGET
doc_to_choice: options
metric_list: [{metric: acc}]
"""
FORMS = """import numpy as np

def place(doc):
    return doc["options"].index(doc["answer"])

def np_int(doc):
    return np.int64(place(doc))

def np_round(doc):
    return np.round(place(doc) > 0.5, 0).astype(np.int32)

def np_bool(doc):
    return np.bool_(place(doc))

def np_float(doc):
    return np.float32(place(doc))

def np_zero_dim(doc):
    return np.array(place(doc))

def plain(doc):
    return place(doc)

def truth(doc):
    return bool(place(doc))

def fraction(doc):
    return float(place(doc))

def text(doc):
    return str(np.str_(doc["answer"]))

def digits(doc):
    return str(place(doc)) if doc["hide"] else doc["answer"]

def one(doc):
    return [place(doc)]

def both(doc):
    return [0, 1] if doc["hide"] else [place(doc)]

def hidden(doc):
    return -1 if doc["hide"] else place(doc)

def np_hidden(doc):
    return np.int64(-1 if doc["hide"] else place(doc))

def far(doc):
    return 7 if doc["hide"] else place(doc)

def letter(doc):
    return "B" if doc["hide"] else doc["answer"]

def half(doc):
    return 0.5 if doc["hide"] else place(doc)

def nothing(doc):
    return None if doc["hide"] else place(doc)

def list_hidden(doc):
    return [-1] if doc["hide"] else [place(doc)]
"""
WHOLE = ["np_int", "np_round", "np_zero_dim", "plain", "truth", "text", "one", "both"]
HIDDEN = ["digits", "hidden", "np_hidden", "far", "letter", "list_hidden"]
CRASH = ["np_bool", "np_float", "fraction", "half", "nothing"]
"""Forms on which lm-eval 0.4 itself raises, though its comparison knows what they name."""


@pytest.fixture
def forms(write_task):
    """Return the folder of a task for each form."""
    rows = [row | {"hide": number % 5 == 2} for number, row in enumerate(rows_of("sentiment", 0, 16))]
    for row in rows[::4]:  # of which the model would get all right
        row["answer"] = next(one for one in row["options"] if one != row["answer"])
    for form in (*WHOLE, *HIDDEN, *CRASH):
        folder = write_task(form, rows, TASK.replace("TARGET", f"!function forms.{form}"))
    (folder / "forms.py").write_text(FORMS, encoding="utf-8")
    return folder


def read(folder, name, **options):
    [suite] = read_source(f"lmeval:{name}", SourceOptions(include_path=str(folder), **options))
    return suite


@pytest.mark.slow
def test_a_target_of_any_form_scores_what_lm_eval_scores(forms, lm_eval_says, pocket, caplog):
    theirs, samples = lm_eval_says(forms, *WHOLE, *HIDDEN)
    found = {}
    for form in (*WHOLE, *HIDDEN):
        caplog.clear()
        suite = read(forms, form, trust_tasks=True)
        scores = run([suite], pocket, Plan(())).suites[suite.name].scores
        assert [one.correct for one in scores] == [row["acc"] == 1.0 for row in samples[form]], form
        assert accuracy(scores) == theirs[form]["acc,none"], form
        assert ("3 documents of 16 without a label" in caplog.text) == (form in HIDDEN), form
        assert sum(not item.target for item in suite.items) == (3 if form in HIDDEN else 0)
        found[form] = accuracy(scores)
    assert {found[form] for form in WHOLE if form != "both"} == {found["plain"]} and 0 < found["plain"] < 1
    assert found["both"] > found["plain"] >= found["hidden"]


def test_a_target_on_which_lm_eval_itself_fails_is_read_as_what_it_equals(forms):
    found = {
        form: [item.target for item in read(forms, form, trust_tasks=True).items]
        for form in (*CRASH, "plain", "hidden")
    }
    assert found["np_bool"] == found["np_float"] == found["fraction"] == found["plain"]
    assert found["half"] == found["nothing"] == found["hidden"] and found["hidden"].count("") == 3


@pytest.mark.parametrize(
    ("gold", "choice"),
    [(0, "a"), (1, "b"), (2, ""), (-1, ""), (-100, ""), (True, "b"), (False, "a"), (1.0, "b"), (1.5, ""), (-0.0, "a")]
    + [
        ("b", "b"),
        ("1", ""),
        ("B", ""),
        ("", ""),
        (None, ""),
        (float("nan"), ""),
        (float("inf"), ""),
        (b"1", ""),
        ({}, ""),
    ],
)
def test_a_target_names_a_choice_by_its_place_or_text_and_nothing_else_does(gold, choice):
    assert _choice(gold, ("a", "b")) == choice


def test_a_target_that_is_text_comes_before_a_place():
    assert _choice("1", ("0", "1")) == "1" and _choice(1, ("1", "0")) == "0"


@pytest.mark.parametrize(
    ("gold", "target"),
    [
        ("1", "b"),
        ("1.0", "b"),
        ("True", "b"),
        ("[1]", "b"),
        ("-1", ""),
        ("[-1]", ""),
        ("-100", ""),
        ("None", ""),
        ("b", "b"),
    ],
)
def test_a_log_with_such_a_target_is_read_back_as_it_was(gold, target):
    assert _target(gold, ("a", "b"), 0, correct=False) == target


@pytest.mark.parametrize("target", ['"-1"', "-1", '"{{ -1 }}"', '"Z"', "label"])
def test_a_task_whose_every_label_is_hidden_ends_with_what_to_do(target, write_task, capsys):
    rows = [row | {"label": None} for row in rows_of("sentiment", 0, 4)]
    folder = write_task("mine", rows, TASK.replace("TARGET", target))
    assert exit_code(["run", "lmeval:mine", "--include-path", str(folder), "--model", "scripted:coin"]) == 2
    told = capsys.readouterr().err
    assert "lmeval:mine: every target is empty" in told and "test_split" in told


@pytest.mark.parametrize("kind", ["blank", "rated", "text"])
def test_empty_targets_of_the_other_kinds_end_a_run_too(kind, write_task):
    text = RATED.replace("loglikelihood", "generate_until").replace(
        "{metric: perplexity}, {metric: acc}", "{metric: exact_match}"
    )
    yaml = {"blank": BLANK.replace('"{{answer}}"', "-1"), "rated": RATED.replace("' ' + answer", "''"), "text": text}[
        kind
    ]
    rows = blanks(0, 4) if kind == "blank" else [row | {"answer": ""} for row in rows_of("reading", 0, 4)]
    with pytest.raises(UsageError, match="every target is empty"):
        read(write_task("mine", rows, yaml), "mine")


def test_a_rated_target_that_is_empty_is_left_out_and_counted(write_task, caplog):
    rows = [
        row | {"answer": "" if number == 2 else row["answer"]} for number, row in enumerate(rows_of("reading", 0, 6))
    ]
    suite = read(write_task("mine", rows, RATED.replace("' ' + answer", "answer")), "mine")
    assert [item.id for item in suite.items] == ["0", "1", "3", "4", "5"]
    assert "1 document of 6 without a label: left out" in caplog.text


def constant(num, **changes):
    return [row | {"answer": "positive"} | changes for row in rows_of("sentiment", 0, num)]


def test_a_task_whose_every_target_is_the_same_ends_unless_that_is_meant(write_task, capsys, tmp_path):
    folder = write_task("mine", constant(8), TASK.replace("TARGET", "answer"))
    typed = ["lmeval:mine", "--include-path", str(folder), "--model", "scripted:coin", "--out", str(tmp_path / "runs")]
    assert exit_code(["run", *typed]) == 2
    told = capsys.readouterr().err
    assert "every target of 8 is 'positive'" in told and "--allow-one-target" in told
    assert exit_code(["run", *typed, "--allow-one-target", "--perturb", "typos", "--json"]) == 0
    summary = json.loads(capsys.readouterr().out)
    assert any('every target is "positive"' in warning for warning in summary["warnings"])
    suite = read(folder, "mine", allow_one_target=True)
    assert SourceOptions.from_flags(suite.flags).allow_one_target and argument_of(suite) == "lmeval:mine"


def test_few_documents_may_have_one_target_by_chance_and_a_limit_is_no_reason(write_task, capsys, tmp_path):
    assert len(read(write_task("few", constant(5), TASK.replace("TARGET", "answer")), "few").items) == 5
    with pytest.raises(UsageError, match="every target of 6"):
        read(write_task("more", constant(6), TASK.replace("TARGET", "answer")), "more")
    four = constant(4, options=["positive", "negative", "mixed", "none"])
    with pytest.raises(UsageError, match="every target of 4"):
        read(write_task("four", four, TASK.replace("TARGET", "answer")), "four")
    folder = write_task("mine", rows_of("sentiment", 0, 12), TASK.replace("TARGET", "answer"))
    typed = ["lmeval:mine", "--include-path", str(folder), "--model", "scripted:coin", "--out", str(tmp_path / "runs")]
    assert exit_code(["run", *typed, "--limit", "1", "--perturb", "typos"]) == 0


def test_one_place_with_other_texts_and_a_rule_of_its_own_are_no_constant_target(write_task):
    first = [row | {"options": [f"film {n}", "a book"], "answer": 0} for n, row in enumerate(constant(9))]
    assert len(read(write_task("mine", first, TASK.replace("TARGET", "answer")), "mine").items) == 9
    own = RATED.replace("loglikelihood", "generate_until").replace(
        "{metric: perplexity}, {metric: acc}", "{metric: exact_match}"
    )
    own = own.replace("\"{{' ' + answer}}\"", "0") + "process_results: !function rule.of\n"
    folder = write_task("own", rows_of("reading", 0, 8), own)
    (folder / "rule.py").write_text("def of(doc, results):\n    return {'exact_match': 1.0}\n", encoding="utf-8")
    assert len(read(folder, "own", trust_tasks=True).items) == 8


def test_a_hidden_label_of_generated_answers_credits_no_choice(write_task):
    yaml = (
        'output_type: generate_until\ndoc_to_text: "Review: {{review}}"\ndoc_to_target: label\ndoc_to_choice: options\n'
        "metric_list: [{metric: exact_match}]\n"
    )
    rows = [
        row | {"label": -1 if n == 3 else row["options"].index(row["answer"])}
        for n, row in enumerate(rows_of("sentiment", 0, 6))
    ]
    suite = read(write_task("mine", rows, yaml), "mine")
    [hidden] = [item for item in suite.items if not item.target]
    last = rows[3]["options"][-1]
    assert not suite.parse_answer(hidden, last).correct
    assert suite.parse_answer(suite.items[0], rows[0]["answer"]).correct


def test_a_document_without_a_label_is_exported_as_lm_eval_hides_it(forms, tmp_path):
    typed = ["--include-path", str(forms), "--trust-tasks", "--perturb", "typos", "--limit", "4"]
    assert exit_code(["export", "lmeval:hidden", str(tmp_path / "out"), *typed]) == 0
    rows = [json.loads(line) for line in (tmp_path / "out" / "hidden__original__0.jsonl").read_text().splitlines()]
    assert [row["target"] for row in rows].index(-1) == 2
    again = read(tmp_path / "out", "hidden__original__0")
    assert [bool(item.target) for item in again.items] == [True, True, False, True]


def test_demonstrations_to_draw_from_have_labels(write_task):
    rows = [row | {"label": row["options"].index(row["answer"])} for row in rows_of("sentiment", 0, 4)]
    shots = [row | {"label": -1 if n % 2 else 0} for n, row in enumerate(rows_of("sentiment", 100, 110))]
    suite = read(write_task("mine", rows, TASK.replace("TARGET", "label"), shots=shots), "mine")
    assert [len(item.pool) for item in suite.items] == [5] * 4
