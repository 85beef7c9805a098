r"""suite.toml: the name of a suite and the prompt of its items.

    name = "sentiment"                      letters, digits, _ and -
    version = "1"
    description = "Short reviews."          optional
    instruction = "Say whether the review is positive or negative."     may hold {choices} or {symbols}
    fields = ["Review"]                     the keys of "fields" in each row, in the order asked
    answer_field = "Sentiment"              optional, "Answer"
    choices = ["positive", "negative"]      optional: else each row may have its own; none at all: free text
    list_choices = false                    optional: list them as options with symbols
    answer_with = "text"                    optional; "symbol" needs list_choices
    options_field = ""                      optional: descriptor before the options
    [verbalizer]                            optional: choice = "word", the word that is shown and asked for in its place
    template = "prompt.txt"                 instead of instruction, answer_field, options_field and [layout]
    [layout]                                optional: the keys of probe.types.Layout
    [generation]                            optional: stop = ["\n"], max_new_tokens = 16

Covered: keys, types, values and how they fit together; a mistake names the line of its key.
Not covered: rows (`rows`), what a placeholder may be (`template`).
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, TypeVar, get_args

from probe.files.inside import is_inside
from probe.files.limits import MAX_SETTINGS_BYTES, MAX_TEXT
from probe.files.names import is_device, no_device
from probe.files.reading import Refused, from_toml
from probe.prompt.render import MAX_SYMBOLS, PLACEHOLDER
from probe.suite.faults import (
    Wrong,
    as_answer,
    as_answers,
    as_choices,
    as_text,
    check_keys,
    fault,
    kind_of,
    near,
    quoted,
    quoted_list,
    read_text,
    under,
)
from probe.suite.template import LISTS, columns_of, literal, prompt_from_template
from probe.types import AnswerWith, Casing, Field, Layout, Numbering, Prompt

KEYS = (
    "name", "version", "description", "instruction", "fields", "answer_field", "choices", "list_choices", "answer_with",
    "options_field", "template", "layout", "verbalizer", "generation",
)  # fmt: skip
NOT_WITH_TEMPLATE = ("instruction", "answer_field", "list_choices", "answer_with", "options_field", "layout")
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")
MAX_NEW_TOKENS = 4096
OUTSIDE = "lies outside the folder of the suite; put it there, or add --allow-outside if you trust the suite to read it"
T = TypeVar("T")
FIELD_NAME = re.compile(r"\S(?:[^\n]*\S)?")


@dataclass(frozen=True, slots=True)
class Definition:
    """The content of suite.toml."""

    name: str
    version: str
    description: str
    prompt: Prompt
    """The prompt of all items; the text of each field is the placeholder of its column."""
    columns: tuple[str, ...]
    """The key in a row's "fields" that each field of the prompt is filled from."""
    stop: tuple[str, ...]
    max_new_tokens: int
    template: str = ""
    """Name of the prompt file; empty for none."""
    text: str = ""
    """The file itself, to find lines in."""


def read_definition(path: Path, *, allow_outside: bool = False) -> Definition:
    """Read suite.toml, and the prompt file that it names; one outside the folder only if that is allowed.

    Raises:
        SuiteError: it is missing or wrong; says file and line.
    """
    text = read_text(path, most=MAX_SETTINGS_BYTES)
    try:
        table = from_toml(text)
    except Refused as error:
        raise fault(path, error.line, error) from error
    except tomllib.TOMLDecodeError as error:
        where = re.search(r"\(at line (\d+), column (\d+)\)", str(error))
        line = int(where[1]) if where else text.rstrip().count("\n") + 1
        raise fault(path, line, f"is not valid TOML: {error}") from error
    try:
        return replace(_definition(table, path, allow_outside=allow_outside), text=text)
    except Wrong as error:
        raise fault(path, line_of(text, error.key), error) from error


def line_of(text: str, key: str) -> int:
    """Return the line on which a key of a TOML file stands, from 1; a key of a table is written `table.key`.

    The first line where the key is not in the file.
    """
    section = ""
    for number, line in enumerate(text.split("\n"), start=1):
        if header := re.match(r"\s*\[\s*([\w-]+)\s*\]", line):
            section = header[1] + "."
            if header[1] == key:
                return number
        elif (entry := re.match(r"\s*(?:\"([^\"]*)\"|([\w-]+))\s*[=.]", line)) and section + (
            entry[1] or entry[2]
        ) == key:
            return number
    return 1


