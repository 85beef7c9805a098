"""Machine text keeps its meaning: programs, data and sums are taken out of perturbed texts again and run."""

import contextlib
import csv
import io
import json
import re
import sqlite3
import textwrap
import tomllib
import xml.etree.ElementTree as ET
from dataclasses import replace
from functools import cache

import pytest

import probe.perturb  # noqa: F401  registers what is shipped
from probe.evaluation.variants import make_variants
from probe.perturb.helpers.machine.text import put_after, put_before
from probe.prompt.render import render
from probe.registry import perturbations
from probe.seeds import rng_for
from probe.types import Field, Item, Prompt, Suite, Variant
from probe.validity import overall_outcome, validate

KEEPING = [one for one in perturbations.values() if one.effect == "label-preserving"]
"""A new family is among them by itself."""

EDITING = ("typos", "casing", "whitespace", "punctuation", "wording", "grammar", "order", "lexical-overlap")


def python(source):
    told = io.StringIO()
    with contextlib.redirect_stdout(told):
        exec(compile(source, "program", "exec"), {"__name__": "program"})
    return told.getvalue()


def sql(source):
    base = sqlite3.connect(":memory:")
    base.executescript(
        "CREATE TABLE stock (name TEXT, num INTEGER); INSERT INTO stock VALUES ('red mug', 3), ('it''s', 9);"
    )
    return [base.execute(one).fetchall() for one in source.split(";") if one.strip()]


def yaml(source):
    return pytest.importorskip("yaml").safe_load(source)


def xml(source):
    return [(one.tag, one.attrib, (one.text or "").strip()) for one in ET.fromstring(source).iter()]


PROGRAMS = {
    "function": (
        python,
        "def total(prices):\n    # it isn't all of them\n    result = 0\n    for price in prices:\n        if price > 3:\n"
        "            result += price\n\n    return result\n\n\nprint(total([1, 4, 5]))",
    ),
    "lines": (python, "count = 4\ndouble = count * 2\nprint(count + double)"),
    "text": (python, "name = 'Ann'\nprint(f\"Hello, {name}! It's late.\")"),
    "class": (
        python,
        'class Counter:\n    """Count what doesn\'t stand still."""\n\n    def __init__(self):\n        self.num = 0\n\n'
        "    def add(self, by=1):\n        self.num += by\n        return self\n\n\nprint(Counter().add(2).add().num)",
    ),
    "errors": (
        python,
        "try:\n    value = int('x')\nexcept ValueError as error:\n    print('bad', error)\nfinally:\n    print('end')",
    ),
    "loop": (
        python,
        "found = []\nitems = ['a b', 'c']\nfor item in items:\n    if item:\n        found.append(item)\nprint(found)",
    ),
    "while": (python, "running = True\nwhile running:\n    running = False\nelse:\n    print('stopped')"),
    "query": (sql, "SELECT name, num\nFROM stock\nWHERE num > 2\nORDER BY name DESC;"),
    "quotes": (sql, "SELECT COUNT(*) FROM stock WHERE name = 'it''s';"),
    "json": (
        json.loads,
        '{\n  "name": "Ann Lee",\n  "note": "don\'t call, please",\n  "ages": [1, 2, 3],\n  "ok": true\n}',
    ),
    "yaml": (
        yaml,
        'name: my service\nreplicas: 3\nports:\n  - 80\n  - 443\nenv:\n  DEBUG: "true"\n  MESSAGE: it is not late',
    ),
    "toml": (
        tomllib.loads,
        '[server]\nhost = "localhost"\nport = 8080\nname = "the main server"\n\n[client]\nretries = 3',
    ),
    "csv": (lambda source: list(csv.reader(io.StringIO(source))), "name,age,city\nAnn Lee,34,Rome\nBob,41,Oslo"),
    "tsv": (
        lambda source: list(csv.reader(io.StringIO(source), delimiter="\t")),
        "name\tage\tcity\nann lee\t34\tRome\nBob\t41\tOslo",
    ),
    "xml": (xml, "<note>\n  <to>Tove</to>\n  <body>Don't forget me this weekend!</body>\n</note>"),
    "table": (
        lambda source: [row.split("|") for row in source.split("\n")],
        "| item | price |\n|------|-------|\n| red mug | 3 |\n| kettle | 12 |",
    ),
}

