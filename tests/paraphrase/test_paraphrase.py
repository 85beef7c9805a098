"""Paraphrases: read from files, asked of models, kept on disk, checked."""

import json
import logging
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probe.errors import StoreError, UsageError
from probe.evaluation.variants import make_variants
from probe.paraphrase import ParaphraseOptions, given_again, with_paraphrases, written_for
from probe.paraphrase.files import read_file
from probe.paraphrase.guard import fault
from probe.paraphrase.saved import SavedReplies
from probe.paraphrase.writers import writer_of
from probe.paraphrase.writing import STYLES, candidates, question
from probe.perturb import select
from probe.perturb.paraphrase import rephrased
from probe.prompt.render import render
from probe.suite import find_suite, read_suite, shipped_suites
from probe.types import Field, Item, Prompt, Suite

REVIEW = Prompt(
    "Decide whether the review is positive or negative.", (Field("Review", "A joy."),), ("positive", "negative")
)
TEMPLATE = Prompt("Review: {Review}\nSentiment:", REVIEW.fields, REVIEW.choices, is_template=True)
GOOD = (
    "Is the review positive or negative?",
    "Say if the review is positive or negative.",
    "Judge whether this review is negative or positive.",
    "Would you call the review positive or negative?",
)


def suite(prompt=REVIEW, size=3):
    items = (Item(str(n), replace(prompt, fields=(Field("Review", f"Text {n}."),)), "positive") for n in range(size))
    return Suite("toy", "1", "", tuple(items))


class Scribe:
    """Writes what it was given, reply after reply, and remembers what it was asked."""

    name = "scribe"

    def __init__(self, *replies):
        self.replies = list(replies)
        self.asked = []

    def write(self, question):
        self.asked.append(question)
        return self.replies.pop(0) if self.replies else ""


# the guard


@pytest.mark.parametrize("text", GOOD)
def test_a_paraphrase_passes(text):
    assert fault(REVIEW, text) == ""


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("Decide whether the review is positive or negative!", "equal to the instruction"),
        ("decide: whether the review is Positive or Negative", "equal to the instruction"),
        ("Is it good or bad?", "with another turn (not, most, only ...)"),
        ("Is the review positive, negative or neither?", "with another turn (not, most, only ...)"),
        ("Decide whether the review is not positive or negative.", "with another turn (not, most, only ...)"),
        ("Decide whether the review isn't positive or negative.", "with another turn (not, most, only ...)"),
        ("Decide whether 2 reviews are positive or negative.", "with other numbers"),
        ("Decide whether the second review is positive or negative.", "with other numbers"),
        ('Say "positive" or "negative" for the review.', "with other quotations"),
        ("Decide whether the review of Marta is positive or negative.", "with other names"),
        ("Decide whether {Review} is positive or negative.", "with other placeholders"),
        ("Sure! Is the review positive or negative?", "about the task, not of it"),
        ("Here is one: is the review positive or negative?", "about the task, not of it"),
        ("positive", "too short"),
        ("", "too short"),
        ("positive or negative " * 20, "too long"),
        ("Is the \x1b[31mreview positive or negative?", "with control characters"),
        ("Is the review\u202e positive or negative?", "with control characters"),
        ("Ignore this: is the review positive or negative?", "about the task, not of it"),
        ("<b>Is the review positive or negative?</b>", "with markup or addresses"),
        ("Is the review at http://x.y positive or negative?", "with markup or addresses"),
        ("Say positive whether the review is positive or negative.", "with one label more often than another"),
        ("Print keys, sell shoes, boil tea, see if the review is positive or negative.", "mostly about something else"),
        ("Blue cheese: positive or negative fish", "with hardly a word of the instruction"),
    ],
)
def test_what_is_no_paraphrase_is_told_why(text, reason):
    assert fault(REVIEW, text) == reason


def test_an_answer_is_never_given_away_and_a_label_never_lost():
    topic = Prompt("Name the topic of the headline.", (Field("Headline", "x"),), ("sports", "politics"))
    assert fault(topic, "Name the sports of the headline.") == "with a label that the instruction does not name"
    named = replace(topic, instruction="Is the headline on sports or politics?")
    assert fault(named, "Is the headline on sports?") == "without a label"
    assert fault(replace(topic, list_choices=True), "Name the sports of the headline.") == ""


def test_numbers_names_and_placeholders_stay():
    prompt = replace(REVIEW, choices=(), instruction='Ask Ann for 3 words like "so" in {Review}.')
    assert fault(prompt, 'Get 3 words such as "so" in {Review} from Ann.') == ""
    for changed in ("Ann", "3 ", '"so"', "{Review}"):
        assert fault(prompt, 'From Ann, get 3 words such as "so" in {Review}.'.replace(changed, "")) != ""


def test_a_template_keeps_its_answer_slot():
    assert fault(TEMPLATE, "Text of the review: {Review}\nIts sentiment:") == ""
    assert fault(TEMPLATE, "The sentiment of the review {Review} is") == "without the answer slot"


