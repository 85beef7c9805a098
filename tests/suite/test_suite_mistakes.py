"""Mistakes in the files of a suite: each is refused with its line and its cure."""

import json
import re
from dataclasses import replace

import pytest
from own_suite import FREE, LISTED, ROWS, TOML, lines, refusal, row, write

from probe.errors import SuiteError
from probe.suite import refuse_halves
from probe.types import Item, Prompt, Suite

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


@pytest.mark.parametrize("place", ["name", "id", "text", "training text", "accepted answer"])
def test_half_a_character_in_a_suite_is_refused_before_anything_is_asked(place):
    half = "x\ud83d"
    item = Item("a", Prompt("Say.", ()), "yes")
    changed = {
        "name": Suite(half, "1", "", (item,)),
        "id": Suite("s", "1", "", (replace(item, id=half),)),
        "text": Suite("s", "1", "", (replace(item, prompt=Prompt(half, ())),)),
        "training text": Suite("s", "1", "", (item,), train=(replace(item, prompt=Prompt(half, ())),)),
        "accepted answer": Suite("s", "1", "", (replace(item, aliases=(half,)),)),
    }
    with pytest.raises(SuiteError, match="half a character"):
        refuse_halves(changed[place])
    refuse_halves(Suite("s", "1", "", (replace(item, id="x\U0001f600"),)))
