"""Contrast sets in the forms in which they are published, with texts of our own."""

from __future__ import annotations

import json

import pytest

from probe.errors import UsageError
from probe.perturb import select
from probe.run import Plan, prepare
from probe.sources import read_source


def write(path, value):
    path.write_text(value if isinstance(value, str) else json.dumps(value), encoding="utf-8")
    return path


def read(kind, *paths):
    (suite,) = read_source(":".join(["contrast", kind, *map(str, paths)]))
    return suite


def test_boolq_drops_the_placeholder_and_takes_flipped_questions_as_contrasts(tmp_path, caplog):
    rows = [
        {"paragraph": "", "question": "", "answer": "TRUE/FALSE"},
        {"paragraph": "The lake is deep.", "question": "is the lake deep", "answer": "TRUE", "perturbed_questions": [
            {"perturbed_q": "is the lake shallow", "answer": "FALSE"},
            {"perturbed_q": "is that lake deep", "answer": "TRUE"},
            {"perturbed_q": "is it cold", "answer": ""},
        ]},
    ]  # fmt: skip
    suite = read("boolq", write(tmp_path / "b.json", {"data": rows}))
    first, same = suite.items
    assert (first.target, first.prompt.choices) == ("yes", ("yes", "no"))
    assert [(c.fields[1].text, c.target) for c in first.contrasts] == [("is the lake shallow?", "no")]
    assert same.prompt.fields[1].text == "is that lake deep?"
    assert "left out 1: a placeholder" in caplog.text
    assert "left out 1: an empty answer" in caplog.text
    variants = prepare(suite, Plan(select(["contrast-set"]), draws=1)).variants
    assert [v.asked.target for v in variants if v.effect == "flip"] == ["no"]


def test_imdb_pairs_two_files_by_row_and_keeps_quotes(tmp_path):
    one = write(tmp_path / "o.tsv", 'Sentiment\tText\nPositive\tA "true joy to see.\nNegative\tA bore.\n')
    two = write(tmp_path / "c.tsv", 'Sentiment\tText\nNegative\tA "true pain to see.\nPositive\tA treat.\n')
    suite = read("imdb", one, two)
    assert [item.target for item in suite.items] == ["positive", "negative"]
    assert suite.items[0].prompt.fields[0].text == 'A "true joy to see.'
    assert [item.contrasts[0].target for item in suite.items] == ["negative", "positive"]
    short = write(tmp_path / "s.tsv", "Sentiment\tText\nNegative\tOne.\n")
    with pytest.raises(UsageError, match="s.tsv:1: has 1 rows, and .* has 2; they are aligned by row"):
        read("imdb", one, short)
    with pytest.raises(UsageError, match="imdb is read from 2 files"):
        read("imdb", one)


def test_matres_strips_labels_and_takes_the_original_once(tmp_path, caplog):
    text = (
        "docid,verb1,verb2,bodygraph,modified bodygraph,old_label,new_label\n"
        "d1,ate,left,He ate and left.,He left and ate.,BEFORE ,AFTER\n"
        "d1,ate,left,He ate and left.,He ate as he left.,BEFORE ,EQUAL\n"
        "d2,sang,sat,He sang.,,BEFORE,AFTER\n"
    )
    suite = read("matres", write(tmp_path / "m.csv", text))
    (item,) = suite.items
    assert item.target == "before"
    assert [one.target for one in item.contrasts] == ["after", "equal"]
    assert [field.text for field in item.prompt.fields] == ["He ate and left.", "ate", "left"]
    assert "without one of its texts" in caplog.text


def test_mctaco_pairs_by_index_and_strips_its_labels(tmp_path):
    one = write(tmp_path / "o.tsv", "index\tsentence1\tsentence2\tlabel\n7\tHe slept.\tHow long? 8 hours\tyes\n")
    two = write(tmp_path / "c.tsv", "index\tsentence1\tsentence2\tlabel\n7\tHe slept.\tHow long? 8 years\tno \n")
    (item,) = read("mctaco", one, two).items
    assert (item.target, item.contrasts[0].target) == ("yes", "no")


