"""lm-eval's sample logs as a record: `samples_TASK_DATE.jsonl`, one file for each prompt variant of the same documents.

    lm_eval --tasks mine_v1,mine_v2 --log_samples ...    -->    samples_mine_v1_*.jsonl   the clean one (the first, or --clean)
                                                                samples_mine_v2_*.jsonl   a variant of every item

Tasks that `probe export` wrote keep their perturbation, draw and effect; any other file is a draw of the family `template`. An
answer is right where lm-eval's own metric says so.

Covered: multiple_choice and generate_until logs, one filter, exports of ours. Items are matched by the document's own `id`, else
by its number. Not covered: items that the clean file lacks (left out and counted), logs without `--log_samples`.
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from probe.errors import SuiteError, UsageError
from probe.models.base import EngineUsage, Facts
from probe.registry import perturbations, unknown_name
from probe.scoring import softmax
from probe.sources.base import name_from, text_within
from probe.suite.faults import counted, fault
from probe.types import Effect, Field, Item, Perturbation, Prompt, Reading, Score, Suite, Variant
from probe.variants import VariantSet, clean

log = logging.getLogger(__name__)

FILE = re.compile(r"^samples_(?P<task>.+?)(?:_\d{4}-\d\d-\d\dT[\d.:-]+)?$")
EXPORTED = re.compile(r"^(?P<suite>.+)__(?P<perturbation>[A-Za-z0-9_.@+-]+)__(?P<draw>\d+)$")
METRICS = ("acc_norm", "acc", "exact_match")
FAMILY = "template"


@dataclass(frozen=True, slots=True)
class Answered:
    """What stands for the model of a log: it has answered already and can be asked nothing."""

    name: str
    usage: EngineUsage
    tasks: tuple[str, ...] = ()

    def facts(self) -> Facts:
        """Give what is known of it: that it was lm-eval's."""
        return {"imported_from": ", ".join(self.tasks)}


@dataclass(frozen=True, slots=True)
class Sample:
    """A row of a log."""

    id: str
    context: str
    target: str
    choices: tuple[str, ...]
    values: tuple[float, ...]
    """Log-probabilities of the choices."""
    said: str
    """The filtered answer, of free text."""
    correct: bool


@dataclass(frozen=True, slots=True)
class Log:
    """A file of samples."""

    path: Path
    task: str
    samples: Mapping[str, Sample]
    family: str = FAMILY
    perturbation: str = ""
    draw: int = 0
    effect: Effect = "same"


@dataclass(frozen=True, slots=True)
class Imported:
    """The suite, its scores, and what stands for the perturbations."""

    variant_set: VariantSet
    scores: list[Score]
    perturbations: tuple[Perturbation, ...] = field(default=())


def read_logs(
    paths: Sequence[Path], *, clean_path: Path | None = None, metric: str = "", filter_name: str = ""
) -> Imported:
    """Read logs of several prompt variants of one task.

    Raises:
        UsageError: there are fewer than two, or the clean one is not among them.
        SuiteError: a file is no log of samples; says file and line.
    """
    if clean_path is not None and clean_path not in paths:
        paths = [clean_path, *paths]
    if len(paths) < 2:
        raise UsageError("one log has nothing to compare with; name the logs of several prompt variants of one task")
    logs = [_log(path, metric, filter_name) for path in paths]
    chosen = next((one for one in logs if clean_path is not None and one.path == clean_path), None)
    lead = chosen or next((one for one in logs if one.perturbation == "clean"), logs[0])
    others = _numbered([one for one in logs if one is not lead])
    items = {name: _item(sample) for name, sample in lead.samples.items()}
    _tell_left_out(lead, others)
    match = EXPORTED.match(lead.task)
    suite = Suite(
        name_from(match["suite"] if match else lead.task),
        "1",
        f"Imported from {lead.path.name}.",
        tuple(items.values()),
    )
    scores = []
    for name, item in items.items():
        scores.append(_score(clean(item), lead.samples[name]))
        for one in others:
            if name in one.samples:
                scores.append(_score(_variant(item, one), one.samples[name]))
    counts: dict[str, Any] = {}
    for one in others:
        tally = counts.setdefault(
            one.family, dict.fromkeys(("asked", "unchanged", "duplicate", "not_applicable", "invalid"), 0)
        )
        asked = sum(name in one.samples for name in items)
        tally["asked"] += asked
        tally["not_applicable"] += len(items) - asked
    drawn = {one.perturbation: _perturbation(one) for one in others}
    return Imported(VariantSet(suite, tuple(score.variant for score in scores), counts), scores, tuple(drawn.values()))


def _log(path: Path, metric: str, filter_name: str) -> Log:
    match = FILE.match(path.stem)
    task = match["task"] if match else path.stem
    samples: dict[str, Sample] = {}
    wanted = filter_name
    for number, line in enumerate(text_within(path).splitlines(), start=1):
        if not line.strip():
            continue
        row = _row(line, path, number)
        name = str(row.get("filter", "none"))
        wanted = wanted or name
        if name != wanted:
            continue
        try:
            sample = _sample(row, metric)
        except (KeyError, TypeError, ValueError, IndexError, AttributeError) as error:
            said = f"{type(error).__name__}: {error}"
            raise fault(
                path, number, f"is no sample of lm-eval ({said}); write them with lm_eval --log_samples"
            ) from error
        if sample.id in samples:
            raise fault(path, number, f"document {sample.id!r} stands there twice")
        samples[sample.id] = sample
    if not samples:
        raise fault(path, 1, f"holds no sample of filter {wanted!r}" if wanted else "holds no sample")
    exported = EXPORTED.match(task)
    if exported is None:
        return Log(path, task, samples, perturbation=name_from(task))
    known = perturbations.get(exported["perturbation"]) if exported["perturbation"] in perturbations else None
    family = known.family if known else "clean" if exported["perturbation"] == "clean" else FAMILY
    return Log(
        path, task, samples, family, exported["perturbation"], int(exported["draw"]), known.effect if known else "same"
    )


