"""Does a variant mean what it declares? Rules decide; models and people lower or restore trust.

rules (`rules`)                ok | doubt | fail     fail: the variant is dropped and counted by reason
models (`models`)              ok -> doubt           an embedding or NLI model with a floor; never decides alone
people (`reviews`)             accepted: asked and not doubted, whatever the rules find; rejected: dropped
all (`check_results`)          each rule's outcome, a person's decision, the overall outcome
"""

from probe.validity.check_results import check_results, count_checks, overall_outcome
from probe.validity.reviews import Reviews, read_reviews
from probe.validity.rules import RULES, validate

__all__ = ["RULES", "Reviews", "check_results", "count_checks", "validate", "overall_outcome", "read_reviews"]
