"""A comparison of runs for the terminal: which run is which, what differs, in the units of the pages, at any width.

    A  pocket #1  runs/20261127T224340Z_facts_pocket_e30c80, 2026-11-27T22:43:40Z
       probe run facts
    B  pocket #2  ...

    B - A       figure            old     new  change          95 %  p adj
    original    accuracy       99.1 %  78.6 %  -20.5*  [-26.3, -15.2]  0.0003

A narrow terminal does without the columns that matter least; no figure is broken over two lines.
Covered: words and columns. Not covered: the figures (`probe.comparison.runs`), the page (`reports.compare_page`).
"""

from __future__ import annotations

import textwrap
from collections.abc import Collection, Mapping, Sequence

from probe.comparison.comparison import ComparedRun, Difference, McNemar, Ranking, Reversal, RunComparison, RunPair
from reports import words
from reports.changes import KINDS, in_words
from reports.escape import visible_line
from reports.grid import aligned, parted

NET = "net (old, new)"
DROPPED_FIRST = (NET, "least", "p adj", "variants", "items", "old", "95 %")
NOTES = {
    "change": "change: in percentage points. *: differs at level 0.05",
    "95 %": "95 %: the interval of the change",
    "p adj": "p adj: adjusted over all rows of the comparison (Benjamini-Hochberg)",
    "least": "least: the smallest change found in four cases of five, in points",
    NET: f"{NET}: what is left above the run's noise floor, which is the same figure on reruns of the identical prompts",
}
"""What the columns are."""

Row = Mapping[str, str]


def page(found: RunComparison, *, width: int = 100) -> str:
    """Return a comparison as text."""
    letters = {run.label: _letter(place) for place, run in enumerate(found.runs)}
    suites = found.suites
    rows = [row for row in found.differences if row.suite == found.whole]
    lines = [*_wrapped(found.verdict, width), "", *_which(found.runs, letters, width)]
    lines += [line for pair in found.pairs for line in _changes(pair, width)]
    one_pair = len(letters) == 2
    shown = table([_difference(row, letters, one_pair) for row in rows], width=width)
    notes = [said for head, said in NOTES.items() if any(head in line for line in shown)]
    lines += ["", *shown, "", *_wrapped(". ".join(notes) + ".", width)]
    lines += ["", *table([_mcnemar(row, letters) for row in found.tests], width=width)]
    lines += ["", *table([_ranking(row) for row in found.rankings], width=width)]
    lines += ["", *table([_reversal(row, letters) for row in found.reversals], width=width)]
    rows_with_reasons: list[McNemar | Ranking | Reversal] = [*found.tests, *found.rankings, *found.reversals]
    reasons = dict.fromkeys(row.reason for row in rows_with_reasons if row.reason)
    lines += [line for reason in reasons for line in _wrapped(f"- {reason}", width)]
    lines += _wrapped(f"The order of models is {found.rankings[0].minimum_detectable_reason}.", width)
    for pair in found.pairs:
        heading = f"{letters[pair.a]} to {letters[pair.b]}: {pair.num_broken} items newly broken, "
        lines += ["", *_wrapped(f"{heading}{pair.num_fixed} newly fixed", width)]
    if len(suites) > 1:
        lines += ["", *_wrapped("The differences are over all suites pooled; --json has those of each suite.", width)]
    return "\n".join(line.rstrip() for line in lines)


def table(rows: Sequence[Row], *, width: int) -> list[str]:
    """Return rows as aligned lines, without the columns that matter least where the terminal is narrow.

    Where that is not enough, each row is a line that names it, and lines of its figures.
    """
    heads = list(dict.fromkeys(head for row in rows for head in row))
    left = {head for head in heads[:2] if head not in ("items", "models")}
    lines = aligned(rows, heads, left=left) if rows else []
    for dropped in DROPPED_FIRST:
        if max(map(len, lines), default=0) > width:
            heads = [head for head in heads if head != dropped]
            lines = aligned(rows, heads, left=left)
    if max(map(len, lines), default=0) <= width:
        return lines
    return [line for row in rows for line in _stacked(row, heads, left, width)]


def _stacked(row: Row, heads: Sequence[str], left: Collection[str], width: int) -> list[str]:
    names = [row[head] for head in heads if head in left]
    title = ", ".join(names) if len(names) > 1 else f"{heads[0]}: {row[heads[0]]}"
    pairs = [visible_line(f"{head} {row[head]}") for head in heads if head not in left and row.get(head)]
    return [*_wrapped(title, width), *parted(pairs, width)]


