"""Prompts as text: the plain form, the instruction's place, label words, wrong answers, templates."""

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probe.evaluation.requests import requests_for
from probe.evaluation.scoring import score
from probe.evaluation.variants import original_of
from probe.models.base import cut_at
from probe.prompt.render import closings, continuation, continuations, gap, instruction_text, messages, render
from probe.types import Completion, Demonstration, Field, Generation, Item, Layout, LogLikelihood, Prompt, Suite

SHOTS = (
    Demonstration((Field("Review", "A bore."),), "negative"),
    Demonstration((Field("Review", "Fun."),), "positive"),
)
REVIEW = Prompt(
    "Say whether the review is positive or negative.",
    (Field("Review", "A joy."),),
    ("positive", "negative"),
    answer_field="Sentiment",
)
FACT = Prompt(
    "Choose.", (Field("Question", "A young horse?"),), ("foal", "cub"), options_field="Options", list_choices=True
)
STRUCTURES = ("plain", "markdown", "xml", "json", "chat", "chat-system", "chat-turns", "chat-system-turns")


def test_the_instruction_may_stand_between_the_question_and_the_answer():
    after = replace(REVIEW, instruction_place="after", demonstrations=SHOTS[:1])
    assert render(after) == (
        "Review: A bore.\nSentiment: negative\n\n"
        "Review: A joy.\nSay whether the review is positive or negative.\nSentiment:"
    )
    assert render(replace(after, instruction="", demonstrations=())) == "Review: A joy.\nSentiment:"


def test_label_words_stand_for_choices_wherever_one_is_shown_or_asked_for():
    words = (("positive", "good"), ("negative", "bad"))
    prompt = replace(REVIEW, instruction="Answer with {choices}.", demonstrations=SHOTS[:1], verbalizer=words)
    assert render(prompt) == "Answer with good or bad.\n\nReview: A bore.\nSentiment: bad\n\nReview: A joy.\nSentiment:"
    assert continuations(prompt) == (" good", " bad")
    listed = replace(FACT, verbalizer=(("foal", "FOAL"),))
    assert "A. FOAL\nB. cub" in render(listed)
    assert continuations(replace(listed, answer_with="symbol")) == (" A", " B")
    template = replace(prompt, instruction="{Review} ({choices})", is_template=True)
    assert render(template) == "A bore. (good or bad) bad\n\nA joy. (good or bad)"
    assert continuations(template) == (" good", " bad")


def test_a_wrong_answer_is_shown_as_such_before_the_right_one():
    wrong = replace(SHOTS[0], wrong="positive")
    prompt = replace(REVIEW, instruction="", demonstrations=(wrong,), layout=Layout(casing="upper"))
    assert render(prompt).startswith("REVIEW: A bore.\nWRONG SENTIMENT: positive\nSENTIMENT: negative\n\n")
    symbols = replace(
        FACT, answer_with="symbol", demonstrations=(Demonstration(FACT.fields, "foal", ("cub", "foal"), wrong="cub"),)
    )
    assert "A. cub\nB. foal\nWrong answer: A\nAnswer: B\n\n" in render(symbols)


@pytest.mark.parametrize("structure", STRUCTURES)
@pytest.mark.parametrize("prompt", [REVIEW, FACT, replace(REVIEW, demonstrations=SHOTS)], ids=["bare", "list", "shots"])
def test_context_and_answer_meet_in_whitespace_and_the_context_ends_without(structure, prompt):
    held = replace(prompt, structure=structure)
    context = render(held)
    assert context == context.rstrip()
    for choice in held.choices:
        ending = continuation(held, choice)
        assert ending[: len(ending) - len(ending.lstrip())] == gap(held) != ""
        assert choice in ending


