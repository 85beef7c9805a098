"""A training: it learns, goes on after a kill as if nothing had been, keeps the best weights, and stops with a reason."""

import json
import math
import os
import shutil
import signal
from dataclasses import replace

import pytest
import torch

from probe.errors import ModelError, StoreError, UsageError
from probe.perturb import select
from probe.record.store import write_json
from probe.repair.checkpoint import OPTIMIZER, TRAINED, Unfinished
from probe.repair.gradient import Gradients
from probe.repair.history import Look, StepDone
from probe.repair.items import ItemStream, item_stream
from probe.repair.objective import parts_of
from probe.repair.record import RECORD, STATE
from probe.repair.settings import RepairSettings, as_flags
from probe.repair.split import make_split
from probe.repair.train import train
from probe.repair.trainer import highest_rate, rate_factor
from probe.types import Field, Item, Prompt, Suite

WORDS = {"positive": ("joy", "treat"), "negative": ("bore", "mess")}
FAST = RepairSettings(
    steps=6,
    items=4,
    views=2,
    rank=2,
    alpha=16.0,
    original=True,
    answer_loss="tokens",
    learning_rate=0.02,
    validation_items=8,
    validation_samples=1,
    check_every=3,
    checkpoint_every=2,
    consistency=1.0,
    contrastive=0.0,
    contrast="infonce",
    contrast_members=1,
)


def suite_named(name: str, field: str) -> Suite:
    def item(number: int, kind: str) -> Item:
        target = ("positive", "negative")[number % 2]
        text = f"A {WORDS[target][number // 2 % 2]}, {kind} {number}."
        return Item(
            f"{kind}{number}",
            Prompt("Say.", (Field(field, text),), ("positive", "negative"), answer_field="So"),
            target,
        )

    return Suite(name, "1", "", tuple(item(n, "e") for n in range(6)), tuple(item(n, "t") for n in range(40)))


@pytest.fixture(scope="module")
def split():
    return make_split([suite_named("tiny", "In")], select(["format", "casing"]), hold_out=["casing"])


@pytest.fixture(scope="module")
def load(make_engine, make_model):
    return lambda: make_engine(model=make_model("llama"))


def weights(folder):
    from safetensors.torch import load_file

    return load_file(folder / "adapter_model.safetensors")


def is_same(one, other):
    return one.keys() == other.keys() and all(torch.allclose(one[key], other[key], rtol=0, atol=1e-5) for key in one)


def stopping_at(step, stop):
    def progress(one):
        if isinstance(one, StepDone) and one.step == step:
            stop()

    return progress


def interrupt():
    raise KeyboardInterrupt


def in_child(work):
    """Run something in a forked process; return how it ended."""
    child = os.fork()
    if child == 0:
        code = 1
        try:
            work()
            code = 0
        except StoreError as error:
            code = 7 if "File too large" in str(error) and "free some space" in error.hint else 8
        finally:
            os._exit(code)
    return os.waitpid(child, 0)[1]


@pytest.fixture(scope="module")
def whole(load, split, tmp_path_factory):
    """Return a training that was not interrupted."""
    return train(load, split, FAST, tmp_path_factory.mktemp("whole") / "adapter")


@pytest.mark.filterwarnings("ignore::FutureWarning")  # peft's, about transformers
def test_a_training_learns_and_leaves_an_adapter_that_peft_loads(load, split, tmp_path):
    from peft import PeftModel

    settings = replace(FAST, steps=12, check_every=6)
    trained = train(load, split, settings, tmp_path / "adapter")
    first, last = trained.steps[0].terms, trained.steps[-1].terms
    assert last["cross-entropy"] < 0.5 * first["cross-entropy"]
    assert [look.step for look in trained.looks] == [0, 6, 12]
    assert trained.best == max(trained.looks, key=lambda look: look.rank)
    model = PeftModel.from_pretrained(load().model, str(tmp_path / "adapter"))
    assert sum("lora" in name for name, _ in model.named_parameters()) == len(weights(tmp_path / "adapter"))
    record = json.loads((tmp_path / "adapter" / RECORD).read_text())
    assert record["split"]["held_out"] == ["casing"] and record["split"]["families"] == ["format"]
    assert record["tokens"] == trained.tokens < record["tokens_separate"]
    assert RepairSettings.of_record(record["settings"]) == settings
    assert not list(tmp_path.glob(".*"))


