"""Natural Instructions task files: `ni:FILE`, `ni:FOLDER`, `ni:FOLDER:task050,task1297`, `ni:FOLDER:wpm`.

    {"Definition": ["..."], "Positive Examples": [{"input", "output"}], "Instances": [{"id", "input", "output": ["..."]}]}
         instruction             training items                             items

Mishra et al. 2022; Wang et al. 2022, "Super-NaturalInstructions". `wpm` names the 52 tasks of Seleznyov et al. 2025, "When
Punctuation Matters".

An input whose lines begin with the same descriptors in every instance (`Sentence: ... Question: ...`) becomes fields; the few
different outputs of a task become its choices.

Covered: classification and free text. Not covered: options that an input lists itself, which stay part of it.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from probe.errors import UsageError
from probe.registry import few, unknown_name
from probe.sources.base import (
    SourceOptions,
    expect,
    files_in,
    line_of_entry,
    name_from,
    read_json,
    room_for,
    split_argument,
    text_within,
)
from probe.suite.faults import counted, fault
from probe.types import Field, Item, Prompt, Suite

log = logging.getLogger(__name__)

WPM = (
    50, 65, 69, 70, 114, 133, 155, 158, 161, 162, 163, 213, 214, 220, 279, 280, 286, 296, 297, 316,
    317, 319, 320, 322, 323, 325, 326, 327, 328, 335, 337, 385, 580, 607, 608, 609, 904, 905, 1186, 1283,
    1284, 1297, 1347, 1387, 1419, 1420, 1421, 1423, 1502, 1612, 1678, 1724,
)  # fmt: skip
"""The tasks of "When Punctuation Matters"."""

DESCRIPTOR = re.compile(r"(?:^|(?<=[\s>]))([A-Z][A-Za-z]*(?: [A-Z]?[a-z0-9]+)?): ")
MAX_CHOICES = 20


def read(argument: str, options: SourceOptions) -> list[Suite]:
    """Read task files as suites.

    Raises:
        UsageError: there is no such folder or task.
        SuiteError: a file is not of this form; says file and line.
    """
    place, names = split_argument(argument)
    path = Path(place).expanduser()
    if path.is_file():
        return [_suite(path, f"ni:{place}")]
    files = files_in(path, ".json", allow_outside=options.allow_outside)
    return [_suite(files[stem], f"ni:{place}:{stem}") for stem in _stems(list(files), names, place)]


def _stems(known: list[str], names: str, place: str) -> list[str]:
    if not names:
        return known
    if names == "wpm":
        return _of_wpm(known, place)
    stems = []
    for name in filter(None, map(str.strip, names.split(","))):
        number = re.fullmatch(r"(?:task)?(\d+)", name)
        stem = name if name in known else _of_number(known, int(number[1])) if number else ""
        if not stem:
            raise unknown_name(f"task in {place}", name, known, see=f"the files of {place}")
        stems.append(stem)
    return list(dict.fromkeys(stems))


def _of_wpm(known: Sequence[str], place: str) -> list[str]:
    """Return the tasks of "When Punctuation Matters" that are there, and say which are not."""
    numbers = {number: _of_number(known, number) for number in WPM}
    present = [stem for stem in numbers.values() if stem]
    missing = [f"task{number:03d}" for number, stem in numbers.items() if not stem]
    if not present:
        raise UsageError(
            f"ni:{place}:wpm: none of its {len(WPM)} tasks is there ({few(missing)}); "
            f"{place} has {counted(len(known), 'other task')}",
            hint=f"probe show ni:{place}:{known[0]}  reads one that is there",
        )
    if missing:
        log.warning("ni:%s:wpm: %s of the 52 not there: %s", place, counted(len(missing), "task"), few(missing))
    return present


def _of_number(known: Sequence[str], number: int) -> str:
    return next((stem for stem in known if re.match(rf"task0*{number}(?:_|$)", stem)), "")


def _suite(path: Path, spec: str) -> Suite:
    task = expect(read_json(path), dict, path, "the file")
    definition = task.get("Definition", "")
    parts = definition if isinstance(definition, list) else [definition]
    instruction = " ".join(expect(one, str, path, "Definition") for one in parts).strip()
    pairs = _pairs(expect(task.get("Instances"), list, path, "Instances"), "Instances", path)
    examples = _pairs(task.get("Positive Examples") or [], "Positive Examples", path)
    whole = [(name, text, outputs) for name, text, outputs in pairs if text.strip() and outputs and outputs[0].strip()]
    if len(whole) < len(pairs):
        log.warning("%s: left out %s without input or output", spec, counted(len(pairs) - len(whole), "instance"))
    choices = _choices(whole)
    names = _descriptors([text for _, text, _ in (*whole, *examples)])
    prompt = Prompt(instruction, (), choices, answer_field="Answer" if names else "Output")
    items = [_item(name, text, outputs, names, prompt) for name, text, outputs in whole]
    train = [_item(name, text, outputs, names, prompt) for name, text, outputs in examples if text.strip() and outputs]
    evaluated = {item.prompt.fields for item in items}
    return Suite(
        name_from(path.stem),
        "1",
        f"Natural Instructions: {path.stem}.",
        tuple(items),
        tuple(
            item for item in train if item.prompt.fields not in evaluated and (not choices or item.target in choices)
        ),
        max_new_tokens=room_for(item.target for item in items),
        path=spec,
    )


def _pairs(rows: Any, key: str, path: Path) -> list[tuple[str, str, list[str]]]:
    """Return id, input and outputs of each row."""
    pairs = []
    for index, row in enumerate(expect(rows, list, path, key)):
        try:
            ident = str(row.get("id") or f"{key[0].lower()}-{index}")
            output = row["output"]
            outputs = output if isinstance(output, list) else [output]
            if not isinstance(row["input"], str) or not all(isinstance(one, str) for one in outputs):
                raise TypeError
            pairs.append((ident, row["input"], [one.strip() for one in outputs]))
        except (AttributeError, KeyError, TypeError) as error:
            line = line_of_entry(text_within(path), index, "input")
            raise fault(path, line, f'{key}[{index}] is not {{"input": "...", "output": ["..."]}}') from error
    names = [name for name, _, _ in pairs]
    if len(set(names)) < len(names):
        return [(f"{name}-{index}", text, outputs) for index, (name, text, outputs) in enumerate(pairs)]
    return pairs


def _choices(pairs: Sequence[tuple[str, str, list[str]]]) -> tuple[str, ...]:
    """Return the classes of a task whose every output is one of a few; none for free text."""
    classes = tuple(sorted({outputs[0] for _, _, outputs in pairs}))
    is_closed = all(len(outputs) == 1 for _, _, outputs in pairs)
    return classes if is_closed and 1 < len(classes) <= min(MAX_CHOICES, len(pairs) / 2) else ()


def _descriptors(texts: Sequence[str]) -> tuple[str, ...]:
    """Return the descriptors that all inputs have, in the same order and from the beginning; none where they differ."""
    if not texts or DESCRIPTOR.match(texts[0]) is None:
        return ()
    names = tuple(dict.fromkeys(DESCRIPTOR.findall(texts[0])))
    for text in texts:
        names = tuple(name for name in names if name in DESCRIPTOR.findall(text))
    return names if names and all(_split_by(text, names) for text in texts) else ()


def _split_by(text: str, names: Sequence[str]) -> list[str]:
    """Return the text after each descriptor; none if the text does not begin with them or has them in another order."""
    starts = [text.find(f"{name}: ") for name in names]
    if starts[0] != 0 or starts != sorted(set(starts)):
        return []
    ends = [*starts[1:], len(text)]
    parts = [text[begin + len(name) + 2 : end] for name, begin, end in zip(names, starts, ends, strict=True)]
    return [part.strip().removesuffix("<sep>").strip() for part in parts]


def _item(name: str, text: str, outputs: list[str], names: tuple[str, ...], prompt: Prompt) -> Item:
    texts = _split_by(text, names) if names else [text.strip()]
    fields = tuple(Field(word, part) for word, part in zip(names or ("Input",), texts, strict=True))
    others = tuple(dict.fromkeys(one for one in outputs[1:] if one and one != outputs[0]))
    return Item(name, replace(prompt, fields=fields), outputs[0], aliases=() if prompt.choices else others)
