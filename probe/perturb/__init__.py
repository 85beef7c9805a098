"""Ways to say the same thing differently, and different things: one family a file.

Importing this package registers what is shipped, in the order in which it is listed.
"""

# The order is the listing's.
from probe.perturb import format, typos, wording, wording_contractions, wording_manner, wording_wordnet  # noqa: F401, I001
from probe.perturb import sentence_grammar, order, contrast, contrast_question, contrast_number, contrast_entity  # noqa: F401
from probe.perturb import lexical_overlap, null  # noqa: F401
from probe.perturb.base import families, item_perturbation, perturbation
from probe.perturb.choosing import select
from probe.perturb.compose import compositions

__all__ = ["compositions", "families", "item_perturbation", "perturbation", "select"]
