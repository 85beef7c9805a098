"""Search a prompt: the same parts as `prompt-selection`, all combinations of them, with successive halving.

    instructions x layouts x symbols x label words = hundreds of prompts --> halving on training items --> one

Early phases ask each prompt few cells and keep the better half by its answers; late ones ask few prompts many, and the worst
column decides. The suite's own prompt takes part to the end: another one is taken only where it is better on the same cells.

Covered: combinations of what the suite and the project have. Not covered: new wordings (`rewrite`).
"""

from __future__ import annotations

from itertools import islice
from typing import Any

from probe.mitigate.base import Bench, NotApplicable, Outcome, method
from probe.mitigate.prompts.candidates import Candidate, Space, space_of
from probe.mitigate.prompts.choosing import Choice, outcome_of
from probe.mitigate.prompts.files import Home, home_of
from probe.mitigate.prompts.halving import LEAST_PULLS, affordable, halve
from probe.mitigate.prompts.trials import standing, trial_of
from probe.seeds import rng_for

BUDGET = 3000
"""Calls in all, where none is given."""
MOST_ITEMS = 48
"""Training items, of which the last prompts are asked as many as the budget has room for."""


@method("prompt-search", kind="prompt", source="Jamieson and Talwalkar 2016, Non-stochastic Best Arm Identification")
def prompt_search(bench: Bench) -> Outcome:
    """Search the best worst case among combinations of paraphrases, layouts, label words and symbols."""
    space = space_of(bench)
    home = home_of(bench.suite, space.own)
    budget = int(bench.options.get("budget") or BUDGET)
    candidates = _candidates(bench, space, home, budget)
    if len(candidates) < 2:
        if space.size > 1:
            raise NotApplicable(
                f"{budget} calls are too few to search: each prompt is asked {LEAST_PULLS} or more a phase"
            )
        raise NotApplicable("the suite has no paraphrases, and its prompt no other layout, symbols or label words")
    trial = trial_of(bench, space.own, num_items=MOST_ITEMS)
    found = halve(
        lambda calls: trial.pull(candidates, calls), standing, num_arms=len(candidates), budget=budget, incumbent=0
    )
    details: dict[str, Any] = {
        "combinations": space.size,
        "budget": budget,
        "calls": found.calls,
        "phases": [{"prompts": one.arms, "each": one.each, "calls": one.calls} for one in found.phases],
    }
    warnings = trial.warnings
    if space.size > len(candidates):
        warnings += (f"{len(candidates)} of {space.size} combinations were tried: a seeded sample, as many as fit together "
                     f"and {budget} calls have room for",)  # fmt: skip
    choice = Choice(
        own=space.own,
        own_standing=standing(found.pulls[0]),
        chosen=candidates[found.best],
        standing=standing(found.pulls[found.best]),
        num_candidates=len(candidates),
        num_items=len(trial.items),
        num_columns=len(trial.labels),
        warnings=warnings,
        details=space.describe() | details,
    )
    return outcome_of(bench, home, choice)


def _candidates(bench: Bench, space: Space, home: Home, budget: int) -> list[Candidate]:
    """Return the suite's own prompt and as many combinations as a budget has room for."""
    num = affordable(space.size, budget, has_incumbent=True)
    rng = rng_for(bench.plan.seed, bench.suite.name, "prompt search")
    return list(islice((one for one in space.crossed(rng) if home.holds(one)), num))
