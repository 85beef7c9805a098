"""The judgement of a cure as a session makes it: names to suites, a model with an adapter, trainings on all cores.

    trainings beside the cure     two arms more x seeds, each in a process of its own on a machine without an accelerator
    answers, figures              here

Covered: names, processes. Not covered: the judgement (`probe.repair.judge`).
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING, Any

from probe.api.repairing import Session, local, plan_of, split_of
from probe.models.loaders import load_model
from probe.repair.record import JUDGEMENT, RECORD, read_record, trained_of
from probe.repair.settings import RepairSettings
from probe.suite import find_suite, read_suite, shipped_suites
from reports.repair_page import write_repair_page

if TYPE_CHECKING:
    from probe.models.huggingface import HuggingFace
    from probe.repair.arms import Arm, Job, Trial
    from probe.repair.judgement import Judgement

Notes = Callable[[str], None]
"""Called with what was done, in a line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgeOptions:
    """How much a cure is judged by."""

    seeds: int = 3
    """Trainings of each arm."""
    items: int | None = 60
    """Evaluation items of each suite; None: all."""
    others: tuple[str, ...] | None = None
    """Suites that were not trained, by name; None: all shipped ones."""
    jobs: int | None = None
    """Trainings at once; None: one for each core, on an accelerator one."""
    arms: tuple[Arm, ...] = ()
    """What is compared, the unrepaired model and the cure among it; empty: what every report compares."""


def judge_repair(
    session: Session,
    out: Path,
    settings: RepairSettings,
    options: JudgeOptions = JudgeOptions(),
    *,
    note: Notes = lambda _: None,
) -> Judgement:
    """Judge the adapter in the folder `out`, which was trained by this session with these settings.

    Raises:
        ProbeError: a name is wrong, a training fails, or what is judged was trained on.
    """
    from probe.repair.judge import How, judge
    from probe.repair.questions import Amounts

    split = split_of(session, settings)
    names = shipped_suites() if options.others is None else options.others
    trained = {suite.name for suite in split.suites}
    others = [suite for name in names if (suite := read_suite(find_suite(name))).name not in trained]
    plan = plan_of(session)

    def train_all(trial: Trial, jobs: Sequence[Job]) -> None:
        _train_all(session, settings, trial, jobs, options.jobs, note)

    how = How(
        seeds=options.seeds,
        amounts=Amounts(items=options.items),
        others=tuple(others),
        num_fewshot=plan.num_fewshot,
        created=datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        arms=options.arms,
        train_all=train_all,
    )
    found = judge(loader(session), split, settings, out, how)
    write_repair_page(out)
    return found


def awaits_judgement(out: Path, settings: RepairSettings) -> bool:
    """Return whether the adapter of these settings lies in a folder whole and was not judged: its judgement was interrupted.

    Raises:
        StoreError: what the folder says is damaged.
    """
    if not (out / RECORD).exists() or (out / JUDGEMENT).exists():
        return False
    return trained_of(read_record(out), out).settings == settings


def loader(session: Session) -> Callable[[Path | None], HuggingFace]:
    """Return a function that loads the session's model afresh, with the result of a training or without."""

    def load(folder: Path | None) -> HuggingFace:
        name, options = session.settings.model, session.options()
        if folder is None:
            return local(load_model(name, options, model_args=session.settings.model_args))
        if (folder / "adapter_config.json").is_file():
            return local(
                load_model(name, replace(options, adapter=str(folder)), model_args=session.settings.model_args)
            )
        return local(load_model(f"hf:{folder}", options))

    return load


def _train_all(
    session: Session, settings: RepairSettings, trial: Trial, jobs: Sequence[Job], at_once: int | None, note: Notes
) -> None:
    """Do trainings, several at once where the model is computed on cores."""
    from probe.repair.arms import train_here

    cores = os.cpu_count() or 1
    most = min(len(jobs), at_once or (cores if trial.load(None).device.type == "cpu" else 1))
    if most < 2:
        for job in jobs:
            train_here(trial, [job])
            note(f"trained {job.title}")
        return
    threads = max(1, cores // most)
    # Spawned, not forked: libraries of threads that this process has used do not survive a fork.
    with ProcessPoolExecutor(most, mp_context=get_context("spawn")) as pool:
        given = {one.name: getattr(session.settings, one.name) for one in fields(session.settings)}
        made = partial(train_alone, type(session), given, settings, threads)
        running = {pool.submit(made, job): job for job in jobs}
        for done in as_completed(running):
            done.result()
            note(f"trained {running[done].title}")


def train_alone(
    kind: Callable[..., Session], given: dict[str, Any], settings: RepairSettings, threads: int, job: Job
) -> None:
    """Do one training in a process of its own: the session, its split and its model are made anew from what was given."""
    from probe.repair.arms import use_threads
    from probe.repair.train import train

    use_threads(threads)
    session = kind(takes=(), **given)
    load = loader(session)
    train(lambda: load(None), split_of(session, settings), job.settings, job.folder, resume=True)
