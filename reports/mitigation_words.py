"""What a method did in words, for the terminal and the page alike.

Covered: lines beside the table. Not covered: the table.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator

from probe.mitigate.mitigation import NOT_APPLICABLE, MethodResult, Price, SuiteMitigation
from reports import words


def ended(method: MethodResult, *, is_one: bool = True) -> str:
    """Return how a method without figures ended, or how several did."""
    if method.status != NOT_APPLICABLE:
        return "failed"
    return "does not apply" if is_one else "do not apply"


def apply_command(suite: SuiteMitigation, run: str, path: str) -> str:
    """Return what is typed to apply a proposed file; empty where the suite is no folder."""
    # Not -i: patch looks for that file from the folder that it changes to.
    patch = shlex.join(["patch", "-p1", "-d", suite.folder])
    return f"{patch} < {shlex.quote(f'{run}/{path}.diff')}" if suite.folder else ""


def notes(method: MethodResult, one: SuiteMitigation) -> Iterator[str]:
    """Return what a method chose and warns of, what it left out and what it lowers, a line each."""
    yield from filter(None, [method.chose])
    yield from (f"warning: {text}" for text in method.warnings)
    if method.num_left_out:
        text = f"{method.num_left_out:,} of {one.num_answers:,} answers left out, before and after"
        flips = method.change("flip_rate")
        moved = "" if flips is None else f"; of the others {words.percent(flips.before)} moved before"
        yield text + moved
    if method.losses:
        yield f"lowers {', '.join(words.metric_name(name).lower() for name in method.losses)}"


def cost(price: Price) -> str:
    """Return what an answer costs."""
    calls = f"{price.calls:.3g} {'call' if price.calls == 1 else 'calls'}"
    return calls if price.tokens is None else f"{calls}, {price.tokens:,.0f} tokens"


def once(price: Price) -> str:
    """Return what is asked before the first answer; empty for nothing."""
    if not price.once_calls:
        return ""
    asked = f"asks {words.counted(price.once_calls, 'call')} once"
    return f"{asked}, {price.once_tokens:,} tokens" if price.once_tokens else asked
