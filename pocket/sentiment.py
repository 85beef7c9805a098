"""Short reviews, positive or negative.

Covered: films, books, meals, hotels, gadgets, concerts, trips; praise, blame, negation, concession, verdicts. Each review
is drawn as a plan whose polar slots hold a pair of words, so that the contrast edit is the same plan with the other polarity.
Not covered: mixed reviews without a verdict, irony.
"""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from pocket.grammar import Example, article, chance, maybe, pick, sentence

CHOICES = ("positive", "negative")

Pair = tuple[str, str]
"""What is said when the review is positive, and what when it is negative."""

DOMAINS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "film": (
        ("film", "movie", "comedy", "thriller", "drama", "documentary", "sequel", "cartoon"),
        ("acting", "plot", "script", "ending", "soundtrack", "camera work", "dialogue", "opening scene", "lead actor"),
    ),
    "book": (
        ("book", "novel", "memoir", "story", "biography", "guide", "collection"),
        ("plot", "writing", "first chapter", "ending", "main character", "translation", "cover", "style", "dialogue"),
    ),
    "meal": (
        ("restaurant", "cafe", "diner", "bistro", "bakery", "bar", "pizza place", "noodle shop"),
        ("soup", "service", "bread", "dessert", "menu", "coffee", "waiter", "fish", "sauce", "salad", "wine", "curry"),
    ),
    "stay": (
        ("hotel", "hostel", "cabin", "guest house", "resort", "apartment", "campsite"),
        ("room", "bed", "view", "breakfast", "staff", "shower", "pool", "location", "balcony", "reception"),
    ),
    "gadget": (
        ("phone", "laptop", "camera", "speaker", "watch", "blender", "vacuum cleaner", "printer", "keyboard", "lamp"),
        ("battery", "screen", "design", "sound", "manual", "charger", "software", "handle", "build quality", "display"),
    ),
    "event": (
        ("concert", "festival", "play", "musical", "exhibition", "show", "lecture", "workshop"),
        ("band", "singer", "sound", "lighting", "venue", "programme", "second half", "crowd", "stage", "speaker"),
    ),
    "trip": (
        ("tour", "cruise", "flight", "train ride", "city walk", "museum visit", "boat trip", "safari"),
        ("guide", "schedule", "crew", "seat", "food", "route", "weather", "price", "booking", "driver"),
    ),
}

ADJECTIVES: tuple[Pair, ...] = (
    ("wonderful", "dreadful"), ("excellent", "terrible"), ("superb", "awful"), ("delightful", "miserable"),
    ("brilliant", "hopeless"), ("lovely", "nasty"), ("impressive", "disappointing"), ("charming", "irritating"),
    ("perfect", "useless"), ("fantastic", "horrible"), ("outstanding", "pathetic"), ("great", "bad"),
    ("amazing", "appalling"), ("pleasant", "unpleasant"), ("splendid", "shabby"), ("marvellous", "lousy"),
    ("first-rate", "third-rate"), ("beautiful", "ugly"), ("enjoyable", "tedious"), ("memorable", "forgettable"),
    ("exciting", "boring"), ("fresh", "stale"), ("satisfying", "frustrating"),
    ("flawless", "sloppy"), ("refreshing", "tiresome"), ("gorgeous", "hideous"), ("thrilling", "dull"),
    ("good", "poor"), ("inspiring", "depressing"),
)  # fmt: skip

VERBS: tuple[Pair, ...] = (
    ("loved", "hated"), ("adored", "detested"), ("enjoyed", "disliked"), ("admired", "despised"),
    ("really liked", "could not stand"), ("was thrilled by", "was bored by"), ("was delighted with", "was fed up with"),
    ("was impressed by", "was let down by"), ("was charmed by", "was annoyed by"), ("praised", "complained about"),
)  # fmt: skip

VERDICTS: tuple[Pair, ...] = (
    ("I would go again tomorrow", "I would never go again"),
    ("I recommend it to everyone", "I cannot recommend it to anyone"),
    ("Worth every penny", "Not worth a penny"),
    ("It made my week", "It ruined my week"),
    ("We left with a smile", "We left with a headache"),
    ("Five stars from me", "One star from me"),
    ("I will be back soon", "I will not be back"),
    ("My friends were just as happy", "My friends were just as angry"),
    ("Money well spent", "Money down the drain"),
    ("It exceeded my hopes", "It fell short of my hopes"),
    ("I cannot wait to come back", "I cannot wait to forget it"),
    ("A real treat", "A real letdown"),
    ("What a triumph", "What a disaster"),
    ("Time flew by", "Time dragged on"),
    ("Buy it now", "Avoid it"),
    ("I am so glad we chose it", "I am so sorry we chose it"),
    ("It was a joy from start to end", "It was a bore from start to end"),
    ("I want more of this", "I want my money back"),
)

