"""Short lessons that come with the suites' questions: facts by heart, the order of numbers, same or other.

    Capital, France: Paris      several small answers in one text, so that a small network knows the facts and the
    Capital, Japan: Tokyo       numbers before it has to use them in the longer questions

Covered: the facts by heart, which of two numbers is larger or smaller, whether two phrases are the same or one a kind of
the other.
Not covered: the suites' own questions and formats; no lesson is a prompt that the tool would ask.
"""

from __future__ import annotations

from random import Random

from pocket import comparison, entailment, facts
from pocket.grammar import chance, pick, upper_first, words
from pocket.lexicon import DAYS, JOBS, NAMES, PLACES

Parts = tuple[tuple[str, str], ...]
"""(what is read, the answer that follows), several times."""

MORE = words("more heavier older longer farther taller higher faster warmer later larger greater hotter most")
LESS = words("less lighter younger shorter nearer lower slower colder earlier smaller fewer cheaper least")


def lesson(rng: Random) -> Parts:
    """Draw a lesson."""
    return pick(rng, LESSONS)(rng)


def _order(rng: Random) -> Parts:
    parts = []
    for n in range(4):
        x, y = rng.sample(comparison.NUMBERS, 2)
        is_more = chance(rng, 0.5)
        word = pick(rng, MORE if is_more else LESS)
        answer = max(x, y) if is_more else min(x, y)
        parts.append((f"{chr(10) if n else ''}{upper_first(word)}, {x} or {y}:", f" {answer}"))
    return tuple(parts)


def _by_heart(rng: Random) -> Parts:
    parts = []
    for n in range(4):
        relation = pick(rng, facts.RELATIONS_BY_SIZE)
        subject = pick(rng, tuple(relation.answers))
        parts.append(
            (f"{chr(10) if n else ''}{upper_first(relation.name)}, {subject}:", f" {relation.answers[subject]}")
        )
    return tuple(parts)


def _same(rng: Random) -> Parts:
    pools = (entailment.ACTS, entailment.VERBS, entailment.TIMES, DAYS, PLACES, NAMES, JOBS)
    parts = []
    for n in range(4):
        one, two = rng.sample(pick(rng, pools), 2)
        kind = rng.random()
        if kind < 0.3:
            broad = pick(rng, tuple(entailment.KINDS))
            one, two = pick(rng, entailment.KINDS[broad]), broad
            same = chance(rng, 0.5)
            one, two = (one, two) if same else (two, one)
        else:
            same = kind < 0.65
            two = one if same else two
        parts.append((f"{chr(10) if n else ''}Compare {one}, {two}:", " yes" if same else " no"))
    return tuple(parts)


LESSONS = (_by_heart, _by_heart, _order, _same)
