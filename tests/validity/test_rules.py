"""What the rules of validity let pass, doubt and fail."""

from dataclasses import replace

import pytest

from probe.prompt.render import render
from probe.types import Check, Contrast, Field, Item, Layout, Perturbation, Prompt, Variant
from probe.validity import RULES, check_results, validate
from probe.validity.facts import facts_of, names_of

PROMPT = Prompt(
    "Decide whether the review is positive or negative.",
    (Field("Review", 'Then Ada said "never again" after 3 of the meals, and the most expensive was not good.'),),
    ("positive", "negative"),
)
ITEM = Item("1", PROMPT, "negative")
SAME = Perturbation("same", "any", "", lambda item, rng: None)
ADDS = replace(SAME, adds=True)


def asked(*, field=None, instruction=None, item=ITEM, **changes):
    prompt = item.prompt
    fields = prompt.fields if field is None else (Field(prompt.fields[0].name, field),)
    words = prompt.instruction if instruction is None else instruction
    made = replace(item, prompt=replace(prompt, instruction=words, fields=fields, **changes))
    return Variant(item, made, "any", "same", 0, "label-preserving", render(made.prompt))


def failed(variant, perturbation=SAME):
    return {check.name for check in validate(variant, perturbation) if check.outcome == "fail"}


TEXT = PROMPT.fields[0].text


@pytest.mark.parametrize(
    ("old", "new", "rules"),
    [
        ("3 of", "4 of", {"numbers"}),
        ("3 of", "three of", {"numbers"}),
        ("Ada", "Eva", {"names"}),
        ("Ada", "ada", set()),
        ("never again", "ever again", {"quotations", "polarity"}),
        ('"never again"', "\u201cnever  again\u201d", set()),
        ("was not", "was", {"polarity"}),
        ("was not", "wasn't", set()),
        ("most", "least", {"polarity"}),
        ("after", "before", {"polarity"}),
        ("good", "positive", {"polarity", "answers"}),
        ("meals", "dishes", set()),
        ("expensive", "exepnsive", set()),
        ("expensive", "expen5ive", set()),
        ("expensive", "expensive5", {"numbers"}),
        ("Ada said", "Ada\u00a0said", set()),
        ("Ada said", "A\u200bda said", set()),
    ],
)
def test_what_a_rephrasing_must_not_lose(old, new, rules):
    assert old in TEXT
    assert failed(asked(field=TEXT.replace(old, new))) == rules


def test_another_layout_says_the_same():
    assert validate(asked(layout=Layout(separator=" - ", space=" || ", casing="upper")), SAME) == ()


def test_text_put_beside_the_question_may_say_what_it_likes_but_no_answer():
    assert failed(asked(field="It is not 9 o'clock. " + TEXT), ADDS) == set()
    assert failed(asked(field="It is not 9 o'clock. " + TEXT)) == {"numbers", "polarity"}
    assert failed(asked(field="How positive! " + TEXT), ADDS) == {"answers"}
    assert "numbers" in failed(asked(field=TEXT.replace("3", "4")), ADDS)


def test_much_text_beside_the_question_is_no_rewriting():
    padded = asked(instruction="The kettle stood in the hall at dusk. " * 40 + PROMPT.instruction)
    assert validate(padded, ADDS) == ()


def test_all_answers_may_be_said_once_more():
    assert failed(asked(instruction=PROMPT.instruction + " Answer with positive or negative."), ADDS) == set()
    assert "answers" in failed(asked(instruction=PROMPT.instruction + " Answer with positive."), ADDS)


def test_label_words_count_as_the_choices_they_stand_for():
    words = (("positive", "good"), ("negative", "bad"))
    told = asked(instruction="Decide whether the review is good or bad.", verbalizer=words)
    assert failed(told) == set()
    assert "answers" in failed(asked(instruction="Decide whether the review is good or dull.", verbalizer=words))


def test_a_placeholder_that_is_lost_fails():
    prompt = replace(PROMPT, instruction="Review: {Review}\nOne of {choices}:", is_template=True)
    item = replace(ITEM, prompt=prompt)
    assert failed(asked(item=item, instruction="Review: {Review}\nOne of them:")) == {"placeholders"}


def test_a_field_that_is_gone_fails():
    gone = replace(ITEM, prompt=replace(PROMPT, fields=()))
    variant = Variant(ITEM, gone, "any", "same", 0, "label-preserving", render(gone.prompt))
    assert failed(variant) == {"fields"}


def test_symbols_that_the_instruction_names_have_to_be_those_of_the_options():
    prompt = Prompt("Answer with A or B.", (Field("Q", "Why?"),), ("x", "y"), list_choices=True, answer_with="symbol")
    item = Item("1", prompt, "x")
    assert failed(asked(item=item, layout=Layout(numbering="digit"))) == {"symbols"}
    assert failed(asked(item=item, layout=Layout(numbering="digit"), instruction="Answer with 1 or 2.")) == set()


