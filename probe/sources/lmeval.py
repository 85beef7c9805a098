"""lm-eval tasks as suites: `lmeval:TASK`, `lmeval:GROUP`, `lmeval:TASK:acc_norm`, `lmeval:TASK:exact_match,flexible-extract`.

    task file --> lm-eval builds it (under guard) --> its contexts and shots, drawn once as lm-eval draws them --> items
    answer    --> lm-eval's filters and metric, under guard --> right or wrong

With no perturbation the accuracy as written is lm-eval's own figure on the same model, to the digit.

Covered: `multiple_choice` (acc, acc_norm) and `generate_until` (exact_match with filters, or another metric of 0 and 1),
few-shot, groups and tags, task files of one's own.
Not covered: `loglikelihood` and `loglikelihood_rolling` tasks, a context for each choice (winogrande), images and sound, sampled
generation (asked greedily), metrics that are no 0 or 1 for a document.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from probe.errors import ProbeError, UsageError
from probe.registry import unknown_name
from probe.sources.base import SourceOptions, name_from
from probe.sources.lmeval_prompts import MAX_POOL, Asked, Document, Frame, items_from
from probe.sources.lmeval_trust import guarded, refuse_unsafe
from probe.types import Item, Judgement, Suite

log = logging.getLogger(__name__)

CHOICE_METRICS = {"acc": "none", "acc_norm": "characters"}
TEXT_METRICS = ("exact_match", "acc")
SHOT_SEED = 1234
"""lm-eval's own seed of the few-shot draw."""
MAX_GEN_TOKS = 256
"""What lm-eval's HFLM takes where a task names no number."""


def read(argument: str, options: SourceOptions) -> list[Suite]:
    """Read a task, or all tasks of a group, as suites.

    Raises:
        UsageError: lm-eval is not installed, there is no such task, it needs trust, or it is of a kind that cannot be asked.
    """
    name, metric = _parts(argument)
    with _quiet(), _told(name), guarded(is_trusted=options.trust_tasks):
        tasks = _tasks(name, options.include_path)
        suites = []
        for one in tasks.values():
            if not options.trust_tasks:
                refuse_unsafe(one.task_name, one.config)
            typed = (
                f"lmeval:{argument}" if len(tasks) == 1 else ":".join(filter(None, ("lmeval", one.task_name, metric)))
            )
            suites.append(_suite(one, metric, options, typed))
        return suites


def _parts(argument: str) -> tuple[str, str]:
    if Path(argument).expanduser().exists():
        return argument, ""
    name, _, metric = argument.rpartition(":")
    return (name, metric) if name and "::" not in argument else (argument, "")


@contextmanager
def _quiet() -> Iterator[None]:
    try:
        import datasets
        import lm_eval  # noqa: F401
    except ImportError as error:
        raise UsageError("lmeval: needs the package lm-eval", hint="pip install 'probe[lm-eval]'") from error
    theirs = logging.getLogger("lm_eval")
    level = theirs.level
    theirs.setLevel(logging.CRITICAL)
    datasets.disable_progress_bars()
    try:
        yield
    finally:
        theirs.setLevel(level)


@contextmanager
def _told(name: str) -> Iterator[None]:
    """Tell whatever lm-eval, jinja2 or datasets raise about a task as the user's error."""
    try:
        yield
    except ProbeError:
        raise
    except Exception as error:
        said = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise UsageError(f"lmeval:{name}: cannot be read: {type(error).__name__}: {said[:300]}") from error


def _tasks(name: str, include_path: str) -> dict[str, Any]:
    """Build the tasks of that name; lm-eval's own index, which takes seconds, is read only where there is need."""
    from lm_eval.tasks import TaskManager

    if include_path and not Path(include_path).is_dir():
        raise UsageError(f"--include-path {include_path}: there is no such folder")
    own = TaskManager(include_path=include_path or None, include_defaults=False)
    if name in own.task_index or Path(name).suffix in (".yaml", ".yml"):
        if name not in own.task_index and not Path(name).is_file():
            raise UsageError(f"lmeval:{name}: there is no such file")
        found: dict[str, Any] = own.load(name)["tasks"]
        return found
    log.info("lmeval:%s: reading lm-eval's own index of tasks, which takes some seconds", name)
    every = TaskManager(include_path=include_path or None)
    if name not in every.task_index:
        raise unknown_name("lm-eval task", name, _near(name, list(every.all_tasks)))
    return dict(every.load(name)["tasks"])


