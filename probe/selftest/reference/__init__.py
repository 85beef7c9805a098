"""What every figure of known answers must be: each formula once more, in loops over plain lists.

The tests and `probe selftest` compare the metrics with these. They share no code with `probe.metrics` or
`probe.evaluation.scoring`, and are slow. A metric's reference is a function of a family's answers, or of what its command
is about, under the metric's name:

    @reference("flip_rate")
    def flip_rate(family: Family) -> float | None: ...

Covered: all figures of `probe list metrics`, the tables beside them (`reference.tables`), Wilson intervals.
Not covered: other intervals.
"""

from probe.selftest.reference import accuracy, agreement, beliefs, classes, commands, flips  # noqa: F401 - registers them
from probe.selftest.reference.base import Answer, Family, expected, reference, references

__all__ = ["Answer", "Family", "expected", "reference", "references"]
