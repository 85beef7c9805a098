r"""Regular expressions of others with a limit of time: `(a+)+$` on thirty letters would take minutes.

A stand-in for the module `re` in lm-eval's own modules. A pattern is first compiled by `re`, so that what is none is refused as
before; the search itself is that of the package `regex`, which finds the same and takes a timeout.

Covered: the functions that lm-eval's filters, metrics and templates call. Not covered: code of trusted tasks that imports `re`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

from probe.prompt.sandbox import TooSlow

SECONDS = 1.0
"""Of one search; an honest one takes microseconds."""
MODULES = (
    "lm_eval.utils",
    "lm_eval.api.metrics",
    "lm_eval.api.task",
    "lm_eval.filters.extraction",
    "lm_eval.filters.transformation",
)


class Timed:
    """A compiled pattern whose searches are limited."""

    def __init__(self, pattern: str, flags: int = 0) -> None:
        import regex

        known = re.compile(pattern, flags)
        self.pattern, self.flags = known.pattern, known.flags
        others = int(flags) & ~int(re.ASCII) | (int(regex.ASCII) if flags & re.ASCII else 0)
        self._compiled = regex.compile(pattern, others | regex.V0)

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._compiled, name)
        if not callable(method):
            return method

        def limited(*args: Any, **named: Any) -> Any:
            try:
                return method(*args, timeout=SECONDS, **named)
            except TimeoutError:
                raise TooSlow(
                    f"the regular expression {self.pattern!r} of the task takes more than {SECONDS:g} s on a text",
                    hint="write it without repeats of repeats, such as (a+)+",
                ) from None

        return limited


class TimedModule:
    """What lm-eval's modules take for `re`."""

    def __getattr__(self, name: str) -> Any:
        if name in ("findall", "sub", "subn", "search", "match", "fullmatch", "split", "finditer"):
            return lambda pattern, *args, flags=0, **named: getattr(_compiled(pattern, flags), name)(*args, **named)
        return getattr(re, name)

    def compile(self, pattern: Any, flags: int = 0) -> Any:
        """Return the pattern with limited searches."""
        return _compiled(pattern, flags)


@lru_cache(maxsize=256)
def _compiled(pattern: Any, flags: int = 0) -> Timed:
    if isinstance(pattern, Timed):
        return pattern
    return Timed(getattr(pattern, "pattern", pattern), getattr(pattern, "flags", flags))


@contextmanager
def limited_expressions() -> Iterator[None]:
    """Limit every search of a regular expression by lm-eval's own modules.

    Raises:
        TooSlow: one takes longer.
    """
    from importlib import import_module

    modules: list[Any] = [import_module(name) for name in MODULES]
    for module in modules:
        module.re = TimedModule()
    try:
        yield
    finally:
        for module in modules:
            module.re = re
