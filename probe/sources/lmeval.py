"""lm-eval tasks as suites: `lmeval:TASK`, `lmeval:GROUP`, `lmeval:TASK:acc_norm`, `lmeval:TASK:exact_match,flexible-extract`.

    task file --> lm-eval builds it (under guard) --> its contexts and shots, drawn once as lm-eval draws them --> items
    answer    --> lm-eval's filters and metric, under guard --> right or wrong

With no perturbation the original accuracy is lm-eval's own figure on the same model, to the digit.

Covered: `multiple_choice` (also with a context for each choice, as winogrande), `loglikelihood` (as lambada), `generate_until`
with filters, metrics of 0 and 1, few-shot, groups and tags, task files of one's own.
Not covered: `loglikelihood_rolling` tasks, perplexity, images and sound, sampled generation (asked greedily), metrics that are no
0 or 1 for a document.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from probe.errors import UsageError
from probe.files.names import split_last
from probe.registry import unknown_name
from probe.sources.base import SourceOptions, name_from
from probe.sources.lmeval_documents import prompted_documents
from probe.sources.lmeval_metrics import CHOICE_METRICS, answer_parser, choice_metric
from probe.sources.lmeval_prompts import Frame, PromptedDocument, items_from
from probe.sources.lmeval_trust import explained, guarded, quiet, refuse_unsafe
from probe.suite.faults import counted
from probe.types import Item, ParsedAnswer, Suite

log = logging.getLogger(__name__)

KINDS = ("multiple_choice", "loglikelihood", "generate_until")
CHANCE = 0.05
"""How likely it may be that all targets are the same by chance for a task to be refused because they are."""

MAX_GEN_TOKS = 256
"""What lm-eval's HFLM takes where a task names no number."""


def read(argument: str, options: SourceOptions) -> list[Suite]:
    """Read a task, or all tasks of a group, as suites.

    Raises:
        UsageError: lm-eval is not installed, there is no such task, it needs trust, or it is of a kind that cannot be asked.
    """
    name, metric = _parts(argument)
    with quiet(), explained(name), guarded(is_trusted=options.trust_tasks, folders=_folders(name, options)):
        tasks = _tasks(name, options.include_path)
        suites = []
        for one in tasks.values():
            if not options.trust_tasks:
                refuse_unsafe(one.task_name, one.config)
            parts = (argument,) if len(tasks) == 1 else (one.task_name, metric)
            suites.append(_suite(one, metric, options, ":".join(filter(None, ("lmeval", *parts)))))
        return suites


def _parts(argument: str) -> tuple[str, str]:
    if Path(argument).expanduser().exists():
        return argument, ""
    name, metric = split_last(argument)
    return (name, metric) if name and "::" not in argument else (argument, "")


def _tasks(name: str, include_path: str) -> dict[str, Any]:
    """Build the tasks of that name; lm-eval's own index, which takes seconds, is read only where there is need."""
    from lm_eval.tasks import TaskManager

    if include_path and not Path(include_path).is_dir():
        raise UsageError(f"--include-path {include_path}: there is no such folder")
    own = TaskManager(include_path=include_path or None, include_defaults=False)
    if name in own.task_index or Path(name).suffix in (".yaml", ".yml"):
        if name not in own.task_index and not Path(name).is_file():
            raise UsageError(f"lmeval:{name}: there is no such file")
        return dict(own.load(name)["tasks"])
    log.info("lmeval:%s: reading lm-eval's own index of tasks, which takes some seconds", name)
    index = TaskManager(include_path=include_path or None)
    if name not in index.task_index:
        raise unknown_name("lm-eval task", name, _near_names(name, list(index.all_tasks)))
    return dict(index.load(name)["tasks"])


def _folders(name: str, options: SourceOptions) -> list[Path] | None:
    """Return the folders below which a task reads: that of its file, and the one that --include-path names; None: anywhere."""
    if options.allow_outside or options.trust_tasks:  # code that is trusted reads what it likes anyhow
        return None
    is_file = Path(name).suffix in (".yaml", ".yml")
    return [Path(one).expanduser() for one in (options.include_path, str(Path(name).parent) if is_file else "") if one]


def _near_names(name: str, known: list[str]) -> list[str]:
    """Return the names that could be meant, since the index holds thousands."""
    import difflib

    return difflib.get_close_matches(name, known, n=8, cutoff=0.3) or known[:8]


