"""The judgement of a cure: trained, asked what no training has seen, and compared with what it should beat.

    adapter --> arms (`arms`), three seeds each, as many tokens each --> answers --> figures --> targets, statements
            --> hidden states and salient tokens, before and after                          --> judgement.json, README.md

Covered: the line from an adapter to a `Judgement` in its folder. Not covered: each of its parts.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from probe.record.store import write_json, write_whole
from probe.repair.arms import Answered, Arm, Job, Load, Trial, answered, standard_arms
from probe.repair.card import card
from probe.repair.figures import figures_of
from probe.repair.findings import by_key, statements_of, targets_of
from probe.repair.history import Progress
from probe.repair.judgement import REPAIR, UNREPAIRED, Judgement
from probe.repair.questions import Amounts, questions_of
from probe.repair.record import JUDGEMENT
from probe.repair.settings import RepairSettings
from probe.repair.split import Split
from probe.repair.states import layer_changes, salience_changes
from probe.types import Suite

CARD = "README.md"
SEEDS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class How:
    """How a cure is judged."""

    seeds: int = SEEDS
    """Trainings of each arm."""
    amounts: Amounts = field(default_factory=Amounts)
    others: tuple[Suite, ...] = ()
    """Suites that were not trained: is anything lost there?"""
    num_fewshot: int = 0
    created: str = ""
    arms: tuple[Arm, ...] = ()
    """Empty: those of every report (`standard_arms`)."""
    train_all: Callable[[Trial, Sequence[Job]], None] | None = None
    """Does the trainings beside the cure's first; None: one after the other."""


def judge(
    load: Load,
    split: Split,
    settings: RepairSettings,
    adapter: Path,
    how: How,
    *,
    progress: Callable[[str], Progress] = lambda _: lambda _: None,
) -> Judgement:
    """Judge the cure in the folder `adapter`, which was trained on a split with some settings, and write what is found there.

    Trainings of other arms and seeds are kept beside the folder until it is judged, so that an interrupted judgement goes on.

    Raises:
        LeakError: a variant is of what was trained on.
        ProbeError: a training fails, or something cannot be written.
    """
    started = time.perf_counter()
    questions = questions_of(split, how.amounts, others=how.others, num_fewshot=how.num_fewshot, seed=settings.seed)
    trial = Trial(
        load=load,
        split=split,
        seeds=tuple(settings.seed + number for number in range(how.seeds)),
        questions=questions,
        work=adapter.parent / f".{adapter.name}.arms",
        adapter=adapter,
        progress=progress,
        train_all=how.train_all,
    )
    answers = list(answered(how.arms or standard_arms(settings), trial))
    found = _judged(trial, settings, answers, how, started)
    write_json(adapter / JUDGEMENT, found.to_json())
    write_whole(adapter / CARD, card(found), what="the model card")
    shutil.rmtree(trial.work, ignore_errors=True)
    return found


def _judged(trial: Trial, settings: RepairSettings, answers: Sequence[Answered], how: How, started: float) -> Judgement:
    by_name = {one.result.name: one for one in answers}
    questions = trial.questions
    figures = figures_of(answers, questions)
    found, results = by_key(figures), tuple(one.result for one in answers)
    names = tuple(one.suite.name for one in questions if not one.is_other)
    before, after = by_name[UNREPAIRED].by_seed[0], by_name[REPAIR].by_seed[0]
    base, cured = trial.load(None), trial.load(trial.adapter)
    return Judgement(
        model=base.name,
        adapter=trial.adapter.name,
        created=how.created,
        suites=names,
        other_suites=tuple(one.suite.name for one in questions if one.is_other),
        seeds=trial.seeds,
        families=trial.split.families,
        held_out=trial.split.held_out,
        arms=results,
        figures=figures,
        targets=tuple(one for name in names for one in targets_of(name, found, trial.split.held_out)),
        statements=tuple(one for name in names for one in statements_of(name, found, results)),
        layers=layer_changes(base, cured, questions, before, seed=settings.seed),
        salience=salience_changes(base, cured, questions, before, after, seed=settings.seed),
        seconds=round(time.perf_counter() - started, 1),
    )
