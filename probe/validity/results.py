"""The check results of a variant: the outcome of every rule that applies to it, a person's decision, and what they add up to.

    polarity: fail: lost not      review: accepted      comes to  accepted      asked, not doubted, and one sees why
    numbers: changed: 3 -> 4      declared: ok          comes to  ok            an edit after which another answer is right

Covered: reading checks, what changed between two questions of which the second has another answer. Not covered: the rules.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache

from probe.types import Check, CheckOutcome, Variant
from probe.validity.edits import edit_between, said
from probe.validity.facts import facts_of, names_of
from probe.validity.rules import OF_FLIP, OF_SAME, OF_SURFACE, RULES, answer_note
from probe.validity.surface import is_of_surface

RANK: tuple[CheckOutcome, ...] = ("accepted", "fail", "doubt")
"""What decides, first to last: what a person accepted stands, whatever the rules say."""

FEW = 8
"""So many words of a change are named."""


def standing(checks: Sequence[Check]) -> CheckOutcome:
    """Return what checks come to: `accepted`, `fail` (not asked), `doubt` (asked and marked) or `ok`."""
    outcomes = {check.outcome for check in checks}
    return next((outcome for outcome in RANK if outcome in outcomes), "ok")


def counted(variants: Iterable[Variant]) -> dict[str, Counter[tuple[str, str]]]:
    """Count the checks of variants that are asked, by perturbation and rule: of doubted ones, and of accepted ones."""
    found: dict[str, Counter[tuple[str, str]]] = {"doubt": Counter(), "accepted": Counter()}
    for variant in variants:
        if (mark := standing(variant.checks)) in found:
            found[mark].update((variant.perturbation, check.name) for check in variant.checks)
    return found


def check_results(variant: Variant) -> Mapping[str, str]:
    """Return the outcome of every rule that applies to a variant, and a person's decision, in words."""
    passed = _passed(variant.effect == "label-altering", is_of_surface(variant.perturbation))
    if not variant.checks and variant.effect == "label-preserving":
        return passed
    changed = (
        {name: f"changed: {note}" for name, note in changes(variant)} if variant.effect == "label-altering" else {}
    )
    return passed | changed | {check.name: outcome_of(check) for check in variant.checks}


def outcome_of(check: Check) -> str:
    """Return a check's outcome with its note."""
    return f"{check.outcome}: {check.note}" if check.note else check.outcome


def is_objection(outcome: str) -> bool:
    """Return whether an outcome in words is a doubt or a failure."""
    return outcome.partition(":")[0] in ("doubt", "fail")


def changes(variant: Variant) -> Iterator[tuple[str, str]]:
    """Return by rule what a variant states otherwise than its original; of a contrast that is what it declares."""
    written, asked = variant.item.prompt, variant.asked.prompt
    if len(written.fields) != len(asked.fields):
        yield "fields", f"{len(written.fields)} -> {len(asked.fields)}"
    before, after = said(written), said(asked)
    if before == after:
        return
    edit = edit_between(before, after)
    old, new = facts_of(edit.old), facts_of(edit.new)
    for name in ("numbers", "quotations", "placeholders", "polarity"):
        if note := _change(getattr(old, name), getattr(new, name)):
            yield name, note
    gone, come = names_of(edit.old) - new.words, names_of(edit.new) - old.words
    if note := _change(Counter(sorted(gone)), Counter(sorted(come))):
        yield "names", note
    if note := answer_note(variant.item, edit):
        yield "answers", note


def _change(old: Counter[str], new: Counter[str]) -> str:
    if old == new:
        return "" if list(old) == list(new) else f"{_few(old)} -> {_few(new)}"
    gone, come = map(_few, (old - new, new - old))
    if gone and come:
        return f"{gone} -> {come}"
    return f"lost {gone}" if gone else f"new {come}" if come else ""


def _few(words: Counter[str]) -> str:
    """Return words in the order of the text, the first FEW of them."""
    return ", ".join([*list(words)[:FEW], *(["..."] if len(words) > FEW else [])])


@cache
def _passed(is_flip: bool, is_surface: bool) -> dict[str, str]:
    """Return "ok" for each rule that applies to variants of a kind."""
    left_out = OF_SAME if is_flip else OF_FLIP
    rules = (name for name in RULES if name not in left_out and (is_surface or name not in OF_SURFACE))
    return dict.fromkeys(rules, "ok")