ADVERBS = ("really", "truly", "simply", "absolutely", "quite", "just", "utterly", "so", "rather", "honestly")
OPENERS = (
    "Last week", "On Saturday", "To be honest,", "In short,", "For me,", "All in all,", "As a family,", "Frankly,",
    "On our holiday", "After a long day", "This time", "On a rainy evening", "In my opinion,", "With two friends",
)  # fmt: skip
NEUTRAL = (
    "We went on a Tuesday", "It was my first time", "My sister booked it", "I read about it online",
    "We had two hours to spare", "A friend gave it to me", "It took about an hour to get there",
    "It was a birthday present", "There were four of us", "We paid by card", "I had waited since spring",
    "My neighbour told me about it", "It rained all day", "We came by bus",
)  # fmt: skip

Say = Callable[[int], str]
"""A clause as a function of polarity: 0 says it as positive, 1 as negative."""


def example(rng: Random) -> Example:
    """Draw a review, with the contrast edit that turns it."""
    say = _review(rng)
    target = int(chance(rng, 0.5))
    edited = Example((("Review", say(1 - target)),), CHOICES[1 - target], CHOICES)
    return Example((("Review", say(target)),), CHOICES[target], CHOICES, contrasts=(edited,))


def _review(rng: Random) -> Say:
    things, aspects = DOMAINS[pick(rng, tuple(DOMAINS))]
    thing = pick(rng, ("the", "this", "that")) + " " + pick(rng, things)
    first, second = rng.sample(aspects, 2)
    main = pick(rng, CLAUSES)(rng, thing, "the " + first, "the " + second)
    opener = maybe(rng, 0.25, OPENERS)
    before = maybe(rng, 0.2, NEUTRAL)
    after: Pair = pick(rng, VERDICTS) if chance(rng, 0.35) else ("", "")

    def say(polarity: int) -> str:
        parts = [before, opener + " " + main(polarity), after[polarity]]
        return " ".join(sentence(part) for part in parts if part)

    return say


def _plain(rng: Random, thing: str, first: str, second: str) -> Say:
    pair, adverb = pick(rng, ADJECTIVES), maybe(rng, 0.5, ADVERBS)
    subject = pick(rng, (thing, first, f"{first} of {thing}"))
    return lambda polarity: f"{subject} was {adverb} {pair[polarity]}"


def _two(rng: Random, thing: str, first: str, second: str) -> Say:
    one, two = rng.sample(ADJECTIVES, 2)
    return lambda polarity: f"{first} was {one[polarity]} and {second} was {two[polarity]}"


def _verb(rng: Random, thing: str, first: str, second: str) -> Say:
    pair = pick(rng, VERBS)
    subject = pick(rng, (thing, first, f"{first} of {thing}", f"both {first} and {second}"))
    return lambda polarity: f"I {pair[polarity]} {subject}"


def _negated(rng: Random, thing: str, first: str, second: str) -> Say:
    good, bad = pick(rng, ADJECTIVES)
    subject, word = pick(rng, (thing, first)), pick(rng, ("not", "never", "anything but", "far from"))
    return lambda polarity: f"{subject} was {word} {(bad, good)[polarity]}"


def _conceding(rng: Random, thing: str, first: str, second: str) -> Say:
    side, main = rng.sample(ADJECTIVES, 2)
    shape = pick(
        rng,
        (
            "although {first} was {side}, {thing} was {main}",
            "even though {first} was {side}, overall {thing} was {main}",
            "{first} was {side}, but {thing} as a whole was {main}",
            "{first} was {side}, but in the end {thing} was {main}",
        ),
    )
    return lambda polarity: shape.format(first=first, thing=thing, side=side[1 - polarity], main=main[polarity])


def _because(rng: Random, thing: str, first: str, second: str) -> Say:
    verb, adjective, because = pick(rng, VERBS), pick(rng, ADJECTIVES), pick(rng, ("because", "since", "as"))
    return lambda polarity: f"I {verb[polarity]} {thing} {because} {first} was {adjective[polarity]}"


def _what_a(rng: Random, thing: str, first: str, second: str) -> Say:
    pair, noun, other = pick(rng, ADJECTIVES), thing.split(" ", 1)[1], first.removeprefix("the ")
    shape = pick(
        rng,
        (
            "such {an} {adjective} {noun}",
            "it was the most {adjective} {noun} in years",
            "we found {thing} {adjective}",
            "{an} {adjective} {noun} with {an} {adjective} {other}",
            "what {an} {adjective} {other}",
        ),
    )

    def say(polarity: int) -> str:
        an = article(pair[polarity]).split()[0]
        return shape.format(an=an, adjective=pair[polarity], noun=noun, other=other, thing=thing)

    return say


CLAUSES = (_plain, _two, _verb, _negated, _conceding, _because, _what_a)
