"""A baseline on disk: small, sorted, one line for each item, with a hash over everything that is compared.

    {
     "about": {...}            where it comes from; not hashed
     "digest": "..."           sha256 of "outcomes" as compact JSON with sorted keys
     "kind": "baseline",
     "outcomes": {"design": {...}, "model": {...}, "schema_version": 2, "suites": {NAME: {"columns", "items", ...}},
                  "first": {"about", "design", "model", "suites", "tokens"}}
    }

`first` is there where a baseline was blessed after another one: the first of that chain, by which the sum of all small
worsenings is judged.

A row of `items`: hash of the name, then hash of the prompt, hash of the variants, outcomes; see `probe.gating.outcomes`. A file
that was edited by hand no longer has its hash and is refused.
"""

from __future__ import annotations

import hashlib
import json
import posixpath
import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from probe.errors import NothingToEvaluate, StoreError, UsageError
from probe.evaluation.run import DESIGN
from probe.files.reading import Refused, from_json, read_text
from probe.files.shape import Form, checked, shown
from probe.gating.outcomes import Outcomes, pack, read_outcomes, unpack
from probe.masking import masked
from probe.metrics.cells import NULL, Column
from probe.record.earlier import READABLE, renamed
from probe.record.run import Run
from probe.record.store import write_whole
from probe.types import effect_of

SCHEMA_VERSION = 2
LONGEST_PART = 60
"""Characters of a suite or a model in a baseline's name."""
HUB_NAME = re.compile(r"[A-Za-z0-9][\w.:-]*(?:/[A-Za-z0-9][\w.-]*)?")
"""A model's name that a file's name shows whole: pocket, scripted:coin, OWNER/NAME."""
TOKENS: dict[str, str] = {
    "tokenizer_hash": "the tokenizer",
    "adds_special_tokens": "whether special tokens (BOS) are added",
    "chat_template_hash": "the chat template",
}
MODEL: dict[str, str] = {
    "name": "model",
    "fingerprint": "weights",
    "dtype": "dtype",
    "revision": "revision",
    "adapter": "adapter",
    "max_length": "window in tokens",
    "config_hash": "configuration",
    "generation_hash": "generation settings",
    "adapter_hash": "the adapter's configuration",
    "modules_hash": "modules and their code",
    "tokenizer_settings_hash": "the tokenizer's settings",
    "chat_rendering_hash": "what the chat template writes, such as the date",
    "hardware": "hardware",
    "attention": "kind of attention",
    "precision": "precision of matrix products",
    "libraries": "libraries",
}
"""Facts that make another model, or one computed otherwise; versions that did not record one are not compared by it."""


@dataclass(frozen=True, slots=True, eq=False)
class Blessed:
    """What the gate compares of a run or of a baseline."""

    source: str
    """The file, or the run's folder."""
    model: Mapping[str, Any]
    design: Mapping[str, Any]
    tokens: Mapping[str, Any]
    suites: Mapping[str, Outcomes]
    about: Mapping[str, Any]
    first: Blessed | None = None
    """The first of the chain of baselines that this one was blessed after; None for a run and for the first itself."""


@dataclass(frozen=True)
class KeptModel:
    """What is known of the model."""

    name: str


@dataclass(frozen=True)
class KeptSuite:
    """The outcomes of a suite."""

    version: str
    """The version that its suite.toml states."""
    digest: str
    """The hash of its files."""
    columns: tuple[str, ...]
    """Family, perturbation, sample and effect of each variant."""
    items: Mapping[str, str]
    """By the hash of an item's name: the hashes of its prompt and its variants, and its outcomes."""


@dataclass(frozen=True, kw_only=True)
class Kept:
    """What is compared of a run."""

    design: Mapping[str, Any]
    """The settings that decide which prompts are asked."""
    model: KeptModel
    tokens: Mapping[str, Any]
    """The facts that decide which tokens are sent."""
    suites: Mapping[str, KeptSuite]
    """By name."""


@dataclass(frozen=True, kw_only=True)
class KeptFirst(Kept):
    """The first of a chain of baselines."""

    about: Mapping[str, Any]
    """Where it comes from; not compared."""


@dataclass(frozen=True, kw_only=True)
class KeptOutcomes(Kept):
    """What is compared, and the first of the chain."""

    schema_version: int
    first: KeptFirst | None = None


@dataclass(frozen=True, kw_only=True)
class File:
    """A baseline."""

    kind: Literal["baseline"]
    digest: str
    """The hash of the outcomes."""
    outcomes: KeptOutcomes
    about: Mapping[str, Any] = field(default_factory=dict)
    """Where it comes from; not hashed."""


BASELINE = Form(File)


