"""One digest for the same settings: whatever their order, and wherever their files lie.

    {"r": 4, "target_modules": {"q", "v"}}   -->   {"r": 4, "target_modules": ["q", "v"]}   -->   9f2c...
    a function                               -->   its byte code, constants, defaults, and what it reads by name

Covered: values of JSON, sets, enumerations, tokens, configurations, functions and classes with the code they call.
Not covered: code of installed packages and of Python, which has a name and a version; files and services that code reads. Byte
code differs between versions of Python, so that a digest of code does too.
"""

from __future__ import annotations

import dataclasses
import enum
import functools
import hashlib
import json
import site
import sys
import sysconfig
from collections.abc import Callable, Mapping, Sequence, Set
from pathlib import Path
from types import CodeType, FunctionType, MethodType, ModuleType
from typing import Any

MOST_VALUES = 20_000
"""Values of a structure that are read: enough for any settings, few enough for what a function may have within reach."""

VERSIONED = frozenset({"probe", "torch", "transformers", "peft", "tokenizers", "numpy"})
"""Packages whose code is known by its version, wherever it lies."""


UNREAD = frozenset(
    {"__module__", "__dict__", "__weakref__", "__doc__", "__annotations__", "_abc_impl", "__firstlineno__"}
)
"""Attributes of a class that decide nothing, or that are no code of it."""

WRAPPED = ("__func__", "__wrapped__", "fget", "func")
"""Where class methods, cached functions and properties hold the function that they stand for."""


def digest_of(value: object) -> str:
    """Return a hash of a value that is equal for equal settings, in every process."""
    return _hashed(plain(value))


def code_digest_of(kind: type) -> str:
    """Return a hash of a class with the code of its package that it calls, also where the package is installed."""
    return _hashed(_Reader(own=kind.__module__.partition(".")[0]).read(kind))


def plain(value: object) -> Any:
    """Return a value as JSON has it: sets sorted, code as its hash, no address of an object and no path of a module."""
    return _Reader().read(value)


def without(settings: Mapping[str, Any], names: Set[str]) -> dict[str, Any]:
    """Return settings, those of inner ones too, without the keys of these names."""
    return {
        key: without(value, names) if isinstance(value, Mapping) else value
        for key, value in settings.items()
        if key not in names
    }


def is_installed(module_name: str) -> bool:
    """Return whether a module belongs to Python or to an installed package: it is known by its name and version."""
    top = module_name.partition(".")[0]
    if top == "__main__":  # a script or notebook, whichever program runs it
        return False
    if top in VERSIONED or top in sys.builtin_module_names:
        return True
    file = getattr(sys.modules.get(module_name), "__file__", None)
    if file is None:
        return top in sys.stdlib_module_names
    return any(Path(file).is_relative_to(folder) for folder in _folders())


@functools.cache
def _folders() -> tuple[Path, ...]:
    paths = sysconfig.get_paths()
    named = [paths[name] for name in ("stdlib", "platstdlib", "purelib", "platlib")]
    return tuple(map(Path, [*named, *site.getsitepackages()]))


