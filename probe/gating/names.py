"""The suites and families that bounds name: a misspelt name would never apply, so it is refused first.

    family   one that is registered, or that the run has; anything else is a mistake
    suite    the run's, a shipped one, or one of the project's that this run does not ask; a slip of the pen is a mistake

A project's file may hold bounds of suites that a run does not ask: those are named on the verdict, not refused.

Covered: names. Not covered: whether a figure can be checked (`probe.gating.bounds`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from probe.errors import UsageError
from probe.files.reading import read_toml
from probe.gating.bounds import Bound
from probe.metrics import ALL, ORIGINAL
from probe.perturb import families
from probe.perturb.catalogue.compose import FAMILY as COMPOSED
from probe.perturb.catalogue.custom import FAMILY as OWN
from probe.suite import shipped_suites
from probe.suite.faults import near

SHORT = 3
"""Letters of a part of a name that may differ by one and still be meant: v1 and v2, en and de."""
DEFINITIONS = ("*/suite.toml", "*/*/suite.toml", "*/*/*/suite.toml")
"""Where the suites of a project are looked for below the folder of its file."""


def check_names(
    bounds: Sequence[Bound], *, asked: Iterable[str], known: Iterable[str], paths: Mapping[str, str]
) -> None:
    """Refuse families that do not exist and suites that are misspelt.

    `asked` are the families of the run, `known` the names of suites that the run or the baseline has, `paths` the folders of
    the run's suites by name.

    Raises:
        UsageError: a name is wrong; the message begins with `file:line:` where it comes from a file.
    """
    exist = list(dict.fromkeys((*families(), *asked, COMPOSED, OWN, ORIGINAL, ALL)))
    names = list(dict.fromkeys((*known, *shipped_suites())))
    for bound in bounds:
        if bound.family and bound.family not in exist:
            raise _unknown("family", bound.family, bound, exist)
        if bound.suite and bound.suite not in names:
            slips = [name for name in names if is_slip(bound.suite, name)]
            if slips and bound.suite not in set(_of_project(bound, paths)):
                raise _unknown("suite", bound.suite, bound, slips)


def is_slip(one: str, other: str) -> bool:
    """Return whether two names differ by one typing error in one longer word."""
    pairs = list(zip(_words(one), _words(other), strict=False))
    apart = [(a, b) for a, b in pairs if a != b]
    if len(_words(one)) != len(_words(other)) or len(apart) != 1 or min(map(len, apart[0])) <= SHORT:
        return False
    a, b = apart[0]
    while a and b and a[0] == b[0]:
        a, b = a[1:], b[1:]
    while a and b and a[-1] == b[-1]:
        a, b = a[:-1], b[:-1]
    return max(len(a), len(b)) == 1 or (len(a) == 2 and a == b[::-1])


def _words(name: str) -> list[str]:
    return re.split(r"[\W\d_]+", name.lower())


def _of_project(bound: Bound, paths: Mapping[str, str]) -> Iterator[str]:
    """Return the names of the suites that lie beside the run's and below the folder of the bound's file."""
    beside = [
        found for path in paths.values() for found in Path(path).parent.glob("*/suite.toml") if Path(path).is_dir()
    ]
    file = Path(bound.where.rpartition(":")[0])
    below = [found for pattern in DEFINITIONS for found in file.parent.glob(pattern)] if bound.where else []
    for path in (*beside, *below):
        try:
            value: Any = read_toml(path)
        except (OSError, ValueError):
            continue
        yield str(value.get("name", ""))


def _unknown(kind: str, name: str, bound: Bound, known: Sequence[str]) -> UsageError:
    place = f"{bound.where}: " if bound.where else ""
    return UsageError(
        f"{place}{bound.name} of an unknown {kind} {name!r}. {near(name, known)}Known: {', '.join(known)}"
    )
