"""Canonical prompts: what becomes the same, what stays to the letter, and that once is enough."""

from dataclasses import replace

import pytest
from benches import asked_of, suite_of
from hypothesis import given, settings
from hypothesis import strategies as st

from probe.evaluation.run import Plan, prepare
from probe.evaluation.variants import original_of
from probe.mitigate.base import NotApplicable
from probe.mitigate.canonical_text import canonical_prompt
from probe.mitigate.canonicalisation import canonical, canonicalisation
from probe.models.scripted import Scripted
from probe.perturb import select
from probe.prompt.render import continuations, render
from probe.seeds import rng_for
from probe.suite import find_suite, read_suite, shipped_suites
from probe.types import Delimiters, Demonstration, Field, Item, Layout, Prompt

RESTORED = ("leading", "trailing", "doubled", "tab", "nbsp", "zero-width", "crlf")
"""Of the whitespace family; the others break lines, which stay where they are."""


def canonical_text(text, instruction="Is it good?", choices=("good", "bad"), **prompt):
    asked = Prompt(instruction, (Field("Text", text),), choices, **prompt)
    return canonical_prompt(asked, instruction).fields[0].text


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (" \tIt  rains.\u00a0\n", "It rains."),
        ("It\u200b rains.\ufeff  \r\n\r\n\r\n\r\nIt pours.\t\nNow.", "It rains.\n\nIt pours.\nNow."),
        ("1\u202f000 km", "1 000 km"),
        ("- red\n  - dark red\n- green", "- red\n  - dark red\n- green"),
        ("\u201cWet\u201d, he said; it wasn\u2019t \u2018dry\u2019.", "\"Wet\", he said; it wasn't 'dry'."),
        ("\u00ab\u00a0Bonjour\u00a0\u00bb et \u00bbGuten Tag\u00ab \u201eTag\u201c", '"Bonjour" et "Guten Tag" "Tag"'),
        ("5\u2032 10\u2033 high, Hawai\u02bbi, don\u00b4t", "5\u2032 10\u2033 high, Hawai\u02bbi, don't"),
        ("a\u200db \U0001f469\u200d\U0001f680 \u3000\u4f60\u597d", "a\u200db \U0001f469\u200d\U0001f680 \u3000\u4f60\u597d"),
    ],
)  # fmt: skip
def test_blanks_and_quotes_are_plain(text, found):
    assert canonical_text(text) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("THIS FILM WAS REALLY GOOD. I WILL NOT SEE IT AGAIN!", "This film was really good. I will not see it again!"),
        (
            "THE FBI AND THE US SAID ON MONDAY: LET US GO AT 5PM.",
            "The FBI and the US said on Monday: let us go at 5PM.",
        ),
        ("THE NBA TEAM OF ST. JOHN'S LOST TO THE U.S. TEAM", "The NBA team of ST. John's lost to the U.S. team"),
        ("IT WAS NOT GOOD BUT BAD AT `LS -L` HTTP://A.TEST/B", "It was not good but bad at `LS -L` HTTP://A.TEST/B"),
        ("IT WAS good AND THEN bad AGAIN", "It was good and then bad again"),
        ("NASA", "NASA"),
        ("UNITED NATIONS", "UNITED NATIONS"),
        ("I saw IT in the USA", "I saw IT in the USA"),
        ("DER HUND IST NICHT IM HAUS UND DIE KATZE AUCH NICHT", "DER HUND IST NICHT IM HAUS UND DIE KATZE AUCH NICHT"),
    ],
)
def test_a_text_in_capitals_gets_sentence_case_where_that_loses_little(text, found):
    assert canonical_text(text) == found


def test_names_come_back_where_the_prompt_spells_them():
    fields = (Field("Text", "LAST WEEK MARTA MET OTTO IN PARIS."), Field("Question", "Where did Marta meet Otto?"))
    asked = canonical_prompt(Prompt("Answer.", fields, ("in Paris", "in Rome")), "Answer.")
    assert asked.fields[0].text == "Last week Marta met Otto in Paris."


