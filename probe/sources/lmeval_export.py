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
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from probe.errors import UsageError
from probe.evaluation.requests import requests_for
from probe.prompt.render import answer_text, continuation, continuations
from probe.sources import free_reading
from probe.sources.base import name_from
from probe.sources.lmeval_origin import GOLD, origin_record
from probe.suite import argument_of
from probe.types import Normalisation, Perturbation, Suite, Variant

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
    """Write task files into an existing folder that will be known as `at`; give the names of the tasks.

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
        rows, task = _asked(members, suite)
        head = _head(name, at / f"{name}.jsonl") | {"metadata": _facts(suite, members[0])}
        _write_yaml(folder / f"{name}.yaml", head | task)
        lines = [json.dumps({key: value for key, value in row.items() if key != "gap"} | origin) for row in rows]
        (folder / f"{name}.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    if not suite.rates_target and any(not variant.perturbed.prompt.choices for variant in variants):
        (folder / f"{READING}.py").write_text(inspect.getsource(free_reading), encoding="utf-8")
    metric = METRICS[suite.normalisation] if suite.is_choice or suite.rates_target else "exact_match"
    group = {
        "group": suite.name,
        "task": list(columns),
        "aggregate_metric_list": [{"metric": metric, "weight_by_size": True}],
    }
    _write_yaml(folder / f"{suite.name}.yaml", group)
    return list(columns)


def _columns(suite: Suite, variants: Sequence[Variant]) -> dict[str, list[Variant]]:
    """Return the variants by the name of their task; the reruns of the noise floor are left out."""
    drawn: dict[tuple[str, int], list[Variant]] = {}
    for variant in variants:
        if variant.family != "null":
            drawn.setdefault((variant.perturbation, variant.sample), []).append(variant)
    columns: dict[str, list[Variant]] = {}
    for (perturbation, sample), members in drawn.items():
        named = name_from(perturbation)
        names = ("__".join((suite.name, f"{named}-{n}" if n else named, str(sample))) for n in range(len(drawn)))
        columns[next(name for name in names if name not in columns)] = members
    return columns


def _asked(members: Sequence[Variant], suite: Suite) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Return the rows of a task, and what its file says of them."""
    prompt = members[0].perturbed.prompt
    if prompt.choices and prompt.ending:
        return [_blank_row(one) for one in members], _blank_task()
    if prompt.choices:
        rows = _choice_rows(members)
        return rows, _choice_task(rows, suite)
    if suite.rates_target:
        return [_rated_row(one) for one in members], _rated_task()
    return [_text_row(one, suite) for one in members], _text_task(suite)


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
    return {
        "version": suite.version,
        "suite": argument_of(suite),
        "digest": suite.digest,
        "family": variant.family,
        "perturbation": variant.perturbation,
        "sample": variant.sample,
        "effect": variant.effect,
    }


def _choice_task(rows: Sequence[dict[str, Any]], suite: Suite) -> dict[str, Any]:
    return {
        "output_type": "multiple_choice",
        "doc_to_target": "target",
        "doc_to_choice": "choices",
        "target_delimiter": rows[0]["gap"],
        "metric_list": _metrics(*dict.fromkeys(("acc", METRICS[suite.normalisation]))),
    }


def _metrics(*names: str) -> list[dict[str, Any]]:
    return [{"metric": one, "aggregation": "mean", "higher_is_better": True} for one in names]


def _choice_rows(members: Sequence[Variant]) -> list[dict[str, Any]]:
    """Return rows whose choices are bare answers if one gap parts all of them from their contexts, else whole continuations."""
    gaps = {_gap(one) for one in members}
    gap = next(iter(gaps)) if len(gaps) == 1 else ""
    has_several = any(one.perturbed.aliases for one in members)
    rows = []
    for one in members:
        prompt = one.perturbed.prompt
        texts = [continuation(prompt, choice).removeprefix(gap) for choice in prompt.choices]
        right = _right(one)
        rows.append(
            {
                "id": one.item.id,
                "text": one.text,
                "choices": texts,
                "target": right if has_several else right[0],
                "gap": gap,
            }
        )
    return rows


def _right(variant: Variant) -> list[int]:
    """Return the places of the right choices."""
    asked, choices = variant.perturbed, variant.perturbed.prompt.choices
    right = [choices.index(text) for text in (asked.target, *asked.aliases) if text in choices]
    if not right:
        raise UsageError(f"{variant.item.id}: its right answer is none of its choices, which a task file cannot say")
    return right


def _blank_task() -> dict[str, Any]:
    """Return a task with a context for each choice, as lm-eval has them: the text is the place of the right one."""
    return {
        "output_type": "multiple_choice",
        "doc_to_text": GOLD,
        "doc_to_choice": "contexts",
        "doc_to_target": "ending",
        "metric_list": _metrics("acc"),
    }


def _blank_row(variant: Variant) -> dict[str, Any]:
    prompt = variant.perturbed.prompt
    contexts = [variant.text + one for one in continuations(prompt)]
    return {"id": variant.item.id, "contexts": contexts, GOLD: _right(variant)[0], "ending": prompt.ending}


def _rated_task() -> dict[str, Any]:
    return {"output_type": "loglikelihood", "doc_to_target": "target", "metric_list": _metrics("acc")}


def _rated_row(variant: Variant) -> dict[str, Any]:
    target = continuation(variant.perturbed.prompt, variant.perturbed.target)
    return {"id": variant.item.id, "text": variant.text, "target": target}


def _gap(variant: Variant) -> str:
    prompt = variant.perturbed.prompt
    choice = prompt.choices[0]
    whole, said = continuation(prompt, choice), answer_text(prompt, choice)
    return whole.removesuffix(said) if whole.endswith(said) else ""


def _text_task(suite: Suite) -> dict[str, Any]:
    from probe.sources.bbh import same_text

    if suite.parse_answer not in (None, same_text) or suite.min_overlap is not None:
        raise UsageError(
            f"suite {suite.name!r} reads answers by a rule of its own, which no task file can hold",
            hint="an lm-eval task is exported by its own file",
        )
    rule = "normalized_exact_match" if suite.parse_answer is None else "case_insensitive_exact_match"
    return {
        "output_type": "generate_until",
        "doc_to_target": "{{target}}",
        "generation_kwargs": {"until": list(suite.stop), "max_gen_toks": suite.max_new_tokens, "do_sample": False},
        "process_results": f"!function {READING}.{rule}",
        "metric_list": _metrics("exact_match"),
    }


def _text_row(variant: Variant, suite: Suite) -> dict[str, Any]:
    (request,) = requests_for(variant, suite)
    accepted = [variant.perturbed.target, *variant.perturbed.aliases]
    return {"id": variant.item.id, "text": request.context, "target": variant.perturbed.target, "accepted": accepted}


def _write_yaml(path: Path, value: dict[str, Any]) -> None:
    """Write a mapping as YAML whose values are JSON, which YAML reads as it is meant; a tag stands bare."""
    lines = []
    for key, one in value.items():
        is_tag = isinstance(one, str) and one.startswith("!function ")
        lines.append(f"{key}: {one if is_tag else json.dumps(one, ensure_ascii=False)}")
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
