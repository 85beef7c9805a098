"""Contrast sets in the forms in which they are published, with texts of our own."""

from __future__ import annotations

import json

import pytest

from probe.cli import exit_code
from probe.errors import UsageError
from probe.evaluation.run import Plan, prepare
from probe.evaluation.scoring import score, token_f1
from probe.evaluation.variants import make_variants
from probe.perturb import select
from probe.sources import read_source
from probe.types import Completion, Contrast, Field, Item, Prompt, Suite


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
    variants = prepare(suite, Plan(select(["contrast-set"]), samples=1)).variants
    assert [v.perturbed.target for v in variants if v.effect == "label-altering"] == ["no"]


def test_imdb_pairs_two_files_by_row_and_keeps_quotes(tmp_path):
    one = write(tmp_path / "o.tsv", 'Sentiment\tText\nPositive\tA "true joy to see.\nNegative\t"A ""bore""."\n')
    two = write(tmp_path / "c.tsv", 'Sentiment\tText\nNegative\tA "true pain to see.\nPositive\tA treat.\n')
    suite = read("imdb", one, two)
    assert [item.target for item in suite.items] == ["positive", "negative"]
    assert suite.items[0].prompt.fields[0].text == 'A "true joy to see.'
    assert suite.items[1].prompt.fields[0].text == 'A "bore".'
    assert [item.contrasts[0].target for item in suite.items] == ["negative", "positive"]
    short = write(tmp_path / "s.tsv", "Sentiment\tText\nNegative\tOne.\n")
    with pytest.raises(UsageError, match="s.tsv:1: has 1 rows, and .* has 2; they are aligned by row"):
        read("imdb", one, short)
    with pytest.raises(UsageError, match="imdb is read from 2 files"):
        read("imdb", one)


RED, BLUE = (
    "<span style='color:red;'><strong>{} </strong></span>",
    "<span style='color:blue;'><strong>{} </strong></span>",
)


def test_matres_reads_the_marked_events_in_the_order_of_the_text(tmp_path, caplog):
    ate, left = RED.format("ate"), BLUE.format("left")
    text = (
        ",_unit_id,bodygraph,docid,decision,modified bodygraph,new decision,reason\n"
        f"9,1,<p>He {ate}and {left}.</p>,d1,before,<p>He {left}&amp; {ate}.</p>,before ,appearance order\n"
        f"9,1,<p>He {ate}and {left}.</p>,d1,before,<p>He {ate}after he {left}.</p>,after,indicator\n"
        f"8,2,<p>He {ate}.</p>,d2,before,,,\n"
    )
    suite = read("matres", write(tmp_path / "m.csv", text))
    item, swapped = suite.items
    assert item.target == "before"
    assert [one.target for one in item.contrasts] == ["after"]
    assert [field.text for field in item.prompt.fields] == ["He *ate* and *left* .", "ate", "left"]
    assert [field.text for field in swapped.prompt.fields] == ["He *left* & *ate* .", "left", "ate"]
    assert "left out 1: a row without an edit" in caplog.text
    assert "left out 1: a text that does not mark two events" in caplog.text


def test_mctaco_pairs_the_same_answer_to_the_nth_question_and_not_by_the_index(tmp_path):
    head = "index\tsentence1\tsentence2\tlabel\n"
    rows = "0\tHe slept. How long?\t8 hours\tyes\n1\tHe slept. How long?\t8 years\tno\n2\tHe ate. When?\tat noon\tyes\n"
    one = write(tmp_path / "o.tsv", head + rows)
    edits = (
        "0\tHe napped. How long?\t8 hours\tno \n1\tHe fasted. When?\tat noon\tno\n2\tHe fasted. When?\tin May\tyes\n"
    )
    two = write(tmp_path / "c.tsv", head + edits)
    items = {item.id: item for item in read("mctaco", one, two).items}
    hours = items["mctaco-0-0"]
    assert (hours.target, [(c.fields[0].text, c.target) for c in hours.contrasts]) == (
        "yes",
        [("He napped. How long?", "no")],
    )
    assert not items["mctaco-0-1"].contrasts
    assert items["mctaco-1-0"].contrasts[0].fields[1].text == "at noon"
    assert items["mctaco-1-1"].prompt.fields[0].text == "He fasted. When?"
    with pytest.raises(UsageError, match="has 1 questions, and .* has 2; the n-th is an edit of the n-th"):
        read("mctaco", one, write(tmp_path / "short.tsv", head + "0\tA. B?\tc\tyes\n"))


