"""lm-eval's metrics as what makes an answer right: one of 0 and 1 for every document, or none.

    acc, mcc, f1            the likeliest choice is the target; mcc and f1 are other figures of the same predictions
    acc_norm, acc_bytes     likeliest by character, by byte
    acc_mutual_info         likeliest beyond what the choice is without a context
    exact_match, acc, ...   of generated text, by the task's own filters and metric

A metric that grades an answer in between (bleu, rouge, f1 of words) cannot say whether it moved. It is refused before anything is
asked: by its name, or because it grades a target with something added; at the last, where a value turns out so.

Covered: the names, the refusal, lm-eval's reading of a generated answer. Not covered: metrics of all documents together.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from probe.errors import UsageError
from probe.prompt.sandbox import TooSlow
from probe.registry import unknown_name
from probe.sources.lmeval_trust import explained, guarded, quiet
from probe.suite.faults import counted
from probe.types import Item, Normalisation, ParsedAnswer

log = logging.getLogger(__name__)

CHOICE_METRICS: dict[str, Normalisation] = {
    "acc": "none",
    "acc_norm": "characters",
    "acc_bytes": "bytes",
    "acc_mutual_info": "unconditional",
    "mcc": "none",
    "f1": "none",
}
OVER_ALL = ("mcc", "f1")
"""Figures of all predictions together, which are those of `acc`."""
TEXT_METRICS = ("exact_match", "acc")
GRADED = re.compile(
    r"bleu|rouge|chrf|ter$|[wc]er$|meteor|bert|comet|sari|f1|perplexity|likelihood|brier|bits|.*_(?:f1|sim|diff|max)(?:_score)?$",
    re.IGNORECASE,
)
"""Names of metrics that grade; what ends in `_acc` is again of 0 and 1, such as `bleu_acc`."""
MAX_SLOW = 100
"""Answers of a suite on which an expression does not end, before the run is given up: each takes a second."""
NUM_TRIALS = 3
"""Documents whose targets a metric is tried on before the model is asked."""


def choice_metric(task: Any, metric: str) -> str:
    """Return the metric by which a task's choices are compared, with a warning where it is none of its own.

    Raises:
        UsageError: it is no metric of choices, or the task does not ask what it needs.
    """
    name, offered = task.task_name, list(task._metric_fn_list)
    able = ["acc"] if task.multiple_input or task.OUTPUT_TYPE == "loglikelihood" else list(CHOICE_METRICS)
    if metric and metric not in able:
        raise unknown_name(f"metric for {name}", metric, able)
    used = metric or next((one for one in offered if one in able), "")
    if not used:
        log.warning("lmeval:%s: none of its metrics (%s) is one of ours; acc is used", name, ", ".join(offered))
    if used in OVER_ALL:
        log.warning("lmeval:%s: %s is a figure of all answers together; each is right or wrong as for acc", name, used)
    if task.config.process_results is not None:
        log.warning("lmeval:%s: has a rule of its own to read answers; %s is used instead", name, used or "acc")
    return used or "acc"


def answer_parser(
    task: Any, metric: str, docs: Sequence[Any], *, is_trusted: bool
) -> Callable[[Item, str], ParsedAnswer] | None:
    """Return a parser of generated answers by lm-eval's own filter and metric of 0 and 1; None for equality with the target.

    Raises:
        UsageError: there is no such filter or metric, or the metric grades answers in between.
    """
    used, ensemble = _metric_and_filter(task, metric)
    if not used:
        return None
    if is_graded(used):
        raise _not_comparable(task, used, "grades an answer between wrong and right")
    value_of = partial(_value, task, used, ensemble)
    if task.config.process_results is None:
        for doc in list(docs)[:NUM_TRIALS]:
            for text in _trial_answers(task, doc):
                value_of(doc, text)

    slow = _Slow(task.task_name)

    def parse_answer(item: Item, text: str) -> ParsedAnswer:
        try:
            with quiet(), explained(task.task_name), guarded(is_trusted=is_trusted):
                filtered, value = value_of(docs[int(item.id)], text)
        except TooSlow as error:  # the answer's fault as much as the task's: the run goes on
            slow.count(error)
            return ParsedAnswer("", False)
        return ParsedAnswer("" if filtered == "[invalid]" else filtered.strip(), value == 1.0)

    return parse_answer


@dataclass
class _Slow:
    """Counts the answers of a task on which an expression does not end."""

    task: str
    number: int = 0

    def count(self, error: TooSlow) -> None:
        """Warn of the 1st and the 10th.

        Raises:
            UsageError: there are too many; each has cost its whole limit.
        """
        self.number += 1
        if self.number >= MAX_SLOW:
            raise UsageError(
                f"lmeval:{self.task}: given up after {counted(self.number, 'answer')} that could not be read: {error}",
                hint="mend the expression of the task and type the command again; answers in the cache are kept",
            ) from error
        if str(self.number).strip("0") == "1":
            log.warning(
                "lmeval:%s: %s not read, each counts as none: %s",
                *(self.task, counted(self.number, "answer"), error),
            )


def _metric_and_filter(task: Any, metric: str) -> tuple[str, Any]:
    """Return the metric, empty for equality with the target, and the filter to apply before it."""
    name, offered = task.task_name, list(task._metric_fn_list)
    metric_name, _, filter_name = metric.partition(",")
    filters = {one.name: one for one in task._filters}
    if filter_name and filter_name not in filters:
        raise unknown_name(f"filter of {name}", filter_name, list(filters))
    if metric_name and metric_name not in offered:
        raise unknown_name(f"metric of {name}", metric_name, offered)
    used = metric_name or next((one for one in TEXT_METRICS if one in offered), "")
    if not used:
        rule = "an answer is right where it equals the target"
        log.warning("lmeval:%s: none of its metrics (%s) is one of ours; %s", name, ", ".join(offered), rule)
    return used, filters[filter_name] if filter_name else task._filters[0]


def _value(task: Any, metric: str, ensemble: Any, doc: Any, text: str) -> tuple[str, float]:
    """Return the filtered answer and the value of the metric.

    Raises:
        UsageError: the value is not 0 or 1.
    """
    responses: Any = [[text]]
    for make in ensemble.filters:
        responses = make().apply(responses, [doc])
    filtered = list(responses)[0]
    value = task.process_results(doc, [filtered])[metric]
    if isinstance(value, list | tuple | dict | str):
        raise _not_comparable(task, metric, f"is {type(value).__name__} for a document, not 0 or 1")
    if float(value) not in (0.0, 1.0):
        raise _not_comparable(task, metric, f"is {float(value):g} for a document, not 0 or 1")
    return filtered if isinstance(filtered, str) else " ".join(map(str, filtered)), float(value)


def is_graded(metric: str) -> bool:
    """Return whether a metric of that name gives more than 0 and 1."""
    return not metric.endswith(("_acc", "_em")) and GRADED.match(metric) is not None


def _trial_answers(task: Any, doc: Any) -> tuple[str, ...]:
    """Return answers that are right, nearly right and wrong, to try a metric on."""
    gold = task.doc_to_target(doc)
    target = str(gold[0] if isinstance(gold, list) and gold else gold)
    return target, f"{target} and nothing else", f"It is not {target}."


def _not_comparable(task: Any, metric: str, why: str) -> UsageError:
    others = [one for one in task._metric_fn_list if one != metric and not is_graded(one)]
    plain = f"lmeval:{task.task_name}"
    hint = f"name another metric: {plain}:{others[0]}" if others else f"{plain} alone takes equality with the target"
    return UsageError(f"{plain}: {metric} {why}, which cannot be compared", hint=hint)
