"""A model asked again under another token budget: other rows, other padding, the same answers up to its noise.

Covered: models with a token budget (local ones). Not covered: others, which are asked as they are.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from probe.models.base import EngineUsage, Facts, Model, Progress
from probe.types import Completion, Generation, LogLikelihood, LogProb

SMALLEST = 512
"""Tokens below which a budget is not made smaller: it would only be slow."""


class Rerun:
    """A model whose token budget is `1 / share` of its own while it is asked through here."""

    def __init__(self, inner: Model, *, share: int) -> None:
        self.inner = inner
        self.share = share
        self.name: str = inner.name

    @property
    def usage(self) -> EngineUsage:
        """Return what the inner model has computed."""
        return self.inner.usage

    def facts(self) -> Facts:
        """Return the inner model's facts."""
        return self.inner.facts()

    def loglikelihoods(self, requests: Sequence[LogLikelihood], *, progress: Progress | None = None) -> list[LogProb]:
        """Ask the inner model under the smaller budget."""
        with self._budget():
            return self.inner.loglikelihoods(requests, progress=progress)

    def generate(self, requests: Sequence[Generation], *, progress: Progress | None = None) -> list[Completion]:
        """Ask the inner model under the smaller budget."""
        with self._budget():
            return self.inner.generate(requests, progress=progress)

    @contextmanager
    def _budget(self) -> Iterator[None]:
        own = getattr(self.inner, "budget", None)
        smaller = own // self.share if isinstance(own, int) else 0
        if smaller < SMALLEST:
            yield
            return
        vars(self.inner)["budget"] = smaller
        try:
            yield
        finally:
            halved = vars(self.inner)["budget"] < smaller  # it ran out of memory even so: the smaller one stays
            vars(self.inner)["budget"] = vars(self.inner)["budget"] if halved else own
