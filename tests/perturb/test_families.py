"""What each family does, on prompts that can be read."""

from dataclasses import replace

import pytest

from probe.perturb import select
from probe.perturb.format import format_layout, format_options
from probe.perturb.helpers.option_symbols import relabel
from probe.perturb.helpers.protected import open_words
from probe.perturb.order import order_options, order_shift
from probe.perturb.wording.synonyms import find_heads, wording_synonyms
from probe.perturb.words import table, word_set
from probe.prompt.render import instruction_text, render
from probe.registry import perturbations
from probe.seeds import rng_for
from probe.types import Contrast, Demonstration, Field, Item, Layout, Prompt

REVIEW = Prompt(
    "Decide whether the review is positive or negative.",
    (Field("Review", 'Marta wrote "a splendid evening" and left before midnight, thoroughly pleased with 3 dishes.'),),
    ("positive", "negative"),
    answer_field="Sentiment",
)
FACT = Prompt(
    "Choose the right answer. Reply with {symbols}.",
    (Field("Question", "Which word means a young horse?"),),
    ("foal", "cub", "kid", "lamb"),
    list_choices=True,
    answer_with="symbol",
)


def samples(name: str, item: Item, num: int = 40) -> list[Item]:
    [perturbation] = select([name])
    asked = [perturbation.apply(item, rng_for(name, n)) for n in range(num)]
    return [a for a in asked if a is not None]


# format


@pytest.mark.parametrize("degree", ["separator", "space", "casing"])
def test_a_neighbour_differs_in_one_part_and_in_what_is_read(degree):
    for asked in samples(f"format-{degree}", Item("1", REVIEW, "positive")):
        changed = asked.prompt.layout
        assert replace(changed, **{degree: getattr(REVIEW.layout, degree)}) == REVIEW.layout
        assert render(asked.prompt) != render(REVIEW)


def test_the_casing_that_renders_the_same_is_never_drawn():
    casings = {asked.prompt.layout.casing for asked in samples("format-casing", Item("1", REVIEW, "positive"))}
    assert casings == {"upper", "lower"}


def test_a_drawn_layout_never_renders_as_the_prompt_does():
    rendered = [render(format_layout(REVIEW, rng_for(seed))) for seed in range(3000)]
    assert render(REVIEW) not in rendered
    assert len(set(rendered)) > 440, "nearly all of the 479 others"


def test_options_are_only_restyled_where_they_are_listed():
    assert samples("format-options", Item("1", REVIEW, "positive")) == []
    styles = {asked.prompt.layout for asked in samples("format-options", Item("1", FACT, "foal"))}
    assert len(styles) > 20
    assert {(style.separator, style.space, style.casing) for style in styles} == {(": ", "\n", "identity")}


def test_templates_have_no_layout():
    template = Prompt("Review: {Review}\nSentiment:", REVIEW.fields, REVIEW.choices, is_template=True)
    assert all(
        samples(p.name, Item("1", template, "positive")) == [] for p in perturbations.values() if p.family == "format"
    )


def test_symbols_named_in_the_instruction_follow_the_numbering():
    literal = replace(FACT, instruction="Answer with A, B, C or D.")
    for seed in range(40):
        restyled = format_options(literal, rng_for(seed))
        filled = format_options(FACT, rng_for(seed))
        assert restyled is not None and filled is not None
        shown = instruction_text(filled).removeprefix("Choose the right answer. Reply with ").rstrip(".")
        assert restyled.instruction == f"Answer with {shown}."


def test_symbols_that_cannot_be_rewritten_keep_their_numbering():
    vague = replace(FACT, instruction="Choose. If nothing fits, say D.")
    layouts = [p.layout for seed in range(40) if (p := format_layout(vague, rng_for(seed))) is not None]
    assert {(layout.numbering, layout.option_wrapper) for layout in layouts} == {("upper", "{}.")}
    assert len(set(layouts)) > 20


@pytest.mark.parametrize(
    ("instruction", "expected"),
    [
        ("Answer with A, B, C or D.", "Answer with 1, 2, 3 or 4."),
        ("Answer with (A), (B), (C), or (D).", "Answer with <1>, <2>, <3>, or <4>."),
        ("A/B/C/D?", "1/2/3/4?"),
        ("Give a letter from A to D.", "Give a letter from 1 to 4."),
        ("A short story: pick one.", "A short story: pick one."),
        ("Say B.", None),
        ("Pick A or B.", None),
        ("Say (A).", None),
        ("", ""),
    ],
)
def test_a_list_of_symbols_is_rewritten_or_given_up(instruction, expected):
    old, new = Layout(option_wrapper="({})"), Layout(numbering="digit", option_wrapper="<{}>")
    assert relabel(instruction, old, new, 4) == expected


