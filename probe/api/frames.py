"""The tables of a run, a comparison and a verdict as pandas DataFrames.

Every function returns a new frame, so that nothing a reader does to it changes the run.
Covered: columns, their names and order. Not covered: any figure; they come from the run's folder as they are.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, is_dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from probe.errors import StoreError
from probe.evaluation.flips import RANK
from probe.metrics.cells import ORIGINAL, Column
from probe.record.commands import ShowCommands
from probe.record.run import Run
from probe.record.summary import FlipRow
from probe.record.tables import columns_of, read_table
from probe.types import effect_of

if TYPE_CHECKING:
    import pandas as pd

KEYS = ("suite", "item", "family", "perturbation", "sample")
"""What identifies an answer, in this order first in every frame that has them."""
FAILURE = "should have moved"
"""The kind of a contrast failure."""
RANKS = {str(kind): rank for kind, rank in RANK.items()} | {FAILURE: 0}
SCORES = (
    *KEYS, "effect", "prediction", "target", "correct", "reading", "margin", "confidence", "near_tie", "truncated",
    "flip", "cause", "contrast_failure", "edit", "tokens_removed", "tokens_added", "text", "choices", "probabilities", "checks",
)  # fmt: skip
METRICS = (
    "suite", "family", "metric", "value", "ci_low", "ci_high", "noise_floor", "noise_floor_low", "noise_floor_high",
    "net", "net_ci_low", "net_ci_high", "num_items", "num_variants", "num_pairs", "direction", "reason",
)  # fmt: skip
FLIPS = (
    *KEYS, "kind", "cause", "near_tie", "original", "perturbed", "original_answer", "answer", "original_target", "target",
    "effect", "edit", "command",
)  # fmt: skip
OF_FLIPS = (
    "effect",
    "prediction",
    "target",
    "confidence",
    "near_tie",
    "flip",
    "cause",
    "contrast_failure",
    "edit",
    "text",
)
"""The columns of the answers that make flips."""
ROWS = 4096
"""Rows whose maps are made into dictionaries at a time."""
SUMMARY_NAMES = {
    "before": "original", "after": "perturbed", "before_prediction": "original_answer", "after_prediction": "answer",
    "before_target": "original_target",
}  # fmt: skip
"""The columns of flips by their names in summary.json, where they differ."""


def frame_of(rows: Iterable[Any], columns: Sequence[str] = ()) -> pd.DataFrame:
    """Return rows (objects or dataclasses) as a frame: the named columns first, then what else they have."""
    import pandas as pd

    plain = [asdict(row) if is_dataclass(row) and not isinstance(row, type) else dict(row) for row in rows]
    frame = pd.DataFrame.from_records(plain)
    empty = {column: float for column in frame if frame[column].isna().all()}  # a number that no row has is NaN
    frame = frame.astype(empty)
    first = [column for column in columns if column in frame or not plain]
    return frame.reindex(columns=[*first, *(column for column in frame if column not in first)])


def metrics_of(rows: Iterable[Any]) -> pd.DataFrame:
    """Return the figures of a run, one row a metric of a family of a suite."""
    return frame_of(rows, METRICS)


def flips_of(run: Run) -> pd.DataFrame:
    """Return all flips of a run with both prompts and both answers, worst first: those that the report shows, then the others.

    A run of a version that did not save which answers are flips has those of its report alone.

    Raises:
        StoreError: a table is missing or damaged.
    """
    scores = scores_of(run.folder, (*KEYS, *OF_FLIPS))
    if "flip" not in scores:
        return _of_report(run.summary.flips)
    # a version up to 0.1 counted contrast failures as flips of a kind of their own
    flips = scores[scores["flip"].isin(list(RANK))].rename(columns={"flip": "kind"})
    return _worst_first(_with_originals(flips, scores, run), run.summary.flips).reindex(columns=FLIPS)


def contrast_failures_of(run: Run) -> pd.DataFrame:
    """Return all contrast failures of a run as `flips_of` returns flips.

    Raises:
        StoreError: a table is missing or damaged.
    """
    scores = scores_of(run.folder, (*KEYS, *OF_FLIPS))
    if "contrast_failure" not in scores:
        return _of_report(run.summary.contrast_failures)
    failures = scores[scores["contrast_failure"].eq(True)].drop(columns="flip", errors="ignore").assign(kind=FAILURE)
    found = _with_originals(failures, scores, run)
    return _worst_first(found, run.summary.contrast_failures).reindex(columns=FLIPS)


def _of_report(rows: Sequence[FlipRow]) -> pd.DataFrame:
    return frame_of(rows).rename(columns=SUMMARY_NAMES).reindex(columns=FLIPS)


def _with_originals(answers: pd.DataFrame, scores: pd.DataFrame, run: Run) -> pd.DataFrame:
    """Return answers beside those to their originals, each with the command that shows it again."""
    original = scores.loc[
        scores["family"] == ORIGINAL, ["suite", "item", "text", "prediction", "target", "near_tie", "confidence"]
    ]
    names = {"text": "original", "prediction": "original_answer", "target": "original_target"}
    original = original.rename(columns=names | {"near_tie": "original_tie", "confidence": "original_confidence"})
    both = answers.merge(original, on=["suite", "item"], how="left", validate="many_to_one")
    both = both.rename(columns={"text": "perturbed", "prediction": "answer"})
    both["near_tie"] = both["near_tie"].eq(True) | both["original_tie"].eq(True)
    both["command"] = _commands(run, scores, both)
    return both


def _commands(run: Run, scores: pd.DataFrame, flips: pd.DataFrame) -> list[str]:
    """Return the command that shows each flip again."""
    variants = scores[["suite", "family", "perturbation", "sample", "effect"]].drop_duplicates()
    columns = [(suite, Column(*rest)) for suite, *rest in variants.itertuples(index=False)]
    commands = ShowCommands.of_manifest(run.manifest, columns)
    keys = flips[list(KEYS)].itertuples(index=False)
    return [commands.of(one.suite, one.item, one) for one in keys]


def _worst_first(flips: pd.DataFrame, listed: Sequence[FlipRow]) -> pd.DataFrame:
    """Return flips in the order of the report, then by kind, near-ties last, the surest answers first."""
    shown = {(one.suite, one.item, one.perturbation, one.sample): place for place, one in enumerate(listed)}
    keys = flips[["suite", "item", "perturbation", "sample"]].itertuples(index=False, name=None)
    order = flips.assign(
        place=[shown.get(key, len(shown)) for key in keys],
        rank=flips["kind"].map(RANKS),
        sureness=-flips[["confidence", "original_confidence"]].min(axis=1).fillna(0.0),
    ).sort_values(["place", "rank", "near_tie", "sureness"], kind="stable")
    return flips.loc[order.index].reset_index(drop=True)


def scores_of(folder: Path, columns: Iterable[str] | None = None) -> pd.DataFrame:
    """Return the answers of a run, one row each, with the prompt that was asked: the columns that are named, or all.

    Of those that are named, a run of an earlier version may lack some.

    Raises:
        StoreError: a table is missing or damaged.
    """
    scores = table_of(folder, "scores", columns)
    variants = table_of(folder, "variants", columns)
    if len(scores) != len(variants):
        raise StoreError(f"{folder}: damaged: {len(scores)} scores of {len(variants)} variants", hint="run it again")
    new = [column for column in variants if column not in scores]
    whole = scores.join(variants[new])
    return whole.reindex(columns=[*(c for c in SCORES if c in whole), *(c for c in whole if c not in SCORES)])


def requests_of(folder: Path) -> pd.DataFrame:
    """Return the requests of a run, one row each, with every context in full.

    Raises:
        StoreError: there are none, or the table is damaged.
    """
    if not (folder / "requests.parquet").is_file():
        raise StoreError(
            f"{folder}: it holds no requests: a run of an earlier version, or an imported one", hint="run it again"
        )
    frame = table_of(folder, "requests")
    texts = table_of(folder, "variants", ["text"])["text"]
    return frame.assign(context=frame["context"].fillna(frame["row"].map(texts)))


def table_of(folder: Path, name: str, columns: Iterable[str] | None = None) -> pd.DataFrame:
    """Return a table of a run's folder, its texts as plain text and its maps as dictionaries; the named columns that it has.

    Raises:
        StoreError: it is missing or damaged.
    """
    has = None if columns is None else set(columns_of(folder, name))
    table = read_table(folder, name, None if has is None else [one for one in columns or () if one in has])
    checks = _dictionaries(table["checks"]) if "checks" in table.column_names else None
    frame = table.drop_columns(["checks"] if checks is not None else []).to_pandas()
    for column in frame.select_dtypes("category"):
        frame[column] = frame[column].astype(frame[column].cat.categories.dtype)
    if "effect" in frame:
        frame["effect"] = frame["effect"].map(effect_of)  # older runs spell it otherwise
    if checks is not None:
        frame["checks"] = checks
    return frame


def _dictionaries(column: Any) -> list[dict[str, str]]:
    """Return a column of maps as dictionaries; as lists of pairs, all together would take several times as much."""
    parts = (column[start : start + ROWS].to_pylist() for start in range(0, len(column), ROWS))
    known: dict[tuple[tuple[str, str], ...], tuple[tuple[str, str], ...]] = {}  # most rows share their texts
    return [dict(known.setdefault(pairs, pairs)) for part in parts for pairs in map(tuple, part)]
