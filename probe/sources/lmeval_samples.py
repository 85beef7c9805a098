"""Read lm-eval's sample logs as a run: `samples_TASK_DATE.jsonl`, one file for each prompt variant of the same documents.

    lm_eval --tasks mine_v1,mine_v2 --log_samples ...    -->    samples_mine_v1_*.jsonl   the original (the first, or --clean)
                                                                samples_mine_v2_*.jsonl   a variant of every item

Documents that `probe export` wrote say their family, perturbation, sample and effect (`lmeval_origin`; older ones by the name of
their task alone); any other file is a sample of the family `template`. An answer is right where lm-eval's own metric says so.

Covered: multiple_choice and generate_until logs, one filter, exports of ours. Items are matched by the document's own `id`, else
by its number. Not covered: items that the original file lacks (left out and counted), logs without `--log_samples`.
"""

from __future__ import annotations

import logging
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path
from typing import Any, NoReturn

from probe.errors import ModelError, SuiteError, UsageError
from probe.evaluation.scoring import ANOTHER, softmax
from probe.evaluation.variants import VariantSet, original_of
from probe.models.base import EngineUsage, Fact, Model, ModelFacts, Progress
from probe.registry import perturbations, unknown_name
from probe.sources.base import name_from, text_within
from probe.sources.lmeval_documents import split_contexts
from probe.sources.lmeval_origin import GOLD, Origin, origin_of
from probe.suite.faults import counted, fault, json_lines
from probe.types import Field, Generation, Item, LogLikelihood, Perturbation, Prompt, Reading, Score, Suite, Variant

log = logging.getLogger(__name__)

FILE = re.compile(r"^samples_(?P<task>.+?)(?:_\d{4}-\d\d-\d\dT[\d.:-]+)?$")
EXPORTED = re.compile(r"^(?P<suite>.+)__(?P<perturbation>[A-Za-z0-9_.@+-]+)__(?P<sample>\d+)$")
ORIGINALS = ("original", "clean")
"""Names of the original prompt; `clean` is that of earlier versions."""
EXAMPLE = '{"doc_id": 0, "doc": {...}, "target": "...", ...}'
METRICS = ("acc_norm", "acc", "exact_match", "acc_bytes", "acc_mutual_info")
FAMILY = "template"
OUTCOMES = ("asked", "unchanged", "duplicate", "not_applicable", "invalid")


class Answered(Model):
    """Placeholder for the model of a log. It has answered lm-eval and cannot be asked again."""

    def __init__(self, num_requests: int, tasks: Sequence[str]) -> None:
        self.name = "lm-eval"
        self.usage = EngineUsage(requests=num_requests, unique_requests=num_requests)
        self._tasks = tasks

    def loglikelihoods(self, requests: Sequence[LogLikelihood], *, progress: Progress | None = None) -> NoReturn:
        """Refuse: there is no model."""
        raise ModelError("an imported run has no model to ask", hint="run the suite with --model instead")

    def generate(self, requests: Sequence[Generation], *, progress: Progress | None = None) -> NoReturn:
        """Refuse: there is no model."""
        self.loglikelihoods([])

    def facts(self) -> ImportedFacts:
        """Return the tasks whose logs were read."""
        return ImportedFacts(model=self.name, fingerprint="", imported_from=", ".join(self._tasks))


@dataclass(frozen=True, kw_only=True)
class ImportedFacts(ModelFacts):
    """What is known of the model of a log: that lm-eval asked it."""

    imported_from: str

    def as_record(self) -> dict[str, Fact]:
        """Return nothing but the logs' tasks: lm-eval's logs hold no weights' hash."""
        return {"imported_from": self.imported_from}


@dataclass(frozen=True, slots=True)
class Sample:
    """A row of a log."""

    id: str
    context: str
    target: str
    choices: tuple[str, ...]
    values: tuple[float, ...]
    """Log-probabilities of the choices."""
    answer: str
    """The filtered answer, of free text."""
    correct: bool
    origin: Origin | None = None
    """Which sample it is, if the document is an export of ours."""


@dataclass(frozen=True, slots=True)
class Log:
    """A file of samples."""

    path: Path
    samples: Mapping[str, Sample]
    column: Origin


@dataclass(frozen=True, slots=True)
class Imported:
    """The suite, its scores, and what stands for the perturbations."""

    variant_set: VariantSet
    scores: list[Score]
    perturbations: tuple[Perturbation, ...] = field(default=())