def _near(name: str, known: list[str]) -> list[str]:
    """Give the names that could be meant, since the index holds thousands."""
    import difflib

    return difflib.get_close_matches(name, known, n=8, cutoff=0.3) or known[:8]


def _suite(task: Any, metric: str, options: SourceOptions, typed: str) -> Suite:
    name = str(task.task_name)
    kind = task.OUTPUT_TYPE
    if kind not in ("multiple_choice", "generate_until") or task.multiple_input or getattr(task, "MULTIMODAL", False):
        what = "has a context for each choice" if task.multiple_input else f"is of the kind {kind}"
        raise UsageError(f"lmeval:{name}: {what}; multiple_choice and generate_until tasks can be asked")
    shots = options.num_fewshot or int(task.config.num_fewshot or 0)
    rows = list(_asked(task, shots))
    frame = Frame(
        template=task.config.doc_to_text if isinstance(task.config.doc_to_text, str) and task.prompt is None else "",
        answer=task.config.target_delimiter,
        blocks=task.fewshot_cfg.fewshot_delimiter,
        columns=tuple(task.features),
        fill=_fill,
    )
    items, form = items_from(rows, _pool(task), frame)
    log.info("lmeval:%s: %d documents, %d-shot, as %s prompts", name, len(items), shots, form)
    suite = Suite(
        name_from(name),
        str(task.VERSION),
        f"lm-eval task {name}.",
        items,
        path=typed,
        num_fewshot=shots,
    )
    return (
        _as_choice(suite, task, metric) if kind == "multiple_choice" else _as_text(suite, task, metric, rows, options)
    )


def _fill(template: str, doc: Any) -> str:
    from lm_eval.utils import apply_template

    return str(apply_template(template, doc))


def _asked(task: Any, num_fewshot: int) -> Iterator[Asked]:
    """Give every document as lm-eval asks it, with the demonstrations that it draws: one draw after the other, in order."""
    task.set_fewshot_seed(SHOT_SEED)
    drawn: list[Any] = []
    if num_fewshot:
        draw = task.sampler.sample

        def recorded(*args: Any, **kwargs: Any) -> Any:
            drawn[:] = draw(*args, **kwargs)
            return list(drawn)

        task.sampler.sample = recorded
    for index, doc in enumerate(task.eval_docs):
        prefix = task.doc_to_prefix(doc)
        context = str(task.fewshot_context(doc, num_fewshot=num_fewshot, gen_prefix=prefix))
        question, aliases = _document(task, doc, prefix)
        description = task.resolve_field(doc, task.config.description) or ""
        shots = tuple(_shot(task, one) for one in drawn)
        yield Asked(index, question, context, shots, str(description), aliases)


def _document(task: Any, doc: Any, prefix: str | None) -> tuple[Document, tuple[str, ...]]:
    turn = task.build_qa_turn(q=task.doc_to_text(doc), gen_prefix=prefix, tgt_delim=task.config.target_delimiter)
    text = "".join(message.to_text() for message in turn)
    gold = task.doc_to_target(doc)
    choices = tuple(str(one) for one in task.doc_to_choice(doc)) if task.OUTPUT_TYPE == "multiple_choice" else ()
    every = gold if isinstance(gold, list) else [gold]
    if choices or (task.config.doc_to_choice is not None and isinstance(gold, int)):
        known = choices or tuple(task.doc_to_choice(doc))
        every = [_choice(one, known) for one in every]
    first, *others = [str(one) for one in every] or [""]
    return Document(dict(doc), text, first, choices), tuple(others)


def _choice(gold: Any, choices: tuple[str, ...]) -> str:
    """Give the choice that a target names by place or by text; empty where it names none, which no answer equals."""
    if isinstance(gold, int):
        return choices[gold] if gold < len(choices) else ""
    return str(gold) if str(gold) in choices else ""