def test_a_killed_training_goes_on_as_if_it_had_not_been(load, split, whole, tmp_path):
    out = tmp_path / "adapter"
    kill = stopping_at(5, lambda: os.kill(os.getpid(), signal.SIGKILL))
    ended = in_child(lambda: train(load, split, FAST, out, progress=kill))
    assert os.WTERMSIG(ended) == signal.SIGKILL and not out.exists()
    unfinished = tmp_path / ".adapter.unfinished"
    assert [one.name for one in unfinished.glob("step-*")] == ["step-000004"]
    # What a kill while a checkpoint is written leaves, in a container by a process of the same number.
    (unfinished / f".step-000006.{os.getpid()}.partial").mkdir()
    done = []
    resumed = train(load, split, FAST, out, resume=True, progress=done.append)
    assert [one.step for one in done if isinstance(one, StepDone)] == [5, 6]
    assert is_same(weights(out), weights(whole.folder))
    assert [one.loss for one in resumed.steps] == pytest.approx([one.loss for one in whole.steps], abs=1e-5)
    assert resumed.best.step > 0, "the weights that are compared are trained ones"
    assert [look.as_record() for look in resumed.looks] == [look.as_record() for look in whole.looks]
    assert not unfinished.exists()


def test_an_interrupted_training_goes_on_with_dropout_and_accumulation_too(load, split, tmp_path):
    settings = replace(FAST, dropout=0.3, accumulation=2, contrastive=0.5, near_base="l2-sp", near_base_weight=0.1)
    uninterrupted = train(load, split, settings, tmp_path / "one")
    with pytest.raises(KeyboardInterrupt):
        train(load, split, settings, tmp_path / "two", progress=stopping_at(3, interrupt))

    def elsewhere():
        engine = load()
        torch.manual_seed(5)  # another process has drawn other numbers
        return engine

    resumed = train(elsewhere, split, settings, tmp_path / "two", resume=True)
    assert is_same(weights(tmp_path / "one"), weights(tmp_path / "two"))
    assert [one.loss for one in resumed.steps] == pytest.approx([one.loss for one in uninterrupted.steps], abs=1e-5)
    assert [one.norm for one in resumed.steps] == pytest.approx([one.norm for one in uninterrupted.steps], rel=1e-4)
    assert set(uninterrupted.steps[0].terms) == {"cross-entropy", "kl", "infonce", "l2-sp"}


def test_an_unfinished_training_is_neither_overwritten_nor_resumed_with_other_settings(load, split, tmp_path):
    out = tmp_path / "adapter"
    with pytest.raises(KeyboardInterrupt):
        train(load, split, FAST, out, progress=stopping_at(1, interrupt))
    with pytest.raises(UsageError, match="unfinished") as caught:
        train(load, split, FAST, out)
    assert "--resume" in caught.value.hint
    with pytest.raises(UsageError, match="differs in learning_rate, rank"):
        train(load, split, replace(FAST, rank=3, learning_rate=0.1), out, resume=True)
    for other in ({"perturbations": tuple(select(["wording"]))}, {"training": split.training[::-1]}):
        with pytest.raises(UsageError, match="differs in split"):
            train(load, replace(split, **other), FAST, out, resume=True)


DAMAGE = {
    "cut": lambda step: os.truncate(step / TRAINED, 500),
    "one byte": lambda step: (step / OPTIMIZER).write_bytes((step / OPTIMIZER).read_bytes()[:-1] + b"?"),
    "no best": lambda step: shutil.rmtree(next(step.parent.glob("best-*"))),
    "other state": lambda step: write_json(step / STATE, {"checksums": {}}),
    "no object": lambda step: (step / STATE).write_text("[]"),
}


