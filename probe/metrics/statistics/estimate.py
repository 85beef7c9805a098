"""Estimate the accuracy of every prompt from a part of the (prompt, item) cells, and how it is distributed over prompts.

                  items                     P(right) = sigmoid(theta_i + beta_j)
    prompt 0      1  .  .  0  .             theta_i = mu + x_i gamma + u_i     prompt i, x_i: what its text looks like
    prompt 1      .  1  .  .  0             beta_j                             item j, mean 0
    prompt 2      .  .  1  .  .             . not asked: the model's P stands in

Polo et al. 2024, "Efficient multi-prompt evaluation of LLMs", arXiv 2405.17202: pEIRT, and X-pEIRT where `covariates` are
given. Deviations: a prompt keeps an effect u_i of its own beside its covariates, and the strengths of the L2 penalties on
u, beta and gamma are not fixed (C = 100 there, a penalty of 0.01; with covariates, no own effect) but estimated: each is
the inverse of a variance, found from the penalised fit and its uncertainty (MacKay 1992, "Bayesian Interpolation", Neural
Computation 4(3)). Few cells a prompt then pull prompts together instead of spreading them.

What makes the fit unique: one constant only, penalised effects, and item effects moved to mean zero. Outcomes that are all
equal need no special case: the penalties keep the fit finite. Outcomes are 0 or 1.

Covered: the fit, estimates, quantiles with intervals, the plain mean as baseline, the distance of two distributions.
Not covered: which cells to ask (`probe.evaluation.budget`), scores between 0 and 1.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from probe.metrics.cells import Floats

# I = prompts, J = items, D = covariates with the constant

QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
LEVEL = 0.95
RESAMPLES = 200
WIDENED = 1.25
"""By how much intervals are wider than their resamples say: as much as it took on rebuilt grids of real accuracies."""
WEAK = 0.01
"""L2 on the constant: no more than it takes to stay finite."""
UPDATES = 12
"""Of the variances."""
PRIOR = (2.0, 0.25)
"""What is known of a variance beforehand: as if that many effects had been seen, of that variance."""
STEPS = 4
"""Of Newton's method between two updates."""
LONGEST_STEP = 4.0
"""Of one effect in one step, in log-odds: all right so far is no reason to jump to infinity."""
TINY = 1e-5
"""Directions of the covariates with a smaller share of their variance are dropped, so that the rest has full rank."""


@dataclass(frozen=True, slots=True, eq=False)
class Fit:
    """An item-response model fitted to the cells that were asked."""

    design: Floats
    """(I, D), the constant and the covariates."""
    gamma: Floats
    """(D,)"""
    effects: Floats
    """(I,), u: what a prompt is better or worse by than its covariates say."""
    beta: Floats
    """(J,), how easy an item is."""
    penalties: tuple[float, float, float]
    """L2 of gamma (without the constant), of the prompts' own effects and of the items."""

    @property
    def theta(self) -> Floats:
        """Return (I,), how good a prompt is: log-odds on an item of mean ease."""
        return np.asarray(self.design @ self.gamma + self.effects)

    @property
    def probabilities(self) -> Floats:
        """Return (I, J), the probability that an item is answered right under a prompt."""
        return _sigmoid(self.theta[:, None] + self.beta)


@dataclass(frozen=True, slots=True, eq=False)
class Estimate:
    """Estimated accuracies of all prompts from a part of the cells."""

    accuracies: Floats
    """(I,), in the order of the prompts."""
    distribution: Floats
    """(I,), ascending: the accuracies as they lie, without telling which prompt has which."""
    quantiles: Floats
    """(5,), of the accuracies of the prompts: 5, 25, 50, 75 and 95 %."""
    low: Floats
    """(5,), of the bootstrap interval of each quantile; nominally 95 %."""
    high: Floats
    num_asked: int