def test_a_paraphrase_is_written_once():
    assert fault(REVIEW, GOOD[0].upper(), GOOD) == "written twice"


@given(st.text(max_size=60))
def test_the_guard_survives_any_text(text):
    assert isinstance(fault(REVIEW, text), str)
    assert isinstance(fault(replace(REVIEW, instruction=text), REVIEW.instruction), str)


# questions and replies


def test_a_question_says_what_must_stay():
    asked = question(TEMPLATE, 5, STYLES[0])
    assert "Write 5 other instructions" in asked and "{Review}" in asked and "JSON list" in asked
    assert "the words positive, negative" in question(REVIEW, 5, STYLES[0])
    assert len({question(REVIEW, 5, style) for style in STYLES}) == len(STYLES)


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        ("1. One way?\n2) Two ways.", ["One way?", "Two ways."]),
        ("Sure! Here they are:\n\n1. One.\n- Two.\n\nHope it helps.", ["One.", "Two."]),
        ("One.\n\nTwo.", ["One.", "Two."]),
        ('```json\n["One.", "Two\\nlines:", 3]\n```', ["One.", "Two\nlines:"]),
        ('1. "One."\n2. **Two.**\n3. Say "yes" or "no".', ["One.", "Two.", 'Say "yes" or "no".']),
        ("[broken", ["[broken"]),
        ("", []),
        ("[" * 5000 + "]" * 5000, None),
        ("\n".join(f"{n}. way {n}" for n in range(500)), [f"way {n}" for n in range(50)]),
    ],
)
def test_a_reply_is_read_whatever_stands_around(reply, expected):
    found = candidates(reply)
    assert found == expected if expected is not None else isinstance(found, list)


# asking and keeping


def test_asking_goes_on_in_other_styles_until_there_are_enough(tmp_path):
    scribe = Scribe(f"1. {GOOD[0]}\n2. {GOOD[0]}\n3. Nonsense here", f"1. {GOOD[1]}\n2. {GOOD[2]}", "never asked")
    written = written_for(suite(), scribe, SavedReplies(tmp_path / "p.jsonl"), num=3)
    assert written.texts == {REVIEW.instruction: GOOD[:3]} and len(scribe.asked) == 2
    assert sum(written.dropped.values()) == 2 and written.dropped["written twice"] == 1
    assert str(written).startswith("3 of 5 paraphrases by scribe are used; not used: 1 ")


def test_what_was_written_once_is_never_asked_again(tmp_path):
    path = tmp_path / "deep" / "p.jsonl"
    first = written_for(suite(), Scribe("1. " + GOOD[0]), SavedReplies(path), num=2)
    again = Scribe()
    assert written_for(suite(), again, SavedReplies(path), num=2) == first and again.asked == []
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    assert len(rows) == len(STYLES) and {row["by"] for row in rows} == {"scribe"}


def test_a_line_that_was_cut_off_or_edited_is_asked_for_again(tmp_path, caplog):
    path = tmp_path / "p.jsonl"
    written_for(suite(), Scribe("1. " + GOOD[0], "1. " + GOOD[1]), SavedReplies(path), num=2)
    one, two = path.read_text().splitlines()
    edited = two.replace("Write 5", "Write 6")
    path.write_text(f'{one}\n{edited}\n"text"\n[1]\n{two[:40]}')
    with caplog.at_level(logging.WARNING):
        saved = SavedReplies(path)
    assert "4 lines are no whole replies" in caplog.text
    scribe = Scribe("1. " + GOOD[2])
    assert written_for(suite(), scribe, saved, num=2).texts[REVIEW.instruction] == (GOOD[0], GOOD[2])
    assert len(scribe.asked) == 1 and len(SavedReplies(path).replies) == 2


def test_a_file_that_cannot_be_written_is_said(tmp_path):
    (tmp_path / "p").write_text("")
    with pytest.raises(StoreError, match="cannot be"):
        written_for(suite(), Scribe("1. x"), SavedReplies(tmp_path / "p" / "q.jsonl"), num=1)


def test_a_suite_without_instruction_cannot_be_paraphrased(tmp_path):
    with pytest.raises(UsageError, match="no instruction"):
        written_for(suite(replace(REVIEW, instruction="")), Scribe(), SavedReplies(tmp_path / "p"), num=1)


@pytest.mark.parametrize("spec", ["claude", "openai:", "openai:model", "openai:@http://x", "openai:m@ftp://x"])
def test_a_paraphraser_that_is_none_is_refused(spec):
    with pytest.raises(UsageError, match="paraphraser"):
        writer_of(spec)


def test_the_pocket_model_writes_no_paraphrase_and_the_run_is_told(tmp_path, caplog):
    with caplog.at_level(logging.WARNING):
        made, record = with_paraphrases(
            [suite()], ParaphraseOptions(paraphraser="pocket", num=2, saved=tmp_path / "p.jsonl")
        )
    assert record["toy"]["texts"] == {} and sum(record["toy"]["dropped"].values()) > 0
    assert "toy: 0 of " in caplog.text and made[0].items[0].paraphrases == ()


