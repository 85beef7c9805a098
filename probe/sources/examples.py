"""Make a suite from a user's table and prompt.

    examples.csv   text,label            prompt.txt   Is this review positive or negative?
                   A joy.,positive                    Review: {text}
                                                      Sentiment:

Covered: which column is the answer, whether it is a choice, rows that cannot be asked, a share kept for training.
Not covered: choices that differ from row to row (write the suite's items.jsonl), writing the folder (`probe.cli.init`).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from probe.errors import UsageError
from probe.files.names import no_device
from probe.prompt.render import PLACEHOLDER
from probe.seeds import rng_for
from probe.sources.base import room_for
from probe.sources.tables import Row, Table, is_blank
from probe.suite.definition import MAX_NEW_TOKENS, suite_name
from probe.suite.faults import HALF, Wrong, as_choices, broken, counted, fault, near, quoted, quoted_list
from probe.suite.template import LISTS, columns_of, prompt_from_template
from probe.types import Field, Item, Prompt, Suite

TARGETS = ("target", "label")
"""Columns that are the answer where none is named."""

MAX_CHOICES = 20
"""More distinct answers than that are free text."""

MANY_ROWS = 20
"""In a table of at least this many rows, an answer that occurs once looks like a slip."""


ROW_NAMES = (
    "id",
    "ids",
    "idx",
    "index",
    "key",
    "uid",
    "uuid",
    "guid",
    "no",
    "nr",
    "number",
    "row",
    "_id",
    "unnamed: 0",
)
"""Columns that name a row rather than say anything."""
SEEN_ROWS, MOST_NAMED = 50, 3
"""Rows that show what a column holds; columns that a message suggests."""
NO_VALUES = ("nan", "nat", "<na>", "#n/a", "null")
"""Words that programs write for a missing value; "none" and "NA" are left out, since they are answers too."""


@dataclass(frozen=True, slots=True)
class Ask:
    """How the examples of a table are to be asked."""

    prompt: str
    """The text of the prompt file, with `{column}` placeholders."""
    prompt_path: str = "prompt"
    target: str = ""
    """The column with the right answers; empty for `target` or `label`."""
    id: str = ""
    """The column with the items' ids; empty to number them."""
    choices: tuple[str, ...] = ()
    """The possible answers; empty to find them in the target column."""
    train_share: float = 0.0
    is_free: bool = False
    """Whether the answers are free text, however few of them are different."""
    may_contradict: bool = False
    """Whether rows may ask the same and answer otherwise, as data that others made often does; each such answer is then asked."""
    in_python: bool = False
    """Whether messages name arguments, such as `target=`, and not flags."""

    def option(self, name: str) -> str:
        """Return the name of an option as its user types it: a flag, or an argument."""
        return f"{name}=" if self.in_python else "--" + name.replace("_", "-")

    @property
    def other_choices(self) -> str:
        """Return an example of naming the choices."""
        return "choices=['a', 'b']" if self.in_python else "--choices a,b"


@dataclass(frozen=True, slots=True)
class Made:
    """A suite, and notes for the user on how the table was read."""

    suite: Suite
    notes: tuple[str, ...]


def suite_from_table(table: Table, *, ask: Ask, name: str) -> Made:
    """Make a suite out of a table.

    Raises:
        UsageError: a column is missing, or there is nothing to ask.
        SuiteError: a row or the prompt is wrong; says file and line.
    """
    try:
        name = suite_name(name)
    except Wrong as error:
        raise UsageError(str(error) if ask.in_python else f"--name: {error}") from error
    target = _target_column(table, ask)
    if ask.id:
        _check_column(table, ask.id, ask.option("id"))
    prompt = _prompt(table, ask, target)
    _check_cells(table, [*columns_of(prompt), target, *([ask.id] if ask.id else [])])
    rows, notes = _without_repeats(table, columns_of(prompt), target, may_contradict=ask.may_contradict)
    choices, explanation = _choices(table, rows, target, ask)
    if not choices and "choices" in PLACEHOLDER.findall(prompt.instruction):
        raise UsageError(f"{ask.prompt_path}: {{choices}} stands for the choices, and column {quoted(target)} is free "
                         f"text; name them with {ask.other_choices}")  # fmt: skip
    items = _items(table, rows, replace(prompt, choices=choices), target, ask.id)
    evaluated, train = _split(items, ask)
    suite = Suite(name, "1", f"{len(items)} examples of {table.path.name}.", evaluated, train)
    if not choices:
        suite = replace(suite, max_new_tokens=room_for((item.target for item in items), most=MAX_NEW_TOKENS))
    answers_note = f"answers: column {quoted(target)}, {explanation}"
    return Made(suite, (_prompt_note(prompt, columns_of(prompt)), answers_note, *notes))


def _target_column(table: Table, ask: Ask) -> str:
    if ask.target:
        _check_column(table, ask.target, ask.option("target"))
        return ask.target
    if present := [target for target in TARGETS if target in table.columns]:
        return present[0]
    raise UsageError(f"{table.path}: which column is the right answer? There is no target or label; name it with "
                     f"{ask.option('target')}. Columns: {', '.join(table.columns)}")  # fmt: skip


