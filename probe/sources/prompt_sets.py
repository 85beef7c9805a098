"""Published prompts as paraphrases of a suite's items: `promptsets:CSV:SUITE`.

    prompt idx,prompt template,correct        as Mizrahi et al. publish ("State of What Art? ...", 2401.00595)
    1,"Q: ... {sentence} ... {options}",1
    template                                  as PromptEval's CSVs: one column of whole templates or instructions

`{options}` in a template stands for the listed options; other placeholders that no field of the suite has are matched to its
fields in order. A prompt without placeholders replaces the instruction.

Covered: a column named prompt template, template, instruction, prompt, paraphrase or text; rows that people judged incorrect (a
column correct, valid or judgement) are left out unless `--all-prompts`.
Not covered: prompts with more placeholders than the suite has fields: left out and counted.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path

from probe.errors import UsageError
from probe.files.names import split_colons
from probe.prompt.render import PLACEHOLDER, render
from probe.sources.base import SourceOptions, name_from
from probe.sources.tables import read_csv
from probe.suite.faults import counted, fault
from probe.types import Item, Prompt, Suite

log = logging.getLogger(__name__)

TEXTS = ("prompt template", "template", "instruction", "prompt", "paraphrase", "text")
VERDICTS = ("correct", "valid", "judgement")
RIGHT = {"1", "1.0", "true", "yes", "correct", "valid", "ok"}
OPTIONS = "options"
SLOT = re.compile(r"\{options\}")
OPTIONS_SLOT = re.compile(r"\s*(?:\boptions:)?\s*\{options\}\s*(?:\b(?:A|answer):)?\s*$|^Q: ", re.IGNORECASE)


def read(argument: str, options: SourceOptions) -> list[Suite]:
    """Read a suite, its items with the prompts of a CSV as paraphrases.

    Raises:
        UsageError: the suite is missing or cannot be read, or no prompt fits it.
        SuiteError: the CSV cannot be read; says file and line.
    """
    from probe.sources import read_suites

    path, *rest = split_colons(argument)
    name = ":".join(rest)
    if not name:
        raise UsageError(f"promptsets:{argument}: for which suite?", hint=f"write promptsets:{argument}:SUITE")
    suites = read_suites(name, options)
    if len(suites) > 1:
        raise UsageError(
            f"promptsets:{argument}: {name} is {len(suites)} suites", hint=f"name one, such as {suites[0].path}"
        )
    texts = prompts_of(Path(path).expanduser(), with_incorrect=options.all_prompts)
    (suite,) = suites
    items = tuple(replace(item, paraphrases=paraphrases_for(item, texts)) for item in suite.items)
    fitting = max((len(item.paraphrases) for item in items), default=0)
    if not fitting:
        fields = ", ".join(f"{{{field.name}}}" for field in suite.items[0].prompt.fields)
        raise UsageError(f"{path}: none of its prompts has as many placeholders as {name} has fields ({fields})")
    if fitting < len(texts):
        num = counted(len(texts) - fitting, "prompt")
        log.warning("%s: %s of %d with other placeholders than %s has fields: left out", path, num, len(texts), name)
    flags = tuple(dict.fromkeys((*suite.flags, *(["--all-prompts"] if options.all_prompts else []))))
    return [replace(suite, name=name_from(suite.name), items=items, path=f"promptsets:{argument}", flags=flags)]


def prompts_of(path: Path, *, with_incorrect: bool = False) -> list[str]:
    """Return the prompts of a CSV, each once, in order; with `with_incorrect` also those that people judged incorrect.

    Raises:
        SuiteError: it has no column of prompts, or no prompt.
    """
    table = read_csv(path)
    columns = {name.lower(): name for name in table.columns}
    column = next((columns[name] for name in TEXTS if name in columns), None)
    if column is None:
        raise fault(path, 1, f"no column of prompts; one is named {', '.join(TEXTS)}. Columns: {', '.join(columns)}")
    verdict = next((columns[name] for name in VERDICTS if name in columns), None)
    rows = [row.cells for row in table.rows]
    correct = [row for row in rows if with_incorrect or verdict is None or row[verdict].strip().lower() in RIGHT]
    if len(correct) < len(rows):
        num = counted(len(rows) - len(correct), "prompt")
        log.info("%s: left out %s that people judged incorrect (--all-prompts takes them too)", path, num)
    texts = list(filter(None, dict.fromkeys(row[column].strip() for row in correct)))
    if not texts:
        raise fault(path, 1, "holds no prompt")
    return texts


def paraphrases_for(item: Item, texts: Sequence[str]) -> tuple[str, ...]:
    """Return the prompts that fit an item, their placeholders named as its fields are; its own is none of them."""
    own, options = item.prompt.instruction, _listed(item.prompt)
    fields = tuple(field.name for field in item.prompt.fields)
    fitted = (_fitted(text, fields) for text in texts)
    return tuple(SLOT.sub(lambda _: options, text) for text in fitted if text and text != own)


@cache
def _fitted(text: str, fields: tuple[str, ...]) -> str:
    """Return a template with its placeholders named as the fields are, that of the options kept; empty where it does not fit."""
    names = [name for name in dict.fromkeys(PLACEHOLDER.findall(text)) if name not in ("choices", "symbols")]
    if not names:
        return text
    if not fields:  # the options are all there is to ask about: what remains is an instruction
        bare = OPTIONS_SLOT.sub("", text)
        return "" if PLACEHOLDER.search(bare) else bare.strip()
    placeholders = [name for name in names if name.lower() != OPTIONS or name in fields]
    unused = [field for field in fields if field not in placeholders]
    unmatched = [name for name in placeholders if name not in fields]
    if len(unmatched) != len(unused):
        return ""
    named = {name: name for name in fields} | dict(zip(unmatched, unused, strict=True))
    return PLACEHOLDER.sub(lambda match: f"{{{named[match[1]]}}}" if match[1] in named else match[0].lower(), text)


def _listed(prompt: Prompt) -> str:
    """Return an item's options as its own layout lists them."""
    if not prompt.choices:
        return ""
    listed = replace(
        prompt, instruction="", fields=(), demonstrations=(), options_field="", list_choices=True, structure="plain"
    )
    whole = render(replace(listed, is_template=False, answer_field="\0"))
    return whole.rpartition("\0")[0].rstrip().removesuffix(prompt.layout.space).rstrip(" ,;|")