def test_a_step_is_left_out_where_it_would_take_away_what_is_asked():
    shouted = "THIS IS \u201cALL\u201d  IN  CAPITALS"
    assert canonical_text(shouted) == 'This is "all" in capitals'
    assert canonical_text(shouted, "Is the text in upper case?") == 'THIS IS "ALL" IN CAPITALS'
    assert canonical_text(shouted, "Are the quotation marks right?") == "This is \u201call\u201d in capitals"
    assert canonical_text(shouted, "Count the spaces.") == 'This is "all"  in  capitals'
    assert canonical_text("NAME THE CAPITAL OF PERU", "Name the capital of the country.") == "Name the capital of peru"


MACHINE = (
    *("print(\u201ca\u201d)  \n", '"\u201cb\u201d",   "c": [1,  2]', "`ls  -l`", "{Text  name}"),
    *("<b  class='x'>", "SELECT  name FROM  users"),
)


def test_what_is_asked_is_read_from_the_original_instruction():
    item = Item("1", Prompt("Is the text in upper case?", (Field("Text", "THEY ALL SHOUT AT ONCE"),)), "yes")
    variant = original_of(item)
    paraphrased = replace(item, prompt=replace(item.prompt, instruction="Does the writer shout?"))
    assert "THEY ALL SHOUT" in canonical(replace(variant, perturbed=paraphrased)).text


@pytest.mark.parametrize(
    "text",
    [
        "```python\nif  x:\n\tprint(\u201ca\u201d)  \n```",
        '{"a":  "\u201cb\u201d",   "c": [1,  2]}',
        "Run `ls  -l`\tnow and {Text  name} <b  class='x'>",
        "SELECT  name FROM  users WHERE  id = 3",
    ],
)
def test_machine_text_stays_to_the_letter(text):
    found = canonical_text(text)
    for part in MACHINE:
        assert (part in text) == (part in found)


def test_templates_keep_placeholders_their_end_and_joints_to_the_letter():
    fields = (Field("Text", "a  b"),)
    template = Prompt("Read  {Text}\u00a0now:\n\n\n\nAnswer: \n", fields, ("yes", "no"), is_template=True)
    asked = canonical_prompt(template, template.instruction)
    assert asked.instruction == "Read {Text} now:\n\nAnswer: \n"
    assert continuations(asked) == continuations(template)
    joined = replace(template, delimiters=Delimiters())
    assert canonical_prompt(joined, joined.instruction).instruction == joined.instruction


def test_answers_label_words_and_targets_are_not_touched():
    shots = (Demonstration((Field("Text", "c\u00a0d"),), "y\u00a0es"),)
    prompt = Prompt(
        "Say.",
        (Field("Text", "a\u00a0b"),),
        ("y\u00a0es", "n\u2019o"),
        verbalizer=(("y\u00a0es", "\u201cja\u201d"),),
        demonstrations=shots,
    )
    asked = canonical_prompt(prompt, "Say.")
    assert (asked.choices, asked.verbalizer) == (prompt.choices, prompt.verbalizer)
    assert asked.demonstrations == (Demonstration((Field("Text", "c d"),), "y\u00a0es"),)


def test_the_right_answer_plays_no_part():
    item = Item("1", Prompt("Who?", (Field("Text", "THEN MARCO  SAW ROSE IN THE PARK"),)), "Marco")
    texts = {canonical(original_of(replace(item, target=target))).text for target in ("Marco", "Rose", "in the park")}
    assert len(texts) == 1


@pytest.mark.parametrize("name", shipped_suites())
def test_variants_of_blanks_and_quotes_become_their_original_in_shipped_suites(name):
    suite = read_suite(find_suite(name))
    names = [*(f"whitespace-{one}" for one in RESTORED), "punctuation-quotes"]
    made = prepare(suite, Plan(tuple(select(names)), samples=8, limit=4))
    originals = {one.item.id: canonical(one).text for one in made.variants if one.family == "original"}
    assert {one.perturbation for one in made.variants} >= set(names[:-1])
    for variant in made.variants:
        text = canonical(variant).text
        if variant.perturbation == "punctuation-quotes":  # single ones stay single
            assert text.replace('"', "'") == originals[variant.item.id].replace('"', "'")
        else:
            assert text == originals[variant.item.id]


