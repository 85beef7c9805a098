"""Numbers that are typed: finite, and within limits, whatever flag of whatever command they stand behind.

    probe run --samples 100000000000000000000      the limit is 10000
    probe gate --margin nan                        a number must be finite
    probe search --budget 9999999999               the limit is 1,000,000,000

A flag with bounds of its own (`low`, `high` of a setting) is checked by them first, with their message.

Covered: every option that takes a number, of commands of installed packages as well. Not covered: numbers within a text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from math import isfinite
from typing import Any

from probe.errors import UsageError
from probe.files.limits import MAX_COUNT, MAX_DIGITS, MAX_SEED

LONG = re.compile(rf"[+-]?[\d_.]{{{MAX_DIGITS + 1},}}")


def check_words(words: Iterable[str]) -> None:
    """Refuse a number of more digits than any has; typer would read it, and print it whole.

    Raises:
        UsageError: there is one.
    """
    for word in words:
        value = word.partition("=")[2] if word.startswith("--") else word
        if LONG.fullmatch(value):
            raise UsageError(f"{value[:12]}...: a number of {len(value):,} digits; the limit is {MAX_DIGITS}")


def check_numbers(params: Sequence[Any], values: Mapping[str, Any]) -> None:
    """Refuse numbers that are infinite, no number, or larger than anything can be.

    Raises:
        UsageError: one is; names its flag.
    """
    for one in params:
        value = values.get(one.name)
        if isinstance(value, bool) or not isinstance(value, int | float):
            continue
        flag = max(one.opts, key=len)
        if isinstance(value, float) and not isfinite(value):
            raise UsageError(f"{flag} is {value}; it must be a finite number")
        most = MAX_SEED if one.name == "seed" else MAX_COUNT
        if abs(value) > most:
            raise UsageError(f"{flag} is {value:g}; the limit is {most:,}")
