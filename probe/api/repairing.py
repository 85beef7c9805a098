"""A repair as a session makes it: names as a user types them to a trained adapter.

    suites, perturbations, model   -->   a split   -->   training   -->   the adapter's folder

Covered: reading names, refusing a model that has no weights here. Not covered: the training (`probe.repair.train`), printing
(`probe.cli.repair`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, Self

from probe.api.settings import Settings
from probe.errors import UsageError
from probe.evaluation.run import Plan
from probe.models.base import Model
from probe.models.loaders import load_model
from probe.models.options import HuggingFaceOptions
from probe.record.versions import versions
from probe.repair.settings import FAMILIES, RepairSettings
from probe.types import Suite
from reports.repair_page import write_repair_page

if TYPE_CHECKING:
    from probe.models.huggingface import HuggingFace
    from probe.repair.history import Progress, Trained
    from probe.repair.split import Split


class Session(Protocol):
    """What a repair takes of a session (`probe.api.session`)."""

    settings: Settings
    given: dict[str, Any]
    from_project: dict[str, Any]

    def using(self, **given: Any) -> Self: ...

    def suites(self) -> list[Suite]: ...
    def plan(self) -> Plan: ...
    def options(self) -> HuggingFaceOptions: ...
    def asked_model(self) -> dict[str, Any]: ...
    def paraphrased(self, suites: list[Suite], plan: Plan) -> tuple[list[Suite], Plan, dict[str, dict[str, Any]]]: ...


def repair(
    session: Session,
    out: Path,
    settings: RepairSettings,
    *,
    resume: bool = False,
    progress: Progress = lambda _: None,
    command: str = "",
) -> Trained:
    """Train an adapter that makes a model's answers less fragile, and write it to the folder `out`.

    Raises:
        ProbeError: a name is wrong, the suites cannot be trained on, the model is not local, or training fails.
    """
    from probe.repair.objective import parts_of
    from probe.repair.train import check_place, train

    check_place(out, resume=resume)
    parts_of(settings)  # names of loss terms, before a model is loaded
    split = split_of(session, settings)
    _check_labels(split.suites, settings)
    facts: Mapping[str, Any] = {
        "command": command,
        "asked_model": session.asked_model(),
        "created": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "versions": versions(),
    }
    trained = train(loader(session), split, settings, out, progress=progress, resume=resume, facts=facts)
    write_repair_page(out)
    return trained


def _check_labels(suites: Sequence[Suite], settings: RepairSettings) -> None:
    """Refuse to train free answers without labels: a vote, and the model's own answer, are over the choices of a question.

    Raises:
        UsageError: names the suite.
    """
    free = [suite.name for suite in suites if not suite.is_choice]
    if settings.labels != "yes" and free:
        raise UsageError(
            f"--labels {settings.labels}: suite {free[0]!r} has free answers; without labels a target is one of given choices",
            hint="leave --labels out, or name suites whose answers are choices",
        )


def plan_of(session: Session) -> Plan:
    """Return a session's plan, of many families where nothing says which: what many ways teach carries over to others."""
    said = {**session.from_project, **session.given}
    chosen = session.plan() if "perturb" in said else session.using(perturb=FAMILIES).plan()
    return chosen


def split_of(session: Session, settings: RepairSettings) -> Split:
    """Return what a session's suites are cut into, under its perturbations.

    Raises:
        UsageError: as `probe.repair.split.make_split`.
    """
    from probe.repair.split import make_split

    suites, plan, _ = session.paraphrased(session.suites(), plan_of(session))
    return make_split(
        suites,
        plan.perturbations,
        hold_out=settings.hold_out,
        num_fewshot=plan.num_fewshot,
        validation=settings.validation,
        seed=settings.seed,
        reviews=plan.reviews,
    )


def loader(session: Session) -> Callable[[], HuggingFace]:
    """Return a function that loads the session's model afresh, for training changes it."""

    def load() -> HuggingFace:
        named = session.settings.model, session.settings.model_args
        return local(load_model(named[0], session.options(), model_args=named[1]))

    return load


def local(model: Model) -> HuggingFace:
    """Return a model whose weights are here.

    Raises:
        UsageError: there are none to train.
    """
    from probe.models.representation import local_engine

    engine = local_engine(model)
    if engine is None:
        raise UsageError(
            f"{model.name} has no weights here that could be trained",
            hint="name a local model: --model pocket, or --model hf:NAME_OR_PATH",
        )
    return engine
