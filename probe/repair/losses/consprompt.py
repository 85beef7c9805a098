"""ConsPrompt: contrastive samples chosen by similarity or by label, within an item and within the batch.

Covered: both ways of sampling, both degrees of contrast. Not covered: the paper's prompt encoder.
"""

from __future__ import annotations

from typing import Literal

from torch import Tensor

from probe.repair.base import Seen
from probe.repair.losses.base import loss_term
from probe.repair.losses.pairs import Candidates, hardest, pairs_of, unit
from probe.repair.losses.supcon import l_out


@loss_term(
    "consprompt",
    group="contrast",
    source="after Weng et al. 2022 (ConsPrompt), arXiv 2211.04118",
    needs=("base_states",),
)
def consprompt(
    seen: Seen, *, temperature: float = 0.07, sampling: Literal["similarity", "label"] = "similarity", num: int = 2
) -> Tensor:
    """Contrast within the item and within the batch, with samples chosen by similarity or by label (ConsPrompt-style).

    Return the mean of two L_out: of the item's formulations against views with another right answer, and of sampled views of
    other items with the same right answer against sampled views with another one. "label" takes all of either; "similarity"
    takes the `num` most similar of either, by the states before repair as the paper takes them by a frozen sentence encoder (by
    the states themselves, detached, where these are not known). The paper names the two strategies and the two degrees (prompt,
    batch); its exact formulas were not at hand, so this is ConsPrompt-style.
    """
    pairs, z = pairs_of(seen), unit(seen.states)
    by = unit((seen.states if seen.base_states is None else seen.base_states).detach())
    top = num if sampling == "similarity" else 0
    alike = hardest(by @ by.T, pairs.same_class & ~pairs.same_item, top)
    negatives = hardest(by @ by.T, pairs.negatives, top)
    within = l_out(z, Candidates(pairs.same_item, pairs.negatives), temperature)
    return (within + l_out(z, Candidates(alike, negatives), temperature)) / 2
