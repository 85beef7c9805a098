"""Permutation votes: the mean answer over orders of the listed options, by option.

    A. foal  B. cub  C. kid       p(foal) .5   p(cub) .3   p(kid) .2
    A. cub   B. kid  C. foal      p(cub)  .5   p(kid) .2   p(foal) .3
    A. kid   B. foal C. cub       p(kid)  .4   p(foal) .4  p(cub)  .2       mean: foal .4, cub .33, kid .27

A bias for a place or a symbol is given to every option once, and so to none. Wang et al. 2023, "Large Language Models are not
Fair Evaluators", arXiv 2305.17926 (balanced positions); Zheng et al. 2024, "Large Language Models Are Not Robust Multiple Choice
Selectors", arXiv 2309.03882, section 4 (cyclic and full permutations).

Orders are the cyclic rotations, and all permutations of up to three options. Option `permutations`: `cyclic` or `all`.

Covered: listed options, rated or read. Not covered: options that speak of one another ("none of the above"), which keep their
order and their answer; more than five options in all permutations.
"""

from __future__ import annotations

from itertools import permutations
from typing import Literal

from probe.errors import UsageError
from probe.evolve import evolve
from probe.mitigate.base import Bench, NotApplicable, Outcome, method
from probe.mitigate.votes import with_members
from probe.perturb.order import can_reorder
from probe.prompt.render import render
from probe.types import Variant

FULL_UP_TO = 3
MOST_IN_FULL = 5
"""Options whose 120 orders are asked where all are wanted."""

Orders = Literal["default", "cyclic", "all"]


@method("permutation-vote", kind="vote", source="Zheng et al. 2024, arXiv 2309.03882, section 4")
def permutation_vote(bench: Bench) -> Outcome:
    """Ask with the listed options in every rotation and take the mean of the probabilities of each option."""
    which = bench.options.get("permutations", "default")
    if which not in ("default", "cyclic", "all"):
        raise UsageError(f"permutations = {which!r}: it is cyclic or all", hint="permutations = cyclic")
    members = [ways_to_ask(score.variant, which) for score in bench.before]
    most = max(map(len, members))
    if most == 1:
        raise NotApplicable("its options are not listed, or speak of one another: they have no order to change")
    scores, keeps = with_members(bench, members)
    fixed = sum(1 for ways in members if len(ways) == 1)
    note = f"{fixed} answers keep their order: the options speak of one another" if fixed else ""
    return Outcome(
        scores,
        keeps,
        chose=f"{most} orders",
        warnings=(note,) if note else (),
        details={"orders": most, "fixed": fixed},
    )


def orders(choices: tuple[str, ...], which: Orders) -> list[tuple[str, ...]]:
    """Return the orders that options are asked in, their own first.

    Raises:
        UsageError: all orders are wanted of more than five.
    """
    if which == "all" and len(choices) > MOST_IN_FULL:
        raise UsageError(
            f"{len(choices)} options have too many orders: all are asked of up to {MOST_IN_FULL}",
            hint="permutations = cyclic",
        )
    if which == "all" or (which == "default" and len(choices) <= FULL_UP_TO):
        return list(permutations(choices))
    return [choices[place:] + choices[:place] for place in range(len(choices))]


def ways_to_ask(variant: Variant, which: Orders) -> list[Variant]:
    """Return the ways to ask a variant: as it is, then with its options in each other order; itself alone where they have one."""
    prompt = variant.perturbed.prompt
    if not can_reorder(prompt):
        return [variant]
    ways = [variant]
    for choices in orders(prompt.choices, which)[1:]:
        asked = evolve(prompt, choices=choices)
        ways.append(evolve(variant, perturbed=evolve(variant.perturbed, prompt=asked), text=render(asked)))
    return ways
