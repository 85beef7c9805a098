"""Ask whether a premise makes a hypothesis certain, with lexical-overlap traps.

Covered: who did what to whom (role swap, passive, relative clause), kinds of things (a poodle is a dog, not the reverse),
managed and forgot to, all and some, and and or, because and unless, surely and perhaps, another time or place. Each example
carries an edit of a few words after which the answer turns.
Not covered: world knowledge beyond the kinds listed, contradiction told apart from mere lack of support.
"""

from __future__ import annotations

from random import Random

from pocket.grammar import Example, article, chance, maybe, pick, sentence
from pocket.lexicon import DAYS, JOBS, NAMES, PLACES

CHOICES = ("yes", "no")

VERBS = (
    "thanked", "called", "helped", "followed", "met", "saw", "blamed", "praised", "visited", "paid", "hired",
    "warned", "invited", "greeted", "ignored", "trusted", "advised", "interviewed", "admired", "recommended",
    "supported", "avoided", "mentioned", "recognized", "stopped",
)  # fmt: skip
PARTICIPLES = {"saw": "seen"}
ACTS = (
    "slept", "laughed", "left early", "ran home", "sang", "arrived late", "danced", "waited outside", "cried",
    "smiled", "ate lunch", "read a letter", "bought bread", "wrote a poem", "lost a key", "opened the window",
    "drank tea", "fixed the roof", "sold the car", "missed the bus",
)  # fmt: skip
TASKS = (
    ("close the door", "closed the door"), ("lock the car", "locked the car"), ("water the plants", "watered the plants"),
    ("call the office", "called the office"), ("feed the cat", "fed the cat"), ("pay the bill", "paid the bill"),
    ("finish the report", "finished the report"), ("post the letter", "posted the letter"),
    ("repair the clock", "repaired the clock"), ("catch the train", "caught the train"),
    ("sign the form", "signed the form"), ("bring an umbrella", "brought an umbrella"),
    ("clean the kitchen", "cleaned the kitchen"), ("book a table", "booked a table"), ("buy milk", "bought milk"),
    ("win the race", "won the race"), ("open the safe", "opened the safe"), ("bake a cake", "baked a cake"),
)  # fmt: skip
DID = ("managed to", "remembered to", "was able to", "took the time to", "was quick to")
DID_NOT = ("failed to", "forgot to", "refused to", "was unable to", "was too tired to")
KINDS = {
    "dog": ("poodle", "terrier", "beagle", "spaniel"),
    "bird": ("sparrow", "parrot", "eagle", "swan"),
    "tree": ("willow", "maple", "birch", "cedar"),
    "fish": ("salmon", "trout", "carp", "herring"),
    "flower": ("rose", "tulip", "daisy", "lily"),
    "fruit": ("pear", "plum", "peach", "cherry"),
    "vehicle": ("truck", "van", "bus", "tractor"),
    "instrument": ("violin", "flute", "trumpet", "cello"),
    "tool": ("hammer", "saw", "drill", "wrench"),
    "vegetable": ("carrot", "onion", "cabbage", "leek"),
}
GOT = ("saw", "drew", "photographed", "found", "bought", "asked for", "dreamed of", "pointed at", "described", "sold")
GROUPS = ("students", "guests", "players", "workers", "visitors", "singers", "soldiers", "children", "pupils", "clerks")
SINCE = ("Since", "Because", "Although", "After", "Even though", "As soon as")
UNLESS = ("Unless", "In case", "Whether or not", "Only if", "Even if")
SURELY = ("It is true that", "Everyone saw that", "It is known that", "We were there when", "The fact is that")
PERHAPS = ("Perhaps", "Some say that", "It is false that", "Nobody knows whether", "It is not certain that")
TIMES = (
    "in the morning",
    "in the evening",
    "at noon",
    "at midnight",
    "in spring",
    "in winter",
    "last year",
    "yesterday",
)
TRAITS = ("tall", "old", "young", "kind", "tired", "famous", "quiet", "angry", "happy", "clever", "new", "busy")
ASIDES = ("It was a long day", "Nobody was surprised", "The street was quiet", "It had rained", "The clock struck ten")

Pair = tuple[tuple[str, str], tuple[str, str]]
"""(premise, hypothesis) where the answer is yes, and where it is no."""


def example(rng: Random) -> Example:
    """Draw a premise and a hypothesis, with the edit that turns the answer."""
    pairs = pick(rng, SHAPES)(rng)
    aside, first = maybe(rng, 0.12, ASIDES), chance(rng, 0.5)
    target = int(chance(rng, 0.5))

    def ask(index: int) -> Example:
        premise, hypothesis = (sentence(text) for text in pairs[index])
        if aside:
            premise = f"{aside}. {premise}" if first else f"{premise} {aside}."
        return Example((("Premise", premise), ("Hypothesis", hypothesis)), CHOICES[index], CHOICES)

    shown = ask(target)
    return Example(shown.fields, shown.target, CHOICES, contrasts=(ask(1 - target),))


def _two(rng: Random) -> tuple[str, str]:
    """Draw two people, by job or by name."""
    if chance(rng, 0.35):
        one, two = rng.sample(NAMES, 2)
        return one, two
    one, two = (f"the {job}" for job in rng.sample(JOBS, 2))
    return one, two


def _when(rng: Random) -> str:
    kind = rng.random()
    if kind < 0.3:
        return "on " + pick(rng, DAYS)
    return "at the " + pick(rng, PLACES) if kind < 0.6 else pick(rng, TIMES)


def _passive(verb: str) -> str:
    return PARTICIPLES.get(verb, verb)


