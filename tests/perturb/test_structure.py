"""The structures as perturbations: where each applies, and how it reads."""

import json
from dataclasses import replace

import pytest

from probe.evaluation.variants import make_variants
from probe.perturb import select
from probe.prompt.render import messages, render
from probe.seeds import rng_for
from probe.types import Demonstration, Field, Item, Prompt, Suite

SHOT = Demonstration((Field("Review", "A bore."),), "negative")
REVIEW = Prompt("Which?", (Field("Review", "A joy."),), ("positive", "negative"), answer_field="Sentiment")
TEMPLATE = Prompt("Q: {Review}", REVIEW.fields, REVIEW.choices, is_template=True)
MEMBERS = {p.name.removeprefix("structure-"): p for p in select(["structure"])}


def asked(structure, prompt):
    made = MEMBERS[structure].apply(Item("1", prompt, "positive"), rng_for(0))
    return None if made is None else made.prompt


@pytest.mark.parametrize("structure", MEMBERS)
def test_a_structure_changes_nothing_else(structure):
    prompt = replace(REVIEW, demonstrations=(SHOT,), structure="json" if structure == "plain" else "plain")
    made = asked(structure, prompt)
    assert made == replace(prompt, structure=structure) and render(made) != render(prompt)
    assert asked(structure, made) is None


def test_what_there_is_nothing_to_structure_for_is_left():
    assert asked("chat-turns", REVIEW) is None and asked("chat-system-turns", REVIEW) is None
    for changed in ({"instruction": " "}, {"instruction_place": "after"}):
        bare = replace(REVIEW, demonstrations=(SHOT,), **changed)
        assert asked("chat-system", bare) is None and asked("chat-system-turns", bare) is None
        assert asked("chat-turns", bare) is not None
    assert [name for name in MEMBERS if asked(name, TEMPLATE) is not None] == ["chat"]


@pytest.mark.parametrize(
    "changed",
    [
        {"fields": (Field("Path", r"Copy C:\temp"),)},
        {"instruction": r"Simplify \frac{1}{2}."},
        {"choices": (r"\n", "x")},
    ]
    + [{"demonstrations": (replace(SHOT, target=r"a\b"),)}, {"note": "\\"}],
)
def test_json_would_write_a_backslash_twice_so_such_a_text_is_left(changed):
    prompt = replace(REVIEW, **changed)
    assert asked("json", prompt) is None
    assert asked("xml", prompt) is not None and asked("markdown", prompt) is not None


def test_json_holds_quotes_and_lines_which_a_reader_of_json_gets_back():
    made = asked("json", replace(REVIEW, fields=(Field("Review", 'He said "joy".\nOnce.'),)))
    assert json.loads(render(made).split("\n")[-1] + ' ""}')["review"] == 'He said "joy".\nOnce.'


def test_a_template_becomes_one_turn():
    assert messages(asked("chat", TEMPLATE)) == (("user", "Q: A joy."),)


def test_every_structure_is_asked_once_for_all_items():
    items = tuple(Item(str(n), replace(REVIEW, fields=(Field("Review", f"{n}."),), demonstrations=(SHOT,)), "positive")
                  for n in range(3))  # fmt: skip
    made = make_variants(Suite("s", "1", "", items), select(["structure"]), samples=20, seed=0)
    assert made.counts["structure"]["asked"] == 7 * 3
    assert {v.perturbation for v in made.variants if v.family == "structure"} == {
        f"structure-{name}" for name in MEMBERS if name != "plain"
    }
