"""A wrong answer, shown as wrong, before the right one of each demonstration.

    Review: A bore.
    Wrong sentiment: positive
    Sentiment: negative

Gao and Das 2024, "Customizing Language Model Responses with Contrastive In-Context Learning", arXiv 2401.17390.
Wrong answers are from labelled data: another class, or the answer of another training item. Deviation: the model is not asked to
analyse them before it answers.

Covered: choices and free text, as many demonstrations as `shots-4` shows, and the same ones. Not covered: templates, which have
no place for it.
"""

from __future__ import annotations

from probe.mitigate.base import Bench, NotApplicable, Outcome, method
from probe.mitigate.demonstrations import ask_with, described, listed, selected, shots_of
from probe.perturb.shots import marked
from probe.seeds import rng_for

COUNT = 4


@method(
    "contrastive-demonstrations",
    kind="demonstrations",
    source="Gao and Das 2024, arXiv 2401.17390",
)
def contrastive_demonstrations(bench: Bench) -> Outcome:
    """Show 4 demonstrations, each with a wrong answer marked as wrong before the right one."""
    if any(item.prompt.is_template for item in bench.suite.items):
        raise NotApplicable("a template has no place for a wrong answer")
    items = selected(bench, COUNT)
    rng = rng_for(bench.plan.seed, bench.suite.name, "mitigate", "wrong answers")
    pool = shots_of(bench.training)
    shots = tuple(
        marked(one, (), pool, rng, aliases=item.aliases) for one, item in zip(shots_of(items), items, strict=True)
    )
    if not any(one.wrong for one in shots):
        raise NotApplicable("no training item has another answer that could be shown as wrong")
    shown = listed(items)["shown"]
    details = {"shown": [{**one, "wrong": shot.wrong} for one, shot in zip(shown, shots, strict=True)]}
    return ask_with(bench, lambda variant: shots, chose=described(bench, items), details=details)
