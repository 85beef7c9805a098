"""A run on disk: a folder that is whole or is not there.

    runs/20261123T150000Z_sentiment_pocket_1a2b3c/
        manifest.json      everything needed to run it again
        summary.json       the figures; what `--json` prints
        scores.parquet     a row for each asked variant: prediction, correct, margin, probabilities
        variants.parquet   a row for each asked variant: its text, its edit, what the rules say, and its declared answer
        dropped.parquet    a row for each variant that a rule or a person dropped: the same, and why it was not asked
        report.html

It is written under a temporary name (a leading dot) and renamed when it is complete, so that a full disk, a kill or Ctrl-C
leaves nothing that looks like a run.
"""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from probe.diff import QUICK_TOKENS, on_a_line, sizes, token_edits
from probe.errors import StoreError, UsageError
from probe.metrics.cells import CLEAN, Cells, Column
from probe.metrics.noise import is_near_tie, margin_noise
from probe.prompt.render import render
from probe.types import Score, Variant, effect_of
from probe.validity import check_results

SCHEMA_VERSION = 1


def folder_name(created: str, suites: Sequence[str], model: str, run_id: str) -> str:
    """Return a run's folder name: time, suite, model, id, in letters that every file system takes."""
    suite = suites[0] if len(suites) == 1 else f"{len(suites)}-suites"
    parts = (re.sub(r"[^A-Za-z0-9.-]+", "-", part).strip("-.")[-40:] for part in (suite, model))
    return "_".join([created.replace("-", "").replace(":", ""), *parts, run_id])


@contextmanager
def new_folder(out: Path, name: str) -> Iterator[Path]:
    """Return a temporary folder that becomes `out/name` when the block ends well, and is removed when it does not.

    Raises:
        StoreError: the disk is full, the place is not writable, or the name is taken.

    """
    final, temporary = out / name, out / f".{name}.{os.getpid()}.partial"
    try:
        out.mkdir(parents=True, exist_ok=True)
        temporary.mkdir()
        yield temporary
        os.replace(temporary, final)
    except OSError as error:
        raise StoreError(
            f"cannot write the run to {final}: {error.strerror or error}",
            hint="free some space or choose another place with --out DIR; answers already computed are in the cache",
        ) from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def write_json(path: Path, value: dict[str, Any]) -> None:
    """Write a JSON file: sorted by meaning not by key, no NaN, one trailing newline."""
    text = json.dumps(value, indent=1, ensure_ascii=False, allow_nan=False)
    path.write_text(text + "\n", encoding="utf-8")


def write_tables(
    folder: Path, by_suite: Mapping[str, Sequence[Score]], dropped: Mapping[str, Sequence[Variant]] | None = None
) -> None:
    """Write `scores.parquet` and `variants.parquet`, a row for each score, and `dropped.parquet`, if those are given."""
    import pyarrow as pa

    rows = [(suite, score) for suite, scores in by_suite.items() for score in scores]
    asked = [(suite, score.variant) for suite, score in rows]
    noise = {suite: margin_noise(scores) for suite, scores in by_suite.items()}
    ties = [None if score.margin is None else is_near_tie(score, noise[suite]) for suite, score in rows]
    scores = _keys(asked) | {
        "prediction": [score.prediction for _, score in rows],
        "correct": [score.correct for _, score in rows],
        "reading": pa.array([score.reading for _, score in rows], pa.string()).dictionary_encode(),
        "margin": pa.array([score.margin for _, score in rows], pa.float64()),
        "near_tie": pa.array(ties, pa.bool_()),
        "truncated": [score.is_truncated for _, score in rows],
        "confidence": pa.array([score.confidence for _, score in rows], pa.float64()),
        "probabilities": pa.array([list(score.probabilities) for _, score in rows], pa.list_(pa.float64())),
    }
    tables = {"scores": scores, "variants": _keys(asked) | _check_columns([one for _, one in asked])}
    if dropped is not None:
        tables["dropped"] = _dropped_columns([(suite, one) for suite, some in dropped.items() for one in some])
    for name, columns in tables.items():
        _write_table(folder / f"{name}.parquet", columns)


def _write_table(path: Path, columns: dict[str, Any]) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    with path.open("wb") as sink:
        pq.write_table(pa.table(columns), sink, compression="zstd")


def _keys(rows: Sequence[tuple[str, Variant]]) -> dict[str, Any]:
    """Return the columns that say which variant a row is about."""
    import pyarrow as pa

    return {
        "suite": pa.array([suite for suite, _ in rows], pa.string()).dictionary_encode(),
        "item": pa.array([one.item.id for _, one in rows], pa.string()),
        "family": pa.array([one.family for _, one in rows], pa.string()).dictionary_encode(),
        "perturbation": pa.array([one.perturbation for _, one in rows], pa.string()).dictionary_encode(),
        "draw": pa.array([one.draw for _, one in rows], pa.int32()),
    }


def _check_columns(variants: Sequence[Variant]) -> dict[str, Any]:
    """Return the columns that say what a variant is: its declared answer, its checks, its edit, its text."""
    import pyarrow as pa

    written = {id(one.item): one.item.prompt for one in variants}
    texts = {key: render(prompt) for key, prompt in written.items()}
    edits = [_edit(texts[id(one.item)], one.text) for one in variants]
    return {
        "effect": pa.array([one.effect for one in variants], pa.string()).dictionary_encode(),
        "target": pa.array([one.asked.target for one in variants], pa.string()),
        "choices": pa.array([list(one.asked.prompt.choices) for one in variants], pa.list_(pa.string())),
        "checks": pa.array([list(check_results(one).items()) for one in variants], pa.map_(pa.string(), pa.string())),
        "tokens_removed": pa.array([removed for removed, _, _ in edits], pa.int32()),
        "tokens_added": pa.array([added for _, added, _ in edits], pa.int32()),
        "edit": pa.array([line for _, _, line in edits], pa.string()),
        "text": pa.array([one.text for one in variants], pa.string()),
    }