def _definition(table: Mapping[str, Any], path: Path, *, allow_outside: bool) -> Definition:
    check_keys(table, KEYS)
    for key in ("name", "version", "fields"):
        _required(table, key)
    name = suite_name(table["name"])
    version = _keyed("version", as_answer, table["version"])
    description = _text(table, "description", "")
    columns = _fields(table["fields"])
    choices = _keyed("choices", as_choices, table["choices"]) if "choices" in table else ()
    template = ""
    if "template" in table:
        template = _keyed("template", as_answer, table["template"])
        if not allow_outside and not is_inside(path.parent / template, path.parent):
            raise Wrong(f"template {quoted(template)} {OUTSIDE}", "template")
        prompt = _template_prompt(table, path.parent / template, columns)
    else:
        prompt = _laid_out_prompt(table, columns)
    stop, max_new_tokens = _generation(_table(table, "generation"))
    prompt = replace(prompt, choices=choices, verbalizer=_verbalizer(_table(table, "verbalizer"), choices))
    definition = Definition(name, version, description, prompt, columns_of(prompt), stop, max_new_tokens, template)
    _check_symbols(definition.prompt)
    return definition


def _laid_out_prompt(table: Mapping[str, Any], columns: tuple[str, ...]) -> Prompt:
    _required(table, "instruction", ' (or template = "prompt.txt"); write instruction = "" for none')
    instruction = _text(table, "instruction", "")
    with under("instruction", prefix="instruction: "):
        instruction = literal(instruction, LISTS)
    answer_with = _one_of(table, "answer_with", get_args(AnswerWith), "text")
    prompt = Prompt(
        instruction=instruction,
        fields=tuple(Field(column, f"{{{column}}}") for column in columns),
        answer_field=_keyed("answer_field", as_answer, table.get("answer_field", "Answer")),
        options_field=_text(table, "options_field", ""),
        list_choices=_typed(table, "list_choices", False, "write true or false without quotes"),
        answer_with="symbol" if answer_with == "symbol" else "text",
        layout=_layout(_table(table, "layout")),
    )
    if prompt.answer_field in columns:
        raise Wrong(f"answer_field {quoted(prompt.answer_field)} is one of the fields; give it another name",
                    "answer_field")  # fmt: skip
    return prompt


def _template_prompt(table: Mapping[str, Any], file: Path, columns: tuple[str, ...]) -> Prompt:
    for key in NOT_WITH_TEMPLATE:
        if key in table:
            raise Wrong(f"{key} has no effect beside template; take one of the two out", key)
    if not file.is_file():
        raise Wrong(f"template {quoted(file.name)} is not beside suite.toml; put it there", "template")
    prompt = prompt_from_template(read_text(file, most=4 * MAX_TEXT), columns, path=file)
    unused = [column for column in columns if column not in columns_of(prompt)]
    if unused:
        raise Wrong(f"field {quoted(unused[0])} is not in {file.name}; write {{{unused[0]}}} there or take it out here",
                    "fields")  # fmt: skip
    return prompt


def _check_symbols(prompt: Prompt) -> None:
    if not prompt.list_choices:
        for key, is_set in (("answer_with", prompt.answer_with == "symbol"), ("options_field", prompt.options_field)):
            if is_set:
                raise Wrong(f"{key} = {quoted(getattr(prompt, key))} needs list_choices = true", key)
        if "symbols" in PLACEHOLDER.findall(prompt.instruction):
            raise Wrong("{symbols} needs list_choices = true; write {choices} for the texts of the choices",
                        "template" if prompt.is_template else "instruction")  # fmt: skip
    with under("choices"):
        check_num_options(prompt)


def check_num_options(prompt: Prompt) -> None:
    """Check that the layout's numbering has a symbol for each listed choice."""
    most = MAX_SYMBOLS[prompt.layout.numbering]
    if prompt.list_choices and len(prompt.choices) > most:
        able = [kind for kind, count in MAX_SYMBOLS.items() if count >= len(prompt.choices)]
        cure = f"numbering {quoted_list(able)} names more" if able else "list no more than that"
        kind = quoted(prompt.layout.numbering)
        raise Wrong(f"{len(prompt.choices)} choices, but numbering {kind} names {most} options; {cure}")


def suite_name(value: object) -> str:
    """Return a value that must be a suite's name."""
    name = str(_keyed("name", as_answer, value))
    if not NAME.fullmatch(name):
        raise Wrong(f"name {quoted(name)} goes into file names; use letters, digits, _ and - only", "name")
    if is_device(name):
        raise Wrong(
            f"name {quoted(name)} is a device under Windows, where no file can have it; take another, such as "
            f"{quoted(no_device(name))}",
            "name",
        )
    return name