BEFORE = "The manager asked whether the following example works, because it isn't clear to everybody."
AFTER = 'Please explain briefly what happens, and mention "every" problem you find. It is not urgent.'

FENCE = re.compile(r"^(?P<mark>```|~~~)\w*\n(?P<inside>.*?)\n(?P=mark)$", re.MULTILINE | re.DOTALL)


def fenced(text, source):
    return FENCE.search(text)["inside"]


def unclosed(text, source):
    return text.split("```\n", 1)[1]


def indented(text, source):
    lines = text.split("\n")
    last = first = max(n for n, line in enumerate(lines) if line.startswith("    "))
    while lines[first - 1].startswith("    ") or not lines[first - 1].strip():
        if lines[first - 1].strip().startswith("The manager"):
            break  # the first line of the text may get blanks of its own
        first -= 1
    return textwrap.dedent("\n".join(lines[first : last + 1]).lstrip("\n"))


def bare(text, source):
    lines, own = text.split("\n"), source.split("\n")
    first = lines.index(own[0])
    return "\n".join(lines[first : first + len(own)])


FORMS = {
    "fenced": (fenced, BEFORE + "\n\n```python\n{}\n```\n\n" + AFTER),
    "tilde": (fenced, BEFORE + "\n~~~\n{}\n~~~\n" + AFTER),
    "unclosed": (unclosed, BEFORE + "\n```\n{}"),
    "indented": (indented, BEFORE + "\n\n{}\n\n" + AFTER),
    "bare": (bare, BEFORE + "\n\n{}\n\n" + AFTER),
    "tight": (bare, BEFORE + "\n{}\n" + AFTER),
}


def carried(form, source):
    """Return a text with a program in it."""
    inside = textwrap.indent(source, "    ") if form == "indented" else source
    return FORMS[form][1].replace("{}", inside)


def asked_of(text, place):
    """Return an item with a text as its instruction or in a field."""
    if place == "instruction":
        prompt = Prompt(text, (Field("Note", "The lake froze early."),), ("good", "bad"))
    else:
        prompt = Prompt("Decide whether it is good or bad.", (Field("Text", text),), ("good", "bad"))
    return Item("1", prompt, "good")


def texts_of(item, one, place, *, seeds=2):
    """Return the text under a perturbation, at its strength and at the full one, over some seeds."""
    for form in [one, *([one.at(1.0)] if one.at else [])]:
        for seed in range(seeds):
            asked = form.apply(item, rng_for(seed, form.name))
            if asked is not None:
                prompt = asked.prompt
                yield (
                    (prompt.instruction if place == "instruction" else prompt.fields[0].text)
                    .replace("\r\n", "\n")
                    .rstrip("\r")
                )


@cache
def value_of(name, source):
    return repr(PROGRAMS[name][0](source))


@pytest.mark.parametrize("one", KEEPING, ids=lambda one: one.name)
def test_programs_and_data_say_the_same_under_every_perturbation(one):
    for place in ("instruction", "field"):
        for form, (taken_out, _) in FORMS.items():
            for name, (_, source) in PROGRAMS.items():
                for text in texts_of(asked_of(carried(form, source), place), one, place, seeds=1):
                    assert value_of(name, taken_out(text, source)) == value_of(name, source), (form, name, text)


SUMS = {
    "3 + 4 * 2": 11,
    "(3 + 4) * 2": 14,
    "10 % 3": 1,
    "2 ** 8": 256,
    "6 / 2 - 1": 2,
    "not (True and False)": True,
    "len([1, 2, 3])": 3,
    "'a' + 'b'": "ab",
    "max(2, 7)": 7,
}


@pytest.mark.parametrize("one", KEEPING, ids=lambda one: one.name)
def test_sums_have_the_same_value_and_become_no_factorials(one):
    for sum_, value in SUMS.items():
        assert eval(sum_) == value
        for text in (
            f"Please work out {sum_}.",
            f"Please work out {sum_}. It isn't hard.",
            f'What do "they" mean by {sum_}?',
            sum_,
        ):
            for made in texts_of(asked_of(text, "field"), one, "field", seeds=1):
                assert sum_ in made and sum_ + "!" not in made, made
    for factorial in ("5!", "n!", "(n - 1)!"):
        for made in texts_of(asked_of(f"The student wrote {factorial}", "field"), one, "field"):
            assert factorial in made and factorial + "!" not in made and factorial + "." not in made, made


