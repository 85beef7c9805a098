"""Why an answer flipped: exactly one cause for each, so that their rates add up to the flip rate.

The first that applies, from before (as written) to after (the variant):

    unreadable           one of the two answers cannot be read
    truncated            one of the two ran into the limit of new tokens
    near_tie             one of the two won by no more than the noise that the run measured
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
    """Return whether the answer moved: another prediction, unless both are right."""
    return _answer(before) != _answer(after) and not (before.correct and after.correct)


def cause(before: Score, after: Score, *, noise: float, siblings: Sequence[Score] = ()) -> Cause:
    """Return the cause of a flip; `siblings` are the scores of the same item under all variants."""
    if "unreadable" in (before.reading, after.reading):
        return "unreadable"
    if before.is_truncated or after.is_truncated:
        return "truncated"
    if is_near_tie(before, noise) or is_near_tie(after, noise):
        return "near_tie"
    old, new = place(before), place(after)
    if old is None or new is None:
        return "content"
    kept_symbol = _symbols(before)[old] == _symbols(after)[new]
    if old != new:
        return "symbol" if kept_symbol else "content"
    return _coinciding(before, siblings) if kept_symbol else "position"


def place(score: Score) -> int | None:
    """Return where the predicted option stands in the list that was shown (from 0); None where no list was shown."""
    prompt = score.variant.perturbed.prompt
    if not prompt.list_choices or score.reading != "ranked" or score.prediction not in prompt.choices:
        return None
    return prompt.choices.index(score.prediction)


@dataclass(frozen=True, slots=True)
class Standing:
    """Where the place, the symbol and the content of the written answer are in the list of a variant, and what was chosen."""

    chosen: int
    place: int
    symbol: int | None
    """None where no option carries it."""
    content: int

    @property
    def position(self) -> bool | None:
        """Return whether the place was followed; None where it holds the same content or carries the same symbol."""
        return None if self.place in (self.symbol, self.content) else self.chosen == self.place

    @property
    def by_symbol(self) -> bool | None:
        """Return whether the symbol was followed; None where it is gone, stands where it stood, or carries the same content."""
        return None if self.symbol in (None, self.place, self.content) else self.chosen == self.symbol

    @property
    def either(self) -> bool | None:
        """Return whether place or symbol was followed, where they stayed together and the content went elsewhere; else None."""
        return self.chosen == self.place if self.place == self.symbol != self.content else None

    @property
    def parts(self) -> bool:
        """Return whether place, symbol and content are no longer all at one option."""
        return self.place != self.content or self.symbol not in (None, self.place)


def standing(before: Score, after: Score) -> Standing | None:
    """Say where what the written answer had went; None where no list was shown, or one without that answer."""
    old, new = place(before), place(after)
    choices = after.variant.perturbed.prompt.choices
    if old is None or new is None or before.prediction not in choices:
        return None
    sign, signs = _symbols(before)[old], _symbols(after)
    return Standing(new, old, signs.index(sign) if sign in signs else None, choices.index(before.prediction))


def followed(before: Score, after: Score) -> tuple[bool | None, bool | None, bool | None]:
    """Return whether position, symbol, or one of the two where they coincide was followed; None each where it does not apply."""
    found = standing(before, after)
    return (None, None, None) if found is None else (found.position, found.by_symbol, found.either)


def _answer(score: Score) -> str | None:
    """Return the answer; one that cannot be read is an answer of its own."""
    return None if score.reading == "unreadable" else score.prediction


def _coinciding(before: Score, siblings: Sequence[Score]) -> Cause:
    """Say which of place and symbol it was, by the variants under which the two part; their own cause where none tells."""
    found = [standing(before, one) for one in siblings if one.variant.effect == "label-preserving"]
    parted = [one for one in found if one is not None and one.symbol != one.place]
    kept = sum(one.chosen == one.place for one in parted)
    left = sum(one.chosen != one.place and one.symbol in (None, one.chosen) for one in parted)
    if kept == left:
        return "position_or_symbol"
    return "position" if kept > left else "symbol"


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
    pairs: dict[str, list[tuple[Standing, int]]] = {}
    for after in scores:
        found = standing(original[after.variant.item.id], after)
        if after.variant.effect == "label-preserving" and found is not None and found.parts:
            pairs.setdefault(after.variant.family, []).append((found, len(after.variant.perturbed.prompt.choices)))
    return [_following(suite, family, members) for family, members in pairs.items()]


def _following(suite: str, family: str, pairs: Sequence[tuple[Standing, int]]) -> Following:
    content = sum(one.chosen == one.content for one, _ in pairs)
    by_place, by_symbol = sum(one.position is True for one, _ in pairs), sum(one.by_symbol is True for one, _ in pairs)
    either = sum(one.either is True for one, _ in pairs)
    other = len(pairs) - content - by_place - by_symbol - either
    chance = sum(1 / num for _, num in pairs) / len(pairs)
    return Following(suite, family, len(pairs), by_place, by_symbol, either, content, other, chance)
