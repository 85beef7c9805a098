"""The variants of a suite drawn as they are asked, so that a run holds a few thousand of them, however many there are.

    suite --> portions of whole items --> checks of models --> one variant after another
                                            |
                                            counts: what was drawn, dropped, doubted

Covered: portions, counting, how many there will be. Not covered: how a variant is made (`probe.evaluation.variants`).
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from probe.evaluation.variants import SuiteColumn, Tally, Validate, VariantSet, stream
from probe.types import Suite, Variant
from probe.validity import count_checks

PORTION = 2048
"""Variants that are drawn at once, and those that complete their last item."""


@dataclass(slots=True)
class Drawing:
    """The variants of a suite as they are drawn, and what was counted of them so far.

    `ahead` of them are drawn at once, so that the number of all is known where they are no more. Variants come in portions of
    whole items, which `more` may add checks to.
    """

    suite: Suite
    columns: dict[str, tuple[SuiteColumn, ...]]
    seed: int
    validate: Validate
    more: Callable[[Sequence[Variant]], Sequence[Variant]] = tuple
    ahead: int = 0
    portion: int | None = PORTION
    """About how many variants are drawn at once; None: all."""
    seconds: float = 0.0
    """That drawing took so far."""
    drawn: int = 0
    items: int = 0
    """Those whose variants are drawn."""
    tally: Tally = field(default_factory=Tally)
    marks: dict[str, Counter[tuple[str, str]]] = field(
        default_factory=lambda: {"doubt": Counter(), "accepted": Counter()}
    )
    _first: list[list[Variant]] = field(default_factory=list)
    _stream: Iterator[list[Variant]] = field(init=False)

    def __post_init__(self) -> None:
        stream_of = stream(self.suite, self.columns, seed=self.seed, validate=self.validate, tally=self.tally)
        self._stream = self._portions(stream_of)
        while self.drawn < self.ahead and (portion := next(self._stream, None)) is not None:
            self._first.append(portion)

    @property
    def total(self) -> int:
        """Return the number of all variants; an estimate from those drawn, until all are."""
        num = len(self.suite.items)
        if self.items == num:
            return self.drawn
        each = self.drawn / self.items if self.items else 1 + sum(map(len, self.columns.values()))
        return round(num * each)

    def variants(self) -> Iterator[Variant]:
        """Return each variant once, in the order drawn."""
        while self._first:
            yield from self._first.pop(0)
        for portion in self._stream:
            yield from portion

    def _portions(self, variants: Iterator[Variant]) -> Iterator[list[Variant]]:
        portion: list[Variant] = []
        started = time.perf_counter()
        for variant in variants:
            if variant.family == "original":
                if self.portion is not None and len(portion) >= self.portion:
                    yield self._counted(portion, started)
                    portion, started = [], time.perf_counter()
                self.items += 1
            portion.append(variant)
        yield self._counted(portion, started)

    def _counted(self, portion: list[Variant], started: float) -> list[Variant]:
        whole = list(self.more(portion))
        for outcome, found in count_checks(whole).items():
            self.marks[outcome] += found
        self.drawn += len(whole)
        self.seconds += time.perf_counter() - started
        return whole

    def counted(self, variants: Sequence[Variant] = ()) -> VariantSet:
        """Return what was counted of the variants, once all are drawn, with those that are given."""
        return self.tally.variant_set(self.suite, tuple(variants), self.marks)
