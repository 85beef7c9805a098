"""Docstrings that users read, also under `python -OO`, which removes them from the code: they are read from the source again.

Covered: functions, classes and modules whose source is there. Not covered: what is typed at a prompt; it then has none.
"""

from __future__ import annotations

import ast
import inspect
import sys
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

DOCUMENTED = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


def doc_of(thing: Any) -> str:
    """Return the docstring of a function, class or module, without its indentation; empty for none."""
    if text := inspect.getdoc(thing) if not isinstance(thing, type) else inspect.cleandoc(thing.__doc__ or ""):
        return text
    if sys.flags.optimize < 2:
        return ""
    thing = inspect.unwrap(thing) if callable(thing) else thing
    module = thing if isinstance(thing, ModuleType) else sys.modules.get(getattr(thing, "__module__", ""))
    file = getattr(module, "__file__", None) or ""
    return _docs(file).get("" if thing is module else getattr(thing, "__qualname__", ""), "")


@cache
def _docs(file: str) -> dict[str, str]:
    """Return the docstrings of a source file by qualified name; that of the module itself under the empty one."""
    try:
        tree = ast.parse(Path(file).read_bytes())
    except (OSError, ValueError, SyntaxError):
        return {}
    found = {"": ast.get_docstring(tree) or ""}

    def walk(node: ast.AST, prefix: str) -> None:
        for one in ast.iter_child_nodes(node):
            if isinstance(one, DOCUMENTED):
                found[prefix + one.name] = ast.get_docstring(one) or ""
                walk(one, f"{prefix}{one.name}." if isinstance(one, ast.ClassDef) else f"{prefix}{one.name}.<locals>.")

    walk(tree, "")
    return found
