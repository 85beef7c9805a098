"""Ways to say the same thing differently, and different things: one family a file.

Importing this package registers what is shipped, in the order in which it is listed.
"""

# ruff: noqa: F401, I001  (imported for what they register; the order is the listing's)
from probe.perturb import format, punctuation, whitespace, casing, typos
from probe.perturb import wording, wording_contractions, wording_manner, wording_wordnet, sentence_grammar, paraphrase
from probe.perturb import order, labels, shots, distraction, structure
from probe.perturb import contrast, contrast_question, contrast_number, contrast_entity, lexical_overlap, null
from probe.perturb.base import families, item_perturbation, perturbation
from probe.perturb.choosing import select
from probe.perturb.compose import compositions

__all__ = ["compositions", "families", "item_perturbation", "perturbation", "select"]
