"""Which items a step has: cuts of a shuffled list, as many of each answer, or items that are alike.

    shuffled    another order each time round
    balanced    as many of each suite and answer
    similar     an item and the nearest ones, half with another answer, half with the same
    hard        items that are hard to tell apart (B3)

What is near is measured by the hidden states of the originals before training.

Covered: the items of each step. Not covered: how like items are put together (`probe.repair.losses.batches`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random

import numpy as np
import numpy.typing as npt

from probe.models.huggingface import HuggingFace
from probe.models.representation import last_states
from probe.prompt.render import render
from probe.repair.losses.batches import around, mined
from probe.repair.settings import RepairSettings
from probe.seeds import rng_for
from probe.types import Item

BY_STATES = {"similar": around, "hard": mined}
MOST_MINED = 1024
"""Items of a round that are put together by what is near: the work grows with their square."""

States = npt.NDArray[np.floating]


@dataclass(eq=False)
class ItemStream:
    """The items of each step; the same ones for the same step, whatever steps were taken before."""

    all_items: Sequence[Item]
    settings: RepairSettings
    states: States | None = None
    """(n, D) of the items, where the sampling goes by them."""
    _round: tuple[int, list[list[Item]]] | None = field(default=None, init=False)

    def items(self, step: int) -> list[Item]:
        """Return the items of a step from 0, each once."""
        most = min(len(self.all_items), self._most)
        size = min(self.settings.items, most)
        number, place = divmod(step, most // size)
        if self._round is None or self._round[0] != number:
            self._round = number, self._cuts(number, size)
        return list({item.id: item for item in self._round[1][place]}.values())

    @property
    def _most(self) -> int:
        return len(self.all_items) if self.states is None else MOST_MINED

    def _cuts(self, number: int, size: int) -> list[list[Item]]:
        """Return the items of the steps of a round."""
        rng = rng_for(self.settings.seed, "items", number)
        order = rng.sample(range(len(self.all_items)), len(self.all_items))
        if self.states is not None:
            return self._near(order[:MOST_MINED], size, rng)
        shuffled = [self.all_items[place] for place in order]
        if self.settings.sampling == "balanced":
            shuffled = _balanced(shuffled)
        return [shuffled[start : start + size] for start in range(0, len(shuffled) - size + 1, size)]

    def _near(self, order: Sequence[int], size: int, rng: Random) -> list[list[Item]]:
        assert self.states is not None
        chosen = [self.all_items[place] for place in order]
        is_labelled = self.settings.labels == "yes"
        answers = [(suite_of(item), item.target) if is_labelled else item.id for item in chosen]
        cuts = BY_STATES[self.settings.sampling](self.states[list(order)], answers, size, rng)
        return [[chosen[place] for place in cut] for cut in cuts]


def item_stream(items: Sequence[Item], settings: RepairSettings, engine: HuggingFace) -> ItemStream:
    """Return the items of a training's steps; where it goes by hidden states, those of the model as it is now."""
    if settings.sampling not in BY_STATES:
        return ItemStream(items, settings)
    states = last_states(engine, [render(item.prompt) for item in items])  # (n, L, D)
    return ItemStream(items, settings, states[:, round(settings.layer * (states.shape[1] - 1))])


def suite_of(item: Item) -> str:
    """Return the name of a training item's suite, which its id begins with."""
    return item.id.partition("/")[0]


def _balanced(shuffled: Sequence[Item]) -> list[Item]:
    """Return items in turns of suite and answer; one that is rare comes round again before the others are through."""
    groups: dict[tuple[str, str], list[Item]] = {}
    for item in shuffled:
        groups.setdefault((suite_of(item), item.target), []).append(item)
    dealt = list(groups.values())
    turns = range(len(shuffled))
    return [(group := dealt[turn % len(dealt)])[turn // len(dealt) % len(group)] for turn in turns]