def test_each_structure_holds_the_parts_in_its_own_way():
    prompt = replace(REVIEW, demonstrations=SHOTS[:1])
    instruction = "Say whether the review is positive or negative."
    assert render(replace(prompt, structure="markdown")) == (
        f"### Instruction\n{instruction}\n\n### Review\nA bore.\n\n### Sentiment\nnegative\n\n"
        "### Review\nA joy.\n\n### Sentiment"
    )
    assert render(replace(prompt, structure="xml")) == (
        f"<instruction>{instruction}</instruction>\n\n<review>A bore.</review>\n<sentiment>\nnegative\n</sentiment>\n\n"
        "<review>A joy.</review>\n<sentiment>"
    )
    assert render(replace(prompt, structure="json")) == (
        f'{{"instruction": "{instruction}"}}\n{{"review": "A bore.", "sentiment": "negative"}}\n'
        '{"review": "A joy.", "sentiment":'
    )
    assert continuations(replace(prompt, structure="markdown")) == ("\npositive", "\nnegative")
    assert continuations(replace(prompt, structure="xml")) == ("\npositive", "\nnegative")
    assert continuations(replace(prompt, structure="json")) == (' "positive"', ' "negative"')


@given(st.text(max_size=30), st.text(min_size=1, max_size=12))
def test_json_is_json_whatever_the_texts_are(text, answer):
    shot = Demonstration((Field("Text", text),), answer)
    prompt = Prompt("", (Field("Text", text),), (answer, answer + "x"), demonstrations=(shot,), structure="json")
    solved, _, asked = render(prompt).partition('}\n{"text"')
    assert json.loads(solved + "}") == {"text": text, "answer": answer}
    assert json.loads('{"text"' + asked + continuation(prompt, answer) + "}") == {"text": text, "answer": answer}


def test_an_instruction_that_comes_after_is_the_last_part_of_every_structure():
    after = replace(REVIEW, instruction_place="after", instruction="Which?")
    assert (
        render(replace(after, structure="markdown")) == "### Review\nA joy.\n\n### Instruction\nWhich?\n\n### Sentiment"
    )
    assert render(replace(after, structure="xml")) == (
        "<review>A joy.</review>\n<instruction>Which?</instruction>\n<sentiment>"
    )
    assert render(replace(after, structure="chat-system")) == "User: Review: A joy.\nWhich?\nSentiment:\n\nAssistant:"


def test_options_have_a_name_where_everything_has_one():
    bare = replace(FACT, options_field="")
    assert '"options": "A. foal\\nB. cub"' in render(replace(bare, structure="json"))
    assert "<options>A. foal\nB. cub</options>" in render(replace(bare, structure="xml"))
    assert "### Options\nA. foal\nB. cub" in render(replace(bare, structure="markdown"))


def test_a_chat_has_its_turns_as_messages_and_as_text():
    prompt = replace(REVIEW, demonstrations=SHOTS, structure="chat-system-turns")
    assert messages(prompt) == (
        ("system", "Say whether the review is positive or negative."),
        ("user", "Review: A bore.\nSentiment:"),
        ("assistant", "negative"),
        ("user", "Review: Fun.\nSentiment:"),
        ("assistant", "positive"),
        ("user", "Review: A joy.\nSentiment:"),
    )
    assert render(prompt).startswith("System: Say whether the review is positive or negative.\n\nUser: Review: A bore.")
    assert render(prompt).endswith("\n\nUser: Review: A joy.\nSentiment:\n\nAssistant:")
    assert continuations(prompt) == (" positive", " negative")
    one_turn = messages(replace(prompt, structure="chat"))
    assert [role for role, _ in one_turn] == ["user"]
    assert one_turn[0][1] == render(replace(prompt, structure="plain"))
    assert [role for role, _ in messages(replace(prompt, structure="chat-turns"))] == ["user", "assistant"] * 2 + [
        "user"
    ]
    assert messages(replace(prompt, structure="chat-turns"))[0][1].startswith("Say whether")
    assert messages(replace(prompt, structure="chat-system"))[0] == ("system", REVIEW.instruction)


def test_a_chat_without_instruction_has_no_empty_turn():
    assert messages(Prompt("", REVIEW.fields, structure="chat-system")) == (("user", "Review: A joy.\nAnswer:"),)
    assert messages(REVIEW) == () == messages(replace(REVIEW, structure="json"))


