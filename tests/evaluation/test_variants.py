"""Drawing variants: whose draw it is, what repeats, what is counted."""

from dataclasses import replace
from itertools import pairwise

import pytest

from probe.errors import UsageError
from probe.evaluation.variants import columns_of, make_variants, stream, with_demonstrations
from probe.prompt.render import render
from probe.types import Contrast, Field, Item, Layout, Perturbation, Prompt, Suite


def item(number, text="one two three four"):
    return Item(f"i{number}", Prompt("Say which.", (Field("Text", f"{text} {number}"),), ("yes", "no")), "yes")


def suite(size=5):
    return Suite("toy", "1", "", tuple(item(n) for n in range(size)), train=tuple(item(n) for n in range(100, 110)))


def on_prompt(function):
    return lambda item, rng: None if (p := function(item.prompt, rng)) is None else replace(item, prompt=p)


def spaced(prompt, rng):
    return replace(prompt, layout=replace(prompt.layout, separator=rng.choice([": ", " - ", " ", ":: ", "::"])))


def shuffled(prompt, rng):
    words = prompt.fields[0].text.split()
    rng.shuffle(words)
    return replace(prompt, fields=(Field("Text", " ".join(words)),))


FORMAT = Perturbation("spaced", "format", "", on_prompt(spaced), scope="suite")
WORDS = Perturbation("shuffled", "words", "", on_prompt(shuffled))
NULL = Perturbation("null", "null", "", lambda item, rng: item, scope="suite")
NEVER = Perturbation("never", "words", "", lambda item, rng: None)


def by_item(variant_set):
    rows = {}
    for v in variant_set.variants:
        rows.setdefault(v.item.id, []).append(v)
    return rows


def test_each_item_comes_first_as_written():
    for row in by_item(make_variants(suite(), [FORMAT, WORDS], samples=3, seed=1)).values():
        assert [v.family for v in row].index("original") == 0
        assert row[0].text == render(row[0].item.prompt)


def test_a_suite_wide_draw_is_the_same_for_every_item():
    made = make_variants(suite(), [FORMAT], samples=3, seed=1)
    layouts = {}
    for v in made.variants:
        if v.family == "format":
            layouts.setdefault(v.sample, set()).add(v.perturbed.prompt.layout)
    assert len(layouts) == 3
    assert all(len(seen) == 1 for seen in layouts.values())


def test_draws_differ_from_each_other_and_from_the_original():
    for row in by_item(make_variants(suite(), [FORMAT, WORDS], samples=4, seed=2)).values():
        for family in ("format", "words"):
            texts = [v.text for v in row if v.family in ("original", family)]
            assert len(texts) == len(set(texts))


def test_adding_an_item_changes_no_other_items_variants():
    few = make_variants(suite(3), [FORMAT, WORDS], samples=4, seed=3).variants
    many = make_variants(suite(6), [FORMAT, WORDS], samples=4, seed=3).variants
    assert few == tuple(v for v in many if v.item.id in {"i0", "i1", "i2"})


def test_another_seed_gives_other_variants():
    texts = [{v.text for v in make_variants(suite(), [WORDS], samples=2, seed=seed).variants} for seed in (1, 2)]
    assert texts[0] != texts[1]


def test_an_exhausted_family_ends_instead_of_repeating_itself():
    made = make_variants(suite(), [FORMAT], samples=50, seed=0)
    assert made.counts["format"]["asked"] == 4 * 5  # five separators, one of them the original's
    assert len({v.text for v in made.variants}) == len(made.variants)


def test_what_has_nothing_new_to_say_leaves_its_turns_to_the_others():
    once = Perturbation("once", "words", "", on_prompt(lambda p, rng: replace(p, instruction="Tell.")), scope="suite")
    made = make_variants(suite(), [once, WORDS], samples=5, seed=0)
    names = {v.sample: v.perturbation for v in made.variants if v.family == "words"}
    assert names == {0: "once", 1: "shuffled", 2: "shuffled", 3: "shuffled", 4: "shuffled"}
    assert [v.perturbation for v in by_item(make_variants(suite(), [once], samples=5, seed=0))["i1"]] == [
        "original",
        "once",
    ]


