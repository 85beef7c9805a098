"""Orders of instruction, fields and lists, all orders of options, and more formats: exact texts on small prompts."""

from dataclasses import replace

import pytest

from probe.evaluation.variants import make_variants
from probe.perturb import select
from probe.perturb.helpers.descriptors import fitting
from probe.perturb.helpers.format_grammar import check, degrees, layouts, signature
from probe.perturb.helpers.format_splits import SPLITS
from probe.perturb.words import table
from probe.prompt.render import continuations, render
from probe.seeds import rng_for
from probe.types import Demonstration, Field, Item, Prompt, Suite

READ = Prompt("Answer it.", (Field("Passage", "Ann ran."), Field("Question", "Who?")))
FACT = Prompt("Choose.", (Field("Question", "?"),), ("a", "b", "c", "d"), list_choices=True, options_field="Options")
FRUIT = "Ann has:\n- a plum\n- three pears\n- an apple"


def samples(name, prompt, num=60):
    [perturbation] = select([name])
    item = Item("1", prompt, prompt.choices[0] if prompt.choices else "x")
    asked = [perturbation.apply(item, rng_for(name, n)) for n in range(num)]
    return [one.prompt for one in asked if one is not None]


# order


@pytest.mark.parametrize(("count", "others"), [(2, 1), (3, 5), (4, 23)])
def test_every_order_of_a_few_options_is_asked_of_every_item(count, others):
    prompt = replace(FACT, choices=FACT.choices[:count])
    items = tuple(Item(str(n), replace(prompt, fields=(Field("Question", f"{n}?"),)), "a") for n in range(2))
    made = make_variants(Suite("s", "1", "", items), select(["order-all"]), samples=40, seed=0)
    orders = {v.perturbed.prompt.choices for v in made.variants if v.item.id == "1"}
    assert len(orders) == others + 1 and made.counts["order"]["asked"] == 2 * others


def test_five_options_are_too_many_for_all_orders():
    assert samples("order-all", replace(FACT, choices=tuple("abcde"))) == []
    assert samples("order-all", replace(FACT, list_choices=False)) == []


def test_the_instruction_moves_behind_the_question_and_back():
    [after, *_] = samples("order-instruction", READ)
    assert render(after) == "Passage: Ann ran.\nQuestion: Who?\nAnswer it.\nAnswer:"
    assert samples("order-instruction", after)[0] == READ


@pytest.mark.parametrize(
    "instruction",
    [
        "Read the following.",
        "See the text below.",
        "Read this text.",
        " ",
        "Lies den folgenden Text.",
        "Trả lời câu hỏi sau đây.",
        "回答以下问题。",
    ],
)
def test_an_instruction_that_points_at_what_follows_stays(instruction):
    assert samples("order-instruction", replace(READ, instruction=instruction)) == []
    assert samples("order-instruction", replace(READ, is_template=True)) == []


def test_fields_change_places_in_the_demonstrations_too():
    shot = Demonstration((Field("Passage", "Bo sat."), Field("Question", "Who sat?")), "Bo")
    [asked, *others] = samples("order-fields", replace(READ, demonstrations=(shot,)))
    assert render(asked) == (
        "Answer it.\n\nQuestion: Who sat?\nPassage: Bo sat.\nAnswer: Bo\n\nQuestion: Who?\nPassage: Ann ran.\nAnswer:"
    )
    assert set(others) == {asked}
    three = replace(READ, fields=(*READ.fields, Field("Hint", "no")))
    assert len({asked.fields for asked in samples("order-fields", three)}) == 5


@pytest.mark.parametrize(
    "change",
    [
        {"fields": (Field("Text 1", "x"), Field("Text 2", "y"))},
        {"fields": (Field("Sentence A", "x"), Field("Sentence B", "y"))},
        {"fields": (Field("Beginning", "x"), Field("Ending", "y"))},
        {"instruction": "Which is the first?"},
        {"choices": ("the former", "the latter")},
        {"fields": READ.fields[:1]},
        {"is_template": True},
    ],
)
def test_fields_that_are_counted_keep_their_places(change):
    assert samples("order-fields", replace(READ, **change)) == []