def test_a_damaged_checkpoint_is_refused_and_says_how_to_begin_again(load, split, tmp_path):
    with pytest.raises(KeyboardInterrupt):
        train(load, split, FAST, tmp_path / "adapter", progress=stopping_at(3, interrupt))
    for name, damage in DAMAGE.items():
        shutil.copytree(tmp_path / ".adapter.unfinished", tmp_path / f".{name}.unfinished")
        damage(tmp_path / f".{name}.unfinished" / "step-000002")
        with pytest.raises(
            StoreError, match="checkpoint.*damaged|cannot read|state.json: (steps is missing|holds )"
        ) as caught:
            Unfinished.of(tmp_path / name).newest()
            train(load, split, FAST, tmp_path / name, resume=True)
        assert f"rm -r {tmp_path / f'.{name}.unfinished'}" in caught.value.hint and not (tmp_path / name).exists()


def test_steps_that_overflow_in_half_precision_are_left_out_and_resumed_from(load, split, tmp_path, monkeypatch):
    scaler = torch.amp.GradScaler  # as float16 has it on a GPU, with gradients that overflow in single precision
    monkeypatch.setattr(torch.amp, "GradScaler", lambda *_, **__: scaler("cpu", init_scale=2.0**127))
    with pytest.raises(KeyboardInterrupt):
        train(load, split, FAST, tmp_path / "adapter", progress=stopping_at(3, interrupt))
    trained = train(load, split, FAST, tmp_path / "adapter", resume=True)
    assert trained.steps[0].norm is None, "it overflowed"
    assert json.loads((tmp_path / "adapter" / RECORD).read_text())["steps"][0]["norm"] is None
    assert all(one.isfinite().all() for one in weights(tmp_path / "adapter").values())


def test_a_step_weighs_its_parts_by_items_and_is_resumed_in_passes_as_large(load, split, tmp_path, monkeypatch):
    settings = replace(FAST, items=3, steps=2, accumulation=2, checkpoint_every=1, contrastive=1.0, contrast="lm-cppf")
    shares, sizes, add = set(), [], Gradients.add

    def noting(self, views, suites, *, share, **given):
        shares.add((len({view.item for view in views}), round(share, 3)))
        sizes.append(self.accumulator.pass_tokens)
        self.accumulator.pass_tokens = 77  # as after memory ran out
        return add(self, views, suites, share=share, **given)

    monkeypatch.setattr(Gradients, "add", noting)
    with pytest.raises(KeyboardInterrupt):
        train(load, split, settings, tmp_path / "adapter", progress=stopping_at(2, interrupt))
    begun = len(sizes)
    resumed = train(load, split, settings, tmp_path / "adapter", resume=True)
    assert shares == {(2, 0.667), (1, 0.333)}
    assert sizes[0] is None and sizes[begun] == 77, "dropout draws pass by pass"
    assert any("'lm-cppf' was 0 at every step" in one for one in resumed.warnings), "no paraphrases are trained on"


def test_an_adapter_is_not_overwritten(load, split, whole):
    with pytest.raises(UsageError, match="is there already"):
        train(load, split, FAST, whole.folder)


def test_a_loss_that_is_no_number_stops_and_says_step_and_term(load, split, tmp_path):
    with pytest.raises(ModelError, match=r"step \d+.*(cross-entropy|gradient)"):
        train(load, split, replace(FAST, learning_rate=1e30, clip=0.0, warmup=0.0), tmp_path / "adapter")
    assert not (tmp_path / "adapter").exists()


def test_a_training_that_does_not_help_says_so_and_keeps_the_weights_of_the_start(load, split, tmp_path):
    trained = train(load, split, replace(FAST, learning_rate=0.0), tmp_path / "adapter")
    assert not trained.helped and trained.best.step == 0
    assert all(not one.any() for name, one in weights(tmp_path / "adapter").items() if "lora_B" in name)


def test_a_training_stops_where_the_mean_accuracy_falls(load, split, tmp_path):
    turned = tuple(
        replace(item, target="negative" if item.target == "positive" else "positive") for item in split.validation
    )
    contrary = replace(split, validation=turned)  # what is learned is wrong there
    trained = train(load, contrary, replace(FAST, steps=30, max_drop=0.2), tmp_path / "adapter")
    last = trained.looks[-1]
    assert last.mean < trained.start.mean - 0.2 and last.step == len(trained.steps) < 30
    assert all(look.mean >= trained.start.mean - 0.2 for look in trained.looks[:-1])
    assert f"at step {last.step}, by more than --max-drop 0.2" in trained.stopped
    assert trained.best != last


