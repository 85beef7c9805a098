"""Distraction: what is put beside the question, and that all of the question still stands."""

import re
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from seen import samples

from probe.perturb import select
from probe.perturb.distraction import MAX_WORDS
from probe.perturb.words import word_list, word_set
from probe.prompt.render import continuations, render
from probe.seeds import rng_for
from probe.types import Demonstration, Field, Item, Prompt

TAUTOLOGIES, SENTENCES, PARAGRAPHS = (
    word_list("distraction", key) for key in ("tautologies", "sentences", "paragraphs")
)
SUBJECTS, DEEDS, TIMES = (word_list("distraction", key) for key in ("subjects", "deeds", "times"))
NUMBERS, TURNING = word_set("protected", "numbers"), word_set("protected", "turning")

REVIEW = Prompt("Is it good or bad?", (Field("Review", "A joy."),), ("good", "bad"), answer_field="Verdict")
TEMPLATE = Prompt("Is it good?\n{Review}\nVerdict:", REVIEW.fields, REVIEW.choices, is_template=True)
MEMBERS = select(["distraction"])
NAMES = [one.name for one in MEMBERS]
_TASK_WORDS = (
    "answer question review sentiment passage premise hypothesis text option options choose decide task instruction "
    "headline topic label classify summary sentence word words"
)
TASK_WORDS = frozenset(_TASK_WORDS.split())


def test_all_of_them_add_and_are_drawn_once_for_all_items():
    kinds = ("tautology", "random-string", "sentence", "context", "padding")
    assert [f"distraction-{kind}" for kind in kinds] == NAMES
    assert all(one.adds and one.scope == "suite" and one.effect == "label-preserving" for one in MEMBERS)


def test_a_tautology_is_said_several_times_after_the_instruction():
    seen = {asked.prompt.instruction for asked in samples("distraction-tautology", Item("1", REVIEW, "good"), 100)}
    assert len(seen) >= 18
    for text in seen:
        said = text.removeprefix("Is it good or bad? ")
        assert any(re.fullmatch(f"{one}( {one}){{1,4}}", said) for one in TAUTOLOGIES), said


def test_no_tautology_says_an_answer():
    prompt = replace(REVIEW, choices=("true", "false"))
    seen = " ".join(asked.prompt.instruction for asked in samples("distraction-tautology", Item("1", prompt, "true")))
    assert "and water is water" in seen and "true" not in seen and "false" not in seen


def test_random_strings_are_ten_letters_each():
    for strength, count in ((0.2, 1), (1.0, 5)):
        for asked in samples(f"distraction-random-string@{strength}", Item("1", REVIEW, "good")):
            added = asked.prompt.instruction.replace(REVIEW.instruction, "").split()
            assert [len(word) for word in added] == [10] * count and all(map(str.isalpha, added))


def test_a_sentence_stands_before_or_after_the_instruction():
    seen = {asked.prompt.instruction for asked in samples("distraction-sentence", Item("1", REVIEW, "good"), 800)}
    instruction = REVIEW.instruction
    assert seen == {f"{one} {instruction}" for one in SENTENCES} | {f"{instruction} {one}" for one in SENTENCES}


def test_a_paragraph_stands_before_the_input():
    item = Item("1", REVIEW, "good")
    seen = {asked.prompt.instruction for asked in samples("distraction-context", item, 300)}
    instruction = REVIEW.instruction
    before = {f"{one}\n\n{instruction}" for one in PARAGRAPHS}
    assert seen == before | {f"{instruction}\n\n{one}" for one in PARAGRAPHS}
    last = Item("1", replace(REVIEW, instruction_place="after"), "good")
    assert {asked.prompt.instruction for asked in samples("distraction-context", last, 300)} == before


