"""Ask which of two quantities in a short text is more, or less.

Covered: weights, prices, distances, ages, heights, speeds, times, temperatures, scores, dates within a month; the answer is
the first or the second of the two that the text names. The contrast edits swap the two numbers, or ask for the other end.
Not covered: sums, unit conversion, numbers of more than two digits, ties.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from pocket.grammar import Example, chance, maybe, pick, sentence, upper_first
from pocket.lexicon import CITIES, JOBS, MONTHS, NAMES

CHOICES = ("the first", "the second")

THINGS = (
    "desk", "chair", "lamp", "suitcase", "bicycle", "mirror", "carpet", "drum", "sofa", "clock", "statue", "barrel",
    "tent", "ladder", "trunk", "table", "stove", "crate", "bench", "anvil", "kettle", "guitar",
)  # fmt: skip
GOODS = (
    "jacket", "book", "blanket", "watch", "hat", "camera", "radio", "ticket", "vase", "scarf", "coat", "bag", "ring",
    "painting", "umbrella", "knife", "dress", "toy", "helmet", "basket",
)  # fmt: skip
EVENTS = (
    "film", "lecture", "flight", "concert", "meeting", "lesson", "match", "tour", "play", "interview", "parade",
    "sermon", "speech", "drill", "ferry trip", "exam",
)  # fmt: skip
STRUCTURES = ("tower", "tree", "mast", "chimney", "hill", "lighthouse", "crane", "cliff", "dam", "monument")
VEHICLES = ("van", "bus", "tram", "ferry", "truck", "scooter", "tractor", "train", "boat", "car")
MARKS = ("red", "blue", "green", "old", "new", "small", "oak", "pine", "black", "white", "wooden")
ASIDES = (
    "We checked both this morning", "Both are in good shape", "The figures are from last week",
    "I wrote this down today", "They were measured twice", "Someone asked me about it", "This is what the note says",
)  # fmt: skip

NUMBERS = (*range(1, 21), *range(25, 100, 5))
MORE_SHARE = 0.85
"""Share of the questions that ask for the larger one; people ask for it more often."""


@dataclass(frozen=True, slots=True)
class Theme:
    """One kind of quantity: who has it, how it is said, and how it is asked for."""

    pool: str
    clause: str
    """Says that {a} has {x}."""
    short: str
    """Goes on, without the verb: {b} has {y}."""
    more: tuple[str, ...]
    less: tuple[str, ...]
    low: int = 2
    high: int = 99


THEMES = (
    Theme("things", "{a} weighs {x} kilos", "{b} {y} kilos",
          ("Which is heavier?", "Which one weighs more?", "Which has the greater weight?"),
          ("Which is lighter?", "Which one weighs less?", "Which is easier to lift?")),
    Theme("goods", "{a} costs {x} euros", "{b} {y} euros",
          ("Which costs more?", "Which one is more expensive?", "Which has the higher price?"),
          ("Which costs less?", "Which one is cheaper?", "Which has the lower price?")),
    Theme("goods", "{a} was sold for {x} dollars", "{b} for {y} dollars",
          ("Which sold for more?", "Which brought in more money?", "Which had the higher price?"),
          ("Which sold for less?", "Which brought in less money?", "Which had the lower price?")),
    Theme("people", "{a} ran {x} miles", "{b} {y} miles",
          ("Who ran farther?", "Who covered the longer distance?", "Who ran more miles?"),
          ("Who ran less far?", "Who covered the shorter distance?", "Who ran fewer miles?")),
    Theme("people", "{a} is {x} years old", "{b} is {y}",
          ("Who is older?", "Who was born first?", "Who has lived longer?"),
          ("Who is younger?", "Who was born later?", "Who has the fewer birthdays?")),
    Theme("people", "{a} scored {x} points", "{b} {y} points",
          ("Who scored more?", "Who won?", "Who had the higher score?"),
          ("Who scored less?", "Who lost?", "Who had the lower score?")),
    Theme("people", "{a} owns {x} books", "{b} owns {y}",
          ("Who has more books?", "Who owns more?", "Who has the larger collection?"),
          ("Who has fewer books?", "Who owns less?", "Who has the smaller collection?")),
    Theme("people", "{a} saved {x} dollars", "{b} {y} dollars",
          ("Who saved more?", "Who has more money?", "Who saved the larger amount?"),
          ("Who saved less?", "Who has less money?", "Who saved the smaller amount?")),
    Theme("structures", "{a} is {x} metres high", "{b} is {y} metres high",
          ("Which is taller?", "Which is higher?", "Which one rises higher?"),
          ("Which is shorter?", "Which is lower?", "Which one rises less high?")),
    Theme("vehicles", "{a} goes at {x} miles an hour", "{b} at {y}",
          ("Which is faster?", "Which goes faster?", "Which has the higher speed?"),
          ("Which is slower?", "Which goes slower?", "Which has the lower speed?")),
    Theme("events", "{a} takes {x} minutes", "{b} {y} minutes",
          ("Which takes longer?", "Which lasts longer?", "Which needs more time?"),
          ("Which is over sooner?", "Which is shorter?", "Which needs less time?")),
    Theme("events", "{a} is on {month} {x}", "{b} is on {month} {y}",
          ("Which comes later?", "Which is on the later date?", "Which comes second?"),
          ("Which is earlier?", "Which comes first?", "Which is on the earlier date?"), 1, 28),
    Theme("cities", "it is {x} degrees in {a}", "{y} degrees in {b}",
          ("Where is it warmer?", "Which city is hotter?", "Which city has the higher temperature?"),
          ("Where is it colder?", "Which city is cooler?", "Which city has the lower temperature?"), 2, 40),
    Theme("cities", "the train to {a} takes {x} hours", "the one to {b} takes {y}",
          ("Which city takes longer to reach?", "Which city is farther by train?", "Which is the longer ride?"),
          ("Which city is quicker to reach?", "Which city is nearer by train?", "Which is the shorter ride?"), 2, 40),
)  # fmt: skip

JOINS = ("{one}, while {two}", "{one} and {two}", "{one}, but {two}", "{one}. {two}", "{one}; {two}")


def example(rng: Random) -> Example:
    """Draw a text with two quantities and a question, with two contrast edits."""
    theme = pick(rng, THEMES)
    a, b = _names(rng, theme.pool)
    x, y = _numbers(rng, theme)
    tell = _teller(rng, theme)
    asks_more = chance(rng, MORE_SHARE)
    more, less = pick(rng, theme.more), pick(rng, theme.less)

    def ask(x: int, y: int, asks_more: bool) -> Example:
        target = CHOICES[0 if (x > y) == asks_more else 1]
        return Example((("Text", tell(a, b, x, y)), ("Question", more if asks_more else less)), target, CHOICES)

    first = ask(x, y, asks_more)
    return Example(first.fields, first.target, CHOICES, contrasts=(ask(y, x, asks_more), ask(x, y, not asks_more)))


def _names(rng: Random, pool: str) -> tuple[str, str]:
    if pool == "cities":
        a, b = rng.sample(CITIES, 2)
    elif pool == "people" and chance(rng, 0.75):
        a, b = rng.sample(NAMES, 2)
    elif pool == "people":
        a, b = ("the " + job for job in rng.sample(JOBS, 2))
    else:
        a, b = _things(rng, pool)
    return a, b


def _things(rng: Random, pool: str) -> tuple[str, str]:
    nouns = {"things": THINGS, "goods": GOODS, "events": EVENTS, "structures": STRUCTURES, "vehicles": VEHICLES}[pool]
    if chance(rng, 0.4):
        noun = pick(rng, nouns)
        one, two = rng.sample(MARKS, 2)
        return f"the {one} {noun}", f"the {two} {noun}"
    one, two = rng.sample(nouns, 2)
    return f"the {one}", f"the {two}"


def _numbers(rng: Random, theme: Theme) -> tuple[int, int]:
    """Draw two numbers that differ by at least a quarter: small ones, or larger round ones as people give them."""
    numbers = [n for n in NUMBERS if theme.low <= n <= theme.high]
    while True:
        x, y = pick(rng, numbers), pick(rng, numbers)
        if abs(x - y) * 4 >= max(x, y):
            return x, y


def _teller(rng: Random, theme: Theme) -> Callable[[str, str, int, int], str]:
    """Return the text as a function of the names and the numbers, all else drawn once."""
    join, month = pick(rng, JOINS), pick(rng, MONTHS)
    whole = chance(rng, 0.4) or ". " in join or "; " in join
    before, after = maybe(rng, 0.15, ASIDES), maybe(rng, 0.15, ASIDES)

    def tell(a: str, b: str, x: int, y: int) -> str:
        one = theme.clause.format(a=a, x=x, month=month)
        two = theme.clause.format(a=b, x=y, month=month) if whole else theme.short.format(b=b, y=y, month=month)
        text = join.format(one=one, two=upper_first(two) if ". " in join else two)
        return " ".join(sentence(part) for part in (before, text, after) if part)

    return tell
