"""Run and judge a prompt from Python: what stands behind the pytest fixture `probe` and `@probe.mark.robust`.

    run(suite, model, ...)  -->  Run (folder, summary)  -->  check(run, max_flip_rate, baseline, ...)  -->  Verdict, or NotRobust

A model is loaded once and the same run is made once, however many tests ask for it.
Covered: running, judging. Not covered: pytest (`probe.api.pytest_plugin`), which is not imported here.
"""

from __future__ import annotations

import logging
import shlex
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from probe.api.save import keep
from probe.evaluation.run import Plan
from probe.evaluation.run import run as run_plan
from probe.gating.bounds import METRICS, Bound
from probe.gating.config import Config, find_config
from probe.gating.design import KINDS
from probe.gating.judge import judge
from probe.gating.rule import Rule
from probe.gating.verdict import Verdict
from probe.models.base import Model, ModelOptions
from probe.models.cache import Cached
from probe.models.loaders import load_model
from probe.perturb import select
from probe.registry import unknown_name
from probe.suite import find_suite, read_suite

RULES = ("margin", "tolerance", "strict")
CHECKS = (*(name.replace("-", "_") for name in METRICS), *RULES, "baseline", "allow", "fail_on_inconclusive")
"""What `check` takes by name: the flags of `probe gate`, with underscores."""


class NotRobust(AssertionError):
    """A run that the gate does not let pass; the message is the verdict's page."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a run is made of; runs that ask the same are one run."""

    suites: tuple[str, ...]
    model: str
    model_args: str
    perturb: str = "format,typos,wording,order,contrast"
    draws: int = 4
    num_fewshot: int = 0
    seed: int = 0
    limit: int | None = None

    @property
    def command(self) -> str:
        """Return the command that makes the same run."""
        words = ["probe", "run", *self.suites, "--model", self.model, "--perturb", self.perturb]
        words += ["--draws", str(self.draws), "--seed", str(self.seed)]
        words += ["--num-fewshot", str(self.num_fewshot)] if self.num_fewshot else []
        words += ["--limit", str(self.limit)] if self.limit is not None else []
        return shlex.join(words + (["--model-args", self.model_args] if self.model_args else []))


RUNS = tuple(field.name for field in fields(Asked) if field.name != "suites")
"""What `run` takes by name: flags of `probe run`, with underscores."""


@dataclass(frozen=True, slots=True, eq=False)
class Run:
    """A finished run: where it lies, and its figures as `summary.json` holds them."""

    folder: Path
    summary: Mapping[str, Any]

    def figure(self, metric: str, *, family: str = "all", suite: str = "") -> float | None:
        """Return a figure, None where it is not defined; `suite` may be left out where there is one.

        Raises:
            UsageError: the run has no such figure; the message names the near ones.
        """
        suite = suite or (self.summary["suite"][0] if len(self.summary["suite"]) == 1 else "all")
        rows = {(row["metric"], row["family"], row["suite"]): row for row in self.summary["metrics"]}
        if (metric, family, suite) not in rows:
            known = sorted({" ".join(key) for key in rows})
            raise unknown_name("figure", f"{metric} {family} {suite}", known)
        value = rows[metric, family, suite]["value"]
        return None if value is None else float(value)


