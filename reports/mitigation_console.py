"""What the bench found, in a terminal: a table of methods for each suite, then what to take.

    method             flips        worst         spread        accuracy      contrast      calls  tokens
    (as asked)         14.2         52.0          30.1          81.3          66.7          1      57
    batch-calibration  9.1 -5.1±2*  55.0 +3.0±4   ...                                       1      57
    ...

A cell is the figure after, its change, half the width of the 95 % interval of the change, and a star where the change is
significant beside all others. At a width that does not hold it all, columns go below one another.

Covered: rows, lines and what to type. Not covered: any figure.
"""

from __future__ import annotations

from collections.abc import Iterator

from probe.mitigate.mitigation import JUDGED, Change, MethodResult, Mitigation, Price, SuiteMitigation
from reports.escape import visible_line
from reports.grid import grid, indented
from reports.mitigation_words import apply_command, ended, notes, once
from reports.words import change as signed
from reports.words import counted, points

HEADS = {
    "flip_rate": "flips",
    "accuracy_worst": "worst",
    "spread": "spread",
    "accuracy": "accuracy",
    "contrast_consistency": "contrast",
}
"""The figures of the table with their heads; all others stand on the page and in the JSON file."""
AS_ASKED = "(as asked)"
MAX_DIFF = 24
"""Lines of a diff that are shown."""


def page(found: Mitigation, *, width: int) -> str:
    """Return the results of a bench as lines of at most `width` columns, but for paths and commands."""
    lines: list[str] = []
    for one in found.suites:
        lines += [*_suite(one, found, width), ""]
    return "\n".join([*lines, f"report  {found.run}/report.html"])


def _suite(one: SuiteMitigation, found: Mitigation, width: int) -> Iterator[str]:
    items, answers = counted(one.num_items, "item"), counted(one.num_answers, "answer")
    yield from _wrapped(f"{one.suite}, {items}, {answers}, {found.model}: before -> after, in %", width)
    yield ""
    if one.judged:
        yield grid([_before(one), *map(_row, one.judged)], width=width)
        yield ""
        yield from _wrapped(
            "Each cell: after, change ± half its 95 % interval (paired by item), * significant beside all others.",
            width,
        )
    yield from _notes(one, width)
    for method in one.judged:
        for file in method.files:
            yield from _file(method, file.path, file.diff, one, found)
    yield ""
    yield from _wrapped(one.advice, width)


def _before(one: SuiteMitigation) -> dict[str, str]:
    """Return the row of the answers before."""
    by_name = {change.metric: change for change in one.figures}
    cells = {head: _value(by_name[name].before) for name, head in HEADS.items()}
    return {"method": AS_ASKED, **cells, **_cost(one.price)}


def _row(one: MethodResult) -> dict[str, str]:
    by_name = {change.metric: change for change in one.changes}
    cells = {head: _cell(by_name[name]) for name, head in HEADS.items()}
    return {"method": one.method, **cells, **_cost(one.price or Price())}


def _cost(price: Price) -> dict[str, str]:
    return {"calls": f"{price.calls:.3g}", "tokens": "-" if price.tokens is None else f"{price.tokens:,.0f}"}


def _cell(change: Change) -> str:
    if change.after is None or change.difference is None:
        return "-"
    margin = "" if change.margin is None else f"±{points(change.margin)}"
    star = "*" if change.significant else ""
    return f"{points(change.after):>5} {signed(change.difference)}{margin}{star}"


def _value(value: float | None) -> str:
    return "-" if value is None else f"{points(value):>5}"


def _notes(one: SuiteMitigation, width: int) -> Iterator[str]:
    """Return what methods chose and warn of, what they left out, and which of them have no figures."""
    for method in one.judged:
        if lines := [*notes(method, one), *filter(None, [once(method.price or Price())])]:
            yield from _wrapped(f"{method.method}: {'; '.join(lines)}", width)
    reasons: dict[tuple[str, str], list[MethodResult]] = {}
    for method in one.methods:
        if method.status != JUDGED:
            reasons.setdefault((method.status, method.reason), []).append(method)
    for (_, reason), methods in reasons.items():
        names = ", ".join(method.method for method in methods)
        yield from _wrapped(f"{names} {ended(methods[0], is_one=len(methods) == 1)}: {reason}", width)


def _file(method: MethodResult, path: str, diff: str, one: SuiteMitigation, found: Mitigation) -> Iterator[str]:
    """Return a proposed file's diff and how to apply it."""
    lines = diff.splitlines()
    yield ""
    yield f"{method.method} proposes  {visible_line(f'{found.run}/{path}')}"
    yield from (f"    {visible_line(line)}" for line in lines[:MAX_DIFF])
    if len(lines) > MAX_DIFF:
        yield f"    ... {counted(len(lines) - MAX_DIFF, 'more line')}"
    if typed := apply_command(one, found.run, path):
        yield f"apply  {visible_line(typed)}"


def _wrapped(text: str, width: int) -> list[str]:
    first, *others = [line.strip() for line in indented(visible_line(text), width=width)] or [""]
    return [first, *(f"  {line}" for line in others)]
