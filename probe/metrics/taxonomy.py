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

Covered: what causes are called, where an option stands. Not covered: finding the causes, which is done for all answers at once
(`probe.metrics.rows_of_answers`); options that are not listed, which have neither place nor symbol.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

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


def position_of(score: Score) -> int | None:
    """Return where the predicted option stands in the list that was shown (from 0); None where no list was shown."""
    prompt = score.variant.perturbed.prompt
    if not prompt.list_choices or score.reading != "ranked" or score.prediction not in prompt.choices:
        return None
    return prompt.choices.index(score.prediction)


def symbols_shown(score: Score) -> tuple[str, ...]:
    """Return the symbols of the options that a prompt lists."""
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
