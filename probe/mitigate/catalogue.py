"""All methods by name: what the package ships, and what installed packages add.

A method is a file in this folder; nothing else lists it. Each registers itself when it is imported, which happens here.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import get_args

from probe.errors import UsageError
from probe.mitigate.base import Kind, Method, methods

KINDS: tuple[Kind, ...] = get_args(Kind)
"""In the order in which methods are listed."""


def catalogue() -> list[Method]:
    """Return all methods, by kind, then in the order in which they were registered.

    Raises:
        UsageError: a package that offers one cannot be imported.
    """
    for module in iter_modules([str(Path(__file__).parent)]):
        import_module(f"probe.mitigate.{module.name}")
    return sorted(methods.values(), key=lambda one: KINDS.index(one.kind))


def chosen(names: str | Sequence[str]) -> list[Method]:
    """Return the methods that are named, "all" for the default ones, each once and in the order of the catalogue.

    Raises:
        UsageError: a name is unknown, or none is given.
    """
    known = catalogue()
    given = names.split(",") if isinstance(names, str) else list(names)
    wanted = [name.strip() for name in given if name.strip()]
    if not wanted:
        raise UsageError("--method names no method", hint="probe list mitigations, or --method all")
    found = {methods.get(name).name for name in wanted if name != "all"}
    return [one for one in known if one.name in found or ("all" in wanted and one.is_default)]
