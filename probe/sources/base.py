"""What a source is, its options, and helpers for readers of other people's files.

Covered: the options, their flags, reading JSON with file and line, unique ids, names of suites.
Not covered: any one format.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, TypeVar

from probe.errors import UsageError
from probe.files.inside import is_inside
from probe.files.names import no_device, split_last
from probe.files.reading import Refused, from_json
from probe.registry import unknown_name
from probe.suite.faults import broken, decoded, fault, half_escape, kind_of, read_bytes
from probe.types import Suite

T = TypeVar("T")
MAX_SYMBOLS = 26
"""Options that letters can name."""


SWITCHES = ("trust_tasks", "allow_outside", "allow_one_target", "all_prompts")
"""Options that are on or off."""
TRUSTING = ("trust_tasks", "allow_outside")
"""Options that let a suite do more than be read: only what a user types counts, never what a folder says."""


@dataclass(frozen=True, slots=True)
class SourceOptions:
    """Options of a source, each a flag of its name."""

    include_path: str = ""
    trust_tasks: bool = False
    allow_outside: bool = False
    allow_one_target: bool = False
    prompt: str = ""
    target: str = ""
    choices: str = ""
    num_fewshot: int = 0
    all_prompts: bool = False
    kind: str = ""
    """The kind by which it was named; no flag."""

    def as_flags(self, names: Iterable[str]) -> tuple[str, ...]:
        """Return these options as flags, but for the number of shots, which a plan holds."""
        flags: list[str] = []
        for name in names:
            value = getattr(self, name)
            if value and name != "num_fewshot":
                flags += [flag_of(name)] if value is True else [flag_of(name), str(value)]
        return tuple(flags)

    @classmethod
    def from_flags(cls, flags: Sequence[str]) -> SourceOptions:
        """Return the options from flags: the inverse of `as_flags`.

        Raises:
            UsageError: one is no flag of a suite, or lacks its value, as where a manifest is damaged.
        """
        known = {flag_of(one.name): one.name for one in fields(cls) if one.name not in ("kind", "num_fewshot")}
        values: dict[str, Any] = {}
        rest = list(flags)
        while rest:
            flag = rest.pop(0)
            if flag not in known:
                raise UsageError(f"{flag[:60]!r} is no flag of a suite; it is one of {', '.join(known)}")
            if known[flag] not in SWITCHES and not rest:
                raise UsageError(f"{flag} has no value")
            values[known[flag]] = True if known[flag] in SWITCHES else rest.pop(0)
        return cls(**values)

    def given(self) -> list[str]:
        """Return the names of the options that are set."""
        return [one.name for one in fields(self) if one.name not in ("kind", "num_fewshot") and getattr(self, one.name)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A kind of suite that comes from elsewhere."""

    read: Callable[[str, SourceOptions], Suite | list[Suite]]
    """Return the suites that the text after the kind names.

    Raises `UsageError` where the text or an option is wrong, `SuiteError` where a file is, as `file:line: what is wrong`.
    The same text and options always give the same items with the same ids. A suite's `path` is what a user types to read it
    again; it may be left empty where that is the text as given.
    """
    argument: str
    """The form of that text, such as `FOLDER[:TASK]`."""
    summary: str
    """A line for `probe list sources`."""
    example: str
    """What to type, whole."""
    uses: tuple[str, ...] = ()
    """The fields of `SourceOptions` that change what is read."""


def flag_of(option: str) -> str:
    """Return the flag of an option's name."""
    return "--" + option.replace("_", "-")


def read_json(path: Path) -> Any:
    """Read a JSON file.

    Raises:
        SuiteError: it is missing, too large, not UTF-8, not JSON or holds half a character; says file and line.
    """
    text = text_within(path)
    if half := half_escape(text):
        begin = text.rfind("\n", 0, half.start()) + 1
        where = f"at column {half.start() - begin + 1}"
        raise fault(path, text.count("\n", 0, begin) + 1, broken(half[0], where))
    try:
        return from_json(text)
    except json.JSONDecodeError as error:
        raise fault(path, error.lineno, f"is not valid JSON at column {error.colno}: {error.msg}") from error
    except Refused as error:
        raise fault(path, error.line, error) from error
    except ValueError as error:
        raise fault(path, 1, f"is not valid JSON: {error}") from error


def text_within(path: Path) -> str:
    """Read a text file that is not larger than a gigabyte.

    Raises:
        SuiteError: it is missing, no plain file, too large or not UTF-8.
    """
    if not path.exists() or path.is_dir():
        raise fault(path, 1, "is a folder, not a file" if path.is_dir() else "there is no such file")
    return decoded(read_bytes(path).removeprefix(b"\xef\xbb\xbf"), path)


def line_of_entry(text: str, number: int, key: str) -> int:
    """Return the line on which the entry `number` (from 0) of a JSON file begins, by its key; 1 where it is not found."""
    starts = [match.start() for match in re.finditer(f'"{re.escape(key)}"\\s*:', text)]
    return text[: starts[number]].count("\n") + 1 if number < len(starts) else 1


def expect(value: Any, kind: type[T], path: Path, what: str, line: int = 1) -> T:
    """Return a value that must be of a type.

    Raises:
        SuiteError: it is not.
    """
    if not isinstance(value, kind):
        wanted = {"dict": "an object", "list": "a list", "str": "text"}[kind.__name__]
        raise fault(path, line, f"{what} is {kind_of(value)}; it must be {wanted}")
    return value


def files_in(folder: Path, ending: str, *, allow_outside: bool = False) -> dict[str, Path]:
    """Return the files of a folder with that ending by their stem, sorted.

    Raises:
        UsageError: there is no such folder, or no such file in it; or one is a link that leads out of it.
    """
    if not folder.is_dir():
        raise UsageError(f"{folder}: there is no such folder")
    files = {path.stem: path for path in sorted(folder.iterdir()) if path.suffix == ending and path.is_file()}
    if not files:
        raise UsageError(f"{folder}: holds no {ending} file")
    for path in () if allow_outside else files.values():
        if not is_inside(path, folder):
            raise UsageError(
                f"{path}: is a link to {path.resolve()}, outside the folder",
                hint="if you trust it to read there, add --allow-outside",
            )
    return files


def selected_files(files: dict[str, Path], names: str, kind: str) -> dict[str, Path]:
    """Return the files of names that commas separate; all files for no names.

    Raises:
        UsageError: a name is none of them (so no name can lead elsewhere); the message names the near ones.
    """
    wanted = [name.strip() for name in names.split(",") if name.strip()]
    for name in wanted:
        if name not in files:
            raise unknown_name(kind, name, list(files), see="the files there")
    return {name: files[name] for name in dict.fromkeys(wanted)} if wanted else files


def split_argument(argument: str) -> tuple[str, str]:
    """Split `PATH:NAMES` at its last colon, unless the whole is a path."""
    return (argument, "") if Path(argument).expanduser().exists() else split_last(argument)


def room_for(targets: Iterable[str], *, least: int = 16, most: int = 96) -> int:
    """Return how many tokens a free answer may take: half as many as the longest right answer has characters."""
    return max(least, min(max(map(len, targets), default=0) // 2, most))


def name_from(text: str) -> str:
    """Return a text as a suite's name: letters, digits, _ and -."""
    return no_device(re.sub(r"[^A-Za-z0-9_-]+", "-", text).strip("-_")[:80] or "suite")
