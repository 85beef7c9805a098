"""A short passage and a question with a short exact answer in it.

Covered: who, what, where, when, with whom; one or two people, with the other's doings as a distractor. The contrast edit puts
another answer into the passage.
Not covered: inference over several sentences, numbers, answers that are not in the text.
"""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from pocket.grammar import Example, article, chance, maybe, pick, sentence, words
from pocket.lexicon import DAYS, JOBS, MONTHS, NAMES, PLACES

THINGS = words(
    "apples bread flowers cheese candles tickets postcards shoes stamps honey pencils oranges socks paint "
    "carrots lemons gloves soap rice tea salt nails rope butter mushrooms grapes sugar coffee plates wool"
)
GOT = {"bought": "buy", "found": "find", "sold": "sell", "lost": "lose", "carried": "carry", "picked up": "pick up"}
COLOURS = words("red blue green yellow black white brown grey purple orange")
POSSESSIONS = words("car bicycle house door coat hat bag boat umbrella scarf kitchen van tent jacket")
PORTABLE = words("bicycle coat hat bag umbrella scarf tent jacket suitcase basket blanket notebook")
ENDINGS = (
    "The weather was fine", "Nobody noticed", "It took an hour", "Everyone was pleased", "The way was long",
    "It was a quiet day", "Then it began to rain", "That was all",
)  # fmt: skip
ONE_PERSON = 0.85
"""Share of the passages that tell of one person alone."""
COLOUR_SHAPES = (
    "{a}'s {x} is {c}, and {b}'s {y} is {d}",
    "{a} owns the {c} {x}. {b} owns the {d} {y}",
    "the {x} of {a} is {c}, but the {y} of {b} is {d}",
    "{a} likes the {c} {x}, while {b} likes the {d} {y}",
)
ONE_COLOUR_SHAPES = (
    "{a}'s {x} is {c}, and it stands near the {p}",
    "{a} left the {c} {x} at the {p}",
    "the {x} of {a} is {c}. It was bought on {d}",
    "on {d}, {a} bought the {c} {x}",
    "{a} likes the {c} {x} in the shop",
)
ONE_JOB_SHAPES = (
    "{a} works as {x} near the {p}",
    "{a}, who is {x}, was at the {p} on {d}",
    "{a} is {x}. The work begins on {d}",
    "at the {p}, {a} became {x}",
)
JOB_SHAPES = (
    "{a} works as {x} near the {p}, and {b} as {y} near the {q}",
    "{a}, who is {x}, met {b}, who is {y}, at the {p}",
    "{a} is {x}. {b} is {y}",
    "at the {p}, {a} became {x}, while {b} became {y}",
)


@dataclass(frozen=True, slots=True)
class Deed:
    """What one person did: the slots that a question can ask for."""

    who: str
    got: str
    thing: str
    place: str
    day: str


def example(rng: Random) -> Example:
    """Draw a passage with a question, and the same with another answer put in."""
    return pick(rng, (_deeds, _deeds, _deeds, _colours, _jobs))(rng)


def _pair(rng: Random, texts: tuple[str, str], question: str, answers: tuple[str, str], prefix: str = "") -> Example:
    """Return the example with its contrast; `prefix` is what may stand before the answer."""

    def ask(index: int) -> Example:
        aliases = (f"{prefix} {answers[index]}",) if prefix else ()
        return Example((("Passage", texts[index]), ("Question", question)), answers[index], (), aliases)

    first = ask(0)
    return Example(first.fields, first.target, (), first.aliases, contrasts=(ask(1),))


def _deeds(rng: Random) -> Example:
    names, things, places, days = (rng.sample(pool, 3) for pool in (NAMES, THINGS, PLACES, DAYS))
    verbs = rng.sample(tuple(GOT), 2)
    one, two = (Deed(names[i], verbs[i], things[i], places[i], days[i]) for i in range(2))
    shapes, swapped, ending = (pick(rng, TELLINGS), pick(rng, TELLINGS)), chance(rng, 0.5), maybe(rng, 0.25, ENDINGS)
    single = chance(rng, ONE_PERSON)
    slot = pick(rng, ("thing", "thing", "place", "day", "who"))
    others = {"thing": things[2], "place": places[2], "day": days[2], "who": names[2]}

    def tell(first: Deed) -> str:
        deeds = [first] if single else [two, first] if swapped else [first, two]
        parts = [shape.format(**_slots(deed)) for shape, deed in zip(shapes, deeds, strict=False)]
        return " ".join(sentence(part) for part in [*parts, ending] if part)

    question = pick(rng, QUESTIONS[slot]).format(base=GOT[one.got], **_slots(one))
    edited = Deed(**(_slots(one) | {slot: others[slot]}))
    prefix = {"place": "the", "day": "on"}.get(slot, "")
    return _pair(rng, (tell(one), tell(edited)), question, (getattr(one, slot), others[slot]), prefix)


def _slots(deed: Deed) -> dict[str, str]:
    return {name: getattr(deed, name) for name in Deed.__slots__}


