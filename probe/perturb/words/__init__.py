"""Word lists: TOML files, one a family, each read once when something first asks for a list of it.

    real_words = "able about angle"            word_list("typos", "real_words")       ("able", "about", "angle")
    greetings = ["", "Hello. "]                word_list("wording", "greetings")      ("", "Hello. ")
    [misspellings]                             table("typos", "misspellings")     {"absence": ("absense", "abscence")}
    absence = "absense abscence"

A string is a list of its words, an array a list of its members. Samples are drawn in the order of the file.

Covered: shipped files, of this package or of another one that has some. Not covered: lists of a user's own.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any


@cache
def read(name: str, package: str = __name__) -> Mapping[str, Any]:
    """Return what a file holds, as TOML gives it."""
    return tomllib.loads(files(package).joinpath(f"{name}.toml").read_text(encoding="utf-8"))


@cache
def word_list(name: str, key: str, package: str = __name__) -> tuple[str, ...]:
    """Return one list of a file."""
    return _members(read(name, package)[key])


@cache
def word_set(name: str, key: str, package: str = __name__) -> frozenset[str]:
    """Return one list of a file, as a set."""
    return frozenset(word_list(name, key, package))


@cache
def table(name: str, key: str, package: str = __name__) -> Mapping[str, tuple[str, ...]]:
    """Return the lists of one table of a file, by the word that they belong to."""
    return {head: _members(row) for head, row in read(name, package)[key].items()}


@cache
def pairs(name: str, key: str, package: str = __name__) -> Mapping[str, str]:
    """Return one table of a file in which each word has one other."""
    return {head: row for head, (row,) in table(name, key, package).items()}


def _members(row: str | list[str]) -> tuple[str, ...]:
    return tuple(row.split() if isinstance(row, str) else row)
