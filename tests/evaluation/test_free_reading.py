"""Free answers: what of their spelling counts, what does not, and that exported tasks read them alike."""

import ast
import csv
import json
import re
import sys
import time
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probe.evaluation import free_reading
from probe.evaluation.free_reading import folded, is_same, is_same_text, normalised
from probe.evaluation.requests import requests_for
from probe.evaluation.scoring import score, token_f1
from probe.evaluation.variants import original_of
from probe.models.base import cut_at
from probe.sources.bbh import same_text
from probe.sources.lmeval_export import write_tasks
from probe.types import Completion, Field, Item, Prompt, Suite

with Path(__file__).with_name("free_answers.csv").open(encoding="utf-8", newline="") as _file:
    PAIRS = [(row["said"], row["accepted"], row["same"] == "yes") for row in csv.DictReader(_file)]
MARKS = "aA5 .,!?'\"()[]{}*_-+%$`#|<>~^=\\:;/\u00b2\u2082\u00bd\u2014\u2212\u201c\u2019\u00ab\u3002\u300c\u0964\u061f\u0665\u2032"
ANYTHING = st.text(max_size=12) | st.text(alphabet=MARKS, max_size=9)


def answered(text, target, structure="plain"):
    item = Item("f", Prompt("Say.", (Field("Text", "x"),), structure=structure), target)
    return score(original_of(item), [Completion(text, -0.5, 3)])


@pytest.mark.parametrize(("said", "accepted", "same"), PAIRS)
def test_only_spelling_that_says_nothing_is_set_aside(said, accepted, same):
    assert is_same(said, accepted) is is_same(accepted, said) is same
    assert answered(said, accepted).correct is same
    assert free_reading.normalized_exact_match({"accepted": ["?", accepted]}, [said]) == {"exact_match": float(same)}


def test_two_answers_that_differ_in_a_sign_are_two_answers_and_so_a_flip():
    wrong = [
        answered(text, "7").prediction
        for text in ("5", "-5", "+5", "5%", "$5", ".5", "5'", "5!", "x\u00b2", "x2", "5.")
    ]
    assert len(set(wrong)) == len(wrong) - 1 and wrong[-1] == wrong[0]


@pytest.mark.parametrize(
    "text", ["", " ", "...", "\u2026", "-", "\u2014", "**", '""', "\u00ab\u00bb", "?!", "\u3002", "___", "`", "#"]
)
def test_an_answer_of_marks_alone_is_unreadable(text):
    assert (answered(text, "Paris").reading, answered(text, "Paris").prediction) == ("unreadable", "")


def test_an_answer_of_marks_alone_is_read_where_only_marks_are_right():
    assert [answered(text, "?").correct for text in ("?", " ? ", "!", "\uff1f", "Paris", "")] == [
        True,
        True,
        False,
        True,
        False,
        False,
    ]
    assert [answered(text, "?").reading for text in ("!", "Paris", "")] == ["other", "other", "unreadable"]
    assert answered("\u2212", "-").correct and not answered("+", "-").correct


def test_a_mark_is_set_aside_by_its_category_and_a_symbol_or_letter_never():
    for code in (*range(0x3400), *range(0xFE00, 0x12000), *range(0x1D400, 0x1D800)):
        char, category = chr(code), unicodedata.category(chr(code))
        if category[0] in "LNMS" and unicodedata.normalize("NFKC", char) != "`":
            assert normalised(f"x5{char}") != "x5", char
        if category == "Po" and re.search("DANDA|FULL STOP|QUESTION|COMMA$|ELLIPSIS", unicodedata.name(char, "")):
            assert normalised(f"ab{char}") == normalised(f"{char} ab") == "ab", char


@given(ANYTHING)
def test_reading_a_reading_again_changes_nothing(text):
    assert normalised(normalised(text)) == normalised(text) == normalised(f" {text}\n")
    assert folded(folded(text)) == folded(text)


def test_a_long_answer_of_brackets_and_marks_takes_no_time():
    begun = time.perf_counter()
    for one in (
        "(" * 3000,
        "((" * 900 + "x" + "))" * 900,
        "!" * 5000,
        "'\"" * 2000,
        "a" * 5000 + "!",
        "5" * 5000 + "?",
    ):
        normalised(one)
    free_reading.readings('"' + '\\"' * 3000, "json")
    assert time.perf_counter() - begun < 5


@pytest.mark.parametrize(
    ("said", "accepted", "f1"),
    [("-5", "5", 0), (".5", "5", 0), ("\u22125", "5", 0), ("\u22125", "-5", 1), ("the 5 cats", "5 cats", 1)]
    + [("1,000", "1000", 1), ("3-5", "3 5", 1), ("-.5", "-.5", 1), ("-.5", ".5", 0)],
)
def test_words_in_common_keep_the_signs_of_numbers(said, accepted, f1):
    assert token_f1(said, accepted) == f1


