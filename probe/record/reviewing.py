"""Variants to be read by people: collected from a run or fresh, selected, and counted once they are decided.

    precision of a perturbation = accepted / (accepted + rejected)        over the variants that were read
    its interval                  Wilson 1927, two-sided 95 %

Doubted and dropped variants are read first. They say nothing about precision, which is measured on undoubted variants drawn at
random; the table counts these alone.

Covered: reading a run's variants, choosing, counting. Not covered: the terminal (`probe review`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from probe.prompt.render import render
from probe.record.tables import batches_of
from probe.seeds import rng_for
from probe.types import Variant
from probe.validity.check_results import is_doubted, outcome_text
from probe.validity.reviews import REVIEW, Reviews, content_key

ROWS = 4096
"""Rows of a table that are made into variants at a time."""


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


def read_of_variants(suite: str, variants: Iterable[Variant]) -> list[ReviewItem]:
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


def read_of_run(path: Path) -> Iterator[ReviewItem]:
    """Return a run's variants to be read, from its tables, one after another: dropped ones first.

    Raises:
        StoreError: its tables are missing or damaged.
    """
    columns = ["suite", "item", "family", "perturbation", "target", "text", "checks"]
    # A run of an earlier version saved no dropped ones.
    if (path / "dropped.parquet").is_file():
        for row in _rows(path, "dropped", [*columns, "written", "written_target"]):
            yield _read_of_row(row, row["written"], row["written_target"])
    originals = {
        (row["suite"], row["item"]): (row["text"], row["target"])
        for row in _rows(path, "variants", columns[:-1], lambda family: family == "original")
    }
    for row in _rows(path, "variants", columns, lambda family: family not in ("original", "null")):
        if (row["suite"], row["item"]) in originals:
            yield _read_of_row(row, *originals[row["suite"], row["item"]])


def _rows(
    path: Path, name: str, columns: Sequence[str], is_wanted: Callable[[str], bool] = lambda _: True
) -> Iterator[dict[str, Any]]:
    """Return the rows of a table whose family is wanted; some thousand are read at a time."""
    for batch in batches_of(path, name, columns):
        for start in range(0, len(batch), ROWS):
            part = batch[start : start + ROWS]
            yield from part.filter([is_wanted(family) for family in part["family"].to_pylist()]).to_pylist()


def _read_of_row(row: Mapping[str, Any], before: str, before_target: str) -> ReviewItem:
    key = content_key(before, row["text"], row["target"])
    names = (row["suite"], row["item"], row["perturbation"])
    return ReviewItem(key, *names, before, row["text"], row["target"], before_target, _doubts(row["checks"]))


def _doubts(checks: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Return the doubts and failures of rules and models; people's decisions are no doubts."""
    return {rule: outcome for rule, outcome in checks if rule != REVIEW and is_doubted(outcome)}


def chosen(read: Callable[[], Iterable[ReviewItem]], known: Reviews, *, sample: int, seed: int) -> list[ReviewItem]:
    """Return undecided doubted variants, then `sample` others of each perturbation.

    `read` gives all variants, one after another, as often as it is called: those alone are held that are returned.
    """
    doubtful: list[ReviewItem] = []
    others: dict[str, list[str]] = {}
    decided: Counter[str] = Counter()
    for one in _different(read()):
        is_decided = one.key in known.decisions
        if one.doubts:
            doubtful += [] if is_decided else [one]
            continue
        own = others.setdefault(one.perturbation, [])
        decided[one.perturbation] += is_decided
        own += [] if is_decided else [one.key]
    drawn: list[str] = []
    for name, rest in others.items():
        rng = rng_for(seed, "review", name)
        drawn += rng.sample(rest, min(len(rest), max(0, sample - decided[name])))
    if not drawn:
        return doubtful
    wanted = set(drawn)
    by_key = {one.key: one for one in _different(read()) if one.key in wanted}
    return doubtful + [by_key[key] for key in drawn]


def _different(found: Iterable[ReviewItem]) -> Iterator[ReviewItem]:
    """Return variants without those whose texts came before."""
    seen: set[str] = set()
    for one in found:
        if one.key not in seen:
            seen.add(one.key)
            yield one


def precision(found: Iterable[ReviewItem], known: Reviews) -> list[dict[str, Any]]:
    """Return the precision of each perturbation over its undoubted variants, with a Wilson interval."""
    from probe.metrics.statistics.intervals import wilson

    counts: dict[str, Counter[str]] = {}
    for one in _different(one for one in found if one.key in known.decisions):
        decision = known.decisions[one.key]
        if not one.doubts:
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
