"""The three items that moved most in a figure, each with a variant that shows it and the command that shows it again.

    against a baseline   the variant whose outcome became worse: what was right there and is wrong here
    against a bound      the variant of this run that speaks against it: another answer than as written, or a wrong one

Each with the answer that is right. A bound on accuracy, spread or contrast sets compares an item with nothing: no answer
stands before the one that is given. A baseline holds no texts: what was answered there is told as the right answer, or as
"(another wrong answer)".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

import probe.perturb  # noqa: F401  registers the perturbations
from probe.errors import StoreError
from probe.gating.verdict import Moved
from probe.metrics.cells import CLEAN, Cells, Column, Floats
from probe.metrics.flips import flipped
from probe.perturb.catalogue.compose import FAMILY as COMPOSED
from probe.record.commands import drawn_from, model_flags, show_command
from probe.registry import perturbations
from probe.types import effect_of

NUM = 3
OTHER = "(another wrong answer)"
UNREADABLE = "(unreadable)"

Cell = tuple[str, str, Column]
"""Suite, item, column."""


@dataclass(frozen=True)
class Answers:
    """What a run answered and what was right, by cell, with what draws its variants again."""

    said: Mapping[Cell, str]
    right: Mapping[Cell, str]
    manifest: Mapping[str, Any]

    def command(self, suite: str, item: str, column: Column) -> str:
        """Return the command that asks a variant again as the run did; of an item as written, the same prompt again."""
        manifest = self.manifest
        one: Mapping[str, Any] = next((one for one in manifest["suites"] if one["name"] == suite), {})
        is_clean = column.family == CLEAN
        return show_command(
            str(one.get("path", suite)),
            item,
            draw=("null", 0) if is_clean else (column.perturbation, column.draw),
            perturb=["null"] if is_clean else self._drawn_from(suite, column),
            settings=manifest,
            flags=one.get("flags", ()),
            asked=model_flags(manifest.get("asked_model")),
        )

    def _drawn_from(self, suite: str, column: Column) -> list[str]:
        """Return the perturbations that share a column's draws, as far as the command names them."""
        families, first = self._seen.get(suite, ({}, {}))
        names = [name for name in self.manifest["perturb"] if families.get(name, _family(name)) == column.family]
        if column.perturbation not in names:
            return [column.perturbation]
        is_first = column.draw == first.get(column.perturbation)
        return drawn_from(names, column.perturbation, is_composed=column.family == COMPOSED, is_first=is_first)

    @cached_property
    def _seen(self) -> dict[str, tuple[dict[str, str], dict[str, int]]]:
        """Return by suite each perturbation's family and its first draw."""
        seen: dict[str, tuple[dict[str, str], dict[str, int]]] = {}
        for suite, _, column in self.said:
            families, first = seen.setdefault(suite, ({}, {}))
            families[column.perturbation] = column.family
            first[column.perturbation] = min(column.draw, first.get(column.perturbation, column.draw))
        return seen


def read_answers(run: Path, manifest: Mapping[str, Any]) -> Answers:
    """Read what a run answered.

    Raises:
        StoreError: its tables are missing or damaged.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    names = ["suite", "item", "family", "perturbation", "draw", "prediction", "reading"]
    try:
        scores = pq.read_table(run / "scores.parquet", columns=names)
        variants = pq.read_table(run / "variants.parquet", columns=["effect", "target"])
    except (OSError, pa.ArrowException, KeyError) as error:
        raise StoreError(f"{run}: its tables cannot be read: {error}", hint="run it again") from error
    said, right = {}, {}
    columns = [*(scores[name].to_pylist() for name in names), *(variants[n].to_pylist() for n in ("effect", "target"))]
    for suite, item, family, perturbation, draw, prediction, reading, effect, target in zip(*columns, strict=True):
        cell = (suite, item, Column(family, perturbation, draw, effect_of(effect)))
        said[cell] = UNREADABLE if reading == "unreadable" else prediction
        right[cell] = target
    return Answers(said, right, manifest)


def moved_most(
    suite: str, names: tuple[str, ...], before: Cells, after: Cells, per_item: Floats, answers: Answers, *, flips: bool
) -> tuple[Moved, ...]:
    """Return the items that became most worse; `flips` if the figure counts other answers, not wrong ones."""
    order = np.argsort(-np.nan_to_num(per_item, nan=-np.inf), kind="stable")[:NUM]
    found = []
    for n in order:
        if np.isnan(per_item[n]) or per_item[n] <= 0:
            break
        i = _column(before, after, int(n), flips=flips)
        column, cell = after.columns[i], (suite, names[n], after.columns[i])
        right = answers.right[cell]
        as_written = answers.said[(suite, names[n], after.columns[0])] if flips else ""
        told = as_written if before is after else _told(before, int(n), i, right)
        place = (suite, names[n], column.family, column.perturbation, column.draw)
        command = answers.command(suite, names[n], column)
        found.append(Moved(*place, told, answers.said[cell], float(per_item[n]), command, right, as_written))
    return tuple(found)


def _column(before: Cells, after: Cells, n: int, *, flips: bool) -> int:
    """Return the first column that speaks for what became worse of an item; the last resort is the one as written."""
    if len(after.columns) == 1:
        return 0
    if flips:
        new = flipped(after)[n]
        fresh = new if before is after else new & ~flipped(before)[n]
        candidates = [np.flatnonzero(fresh) + 1, np.flatnonzero(new) + 1]
    else:
        wrong = after.correct[n] == 0
        fresh = wrong if before is after else wrong & (before.correct[n] == 1)
        candidates = [np.flatnonzero(fresh[1:]) + 1, np.flatnonzero(fresh), np.flatnonzero(wrong)]
    return next((int(places[0]) for places in candidates if places.size), 0)


def _told(before: Cells, n: int, i: int, right: str) -> str:
    if before.unreadable[n, i]:
        return UNREADABLE
    return right if before.correct[n, i] == 1 else OTHER


def _family(name: str) -> str:
    """Return the family of a shipped perturbation, at whatever strength; empty for one's own, which is not loaded here."""
    bare = name.partition("@")[0]
    return perturbations.get(bare).family if bare in perturbations else ""
