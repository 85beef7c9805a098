"""Laws that every registered perturbation keeps, whatever it is given."""

import re
from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import probe.perturb  # noqa: F401  registers what is shipped
from probe.evaluation.variants import ATTEMPTS, make_variants, with_demonstrations
from probe.perturb.helpers.format_grammar import check
from probe.perturb.helpers.language import is_english
from probe.perturb.helpers.option_references import references
from probe.perturb.helpers.protected import answers, closed_spans
from probe.perturb.words import word_set
from probe.prompt.render import continuations, render
from probe.registry import perturbations
from probe.seeds import rng_for
from probe.suite import find_suite, read_suite, shipped_suites
from probe.types import Contrast, Demonstration, Field, Item, Layout, Perturbation, Prompt, Suite

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


WRITTEN = (
    ("Could you decide what the writer thinks?", "It froze (the lake) then, - or so - and it isn't a joke.", "plain"),
    ("Say what 'it' is.", "Ann has:\n- an apple\n- 3 pears\n- a plum", "markdown"),
    (
        "Answer the question in {Text}.",
        "He's a doctor. They won't come, and \"I won't\" was the answer; yes, 7.5 km.",
        "xml",
    ),
)
"""Instructions, texts and structures that perturbations take which find nothing to do in the shipped suites."""

KNOWN = [
    item
    for name in shipped_suites()
    for item in with_demonstrations(read_suite(find_suite(name)), 2, seed=0).items[:40]
] + [
    Item("written", Prompt(instruction, (Field("Text", text),), ("good", "bad"), structure=structure), "good")
    for instruction, text, structure in WRITTEN
]
SNIPPETS = (
    '"so it goes"',
    "\u201cwell, well\u201d",
    "\u2018so, so\u2019",
    "'as is'",
    *("7.5", "3,000", "{Passage}", "`x = 1`", "<b>", "a.b@probe.test", "https://probe.test/a?b=1", "(B) blue"),
    *("don't", "- or so -", "(by the way)", "Then go on."),
)


@st.composite
def grown_items(draw: st.DrawFn) -> Item:
    """Return a known item with a few snippets, most of them protected, put between its words."""
    item = draw(st.sampled_from(KNOWN))

    def grown(text: str) -> str:
        words = text.split(" ")
        for snippet in draw(st.lists(st.sampled_from(SNIPPETS), max_size=3)):
            words.insert(draw(st.integers(0, len(words))), snippet)
        return " ".join(words)

    prompt = item.prompt
    fields = tuple(replace(field, text=grown(field.text)) for field in prompt.fields)
    return replace(
        item,
        prompt=replace(prompt, instruction=grown(prompt.instruction), fields=fields),
        paraphrases=tuple(draw(st.lists(texts, max_size=2))),
    )


any_items = st.one_of(grown_items(), items())

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
    assert (asked.target == item.target) == (perturbation.effect == "label-preserving"), (
        "the effect is the declared one"
    )
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


TOUCHED = {
    "punctuation-quotes": "restyles the quotation marks; what stands between them is held apart below",
    "paraphrase-set": "gives another instruction, whose facts the rules of validity judge",
    "label-words": "gives the answers other words, where the instruction names them too",
    "label-case": "writes the answers otherwise, where the instruction names them too",
    "label-list-removed": "takes the list of the answers out of the instruction",
    "lexical-overlap-order": "tells of two things in the other order, so their numbers change places",
    "lexical-overlap-roles": "lets two people change places, so that another answer is right",
    **{p.name: "asks something else by design" for p in EVERY if p.family == "contrast"},
}
"""Perturbations that change protected stretches by design, each with the reason."""

EDITING = [p for p in EVERY if p.name not in TOUCHED]

WORDS_STAY = ("format", "punctuation", "whitespace", "casing", "typos", "order", "shots", "structure")
"""Families under which words that turn the meaning, and numbers in words, are as many as before."""

QUOTES = re.compile("[\"'\u2018\u2019\u201c\u201d\u00ab\u00bb]")


def told(prompt: Prompt, names: list[str]) -> list[str]:
    """Return the instruction and the fields' texts by name, or in turn where the fields have other names now."""
    by_name = {field.name: field.text for field in prompt.fields}
    return [
        prompt.instruction,
        *([by_name[name] for name in names] if set(names) == set(by_name) else by_name.values()),
    ]


