"""What a repair is judged on was not trained on: planted cheats are caught, in the files and in what is really used."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from probe.errors import LeakError, SuiteError, UsageError
from probe.evaluation.keys import said
from probe.evaluation.variants import make_variants, original_of
from probe.evolve import evolve
from probe.perturb import select
from probe.prompt.render import render
from probe.repair.base import View
from probe.repair.questions import Amounts, questions_of
from probe.repair.settings import RepairSettings
from probe.repair.split import PARTS, belongs, instruction_part, layout_part, make_split
from probe.repair.views import Formulator
from probe.suite import read_suite
from probe.types import Variant

SETTINGS = RepairSettings(views=4, original=True, contrast_members=1)
FAMILIES = ("format", "typos", "paraphrase", "contrast")
ADJECTIVES = ("splendid", "dreadful")


@pytest.fixture
def folder(tmp_path):
    """Return the folder of a suite with 12 items and 60 training items."""
    (tmp_path / "suite.toml").write_text(
        'name = "reviews"\nversion = "1"\ndescription = "Reviews."\n'
        'instruction = "Decide whether the review is positive or negative."\n'
        'fields = ["Review"]\nanswer_field = "Verdict"\nchoices = ["positive", "negative"]\n'
    )
    lines = "\n".join(f"Is this review positive or negative, in way {number}?" for number in range(24))
    (tmp_path / "paraphrases.txt").write_text(lines + "\n")
    write(
        tmp_path / "items.jsonl", [row(f"item-{n}", f"The boat number {n} was {ADJECTIVES[n % 2]}.") for n in range(12)]
    )
    write(
        tmp_path / "train.jsonl",
        [row(f"train-{n}", f"The horse number {n} was {ADJECTIVES[n % 2]}.") for n in range(60)],
    )
    return tmp_path


def row(name, text, **more):
    target = "positive" if ADJECTIVES[0] in text.lower() else "negative"
    return {"id": name, "fields": {"Review": text}, "target": target, **more}


def write(path: Path, rows):
    path.write_text("".join(json.dumps(one) + "\n" for one in rows))


def add(path: Path, *rows):
    path.write_text(path.read_text() + "".join(json.dumps(one) + "\n" for one in rows))


def split_of(folder, *, families=FAMILIES, **given):
    return make_split([read_suite(folder)], select(families), **given)


def variant_of(item, *, perturbation="format-layout", family="format", **changes):
    asked = evolve(item, prompt=replace(item.prompt, **changes))
    return Variant(item, asked, family, perturbation, 0, "label-preserving", render(asked.prompt))


def test_training_and_validation_items_are_cut_by_seed_and_share_nothing(folder):
    split, again, other = split_of(folder), split_of(folder), split_of(folder, seed=1)
    ids = {item.id for item in split.training}
    assert len(split.training) + len(split.validation) == 60
    assert not ids & {item.id for item in split.validation}
    assert ids == {item.id for item in again.training} != {item.id for item in other.training}


def test_an_exact_copy_of_an_evaluation_item_is_refused_as_the_suite_is_read(folder):
    add(folder / "train.jsonl", row("cheat", "The boat number 3 was dreadful."))
    with pytest.raises(SuiteError, match="asks the same as line 4 of items.jsonl"):
        read_suite(folder)


def test_a_few_evaluation_items_in_other_letters_or_from_another_source_are_left_out_and_said(folder, caplog):
    add(folder / "train.jsonl", row("cheat", "  the BOAT number 3\n was  Dreadful."))
    suite = read_suite(folder)
    copied = replace(
        suite, train=(*suite.train, replace(suite.items[5], id="copy"))
    )  # as a source other than files may give
    split = make_split([copied], select(FAMILIES))
    assert split.duplicates == 2
    assert not {"reviews/cheat", "reviews/copy"} & {item.id for item in (*split.training, *split.validation)}
    assert "cheat, copy" in caplog.text


def test_an_edit_that_belongs_to_an_evaluation_item_is_left_out_of_training_too(folder):
    edit = {"fields": {"Review": "The lake was splendid."}, "target": "positive"}
    add(folder / "items.jsonl", row("item-12", "The lake was dreadful.", contrast=[edit]))
    add(folder / "train.jsonl", row("cheat", "The lake was splendid."))
    assert split_of(folder).duplicates == 1


def test_many_evaluation_items_in_train_jsonl_are_refused(folder):
    add(
        folder / "train.jsonl", *(row(f"cheat-{n}", f"THE boat number {n} was {ADJECTIVES[n % 2]}.") for n in range(12))
    )
    with pytest.raises(SuiteError, match=r"train\.jsonl: 12 of 72 .* cheat-0"):
        split_of(folder)


def test_a_view_of_an_evaluation_item_is_caught_under_a_training_items_id_too(folder):
    split = split_of(folder)
    stolen = split.suites[0].items[3]
    with pytest.raises(LeakError, match="none of the"):
        split.check("training", [View(original_of(stolen))])
    disguised = evolve(split.training[0], prompt=stolen.prompt)
    with pytest.raises(LeakError, match="says what an item of evaluation says"):
        split.check("training", [View(original_of(disguised))])


def test_a_contrast_member_that_equals_an_evaluation_item_is_caught(folder):
    split = split_of(folder)
    base, stolen = split.training[0], split.suites[0].items[0].prompt.fields
    asked = evolve(base, prompt=evolve(base.prompt, fields=stolen), target="positive")
    member = Variant(base, asked, "contrast", "contrast-set", 0, "label-altering", render(asked.prompt))
    with pytest.raises(LeakError, match="says what an item of evaluation says"):
        split.check("training", [View(member, is_contrast=True)])


def test_an_edit_by_rule_that_equals_an_evaluation_item_is_not_drawn(folder):
    names = ("sound", "service")
    add(folder / "items.jsonl", row("item-12", "The sound was just splendid."))
    add(folder / "train.jsonl", *(row(name, f"The {name} was just shabby.") for name in names))
    split = split_of(folder)
    drawn = {name: set() for name in names}
    items = {item.id: item for item in (*split.training, *split.validation)}
    split = replace(split, training=tuple(items.values()), validation=())
    for step in range(10):
        for view in Formulator(split, SETTINGS).views(step, [items[f"reviews/{name}"] for name in names]):
            if view.is_contrast:
                drawn[view.item.partition("/")[2]].add(view.variant.perturbed.prompt.fields[0].text)
    assert "The service was just splendid." in drawn["service"]
    assert "The sound was just splendid." not in drawn["sound"]


def test_a_held_out_family_among_the_views_is_caught(folder):
    split = split_of(folder, hold_out=["typos"])
    assert "typos" not in split.families
    item = split.training[0]
    fields = (replace(item.prompt.fields[0], text=item.prompt.fields[0].text.replace("horse", "hores")),)
    slip = variant_of(item, perturbation="typo-swap", family="typos", fields=fields)
    with pytest.raises(LeakError, match="family typos is held out"):
        split.check("training", [View(slip)])
    pair = replace(slip, perturbation="format-layout+typo-swap", family="composed")
    with pytest.raises(LeakError, match="family typos is held out"):
        split.check("validation", [replace(pair, item=split.validation[0], perturbed=split.validation[0])])


def test_a_layout_or_an_instruction_of_the_evaluation_part_is_caught_in_training(folder):
    split = split_of(folder)
    item = split.training[0]
    separators = ("::: ", ":: ", " : ", " - ", "- ", "::", ":", "\t", " ")
    layouts = [
        replace(item.prompt.layout, separator=one, casing=case) for one in separators for case in ("upper", "title")
    ]
    found = {layout_part(evolve(item.prompt, layout=one), item.prompt): one for one in layouts}
    assert set(found) >= {"training", "evaluation"}
    split.check("training", [View(variant_of(item, layout=found["training"]))])
    with pytest.raises(LeakError, match="its layout belongs to evaluation"):
        split.check("training", [View(variant_of(item, layout=found["evaluation"]))])
    judged = split.suites[0].items[0]
    with pytest.raises(LeakError, match="its layout belongs to training"):
        split.check("evaluation", [variant_of(judged, layout=found["training"])])
    for one in item.paraphrases:
        part = instruction_part(evolve(item.prompt, instruction=one), item.prompt)
        view = View(variant_of(item, perturbation="paraphrase-set", family="paraphrase", instruction=one))
        if part == "training":
            split.check("training", [view])
        else:
            with pytest.raises(LeakError, match=f"its instruction belongs to {part}"):
                split.check("training", [view])


def test_a_demonstration_that_solves_an_evaluation_item_is_caught(folder):
    split = split_of(folder)
    item, stolen = split.training[0], split.suites[0].items[0]
    shot = replace(item.pool[0], fields=stolen.prompt.fields)
    with pytest.raises(LeakError, match="shows an item of evaluation as solved"):
        split.check(
            "training", [View(variant_of(item, family="shots", perturbation="shot-count", demonstrations=(shot,)))]
        )


def test_demonstrations_that_the_suite_shows_are_not_trained_on(folder):
    split = split_of(folder, num_fewshot=3)
    shown = {one.fields for one in split.suites[0].items[0].prompt.demonstrations}
    assert len(shown) == 3
    assert not shown & {item.prompt.fields for item in (*split.training, *split.validation)}


@pytest.mark.parametrize("part", PARTS)
def test_restricted_perturbations_draw_in_their_part_alone(folder, part):
    split = split_of(folder)
    asked = [one for one in split.restricted(part) if one.effect == "label-preserving"]
    made = make_variants(split.suites[0], asked, samples=6, seed=3)
    others = [one for one in made.variants if one.family in ("format", "paraphrase")]
    assert {one.family for one in others} == {"format", "paraphrase"}
    assert all(belongs(one.perturbed.prompt, one.item.prompt, part) for one in others)
    split.check("evaluation", made.variants) if part == "evaluation" else None


def test_the_parts_of_layouts_and_instructions_are_disjoint_whatever_the_seed(folder):
    texts = {
        part: {
            (one.perturbed.prompt.layout, one.perturbed.prompt.instruction)
            for seed in range(3)
            for one in make_variants(
                split_of(folder).suites[0], split_of(folder).restricted(part)[:1], samples=8, seed=seed
            ).variants
            if one.family != "original"
        }
        for part in PARTS
    }
    assert all(texts.values())
    assert not texts["training"] & texts["evaluation"] and not texts["validation"] & texts["evaluation"]


def test_views_are_drawn_anew_each_step_and_again_the_same_for_the_same_step(folder):
    split = split_of(folder)
    draw = Formulator(split, SETTINGS)
    first, second = draw.views(0, split.training[:8]), draw.views(1, split.training[:8])
    assert first == Formulator(split, SETTINGS).views(0, split.training[:8])
    assert [one.variant.text for one in first] != [one.variant.text for one in second]
    assert len({one.variant.text for one in first}) == len(first)


def test_views_hold_edits_with_another_answer_said_in_the_way_of_a_view(folder):
    edits = [
        row(f"pair-{n}", f"The dog number {n} was {ADJECTIVES[0]}.", contrast=[
            {"fields": {"Review": f"The dog number {n} was {ADJECTIVES[1]}."}, "target": "negative"}]) for n in range(40)
    ]  # fmt: skip
    write(folder / "train.jsonl", [*edits, *(row(f"bad-{n}", f"The cat number {n} was dreadful.") for n in range(10))])
    split = split_of(folder)
    items = [item for item in split.training if item.contrasts][:8]
    views = Formulator(split, SETTINGS).views(0, items)
    members = [one for one in views if one.is_contrast]
    assert len(members) == len(items)
    assert all(one.target == "negative" != one.variant.item.target for one in members)
    layouts = {one.item: [] for one in views}
    for one in views:
        layouts[one.item].append(one.variant.perturbed.prompt.layout)
    assert all(one.variant.perturbed.prompt.layout in layouts[one.item][:-1] for one in members)
    assert not any(
        one.is_contrast for one in Formulator(split_of(folder, hold_out=["contrast"]), SETTINGS).views(0, items)
    )


def test_too_few_training_items_say_how_many_are_needed(folder):
    write(
        folder / "train.jsonl", [row(f"train-{n}", f"The horse number {n} was {ADJECTIVES[n % 2]}.") for n in range(10)]
    )
    with pytest.raises(UsageError, match="at least 16 and 8"):
        split_of(folder)
    (folder / "train.jsonl").unlink()
    with pytest.raises(UsageError, match="no training items"):
        split_of(folder)


def test_one_answer_alone_is_refused(folder):
    write(folder / "train.jsonl", [row(f"train-{n}", f"The horse number {n} was splendid.") for n in range(60)])
    with pytest.raises(UsageError, match="every training item has the answer 'positive'"):
        split_of(folder)


def test_a_hold_out_of_no_known_family_or_of_all_is_refused(folder):
    with pytest.raises(UsageError, match="Did you mean 'typos'"):
        split_of(folder, hold_out=["typo"])
    with pytest.raises(UsageError, match="no family is left to train on"):
        split_of(folder, hold_out=["typos", "format", "paraphrase"])


@pytest.mark.parametrize(
    "text",
    [
        "The boat number 3 was dreadful!!",
        "<p>The boat, number&nbsp;3, was &ldquo;dreadful&rdquo;</p>",
        "The\u200b boat number ３ was dreadful.",
    ],
)
def test_an_evaluation_item_with_other_marks_markup_or_letters_is_left_out_of_training(folder, text):
    add(folder / "train.jsonl", row("cheat", text))
    assert split_of(folder).duplicates == 1


def test_marks_that_an_item_is_about_tell_it_apart():
    told = ("5 - 3", "5 -3", "(2 + 3) * 4", "2 + (3 * 4)", "3.5", "35", "x.y", "x y", "!?", "?!", "a < b and c > d")
    assert len({said(one) for one in told}) == len(told)


def test_an_evaluation_item_is_known_again_in_another_suite_and_with_its_label_words(folder, tmp_path_factory):
    other = tmp_path_factory.mktemp("other")
    words = ("good", "bad")
    stated = (folder / "suite.toml").read_text().replace('"reviews"', '"other"')
    (other / "suite.toml").write_text(stated.replace('["positive", "negative"]', '["good", "bad"]'))
    rows = {"items": ("car", 12), "train": ("van", 60)}
    for name, (noun, num) in rows.items():
        made = [row(f"{noun}-{n}", f"The {noun} number {n} was {ADJECTIVES[n % 2]}.") for n in range(num)]
        write(other / f"{name}.jsonl", [one | {"target": words[n % 2]} for n, one in enumerate(made)])
    add(other / "train.jsonl", row("cheat", "The boat number 3 was dreadful.") | {"target": "bad"})
    suites = [read_suite(folder), read_suite(other)]
    assert make_split(suites, select(FAMILIES)).duplicates == 1


def test_another_suite_is_not_judged_on_items_that_were_trained_on(folder, tmp_path_factory, caplog):
    other = tmp_path_factory.mktemp("other")
    (other / "suite.toml").write_text((folder / "suite.toml").read_text().replace('"reviews"', '"other"'))
    texts = ["The cat was splendid.", *(f"The horse number {n} was {ADJECTIVES[n % 2]}" for n in range(5))]
    write(other / "items.jsonl", [row(f"other-{n}", text) for n, text in enumerate(texts)])
    split = split_of(folder, hold_out=["typos"])
    asked = questions_of(split, Amounts(items=2), others=[read_suite(other)])
    assert {one.item.id for one in asked[-1].variants} == {"other-0"}
    assert "not judged on 5 items" in caplog.text
    with pytest.raises(LeakError, match="says what an item of"):
        split.check("evaluation", make_variants(read_suite(other), [], samples=0, seed=0).variants)


def test_a_demonstration_without_choices_or_in_other_label_words_is_known_again(folder):
    split = split_of(folder)
    item, stolen = split.training[0], split.suites[0].items[0]
    for choices in ((), ("negative", "positive"), ("bad", "good")):
        shot = replace(item.pool[0], fields=stolen.prompt.fields, choices=choices)
        with pytest.raises(LeakError, match="shows an item of evaluation as solved"):
            split.check("training", [View(variant_of(item, demonstrations=(shot,)))])


def test_a_held_out_perturbation_under_another_familys_name_is_held_out_too(folder):
    (swap,) = [one for one in select(["typos"]) if one.name == "typo-swap"]
    chosen = [*select(["format"]), replace(swap, name="my-slips", family="slips"), *select(["format-layout+typo-swap"])]
    split = make_split([read_suite(folder)], chosen, hold_out=["typos"])
    assert [one.name for one in split.perturbations] == ["format-layout"]
