"""Batch calibration: the model's mean answer over the pool is taken for its bias, and taken out.

    p(y) = mean over the answers to one format of p(y | x)        argmax over y of log p(y | x) - log p(y)

Zhou et al. 2023, "Batch Calibration: Rethinking Calibration for In-Context Learning and Prompt Engineering", arXiv 2309.17249,
section 3. Deviations: the pool is all unlabelled answers to a format, in two passes, so that nothing depends on the order or
size of batches; the mean is arithmetic, of class-normalised probabilities. (The code of Seleznyov et al. 2025, "When
Punctuation Matters", subtracts a running mean of log-probabilities.)

Fragile where classes are not balanced: it pushes the predictions towards equal shares whatever the truth. No label is used, so
it cannot know; it warns where the predictions are unequal.

Covered: one prior for each prompt format; the original's for contrasts and other variants that are made item by item, and for a
format with fewer than ten answers a class. Listed options of every item's own: a prior over their places.
Not covered: free text; choices of their own that are not listed.
"""

from __future__ import annotations

import numpy as np

from probe.metrics.cells import Floats
from probe.mitigate.base import Bench, Outcome, method
from probe.mitigate.probabilities import facts_of, imbalance, in_words, offsets_of, rows_of, shifted


@method("batch-calibration", kind="calibration", source="Zhou et al. 2023, arXiv 2309.17249, section 3", asks=False)
def batch_calibration(bench: Bench) -> Outcome:
    """Divide by the mean probability of each class over all answers to the same prompt format."""
    rows = rows_of(bench)
    offsets = offsets_of(rows, lambda own: -log_prior(own))
    after = shifted(rows, offsets)
    priors = {group: np.exp(-offset) for group, offset in offsets.items()}
    return Outcome(
        after,
        keeps=True,
        chose=in_words(rows, priors, what="prior"),
        warnings=imbalance(rows, after),
        details=facts_of(rows, after, priors, called="prior"),
    )


def log_prior(probabilities: Floats) -> Floats:
    """Return the logarithm (C,) of the arithmetic mean of probabilities (M, C).

    A class that no answer gives any probability says nothing of a bias: it stays as impossible as it is.
    """
    mean = probabilities.mean(axis=0)
    found: Floats = np.log(np.where(mean > 0, mean, 1.0))
    return found
