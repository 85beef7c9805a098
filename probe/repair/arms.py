"""What a cure is compared with: nothing, plain augmentation, F2C's loss, a calibration, a vote of five templates.

    arm            trained by                                                costs
    unrepaired     -                                                         -
    augmentation   cross-entropy on answers, over sampled formulations       as many training tokens as the cure
    f2c            consensus of the variants as target, plus alignment       as many training tokens as the cure
    repair         the settings that were chosen                             its training tokens
    calibration    - the bench's, on the kept answers                        no prompt more, or a few content-free ones
    vote           - the bench's, over five layouts                          five prompts an answer

Augmentation is PAFT: Wei et al. 2025, "PAFT: Prompt-Agnostic Fine-Tuning", arXiv 2502.12859. F2C: arXiv 2510.14242. Every
training has the items, the draws of its seed, the adapter and the schedule of the cure, and as many tokens as the cure's first
seed took.

Covered: the arms, their trainings, their answers. Not covered: figures (`probe.repair.figures`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import torch

from probe.errors import ProbeError
from probe.evaluation.asking import answer
from probe.mitigate.base import Asker, Bench, Cost, Method, NotApplicable, Outcome, cost_of, keyed
from probe.mitigate.catalogue import catalogue
from probe.models.base import Model
from probe.models.huggingface import HuggingFace
from probe.repair.curves import curves_of
from probe.repair.history import Progress
from probe.repair.judgement import AUGMENTATION, CALIBRATION, F2C, REPAIR, UNREPAIRED, VOTE, ArmResult, Kind
from probe.repair.questions import Questions
from probe.repair.record import read_record, trained_of
from probe.repair.settings import RepairSettings
from probe.repair.split import Split
from probe.repair.train import train
from probe.types import Score

Answers = tuple[tuple[Score, ...], ...]
"""Of each suite's questions, in their order."""
Load = Callable[[Path | None], HuggingFace]
"""Loads the model afresh, with an adapter (or, after full tuning, the trained model) or without."""

VOTERS = 4
VOTE_METHOD = "template-ensemble"


@dataclass(frozen=True, slots=True)
class Arm:
    """A way to answer."""

    name: str
    title: str
    kind: Kind
    summary: str
    settings: RepairSettings | None = None
    """Of a training."""


@dataclass(frozen=True, slots=True, eq=False)
class Answered:
    """An arm with its answers."""

    result: ArmResult
    by_seed: tuple[Answers, ...] = ()
    """One of an arm that is not trained; none where it could not answer."""


@dataclass(frozen=True, slots=True)
class Job:
    """A training that an arm needs."""

    title: str
    settings: RepairSettings
    folder: Path


@dataclass(frozen=True, slots=True, eq=False)
class Trial:
    """What all arms share."""

    load: Load
    split: Split
    seeds: tuple[int, ...]
    """The first is that of the cure that is kept."""
    questions: tuple[Questions, ...]
    work: Path
    """Where trainings beside the cure's first are kept until it is judged; what is there already is not trained again."""
    adapter: Path
    """The cure's first training."""
    progress: Callable[[str], Progress] = field(default=lambda _: lambda _: None)
    """Gives a training's progress function, by what is trained."""
    train_all: Callable[[Trial, Sequence[Job]], None] | None = None
    """Does all trainings that are left to do; None: one after the other, here."""

    def folder(self, arm: Arm, number: int) -> Path:
        """Return where an arm's training with the seed of that number lies."""
        return self.adapter if arm.name == REPAIR and not number else self.work / f"{arm.name}-{self.seeds[number]}"


def standard_arms(settings: RepairSettings) -> tuple[Arm, ...]:
    """Return the arms of every report."""
    plain = replace(settings, labels="yes", consistency=0.0, contrastive=0.0, near_base_weight=0.0, contrast_members=0)
    return (
        Arm(UNREPAIRED, "unrepaired", "none", "The model as it is."),
        Arm(AUGMENTATION, "augmentation", "training", "Cross-entropy over sampled formulations (PAFT).", plain),
        Arm(
            F2C, "F2C", "training", "Consensus of the variants as target, plus alignment; no labels.", with_votes(plain)
        ),
        Arm(REPAIR, "repair", "training", "The cure.", settings),
        Arm(CALIBRATION, "best calibration", "calibration", "The calibration that flips least; no training."),
        Arm(VOTE, "five-template vote", "vote", "The mean answer over five layouts; no training."),
    )


