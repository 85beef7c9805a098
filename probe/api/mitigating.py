"""The bench of mitigation methods as a session runs it: on the kept answers of a run, or on a suite that is run first.

    RUN                  its answers, its model             nothing is asked anew but what methods ask
    SUITE --> probe run  the run, saved as any other        the first items only, unless --limit says how many

What is found lies in a folder of its own, with a page and the proposed prompt files, and on the page of the run.

Covered: names and folders to a `Mitigation` on disk. Not covered: printing it (`probe.cli.mitigate`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any, Protocol, Self

from probe.api.messages import recorded_warnings
from probe.api.results import Run as SavedRun
from probe.api.save import new_manifest
from probe.api.settings import Settings, flags, of_panel
from probe.errors import ModelError, ProbeError, UsageError
from probe.masking import masked
from probe.mitigate.base import Method
from probe.mitigate.bench import Progress, Subject, Tools, check_prior, parse_prior, run_bench
from probe.mitigate.catalogue import chosen
from probe.mitigate.mitigation import SCHEMA_VERSION, Mitigation, ProposedFile
from probe.mitigate.sensitivity_aware import parse_alpha
from probe.models.base import Model, Tokenizer
from probe.models.loaders import tokenizer_only
from probe.models.options import HuggingFaceOptions
from probe.record.find import find_run_or_suite
from probe.record.redraw import plan_of, redrawn_results
from probe.record.run import Run, read_run
from probe.record.store import check_place, folder_name, new_folder, write_json
from probe.record.trust import Typed, model_of
from probe.sources.base import TRUSTING
from probe.types import Suite
from reports.html import write_page
from reports.mitigation_page import write_mitigation_page

SUITE_DEFAULTS: dict[str, Any] = {"limit": 60, "noise_floor": False}
"""What a suite is run with first where nothing says otherwise: all methods are then tried on it within two minutes."""
NO_MODEL = "it asks the model, and the run does not say which it was; name it with --model"
THEN = "try the methods on the new run"


class Session(Protocol):
    """What the bench takes of a session (`probe.api.session`)."""

    settings: Settings
    given: dict[str, Any]
    from_project: dict[str, Any]

    @property
    def out(self) -> Path: ...
    def check_out(self) -> None: ...
    def using(self, **given: Any) -> Self: ...
    def suite(self, name: str) -> Suite: ...
    def model(self) -> Model: ...
    def options(self) -> HuggingFaceOptions: ...
    def run(self, suite: str) -> SavedRun: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is asked of the bench; each is a flag of `probe mitigate` and an argument of `Session.mitigate`."""

    method: str | Sequence[str] = "all"
    target_flip_rate: float | None = None
    prior: str | Mapping[str, float] | None = None
    """How often each class is right."""
    rewriter: str | None = None
    budget: int | None = None
    """Most calls of a method that searches."""
    templates: int | None = None
    """Layouts of a template ensemble; None: 5."""
    permutations: str | None = None
    """Orders of listed options that vote: cyclic or all; None: all of up to three options, else cyclic."""
    alpha: str | float | None = None
    """Of sensitivity-aware decoding, or "train"; None: 0.6."""
    degree: float | None = None
    """Of contrast in contrastive input decoding; None: 1."""

    @property
    def options(self) -> dict[str, Any]:
        """Return what methods are given: those that are set, a prior as the probability of each class.

        Raises:
            UsageError: the prior or alpha is none.
        """
        found: dict[str, Any] = {"rewriter": self.rewriter, "budget": self.budget}
        found |= {"templates": self.templates, "permutations": self.permutations, "degree": self.degree}
        if self.alpha is not None:
            found["alpha"] = parse_alpha(self.alpha)
        if self.prior is not None:
            given = self.prior
            text = given if isinstance(given, str) else ",".join(f"{name}={value}" for name, value in given.items())
            found["prior"] = parse_prior(text)
        return {name: value for name, value in found.items() if value is not None}


def mitigate(
    session: Session,
    subject: str | Path | SavedRun,
    *,
    progress: Progress = lambda *_: None,
    command: str = "",
    **given: Any,
) -> Mitigation:
    """Try methods on the answers of a run or a suite, save what was found, and return it.

    `given` are the fields of `Wanted`, and settings by name, most of which a run that is there already does not take.

    Raises:
        UsageError: a name or an option is wrong, or the run is an import.
        ModelError: the model cannot be loaded.
        StoreError: the run is damaged, or what was found cannot be written.
    """
    own = {one.name for one in fields(Wanted)}
    wanted = Wanted(**{name: value for name, value in given.items() if name in own})
    settings = {name: value for name, value in given.items() if name not in own}
    session, said = session.using(**settings), {**session.given, **settings}
    methods, options = chosen(wanted.method), wanted.options
    rate = wanted.target_flip_rate
    if rate is not None and not 0 <= rate <= 1:
        raise UsageError(f"--target-flip-rate {rate:g}: a share from 0 to 1", hint="--target-flip-rate 0.05")
    session.check_out()
    with recorded_warnings() as warnings:
        run, asked = _subject_run(session, subject, said, options)
        check_place(run.folder / "mitigation.json", what="what is found")
        results = redrawn_results(run, then=THEN, with_requests=True, typed=Typed.of_settings(said))
        for one in results.values():
            check_prior(options.get("prior"), one.variants.suite)
        model = None if asked is None else _model(asked, run, methods)
        encoder = _encoder(asked) if model is None else getattr(model.unwrapped, "encoder", None)
        plan, seed = plan_of(run, Typed.of_settings(said)), int(run.manifest["seed"])
        subjects = [Subject.of(one, plan, encoder) for one in results.values()]
        tools = Tools(model, options, NO_MODEL)
        found = run_bench(subjects, methods, tools, target=rate, seed=seed, progress=progress)
    made = Mitigation(
        of_run=str(run.folder),
        model=run.model,
        command=command,
        target_flip_rate=rate,
        options=options,
        suites=found,
        warnings=tuple(warnings),
    )
    return _saved(made, run, (asked or session).out)