def test_an_article_counts_no_fields():
    assert samples("order-fields", replace(READ, instruction="Give a short answer."))


def test_bullet_points_change_places_and_the_rest_stays():
    prompt = replace(READ, fields=(Field("Passage", FRUIT), Field("Question", "How many pears?")))
    found = {asked.fields[0].text for asked in samples("order-sentences", prompt)}
    assert len(found) == 5 and "Ann has:\n- an apple\n- three pears\n- a plum" in found
    assert all(sorted(text.split("\n")) == sorted(FRUIT.split("\n")) for text in found)


@pytest.mark.parametrize(
    "text",
    [
        FRUIT.replace("-", "1."),
        FRUIT.replace("- an apple", "- then an apple"),
        FRUIT.replace("- an apple", "- the same as him"),
        FRUIT.replace("- an apple", "and\n- an apple"),
        FRUIT.replace("- an apple", "* an apple"),
        FRUIT.replace("has:", "did in this order:"),
        "- a plum\n- a pear",
        "A plum. A pear. An apple.",
        "",
    ],
)
def test_lines_whose_order_may_matter_stay(text):
    assert (
        samples("order-sentences", replace(READ, fields=(Field("Passage", text), Field("Question", "How many?")))) == []
    )


def test_a_question_for_the_last_line_keeps_the_lines():
    prompt = replace(READ, fields=(Field("Passage", FRUIT), Field("Question", "What is the last thing?")))
    assert samples("order-sentences", prompt) == []


BIRDS = (
    "There are three birds: an owl, a hen and a jay. The owl is left of the hen. The jay is first. Ann owns the hen."
)


def test_statements_change_places_and_what_leads_to_them_stays():
    prompt = replace(READ, fields=(Field("Paragraph", BIRDS), Field("Question", "Which is the last bird?")))
    found = {asked.fields[0].text for asked in samples("order-sentences", prompt)}
    assert len(found) == 5
    lead = "There are three birds: an owl, a hen and a jay. "
    assert lead + "The jay is first. The owl is left of the hen. Ann owns the hen." in found
    assert all(text.startswith(lead) and sorted(text.split()) == sorted(BIRDS.split()) for text in found)


@pytest.mark.parametrize(
    ("text", "question"),
    [
        (BIRDS.replace("The jay is first.", "It is first."), "Which is it?"),
        (BIRDS.replace("The jay is first.", "The jay is then sold."), "Which is it?"),
        (BIRDS.replace("The jay is first.", "The jay flew off."), "Which is it?"),
        (BIRDS.replace("The jay is first.", "The owl is left of the hen."), "Which is it?"),
        (BIRDS + " He sold it.", "Which is it?"),
        (BIRDS, "Is the second statement true?"),
        ("The owl is old. The hen is young.", "Which is it?"),
    ],
)
def test_statements_whose_order_may_matter_stay(text, question):
    prompt = replace(READ, fields=(Field("Paragraph", text), Field("Question", question)))
    assert samples("order-sentences", prompt) == []


# format


def test_descriptors_are_called_otherwise_in_the_demonstrations_too():
    review = Prompt("Rate the review.", (Field("Review", "A joy."),), answer_field="Sentiment")
    shown = replace(review, demonstrations=(Demonstration((Field("Review", "A bore."),), "bad"),))
    texts = {render(asked) for asked in samples("format-descriptors", shown, 300)}
    assert "Rate the review.\n\nText: A bore.\nVerdict: bad\n\nText: A joy.\nVerdict:" in texts and len(texts) > 20
    quiz = {render(asked) for asked in samples("format-descriptors", FACT, 300)}
    assert "Choose.\nQ: ?\nChoices: A. a\nB. b\nC. c\nD. d\nA:" in quiz
    assert all(("Q: " in text) == text.endswith("\nA:") for text in quiz)