def test_perspectrum_pairs_a_claim_with_its_edit(tmp_path):
    head = "original_claim,contrast_claim,perspective,original_stance_label,contrast_stance_label\n"
    path = write(tmp_path / "p.csv", head + "Cats are good.,Cats are bad.,They purr.,POS,NEG\n")
    (item,) = read("perspectrum", path).items
    assert (item.target, item.contrasts[0].target) == ("support", "undermine")
    assert item.contrasts[0].fields[0].text == "Cats are bad."


def squad(qas, **part):
    return {"data": [{"paragraphs": [{**part, "qas": qas}]}]}


def qa(ident, question, *answers, **more):
    return {"id": ident, "question": question, "answers": [{"text": one} for one in answers], **more}


def test_ropes_pairs_by_the_mark_on_the_id(tmp_path):
    qas = [qa("12", "Which is warmer?", "A"), qa("12_contrast", "Which is colder?", "B")]
    suite = read("ropes", write(tmp_path / "r.json", squad(qas, background="Sun warms.", situation="A is in the sun.")))
    (item,) = suite.items
    assert [field.name for field in item.prompt.fields] == ["Background", "Situation", "Question"]
    assert (item.target, item.contrasts[0].target) == ("A", "B")
    assert not suite.is_choice


def test_quoref_pairs_by_original_id_and_keeps_other_answers(tmp_path):
    qas = [qa("a", "Who ran?", "Ann", "Ann B."), qa("b", "Who sat?", "Bo", original_id="a")]
    (item,) = read("quoref", write(tmp_path / "q.json", squad(qas, context="Ann ran. Bo sat."))).items
    assert (item.target, item.aliases, item.contrasts[0].target) == ("Ann", ("Ann B.",), "Bo")


def test_drop_leads_a_set_by_its_first_member_where_the_original_is_absent(tmp_path):
    pairs = [
        {"query_id": "q_1", "question": "How many?", "answer": {"number": "3", "spans": [], "date": {}}},
        {"query_id": "q_2", "question": "How few?", "answer": {"number": "", "spans": ["two cups"], "date": {}}},
        {"query_id": "q_3", "question": "When?", "answer": {"spans": [], "date": {"day": "2", "month": "May"}}},
    ]  # fmt: skip
    (item,) = read("drop", write(tmp_path / "d.json", {"p1": {"passage": "Three cups.", "qa_pairs": pairs}})).items
    assert (item.target, [one.target for one in item.contrasts]) == ("3", ["two cups", "2 May"])


@pytest.mark.parametrize(
    ("kind", "text", "said"),
    [
        ("boolq", "{", "x:1: is not valid JSON"),
        ("boolq", "[]", "x:1: what holds data is a list"),
        ("boolq", '{"data": [3]}', r"data\[0\] is a number; it must be an object"),
        ("ropes", '{"data": [{"paragraphs": 3}]}', "paragraphs is a number; it must be a list"),
        ("drop", '{"p": {"qa_pairs": [1]}}', r"qa_pairs\[0\] is a number"),
        ("perspectrum", "a,b\n1,2\n", 'x:1: has no column "original_claim"'),
        ("matres", "old_label,new_label,old_text,new_text\nbefore\n", "x:2: has 1 cells for 4 columns"),
    ],
)
def test_a_file_of_another_form_is_named_with_its_line(kind, text, said, tmp_path):
    with pytest.raises(UsageError, match=said):
        read(kind, write(tmp_path / "x", text))


def test_a_wrong_kind_gets_the_near_one(tmp_path):
    with pytest.raises(UsageError, match="unknown kind of contrast sets 'boolqq'. Did you mean 'boolq'"):
        read("boolqq", tmp_path)
    with pytest.raises(UsageError, match="there is no file"):
        read("boolq", tmp_path / "none.json")