def blessed_of(run: Run) -> Blessed:
    """Return what the gate compares of a run.

    Raises:
        UsageError: it is not a run of `probe run`.
        StoreError: it is damaged.
        NothingToEvaluate: no item of it was answered.
    """
    manifest, folder = run.manifest, run.folder
    if "suites" not in manifest or "prompts_digest" not in manifest:
        kind = manifest.get("kind", "unknown")
        raise UsageError(f"{folder}: a run of another command ({kind}); the gate reads those of `probe run`")
    outcomes = read_outcomes(folder, manifest["suites"])
    if not any(one.cells.items for one in outcomes.values()):
        raise NothingToEvaluate(f"{folder}: no item in it was answered", hint="run it again without --limit")
    model = manifest["model"]
    asked = (manifest.get("asked_model") or {}).get("options") or {}
    tokens = {key: model.get(key) for key in TOKENS} | {"chat_template": bool(asked.get("apply_chat_template"))}
    perturb = sorted(name for name in manifest["perturb"] if name != NULL)
    about = {
        "run": folder.resolve().name,
        "created": manifest.get("created"),
        "command": manifest.get("command"),
        "versions": manifest.get("versions", {}),
    }
    return Blessed(
        str(folder),
        {key: model[key] for key in MODEL if key in model},
        {key: manifest.get(key) for key in DESIGN} | {"perturb": perturb},
        tokens,
        outcomes,
        about,
    )


def default_path(blessed: Blessed) -> Path:
    """Return the default path of a baseline: baselines/SUITE__MODEL.json, with a hash where MODEL alone could be another.

    ./model and ../model, or a model with an adapter and without, would be the same file. One of theirs that is there already,
    from an earlier version, stays where it is.
    """
    suites = list(blessed.suites)
    suite = suites[0] if len(suites) == 1 else f"{len(suites)}-suites"
    parts = [re.sub(r"[^A-Za-z0-9.-]+", "-", part).strip("-.") for part in (suite, str(blessed.model["name"]))]
    plain = Path("baselines") / ("__".join(part[-LONGEST_PART:] for part in parts) + ".json")
    own = _model_of(blessed.model)
    there = _model_in(plain)
    is_plain = len(parts[1]) <= LONGEST_PART and HUB_NAME.fullmatch(own[0]) is not None and not any(own[1:])
    if there == own or (is_plain and there is None):
        return plain
    return plain.with_name(f"{plain.stem}-{digest_of_plain(own)[:8]}.json")


def _model_of(facts: Mapping[str, Any]) -> list[str]:
    """Return what a model was asked for by: its name, a path in its shortest form; its adapter; its revision."""
    name = str(facts.get("name"))
    name = name if ":" in name else posixpath.normpath(name)
    revision = facts.get("revision")
    return [name, str(facts.get("adapter") or ""), "" if revision in (None, "main") else str(revision)]


def _model_in(path: Path) -> list[str] | None:
    """Return what the model of a baseline was asked for by; None where there is none to be read."""
    try:
        return _model_of(read_baseline(path).model)
    except (UsageError, StoreError):
        return None


def write_baseline(blessed: Blessed, path: Path) -> Path:
    """Write a baseline, whole or not at all, and return its path.

    Raises:
        StoreError: the place cannot be written.
    """
    outcomes = {"schema_version": SCHEMA_VERSION, **_outcomes_of(blessed)}
    if blessed.first is not None:
        outcomes["first"] = {"about": dict(blessed.first.about), **_outcomes_of(blessed.first)}
    outcomes = json.loads(
        masked(json.dumps(outcomes))
    )  # before it is hashed: the file is written without known secrets
    value = {
        "kind": "baseline",
        "about": dict(blessed.about),
        "digest": digest_of_plain(outcomes),
        "outcomes": outcomes,
    }
    text = json.dumps(value, indent=1, sort_keys=True, ensure_ascii=True, allow_nan=False) + "\n"
    return write_whole(path, text, what="the baseline", hint="choose another place with -o FILE")


