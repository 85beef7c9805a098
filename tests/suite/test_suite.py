"""Suite folders: what is read, what is refused, and with which words."""

import json
import re
import shutil
import time
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from probe.errors import SuiteError, UsageError
from probe.prompt.render import MAX_SYMBOLS, continuations, render
from probe.suite import check_suite, find_suite, read_suite, shipped_suites, write_suite
from probe.types import Contrast, Field, Item, Layout, Prompt, Suite

TOML = """\
name = "reviews"
version = "1"
description = "Short reviews."
instruction = "Say whether the review is {choices}."
fields = ["Review"]
answer_field = "Sentiment"
choices = ["positive", "negative"]

[layout]
separator = ": "

[generation]
max_new_tokens = 8
"""
FREE = TOML.replace('choices = ["positive", "negative"]\n', "").replace("{choices}", "good")
LISTED = TOML.replace("[layout]", 'list_choices = true\nanswer_with = "symbol"\n\n[layout]')
ROWS = [
    {"id": "a", "fields": {"Review": "A joy from start to end."}, "target": "positive"},
    {
        "id": "b",
        "fields": {"Review": "A bore."},
        "target": "negative",
        "contrast": [{"fields": {"Review": "No bore."}, "target": "positive"}],
    },
]


def lines(rows):
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def write(folder, toml=TOML, items=None, train=None, **others):
    folder.mkdir(exist_ok=True)
    files = {"suite.toml": toml, "items.jsonl": lines(ROWS) if items is None else items, "train.jsonl": train, **others}
    for name, text in files.items():
        if text is not None:
            (folder / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    return folder


def row(**changes):
    """Return the lines of the two rows, the second changed; a change to None takes the key out."""
    second = {key: value for key, value in (ROWS[1] | changes).items() if value is not None}
    return lines([ROWS[0], second])


def refusal(folder):
    with pytest.raises(SuiteError) as caught:
        read_suite(folder)
    assert caught.value.exit_code == 2
    return str(caught.value).replace(f"{folder}/", "")


def test_a_suite_is_read_as_it_is_asked(tmp_path):
    suite = read_suite(write(tmp_path, train=lines([ROWS[0] | {"id": "t", "fields": {"Review": "Fine."}}])))
    first, second = suite.items
    assert render(first.prompt) == (
        "Say whether the review is positive or negative.\nReview: A joy from start to end.\nSentiment:"
    )
    assert continuations(first.prompt) == (" positive", " negative")
    assert (first.id, first.target, second.target) == ("a", "positive", "negative")
    assert second.contrasts == (Contrast((Field("Review", "No bore."),), "positive"),)
    assert [item.id for item in suite.train] == ["t"]
    assert (suite.name, suite.version, suite.stop, suite.max_new_tokens) == ("reviews", "1", ("\n",), 8)
    assert suite.is_choice and check_suite(suite) == []


def test_rows_may_have_choices_of_their_own(tmp_path):
    rows = [
        {"id": "1", "fields": {"Question": "Which is red?"}, "target": "ruby", "choices": ["ruby", "jade"]},
        {"id": "2", "fields": {"Question": "Which is tall?"}, "target": "oak", "choices": ["moss", "oak", "ivy"]},
    ]
    toml = 'name = "q"\nversion = "1"\ninstruction = ""\nfields = ["Question"]\nlist_choices = true\n'
    toml += 'answer_with = "symbol"\n'
    suite = read_suite(write(tmp_path, toml=toml, items=lines(rows)))
    assert render(suite.items[1].prompt) == "Question: Which is tall?\nA. moss\nB. oak\nC. ivy\nAnswer:"
    assert continuations(suite.items[1].prompt) == (" A", " B", " C")


def test_free_text_may_have_aliases(tmp_path):
    suite = read_suite(write(tmp_path, toml=FREE, items=row(aliases=["bad"], contrast=None)))
    assert not suite.is_choice
    assert suite.items[1].aliases == ("bad",)


def test_a_prompt_file_that_has_the_structured_form_is_taken_apart(tmp_path):
    toml = 'name = "r"\nversion = "1"\ntemplate = "prompt.txt"\nfields = ["text"]\nchoices = ["yes", "no"]\n'
    rows = [{"id": "1", "fields": {"text": "A {joy}."}, "target": "yes"}]
    suite = read_suite(
        write(tmp_path, toml=toml, items=lines(rows), **{"prompt.txt": "Good?\nReview: {text}\nVerdict:\n"})
    )
    prompt = suite.items[0].prompt
    assert not prompt.is_template
    assert (prompt.instruction, prompt.fields, prompt.answer_field) == (
        "Good?",
        (Field("Review", "A {joy}."),),
        "Verdict",
    )
    assert render(prompt) == "Good?\nReview: A {joy}.\nVerdict:"


def test_another_prompt_file_is_kept_as_a_template(tmp_path):
    toml = 'name = "r"\nversion = "1"\ntemplate = "prompt.txt"\nfields = ["text"]\nchoices = ["yes", "no"]\n'
    rows = [{"id": "1", "fields": {"text": "A {joy}."}, "target": "yes"}]
    template = 'Is "{text}" good, {choices}? Reply as {"a": 1} or {{a}}.\n'
    suite = read_suite(write(tmp_path, toml=toml, items=lines(rows), **{"prompt.txt": template}))
    assert render(suite.items[0].prompt) == 'Is "A {joy}." good, yes or no? Reply as {"a": 1} or {a}.'


TOML_MISTAKES = {
    "unknown key": (
        TOML.replace("answer_field", "anwser_field"),
        "suite.toml:6: unknown key 'anwser_field'. Did you mean 'answer_field'? Known: name, version, description, "
        "instruction, fields, answer_field, choices, list_choices, answer_with, options_field, template, layout, "
        "verbalizer, generation",
    ),
    "words for choices of rows": (
        TOML.replace('choices = ["positive", "negative"]\n', "") + '[verbalizer]\npositive = "good"\n',
        "suite.toml:13: [verbalizer] gives words for choices that all rows share, and there are none here; "
        "give choices or take it out",
    ),
    "word for no choice": (
        TOML + '[verbalizer]\n"positiv" = "good"\n',
        "suite.toml:15: [verbalizer]: unknown key 'positiv'. Did you mean 'positive'? Known: positive, negative",
    ),
    "word that is none": (
        TOML + '[verbalizer]\npositive = " good"\n',
        'suite.toml:15: [verbalizer]: positive " good" has whitespace around it; write "good"',
    ),
    "word for two choices": (
        TOML + '[verbalizer]\nnegative = "positive"\n',
        'suite.toml:15: [verbalizer]: "positive" stands for two choices; give each a word of its own',
    ),
    "empty": (" \n", "suite.toml:1: is empty"),
    "missing name": (TOML.replace('name = "reviews"\n', ""), 'suite.toml:1: name is missing; write name = "my-suite"'),
    "missing instruction": (
        re.sub("instruction.*\n", "", TOML),
        'suite.toml:1: instruction is missing (or template = "prompt.txt"); write instruction = "" for none',
    ),
    "name for a path": (
        TOML.replace('"reviews"', '"a/b"'),
        'suite.toml:1: name "a/b" goes into file names; use letters, digits, _ and - only',
    ),
    "number for text": (TOML.replace('"1"', "1"), 'suite.toml:2: version is 1 (a number); write it as text: "1"'),
    "boolean for text": (
        TOML.replace('"Sentiment"', "true"),
        'suite.toml:6: answer_field is true (a boolean); write it as text: "yes"',
    ),
    "boolean as choice": (
        TOML.replace('"positive", "negative"', "true, false"),
        'suite.toml:7: choices[0] is true (a boolean); write it as text: "yes"',
    ),
    "text for a list": (
        TOML.replace('["Review"]', '"Review"'),
        'suite.toml:5: fields is text; it must be a list of texts, such as ["yes", "no"]',
    ),
    "no fields": (
        TOML.replace('["Review"]', "[]"),
        'suite.toml:5: fields is empty; name the keys of "fields" in each row, such as ["Review"]',
    ),
    "reserved field": (
        TOML.replace('["Review"]', '["choices"]'),
        'suite.toml:5: field "choices" must be one line and neither choices nor symbols; rename it',
    ),
    "field twice": (
        TOML.replace('["Review"]', '["Review", "Review"]'),
        'suite.toml:5: fields names "Review" twice; each stands there once',
    ),
    "field as answer": (
        TOML.replace('"Sentiment"', '"Review"'),
        'suite.toml:6: answer_field "Review" is one of the fields; give it another name',
    ),
    "choice twice": (
        TOML.replace('"positive", "negative"', '"positive", "negative", "positive"'),
        'suite.toml:7: choices names "positive" twice; each stands there once',
    ),
    "one choice": (
        TOML.replace('"positive", "negative"', '"positive"'),
        "suite.toml:7: choices must name two or more; for free text leave choices out",
    ),
    "padded choice": (
        TOML.replace('"positive"', '" positive"'),
        'suite.toml:7: choices[0] " positive" has whitespace around it; write "positive"',
    ),
    "placeholder that is no list": (
        TOML.replace("{choices}", "{choises}"),
        "suite.toml:4: instruction: {choises} is not among {choices}, {symbols}. Did you mean 'choices'? "
        "For the braces themselves write {{choises}}",
    ),
    "symbols without options": (
        TOML.replace("{choices}", "{symbols}"),
        "suite.toml:4: {symbols} needs list_choices = true; write {choices} for the texts of the choices",
    ),
    "choices of free text": (
        FREE.replace("good", "{choices}"),
        "suite.toml:4: {choices} stands for the choices, and there are none; give choices here or in each row, or take "
        "{choices} out",
    ),
    "answer by symbol without options": (
        TOML.replace("[layout]", 'answer_with = "symbol"\n[layout]'),
        'suite.toml:9: answer_with = "symbol" needs list_choices = true',
    ),
    "answer by something else": (
        LISTED.replace('"symbol"', '"symbols"'),
        'suite.toml:10: answer_with is "symbols". Did you mean \'symbol\'? It is one of "text", "symbol"',
    ),
    "text for a boolean": (
        LISTED.replace("true", '"yes"'),
        "suite.toml:9: list_choices is text; write true or false without quotes",
    ),
    "unknown layout key": (
        TOML.replace("separator", "seperator"),
        "suite.toml:10: [layout]: unknown key 'seperator'. Did you mean 'separator'? Known: separator, space, casing, "
        "option_wrapper, numbering, option_separator, option_space",
    ),
    "layout of another type": (
        TOML.replace('": "', "3"),
        "suite.toml:10: separator is a number; it must be text",
    ),
    "unknown casing": (
        TOML.replace("separator = ", "casing = 'uper' #"),
        'suite.toml:10: casing is "uper". Did you mean \'upper\'? It is one of "identity", "title", "upper", "lower"',
    ),
    "wrapper without its place": (
        TOML.replace("separator = ", "option_wrapper = '()' #"),
        'suite.toml:10: option_wrapper "()" must hold {} once, where the symbol goes, such as "({})"',
    ),
    "layout that is no table": (
        'layout = "wide"\n' + TOML.split("[layout]")[0],
        "suite.toml:1: layout is text; write it as a table: [layout]",
    ),
    "no tokens": (
        TOML.replace("= 8", "= 0"),
        "suite.toml:13: max_new_tokens must be a whole number from 1 to 4096",
    ),
    "stop that is text": (
        TOML.replace("max_new_tokens = 8", r'stop = "\n"'),
        r'suite.toml:13: stop must be a list of texts, such as ["\n"]',
    ),
    "more options than symbols": (
        LISTED.replace('["positive", "negative"]', json.dumps([f"c{i}" for i in range(27)])),
        'suite.toml:7: 27 choices, but numbering "upper" names 26 options; numbering "digit" names more',
    ),
    "template that is not there": (
        re.sub("(instruction|answer_field).*\n", "", TOML).split("[layout]")[0] + 'template = "ask.txt"\n',
        'suite.toml:7: template "ask.txt" is not beside suite.toml; put it there',
    ),
    "template and instruction": (
        TOML.replace("fields", 'template = "prompt.txt"\nfields'),
        "suite.toml:4: instruction has no effect beside template; take one of the two out",
    ),
}


@pytest.mark.parametrize("mistake", list(TOML_MISTAKES))
def test_a_mistake_in_suite_toml_is_answered_with_its_line_and_cure(tmp_path, mistake):
    toml, message = TOML_MISTAKES[mistake]
    assert refusal(write(tmp_path, toml=toml)) == message


@pytest.mark.parametrize(("toml", "line"), [(TOML.replace('"1"', '"1'), 2), ('name = "a"\nfields = ["b"', 2)])
def test_a_file_that_is_no_toml_is_answered_with_the_line_where_it_breaks(tmp_path, toml, line):
    assert refusal(write(tmp_path, toml=toml)).startswith(f"suite.toml:{line}: is not valid TOML: ")


ROW_MISTAKES = {
    "bad JSON": (
        TOML,
        lines(ROWS[:1]) + '{"id": "b", "target" "negative"}\n',
        "items.jsonl:2: is not valid JSON at column 22: Expecting ':' delimiter; one object a line",
    ),
    "one JSON array": (
        TOML,
        json.dumps(ROWS),
        'items.jsonl:1: is a list; each line is an object such as {"id": "1", "fields": {...}, "target": "yes"}',
    ),
    "empty file": (TOML, "", "items.jsonl:1: is empty"),
    "unknown key": (
        TOML,
        row(contrasts=[]),
        "items.jsonl:2: unknown key 'contrasts'. Did you mean 'contrast'? "
        "Known: id, fields, target, choices, aliases, contrast",
    ),
    "key twice": (
        TOML,
        '{"id": "a", "id": "b", "fields": {"Review": "Fine."}, "target": "positive"}',
        'items.jsonl:1: key "id" stands there twice; keep one',
    ),
    "missing target": (
        TOML,
        row(target=None),
        'items.jsonl:2: target is missing; a row has "id", "fields" and "target"',
    ),
    "missing field": (TOML, row(fields={}), 'items.jsonl:2: field "Review" is missing; suite.toml names "Review"'),
    "misspelt field": (
        TOML,
        row(fields={"Reviw": "A bore."}),
        "items.jsonl:2: unknown field 'Reviw'. Did you mean 'Review'? Known: Review",
    ),
    "fields that are text": (
        TOML,
        row(fields="A bore."),
        'items.jsonl:2: fields is text; it must be an object such as {"Review": "..."}',
    ),
    "field that is null": (
        TOML,
        lines([ROWS[0], {"id": "b", "fields": {"Review": None}, "target": "negative"}]),
        'items.jsonl:2: field "Review" is null; it must be text',
    ),
    "empty field": (
        TOML,
        row(fields={"Review": " "}),
        'items.jsonl:2: field "Review" is empty; write some text or take it out',
    ),
    "number as id": (TOML, row(id=7), 'items.jsonl:2: id is 7 (a number); write it as text: "7"'),
    "duplicate id": (
        TOML,
        row(id="a"),
        'items.jsonl:2: id "a" is already that of line 1; ids are unique',
    ),
    "boolean target": (TOML, row(target=True), 'items.jsonl:2: target is true (a boolean); write it as text: "yes"'),
    "boolean target among choices": (
        TOML.replace('"positive", "negative"', '"True", "positive"'),
        row(target=True),
        'items.jsonl:2: target is true (a boolean); write it as text: "True"',
    ),
    "number as target": (TOML, row(target=1), 'items.jsonl:2: target is 1 (a number); write it as text: "1"'),
    "target not among the choices": (
        TOML,
        row(target="B"),
        'items.jsonl:2: target "B" is not among the choices "positive", "negative"; '
        "the target is the text of the right choice, not its letter or number",
    ),
    "choices here and there": (
        TOML,
        row(choices=["negative", "good"]),
        "items.jsonl:2: choices stand in suite.toml already; take them out there or here",
    ),
    "choices in some rows": (
        FREE,
        row(choices=["negative", "good"], contrast=None),
        "items.jsonl:2: has choices, but line 1 does not; all rows have them or none",
    ),
    "aliases of a choice": (
        TOML,
        row(aliases=["bad"]),
        "items.jsonl:2: aliases are for free text, and this row has choices; take the aliases out",
    ),
    "free text that cannot be written": (
        FREE,
        row(target="nega\ntive"),
        r'items.jsonl:2: target "nega\ntive" holds the stop string "\n", so no answer could equal it; shorten '
        "the target or set [generation] stop in suite.toml",
    ),
    "more options than symbols": (
        FREE.replace("[layout]", 'list_choices = true\n[layout]\nnumbering = "roman-unicode"'),
        lines([{"id": "a", "fields": {"Review": "x"}, "target": "c1", "choices": [f"c{i}" for i in range(13)]}]),
        'items.jsonl:1: 13 choices, but numbering "roman-unicode" names 12 options; numbering "digit", "upper", '
        '"lower", "roman-lower", "roman-upper" names more',
    ),
    "contrast that is no list": (
        TOML,
        row(contrast={"target": "positive"}),
        'items.jsonl:2: contrast is a table; it must be a list of {"fields": {...}, "target": "..."}',
    ),
    "contrast that keeps the answer": (
        TOML,
        row(contrast=[{"fields": {"Review": "A big bore."}, "target": "negative"}]),
        'items.jsonl:2: contrast[0]: target "negative" is the row\'s own; an edit that keeps the answer is no contrast',
    ),
    "contrast that edits nothing": (
        TOML,
        row(contrast=[{"fields": {"Review": "A bore."}, "target": "positive"}]),
        "items.jsonl:2: contrast[0]: fields are the row's own, so nothing is edited; change what makes the other "
        "answer right",
    ),
    "contrast with an unknown key": (
        TOML,
        row(contrast=[{"fields": {"Review": "Fine."}, "answer": "positive"}]),
        "items.jsonl:2: contrast[0]: unknown key 'answer'. Known: fields, target, choices",
    ),
    "Latin-1": (
        TOML,
        lines(ROWS[:1]).encode() + lines([ROWS[1] | {"id": "é"}]).encode("latin-1"),
        "items.jsonl:2: is not UTF-8 (byte 0xe9 at offset 92); save it as UTF-8",
    ),
    "byte order mark": (
        TOML,
        b"\xef\xbb\xbf" + lines(ROWS).encode(),
        "items.jsonl:1: begins with a byte order mark; save it as UTF-8 without one",
    ),
    "UTF-16": (TOML, lines(ROWS).encode("utf-16"), "items.jsonl:1: is UTF-16; save it as UTF-8"),
}


@pytest.mark.parametrize("mistake", list(ROW_MISTAKES))
def test_a_mistake_in_a_row_is_answered_with_its_line_and_cure(tmp_path, mistake):
    toml, items, message = ROW_MISTAKES[mistake]
    assert refusal(write(tmp_path, toml=toml, items=items)) == message


TEMPLATE_MISTAKES = {
    "misspelt column": (
        "Good?\nReview: {txet}\nAnswer:",
        "prompt.txt:2: {txet} is not among {text}, {choices}, {symbols}. Did you mean 'text'? "
        "For the braces themselves write {{txet}}",
    ),
    "doubled braces": ("Review: {{text}}\nAnswer:", "prompt.txt:1: {{text}} is not filled in; write {text}"),
    "padded column": ("\n\nReview: { text }\nAnswer:", "prompt.txt:3: { text } is not filled in; write {text}"),
    "no column": (
        "Good?",
        "prompt.txt:1: names no column, so every item would be the same question; write {text}",
    ),
}


@pytest.mark.parametrize("mistake", list(TEMPLATE_MISTAKES))
def test_a_mistake_in_a_prompt_file_is_answered_with_its_line_and_cure(tmp_path, mistake):
    template, message = TEMPLATE_MISTAKES[mistake]
    toml = 'name = "r"\nversion = "1"\ntemplate = "prompt.txt"\nfields = ["text"]\nchoices = ["yes", "no"]\n'
    assert refusal(write(tmp_path, toml=toml, **{"prompt.txt": template})) == message


def test_a_field_that_the_prompt_file_does_not_name_is_refused(tmp_path):
    toml = 'name = "r"\nversion = "1"\ntemplate = "prompt.txt"\nfields = ["text", "title"]\n'
    assert refusal(write(tmp_path, toml=toml, **{"prompt.txt": "Good? {text}"})) == (
        'suite.toml:4: field "title" is not in prompt.txt; write {title} there or take it out here'
    )


def test_what_is_missing_is_named(tmp_path):
    what = "a suite is a folder with suite.toml and items.jsonl"
    assert refusal(tmp_path) == f"suite.toml:1: does not exist; {what}"
    assert refusal(tmp_path / "none") == f"suite.toml:1: there is no folder '{tmp_path}/none'; {what}".replace(
        f"{tmp_path}/none/", ""
    )
    (write(tmp_path) / "items.jsonl").unlink()
    assert refusal(tmp_path) == f"items.jsonl:1: does not exist; {what}"


def test_an_item_is_evaluated_or_trained_on_but_not_both(tmp_path):
    by_id = lines([{"id": "a", "fields": {"Review": "Fine."}, "target": "positive"}])
    assert refusal(write(tmp_path, train=by_id)) == (
        'train.jsonl:1: id "a" is that of line 1 of items.jsonl; an item is in one of the two files'
    )
    by_question = lines([{"id": "c", "fields": {"Review": "A bore."}, "target": "negative"}])
    assert refusal(write(tmp_path, train=by_question)) == (
        "train.jsonl:1: asks the same as line 2 of items.jsonl; what is shown or trained on is never evaluated, so "
        "take one of the two out"
    )


def test_odd_suites_are_run_with_a_warning(tmp_path):
    one_class = read_suite(write(tmp_path, items=lines(ROWS[:1])))
    assert check_suite(one_class) == [
        'reviews: every target is "positive"; a model that always answers so looks perfect'
    ]
    again = ROWS[0] | {"id": "c", "target": "negative"}
    assert check_suite(read_suite(write(tmp_path, items=lines([*ROWS, again])))) == [
        "reviews: 1 item asking what another item asks, 1 of them with another right answer: c asks the same as a, and "
        'answers "positive" and "negative"'
    ]
    three = TOML.replace('"negative"]', '"negative", "mixed"]')
    assert check_suite(read_suite(write(tmp_path, toml=three))) == [
        'reviews: no target is "mixed", though it is a choice'
    ]


def test_the_digest_changes_with_any_file_and_not_with_the_place(tmp_path):
    one, other = write(tmp_path / "one"), write(tmp_path / "other")
    digest = read_suite(one).digest
    assert read_suite(other).digest == digest
    write(other, train=lines([{"id": "t", "fields": {"Review": "Fine."}, "target": "positive"}]))
    assert read_suite(other).digest != digest
    write(one, toml=TOML.replace("Short", "Some"))
    assert read_suite(one).digest not in (digest, read_suite(other).digest)


def test_the_digest_tells_which_file_holds_a_row(tmp_path):
    both = read_suite(write(tmp_path / "both"))
    apart = read_suite(write(tmp_path / "apart", items=lines(ROWS[:1]), train=lines(ROWS[1:])))
    assert both.digest != apart.digest


def test_windows_newlines_and_blank_lines_do_no_harm(tmp_path):
    suite = read_suite(write(tmp_path / "unix"))
    windows = lines(ROWS).replace("\n", "\r\n\r\n")
    assert read_suite(write(tmp_path / "windows", items=windows)).items == suite.items


def test_a_suite_is_found_by_folder_by_file_or_by_name(tmp_path, monkeypatch):
    folder = write(tmp_path / "mine")
    assert find_suite(str(folder)) == folder
    assert find_suite(str(folder / "suite.toml")) == folder
    monkeypatch.chdir(tmp_path)
    assert find_suite("mine").resolve() == folder.resolve()


def test_a_suite_that_is_not_there_is_answered_with_what_is(tmp_path, monkeypatch):
    monkeypatch.setattr("probe.suite._shipped_folder", lambda: tmp_path)
    write(tmp_path / "sentiment")
    shutil.copytree(tmp_path / "sentiment", tmp_path / "topic")
    assert shipped_suites() == ["sentiment", "topic"]
    assert find_suite("topic") == tmp_path / "topic"
    with pytest.raises(UsageError) as caught:
        find_suite("sentimant")
    assert str(caught.value) == (
        "unknown suite 'sentimant'. Did you mean 'sentiment'? Available: sentiment, topic; or a folder with suite.toml"
    )
    with pytest.raises(UsageError, match=r"^no folder 'my/suite'; a suite is a folder with suite.toml and items.jsonl"):
        find_suite("my/suite")


@pytest.mark.parametrize("name", shipped_suites())
def test_every_shipped_suite_reads_without_a_warning(name):
    suite = read_suite(find_suite(name))
    assert suite.name == name
    assert check_suite(suite) == []


def test_sixteen_thousand_items_read_in_seconds(tmp_path):
    rows = [{"id": f"{i}", "fields": {"Review": f"Review {i}."}, "target": "positive"} for i in range(16_000)]
    write(tmp_path, items=lines(rows))
    begin = time.process_time()
    assert len(read_suite(tmp_path).items) == 16_000
    assert time.process_time() - begin < 5


# Any text that a file can hold, as the suite format allows it in its place.
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12)
FILLED = TEXTS.filter(str.strip)
ANSWERS = TEXTS.map(str.strip).filter(lambda text: text and "\n" not in text)
NAMES = st.from_regex(r"[A-Za-z][A-Za-z0-9_-]{0,8}", fullmatch=True)
LAYOUTS = st.builds(
    Layout,
    separator=TEXTS,
    space=TEXTS,
    casing=st.sampled_from(["identity", "upper"]),
    option_wrapper=st.sampled_from(["{}.", "({})", "<{}>"]),
    numbering=st.sampled_from(sorted(MAX_SYMBOLS)),
)
INSTRUCTIONS = st.text(st.sampled_from("ab{} \n\"'"), max_size=14) | TEXTS | st.just("One of {choices}: {other}.")


