"""The loss of a training, from its settings: which terms, with which weights and options.

    labels          yes: cross-entropy on right answers    own: on the model's own answer before    consensus: F2C's vote
    + consistency   a divergence between the answers to one item's variants, ramped
    + contrastive   a loss on hidden states, with a temperature that is fixed or adapts
    + near base     weights or answers stay near the model before repair

Covered: names of settings to terms. Not covered: the terms (`probe.repair.losses`).
"""

from __future__ import annotations

from typing import Any

from probe.errors import UsageError
from probe.registry import unknown_name
from probe.repair.losses import loss_terms
from probe.repair.losses.total import Part, part
from probe.repair.settings import RepairSettings

ANSWER_LOSS = {"choices": "choice-cross-entropy", "tokens": "cross-entropy"}
TARGETS = {"consensus": "f2c", "own": "own-answer"}
"""The term that stands in for right answers, by where these are taken from."""


def parts_of(settings: RepairSettings) -> list[Part]:
    """Return the terms of the loss.

    Raises:
        UsageError: there is no such term, or it needs the original among the variants.
    """
    if settings.labels == "own" and not settings.original:
        raise UsageError(
            "--labels own: the model's own answer is the one to the original, which is not among the variants",
            hint="add --original",
        )
    if settings.near_base_weight and settings.near_base == "kl-to-base" and not settings.original:
        raise UsageError(
            "--near-base kl-to-base: it holds the answers to the originals, which are not among the variants",
            hint="add --original, or choose --near-base l2-sp",
        )
    target = ANSWER_LOSS[settings.answer_loss] if settings.labels == "yes" else TARGETS[settings.labels]
    parts = [_of_group("target", target, 1.0)]
    if settings.consistency:
        parts.append(_of_group("consistency", settings.consistency_kind, settings.consistency))
    if settings.contrastive:
        parts.append(_of_group("contrast", settings.contrast, settings.contrastive, **_contrast_options(settings)))
    if settings.near_base_weight:
        parts.append(_of_group("anchor", settings.near_base, settings.near_base_weight))
    return parts


def _of_group(group: str, name: str, weight: float, **options: Any) -> Part:
    """Return a term that must be of a group.

    Raises:
        UsageError: it is none of them.
    """
    known = [one.name for one in loss_terms.values() if one.group == group]
    if name not in loss_terms or loss_terms.get(name).group != group:
        raise unknown_name(f"{group} loss", name, known, see="probe list losses")
    return part(name, weight, **options)


def _contrast_options(settings: RepairSettings) -> dict[str, Any]:
    """Return those of the settings that the contrastive term has as options."""
    known = loss_terms.get(settings.contrast).options if settings.contrast in loss_terms else {}
    given: dict[str, Any] = {
        "temperature": settings.temperature,
        "beta": settings.hard_negatives,
        "adapt": settings.adapt,
    }
    given["positives"] = settings.positives
    return {name: value for name, value in given.items() if name in known}
