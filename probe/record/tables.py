"""The Parquet tables of a run's folder, read.

    scores.parquet     a row for each asked variant: prediction, correct, margin, probabilities
    variants.parquet   a row for each asked variant, in the same order: its text, edit, check results, declared answer
    dropped.parquet    a row for each variant that a rule or a person dropped: the same, and the rule
    requests.parquet   a row for each request: what the model was sent and what it answered (`probe.record.requests`)

Covered: columns, whole tables, rows so many at a time, single rows. Not covered: writing (`probe.record.writing`), outcomes
(`probe.record.answered`), Parquet files of users (`probe.sources.tables`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from probe.errors import StoreError
from probe.files.reading import plain_size
from probe.record.columns import HINT, SINCE_FLIPS, TABLES, faults
from probe.record.earlier import KEYS as TODAYS
from probe.record.earlier import renamed_table, stored_columns
from probe.record.masked import masked_table

KEYS = ("suite", "item", "family", "perturbation", "sample")
"""The columns that say which variant a row is about."""
BATCH = 65_536
"""Rows that are read at a time."""


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
    with _readable(folder, name), _Stored.opened(folder, name, columns) as stored:
        table = stored.checked(stored.file.read(columns=stored.columns))
        if name == "requests":
            _check_places(stored.path, table, _length(folder, "scores"))
    return table


def columns_of(folder: Path, name: str) -> list[str]:
    """Return the names of the columns of a table, in today's words.

    Raises:
        StoreError: it is missing or damaged.
    """
    with _readable(folder, name), _Stored.opened(folder, name, ()) as stored:
        return [TODAYS.get(one, one) for one in stored.file.schema_arrow.names]


def rows_at(folder: Path, name: str, columns: Sequence[str], places: Sequence[int]) -> list[dict[str, Any]]:
    """Return columns of the rows of a table at some places, in that order; only the row groups that hold them are read.

    Raises:
        StoreError: it is missing or damaged.
    """
    found: dict[int, dict[str, Any]] = {}
    with _readable(folder, name), _Stored.opened(folder, name, columns) as stored:
        start = 0
        for group in range(stored.file.num_row_groups):
            end = start + stored.file.metadata.row_group(group).num_rows
            if own := sorted({place for place in places if start <= place < end}):
                table = stored.checked(stored.file.read_row_group(group, columns=stored.columns), start=start)
                found |= zip(own, table.take([place - start for place in own]).to_pylist(), strict=True)
            start = end
    return [found[place] for place in places]


def read_batches(folder: Path, columns: Sequence[str], variant_columns: Sequence[str] = ()) -> Iterator[Any]:
    """Return the rows of the asked variants, so many at a time, as pyarrow tables.

    They have the keys, columns of `scores.parquet`, and columns of `variants.parquet`.

    Raises:
        StoreError: a table is missing or damaged.
    """
    wanted = {"scores": [*KEYS, *columns]} | ({"variants": variant_columns} if variant_columns else {})
    lengths = [_length(folder, name) for name in wanted]
    if len(set(lengths)) > 1:
        told = f"{lengths[0]} rows, variants.parquet beside it {lengths[1]}"
        raise _damaged(folder / "scores.parquet", f"{told}; they have a row each for every asked variant")
    for parts in zip(*(batches_of(folder, name, own) for name, own in wanted.items()), strict=True):
        whole = parts[0]
        for name in (name for part in parts[1:] for name in part.column_names):
            whole = whole.append_column(name, parts[1][name])
        yield whole


def _length(folder: Path, name: str) -> int:
    with _readable(folder, name), _Stored.opened(folder, name, ()) as stored:
        return int(stored.file.metadata.num_rows)


def batches_of(folder: Path, name: str, columns: Sequence[str]) -> Iterator[Any]:
    """Return the rows of a table, `BATCH` at a time whatever its row groups are.

    Raises:
        StoreError: it is missing or damaged.
    """
    import pyarrow as pa

    start, left = 0, None
    with _readable(folder, name), _Stored.opened(folder, name, columns) as stored:
        for batch in stored.file.iter_batches(batch_size=BATCH, columns=stored.columns):
            table = stored.checked(pa.Table.from_batches([batch]), start=start)
            start += len(table)
            left = table if left is None else pa.concat_tables([left, table])
            while len(left) >= BATCH:
                yield left[:BATCH]
                left = left[BATCH:]
    if left is not None and len(left):
        yield left


@contextmanager
def _readable(folder: Path, name: str) -> Iterator[None]:
    """Name the table where it cannot be read.

    Raises:
        StoreError: it is missing or damaged.
    """
    import pyarrow as pa

    try:
        yield
    except (OSError, pa.ArrowException, KeyError, ValueError) as error:
        raise StoreError(f"{folder}: {name}.parquet cannot be read: {error}", hint=HINT) from error


@dataclass(frozen=True, slots=True)
class _Stored:
    """A table that is being read, with the columns that are wanted as the file names them."""

    path: Path
    file: Any
    columns: list[str]

    @classmethod
    @contextmanager
    def opened(cls, folder: Path, name: str, columns: Iterable[str] | None) -> Iterator[_Stored]:
        """Open a table.

        Raises:
            StoreError: a column is missing.
        """
        import pyarrow.parquet as pq

        path = folder / f"{name}.parquet"
        plain_size(path)  # Arrow would wait for a pipe
        with pq.ParquetFile(path, pre_buffer=False) as file:  # with it, all row groups would be held at once
            present = file.schema_arrow.names
            needed = (one for one in TABLES[name] if one not in SINCE_FLIPS) if columns is None else columns
            wanted = stored_columns(needed, present)
            if missing := [one for one in wanted if one not in present]:
                raise _damaged(path, f"{', '.join(missing)} is missing")
            yield cls(path, file, present if columns is None else wanted)

    def checked(self, table: Any, *, start: int = 0) -> Any:
        """Return rows in today's words whose columns hold what they must; `start` is the number of the first."""
        table = renamed_table(table) if "draw" in self.file.schema_arrow.names else table
        for fault in faults(self.path.stem, table, start=start):
            raise _damaged(self.path, fault)
        return masked_table(table)  # before anything cuts, marks or escapes a text, which would split a secret


