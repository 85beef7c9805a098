"""The model's answers to clean prompts stay near those that it gave before repair.

Covered: class distributions. Not covered: the whole vocabulary.
"""

from __future__ import annotations

from typing import Literal

from torch import Tensor

from probe.repair.base import Seen
from probe.repair.losses.base import loss_term, mean_where, nothing
from probe.repair.losses.divergence import kl
from probe.repair.losses.pairs import is_original


@loss_term(
    "kl-to-base",
    group="anchor",
    source="Li and Hoiem 2016, Learning without Forgetting, arXiv 1606.09282",
    needs=("base_logprobs",),
)
def kl_to_base(seen: Seen, *, views: Literal["original", "all"] = "original") -> Tensor:
    """KL divergence of answers to the original prompts from what the model answered before repair.

    Return the mean over originals of KL(p_base || p), in nats, over classes; over all views with `views="all"`, and where
    families are not known. Zero where `base_logprobs` is not known. "Avoiding Inference Heuristics" (arXiv 2109.04144) keeps
    weights near the pre-trained ones instead (`l2-sp`); this keeps what they say.
    """
    if seen.base_logprobs is None or not seen.class_logprobs.shape[1]:
        return nothing(seen.class_logprobs)
    has_classes = ~seen.base_logprobs.isinf().all(dim=1)
    taken = is_original(seen) if seen.families and views == "original" else has_classes
    return mean_where(kl(seen.base_logprobs.detach(), seen.class_logprobs), taken & has_classes)
