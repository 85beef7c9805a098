"""A user's own perturbations: a function in a Python file, or an installed package's entry point.

    --perturb ./mine.py:shout          the function `shout` of that file; naming the file is asking for its code to be run
    [project.entry-points."probe.perturbations"]
    shout = "my_package:shout"         known by its name after `pip install`

The function takes what the shipped ones take: a `Prompt` (or an `Item`, if its first parameter is annotated so) and a
`random.Random`, and gives another or None. One that is decorated with `perturbation` keeps what the decorator says.

Covered: loading, naming, an error that says what is wrong with the file. Not covered: a sandbox; it is your code.
"""

from __future__ import annotations

import inspect
import runpy
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

from probe.errors import UsageError
from probe.files.docstrings import doc_of
from probe.perturb.catalogue.register import coverage, described
from probe.registry import perturbations, unknown_name
from probe.types import Item, Perturbation, Prompt

FAMILY = "own"
GROUP = "probe.perturbations"
FORM = "def shout(prompt, rng): return dataclasses.replace(prompt, instruction=prompt.instruction.upper())"


def is_of_file(name: str) -> bool:
    """Return whether a name is `FILE.py:FUNCTION` alone; a + stands between two perturbations unless such a file is there."""
    file, _, function_name = name.rpartition(":")
    if not file.endswith(".py") or "+" in function_name:
        return False
    return "+" not in file or Path(file).expanduser().is_file()


@cache
def from_file(name: str) -> Perturbation:
    """Return the perturbation `FILE.py:FUNCTION`.

    Raises:
        UsageError: there is no such file or function, or the file cannot be run.
    """
    file, _, function_name = name.rpartition(":")
    path = Path(file).expanduser()
    if not path.is_file():
        raise UsageError(f"{name}: there is no file {file}", hint=f"write one that holds  {FORM}")
    try:
        functions, decorated = _run(path.resolve())
    except Exception as error:
        raise UsageError(f"{name}: {path} cannot be run: {type(error).__name__}: {error}") from error
    if function_name in decorated:
        return decorated[function_name]
    if function_name not in functions:
        raise unknown_name(f"function in {path}", function_name, [*functions, *decorated])
    return of_function(functions[function_name], name)


@cache
def _run(path: Path) -> tuple[dict[str, Callable[..., Any]], dict[str, Perturbation]]:
    """Run a file once; return its functions, and the perturbations that it registered."""
    known = set(perturbations)
    names = runpy.run_path(str(path))
    functions: dict[str, Callable[..., Any]] = {
        key: value for key, value in names.items() if inspect.isfunction(value) and not key.startswith("_")
    }
    return functions, {one: perturbations.get(one) for one in perturbations if one not in known}


def register_installed() -> None:
    """Register the perturbations of installed packages.

    Raises:
        UsageError: an entry point cannot be loaded, or its name is taken.
    """
    perturbations.load_entry_points(GROUP, of_function)


def of_function(function: Callable[..., Any], name: str) -> Perturbation:
    """Return a plain function as a perturbation of the family `own`, drawn for each item."""
    parameters = list(inspect.signature(function).parameters.values())
    if len(parameters) != 2:
        raise UsageError(f"{name}: takes {len(parameters)} arguments, not the two of  {FORM}")
    takes_item = parameters[0].annotation in (Item, "Item")

    def apply(item: Item, rng: Random) -> Item | None:
        try:
            made: Any = function(item if takes_item else item.prompt, rng)
        except Exception as error:
            raise UsageError(f"{name}: failed on item {item.id!r}: {type(error).__name__}: {error}") from error
        if made is None or (takes_item and isinstance(made, Item)):
            return made
        if takes_item or not isinstance(made, Prompt):
            wanted = "an Item" if takes_item else "a Prompt"
            raise UsageError(f"{name}: gave {type(made).__name__}, not {wanted} or None")
        return replace(item, prompt=made)

    covers, leaves = coverage(function)
    summary = (doc_of(function) or f"{function.__name__}, your own.").splitlines()[0]
    bare = Perturbation(name, FAMILY, summary, apply, covers=covers, leaves=leaves)
    return replace(described(bare, _documented(function), None), summary=summary)


def _documented(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return the function, with a docstring if it has none."""
    if not doc_of(function):
        function.__doc__ = f"{function.__name__}, your own."
    return function
