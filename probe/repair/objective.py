"""The loss of a training, from its settings: which terms, with which weights and options.

    labels          yes: cross-entropy on right answers    own: on the model's own    consensus: on what most variants say
    + consistency   kl or js between the answers to one item's variants, ramped
    + contrastive   infonce, supcon, triplet or nt-xent on hidden states
    + near base     l2-sp or kl to the untrained model

Covered: names of settings to names of terms. Not covered: the terms (`probe.repair.losses`).
"""

from __future__ import annotations

from typing import Any

from probe.registry import unknown_name
from probe.repair.base import loss_terms
from probe.repair.losses.total import Part, part
from probe.repair.settings import RepairSettings

ANSWER_LOSS = {"choices": "choice-cross-entropy", "tokens": "cross-entropy"}


def parts_of(settings: RepairSettings) -> list[Part]:
    """Return the terms of the loss.

    Raises:
        UsageError: there is no such term.
    """
    parts = [part(ANSWER_LOSS[settings.answer_loss])]
    if settings.consistency:
        parts.append(_of_group("consistency", settings.consistency_kind, settings.consistency))
    if settings.contrastive:
        parts.append(_of_group("contrast", settings.contrast, settings.contrastive, **_contrast_options(settings)))
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
    given = {"temperature": settings.tau, "beta": settings.hard_negatives}
    return {name: value for name, value in given.items() if name in known}
