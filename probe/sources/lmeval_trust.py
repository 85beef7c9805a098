"""lm-eval's task files under guard: none of their code runs, their templates render in jinja2's immutable sandbox.

    !function utils.process_docs     refused, with file and line
    class: !function ...             refused likewise
    {{ doc.__class__ }}              a SecurityError of the sandbox, raised as a user's error
    metric: someones/metric          refused: it would be fetched from the hub as code
    unsafe_code: true                refused: its metric runs what the model writes

lm-eval reads and renders through a few names of its own modules; within `guarded` they stand for the safe ones.

    include: ../../x.yaml            refused outside the folder of the task, as are data files, without --allow-outside
    (a+)+$, loops of loops           end in time (`timed`, `sandbox`)

Covered: all of the above, also while a generated answer is read. Not covered: with `--trust-tasks` the code of a task does as it
likes, as the user has asked.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Iterator
from contextlib import ExitStack, contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any

from probe.errors import ProbeError, UsageError
from probe.files.inside import is_inside
from probe.files.reading import Refused
from probe.models.hub import unreached, without_retries
from probe.sources.safe_datasets import ALLOW, guarded_datasets
from probe.sources.timed import limited_expressions
from probe.sources.yaml_limits import check_yaml

log = logging.getLogger(__name__)

HINT = "read the task's files; if you trust them, add --trust-tasks"


@contextmanager
def quiet() -> Iterator[None]:
    """Keep lm-eval and datasets from logging and from drawing progress bars."""
    import datasets

    logger = logging.getLogger("lm_eval")
    level = logger.level
    logger.setLevel(logging.CRITICAL)
    datasets.disable_progress_bars()
    try:
        yield
    finally:
        logger.setLevel(level)


@contextmanager
def explained(name: str) -> Iterator[None]:
    """Turn what lm-eval, jinja2 or datasets raise about a task into a user's error."""
    try:
        with without_retries():
            yield
    except ProbeError:
        raise
    except Exception as error:
        if why := unreached(error):
            raise UsageError(
                f"lmeval:{name}: its data set is not in the cache of `datasets`, and the hub cannot be reached: {why}",
                hint="run it once where there is a network and copy that cache (HF_HOME) here, or read local files with a "
                "task file of your own: dataset_path: json, and data_files under dataset_kwargs",
            ) from error
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise UsageError(f"lmeval:{name}: cannot be read: {type(error).__name__}: {reason[:300]}") from error


@contextmanager
def guarded(*, is_trusted: bool, folders: Collection[Path] | None = None) -> Iterator[None]:
    """Let lm-eval read and render task files without running their code, unless they are trusted.

    Task files and data are read below `folders` only; None: anywhere. Regular expressions end in time, and no pickle is read,
    of trusted tasks too.

    Raises:
        UsageError: a task file asks for code to be run or reads elsewhere, or a template does what the sandbox forbids.
    """
    with ExitStack() as stack:
        stack.enter_context(limited_expressions())
        stack.enter_context(guarded_datasets(folders=folders, any_kind=is_trusted))
        stack.enter_context(_read_inside(folders))
        if not is_trusted:
            stack.enter_context(_without_code())
        yield


@contextmanager
def _without_code() -> Iterator[None]:
    from jinja2.exceptions import SecurityError
    from lm_eval import utils
    from lm_eval.api import task
    from lm_eval.tasks import _yaml_loader

    originals = (utils.env, _yaml_loader._mk_function_ctor, _yaml_loader._Base, task.get_metric)
    utils.env = sandbox(utils.env)
    _yaml_loader._mk_function_ctor = _refuse_functions
    _yaml_loader._Base = _safe_loader()
    task.get_metric = _known_metric(task.get_metric)
    try:
        yield
    except SecurityError as error:
        raise UsageError(f"a template of the task was refused by the sandbox: {error}", hint=HINT) from error
    finally:
        utils.env, _yaml_loader._mk_function_ctor, _yaml_loader._Base, task.get_metric = originals


