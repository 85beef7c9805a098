"""Did a variant keep (or turn) the meaning as it declares? Rules decide; models and people lower or restore trust.

rules (`rules`)      ok | doubt | fail      fail: the variant is dropped and counted by reason
models (`models`)    ok -> doubt            an embedding floor, an NLI model: they never decide alone
people (`reviews`)   accepted: asked and not doubted, whatever the rules say; rejected: dropped
all (`ledger`)       every rule with its own outcome, what a person decided beside it, and what it comes to
"""

from probe.validity.ledger import counted, ledger, standing
from probe.validity.reviews import Reviews, read_reviews
from probe.validity.rules import RULES, judge

__all__ = ["RULES", "Reviews", "counted", "judge", "ledger", "read_reviews", "standing"]
