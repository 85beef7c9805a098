"""Prior matching: the offsets under which the mean answer over the pool has given shares of the classes.

Liusie, Manakul and Gales 2023, "Mitigating Word Bias in Zero-shot Prompt-based Classifiers", arXiv 2309.04992, section 3. With
equal shares it goes all the way of which batch calibration is the first step. With known shares it does not fail where classes
are unequal: that is its point.

    prior-matching         equal shares, or those that the user knows (`prior`: class --> share)
    prior-matching-train   the shares of the training items' labels

Covered: one vector of offsets for each prompt format, as in `batch_calibration`.
Not covered: as there; unequal shares where every item has options of its own.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping

import numpy as np

from probe.errors import UsageError
from probe.metrics.cells import Floats
from probe.mitigate.base import Bench, NotApplicable, Outcome, method
from probe.mitigate.matching import Matched, matched
from probe.mitigate.probabilities import (
    Group,
    Rows,
    facts_of,
    imbalance,
    in_words,
    label_of,
    offsets_of,
    rows_of,
    shifted,
)

SOURCE = "Liusie et al. 2023, arXiv 2309.04992, section 3"


@method("prior-matching", kind="calibration", source=SOURCE, asks=False)
def prior_matching(bench: Bench) -> Outcome:
    """Shift the classes until the mean answer over each prompt format has equal shares, or the known ones."""
    rows = rows_of(bench)
    given = bench.options.get("prior")
    if given is None:
        return _matched(rows, None)
    if rows.by == "place":
        raise NotApplicable("a known prior is one of classes, and every item has options of its own")
    return _matched(rows, known_shares(given, rows.names))


@method("prior-matching-train", kind="calibration", source=SOURCE, asks=False)
def prior_matching_train(bench: Bench) -> Outcome:
    """Shift the classes until the mean answer over each prompt format has the shares of the training labels."""
    rows = rows_of(bench)
    if rows.by == "place":
        raise NotApplicable("every item has options of its own: training labels have no shares")
    counts = Counter(item.target for item in bench.training)
    # One more of each (Laplace): a class that the training items miss by chance is not thereby impossible.
    shares = np.array([counts[name] + 1.0 for name in rows.names])
    return _matched(rows, shares / shares.sum())


def known_shares(given: object, names: tuple[str, ...]) -> Floats:
    """Return the shares that the user knows, in the order of the classes.

    Raises:
        UsageError: it is no share above 0 of every class, or they do not sum to 1.
    """
    hint = "prior: " + ", ".join(f"{name} = {1 / len(names):.3g}" for name in names)
    if not isinstance(given, Mapping) or set(given) != set(names):
        raise UsageError(f"the prior {given!r} does not give a share of every class: {', '.join(names)}", hint=hint)
    try:
        shares = np.array([float(given[name]) for name in names])
    except (TypeError, ValueError):
        raise UsageError(f"the prior {given!r} holds what is no number", hint=hint) from None
    if not (shares > 0).all() or not math.isclose(shares.sum(), 1, abs_tol=1e-3):
        raise UsageError(f"the shares of the prior {given!r} are not above 0, or do not sum to 1", hint=hint)
    found: Floats = shares / shares.sum()
    return found


def _matched(rows: Rows, shares: Floats | None) -> Outcome:
    """Return the outcome for shares, equal ones where they are None."""
    missed: dict[str, float] = {}

    def offset(own: Floats) -> Floats:
        found = matched(own, np.full(own.shape[1], 1 / own.shape[1]) if shares is None else shares)
        residuals.append(found)
        return found.offsets

    residuals: list[Matched] = []
    offsets = offsets_of(rows, offset)
    for group, one in zip(offsets, residuals, strict=True):
        if not one.is_exact:
            missed[label_of(group)] = one.residual
    after = shifted(rows, offsets)
    wanted = {"shares wanted": None if shares is None else dict(zip(rows.names, map(float, shares), strict=True))}
    return Outcome(
        after,
        keeps=True,
        chose=_chose(rows, offsets, shares),
        warnings=(*_unmet(missed), *(imbalance(rows, after) if shares is None else ())),
        details={**facts_of(rows, after, offsets, called="offsets"), **wanted},
    )


def _chose(rows: Rows, offsets: Mapping[Group, Floats], shares: Floats | None) -> str:
    known = "equal shares" if shares is None else "shares " + " / ".join(f"{share:.2f}" for share in shares)
    return f"{known}; " + in_words(rows, offsets, what="offsets")


def _unmet(missed: Mapping[str, float]) -> tuple[str, ...]:
    if not missed:
        return ()
    worst = max(missed, key=lambda one: missed[one])
    return (f"the shares cannot be met under {len(missed)} formats; {worst} misses them by {missed[worst]:.2g}",)
