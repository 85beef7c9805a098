"""Laws that every registered perturbation keeps, whatever it is given."""

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import probe.perturb  # noqa: F401  registers what is shipped
from probe.perturb.grammar import check
from probe.perturb.protected import answers, closed_spans
from probe.prompt import continuations, render
from probe.registry import perturbations
from probe.seeds import rng_for
from probe.types import Contrast, Demonstration, Field, Item, Layout, Prompt

EVERY = perturbations.values()
NAMES = [perturbation.name for perturbation in EVERY]

BASES = (
    "Decide whether the following review is positive or negative. Answer with one word only.",
    "Read the passage and choose the right answer. Reply with A, B or C.",
    'Say "yes" if the text in {Passage} mentions 3 of them, otherwise say no.',
    "",
    "Go",
    "\U0001f600\U0001f469\u200d\U0001f680 \U0001f1e9\U0001f1ea",
    "\u05d4\u05d0\u05dd \u05d6\u05d4 \u05e0\u05db\u05d5\u05df? \u0647\u0644 \u0647\u0630\u0627 \u0635\u062d\u064a\u062d",
)
texts = st.one_of(
    st.sampled_from(BASES),
    st.text(max_size=40),
    st.lists(
        st.sampled_from(
            ["The", "doctor", "slowly", "walked", "towards", "positive", "not", "'quoted words'", "7.5", "river."]
        ),
        max_size=30,
    ).map(" ".join),
)
names = st.one_of(st.sampled_from(["Review", "Passage", "Question", "Text one"]), st.text(min_size=1, max_size=8))
words = st.one_of(
    st.sampled_from(["positive", "negative", "the doctor", "yes", "no", "walked", "A", "all of the above"]),
    st.text(min_size=1, max_size=12),
)


@st.composite
def prompts(draw: st.DrawFn) -> Prompt:
    choices = tuple(draw(st.lists(words, max_size=5, unique=True)))
    shots = draw(st.lists(st.tuples(texts, st.sampled_from(choices or ("free",))), max_size=3))
    fields = tuple(Field(name, draw(texts)) for name in draw(st.lists(names, max_size=3, unique=True)))
    return Prompt(
        instruction=draw(texts),
        fields=fields,
        choices=choices,
        options_field=draw(st.sampled_from(["", "Options"])),
        list_choices=draw(st.booleans()),
        answer_with="symbol" if choices and draw(st.booleans()) else "text",
        demonstrations=tuple(Demonstration(tuple(replace(f, text=t) for f in fields), target) for t, target in shots),
        layout=draw(
            st.sampled_from([Layout(), Layout(separator=" - ", space=" ", numbering="digit", option_wrapper="({})")])
        ),
        is_template=draw(st.booleans()),
        structure=draw(st.sampled_from(["plain", "plain", "markdown", "json", "chat-system-turns"])),
        instruction_place=draw(st.sampled_from(["before", "before", "after"])),
        verbalizer=tuple((choice, choice + "!") for choice in choices) if draw(st.integers(0, 3)) == 0 else (),
    )


@st.composite
def items(draw: st.DrawFn) -> Item:
    prompt = draw(prompts())
    target = draw(st.sampled_from(prompt.choices)) if prompt.choices else draw(words)
    other = draw(st.sampled_from(prompt.choices)) if prompt.choices else draw(words)
    contrasts = (Contrast(tuple(replace(f, text=f.text + " not") for f in prompt.fields), other),)
    aliases = tuple(draw(st.lists(words, max_size=2)))
    answers = prompt.choices or (target, "another")
    shot_texts = draw(st.lists(st.tuples(texts, st.sampled_from(answers)), max_size=6))
    pool = tuple(
        Demonstration(tuple(replace(f, text=text) for f in prompt.fields), answer, prompt.choices)
        for text, answer in shot_texts
    )
    return Item(
        "i", prompt, target, aliases, contrasts, paraphrases=tuple(draw(st.lists(texts, max_size=3))), pool=pool
    )


