"""What is found to be code, data or a formula, what is prose, and how long that takes."""

import time

import pytest

import probe.perturb  # noqa: F401  registers what is shipped
from probe.perturb.helpers.machine.text import machine_text
from probe.suite import find_suite, read_suite, shipped_suites

WHOLE = (
    "$ git rebase main\nCONFLICT (content): Merge conflict in app/models.py\nerror: could not apply 3f2a9bc... Add a field",
    "Fatal error: cannot load library 'libsound.so.2'\n  at engine::audio::init() (audio.cpp:77)\n  at main (main.cpp:12)",
    "E/Runtime: FATAL EXCEPTION: main\nE/Runtime: java.lang.IllegalStateException: fragment not attached",
    'Traceback (most recent call last):\n  File "main.py", line 3, in <module>\n    run()\nValueError: it is not here',
    "2024-05-01 10:00:01 INFO worker started\n2024-05-01 10:00:02 ERROR the job was not found",
    "function add(a, b) {\n  return a + b;\n}",
    "#include <stdio.h>\n\nint main(void) {\n    return 0;\n}",
    "FROM python:3.11\nRUN pip install flask\nCOPY . /app",
    "build: main.o\n\tgcc -o app main.o",
    "POST /api/items HTTP/1.1\nHost: example.com",
    "parent(ann, bob).\ngrand(X, Y) :- parent(X, Z), parent(Z, Y).",
    "square :: Int -> Int\nsquare x = x * x",
    ".menu {\n  color: red;\n}",
    "NAME      READY   STATUS\nweb-1     1/1     Running",
    "\\begin{equation}\n  a^2 + b^2 = c^2\n\\end{equation}",
    "@@ -1,2 +1,2 @@\n-print('no')\n+print('yes')\n the end",
)


BEFORE = "The manager asked whether the following example works, because it is not clear to everybody."


@pytest.mark.parametrize("piece", WHOLE)
def test_lines_that_a_program_wrote_or_reads_are_one_block_and_the_prose_around_them_is_none(piece):
    text = f"{BEFORE}\n\n{piece}\n\nAnd now nobody wants to go on."
    assert [text[span] for span in machine_text(text).blocks] == [piece]
    assert [text[span] for span in machine_text(text).spans] == [piece]


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("The formula is growth = new / old - 1, and nobody agrees.", ["growth = new / old - 1"]),
        ("Computed with CrCl = (140 - age) * weight / (72 * SCr). Fine.", ["CrCl = (140 - age) * weight / (72 * SCr)"]),
        ("It says that happiness = love and peace.", ["happiness = love"]),
        ("Simplify (a + b)^2 - (a - b)^2 now.", ["(a + b)^2 - (a - b)^2"]),
        (
            'I set it with export API_URL="http://localhost:3000/v1" and left.',
            ['export API_URL="http://localhost:3000/v1"'],
        ),
        ("Is 2^10 larger than 10^3? And 7! than 5000?", ["2^10", "10^3", "7!"]),
        ("The range 3-5 and the date 7/9/1972 are no sums.", []),
    ],
)
def test_a_formula_ends_where_its_sentence_goes_on(text, pieces):
    assert [text[span] for span in machine_text(text).spans] == pieces


PROSE = (
    "It costs $5 and $6, or $100/$200 a year.",
    "He said \u2018so it goes\u2019 (by the way) - or so - at 7.5 km; she isn't here...",
    "The cats - both of them - slept; he/she and/or they, 24/7.",
    "Dear Ann,\n\n    I hope you are well. The lake froze.\n\n    Yours sincerely,\n    Bob",
    "- item one\n\n    more of the first item\n- item two",
    "1. Take a pen.\n    Then sit down.\n2. Write.",
    "Alice: Hi there\nBob: Hello, how are you?",
    "user: hi\nassistant: hello there",
    "Name: Ann\nAge: 30\nCity: Rome",
    "Ingredients:\n  - two eggs\n  - a cup of flour",
    "Question: is it good?\nAnswer:",
    "Answer True or False.",
    "Please select the best of these options, and update the list.",
    "The word(s) and item(s) he (she) said [sic].",
    "The test(s): none of them is known; the time: 7; the place: 3.",
    "Make all the difference, touch nothing, kill 300 bees and ping me at 10.",
    "A warning: the list isn't 'complete'. An error, 'their', is common.",
    "Al and Ag are friends - Li said so; men / women and boys, node and/or ruby.",
    "Val said that const is good, and var too; a basic rule.",
    "Make the bed, find the cat and sort the post.",
    "Click on File, then on Save.",
    "If you have questions:\nask me.",
    "If you have questions:\n    ask Ann or Ben.",
    "For lunch:\n    Bring some bread.",
    "For the record, it was late: nobody came.",
    "Import costs rose; class sizes fell.",
    "A B C were there! Really! It scored!",
    "# A heading\n\nAnd a sentence.",
    "red, green, blue and grey",
    "The end.so it goes",
    "> Hi Ann,\n> thank you for the note.",
    "<review>A joy from start to end.</review>",
)


@pytest.mark.parametrize("text", PROSE)
def test_prose_is_none(text):
    spans = machine_text(text).spans
    assert [text[span] for span in spans if not text[span].startswith("<")] == []


def test_no_text_of_a_shipped_suite_holds_any():
    for name in shipped_suites():
        suite = read_suite(find_suite(name))
        for item in (*suite.items, *suite.train):
            for text in (item.prompt.instruction, *(field.text for field in item.prompt.fields)):
                inner = [text[span] for span in machine_text(text).spans if text[span][0] != "{"]
                assert inner == [], (name, item.id)


UNITS = (
    "```\n",
    "~~~ ",
    "$a ",
    "$$",
    "\\(",
    "\\begin{a}",
    "<a>",
    "</a>",
    "<a ",
    "(((",
    "[[",
    "{{",
    "f(",
    "SELECT a ",
    "select a from b ",
)
UNITS += (
    "a | b\n",
    "a\tb ",
    "x = ",
    "1 + ",
    "! ",
    "a.b/",
    "--",
    "not (",
    "True and ",
    "key: v\n",
    "    x\n\n",
    "`` ` ",
    "%(",
)
UNITS += (
    "make all && ",
    "./a -b ",
    "error[E1]: a ",
    "a: auto auto ",
    "chmod a.b ",
    "fix(abc): a ",
    "else { ",
    '"a": "',
)
UNITS += ("for a in b: ", "git commit -m ", "&& ", "a, b\n", "# x\n", '"""\n')


@pytest.mark.parametrize("unit", UNITS)
def test_a_hundred_kilobytes_of_any_mark_are_read_in_linear_time(unit):
    started = time.process_time()
    machine_text(unit * (100_000 // len(unit)))
    assert time.process_time() - started < 3