def test_of_several_fields_the_ones_that_the_instruction_names_keep_their_names():
    prompt = Prompt("Does the premise hold?", (Field("Premise", "x"), Field("HYPOTHESIS", "y")))
    names = {tuple(field.name for field in asked.fields) for asked in samples("format-descriptors", prompt, 200)}
    assert {first for first, _ in names} == {"Premise"}
    assert {second for _, second in names} == {"HYPOTHESIS", "CLAIM", "STATEMENT", "CONCLUSION"}


def test_no_two_descriptors_of_a_prompt_are_the_same():
    for names in (("Passage", "Question", "Answer", "Options"), ("Text", "Context", "Reply", "")):
        for made in fitting(names, ""):
            shown = [name.lower() for name in made if name]
            assert len(set(shown)) == len(shown) and made != names


def test_the_table_of_descriptors_names_no_word_as_its_own_other():
    for rows in (table("format", kind) for kind in ("inputs", "answers", "options")):
        for head, words in rows.items():
            assert (
                head == head.lower() and head not in [word.lower() for word in words] and len(set(words)) == len(words)
            )


def test_templates_keep_their_descriptors_and_unknown_ones_theirs():
    assert samples("format-descriptors", replace(READ, is_template=True, instruction="{Passage}{Question}")) == []
    assert samples("format-descriptors", Prompt("", (Field("Xyz", "x"),), answer_field="Uvw")) == []


@pytest.mark.parametrize("prompt", [READ, FACT], ids=["fields", "options"])
def test_a_neighbour_is_one_edit_away(prompt):
    edited = set()
    for asked in samples("format-neighbour", prompt, 200):
        changed = [d for d in degrees(prompt) if getattr(asked.layout, d) != getattr(prompt.layout, d)]
        assert len(changed) == 1 and render(asked) != render(prompt) and check(asked.layout, prompt) == []
        edited.update(changed)
    assert edited == set(degrees(prompt))


@pytest.mark.parametrize("name", SPLITS)
@pytest.mark.parametrize("prompt", [READ, FACT], ids=["fields", "options"])
def test_train_and_test_never_share_a_format(name, prompt):
    train, test = (layouts(prompt, num=600, rng=rng_for(0), grammar=grammar) for grammar in SPLITS[name])
    assert min(len(train), len(test)) >= 20
    assert not {signature(one, prompt) for one in train} & {signature(one, prompt) for one in test}


@pytest.mark.parametrize("name", SPLITS)
@pytest.mark.parametrize("side", ["train", "test"])
def test_a_drawn_layout_is_of_its_side(name, side):
    grammar, other = SPLITS[name] if side == "train" else SPLITS[name][::-1]
    found = samples(f"format-{side}-{name}", FACT, 100)
    assert len({asked.layout for asked in found}) > 50
    for asked in found:
        assert asked.layout.separator in grammar.separator and asked.layout.space in grammar.space
        assert asked.layout.option_space in grammar.option_space
        assert asked.layout.separator not in other.separator or asked.layout.space not in other.space


def test_a_prompt_without_parts_has_no_space_to_split():
    assert samples("format-train-unseen-space", Prompt("Go.", ())) == []


def test_a_split_is_drawn_by_its_name_alone():
    assert not [p for p in select(["format", "all"]) if "train" in p.name or "test" in p.name]


def test_options_take_their_symbols_along():
    shot = Demonstration((Field("Question", "!"),), "y", ("x", "y"))
    prompt = replace(FACT, options_field="", choices=("a", "b", "c"), answer_with="symbol", demonstrations=(shot,))
    asked = {one.symbol_shift: one for one in samples("order-with-symbols", prompt)}
    assert set(asked) == {1, 2}
    assert render(asked[1]) == (
        "Choose.\n\nQuestion: !\nB. y\nA. x\nAnswer: B\n\nQuestion: ?\nB. b\nC. c\nA. a\nAnswer:"
    )
    assert dict(zip(asked[1].choices, continuations(asked[1]), strict=True)) == {"a": " A", "b": " B", "c": " C"}
    assert samples("order-with-symbols", replace(prompt, instruction="Say B.")) == []