# typos


@pytest.mark.parametrize(
    ("name", "lengths"),
    [("typo-keyboard", {0}), ("typo-swap", {0}), ("typo-drop", {-1}), ("typo-double", {1}), ("typo-space", {-1})],
)
def test_a_slip_is_one_edit_of_its_kind(name, lengths):
    asked = samples(name, Item("1", REVIEW, "positive"))
    texts = [a.prompt.instruction + a.prompt.fields[0].text for a in asked]
    plain = REVIEW.instruction + REVIEW.fields[0].text
    assert {len(text) - len(plain) for text in texts} == lengths
    assert len(set(texts)) >= 2


def test_words_that_carry_the_answer_or_the_meaning_are_closed():
    text = (
        'Marta said "never mind" to Otto; the positively tired nurse was not there before 10pm (see a@b.org or {Name}).'
    )
    words = [text[word] for word in open_words(text, ("tired", "no"), frozenset({"nurse"}), False)]
    assert words == ["said", "to", "the", "positively", "was", "there", "see", "or"]


def test_a_capital_that_only_opens_the_instruction_is_no_name():
    text = "Decide for Paris. Read it."
    assert [text[w] for w in open_words(text, (), frozenset(), True)] == ["Decide", "for", "Read", "it"]
    assert [text[w] for w in open_words(text, (), frozenset(), False)] == ["for", "it"]


def test_the_right_answer_of_a_free_question_is_not_misspelt():
    prompt = Prompt("", (Field("Passage", "lanterns lanterns lanterns candles lanterns"),))
    asked = samples("typo-drop", Item("1", prompt, "candles", aliases=("Lanterns",)))
    assert asked == []
    asked = samples("typo-drop", Item("1", prompt, "candles"))
    assert asked and all("candles" in a.prompt.fields[0].text for a in asked)


def test_longer_texts_get_more_slips():
    long = replace(REVIEW, fields=(Field("Review", "wonderful pictures throughout another evening " * 24),))
    [asked, *_] = samples("typo-double", Item("1", long, "positive"))
    assert len(asked.prompt.fields[0].text) - len(long.fields[0].text) >= 8


def test_neighbouring_keys_are_neighbours_of_one_another():
    keys_near = table("typos", "neighbours")
    assert all(key in keys_near[other] for key, keys in keys_near.items() for other in keys)


def test_common_words_are_not_made_of_others():
    prompt = Prompt("", (Field("Text", "form trial plan while three quiet angels dine"),))
    assert {"form", "trial", "quiet"} <= word_set("typos", "real_words")
    for asked in samples("typo-swap", Item("1", prompt, "x")):
        assert asked.prompt.fields[0].text.startswith("form trial plan while three quiet ")


def test_a_slip_that_makes_a_common_word_is_not_made():
    asked = samples("typo-swap", Item("1", Prompt("", (Field("Text", "fomr"),)), "x"))
    assert {a.prompt.fields[0].text for a in asked} == {"fmor"}


# wording


def test_the_list_of_instruction_words_is_large_and_says_nothing_twice():
    heads = table("wording", "synonyms")
    assert len(heads) >= 200
    assert sum(map(len, heads.values())) >= 500
    for head, substitutes in heads.items():
        plain = head.lstrip("^").partition(" ~")[0]
        assert plain not in substitutes and len(set(substitutes)) == len(substitutes) > 0
        assert head == head.lower() and all(word == word.strip() for word in substitutes)


def test_every_head_is_found_where_it_stands():
    for head, substitutes in table("wording", "synonyms").items():
        plain, _, following = head.lstrip("^").partition(" ~")
        before = "" if head.startswith("^") else "Well, "
        [first, *_] = find_heads(f"{before}{plain} {following or 'thing'} here.")
        assert first.start == len(before), head
        assert first.substitutes == substitutes or first.stop > len(before + plain), head


@pytest.mark.parametrize(
    ("instruction", "words"),
    [
        ("Decide whether it rains. Please decide whether it snows.", ["Decide whether", "decide whether"]),
        ("I decided whether; they decide whether.", []),
        ("Read the poem and decide whether it rhymes.", ["Read the", "decide whether"]),
        ('Answer "the following text" with {text}.', []),
        ("Options:\nChoose the best.", ["Choose the"]),
        ("the TEXT and the context", ["TEXT"]),
        ("Use it: the following", ["Use"]),
    ],
)
def test_heads_are_found_where_they_are_what_they_seem(instruction, words):
    assert [instruction[head.start : head.stop] for head in find_heads(instruction)] == words