def _suite(task: Any, metric: str, options: SourceOptions, spec: str) -> Suite:
    name, kind = str(task.task_name), task.OUTPUT_TYPE
    if kind not in KINDS or getattr(task, "MULTIMODAL", False):
        what = f"is of the kind {kind}" if kind not in KINDS else "asks about images or sound"
        raise UsageError(f"lmeval:{name}: {what}; tasks of text can be asked that are {', '.join(KINDS)}")
    shots = options.num_fewshot or int(task.config.num_fewshot or 0)
    rows, pool, delimiter = prompted_documents(task, shots)
    rows = _labelled(task, rows, options)
    is_text = isinstance(task.config.doc_to_text, str) and task.prompt is None and not task.multiple_input
    frame = Frame(
        template=task.config.doc_to_text if is_text else "",
        answer=delimiter,
        blocks=task.fewshot_cfg.fewshot_delimiter,
        columns=tuple(task.features),
        fill=_fill,
        is_rated=kind == "loglikelihood",
    )
    items, form = items_from(rows, pool, frame)
    log.info("lmeval:%s: %d documents, %d-shot, as %s prompts", name, len(items), shots, form)
    suite = Suite(name_from(name), str(task.VERSION), f"lm-eval task {name}.", items, path=spec, num_fewshot=shots)
    if kind == "generate_until":
        return _as_text(suite, task, metric, rows, options)
    used = choice_metric(task, metric)
    if used == "acc_mutual_info" and any(row.context[-1:].isspace() for row in rows):
        raise UsageError(
            f"lmeval:{name}: {used} takes choices alone, and here their whitespace belongs to the contexts",
            hint=f"lmeval:{name}:acc",
        )
    return replace(suite, normalisation=CHOICE_METRICS[used], rates_target=frame.is_rated)


def _labelled(task: Any, rows: list[PromptedDocument], options: SourceOptions) -> list[PromptedDocument]:
    """Return the documents that can be asked, with a warning where some have no label.

    A choice question without a label is asked, and every answer to it is wrong, as in lm-eval. A target that is to be rated
    cannot be asked if it is empty.

    Raises:
        UsageError: no document has a label, or all have the same one.
    """
    name, kind = task.task_name, task.OUTPUT_TYPE
    if kind == "generate_until" and task.config.process_results is not None:
        return rows  # its own rule says what is right; such tasks name any target
    labelled = [row for row in rows if row.question.target.strip()]
    if not labelled:
        given = list(dict.fromkeys(repr(task.doc_to_target(doc)) for doc in list(task.eval_docs)[:20]))
        names = "names one of its choices" if rows and rows[0].question.choices else "says anything"
        raise UsageError(
            f"lmeval:{name}: every target is empty: none ({', '.join(given[:3])}) {names}, so that no answer could be right",
            hint="test sets hide their labels so (-1): name a split with labels as test_split in a task file of your own",
        )
    if num_hidden := len(rows) - len(labelled):
        what = "left out" if kind == "loglikelihood" else "every answer to such a one is wrong, as in lm-eval"
        log.warning("lmeval:%s: %s of %d without a label: %s", name, counted(num_hidden, "document"), len(rows), what)
    _refuse_one_target(name, labelled, options)
    return labelled if kind == "loglikelihood" else rows


def _refuse_one_target(name: str, rows: Sequence[PromptedDocument], options: SourceOptions) -> None:
    """Refuse a task whose every target is the same, where that is no chance: under 1 in 20 if all answers were as frequent.

    Raises:
        UsageError: it is one; the message names the flag that runs it all the same.
    """
    targets = {row.question.target for row in rows}
    num_answers = max(2, min(len(row.question.choices) for row in rows))
    if len(targets) > 1 or num_answers ** (1 - len(rows)) >= CHANCE or options.allow_one_target:
        return
    raise UsageError(
        f"lmeval:{name}: every target of {len(rows)} is {targets.pop()!r}; a model that always answers so looks perfect",
        hint="see doc_to_target of the task; where it is meant so, add --allow-one-target",
    )


def _fill(template: str, doc: Any) -> str:
    from lm_eval.utils import apply_template

    return str(apply_template(template, doc))


def _as_text(suite: Suite, task: Any, metric: str, rows: list[PromptedDocument], options: SourceOptions) -> Suite:
    generation = dict(task.config.generation_kwargs or {})
    until = generation.get("until") or []
    if generation.get("do_sample") and float(generation.get("temperature", 0.0)) > 0:
        log.warning("lmeval:%s: asks for sampled answers; they are generated greedily", suite.name)
    limits = ("max_gen_toks", "max_new_tokens", "max_tokens", "max_completion_tokens")
    max_tokens = next((generation[key] for key in limits if generation.get(key)), MAX_GEN_TOKS)
    parse = answer_parser(task, metric, [row.question.doc for row in rows], is_trusted=options.trust_tasks)
    return replace(
        suite,
        stop=tuple([until] if isinstance(until, str) else until),
        max_new_tokens=int(max_tokens),
        parse_answer=parse
        if parse is None or task.config.process_results is not None
        else partial(_unless_hidden, parse),
    )


def _unless_hidden(parse: Callable[[Item, str], ParsedAnswer], item: Item, text: str) -> ParsedAnswer:
    """Parse an answer; without a label none is right, though lm-eval takes -1 for the last choice."""
    parsed = parse(item, text)
    return parsed if item.target.strip() else replace(parsed, correct=False)