@pytest.mark.parametrize(
    ("said", "wanted", "same"),
    [("\u22125", "-5", 1), ("True.", "true", 1), ("\uff3d )", "] )", 1), ("5\u3002", "5", 1), ("a  b", "A b", 1)]
    + [("\u201cx\u201d", '"x"', 1), (")", "", 0), ("] )", "]", 0), ("-5", "5", 0), ("(5)", "5", 0), ("5!", "5", 0)]
    + [("", "5", 0), ("the a", "a", 0), ("x\u00b2", "x2", 0)],
)
def test_an_answer_compared_mark_for_mark_may_differ_in_kinds_of_one_sign_and_a_last_stop(said, wanted, same):
    assert is_same_text(said, wanted) == same_text(Item("1", Prompt("", ()), wanted), said).correct == bool(same)


JSON = [
    (' "Paris"', "Paris"), (' "Paris', "Paris"), ("Paris", "Paris"), ("Paris}", "Paris"), ("'Paris'", "Paris"),
    (r'"She said \"hi\" to me"', 'She said "hi" to me'), (r'"She said \"hi\" to me', 'She said "hi" to me'),
    ('"She said "hi" to me', 'She said "hi" to me'), ('"She said "hi" to me"}', 'She said "hi" to me'),
    (r'"C:\\temp\\x"', r"C:\temp\x"), (r'"C:\temp"', r"C:\temp"), (r'"C:\Users"', r"C:\Users"), (r'"\/usr"', "/usr"),
    (r'"\\frac{1}{2}"', r"\frac{1}{2}"), (r'"\frac{1}{2}', r"\frac{1}{2}"), (r'"\times"', r"\times"),
    (r'"caf\u00e9"', "caf\u00e9"), (r'"\ud83d\ude00"', "\U0001f600"), (r'"Pa\u0072is', "Paris"), (r'"a\nb"', "a b"),
    ("5", "5"), ("5}", "5"), ('5, "sure": 0.9}', "5"), ("-5.50}", "-5.50"), ("1e5}", "1e5"), ("true}", "true"),
    ('"Paris", "sure": 0.9}', "Paris"), ('"Paris" is the capital', "Paris"), ('"Paris".', "Paris"),
    ('{"answer": "Paris"}', "Paris"), ('{"answer": "Paris', "Paris"), ('{"question": "x", "answer": "Paris"}', "Paris"),
    ('{"city": "Paris"}', "Paris"), ('["Paris"]', "Paris"), ('{"answer": 5}', "5"), ('{"answer": true}', "true"),
    ('```json\n{"answer": "Paris"}\n```', "Paris"), ('```json\n"Paris"\n```', "Paris"), ("```\nParis\n```", "Paris"),
    ("Paris, France", "Paris, France"), ("5, 6", "5, 6"), ("[1, 2]", "[1, 2]"), ('{"a": 1}', '{"a": 1}'),
    (r'"{\"a\": \"b\ ', '{"a": "b"}'), ('"[0, 1)"', "[0, 1)"), ("[0, 1)", "[0, 1)"), (r'"x\u00b2"', "x^2"), ("null", "null"),
]  # fmt: skip
NOT_JSON = [
    ('"-5"', "5"), (r'"a\\b"', "ab"), ('"Rome", "was": "Paris"', "Paris"), ('"not Paris"', "Paris"),
    ('""', "Paris"), (r'"x\u00b2"', "x2"), (r'"\ud83d"', "\ud83d\ude00"),
    ('{"answer": "Rome", "was": "Paris"}', "Paris"), ('"5%"', "5"), ("5}", "5.5"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("said", "wanted", "same"), [(*one, True) for one in JSON] + [(*one, False) for one in NOT_JSON]
)
def test_an_answer_in_json_is_decoded_before_it_is_compared(said, wanted, same):
    one = answered(said.rstrip(" ") if said.endswith("\\ ") else said, wanted, "json")
    assert one.correct is same
    assert one.prediction.encode("utf-8") is not None  # half of a surrogate pair could not be stored
    assert not same or one.prediction == answered(wanted, wanted).prediction


@given(st.text(max_size=12))
def test_any_text_comes_back_from_json_whole_or_cut_at_its_end(text):
    for is_ascii in (True, False):
        whole = json.dumps(text, ensure_ascii=is_ascii)
        assert free_reading.readings(f" {whole}", "json")[0] == text
        assert free_reading.readings(f'{whole}, "more": 1}}', "json")[0] == text
        if text.strip() == text:
            assert free_reading.readings(whole[:-1], "json")[0] in (text, text + '"}' * text.endswith("\\"))


@pytest.mark.parametrize(
    ("said", "wanted", "same"),
    [
        ("AT&amp;T", "AT&T", 1),
        ("a &lt; b", "a < b", 1),
        ("caf&#233;", "caf\u00e9", 1),
        ("&#xe9;", "\u00e9", 1),
        ("&amp;", "&amp;", 1),
    ]
    + [("&copy", "\u00a9", 0), ("AT&T", "AT&T", 1), ("&amp;lt;", "<", 0)],
)
def test_an_answer_in_xml_has_its_entities_decoded_and_no_other_structures_has(said, wanted, same):
    assert answered(said, wanted, "xml").correct is bool(same)
    assert answered(said, wanted).correct is (said == wanted)


def test_a_choice_named_in_json_is_the_one_that_its_escapes_spell():
    prompt = Prompt("Say.", (Field("Text", "x"),), ('the "best"', "caf\u00e9", "C++", "C"), structure="json")
    suite = Suite("s", "1", "", (), reads_choices=True)
    for said, index in (
        (r'"the \"best\""', 0),
        (r'"caf\u00e9"}', 1),
        ('"C++", "why": "C is old"}', 2),
        ('{"answer": "C"}', 3),
    ):
        item = Item("1", prompt, prompt.choices[index])
        assert score(original_of(item), [Completion(said, -0.5, 3)], suite).correct


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    """What goes with an exported task, run without probe."""
    folder = tmp_path_factory.mktemp("tasks")
    item = Item("1", Prompt("Say.", (Field("Text", "x"),), structure="json"), "Paris")
    write_tasks(Suite("s", "1", "", (item,)), [original_of(item)], folder, at=folder)
    source = (folder / "probe_reading.py").read_text(encoding="utf-8")
    names = {name.split(".")[0] for node in ast.walk(ast.parse(source)) for name in imported(node)}
    assert names <= set(sys.stdlib_module_names)
    made = {}
    exec(compile(source, "probe_reading.py", "exec"), made)
    return made, json.loads((folder / "s__original__0.jsonl").read_text(encoding="utf-8"))


def imported(node):
    if isinstance(node, ast.Import):
        return [one.name for one in node.names]
    return [node.module or "probe"] if isinstance(node, ast.ImportFrom) else []


@given(said=ANYTHING, wanted=ANYTHING)
def test_exported_tasks_read_any_answer_as_probe_does(exported, said, wanted):
    made, row = exported
    assert row["structure"] == "json" and row["accepted"] == ["Paris"]
    for structure in ("plain", "json", "xml", "markdown"):
        doc = {"accepted": [wanted], "target": wanted, "structure": structure}
        assert made["normalized_exact_match"](doc, [said])["exact_match"] == answered(said, wanted, structure).correct
        item = original_of(Item("f", Prompt("Say.", (), structure=structure), wanted))
        ours = score(item, [Completion(said, -0.5, 3)], Suite("s", "1", "", (item.item,), parse_answer=same_text))
        assert made["case_insensitive_exact_match"](doc, [said])["exact_match"] == ours.correct
    before = {"accepted": [wanted], "target": wanted}
    assert made["normalized_exact_match"](before, [said]) == made["normalized_exact_match"](
        before | {"structure": "plain"}, [said]
    )


@pytest.mark.parametrize(
    ("structure", "said"),
    [("xml", "Paris\n</answer>\nRome"), ("json", '"Paris"}\n{"text": "Rome"'), ("json", '"{x}"}\n{"text": "Rome"')]
    + [("markdown", "Paris\n### Text\nRome"), ("plain", "Paris\n\nRome")],
)
def test_an_exported_task_ends_an_answer_where_probe_does(structure, said, tmp_path):
    prompt = Prompt("Say.", (Field("Text", "x"),), structure=structure)
    items = tuple(Item(str(n), prompt, target) for n, target in enumerate(("Paris", "{x}")))
    suite = Suite("s", "1", "", items, stop=("\n\n",))
    write_tasks(suite, [original_of(one) for one in items], tmp_path, at=tmp_path)
    task = (tmp_path / "s__original__0.yaml").read_text(encoding="utf-8")
    until = json.loads(re.search("^generation_kwargs: (.*)", task, re.MULTILINE)[1])["until"]
    rows = [json.loads(line) for line in (tmp_path / "s__original__0.jsonl").read_text(encoding="utf-8").splitlines()]
    found = []
    for item, row in zip(items, rows, strict=True):
        [request] = requests_for(original_of(item), suite)
        ours = score(original_of(item), [Completion(cut_at(said, request.stop), -0.5, 3)]).correct
        theirs = free_reading.normalized_exact_match(row, [cut_at(said, until)])["exact_match"]
        found.append((ours, bool(theirs)))
    assert sorted(found) == [(False, False), (True, True)]
