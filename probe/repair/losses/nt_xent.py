"""NT-Xent: an item's other formulation is to be told from all views of other items.

Covered: any number of formulations. Not covered: SimCLR's projection head.
"""

from __future__ import annotations

from torch import Tensor

from probe.repair.base import Seen
from probe.repair.losses.base import loss_term
from probe.repair.losses.pairs import Candidates, Hard, mean_over_anchors, pair_losses, pairs_of, unit
from probe.repair.losses.temperature import adapted


@loss_term("nt-xent", group="contrast", source="Chen et al. 2020 (SimCLR), arXiv 2002.05709, eq. 1")
def nt_xent(
    seen: Seen,
    *,
    temperature: float = 0.1,
    beta: float = 0.0,
    top: int = 0,
    adapt: float = 0.0,
    held: Seen | None = None,
) -> Tensor:
    """Normalised temperature-scaled cross-entropy: another formulation of the item against all views of other items.

    Return the mean over anchors i and their positives p of -log exp(s_ip/tau) / (exp(s_ip/tau) + sum_n exp(s_in/tau)), n over
    all views with another right answer, in any formulation. The paper has two views; of more, the other positives of i are left
    out of the sum, so that formulations of an item never repel one another. `beta` and `top` put hard negatives first, `adapt`
    lets the temperature rise with alignment.
    """
    pairs, z = pairs_of(seen), unit(seen.states)
    similarity = z @ z.T
    candidates = Candidates(pairs.same_item, pairs.negatives).harder(similarity, Hard(beta, top))
    tau = adapted(temperature, adapt, held or seen, pairs.same_item)
    return mean_over_anchors(pair_losses(similarity, candidates, tau), pairs.same_item)