def fit(
    outcomes: Floats, *, covariates: Floats | None = None, penalties: tuple[float, float, float] | None = None
) -> Fit:
    """Fit the model to outcomes (I, J): 1 right, 0 wrong, NaN not asked; with `penalties` as in `Fit`, or estimated ones.

    Raises:
        ValueError: no cell was asked, or an outcome is neither 0 nor 1.
    """
    asked = ~np.isnan(outcomes)
    if not asked.any():
        raise ValueError("no cell was asked")
    if not np.isin(outcomes[asked], (0.0, 1.0)).all():
        raise ValueError("an outcome is 1, 0 or NaN")
    constant = np.ones((len(outcomes), 1))
    design = constant if covariates is None else np.hstack([constant, covariates])
    num_prompts, num_items = outcomes.shape
    start = Fit(design, np.zeros(design.shape[1]), np.zeros(num_prompts), np.zeros(num_items), (1.0, 1.0, 1.0))
    if penalties is not None:
        return _centred(_climb(outcomes, replace(start, penalties=penalties), steps=25)[0])
    return _centred(_with_variances(outcomes, start))


def estimate(
    outcomes: Floats, *, covariates: Floats | None = None, seed: int = 0, resamples: int = RESAMPLES
) -> Estimate:
    """Estimate all prompts' accuracies over all items, and quantiles of them with bootstrap intervals.

    The bootstrap is parametric. It draws effects from around the fit and outcomes from the effects, asks the same cells,
    fits with the same penalties, and keeps by how much the sorted estimates miss the sorted accuracies of its own full
    grid. Estimates lie closer together than the truth, so the distribution is corrected by the mean miss. The intervals of
    its quantiles hold 95 % of the misses around the corrected estimate and around the one without correction as well: the
    correction rests on effects being normal, and where they are not (a few prompts that break a model) it goes too far.
    The variances count as known, and the model as true; for that they are `WIDENED`. How often they hold is in
    docs/methodology/budgets.md. Other prompts and other items are not in them.
    """
    fitted = fit(outcomes, covariates=covariates)
    estimated = accuracies(outcomes, fitted)
    missed = _misses(outcomes, fitted, np.random.default_rng(seed), resamples)
    distribution = np.maximum.accumulate(np.clip(np.sort(estimated) - missed.mean(axis=0), 0.0, 1.0))
    value, raw, tail = _at_quantiles(distribution), _at_quantiles(np.sort(estimated)), (1 - LEVEL) / 2
    by_quantile = _at_quantiles(missed)
    low, high = (raw - np.quantile(by_quantile, share, axis=0) for share in (1 - tail, tail))
    shift = by_quantile.mean(axis=0)
    low, high = np.minimum(low, low + shift), np.maximum(high, high + shift)
    more = (WIDENED - 1) * (high - low) / 2
    low, high = np.clip(low - more, 0.0, 1.0), np.clip(high + more, 0.0, 1.0)
    num_asked = int((~np.isnan(outcomes)).sum())
    return Estimate(estimated, distribution, value, np.minimum(low, value), np.maximum(high, value), num_asked)


def accuracies(outcomes: Floats, fitted: Fit) -> Floats:
    """Return (I,), each prompt's accuracy over all items: what was asked as it was, the rest as fitted."""
    return np.asarray(np.where(np.isnan(outcomes), fitted.probabilities, outcomes).mean(axis=1))


def naive(outcomes: Floats) -> Floats:
    """Return (I,), the mean of the cells that were asked of each prompt; of a prompt never asked, the mean of all cells."""
    asked = ~np.isnan(outcomes)
    num, total = asked.sum(axis=1), np.where(asked, outcomes, 0.0).sum(axis=1)
    return np.asarray(np.where(num > 0, total / np.maximum(num, 1), total.sum() / max(int(num.sum()), 1)))