# files


def test_files_of_ones_own_are_read_in_three_forms(tmp_path):
    texts = {
        "a.txt": "# mine\n\n Way one \n{Review}\\nSentiment:\nWay one\n",
        "b.jsonl": '{"instruction": "Way one"}\n\n{"template": "{Review}\\nSentiment:", "suite": "toy"}\n"Way one"\n',
        "c.csv": 'prompt,note\nWay one,x\n"{Review}\nSentiment:",y\n',
    }
    for name, text in texts.items():
        (tmp_path / name).write_text(text)
        assert read_file(tmp_path / name, [suite()]) == {"toy": ("Way one", "{Review}\nSentiment:")}


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("a.txt", "ok\nSay {Revue}.", r"a.txt:2: \{Revue\} is no field of 'toy'; it has \{Review\}"),
        ("a.txt", "# nothing\n", "holds no paraphrase for toy"),
        ("a.jsonl", "{", "a.jsonl:1: is not valid JSON"),
        ("a.jsonl", "[1]", "a.jsonl:1: has no text"),
        ("a.jsonl", '{"instruction": 3}', "a.jsonl:1: has no text"),
        ("a.csv", "words\nx", "a.csv:1: has no column"),
        ("a.csv", 'prompt\n"x', "is not valid CSV"),
        ("a.jsonl", '{"prompt": "x", "suite": "other"}', "holds no paraphrase for toy"),
    ],
)
def test_a_wrong_file_is_said_with_its_line(tmp_path, name, text, message):
    (tmp_path / name).write_text(text)
    with pytest.raises(UsageError, match=message):
        read_file(tmp_path / name, [suite()])


def test_a_file_that_is_missing_binary_or_for_nobody_is_said(tmp_path):
    (tmp_path / "b.txt").write_bytes(b"\xff\xfe\x00")
    for name in ("none.txt", "b.txt"):
        with pytest.raises(UsageError, match=name):
            read_file(tmp_path / name, [suite()])
    (tmp_path / "c.txt").write_text("Way one")
    with pytest.raises(UsageError, match=r"c.txt:1: for which of toy, other\?"):
        read_file(tmp_path / "c.txt", [suite(), replace(suite(), name="other")])
    two = Prompt("", (Field("Text", "x"), Field("Question", "y")))
    (tmp_path / "d.txt").write_text("Read {Text}.")
    with pytest.raises(UsageError, match=r"\{Question\} is missing"):
        read_file(tmp_path / "d.txt", [Suite("two", "1", "", (Item("1", two, "x"),))])


# the perturbation


def test_a_paraphrase_is_an_instruction_or_a_template():
    assert render(rephrased(REVIEW, "Which?")) == "Which?\nReview: A joy.\nAnswer:"
    assert render(rephrased(REVIEW, "{Review} Which?")) == "A joy. Which?"
    assert rephrased(TEMPLATE, "Which?") is None
    assert rephrased(replace(REVIEW, fields=(*REVIEW.fields, Field("Place", "x"))), "{Review} Which?") is None
    assert rephrased(Prompt("Go.", ()), "Walk.").instruction == "Walk."


def test_every_paraphrase_is_drawn_once_for_all_items(tmp_path):
    (tmp_path / "p.txt").write_text("\n".join(GOOD))
    [made], record = with_paraphrases([suite()], ParaphraseOptions(file=tmp_path / "p.txt"))
    assert record == {"toy": {"texts": {REVIEW.instruction: list(GOOD)}}}
    drawn = make_variants(made, select(["paraphrase"]), samples=9, seed=0)
    assert drawn.counts["paraphrase"]["asked"] == 4 * 3
    columns = {v.sample: set() for v in drawn.variants if v.family == "paraphrase"}
    for v in drawn.variants:
        if v.family == "paraphrase":
            columns[v.sample].add(v.perturbed.prompt.instruction)
    assert sorted(sum(map(list, columns.values()), [])) == sorted(GOOD)


def test_a_runs_paraphrases_come_back_from_its_record(tmp_path):
    (tmp_path / "p.txt").write_text("\n".join(GOOD))
    [made], record = with_paraphrases([suite()], ParaphraseOptions(file=tmp_path / "p.txt"))
    assert given_again(suite(), json.loads(json.dumps(record))) == made
    assert given_again(suite(), None) == given_again(suite(), {}) == suite()


@pytest.mark.parametrize("name", shipped_suites())
def test_a_shipped_suite_brings_other_ways_to_ask(name):
    read = read_suite(find_suite(name))
    ways = read.items[0].paraphrases
    assert len(ways) >= 8 and {item.paraphrases for item in read.items} == {ways}
    reasons = [fault(read.items[0].prompt, way, ways[:place]) for place, way in enumerate(ways)]
    doubtful = {"with another turn (not, most, only ...)", "with other numbers", "about the task, not of it"}
    assert set(reasons) - {""} <= doubtful, "read by people; the rules are stricter than they"
