"""Did a variant keep (or turn) the meaning as it declares? Rules decide; models and people lower or restore trust.

rules (`rules`)      ok | doubt | fail      fail: the variant is dropped and counted by reason
models (`models`)    ok -> doubt            an embedding floor, an NLI model: they never decide alone
people (`reviews`)   accepted: asked and not doubted, whatever the rules say; rejected: dropped
all (`results`)      the outcome of every rule, the decision of a person, and what they add up to
"""

from probe.validity.results import check_results, counted, standing
from probe.validity.reviews import Reviews, read_reviews
from probe.validity.rules import RULES, judge

__all__ = ["RULES", "Reviews", "check_results", "counted", "judge", "read_reviews", "standing"]