class _Reader:
    """Reads a value; what refers to itself ends where it begins again."""

    def __init__(self, own: str = "") -> None:
        self.own = own
        """A package whose code is read although it is installed."""
        self.open: set[int] = set()
        self.code: dict[int, tuple[object, str]] = {}
        """By address, with the object, so that its address is not given to another one."""
        self.num_read = 0

    def read(self, value: object) -> Any:
        if value is None or isinstance(value, bool | int | str) and not isinstance(value, enum.Enum):
            return value
        if isinstance(value, float):
            return repr(value)  # NaN and the infinities are no JSON
        self.num_read += 1
        if id(value) in self.open or self.num_read > MOST_VALUES:
            return f"<{type(value).__qualname__}>"
        self.open.add(id(value))
        try:
            for kind, reader in self._readers():
                if isinstance(value, kind):
                    return reader(value)
            return self._object(value)
        finally:
            self.open.discard(id(value))

    def _readers(self) -> list[tuple[Any, Callable[[Any], Any]]]:
        return [
            (enum.Enum, lambda one: self.read(one.value)),
            (bytes, lambda one: one.hex()),
            (Mapping, lambda one: {str(key): self.read(inner) for key, inner in one.items()}),
            (Set, lambda one: sorted((self.read(inner) for inner in one), key=json.dumps)),
            (list | tuple, lambda one: [self.read(inner) for inner in one]),
            (functools.partial, lambda one: [self.read(part) for part in (one.func, one.args, one.keywords)]),
            (MethodType, lambda one: [self.read(one.__func__), self.read(one.__self__)]),
            (FunctionType, lambda one: self._hash_of(one, self._function)),
            (type, lambda one: self._hash_of(one, self._class)),
            (CodeType, lambda one: self._hash_of(one, self._code)),
            (ModuleType, self._module),
        ]

    def _is_known(self, module_name: str) -> bool:
        return is_installed(module_name) and (module_name.partition(".")[0] != self.own or self.own in VERSIONED)

    def _hash_of(self, value: Any, reader: Callable[[Any], Any]) -> str:
        """Return the hash of code, which is read once: functions that call one another would make a text without end."""
        if id(value) not in self.code:
            self.code[id(value)] = value, _hashed(reader(value))
        return self.code[id(value)][1]

    def _function(self, value: FunctionType) -> Any:
        if self._is_known(value.__module__ or ""):
            return f"{value.__module__}.{value.__qualname__}"
        cells = [cell.cell_contents for cell in value.__closure__ or () if not _is_empty(cell)]
        names = [name for name in _names(value.__code__) if name in value.__globals__]
        return [
            self.read(value.__code__),
            self.read((value.__defaults__, value.__kwdefaults__)),
            [self.read(cell) for cell in cells],
            {name: self.read(value.__globals__[name]) for name in names},
        ]

    def _class(self, value: type) -> Any:
        if self._is_known(value.__module__):
            return f"{value.__module__}.{value.__qualname__}"
        own = {name: self.read(inner) for name, inner in vars(value).items() if name not in UNREAD}
        return [value.__qualname__, own, [self.read(base) for base in value.__bases__]]

    def _code(self, value: CodeType) -> Any:
        return [value.co_code.hex(), [self.read(one) for one in value.co_consts], list(value.co_names)]

    def _module(self, value: ModuleType) -> Any:
        file = getattr(value, "__file__", None)
        if self._is_known(value.__name__) or file is None or not Path(file).is_file():
            return value.__name__
        return hashlib.blake2b(Path(file).read_bytes(), digest_size=16).hexdigest()

    def _object(self, value: Any) -> Any:
        kind = type(value)
        for name in WRAPPED:
            if isinstance(inner := getattr(value, name, None), FunctionType):
                return [kind.__qualname__, self.read(inner)]
        if kind.__module__.partition(".")[0] in VERSIONED and hasattr(value, "to_dict"):
            return [kind.__qualname__, self.read(value.to_dict())]
        if hasattr(value, "tobytes") and hasattr(value, "dtype"):
            return [str(value.dtype), list(value.shape), hashlib.blake2b(value.tobytes(), digest_size=16).hexdigest()]
        if not self._is_known(kind.__module__) or dataclasses.is_dataclass(value):
            return [self.read(kind), self.read(_state(value))]
        text = repr(value)
        return [kind.__qualname__, "" if " at 0x" in text else text[:1000]]


def _hashed(plain_value: Any) -> str:
    text = json.dumps(plain_value, sort_keys=True, ensure_ascii=True)
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


def _is_empty(cell: Any) -> bool:
    try:
        return cell.cell_contents is cell
    except ValueError:
        return True


def _names(code: CodeType) -> Sequence[str]:
    """Return the names that code and the functions in it look up, once each."""
    inner = [name for one in code.co_consts if isinstance(one, CodeType) for name in _names(one)]
    return list(dict.fromkeys([*code.co_names, *inner]))


def _state(value: Any) -> dict[str, Any]:
    slots = [name for kind in type(value).__mro__ for name in getattr(kind, "__slots__", ())]
    return {**getattr(value, "__dict__", {}), **{name: getattr(value, name) for name in slots if hasattr(value, name)}}
