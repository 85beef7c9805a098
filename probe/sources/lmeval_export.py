"""Our variants as lm-eval task files: one task for each draw of each perturbation, and a group that names them all.

    DIR/sentiment.yaml                        the group
    DIR/sentiment__original__0.yaml  .jsonl      as written
    DIR/sentiment__format-layout__3.yaml ...  that draw, for every item to which it applies
    DIR/probe_reading.py                      how a free answer is read (only where answers are free)

Each row holds the rendered context and the choices, so that lm-eval asks the very strings that we ask and its `acc` (or
`acc_norm`, `exact_match`) of a task is our accuracy of that variant. It says its family, perturbation, draw and effect too, which
lm-eval keeps in its logs and `probe import` reads there (`lmeval_origin`): a file's name cannot hold every name.

Covered: choices, blanks, free text and rated targets, flips, several right answers. Not covered: the reruns of the noise floor,
chat turns (their text is exported), suites with a rule of their own to read answers.
"""

from __future__ import annotations

import inspect
import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from probe.errors import UsageError
from probe.evaluation import free_reading
from probe.evaluation.requests import requests_for
from probe.masking import masked
from probe.prompt.render import answer_text, continuation, continuations
from probe.sources.base import name_from
from probe.sources.lmeval_origin import GOLD, origin_record
from probe.suite import argument_of
from probe.types import Generation, Normalisation, Perturbation, Suite, Variant

Task = tuple[list[dict[str, Any]], dict[str, Any]]
READING = "probe_reading"
METRICS: dict[Normalisation, str] = {
    "none": "acc",
    "characters": "acc_norm",
    "bytes": "acc_bytes",
    "unconditional": "acc_mutual_info",
}


def write_tasks(
    suite: Suite, variants: Sequence[Variant], folder: Path, *, at: Path, perturbations: Sequence[Perturbation] = ()
) -> list[str]:
    """Write task files into an existing folder that will be known as `at`; return the names of the tasks.

    `perturbations` are those that the variants were drawn by: their scope is written too.

    Raises:
        UsageError: the suite has a rule of its own to read answers, which no task file can hold.
    """
    columns = _columns(suite, variants)
    known = {one.name: one for one in perturbations}
    for name, members in columns.items():
        if "/" in name or name.startswith("."):
            raise UsageError(f"{name!r} is no name of a file; give the suite another name")
        origin = origin_record(suite, members[0], known)
        rows, task = _task(members, suite)
        head = _head(name, at / f"{name}.jsonl") | {"metadata": _facts(suite, members[0])}
        _write_yaml(folder / f"{name}.yaml", head | task)
        lines = "".join(json.dumps(row | origin) + "\n" for row in rows)
        (folder / f"{name}.jsonl").write_text(masked(lines), encoding="utf-8")
    if not suite.rates_target and any(not variant.perturbed.prompt.choices for variant in variants):
        (folder / f"{READING}.py").write_text(inspect.getsource(free_reading), encoding="utf-8")
    metric = METRICS[suite.normalisation] if suite.is_choice or suite.rates_target else "exact_match"
    aggregated = [{"metric": metric, "weight_by_size": True}]
    group = {"group": suite.name, "task": list(columns), "aggregate_metric_list": aggregated}
    _write_yaml(folder / f"{suite.name}.yaml", group)
    return list(columns)


def _columns(suite: Suite, variants: Sequence[Variant]) -> dict[str, list[Variant]]:
    """Return the variants by the name of their task; the reruns of the noise floor are left out."""
    samples: dict[tuple[str, int], list[Variant]] = {}
    for variant in variants:
        if variant.family != "null":
            samples.setdefault((variant.perturbation, variant.sample), []).append(variant)
    columns: dict[str, list[Variant]] = {}
    for (perturbation, sample), members in samples.items():
        named = name_from(perturbation)
        names = ("__".join((suite.name, f"{named}-{n}" if n else named, str(sample))) for n in range(len(samples)))
        columns[next(name for name in names if name not in columns)] = members
    return columns


def _task(members: Sequence[Variant], suite: Suite) -> Task:
    """Return the rows of a task, and the entries of its file that depend on what is asked."""
    prompt = members[0].perturbed.prompt
    if prompt.choices:
        return _blanks(members) if prompt.ending else _choices(members, suite)
    return _rated(members) if suite.rates_target else _texts(members, suite)


def _head(name: str, data: Path) -> dict[str, Any]:
    return {
        "task": name,
        "dataset_path": "json",
        "dataset_kwargs": {"data_files": {"test": str(data)}},
        "test_split": "test",
        "doc_to_text": "text",
        "target_delimiter": "",
        "num_fewshot": 0,
    }


def _facts(suite: Suite, variant: Variant) -> dict[str, Any]:
    facts = {"version": suite.version, "suite": argument_of(suite), "digest": suite.digest}
    return facts | {key: getattr(variant, key) for key in ("family", "perturbation", "sample", "effect")}


