"""Label words, symbols, cases and lists, on prompts that can be read."""

from dataclasses import replace

import pytest

from probe.perturb import select
from probe.perturb.labels import words_for
from probe.perturb.words import read
from probe.prompt.render import continuations, instruction_text, render
from probe.seeds import rng_for
from probe.types import Demonstration, Field, Item, Prompt

REVIEW = Prompt(
    "Decide whether the review is positive or negative.",
    (Field("Review", "A joy."),),
    ("positive", "negative"),
    answer_field="Sentiment",
    demonstrations=(Demonstration((Field("Review", "A bore."),), "negative"),),
)
LOGIC = Prompt("Must it be true? Answer yes or no.", (Field("Premise", "It rains."),), ("yes", "no"))
FACT = Prompt("Choose. Reply with A, B or C.", (Field("Question", "?"),), ("foal", "cub", "kid"), list_choices=True)


def samples(name, prompt, num=60):
    [perturbation] = select([name])
    item = Item("1", prompt, prompt.choices[0] if prompt.choices else "x")
    asked = [perturbation.apply(item, rng_for(name, n)) for n in range(num)]
    assert {one.target for one in asked if one is not None} <= {item.target}
    return [one.prompt for one in asked if one is not None]


def instructions(name, prompt):
    return {instruction_text(asked) for asked in samples(name, prompt)}


def test_label_words_are_said_in_the_instruction_the_demonstrations_and_the_answer():
    made = {
        asked.instruction: (continuations(asked), render(asked).split("\n")[3])
        for asked in samples("label-words", REVIEW)
    }
    assert made["Decide whether the review is favourable or unfavourable."] == (
        (" favourable", " unfavourable"),
        "Sentiment: unfavourable",
    )
    assert len(made) == 4


def test_the_choices_keep_their_names_under_other_words():
    for name in ("label-words", "label-key", "label-case"):
        assert {asked.choices for asked in samples(name, REVIEW)} == {("positive", "negative")}


@pytest.mark.parametrize(
    ("instruction", "expected"),
    [
        ("Is it positive or negative?", "Is it favourable or unfavourable?"),
        ("Negative or positive? Positive/negative only.", "Unfavourable or favourable? Favourable/unfavourable only."),
        ('Say "positive" or "negative".', 'Say "favourable" or "unfavourable".'),
        ("Answer with {choices}.", "Answer with {choices}."),
        ("Say whether it is positive.", None),
        ("Positive or negative? If positive, say so.", None),
        ("Is this a positive or negative review?", None),
        ("What does the writer think?", None),
        ("{positive or negative}", None),
    ],
)
def test_a_list_of_labels_is_reworded_or_left_where_a_label_stands_elsewhere(instruction, expected):
    found = {p.instruction for p in samples("label-words", replace(REVIEW, instruction=instruction))}
    assert (expected in found) if expected else found == set()


def test_words_fit_choices_in_any_order_and_casing():
    assert ("Correct", "Incorrect") in words_for(("True", "False"), "same")
    assert ("incorrect", "correct") in words_for(("false", "true"), "same")
    assert words_for(("yes", "perhaps"), "same") == words_for((), "same") == words_for(("yes", "yes"), "same") == ()
    assert ("maybe", "YES", "No") in words_for(("neutral", "ENTAILMENT", "Contradiction"), "coded")


def test_the_table_names_each_answer_once_and_never_turns_one_round():
    sets = read("labels")["sets"]
    assert len({frozenset(one["labels"]) for one in sets}) == len(sets) >= 40
    for one in sets:
        labels = one["labels"]
        for words in (*one.get("same", ()), *one.get("coded", ())):
            assert len(set(words)) == len(words) == len(labels)
            assert words != labels and all(word == word.lower() for word in words)
            moved = [w for n, w in enumerate(words) if w in labels and labels.index(w) != n]
            assert not moved, f"{words} gives a label of {labels} another meaning"


def test_a_key_says_what_each_word_stands_for():
    made = {asked.instruction: asked for asked in samples("label-key", REVIEW, 400)}
    [key] = [text for text in made if text.endswith('Write "good" for positive and "bad" for negative.')]
    assert key.startswith("Decide whether the review is positive or negative. ")
    assert continuations(made[key]) == (" good", " bad")
    assert len(made) >= 30
    topics = replace(REVIEW, choices=("arts", "law", "war"), instruction="", demonstrations=())
    found = {asked.instruction: continuations(asked) for asked in samples("label-key", topics, 200)}
    assert found['Use "1" for arts, "2" for law and "3" for war.'] == (" 1", " 2", " 3")
    assert found['Let "A" stand for arts, "B" stand for law and "C" stand for war.'] == (" A", " B", " C")


def test_a_word_that_the_instruction_says_already_stands_for_no_label():
    words = {word for asked in samples("label-key", LOGIC, 200) for _, word in asked.verbalizer}
    assert "correct" in words and not words & {"true", "false"}
    said = replace(REVIEW, instruction="Favourable means kind. Is it positive or negative?")
    assert "favourable" not in {word for asked in samples("label-words", said) for _, word in asked.verbalizer}


@pytest.mark.parametrize(
    "prompt",
    [
        FACT,
        replace(REVIEW, is_template=True),
        replace(REVIEW, choices=()),
        replace(REVIEW, choices=("a long answer of many words", "no")),
        replace(REVIEW, choices=("only",)),
        replace(REVIEW, choices=("(A)", "(B)"), demonstrations=()),
    ],
)
def test_no_key_where_options_are_listed_or_no_names(prompt):
    assert samples("label-key", prompt) == []