def _fields(value: object) -> tuple[str, ...]:
    names: tuple[str, ...] = _keyed("fields", as_answers, value)
    if not names:
        raise Wrong('fields is empty; name the keys of "fields" in each row, such as ["Review"]', "fields")
    for name in names:
        if not FIELD_NAME.fullmatch(name) or name in LISTS:
            raise Wrong(f"field {quoted(name)} must be one line and neither choices nor symbols; rename it", "fields")
    return names


def _layout(table: Mapping[str, Any]) -> Layout:
    known = asdict(Layout())
    _check_section("layout", table, known)
    for key, value in table.items():
        if not isinstance(value, str):
            raise Wrong(f"{key} is {kind_of(value)}; it must be text", f"layout.{key}")
    for key, allowed in (("casing", get_args(Casing)), ("numbering", get_args(Numbering))):
        _one_of(table, key, allowed, known[key], section="layout.")
    wrapper = table.get("option_wrapper", "{}")
    if wrapper.count("{}") != 1 or re.search(r"[{}]", wrapper.replace("{}", "")):
        raise Wrong(f'option_wrapper {quoted(wrapper)} must hold {{}} once, where the symbol goes, such as "({{}})"',
                    "layout.option_wrapper")  # fmt: skip
    return Layout(**table)


def _verbalizer(table: Mapping[str, Any], choices: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    """Return pairs of a choice and its word, in the order of the choices."""
    if not table:
        return ()
    if not choices:
        raise Wrong("[verbalizer] gives words for choices that all rows share, and there are none here; "
                    "give choices or take it out", "verbalizer")  # fmt: skip
    _check_section("verbalizer", table, choices)
    words = {}
    for choice, word in table.items():
        with under(f"verbalizer.{choice}", prefix="[verbalizer]: "):
            words[choice] = as_answer(word, choice)
    shown = [words.get(choice, choice) for choice in choices]
    for place, word in enumerate(shown):
        if word in shown[:place]:
            choice = choices[place] if choices[place] in words else choices[shown.index(word)]
            raise Wrong(f"[verbalizer]: {quoted(word)} stands for two choices; give each a word of its own",
                        f"verbalizer.{choice}")  # fmt: skip
    return tuple((choice, words[choice]) for choice in choices if choice in words)


def _generation(table: Mapping[str, Any]) -> tuple[tuple[str, ...], int]:
    _check_section("generation", table, ("stop", "max_new_tokens"))
    stop, most = table.get("stop", ["\n"]), table.get("max_new_tokens", 16)
    if not isinstance(stop, list) or not all(isinstance(one, str) and one for one in stop):
        raise Wrong(r'stop must be a list of texts, such as ["\n"]', "generation.stop")
    if not isinstance(most, int) or isinstance(most, bool) or not 1 <= most <= MAX_NEW_TOKENS:
        raise Wrong(f"max_new_tokens must be a whole number from 1 to {MAX_NEW_TOKENS}", "generation.max_new_tokens")
    return tuple(stop), most


def _required(table: Mapping[str, Any], key: str, cure: str = "") -> None:
    if key not in table:
        examples = {"fields": 'fields = ["Review"]', "name": 'name = "my-suite"', "version": 'version = "1"'}
        raise Wrong(f"{key} is missing{cure or '; write ' + examples[key]}")


def _text(table: Mapping[str, Any], key: str, default: str) -> str:
    value = table.get(key, default)
    return value if value == "" and isinstance(value, str) else str(_keyed(key, as_text, value))


def _typed(table: Mapping[str, Any], key: str, default: T, cure: str) -> T:
    """Return a value that must be of the default's type."""
    value = table.get(key, default)
    if not isinstance(value, type(default)):
        raise Wrong(f"{key} is {kind_of(value)}; {cure}", key)
    return value


def _table(table: Mapping[str, Any], key: str) -> dict[str, Any]:
    return _typed(table, key, {}, f"write it as a table: [{key}]")


def _one_of(table: Mapping[str, Any], key: str, allowed: tuple[str, ...], default: str, *, section: str = "") -> str:
    value = table.get(key, default)
    if value not in allowed:
        shown = quoted(value) if isinstance(value, str) else kind_of(value)
        guess = near(value, allowed) if isinstance(value, str) else ""
        raise Wrong(f"{key} is {shown}. {guess}It is one of {quoted_list(allowed)}", section + key)
    return str(value)


def _keyed(key: str, check: Any, value: object) -> Any:
    """Return a checked value; a mistake says which key it stands under."""
    with under(key):
        return check(value, key)


def _check_section(section: str, table: Mapping[str, Any], known: Iterable[str]) -> None:
    try:
        check_keys(table, known)
    except Wrong as error:
        raise Wrong(f"[{section}]: {error}", f"{section}.{error.key}") from error
