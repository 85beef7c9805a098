"""The settings and the gate of a project, from `probe.toml` or pyproject.toml.

    suites = ["triage", "facts"]      probe.toml; in pyproject.toml the table [tool.probe]
    model = "hf:EleutherAI/pythia-70m"
    samples = 8                       the flags of `probe run`, by their names
    [gate]                            the flags of `probe gate`, by their names
    max-flip-rate = 0.10
    margin = 0.02
    [gate.suite.sentiment]            bounds of a suite
    max-flip-rate = 0.05
    [gate.family.typos]               bounds of a family
    max-flip-rate = 0.03
    [gate.suite.sentiment.family.typos]

The file nearest to the working folder counts, going up. Paths in it are relative to the file. A flag comes before the file.

Covered: finding, reading, checking; a mistake names file and line. Not covered: what a bound means (`probe.gating.bounds`).
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from probe.api.settings import OLD_NAMES, coerced, defaults, fault_of, flags, types
from probe.errors import UsageError
from probe.files.limits import MAX_SETTINGS_BYTES
from probe.files.names import split_last
from probe.files.reading import Refused, from_toml, read_text
from probe.gating.bounds import METRICS, Bound
from probe.gating.rule import Rule
from probe.suite.faults import kind_of, near

FILES = (("probe.toml", ""), ("pyproject.toml", "tool.probe"))
NUMBERS = ("margin", "tolerance")
SWITCHES = ("strict", "fail-on-inconclusive")
TABLES = ("suite", "family")
MAY_BE_PATHS = ("adapter", "include_path", "prompt")
"""Settings that are text and may be a path."""


@dataclass(frozen=True, slots=True)
class Gate:
    """What a project's file says of its gate."""

    bounds: tuple[Bound, ...] = ()
    margin: float = Rule().margin
    tolerance: float = Rule().tolerance
    strict: bool = False
    fail_on_inconclusive: bool = True
    baseline: Path | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """A key of the file, for those who ask what applies."""

    key: str
    """As `samples` or `gate.suite.facts.max-flip-rate`."""
    value: str
    where: str
    """As `file:line`."""


@dataclass(frozen=True, slots=True)
class Project:
    """What a project's file says."""

    path: str = ""
    """The file, as it is called from the working folder; empty if there is none."""
    settings: Mapping[str, Any] = field(default_factory=dict)
    """By the names of `probe.api.settings.Settings`."""
    gate: Gate = field(default_factory=Gate)
    entries: tuple[Entry, ...] = ()
    """Every key of the file."""

    def place_of(self, name: str) -> str:
        """Return where the file sets a setting, as `file:line`."""
        keys = ((one.key.replace("-", "_"), one.where) for one in self.entries)
        return next((where for key, where in keys if OLD_NAMES.get(key, key) == name), self.path)


def find_project(folder: Path) -> Project:
    """Read the nearest project file from a folder upwards; an empty project if there is none.

    Raises:
        UsageError: it is wrong; the message begins with `file:line:`.
    """
    for place in (folder, *folder.resolve().parents):
        for name, table in FILES:
            path = place / name
            if path.exists() and not path.is_dir() and (found := read_project(path, table)) is not None:
                return found
    return Project()


def runs_folder(folder: Path) -> Path:
    """Return where `probe run` saves its runs in a folder: what the project's file says, else `runs`.

    Raises:
        UsageError: the project's file is wrong.
    """
    return Path(find_project(folder).settings.get("out", defaults()["out"]))


def read_project(path: Path, table: str) -> Project | None:
    """Read a project from a table of a file; None if the file has no such table.

    Raises:
        UsageError: the file or the table is wrong; the message begins with `file:line:`.
    """
    try:
        text = read_text(path, most=MAX_SETTINGS_BYTES)
        value: Any = from_toml(text)
    except Refused as error:
        raise UsageError(f"{path}:{error.line}: {error}") from error
    except (OSError, ValueError) as error:
        where = re.search(r"at line (\d+)", str(error))
        raise UsageError(f"{path}:{where[1] if where else 1}: cannot be read: {error}") from error
    for part in filter(None, table.split(".")):
        value = value.get(part) if isinstance(value, dict) else None
    return None if value is None else _Reader(path, text, table).project(value)


def relative(path: Path) -> str:
    """Return a path as it is called from the working folder."""
    return Path(os.path.relpath(path)).as_posix()


