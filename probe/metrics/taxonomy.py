"""Why an answer flipped: exactly one cause for each, so that their rates add up to the flip rate.

The first that applies, from before (the original) to after (the variant):

    unreadable           one of the two answers cannot be read
    truncated            one of the two ran into the limit of new tokens
    near_tie             one of the two won by no more than the noise that the run measured, or the variant's is a tie
    position             the option at the same place was chosen, though it now holds another text
    symbol               the option with the same symbol was chosen, though it now holds another text
    position_or_symbol   that option stands at the same place under the same symbol, and nothing tells the two apart
    content              everything else: another content was chosen

Places and symbols are read from the order of the options and the symbols of both prompts, never from agreement:

    before      A. foal   B. cub   C. kid      "B" chosen: place 1, symbol B, content cub
    reordered   A. kid    B. foal  C. cub      "B" is place and symbol, "C" is content
    moved       C. kid    A. foal  B. cub      the place is "A", symbol and content are "B"
    relabelled  B. foal   C. cub   A. kid      the symbol is "B", place and content are "C"

Where place and symbol both stayed, which is so whenever an order changes but no symbol, one variant cannot tell them apart. Other
variants of the item can: those under which the written answer's symbol stands elsewhere or is none of the symbols. Where
more of them choose its place than leave it (for its symbol, or where that is gone for anything) it was the place, where more
leave it the symbol. Where there are none, or as many on either side, it is not known which, and is a cause of its own.

Covered: prompts that list their options. Not covered: options that are not listed, which have neither place nor symbol.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from probe.metrics.noise import is_near_tie
from probe.prompt.render import symbols_of
from probe.types import Score

Cause = Literal["unreadable", "truncated", "near_tie", "position", "symbol", "position_or_symbol", "content"]
CAUSES: tuple[Cause, ...] = get_args(Cause)


def is_flip(before: Score, after: Score) -> bool:
    """Return whether the answer moved: another prediction, unless both are right.

    Not from a tie, which is no answer, and not where a score is no number.
    """
    if before.reading in ("tie", "non-finite") or after.reading == "non-finite" or (before.correct and after.correct):
        return False
    return before.answer != after.answer or after.reading == "tie"


def cause(before: Score, after: Score, *, noise: float, siblings: Sequence[Score] = ()) -> Cause:
    """Return the cause of a flip; `siblings` are the scores of the same item under all variants."""
    if "unreadable" in (before.reading, after.reading):
        return "unreadable"
    if before.is_truncated or after.is_truncated:
        return "truncated"
    if is_near_tie(before, noise) or is_near_tie(after, noise):
        return "near_tie"
    old, new = position_of(before), position_of(after)
    if old is None or new is None:
        return "content"
    same_symbol = _symbols(before)[old] == _symbols(after)[new]
    if old != new:
        return "symbol" if same_symbol else "content"
    return _coinciding(before, siblings) if same_symbol else "position"


def position_of(score: Score) -> int | None:
    """Return where the predicted option stands in the list that was shown (from 0); None where no list was shown."""
    prompt = score.variant.perturbed.prompt
    if not prompt.list_choices or score.reading != "ranked" or score.prediction not in prompt.choices:
        return None
    return prompt.choices.index(score.prediction)


@dataclass(frozen=True, slots=True)
class Choice:
    """The option chosen from a variant's list, and those at the original answer's position, with its symbol, with its content."""

    chosen: int
    position: int
    symbol: int | None
    """None where no option carries it."""
    content: int

    @property
    def follows_position(self) -> bool | None:
        """Return whether the position was followed; None where it holds the same content or carries the same symbol."""
        return None if self.position in (self.symbol, self.content) else self.chosen == self.position

    @property
    def follows_symbol(self) -> bool | None:
        """Return whether the symbol was followed; None where it is gone, stands where it stood, or carries the same content."""
        return None if self.symbol in (None, self.position, self.content) else self.chosen == self.symbol

    @property
    def follows_either(self) -> bool | None:
        """Return whether position or symbol was followed; None where they are at different options, or with the content."""
        return self.chosen == self.position if self.position == self.symbol != self.content else None

    @property
    def is_telling(self) -> bool:
        """Return whether position, symbol and content are no longer all at one option."""
        return self.position != self.content or self.symbol not in (None, self.position)


def choice_of(before: Score, after: Score) -> Choice | None:
    """Return what was chosen, and where what the original answer had stands; None where no list holds both answers."""
    old, new = position_of(before), position_of(after)
    choices = after.variant.perturbed.prompt.choices
    if old is None or new is None or before.prediction not in choices:
        return None
    sign, signs = _symbols(before)[old], _symbols(after)
    return Choice(new, old, signs.index(sign) if sign in signs else None, choices.index(before.prediction))


def followed(before: Score, after: Score) -> tuple[bool | None, bool | None, bool | None]:
    """Return whether position, symbol, or one of the two where they coincide was followed; None each where it does not apply."""
    choice = choice_of(before, after)
    if choice is None:
        return None, None, None
    return choice.follows_position, choice.follows_symbol, choice.follows_either


def _coinciding(before: Score, siblings: Sequence[Score]) -> Cause:
    """Return whether it was position or symbol, by the variants under which the two differ; either, if none tells."""
    choices = [choice_of(before, one) for one in siblings if one.variant.effect == "label-preserving"]
    telling = [one for one in choices if one is not None and one.symbol != one.position]
    position = sum(one.chosen == one.position for one in telling)
    symbol = sum(one.chosen != one.position and one.symbol in (None, one.chosen) for one in telling)
    if position == symbol:
        return "position_or_symbol"
    return "position" if position > symbol else "symbol"


def _symbols(score: Score) -> tuple[str, ...]:
    prompt = score.variant.perturbed.prompt
    return symbols_of(prompt, len(prompt.choices))


@dataclass(frozen=True, slots=True)
class Following:
    """What is chosen of a family's variants in which place, symbol and content of the written answer are not at one option."""

    suite: str
    family: str
    num_pairs: int
    place: int
    """Chose the option that stands where the written answer stood, under another symbol."""
    symbol: int
    """Chose the option that carries the written answer's symbol, at another place."""
    place_or_symbol: int
    """Chose the option at the same place under the same symbol: which of the two was followed is not to be told."""
    content: int
    """Chose the written answer, wherever it stands now."""
    other: int
    chance: float
    """Share that would choose any one option if all were as likely: the mean of 1 / options."""


def followings(suite: str, scores: Sequence[Score]) -> list[Following]:
    """Count, family by family, what is chosen where place, symbol and content part; families without such are left out."""
    original = {score.variant.item.id: score for score in scores if score.variant.family == "original"}
    pairs: dict[str, list[tuple[Choice, int]]] = {}
    for after in scores:
        choice = choice_of(original[after.variant.item.id], after)
        if after.variant.effect == "label-preserving" and choice is not None and choice.is_telling:
            pairs.setdefault(after.variant.family, []).append((choice, len(after.variant.perturbed.prompt.choices)))
    return [_following(suite, family, members) for family, members in pairs.items()]


def _following(suite: str, family: str, pairs: Sequence[tuple[Choice, int]]) -> Following:
    content = sum(one.chosen == one.content for one, _ in pairs)
    position = sum(one.follows_position is True for one, _ in pairs)
    symbol = sum(one.follows_symbol is True for one, _ in pairs)
    either = sum(one.follows_either is True for one, _ in pairs)
    other = len(pairs) - content - position - symbol - either
    chance = sum(1 / num for _, num in pairs) / len(pairs)
    return Following(suite, family, len(pairs), position, symbol, either, content, other, chance)