def test_a_shared_draw_that_meets_the_prompts_own_value_first_is_drawn_again():
    def either(prompt, rng):
        return replace(prompt, instruction="Tell.") if rng.random() < 0.5 else None

    rare = Perturbation("rare", "words", "", on_prompt(either), scope="suite")
    assert all(make_variants(suite(), [rare], samples=1, seed=s).counts["words"]["asked"] == 5 for s in range(10))


def test_shared_draws_find_the_last_of_many_ways():
    def numbered(prompt, rng):
        return replace(prompt, instruction=f"Say which of {rng.randrange(24)}.")

    ways = Perturbation("numbered", "words", "", on_prompt(numbered), scope="suite")
    assert make_variants(suite(), [ways], samples=50, seed=0).counts["words"]["asked"] == 24 * 5


def test_null_variants_repeat_the_prompt_and_are_kept():
    row = by_item(make_variants(suite(), [NULL], samples=3, seed=0))["i0"]
    assert [v.family for v in row] == ["original", "null", "null", "null"]
    assert len({v.text for v in row}) == 1


def test_a_family_that_never_applies_is_counted_and_asks_nothing():
    made = make_variants(suite(), [NEVER], samples=3, seed=0)
    assert len(made.variants) == 5
    assert made.counts == {"words": {"asked": 0, "unchanged": 0, "duplicate": 0, "not_applicable": 5, "invalid": 0}}


def test_a_member_that_never_applies_leaves_its_draws_to_the_others():
    made = make_variants(suite(), [NEVER, WORDS], samples=3, seed=0)
    assert {v.perturbation for v in made.variants} == {"original", "shuffled"}
    assert made.counts["words"]["asked"] == 15


def test_a_text_that_stays_as_it_was_is_unchanged_and_not_asked():
    same = Perturbation("same", "words", "", lambda item, rng: item)
    made = make_variants(suite(), [same], samples=2, seed=0)
    assert made.counts["words"]["asked"] == 0
    assert made.counts["words"]["unchanged"] == 10


def test_contrast_variants_carry_their_declared_answer():
    import probe.perturb  # noqa: F401
    from probe.registry import perturbations

    edit = Contrast((Field("Text", "none at all"),), "no")
    one = replace(item(0), contrasts=(edit,))
    made = make_variants(Suite("toy", "1", "", (one, item(1))), [perturbations.get("contrast-set")], samples=3, seed=0)
    (flipped,) = [v for v in made.variants if v.family == "contrast"]
    assert (flipped.effect, flipped.perturbed.target, flipped.item.target) == ("label-altering", "no", "yes")
    assert "none at all" in flipped.text


@pytest.mark.parametrize("size", [1, 2, 5])
def test_a_contrast_set_is_asked_whole_and_its_members_keep_their_numbers_whatever_the_samples(size):
    import probe.perturb  # noqa: F401
    from probe.registry import perturbations

    edits = tuple(Contrast((Field("Text", f"none of {n}"),), "no") for n in range(size))
    whole = Suite("toy", "1", "", (replace(item(0), contrasts=edits), replace(item(1), contrasts=edits[:1]), item(2)))
    spoken = on_prompt(lambda prompt, rng: replace(prompt, fields=(Field("Text", f"none of {rng.randrange(9)}"),)))
    rule = Perturbation("rule", "contrast", "", spoken, effect="label-altering")
    members = [perturbations.get("contrast-set"), rule]
    found = {n: make_variants(whole, members, samples=n, seed=4).variants for n in range(1, 9)}
    asked = {n: {(v.item.id, v.perturbation, v.sample): v.text for v in made} for n, made in found.items()}
    for made in found.values():
        sets = [v.item.id for v in made if v.perturbation == "contrast-set"]
        assert sorted(sets) == sorted(["i0"] * size + ["i1"])
    for fewer, more in pairwise(asked.values()):
        assert fewer.items() <= more.items()
    assert {len({text for key, text in texts.items() if key[0] == "i0"}) for texts in asked.values()} >= {size + 1}