def test_an_instruction_of_other_words_is_doubted_not_failed():
    checks = validate(asked(instruction="Tell me what kind of opinion this expresses: positive or negative?"), SAME)
    assert {(check.name, check.outcome) for check in checks} <= {("few-words-kept", "doubt")}
    other = validate(asked(instruction="Opinion kind (positive / negative)"), SAME)
    assert all(check.outcome == "doubt" for check in other)


def flipped(field, target):
    edit = Contrast((Field("Review", field),), target)
    made = replace(ITEM, prompt=replace(PROMPT, fields=edit.fields), target=target)
    return Variant(ITEM, made, "contrast", "contrast-set", 0, "label-altering", render(made.prompt))


def test_a_variant_that_declares_another_answer_asks_something_else_that_can_be_answered():
    assert validate(flipped(TEXT.replace("not good", "good"), "positive"), SAME) == ()
    assert failed(flipped(TEXT, "positive")) == {"declared"}
    assert failed(flipped(TEXT + " Yes.", "negative")) == {"declared"}
    assert failed(flipped(TEXT + " Yes.", "mixed")) == {"declared"}
    assert [c.name for c in validate(flipped("Another story altogether with nothing in common", "positive"), SAME)] == [
        "large-edit"
    ]


def test_check_results_name_every_rule_that_applies():
    same = check_results(asked(field=TEXT))
    assert set(same) == set(RULES) - {"declared", "large-edit", "protected"}
    assert set(same.values()) == {"ok"}
    assert set(check_results(slip(TEXT))) == set(RULES) - {"declared", "large-edit"}
    flip = check_results(flipped(TEXT + " Yes.", "positive"))
    assert set(flip) == set(RULES) - {"few-words-kept", "protected"}


@pytest.mark.parametrize(
    ("old", "new", "changed"),
    [
        ("3 of", "4 of", {"numbers": "3 -> 4"}),
        ("Ada", "Eva", {"names": "ada -> eva"}),
        ("was not", "was", {"polarity": "lost not"}),
        ("most", "least", {"polarity": "most -> least"}),
        ("good", "positive", {"polarity": "new positive", "answers": "positive +1"}),
        ('"never again"', '"ever again"', {"quotations": "never again -> ever again", "polarity": "lost never"}),
        ("the meals", "{meals}", {"placeholders": "new {meals}"}),
        ("meals", "dishes", {}),
    ],
)
def test_what_a_contrast_changes_is_recorded_and_does_not_drop_it(old, new, changed):
    assert old in TEXT
    variant = flipped(TEXT.replace(old, new), "positive")
    assert validate(variant, SAME) == ()
    assert {name: outcome for name, outcome in check_results(variant).items() if outcome != "ok"} == {
        name: f"changed: {note}" for name, note in changed.items()
    }


def test_numbers_that_changed_places_are_told():
    item = replace(ITEM, prompt=replace(PROMPT, fields=(Field("Text", "Ann is 17, Ali is 75."),)))
    turned = replace(
        item, prompt=replace(item.prompt, fields=(Field("Text", "Ann is 75, Ali is 17."),)), target="positive"
    )
    variant = Variant(item, turned, "contrast", "contrast-number", 0, "label-altering", render(turned.prompt))
    assert check_results(variant)["numbers"] == "changed: 17, 75 -> 75, 17"


@pytest.mark.parametrize(
    ("last", "question", "changes", "fails"),
    [
        ("Both A and B", "Which?", {"choices": ("lead", "iron", "Both A and B")}, True),
        ("Both A and B", "Which?", {"layout": Layout(numbering="digit")}, True),
        ("Both A and B", "Which?", {"symbol_shift": 1}, True),
        ("Both A and B", "Which?", {"layout": Layout(option_space="; ")}, False),
        ("None of the above", "Which?", {"choices": ("lead", "None of the above", "iron")}, True),
        ("None of the above", "Which?", {"layout": Layout(numbering="digit")}, False),
        ("tin", "Option B is wrong. Which?", {"choices": ("lead", "tin", "iron")}, True),
        ("All three", "Which?", {"choices": ("All three", "lead", "iron")}, False),
    ],
)
def test_an_order_or_a_symbol_that_makes_a_text_speak_of_another_option_fails(last, question, changes, fails):
    prompt = Prompt("Choose.", (Field("Question", question),), ("iron", "lead", last), list_choices=True)
    assert failed(asked(item=Item("1", prompt, "iron"), **changes)) == ({"symbols"} if fails else set())


