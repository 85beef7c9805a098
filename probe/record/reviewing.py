"""Variants to be read by people: collected from a run or fresh, selected, and counted once they are decided.

    precision of a perturbation = accepted / (accepted + rejected)        over the variants that were read
    its interval                  Wilson 1927, two-sided 95 %

Doubted and dropped variants are read first. They say nothing about precision, which is measured on undoubted variants drawn at
random; the table counts these alone.

Covered: reading a run's variants, choosing, counting. Not covered: the terminal (`probe review`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from probe.prompt.render import render
from probe.record.tables import read_table
from probe.seeds import rng_for
from probe.types import Variant
from probe.validity.check_results import is_doubted, outcome_text
from probe.validity.reviews import REVIEW, Reviews, content_key


@dataclass(frozen=True, slots=True)
class ReviewItem:
    """A variant with what a person needs to decide on it."""

    key: str
    suite: str
    item: str
    perturbation: str
    before: str
    after: str
    target: str
    before_target: str
    doubts: Mapping[str, str]
    """By rule, its doubt or failure; people's decisions are not among them."""

    def as_row(self) -> dict[str, str]:
        """Return the texts that are saved with a decision."""
        names = ("key", "item", "perturbation", "before", "after", "target")
        return {name: getattr(self, name) for name in names}


def read_of_variants(suite: str, variants: Sequence[Variant]) -> list[ReviewItem]:
    """Return a suite's variants to be read, without originals and reruns."""
    found = []
    for one in variants:
        if one.family in ("original", "null"):
            continue
        before = render(one.item.prompt)
        doubts = _doubts((check.name, outcome_text(check)) for check in one.checks)
        key = content_key(before, one.text, one.perturbed.target)
        targets = (one.perturbed.target, one.item.target)
        found.append(ReviewItem(key, suite, one.item.id, one.perturbation, before, one.text, *targets, doubts))
    return found


def read_of_run(path: Path) -> list[ReviewItem]:
    """Return a run's variants to be read, from its tables: dropped ones first.

    Raises:
        StoreError: its tables are missing or damaged.
    """
    columns = ["suite", "item", "family", "perturbation", "target", "text", "checks"]
    rows = read_table(path, "variants", columns).to_pylist()
    originals = {(row["suite"], row["item"]): row for row in rows if row["family"] == "original"}
    found = []
    # A run of an earlier version saved no dropped ones.
    if (path / "dropped.parquet").is_file():
        dropped = read_table(path, "dropped", [*columns, "written", "written_target"]).to_pylist()
        found = [_read_of_row(row, row["written"], row["written_target"]) for row in dropped]
    for row in rows:
        original = originals.get((row["suite"], row["item"]))
        if row["family"] not in ("original", "null") and original is not None:
            found.append(_read_of_row(row, original["text"], original["target"]))
    return found


def _read_of_row(row: Mapping[str, Any], before: str, before_target: str) -> ReviewItem:
    key = content_key(before, row["text"], row["target"])
    names = (row["suite"], row["item"], row["perturbation"])
    return ReviewItem(key, *names, before, row["text"], row["target"], before_target, _doubts(row["checks"]))


def _doubts(checks: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Return the doubts and failures of rules and models; people's decisions are no doubts."""
    return {rule: outcome for rule, outcome in checks if rule != REVIEW and is_doubted(outcome)}


def chosen(found: Sequence[ReviewItem], known: Reviews, *, sample: int, seed: int) -> list[ReviewItem]:
    """Return undecided doubted variants, then `sample` others of each perturbation."""
    unique = list({one.key: one for one in found}.values())
    doubtful = [one for one in unique if one.doubts and one.key not in known.decisions]
    others: dict[str, list[ReviewItem]] = {}
    for one in unique:
        if not one.doubts:
            others.setdefault(one.perturbation, []).append(one)
    drawn: list[ReviewItem] = []
    for name, own in others.items():
        decided = sum(one.key in known.decisions for one in own)
        rest = [one for one in own if one.key not in known.decisions]
        rng = rng_for(seed, "review", name)
        drawn += rng.sample(rest, min(len(rest), max(0, sample - decided)))
    return doubtful + drawn


def precision(found: Sequence[ReviewItem], known: Reviews) -> list[dict[str, Any]]:
    """Return the precision of each perturbation over its undoubted variants, with a Wilson interval."""
    from probe.metrics.statistics.intervals import wilson

    counts: dict[str, Counter[str]] = {}
    for one in {one.key: one for one in found}.values():
        decision = known.decisions.get(one.key)
        if decision is not None and not one.doubts:
            counts.setdefault(one.perturbation, Counter())[decision] += 1
    rows = []
    for name, own in counts.items():
        decided = own["accept"] + own["reject"]
        share = own["accept"] / decided if decided else None
        low, high = wilson(share, decided) if share is not None else (None, None)
        rows.append(
            {
                "perturbation": name,
                "read": own.total(),
                "accepted": own["accept"],
                "rejected": own["reject"],
                "unsure": own["unsure"],
                "precision": _percent(share),
                "95 % interval": "" if low is None or high is None else f"{_percent(low)} to {_percent(high)}",
            }
        )
    return rows


def _percent(share: float | None) -> str:
    return "" if share is None else f"{100 * share:.1f} %"
