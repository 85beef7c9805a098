"""A model asked again, to see its noise: past the response cache, under a smaller token budget, once for each null sample.

    Reruns.asked(sample, place)    the model under 1/2, 1/3 or 1/4 of its budget: other rows, other padding, the same answers up
                                   to its noise
    OUT/.reruns-KEY.sqlite         what it answered in the run KEY, until that run is saved

The response cache must not answer a rerun. But the same run, killed and begun again, need not ask again what it asked before. So
the answers are kept under the run and the place in it, and are deleted as soon as the run is saved: a finished run that is asked
again asks its reruns again. The file belongs to one process. Another one that makes the same run at the same time keeps nothing.

Covered: models with a token budget (local ones); others are asked as they are. A run that nobody goes on with: its file is
removed after `MOST_DAYS`, by the next run there that asks reruns. Not covered: which run it is (`probe.evaluation.run.key_of`).
"""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from probe.models.base import Model
from probe.models.cache import Cached
from probe.models.saved import ENDINGS, SavedAnswers, remove

SMALLEST = 512
"""Tokens below which a budget is not made smaller: it would only be slow."""
MOST_DAYS = 14
"""So long the answers of an interrupted run wait for it to go on."""
WHAT = "the file of answers to reruns"


def with_budget_share(model: Model, share: int) -> Model:
    """Return the model with `1 / share` of its token budget; itself where it has none, or too small a one to divide."""
    smaller = (model.token_budget or 0) // share
    return model if smaller < SMALLEST else model.with_token_budget(smaller)


@dataclass(slots=True)
class Reruns:
    """The models that are asked the reruns of one run; a context that closes the file of their answers."""

    model: Model
    """That of the run. Answers are kept beside its cache; without one, nothing is kept."""
    other: Model | None = None
    """The model that is asked the reruns, where that is another one."""
    key: str = ""
    """Of the run; without one, nothing is kept."""
    saved: SavedAnswers | None = field(default=None, init=False)

    def asked(self, sample: int, place: str) -> Model:
        """Return the model to ask a batch of reruns; `place` tells the batch from all others of the run."""
        bare = self.other or self.model.unwrapped
        if not isinstance(self.model, Cached) or not self.key:
            return with_budget_share(bare, 2 + sample % 3)
        if self.saved is None:
            bare.facts()  # hashes the weights; the copies under other budgets then know the hash
            self.saved = _opened(self.model.saved.path, self.key)
        rerun = with_budget_share(bare, 2 + sample % 3)
        return Cached(rerun, self.saved, scope=f"rerun {sample} {place}", counted_by=self.model)

    def forget(self) -> None:
        """Delete the answers, since the run is saved."""
        if self.saved is not None:
            self.saved.delete()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.saved is not None:
            self.saved.close()


def _opened(cache: Path, key: str) -> SavedAnswers:
    """Open the file of a run's reruns beside the cache; remove those that nobody came back for."""
    file = cache.with_name(f".reruns-{key}.sqlite")
    for old in cache.parent.glob(".reruns-*.sqlite"):
        if old != file and _age(old) > MOST_DAYS * 24 * 3600:
            remove(old)
    return SavedAnswers(file, is_shared=False, what=WHAT)


def _age(path: Path) -> float:
    """Return the seconds since a file of answers was last written."""
    written = 0.0
    for ending in ENDINGS:
        with suppress(OSError):
            written = max(written, path.with_name(path.name + ending).stat().st_mtime)
    return time.time() - written
