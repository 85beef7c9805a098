"""Repairs made of nothing but the nouns, for tests of their reports: of any number of seeds, judged or not, hostile."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from probe.repair.curves import curves_of
from probe.repair.history import Look, StepDone, Trained
from probe.repair.judgement import ArmResult, Figure, Judgement, LayerChange, SalienceChange, Statement, Target
from probe.repair.record import Repair, SplitRecord
from probe.repair.settings import RepairSettings

HOSTILE = "<script>alert(1)</script>\x1b[31m\u202e | @team"
SUITE = f"s {HOSTILE}"
ARMS = (
    ("unrepaired", "none"), ("augmentation", "training"), ("f2c", "training"), ("repair", "training"),
    ("calibration", "calibration"), ("vote", "vote"),
)  # fmt: skip
TRAINED, HELD_OUT = ("wording", "casing"), ("typos", "structure")


def made_trained(*, seed: int = 0, steps: int = 150, stopped: str = "", folder: Path = Path("adapters/toy")) -> Trained:
    """Return a training that helped."""
    looks = tuple(
        Look(
            step=step, tokens=100 * step, worst=0.5 + step / 1000, worst_of=f"format/{HOSTILE}", mean=0.8, clean=0.9,
            flip_rate=0.2, alignment=0.9 - step / 1000, uniformity=-1.5 if step else None, num_items=32, num_variants=200,
        )
        for step in range(0, steps + 1, 50)
    )  # fmt: skip
    done = tuple(
        StepDone(
            step=k, fraction=k / steps, loss=3 / k, terms={"cross-entropy": 2 / k, "supcon": 1 / k}, learning_rate=0.001,
            norm=1.0, tokens=100 * k, separate=200 * k, seconds=k / 10,
        )
        for k in range(1, steps + 1)
    )  # fmt: skip
    return Trained(
        folder=folder,
        settings=RepairSettings(seed=seed, contrastive=0.7),
        steps=done,
        looks=looks,
        best=looks[-1],
        stopped=stopped,
        warnings=(f"collapse {HOSTILE}",),
    )


def figure(section: str, family: str, metric: str, arm: str, **given: object) -> Figure:
    direction = "lower" if metric in ("flip_rate", "spread") else "higher"
    after = 0.4 if arm == "unrepaired" else 0.1 if direction == "lower" else 0.6
    moved = {} if arm == "unrepaired" else {"difference": after - 0.4, "ci_low": after - 0.5, "ci_high": after - 0.3}
    return Figure(
        suite=SUITE, section=section, family=family, metric=metric, direction=direction, arm=arm, before=0.4, after=after,
        num_items=60, num_variants=6, **moved | given,
    )  # fmt: skip


def made_figures(suites: tuple[str, ...]) -> tuple[Figure, ...]:
    keys = [("clean", "original", "accuracy"), ("contrast", "contrast", "contrast_consistency")]
    for section, families in (
        ("held-out-formats", ("format",)),
        ("held-out-families", HELD_OUT),
        ("trained", TRAINED),
    ):
        metrics = ("flip_rate", "spread", "accuracy_worst")
        keys += [(section, family, metric) for family in ("all", *families) for metric in metrics]
    found = [figure(*key, arm) for key in keys for arm, _ in ARMS if arm != "calibration"]
    found += [
        replace(figure("held-out-suites", family, metric, arm), suite=suite)
        for suite in suites
        for family, metric in (("original", "accuracy"), ("all", "flip_rate"))
        for arm, kind in ARMS
        if kind in ("none", "training")
    ]
    return tuple(found)


def made_judgement(*, seeds: tuple[int, ...] = (0, 1, 2), others: tuple[str, ...] = (HOSTILE,)) -> Judgement:
    """Return a judgement of one suite, with everything in it."""
    arms = tuple(
        ArmResult(
            name=name, title=name, kind=kind, summary="",
            chose=f"template-ensemble: {HOSTILE}" if kind == "vote" else "",
            reason=f"too few answers {HOSTILE}" if kind == "calibration" else "",
            training_tokens=(15_000,) * len(seeds) if kind == "training" else (),
            seconds=(20.0,) * len(seeds) if kind == "training" else (),
            calls=5.0 if kind == "vote" else 1.0, tokens=47.2,
            stopped=(f"fell {HOSTILE}",) if name == "f2c" else (),
            curves=tuple(curves_of(made_trained(seed=seed), name) for seed in seeds) if kind == "training" else (),
        )
        for name, kind in ARMS
    )  # fmt: skip
    return Judgement(
        model=HOSTILE, adapter="toy", created="2026-11-29T00:00:00Z", suites=(SUITE,), other_suites=others, seeds=seeds,
        families=TRAINED, held_out=HELD_OUT, arms=arms,
        figures=made_figures(others),
        targets=(
            Target(suite=SUITE, name="a", reached=True, text=f"flips: 40.0 % -> 10.0 %, wanted half {HOSTILE}"),
            Target(suite=SUITE, name="b", reached=False, text="spread"),
            Target(suite=SUITE, name="c", reached=None, text="worst"),
        ),
        statements=(
            Statement(suite=SUITE, name="terms-families", holds=None, text=f"{SUITE}: no difference is seen."),
            Statement(suite=SUITE, name="vote", holds=True, text=f"{SUITE}: without training."),
            Statement(suite=SUITE, name="helped", holds=True, text=f"{SUITE}: Repair helped: flips 40.0 % -> 10.0 %."),
        ),
        layers=tuple(
            LayerChange(suite=SUITE, layer=k, metric=metric, family="all", before=1.0 + k, after=0.5 if k else None)
            for metric in ("alignment", "uniformity", "relative_distance") for k in range(4)
        ),
        salience=(
            SalienceChange(
                suite=SUITE, item=HOSTILE, family="typos", toward=HOSTILE, against="positive", margin_before=3.4,
                margin_after=-1.8, tokens=("Say", HOSTILE, "\n", "now"),
                before=(0.4, -0.2, 0.0, 0.01), after=(0.1, -0.4, 0.0, 0.0),
            ),
        ),
    )  # fmt: skip


def made_repair(judgement: Judgement | None = None, **given: object) -> Repair:
    """Return a repair; without a judgement it was not judged."""
    whole = {
        "folder": Path("adapters/toy <b>"), "model": HOSTILE, "suites": (SUITE,), "trained": made_trained(),
        "split": SplitRecord(
            training_items=338, validation_items=102, perturbations=("typos-swap",), families=TRAINED, held_out=HELD_OUT
        ),
        "judgement": judgement, "command": f"probe repair '{HOSTILE}'", "versions": {"torch": "2.9"},
    }  # fmt: skip
    return Repair(**whole | given)