def _check_column(table: Table, column: str, flag: str) -> None:
    if column not in table.columns:
        named = f"{flag}{column!r}" if flag.endswith("=") else f"{flag} {column!r}"
        raise UsageError(f"{table.path}: {named} is no column. {near(column, table.columns)}"
                         f"Columns: {', '.join(table.columns)}")  # fmt: skip


def _prompt(table: Table, ask: Ask, target: str) -> Prompt:
    columns = [column for column in table.columns if column and column not in LISTS]
    asked = asked_columns(table, target, ask.id)
    _check_says_something(ask, columns, asked)
    prompt = prompt_from_template(ask.prompt, columns, path=ask.prompt_path)
    wrong = next((word for word in (f"{{{target}}}", "{symbols}") if word in ask.prompt), "")
    line = ask.prompt[: max(ask.prompt.find(wrong), 0)].count("\n") + 1
    if target in columns_of(prompt):
        instead = f" and write {_braced(asked)}" if columns_of(prompt) == (target,) and asked else ""
        raise fault(ask.prompt_path, line, f"{{{target}}} shows the model the right answer; take it out of the prompt"
                    f"{instead}, or name another column with {ask.option('target')}")  # fmt: skip
    if "symbols" in PLACEHOLDER.findall(prompt.instruction):
        wrong = "{symbols} needs options, which a prompt file does not list; write {choices}"
        raise fault(ask.prompt_path, line, wrong)
    return prompt


def asked_columns(table: Table, target: str, id_column: str = "") -> list[str]:
    """Return the columns that a prompt may ask about, those of the longest texts first: neither answers nor names of rows.

    A column whose name no placeholder can hold is left out, and numbers are where there is any text.
    """
    hidden = {
        target,
        id_column,
        *TARGETS,
    }  # a column that is called label holds answers, also where another one is asked for
    held = [
        column
        for column in table.columns
        if column not in hidden and column.strip().lower() not in ROW_NAMES and PLACEHOLDER.fullmatch(f"{{{column}}}")
    ]
    few = table.rows[:SEEN_ROWS]
    length = {column: sum(len(row.cells.get(column, "")) for row in few) for column in held}
    texts = [column for column in held if any(re.search(r"[^\W\d_]", row.cells.get(column, "")) for row in few)]
    return sorted(texts or held, key=lambda column: -length[column])


def _check_says_something(ask: Ask, columns: Sequence[str], asked: Sequence[str]) -> None:
    """Refuse a prompt that is empty or names no column.

    Raises:
        SuiteError: it is; says which placeholders would ask something.
    """
    named = {name for name in PLACEHOLDER.findall(ask.prompt)} & set(columns)
    if named or "{" in ask.prompt and not is_blank(ask.prompt) and PLACEHOLDER.search(ask.prompt):
        return  # what is wrong with a placeholder is said where it is read
    what = "is empty" if is_blank(ask.prompt) else "names no column, so every item would be the same question"
    cure = (
        f"write the question there, with {_braced(asked)} where the text of a row goes"
        if asked
        else ("and the table has no column to ask about besides answers and ids")
    )
    raise fault(ask.prompt_path, 1, f"{what}; {cure}")


def _braced(columns: Sequence[str]) -> str:
    """Return a few columns as placeholders."""
    return " or ".join(f"{{{column}}}" for column in columns[:MOST_NAMED])


def _check_cells(table: Table, columns: Sequence[str]) -> None:
    for column in columns:
        if half := HALF.search(column):
            raise fault(table.path, 1, broken(half[0], f"in the name of a column, {ascii(column)}"))
        lines = [row.line for row in table.rows if is_blank(row.cells[column])]
        for row in table.rows:
            if half := HALF.search(row.cells[column]):
                raise fault(table.path, row.line, broken(half[0], f"in column {quoted(column)}"))
        if lines:
            also = f" (as in {counted(len(lines) - 1, 'more row')}: {_numbers(lines[1:])})" if len(lines) > 1 else ""
            raise fault(table.path, lines[0], f"column {quoted(column)} is empty{also}; fill it in or take the row out")


def _without_repeats(
    table: Table, columns: Sequence[str], target: str, *, may_contradict: bool
) -> tuple[list[Row], list[str]]:
    """Return the rows that ask something new, and a note on the others.

    Where rows `may_contradict` one another, a question stays with each of its answers; `probe.suite.check_suite` warns of it.

    Raises:
        SuiteError: a question has two answers, and may not.
    """
    first: dict[tuple[str, ...], Row] = {}
    repeats = []
    for row in table.rows:
        answer = row.cells[target].strip()
        question = tuple(row.cells[column] for column in columns)
        earlier = first.setdefault((*question, answer) if may_contradict else question, row)
        answers = answer, earlier.cells[target].strip()
        if answers[0] != answers[1]:
            raise fault(table.path, row.line, f"asks the same as {table.unit} {earlier.line} and answers {quoted(answers[0])}, "
                        f"not {quoted(answers[1])}; keep the right one")  # fmt: skip
        if earlier is not row:
            repeats.append(row.line)
    note = f"left out {counted(len(repeats), 'row')} asking what another row asks: {table.unit} {_numbers(repeats)}"
    return list(first.values()), [note] if repeats else []