def test_casing_and_articles_fit_the_new_words():
    seen = {
        wording_synonyms(Prompt(text, ()), rng_for(n)).instruction for n in range(60) for text in ("It is a passage.",)
    }
    assert seen == {"It is a text.", "It is an excerpt.", "It is an extract."}
    seen = {wording_synonyms(Prompt("An EXCERPT follows.", ()), rng_for(n)).instruction for n in range(60)}
    assert seen == {"A PASSAGE follows.", "An EXTRACT follows.", "A SNIPPET follows."}


def test_words_of_descriptors_and_answers_are_not_reworded():
    prompt = Prompt("Name the topic of the headline.", (), answer_field="Topic", options_field="Headline")
    seen = {wording_synonyms(prompt, rng_for(n)).instruction for n in range(99)}
    assert len(seen) >= 7 and all(text.endswith(" the topic of the headline.") for text in seen)
    prompt = Prompt("Give the passage a mark.", (), ("passage", "provide"))
    seen = {p.instruction for n in range(200) if (p := wording_synonyms(prompt, rng_for(n))) is not None}
    assert seen == {f"{verb} the passage a mark." for verb in ("State", "Supply", "Write", "Report")}


def test_a_field_that_is_spoken_of_keeps_its_name_and_may_be_pointed_at():
    prompt = Prompt("Look: the reviews, The text and the texture.", (Field("Reviews", "x"), Field("Text", "y")))
    seen = {wording_synonyms(prompt, rng_for(n)).instruction for n in range(300)}
    assert {text.split(",")[0] for text in seen} == {
        f"Look: {w} reviews" for w in ("the", "the given", "the following")
    }
    firsts = {text.split(", ")[1] for text in seen}
    assert firsts == {f"{w} text and the texture." for w in ("The", "The given", "The following", "This")}


# order


def test_a_shift_moves_every_option_and_is_one_for_all_items():
    other = replace(FACT, choices=("one", "two", "three", "four"))
    for seed in range(20):
        shifted, likewise = order_shift(FACT, rng_for(seed)), order_shift(other, rng_for(seed))
        assert all(a != b for a, b in zip(shifted.choices, FACT.choices, strict=True))
        assert [FACT.choices.index(c) for c in shifted.choices] == [other.choices.index(c) for c in likewise.choices]


def test_all_orders_of_the_options_can_be_drawn_but_the_first():
    three = replace(FACT, choices=("a", "b", "c"))
    assert len({order_options(three, rng_for(seed)).choices for seed in range(200)}) == 5


@pytest.mark.parametrize(
    "last", ["all of the above", "None of these", "both A and B", "the option above", "Neither of them"]
)
def test_options_that_speak_of_others_stay_in_place(last):
    prompt = replace(FACT, choices=("foal", "cub", last))
    assert (
        samples("order-options", Item("1", prompt, "foal")) == samples("order-shift", Item("1", prompt, "foal")) == []
    )


def test_choices_that_are_not_shown_have_no_order():
    assert samples("order-options", Item("1", REVIEW, "positive")) == []


def test_demonstrations_change_places_and_follow_the_options():
    shots = tuple(Demonstration((Field("Question", f"q{n}"),), FACT.choices[n]) for n in range(3))
    item = Item("1", replace(FACT, demonstrations=shots), "foal")
    orders = {asked.prompt.demonstrations for asked in samples("order-demonstrations", item)}
    assert len(orders) == 5 and shots not in orders
    [asked, *_] = samples("order-shift", item)
    assert f"Answer: {'ABCD'[asked.prompt.choices.index('foal')]}" in render(asked.prompt)


# contrast and null


def test_draws_reach_every_contrast_that_turns_the_answer():
    worse, better = Contrast((Field("Review", "Bad."),), "negative"), Contrast((Field("Review", "Fine."),), "positive")
    bleak = Contrast((Field("Review", "Bleak."),), "bleak", ("bleak", "bright"))
    item = Item("1", REVIEW, "positive", aliases=("good",), contrasts=(worse, better, bleak))
    asked = {(a.prompt.fields[0].text, a.target, a.prompt.choices, a.aliases) for a in samples("contrast-set", item)}
    assert asked == {
        ("Bad.", "negative", ("positive", "negative"), ()),
        ("Bleak.", "bleak", ("bleak", "bright"), ()),
    }


def test_null_asks_the_very_same():
    item = Item("1", REVIEW, "positive")
    assert samples("null", item, num=3) == [item] * 3
