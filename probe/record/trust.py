"""What a run's folder may have loaded as code: nothing. What it names is loaded where the user types it again.

    manifest.json                                      typed again on the command
    perturb: ["./mine.py:shout"]                       --perturb ./mine.py:shout
    suites: flags: ["--trust-tasks"]                   --trust-tasks
    suites: flags: ["--allow-outside"]                 --allow-outside
    asked_model: options: trust_remote_code            --trust-remote-code
    asked_model: model_args: trust_remote_code=True    --trust-remote-code

Folders are sent around, so that a manifest is a stranger's text. This is the one gate: what reads a manifest in order to draw,
read or load again passes it. What is behind it (`select`, `reread`) runs nothing by default either.

Covered: files of perturbations, code of task files and models, suites that read outside their folder. Not covered: the project's
own probe.toml, which is the user's; packages that are installed.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

from probe.errors import StoreError, UsageError
from probe.models.options import HuggingFaceOptions
from probe.perturb import files_named, select
from probe.record.columns import HINT
from probe.record.run import Run
from probe.sources import SourceOptions, reread
from probe.types import Perturbation, Suite

REMOTE_CODE = "trust_remote_code"


@dataclass(frozen=True, slots=True, kw_only=True)
class Typed:
    """What a user typed on this command that lets code be loaded; by default nothing."""

    perturb: Sequence[str] = ()
    """Names of perturbations, functions in files among them."""
    trust_tasks: bool = False
    allow_outside: bool = False
    trust_remote_code: bool = False

    @classmethod
    def of_settings(cls, given: Mapping[str, Any]) -> Typed:
        """Return what is typed among settings by name; a value that is not text, such as a list of Python's, counts as well."""
        names = given.get("perturb") or ()
        perturb = names.split(",") if isinstance(names, str) else list(names)
        flags = {name: bool(given.get(name)) for name in ("trust_tasks", "allow_outside", REMOTE_CODE)}
        return cls(perturb=[name.strip() for name in perturb if name.strip()], **flags)

    def as_flags(self) -> list[str]:
        """Return what was typed, as it is typed."""
        words = ["--perturb", ",".join(self.perturb)] if self.perturb else []
        names = ("trust_tasks", "allow_outside", REMOTE_CODE)
        return words + ["--" + name.replace("_", "-") for name in names if getattr(self, name)]


NOTHING = Typed()


def check(run: Run, typed: Typed, *, model: bool = False) -> None:
    """Refuse a run whose manifest would have code loaded that was not typed again; `model` says that its model is loaded too.

    Raises:
        UsageError: names the code, the manifest's entry, and all flags to type.
        StoreError: flags of a suite are none.
    """
    try:
        missing = list(dict.fromkeys(_missing(run.manifest, typed, model=model)))
    except UsageError as problem:
        raise StoreError(f"{run.folder / 'manifest.json'}: suites: flags: {problem}", hint=HINT) from problem
    if missing:
        what = "; ".join(what for _, what in missing)
        files = [word for flag, word in (flag for flag, _ in missing) if flag == "--perturb"]
        flags = list(dict.fromkeys(flag for (flag, _), _ in missing if flag != "--perturb"))
        perturb = ["--perturb", shlex.quote(",".join(files))] if files else []
        raise UsageError(
            f"{run.folder / 'manifest.json'}: {what}; a folder alone lets nothing of that happen",
            hint=f"if you trust it, type it again: {' '.join([*perturb, *flags])}",
        )


def perturbations_of(run: Run, typed: Typed) -> list[Perturbation]:
    """Return the perturbations of a run.

    Raises:
        UsageError: one is a function of a file that was not typed, or is not known here.
    """
    check(run, typed)
    names = [str(name) for name in run.manifest["perturb"] or ()]
    return select(names, may_run=typed.perturb)


def suite_of(run: Run, name: str, typed: Typed) -> Suite:
    """Read a suite of a run again.

    Raises:
        UsageError: it is no longer there, or reading it takes a flag that was not typed.
        SuiteError: a file of it is wrong.
    """
    check(run, typed)
    facts = next(one for one in run.manifest["suites"] if one["name"] == name)
    allowed = [option for option in ("trust_tasks", "allow_outside") if getattr(typed, option)]
    return reread(facts, run.manifest["num_fewshot"], allowed=allowed)


def model_of(run: Run, typed: Typed, *, is_named: bool = False) -> dict[str, Any]:
    """Return how a run's model was asked for: model, model_args and options; empty where the run does not say.

    Whether code of the model runs is as typed. `is_named` says that a user names the model, which is then not the run's.

    Raises:
        UsageError: the model was loaded with code of its own, and that was not typed again.
        StoreError: it was loaded with an option that is not known here.
    """
    asked = dict(run.manifest.get("asked_model") or {})
    if asked:
        check(run, typed, model=not is_named)
        asked["options"] = {**(asked.get("options") or {}), REMOTE_CODE: typed.trust_remote_code}
        known = {one.name for one in fields(HuggingFaceOptions)}
        if unknown := sorted({*asked["options"]} - known):
            raise StoreError(
                f"{run.folder / 'manifest.json'}: asked_model.options.{unknown[0]} is no option that this version knows",
                hint="name the model: --model hf:NAME_OR_PATH",
            )
        asked["model_args"] = ",".join(part for part in _parts(asked) if not _trusts(part))
    return asked


def _missing(manifest: Mapping[str, Any], typed: Typed, *, model: bool) -> Iterator[tuple[tuple[str, str], str]]:
    """Return each flag that is to be typed again, with its value, and what it would run or read."""
    known = files_named(list(typed.perturb))
    for name in files_named([str(one) for one in manifest.get("perturb") or ()]):
        if name not in known:
            file, _, function = name.rpartition(":")
            yield ("--perturb", name), f"perturb would run {file}, for its function {function}"
    for entry in manifest.get("suites") or ():
        options = SourceOptions.from_flags(entry.get("flags") or ())
        if options.trust_tasks and not typed.trust_tasks:
            yield ("--trust-tasks", ""), f"suites would run the code that comes with the task {entry.get('path')}"
        if options.allow_outside and not typed.allow_outside:
            yield ("--allow-outside", ""), f"suites would read files outside the folder of {entry.get('path')}"
    asked = (manifest.get("asked_model") or {}) if model else {}
    if not typed.trust_remote_code and (
        (asked.get("options") or {}).get(REMOTE_CODE) or any(map(_trusts, _parts(asked)))
    ):
        yield ("--trust-remote-code", ""), f"asked_model would run the code that comes with {asked.get('model')}"


def _parts(asked: Mapping[str, Any]) -> list[str]:
    return [part for part in str(asked.get("model_args") or "").split(",") if part]


def _trusts(part: str) -> bool:
    """Return whether a part of model_args lets code run: an option of trust that is not said to be false."""
    key, _, value = part.partition("=")
    return key.strip().startswith("trust_") and value.strip().lower() != "false"