def test_a_full_disk_leaves_nothing_that_looks_like_an_adapter(load, split, tmp_path):
    import resource

    def fill():
        resource.setrlimit(resource.RLIMIT_FSIZE, (4000, 4000))

    def work():
        train(load, split, FAST, tmp_path / "adapter", progress=stopping_at(1, fill))

    assert os.waitstatus_to_exitcode(in_child(work)) == 7
    assert not (tmp_path / "adapter").exists()
    assert {one.name for one in (tmp_path / ".adapter.unfinished").glob("[bs]*-*")} == {"best-000000"}, "of the start"


@pytest.mark.parametrize(
    "change",
    [
        {"labels": "own", "near_base_weight": 0.5},
        {"labels": "consensus", "views": 3},
        {"tuning": "soft-prompt", "contrastive": 1.0, "contrast": "supcon"},
        {"tuning": "full", "near_base_weight": 0.5, "learning_rate": 0.001},
        {"contrastive": 1.0, "contrast": "dclr", "adapt": 0.0, "sampling": "balanced"},
        {"precision": "bfloat16", "contrastive": 1.0, "contrast": "infonce", "adapt": 0.5, "hard_negatives": 1.0},
    ],
    ids=lambda change: "-".join(map(str, change.values())),
)
def test_every_kind_of_training_moves_what_it_trains(load, split, tmp_path, change):
    settings = replace(FAST, **{"steps": 2, "check_every": 2, **change})
    trained = train(load, split, settings, tmp_path / "adapter")
    assert set(trained.steps[-1].terms) == {part.term.name for part in parts_of(settings)}
    assert all(math.isfinite(one.loss) and one.norm > 0 for one in trained.steps)


def test_without_labels_the_checkpoint_is_chosen_by_the_models_own_answers(load, split, tmp_path):
    trained = train(load, split, replace(FAST, labels="own", steps=1), tmp_path / "adapter")
    assert trained.start.clean == 1.0, "as written, it answers as it answers"


def test_batches_mix_suites_and_every_item_knows_its_own(load, tmp_path):
    split = make_split([suite_named("one", "In"), suite_named("two", "Of")], select(["format"]))
    assert {suite.name for suite in split.suite_of.values()} == {"one", "two"}
    items = [item for step in range(4) for item in ItemStream(split.training, FAST).items(step)]
    assert {item.id.partition("/")[0] for item in items} == {"one", "two"}
    assert len(train(load, split, replace(FAST, steps=1), tmp_path / "adapter").steps) == 1


def test_each_round_takes_every_item_once_and_balanced_steps_have_as_many_of_each_answer(split):
    stream = ItemStream(split.training, FAST)
    rounds = len(split.training) // FAST.items
    first = [item.id for step in range(rounds) for item in stream.items(step)]
    assert len(first) == len(set(first)) == rounds * FAST.items
    assert first != [item.id for step in range(rounds, 2 * rounds) for item in stream.items(step)]
    rare = [item for item in split.training if item.target == "positive"] + [
        item for item in split.training if item.target == "negative"
    ][:5]
    balanced = ItemStream(rare, replace(FAST, sampling="balanced"))
    assert all(sum(item.target == "positive" for item in balanced.items(step)) == 2 for step in range(4))