def lost(old: list[str], new: list[str], item: Item, *, alike: re.Pattern[str] | None = None) -> list[str]:
    """Return the protected stretches of each old text that do not stand in the new one, in their order."""
    gone = []
    for before, after in zip(old, new, strict=True):
        place = 0
        for span in closed_spans(before, answers(item)):
            stretch, text = (span, after) if alike is None else (alike.sub("'", span), alike.sub("'", after))
            found = text.find(stretch, place)
            gone += [span] if found < 0 else []
            place = place if found < 0 else found + len(stretch)
    return gone


def turning(prompt: Prompt) -> Counter[str]:
    """Count the words that turn the meaning, and numbers in words."""
    whole = " ".join([prompt.instruction, *(field.text for field in prompt.fields)]).lower()
    guarded = word_set("protected", "turning") | word_set("protected", "numbers")
    # Letters of any script: a look-alike within "phone" leaves no word "one" behind it.
    return Counter(word for word in re.findall(r"[^\W\d_]+", whole) if word in guarded)


@given(item=any_items, seed=st.integers(0, 5))
@thrifty
def test_protected_stretches_stay_as_they_are_under_all_that_edits_a_text(item: Item, seed: int) -> None:
    names = [field.name for field in item.prompt.fields]
    before = told(item.prompt, names)
    for perturbation in EDITING:
        asked = perturbation.apply(item, rng_for(seed))
        if asked is not None:
            assert lost(before, told(asked.prompt, names), item) == [], perturbation.name
        if asked is not None and perturbation.family in WORDS_STAY:
            assert turning(asked.prompt) == turning(item.prompt), perturbation.name
    restyled = perturbations.get("punctuation-quotes").apply(item, rng_for(seed))
    if restyled is not None:
        assert lost(before, told(restyled.prompt, names), item, alike=QUOTES) == []


def test_the_law_of_protected_stretches_meets_every_perturbation_at_work() -> None:
    idle = [p.name for p in EDITING if not any(p.apply(item, rng_for(n)) for item in KNOWN for n in range(2))]
    assert set(idle) <= {"wording-wordnet"}, "a WordNet is not on every machine"


@given(item=any_items, seed=st.integers(0, 5))
@settings(thrifty, max_examples=20)
def test_two_draws_say_different_things_or_the_second_is_counted_as_a_repeat(item: Item, seed: int) -> None:
    for perturbation in EVERY:
        if perturbation.family == "null":
            continue
        made = make_variants(Suite("one", "1", "", (item,)), [perturbation], samples=2, seed=seed)
        said = {variant.sample: variant.text for variant in made.variants if variant.family != "original"}
        statuses = made.counts[perturbation.family]
        known = {render(item.prompt), *said.values()}
        assert len(known) == 1 + len(said), f"{perturbation.name}: two variants of an item have one text"
        assert statuses["asked"] == len(said), perturbation.name
        if 0 in said and 1 not in said:
            again = tries(perturbation, item, seed)
            assert again <= known, f"{perturbation.name}: it had something new to say, and was not asked"
            repeats = statuses["duplicate"] + statuses["unchanged"]
            assert repeats == (perturbation.scope == "item" and bool(again)), perturbation.name


def tries(perturbation: Perturbation, item: Item, seed: int) -> set[str]:
    """Return the texts that the second draw of a perturbation makes, as often as it is tried."""
    whose = (item.id,) if perturbation.scope == "item" else ()
    rngs = [rng_for(seed, perturbation.name, 1, attempt, *whose) for attempt in range(ATTEMPTS)]
    return {render(asked.prompt) for rng in rngs if (asked := perturbation.apply(item, rng)) is not None}


@given(item=any_items, seed=st.integers(0, 5))
@settings(thrifty, max_examples=25)
def test_strength_0_changes_nothing_and_asks_nothing(item: Item, seed: int) -> None:
    for perturbation in EVERY:
        if perturbation.at is not None:
            assert perturbation.at(0).apply(item, rng_for(seed)) is None, perturbation.name


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
    if references(prompt) != references(sibling) or is_english(prompt) != is_english(sibling):
        return  # a question that names an option keeps it in its place, and English is added to English alone
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