class Session:
    """Runs and judges; keeps models and runs for all who ask for the same.

    `root` is where relative paths of suites and baselines and the project's configuration are looked for, `out` the folder
    of the runs. `use_cache` remembers answers there from one session to the next.
    """

    def __init__(
        self, out: Path, *, root: Path, model: str = "pocket", model_args: str = "", use_cache: bool = False
    ) -> None:
        self.out = out
        self.root = root
        self.model = model
        self.model_args = model_args
        self.use_cache = use_cache
        self.verdicts: list[Verdict] = []
        self._models: dict[tuple[str, str], Model] = {}
        self._runs: dict[Asked, Run] = {}

    def gate(self, suite: str | Path | Sequence[str | Path], **asked: Any) -> Verdict:
        """Run a suite and judge the run; takes what `run` and `check` take.

        Raises:
            NotRobust: the gate does not let it pass.
            ProbeError: a name is wrong, or something cannot be run.
        """
        __tracebackhide__ = True
        for name in asked:
            if name not in (*RUNS, *CHECKS):
                raise unknown_name("argument", name, [*RUNS, *CHECKS])
        run = self.run(suite, **{name: value for name, value in asked.items() if name in RUNS})
        return self.check(run, **{name: value for name, value in asked.items() if name in CHECKS})

    def run(
        self,
        suite: str | Path | Sequence[str | Path],
        *,
        model: str | None = None,
        model_args: str | None = None,
        **asked: Any,
    ) -> Run:
        """Run a suite, or several, as `probe run` does, and give the run; the same one for the same question.

        `asked` may hold perturb, draws, num_fewshot, seed and limit, the command's flags with underscores.

        Raises:
            ProbeError: a name is wrong, the model cannot be loaded, or nothing is left to ask.
        """
        for name in asked:
            if name not in RUNS:
                raise unknown_name("argument", name, list(RUNS))
        names = [suite] if isinstance(suite, str | Path) else list(suite)
        paths = tuple(self._path(name) for name in names)
        one = Asked(paths, model or self.model, self.model_args if model_args is None else model_args, **asked)
        if one not in self._runs:
            with _quiet(), _warned() as said:
                self._runs[one] = self._made(one, said)
        return self._runs[one]

    def check(
        self,
        run: Run,
        *,
        baseline: str | Path | None = None,
        allow: Sequence[str] = (),
        fail_on_inconclusive: bool | None = None,
        **asked: Any,
    ) -> Verdict:
        """Judge a run as `probe gate` does and give the verdict; bounds are its flags with underscores.

        What is not said here comes from the project's probe.toml, as for the command.

        Raises:
            NotRobust: it regressed, or is inconclusive where that is to fail.
            ProbeError: there is nothing to judge by, or a name is wrong.
        """
        __tracebackhide__ = True
        for kind, names, known in (("argument", tuple(asked), CHECKS), ("difference", tuple(allow), KINDS)):
            for name in names:
                if name not in known:
                    raise unknown_name(kind, name, list(known))
        config = find_config(self.root)
        chosen = Path(self._path(baseline)) if baseline is not None else config.baseline
        verdict = judge(
            run.folder,
            baseline=chosen,
            bounds=_bounds(asked, config),
            rule=_rule(asked, config),
            allowed=frozenset(allow),
            settings=config.name,
        )
        self.verdicts.append(verdict)
        fails = config.fail_on_inconclusive if fail_on_inconclusive is None else fail_on_inconclusive
        if verdict.exit_code(fail_on_inconclusive=fails):
            raise NotRobust(told(verdict, run))
        return verdict

    def _made(self, asked: Asked, said: list[str]) -> Run:
        suites = [read_suite(find_suite(name)) for name in asked.suites]
        names = [name.strip() for name in asked.perturb.split(",") if name.strip()]
        plan = Plan(
            tuple(select([*names, *(["null"] if "null" not in names else [])])),
            **{key: getattr(asked, key) for key in ("draws", "num_fewshot", "seed", "limit")},
        )
        model = self._model(asked.model, asked.model_args)
        record = run_plan(suites, model, plan)
        spec = {
            "model": asked.model,
            "model_args": asked.model_args,
            "options": asdict(ModelOptions()),
            "null_dtype": None,
        }
        made = keep(
            record, plan, model, self.out, command=asked.command, extra={"asked_model": spec}, warnings=list(said)
        )
        return Run(made.folder, made.summary.to_json())

    def _model(self, name: str, args: str) -> Model:
        if (name, args) not in self._models:
            loaded = load_model(name, ModelOptions(), model_args=args)
            self._models[name, args] = Cached(loaded, self.out / "cache.sqlite") if self.use_cache else loaded
        return self._models[name, args]

    def _path(self, name: str | Path) -> str:
        """Return a path below the root where there is one of that name, else the name as it is."""
        below = self.root / name
        return str(below) if below.exists() else str(name)


def told(verdict: Verdict, run: Run) -> str:
    """Return a verdict's page and where the run's own page lies."""
    from reports.gate_console import page

    return f"{page(verdict, width=100)}\n\nreport  {run.folder / 'report.html'}"


def _bounds(asked: Mapping[str, Any], config: Config) -> list[Bound]:
    """Return the bounds that were asked for, and of the project's file those that they do not replace."""
    values = {name: asked.get(name.replace("-", "_")) for name in METRICS}
    given = [Bound(name, value) for name, value in values.items() if value is not None]
    named = {bound.name for bound in given}
    return given + [bound for bound in config.bounds if bound.suite or bound.family or bound.name not in named]


def _rule(asked: Mapping[str, Any], config: Config) -> Rule:
    given = {name: asked[name] if name in asked else getattr(config, name) for name in RULES}
    return Rule(**{name: value for name, value in given.items() if value is not None})


@contextmanager
def _quiet() -> Iterator[None]:
    """Let warnings of the libraries be theirs: a test session may turn every warning into an error."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


@contextmanager
def _warned() -> Iterator[list[str]]:
    """Keep what the engine warns of, once each, for the record."""
    said: list[str] = []

    class Keeper(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            message = record.getMessage()
            if message not in said:
                said.append(message)

    keeper = Keeper(logging.WARNING)
    log = logging.getLogger("probe")
    log.addHandler(keeper)
    try:
        yield said
    finally:
        log.removeHandler(keeper)