def _edit(before: str, after: str) -> tuple[int, int, str]:
    """Return how many tokens went and came, and the edit on a line; a block that moved went in one place and came in another."""
    edits = token_edits(before, after, exact=QUICK_TOKENS)
    return *sizes(edits), on_a_line(edits)


def _dropped_columns(rows: Sequence[tuple[str, Variant]]) -> dict[str, Any]:
    """Return the columns of variants that were not asked: why, and what the item is as written, to be read side by side."""
    import pyarrow as pa

    variants = [one for _, one in rows]
    failed = [next(check.name for check in one.checks if check.outcome == "fail") for one in variants]
    return (
        _keys(rows)
        | {"rule": pa.array(failed, pa.string()).dictionary_encode()}
        | _check_columns(variants)
        | {
            "written": pa.array([render(one.item.prompt) for one in variants], pa.string()).dictionary_encode(),
            "written_target": pa.array([one.item.target for one in variants], pa.string()),
        }
    )


def parquet_of(rows: Sequence[dict[str, Any]], columns: Mapping[str, type]) -> bytes:
    """Return rows as a Parquet file of the columns that are named, each of text, float or int."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    kinds = {str: pa.string(), float: pa.float64(), int: pa.int64()}
    schema = pa.schema([(name, kinds[kind]) for name, kind in columns.items()])
    sink = pa.BufferOutputStream()
    pq.write_table(pa.Table.from_pylist(list(rows), schema=schema), sink, compression="zstd")
    whole: bytes = sink.getvalue().to_pybytes()
    return whole


def read_run(path: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return a run's manifest and summary.

    Raises:
        UsageError: the folder is no run.
        StoreError: a file of it is damaged or was written by another version.

    """
    if not (path / "manifest.json").is_file():
        raise UsageError(
            f"{path}: not the folder of a run: there is no manifest.json in it",
            hint="a run's folder is printed at the end of `probe run`",
        )
    manifest, summary = _read_json(path / "manifest.json"), _read_json(path / "summary.json")
    if summary.get("schema_version") != SCHEMA_VERSION:
        raise StoreError(
            f"{path}: written with schema {summary.get('schema_version')}, this version reads {SCHEMA_VERSION}",
            hint="run it again, or read it with the version of probe that its manifest names",
        )
    return manifest, _with_effects_of_today(summary)


def _with_effects_of_today(value: Any) -> Any:
    """Return a summary in which effects have today's names: those of runs from before 2026-12 are "same" and "flip"."""
    if isinstance(value, list):
        return [_with_effects_of_today(one) for one in value]
    if not isinstance(value, dict):
        return value
    is_effect = isinstance(value.get("effect"), str)
    return {k: effect_of(v) if k == "effect" and is_effect else _with_effects_of_today(v) for k, v in value.items()}


def read_cells(path: Path) -> dict[str, Cells]:
    """Return a run's outcomes by suite, as they were tabulated when it ran: right, wrong, which answer; no probabilities.

    Raises:
        StoreError: its tables are missing or damaged.

    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    columns = ["suite", "item", "family", "perturbation", "draw", "correct", "reading", "prediction"]
    try:
        scores = pq.read_table(path / "scores.parquet", columns=columns)
        effects = pq.read_table(path / "variants.parquet", columns=["effect"])["effect"].to_pylist()
    except (OSError, pa.ArrowException, KeyError) as error:
        raise StoreError(f"{path}: its tables cannot be read: {error}", hint="run it again") from error
    by_suite: dict[str, _Rows] = {}
    for row in zip(*(scores[name].to_pylist() for name in columns), effects, strict=True):
        suite, item, family, perturbation, draw, correct, reading, prediction, effect = row
        column = Column(family, perturbation, draw, effect_of(effect))
        answer = None if reading == "unreadable" else prediction
        by_suite.setdefault(suite, {}).setdefault(item, {})[column] = (correct, answer)
    return {suite: _cells(rows) for suite, rows in by_suite.items()}


_Rows = dict[str, dict[Column, tuple[bool, str | None]]]
"""By item and column: whether the answer is right, and which it is (None: unreadable)."""


def _cells(by_item: _Rows) -> Cells:
    clean = Column(CLEAN, CLEAN, 0, "label-preserving")
    rows = {item: row for item, row in by_item.items() if clean in row}
    columns = tuple(dict.fromkeys([clean, *(column for row in rows.values() for column in row)]))
    place = {column: index for index, column in enumerate(columns)}
    shape = (len(rows), len(columns))
    correct, prediction, unreadable = np.full(shape, np.nan), np.full(shape, -1, np.int64), np.zeros(shape, np.bool_)
    for n, row in enumerate(rows.values()):
        codes: dict[str | None, int] = {}
        for column, (is_right, answer) in row.items():
            i = place[column]
            correct[n, i], unreadable[n, i] = is_right, answer is None
            prediction[n, i] = codes.setdefault(answer, len(codes))
    return Cells(correct, prediction, unreadable, columns, tuple(rows))


def _read_json(path: Path) -> dict[str, Any]:
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise StoreError(f"{path}: damaged: {error}") from error
    if not isinstance(value, dict):
        raise StoreError(f"{path}: damaged: it holds no JSON object")
    return value
