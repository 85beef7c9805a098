"""The Parquet tables of a run, written while it is answered: what was asked and answered is not held in memory.

    answers come     variants.parquet, requests.parquet, answers.parquet    so many rows at a time
    all are there    answers.parquet + what flipped and why --> scores.parquet; dropped.parquet

Rows that a report shows are read again by their number. What was answered is all there; of the prompt there is the text and the
choices, not how it was made.

Covered: writing, reading single rows. Not covered: reading a finished run (`probe.record.tables`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from probe.diff import QUICK_TOKENS, on_a_line, sizes, token_edits
from probe.errors import StoreError
from probe.evaluation.results import Checks, SuiteResults
from probe.evolve import evolve
from probe.metrics.rows_of_answers import KINDS
from probe.metrics.taxonomy import CAUSES
from probe.prompt.render import render
from probe.record.lazily import Lazily, Maker
from probe.record.masked import masked_table
from probe.record.requests import COLUMNS as REQUEST_COLUMNS
from probe.record.requests import request_rows
from probe.types import Item, Score, Suite, Variant

T = TypeVar("T")

GROUP = 16_384
"""Rows that are held before they are written, as one row group."""

HINT = "free some space or choose another place with --out DIR; answers already computed are in the cache"

TEXTS = "dictionary"
"""The kind of texts that come many times."""
KEYS = {"suite": TEXTS, "item": "string", "family": TEXTS, "perturbation": TEXTS, "sample": "int32"}
ANSWERS = KEYS | {
    "prediction": "string", "correct": "bool_", "reading": TEXTS, "margin": "float64", "truncated": "bool_",
    "confidence": "float64", "probabilities": "list",
}  # fmt: skip
VARIANTS = KEYS | {
    "effect": TEXTS, "target": "string", "choices": "texts", "checks": "map", "tokens_removed": "int32",
    "tokens_added": "int32", "edit": "string", "text": "string",
}  # fmt: skip
RULE = {"rule": TEXTS}
WRITTEN = {"written": TEXTS, "written_target": "string"}
DROPPED = KEYS | RULE | {name: kind for name, kind in VARIANTS.items() if name not in KEYS} | WRITTEN
REQUESTS = {name: TEXTS if kind == "string" else kind for name, kind in REQUEST_COLUMNS.items()}
"""Columns of the tables, with their kinds."""


def write_tables(folder: Path, suites: Mapping[str, SuiteResults]) -> None:
    """Write the tables of results whose scores are all there."""
    tables = Tables(folder)
    for one in suites.values():
        for start in range(0, len(one.scores), GROUP):
            tables.take(one.variants.suite, one.scores[start : start + GROUP], one.checks[start : start + GROUP])
    tables.finish(suites)


@cache
def _type(kind: str) -> Any:
    import pyarrow as pa

    special = {
        TEXTS: pa.dictionary(pa.int32(), pa.string()),
        "list": pa.list_(pa.float64()),
        "texts": pa.list_(pa.string()),
        "map": pa.map_(pa.string(), pa.string()),
    }
    return special[kind] if kind in special else getattr(pa, kind)()


def _array(values: Sequence[Any], kind: str) -> Any:
    """Return values as a column. Most rows share their choices and check results: each of these is made a value once."""
    import pyarrow as pa

    if kind not in ("texts", "map"):
        return pa.array(values, _type(kind))
    places: dict[int, int] = {}
    indices = [places.setdefault(id(value), len(places)) for value in values]
    distinct = list({id(value): value for value in values}.values())
    made = [list(one.items()) for one in distinct] if kind == "map" else distinct
    return pa.array(made, _type(kind)).take(pa.array(indices, pa.int32()))


@dataclass(slots=True)
class _Table:
    """A Parquet file that grows by row groups."""

    path: Path
    kinds: Mapping[str, str]
    columns: dict[str, list[Any]] = field(default_factory=dict)
    """Of the rows that are not written yet."""
    _writer: Any = None

    def __post_init__(self) -> None:
        import pyarrow as pa
        import pyarrow.parquet as pq

        schema = pa.schema([(name, _type(kind)) for name, kind in self.kinds.items()])
        self._writer = pq.ParquetWriter(self.path, schema, compression="zstd")
        self.columns = {name: [] for name in self.kinds}

    def add(self, columns: Mapping[str, Sequence[Any]]) -> None:
        """Add rows, given by column."""
        for name, values in columns.items():
            self.columns[name].extend(values)
        while len(next(iter(self.columns.values()))) >= GROUP:
            self.flush()

    def flush(self) -> None:
        """Write the first rows that are held, as a row group."""
        group = {name: _array(values[:GROUP], self.kinds[name]) for name, values in self.columns.items()}
        self.columns = {name: values[GROUP:] for name, values in self.columns.items()}
        if any(map(len, group.values())):
            self.write(group)

    def write(self, arrays: Mapping[str, Any]) -> None:
        """Write a row group."""
        import pyarrow as pa

        table = masked_table(pa.table(dict(arrays), schema=self._writer.schema))
        try:
            self._writer.write_table(table, row_group_size=max(len(table), 1))
        except OSError as error:
            raise StoreError(f"cannot write {self.path}: {error.strerror or error}", hint=HINT) from error

    def close(self) -> None:
        """Write what is held, and close the file."""
        self.flush()
        self._writer.close()


class Tables:
    """Keeps the scores of a run in the tables of a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.num = 0
        self._suites: dict[str, tuple[Suite, int, int]] = {}
        """By name, a suite with its first row and the one after its last."""
        self._answers = _Table(folder / "answers.parquet", ANSWERS)
        self._variants = _Table(folder / "variants.parquet", VARIANTS)
        self._requests = _Table(folder / "requests.parquet", REQUESTS)
        self._is_open = True
        self._groups: dict[int, Any] = {}

    def take(self, suite: Suite, scores: Sequence[Score], checks: Sequence[Checks]) -> None:
        """Write scores with the check results of their variants."""
        keys = _key_columns(suite.name, [score.variant for score in scores])
        self._answers.add(keys | _answer_columns(scores))
        self._variants.add(keys | _variant_columns([score.variant for score in scores], checks))
        self._requests.add(request_rows(suite, scores, first=self.num))
        start = self._suites[suite.name][1] if suite.name in self._suites else self.num
        self.num += len(scores)
        self._suites[suite.name] = (suite, start, self.num)

    def kept(self, suite: Suite) -> tuple[Sequence[Score], Sequence[Checks]]:
        """Return the scores of a suite, and the check results of each, read when they are asked for."""
        known, start, end = self._suites.get(suite.name, (suite, self.num, self.num))
        items = _Items(known)
        place = range(start, end)
        return Lazily(place, self._made(items.score)), Lazily(place, self._made(lambda row: dict(row["checks"])))

    def _made(self, value: Callable[[Mapping[str, Any]], T]) -> Maker[T]:
        """Return what makes a value of each row."""
        return Maker(lambda number: value(self.row(number)), lambda start, end: map(value, self.rows(start, end)))

    def group(self, number: int) -> Any:
        """Return a row group of answers and variants from the files, in which all must lie that were given so far."""
        import pyarrow.parquet as pq

        if number not in self._groups:
            self.close()
            if len(self._groups) == 2:  # the rows that are read lie side by side
                self._groups.pop(next(iter(self._groups)))
            answers, variants = (
                pq.ParquetFile(self.folder / f"{name}.parquet").read_row_group(number)
                for name in ("answers", "variants")
            )
            for name in VARIANTS:
                if name not in KEYS:
                    answers = answers.append_column(name, variants[name])
            self._groups[number] = answers
        return self._groups[number]

    def row(self, number: int) -> dict[str, Any]:
        """Return a row of answers and variants."""
        group, place = divmod(number, GROUP)
        found: dict[str, Any] = self.group(group).slice(place, 1).to_pylist()[0]
        return found

    def rows(self, start: int, end: int) -> Iterator[dict[str, Any]]:
        """Return some rows one after another."""
        for number in range(start // GROUP, -(-end // GROUP)):
            first = number * GROUP
            group = self.group(number)[max(start - first, 0) : max(end - first, 0)]
            yield from group.to_pylist()

    def close(self) -> None:
        """Write what is held; no more can be taken then."""
        if self._is_open:
            self._is_open = False
            for table in (self._answers, self._variants, self._requests):
                table.close()

    def finish(self, suites: Mapping[str, SuiteResults], folder: Path | None = None) -> None:
        """Write the other tables, and move all into a folder, if one is given, by which the scores can be read no more."""
        self.close()
        target = folder or self.folder
        self._write_scores(target, suites)
        dropped = _Table(target / "dropped.parquet", DROPPED)
        for name, one in suites.items():
            dropped.add(_dropped_columns(name, one.variants.failed, one.dropped_checks))
        dropped.close()
        self._groups.clear()
        (self.folder / "answers.parquet").unlink()
        if folder is not None:
            for name in ("variants.parquet", "requests.parquet"):
                (self.folder / name).replace(folder / name)

    def _write_scores(self, target: Path, suites: Mapping[str, SuiteResults]) -> None:
        import pyarrow as pa
        import pyarrow.parquet as pq

        found = {name: pa.concat_arrays(parts) for name, parts in _found_columns(suites).items()}
        file = pq.ParquetFile(self.folder / "answers.parquet")
        kinds = {"near_tie": "bool_", "flip": TEXTS, "cause": TEXTS, "contrast_failure": "bool_"}
        ordered = [
            *KEYS,
            "prediction",
            "correct",
            "reading",
            "margin",
            "near_tie",
            "truncated",
            "confidence",
            "probabilities",
        ]
        scores = _Table(target / "scores.parquet", {n: (ANSWERS | kinds)[n] for n in (*ordered, *list(kinds)[1:])})
        start = 0
        for number in range(file.num_row_groups):
            group = file.read_row_group(number)
            arrays = {name: group[name].combine_chunks() for name in group.column_names}
            arrays |= {name: values[start : start + len(group)] for name, values in found.items()}
            has_none = arrays["margin"].is_null().to_numpy(zero_copy_only=False)
            arrays["near_tie"] = pa.array(arrays["near_tie"].to_numpy(zero_copy_only=False), mask=has_none)
            scores.write({name: arrays[name] for name in scores.kinds})
            start += len(group)
        scores.close()


def _found_columns(suites: Mapping[str, SuiteResults]) -> dict[str, list[Any]]:
    """Return what was found of each answer: near-ties, flips with their causes, contrast failures."""
    import pyarrow as pa

    parts: dict[str, list[Any]] = {"near_tie": [], "flip": [], "cause": [], "contrast_failure": []}
    for one in suites.values():
        found = one.found
        is_altering = np.array([column.effect == "label-altering" for column in found.columns])[found.column]
        is_flip = found.kind >= 0
        parts["near_tie"].append(pa.array(found.is_near_tie))
        parts["flip"].append(_named(np.where(is_flip, found.kind, 0), KINDS, is_flip))
        parts["cause"].append(_named(np.where(is_flip, found.cause - 1, 0), CAUSES, is_flip))
        parts["contrast_failure"].append(pa.array(found.is_failure, mask=~is_altering))
    return parts if suites else {name: [pa.array([], pa.bool_())] for name in parts}


def _named(codes: Any, names: Sequence[str], is_known: Any) -> Any:
    import pyarrow as pa

    return pa.DictionaryArray.from_arrays(
        pa.array(codes.astype(np.int32), mask=~is_known), pa.array(names, pa.string())
    )


@dataclass(slots=True)
class _Items:
    """Makes the scores of a suite from rows of its tables."""

    suite: Suite
    _by_name: dict[str, Item] = field(default_factory=dict)

    def score(self, row: Mapping[str, Any]) -> Score:
        """Return what a row says. Its prompt has the text and the choices that were asked, and else what the item's has."""
        if not self._by_name:
            self._by_name = {item.id: item for item in self.suite.items}
        item = self._by_name[row["item"]]
        asked = evolve(item, target=row["target"], prompt=evolve(item.prompt, choices=tuple(row["choices"])))
        where = {name: row[name] for name in ("family", "perturbation", "sample", "effect", "text")}
        answered = {name: row[name] for name in ("prediction", "correct", "reading", "margin", "confidence")}
        return Score(
            Variant(item, asked, **where),
            **answered,
            probabilities=tuple(row["probabilities"]),
            is_truncated=row["truncated"],
        )


def _key_columns(suite: str, variants: Sequence[Variant]) -> dict[str, list[Any]]:
    """Return the columns that say which variant a row is about."""
    return {
        "suite": [suite] * len(variants),
        "item": [one.item.id for one in variants],
        "family": [one.family for one in variants],
        "perturbation": [one.perturbation for one in variants],
        "sample": [one.sample for one in variants],
    }


def _answer_columns(scores: Sequence[Score]) -> dict[str, list[Any]]:
    return {
        "prediction": [score.prediction for score in scores],
        "correct": [score.correct for score in scores],
        "reading": [score.reading for score in scores],
        "margin": [score.margin for score in scores],
        "truncated": [score.is_truncated for score in scores],
        "confidence": [score.confidence for score in scores],
        "probabilities": [score.probabilities for score in scores],
    }


def _variant_columns(variants: Sequence[Variant], checks: Sequence[Checks]) -> dict[str, list[Any]]:
    """Return the columns that say what a variant is: its declared answer, its check results, its edit, its text."""
    # a rerun, which is asked as it is written, has the text of its original
    originals = {one.item.id: one.text for one in variants if one.perturbed.prompt is one.item.prompt}
    originals |= {one.item.id: one.text for one in variants if one.family == "original"}
    for one in variants:
        if one.item.id not in originals:
            originals[one.item.id] = render(one.item.prompt)
    edits = [_edit(originals[one.item.id], one.text) for one in variants]
    return {
        "effect": [one.effect for one in variants],
        "target": [one.perturbed.target for one in variants],
        "choices": [one.perturbed.prompt.choices for one in variants],
        "checks": list(checks),
        "tokens_removed": [removed for removed, _, _ in edits],
        "tokens_added": [added for _, added, _ in edits],
        "edit": [line for _, _, line in edits],
        "text": [one.text for one in variants],
    }


def _edit(before: str, after: str) -> tuple[int, int, str]:
    """Return how many tokens were removed and added, and the edit on a line; a block that moved counts in both."""
    if before == after:
        return 0, 0, ""
    edits = token_edits(before, after, exact=QUICK_TOKENS)
    return *sizes(edits), on_a_line(edits)


def _dropped_columns(suite: str, variants: Sequence[Variant], checks: Sequence[Checks]) -> dict[str, list[Any]]:
    """Return the columns of variants that were not asked: the rule that failed, and the original to read beside them."""
    return (
        _key_columns(suite, variants)
        | {"rule": [next(check.name for check in one.checks if check.outcome == "fail") for one in variants]}
        | _variant_columns(variants, checks)
        | {
            "written": [render(one.item.prompt) for one in variants],
            "written_target": [one.item.target for one in variants],
        }
    )