def _row(line: str, path: Path, number: int) -> dict[str, Any]:
    try:
        row = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise fault(path, number, f"is not valid JSON: {error}") from error
    if not isinstance(row, dict):
        raise fault(path, number, "is no object")
    return row


def _sample(row: dict[str, Any], metric: str) -> Sample:
    doc = row["doc"]
    arguments = row["arguments"]
    asked = [
        list(one.values()) if isinstance(one, dict) else list(one)
        for one in (arguments.values() if isinstance(arguments, dict) else arguments)
    ]
    ident = str(doc["id"]) if isinstance(doc, dict) and isinstance(doc.get("id"), str | int) else str(row["doc_id"])
    context = str(asked[0][0])
    is_choice = isinstance(asked[0][1], str)
    offered = [one for one in row.get("metrics", METRICS) if one in METRICS and one in row]
    if metric and metric not in row:
        raise unknown_name("metric in the log", metric, offered)
    used = metric or next((one for one in ("acc", "exact_match", "acc_norm") if one in offered), "")
    if not used:
        raise UsageError(
            f"none of the log's metrics ({', '.join(row.get('metrics', []))}) is one of {', '.join(METRICS)}"
        )
    correct = float(row[used]) == 1.0
    filtered = row["filtered_resps"]
    if not is_choice:
        said = filtered[0] if isinstance(filtered, list) else filtered
        said = said[0] if isinstance(said, list) else said
        return Sample(
            ident, context, str(row["target"]), (), (), "" if said == "[invalid]" else str(said).strip(), correct
        )
    choices = tuple(str(one[1]).strip() for one in asked)
    values = tuple(float(one[0]) for one in filtered)
    if used == "acc_norm":
        values = tuple(value / max(len(choice), 1) for value, choice in zip(values, choices, strict=True))
    if len(values) != len(choices) or len(choices) < 2:
        raise ValueError(f"{len(values)} answers for {len(choices)} choices")
    best = max(range(len(values)), key=lambda index: values[index])
    return Sample(ident, context, _target(str(row["target"]), choices, best, correct), choices, values, "", correct)


def _target(said: str, choices: Sequence[str], best: int, correct: bool) -> str:
    """Give the right choice's text; where it is right the chosen one is it."""
    if correct:
        return choices[best]
    if said in choices:
        return said
    number = re.fullmatch(r"\[?(\d+)[\d, ]*\]?", said)
    return choices[int(number[1])] if number and int(number[1]) < len(choices) else said


def _numbered(logs: Sequence[Log]) -> list[Log]:
    """Give the logs with the templates numbered as draws of one perturbation, in the order named."""
    numbered = []
    draw = 0
    for one in logs:
        is_template = one.family in (FAMILY, "clean")
        numbered.append(replace(one, family=FAMILY, draw=draw) if is_template else one)
        draw += is_template
    return numbered


def _tell_left_out(lead: Log, others: Sequence[Log]) -> None:
    known = set(lead.samples)
    for one in others:
        if not known & set(one.samples):
            raise SuiteError(f"{one.path}:1: has no document of {lead.path.name}; are they variants of one task?")
        if strange := len(set(one.samples) - known):
            log.warning("%s: left out %s that %s has not", one.path, counted(strange, "document"), lead.path.name)


def _item(sample: Sample) -> Item:
    return Item(sample.id, _prompt(sample), sample.target)


def _prompt(sample: Sample) -> Prompt:
    return Prompt("{text}", (Field("text", sample.context),), sample.choices, is_template=True)


def _variant(item: Item, one: Log) -> Variant:
    sample = one.samples[item.id]
    asked = replace(item, prompt=_prompt(sample), target=sample.target)
    return Variant(item, asked, one.family, one.perturbation, one.draw, one.effect, sample.context)


def _score(variant: Variant, sample: Sample) -> Score:
    if not sample.choices:
        reading: Reading = "exact" if sample.correct else "other" if sample.said else "unreadable"
        return Score(variant, variant.asked.target if sample.correct else sample.said, sample.correct, reading)
    order = sorted(range(len(sample.values)), key=lambda index: -sample.values[index])
    probabilities = softmax(sample.values)
    margin = sample.values[order[0]] - sample.values[order[1]]
    return Score(
        variant,
        sample.choices[order[0]],
        sample.correct,
        "ranked",
        probabilities,
        margin=margin,
        confidence=probabilities[order[0]],
    )


def _perturbation(one: Log) -> Perturbation:
    scope = perturbations.get(one.perturbation).scope if one.perturbation in perturbations else "suite"
    return Perturbation(
        one.perturbation, one.family, f"Imported from {one.path.name}.", lambda item, rng: None, one.effect, scope
    )
