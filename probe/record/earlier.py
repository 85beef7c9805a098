"""Files of earlier versions, read in today's words.

    schema 1                              schema 2 to 4
    draw, draws                           sample, samples
    clean (family, perturbation, key)     original
    clean_accuracy                        original_accuracy
    blame, doubters                       flip_share, validators
    effect same, flip                     effect label-preserving, label-altering

Covered: summary.json, manifest.json, baselines, Parquet tables. Writing uses today's words only.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from probe.types import effect_of

KEYS = {"draw": "sample", "draws": "samples", "blame": "flip_share", "doubters": "validators"}
KEYS |= {"clean": "original", "clean_accuracy": "original_accuracy"}
NAMES = {"clean": "original"}
NAMED = ("family", "perturbation")
"""Keys whose values are names of families and perturbations."""
READABLE = (1, 2, 3, 4)
"""Schema versions that can be read."""


def renamed(value: Any, key: str = "") -> Any:
    """Return a JSON value with the keys and names of today."""
    if isinstance(value, dict):
        return {KEYS.get(name, name): renamed(one, name) for name, one in value.items()}
    if isinstance(value, list):
        return [renamed(one) for one in value]
    if isinstance(value, str):
        return NAMES.get(value, value) if key in NAMED else _effect(value) if key == "effect" else value
    return value


def _effect(text: str) -> str:
    """Return an effect in today's spelling; a text that is none as it stands, which is refused where it is checked."""
    try:
        return effect_of(text)
    except ValueError:
        return text


def stored_columns(wanted: Iterable[str], present: Iterable[str]) -> list[str]:
    """Return the columns to read from a table: those wanted, by the name that the table has for them."""
    old = {new: name for name, new in KEYS.items() if name in set(present)}
    return [old.get(name, name) for name in wanted]


def renamed_table(table: Any) -> Any:
    """Return a pyarrow table with the column names and values of today."""
    import pyarrow as pa

    table = table.rename_columns([KEYS.get(name, name) for name in table.column_names])
    for name in table.column_names:
        if name in (*NAMED, "effect"):
            values = [renamed(one, name) for one in table[name].to_pylist()]
            table = table.set_column(table.column_names.index(name), name, pa.array(values, pa.string()))
    return table
