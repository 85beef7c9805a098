"""Write a suite as a folder that is read as the same suite.

Covered: suites whose items share one prompt.
Not covered: items with demonstrations or with a layout of their own (those are variants).
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path

from probe.masking import masked
from probe.suite.faults import quoted
from probe.suite.template import LISTS, braces_doubled
from probe.types import Field, Item, Layout, Prompt, Suite

TEMPLATE = "prompt.txt"
BARE = re.compile(r"[A-Za-z0-9_-]+")


def write_suite(suite: Suite, folder: Path) -> None:
    """Write a suite into an existing folder: suite.toml, items.jsonl, and train.jsonl and prompt.txt where it has them.

    Raises:
        ValueError: its items do not share one prompt, or it has none.
        OSError: a file cannot be written.
    """
    items = (*suite.items, *suite.train)
    prompts = {_bare(item.prompt) for item in items}
    if len(prompts) != 1:
        raise ValueError(f"a suite folder holds one prompt, these items have {len(prompts)}")
    (prompt,) = prompts
    choice_sets = {item.prompt.choices for item in items}
    if prompt.verbalizer and len(choice_sets) > 1:
        raise ValueError("a suite folder holds label words for choices that all items share")
    choices = choice_sets.pop() if len(choice_sets) == 1 else ()
    names = [field.name for field in prompt.fields]
    if prompt.is_template:
        (folder / TEMPLATE).write_text(
            masked(braces_doubled(prompt.instruction, (*names, *LISTS))) + "\n", encoding="utf-8"
        )
    (folder / "suite.toml").write_text(masked(_definition(suite, prompt, choices)), encoding="utf-8")
    _write_rows(folder / "items.jsonl", suite.items, not choices)
    if suite.train:
        _write_rows(folder / "train.jsonl", suite.train, not choices)


def _bare(prompt: Prompt) -> Prompt:
    """Return a prompt without the texts of its fields and its choices."""
    if prompt.demonstrations:
        raise ValueError("an item with demonstrations is a variant, no item of a suite folder")
    return replace(prompt, fields=tuple(Field(field.name, "") for field in prompt.fields), choices=())


def _definition(suite: Suite, prompt: Prompt, choices: Sequence[str]) -> str:
    entries: dict[str, object] = {"name": suite.name, "version": suite.version, "description": suite.description}
    default = Prompt("", ())
    if prompt.is_template:
        entries["template"] = TEMPLATE
    else:
        entries["instruction"] = braces_doubled(prompt.instruction, LISTS)
    entries["fields"] = [field.name for field in prompt.fields]
    keys = () if prompt.is_template else ("answer_field", "list_choices", "answer_with", "options_field")
    entries |= {key: getattr(prompt, key) for key in keys if getattr(prompt, key) != getattr(default, key)}
    if choices:
        entries["choices"] = list(choices)
    layout = {key: value for key, value in asdict(prompt.layout).items() if value != getattr(Layout(), key)}
    generation = {"stop": list(suite.stop), "max_new_tokens": suite.max_new_tokens}
    tables = {
        "layout": {} if prompt.is_template else layout,
        "verbalizer": dict(prompt.verbalizer),
        "generation": generation,
    }
    return _toml(entries) + "".join(_toml(table, section) for section, table in tables.items())


def _toml(table: Mapping[str, object], section: str = "") -> str:
    """Return a table as TOML; its strings are JSON strings, whose escapes TOML shares."""
    if not table:
        return ""
    lines = [f"{toml_key(key)} = {toml_value(value)}" for key, value in table.items()]
    return "\n".join([*([f"\n[{section}]"] if section else []), *lines]) + "\n"


def toml_key(key: str) -> str:
    """Return a key as it stands in TOML, in quotation marks where it needs them."""
    return key if BARE.fullmatch(key) else _toml_text(key)


def toml_value(value: object) -> str:
    """Return a value as it stands on one line of TOML."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{toml_key(key)} = {toml_value(one)}" for key, one in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(toml_value(one) for one in value) + "]"
    return _toml_text(value) if isinstance(value, str) else json.dumps(value)


def _toml_text(text: str) -> str:
    """Return a text as TOML writes it: as JSON does, but for DEL, which TOML wants escaped."""
    return quoted(text).replace("\x7f", "\\u007f")


def _write_rows(path: Path, items: Sequence[Item], with_choices: bool) -> None:
    lines = [json.dumps(_row(item, with_choices), ensure_ascii=False) for item in items]
    path.write_text(masked("\n".join(lines)) + "\n", encoding="utf-8")


def _row(item: Item, with_choices: bool) -> dict[str, object]:
    row: dict[str, object] = {"id": item.id, "fields": _by_name(item.prompt.fields), "target": item.target}
    if with_choices and item.prompt.choices:
        row["choices"] = list(item.prompt.choices)
    if item.aliases:
        row["aliases"] = list(item.aliases)
    if item.contrasts:
        row["contrast"] = [
            {"fields": _by_name(contrast.fields), "target": contrast.target}
            | ({"choices": list(contrast.choices)} if contrast.choices else {})
            for contrast in item.contrasts
        ]
    return row


def _by_name(fields: Sequence[Field]) -> dict[str, str]:
    return {field.name: field.text for field in fields}