def _shot(task: Any, doc: Any) -> Document:
    """Give a demonstration as lm-eval's few-shot part words it."""
    how = task.fewshot_cfg
    prefix = task.resolve_field(doc, how.gen_prefix)
    choices = tuple(task.doc_to_choice(doc, how.doc_to_choice)) if how.doc_to_choice else ()
    gold = task.doc_to_target(doc, how.doc_to_target)
    target = choices[gold] if choices and isinstance(gold, int) else gold[0] if isinstance(gold, list) else gold
    turn = task.build_qa_turn(
        q=task.doc_to_text(doc, how.doc_to_text), gen_prefix=prefix, tgt_delim=how.target_delimiter
    )
    return Document(dict(doc), "".join(message.to_text() for message in turn), str(target), choices)


def _pool(task: Any) -> list[Document]:
    """Give solved documents that other demonstrations may be taken from."""
    sampler = getattr(task, "sampler", None)
    has_own = task.has_training_docs() or (task.fewshot_cfg.split not in (None, task.config.test_split))
    return [_shot(task, doc) for doc in list(sampler.df)[:MAX_POOL]] if sampler is not None and has_own else []


def _as_choice(suite: Suite, task: Any, metric: str) -> Suite:
    from dataclasses import replace

    offered = [one for one in task._metric_fn_list if one in CHOICE_METRICS]
    if metric and metric not in CHOICE_METRICS:
        raise unknown_name(f"metric for {suite.name}", metric, list(CHOICE_METRICS))
    if not metric and not offered:
        theirs = ", ".join(task._metric_fn_list)
        log.warning("lmeval:%s: none of its metrics (%s) is one of ours; acc is used", suite.name, theirs)
    used = metric or (offered[0] if offered else "acc")
    if task.config.process_results is not None:
        log.warning("lmeval:%s: has a rule of its own to read answers; %s is used instead", suite.name, used)
    return replace(suite, normalisation="characters" if used == "acc_norm" else "none")


def _as_text(suite: Suite, task: Any, metric: str, rows: list[Asked], options: SourceOptions) -> Suite:
    from dataclasses import replace

    how = dict(task.config.generation_kwargs or {})
    until = how.get("until") or []
    if how.get("do_sample") and float(how.get("temperature", 0.0)) > 0:
        log.warning("lmeval:%s: asks for sampled answers; they are generated greedily", suite.name)
    limits = ("max_gen_toks", "max_new_tokens", "max_tokens", "max_completion_tokens")
    most = next((how[key] for key in limits if how.get(key)), MAX_GEN_TOKS)
    return replace(
        suite,
        stop=tuple([until] if isinstance(until, str) else until),
        max_new_tokens=int(most),
        judge=_judge(task, metric, [row.question.doc for row in rows], options),
    )


def _judge(task: Any, metric: str, docs: list[Any], options: SourceOptions) -> Callable[[Item, str], Judgement] | None:
    """Give lm-eval's own reading of an answer: one filter, one metric of 0 and 1."""
    wanted, _, filter_name = metric.partition(",")
    filters = {one.name: one for one in task._filters}
    if filter_name and filter_name not in filters:
        raise unknown_name(f"filter of {task.task_name}", filter_name, list(filters))
    ensemble = filters[filter_name] if filter_name else task._filters[0]
    metrics = list(task._metric_fn_list)
    if wanted and wanted not in metrics:
        raise unknown_name(f"metric of {task.task_name}", wanted, metrics)
    used = wanted or next((one for one in TEXT_METRICS if one in metrics), "")
    if not used:
        log.warning(
            "lmeval:%s: none of its metrics (%s) is one of ours; an answer is right where it equals the target",
            task.task_name,
            ", ".join(metrics),
        )
        return None

    def judge(item: Item, text: str) -> Judgement:
        doc = docs[int(item.id)]
        with _quiet(), _told(task.task_name), guarded(is_trusted=options.trust_tasks):
            read: Any = [[text]]
            for make in ensemble.filters:
                read = make().apply(read, [doc])
            filtered = list(read)[0]
            value = float(task.process_results(doc, [filtered])[used])
        if value not in (0.0, 1.0):
            raise UsageError(
                f"lmeval:{task.task_name}: {used} is {value:g} for a document, not 0 or 1, which cannot be compared"
            )
        taken = filtered if isinstance(filtered, str) else " ".join(map(str, filtered))
        return Judgement("" if taken == "[invalid]" else taken.strip(), value == 1.0)

    return judge
