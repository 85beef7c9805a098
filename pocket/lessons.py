"""Short lessons that come with the suites' questions: to look things up, to order numbers, to know letters and facts.

    Anna has bread. Tom has rice.      many small answers in one text, so that a small network finds the
    Tom: rice                          circuits (recall, order, who did what) long before the long questions
    Anna: bread                        would have taught it them

Covered: recall of pairs, order of numbers and of those who have them, option letters, the facts by heart, who did what to
whom, same or other.
Not covered: the suites' own questions and formats; no lesson is a prompt that the tool would ask.
"""

from __future__ import annotations

from random import Random

from pocket import comparison, entailment, facts
from pocket.grammar import chance, pick, sentence, upper_first, words
from pocket.lexicon import CITIES, DAYS, JOBS, NAMES, PLACES
from pocket.reading import COLOURS, POSSESSIONS, THINGS

Parts = tuple[tuple[str, str], ...]
"""(what is read, the answer that follows), several times."""

MORE = words("more heavier older longer farther taller higher faster warmer later larger greater hotter most")
LESS = words("less lighter younger shorter nearer lower slower colder earlier smaller fewer cheaper least")
KEYS = (NAMES, NAMES, tuple("the " + job for job in JOBS), CITIES, tuple("the " + thing for thing in comparison.THINGS))
VALUES = (THINGS, PLACES, DAYS, COLOURS, JOBS, tuple(map(str, comparison.NUMBERS)), POSSESSIONS)
LINKS = ("has", "saw", "and", "took", "with", "is at", "likes")


def lesson(rng: Random) -> Parts:
    """Draw a lesson."""
    return pick(rng, LESSONS)(rng)


def _recall(rng: Random) -> Parts:
    keys, values = (rng.sample(pick(rng, pools), rng.randint(2, 4)) for pools in (KEYS, VALUES))
    link = pick(rng, LINKS)
    pairs = list(zip(keys, values, strict=False))
    told = " ".join(sentence(f"{key} {link} {value}") for key, value in pairs)
    asked = rng.sample(pairs, len(pairs))
    if chance(rng, 0.4):
        asked = [(value, key) for key, value in asked]
    return _queries(told, asked)


def _queries(told: str, asked: list[tuple[str, str]]) -> Parts:
    """Give a text that tells something once and asks for several things in it."""
    return tuple((f"{told if not n else ''}\n{upper_first(key)}:", f" {value}") for n, (key, value) in enumerate(asked))


def _order(rng: Random) -> Parts:
    parts = []
    for n in range(4):
        x, y = rng.sample(comparison.NUMBERS, 2)
        is_more = chance(rng, 0.5)
        word = pick(rng, MORE if is_more else LESS)
        answer = max(x, y) if is_more else min(x, y)
        parts.append((f"{chr(10) if n else ''}{upper_first(word)}, {x} or {y}:", f" {answer}"))
    return tuple(parts)


def _ranking(rng: Random) -> Parts:
    names, numbers = rng.sample(pick(rng, KEYS), 2), rng.sample(comparison.NUMBERS, 2)
    low, high = (name for _, name in sorted(zip(numbers, names, strict=True)))
    link = pick(rng, ("has {x}", "is at {x}", "weighs {x}", "costs {x}", "ran {x}", "is {x}"))
    told = " ".join(sentence(f"{name} {link.format(x=x)}") for name, x in zip(names, numbers, strict=True))
    asked = [(pick(rng, MORE), high), (pick(rng, LESS), low), (pick(rng, MORE), high)]
    return _queries(told, rng.sample(asked, 3))


def _letters(rng: Random) -> Parts:
    relation = pick(rng, facts.RELATIONS_BY_SIZE)
    options = rng.sample(sorted(set(relation.answers.values())), facts.NUM_OPTIONS)
    told = "\n".join(f"{letter}. {option}" for letter, option in zip("ABCD", options, strict=True))
    asked = rng.sample(list(zip(options, "ABCD", strict=True)), 3)
    return tuple(
        (f"{told if not n else ''}\nAnswer {option}:", f" {letter}") for n, (option, letter) in enumerate(asked)
    )


def _by_heart(rng: Random) -> Parts:
    parts = []
    for n in range(4):
        relation = pick(rng, facts.RELATIONS_BY_SIZE)
        subject = pick(rng, tuple(relation.answers))
        parts.append(
            (f"{chr(10) if n else ''}{upper_first(relation.name)}, {subject}:", f" {relation.answers[subject]}")
        )
    return tuple(parts)


def _lettered_facts(rng: Random) -> Parts:
    relation = pick(rng, facts.RELATIONS_BY_SIZE)
    options = rng.sample(sorted(set(relation.answers.values())), facts.NUM_OPTIONS)
    letters = dict(zip(options, "ABCD", strict=True))
    told = "\n".join(f"{letter}. {option}" for option, letter in letters.items())
    known = [(subject, letters[answer]) for subject, answer in relation.answers.items() if answer in letters]
    asked = rng.sample(known, min(4, len(known)))
    return tuple((f"{told if not n else ''}\n{upper_first(x)}:", f" {letter}") for n, (x, letter) in enumerate(asked))


def _roles(rng: Random) -> Parts:
    a, b = rng.sample(NAMES, 2) if chance(rng, 0.4) else [f"the {job}" for job in rng.sample(JOBS, 2)]
    verb, act = pick(rng, entailment.VERBS), pick(rng, entailment.ACTS)
    past = entailment.PARTICIPLES.get(verb, verb)
    told, did = pick(
        rng,
        (
            (f"{a} {verb} {b} and {act}", a),
            (f"{b} was {past} by {a} and {act}", b),
            (f"{a} who {verb} {b} {act}", a),
            (f"{b} {past} by {a} {act}", b),
        ),
    )
    asked = [(f"who {verb}", a), (f"who was {past}", b), (f"who {act}", did)]
    return _queries(sentence(told), rng.sample(asked, 3))


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
        parts.append((f"{chr(10) if n else ''}{upper_first(one)}, {two}:", " yes" if same else " no"))
    return tuple(parts)


LESSONS = (_recall, _recall, _order, _ranking, _ranking, _letters, _by_heart, _lettered_facts, _roles, _same)
