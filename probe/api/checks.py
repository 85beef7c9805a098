"""Arguments of a gate as Python gives them: which there are, and of which type each is.

Covered: names and types. Not covered: judging (`probe.gating`).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from math import isfinite
from numbers import Real
from pathlib import Path
from typing import Any

from probe.errors import UsageError
from probe.gating.bounds import METRICS
from probe.gating.design import KINDS
from probe.registry import unknown_name

RULES = ("margin", "tolerance", "strict")
CHECKS = (*(name.replace("-", "_") for name in METRICS), *RULES, "baseline", "allow", "fail_on_inconclusive")
"""Arguments of `check`: the flags of `probe gate`, with underscores."""


def check_values(given: Mapping[str, Any]) -> None:
    """Refuse arguments of a gate that are unknown or of another type; None stands for one that is not given.

    Raises:
        UsageError: the message names the argument.
    """
    for name, value in given.items():
        if name not in CHECKS:
            raise unknown_name("argument", name, list(CHECKS))
        if name == "allow":
            _check_allowed(value)
        elif value is not None:
            is_right, wanted = _kind_of_check(name, value)
            if not is_right:
                raise UsageError(f"{name} is {value!r}; it must be {wanted}")


def _kind_of_check(name: str, value: object) -> tuple[bool, str]:
    """Return whether an argument of a gate is of its type, and that type in words."""
    if name == "baseline":
        return isinstance(value, str | Path), "the path of a baseline"
    if name in ("strict", "fail_on_inconclusive"):
        return isinstance(value, bool), "True or False"
    return isinstance(value, Real) and not isinstance(value, bool) and isfinite(value), "a number, such as 0.1"


def _check_allowed(names: object) -> None:
    found = [names] if isinstance(names, str) else names
    if not isinstance(found, Collection) or not all(isinstance(one, str) for one in found):
        raise UsageError(f"allow is {names!r}; it must be a name or a list of {', '.join(KINDS)}")
    for name in found:
        if name not in KINDS:
            raise unknown_name("difference", name, list(KINDS))