@st.composite
def suites(draw):
    """Return any suite that a folder can hold."""
    is_choice, is_listed = draw(st.booleans()), draw(st.booleans())
    shared = tuple(draw(st.lists(ANSWERS, min_size=2, max_size=4, unique=True))) if is_choice else ()
    names = draw(st.lists(NAMES, min_size=2, max_size=4, unique=True))
    answer_field = names.pop()
    instruction = draw(INSTRUCTIONS)
    instruction = re.sub(r"\{+ *(choices|symbols) *\}+", r"{\1}" if is_choice and is_listed else "", instruction)
    asked = Prompt(
        instruction if instruction.strip() else "",
        (),
        answer_field=answer_field,
        list_choices=is_choice and is_listed,
        answer_with="symbol" if is_choice and is_listed else "text",
        layout=draw(LAYOUTS),
        verbalizer=draw(st.sampled_from([(), tuple((choice, f"w {n}") for n, choice in enumerate(shared))])),
    )
    questions = draw(st.lists(st.lists(FILLED, min_size=len(names), max_size=len(names)), min_size=2, unique_by=tuple))
    items = tuple(_item(draw, asked, f"i{i}", names, texts, shared) for i, texts in enumerate(questions))
    cut = draw(st.integers(1, len(items)))
    return Suite(draw(NAMES), draw(ANSWERS), draw(FILLED | st.just("")), items[:cut], items[cut:], max_new_tokens=7)