def with_votes(settings: RepairSettings) -> RepairSettings:
    """Return settings with enough formulations of an item to vote over, and as many in a step as before.

    The paper has 4 to 15. The learning rate is a tenth: at the full one all answers become one (seen on validation items).
    """
    views = max(VOTERS, settings.views)
    items = max(1, settings.items * settings.views // views)
    rate = None if settings.learning_rate is None else settings.learning_rate / 10
    return replace(
        settings, labels="consensus", views=views, items=items, original=True, accumulation=1, learning_rate=rate
    )


def answered(arms: Sequence[Arm], trial: Trial) -> Iterator[Answered]:
    """Train what is trained and ask everything of each arm; the unrepaired model comes first.

    Raises:
        ProbeError: a training or the unrepaired model fails. A method of the bench that fails is listed with the reason.
    """
    jobs = jobs_of(arms, trial)
    (trial.train_all or train_here)(trial, jobs)
    base = trial.load(None)
    before = asked(base, trial.questions)
    price = _price([score for part in before for score in part], base)
    for arm in arms:
        if arm.kind == "none":
            yield Answered(_result(arm, tokens=price), (before,))
        elif arm.settings is not None:
            yield _trained(arm, trial, price)
        else:
            yield _mitigated(arm, base, before, trial.questions)


def jobs_of(arms: Sequence[Arm], trial: Trial) -> list[Job]:
    """Return the trainings that are not there yet, each to as many tokens as the cure's first one took."""
    budget = int(read_record(trial.adapter)["tokens"])
    return [
        Job(
            f"{arm.title}, seed {seed}",
            replace(arm.settings, seed=seed, train_tokens=budget),
            trial.folder(arm, number),
        )
        for arm in arms
        if arm.settings is not None
        for number, seed in enumerate(trial.seeds)
        if not trial.folder(arm, number).is_dir()
    ]


def train_here(trial: Trial, jobs: Sequence[Job]) -> None:
    """Do trainings one after the other."""
    for job in jobs:
        train(
            lambda: trial.load(None),
            trial.split,
            job.settings,
            job.folder,
            progress=trial.progress(job.title),
            resume=True,
        )


def use_threads(num: int) -> None:
    """Let the model of this process be computed by so many threads."""
    torch.set_num_threads(num)


def asked(model: Model, questions: Sequence[Questions]) -> Answers:
    """Return a model's answers to everything."""
    return tuple(tuple(answer(model, one.variants, one.suite)) for one in questions)


def _result(arm: Arm, **known: Any) -> ArmResult:
    settings: Mapping[str, Any] = {} if arm.settings is None else arm.settings.as_record()
    return ArmResult(name=arm.name, title=arm.title, kind=arm.kind, summary=arm.summary, settings=settings, **known)


def _trained(arm: Arm, trial: Trial, price: float | None) -> Answered:
    """Return the answers of an arm's trainings, one for each seed."""
    folders = [trial.folder(arm, number) for number in range(len(trial.seeds))]
    records = [read_record(folder) for folder in folders]
    answers = [asked(trial.load(folder), trial.questions) for folder in folders]
    result = _result(
        arm,
        training_tokens=tuple(one["tokens"] for one in records),
        steps=tuple(len(one["steps"]) for one in records),
        seconds=tuple(one["seconds"] for one in records),
        kept=tuple(one["best_step"] for one in records),
        stopped=tuple(one["stopped"] for one in records if one["stopped"]),
        curves=tuple(
            curves_of(trained_of(one, folder), arm.name) for one, folder in zip(records, folders, strict=True)
        ),
        tokens=price,
    )
    return Answered(result, tuple(answers))


def _mitigated(arm: Arm, base: HuggingFace, before: Answers, questions: Sequence[Questions]) -> Answered:
    """Return an arm of the bench on the unrepaired model's answers to the suites that are repaired.

    The calibration is the one with the fewest moved answers on what is judged, which flatters it.
    """
    known = catalogue()
    of_kind = [one for one in known if one.kind == "calibration"]
    chosen = of_kind if arm.kind == "calibration" else [one for one in known if one.name == VOTE_METHOD]
    best: tuple[float, Answered] | None = None
    reasons: list[str] = []
    for one in chosen:
        found = _applied(arm, one, base, before, questions, reasons)
        moved = [_moved(scores) for answers in found.by_seed for scores in answers if scores]
        if moved and (best is None or sum(moved) / len(moved) < best[0]):
            best = sum(moved) / len(moved), found
    if best is None:
        return Answered(_result(arm, reason="; ".join(reasons) or "the bench has no such method"))
    return best[1]


def _applied(
    arm: Arm, one: Method, base: HuggingFace, before: Answers, questions: Sequence[Questions], reasons: list[str]
) -> Answered:
    """Return what a method answers to the suites that it applies to; why it does not to others is added to `reasons`."""
    outcomes: list[Outcome | None] = []
    cost = Cost()
    for part, scores in zip(questions, before, strict=True):
        outcomes.append(None)
        if part.is_other:
            continue
        askers = Asker(base, part.suite), Asker(base, part.suite)
        try:
            outcomes[-1] = one.apply(Bench(part.suite, part.plan, scores, *askers))
            cost = cost.plus(askers[0].cost)
        except (NotApplicable, ProbeError) as error:
            reasons.append(f"{part.suite.name}, {one.name}: {error}")
    known = [outcome for outcome in outcomes if outcome is not None]
    if not known:
        return Answered(_result(arm, reason="it applies to no suite"))
    answers = tuple(() if outcome is None else outcome.scores for outcome in outcomes)
    num = max(1, sum(map(len, answers)))
    keeps = all(outcome.keeps for outcome in known)
    own = _price([score for part in before for score in part], base) if keeps else 0.0
    tokens = None if cost.tokens is None or own is None else own + cost.tokens / num
    chose = "; ".join(dict.fromkeys(outcome.chose for outcome in known if outcome.chose))
    result = _result(
        arm, chose=f"{one.name}: {chose}" if chose else one.name, calls=float(keeps) + cost.calls / num, tokens=tokens
    )
    return Answered(result, (answers,))


def _moved(scores: Sequence[Score]) -> float:
    """Return the share of answers that are other than the one to the original."""
    originals = {score.variant.item.id: score.answer for score in scores if score.variant.family == "original"}
    others = [
        score.answer != originals.get(score.variant.item.id)
        for score in scores
        if score.variant.family != "original" and score.variant.effect == "label-preserving"
    ]
    return sum(others) / max(1, len(others))


def _price(scores: Sequence[Score], base: Model) -> float | None:
    tokens = cost_of(base, scores).tokens
    return None if tokens is None else tokens / max(1, len(scores))


def paired(before: Sequence[Score], after: Sequence[Score]) -> tuple[list[Score], list[Score]]:
    """Return the answers before and after of the variants that have both, in the order of those before."""
    found = keyed(after)
    both = [(old, found[key]) for key, old in keyed(before).items() if key in found]
    return [old for old, _ in both], [new for _, new in both]