def test_perspectrum_pairs_a_claim_with_its_edit_and_leaves_out_perspectives_without_a_stance(tmp_path, caplog):
    head = (
        "original_claim,contrast_claim,perspective,original_relevance_label,original_stance_label,"
        "contrast_relevance_label,contrast_stance_label\n"
    )
    rows = "Cats are good.,Cats are bad.,They purr.,1,pos,1,neg\nCats are good.,Cats are bad.,It rains.,0,unk,0,unk\n"
    (item,) = read("perspectrum", write(tmp_path / "p.csv", head + rows)).items
    assert (item.target, item.contrasts[0].target) == ("support", "undermine")
    assert item.contrasts[0].fields[0].text == "Cats are bad."
    assert "left out 2: an answer that is none of support, undermine" in caplog.text


def squad(qas, **part):
    return {"data": [{"paragraphs": [{**part, "qas": qas}]}]}


def qa(ident, question, *answers, **more):
    return {"id": ident, "question": question, "answers": [{"text": one} for one in answers], **more}


def test_ropes_pairs_two_files_by_the_id_of_the_question(tmp_path):
    one = squad([qa("12", "Which is warmer?", "A")], background="Sun warms.", situation="A is in the sun, B is not.")
    two = squad([qa("12", "Which is warmer?", "B")], background="Sun warms.", situation="B is in the sun, A is not.")
    suite = read("ropes", write(tmp_path / "r.json", one), write(tmp_path / "c.json", two))
    (item,) = suite.items
    assert [field.name for field in item.prompt.fields] == ["Background", "Situation", "Question"]
    assert (item.target, item.contrasts[0].target) == ("A", "B")
    assert not suite.is_choice


def test_quoref_pairs_by_original_id_and_takes_several_answers_as_the_spans_of_one(tmp_path, caplog):
    one = squad([qa("a", "Who ran?", "Ann", "Di")], context="Ann and Di ran. Bo sat.")
    two = squad([qa("b", "Who sat?", "Bo", original_id="a"), qa("c", "Who?", "X", original_id="z")], context="Ann ran.")
    (item,) = read("quoref", write(tmp_path / "q.json", one), write(tmp_path / "p.json", two)).items
    assert (item.target, item.aliases, item.contrasts[0].target) == ("Ann, Di", ("Ann and Di",), "Bo")
    assert "left out 1: an edit of a question that is not in the first file" in caplog.text


def test_free_answers_are_right_from_the_overlap_that_the_authors_ask_for(tmp_path):
    pairs = [{"query_id": "q_1", "question": "Who?", "answer": {"spans": ["King Henry the Eighth of England"]}}]
    suite = read("drop", write(tmp_path / "d.json", {"p1": {"passage": "He was king.", "qa_pairs": pairs}}))
    (variant,) = (one for one in prepare(suite, Plan(())).variants if one.family == "original")

    def is_right(text):
        return score(variant, [Completion(text, -0.1, 4)], suite).correct

    assert is_right("Henry the Eighth of England")
    assert not is_right("Henry")
    assert not is_right("")
    assert not score(variant, [Completion("Henry the Eighth of England", -0.1, 4)]).correct


