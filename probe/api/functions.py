"""The functions of the package: `probe.run`, `probe.load`, `probe.compare` and `probe.gate`.

They do what the commands of these names do, on the same values, and return objects with DataFrames.
Covered: names and objects to a session's settings. Not covered: what is done with them (`probe.api.session`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from probe.errors import ProbeError, UsageError

if TYPE_CHECKING:
    from probe.api.comparing import Comparison
    from probe.api.results import Run
    from probe.api.verdicts import Verdict
    from probe.models.base import Model
    from probe.types import Suite

FLAG = re.compile(r"(?<![\w-])--([a-z][a-z-]*[a-z])")


def run(
    suites: str | Path | Suite | Sequence[str | Path | Suite] | None = None,
    *,
    model: str | Model | Callable[[list[str]], list[str]] | None = None,
    perturb: str | Sequence[str] | None = None,
    samples: int | None = None,
    seed: int | None = None,
    out: str | Path | None = None,
    **settings: Any,
) -> Run:
    """Perturb the prompts of suites, ask a model all variants, and return the run with its figures, answers and page.

        run = probe.run("sentiment", model="pocket", perturb=["format", "typos"], samples=10)
        run.metrics[run.metrics.metric == "flip_rate"]

    An argument that is left out comes from the project's probe.toml where there is one, else it is the default.

    Args:
        suites: a shipped suite by name, a folder, `KIND:...`, a `Suite`, or a list of these. Default: all shipped ones.
        model: a name (`pocket`, `hf:NAME_OR_PATH`, ...), an object of the model contract (`probe.Model`), or a function from
            a list of prompts to a list of answers, which is asked to write its answers. Default: `pocket`.
        perturb: families or perturbations by name. Default: format, typos, wording, order, contrast.
        samples: variants of each family, per item. Default: 4.
        seed: of all random choices. Default: 0.
        out: the folder in which the run's own folder is made. Default: `runs`.
        settings: the other flags of `probe run`, with underscores: limit, num_fewshot, budget, target_ci, dtype, device,
            apply_chat_template, cache and so on.

    Raises:
        UsageError: a name or a value is wrong; the message names the argument.
        ModelError: the model cannot be loaded, or the function raised or returned something else than answers.
        NothingToEvaluate: no item is left to ask.
        StoreError: the run cannot be written.
    """
    from probe.api.session import Session

    named = {"perturb": perturb, "samples": samples, "seed": seed, "out": out}
    given = {name: value for name, value in (settings | named).items() if value is not None}
    asked = _model(model)
    _check_perturb(perturb)
    if not isinstance(asked, str | None):
        _check_no_model_settings(given, asked)
    with naming_arguments():
        session = Session(**given)
        return session.run(_suites(suites, session.out), model=asked)


def load(folder: str | Path) -> Run:
    """Return a run that was made before, by `probe run` or `probe.run`; of a folder of runs, the newest.

    Raises:
        UsageError: there is no run.
        StoreError: a file of it is damaged, or was written by another version of probe.
    """
    from probe.api.results import Run

    if not isinstance(folder, str | Path):
        raise UsageError(f"folder is {type(folder).__name__}, not the path of a run's folder")
    return Run.load(folder)


def compare(a: Run | str | Path, b: Run | str | Path, *more: Run | str | Path, seed: int = 0) -> Comparison:
    """Compare two runs or more of the same suites and perturbations, item by item.

    Each may be a run or the path of its folder. `seed` is that of the bootstrap and of the permutation tests.

    Raises:
        UsageError: one is no run, or they did not ask the same prompts; says what differs.
        StoreError: a table is missing or damaged.
    """
    from probe.api.comparing import Comparison
    from probe.comparison.changes import compare_folders

    folders = [_folder(one) for one in (a, b, *more)]
    with naming_arguments():
        return Comparison(compare_folders(folders, seed=seed))


def gate(
    run: Run | str | Path,
    *,
    baseline: str | Path | None = None,
    fail_on_inconclusive: bool | None = None,
    raise_on_failure: bool = False,
    **checks: Any,
) -> Verdict:
    """Judge a run by a baseline, by bounds, or both, and return the verdict.

        verdict = probe.gate(run, baseline="baselines/sentiment__pocket.json", max_flip_rate=0.10)
        verdict.passed, verdict.checks

    An argument that is left out comes from the project's probe.toml where there is one.

    Args:
        run: a run, or the path of its folder.
        baseline: the file that `run.bless(path)` or `probe bless` made of an earlier run.
        fail_on_inconclusive: whether too few items to say are a failure.
        raise_on_failure: whether a failure raises `probe.NotRobust`, as an assertion of a test does.
        checks: the other flags of `probe gate`, with underscores: the bounds max_flip_rate, max_spread, min_accuracy,
            min_worst_accuracy and min_contrast_consistency, shares from 0 to 1; margin and tolerance, the worsening against a
            baseline that is let pass and that a pass must rule out; strict; allow, a list of `missing-items`,
            `suite-change`, `token-change` and `variant-change`.

    Raises:
        UsageError: there is nothing to judge by, or a name or a value is wrong.
        NotComparable: run and baseline did not ask the same, and `allow` does not name the difference.
        NothingToEvaluate: nothing is common to both, or no figure has a bound.
        NotRobust: the run does not pass, with `raise_on_failure`.
    """
    from probe.api.checks import check_values
    from probe.api.session import NotRobust, Session, verdict_page
    from probe.api.verdicts import Verdict

    if baseline is not None and not isinstance(baseline, str | Path):
        raise UsageError(
            f"baseline is {type(baseline).__name__}, not the path of a baseline",
            hint="baseline=earlier.bless('baselines/NAME.json')",
        )
    found = load(_folder(run))
    check_values({"fail_on_inconclusive": fail_on_inconclusive})
    with naming_arguments():
        session = Session()
        judged = session.verdict(found.folder, baseline=baseline, **checks)
    fails = session.project.gate.fail_on_inconclusive if fail_on_inconclusive is None else fail_on_inconclusive
    verdict = Verdict(found.folder, judged, fails)
    if raise_on_failure and not verdict.passed:
        raise NotRobust(verdict_page(judged, found))
    return verdict


def _folder(run: object) -> Path:
    """Return the folder of a run, given as such or by its path.

    Raises:
        UsageError: it is neither.
    """
    from probe.api.results import Run, newest_run

    if isinstance(run, Run):
        return run.folder
    if isinstance(run, str | Path):
        return newest_run(Path(run).expanduser())
    raise UsageError(f"run is {type(run).__name__}, neither a run nor the path of its folder")


@contextmanager
def naming_arguments() -> Iterator[None]:
    """Have errors name arguments, such as `num_fewshot`, where they name flags; commands to type stay as they are."""
    try:
        yield
    except ProbeError as error:
        error.args = (_without_flags(str(error)), *error.args[1:])
        error.hint = _without_flags(error.hint)
        error.__notes__ = [_without_flags(note) for note in getattr(error, "__notes__", ())]
        raise


def _without_flags(text: str) -> str:
    plain, command, rest = text.partition("probe ")
    return FLAG.sub(lambda match: match[1].replace("-", "_"), plain) + command + rest


def _check_perturb(perturb: object) -> None:
    """Refuse what is no name or list of names.

    Raises:
        UsageError: it is none.
    """
    names = [perturb] if isinstance(perturb, str | None) else perturb
    if not isinstance(names, Sequence) or not all(isinstance(one, str | None) for one in names):
        raise UsageError(
            f"perturb={perturb!r}: names of families or perturbations, or a list of them",
            hint="a function of your own is named 'FILE.py:FUNCTION', or as it registers with @probe.perturbation",
        )
    if not names:
        raise UsageError("perturb=[] names no perturbation", hint="perturb=['format', 'typos'], or leave it out")


def _check_no_model_settings(given: Mapping[str, Any], model: Model) -> None:
    """Refuse settings of how a model is loaded beside one that is there already.

    Raises:
        UsageError: one is given; it would have no effect.
    """
    from probe.api.settings import of_panel

    for name in given:
        if name in (*of_panel("Model"), "null_dtype"):
            raise UsageError(
                f"{name}={given[name]!r} has no effect on model {model.name}, which is loaded already",
                hint=f"leave {name} out, or name the model: model='hf:NAME_OR_PATH'",
            )


def _suites(suites: object, out: Path) -> list[str | Path | Suite] | None:
    """Return suites as a session takes them; those of DataFrames are written below `out`, to be read again by commands.

    Raises:
        UsageError: one is neither a name, nor a path, nor a suite.
    """
    from probe import types
    from probe.api.suites import name_of, saved

    if suites is None:
        return None
    found: list[str | Path | Suite] = []
    for one in suites if isinstance(suites, Sequence) and not isinstance(suites, str) else [suites]:
        if not isinstance(one, str | Path | types.Suite):
            raise UsageError(
                f"suites: {type(one).__name__} is neither a name, nor a path, nor a Suite",
                hint="a DataFrame becomes one by probe.Suite.from_frame(frame, prompt='...')",
            )
        if isinstance(one, types.Suite):
            one = saved(one, out)
            one = name_of(one) or one
        found.append(one)
    if not found:
        raise UsageError("suites is empty; name one, or leave it out for all shipped ones")
    return found


def _model(model: object) -> str | Model | None:
    """Return a model as a session takes it: a name or a `Model`, which a function is made into.

    Raises:
        UsageError: it is neither of them nor a function.
    """
    from probe.models.base import Model
    from probe.models.function import FunctionModel

    if model is None or isinstance(model, str | Model):
        return model
    if callable(model) and not isinstance(model, type):
        return FunctionModel(model)
    kind, hint = type(model).__name__, "derive a class from probe.Model, or write a function of list[str] to list[str]"
    if isinstance(model, type):
        kind, hint = f"the class {model.__name__}", f"model={model.__name__}(...)"
    raise UsageError(f"model is {kind}; it is a name, a probe.Model or a function from prompts to answers", hint=hint)
