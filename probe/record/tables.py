"""The Parquet tables of a run's folder: writing them and reading them.

    scores.parquet     a row for each asked variant: prediction, correct, margin, probabilities
    variants.parquet   a row for each asked variant, in the same order: its text, edit, check results, declared answer
    dropped.parquet    a row for each variant that a rule or a person dropped: the same, and the rule
    requests.parquet   a row for each request: what the model was sent and what it answered (`probe.record.requests`)

Covered: columns, and the outcomes of a run read back. Not covered: Parquet files of users (`probe.sources.tables`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from probe.diff import QUICK_TOKENS, on_a_line, sizes, token_edits
from probe.errors import StoreError
from probe.evaluation.flips import Flip
from probe.evaluation.results import SuiteResults
from probe.metrics.cells import Cells, Column, Outcome, cells_of_answers
from probe.metrics.noise import is_near_tie
from probe.prompt.render import render
from probe.record.earlier import renamed_table, stored_columns
from probe.record.masked import masked_table
from probe.record.requests import request_columns
from probe.types import Score, Variant

KEYS = ("suite", "item", "family", "perturbation", "sample")
"""The columns that say which variant a row is about."""

Checked = tuple[str, Variant, Mapping[str, str]]
"""A suite, one of its variants, and the check results of the variant."""


def write_tables(folder: Path, suites: Mapping[str, SuiteResults]) -> None:
    """Write the tables of a run's results."""
    asked: list[Checked] = []
    dropped: list[Checked] = []
    for name, one in suites.items():
        asked += [(name, score.variant, found) for score, found in zip(one.scores, one.checks, strict=True)]
        failed = zip(one.variants.failed, one.dropped_checks, strict=True)
        dropped += [(name, variant, found) for variant, found in failed]
    scores = [(score, one.noise) for one in suites.values() for score in one.scores]
    flips = {id(flip.after): flip for one in suites.values() for flip in one.flips}
    lost = {id(failure.after) for one in suites.values() for failure in one.contrast_failures}
    found = [flips.get(id(score)) for score, _ in scores]
    failures = [id(s) in lost if s.variant.effect == "label-altering" else None for s, _ in scores]
    _write(folder / "scores.parquet", _key_columns(asked) | _score_columns(scores) | _flip_columns(found, failures))
    _write(folder / "variants.parquet", _key_columns(asked) | _variant_columns(asked))
    _write(folder / "dropped.parquet", _dropped_columns(dropped))
    _write(folder / "requests.parquet", request_columns(suites))


def parquet_of(rows: Sequence[dict[str, Any]], columns: Mapping[str, type]) -> bytes:
    """Return rows as a Parquet file of the columns that are named, each of text, float or int."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    kinds = {str: pa.string(), float: pa.float64(), int: pa.int64()}
    schema = pa.schema([(name, kinds[kind]) for name, kind in columns.items()])
    sink = pa.BufferOutputStream()
    pq.write_table(masked_table(pa.Table.from_pylist(list(rows), schema=schema)), sink, compression="zstd")
    whole: bytes = sink.getvalue().to_pybytes()
    return whole


def read_table(folder: Path, name: str, columns: Iterable[str] | None = None) -> Any:
    """Return a table of a run's folder, with the columns that are named or all of them.

    Raises:
        StoreError: it is missing or damaged.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    path = folder / f"{name}.parquet"
    try:
        present = pq.read_schema(path).names
        table = pq.read_table(path, columns=None if columns is None else stored_columns(columns, present))
    except (OSError, pa.ArrowException, KeyError) as error:
        raise StoreError(f"{folder}: {name}.parquet cannot be read: {error}", hint="run it again") from error
    return renamed_table(table) if "draw" in present else table


def read_rows(folder: Path, columns: Sequence[str], variant_columns: Sequence[str] = ()) -> Iterator[dict[str, Any]]:
    """Return a row for each asked variant: its keys, columns of `scores.parquet`, and columns of `variants.parquet`.

    Raises:
        StoreError: a table is missing or damaged.
    """
    scores = read_table(folder, "scores", [*KEYS, *columns])
    tables = [scores, read_table(folder, "variants", variant_columns)] if variant_columns else [scores]
    values = {name: table[name].to_pylist() for table in tables for name in table.column_names}
    return (dict(zip(values, row, strict=True)) for row in zip(*values.values(), strict=True))


def column_of(row: Mapping[str, Any]) -> Column:
    """Return the column that a row with keys and effect belongs to."""
    return Column(row["family"], row["perturbation"], row["sample"], row["effect"])


