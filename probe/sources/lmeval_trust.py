"""lm-eval's task files under guard: none of their code runs, their templates render in jinja2's immutable sandbox.

    !function utils.process_docs     refused, with file and line
    class: !function ...             refused likewise
    {{ doc.__class__ }}              a SecurityError of the sandbox, raised as a user's error
    metric: someones/metric          refused: it would be fetched from the hub as code
    unsafe_code: true                refused: its metric runs what the model writes

lm-eval reads and renders through a few names of its own modules; within `guarded` they stand for the safe ones.

Covered: all of the above, also while a generated answer is read. Not covered: with `--trust-tasks` nothing is guarded, as
the user has asked; the data sets themselves (`datasets` runs no loading scripts).
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn

from probe.errors import ProbeError, UsageError
from probe.files.limits import MAX_SETTINGS_BYTES
from probe.models.hub import unreached, without_retries

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
def guarded(*, is_trusted: bool) -> Iterator[None]:
    """Let lm-eval read and render task files without running their code, unless they are trusted.

    Raises:
        UsageError: a task file asks for code to be run, or a template does what the sandbox forbids.
    """
    if is_trusted:
        yield
        return
    from jinja2.exceptions import SecurityError
    from lm_eval import utils
    from lm_eval.api import task
    from lm_eval.tasks import _yaml_loader

    originals = (utils.env, _yaml_loader._import_func_in_yml, _yaml_loader._Base, task.get_metric)
    utils.env = sandbox(utils.env)
    _yaml_loader._import_func_in_yml = _refuse_function
    _yaml_loader._Base = _safe_loader()
    task.get_metric = _known_metric(task.get_metric)
    try:
        yield
    except SecurityError as error:
        raise UsageError(f"a template of the task was refused by the sandbox: {error}", hint=HINT) from error
    finally:
        utils.env, _yaml_loader._import_func_in_yml, _yaml_loader._Base, task.get_metric = originals


def sandbox(plain: Any) -> Any:
    """Return jinja2's immutable sandbox with the settings and filters of another environment."""
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    sandboxed = ImmutableSandboxedEnvironment(
        loader=plain.loader, undefined=plain.undefined, keep_trailing_newline=plain.keep_trailing_newline
    )
    sandboxed.filters.update(plain.filters)
    return sandboxed


def refuse_unsafe(name: str, config: Any) -> None:
    """Refuse a task whose metric runs what the model writes.

    Raises:
        UsageError: it is one.
    """
    if getattr(config, "unsafe_code", False):
        raise UsageError(f"lmeval:{name}: its metric runs code that the model writes (unsafe_code)", hint=HINT)


def _refuse_function(qual: str, base_dir: Path) -> NoReturn:
    """Refuse `!function MODULE.NAME` in place of importing it, and name the line."""
    for path in sorted(Path(base_dir).iterdir()):
        if path.is_file() and path.stat().st_size < MAX_SETTINGS_BYTES:
            lines = path.read_bytes().decode("utf-8", "replace").splitlines()
            line = next((n for n, one in enumerate(lines, start=1) if "!function" in one and qual in one), 0)
            if line:
                raise UsageError(f"{path}:{line}: !function {qual} runs code that comes with the task", hint=HINT)
    raise UsageError(f"{base_dir}: a task file there has !function {qual}, which runs code", hint=HINT)


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
