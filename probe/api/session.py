"""One object from names as a user types them to a saved run and its verdict: for commands, pytest and Python alike.

    Session(out="runs")  -->  run("facts", model="pocket")  -->  Run  -->  check(run, max_flip_rate=0.1)  -->  Verdict

A setting that is given comes before one of the project's file, and that before the default. A model is loaded once and a
run is made once, however often they are asked for.

Covered: settings, suites, plan, model, run, verdict. Not covered: printing (`probe.cli`), pytest (`probe.api.pytest_plugin`).
"""

from __future__ import annotations

import logging
import os
import re
import shlex
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, nullcontext
from copy import copy
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from probe.api import prepare
from probe.api.checks import CHECKS, RULES, check_values
from probe.api.keeping import SavedFiles
from probe.api.messages import quiet, recorded_warnings
from probe.api.project import Gate, Project, find_project
from probe.api.results import Run
from probe.api.save import save, write_run_page
from probe.api.settings import OLD_NAMES, Settings, as_flags, changed, command_of, defaults, types
from probe.errors import StoreError, UsageError
from probe.evaluation.asking import Progress
from probe.evaluation.run import Plan, key_of
from probe.evaluation.run import run as run_plan
from probe.gating.bounds import METRICS, Bound
from probe.gating.evaluate import evaluate
from probe.gating.rule import Rule
from probe.gating.verdict import GateVerdict
from probe.models.base import Model
from probe.models.cache import Cached
from probe.models.loaders import load_model
from probe.models.options import HuggingFaceOptions
from probe.models.rerun import Reruns
from probe.record.commands import paraphrase_flags
from probe.record.store import check_out, scratch_folder
from probe.record.summarise import doubts
from probe.record.writing import Tables
from probe.registry import unknown_name
from probe.sources import sources
from probe.types import Suite

if TYPE_CHECKING:
    from probe.mitigate.mitigation import Mitigation
    from probe.repair.history import Trained
    from probe.repair.judgement import Judgement
    from probe.repair.settings import RepairSettings

Suites = str | Path | Suite | Sequence[str | Path | Suite]

log = logging.getLogger(__name__)


class NotRobust(AssertionError):
    """A run that the gate does not let pass; the message is the verdict's page."""


