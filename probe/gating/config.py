"""Bounds and rule of a project, from `probe.toml` or pyproject.toml.

    [gate]                            probe.toml; in pyproject.toml [tool.probe.gate]
    max-flip-rate = 0.10              the flags of `probe gate`, by their names
    margin = 0.02
    [gate.suite.sentiment]            bounds of a suite
    max-flip-rate = 0.05
    [gate.family.typos]               bounds of a family
    max-flip-rate = 0.03
    [gate.suite.sentiment.family.typos]

The file nearest to the working folder, going up, that has such a table. A flag comes before the file.

Covered: finding, reading, checking; a mistake names file and line. Not covered: what the bounds mean (`probe.gating.bounds`).
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from probe.errors import UsageError
from probe.gating.bounds import METRICS, Bound
from probe.suite.faults import kind_of, near

FILES = (("probe.toml", "gate"), ("pyproject.toml", "tool.probe.gate"))
NUMBERS = ("margin", "tolerance")
SWITCHES = ("strict", "fail-on-inconclusive")
TEXTS = ("baseline",)
TABLES = ("suite", "family")


@dataclass(frozen=True, slots=True)
class Config:
    """What a project's file says of its gate."""

    path: str = ""
    """The file; empty where there is none."""
    bounds: tuple[Bound, ...] = ()
    margin: float | None = None
    tolerance: float | None = None
    strict: bool = False
    fail_on_inconclusive: bool = False
    baseline: Path | None = None
    """Relative to the file, as it stands there."""

    @property
    def name(self) -> str:
        """Return the file as it is called from the working folder; empty where there is none."""
        return _called(Path(self.path)) if self.path else ""


def find_config(folder: Path) -> Config:
    """Read the nearest configuration from a folder upwards; an empty one where there is none.

    Raises:
        UsageError: it is wrong; the message begins with `file:line:`.
    """
    for place in (folder, *folder.resolve().parents):
        for name, table in FILES:
            if (place / name).is_file() and (found := read_config(place / name, table)) is not None:
                return found
    return Config()


def read_config(path: Path, table: str) -> Config | None:
    """Read a file's table; None where it has none.

    Raises:
        UsageError: the file or the table is wrong; the message begins with `file:line:`.
    """
    try:
        text = path.read_text(encoding="utf-8")
        value: Any = tomllib.loads(text)
    except (OSError, ValueError) as error:
        where = re.search(r"at line (\d+)", str(error))
        raise UsageError(f"{path}:{where[1] if where else 1}: cannot be read: {error}") from error
    for part in table.split("."):
        value = value.get(part) if isinstance(value, dict) else None
    if value is None:
        return None
    reader = _Reader(path, text, table)
    return reader.config(value)


def _called(path: Path) -> str:
    """Return a path as it is called from the working folder."""
    return Path(os.path.relpath(path)).as_posix()


@dataclass(frozen=True, slots=True)
class _Reader:
    """Reads one table, and says where it is wrong."""

    path: Path
    text: str
    table: str

    def config(self, value: object) -> Config:
        whole = self._table(value, "")
        self._check(whole, (*METRICS, *NUMBERS, *SWITCHES, *TEXTS, *TABLES), "")
        bounds = [*self._bounds(whole, "", "", ""), *self._families(whole, "", "")]
        for name, one in self._table(whole.get("suite", {}), "suite").items():
            where = f"suite.{name}"
            own = self._table(one, where)
            self._check(own, (*METRICS, "family"), where)
            bounds += [*self._bounds(own, where, name, ""), *self._families(own, where, name)]
        numbers = {key: self._number(whole[key], key, "") for key in NUMBERS if key in whole}
        switches = {key: self._switch(whole[key], key) for key in SWITCHES if key in whole}
        return Config(
            str(self.path),
            tuple(bounds),
            numbers.get("margin"),
            numbers.get("tolerance"),
            switches.get("strict", False),
            switches.get("fail-on-inconclusive", False),
            self._baseline(whole),
        )

    def _families(self, value: Mapping[str, Any], where: str, suite: str) -> list[Bound]:
        found: list[Bound] = []
        where = f"{where}.family".lstrip(".")
        for family, one in self._table(value.get("family", {}), where).items():
            own = self._table(one, f"{where}.{family}")
            self._check(own, METRICS, f"{where}.{family}")
            found += self._bounds(own, f"{where}.{family}", suite, family)
        return found

    def _bounds(self, value: Mapping[str, Any], where: str, suite: str, family: str) -> list[Bound]:
        found = []
        for key in (key for key in METRICS if key in value):
            number = self._number(value[key], key, where)
            if not 0 <= number <= 1:
                raise self._wrong(where, key, f"{key} is {number:g}; it is a share, from 0 to 1")
            found.append(Bound(key, number, suite, family, f"{_called(self.path)}:{self._line(where, key)}"))
        return found

    def _baseline(self, value: Mapping[str, Any]) -> Path | None:
        if "baseline" not in value:
            return None
        if not isinstance(value["baseline"], str):
            raise self._wrong(
                "", "baseline", f"baseline is {kind_of(value['baseline'])}; it must be the path of a file"
            )
        return self.path.parent / value["baseline"]

    def _number(self, value: object, key: str, where: str) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise self._wrong(where, key, f"{key} is {kind_of(value)}; it must be a number, such as 0.10")
        return float(value)

    def _switch(self, value: object, key: str) -> bool:
        if not isinstance(value, bool):
            raise self._wrong("", key, f"{key} is {kind_of(value)}; it must be true or false")
        return value

    def _table(self, value: object, where: str) -> Mapping[str, Any]:
        if not isinstance(value, dict):
            head, _, key = where.rpartition(".")
            raise self._wrong(head, key, f"{where or self.table} is {kind_of(value)}; it must be a table")
        return value

    def _check(self, value: Mapping[str, Any], known: Any, where: str) -> None:
        for key in value:
            if key not in known:
                guess = near(key, known)
                raise self._wrong(where, key, f"unknown key {key!r}. {guess}Known: {', '.join(known)}")

    def _wrong(self, where: str, key: str, message: str) -> UsageError:
        return UsageError(f"{self.path}:{self._line(where, key)}: {message}")

    def _line(self, where: str, key: str) -> int:
        """Return the line of a key of a table, from 1; the first one where it cannot be found."""
        wanted = f"{self.table}.{where}".rstrip(".")
        section = ""
        for number, line in enumerate(self.text.split("\n"), start=1):
            if header := re.match(r"\s*\[+\s*([^\]]+?)\s*\]", line):
                section = re.sub(r"[\"'\s]", "", header[1])
                if section == f"{wanted}.{key}":
                    return number
            elif (entry := re.match(r"\s*[\"']?([\w-]+)[\"']?\s*[=.]", line)) and (section, entry[1]) == (wanted, key):
                return number
        return 1
