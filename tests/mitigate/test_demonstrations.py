"""Demonstrations: which are shown, how they follow a perturbation, what is left out, and when they do not fit."""

from collections import Counter
from dataclasses import replace

import pytest

from probe.evaluation.asking import answer
from probe.evaluation.run import Plan, prepare
from probe.mitigate import contrastive_demonstrations, mixed_formats, shots  # noqa: F401  # they register themselves
from probe.mitigate.base import Asker, Bench, NotApplicable, keyed, methods
from probe.mitigate.demonstrations import following, selected
from probe.models.scripted import Scripted
from probe.perturb import select
from probe.perturb.helpers.format_grammar import signature
from probe.prompt.render import cased, render
from probe.types import Contrast, Demonstration, Field, Item, Layout, Prompt, Suite

LABELS = ("good", "bad", "fair")
ASKED = Prompt("Good, bad or fair?", (Field("Review", "A joy."),), LABELS)
TRAIN = tuple(
    Item(f"t{n}", replace(ASKED, fields=(Field("Review", f"Text number {n}."),)), LABELS[n % 3]) for n in range(24)
)
ITEMS = (
    Item("1", ASKED, "good", contrasts=(Contrast((Field("Review", "No joy."),), "bad"),)),
    Item("2", replace(ASKED, fields=(Field("Review", "A bore."),)), "bad"),
)
SUITE = Suite("reviews", "1", "", ITEMS, TRAIN)
WRITTEN = Prompt("Answer in a word.", (Field("Passage", "Bo sat."), Field("Question", "Who sat?")))
FREE = Suite(
    "free",
    "1",
    "",
    (Item("1", WRITTEN, "Bo"),),
    tuple(
        Item(f"t{n}", replace(WRITTEN, fields=(Field("Passage", f"p{n}"), Field("Question", f"q{n}"))), answer)
        for n, answer in enumerate(("red", "dark red", "blue", "green", "Ann", "Cy"))
    ),
)
SHOWN = ("shots-1", "shots-2", "shots-4", "shots-8", "contrastive-demonstrations", "mixed-formats")


def bench(suite=SUITE, *families, samples=2, num_fewshot=0, model=None):
    model = model or Scripted(prefers=lambda request: -len(request.context + request.continuation))
    plan = Plan(
        tuple(select(families or ("format", "format-descriptors", "typos", "contrast"))),
        samples=samples,
        num_fewshot=num_fewshot,
    )
    made = prepare(suite, plan)
    before = tuple(answer(model, made.variants, made.suite))
    return Bench(made.suite, plan, before, Asker(model, made.suite), Asker(model, made.suite))


def shown(score):
    return score.variant.perturbed.prompt.demonstrations


def texts(one):
    return tuple(field.text for field in one.fields)


@pytest.mark.parametrize("name", SHOWN)
def test_all_items_see_the_same_training_items_and_every_variant_is_asked_again(name):
    given = bench()
    outcome = methods.get(name).apply(given)
    assert keyed(outcome.scores).keys() == keyed(given.before).keys()
    seen = {tuple((texts(one), one.target) for one in shown(score)) for score in outcome.scores}
    assert len(seen) == 1
    train = {(texts(item.prompt), item.target) for item in TRAIN}
    assert set(*seen) <= train
    assert given.asker.cost.calls == len(given.before) and given.trying.cost.calls == 0 and not outcome.keeps
    ids = [one["id"] for one in outcome.details["shown"]]
    assert [said for said, _ in next(iter(seen))] == [texts(TRAIN[int(one[1:])].prompt) for one in ids]


@pytest.mark.parametrize("name", SHOWN)
def test_a_variant_keeps_its_perturbation_and_its_demonstrations_stand_in_its_layout(name):
    given = bench()
    for before, after in zip(given.before, methods.get(name).apply(given).scores, strict=True):
        asked = after.variant.perturbed
        assert replace(asked, prompt=replace(asked.prompt, demonstrations=())) == before.variant.perturbed
        assert after.variant.text == render(asked.prompt)
        if name == "shots-2":
            question = before.variant.text.removeprefix(asked.prompt.instruction + "\n")
            assert after.variant.text.endswith("\n\n" + question)
            layout, [field] = asked.prompt.layout, asked.prompt.fields
            assert after.variant.text.count(f"{cased(layout, field.name)}{layout.separator}Text number") == 2


def test_each_class_is_shown_as_often_as_the_others_and_more_hold_fewer():
    given = bench()
    before = set()
    for count, expected in [(1, [1]), (2, [1, 1]), (4, [1, 1, 2]), (8, [2, 3, 3])]:
        items = selected(given, count)
        assert sorted(Counter(item.target for item in items).values()) == expected
        assert before <= set(items)
        before = set(items)
    assert selected(given, 8) == selected(bench(), 8)
    assert selected(given, 8) != selected(replace(given, plan=replace(given.plan, seed=1)), 8)


