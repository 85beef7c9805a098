"""Simulated runs whose truth is known: how often the gate cries wolf, and how often it sees what it says it would see.

    right(item, variant)  iff  ability(item) + effect(variant) + how the two go together + rounding  >  0

Ability varies between items, so that all variants of an item move together; rounding is drawn anew for every run, as another
batch composition draws it: it moves answers that were near a tie. Items are drawn anew in every repeat.
"""

from __future__ import annotations

from itertools import count, islice

import default_run
import numpy as np

from probe.gating.against import check_all
from probe.gating.bounds import METRICS, Bound, is_excluded
from probe.gating.design import Common
from probe.gating.rule import Rule, of_bound
from probe.gating.verdict import overall
from probe.metrics import Cells, Column, measure, metrics

FAMILIES = {"format": (-0.9, 0.8, 0.8), "typos": (-0.15, 0.05, 0.35), "wording": (-0.1, 0.1, 0.15)}
"""By family: mean effect of a variant, how variants differ, how items differ in what a variant does to them."""
DRAWS = 4
NUM_CONTRASTS = 1
ROUNDING = {"none": 0.0, "little": 0.02, "much": 0.15}
"""Standard deviation of rounding; much moves about one answer in twenty-five."""
PLANTED = (
    *("accuracy", "contrast_consistency", "flip_rate, whole items", "flip_rate", "flip_rate, in parts"),
    *("accuracy_mean", "accuracy_mean, in parts", "spread"),
)
"""Worsenings by figure. `in parts` is of the size that the gate states for items that change by one variant, others of that for
items that change wholly."""
BOUNDED = tuple(METRICS.values())
NAMES = {metric: name for name, metric in METRICS.items()}
BOUND_MODELS = {
    "flips 3 %": default_run.Model(0.033),
    "flips 10 %": default_run.Model(0.1),
    "flips 30 %": default_run.Model(0.3),
    "flips 10 %, layouts differ much": default_run.Model(0.1, layouts=1.5),
}
"""Models that are judged by bounds that they just keep."""
FAMILY_OF = {"accuracy": "original", "contrast_consistency": "contrast"}


def columns():
    """Return the columns of a run."""
    same = [Column(family, family, sample, "label-preserving") for family in FAMILIES for sample in range(DRAWS)]
    return (
        Column("original", "original", 0, "label-preserving"),
        *(Column("contrast", "contrast", sample, "label-altering") for sample in range(NUM_CONTRASTS)),
        *same,
    )


def effects(rng):
    """Return what each variant of each family does to all items."""
    return [rng.normal(mean, between, (1, DRAWS)) for mean, between, _ in FAMILIES.values()]


def latent(rng, num_items, *, level=1.3, of_variants=None):
    """Return (N, M), by how much each answer is right (above 0) or wrong, without rounding; `level` 1.3 is 0.90 right."""
    ability = rng.normal(level, 1.0, (num_items, 1))
    parts = [ability, 0.7 * ability + rng.normal(0.3, 0.7, (num_items, NUM_CONTRASTS))]
    for place, (mean, between, within) in enumerate(FAMILIES.values()):
        effect = rng.normal(mean, between, (1, DRAWS)) if of_variants is None else of_variants[place]
        parts.append(ability + effect + rng.normal(0, within, (num_items, DRAWS)))
    return np.concatenate(parts, axis=1)


def answered(rng, table, rounding):
    """Return a run's cells: who is wrong gives one of two wrong answers, always the same to the same prompt."""
    right = table + rng.normal(0, rounding, table.shape) > 0 if rounding else table > 0
    wrong = 1 + (np.abs(table * 1e6).astype(np.int64) % 2)
    return cells_of(right, np.where(right, 0, wrong))


def cells_of(right, prediction):
    """Return the cells of outcomes; a contrast set's right answer is another than the one as written."""
    prediction = prediction.copy()
    prediction[:, 1 : 1 + NUM_CONTRASTS] += 10
    items = tuple(map(str, range(len(right))))
    return Cells(right.astype(float), prediction, np.zeros(right.shape, bool), columns(), items)


def judged(before, after, *, rule=None, resamples=400, families=None):
    """Return the checks of a run against another, of contrast sets and some families only if they are named."""
    if families is not None:
        chosen = [i for i, c in enumerate(before.columns) if i and c.family in ("contrast", *families)]
        before, after = before.select(chosen), after.select(chosen)
    common = Common("simulated", before, after, before.items)
    return [check for check, _ in check_all([common], rule or Rule(), resamples=resamples)]


def false_alarms(num_items, rounding, repeats, *, seed=0):
    """Return the shares of verdicts by outcome where nothing changed but rounding, and the share of answers it moved."""
    found = {"regressed": 0, "failed": 0, "inconclusive": 0, "pass": 0}
    moved = []
    for repeat in range(repeats):
        rng = np.random.default_rng([seed, num_items, repeat])
        table = latent(rng, num_items)
        before, after = (answered(rng, table, rounding) for _ in range(2))
        moved.append(float((before.correct != after.correct).mean()))
        found[overall(tuple(judged(before, after)))] += 1
    return {name: num / repeats for name, num in found.items()} | {"moved": float(np.mean(moved))}