@dataclass(frozen=True, slots=True)
class _Reader:
    """Reads one table, and says where it is wrong."""

    path: Path
    text: str
    table: str

    def project(self, value: object) -> Project:
        whole = self._table(value, "")
        keys = {known.name.removeprefix("--"): name for name, known in flags().items()} | {"suites": "suites"}
        old = {key.replace("_", "-"): name for key, name in OLD_NAMES.items()}
        self._check(whole, (*keys, "gate"), "", accepted=old)
        names = {key: (keys | old)[key] for key in whole if key != "gate"}
        settings = {name: self._setting(key, name, whole[key]) for key, name in names.items()}
        gate = self._gate(self._table(whole.get("gate", {}), "gate"))
        return Project(relative(self.path), settings, gate, tuple(self._entries(whole, "")))

    def _entries(self, table: Mapping[str, Any], where: str) -> Iterator[Entry]:
        for key, value in table.items():
            path = f"{where}.{key}".lstrip(".")
            if isinstance(value, dict):
                yield from self._entries(value, path)
            else:
                shown = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
                yield Entry(path, shown, self._place(where, key))

    def _setting(self, key: str, name: str, value: object) -> Any:
        """Return the value of a setting; paths as they are called from the working folder."""
        if problem := fault_of(name, value):
            raise self._wrong("", key, f"{key} {problem}")
        found = coerced(name, value)
        if name == "suites":
            return tuple(map(self._found, found))
        if name == "perturb":
            return ",".join(self._function(one.strip()) for one in found.split(","))
        if name in MAY_BE_PATHS or (name == "model" and ":" in found):
            return self._found(found)
        return Path(relative(self.path.parent / found)) if types()[name] in (Path, Path | None) else found

    def _found(self, name: str) -> str:
        """Return a name, or where it lies if it is the path of something beside the file; `KIND:PATH` likewise."""
        rest, last = split_last(name)
        kind, rest = (rest, last) if last else ("", name)
        place = self.path.parent / rest
        if not rest or not place.exists() or self.path.parent.resolve() == Path.cwd():
            return name
        return f"{kind}:{relative(place)}" if kind else relative(place)

    def _function(self, name: str) -> str:
        """Return the name of a perturbation; of `FILE.py:FUNCTION` with a file beside this one, where it lies."""
        file, colon, function = name.rpartition(":")
        return f"{self._found(file)}{colon}{function}" if file else name

    def _gate(self, whole: Mapping[str, Any]) -> Gate:
        self._check(whole, (*METRICS, *NUMBERS, *SWITCHES, "baseline", *TABLES), "gate")
        values: dict[str, Any] = {key: self._number(whole[key], key, "gate") for key in NUMBERS if key in whole}
        values |= {key.replace("-", "_"): self._switch(whole[key], key) for key in SWITCHES if key in whole}
        return Gate(tuple(self._bounds(whole, "gate", TABLES)), **values, baseline=self._baseline(whole))

    def _bounds(self, table: Mapping[str, Any], where: str, inner: Sequence[str], **about: str) -> Iterator[Bound]:
        """Return the bounds of a table and of those in it: `inner` may hold tables by suite or family."""
        for key in (key for key in METRICS if key in table):
            number = self._number(table[key], key, where)
            if not 0 <= number <= 1:
                raise self._wrong(where, key, f"{key} is {number:g}; it is a share, from 0 to 1")
            yield Bound(key, number, **about, where=self._place(where, key))
        for kind in inner:
            left = () if kind == "family" else ("family",)
            for name, one in self._table(table.get(kind, {}), f"{where}.{kind}").items():
                path = f"{where}.{kind}.{name}"
                own = self._table(one, path)
                self._check(own, (*METRICS, *left), path)
                yield from self._bounds(own, path, left, **about, **{kind: name})

    def _baseline(self, value: Mapping[str, Any]) -> Path | None:
        if "baseline" not in value:
            return None
        if not isinstance(value["baseline"], str):
            message = f"baseline is {kind_of(value['baseline'])}; it must be the path of a file"
            raise self._wrong("gate", "baseline", message)
        return self.path.parent / Path(value["baseline"]).expanduser()

    def _number(self, value: object, key: str, where: str) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise self._wrong(where, key, f"{key} is {kind_of(value)}; it must be a number, such as 0.10")
        return float(value)

    def _switch(self, value: object, key: str) -> bool:
        if not isinstance(value, bool):
            raise self._wrong("gate", key, f"{key} is {kind_of(value)}; it must be true or false")
        return value

    def _table(self, value: object, where: str) -> Mapping[str, Any]:
        if not isinstance(value, dict):
            head, _, key = where.rpartition(".")
            raise self._wrong(head, key, f"{where or self.table} is {kind_of(value)}; it must be a table")
        return value

    def _check(self, value: Mapping[str, Any], known: Any, where: str, *, accepted: Any = ()) -> None:
        for key in value:
            if key not in known and key not in accepted:
                guess = near(key, known)
                raise self._wrong(where, key, f"unknown key {key!r}. {guess}Known: {', '.join(known)}")

    def _wrong(self, where: str, key: str, message: str) -> UsageError:
        return UsageError(f"{self.path}:{self._line(where, key)}: {message}")

    def _place(self, where: str, key: str) -> str:
        return f"{relative(self.path)}:{self._line(where, key)}"

    def _line(self, where: str, key: str) -> int:
        """Return the line of a key of a table, from 1; the first one where it cannot be found."""
        wanted = ".".join(filter(None, (self.table, where)))
        section = ""
        for number, line in enumerate(self.text.split("\n"), start=1):
            if header := re.match(r"\s*\[+\s*([^\]]+?)\s*\]\s*(?:#.*)?$", line):
                section = re.sub(r"[\"'\s]", "", header[1])
                if section == ".".join(filter(None, (wanted, key))):
                    return number
            elif (entry := re.match(r"\s*[\"']?([\w-]+)[\"']?\s*[=.]", line)) and (section, entry[1]) == (wanted, key):
                return number
        return 1
