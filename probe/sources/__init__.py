"""Suites that come from elsewhere, by what a user types: `KIND:REST`.

    bbh:FOLDER:navigate   -->  kind "bbh", argument "FOLDER:navigate"  -->  probe.sources.bbh:read  -->  suites

An installed package adds a kind by an entry point of the group `probe.sources` that names a `Source`.

Covered: the kinds by name, reading one, what is typed to read it again. Not covered: what each kind reads (its own file),
suite folders and shipped suites (`probe.suite`).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from probe.errors import SuiteError, UsageError
from probe.registry import OnDemand, imported, unknown_name
from probe.sources.base import TRUSTING, Source, SourceOptions, flag_of
from probe.types import Item, Suite

__all__ = ["Source", "SourceOptions", "kind_of_name", "read_source", "read_suites", "reread", "sources"]

KIND = re.compile(r"([A-Za-z][A-Za-z0-9_-]+):(?![/\\]{2})")

_TASK = ("include_path", "trust_tasks", "allow_outside", "allow_one_target", "num_fewshot")
_TABLE = ("prompt", "target", "choices")

sources = OnDemand("kind of suite", see="probe list suites", group="probe.sources", holds=Source)

for _kind, _file, _argument, _summary, _example, _uses in (
    ("lmeval", "lmeval", "TASK[:METRIC]",
     "an lm-eval task or group, from its index or --include-path; log-likelihood and generation",
     "lmeval:arc_easy:acc_norm", _TASK),
    ("bbh", "bbh", "FOLDER[:TASK,...]", "BIG-Bench Hard files, a suite for each task", "bbh:bbh:navigate,snarks",
     ("allow_outside",)),
    ("ni", "natural_instructions", "FILE_OR_FOLDER[:TASK,...|:wpm]",
     "Natural Instructions task files; wpm: the 52 tasks of When Punctuation Matters",
     "ni:natural-instructions/tasks:wpm", ("allow_outside",)),
    ("contrast", "contrast_sets", "KIND:FILE[:FILE]",
     "contrast sets: boolq, imdb, matres, mctaco, perspectrum, ropes, quoref or drop",
     "contrast:boolq:boolq_perturbed.json", ()),
    *((_table, "with_prompt", "FILE", f"a table of examples ({_table}) with --prompt", f"{_table}:examples.{_table}",
       _TABLE) for _table in ("csv", "tsv", "jsonl", "parquet")),
    ("hf", "datasets_hub", "DATASET[:CONFIG]:SPLIT", "a dataset of the hub or a local folder of one, with --prompt",
     "hf:stanfordnlp/sst2:validation", (*_TABLE, "allow_outside")),
    ("promptsets", "prompt_sets", "CSV:SUITE",
     "a suite with the prompts of a CSV as paraphrases, sampled by `--perturb paraphrase-set`",
     "promptsets:navigate.csv:bbh:bbh:navigate", ("all_prompts", *_TASK, *_TABLE)),
):  # fmt: skip
    _read = imported(f"probe.sources.{_file}:read")
    sources.add(_kind, Source(read=_read, argument=_argument, summary=_summary, example=_example, uses=_uses))


def kind_of_name(name: str) -> str:
    """Return the kind that a name begins with; empty where it is a folder or a plain name.

    Raises:
        UsageError: it looks like `KIND:...`, and there is no such kind; the message names the near ones.
    """
    match = KIND.match(name)
    if match is None or Path(name).expanduser().exists():
        return ""
    if match[1] not in sources.names():
        raise unknown_name(sources.kind, match[1], sources.names())
    return match[1]


def read_source(name: str, options: SourceOptions | None = None) -> list[Suite]:
    """Read the suites that `KIND:REST` names, each with what is typed to read it again.

    Raises:
        UsageError: the kind, the argument or an option is wrong.
        SuiteError: a file is wrong; says file and line.
    """
    kind = kind_of_name(name)
    options = options or SourceOptions()
    source = sources.get(kind)
    argument = name.partition(":")[2]
    if not argument:
        raise UsageError(
            f"{name}: {kind} needs {source.argument}: {source.summary}", hint=f"for example {source.example}"
        )
    try:
        read = source.read(argument, replace(options, kind=kind))
    except RecursionError as error:
        raise SuiteError(f"{argument}:1: is nested too deeply to be read") from error
    suites: list[Suite] = [read] if isinstance(read, Suite) else read
    if not suites:
        raise UsageError(f"{name}: there is nothing in it to ask", hint=f"for example {source.example}")
    flags = options.as_flags(source.uses)
    return [
        replace(suite, path=suite.path or name, digest=digest_of(suite.items), flags=suite.flags or flags)
        for suite in suites
    ]


def read_suites(name: str, options: SourceOptions | None = None) -> list[Suite]:
    """Read what a user names: `KIND:REST`, a shipped suite, or a folder.

    Raises:
        UsageError, SuiteError: as `read_source`; or a suite holds a known secret.
    """
    from probe.suite import find_suite, read_suite, refuse_secrets

    if kind_of_name(name):
        suites = read_source(name, options)
    else:
        suites = [read_suite(find_suite(name), allow_outside=options is not None and options.allow_outside)]
    for suite in suites:
        refuse_secrets(suite)
    return suites


def reread(entry: Mapping[str, Any], num_fewshot: int = 0, *, allowed: Collection[str] = ()) -> Suite:
    """Read a suite again from what a run's manifest says of it, its `path`, `flags` and `name`, with as many shots as then.

    `allowed` are the options of trust that a user typed; what a manifest says of them does not count.

    Raises:
        UsageError: it is no longer there under that name, or its flags hold an option of trust that was not typed.
    """
    options = replace(SourceOptions.from_flags(entry.get("flags") or ()), num_fewshot=num_fewshot)
    for name in TRUSTING:
        if getattr(options, name) and name not in allowed:
            raise UsageError(f"{entry['path']}: is read with {flag_of(name)}", hint=f"type it again: {flag_of(name)}")
    read = read_suites(str(entry["path"]), options)
    for suite in read:
        if suite.name == entry.get("name", suite.name):
            return suite
    raise unknown_name("suite", str(entry["name"]), [suite.name for suite in read])


def digest_of(items: Sequence[Item]) -> str:
    """Return the hash of all that items ask and hold for right, without what they only may draw from."""
    digest = hashlib.sha256()
    for item in items:
        whole = repr((item.id, item.prompt, item.target, item.aliases, item.contrasts, item.paraphrases))
        digest.update(whole.encode("utf-8", "backslashreplace") + b"\0")
    return digest.hexdigest()