def _choices(table: Table, rows: Sequence[Row], target: str, ask: Ask) -> tuple[tuple[str, ...], str]:
    """Return the possible answers, none for free text, and how they were found."""
    counts = Counter(row.cells[target].strip() for row in rows)
    if ask.is_free:
        return (), "free text"
    if ask.choices:
        try:
            choices = as_choices(list(ask.choices), ask.option("choices").rstrip("="))
        except Wrong as error:
            raise UsageError(str(error)) from error
        for row in rows:
            if (answer := row.cells[target].strip()) not in choices:
                raise fault(table.path, row.line, f"{target} {quoted(answer)} is not among the choices "
                            f"{quoted_list(choices)}. {near(answer, choices)}Correct it or add it "
                            f"to {ask.option('choices').rstrip('=')}")  # fmt: skip
        return choices, f"one of {quoted_list(choices)}"
    if len(counts) == 1:
        return (), f"free text, always {quoted(next(iter(counts)))} (for a choice name the others: {ask.other_choices})"
    if len(counts) > MAX_CHOICES or len(counts) > len(rows) / 2:
        return (), f"free text ({len(counts)} different ones in {len(rows)} rows; for a choice: {ask.other_choices})"
    none = "choices=[] for free text" if ask.in_python else "or none in suite.toml"
    explanation = f"one of {quoted_list(sorted(counts))} (found there; other ones: {ask.other_choices}, {none})"
    return tuple(sorted(counts)), explanation + _suspicion(counts)


def _suspicion(counts: Counter[str]) -> str:
    """Return a note on answers that look like a slip; empty for none."""
    if len({choice.lower() for choice in counts}) < len(counts):
        return "; some differ only in upper and lower case, is that meant?"
    if missing := [choice for choice in counts if choice.casefold() in NO_VALUES]:
        return f"; {quoted(missing[0])} is how other programs write a missing value, is that meant?"
    once = [choice for choice, count in counts.items() if count == 1]
    if once and counts.total() >= MANY_ROWS:
        return f"; {quoted(once[0])} stands there only once, is that meant?"
    return ""


def _items(table: Table, rows: Sequence[Row], prompt: Prompt, target: str, id_column: str) -> tuple[Item, ...]:
    columns = columns_of(prompt)
    lines: dict[str, int] = {}
    items = []
    for number, row in enumerate(rows, start=1):
        name = row.cells[id_column].strip() if id_column else str(number)
        answer = row.cells[target].strip()
        if name in lines:
            raise fault(table.path, row.line, f"{id_column} {quoted(name)} is already that of {table.unit} {lines[name]}; ids "
                        "are unique")  # fmt: skip
        if "\n" in answer and not prompt.choices:
            raise fault(table.path, row.line, f"{target} {quoted(answer)} has several lines; an answer is one line")
        lines[name] = row.line
        fields = zip(prompt.fields, columns, strict=True)
        filled = tuple(Field(field.name, row.cells[column]) for field, column in fields)
        items.append(Item(name, replace(prompt, fields=filled), answer))
    return tuple(items)


def _split(items: Sequence[Item], ask: Ask) -> tuple[tuple[Item, ...], tuple[Item, ...]]:
    """Split the items into those to evaluate and a share for training, by a hash of their ids."""
    share = ask.train_share
    if not 0 <= share < 1:
        option = f"{ask.option('train_share')}{'' if ask.in_python else ' '}{share:g}"
        raise UsageError(f"{option} is a share of the rows, from 0 up to but not including 1")
    by_chance = sorted(items, key=lambda item: rng_for("train", item.id).random())
    train_ids = {item.id for item in by_chance[: min(round(share * len(items)), len(items) - 1)]}
    evaluated = tuple(item for item in items if item.id not in train_ids)
    return evaluated, tuple(item for item in items if item.id in train_ids)


def _prompt_note(prompt: Prompt, columns: Sequence[str]) -> str:
    if prompt.is_template:
        example = "Review: {text}\\nSentiment:"
        return (f"prompt: kept as a fixed template around {quoted_list(columns)}; its layout cannot be varied, for "
                f"that write it as an instruction and lines like {example}")  # fmt: skip
    names = ", ".join(field.name for field in prompt.fields)
    parts = f"{'an instruction, ' if prompt.instruction else ''}{names} and {prompt.answer_field}"
    return f"prompt: read as {parts}; its layout and wording can be varied"


def _numbers(lines: Sequence[int]) -> str:
    return ", ".join(map(str, lines[:5])) + (", ..." if len(lines) > 5 else "")


def name_of(stem: str) -> str:
    """Return a file's stem as a suite's name: letters, digits, _ and -."""
    return no_device(re.sub(r"[^A-Za-z0-9_-]+", "-", stem).strip("-_") or "examples")