def _metrics(*names: str) -> list[dict[str, Any]]:
    return [{"metric": one, "aggregation": "mean", "higher_is_better": True} for one in names]


def _choices(members: Sequence[Variant], suite: Suite) -> Task:
    """Return choices as bare answers if one gap separates all of them from their contexts, else as whole continuations."""
    gaps = {_gap(one) for one in members}
    gap = gaps.pop() if len(gaps) == 1 else ""
    has_aliases = any(one.perturbed.aliases for one in members)
    rows = []
    for one in members:
        prompt, right = one.perturbed.prompt, _right(one)
        texts = [continuation(prompt, choice).removeprefix(gap) for choice in prompt.choices]
        target = right if has_aliases else right[0]
        rows.append({"id": one.item.id, "text": one.text, "choices": texts, "target": target})
    return rows, {
        "output_type": "multiple_choice",
        "doc_to_target": "target",
        "doc_to_choice": "choices",
        "target_delimiter": gap,
        "metric_list": _metrics(*dict.fromkeys(("acc", METRICS[suite.normalisation]))),
    }


def _right(variant: Variant) -> list[int]:
    """Return the indices of the right choices."""
    item, choices = variant.perturbed, variant.perturbed.prompt.choices
    right = [choices.index(text) for text in (item.target, *item.aliases) if text in choices]
    if not item.target:
        return [-1]  # without a label, which is lm-eval's way to say so
    if not right:
        raise UsageError(f"{variant.item.id}: its right answer is none of its choices, which a task file cannot say")
    return right


def _blanks(members: Sequence[Variant]) -> Task:
    """Return a context for each choice, as lm-eval has them: `doc_to_text` is the index of the right one."""
    rows = []
    for one in members:
        prompt, right = one.perturbed.prompt, _right(one)
        contexts = [one.text + text for text in continuations(prompt)]
        rows.append({"id": one.item.id, "contexts": contexts, GOLD: right[0], "ending": prompt.ending})
    return rows, {
        "output_type": "multiple_choice",
        "doc_to_text": GOLD,
        "doc_to_choice": "contexts",
        "doc_to_target": "ending",
        "metric_list": _metrics("acc"),
    }


def _rated(members: Sequence[Variant]) -> Task:
    rows = []
    for one in members:
        target = continuation(one.perturbed.prompt, one.perturbed.target)
        rows.append({"id": one.item.id, "text": one.text, "target": target})
    return rows, {"output_type": "loglikelihood", "doc_to_target": "target", "metric_list": _metrics("acc")}


def _gap(variant: Variant) -> str:
    prompt = variant.perturbed.prompt
    choice = prompt.choices[0]
    whole, answer = continuation(prompt, choice), answer_text(prompt, choice)
    return whole.removesuffix(answer) if whole.endswith(answer) else ""


def _texts(members: Sequence[Variant], suite: Suite) -> Task:
    from probe.sources.bbh import same_text

    if suite.parse_answer not in (None, same_text) or suite.min_overlap is not None:
        raise UsageError(
            f"suite {suite.name!r} reads answers by a rule of its own, which no task file can hold",
            hint="an lm-eval task is exported by its own file",
        )
    rule = "normalized_exact_match" if suite.parse_answer is None else "case_insensitive_exact_match"
    rows, closing = [], dict[str, None]()
    for one in members:
        (request,) = requests_for(one, suite)
        closing |= dict.fromkeys(request.stop if isinstance(request, Generation) else ())
        prompt = one.perturbed.prompt
        target, aliases = one.perturbed.target, one.perturbed.aliases
        row = {"id": one.item.id, "text": request.context, "target": target, "accepted": [target, *aliases]}
        rows.append(row | {"structure": "plain" if prompt.is_template else prompt.structure})
    return rows, {
        "output_type": "generate_until",
        "doc_to_target": "{{target}}",
        "generation_kwargs": {
            "until": _ends(suite.stop, closing),
            "max_gen_toks": suite.max_new_tokens,
            "do_sample": False,
        },
        "process_results": f"!function {READING}.{rule}",
        "metric_list": _metrics("exact_match"),
    }


def _ends(stop: Iterable[str], closing: Iterable[str]) -> list[str]:
    """Return the stop strings of a task, one list for all rows: of closings that begin alike the longest, which cuts nothing."""
    ends = dict.fromkeys(stop)
    others = [one for one in closing if one not in ends]
    return [*ends, *(one for one in others if not any(other != one and other.startswith(one) for other in others))]


def _write_yaml(path: Path, value: dict[str, Any]) -> None:
    """Write a mapping as YAML whose values are JSON, which YAML reads as it is meant; a tag stands bare."""
    lines = []
    for key, one in value.items():
        is_tag = isinstance(one, str) and one.startswith("!function ")
        lines.append(f"{key}: {one if is_tag else json.dumps(one, ensure_ascii=False)}")
    path.write_text(masked("\n".join(lines)) + "\n", encoding="utf-8")