def read_logs(
    paths: Sequence[Path], *, original_path: Path | None = None, metric: str = "", filter_name: str = ""
) -> Imported:
    """Read logs of several prompt variants of one task.

    Raises:
        UsageError: there are fewer than two, or the original is not among them.
        SuiteError: a file is no log of samples; says file and line.
    """
    if original_path is not None and original_path not in paths:
        paths = [original_path, *paths]
    if len(paths) < 2:
        raise UsageError("one log has nothing to compare with; name the logs of several prompt variants of one task")
    logs = [_log(path, metric, filter_name) for path in paths]
    originals = [one for one in logs if one.path == original_path] or [
        one for one in logs if one.column.perturbation == "original"
    ]
    lead = (originals or logs)[0]
    others = _numbered([one for one in logs if one is not lead])
    items = {name: Item(sample.id, _prompt(sample), sample.target) for name, sample in lead.samples.items()}
    _report_left_out(lead, others)
    suite = Suite(lead.column.suite, "1", f"Imported from {lead.path.name}.", tuple(items.values()))
    scores = []
    for name, item in items.items():
        scores.append(_score(original_of(item), lead.samples[name]))
        scores += [_score(_variant(item, one), one.samples[name]) for one in others if name in one.samples]
    counts: dict[str, Any] = {}
    for one in others:
        tally = counts.setdefault(one.column.family, dict.fromkeys(OUTCOMES, 0))
        num_asked = sum(name in one.samples for name in items)
        tally["asked"] += num_asked
        tally["not_applicable"] += len(items) - num_asked
    stand_ins = {one.column.perturbation: _perturbation(one) for one in others}
    variants = tuple(score.variant for score in scores)
    return Imported(VariantSet(suite, variants, counts), scores, tuple(stand_ins.values()))


def _log(path: Path, metric: str, filter_name: str) -> Log:
    match = FILE.match(path.stem)
    task = match["task"] if match else path.stem
    samples: dict[str, Sample] = {}
    used_filter = filter_name
    for number, row in json_lines(text_within(path), path, EXAMPLE):
        name = str(row.get("filter", "none"))
        used_filter = used_filter or name
        if name != used_filter:
            continue
        try:
            sample = _sample(row, metric)
        except (KeyError, TypeError, ValueError, IndexError, AttributeError) as error:
            cure = "write them with lm_eval --log_samples"
            raise fault(path, number, f"is no sample of lm-eval ({type(error).__name__}: {error}); {cure}") from error
        if sample.id in samples:
            raise fault(path, number, f"document {sample.id!r} stands there twice")
        samples[sample.id] = sample
    if not samples:
        raise fault(path, 1, f"holds no sample of filter {used_filter!r}" if used_filter else "holds no sample")
    columns = {sample.origin for sample in samples.values()}
    if len(columns) > 1:
        raise fault(path, 1, "its documents are of several samples; a log is of one task")
    (column,) = columns
    return Log(path, samples, column or _by_name(task))


def _by_name(task: str) -> Origin:
    """Return the origin that the name of a task implies, for documents without one."""
    exported = EXPORTED.match(task)
    if exported is None:
        return Origin(name_from(task), FAMILY, name_from(task), 0, "label-preserving", "suite")
    suite, name, sample = name_from(exported["suite"]), exported["perturbation"], int(exported["sample"])
    if name in perturbations:
        known = perturbations.get(name)
        return Origin(suite, known.family, name, sample, known.effect, known.scope)
    if name in ORIGINALS:
        return Origin(suite, "original", "original", sample, "label-preserving", "suite")
    return Origin(suite, FAMILY, name, sample, "label-preserving", "suite")


def _sample(row: dict[str, Any], metric: str) -> Sample:
    doc = row["doc"]
    asked = [_listed(one) for one in _listed(row["arguments"])]
    ident = str(doc["id"]) if isinstance(doc, dict) and isinstance(doc.get("id"), str | int) else str(row["doc_id"])
    offered = [one for one in row.get("metrics", METRICS) if one in METRICS and one in row]
    if metric and metric not in row:
        raise unknown_name("metric in the log", metric, offered)
    used = metric or next((one for one in ("acc", "exact_match", *METRICS) if one in offered), "")
    if not used:
        metrics = ", ".join(row.get("metrics", []))
        raise UsageError(f"none of the log's metrics ({metrics}) is one of {', '.join(METRICS)}")
    correct = float(row[used]) == 1.0
    context, origin, target = str(asked[0][0]), origin_of(doc), str(row["target"])
    if not isinstance(asked[0][1], str):
        return Sample(ident, context, target, (), (), _answer(row["filtered_resps"]), correct, origin)
    if len(asked) == 1:
        return Sample(ident, context, str(asked[0][1]).strip(), (), (), ANOTHER, correct, origin)
    context, choices = _choices(asked)
    values = _values(row["filtered_resps"], choices, used)
    best = max(range(len(values)), key=lambda index: values[index])
    gold = str(doc.get(GOLD, target)) if origin is not None else target
    return Sample(ident, context, _target(gold, choices, best, correct), choices, values, "", correct, origin)


def _listed(value: Any) -> list[Any]:
    return list(value.values() if isinstance(value, dict) else value)


def _answer(filtered: Any) -> str:
    """Return the filtered answer of free text."""
    answer = filtered[0] if isinstance(filtered, list) else filtered
    answer = answer[0] if isinstance(answer, list) else answer
    return "" if answer == "[invalid]" else str(answer).strip()