@pytest.mark.parametrize("sampling", ["similar", "hard"])
def test_steps_of_like_items_take_each_item_once_a_round(split, load, sampling):
    stream = item_stream(split.training, replace(FAST, sampling=sampling), load())
    assert stream.states.shape == (len(split.training), 32)
    near = replace_states(stream, [float(number % 4 // 2) for number in range(len(split.training))])
    rounds = len(split.training) // FAST.items
    taken = [near.items(step) for step in range(rounds)]
    ids = [item.id for items in taken for item in items]
    assert len(ids) == len(set(ids)) == rounds * FAST.items
    assert near.items(0) == replace_states(stream, near.states[:, 0]).items(0), "the step alone decides"


def replace_states(stream, values):
    import numpy as np

    column = np.asarray(values, dtype=float)[:, None]
    return ItemStream(stream.all_items, stream.settings, np.hstack([column, 1 - column]))


def test_the_learning_rate_rises_and_falls():
    settings = RepairSettings(warmup=0.2)
    rates = [rate_factor(step / 20, settings) for step in range(20)]
    assert rates[0] == pytest.approx(0.1) and max(rates) == rates[4] == 1.0
    assert rates[:5] == sorted(rates[:5]) and rates[4:] == sorted(rates[4:], reverse=True)
    assert rate_factor(0.6, replace(settings, schedule="linear")) == pytest.approx(0.5)
    assert rate_factor(0.9, replace(settings, schedule="constant")) == 1.0


def test_states_that_come_to_lie_in_one_place_are_a_collapse():
    look = Look(
        step=0, tokens=0, worst=0.5, worst_of="", mean=0.5, clean=0.5, flip_rate=0.1, alignment=1.0, uniformity=-1.5,
        num_items=8, num_variants=16,
    )  # fmt: skip
    assert replace(look, alignment=0.1, uniformity=-0.05).has_collapsed(look)
    assert replace(look, alignment=0.0, uniformity=None).has_collapsed(look)
    assert not replace(look, alignment=0.1, uniformity=-1.2).has_collapsed(look), "formulations together, items apart"
    assert not look.has_collapsed(look)


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"learning_rate": float("nan")}, "--learning-rate nan: it must be at least 0"),
        ({"steps": 0}, "--steps 0: it must be at least 1"),
        ({"tuning": "loar"}, "Did you mean 'lora'"),
        ({"views": 1, "consistency": 1.0}, "one variant of an item agrees with itself"),
        ({"accumulation": 9}, "each part needs an item"),
    ],
)
def test_settings_that_cannot_be_are_refused(changes, problem):
    with pytest.raises(UsageError, match=problem):
        RepairSettings(**changes)


def test_unknown_loss_terms_are_refused_with_their_names():
    with pytest.raises(UsageError, match="infonce"):
        parts_of(RepairSettings(contrast="infoncy", contrastive=1.0))
    with pytest.raises(UsageError, match="consistency loss"):
        parts_of(RepairSettings(consistency=1.0, consistency_kind="infonce"))
    with pytest.raises(UsageError, match="not among the variants"):
        parts_of(RepairSettings(labels="own", original=False))


def test_settings_are_written_as_the_flags_that_set_them():
    settings = RepairSettings(hold_out=("typos", "order"), original=True, rank=4)
    assert as_flags(settings) == ["--rank", "4", "--original", "--hold-out", "typos,order"]


def test_families_that_are_held_out_are_typed_with_commas_and_otherwise_the_default():
    assert RepairSettings.of_typed({"hold_out": " typos, order ,"}, seed=3).hold_out == ("typos", "order")
    assert RepairSettings.of_typed({"hold_out": ""}).hold_out == ()
    assert RepairSettings.of_typed({"steps": 5}).hold_out == RepairSettings().hold_out


def test_a_training_that_is_resumed_with_newer_packages_is_the_same(tmp_path):
    unfinished = Unfinished.of(tmp_path / "adapter")
    unfinished.begin(
        {"settings": {"rank": 2}, "versions": {"torch": "2.8"}, "created": "then", "command": "probe repair a"}
    )
    now = {"versions": {"torch": "2.9"}, "created": "now", "command": "probe repair a --resume"}
    unfinished.check_same({"settings": {"rank": 2}} | now)
    with pytest.raises(UsageError, match="it differs in rank"):
        unfinished.check_same({"settings": {"rank": 3}} | now)


def test_the_highest_rate_falls_with_the_width_and_without_labels():
    assert highest_rate(RepairSettings(), 256) == pytest.approx(3e-3, rel=0.01)
    assert highest_rate(RepairSettings(), 512) == highest_rate(RepairSettings(), 256) / 2
    assert highest_rate(RepairSettings(labels="consensus"), 256) == pytest.approx(highest_rate(RepairSettings(), 2560))
    assert highest_rate(RepairSettings(learning_rate=0.5, tuning="full"), 256) == 0.5