def _roles(rng: Random) -> Pair:
    a, b = _two(rng)
    verb, when = pick(rng, VERBS), _when(rng) if chance(rng, 0.6) else ""
    premise = f"{a} {verb} {b} {when}"
    if chance(rng, 0.25):
        premise = f"{b} was {_passive(verb)} by {a} {when}"
    if chance(rng, 0.5):
        return (premise, f"{a} {verb} {b}"), (premise, f"{b} {verb} {a}")
    return (premise, f"{b} was {_passive(verb)} by {a}"), (premise, f"{a} was {_passive(verb)} by {b}")


def _relative(rng: Random) -> Pair:
    a, b = (f"the {job}" for job in rng.sample(JOBS, 2))
    verb, act = pick(rng, VERBS), pick(rng, ACTS)
    who = f"{a} who {verb} {b}" if chance(rng, 0.6) else f"{a} {_passive(verb)} by {b}"
    premise = f"{who} {act}" if chance(rng, 0.7) else f"{who} {act} {_when(rng)}"
    return (premise, f"{a} {act}"), (premise, f"{b} {act}")


def _kinds(rng: Random) -> Pair:
    person, got = _two(rng)[0], pick(rng, GOT)
    broad = pick(rng, tuple(KINDS))
    narrow, when = pick(rng, KINDS[broad]), maybe(rng, 0.5, (_when(rng),))
    one, two = article(narrow), article(broad)
    yes = (f"{person} {got} {one} {when}", f"{person} {got} {two}")
    if chance(rng, 0.5):
        return yes, (f"{person} {got} {two} {when}", f"{person} {got} {one}")
    other = pick(rng, tuple(KINDS), but=(broad,))
    return yes, (yes[0], f"{person} {got} {article(other)}")


def _tasks(rng: Random) -> Pair:
    person, (task, done) = _two(rng)[0], pick(rng, TASKS)
    did, did_not, when = pick(rng, DID), pick(rng, DID_NOT), maybe(rng, 0.4, (_when(rng),))
    yes = (f"{person} {did} {task} {when}", f"{person} {done}")
    if chance(rng, 0.4):
        denied = f"{person} did not {task}"
        return (f"{person} {did_not} {task} {when}", denied), (f"{person} {did} {task} {when}", denied)
    return yes, (f"{person} {did_not} {task} {when}", f"{person} {done}")


def _quantities(rng: Random) -> Pair:
    group, act = pick(rng, GROUPS), pick(rng, ACTS)
    when = maybe(rng, 0.3, (_when(rng),))
    every = pick(rng, (f"all the {group}", f"every one of the {group}"))
    some = pick(rng, (f"some of the {group}", f"a few of the {group}"))
    none = pick(rng, (f"none of the {group}", f"not one of the {group}"))
    if chance(rng, 0.5):
        return (f"{every} {act} {when}", f"{some} {act}"), (f"{some} {act} {when}", f"{every} {act}")
    return (f"{every} {act} {when}", f"{some} {act}"), (f"{none} {act} {when}", f"{some} {act}")


def _joined(rng: Random) -> Pair:
    a, b = _two(rng)
    act, when, one = pick(rng, ACTS), maybe(rng, 0.4, (_when(rng),)), pick(rng, (a, b))
    either = pick(rng, ("either {a} or {b}", "{a} or {b}")).format(a=a, b=b)
    both = pick(rng, ("both {a} and {b}", "{a} and {b}")).format(a=a, b=b)
    return (f"{both} {act} {when}", f"{one} {act}"), (f"{either} {act} {when}", f"{one} {act}")


def _details(rng: Random) -> Pair:
    a, b = _two(rng)
    verb, when = pick(rng, VERBS), _when(rng)
    trait = pick(rng, TRAITS)
    kind = rng.random()
    if kind < 0.35:
        other = _when(rng)
        while other == when:
            other = _when(rng)
        premise = f"{a} {verb} {b} {when}"
        return (premise, premise), (premise, f"{a} {verb} {b} {other}")
    if kind < 0.7:
        premise = f"{a} {verb} {b} {when}"
        return (premise, f"{a} {verb} {b}"), (premise, f"{a} {pick(rng, VERBS, but=(verb,))} {b}")
    job, act = pick(rng, JOBS), pick(rng, ACTS)
    wrong = pick(rng, ACTS, but=(act,))
    premise = f"the {trait} {job} {act} {when}"
    return (premise, f"the {job} {act}"), (premise, f"the {job} {wrong}")


def _clauses(rng: Random) -> Pair:
    a, b = _two(rng)
    act, other = rng.sample(ACTS, 2)
    so, not_so, when = pick(rng, SINCE), pick(rng, UNLESS), maybe(rng, 0.3, (_when(rng),))
    hypothesis = f"{a} {act}"
    if chance(rng, 0.5):
        return (f"{so} {a} {act}, {b} {other} {when}", hypothesis), (
            f"{not_so} {a} {act}, {b} {other} {when}",
            hypothesis,
        )
    yes, no = (f"{b} {other} {when} {word.lower()} {a} {act}" for word in (so, not_so))
    return (yes, hypothesis), (no, hypothesis)


def _hedged(rng: Random) -> Pair:
    person, act, when = _two(rng)[0], pick(rng, ACTS), maybe(rng, 0.4, (_when(rng),))
    sure, unsure = pick(rng, SURELY), pick(rng, PERHAPS)
    return (f"{sure} {person} {act} {when}", f"{person} {act}"), (f"{unsure} {person} {act} {when}", f"{person} {act}")


SHAPES = (
    *(_tasks, _tasks, _tasks, _quantities, _quantities, _quantities, _clauses, _clauses, _clauses, _hedged, _hedged),
    *(_joined, _joined, _kinds, _kinds, _relative, _roles, _details),
)
"""Drawn with equal chances: mostly traps that hang on a word, a few that hang on who did what."""
