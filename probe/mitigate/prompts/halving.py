"""Sequential halving: a budget of calls, spent where the best arm is still in doubt.

    n arms, budget B      phase 1: B / ceil(log2 n) calls, shared equally      the better half stays
                          phase 2: as many calls for half the arms             ...
                          ...                                                  one arm is left

Karnin et al. 2013, "Almost Optimal Exploration in Multi-Armed Bandits", section 3; Jamieson and Talwalkar 2016, "Non-stochastic
Best Arm Identification and Hyperparameter Optimization", whose arms keep what earlier phases found, as here. The budgets are
those of PromptEval (Polo et al. 2024): equal ones, the remainder to phase 1.

Deviations: what a phase cannot share out equally, or an arm has no more pulls for, goes to the next phase. An incumbent, if there
is one, takes part in every phase and in one more at the end. It is left only for an arm that is better by all that both were
asked.

Covered: any arms. Not covered: what a pull is (`trials`).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

P = TypeVar("P")

LEAST_PULLS = 4
"""Calls of each arm in the first phase; fewer say nothing of it."""


@dataclass(frozen=True, slots=True)
class Phase:
    """One round."""

    arms: int
    each: int
    """Calls that each arm was allowed."""
    calls: int
    """Those made."""


@dataclass(frozen=True, slots=True)
class Halved(Generic[P]):
    """The end of a search."""

    best: int
    pulls: tuple[tuple[P, ...], ...]
    """What came of each arm's calls, in order."""
    phases: tuple[Phase, ...]

    @property
    def calls(self) -> int:
        """Return the number of calls in all."""
        return sum(phase.calls for phase in self.phases)


def num_phases(num_arms: int) -> int:
    """Return after how many halvings one arm is left."""
    return math.ceil(math.log2(num_arms)) if num_arms > 1 else 0


def affordable(num_arms: int, budget: int, *, has_incumbent: bool = False) -> int:
    """Return how many of so many arms a budget can begin with, each asked `LEAST_PULLS` in the first phase; at least 1."""
    num = num_arms
    while num > 1 and _first_share(num, budget, has_incumbent) < LEAST_PULLS:
        num -= 1
    return num


def halve(
    pull: Callable[[Mapping[int, int]], Mapping[int, Sequence[P]]],
    rank: Callable[[Sequence[P]], Any],
    *,
    num_arms: int,
    budget: int,
    incumbent: int | None = None,
) -> Halved[P]:
    """Search the best of some arms with at most `budget` calls.

    `pull` makes as many calls of each arm as it is told, or fewer where an arm has no more. Of arms
    that rank alike the one that came first stays, the incumbent before all.
    """
    found: list[list[P]] = [[] for _ in range(num_arms)]
    rivals = [arm for arm in range(num_arms) if arm != incumbent]
    always = [] if incumbent is None else [incumbent]
    rounds = num_phases(len(rivals)) + (incumbent is not None and len(rivals) > 0)
    phases: list[Phase] = []
    left = 0
    for number in range(rounds):
        left += budget // rounds + (budget % rounds if number == 0 else 0)
        arms = [*always, *rivals]
        each = left // len(arms)
        made = pull(dict.fromkeys(arms, each)) if each else {}
        for arm, pulls in made.items():
            found[arm] += pulls
        calls = sum(map(len, made.values()))
        left -= calls
        phases.append(Phase(len(arms), each, calls))
        if len(rivals) > 1:
            rivals = _better(rivals, found, rank)[: math.ceil(len(rivals) / 2)]
    best = _better([*always, *rivals], found, rank)[0]
    return Halved(best, tuple(map(tuple, found)), tuple(phases))


def _better(arms: Sequence[int], found: Sequence[Sequence[P]], rank: Callable[[Sequence[P]], Any]) -> list[int]:
    """Return arms from the best to the worst; equal ones stay in order."""
    ranks = {arm: rank(found[arm]) for arm in arms}
    return sorted(arms, key=lambda arm: ranks[arm], reverse=True)


def _first_share(num: int, budget: int, has_incumbent: bool) -> int:
    rivals = num - has_incumbent
    rounds = num_phases(rivals) + (has_incumbent and rivals > 0)
    return (budget // rounds + budget % rounds) // num if rounds else budget