@pytest.mark.parametrize(
    ("said", "accepted", "value"),
    [
        ("the red fox", "a red fox", 1.0),
        ("red", "red fox", 2 / 3),
        ("3 dogs", "4 dogs", 0.0),
        ("1,000 dogs", "1000", 2 / 3),
        ("", "fox", 0.0),
    ],
)
def test_the_overlap_of_two_answers_is_the_f1_of_their_words(said, accepted, value):
    assert token_f1(said, accepted) == pytest.approx(value)


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
        (
            "boolq",
            '{"data": [{"paragraph": "a", "question": "b", "perturbed_questions": 3}]}',
            "perturbed_questions is a number",
        ),
        ("drop", '{"p": {"qa_pairs": [1]}}', r"qa_pairs\[0\] is a number"),
        ("perspectrum", "", "x:1: is empty"),
        ("perspectrum", "a,b\n1,2\n", 'x:1: has no column "original_claim"'),
        (
            "matres",
            "_unit_id,bodygraph,decision,modified bodygraph,new decision\n1\n",
            "x:2: has 1 cells for 5 columns",
        ),
    ],
)
def test_a_file_of_another_form_is_named_with_its_line(kind, text, said, tmp_path):
    with pytest.raises(UsageError, match=said):
        read(kind, write(tmp_path / "x", text))


def test_a_file_of_two_that_is_of_another_form_is_named(tmp_path):
    good = write(tmp_path / "good", squad([], context="x"))
    with pytest.raises(UsageError, match="x:1: paragraphs is a number; it must be a list"):
        read("quoref", good, write(tmp_path / "x", '{"data": [{"paragraphs": 3}]}'))
    with pytest.raises(UsageError, match="ropes is read from 2 files"):
        read("ropes", good)


def test_a_wrong_kind_gets_the_near_one(tmp_path):
    with pytest.raises(UsageError, match="unknown kind of contrast sets 'boolqq'. Did you mean 'boolq'"):
        read("boolqq", tmp_path)
    with pytest.raises(UsageError, match="there is no file"):
        read("boolq", tmp_path / "none.json")


@pytest.mark.parametrize("samples", [1, 4])
@pytest.mark.parametrize("perturb", ["contrast", "contrast-set"])
def test_every_member_of_a_set_is_asked_whatever_the_number_of_samples(samples, perturb):
    prompt = Prompt("Say.", (Field("Text", "The sky is blue."),), ("yes", "no"))
    edits = tuple(Contrast((Field("Text", f"The sky is grey {n}."),), "no") for n in range(23))
    items = (
        Item("many", prompt, "yes", contrasts=edits),
        Item("two", prompt, "yes", contrasts=edits[:2]),
        Item("none", prompt, "yes"),
    )
    made = make_variants(Suite("s", "1", "", items), select([perturb]), samples=samples, seed=0)
    asked = [one for one in made.variants if one.perturbation == "contrast-set"]
    texts = {
        name: [one.perturbed.prompt.fields for one in asked if one.item.id == name] for name in ("many", "two", "none")
    }
    assert set(texts["many"]) == {one.fields for one in edits} and len(texts["many"]) == 23
    assert set(texts["two"]) == {one.fields for one in edits[:2]} and len(texts["two"]) == 2 and not texts["none"]
    few = make_variants(Suite("s", "1", "", items[1:]), select([perturb]), samples=4, seed=0)
    assert len([one for one in few.variants if one.perturbation == "contrast-set"]) == 2


def test_whole_sets_are_counted_as_published_from_a_file_to_the_summary(tmp_path, capsys):
    edits = [{"perturbed_q": f"is it grey {n}", "answer": "FALSE" if n < 6 else "TRUE"} for n in range(8)]
    data = [
        {"paragraph": f"Sky {n}.", "question": "is it blue", "answer": "TRUE", "perturbed_questions": edits}
        for n in range(3)
    ]
    path = tmp_path / "boolq.json"
    path.write_text(json.dumps({"data": data}), encoding="utf-8")
    typed = [
        "run",
        f"contrast:boolq:{path}",
        "--model",
        "scripted:coin",
        "--perturb",
        "contrast-set",
        "--out",
        str(tmp_path / "runs"),
    ]
    assert exit_code([*typed, "--json"]) == 0
    summary = json.loads(capsys.readouterr().out)
    found = {row["metric"]: row for row in summary["metrics"] if row["family"] == "contrast"}
    assert found["contrast_accuracy"]["num_pairs"] == 3 * 6
    assert found["contrast_consistency_gardner"]["num_items"] == 3