def wasserstein(first: Floats, second: Floats) -> float:
    """Return the Wasserstein-1 distance of two samples: the area between their distribution functions."""
    values = np.sort(np.concatenate([first, second]))
    shares = [np.searchsorted(np.sort(one), values[:-1], side="right") / len(one) for one in (first, second)]
    return float((np.abs(shares[0] - shares[1]) * np.diff(values)).sum())


def full_rank(features: Floats, *, most: int = 25) -> Floats | None:
    """Return features (I, F) as at most `most` principal directions (I, D) of unit largest deviation; None where there are none.

    Counts are taken as log(1 + x) first. Directions with next to none of the variance are dropped.
    """
    logs = np.sign(features) * np.log1p(np.abs(features))
    centred = logs - logs.mean(axis=0)
    deviation = centred.std(axis=0)
    centred = centred[:, deviation > TINY] / deviation[deviation > TINY]
    if centred.size == 0:
        return None
    left, sizes, _ = np.linalg.svd(centred, full_matrices=False)
    used = sizes**2 > TINY * (sizes**2).sum()
    used[min(most, len(features) - 1) :] = False
    return np.asarray(left[:, used] * sizes[used] * np.sqrt(len(features)) / sizes[0])


def _with_variances(outcomes: Floats, start: Fit) -> Fit:
    """Fit, estimate the variances of the effects from the fit and its uncertainty, and fit again."""
    fitted = start
    for _ in range(UPDATES):
        fitted, curvature = _climb(outcomes, fitted, steps=STEPS)
        inverse, items = _uncertainty(curvature)
        num = len(fitted.gamma)
        uncertain = np.diag(inverse)
        parts = ((fitted.gamma[1:], uncertain[1:num]), (fitted.effects, uncertain[num:]), (fitted.beta, items))
        gamma, effects, beta = (_updated(penalty, *part) for penalty, part in zip(fitted.penalties, parts, strict=True))
        fitted = replace(fitted, penalties=(gamma, effects, beta))
    return _climb(outcomes, fitted, steps=STEPS)[0]


def _updated(penalty: float, mean: Floats, variance: Floats) -> float:
    """Return the inverse of the variance of some effects: how many of them the data determine, over their squares."""
    num, prior = PRIOR
    determined = max(float((1 - penalty * variance).sum()), 0.0)
    return (determined + num) / (float((mean**2).sum()) + num * prior)


@dataclass(frozen=True, slots=True, eq=False)
class _Curvature:
    """The second derivative of the penalised fit, in blocks; that of the items among themselves is diagonal.

    prompts | mixed
    --------+------
    mixed^T | items
    """

    prompts: Floats
    """(D + I, D + I), of gamma and the prompts' effects."""
    mixed: Floats
    """(D + I, J)"""
    items: Floats
    """(J,)"""

    @property
    def reduced(self) -> Floats:
        """Return (D + I, D + I): what is left of the prompts' block when the items are solved for."""
        return np.asarray(self.prompts - (self.mixed / self.items) @ self.mixed.T)


def _climb(outcomes: Floats, fitted: Fit, *, steps: int) -> tuple[Fit, _Curvature]:
    """Take Newton steps towards the penalised maximum of the likelihood."""
    asked = ~np.isnan(outcomes)
    penalty = _penalties(fitted)
    for _ in range(steps):
        probability = fitted.probabilities
        residual = np.where(asked, outcomes - probability, 0.0)
        curvature = _curvature(fitted, np.where(asked, probability * (1 - probability), 0.0), penalty)
        by_prompt = residual.sum(axis=1)
        slope = np.concatenate([fitted.design.T @ by_prompt, by_prompt])
        slope -= penalty * np.concatenate([fitted.gamma, fitted.effects])
        slope_items = residual.sum(axis=0) - fitted.penalties[2] * fitted.beta
        step = np.linalg.solve(curvature.reduced, slope - curvature.mixed @ (slope_items / curvature.items))
        step_items = (slope_items - curvature.mixed.T @ step) / curvature.items
        step, step_items = (np.clip(one, -LONGEST_STEP, LONGEST_STEP) for one in (step, step_items))
        fitted = _moved(fitted, step, step_items)
        if max(np.abs(step).max(), np.abs(step_items).max()) < TINY:
            break
    return fitted, curvature