class Session:
    """Settings, and the models and runs made with them.

    `root` is where relative paths of suites and baselines and the project's file are looked for; None: the working folder.
    `takes` names the settings that may come from the project's file; None: all. `is_quiet` silences Python's warnings in
    runs, for a test session that turns them into errors. All else are settings by name.
    """

    def __init__(
        self,
        root: Path | None = None,
        *,
        takes: Collection[str] | None = None,
        is_quiet: bool = False,
        **given: Any,
    ) -> None:
        self.root = root
        self.project: Project = find_project(root or Path.cwd())
        self.given = dict(given)
        self.from_project = {
            name: value for name, value in self.project.settings.items() if takes is None or name in takes
        }
        self.settings = changed(Settings(), {**self.from_project, **_present(given)})
        self.is_quiet = is_quiet
        self.verdicts: list[GateVerdict] = []
        self.files = SavedFiles()
        self._models: dict[tuple[str, str, HuggingFaceOptions, Path | None], Model] = {}
        self._runs: dict[Settings, Run] = {}

    @property
    def out(self) -> Path:
        """Return the folder of the runs."""
        return self.settings.out

    def using(self, **given: Any) -> Session:
        """Return a session with some settings changed, which shares models, runs and verdicts with this one."""
        other = copy(self)
        other.settings = changed(self.settings, given)
        return other

    def without_project(self) -> Session:
        """Return a session without what the project's file sets."""
        other = copy(self)
        other.settings, other.from_project = changed(Settings(), _present(self.given)), {}
        return other

    def suites(self) -> list[Suite]:
        """Read the suites that are named, or all shipped ones.

        Raises:
            UsageError: a name is wrong, or an option says something that none of the suites takes.
        """
        with self._naming_file():
            return prepare.suites_of(self._taken())

    def suite(self, name: str) -> Suite:
        """Read the one suite of that name.

        Raises:
            UsageError: it names several.
        """
        suites = self.using(suites=(name,)).suites()
        if len(suites) > 1:
            raise UsageError(
                f"{name} names {len(suites)} suites, and this command takes one",
                hint=f"name one, such as {suites[0].path}",
            )
        return suites[0]

    def plan(self) -> Plan:
        """Return what a run is to do.

        Raises:
            UsageError: a name is wrong, or two settings exclude one another.
        """
        with self._naming_file():
            return prepare.plan_of(self.settings, (lambda: self.files.cache(self.out)) if self.settings.cache else None)

    def paraphrased(self, suites: list[Suite], plan: Plan) -> tuple[list[Suite], Plan, dict[str, dict[str, Any]]]:
        """Return suites and plan with the paraphrases that are asked for, and what the manifest records of them."""
        return prepare.paraphrased(suites, plan, self.settings)

    def options(self) -> HuggingFaceOptions:
        """Return how the model is to be loaded."""
        with self._naming_file():
            return prepare.model_options(self.settings)

    def model(self) -> Model:
        """Load the model, with a cache of its answers unless the settings leave that out.

        Raises:
            UsageError: there is no such model.
            ModelError: it cannot be loaded.
        """
        name, args, options = self.settings.model, self.settings.model_args, self.options()
        out = self.out if self.settings.cache else None
        key = (name, args, options, out)
        if key not in self._models:
            loaded = load_model(name, options, model_args=args)
            self._models[key] = loaded if out is None else Cached(loaded, self.files.cache(out))
        return self._models[key]

    def check_out(self) -> None:
        """Refuse a folder in which no run could be saved, before anything is asked; say where the project's file names it.

        Raises:
            StoreError: says why.
        """
        try:
            check_out(self.out)
        except StoreError as error:
            if self._is_from_project("out"):
                error.args = (f"{self.project.place_of('out')}: {error}", *error.args[1:])
            raise

    def run(
        self,
        suite: Suites | None = None,
        *,
        model: str | Model | None = None,
        progress: Progress = lambda *_: None,
        command: str = "",
        **given: Any,
    ) -> Run:
        """Run suites as `probe run` does, and save the run; the same run for the same settings.

        `given` are settings by name. `command` is what was typed, for the manifest; by default the `probe run` that does
        the same.

        Raises:
            ProbeError: a name is wrong, the model cannot be loaded, or nothing is left to ask.
        """
        suites = [] if suite is None else [suite] if isinstance(suite, str | Path | Suite) else list(suite)
        if suite is not None and not suites:
            raise UsageError("suites is empty; name one, or leave it out for all shipped ones")
        names = [self._path(one) for one in suites if not isinstance(one, Suite)]
        made = [one for one in suites if isinstance(one, Suite)]
        named = {"suites": tuple(names)} if names else {}
        session = self.using(**given, **named, **({"model": model} if isinstance(model, str) else {}))
        loaded = None if model is None or isinstance(model, str) else model
        with quiet() if self.is_quiet else nullcontext():
            if made or loaded is not None:
                return session._made(made, loaded, progress, command, reads=bool(names or not suites))
            if session.settings not in self._runs:
                self._runs[session.settings] = session._made([], None, progress, command)
        return self._runs[session.settings]

    def mitigate(self, subject: str | Path | Run, **given: Any) -> Mitigation:
        """Try methods without training on a run or a suite, and save what was found; see `probe.api.mitigating.mitigate`."""
        from probe.api.mitigating import mitigate

        return mitigate(self, subject, **given)

    def repair(self, out: str | Path, settings: RepairSettings | None = None, **given: Any) -> Trained:
        """Train an adapter on suites and write it to a folder; see `probe.api.repairing.repair`."""
        from probe.api.repairing import repair
        from probe.repair.settings import RepairSettings

        return repair(self, Path(out), settings or RepairSettings(seed=self.settings.seed), **given)

    def judge_repair(self, out: str | Path, settings: RepairSettings, *given: Any, **named: Any) -> Judgement:
        """Judge an adapter that `repair` wrote; see `probe.api.judging.judge_repair`."""
        from probe.api.judging import judge_repair

        return judge_repair(self, Path(out), settings, *given, **named)

    def gate(self, suite: Suites, **given: Any) -> GateVerdict:
        """Run a suite and judge the run; takes the arguments of `run` and of `check`.

        Raises:
            NotRobust: the gate does not let it pass.
            ProbeError: a name is wrong, or something cannot be run.
        """
        __tracebackhide__ = True
        settings = [*types(), *OLD_NAMES]
        for name in given:
            if name not in (*settings, *CHECKS):
                raise unknown_name("argument", name, [*CHECKS, *types()])
        check_values({name: value for name, value in given.items() if name in CHECKS})
        run = self.run(suite, **{name: value for name, value in given.items() if name in settings})
        return self.check(run, **{name: value for name, value in given.items() if name in CHECKS})

    def check(
        self, run: Run, *, allow: str | Sequence[str] = (), fail_on_inconclusive: bool | None = None, **given: Any
    ) -> GateVerdict:
        """Judge a run as `probe gate` does, by its flags with underscores: bounds, baseline, margin and the like.

        Raises:
            NotRobust: it regressed, or is inconclusive where that is to fail.
            ProbeError: there is nothing to judge by, or a name is wrong.
        """
        __tracebackhide__ = True
        check_values({"fail_on_inconclusive": fail_on_inconclusive})
        verdict = self.verdict(run.folder, allow=allow, **given)
        self.verdicts.append(verdict)
        fails = self.project.gate.fail_on_inconclusive if fail_on_inconclusive is None else fail_on_inconclusive
        if verdict.exit_code(fail_on_inconclusive=fails):
            raise NotRobust(verdict_page(verdict, run))
        return verdict

    def verdict(
        self, folder: Path, *, baseline: str | Path | None = None, allow: str | Sequence[str] = (), **given: Any
    ) -> GateVerdict:
        """Judge a run's folder by the bounds and the rule that are given, else by those of the project's file.

        Raises:
            ProbeError: there is nothing to judge by, or a name is wrong.
        """
        check_values({**given, "baseline": baseline, "allow": allow})
        gate, given = self.project.gate, _present(given)
        return evaluate(
            folder,
            baseline=gate.baseline if baseline is None else Path(self._path(baseline)),
            bounds=_bounds(given, gate.bounds),
            rule=Rule(**{name: given.get(name, getattr(gate, name)) for name in RULES}),
            allowed=frozenset([allow] if isinstance(allow, str) else allow),
            settings=self.project.path if gate != Gate() else "",
        )

    def typed(self, words: Sequence[str]) -> str:
        """Return a command with what it took from the project's file, so that it does the same without the file."""
        named = [word for word in words if word.partition(":")[0] in [*sources] and word != self.settings.model]
        left_out = prepare.untaken(self.settings, [*self.settings.suites, *named])
        taken = [name for name in self.from_project if name not in self.given and name not in left_out]
        suites = self.settings.suites if "suites" in taken else ()
        return shlex.join([*words, *suites, *as_flags(self.settings, [name for name in taken if name != "suites"])])

    def asked_model(self) -> dict[str, Any]:
        """Return how the model was asked for, as a manifest records it."""
        one = self.settings
        spec: dict[str, Any] = {
            "model": one.model,
            "model_args": one.model_args,
            "options": asdict(self.options()),
            "null_dtype": one.null_dtype,
        }
        flags = paraphrase_flags(one.paraphrases, one.paraphraser, one.num_paraphrases, prepare.paraphrases_file(one))
        return spec | ({"flags": flags} if flags else {})

    def _made(
        self, made: list[Suite], model: Model | None, progress: Progress, command: str, *, reads: bool = True
    ) -> Run:
        """Make a run of suites, and of those that the settings name if it `reads`, and save it."""
        self._check_null_dtype(model)
        self.check_out()
        named = model is None  # an object of Python's cannot be asked again by a command
        with ExitStack() as stack, recorded_warnings() as messages:
            plan = self.plan()
            suites = self.suites() if reads else []
            suites = prepare.distinct([*suites, *made]) if made else suites
            read, plan, written = self.paraphrased(suites, plan)
            asked, named_model = model or self.model(), self.asked_model()
            reruns = stack.enter_context(Reruns(asked, self._null_model(), key_of(read, plan, named_model)))
            self.files.reruns.append(reruns)
            keeper = Tables(stack.enter_context(scratch_folder(self.out)))
            record = run_plan(read, asked, plan, progress=progress, reruns=reruns, keeper=keeper)
            for doubt in doubts(record, plan):
                log.warning("%s", doubt)
            extra = {"asked_model": named_model if named else None, "paraphrases": written}
            typed = (prepare.settings_naming(suites, self.settings) if made else self._taken()) if named else None
            usual = shlex.join(command_of(typed)) if typed else f"probe.run(..., model={asked.name!r})"
            command = command or usual
            folder, summary = save(record, plan, asked, self.out, command=command, extra=extra, warnings=messages)
            self.files.runs.append(folder)
            reruns.forget()
            write_run_page(folder)
            return Run(folder, summary)

    def _check_null_dtype(self, model: Model | None) -> None:
        """Refuse a dtype for reruns of a model that is there already: they would be asked another one."""
        if model is not None and self.settings.null_dtype is not None:
            with self._naming_file():
                raise UsageError(
                    f"--null-dtype {self.settings.null_dtype} has no effect on model {model.name}, which is loaded already",
                    hint="leave null_dtype out, or name the model: model='hf:NAME_OR_PATH'",
                )

    def _is_from_project(self, name: str) -> bool:
        """Return whether the project's file, and nothing since, says what a setting is."""
        is_given = name in (OLD_NAMES.get(one, one) for one in _present(self.given))
        return name in self.from_project and not is_given and getattr(self.settings, name) == self.from_project[name]

    def _taken(self) -> Settings:
        """Return the settings without options of the project's file for suites that are not asked."""
        left_out = filter(self._is_from_project, prepare.untaken(self.settings, self.settings.suites))
        return replace(self.settings, **{name: defaults()[name] for name in left_out})

    @contextmanager
    def _naming_file(self) -> Iterator[None]:
        """Have an error that begins with a flag name the line of the project's file which set it."""
        try:
            yield
        except UsageError as error:
            typed = re.match(r"--([a-z-]+)", str(error))
            name = typed[1].replace("-", "_") if typed else ""
            if self._is_from_project(name):
                error.args = (f"{self.project.place_of(name)}: {str(error).removeprefix('--')}", *error.args[1:])
            raise

    def _null_model(self) -> Model | None:
        """Load the model that is asked the reruns, if it is to have another dtype."""
        if self.settings.null_dtype is None:
            return None
        args = ",".join(filter(None, [self.settings.model_args, f"dtype={self.settings.null_dtype}"]))
        return self.using(model_args=args, cache=False).model()

    def _path(self, name: str | Path) -> str:
        """Return a path below the root if there is one of that name, else the name as it is."""
        known = os.path.expanduser(name)
        below = None if self.root is None else self.root / known
        return str(below) if below is not None and below.exists() else known


def verdict_page(verdict: GateVerdict, run: Run) -> str:
    """Return a verdict's page and where the run's own page lies."""
    from reports import escape, gate_console

    return escape.shown_lines(f"{gate_console.page(verdict, width=100)}\n\nreport  {run.folder / 'report.html'}")


def _present(given: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in given.items() if value is not None}


def _bounds(given: Mapping[str, Any], of_project: Sequence[Bound]) -> list[Bound]:
    """Return the bounds that are given, and of the project's those that they do not replace."""
    values = {name: given.get(name.replace("-", "_")) for name in METRICS}
    bounds = [Bound(name, value) for name, value in values.items() if value is not None]
    named = {bound.name for bound in bounds}
    return bounds + [bound for bound in of_project if bound.suite or bound.family or bound.name not in named]