def _item(draw, asked, name, names, texts, choices):
    fields = tuple(Field(field, text) for field, text in zip(names, texts, strict=True))
    target = draw(st.sampled_from(choices)) if choices else draw(ANSWERS)
    other = next((choice for choice in choices if choice != target), target + "x")
    edited = (Field(names[0], texts[0] + "!"), *fields[1:])
    contrasts = draw(st.sampled_from([(), (Contrast(edited, other),)]))
    aliases = () if choices else tuple(draw(st.lists(ANSWERS, max_size=2, unique=True)))
    prompt = Prompt(
        asked.instruction,
        fields,
        choices,
        asked.answer_field,
        list_choices=asked.list_choices,
        answer_with=asked.answer_with,
        layout=asked.layout,
        verbalizer=asked.verbalizer,
    )
    return Item(name, prompt, target, aliases, contrasts)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])
@given(suite=suites())
def test_a_suite_that_is_written_and_read_is_the_same(tmp_path_factory, suite):
    folder = tmp_path_factory.mktemp("suite")
    write_suite(suite, folder)
    read = read_suite(folder)
    assert (read.items, read.train) == (suite.items, suite.train)
    assert (read.name, read.version, read.description) == (suite.name, suite.version, suite.description)
    assert (read.stop, read.max_new_tokens) == (suite.stop, suite.max_new_tokens)