def _subject_run(
    session: Session, subject: str | Path | SavedRun, given: Mapping[str, Any], options: Mapping[str, Any]
) -> tuple[Run, Session | None]:
    """Return the run whose answers are those before, and a session of its model; None where the run does not name it."""
    folder = subject.folder if isinstance(subject, SavedRun) else find_run_or_suite(subject, runs=session.out)
    if folder is not None:
        run = read_run(folder)
        _refuse_settings(run, given)
        _refuse_import(run)
        return run, _as_in_run(session, run, given)
    said = {**session.from_project, **given}
    session = session.using(**{name: value for name, value in SUITE_DEFAULTS.items() if name not in said})
    if (prior := options.get("prior")) is not None:
        check_prior(prior, session.suite(str(subject)))
    return read_run(session.run(str(subject)).folder), session


def _refuse_settings(run: Run, given: Mapping[str, Any]) -> None:
    """Refuse settings that a run which is there already cannot take: all but what lets it be drawn again."""
    for name in (*of_panel("Suite", "Perturbations"), "noise_floor"):
        is_again = name == "perturb" and set(Typed.of_settings(given).perturb) <= set(run.manifest["perturb"])
        if name in given and name not in TRUSTING and not is_again:
            raise UsageError(
                f"{flags()[name].name} has no effect on {run.folder}, which is a run: it keeps what was asked",
                hint="leave it out, or name a suite instead of the run",
            )


def _refuse_import(run: Run) -> None:
    if (run.manifest.get("asked_model") or {}).get("imported"):
        raise UsageError(
            f"{run.folder} was imported: it asked no model, and its prompts cannot be drawn again",
            hint="probe mitigate SUITE --model MODEL runs the suite first",
        )


def _as_in_run(session: Session, run: Run, given: Mapping[str, Any]) -> Session | None:
    """Return a session that loads the run's model as the run did, but for what is said; None where it is not known."""
    asked = model_of(run, Typed.of_settings(given), is_named="model" in given)
    said = {name: value for name, value in given.items() if name in of_panel("Model")}
    if not asked and "model" not in said:
        return None
    known = {one.name for one in fields(HuggingFaceOptions)} & set(flags())
    settings: dict[str, Any] = {
        "trust_remote_code": False
    }  # not what the project's file says, which is of another model
    settings |= {name: value for name, value in (asked.get("options") or {}).items() if name in known}
    settings["batch_size"] = str(settings.get("batch_size") or "auto")
    settings |= {name: asked[name] for name in ("model", "model_args") if name in asked}
    return session.using(**settings | said, out=run.folder.parent)


def _model(session: Session, run: Run, methods: Sequence[Method]) -> Model | None:
    """Load the model if a method asks it.

    Raises:
        UsageError: it is not the model of the run.
        ModelError: it cannot be loaded.
    """
    if not any(one.asks for one in methods):
        return None
    try:
        model = session.model()
    except ModelError as problem:
        free = [one.name for one in chosen("all") if not one.asks]
        problem.hint = problem.hint or f"--method {','.join(free)} asks no model"
        raise
    if differing := model.facts().differing(run.manifest["model"]):
        raise UsageError(
            f"{model.name} is not the model of {run.folder}, {run.model}: another {', '.join(differing)}",
            hint="leave --model out, or name a suite instead of the run to ask this model",
        )
    return model


def _encoder(session: Session | None) -> Tokenizer | None:
    """Return what counts the tokens of kept answers, without the model's weights."""
    if session is None:
        return None
    try:
        return tokenizer_only(session.settings.model, session.options(), model_args=session.settings.model_args)
    except ProbeError:
        return None


def _saved(found: Mitigation, run: Run, out: Path) -> Mitigation:
    """Write the bench's folder whole, then the figures and the page of the run.

    Raises:
        StoreError: one of them cannot be written.
    """
    facts: dict[str, Any] = {"kind": "mitigation", "of_run": found.of_run, "target_flip_rate": found.target_flip_rate}
    facts |= {"methods": [one.method for one in found.suites[0].methods], "options": dict(found.options)}
    facts |= {name: run.manifest[name] for name in ("seed", "suites", "model", "asked_model") if name in run.manifest}
    manifest = new_manifest(found.command, facts, schema_version=SCHEMA_VERSION)
    suites = [one.suite for one in found.suites]
    name = folder_name(manifest["created"], suites, run.model, f"mitigate_{manifest['id']}")
    found = replace(found, run=str(out / name))
    with new_folder(out, name) as folder:
        write_json(folder / "manifest.json", manifest)
        write_json(folder / "mitigation.json", found.to_json())
        for one in found.suites:
            for method in one.methods:
                for file in method.files:
                    _write_proposed(folder, file)
        write_mitigation_page(found, folder / "report.html")
    write_json(run.folder / "mitigation.json", found.to_json())
    write_page(run.folder, run.folder / "report.html")
    return found


def _write_proposed(folder: Path, one: ProposedFile) -> None:
    """Write a proposed file and its diff below the folder; never over a file of the suite."""
    path = folder / one.path
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(masked(one.text), encoding="utf-8")
    path.with_name(path.name + ".diff").write_text(masked(one.diff), encoding="utf-8")