def test_the_case_of_labels_changes_in_every_place():
    assert instructions("label-case", REVIEW) == {
        "Decide whether the review is POSITIVE or NEGATIVE.",
        "Decide whether the review is Positive or Negative.",
    }
    [upper] = {render(asked) for asked in samples("label-case", FACT) if "FOAL" in render(asked)}
    assert "A. FOAL\nB. CUB\nC. KID" in upper
    two = replace(LOGIC, choices=("the first", "the 2nd"), instruction="")
    assert {continuations(asked)[0] for asked in samples("label-case", two)} == {
        " THE FIRST",
        " The first",
        " The First",
    }


def test_labels_that_only_case_tells_apart_or_without_letters_keep_theirs():
    for choices in (("us", "US"), ("1", "2"), ("(A)", "(B)")):
        assert samples("label-case", replace(REVIEW, choices=choices, demonstrations=())) == []


def test_label_words_of_the_table_give_way_to_others_and_to_the_choices_themselves():
    rows = words_for(REVIEW.choices, "same")
    for row in rows:
        own = replace(
            REVIEW,
            instruction=f"Decide whether the review is {row[0]} or {row[1]}.",
            verbalizer=tuple(zip(REVIEW.choices, row, strict=True)),
        )
        made = {tuple(word for _, word in asked.verbalizer): asked for asked in samples("label-words", own)}
        assert set(made) == {REVIEW.choices, *rows} - {row}
        assert made[REVIEW.choices].instruction == REVIEW.instruction
    assert not samples("label-words", replace(REVIEW, verbalizer=(("positive", "good"), ("negative", "bad"))))


def test_case_follows_label_words_that_were_put_before():
    worded = replace(REVIEW, verbalizer=(("positive", "good"), ("negative", "bad")), instruction="Is it good or bad?")
    assert {p.instruction for p in samples("label-case", worded)} == {"Is it GOOD or BAD?", "Is it Good or Bad?"}


def test_symbols_change_their_kind_alone_and_in_the_instruction():
    seen = {(asked.instruction, asked.layout.numbering) for asked in samples("label-symbols", FACT)}
    assert ("Choose. Reply with 1, 2 or 3.", "digit") in seen and len(seen) == 5
    assert {replace(p.layout, numbering="upper") for p in samples("label-symbols", FACT)} == {FACT.layout}
    assert samples("label-symbols", replace(FACT, instruction="If unsure, say C.")) == []
    assert samples("label-symbols", REVIEW) == []
    many = replace(FACT, choices=tuple(map(str, range(13))), instruction="")
    assert {p.layout.numbering for p in samples("label-symbols", many)} == {
        "digit", "lower", "roman-lower", "roman-upper",
    }  # fmt: skip


def test_a_list_of_labels_is_added_where_they_are_not_all_named():
    vague = replace(REVIEW, instruction="What does the writer think?")
    found = instructions("label-list-added", vague)
    assert "What does the writer think? Answer with positive or negative." in found and len(found) == 10
    assert "Answer with positive or negative." in instructions("label-list-added", replace(REVIEW, instruction=""))
    for prompt in (REVIEW, FACT, replace(vague, is_template=True), replace(vague, choices=())):
        assert samples("label-list-added", prompt) == []


@pytest.mark.parametrize(
    ("instruction", "expected"),
    [
        ("Must it be true? Answer yes or no.", "Must it be true?"),
        ("Answer with yes or no only. Must it be true?", "Must it be true?"),
        ('Must it be true? Please reply only with "yes" or "no".', "Must it be true?"),
        ("Say what follows from it: yes or no.", "Say what follows from it."),
        ("Decide between yes or no.", None),
        ("Answer yes or no.", None),
        ("Answer yes or no. Is it true? Reply yes or no.", None),
        ("Must it be true? Answer yes or no, and say why.", None),
        ("Is it so: yes or no?", None),
        ("Must it be true? Answer yes or yes.", None),
    ],
)
def test_a_sentence_that_only_lists_the_labels_is_taken_out(instruction, expected):
    found = instructions("label-list-removed", replace(LOGIC, instruction=instruction))
    assert found == ({expected} if expected else set())


@pytest.mark.parametrize("name", ["label-words", "label-key", "label-case", "label-list-added", "label-symbols"])
def test_a_draw_of_labels_is_the_same_for_items_with_other_texts(name):
    prompt = FACT if name == "label-symbols" else REVIEW
    prompt = replace(prompt, instruction="") if name == "label-list-added" else prompt
    other = replace(prompt, fields=(Field("Review", "Something else, positive."),))
    for one, two in zip(samples(name, prompt, 10), samples(name, other, 10), strict=True):
        assert replace(one, fields=()) == replace(two, fields=())


def test_symbols_change_places_and_the_options_stay():
    asked = {prompt.symbol_shift: prompt for prompt in samples("label-shift", replace(FACT, answer_with="symbol"))}
    assert set(asked) == {1, 2}
    assert render(asked[1]) == "Choose. Reply with A, B or C.\nQuestion: ?\nB. foal\nC. cub\nA. kid\nAnswer:"
    assert continuations(asked[1]) == (" B", " C", " A")


@pytest.mark.parametrize(
    "prompt",
    [
        replace(FACT, instruction="Choose. If none fits, say C."),
        replace(FACT, choices=("foal", "cub", "B and a kid")),
        replace(FACT, list_choices=False),
    ],
)
def test_symbols_that_a_text_names_alone_stay_where_they_are(prompt):
    assert samples("label-shift", prompt) == []