def _choices(asked: Sequence[Sequence[Any]]) -> tuple[str, tuple[str, ...]]:
    """Return the context and the choices, which stand in the continuations or, where those are one and the same, in the contexts.

    What was asked without any context, for `acc_mutual_info`, is left out.
    """
    contexts, endings = ([str(one[place]) for one in asked] for place in (0, 1))
    if len(set(endings)) == 1 and len(set(contexts)) == len(contexts):
        shared, choices = split_contexts(contexts)
        return shared.rstrip(), tuple(one.strip() for one in choices)
    half = len(asked) // 2
    has_alone = contexts[0] and endings[:half] == endings[half:] and not any(contexts[half:])
    return contexts[0], tuple(one.strip() for one in (endings[:half] if has_alone else endings))


def _values(filtered: Sequence[Any], choices: Sequence[str], used: str) -> tuple[float, ...]:
    """Return the values that the metric compares the choices by."""
    values = [float(one[0]) for one in filtered]
    num = len(choices)
    if num < 2 or len(values) not in (num, 2 * num):
        raise ValueError(f"{len(values)} answers for {num} choices")
    if used == "acc_mutual_info":
        return tuple(value - alone for value, alone in zip(values[:num], values[num:], strict=True))
    sizes = [1] * num
    if used in ("acc_norm", "acc_bytes"):
        sizes = [len(one) if used == "acc_norm" else len(one.encode("utf-8", "surrogatepass")) for one in choices]
    return tuple(value / max(size, 1) for value, size in zip(values, sizes, strict=False))


def _target(gold: str, choices: Sequence[str], best: int, correct: bool) -> str:
    """Return the right choice: the predicted one where that is correct, else the target, else the other one of two."""
    if correct:
        return choices[best]
    if gold in choices:
        return gold
    number = re.fullmatch(r"\[?(\d+)[\d, ]*\]?|(\d+)\.0", {"True": "1", "False": "0"}.get(gold, gold))
    if number and int(number[1] or number[2]) < len(choices):
        return choices[int(number[1] or number[2])]
    if re.fullmatch(r"\[?-\d+\]?|None|nan|", gold):
        return ""  # a hidden label
    return choices[1 - best] if len(choices) == 2 else gold


def _numbered(logs: Sequence[Log]) -> list[Log]:
    """Return the logs with the templates numbered as samples of one perturbation, in the order named.

    Raises:
        UsageError: two logs are of one sample.
    """
    numbered: dict[tuple[str, int], Log] = {}
    samples = count()
    for one in logs:
        if one.column.family in (FAMILY, "original"):
            one = replace(one, column=replace(one.column, family=FAMILY, sample=next(samples)))
        name, sample = key = (one.column.perturbation, one.column.sample)
        if key in numbered:
            paths = f"{numbered[key].path} and {one.path}"
            raise UsageError(f"{paths} are both of {name} {sample}", hint="name one of them")
        numbered[key] = one
    return list(numbered.values())


def _report_left_out(lead: Log, others: Sequence[Log]) -> None:
    known = set(lead.samples)
    for one in others:
        if not known & set(one.samples):
            raise SuiteError(f"{one.path}:1: has no document of {lead.path.name}; are they variants of one task?")
        if unknown := len(set(one.samples) - known):
            log.warning("%s: left out %s that %s has not", one.path, counted(unknown, "document"), lead.path.name)


def _prompt(sample: Sample) -> Prompt:
    return Prompt("{text}", (Field("text", sample.context),), sample.choices, is_template=True)


def _variant(item: Item, one: Log) -> Variant:
    sample, column = one.samples[item.id], one.column
    perturbed = replace(item, prompt=_prompt(sample), target=sample.target)
    return Variant(item, perturbed, column.family, column.perturbation, column.sample, column.effect, sample.context)


def _score(variant: Variant, sample: Sample) -> Score:
    if not sample.choices:
        reading: Reading = "exact" if sample.correct else "other" if sample.answer else "unreadable"
        return Score(variant, variant.perturbed.target if sample.correct else sample.answer, sample.correct, reading)
    if any(math.isnan(value) or value == math.inf for value in sample.values):
        return Score(variant, "", correct=False, reading="non-finite")
    best, second, *_ = sorted(range(len(sample.values)), key=lambda index: -sample.values[index])
    if sample.values[best] == sample.values[second]:  # lm-eval gives it to the first choice
        return Score(variant, "", correct=False, reading="tie", probabilities=softmax(sample.values), margin=0.0)
    shares = softmax(sample.values)
    margin = sample.values[best] - sample.values[second]
    return Score(
        variant, sample.choices[best], sample.correct, "ranked", shares, margin=margin, confidence=shares[best]
    )


def _perturbation(one: Log) -> Perturbation:
    summary, column = f"Imported from {one.path.name}.", one.column
    return Perturbation(
        column.perturbation, column.family, summary, lambda item, rng: None, column.effect, column.scope
    )