def _curvature(fitted: Fit, weights: Floats, penalty: Floats) -> _Curvature:
    """Return the second derivative at the fit for the weights p (1 - p) of the cells (I, J), 0 where not asked."""
    by_prompt = weights.sum(axis=1)
    weighted = fitted.design * by_prompt[:, None]
    prompts = np.block([[fitted.design.T @ weighted, weighted.T], [weighted, np.diag(by_prompt)]])
    prompts[np.diag_indices_from(prompts)] += penalty
    mixed = np.vstack([fitted.design.T @ weights, weights])
    return _Curvature(prompts, mixed, weights.sum(axis=0) + fitted.penalties[2])


def _penalties(fitted: Fit) -> Floats:
    gamma, effects, _ = fitted.penalties
    return np.concatenate([[WEAK], np.full(len(fitted.gamma) - 1, gamma), np.full(len(fitted.effects), effects)])


def _uncertainty(curvature: _Curvature) -> tuple[Floats, Floats]:
    """Return the covariance (D + I, D + I) of gamma and the prompts' effects, and the variances (J,) of the items' effects."""
    inverse = np.asarray(np.linalg.inv(curvature.reduced), dtype=np.float64)
    mixed = curvature.mixed / curvature.items
    return inverse, np.asarray(1 / curvature.items + (mixed * (inverse @ mixed)).sum(axis=0))


def _misses(outcomes: Floats, fitted: Fit, rng: np.random.Generator, resamples: int) -> Floats:
    """Return (resamples, I): sorted estimates minus sorted accuracies, on grids simulated from the fit."""
    _, curvature = _climb(outcomes, fitted, steps=1)
    root = np.linalg.cholesky(_uncertainty(curvature)[0])
    rows = []
    for _ in range(resamples):
        noise = root @ rng.standard_normal(len(root))
        item_noise = rng.standard_normal(len(fitted.beta)) / np.sqrt(curvature.items)
        item_noise -= curvature.mixed.T @ noise / curvature.items
        grid = (rng.random(outcomes.shape) < _moved(fitted, noise, item_noise).probabilities).astype(np.float64)
        seen = np.where(np.isnan(outcomes), np.nan, grid)
        again, _ = _climb(seen, fitted, steps=STEPS)
        rows.append(np.sort(accuracies(seen, again)) - np.sort(grid.mean(axis=1)))
    return np.array(rows)


def _at_quantiles(ascending: Floats) -> Floats:
    """Return (..., 5) of values (..., I) that lie in ascending order, or of differences of such values."""
    at = np.array(QUANTILES) * (ascending.shape[-1] - 1)
    below = np.floor(at).astype(np.int64)
    above = np.minimum(below + 1, ascending.shape[-1] - 1)
    share = at - below
    return np.asarray(ascending[..., below] * (1 - share) + ascending[..., above] * share)


def _moved(fitted: Fit, prompts: Floats, items: Floats) -> Fit:
    """Return the fit with changes added to gamma and the prompts' effects (D + I,), and to the items' effects (J,)."""
    num = len(fitted.gamma)
    gamma, effects = fitted.gamma + prompts[:num], fitted.effects + prompts[num:]
    return replace(fitted, gamma=gamma, effects=effects, beta=fitted.beta + items)


def _centred(fitted: Fit) -> Fit:
    """Return the same fit with item effects of mean zero; the constant takes their mean."""
    mean = fitted.beta.mean()
    gamma = fitted.gamma.copy()
    gamma[0] += mean
    return replace(fitted, gamma=gamma, beta=fitted.beta - mean)


def _sigmoid(values: Floats) -> Floats:
    return np.asarray(1 / (1 + np.exp(-np.clip(values, -35.0, 35.0))))