thrifty = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@pytest.mark.parametrize("name", NAMES)
@given(item=items(), seed=st.integers(0, 5))
@thrifty
def test_every_law_holds_for_any_item(name: str, item: Item, seed: int) -> None:
    [perturbation] = [p for p in EVERY if p.name == name]
    asked = perturbation.apply(item, rng_for(seed))
    assert asked == perturbation.apply(item, rng_for(seed)), "a function of its seed"
    if asked is None:
        return
    assert asked.prompt != item.prompt or name == "null", "it changes something"
    assert sorted(asked.prompt.choices) == sorted(item.prompt.choices), "no choice is gained or lost"
    assert not asked.prompt.choices or asked.target in asked.prompt.choices
    assert (asked.target == item.target) == (perturbation.effect == "same"), "the effect is the declared one"
    assert asked.id == item.id
    render(asked.prompt)
    continuations(asked.prompt)


@pytest.mark.parametrize("perturbation", [p for p in EVERY if p.family == "typos"], ids=lambda p: p.name)
@given(item=items(), seed=st.integers(0, 5))
@thrifty
def test_a_typo_leaves_protected_stretches_and_everything_but_the_texts_alone(perturbation, item, seed) -> None:
    asked = perturbation.apply(item, rng_for(seed))
    if asked is None:
        return
    before, after = item.prompt, asked.prompt
    pairs = [(before.instruction, after.instruction)]
    pairs += [(old.text, new.text) for old, new in zip(before.fields, after.fields, strict=True)]
    for old, new in pairs:
        place = 0
        for stretch in closed_spans(old, answers(item)):
            place = new.index(stretch, place) + len(stretch)
    texts_back = tuple(replace(new, text=old.text) for old, new in zip(before.fields, after.fields, strict=True))
    assert replace(after, instruction=before.instruction, fields=texts_back) == before


@pytest.mark.parametrize("perturbation", [p for p in EVERY if p.scope == "suite"], ids=lambda p: p.name)
@given(prompt=prompts(), others=st.lists(texts, min_size=3, max_size=3), seed=st.integers(0, 5))
@thrifty
def test_a_draw_for_the_suite_is_the_same_for_every_item(perturbation, prompt, others, seed) -> None:
    sibling = replace(
        prompt, fields=tuple(replace(f, text=text) for f, text in zip(prompt.fields, others, strict=False))
    )
    first, second = (
        perturbation.apply(Item("i", p, prompt.choices[0] if prompt.choices else "free"), rng_for(seed))
        for p in (prompt, sibling)
    )
    assert (first is None) == (second is None)
    if first is not None and second is not None:
        assert replace(first.prompt, fields=()) == replace(second.prompt, fields=())


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    "text",
    ["The doctor walked slowly towards the river. " * 2300, "x" * 100_000, "'" * 100_000, "{" * 100_000, '"a' * 50_000]
    + ["a.b@" * 25_000, "A, " * 33_000, "\u05d0\u05d1 " * 33_000, "Name the " * 11_000, "\u201cab" * 33_000],
    ids=["prose", "word", "quotes", "braces", "quoted", "addresses", "list", "hebrew", "commands", "curly"],
)
def test_a_hundred_kilobytes_are_survived(name: str, text: str) -> None:
    [perturbation] = [p for p in EVERY if p.name == name]
    prompt = Prompt(text, (Field("Passage", text),), ("yes", "no", "maybe"), list_choices=True)
    asked = perturbation.apply(Item("long", prompt, "no"), rng_for(1))
    assert asked is None or asked.target == "no"


LAYOUTS = [p for p in EVERY if p.family == "format" and p.name != "format-descriptors"]


@pytest.mark.parametrize("perturbation", LAYOUTS, ids=lambda p: p.name)
def test_every_drawn_layout_is_legal_and_many_differ(perturbation) -> None:
    prompt = Prompt(
        "Choose.", (Field("Question", "Why?"),), ("a b", "c d", "e f"), options_field="Options", list_choices=True
    )
    asked = [perturbation.apply(Item("i", prompt, "c d"), rng_for(seed)) for seed in range(60)]
    layouts = {a.prompt.layout for a in asked if a is not None}
    assert all(check(layout, prompt) == [] for layout in layouts)
    assert len(layouts) >= (2 if perturbation.name == "format-casing" else 8)