def read_baseline(path: Path) -> Blessed:
    """Read a baseline.

    Raises:
        UsageError: there is no such file, or it is none, such as the folder of a run.
        StoreError: it is damaged, was edited by hand, or has another schema.
    """
    again = f"make a new one: probe bless RUN -o {path}"
    if path.is_dir():
        raise _no_file(path)
    try:
        text = read_text(path)
    except FileNotFoundError as error:
        raise UsageError(f"no baseline {path}", hint=again) from error
    except (OSError, ValueError) as error:
        raise StoreError(f"{path}: cannot be read: {error}", hint=again) from error
    try:
        value = from_json(text)
    except ValueError as error:
        conflict = " (it holds the marks of a merge conflict)" if "<<<<<<<" in text else ""
        what = str(error) if isinstance(error, Refused) else f"no JSON{conflict}"
        raise StoreError(f"{path}: damaged: {what}", hint=again) from error
    if not isinstance(value, dict) or value.get("kind") != "baseline":
        raise UsageError(f"{path}: not a baseline; `probe bless RUN` makes one")
    outcomes = value.get("outcomes")
    version = outcomes.get("schema_version") if isinstance(outcomes, dict) else None
    if version is not None and version not in READABLE:
        raise StoreError(
            f"{path}: written with schema {shown(version)}, this version reads {SCHEMA_VERSION}", hint=again
        )
    try:
        checked(BASELINE, value)
        if value["digest"] != digest_of_plain(outcomes):
            raise Refused("damaged or edited by hand: what it holds does not have its hash")
        return _blessed(path, value)
    except ValueError as error:
        raise StoreError(f"{path}: {error}", hint=again) from error


def _no_file(path: Path) -> UsageError:
    """Return the error for a folder that is named as a baseline; most often it is a run's."""
    runs = [path, *path.iterdir()]
    if any((one / "manifest.json").is_file() for one in runs):
        is_one = (path / "manifest.json").is_file()
        bless = shlex.join(["probe", "bless", str(path), "-o", "baselines/NAME.json"])
        return UsageError(
            f"{path}: that is {'a run' if is_one else 'a folder of runs'}, not a baseline",
            hint=f"{bless}  first, then --baseline baselines/NAME.json",
        )
    return UsageError(f"{path}: a folder, not a baseline", hint="name the file that `probe bless RUN` made")


def _blessed(path: Path, value: Mapping[str, Any]) -> Blessed:
    outcomes = value["outcomes"]
    first = outcomes.get("first")
    earlier = None if first is None else _read(f"the first baseline in {path}", first, first["about"])
    return replace(_read(str(path), outcomes, value.get("about", {})), first=earlier)


def _read(source: str, outcomes: Mapping[str, Any], about: Mapping[str, Any]) -> Blessed:
    suites = {name: _outcomes(name, one) for name, one in outcomes["suites"].items()}
    return Blessed(source, outcomes["model"], renamed(outcomes["design"]), outcomes["tokens"], suites, dict(about))


def content(blessed: Blessed) -> str:
    """Return the hash of what is compared, the chain left out."""
    return digest_of_plain(_outcomes_of(blessed))


def _outcomes_of(blessed: Blessed) -> dict[str, Any]:
    facts = {name: dict(getattr(blessed, name)) for name in ("model", "design", "tokens")}
    return facts | {"suites": {name: _suite(one) for name, one in blessed.suites.items()}}


def _suite(one: Outcomes) -> dict[str, Any]:
    rows = zip(one.cells.items, one.prompts, one.variants, pack(one.cells), strict=True)
    return {
        "version": one.version,
        "digest": one.digest,
        "columns": [f"{c.family} {c.perturbation} {c.sample} {c.effect}" for c in one.cells.columns[1:]],
        "items": {item: f"{prompt} {variants} {outcomes}" for item, prompt, variants, outcomes in rows},
    }


def _outcomes(name: str, read: Mapping[str, Any]) -> Outcomes:
    """Return the outcomes of a suite.

    Raises:
        ValueError: a row or a column is not of its form; names the key.
    """
    key = f"outcomes.suites.{name}"
    items = sorted(read["items"])
    rows = [read["items"][item].split(" ", 2) for item in items]
    for item, row in zip(items, rows, strict=True):
        if len(row) < 3:
            raise Refused(f"{key}.items.{item} is {shown(' '.join(row))}; two hashes and outcomes are needed")
    columns = [_column(f"{key}.columns[{place}]", text) for place, text in enumerate(read["columns"])]
    if len(set(columns)) < len(columns):
        raise Refused(f"{key}.columns names a column twice")
    try:
        cells = unpack([row[2] for row in rows], columns, items)
    except ValueError as error:
        raise Refused(f"{key}.items: {error}") from error
    prompts, variants = tuple(row[0] for row in rows), tuple(row[1] for row in rows)
    return Outcomes(name, read["version"], read["digest"], cells, prompts, variants)


def _column(key: str, text: str) -> Column:
    try:
        family, perturbation, sample, effect = text.split(" ")
        return Column(family, perturbation, int(sample), effect_of(effect))
    except ValueError as error:
        raise Refused(f"{key} is {shown(text)}; family, perturbation, sample and effect are needed") from error


def digest_of_plain(outcomes: object) -> str:
    """Return the hash of a value as JSON, which a baseline has over its outcomes."""
    text = json.dumps(outcomes, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()