def _check_places(path: Path, requests: Any, number: int) -> None:
    """Refuse requests of rows that the scores do not have."""
    import pyarrow.compute as pc

    last = pc.max(requests["row"]).as_py() if len(requests) and "row" in requests.column_names else None
    if last is not None and last >= number:
        raise _damaged(path, f"row holds {last}; scores.parquet beside it has rows 0 to {number - 1}")


def check_once(folder: Path, rows: int, variants: int) -> None:
    """Refuse two rows about one variant: which of them would count is chance.

    Raises:
        StoreError: there are more rows than variants.
    """
    if variants < rows:
        what = f"{rows} rows, of {variants} variants; {', '.join(KEYS)} are of one row each"
        raise _damaged(folder / "scores.parquet", what)


def check_suites(folder: Path, found: Iterable[str], known: Iterable[str]) -> None:
    """Refuse tables with a suite that the manifest does not name, or without one that it names.

    Raises:
        StoreError: names the suite.
    """
    found, known = set(found), set(known)
    if others := sorted(found - known):
        raise _damaged(folder / "scores.parquet", f"suite holds {others[0][:60]!r}; the manifest beside it has no such")
    if missing := sorted(known - found):  # the originals of each suite are always asked, under a budget too
        raise _damaged(folder / "scores.parquet", f"no row is of suite {missing[0][:60]!r}, which the manifest names")


def _damaged(path: Path, what: str) -> StoreError:
    return StoreError(f"{path}: {what}", hint=HINT)
