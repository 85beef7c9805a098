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
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import asdict
from itertools import islice
from typing import TYPE_CHECKING, Any

import numpy as np

from probe.evaluation.flips import ContrastFailure, Flip, flip_id
from probe.evaluation.results import Found, SuiteResults
from probe.evaluation.scoring import ANOTHER
from probe.evaluation.worst import worst_flips
from probe.metrics.cells import NULL, ORIGINAL, Cells, Floats, Ints
from probe.metrics.explanations import Correlation, Tried, adjusted, correlate, statement
from probe.metrics.representation import layer_rows
from probe.metrics.text_features import Feature, available
from probe.models.base import Model
from probe.prompt.render import continuation
from probe.registry import unknown_name
from probe.seeds import rng_for
from probe.types import LogLikelihood, Score

if TYPE_CHECKING:
    from probe.models.huggingface import HuggingFace

SCHEMA_VERSION = 1
PORTION = 4096
"""Prompts whose features are computed at a time."""
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
        [row for name, one in results.items() for row in _layers_of(engine, name, one, max_items, seed)]
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
    if flip is None:
        return worst_flips(results, num_flips)
    named: list[str] = []
    for suite, one in results.items():
        for rows, made in ((one.found.flips, one.flip), (one.found.failures, one.contrast_failure)):
            own = list(_names(suite, one, rows))
            if flip in own:
                return [made(int(rows[own.index(flip)]))]
            named += own
    raise unknown_name("flip of the run", flip, named, see="in its summary.json")


def _names(suite: str, results: SuiteResults, rows: Ints) -> Iterator[str]:
    """Return the names of flips, each the `flip_id` of its variant."""
    found = results.found
    for item, column in zip(found.item[rows].tolist(), found.column[rows].tolist(), strict=True):
        one = found.columns[column]
        yield f"{suite}/{found.items[item]}/{one.perturbation}/{one.sample}"


def _layers_of(
    engine: HuggingFace, suite: str, results: SuiteResults, max_items: int, seed: int
) -> list[dict[str, Any]]:
    """Return the layers of a run's suite; of many items, the scores of those alone are made that are compared."""
    items, found = results.cells.items, results.found
    chosen = set(_compared(items, max_items, suite, seed))
    numbers = [number for number, name in enumerate(found.items) if name in chosen]
    scores = [results.scores[row] for row in np.flatnonzero(np.isin(found.item, numbers)).tolist()]
    return layers(engine, suite, scores, max_items, seed)


def _compared(items: Sequence[str], most: int, suite: str, seed: int) -> list[str]:
    """Return the items whose hidden states are compared, in their order."""
    if len(items) <= most:
        return list(items)
    sampled = set(rng_for(seed, "representation", suite).sample(items, most))
    return [item for item in items if item in sampled]


def layers(engine: HuggingFace, suite: str, scores: Sequence[Score], max_items: int, seed: int) -> list[dict[str, Any]]:
    """Return alignment, uniformity and relative distance of every layer, over all families and over each."""
    from probe.models.representation import last_states

    items, columns, table = _grid(scores)
    items = _compared(items, max_items, suite, seed)
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
        values, reason = _features(one.scores, features, model)
        if reason:
            missing["perplexity, length_tokens"] = reason
        cells = one.cells.label_preserving()
        arrays = {name: _array(one.found, cells, of_rows) for name, of_rows in values.items()}
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


def _features(scores: Sequence[Score], features: Mapping[str, Feature], model: Model) -> tuple[dict[str, Floats], str]:
    """Return features (R,) of the prompts of scores, NaN where not known, and why those of the model are missing.

    Only of prompts that are compared. They are computed some thousand at a time, and none is held.
    """
    parts: dict[str, list[Floats]] = {}
    reason = ""
    asked = map(_compared_text, scores)
    while portion := list(islice(asked, PORTION)):
        texts = list(dict.fromkeys(text for text in portion if text is not None))
        values = {name: {text: feature(text) for text in texts} for name, feature in features.items()}
        from_model, reason = _from_model(model, texts)
        for name, by_text in {**values, **from_model}.items():
            found = [None if text is None else by_text[text] for text in portion]
            parts.setdefault(name, []).append(np.array([np.nan if one is None else one for one in found]))
    return {name: np.concatenate(own) for name, own in parts.items()}, reason


def _compared_text(score: Score) -> str | None:
    """Return the text of a label-preserving variant that is no rerun; None of others."""
    variant = score.variant
    return variant.text if variant.effect == "label-preserving" and variant.family != NULL else None


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


def _array(found: Found, cells: Cells, of_rows: Floats) -> Floats:
    """Return a feature (R,) of the prompts as (N, M), NaN where not asked or not known."""
    row, column = _places(found.items, cells.items)[found.item], _places(found.columns, cells.columns)[found.column]
    has_cell = (row >= 0) & (column >= 0)
    whole = np.full((len(cells.items), len(cells.columns)), np.nan)
    whole[row[has_cell], column[has_cell]] = of_rows[has_cell]
    return whole


def _places(of: Sequence[Hashable], among: Sequence[Hashable]) -> Ints:
    """Return where each of some things stands among others, -1 if it does not."""
    place = {one: number for number, one in enumerate(among)}
    return np.array([place.get(one, -1) for one in of], np.int64)