def test_items_with_options_of_their_own_are_balanced_over_the_place_of_the_right_one():
    def item(n):
        options = tuple(f"{word}{n}" for word in ("ab", "cd"))
        prompt = Prompt("Which?", (Field("Question", f"q{n}"),), options, list_choices=True, answer_with="symbol")
        return Item(str(n), prompt, options[n % 5 == 0])

    own = Suite("own", "1", "", (item(0),), tuple(item(n) for n in range(1, 30)))
    places = [one.prompt.choices.index(one.target) for one in selected(bench(own), 4)]
    assert sorted(places) == [0, 0, 1, 1]


def test_an_evaluation_item_is_never_shown():
    leaked = replace(SUITE, train=(*TRAIN[:2], *(replace(item, id="x" + item.id) for item in ITEMS)))
    assert {item.id for item in selected(bench(leaked), 2)} == {"t0", "t1"}
    with pytest.raises(NotApplicable, match="2 training items that it does not ask or show, fewer than 4"):
        methods.get("shots-4").apply(bench(leaked))


def test_demonstrations_that_are_shown_already_are_taken_away_or_replaced():
    given = bench(SUITE, "format", "order", "shots", num_fewshot=2)
    none = methods.get("shots-0").apply(given)
    assert {shown(score) for score in none.scores} == {()}
    left_out = {"shots": 4, "order": sum(s.variant.perturbation == "order-demonstrations" for s in given.before)}
    assert none.details["left_out"] == sum(left_out.values()) > 4
    assert {score.variant.family for score in none.scores} == {"original", "format", "order"} - {
        family for family, count in left_out.items() if count == sum(s.variant.family == family for s in given.before)
    }
    others = methods.get("shots-2").apply(given)
    assert not set(shown(given.before[0])) & set(shown(others.scores[0]))
    with pytest.raises(NotApplicable, match="show no demonstration as they are"):
        methods.get("shots-0").apply(bench())


def test_demonstrations_follow_renamed_and_reordered_fields_and_rotated_symbols():
    options = ("kid", "foal", "cub")
    prompt = Prompt("Which?", (Field("Passage", "p"), Field("Question", "q")), options, list_choices=True)
    [original] = bench(Suite("s", "1", "", (Item("1", prompt, "cub"),))).before[:1]
    shot = Demonstration((Field("Passage", "x"), Field("Question", "y")), "kid", options)

    def of(**changes):
        asked = replace(prompt, **changes)
        variant = replace(original.variant, perturbed=replace(original.variant.item, prompt=asked))
        return following((shot,), variant)[0]

    assert of(instruction="Which one?") is shot
    renamed = of(fields=(Field("Text", "p"), Field("Query", "q")))
    assert renamed.fields == (Field("Text", "x"), Field("Query", "y"))
    turned = of(fields=(Field("Question", "q"), Field("Passage", "p")))
    assert turned.fields == (Field("Question", "y"), Field("Passage", "x"))
    assert of(choices=("foal", "cub", "kid"), symbol_shift=1).choices == ("foal", "cub", "kid")


def test_a_wrong_answer_is_shown_as_wrong_before_the_right_one():
    outcome = methods.get("contrastive-demonstrations").apply(bench())
    for one in shown(outcome.scores[0]):
        assert one.wrong in set(LABELS) - {one.target}
        assert f"Wrong answer: {one.wrong}\nAnswer: {one.target}" in outcome.scores[0].variant.text
    assert [one["wrong"] for one in outcome.details["shown"]] == [one.wrong for one in shown(outcome.scores[0])]


def test_a_wrong_free_answer_is_that_of_another_training_item_and_not_right_as_well():
    outcome = methods.get("contrastive-demonstrations").apply(bench(FREE))
    assert all(
        one.wrong and one.wrong not in one.target and one.target not in one.wrong for one in shown(outcome.scores[0])
    )
    also_right = tuple(replace(item, aliases=tuple(set(LABELS) - {item.target, "fair"})) for item in TRAIN)
    outcome = methods.get("contrastive-demonstrations").apply(bench(replace(SUITE, train=also_right)))
    assert {one.wrong for one in shown(outcome.scores[0]) if one.target != "fair"} == {"fair"}


def test_no_wrong_answer_and_no_format_where_a_prompt_has_no_place_for_one():
    template = tuple(
        replace(i, prompt=replace(i.prompt, instruction="{Review} Good?", is_template=True)) for i in ITEMS
    )
    given = bench(replace(SUITE, items=template), "typos")
    for name, why in [
        ("contrastive-demonstrations", "no place for a wrong answer"),
        ("mixed-formats", "no format to mix"),
    ]:
        with pytest.raises(NotApplicable, match=why):
            methods.get(name).apply(given)
    assert shown(methods.get("shots-2").apply(given).scores[0])
    with pytest.raises(NotApplicable, match="the suite has no training items"):
        methods.get("shots-1").apply(bench(replace(SUITE, train=())))