PIECES = st.sampled_from(
    [
        *("It rains.", "\u00a0", "  ", "\t", "\r\n", "\n", "\n\n\n", "\r", "\u200b", "\u201cwet\u201d", "don\u2019t"),
        *(
            "\u00ab ",
            " \u00bb",
            "THE",
            "FBI",
            "MARTA",
            "SAID",
            "WE",
            "WON",
            "US",
            "SELECT",
            "x = 3;",
            "{Text}",
            "`a  b`",
        ),
        *('{"a":  1}', "```", "- ", "| a | b |", "<b>", "1.5"),
    ]
)
TEXTS = st.one_of(st.lists(PIECES, max_size=14).map("".join), st.lists(PIECES, max_size=10).map(" ".join))


@given(TEXTS, TEXTS, st.booleans())
@settings(max_examples=100, deadline=None)
def test_once_is_enough(instruction, text, is_template):
    prompt = Prompt(instruction, (Field("Text", text),), ("The US", "no"), is_template=is_template)
    once = canonical_prompt(prompt, instruction)
    assert canonical_prompt(once, instruction) == once
    if is_template:
        assert once.instruction[len(once.instruction.rstrip()) :] == instruction[len(instruction.rstrip()) :]


@given(st.sampled_from(shipped_suites()), st.integers(0, 50))
@settings(max_examples=4, deadline=None)
def test_once_is_enough_for_whatever_a_perturbation_makes(name, seed):
    rng = rng_for(seed, name)
    item = rng.choice(read_suite(find_suite(name)).items)
    for one in select(["all"]):
        asked = one.apply(item, rng)
        if asked is not None:
            once = canonical_prompt(asked.prompt, item.prompt.instruction)
            assert canonical_prompt(once, item.prompt.instruction) == once
            assert once.choices == asked.prompt.choices


def moved_by_blanks(request):
    """Prefer yes where there are odd blanks, and no elsewhere."""
    odd = any(
        mark in request.context for mark in ("  ", "\t", "\u00a0", "\u202f", "\u200b", "\u2060", "\ufeff", "\r", " \n")
    )
    return float(odd == ("yes" in request.continuation))


def test_answers_that_odd_blanks_move_move_no_more():
    names = [f"whitespace-{one}" for one in RESTORED]
    bench = asked_of(suite_of(4, ("yes", "no")), Scripted(prefers=moved_by_blanks), perturb=names, samples=7)
    assert {score.prediction for score in bench.before} == {"yes", "no"}
    outcome = canonicalisation(bench)
    assert {score.prediction for score in outcome.scores} == {"no"}
    assert not outcome.keeps and bench.asker.cost.calls == len(bench.before)
    assert outcome.details["restored"] == outcome.details["changed"]
    assert (
        outcome.chose
        == f"{len(bench.before) - 4} of {len(bench.before)} prompts changed, {len(bench.before) - 4} of them into their original"
    )
    same = zip(outcome.scores, bench.before, strict=True)
    assert all((a.variant.item, a.variant.sample) == (b.variant.item, b.variant.sample) for a, b in same)


def test_a_run_of_canonical_prompts_has_nothing_to_do():
    with pytest.raises(NotApplicable, match="no prompt changes"):
        canonicalisation(asked_of(suite_of(2), Scripted(), perturb=("format-casing",)))


def test_a_layout_that_ends_lines_in_crlf_is_plain():
    prompt = Prompt("Say.\r", (Field("Text", "a\r\nb"),), ("yes",), layout=Layout(space="\r\n"))
    assert render(canonical_prompt(prompt, "Say.")) == "Say.\nText: a\nb\nAnswer:"
