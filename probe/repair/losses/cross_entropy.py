"""The right answer's likelihood, the part of the loss that knows the labels."""

from __future__ import annotations

from torch import Tensor

from probe.repair.base import Seen
from probe.repair.losses.base import loss_term, nothing, raised


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
