"""LM-SupCon: views of an item by different templates and demonstrations, and all views of one answer pulled together.

Covered: the contrastive step, as one term of a sum. Not covered: the paper's second optimiser, which alternates with masked
language modelling; its features at the mask token.
"""

from __future__ import annotations

from torch import Tensor

from probe.repair.base import Seen
from probe.repair.losses.base import loss_term
from probe.repair.losses.pairs import Candidates, pairs_of, unit
from probe.repair.losses.supcon import l_out
from probe.repair.losses.views import PARAPHRASES, TEMPLATES, is_of, said_twice


def supcon_over(seen: Seen, families: frozenset[str], temperature: float) -> Tensor:
    """Return L_out by answer over the views of some families; anchors are those whose item is seen twice among them."""
    pairs, kept = pairs_of(seen), is_of(seen, families)
    taken = kept[None, :] & said_twice(seen, kept)[:, None]
    alike = (pairs.same_item | pairs.same_class) & taken
    return l_out(unit(seen.states), Candidates(alike, pairs.negatives & taken), temperature)


@loss_term(
    "lm-supcon",
    group="contrast",
    source="Jian et al. 2022, Contrastive Learning for Prompt-Based Few-Shot Language Learners, arXiv 2205.01308",
)
def lm_supcon(seen: Seen, *, temperature: float = 0.07) -> Tensor:
    """Supervised contrastive loss by answer, over views by other templates and demonstrations.

    Return SupCon's L_out where P(i) holds all views of the anchor's right answer, over originals and views of the families of
    templates, label words, order and demonstrations (all views where families are not known). An anchor is a view of an item
    that has two of these. The states are those of the last prompt token instead of the mask token.
    """
    return supcon_over(seen, TEMPLATES, temperature)


@loss_term("lm-cppf", group="contrast", source="Abaskohi et al. 2023 (LM-CPPF), arXiv 2305.18169")
def lm_cppf(seen: Seen, *, temperature: float = 0.07) -> Tensor:
    """Supervised contrastive loss by answer, over paraphrases as views.

    Return SupCon's L_out where P(i) holds all views of the anchor's right answer, over originals and views of the families of
    paraphrases, wording and grammar (all views where families are not known). An anchor is a view of an item that has two of
    these. The paper paraphrases the item's text by a large model; here views are paraphrased by the families, under their
    checks.
    """
    return supcon_over(seen, PARAPHRASES, temperature)
