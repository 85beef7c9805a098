"""Other demonstrations before the same question: which, how many, of which labels, and with wrong answers shown as such.

    Review: A bore.            Review: A bore.
    Sentiment: negative        Wrong sentiment: positive      shot-contrastive
                               Sentiment: negative

They are drawn from the suite's training items (`train.jsonl`), the same ones for all items of the suite, and never from what is
evaluated. Without `--num-fewshot` the original has none; those that show some then show up to four.

Covered: other demonstrations, another number of them, all of one label, as many of each label, wrong answers (Gao and Das 2024,
"Customizing Language Model Responses with Contrastive In-Context Learning").
Not covered: suites without training items; demonstrations chosen for their nearness to the question.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from random import Random

from probe.perturb.catalogue.register import item_perturbation
from probe.perturb.helpers.language import in_english
from probe.types import Demonstration, Item

MOST_SHOTS = 8
"""More demonstrations than that are never drawn: they fill the window of a small model."""

USUAL_SHOTS = 4
"""How many are shown at most where the original prompt has none."""

FEW = 64
"""Up to so many training items all are looked at; of more, some at random, so that a draw costs the same for any number."""

TRIES = 60
"""How many of many training items are looked at for each demonstration that is wanted."""

Pool = tuple[Demonstration, ...]


@item_perturbation("shot-others", family="shots", scope="suite")
def shot_others(item: Item, rng: Random) -> Item | None:
    """Show other demonstrations, equally many."""
    now = item.prompt.demonstrations
    return _with(item, _drawn(item.pool, rng, len(now), _not_in(now))) if now else None


@item_perturbation("shot-count", family="shots", scope="suite")
def shot_count(item: Item, rng: Random) -> Item | None:
    """Show more or fewer demonstrations, or none."""
    now = item.prompt.demonstrations
    counts = [n for n in range(min(MOST_SHOTS, len(item.pool)) + 1) if n != len(now)]
    if not item.pool:
        return None
    count = rng.choice(counts)
    more = _drawn(item.pool, rng, max(0, count - len(now)), _not_in(now))
    return None if more is None else _with(item, (*now, *more)[:count])


@item_perturbation("shot-one-label", family="shots", scope="suite")
def shot_one_label(item: Item, rng: Random) -> Item | None:
    """Show demonstrations that all have the same label.

    Covered: questions with labels that all items share. Not covered: options of their own, free text.
    """
    if not _shares_labels(item):
        return None
    count, label = max(2, _count(item, rng)), rng.choice(item.prompt.choices)
    return _with(item, _drawn(item.pool, rng, count, lambda shot: shot.target == label))


@item_perturbation("shot-balanced", family="shots", scope="suite")
def shot_balanced(item: Item, rng: Random) -> Item | None:
    """Show equally many demonstrations of each label, in random order.

    Covered: questions with labels that all items share. Not covered: options of their own, free text, more than eight labels.
    """
    if not _shares_labels(item):
        return None
    labels = item.prompt.choices
    each = max(1, (len(item.prompt.demonstrations) or USUAL_SHOTS) // len(labels))
    chosen: list[Demonstration] = []
    for label in labels:
        shots = _drawn(item.pool, rng, each, lambda shot, label=label: shot.target == label)  # type: ignore[misc]
        if shots is None:
            return None
        chosen += shots
    return _with(item, tuple(rng.sample(chosen, len(chosen))))


@item_perturbation("shot-contrastive", family="shots", scope="suite")
@in_english
def shot_contrastive(item: Item, rng: Random) -> Item | None:
    """Show a wrong answer, marked as wrong, before the right one in each demonstration.

    Covered: choices and free text, whose wrong answers are those of other training items. Not covered: templates.
    """
    if item.prompt.is_template:
        return None
    count = min(_count(item, rng), len(item.pool))
    shots = item.prompt.demonstrations or _drawn(item.pool, rng, count, lambda shot: True) or ()
    shown = tuple(marked(shot, item.prompt.choices, item.pool, rng) for shot in shots)
    return _with(item, shown) if any(shot.wrong for shot in shown) else None


def marked(
    shot: Demonstration, choices: tuple[str, ...], pool: Pool, rng: Random, *, aliases: tuple[str, ...] = ()
) -> Demonstration:
    """Return a demonstration with a wrong answer: one of its choices or of those given, else the answer of another of a pool.

    `aliases` are right as well. It stays as it is where there is no wrong answer.
    """
    accepted = (shot.target, *aliases)
    if choices := shot.choices or choices:
        wrong = [choice for choice in choices if choice not in accepted]
    else:
        # an answer that holds the right one, or stands in it, may be right as well
        other = _drawn(pool, rng, 1, lambda one: not any(_overlap(one.target, right) for right in accepted))
        wrong = [one.target for one in other or ()]
    return replace(shot, wrong=rng.choice(wrong)) if wrong else shot


def _overlap(one: str, other: str) -> bool:
    return one.lower() in other.lower() or other.lower() in one.lower()


def _count(item: Item, rng: Random) -> int:
    """Return how many to show: as many as there are, else two up to the usual number."""
    return len(item.prompt.demonstrations) or rng.randint(2, USUAL_SHOTS)


def _not_in(now: Pool) -> Callable[[Demonstration], bool]:
    asked = {shot.fields for shot in now}
    return lambda shot: shot.fields not in asked


def _shares_labels(item: Item) -> bool:
    """Return whether the training items have the question's own labels, by the first few of them."""
    labels = set(item.prompt.choices)
    few = 2 <= len(labels) <= MOST_SHOTS
    return few and bool(item.pool) and all(set(shot.choices or labels) == labels for shot in item.pool[:5])


def _drawn(pool: Pool, rng: Random, count: int, wanted: Callable[[Demonstration], bool]) -> Pool | None:
    """Draw so many different wanted demonstrations; None where they are not found."""
    size = len(pool)
    order = rng.sample(range(size), size) if size <= FEW else (rng.randrange(size) for _ in range(TRIES * count))
    chosen: dict[int, Demonstration] = {}
    for place in order:
        if len(chosen) == count:
            break
        if wanted(pool[place]):
            chosen[place] = pool[place]
    return tuple(chosen.values()) if len(chosen) == count else None


def _with(item: Item, shots: Pool | None) -> Item | None:
    if shots is None or shots == item.prompt.demonstrations:
        return None
    return replace(item, prompt=replace(item.prompt, demonstrations=shots))
