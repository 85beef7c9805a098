"""The right answer's likelihood, the part of the loss that knows the labels: among all texts, or among the choices.

    tokens     -log p(positive)                                     also teaches that an answer comes, and how it is written
    choices    -log p(positive) / (p(positive) + p(negative))       teaches only which of the choices is right

A choice question is read by comparing its choices. A model that knows that one of them comes has nothing more to learn from the
first, and in it the gradient of what is compared is a small part.
"""

from __future__ import annotations

import torch
from torch import Tensor

from probe.repair.base import Seen
from probe.repair.losses.base import floored, loss_term, nothing, raised


@loss_term(
    "cross-entropy",
    group="target",
    source="maximum likelihood; over sampled formulations: Wei et al. 2025 (PAFT), 2502.12859",
)
def cross_entropy(seen: Seen) -> Tensor:
    """Negative log-likelihood of the right answer's tokens, the mean over views (alone: augmentation fine-tuning, PAFT).

    Return (1/N) sum_v of the mean over the answer's tokens of -log p(token), in nats. Contrast members count as any other view.
    """
    return raised(seen.answer_nll).mean() if len(seen.answer_nll) else nothing(seen.answer_nll)


@loss_term(
    "choice-cross-entropy",
    group="target",
    source="softmax regression over the choices, as answers are read; formulations: Wei et al. 2025 (PAFT), 2502.12859",
)
def choice_cross_entropy(seen: Seen) -> Tensor:
    """Negative log-probability of the right choice among the choices, the mean over views.

    Return (1/N) sum_v -log p_v(right | choices), in nats. A view of free text has no choices; it counts as in cross-entropy.
    """
    if not len(seen.answer_nll):
        return nothing(seen.answer_nll)
    has_choices = seen.class_logprobs.isfinite().any(dim=1)
    if not has_choices.any():
        return cross_entropy(seen)
    label = torch.where(has_choices, seen.label, 0)
    chosen = -floored(seen.class_logprobs).gather(1, label[:, None])[:, 0]
    return torch.where(has_choices, chosen, raised(seen.answer_nll)).mean()
