"""Select a prompt: of the suite's own and those that differ from it in one part, the one with the best worst case.

    candidate            original  format 0  typos 0  ...   worst
    the suite's own        .92       .58       .88           .58
    paraphrase 3           .88       .71       .88           .71   -->

Each candidate is asked the same training items under the same columns; the least Wilson lower bound over the columns decides,
then the accuracy over all cells. Mizrahi et al. 2024, "State of What Art? A Call for Multi-Prompt LLM Evaluation", judge models
by their best prompt; a prompt is judged here by its worst perturbation.

Covered: paraphrases, layouts, kinds of symbols, label words, one at a time. Not covered: several at once (`prompt_search`); new
wordings (`rewrite`).
"""

from __future__ import annotations

from dataclasses import replace

from probe.mitigate.base import Bench, NotApplicable, Outcome, method
from probe.mitigate.prompts.candidates import space_of
from probe.mitigate.prompts.choosing import best_by_trial, outcome_of
from probe.mitigate.prompts.files import home_of
from probe.mitigate.prompts.trials import trial_of

BUDGET = 3000
"""Calls in all, where none is given."""
MOST_ITEMS = 24


@method("prompt-selection", kind="prompt", source="Mizrahi et al. 2024, State of What Art?; by the worst case")
def prompt_selection(bench: Bench) -> Outcome:
    """Ask by the best worst case among the suite's paraphrases, layouts, label words and symbols."""
    space = space_of(bench)
    home = home_of(bench.suite, space.own)
    candidates = [one for one in space.single() if home.holds(one)]
    if len(candidates) < 2:
        raise NotApplicable("the suite has no paraphrases, and its prompt no other layout, symbols or label words")
    budget = int(bench.options.get("budget") or BUDGET)
    trial = trial_of(bench, space.own, num_items=MOST_ITEMS)
    choice = best_by_trial(candidates, trial, budget)
    return outcome_of(bench, home, replace(choice, details={**space.describe(), **choice.details}))