@contextmanager
def _read_inside(folders: Collection[Path] | None) -> Iterator[None]:
    """Have task files read, those that others include among them, below some folders and lm-eval's own only."""
    from lm_eval.tasks import _factory, _index, _yaml_loader, manager

    modules, plain = (_factory, _index, _yaml_loader, manager), _yaml_loader.load_yaml
    own = Path(_yaml_loader.__file__).parent

    indexing: list[bool] = []

    def indexed(path: str | Path, **named: Any) -> Any:
        # The index only looks for names, and swallows what is wrong with a file: the refusal comes when the task is built.
        try:
            _check_size(Path(path), own)
        except ProbeError as error:
            log.warning("left out: %s", error)
            raise
        indexing.append(True)
        try:
            return plain(path, **named)
        finally:
            indexing.pop()

    def checked(path: str | Path, **named: Any) -> Any:
        path = Path(path).expanduser()
        if not indexing and folders is not None and not any(is_inside(path, folder) for folder in (*folders, own)):
            places = " and ".join(map(str, folders)) or "lm-eval's own folder"
            raise UsageError(f"task file {path} lies outside {places}", hint=ALLOW)
        _check_size(path, own)
        return plain(path, **named)

    for module in modules:
        module.load_yaml = indexed if module is _index else checked
    try:
        yield
    finally:
        for module in modules:
            module.load_yaml = plain


def _check_size(path: Path, own: Path) -> None:
    if is_inside(path, own):  # thousands of files, and lm-eval's own
        return
    try:
        check_yaml(path)
    except Refused as error:
        raise UsageError(f"{path}:{error.line}: {error}") from error


@lru_cache(maxsize=1)
def sandbox(plain: Any) -> Any:
    """Return jinja2's immutable sandbox, with limits, with the settings and filters of another environment.

    It is made once: every answer that is read passes here, and its templates stay compiled.
    """
    from probe.prompt.sandbox import LimitedEnvironment

    sandboxed = LimitedEnvironment(
        loader=plain.loader, undefined=plain.undefined, keep_trailing_newline=plain.keep_trailing_newline
    )
    sandboxed.filters.update(plain.filters)
    sandboxed.limit_filters()
    return sandboxed


def refuse_unsafe(name: str, config: Any) -> None:
    """Refuse a task whose metric runs what the model writes.

    Raises:
        UsageError: it is one.
    """
    if getattr(config, "unsafe_code", False):
        raise UsageError(f"lmeval:{name}: its metric runs code that the model writes (unsafe_code)", hint=HINT)


def _refuse_functions(base_dir: Path, resolve: bool) -> Callable[[Any, Any], Any]:
    """Return what stands for `!function MODULE.NAME`: its text where it is not to be resolved, else the refusal with its line."""

    def construct(loader: Any, node: Any) -> str:
        qual = str(loader.construct_scalar(node))
        if not resolve:
            return str(base_dir.expanduser() / qual)
        place = f"{node.start_mark.name}:{node.start_mark.line + 1}"
        raise UsageError(f"{place}: !function {qual} runs code that comes with the task", hint=HINT)

    return construct


def _safe_loader() -> Any:
    import yaml

    return getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def _known_metric(plain: Callable[..., Any]) -> Callable[..., Any]:
    """Return the look-up of metrics, limited to lm-eval's own."""

    def look_up(name: str, hf_evaluate_metric: bool = False) -> Any:
        import lm_eval.api.metrics  # noqa: F401  registers lm-eval's own
        from lm_eval.api.registry import metric_registry

        if hf_evaluate_metric or name not in metric_registry:
            raise UsageError(
                f"metric {name!r} is not lm-eval's own; it would be fetched from the hub as code", hint=HINT
            )
        return plain(name, hf_evaluate_metric)

    return look_up
