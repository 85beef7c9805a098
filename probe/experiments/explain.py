"""Why answers moved: a finished run, its prompts drawn again (`probe.record.redraw`), and its model asked again.

    scores with their prompts  -->  hidden states by layer      which rephrasings the model separates
                               -->  features of the prompts     what correlates with accuracy and flips
                               -->  input x gradient            the tokens that a flip depends on

Hidden states and gradients need a local model; perplexity needs one that has tokens; word frequency and ambiguity need a
lexicon. What is missing is listed with its reason.

Covered: the three, as one object. Not covered: causes; a correlation and a gradient are hints.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import numpy as np

from probe.evaluation.flips import ContrastFailure, Flip, flip_id, worst
from probe.evaluation.results import SuiteResults
from probe.evaluation.scoring import ANOTHER
from probe.metrics.cells import NULL, ORIGINAL, Cells, Floats
from probe.metrics.explanations import Correlation, Tried, adjusted, correlate, statement
from probe.metrics.representation import layer_rows
from probe.metrics.tabulate import tabulate
from probe.metrics.text_features import available
from probe.models.base import Model
from probe.prompt.render import continuation
from probe.registry import unknown_name
from probe.seeds import rng_for
from probe.types import LogLikelihood, Score

if TYPE_CHECKING:
    from probe.models.huggingface import HuggingFace

SCHEMA_VERSION = 1
MAX_ITEMS = 64
"""Items whose hidden states are compared: all layers of all their variants."""


def explain(
    results: Mapping[str, SuiteResults],
    model: Model,
    *,
    flip: str | None = None,
    num_flips: int = 3,
    max_items: int = MAX_ITEMS,
    seed: int = 0,
) -> dict[str, Any]:
    """Return the explanation of a run's results by suite: the object that `--json` prints and `explanation.json` holds.

    Raises:
        UsageError: the run has no flip of that name.
    """
    from probe.models.representation import local_engine

    flips = chosen_flips(results, flip, num_flips)
    engine = local_engine(model)
    missing = {} if engine else dict.fromkeys(("representation", "salience"), f"{model.name} is no local model")
    correlations, unknown = correlations_of(results, model, seed=seed)
    representation = (
        [row for name, one in results.items() for row in layers(engine, name, one.scores, max_items, seed)]
        if engine
        else []
    )
    return {
        "schema_version": SCHEMA_VERSION,
        "run": "",
        "model": model.name,
        "verdict": statement(correlations),
        "representation": representation,
        "correlations": [asdict(row) for row in correlations],
        "salience": [salient(engine, one) for one in flips] if engine else [],
        "missing": [{"what": what, "reason": reason} for what, reason in {**missing, **unknown}.items()],
    }


def chosen_flips(
    results: Mapping[str, SuiteResults], flip: str | None, num_flips: int
) -> Sequence[Flip | ContrastFailure]:
    """Return the flip or contrast failure of that name, or the worst flips."""
    flips = [flip for one in results.values() for flip in one.flips]
    if flip is None:
        return worst(flips, num_flips)
    failures = [failure for one in results.values() for failure in one.contrast_failures]
    listed: list[Flip | ContrastFailure] = [*flips, *failures]
    named = {flip_id(one.suite, one.after.variant): one for one in listed}
    if flip not in named:
        raise unknown_name("flip of the run", flip, list(named), see="in its summary.json")
    return [named[flip]]


def layers(engine: HuggingFace, suite: str, scores: Sequence[Score], max_items: int, seed: int) -> list[dict[str, Any]]:
    """Return alignment, uniformity and relative distance of every layer, over all families and over each."""
    from probe.models.representation import last_states

    items, columns, table = _grid(scores)
    if len(items) > max_items:
        sampled = set(rng_for(seed, "representation", suite).sample(items, max_items))
        items = [item for item in items if item in sampled]
    texts = [table[item].get(column) for item in items for column in columns]
    states = last_states(engine, [score.variant.text for score in texts if score is not None])
    asked = np.array([score is not None for score in texts]).reshape(len(items), len(columns))
    families = list(dict.fromkeys(family for family, _, _ in columns[1:]))
    rows = []
    for layer in range(states.shape[1]):
        grid = np.zeros((*asked.shape, states.shape[2]))
        grid[asked] = states[:, layer]
        for family in ["all", *(families if len(families) > 1 else [])]:
            chosen = [i for i, column in enumerate(columns) if i and family in ("all", column[0])]
            found = layer_rows(grid[:, 0], grid[:, chosen], asked[:, chosen], layer=layer, family=family, seed=seed)
            rows += [{"suite": suite, **asdict(row)} for row in found if family == "all" or row.metric != "uniformity"]
    return rows


def correlations_of(
    results: Mapping[str, SuiteResults], model: Model, *, seed: int = 0
) -> tuple[list[Correlation], dict[str, str]]:
    """Return the correlations of all suites with q-values, and why features are missing."""
    features, unknown = available()
    missing = dict(unknown)
    rows: list[Tried] = []
    for suite, one in results.items():
        items, columns, table = _grid(one.scores)
        scores = [table[item][column] for item in items for column in columns if column in table[item]]
        texts = list(dict.fromkeys(score.variant.text for score in scores))
        values = {name: {text: feature(text) for text in texts} for name, feature in features.items()}
        from_model, reason = _from_model(model, texts)
        if reason:
            missing["perplexity, length_tokens"] = reason
        cells = tabulate(scores)
        arrays = {name: _array(cells, table, by_text) for name, by_text in {**values, **from_model}.items()}
        rows += correlate(suite, cells, arrays, seed=seed)
    return adjusted(rows), missing


def salient(engine: HuggingFace, flip: Flip | ContrastFailure) -> dict[str, Any]:
    """Return the tokens of both prompts that favour the new answer over the old one."""
    from probe.models.representation import salience

    row: dict[str, Any] = {
        "id": flip_id(flip.suite, flip.after.variant),
        "kind": flip.kind,
        "before_prediction": flip.before.prediction,
        "after_prediction": flip.after.prediction,
        "reason": _why_not_salient(flip),
    }
    for name, score in (("before", flip.before), ("after", flip.after)):
        if row["reason"]:
            row[name] = None
            continue
        prompt = score.variant.perturbed.prompt
        toward, against = (continuation(prompt, answer) for answer in (flip.after.prediction, flip.before.prediction))
        found = salience(engine, score.variant.text, toward, against)
        tokens = [[token, float(f"{value:.4g}")] for token, value in zip(found.tokens, found.scores, strict=True)]
        row[name] = {"margin": round(found.margin, 4), "tokens": tokens}
    return row


def _why_not_salient(flip: Flip | ContrastFailure) -> str:
    answers = {flip.before.prediction, flip.after.prediction}
    if "" in answers:
        return "an answer could not be read"
    if ANOTHER in answers:
        return "the target was rated: what the model says instead is not known"
    if flip.after.variant.perturbed.prompt.ending:
        return "the answers stand within the prompt, not after it"
    if len(answers) == 1:
        return "the answer is the same"
    for score in (flip.before, flip.after):
        choices = score.variant.perturbed.prompt.choices
        if choices and not answers <= set(choices):
            return "the two prompts do not have the same choices"
    return ""


def _grid(
    scores: Sequence[Score],
) -> tuple[list[str], list[tuple[str, str, int]], dict[str, dict[tuple[str, str, int], Score]]]:
    """Return items, columns and scores of label-preserving variants without reruns, the original column first."""
    table: dict[str, dict[tuple[str, str, int], Score]] = {}
    for score in scores:
        variant = score.variant
        if variant.effect == "label-preserving" and variant.family != NULL:
            table.setdefault(variant.item.id, {})[variant.family, variant.perturbation, variant.sample] = score
    original = (ORIGINAL, ORIGINAL, 0)
    columns = dict.fromkeys([original, *(column for row in table.values() for column in row)])
    return [item for item, row in table.items() if original in row], list(columns), table


def _from_model(model: Model, texts: list[str]) -> tuple[dict[str, dict[str, float | None]], str]:
    """Return perplexity and number of tokens of each text, by the model itself, or why there are none."""
    from probe.models.representation import local_engine

    engine = local_engine(model)
    if engine is None:
        return {}, f"{model.name} has no tokens"
    if engine.encoder.chat_template:
        return {}, "the chat template would stand around each prompt"
    answers = model.loglikelihoods([LogLikelihood("", text) for text in texts])
    rated = dict(zip(texts, answers, strict=True))
    return {
        "perplexity": {text: math.exp(-one.value / max(one.num_tokens, 1)) for text, one in rated.items()},
        "length_tokens": {text: float(one.num_tokens) for text, one in rated.items()},
    }, ""


def _array(cells: Cells, table: Mapping[str, Any], by_text: Mapping[str, float | None]) -> Floats:
    """Return a feature of the prompts as (N, M), NaN where not asked or not known."""
    keys = [(column.family, column.perturbation, column.sample) for column in cells.columns]
    found = [
        [by_text[row[key].variant.text] if key in row else None for key in keys]
        for row in map(table.get, cells.items)
        if row
    ]
    return np.array([[np.nan if value is None else value for value in row] for row in found])