INLINE = (
    r"""
`ls -la`   ``a `b` c``   $x^2 + y$   \(a + b\)   $$x$$   \frac{1}{2}   https://example.com/a?b=c
example.com/path/to   www.example.org   localhost:8080   api.example.co.uk/v1   ann.lee+x@example.com
/usr/local/bin   ~/notes/todo.txt   ./src/main.py   C:\Users\Ann\file.txt   src/app/index.js   main.py
report_final.pdf   {name}   {{name}}   {{ user.name }}   <NAME>   [NAME]   [YOUR NAME]   %s   %(count)d   $HOME
${HOME}   user_name   userName   MAX_SIZE   --dry-run   --port=80   -v   1.2.3   v2.0.1-beta
550e8400-e29b-41d4-a716-446655440000   2024-05-01T10:00:00Z   10:30:15   0xFF   #ff8800   -5   1e-5   5%   $5.99
#machinelearning   @ann_lee   :-)   <3   H2SO4   Ca2+   x = 5   2x + 3y = 7   a^2 + b^2   f(x) = 2x + 1   x >= 3
a == b   x != y   print(x)   df.groupby('a').sum()   [1, 2, 3]   {'a': 1}   (1, 2)   \d+   [a-z]+   ^abc$
/foo.*bar/i   std::vector<int>   a && b   x -> y   SELECT * FROM users;   <b>   &amp;   os.path.join(a, b)
my_dict['key']   arr[0]   O(n log n)   if x > 3: print(x)   for i in range(3): print(i)   lambda x: x + 1
def f(x): return x * 2   √16   3 × 4   x ≤ 5   git commit -m 'fix it'   pip install requests   2 H2 + O2 -> 2 H2O
192.168.0.1   AA:BB:CC:DD:EE:FF   key=value   C++   =SUM(A1:A3)   *.txt   Ctrl+C
chmod 755 deploy.sh   make clean && make all   ./run.sh --port 9000 > out.log 2>&1   Fe + O2 -> Fe2O3
feature/login-page   curl -s api.shop.example/v2/orders | jq '.items[0]'   rm -rf build/ dist/ *.egg-info
error[E0382]: borrow of moved value: `names`   color: #ff0000; margin: 0 auto;   ping 10.0.0.1
ssh root@10.0.0.1 -p 2222   guard let x = y else { return }   val names = people.map { it.name }.sorted()
fix(parser): handle empty input (#213)   "test": "jest --coverage"   weight / height^2
java.lang.NullPointerException: Cannot invoke "String.length()"   Authorization: Bearer eyJhbGciOi.J9.abc
""".strip()
    .replace("\n", "   ")
    .split("   ")
)


@pytest.mark.parametrize("piece", INLINE)
def test_what_stands_within_a_sentence_stays_as_it_is(piece):
    for text in (
        f'Could you explain {piece} to "some" people, please? It isn\'t clear.',
        f"They don't know {piece}",
        piece,
    ):
        item = asked_of(text, "field")
        for one in KEEPING:
            for made in texts_of(item, one, "field", seeds=1):
                assert piece in made, (one.name, made)


@pytest.mark.parametrize("name", PROGRAMS)
def test_where_no_prose_is_left_nothing_applies_and_that_is_counted(name):
    source = PROGRAMS[name][1]
    item = Item("1", Prompt("", (Field("Text", source),)), "none of it")
    editing = [one for one in KEEPING if one.family in ("typos", "casing", "punctuation", "whitespace", "wording")]
    editing = [one for one in editing if one.name != "whitespace-crlf"]  # it ends the lines of the layout
    made = make_variants(Suite("one", "1", "", (item,)), editing, samples=2, seed=0)
    assert [variant.perturbation for variant in made.variants] == ["original"]
    statuses = {status for counts in made.counts.values() for status, num in counts.items() if num}
    assert statuses == {"not_applicable"}


@pytest.mark.parametrize("form", FORMS)
def test_the_prose_around_a_program_is_edited_all_the_same(form):
    text = carried(form, PROGRAMS["function"][1])
    for name in (
        "typo-swap",
        "casing-upper",
        "whitespace-doubled",
        "punctuation-quotes",
        "wording-expansion",
        "punctuation-final-drop",
    ):
        if form == "unclosed" and name == "punctuation-quotes":
            continue  # its quotation stands after the program elsewhere
        made = list(texts_of(asked_of(text, "field"), perturbations.get(name), "field"))
        assert made and all(one != text for one in made), name


