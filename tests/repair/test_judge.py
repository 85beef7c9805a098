"""The judgement of a cure: equal tokens, nothing that was trained on, sentences that are made of figures."""

import json
import re
import warnings
from dataclasses import replace
from pathlib import Path

import pytest

from probe.api.judging import awaits_judgement
from probe.errors import LeakError
from probe.perturb import select
from probe.repair.arms import Trial, jobs_of, standard_arms
from probe.repair.card import card
from probe.repair.findings import by_key, statements_of, targets_of
from probe.repair.judge import CARD, How, judge
from probe.repair.judgement import REPAIR, ArmResult, Figure, Judgement
from probe.repair.questions import Amounts, questions_of
from probe.repair.record import JUDGEMENT, RECORD, read_repair
from probe.repair.settings import RepairSettings
from probe.repair.split import layout_part, make_split
from probe.repair.train import train
from probe.types import Field, Item, Prompt, Suite
from reports import repair_page
from reports.judgement_console import page

ROOT = Path(__file__).parents[2]
WORDS = {"positive": ("joy", "treat"), "negative": ("bore", "mess")}
SETTINGS = RepairSettings(
    steps=2, items=2, views=2, rank=2, validation_items=8, validation_samples=1, check_every=2, hold_out=("casing",)
)
SMALL = Amounts(items=4, formats=2, others=1, other_items=3, other_samples=1)


def suite_named(name: str) -> Suite:
    def item(number: int, kind: str) -> Item:
        target = ("positive", "negative")[number % 2]
        text = f"A {WORDS[target][number // 2 % 2]}, {kind} {number}."
        prompt = Prompt("Say.", (Field("In", text),), ("positive", "negative"), answer_field="So")
        return Item(f"{kind}{number}", prompt, target)

    return Suite(name, "1", "", tuple(item(n, "e") for n in range(6)), tuple(item(n, "t") for n in range(40)))


@pytest.fixture(scope="module")
def split():
    return make_split([suite_named("tiny")], select(["format", "punctuation", "casing"]), hold_out=["casing"])


@pytest.fixture(scope="module")
def judged(split, make_engine, make_model, tmp_path_factory):
    """Return a judgement of two seeds, and the adapter's folder."""
    from peft import PeftModel

    def load(folder):
        model = make_model("llama")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # peft calls what transformers will remove
            return make_engine(model=model if folder is None else PeftModel.from_pretrained(model, folder))

    out = tmp_path_factory.mktemp("repair") / "adapter"
    train(lambda: load(None), split, SETTINGS, out)
    other = replace(suite_named("other"), items=suite_named("other").items[:3])
    return judge(load, split, SETTINGS, out, How(seeds=2, amounts=SMALL, others=(other,))), out


def test_arms_are_trained_with_every_seed_to_as_many_tokens(judged):
    found, out = judged
    trained = [arm for arm in found.arms if arm.kind == "training"]
    assert [arm.name for arm in trained] == ["augmentation", "f2c", "repair"]
    [cure] = [arm for arm in trained if arm.name == REPAIR]
    for arm in trained:
        assert len(arm.training_tokens) == 2
        assert all(0.9 < tokens / cure.training_tokens[0] < 1.6 for tokens in arm.training_tokens), (
            "a step at most more"
        )
    assert not (out.parent / f".{out.name}.arms").exists()


def test_what_is_left_to_train_has_the_cures_tokens_and_another_loss(judged, split):
    found, out = judged
    trial = Trial(load=None, split=split, seeds=(0, 1, 2), questions=(), work=out.parent / "work", adapter=out)
    jobs = jobs_of(standard_arms(SETTINGS), trial)
    assert [job.folder.name for job in jobs] == [
        *("augmentation-0", "augmentation-1", "augmentation-2", "f2c-0", "f2c-1", "f2c-2", "repair-1", "repair-2"),
    ]
    [cure] = [arm for arm in found.arms if arm.name == REPAIR]
    assert {job.settings.train_tokens for job in jobs} == {cure.training_tokens[0]}
    assert [job.settings.seed for job in jobs] == [0, 1, 2, 0, 1, 2, 1, 2]
    assert [job.settings.contrastive for job in jobs[:6]] == [0] * 6 and jobs[6].settings.contrastive > 0
    assert {job.settings.labels for job in jobs[3:6]} == {"consensus"}


def test_every_section_is_judged_and_written_beside_the_adapter(judged):
    found, out = judged
    sections = {one.section for one in found.figures}
    assert sections >= {"clean", "trained", "held-out-formats", "held-out-families", "held-out-suites"}
    assert found.held_out == ("casing",) and found.other_suites == ("other",)
    assert Judgement.from_json(json.loads((out / JUDGEMENT).read_text())) == found
    text = (out / CARD).read_text()
    assert "base\\_model" not in text and "| figure | unrepaired | augmentation |" in text
    assert found.layers and {one.family for one in found.layers} >= {"all", "casing"}


def test_the_course_of_every_training_is_kept_and_the_page_has_it(judged):
    found, out = judged
    assert [(one.arm, one.seed) for one in found.curves] == [
        (arm, seed) for arm in ("augmentation", "f2c", REPAIR) for seed in (0, 1)
    ]
    assert all(len(one.looks) >= 2 and one.loss for one in found.curves)
    text = repair_page.page(read_repair(out))
    assert f"seed 1: {found.curves[-1].num_steps} steps" in text and "What changed inside the model" in text
    assert all(f">{arm.title}</th>" in text for arm in found.arms if not arm.reason)


