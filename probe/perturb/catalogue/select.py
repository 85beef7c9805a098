"""Choosing perturbations by what a user types.

    typos                    a family: those of its perturbations that are drawn by default
    typo-swap                one perturbation
    typo-swap@0.3            at another strength; `typos@0.3` all of the family that have one
    order-shift+typo-swap    both, one after the other
    ./mine.py:shout          a function in a Python file of one's own
    all                      the default ones of every family

A file's code runs where its name is among those that may run: what a user types, never what a run's folder alone says.

Covered: names, strengths, pairs, files, entry points (`probe.perturb.catalogue.custom`). Not covered: drawing.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from probe.errors import UsageError
from probe.perturb.catalogue.compose import composed
from probe.perturb.catalogue.custom import from_file, is_of_file, register_installed
from probe.perturb.catalogue.register import families
from probe.registry import perturbations, unknown_name
from probe.types import Perturbation

ALL = "all"
"""The name that stands for every registered perturbation."""


def select(names: Sequence[str], *, may_run: Collection[str] = ()) -> list[Perturbation]:
    """Return the perturbations of those names, each once, in the order asked; a family gives those drawn by default.

    `may_run` are the names that a user typed: of these, alone or within a pair, a file is run.

    Raises:
        UsageError: a name is not known (the message names the near ones), a strength is none, or a file may not be run.
    """
    register_installed()
    typed = {part for name in may_run for part in _files_in(name)}
    chosen: dict[str, Perturbation] = {}
    for name in names:
        chosen |= {member.name: member for member in _named(name, typed)}
    return list(chosen.values())


def files_named(names: Sequence[str]) -> list[str]:
    """Return what would be run of those names, each once: functions in files, also those within pairs."""
    return list(dict.fromkeys(part for name in names for part in _files_in(name)))


def _files_in(name: str) -> list[str]:
    parts = [name] if is_of_file(name) else [part.strip() for part in name.split("+")]
    return [part for part in parts if is_of_file(part)]


def _named(name: str, typed: Collection[str]) -> list[Perturbation]:
    if is_of_file(name):
        if name not in typed:
            raise UsageError(f"{name}: runs the code of a file", hint=f"if you trust it, type it: --perturb {name}")
        return [from_file(name)]
    if "+" in name:
        return [composed([_one(part, name, typed) for part in name.split("+")])]
    bare, mark, strength = name.partition("@")
    known = [ALL, *dict.fromkeys([*families(), *perturbations])]
    if bare.endswith(".py"):
        raise UsageError(
            f"unknown perturbation {bare!r}: it is a file, and no function of it is named",
            hint=f"name one, as in FILE.py:FUNCTION:  {bare}:shout",
        )
    if bare not in known:
        raise unknown_name("perturbation", bare, known, see="probe list perturbations")
    named = [perturbations.get(bare)] if bare in perturbations else []
    members = named + [p for p in perturbations.values() if bare in (ALL, p.family) and p.is_default]
    return _at(members, name, strength) if mark else members


def _one(part: str, whole: str, typed: Collection[str]) -> Perturbation:
    if not part.strip():
        raise UsageError(
            f"{whole}: nothing stands on one side of the +", hint="name two perturbations, as in order-shift+typo-swap"
        )
    found = _named(part.strip(), typed)
    if len(found) != 1:
        raise UsageError(f"{whole}: {part!r} names {len(found)} perturbations; name one on each side of the +")
    return found[0]


def _at(members: list[Perturbation], name: str, strength: str) -> list[Perturbation]:
    try:
        value = float(strength)
    except ValueError:
        raise UsageError(f"{name}: {strength!r} is no number; a strength is from 0 to 1, as in typos@0.3") from None
    able = [member.at(value) for member in members if member.at is not None]
    if not able:
        raise UsageError(
            f"{name}: {name.partition('@')[0]} has no strength", hint="probe list perturbations  says which have one"
        )
    return able