def test_formats_differ_from_one_another_and_from_the_questions_own():
    given = bench(SUITE, "format", "structure", samples=6)
    outcome = methods.get("mixed-formats").apply(given)
    assert len(outcome.scores) == len(given.before)
    for score in outcome.scores:
        prompt = score.variant.perturbed.prompt
        plain = replace(prompt, structure="plain")
        laid = [one.layout for one in prompt.demonstrations] + [prompt.layout]
        assert len({signature(layout, plain) for layout in laid}) == 5
        texts = [block for block in score.variant.text.split("\n\n") if "Text number" in block]
        assert len(texts) == 4 or "\n" in "".join(layout.space for layout in laid)
    assert [Layout(**one) for one in outcome.details["formats"]] == [one.layout for one in shown(outcome.scores[0])]


def test_a_format_that_looks_like_another_one_or_like_the_questions_is_not_taken():
    drawn = (Layout(), Layout(casing="title"), Layout(space=" - "), Layout(casing="title", space=" - "), Layout(" - "))
    assert mixed_formats.others(ASKED, drawn, 2) == (Layout(space=" - "), Layout(" - "))
    assert mixed_formats.others(ASKED, drawn, 3) == ()


def test_mixed_formats_leave_the_symbols_that_are_the_answer():
    listed = replace(ASKED, list_choices=True, answer_with="symbol", instruction="Answer with A, B or C.")
    suite = replace(
        SUITE,
        items=(replace(ITEMS[0], prompt=listed),),
        train=tuple(replace(i, prompt=replace(listed, fields=i.prompt.fields)) for i in TRAIN),
    )
    for score in methods.get("mixed-formats").apply(bench(suite, "format", samples=4)).scores:
        prompt = score.variant.perturbed.prompt
        kept = {(one.layout.numbering, one.layout.option_wrapper) for one in prompt.demonstrations}
        assert kept == {(prompt.layout.numbering, prompt.layout.option_wrapper)}
        assert len({one.layout for one in prompt.demonstrations}) == 4


def test_a_fill_in_question_shows_none():
    blank = replace(ASKED, ending="now.")
    with pytest.raises(NotApplicable, match="fill a blank"):
        methods.get("shots-2").apply(bench(replace(SUITE, items=(replace(ITEMS[0], prompt=blank),)), "typos"))


class Narrow(Scripted):
    """A model whose window holds a number of words; its encoder is a real one around a tokenizer of words."""

    def __init__(self, window):
        from tokenizers import Tokenizer, models, pre_tokenizers
        from transformers import PreTrainedTokenizerFast

        from probe.models.encoding import Encoder

        super().__init__(says=lambda request: "Bo")
        words = Tokenizer(models.WordLevel({"<unk>": 0}, unk_token="<unk>"))
        words.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
        tokenizer = PreTrainedTokenizerFast(tokenizer_object=words, unk_token="<unk>")
        self.encoder = Encoder(tokenizer, max_length=window)


@pytest.mark.parametrize("suite", [SUITE, FREE], ids=["choices", "free text"])
def test_demonstrations_that_exceed_the_window_are_not_shown_or_warned_of(suite):
    first = suite.items[0]
    (head, *rest), longer = first.prompt.fields, "one more word"
    longest = replace(
        first, id="x", prompt=replace(first.prompt, fields=(replace(head, text=longer + head.text), *rest))
    )
    short = [replace(first, id=str(n)) for n in range(11)]
    room = 0 if suite.is_choice else suite.max_new_tokens
    wide = bench(replace(suite, items=(*short, longest)), "typos", samples=0, model=Narrow(1000))
    outcome = methods.get("shots-4").apply(wide)
    sizes = [len(score.variant.text.split()) for score in outcome.scores]
    assert outcome.warnings == () and len(sizes) == 12
    scored = 3 if suite.is_choice else 1
    assert (wide.asker.cost.calls, wide.asker.cost.tokens) == (12, sum(sizes) + 12 * scored)

    def within(window):
        model = Narrow(window + room)
        return methods.get("shots-4").apply(replace(wide, asker=Asker(model, wide.suite)))

    # what is scored or written last is predicted and never read
    [warning] = within(max(sizes) - 1).warnings
    assert warning.startswith("1 of 12 prompts are longer than the model's window of")
    assert warning.endswith("tokens: they lose their left end")
    with pytest.raises(NotApplicable, match="12 of 12 prompts are longer"):
        within(min(sizes) - 1)