@pytest.mark.parametrize("strength", [0.05, 0.1, 0.5, 1.0])
def test_padding_is_as_long_as_asked_for_and_the_question_lies_within(strength):
    for asked in samples(f"distraction-padding@{strength}", Item("1", REVIEW, "good"), 5):
        text = render(asked.prompt)
        before, after = text.split("Is it good or bad?\nReview: A joy.\n\n")
        assert after.endswith("\nVerdict:")
        words = len(f"{before} {after.removesuffix('Verdict:')}".split())
        assert strength * MAX_WORDS <= words <= strength * MAX_WORDS + 40
        assert min(len(before.split()), len(after.split())) >= 0.15 * words


def test_padding_of_a_template_stands_before_it_and_before_its_last_line():
    [asked] = samples("distraction-padding", Item("1", TEMPLATE, "good"), 1)
    assert re.fullmatch(r"The [^\n]+\n\nIs it good\?\n\{Review\}\nThe [^\n]+\nVerdict:", asked.prompt.instruction)
    bare = replace(TEMPLATE, instruction="Is it good? {Review}")
    [asked] = samples("distraction-padding", Item("1", bare, "good"), 1)
    assert re.fullmatch(r"The [^\n]+\n\nIs it good\? \{Review\}", asked.prompt.instruction)


@pytest.mark.parametrize("structure", ["plain", "markdown", "xml", "json", "chat", "chat-system-turns"])
@pytest.mark.parametrize("name", NAMES)
def test_the_whole_question_still_stands_in_every_structure(name, structure):
    shots = (Demonstration((Field("Review", "A bore."),), "bad"),)
    for prompt in (replace(REVIEW, structure=structure, demonstrations=shots), TEMPLATE):
        for asked in samples(name, Item("1", prompt, "good"), 5):
            assert (
                asked.prompt.fields == prompt.fields and prompt.instruction.split("\n")[0] in asked.prompt.instruction
            )
            old, new = (re.findall(r"\w+", render(p).replace("\\n", " ")) for p in (prompt, asked.prompt))
            left = iter(new)
            assert all(word in left for word in old), "nothing went, in its order"
            assert continuations(asked.prompt) == continuations(prompt)


@pytest.mark.parametrize("name", NAMES)
@given(
    answers=st.lists(
        st.sampled_from(["kettle", "garden", "water", "true", "the", "A", "in spring", "dust", "no"]), min_size=1
    ),
    seed=st.integers(0, 20),
)
@settings(max_examples=40, deadline=None)
def test_what_is_added_mentions_no_answer(name, answers, seed):
    choices = tuple(dict.fromkeys(answers))
    [one] = select([name])
    prompt = Prompt("", (Field("Text", "x"),), choices)
    asked = one.apply(Item("1", prompt, choices[0]), rng_for(seed))
    if asked is not None:
        added = f"{asked.prompt.instruction} {asked.prompt.note}".lower()
        assert not any(re.search(rf"(?<!\w){choice.lower()}(?!\w)", added) for choice in choices)


def test_no_filler_says_a_number_a_turning_word_an_option_or_anything_of_a_task():
    every = [*SENTENCES, *PARAGRAPHS, *SUBJECTS, *DEEDS, *TIMES]
    for text in every:
        words = re.findall(r"\w+", text.lower())
        assert not set(words) & (TURNING | NUMBERS | TASK_WORDS), text
        assert all(len(word) > 1 and word.isalpha() for word in words), text
    assert len(set(SENTENCES)) >= 40 and len(set(PARAGRAPHS)) >= 12
    assert len(SUBJECTS) * len(DEEDS) * len(TIMES) > 10_000
    assert all(40 > len(text.split()) > 25 for text in PARAGRAPHS)
    assert all(text[0].isupper() and text.endswith(".") for text in (*SENTENCES, *PARAGRAPHS))


def test_the_same_draw_adds_the_same_to_every_item():
    other = replace(REVIEW, fields=(Field("Review", "A bore."),))
    for one in MEMBERS:
        for seed in range(10):
            first, second = (one.apply(Item(f"{n}", p, "good"), rng_for(seed)) for n, p in enumerate((REVIEW, other)))
            assert (first.prompt.instruction, first.prompt.note) == (second.prompt.instruction, second.prompt.note)
