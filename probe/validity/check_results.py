"""The check results of a variant: each rule that looked at it with its outcome, and what people decided.

    polarity: fail: lost not      review: accepted      overall   accepted      asked, not doubted, and one sees why
    numbers: changed: 3 -> 4      declared: ok          overall   ok            an edit after which another answer is right

Covered: outcomes of checks, what a label-altering variant states otherwise than its original. Not covered: the rules.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache

from probe.types import Check, CheckOutcome, Variant
from probe.validity.edits import edit_between, prompt_parts, prompt_text
from probe.validity.facts import facts_of, names_of
from probe.validity.rules import LABEL_ALTERING_ONLY, LABEL_PRESERVING_ONLY, RULES, SURFACE_ONLY, answer_note
from probe.validity.surface import is_of_surface, lost_machine_text

RANK: tuple[CheckOutcome, ...] = ("accepted", "fail", "doubt")
"""Outcomes by precedence: what a person accepted holds, whatever the rules find."""

COMPARED = ("numbers", "quotations", "placeholders", "polarity")
"""Facts that are compared by the rule of their name."""

FEW = 8
"""Words of a change that are named."""


def overall_outcome(checks: Sequence[Check]) -> CheckOutcome:
    """Return the outcome of all checks together: `accepted`, `fail` (dropped), `doubt` (asked and marked) or `ok`."""
    outcomes = {check.outcome for check in checks}
    return next((outcome for outcome in RANK if outcome in outcomes), "ok")


def count_checks(variants: Iterable[Variant]) -> dict[str, Counter[tuple[str, str]]]:
    """Count the checks of doubted variants, and of accepted ones, by perturbation and rule."""
    found: dict[str, Counter[tuple[str, str]]] = {"doubt": Counter(), "accepted": Counter()}
    for variant in variants:
        if (outcome := overall_outcome(variant.checks)) in found:
            found[outcome].update((variant.perturbation, check.name) for check in variant.checks)
    return found


def check_results(variant: Variant) -> Mapping[str, str]:
    """Return the outcome of each rule that applies to a variant, and a person's decision, as text."""
    is_altering = variant.effect == "label-altering"
    passed = _passed(is_altering, is_of_surface(variant.perturbation))
    if not is_altering and not variant.checks:
        return passed  # one mapping for all such variants: a run holds that of each of its answers
    changed = {name: f"changed: {note}" for name, note in changes(variant)} if is_altering else {}
    return passed | changed | {check.name: outcome_text(check) for check in variant.checks}


def outcome_text(check: Check) -> str:
    """Return a check's outcome with its note."""
    return f"{check.outcome}: {check.note}" if check.note else check.outcome


def is_doubted(outcome: str) -> bool:
    """Return whether an outcome in check results is a doubt or a failure."""
    return outcome.partition(":")[0] in ("doubt", "fail")


def changes(variant: Variant) -> Iterator[tuple[str, str]]:
    """Return by rule what a variant states otherwise than its original; a label-altering one declares such changes."""
    written, asked = variant.item.prompt, variant.perturbed.prompt
    if len(written.fields) != len(asked.fields):
        yield "fields", f"{len(written.fields)} -> {len(asked.fields)}"
    before, after = prompt_text(written), prompt_text(asked)
    if before == after:
        return
    edit = edit_between(before, after)
    old, new = facts_of(edit.old), facts_of(edit.new)
    gone, come = names_of(edit.old) - new.words, names_of(edit.new) - old.words
    notes = {name: _change(getattr(old, name), getattr(new, name)) for name in COMPARED}
    notes |= {
        "names": _change(Counter(sorted(gone)), Counter(sorted(come))),
        "answers": answer_note(variant.item, edit),
        "machine-text": ", ".join(lost_machine_text(prompt_parts(written), after)),
    }
    yield from ((name, note) for name, note in notes.items() if note)


def _change(old: Counter[str], new: Counter[str]) -> str:
    if old == new:
        return "" if list(old) == list(new) else f"{_few(old)} -> {_few(new)}"
    gone, come = map(_few, (old - new, new - old))
    if gone and come:
        return f"{gone} -> {come}"
    return f"lost {gone}" if gone else f"new {come}" if come else ""


def _few(words: Counter[str]) -> str:
    """Return the first words, in the order of the text."""
    return ", ".join([*list(words)[:FEW], *(["..."] if len(words) > FEW else [])])


@cache
def _passed(is_altering: bool, is_surface: bool) -> dict[str, str]:
    """Return "ok" for each rule that applies to variants of a kind."""
    left_out = LABEL_PRESERVING_ONLY if is_altering else LABEL_ALTERING_ONLY
    return {name: "ok" for name in RULES if name not in left_out and (is_surface or name not in SURFACE_ONLY)}
