"""Which items a step has: cuts of a shuffled list, another shuffle each time round; or as many of each answer.

Covered: shuffled, balanced by suite and answer. Not covered: batches of like items (`probe.repair.losses`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from probe.repair.settings import RepairSettings
from probe.seeds import rng_for
from probe.types import Item


@dataclass(eq=False)
class ItemStream:
    """The items of each step; the same ones for the same step, whatever steps were taken before."""

    all_items: Sequence[Item]
    settings: RepairSettings
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
        if self.settings.sampling != "balanced":
            return shuffled
        groups: dict[tuple[str, str], list[Item]] = {}
        for item in shuffled:
            groups.setdefault((item.id.partition("/")[0], item.target), []).append(item)
        # An answer that is rare comes round again before the others are through.
        dealt = list(groups.values())
        turns = range(len(shuffled))
        return [(group := dealt[turn % len(dealt)])[turn // len(dealt) % len(group)] for turn in turns]