@pytest.mark.parametrize("text", ["\x7f", "a\x7fb", '"', "\\", "a\u2028b", "#"])
def test_a_choice_of_any_sign_is_written_as_key_and_value_and_read_again(tmp_path, text):
    toml = TOML.replace("[layout]", '[verbalizer]\nnegative = "bad"\npositive = "good"\n\n[layout]')
    suite = read_suite(write(tmp_path / "first", toml=toml))

    def renamed(item):
        words = tuple((text if choice == "negative" else choice, word) for choice, word in item.prompt.verbalizer)
        choices = tuple(text if choice == "negative" else choice for choice in item.prompt.choices)
        target = text if item.target == "negative" else item.target
        return replace(
            item, prompt=replace(item.prompt, choices=choices, verbalizer=words), target=target, contrasts=()
        )

    suite = replace(suite, items=tuple(map(renamed, suite.items)), train=tuple(map(renamed, suite.train)))
    (tmp_path / "second").mkdir()
    write_suite(suite, tmp_path / "second")
    assert read_suite(tmp_path / "second").items == suite.items


def test_label_words_are_shown_and_asked_for_in_the_place_of_the_choices(tmp_path):
    toml = TOML.replace("[layout]", '[verbalizer]\nnegative = "bad"\npositive = "good"\n\n[layout]')
    suite = read_suite(write(tmp_path, toml=toml))
    prompt = suite.items[0].prompt
    assert "the review is good or bad." in render(prompt)
    assert continuations(prompt) == (" good", " bad")
    assert {item.target for item in suite.items} <= {"positive", "negative"}
    again = tmp_path / "again"
    again.mkdir()
    write_suite(suite, again)
    assert read_suite(again).items == suite.items


def test_a_template_that_is_written_and_read_is_the_same(tmp_path):
    prompt = Prompt("Is {text} one of {choices}? {other} {{", (Field("text", "x"),), ("yes", "no"), is_template=True)
    suite = Suite("t", "1", "", (Item("1", prompt, "yes"),))
    write_suite(suite, tmp_path)
    assert read_suite(tmp_path).items == suite.items