def test_a_contrast_that_loses_a_placeholder_or_names_other_symbols_fails():
    asks = replace(PROMPT, instruction="Review: {Review}\nOne of {choices}:", is_template=True)
    item = replace(ITEM, prompt=asks)
    lost = replace(item, prompt=replace(asks, instruction="Review: {Review}\nOne of them:"), target="positive")
    assert failed(Variant(item, lost, "contrast", "contrast-set", 0, "label-altering", "")) == {"placeholders"}
    listed = Prompt("Answer with A or B.", (Field("Q", "Why?"),), ("x", "y"), list_choices=True, answer_with="symbol")
    item = Item("1", listed, "x")
    other = replace(listed, fields=(Field("Q", "Why not?"),), layout=Layout(numbering="digit"))
    turned = Variant(
        item, replace(item, prompt=other, target="y"), "composed", "contrast-set+format", 0, "label-altering", ""
    )
    assert failed(turned) == {"symbols"}
    assert check_results(replace(turned, checks=validate(turned, SAME)))["symbols"].startswith(
        "fail: the instruction names"
    )


def slip(field=None, *, instruction=None, perturbation="typo-swap", item=ITEM):
    return replace(asked(field=field, instruction=instruction, item=item), family="typos", perturbation=perturbation)


OPEN = 'Is it so if ada@home.org said "no way" in <b>bold</b> on 3rd May at /x/y1? gpt4 may not.'


@pytest.mark.parametrize(
    ("old", "new", "lost"),
    [
        ("ada@home.org", "ada@hmoe.org", "ada@home.org"),
        ("<b>", "<d>", "<b>"),
        ("3rd", "3dr", "3rd"),
        ("gpt4", "gtp4", "gpt4"),
        (" if ", " fi ", "if"),
        ('"no way"', '"no wya"', "noway"),
        ("bold", "blod", None),
        ("ada@home.org", "ADA@HOME.ORG", None),
        ('"no way"', "\u201cno  way\u201d", None),
        ("at /x", "at\u00a0/x", None),
        ("gpt4", "g\u200bpt4", None),
        ("May at", "May,  at", None),
    ],
)
def test_a_slip_of_the_pen_leaves_what_is_protected(old, new, lost):
    assert old in OPEN
    item = replace(ITEM, prompt=replace(PROMPT, fields=(Field("Review", OPEN),)))
    checks = {check.name: check for check in validate(slip(OPEN.replace(old, new), item=item), SAME)}
    assert ("protected" in checks) == (lost is not None)
    assert lost is None or checks["protected"] == Check("protected", "fail", f"lost {lost}")


def test_labels_that_are_all_misspelt_fail_an_edit_of_the_surface_alone():
    # No answer is said more often than another one, so that the rule on answers has nothing to say.
    words = PROMPT.instruction.replace("positive", "postive").replace("negative", "negtive")
    assert failed(slip(instruction=words)) == {"protected"}
    assert failed(slip(instruction=words, perturbation="typo-swap+casing-upper")) == {"protected"}
    assert failed(slip(instruction=words, perturbation="typo-swap+wording-synonyms")) == set()
    assert failed(asked(instruction=words)) == set()


def test_a_layout_that_joins_numbers_as_written_is_not_held_against_its_variants():
    prompt = Prompt("When?", (Field("Q", "Why so?"),), ("10am", "noon"), list_choices=True)
    item = Item("1", replace(prompt, layout=Layout(numbering="digit", option_separator="")), "noon")
    assert failed(asked(item=item, field="Why though?")) == set()


def test_facts_are_told_apart_from_the_words_around_them():
    text = "Read it. Ada isn't at 10:30 in {Place}, it's 'so so' and 2,500 m; don't go."
    facts = facts_of(text)
    assert facts.numbers == {"10:30": 1, "2,500": 1}
    assert names_of(text) == set(), "Ada only opens a sentence"
    assert names_of("Then Ada met BOB in {Place}.") == {"ada", "bob"}
    assert facts.polarity == {"not": 2}
    assert facts.quotations == {"so so": 1}
    assert facts.placeholders == {"{Place}": 1}


def test_a_question_of_brackets_is_not_put_among_others():
    item = Item("1", Prompt("Close them.", (Field("Brackets", "[ { ("),)), ") } ]")
    assert failed(asked(item=item, structure="json")) == failed(asked(item=item, structure="xml")) == {"brackets"}
    assert failed(asked(item=item, structure="markdown")) == set()
    assert failed(asked(structure="json")) == set()


def test_a_symbol_that_joins_an_options_number_fails():
    prompt = Prompt("When?", (Field("Q", "Why?"),), ("10am", "noon"), list_choices=True)
    joined = asked(item=Item("1", prompt, "noon"), layout=Layout(numbering="digit", option_separator=""))
    assert failed(joined) == {"symbols"}
    assert failed(asked(item=Item("1", prompt, "noon"), layout=Layout(numbering="digit"))) == set()