def test_json_around_a_prompt_gives_every_text_back():
    for _, source in PROGRAMS.values():
        item = asked_of(carried("fenced", source), "field")
        asked = perturbations.get("structure-json").apply(item, rng_for(0))
        last = render(asked.prompt).split("\n")[-1]
        assert json.loads(last + '""}')["text"] == item.prompt.fields[0].text


def test_what_is_added_to_an_instruction_leaves_its_fence_closed():
    instruction = "Say what it prints.\n```python\nprint('good')\n```"
    for name in (
        "distraction-tautology",
        "distraction-random-string",
        "distraction-sentence",
        "label-list-added",
        "label-key",
    ):
        item = Item("1", Prompt(instruction, (Field("Text", "The lake froze."),), ("wet", "dry")), "wet")
        for seed in range(4):
            asked = perturbations.get(name).apply(item, rng_for(seed))
            assert asked is None or asked.prompt.instruction.split("\n").count("```") == 1, name
    assert put_after("one", "two") == "one two" and put_after("", "two") == "two"
    assert put_after("x = 1", "two") == "x = 1\n\ntwo" and put_before("x = 1", "two") == "two\n\nx = 1"
    assert put_after("Fix it.\n```\nx = 1", "two") == "two\n\nFix it.\n```\nx = 1"
    assert put_before("One.", "kTqVbYwPzs") == "kTqVbYwPzs One."


def check_of(before, after, name="own"):
    item = asked_of(before, "field")
    asked = replace(item, prompt=replace(item.prompt, fields=(Field("Text", after),)))
    variant = Variant(item, asked, "own", name, 0, "label-preserving", render(asked.prompt))
    checks = validate(variant, perturbations.get("null"))
    return {check.name: check.outcome for check in checks}.get("machine-text"), overall_outcome(checks)


TEXT = (
    "It calls the function.\n\n    for row in rows:\n        print(row)\n\n"
    "See ann@home.org or read_me.txt, where a + b is said."
)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("for row", "for rwo"),
        ("print(row)", "print(row)!"),
        ("print(row)", "Print(row)"),
        ("        print", "    print"),
        ("    for row", "     for row"),
        ("a + b", "a  + b"),
        ("a + b", "a + b!"),
        ("read_me.txt", "read me.txt"),
        ("ann@home.org", "ann@hmoe.org"),
    ],
)
def test_what_touches_machine_text_is_doubted_and_an_edit_of_the_surface_dropped(old, new):
    assert TEXT.replace(old, new) != TEXT
    assert check_of(TEXT, TEXT.replace(old, new))[0] == "doubt"
    assert check_of(TEXT, TEXT.replace(old, new), name="typo-swap") == ("fail", "fail")


@pytest.mark.parametrize(
    ("old", "new"),
    [("calls", "runs"), ("It", "Then it"), ("\n", "\r\n"), ("ann@home", "Ann@home"), ("said.", "said!")],
)
def test_what_leaves_machine_text_alone_is_not_doubted_for_it(old, new):
    assert check_of(TEXT, TEXT.replace(old, new))[0] is None


def test_a_paraphrase_that_leaves_the_program_out_is_doubted():
    before = "Decide whether `x == 1` is true of the text.\n\n```\nx = 1\n```"
    prompt = Prompt(before, (Field("Text", "The lake froze."),), ("good", "bad"))
    item = Item(
        "1",
        prompt,
        "good",
        paraphrases=("Tell whether the condition holds of the text.", before.replace("Decide", "Tell")),
    )
    outcomes = set()
    for seed in range(8):
        asked = perturbations.get("paraphrase-set").apply(item, rng_for(seed))
        variant = Variant(item, asked, "paraphrase", "paraphrase-set", 0, "label-preserving", render(asked.prompt))
        names = {check.name for check in validate(variant, perturbations.get("paraphrase-set"))}
        outcomes.add((asked.prompt.instruction.startswith("Tell whether `"), "machine-text" in names))
    assert outcomes == {(True, False), (False, True)}
