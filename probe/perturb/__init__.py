"""Ways to say the same thing differently, and different things: one family a file.

Importing this package registers what is shipped, in the order in which it is listed.
"""

from probe.perturb import format, punctuation, whitespace, casing, typos, wording, order, distraction, contrast, null  # noqa: F401, I001  (the order is the listing's)
from probe.perturb.base import families, item_perturbation, perturbation
from probe.perturb.choosing import select
from probe.perturb.compose import compositions

__all__ = ["compositions", "families", "item_perturbation", "perturbation", "select"]
