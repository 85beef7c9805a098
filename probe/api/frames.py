"""The tables of a run, a comparison and a verdict as pandas DataFrames.

Every function returns a new frame, so that nothing a reader does to it changes the run.
Covered: columns, their names and order. Not covered: any figure; they come from the run's folder as they are.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, is_dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from probe.errors import StoreError
from probe.record.summary import FlipRow
from probe.record.tables import read_table

if TYPE_CHECKING:
    import pandas as pd

KEYS = ("suite", "item", "family", "perturbation", "sample")
"""What identifies an answer, in this order first in every frame that has them."""
SCORES = (
    *KEYS, "effect", "prediction", "target", "correct", "reading", "margin", "confidence", "near_tie", "truncated",
    "flip", "cause", "edit", "tokens_removed", "tokens_added", "text", "choices", "probabilities", "checks",
)  # fmt: skip
METRICS = (
    "suite", "family", "metric", "value", "ci_low", "ci_high", "noise_floor", "noise_floor_low", "noise_floor_high",
    "net", "net_ci_low", "net_ci_high", "num_items", "num_variants", "direction", "reason",
)  # fmt: skip
FLIPS = {
    "suite": "suite", "item": "item", "family": "family", "perturbation": "perturbation", "sample": "sample",
    "kind": "kind", "cause": "cause", "near_tie": "near_tie", "before": "original", "after": "perturbed",
    "before_prediction": "original_answer", "after_prediction": "answer", "before_target": "original_target",
    "target": "target", "effect": "effect", "command": "command",
}  # fmt: skip
"""The columns of the flips, by their names in summary.json."""


def frame_of(rows: Iterable[Any], columns: Sequence[str] = ()) -> pd.DataFrame:
    """Return rows (objects or dataclasses) as a frame: the named columns first, then what else they have."""
    import pandas as pd

    plain = [asdict(row) if is_dataclass(row) and not isinstance(row, type) else dict(row) for row in rows]
    frame = pd.DataFrame.from_records([_named(row) for row in plain])
    first = [column for column in columns if column in frame or not plain]
    return frame.reindex(columns=[*first, *(column for column in frame if column not in first)])


def metrics_of(rows: Iterable[Any]) -> pd.DataFrame:
    """Return the figures of a run, one row a metric of a family of a suite."""
    return frame_of(rows, METRICS)


def flips_of(rows: Iterable[FlipRow]) -> pd.DataFrame:
    """Return flips with both prompts and both answers, in the order given."""
    frame = frame_of(rows)
    renamed = frame.rename(columns=FLIPS)
    return renamed.reindex(columns=list(FLIPS.values()))


def scores_of(folder: Path) -> pd.DataFrame:
    """Return the answers of a run, one row each, with the prompt that was asked.

    Raises:
        StoreError: a table is missing or damaged.
    """
    scores, variants = table_of(folder, "scores"), table_of(folder, "variants")
    if len(scores) != len(variants):
        raise StoreError(f"{folder}: damaged: {len(scores)} scores of {len(variants)} variants", hint="run it again")
    new = [column for column in variants if column not in scores]
    whole = scores.join(variants[new])
    return whole.reindex(columns=[*(c for c in SCORES if c in whole), *(c for c in whole if c not in SCORES)])


def table_of(folder: Path, name: str) -> pd.DataFrame:
    """Return a table of a run's folder, its texts as plain text and its maps as dictionaries.

    Raises:
        StoreError: it is missing or damaged.
    """
    frame = read_table(folder, name).to_pandas()
    for column in frame.select_dtypes("category"):
        frame[column] = frame[column].astype(str)
    if "checks" in frame:
        frame["checks"] = [dict(pairs) for pairs in frame["checks"]]
    return frame.rename(columns={"draw": "sample"})


def _named(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return a row under the names that frames use."""
    return {"sample" if name == "draw" else name: value for name, value in row.items()}
