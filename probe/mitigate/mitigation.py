"""What the bench found: the figures that `probe mitigate --json` prints and every report of it reads.

    Mitigation -> a SuiteMitigation for each suite -> a MethodResult for each method -> a Change for each figure

Covered: the values. Not covered: how they are computed (`bench`, `changes`, `recommend`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from probe.files.shape import Form
from probe.record.plain import from_plain, key, to_plain

SCHEMA_VERSION = 1

JUDGED, NOT_APPLICABLE, FAILED = "judged", "not-applicable", "failed"
"""How a method ended: with figures, with nothing to do, or with an error that is told as its reason."""


@dataclass(frozen=True, slots=True)
class Change:
    """A figure before and after a method, on the variants that it answered; difference is after minus before."""

    metric: str
    family: str
    """A family's name, "original" or "all"."""
    direction: str
    before: float | None
    after: float | None
    difference: float | None
    ci_low: float | None
    ci_high: float | None
    """The paired 95 % interval of the difference, over other items."""
    num_items: int
    num_variants: int
    p_value: float | None = None
    """Of a test that whole items change places; None of figures that are not tested."""
    p_adjusted: float | None = None
    """For all methods, figures and suites that could have differed (Benjamini and Hochberg 1995)."""
    significant: bool = False
    before_low: float | None = None
    before_high: float | None = None
    after_low: float | None = None
    after_high: float | None = None
    """The ends of each figure's own 95 % interval."""
    reason: str = ""
    """Why it is not defined."""

    @property
    def margin(self) -> float | None:
        """Return how far the interval of the difference reaches to its farther side."""
        if self.difference is None or self.ci_low is None or self.ci_high is None:
            return None
        return max(self.ci_high - self.difference, self.difference - self.ci_low)

    @property
    def is_better(self) -> bool:
        """Return whether it moved the right way."""
        return ((self.difference or 0.0) > 0) == (self.direction == "higher")

    @property
    def falls(self) -> bool:
        """Return whether it is lower after than before by more than chance: its own interval or the adjusted test says so.

        Not adjusted for the number of methods: a loss that is missed costs more than a method that is not recommended.
        """
        below = self.ci_high is not None and self.ci_high < 0
        return below or (self.significant and (self.difference or 0.0) < 0)


@dataclass(frozen=True, slots=True)
class Price:
    """What an answer costs, on average, and what is asked once."""

    calls: float = 1.0
    """Prompts asked for each answer."""
    tokens: float | None = None
    """Tokens read and scored for each answer; None for a model without tokens."""
    once_calls: int = 0
    once_tokens: int | None = 0


@dataclass(frozen=True, slots=True)
class ProposedFile:
    """A file that a method proposes in place of one of the suite's."""

    name: str
    """Relative to the suite's folder."""
    path: str
    """Where the proposed text lies, relative to the folder of the bench."""
    diff: str
    """From the suite's file to the proposed one, in the unified format."""
    text: str = ""


@dataclass(frozen=True, slots=True)
class MethodResult:
    """What a method made of a suite."""

    method: str
    kind: str
    summary: str
    source: str
    status: str
    reason: str = ""
    changes: tuple[Change, ...] = ()
    """The figures of the table, in its order."""
    families: tuple[Change, ...] = ()
    """Flip rates by family; not tested."""
    num_answers: int = 0
    num_left_out: int = 0
    """Answers before that have none after; they count in neither."""
    price: Price | None = None
    chose: str = ""
    warnings: tuple[str, ...] = ()
    details: Mapping[str, Any] = field(default_factory=dict)
    files: tuple[ProposedFile, ...] = ()
    losses: tuple[str, ...] = ()
    """Of accuracy and contrast consistency, the figures that fall."""
    seconds: float = 0.0

    def change(self, metric: str) -> Change | None:
        """Return the change of a figure of the table; None where it is not judged or not defined."""
        found = next((one for one in self.changes if one.metric == metric), None)
        return None if found is None or found.after is None else found


@dataclass(frozen=True, slots=True)
class SuiteMitigation:
    """All methods on one suite."""

    suite: str
    folder: str
    """Where the suite's files lie; empty where it has none."""
    num_items: int
    num_answers: int
    price: Price
    """Of the answers before."""
    figures: tuple[Change, ...]
    """The figures before, of all answers; nothing stands after."""
    methods: tuple[MethodResult, ...]
    recommended: str = ""
    """The name of a method, "none needed" where the answers before reach the target, or empty."""
    certainty: str = ""
    """`interval` if the recommended flip rate's whole interval reaches the target, `estimate` if only its value does."""
    tradeoffs: tuple[str, ...] = ()
    """The methods that no other one beats in both tokens an answer and flips; the answers before are "none"."""
    advice: str = ""

    def method(self, name: str) -> MethodResult:
        """Return the result of a method by name."""
        return next(one for one in self.methods if one.method == name)

    @property
    def judged(self) -> tuple[MethodResult, ...]:
        """Return the methods with figures."""
        return tuple(one for one in self.methods if one.status == JUDGED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mitigation:
    """A bench of methods on the suites of one run."""

    schema_version: int = SCHEMA_VERSION
    run: str = ""
    """The folder of the bench."""
    of_run: str = ""
    """The folder of the run whose answers are those before."""
    model: str = ""
    command: str = ""
    target_flip_rate: float | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    suites: tuple[SuiteMitigation, ...] = field(default=(), metadata=key("results"))
    warnings: tuple[str, ...] = ()

    @property
    def reaches(self) -> bool:
        """Return whether every suite has something that reaches the target; True without one."""
        return self.target_flip_rate is None or all(one.recommended for one in self.suites)

    def to_json(self) -> dict[str, Any]:
        """Return it as a JSON object."""
        value: dict[str, Any] = to_plain(self)
        return value


MITIGATION = Form(
    Mitigation,
    needed=frozenset(("of_run", "model", "suites", "warnings")),
    shares=frozenset(("p_value", "p_adjusted", "target_flip_rate")),
    versions=(SCHEMA_VERSION,),
)


def read_mitigation(value: Mapping[str, Any]) -> Mitigation:
    """Return the bench that a JSON object holds."""
    return from_plain(Mitigation, value)
