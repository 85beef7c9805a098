r"""BIG-Bench Hard: `bbh:FOLDER` is a suite for each task file, `bbh:FOLDER:navigate,snarks` some of them.

    {"examples": [{"input": "... Options:\n(A) Ana\n(B) Eve", "target": "(B)"}]}    -->    choices Ana, Eve; target Eve

Suzgun et al. 2022, "Challenging BIG-Bench Tasks and Whether Chain-of-Thought Can Solve Them". The instructions are our own, one
for each task; what a file says before and after its question, the same for every item, gives way to them.

Covered: listed options (target as text), closed answer sets such as yes and no, free text. Rows whose target is none of their
options, or whose options repeat, are left out and counted.
Not covered: chain-of-thought prompts, the published three-shot demonstrations.
"""

from __future__ import annotations

import logging
import re
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from probe.evaluation.free_reading import is_same_text
from probe.sources.base import (
    MAX_SYMBOLS,
    SourceOptions,
    expect,
    files_in,
    line_of_entry,
    name_from,
    read_json,
    room_for,
    selected_files,
    split_argument,
    text_within,
)
from probe.suite.faults import counted
from probe.types import Field, Item, ParsedAnswer, Prompt, Suite

log = logging.getLogger(__name__)

OPTIONS = re.compile(r"\s*\n?Options:\s*\n(?P<list>(?:\s*(?:\([A-Z]\)|-) ?[^\n]*\n?)+)\s*$")
LETTERED = re.compile(r"^\s*\((?P<letter>[A-Z])\) ?(?P<text>.*?)\s*$")
DASHED = re.compile(r"^\s*- ?(?P<text>.*?)\s*$")
ANSWER_SETS = (("Yes", "No"), ("True", "False"), ("valid", "invalid"))
TASKS = Path(__file__).with_name("bbh_tasks.toml")
"""How each of the 27 published tasks is asked."""


def read(argument: str, options: SourceOptions) -> list[Suite]:
    """Read task files as suites.

    Raises:
        UsageError: there is no such folder or task.
        SuiteError: a file is not of this form; says file and line.
    """
    place, names = split_argument(argument)
    path = Path(place).expanduser()
    if path.is_file():
        return [_suite(path.stem, path, f"bbh:{place}")]
    files = selected_files(
        files_in(path, ".json", allow_outside=options.allow_outside), names, "task of BIG-Bench Hard"
    )
    return [_suite(name, file, f"bbh:{place}:{name}") for name, file in files.items()]


def _suite(name: str, path: Path, spec: str) -> Suite:
    rows = expect(expect(read_json(path), dict, path, "the file").get("examples"), list, path, "examples")
    task = tomllib.loads(TASKS.read_text(encoding="utf-8")).get(name, {"instruction": "", "shape": ""})
    targets = [_target(row, index, path) for index, row in enumerate(rows)]
    answer_set = _answer_set(targets)
    read = [
        _item(f"{name}-{index:03d}", row["input"], target, task, answer_set)
        for index, (row, target) in enumerate(zip(rows, targets, strict=True))
    ]
    items = tuple(item for item in read if item)
    if num_left_out := len(read) - len(items):
        reason = "whose target is none of its options, or whose options repeat"
        log.warning("%s: left out %s %s", spec, counted(num_left_out, "row"), reason)
    return Suite(
        name_from(name),
        "1",
        f"BIG-Bench Hard: {name.replace('_', ' ')}.",
        items,
        max_new_tokens=room_for(item.target for item in items),
        path=spec,
        parse_answer=same_text if any(not item.prompt.choices for item in items) else None,
    )


def same_text(item: Item, text: str) -> ParsedAnswer:
    """Parse a free answer: the same text but for case and white space. A bracket and a minus sign count."""
    is_right = is_same_text(text, item.target)
    return ParsedAnswer(item.target if is_right else " ".join(text.split()), is_right)


def _target(row: Any, index: int, path: Path) -> str:
    for key in ("input", "target"):
        if not isinstance(row, dict) or not isinstance(row.get(key), str) or not row[key].strip():
            line = line_of_entry(text_within(path), index, "input")
            expect(row, dict, path, f"examples[{index}]", line)
            expect(row.get(key) or None, str, path, f"examples[{index}].{key}", line)
    return str(row["target"]).strip()


def _answer_set(targets: Sequence[str]) -> tuple[str, ...]:
    """Return the answer set that all targets belong to, spelled as they are; empty for none."""
    used = {target.lower(): target for target in targets}
    for answers in ANSWER_SETS:
        spelled = tuple(used.get(answer.lower(), answer) for answer in answers)
        if targets and set(targets) <= set(spelled):
            return spelled
    return ()


def _item(name: str, text: str, target: str, task: Mapping[str, str], answer_set: tuple[str, ...]) -> Item | None:
    match = OPTIONS.search(text)
    head = text[: match.start()] if match else text
    lines = [line for line in match["list"].split("\n") if line.strip()] if match else []
    is_lettered = bool(lines) and all(LETTERED.match(line) for line in lines)
    choices = tuple(_option(line) for line in lines) or answer_set
    answer = _answer(target, lines, choices) if lines else target
    if choices and (answer not in choices or len(set(choices)) < len(choices) or "" in choices or len(choices) < 2):
        return None
    prompt = Prompt(
        task["instruction"],
        _fields(head.strip(), task["shape"]),
        choices,
        options_field="Options" if is_lettered else "",
        list_choices=is_lettered and len(choices) <= MAX_SYMBOLS,
    )
    return Item(name, prompt, answer)


def _option(line: str) -> str:
    match = LETTERED.match(line) or DASHED.match(line)
    return match["text"] if match else line.strip()


def _answer(target: str, lines: Sequence[str], choices: Sequence[str]) -> str:
    """Return the text of the right option: the one with the target's letter, else the one that says the target."""
    for line, choice in zip(lines, choices, strict=True):
        match = LETTERED.match(line)
        if match and target in (f"({match['letter']})", match["letter"]):
            return choice
    return next((choice for choice in choices if choice.lower() == target.lower()), "")


def _fields(head: str, shape: str) -> tuple[Field, ...]:
    """Split a question by the shape of its task; a question of another shape stays whole."""
    match = re.fullmatch(shape, head, re.DOTALL) if shape else None
    if match is None:
        return (Field("Question", head),)
    parts = [(name.replace("_", " "), text.strip()) for name, text in match.groupdict().items()]
    return tuple(Field(name, text) for name, text in parts if text)