def _wrapped(text: str, width: int, *, first: str = "", rest: str = "") -> list[str]:
    return textwrap.wrap(
        visible_line(text), max(20, width), initial_indent=first, subsequent_indent=rest, break_on_hyphens=False
    )


def _which(runs: Sequence[ComparedRun], letters: Mapping[str, str], width: int) -> list[str]:
    """Return which run each letter is: model, folder, date, command."""
    lines = []
    for run in runs:
        place = ", ".join(filter(None, (run.folder, run.created)))
        lines += _wrapped(f"{run.label}  {place}", width, first=f"{letters[run.label]}  ", rest="   ")
        if run.command:
            lines += _wrapped(run.command, width, first="   ", rest="     ")
    return lines


def _changes(pair: RunPair, width: int) -> list[str]:
    """Return in words what decides which tokens the model was sent, and what the versions are; page and --json have every entry.

    Of two runs of models with one name also what makes them different models: a name would hide it.
    """
    names = {label.rpartition(" #")[0] for label in (pair.a, pair.b)}
    kinds = {"tokens", "prompts", "versions", *(["model"] if len(names) == 1 and names != {""} else [])}
    of_kind = {one.kind for one in pair.changes} & kinds
    labels = {KINDS[kind] for kind in of_kind}
    said = [(label, text) for label, text in in_words(pair.changes) if label in labels]
    return [
        line for label, text in said for line in _wrapped(f"changed  {label.lower()}: {text}", width, rest="         ")
    ]


def _letter(place: int) -> str:
    return chr(ord("A") + place) if place < 26 else f"#{place + 1}"


def _pair(row: Difference | McNemar | Reversal, letters: Mapping[str, str]) -> str:
    return f"{letters[row.b]} - {letters[row.a]}"


def _difference(row: Difference, letters: Mapping[str, str], one_pair: bool) -> Row:
    metric = row.metric
    cells = {"family": words.family_name(row.family), "figure": words.short_name(metric)}
    cells |= {} if one_pair else {"pair": _pair(row, letters)}
    return cells | {
        "old": words.percent(row.value_a),
        "new": words.percent(row.value_b),
        "change": words.change(row.difference) + ("*" if row.significant else " "),
        "95 %": words.change_bounds(row.ci_low, row.ci_high),
        "p adj": words.p_value(row.p_adjusted),
        "least": words.points(row.minimum_detectable),
        NET: ""
        if row.net_a is None or row.net_b is None
        else f"{words.percent(row.net_a)}, {words.percent(row.net_b)}",
    }


def _mcnemar(row: McNemar, letters: Mapping[str, str]) -> Row:
    return {
        "McNemar, original": "all suites" if row.suite == "all" else row.suite,
        "pair": _pair(row, letters),
        "items": str(row.num_items),
        "least": "-" if row.minimum_detectable is None else words.points(row.minimum_detectable),
        "p": words.p_value(row.p_value),
        "adjusted": words.p_value(row.p_adjusted) + ("*" if row.significant else " "),
    }


def _ranking(row: Ranking) -> Row:
    return {
        "ranking": row.suite,
        "models": str(row.num_models),
        "variants": str(row.num_variants),
        "Kendall's W": _number(row.kendalls_w, row.kendalls_w_ci_low, row.kendalls_w_ci_high),
        "mean tau": _number(row.mean_tau, row.mean_tau_ci_low, row.mean_tau_ci_high),
    }


def _reversal(row: Reversal, letters: Mapping[str, str]) -> Row:
    return {
        "order reverses": row.suite,
        "pair": _pair(row, letters),
        "between prompts": _share(row.reversal, row.reversal_ci_low, row.reversal_ci_high),
        "from original": _share(
            row.reversal_of_original, row.reversal_of_original_ci_low, row.reversal_of_original_ci_high
        ),
    }


def _number(value: float | None, low: float | None, high: float | None) -> str:
    return (
        "-"
        if value is None or low is None or high is None
        else f"{value:.2f} ({words.between(f'{low:.2f}', f'{high:.2f}')})"
    )


def _share(value: float | None, low: float | None, high: float | None) -> str:
    return "-" if value is None else f"{words.percent(value)} {words.interval(low, high)}"
