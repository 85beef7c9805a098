"""Solved training items before the question: 0, 1, 2, 4 or 8 of them.

    Review: A bore.
    Sentiment: negative

    Review: A joy from start to end.
    Sentiment:

Zhuo et al. 2024, "ProSA", arXiv 2410.12405, and Chatterjee et al. 2024, "POSIX", arXiv 2410.02185, find that demonstrations make
answers steadier, the first of them most of all. Each one makes every prompt longer.

Covered: as many of each class as can be, the same ones for all items, drawn by the run's seed. Not covered: demonstrations that
are chosen for a question.
"""

from __future__ import annotations

from probe.mitigate.base import Apply, Bench, NotApplicable, Outcome, method
from probe.mitigate.demonstrations import ask_with, described, listed, selected, shots_of

COUNTS = (0, 1, 2, 4, 8)


def show(count: int) -> Apply:
    """Return the method that shows so many."""

    def apply(bench: Bench) -> Outcome:
        if not count and not any(score.variant.item.prompt.demonstrations for score in bench.before):
            raise NotApplicable("the prompts show no demonstration as they are")
        items = selected(bench, count)
        shots = shots_of(items)
        return ask_with(bench, lambda variant: shots, chose=described(bench, items), details=listed(items))

    return apply


def _register() -> None:
    for count in COUNTS:
        things = "no demonstration" if not count else f"{count} demonstration" + "s" * (count > 1)
        method(
            f"shots-{count}",
            kind="demonstrations",
            summary=f"Show {things} before the question.",
            source="Zhuo et al. 2024, ProSA, arXiv 2410.12405; Chatterjee et al. 2024, POSIX, arXiv 2410.02185",
        )(show(count))


_register()
