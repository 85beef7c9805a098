r"""What every method that chooses a prompt does with its choice: ask the run's variants under it, and write its files.

    chosen prompt --> the suite's items under it --> the variants of the same plan and seed --> asked
                                                 \-> suite.toml, paraphrases.txt, prompt.txt

All variants are drawn again, so that each (item, family, perturbation, sample) has a partner before and after. After it, a family
compares

    format      the chosen prompt with the very layouts of the run, which do not move with the suite's own: choosing a layout
                moves the original alone, another instruction or other label words the answers under every layout
    paraphrase  the chosen prompt with the other wordings of the set, the suite's own one among them
    labels      the chosen words with the other sets of the table, the choices themselves among them; symbols with other kinds
    the others  the chosen prompt with the same perturbation of it

Covered: asking again, the outcome, its warnings. Not covered: choosing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from probe.evaluation.variants import make_variants
from probe.mitigate.base import Bench, NotApplicable, Outcome, PromptFile, keyed
from probe.mitigate.prompts.candidates import Candidate, suite_by
from probe.mitigate.prompts.files import Home
from probe.mitigate.prompts.trials import MIN_ITEMS, Standing, Trial, standing
from probe.types import Score


@dataclass(frozen=True, slots=True, eq=False)
class Choice:
    """A chosen prompt, and what it was chosen by."""

    own: Candidate
    own_standing: Standing
    chosen: Candidate
    standing: Standing
    num_candidates: int
    num_items: int
    num_columns: int
    warnings: tuple[str, ...] = ()
    details: Mapping[str, Any] = field(default_factory=dict)


def best_by_trial(candidates: Sequence[Candidate], trial: Trial, budget: int) -> Choice:
    """Ask all candidates, the suite's own first, the same cells, as many items as a budget of calls has room for.

    Raises:
        NotApplicable: the budget has no room for two candidates.
    """
    room = budget // (MIN_ITEMS * len(trial.labels))
    warnings = trial.warnings
    if room < 2:
        columns = len(trial.labels)
        raise NotApplicable(f"{budget} calls are too few to try 2 prompts on {MIN_ITEMS} items in {columns} columns")
    if room < len(candidates):
        warnings += (f"{budget} calls have room for {room} of {len(candidates)} prompts: the others were not tried",)
        candidates = [candidates[0], *trial.sampled(candidates[1:], room - 1)]
    num_items = min(len(trial.items), budget // (len(candidates) * len(trial.labels)))
    trial = replace(trial, items=trial.items[:num_items])
    found = trial.pull(candidates, dict.fromkeys(range(len(candidates)), trial.size))
    standings = [standing(found[place]) for place in range(len(candidates))]
    best = max(range(len(candidates)), key=lambda place: (standings[place], -place))
    return Choice(
        own=candidates[0],
        own_standing=standings[0],
        chosen=candidates[best],
        standing=standings[best],
        num_candidates=len(candidates),
        num_items=num_items,
        num_columns=len(trial.labels),
        warnings=warnings,
        details={"calls": sum(map(len, found.values())), "budget": budget},
    )


def outcome_of(bench: Bench, home: Home, choice: Choice) -> Outcome:
    """Return the variants answered under a chosen prompt, with the files that say it.

    Where the suite's own prompt is the best, the answers stay the kept ones, and there is no file.
    """
    facts = {
        **choice.details,
        "candidates": choice.num_candidates,
        "training_items": choice.num_items,
        "columns": choice.num_columns,
        "own": choice.own_standing.describe(),
        "chosen": {"parts": choice.chosen.describe()} | choice.standing.describe(),
    }
    if not choice.chosen.changed:
        said = f"the suite's own prompt, as good as any of {choice.num_candidates} on training items"
        return Outcome(bench.before, keeps=True, chose=said, warnings=choice.warnings, details=facts)
    files, problem = _files(home, choice.chosen)
    said = (
        f"{choice.chosen}; worst of {choice.num_columns} columns {choice.standing.worst:.2f} on training items "
        f"(the suite's own {choice.own_standing.worst:.2f})"
    )
    return Outcome(
        tuple(asked_again(bench, choice.chosen)),
        keeps=False,
        chose=said,
        warnings=(*choice.warnings, *problem),
        details=facts,
        files=files,
    )


def asked_again(bench: Bench, candidate: Candidate) -> list[Score]:
    """Ask the run's variants under another prompt; those whose item, family, perturbation and sample the run has."""
    plan = bench.plan
    drawn = make_variants(
        suite_by(bench.suite, candidate),
        plan.perturbations,
        samples=plan.samples,
        seed=plan.seed,
        validate=plan.reviews.validate,
    )
    known = keyed(bench.before)
    return bench.ask([v for v in drawn.variants if (v.item.id, v.family, v.perturbation, v.sample) in known])


def _files(home: Home, chosen: Candidate) -> tuple[tuple[PromptFile, ...], tuple[str, ...]]:
    """Return the files of a chosen prompt, and what its user must know of them."""
    try:
        files = home.files(chosen)
    except ValueError as problem:
        return (), (f"suite.toml is to be edited by hand: {problem}",)
    if home.definition is None:
        source = home.suite.path or home.suite.name
        return files, (f"{source} has no suite.toml: the text of {files[0].name} goes where its prompt is written",)
    return files, ()