def read_cells(folder: Path) -> dict[str, Cells]:
    """Return a run's outcomes by suite as they were tabulated when it ran; without probabilities.

    Raises:
        StoreError: a table is missing or damaged.
    """
    by_suite: dict[str, dict[str, dict[Column, Outcome]]] = {}
    for row in read_rows(folder, ["correct", "reading", "prediction"], ["effect"]):
        by_item = by_suite.setdefault(row["suite"], {})
        by_item.setdefault(row["item"], {})[column_of(row)] = (row["correct"], row["prediction"], row["reading"])
    return {suite: cells_of_answers(rows) for suite, rows in by_suite.items()}


def _write(path: Path, columns: dict[str, Any]) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    with path.open("wb") as sink:
        pq.write_table(masked_table(pa.table(columns)), sink, compression="zstd")


def _key_columns(rows: Sequence[Checked]) -> dict[str, Any]:
    """Return the columns that say which variant a row is about."""
    import pyarrow as pa

    return {
        "suite": pa.array([suite for suite, *_ in rows], pa.string()).dictionary_encode(),
        "item": pa.array([one.item.id for _, one, _ in rows], pa.string()),
        "family": pa.array([one.family for _, one, _ in rows], pa.string()).dictionary_encode(),
        "perturbation": pa.array([one.perturbation for _, one, _ in rows], pa.string()).dictionary_encode(),
        "sample": pa.array([one.sample for _, one, _ in rows], pa.int32()),
    }


def _score_columns(scores: Sequence[tuple[Score, float]]) -> dict[str, Any]:
    """Return the columns of scores, each with the noise of its suite's margins."""
    import pyarrow as pa

    ties = [None if score.margin is None else is_near_tie(score, noise) for score, noise in scores]
    return {
        "prediction": [score.prediction for score, _ in scores],
        "correct": [score.correct for score, _ in scores],
        "reading": pa.array([score.reading for score, _ in scores], pa.string()).dictionary_encode(),
        "margin": pa.array([score.margin for score, _ in scores], pa.float64()),
        "near_tie": pa.array(ties, pa.bool_()),
        "truncated": [score.is_truncated for score, _ in scores],
        "confidence": pa.array([score.confidence for score, _ in scores], pa.float64()),
        "probabilities": pa.array([list(score.probabilities) for score, _ in scores], pa.list_(pa.float64())),
    }


def _flip_columns(flips: Sequence[Flip | None], failures: Sequence[bool | None]) -> dict[str, Any]:
    """Return the columns that say which scores are flips, of which kind and why, and which edits are contrast failures."""
    import pyarrow as pa

    columns = {"flip": [flip and flip.kind for flip in flips], "cause": [flip and flip.cause for flip in flips]}
    found = {name: pa.array(values, pa.string()).dictionary_encode() for name, values in columns.items()}
    return found | {"contrast_failure": pa.array(failures, pa.bool_())}


def _variant_columns(rows: Sequence[Checked]) -> dict[str, Any]:
    """Return the columns that say what a variant is: its declared answer, its check results, its edit, its text."""
    import pyarrow as pa

    variants = [one for _, one, _ in rows]
    items = {(suite, one.item.id): one.item for suite, one, _ in rows}
    originals = {key: render(item.prompt) for key, item in items.items()}
    edits = [_edit(originals[suite, one.item.id], one.text) for suite, one, _ in rows]
    return {
        "effect": pa.array([one.effect for one in variants], pa.string()).dictionary_encode(),
        "target": pa.array([one.perturbed.target for one in variants], pa.string()),
        "choices": pa.array([list(one.perturbed.prompt.choices) for one in variants], pa.list_(pa.string())),
        "checks": pa.array([list(found.items()) for *_, found in rows], pa.map_(pa.string(), pa.string())),
        "tokens_removed": pa.array([removed for removed, _, _ in edits], pa.int32()),
        "tokens_added": pa.array([added for _, added, _ in edits], pa.int32()),
        "edit": pa.array([line for _, _, line in edits], pa.string()),
        "text": pa.array([one.text for one in variants], pa.string()),
    }


def _edit(before: str, after: str) -> tuple[int, int, str]:
    """Return how many tokens were removed and added, and the edit on a line; a block that moved counts in both."""
    edits = token_edits(before, after, exact=QUICK_TOKENS)
    return *sizes(edits), on_a_line(edits)


def _dropped_columns(rows: Sequence[Checked]) -> dict[str, Any]:
    """Return the columns of variants that were not asked: the rule that failed, and the original to read beside them."""
    import pyarrow as pa

    variants = [one for _, one, _ in rows]
    failed = [next(check.name for check in one.checks if check.outcome == "fail") for one in variants]
    return (
        _key_columns(rows)
        | {"rule": pa.array(failed, pa.string()).dictionary_encode()}
        | _variant_columns(rows)
        | {
            "written": pa.array([render(one.item.prompt) for one in variants], pa.string()).dictionary_encode(),
            "written_target": pa.array([one.item.target for one in variants], pa.string()),
        }
    )
