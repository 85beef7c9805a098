"""Which items a step has: cuts of a shuffled list, another shuffle each time round; as many of each answer; or alike ones.

Covered: shuffled, balanced by suite and answer, rounds of alike items. Not covered: which items are alike
(`probe.repair.losses.batches`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from probe.repair.losses.batches import around, mined
from probe.repair.settings import RepairSettings
from probe.seeds import rng_for
from probe.types import Item

BY_STATES = {"similar": around, "mined": mined}
"""Kinds of sampling that ask how alike items are."""


@dataclass(eq=False)
class ItemStream:
    """The items of each step; the same ones for the same step, whatever steps were taken before."""

    all_items: Sequence[Item]
    settings: RepairSettings
    states: npt.NDArray[np.floating] | None = None
    """(n, D) of the items as they are written, before repair; by these some kinds of sampling tell which items are alike."""
    _round: tuple[int, list[Item]] | None = field(default=None, init=False)

    def items(self, step: int) -> list[Item]:
        """Return the items of a step from 0, each once."""
        size = min(self.settings.items, len(self.all_items))
        steps = len(self.all_items) // size
        number, place = divmod(step, steps)
        if self._round is None or self._round[0] != number:
            self._round = number, self._ordered(number)
        cut = self._round[1][place * size : (place + 1) * size]
        return list({item.id: item for item in cut}.values())

    def _ordered(self, number: int) -> list[Item]:
        """Return the order of a round through all items."""
        rng = rng_for(self.settings.seed, "items", number)
        shuffled = rng.sample(self.all_items, len(self.all_items))
        if self.settings.sampling in BY_STATES:
            return self._alike(shuffled, number)
        if self.settings.sampling != "balanced":
            return shuffled
        groups: dict[tuple[str, str], list[Item]] = {}
        for item in shuffled:
            groups.setdefault((item.id.partition("/")[0], item.target), []).append(item)
        # An answer that is rare comes round again before the others are through.
        dealt = list(groups.values())
        turns = range(len(shuffled))
        return [(group := dealt[turn % len(dealt)])[turn // len(dealt) % len(group)] for turn in turns]

    def _alike(self, shuffled: Sequence[Item], number: int) -> list[Item]:
        """Return the order of a round in which the items of a step are alike; those left over differ from round to round."""
        assert self.states is not None
        size = min(self.settings.items, len(shuffled))
        kept = shuffled[: len(shuffled) // size * size]
        places = {item.id: place for place, item in enumerate(self.all_items)}
        states = self.states[[places[item.id] for item in kept]]
        # Without labels no two items are known to have the same answer.
        answers = [item.target if self.settings.labels == "yes" else item.id for item in kept]
        batches = BY_STATES[self.settings.sampling](
            states, answers, size, rng_for(self.settings.seed, "batches", number)
        )
        return [kept[place] for batch in batches for place in batch]
