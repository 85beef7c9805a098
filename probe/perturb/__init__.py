"""Ways to say the same thing differently, and different things: one family a file or folder, under the name users type.

Importing this package registers what is shipped, in the order in which it is listed.
"""

# ruff: noqa: F401, I001  (imported for what they register; the order is the listing's)
from probe.perturb import format, punctuation, whitespace, casing, typos
from probe.perturb.wording import synonyms, contractions, manner, wordnet
from probe.perturb import grammar, paraphrase
from probe.perturb import order, labels, shots, distraction, structure
from probe.perturb.contrast import sets, question, statement, number, entity, premise
from probe.perturb import lexical_overlap, null
from probe.perturb.catalogue.register import families, item_perturbation, perturbation
from probe.perturb.catalogue.select import files_named, select
from probe.perturb.catalogue.compose import compositions
from probe.perturb.catalogue.laws import broken_laws

__all__ = ["broken_laws", "compositions", "families", "files_named", "item_perturbation", "perturbation", "select"]