def test_a_template_is_one_text_in_every_structure_and_one_turn_in_a_chat():
    template = Prompt("Q: {Review}\nA:", REVIEW.fields, REVIEW.choices, demonstrations=SHOTS[:1], is_template=True)
    for structure in ("markdown", "xml", "json"):
        held = replace(template, structure=structure)
        assert render(held) == render(template) == "Q: A bore.\nA: negative\n\nQ: A joy.\nA:"
        assert continuations(held) == (" positive", " negative") and closings(held) == ()
    assert messages(replace(template, structure="chat-turns")) == (("user", render(template)),)


def test_placeholders_in_texts_are_never_filled():
    prompt = replace(REVIEW, instruction="Say {choices}. {Review}", fields=(Field("Review", "{choices}"),))
    assert instruction_text(prompt) == "Say positive or negative. {Review}"
    assert "Review: {choices}" in render(prompt)
    assert render(replace(prompt, is_template=True)) == "Say positive or negative. {choices}"


# what is asked of the model

FREE = Prompt("Answer.", (Field("Question", "Capital of France?"),))


def asked(prompt, stop=("\n",)):
    item = Item("1", prompt, prompt.choices[0] if prompt.choices else "Paris")
    return requests_for(original_of(item), Suite("s", "1", "", (item,), stop=stop))


def test_a_choice_is_ranked_with_the_messages_of_its_chat():
    ranked = asked(replace(REVIEW, structure="chat-system"))
    assert all(isinstance(one, LogLikelihood) for one in ranked)
    assert {one.messages for one in ranked} == {messages(replace(REVIEW, structure="chat-system"))}


@pytest.mark.parametrize(
    ("separator", "stop", "ending"),
    [
        (": ", ("\n",), "Answer:"),
        ("\n    ", ("\n",), "Answer\n"),
        (" \n\t", ("\n",), "Answer \n"),
        ("\n    ", ("\n\n",), "Answer"),
        ("\n    ", (), "Answer"),
        ("\n    ", ("",), "Answer"),
    ],
)
def test_a_stop_string_in_the_space_before_an_answer_cuts_nothing(separator, stop, ending):
    [request] = asked(replace(FREE, layout=Layout(separator=separator)), stop)
    assert isinstance(request, Generation) and request.context.endswith(ending)


def test_free_text_ends_with_what_closes_its_structure():
    found = {}
    for structure in STRUCTURES:
        [request] = asked(replace(FREE, structure=structure))
        found[structure] = request.stop
    assert (
        found["xml"] == ("\n", "</answer>") and found["json"] == ("\n", '"}') and found["markdown"] == ("\n", "\n###")
    )
    assert found["plain"] == found["chat"] == found["chat-system-turns"] == ("\n",)
    [request] = asked(replace(FREE, structure="xml"))
    assert request.context.endswith("<answer>\n")


def test_an_answer_in_json_that_may_hold_brackets_ends_at_a_line_and_not_at_the_first_bracket():
    brackets = replace(FREE, structure="json", fields=(Field("Sequence", "{ [ ]"), Field("Rest", "}")))
    [request] = asked(brackets)
    assert request.stop == ("\n", '"}\n')


@pytest.mark.parametrize("accepted", ['{"a": "b"}', '{"a": {"b": "c"}, "d": 1}', "{x}"])
def test_a_right_answer_in_json_that_holds_what_closes_json_is_not_cut_there(accepted):
    held = replace(FREE, structure="json")
    for target, aliases in ((accepted, ()), ("none", (accepted,))):
        variant = original_of(Item("1", held, target, aliases))
        [request] = requests_for(variant, Suite("s", "1", "", (), stop=()))
        said = cut_at(json.dumps(accepted) + "}\n" + '{"question": "..."}', request.stop)
        assert score(variant, [Completion(said, -0.5, 3)]).correct
