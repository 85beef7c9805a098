"""Supervised contrastive loss, with the mean over positives outside of the logarithm.

Covered: L_out of Khosla et al. 2020; positives by item or by answer. Not covered: L_in, a second temperature.
"""

from __future__ import annotations

from typing import Literal

from torch import Tensor

from probe.repair.base import Seen
from probe.repair.losses.base import loss_term
from probe.repair.losses.pairs import NEVER, Candidates, Hard, mean_over_anchors, pairs_of, unit
from probe.repair.losses.temperature import adapted

Alike = Literal["item", "label"]


def l_out(z: Tensor, candidates: Candidates, temperature: Tensor | float) -> Tensor:
    """Return the mean over anchors of -1/|P| sum_p log exp(s_ip/tau) / sum_a exp(s_ia/tau), a over positives and negatives.

    `z` are unit states (N, D). Anchors without a positive are skipped.
    """
    logits = z @ z.T / temperature
    weighted = (
        logits if candidates.log_weight is None else logits + candidates.log_weight.masked_fill(candidates.positives, 0)
    )
    every = weighted.masked_fill(~(candidates.positives | candidates.negatives), NEVER).logsumexp(dim=1, keepdim=True)
    return mean_over_anchors(every - logits, candidates.positives)


@loss_term("supcon", group="contrast", source="Khosla et al. 2020, arXiv 2004.11362, eq. 2 (L_out)")
def supcon(
    seen: Seen,
    *,
    temperature: float = 0.07,
    positives: Alike = "item",
    beta: float = 0.0,
    top: int = 0,
    adapt: float = 0.0,
    held: Seen | None = None,
) -> Tensor:
    """Supervised contrastive loss over all views, formulations of the item (or all views of its answer) as positives.

    Return the mean over anchors i of -1/|P(i)| sum_{p in P(i)} log exp(s_ip/tau) / sum_{a in A(i)} exp(s_ia/tau). With
    `positives="label"`, P(i) holds all views with the same right answer, as in the paper; with "item", the default, the views
    of the same item, and those of other items with the same answer are in neither P nor A. A(i) is P(i) and the views with
    another right answer, contrast members among them. Anchors without a positive are skipped: the paper's 0/0. `beta` and `top`
    put hard negatives first, `adapt` lets the temperature rise with alignment.
    """
    pairs, z = pairs_of(seen), unit(seen.states)
    alike = pairs.same_item if positives == "item" else pairs.same_item | pairs.same_class
    candidates = Candidates(alike, pairs.negatives).harder(z @ z.T, Hard(beta, top))
    return l_out(z, candidates, adapted(temperature, adapt, held or seen, alike))