def stated(num_items, rounding, what, *, repeats=20, seed=1, families=None):
    """Return the detectable effect that the gate states of a figure, on average, where nothing changed."""
    metric, family = what.split(",")[0], family_of(what)
    least = []
    for repeat in range(repeats):
        rng = np.random.default_rng([seed, num_items, repeat])
        table = latent(rng, num_items)
        checks = judged(*(answered(rng, table, rounding) for _ in range(2)), families=families)
        least += [
            c.detectable_in_parts if "parts" in what else c.minimum_detectable
            for c in checks
            if (c.metric, c.family) == (metric, family)
        ]
    return float(np.mean(least))


def detection(num_items, rounding, what, repeats, *, effect=None, seed=2):
    """Plant a worsening (of what the gate states, if not given); give it, and how often it is caught and passed."""
    effect = stated(num_items, rounding, what) if effect is None else effect
    found = {"regressed": 0, "failed": 0, "inconclusive": 0, "pass": 0}
    for outcome in islice(detected(num_items, rounding, what, effect, seed=seed), repeats):
        found[outcome] += 1
    return {"effect": effect} | {name: num / repeats for name, num in found.items()}


def detected(num_items, rounding, what, effect, *, seed=2, families=None, resamples=400):
    """Return the outcome of one verdict after another in which a figure was made worse by an effect."""
    for repeat in count():
        rng = np.random.default_rng([seed, num_items, repeat])
        table = latent(rng, num_items)
        before, after = (answered(rng, table, rounding) for _ in range(2))
        worse = planted(rng, after, what, effect)
        yield overall(tuple(judged(before, worse, families=families, resamples=resamples)))


def at_bound(metric, num_items, repeats, *, model=BOUND_MODELS["flips 10 %"], seed=3):
    """Judge a default run by a bound that the model's true figure lies on; give the shares of outcomes.

    The true figure is of other items and, of a flip rate, of other layouts too; spread and worst accuracy are of these layouts.
    """
    found = {"regressed": 0, "failed": 0, "inconclusive": 0, "pass": 0}
    family = FAMILY_OF.get(metric, "all")
    is_most = metrics.get(metric).direction == "lower"
    with default_run.only([metric]):
        for repeat in range(repeats):
            cells, layouts = default_run.run_of(np.random.default_rng([seed, num_items, repeat]), model, num_items)
            bound = default_run.true_value(model, metric, family, layouts)
            only_it = default_run.of_families((family,))
            rows = measure("s", cells, seed=repeat, resamples=400, shared=default_run.SHARED, wanted=only_it)
            [row] = [row for row in rows if row.family == family]
            outcome = of_bound(row.value, row.ci_low, row.ci_high, bound, is_most=is_most, strict=False)
            asked = Bound(NAMES[metric], min(1.0, max(0.0, float(bound))))
            found["inconclusive" if outcome == "pass" and not is_excluded(row, asked) else outcome] += 1
    return {name: num / repeats for name, num in found.items()}


def family_of(what):
    """Return the family in which a worsening of that kind is planted."""
    return FAMILY_OF.get(what.split(",")[0], "typos")


def planted(rng, cells, what, effect):
    """Return the cells with a figure made worse by `effect` on average, and nothing else than that takes."""
    right, prediction = cells.correct == 1, cells.prediction.copy()
    mine = [i for i, column in enumerate(cells.columns) if column.family == family_of(what)]
    hit = np.zeros_like(right)
    what = what.removesuffix(", in parts")
    if what == "accuracy":
        hit[:, 0] = _some(rng, right[:, 0], effect)
    elif what == "contrast_consistency":
        hit[:, mine[0]] = _some(rng, right[:, 0] & right[:, mine].all(axis=1), effect)
    elif what == "spread":
        worst = min(mine, key=lambda i: right[:, i].mean())
        hit[:, worst] = _some(rng, right[:, worst], effect)
    elif what == "flip_rate, whole items":
        stays = right[:, [0, *mine]].all(axis=1)
        hit[:, mine] = _some(rng, stays, effect)[:, None]
    elif what == "flip_rate":
        stays = right[:, mine] & right[:, :1]
        hit[:, mine] = _some(rng, stays, effect)
    else:
        # The answer as written counts in the mean: the variants lose what it does not.
        hit[:, mine] = _some(rng, right[:, mine], effect * (len(mine) + 1) / len(mine))
    prediction[hit] = 5
    return cells_of(right & ~hit, np.where(prediction >= 10, prediction - 10, prediction))


def _some(rng, eligible, effect):
    """Choose among eligible cells, at random, so that a share of `effect` of all is chosen on average."""
    return eligible & (rng.random(eligible.shape) < min(1.0, effect / max(eligible.mean(), 1e-9)))
