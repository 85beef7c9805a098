"""`probe doctor`: what is there, what is missing, and what to type to get it.

Covered: Python, packages, device, hub settings, pocket weights, shipped suites, a place for runs, the project's file.
Not covered: whether a particular model loads (`probe plan --model ...` reads its tokenizer).
"""

from __future__ import annotations

import os
import platform
import shutil
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from importlib import metadata, resources
from pathlib import Path
from typing import Annotated, Literal

import typer

from probe.cli.command import command
from probe.cli.options import Json, folder_of_runs
from probe.errors import UsageError

State = Literal["ok", "info", "missing"]
SCHEMA_VERSION = 1
MIN_PYTHON = (3, 11)
NEEDED = (
    *(
        "torch",
        "transformers",
        "tokenizers",
        "safetensors",
        "peft",
        "numpy",
        "pandas",
        "pyarrow",
        "datasets",
        "lm_eval",
    ),
    *("jinja2", "rich"),
)
OPTIONAL = {
    "sentence_transformers": "only for --embedding-model",
    "wordfreq": "only for word frequencies in probe explain",
    "nltk": "only for word senses in probe explain",
}
HUB_FLAGS = ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE")
TRUE = ("1", "ON", "YES", "TRUE")
"""What the hub's library takes for true."""


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at."""

    name: str
    state: State
    """"missing": probe cannot run without it; "info": nothing depends on it."""
    detail: str
    cure: str = ""
    """What to do or type."""


@command("Trust")
def doctor(
    as_json: Json = False,
    out: Annotated[
        Path | None, typer.Option("--out", help="Folder for the folders of runs. Default: as for `probe run`.")
    ] = None,
) -> None:
    """Check what is installed and what applies.

    Looks at versions, device, hub settings, the project's file and what is missing.
    """
    from probe.cli.output import out as say
    from probe.cli.output import out_json

    try:
        out = out or folder_of_runs()
    except UsageError:  # a mistake in the project's file, which is shown below
        out = Path("runs")
    checks = look(runs=out)
    can_run = all(check.state != "missing" for check in checks)
    if as_json:
        out_json({"schema_version": SCHEMA_VERSION, "can_run": can_run, "checks": [asdict(check) for check in checks]})
    else:
        width = max(len(check.name) for check in checks)
        for check in checks:
            say(f"{check.state:<8}{check.name:<{width}}  {check.detail}")
            if check.cure:
                say(f"{'':<{width + 8}}  -> {check.cure}")
        say("probe can run" if can_run else "probe cannot run yet: see what is missing above")
    if not can_run:
        raise typer.Exit(3)


def look(*, runs: Path) -> list[Check]:
    """Look at everything, in the order in which a run needs it."""
    return [_python(), *_packages(), _device(), _machine(), *_hub(), _pocket(), *_suites(), _runs(runs), *_project()]


def _python() -> Check:
    found = f"{platform.python_version()} at {sys.executable}, on {platform.system()} {platform.machine()}"
    if sys.version_info >= MIN_PYTHON:
        return Check("python", "ok", found)
    least = ".".join(map(str, MIN_PYTHON))
    return Check("python", "missing", found, f"install Python {least} or later")


def _packages() -> Iterator[Check]:
    for name in ("probe", *NEEDED, *OPTIONAL):
        try:
            yield Check(name, "ok", metadata.version(name))
        except metadata.PackageNotFoundError:
            package = name.replace("_", "-")
            needed = name not in OPTIONAL
            detail = "not installed" + ("" if needed else f"; {OPTIONAL[name]}")
            yield Check(name, "missing" if needed else "info", detail, f"pip install {package}")


def _device() -> Check:
    from probe.models.hardware import describe_device

    try:
        return Check("device", "ok", describe_device())
    except (ImportError, OSError) as error:
        return Check("device", "missing", f"torch cannot be loaded: {error}", "pip install --force-reinstall torch")


def _machine() -> Check:
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    threads = os.environ.get("OMP_NUM_THREADS")
    return Check("cores", "ok", f"{usable} usable, {_memory()}" + (f", OMP_NUM_THREADS={threads}" if threads else ""))


def _hub() -> Iterator[Check]:
    offline = [flag for flag in HUB_FLAGS if os.environ.get(flag, "").upper() in TRUE]
    if offline:
        yield Check("hub", "info", f"offline ({', '.join(offline)}): models are loaded from paths and from the cache")
    else:
        yield Check("hub", "info", "online: hf:NAME is downloaded on first use (HF_HUB_OFFLINE=1 forbids it)")
    home = Path(os.environ.get("HF_HOME") or Path.home() / ".cache" / "huggingface")
    hub = Path(os.environ.get("HF_HUB_CACHE") or home / "hub")
    models = len(list(hub.glob("models--*"))) if hub.is_dir() else 0
    yield Check("hub cache", "info", f"{hub}, {models} {'model' if models == 1 else 'models'}")


def _pocket() -> Check:
    folder = Path(str(resources.files("probe"))) / "models"
    weights = sorted(folder.glob("pocket*/*.safetensors"))
    if not weights:
        cure = "pip install --force-reinstall --no-deps probe, or use --model hf:PATH"
        return Check("pocket model", "missing", f"no weights in {folder}", cure)
    size = sum(file.stat().st_size for file in weights) / 1e6
    return Check("pocket model", "ok", f"{size:.1f} MB in {weights[0].parent}")


def _suites() -> Iterator[Check]:
    from probe.errors import SuiteError
    from probe.suite import find_suite, read_suite, shipped_suites

    read = []
    for name in shipped_suites():
        try:
            read.append(f"{name} ({len(read_suite(find_suite(name)).items)})")
        except SuiteError as error:
            yield Check(f"suite {name}", "missing", str(error), "correct it, or install probe again")
    if read:
        yield Check("suites", "ok", ", ".join(read))
    else:
        yield Check("suites", "info", "none is shipped", "probe init --data examples.csv --prompt prompt.txt")


def _runs(runs: Path) -> Check:
    place = runs.absolute()
    while not place.exists():
        place = place.parent
    try:
        with tempfile.TemporaryFile(dir=place):
            free = shutil.disk_usage(place).free
    except OSError as error:
        return Check("runs folder", "missing", f"{runs} cannot be written: {error.strerror}", "name another with --out")
    return Check("runs folder", "ok", f"{runs} can be written, {_gigabytes(free)} free")


def _project() -> Iterator[Check]:
    """Look at what the project's file sets, each with the line where it stands."""
    from probe.api.project import find_project

    try:
        project = find_project(Path.cwd())
    except UsageError as error:
        yield Check("project file", "missing", str(error), "correct it, or take the key out")
        return
    if not project.path:
        yield Check("project file", "info", "none: the defaults apply, unless flags say otherwise")
        return
    yield Check("project file", "ok", f"{project.path}; flags come before it")
    for entry in project.entries:
        yield Check(f"setting {entry.key}", "ok", f"{entry.value}, from {entry.where}")


def _memory() -> str:
    if not hasattr(os, "sysconf") or "SC_PHYS_PAGES" not in os.sysconf_names:
        return "memory unknown"
    return f"{_gigabytes(os.sysconf('SC_PHYS_PAGES') * os.sysconf('SC_PAGE_SIZE'))} memory"


def _gigabytes(size: int) -> str:
    return f"{size / 2**30:.1f} GiB"