def test_the_documents_name_every_key_of_both_files(judged):
    text = (
        (ROOT / "docs" / "reference" / "files.md").read_text(encoding="utf-8").split("## The folder of an adapter")[1]
    )
    for name in (RECORD, JUDGEMENT):
        (row,) = [line for line in text.splitlines() if line.startswith(f"| `{name}`")]
        missing = [key for key in json.loads((judged[1] / name).read_text()) if not re.search(rf"\b{key}\b", row)]
        assert missing == []


def test_a_figure_of_the_cure_is_the_mean_over_its_seeds(judged):
    found, _ = judged
    for one in found.figures:
        if one.arm == REPAIR and one.after is not None:
            assert one.after == pytest.approx(sum(one.by_seed) / 2)
            assert one.difference == pytest.approx(one.after - one.before)
            assert one.ci_low <= one.difference <= one.ci_high


def test_formats_that_are_judged_belong_to_the_evaluation(split):
    [asked] = questions_of(split, Amounts(items=4, formats=6))
    formats = [one for one in asked.variants if one.family == "format"]
    assert formats and {layout_part(one.perturbed.prompt, one.item.prompt) for one in formats} == {"evaluation"}
    assert {asked.section_of(one.family) for one in formats} == {"held-out-formats"}
    assert asked.section_of("casing") == "held-out-families"


def test_judging_on_training_items_is_refused(split):
    cheat = replace(split.suites[0], items=split.suites[0].train[:6])
    with pytest.raises(LeakError, match="says what an item of"):
        questions_of(replace(split, suites=(cheat,)), SMALL)


def test_judging_a_trained_family_in_a_trained_layout_is_refused(split, monkeypatch):
    monkeypatch.setattr("probe.repair.questions.restricted", lambda one, _: one)
    with pytest.raises(LeakError, match="its layout belongs to"):
        questions_of(split, Amounts(items=6, formats=12))


def figure(section, family, metric, before, after, **given):
    direction = "lower" if metric in ("flip_rate", "spread") else "higher"
    known = {"difference": after - before, "ci_low": after - before - 0.1, "ci_high": after - before + 0.1, **given}
    return Figure(
        suite="s", section=section, family=family, metric=metric, direction=direction, arm=REPAIR, before=before,
        after=after, **known,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("low", "high", "holds", "words"),
    [
        (-0.2, -0.05, True, "earn their place"),
        (0.05, 0.2, False, "do harm"),
        (-0.1, 0.1, None, "do not earn their place"),
    ],
)
def test_whether_the_terms_earn_their_place_is_read_off_the_interval(low, high, holds, words):
    one = figure("held-out-families", "all", "flip_rate", 0.4, 0.1, over_augmentation=0.0, over_low=low, over_high=high)
    arms = [
        ArmResult(name="augmentation", title="augmentation", kind="training", summary=""),
        ArmResult(
            name=REPAIR,
            title="repair",
            kind="training",
            summary="",
            settings={"contrastive": 0.1, "contrast": "supcon"},
        ),
    ]
    [said] = [one for one in statements_of("s", by_key([one]), arms) if one.name == "terms-families"]
    assert said.holds is holds and words in said.text and "supcon" in said.text


def test_targets_compare_with_half_of_what_it_was():
    made = [
        figure("held-out-formats", "all", "flip_rate", 0.4, 0.2),
        figure("held-out-formats", "all", "spread", 0.4, 0.21),
        figure("held-out-formats", "all", "accuracy_worst", 0.95, 0.97),
        figure("held-out-families", "x", "flip_rate", 0.4, 0.1),
        figure("held-out-families", "x", "spread", 0.4, 0.3),
        figure("held-out-families", "y", "flip_rate", 0.4, 0.1),
        figure("held-out-families", "y", "spread", 0.4, 0.1),
        figure("clean", "original", "accuracy", 1.0, 0.98),
    ]
    found = {one.name: one for one in targets_of("s", by_key(made), ["x", "y"])}
    assert found["flips of formats never trained"].reached is True
    assert found["spread over formats never trained"].reached is False
    assert found["worst format"].reached is None, "it had no room"
    assert found["a family never trained"].reached is True
    assert "x flips 40.0 % -> 10.0 %" in found["a family never trained"].text
    assert found["accuracy as written"].reached is False
    assert found["contrast consistency"].reached is None


@pytest.mark.parametrize("width", [80, 160])
def test_the_table_fits_the_terminal_and_names_every_arm_and_target(judged, width):
    found, _ = judged
    text = page(found, width=width)
    assert max(map(len, text.splitlines())) <= width
    for one in found.targets:
        assert one.text[:30] in text
    assert all(arm.title in text for arm in found.arms)
    assert "suites that were not trained" in text and "other: original accuracy" in text


def test_an_interrupted_judgement_goes_on_with_the_adapter_that_is_there(tmp_path):
    assert not awaits_judgement(tmp_path, SETTINGS)
    names = ("worst", "mean", "clean", "flip_rate", "alignment", "step", "tokens", "num_items", "num_variants")
    look = dict.fromkeys(names, 0) | {"worst_of": "format", "uniformity": None}
    whole = {"settings": SETTINGS.as_record(), "steps": [], "looks": [look], "best_step": 0, "warnings": []}
    whole |= {"stopped": "", "tokens": 0, "seconds": 0.0}
    (tmp_path / RECORD).write_text(json.dumps(whole))
    assert awaits_judgement(tmp_path, SETTINGS)
    assert not awaits_judgement(tmp_path, replace(SETTINGS, steps=3)), "that is another cure"
    (tmp_path / JUDGEMENT).write_text("{}")
    assert not awaits_judgement(tmp_path, SETTINGS)


def test_names_are_no_markup_in_the_card(judged):
    found, _ = judged
    text = card(replace(found, adapter="<b>|x|`", suites=()))
    assert "<b>" not in text and "\\<b\\>\\|x\\|\\`" in text
