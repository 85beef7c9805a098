"""The Parquet tables of a run's folder, read.

    scores.parquet     a row for each asked variant: prediction, correct, margin, probabilities
    variants.parquet   a row for each asked variant, in the same order: its text, edit, check results, declared answer
    dropped.parquet    a row for each variant that a rule or a person dropped: the same, and the rule
    requests.parquet   a row for each request: what the model was sent and what it answered (`probe.record.requests`)

Covered: columns, and the outcomes of a run read back. Not covered: writing (`probe.record.writing`), Parquet files of users
(`probe.sources.tables`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from probe.errors import StoreError
from probe.files.reading import plain_size
from probe.metrics.cells import Cells, Column, Outcome, cells_of_answers
from probe.record.columns import HINT, faults
from probe.record.earlier import renamed_table, stored_columns
from probe.record.masked import masked_table

KEYS = ("suite", "item", "family", "perturbation", "sample")
"""The columns that say which variant a row is about."""


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
        plain_size(path)  # Arrow would wait for a pipe
        present = pq.read_schema(path).names
        wanted = present if columns is None else stored_columns(columns, present)
        if missing := [one for one in wanted if one not in present]:
            raise _damaged(path, f"{', '.join(missing)} is missing")
        table = pq.read_table(path, columns=wanted)
        table = renamed_table(table) if "draw" in present else table
        for fault in faults(name, table):
            raise _damaged(path, fault)
        if name == "requests":
            _check_places(path, table, pq.read_metadata(folder / "scores.parquet").num_rows)
    except (OSError, pa.ArrowException, KeyError, ValueError) as error:
        raise StoreError(f"{folder}: {name}.parquet cannot be read: {error}", hint=HINT) from error
    return table


def _check_places(path: Path, requests: Any, number: int) -> None:
    """Refuse requests of rows that the scores do not have."""
    import pyarrow.compute as pc

    last = pc.max(requests["row"]).as_py() if len(requests) and "row" in requests.column_names else None
    if last is not None and last >= number:
        raise _damaged(path, f"row holds {last}; scores.parquet beside it has rows 0 to {number - 1}")


def _check_keys(path: Path, scores: Any) -> None:
    """Refuse two rows about one variant: which of them would count is chance."""
    keys = scores.select(KEYS)
    if (number := len(keys.group_by(list(KEYS)).aggregate([]))) < len(keys):
        raise _damaged(path, f"{len(keys)} rows, of {number} variants; {', '.join(KEYS)} are of one row each")


def check_suites(folder: Path, found: Iterable[str], known: Iterable[str]) -> None:
    """Refuse tables with a suite that the manifest does not name.

    Raises:
        StoreError: names the suite.
    """
    if others := sorted(set(found) - set(known)):
        raise _damaged(folder / "scores.parquet", f"suite holds {others[0][:60]!r}; the manifest beside it has no such")


def _damaged(path: Path, what: str) -> StoreError:
    return StoreError(f"{path}: {what}", hint=HINT)


def read_rows(folder: Path, columns: Sequence[str], variant_columns: Sequence[str] = ()) -> Iterator[dict[str, Any]]:
    """Return a row for each asked variant: its keys, columns of `scores.parquet`, and columns of `variants.parquet`.

    Raises:
        StoreError: a table is missing or damaged.
    """
    scores = read_table(folder, "scores", [*KEYS, *columns])
    _check_keys(folder / "scores.parquet", scores)
    tables = [scores, read_table(folder, "variants", variant_columns)] if variant_columns else [scores]
    if len({len(table) for table in tables}) > 1:
        lengths = f"{len(scores)} rows, variants.parquet beside it {len(tables[1])}"
        raise _damaged(folder / "scores.parquet", f"{lengths}; they have a row each for every asked variant")
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
