"""Datasets through Hugging Face's `datasets`: `hf:DATASET[:CONFIG]:SPLIT --prompt FILE`.

A class label becomes its name, not its number. Nothing that comes with a dataset is run, and no pickle
is read (`safe_datasets`).

Covered: the hub (where it can be reached), a local folder or file of json, csv or parquet.
Not covered: columns that hold lists or nested values, images, sound (they are left out).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from probe.errors import ProbeError, UsageError
from probe.files.names import split_colons
from probe.models.hub import hint_of, unreached, without_retries
from probe.registry import unknown_name
from probe.sources.base import SourceOptions, name_from
from probe.sources.safe_datasets import guarded_datasets
from probe.sources.tables import Row, Table, cell
from probe.sources.with_prompt import from_table
from probe.types import Suite


def read(argument: str, options: SourceOptions) -> Suite:
    """Read a split of a dataset as a suite.

    Raises:
        UsageError: `datasets` is not installed, the dataset cannot be had, or there is no such split.
    """
    dataset, config, split = _parts(argument)
    rows = _load(dataset, config, split, allow_outside=options.allow_outside)
    name = name_from("-".join(filter(None, (Path(dataset).name, config, split))))
    return from_table(_table(rows, f"hf:{argument}"), options, name, f"hf:{argument}")


def _parts(argument: str) -> tuple[str, str | None, str]:
    *before, config, split = ["", "", *split_colons(argument)]
    parts = [part for part in (":".join(before[2:]), config, split) if part]
    if len(parts) == 3 and not Path(parts[0] + ":" + parts[1]).exists():
        return parts[0], parts[1], parts[2]
    if len(parts) == 1:
        raise UsageError(f"hf:{argument}: which split?", hint=f"write hf:{argument}:test, or hf:DATASET:CONFIG:SPLIT")
    return ":".join(parts[:-1]), None, parts[-1]


def _load(dataset: str, config: str | None, split: str, *, allow_outside: bool) -> Any:
    import datasets

    datasets.disable_progress_bars()
    path = Path(dataset).expanduser()
    folders = [path if path.is_dir() else path.parent] if path.exists() and not allow_outside else None
    try:
        with without_retries(), guarded_datasets(folders=folders):
            splits = datasets.load_dataset(str(path) if path.exists() else dataset, config)
    except ProbeError:
        raise
    except Exception as error:
        if not path.exists() and (why := unreached(error)):
            raise UsageError(
                f"hf:{dataset}: no folder of that name is here, the cache of `datasets` does not hold it, and the hub cannot "
                f"be reached: {why}",
                hint=hint_of(dataset, kind="dataset", local="hf:FOLDER:SPLIT"),
            ) from error
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise UsageError(f"hf:{dataset}: cannot be loaded: {reason}", hint="hf:DATASET[:CONFIG]:SPLIT") from error
    if split not in splits:
        raise unknown_name(f"split of {dataset}", split, list(splits))
    return splits[split]


def _table(rows: Any, spec: str) -> Table:
    """Return the columns that hold one value a row as text, labels by their names."""
    names = {name: getattr(feature, "names", None) for name, feature in rows.features.items()}
    columns = [
        name for name, feature in rows.features.items() if getattr(feature, "dtype", None) in _PLAIN or names[name]
    ]
    if not columns or not len(rows):
        raise UsageError(f"{spec}: holds no row with a column of text, numbers or labels")
    lines = tuple(
        Row(number, {name: cell(_label(row[name], names[name]), name, Path(spec), number) for name in columns})
        for number, row in enumerate(rows.select_columns(columns), start=1)
    )
    return Table(Path(spec), tuple(columns), lines)


_NUMBERS = (f"{kind}{bits}" for kind in ("int", "uint", "float") for bits in (8, 16, 32, 64))
_PLAIN = {"string", "large_string", "bool", *_NUMBERS}


def _label(value: object, names: list[str] | None) -> object:
    """Return the name of a class label, any other value as it is; a label without a name is an empty cell."""
    if names is None or not isinstance(value, int):
        return value
    return names[value] if 0 <= value < len(names) else None
