"""Our variants as lm-eval task files: one task for each draw of each perturbation, and a group that names them all.

    DIR/sentiment.yaml                        the group
    DIR/sentiment__clean__0.yaml  .jsonl      as written
    DIR/sentiment__format-layout__3.yaml ...  that draw, for every item to which it applies
    DIR/probe_reading.py                      how a free answer is read (only where answers are free)

Each row holds the rendered context and the choices, so that lm-eval asks the very strings that we ask and its `acc` (or
`acc_norm`, `exact_match`) of a task is our accuracy of that variant.

Covered: choices and free text, flips, several right answers. Not covered: the reruns of the noise floor (they ask the same),
chat turns (their text is exported), suites with a rule of their own to read answers.
"""

from __future__ import annotations

import inspect
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from probe.errors import UsageError
from probe.prompt import answer_text, continuation
from probe.requests import requests_for
from probe.sources import free_reading
from probe.sources.base import name_from
from probe.suite import argument_of
from probe.types import Suite, Variant

READING = "probe_reading"


def write_tasks(suite: Suite, variants: Sequence[Variant], folder: Path, *, at: Path) -> list[str]:
    """Write task files into an existing folder that will be known as `at`; give the names of the tasks.

    Raises:
        UsageError: the suite has a rule of its own to read answers, which no task file can hold.
    """
    columns: dict[str, list[Variant]] = {}
    for variant in variants:
        if variant.family != "null":
            name = "__".join((suite.name, name_from(variant.perturbation), str(variant.draw)))
            columns.setdefault(name, []).append(variant)
    for name, members in columns.items():
        if "/" in name or name.startswith("."):
            raise UsageError(f"{name!r} is no name of a file; give the suite another name")
        is_choice = bool(members[0].asked.prompt.choices)
        rows = _choice_rows(members) if is_choice else [_text_row(one, suite) for one in members]
        head = _head(name, at / f"{name}.jsonl") | {"metadata": _facts(suite, members[0])}
        task = head | (_choice_task(rows, suite) if is_choice else _text_task(suite))
        _write_yaml(folder / f"{name}.yaml", task)
        lines = [json.dumps({key: value for key, value in row.items() if key != "gap"}) for row in rows]
        (folder / f"{name}.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    if any(not variant.asked.prompt.choices for variant in variants):
        (folder / f"{READING}.py").write_text(inspect.getsource(free_reading), encoding="utf-8")
    metric = ("acc_norm" if suite.normalisation == "characters" else "acc") if suite.is_choice else "exact_match"
    group = {
        "group": suite.name,
        "task": list(columns),
        "aggregate_metric_list": [{"metric": metric, "weight_by_size": True}],
    }
    _write_yaml(folder / f"{suite.name}.yaml", group)
    return list(columns)


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
        "draw": variant.draw,
        "effect": variant.effect,
    }


def _choice_task(rows: Sequence[dict[str, Any]], suite: Suite) -> dict[str, Any]:
    metrics = ["acc"] + (["acc_norm"] if suite.normalisation == "characters" else [])
    return {
        "output_type": "multiple_choice",
        "doc_to_target": "target",
        "doc_to_choice": "choices",
        "target_delimiter": rows[0]["gap"],
        "metric_list": [{"metric": one, "aggregation": "mean", "higher_is_better": True} for one in metrics],
    }


def _choice_rows(members: Sequence[Variant]) -> list[dict[str, Any]]:
    """Give rows whose choices are bare answers if one gap parts all of them from their contexts, else whole continuations."""
    gaps = {_gap(one) for one in members}
    gap = next(iter(gaps)) if len(gaps) == 1 else ""
    has_several = any(one.asked.aliases for one in members)
    rows = []
    for one in members:
        prompt = one.asked.prompt
        texts = [continuation(prompt, choice).removeprefix(gap) for choice in prompt.choices]
        right = [
            prompt.choices.index(text) for text in (one.asked.target, *one.asked.aliases) if text in prompt.choices
        ]
        if not right:
            raise UsageError(f"{one.item.id}: its right answer is none of its choices, which a task file cannot say")
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


def _gap(variant: Variant) -> str:
    prompt = variant.asked.prompt
    choice = prompt.choices[0]
    whole, said = continuation(prompt, choice), answer_text(prompt, choice)
    return whole.removesuffix(said) if whole.endswith(said) else ""


def _text_task(suite: Suite) -> dict[str, Any]:
    from probe.sources.bbh import same_text

    if suite.judge not in (None, same_text) or suite.min_overlap is not None:
        raise UsageError(
            f"suite {suite.name!r} reads answers by a rule of its own, which no task file can hold",
            hint="an lm-eval task is exported by its own file",
        )
    rule = "equal_but_for_dress" if suite.judge is None else "equal_but_for_case"
    return {
        "output_type": "generate_until",
        "doc_to_target": "{{target}}",
        "generation_kwargs": {"until": list(suite.stop), "max_gen_toks": suite.max_new_tokens, "do_sample": False},
        "process_results": f"!function {READING}.{rule}",
        "metric_list": [{"metric": "exact_match", "aggregation": "mean", "higher_is_better": True}],
    }


def _text_row(variant: Variant, suite: Suite) -> dict[str, Any]:
    (request,) = requests_for(variant, suite)
    accepted = [variant.asked.target, *variant.asked.aliases]
    return {"id": variant.item.id, "text": request.context, "target": variant.asked.target, "accepted": accepted}


def _write_yaml(path: Path, value: dict[str, Any]) -> None:
    """Write a mapping as YAML whose values are JSON, which YAML reads as it is meant; a tag stands bare."""
    lines = []
    for key, one in value.items():
        is_tag = isinstance(one, str) and one.startswith("!function ")
        lines.append(f"{key}: {one if is_tag else json.dumps(one, ensure_ascii=False)}")
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