def test_the_same_demonstrations_are_shown_to_every_item():
    shown = with_demonstrations(suite(), 3, seed=0)
    assert len({one.prompt.demonstrations for one in shown.items}) == 1
    assert len(shown.items[0].prompt.demonstrations) == 3


def test_too_few_training_items_for_the_demonstrations_is_said():
    with pytest.raises(UsageError, match=r"--num-fewshot 11: suite 'toy' has 10 training items"):
        with_demonstrations(suite(), 11, seed=0)


def test_a_layout_is_an_immutable_value():
    with pytest.raises(AttributeError):
        Layout().separator = "x"


@pytest.mark.parametrize("name", ["facts", "sentiment"])
def test_what_is_remembered_of_the_last_item_is_what_the_perturbation_does(name):
    """Facts has other choices in every row, sentiment the same: both ways through the memory."""
    from probe.perturb import select
    from probe.seeds import rng_for
    from probe.suite import find_suite, read_suite

    read = read_suite(find_suite(name))
    few = with_demonstrations(replace(read, items=read.items[:12]), 2, seed=0)
    members = [one for one in select(["all"]) if one.scope == "suite" and one.family != "null"]
    assert members
    for member in members:
        for family_columns in columns_of(few, [member], samples=3, seed=5).values():
            made = {
                (v.sample, v.item.id): v for v in stream(few, {"any": family_columns}, seed=5) if v.family != "original"
            }
            for column in family_columns:
                for one in few.items:
                    direct = member.apply(one, rng_for(5, member.name, column.sample, column.attempt))
                    told = made.get((column.sample, one.id))
                    assert told is None or told.perturbed == direct


def test_a_stream_holds_no_more_for_more_draws():
    import tracemalloc

    def peak(samples):
        tracemalloc.start()
        for _ in stream(suite(40), columns_of(suite(40), [WORDS], samples=samples, seed=0), seed=0):
            pass
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return most

    peak(5)
    assert peak(60) < 3 * peak(6) + 200_000


def test_fields_that_change_places_do_so_for_items_with_other_texts_too():
    def swapped(prompt, rng):
        return replace(prompt, fields=prompt.fields[::-1])

    def two(number, first, second):
        return Item(number, Prompt("", (Field("A", first), Field("B", second)), ("yes", "no")), "yes")

    from probe.perturb.catalogue.register import described

    bare = Perturbation("swapped", "order", "", on_prompt(swapped), scope="suite", of_prompt=True)
    swapped.__doc__ = "Swap."
    toy = Suite("toy", "1", "", (two("1", "same", "same"), two("2", "x", "y")))
    made = make_variants(toy, [described(bare, swapped, None)], samples=1, seed=0)
    [asked] = [v for v in made.variants if v.item.id == "2" and v.family == "order"]
    assert asked.text == "B: y\nA: x\nAnswer:"


def test_a_perturbation_that_asks_no_generator_is_tried_once_an_item_and_one_that_asks_is_tried_again():
    tried = []

    def upper(item, rng):
        tried.append(item.id)
        return replace(item, prompt=replace(item.prompt, instruction="SAY WHICH."))

    def upper_or_not(item, rng):
        return upper(item, rng) if rng.random() < 2 else None

    fixed, asking = (Perturbation(one.__name__, "casing", "", one) for one in (upper, upper_or_not))
    columns = columns_of(suite(3), [fixed], samples=2, seed=1)
    tried.clear()
    assert len([*stream(suite(3), columns, seed=1)]) == 3 + 3, "the second draw repeats the first"
    assert len(tried) == 3 * 2
    columns = columns_of(suite(3), [asking], samples=2, seed=1)
    tried.clear()
    assert len([*stream(suite(3), columns, seed=1)]) == 3 + 3
    assert len(tried) > 3 * 2 * 2, "another draw of it might have said something else"


def test_a_perturbation_that_applies_nowhere_and_asks_no_generator_is_tried_once_an_item():
    tried = []
    never = Perturbation("never", "words", "", lambda item, rng: tried.append(item.id), scope="suite")
    assert columns_of(suite(4), [never], samples=5, seed=1) == {"words": ()}
    assert len(tried) == 4