TELLINGS = (
    "{who} {got} {thing} at the {place} on {day}",
    "on {day} {who} {got} {thing} at the {place}",
    "at the {place}, {who} {got} {thing} on {day}",
    "{who} went to the {place} on {day} and {got} {thing}",
    "on {day}, {who} was at the {place} and {got} {thing}",
)
QUESTIONS = {
    "thing": ("What did {who} {base}?", "What was it that {who} {got}?", "Which goods did {who} {base}?"),
    "place": ("Where was {who}?", "Where did {who} {base} {thing}?", "In which place was {who}?"),
    "day": ("When was {who} at the {place}?", "On which day did {who} {base} {thing}?", "What day was {who} out?"),
    "who": ("Who {got} {thing}?", "Who was at the {place}?", "Who was out on {day}?"),
}


def _colours(rng: Random) -> Example:
    if chance(rng, ONE_PERSON):
        return _one_colour(rng)
    names, colours, things = rng.sample(NAMES, 2), rng.sample(COLOURS, 3), rng.sample(POSSESSIONS, 2)
    if chance(rng, 0.5):
        things[1] = things[0]
    shape = pick(rng, COLOUR_SHAPES)
    ending, month = maybe(rng, 0.25, ENDINGS), pick(rng, MONTHS)
    start = f"In {month}, " if chance(rng, 0.2) and "'s" in shape else ""
    which = int(chance(rng, 0.5))

    def tell(colour: str) -> str:
        shown = [colour if i == which else colours[i] for i in range(2)]
        text = start + shape.format(a=names[0], b=names[1], x=things[0], y=things[1], c=shown[0], d=shown[1])
        return " ".join(sentence(part) for part in (text, ending) if part)

    verb = "the {x} that {a} likes" if "likes" in shape else "{a}'s {x}"
    owned = verb.format(a=names[which], x=things[which])
    question = pick(rng, (f"What colour is {owned}?", f"Which colour is {owned}?"))
    return _pair(rng, (tell(colours[which]), tell(colours[2])), question, (colours[which], colours[2]))


def _one_colour(rng: Random) -> Example:
    name, colours, thing = pick(rng, NAMES), rng.sample(COLOURS, 2), pick(rng, PORTABLE)
    shape, place, day, ending = (
        pick(rng, ONE_COLOUR_SHAPES),
        pick(rng, PLACES),
        pick(rng, DAYS),
        maybe(rng, 0.25, ENDINGS),
    )

    def tell(colour: str) -> str:
        text = shape.format(a=name, x=thing, c=colour, p=place, d=day)
        return " ".join(sentence(part) for part in (text, ending) if part)

    owned = f"the {thing} that {name} likes" if "likes" in shape else f"{name}'s {thing}"
    question = pick(rng, (f"What colour is {owned}?", f"Which colour is {owned}?"))
    return _pair(rng, (tell(colours[0]), tell(colours[1])), question, (colours[0], colours[1]))


def _one_job(rng: Random) -> Example:
    names, jobs, place, day = rng.sample(NAMES, 2), rng.sample(JOBS, 2), pick(rng, PLACES), pick(rng, DAYS)
    shape, ending = pick(rng, ONE_JOB_SHAPES), maybe(rng, 0.25, ENDINGS)

    def tell(name: str, job: str) -> str:
        text = shape.format(a=name, x=article(job), p=place, d=day)
        return " ".join(sentence(part) for part in (text, ending) if part)

    if chance(rng, 0.4):
        question = f"Who is the {jobs[0]}?"
        return _pair(rng, (tell(names[0], jobs[0]), tell(names[1], jobs[0])), question, (names[0], names[1]))
    question = pick(rng, ("What is {a}'s job?", "What does {a} do for a living?", "What kind of work does {a} do?"))
    texts = tell(names[0], jobs[0]), tell(names[0], jobs[1])
    return _pair(rng, texts, question.format(a=names[0]), (jobs[0], jobs[1]))


def _jobs(rng: Random) -> Example:
    if chance(rng, ONE_PERSON):
        return _one_job(rng)
    names, jobs, places = rng.sample(NAMES, 3), rng.sample(JOBS, 3), rng.sample(PLACES, 2)
    shape = pick(rng, JOB_SHAPES)
    ending, which, asks_who = maybe(rng, 0.25, ENDINGS), int(chance(rng, 0.5)), chance(rng, 0.4)
    p, q = places

    def tell(people: list[str], work: list[str]) -> str:
        x, y = (article(job) for job in work)
        text = shape.format(a=people[0], b=people[1], x=x, y=y, p=p, q=q)
        return " ".join(sentence(part) for part in (text, ending) if part)

    people, work = names[:2], jobs[:2]
    if asks_who:
        edited = [names[2] if i == which else people[i] for i in range(2)]
        answers = people[which], names[2]
        return _pair(rng, (tell(people, work), tell(edited, work)), f"Who is the {work[which]}?", answers)
    edited = [jobs[2] if i == which else work[i] for i in range(2)]
    question = pick(rng, ("What is {a}'s job?", "What does {a} do for a living?", "What kind of work does {a} do?"))
    answers = work[which], jobs[2]
    return _pair(rng, (tell(people, work), tell(people, edited)), question.format(a=people[which]), answers)
