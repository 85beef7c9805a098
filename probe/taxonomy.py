"""Why an answer flipped: exactly one cause for each, so that their rates add up to the flip rate.

The first that applies, from before (as written) to after (the variant):

    unreadable   one of the two answers cannot be read
    truncated    one of the two ran into the limit of new tokens
    near_tie     one of the two won by no more than the noise that the run measured
    position     the option at the same place was chosen, though it now holds another text
    symbol       the option with the same symbol was chosen, though it now holds another text
    content      everything else: another content was chosen

Places and symbols are read from the order of the options and the layout of both prompts, never from agreement:

    before  A. foal   B. cub         "B" chosen: place 1, symbol B, content cub
    after   A. cub    B. foal        "B" chosen: place 1, symbol B, content foal    followed place and symbol

Where place and symbol both stayed, which is so whenever an order changes but no numbering, one variant cannot tell them
apart. Other variants of the item can: those with the options in the written order under other symbols. Where most of them
keep the place of the written answer it was the place that was followed, where most leave it the symbol. Where there are
none, or as many on either side, it is what the model was asked to say: a symbol ("Answer: B"), else the place.

Covered: prompts that list their options. Not covered: options that are not listed, which have neither place nor symbol.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from probe.noise import is_near_tie
from probe.prompt import symbol
from probe.types import Score

Cause = Literal["unreadable", "truncated", "near_tie", "position", "symbol", "content"]
CAUSES: tuple[Cause, ...] = get_args(Cause)


def is_flip(before: Score, after: Score) -> bool:
    """Tell whether the answer moved: another prediction, unless both are right."""
    return _answer(before) != _answer(after) and not (before.correct and after.correct)


def cause(before: Score, after: Score, *, noise: float, siblings: Sequence[Score] = ()) -> Cause:
    """Give the cause of a flip; `siblings` are the scores of the same item under all variants."""
    if "unreadable" in (before.reading, after.reading):
        return "unreadable"
    if before.is_truncated or after.is_truncated:
        return "truncated"
    if is_near_tie(before, noise) or is_near_tie(after, noise):
        return "near_tie"
    old, new = place(before), place(after)
    if old is None or new is None:
        return "content"
    kept_symbol = _symbol(before, old) == _symbol(after, new)
    if old != new:
        return "symbol" if kept_symbol else "content"
    return _coinciding(before, siblings) if kept_symbol else "position"


def place(score: Score) -> int | None:
    """Give where the predicted option stands in the list that was shown (from 0); None where no list was shown."""
    prompt = score.variant.asked.prompt
    if not prompt.list_choices or score.reading != "ranked" or score.prediction not in prompt.choices:
        return None
    return prompt.choices.index(score.prediction)


def followed_place(before: Score, after: Score) -> bool | None:
    """Tell whether the same place was chosen; None unless the variant moved the written answer to another place.

    Only where the written answer stands elsewhere do following the place and following the content part ways.
    """
    old, new = place(before), place(after)
    choices = after.variant.asked.prompt.choices
    if old is None or new is None or before.prediction not in choices or choices.index(before.prediction) == old:
        return None
    return new == old


def _answer(score: Score) -> str | None:
    """Give the answer; one that cannot be read is an answer of its own."""
    return None if score.reading == "unreadable" else score.prediction


def _coinciding(before: Score, siblings: Sequence[Score]) -> Cause:
    kept, left = _under_other_symbols(before, siblings)
    if kept != left:
        return "position" if kept > left else "symbol"
    return "symbol" if before.variant.asked.prompt.answer_with == "symbol" else "position"


def _under_other_symbols(before: Score, siblings: Sequence[Score]) -> tuple[int, int]:
    """Count the variants with the options in the written order under other symbols that keep, and that leave, the place."""
    asked, old = before.variant.asked.prompt, place(before)
    if old is None:
        return 0, 0
    others = [
        place(score)
        for score in siblings
        if score.variant.effect == "same"
        and score.variant.asked.prompt.choices == asked.choices
        and _symbol(score, old) != _symbol(before, old)
    ]
    return sum(one == old for one in others), sum(one is not None and one != old for one in others)


def _symbol(score: Score, index: int) -> str:
    return symbol(score.variant.asked.prompt.layout, index)


@dataclass(frozen=True, slots=True)
class Following:
    """What is chosen of a family's variants that put the written answer elsewhere in the list: place, content or neither."""

    suite: str
    family: str
    num_pairs: int
    place: int
    """Chose the option that now stands where the written answer stood."""
    content: int
    """Chose the written answer, wherever it stands now."""
    other: int
    chance: float
    """Share that would choose the old place if every option were as likely: the mean of 1 / options."""


def followings(suite: str, scores: Sequence[Score]) -> list[Following]:
    """Count, family by family, what is chosen where the written answer stands elsewhere; families without such are left out."""
    clean = {score.variant.item.id: score for score in scores if score.variant.family == "clean"}
    pairs: dict[str, list[tuple[Score, Score]]] = {}
    for after in scores:
        before = clean[after.variant.item.id]
        if after.variant.effect == "same" and followed_place(before, after) is not None:
            pairs.setdefault(after.variant.family, []).append((before, after))
    return [_following(suite, family, members) for family, members in pairs.items()]


def _following(suite: str, family: str, pairs: Sequence[tuple[Score, Score]]) -> Following:
    kept = sum(followed_place(before, after) is True for before, after in pairs)
    same = sum(before.prediction == after.prediction for before, after in pairs)
    chance = sum(1 / len(after.variant.asked.prompt.choices) for _, after in pairs) / len(pairs)
    return Following(suite, family, len(pairs), kept, same, len(pairs) - kept - same, chance)
