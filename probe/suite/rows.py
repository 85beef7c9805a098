"""items.jsonl and train.jsonl: one question a line.

    {"id": "s1", "fields": {"Review": "A joy."}, "target": "positive",
     "choices": [...],                                       where suite.toml has none and it is not free text
     "aliases": [...],                                       free text only: other spellings that are right as well
     "contrast": [{"fields": {...}, "target": "negative"}]}  minimal edits after which another answer is right

Covered: keys, types, how a row fits suite.toml and the other rows; a mistake names its line.
Not covered: whether the suite makes sense as a whole (`probe.suite.check_suite`).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from probe.suite.definition import Definition, check_num_options
from probe.suite.faults import (
    Wrong,
    as_answer,
    as_answers,
    as_choices,
    as_text,
    at_line,
    check_keys,
    fault,
    json_lines,
    kind_of,
    quoted,
    quoted_list,
    read_text,
    under,
)
from probe.types import Contrast, Field, Item

KEYS = ("id", "fields", "target", "choices", "aliases", "contrast")
EXAMPLE = '{"id": "1", "fields": {...}, "target": "yes"}'
CONTRAST_KEYS = ("fields", "target", "choices")


def read_rows(path: Path, definition: Definition) -> list[tuple[int, Item]]:
    """Read a file of rows as items, each with its line.

    Raises:
        SuiteError: a row is wrong; says file and line.
    """
    rows: list[tuple[int, Item]] = []
    lines_by_id: dict[str, int] = {}
    for number, row in json_lines(read_text(path), path, EXAMPLE, object_pairs_hook=_object):
        with at_line(path, number):
            item = _item(row, definition)
            if item.id in lines_by_id:
                raise Wrong(f"id {quoted(item.id)} is already that of line {lines_by_id[item.id]}; ids are unique")
            if rows and bool(rows[0][1].prompt.choices) != bool(item.prompt.choices):
                has, has_not = ("has", "does not") if item.prompt.choices else ("has no", "does")
                raise Wrong(f"{has} choices, but line {rows[0][0]} {has_not}; all rows have them or none")
        lines_by_id[item.id] = number
        rows.append((number, item))
    return rows


def check_disjoint(items: list[tuple[int, Item]], train: list[tuple[int, Item]], paths: tuple[Path, Path]) -> None:
    """Check that no item is in both files, by its id or by what it asks.

    Raises:
        SuiteError: one is; says both lines.
    """
    ids = {item.id: line for line, item in items}
    questions = {(item.prompt.fields, item.prompt.choices): line for line, item in items}
    for line, item in train:
        if item.id in ids:
            raise fault(paths[1], line, f"id {quoted(item.id)} is that of line {ids[item.id]} of {paths[0].name}; "
                        "an item is in one of the two files")  # fmt: skip
        if (same := questions.get((item.prompt.fields, item.prompt.choices))) is not None:
            raise fault(paths[1], line, f"asks the same as line {same} of {paths[0].name}; what is shown or trained on "
                        "is never evaluated, so take one of the two out")  # fmt: skip


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    table = dict(pairs)
    if len(table) < len(pairs):
        keys = [key for key, _ in pairs]
        raise Wrong(f"key {quoted(next(key for key in keys if keys.count(key) > 1))} stands there twice; keep one")
    return table


def _item(row: Mapping[str, Any], definition: Definition) -> Item:
    check_keys(row, KEYS)
    _check_present(row, ("id", "fields", "target"))
    fields = _fields(row["fields"], definition)
    choices = _own_choices(row, definition) or definition.prompt.choices
    prompt = replace(definition.prompt, fields=fields, choices=choices)
    if choices is not definition.prompt.choices:
        check_num_options(prompt)
    target = _target(row["target"], choices, definition.stop)
    return Item(
        id=as_answer(row["id"], "id"),
        prompt=prompt,
        target=target,
        aliases=_aliases(row, choices),
        contrasts=_contrasts(row.get("contrast", []), definition, Item("", prompt, target)),
    )


def _fields(value: object, definition: Definition) -> tuple[Field, ...]:
    if not isinstance(value, dict):
        raise Wrong(f'fields is {kind_of(value)}; it must be an object such as {{"{definition.columns[0]}": "..."}}')
    columns = definition.columns
    if value.keys() != set(columns):
        check_keys(value, columns, kind="field")
        missing = [column for column in columns if column not in value]
        raise Wrong(f"field {quoted(missing[0])} is missing; suite.toml names {quoted_list(columns)}")
    return tuple(
        Field(field.name, as_text(value[column], f"field {quoted(column)}"))
        for field, column in zip(definition.prompt.fields, columns, strict=True)
    )


def _own_choices(row: Mapping[str, Any], definition: Definition) -> tuple[str, ...]:
    if "choices" not in row:
        return ()
    if definition.prompt.choices:
        raise Wrong("choices stand in suite.toml already; take them out there or here")
    return as_choices(row["choices"])


def _target(value: object, choices: tuple[str, ...], stop: tuple[str, ...]) -> str:
    meant = [one for one in choices if not isinstance(value, str) and one.lower() == json.dumps(value).lower()]
    target = as_answer(value, "target", instead=meant[0] if meant else "")
    if choices and target not in choices:
        raise Wrong(f"target {quoted(target)} is not among the choices {quoted_list(choices)}; "
                    "the target is the text of the right choice, not its letter or number")  # fmt: skip
    if not choices:
        cut = [one for one in stop if one in target]
        if cut:
            raise Wrong(f"target {quoted(target)} holds the stop string {quoted(cut[0])}, so no answer could equal it; "
                        "shorten the target or set [generation] stop in suite.toml")  # fmt: skip
    return target


def _aliases(row: Mapping[str, Any], choices: tuple[str, ...]) -> tuple[str, ...]:
    aliases = as_answers(row.get("aliases", []), "aliases")
    if aliases and choices:
        raise Wrong("aliases are for free text, and this row has choices; take the aliases out")
    return aliases


def _contrasts(value: object, definition: Definition, item: Item) -> tuple[Contrast, ...]:
    if not isinstance(value, list):
        raise Wrong(f'contrast is {kind_of(value)}; it must be a list of {{"fields": {{...}}, "target": "..."}}')
    contrasts = []
    for index, row in enumerate(value):
        with under(prefix=f"contrast[{index}]: "):
            contrasts.append(_contrast(row, definition, item))
    return tuple(contrasts)


def _contrast(row: object, definition: Definition, item: Item) -> Contrast:
    if not isinstance(row, dict):
        raise Wrong(f'is {kind_of(row)}; it must be an object such as {{"fields": {{...}}, "target": "..."}}')
    check_keys(row, CONTRAST_KEYS)
    _check_present(row, ("fields", "target"))
    own = _own_choices(row, definition)
    if own and not item.prompt.choices:
        raise Wrong("has choices, but the row does not")
    check_num_options(replace(item.prompt, choices=own))
    contrast = Contrast(
        fields=_fields(row["fields"], definition),
        target=_target(row["target"], own or item.prompt.choices, definition.stop),
        choices=own,
    )
    if contrast.target == item.target:
        raise Wrong(f"target {quoted(item.target)} is the row's own; an edit that keeps the answer is no contrast")
    if contrast.fields == item.prompt.fields and not own:
        raise Wrong("fields are the row's own, so nothing is edited; change what makes the other answer right")
    return contrast


def _check_present(row: Mapping[str, Any], keys: Iterable[str]) -> None:
    for key in keys:
        if key not in row:
            raise Wrong(f'{key} is missing; a row has "id", "fields" and "target"')
