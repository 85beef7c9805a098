"""Headlines of four topics: sports, business, science, politics.

Covered: who does what to whom, in a news desk's telegram style; verbs such as "beats", "wins", "cuts" and "backs" belong to
several topics, so that the nouns have to be read.
Not covered: headlines that belong to two topics at once.
"""

from __future__ import annotations

from random import Random

from pocket.grammar import Example, maybe, pick, upper_first
from pocket.lexicon import CITIES, DAYS, JOBS, NAMES

CHOICES = ("sports", "business", "science", "politics")

ACTORS: dict[str, tuple[str, ...]] = {
    "sports": (
        "striker", "goalkeeper", "midfielder", "home team", "champions", "tennis star", "sprinter", "cyclist",
        "swimmer", "coach", "rugby side", "boxer", "golfer", "relay team", "defender", "young skater", "gymnast",
        "underdogs", "basketball team", "rowing crew",
    ),
    "business": (
        "carmaker", "airline", "retailer", "bank", "start-up", "investors", "phone maker", "supermarket chain",
        "oil firm", "insurer", "shareholders", "brewery", "chip maker", "family firm", "hedge fund", "toy company",
        "shipping group", "steel maker", "online shop", "clothing brand",
    ),
    "science": (
        "astronomers", "biologists", "physicists", "researchers", "chemists", "space probe", "telescope",
        "geologists", "lab team", "marine biologists", "rover", "neuroscientists", "botanists", "climate scientists",
        "satellite", "fossil hunters", "genetics team", "microscope", "robot submarine", "particle lab",
    ),
    "politics": (
        "prime minister", "senate", "parliament", "opposition", "mayor", "president", "foreign minister", "voters",
        "city council", "ruling party", "governor", "coalition", "lawmakers", "cabinet", "ambassador",
        "campaign team", "king", "interior minister", "party leader", "election board",
    ),
}  # fmt: skip

ACTS: dict[str, tuple[str, ...]] = {
    "sports": (
        "wins the cup", "beats rivals in extra time", "loses the final", "signs for a new club", "breaks the lap record",
        "scores twice in the derby", "misses the penalty", "takes gold in the relay", "is out with a knee injury",
        "tops the league", "draws with the visitors", "reaches the semi-final", "names the squad", "saves the match",
        "cuts training after the defeat", "backs the referee", "faces a tough second leg", "retires from the game",
    ),
    "business": (
        "cuts jobs", "beats profit forecasts", "loses market share", "signs a supply deal", "raises prices",
        "buys a smaller rival", "opens a new factory", "reports record sales", "sells its stake",
        "faces higher costs", "closes stores", "backs the merger", "wins a large contract", "misses its sales target",
        "borrows to pay off debt", "moves production abroad", "names a new finance chief", "drops plans for shares",
    ),
    "science": (
        "finds a new planet", "maps the sea floor", "beats noise in quantum tests", "spots a distant galaxy",
        "traces the origin of bees", "explains how cells repair", "measures the ice sheet", "wins time on the telescope",
        "tests a new vaccine", "discovers a rare fossil", "names a new species of frog", "cuts errors in the experiment",
        "reads the genes of wheat", "backs the theory of dark matter", "faces a puzzle in the data",
        "grows tissue in the lab", "sends back images of the moon", "detects waves from a black hole",
    ),
    "politics": (
        "wins the vote", "beats rivals at the ballot", "loses the majority", "signs the treaty", "calls an election",
        "backs the tax bill", "cuts ties with the coalition", "faces questions over the law", "blocks the reform",
        "names a new minister", "debates the border plan", "rejects the budget", "drops the campaign pledge",
        "promises a referendum", "meets allies at the summit", "vetoes the housing bill", "resigns after the scandal",
        "opens talks on the constitution",
    ),
}  # fmt: skip

ENDINGS: dict[str, tuple[str, ...]] = {
    "sports": (
        "before a full stadium", "in the last minute", "after a penalty shoot-out", "in the rain of the away leg",
        "at the world championship", "two weeks before the games",
    ),
    "business": (
        "as demand falls", "in the third quarter", "amid rising interest rates", "to please investors",
        "as the stock slides", "after a weak holiday season",
    ),
    "science": (
        "in a ten-year study", "with a new instrument", "in deep water samples", "near a young star",
        "after years of lab work", "in a paper out this week",
    ),
    "politics": (
        "ahead of the election", "after a night of debate", "amid protests in the capital", "in a close vote",
        "before the party congress", "despite pressure from allies",
    ),
}  # fmt: skip

QUOTES = ("reports say", "sources say", "officials say", "{name} explains why", "our {job} reports", "a look back")


def example(rng: Random) -> Example:
    """Draw a headline."""
    topic = pick(rng, CHOICES)
    return Example((("Headline", _headline(rng, topic)),), topic, CHOICES)


def _headline(rng: Random, topic: str) -> str:
    actor, act, ending = pick(rng, ACTORS[topic]), pick(rng, ACTS[topic]), pick(rng, ENDINGS[topic])
    subject = f"{maybe(rng, 0.5, CITIES)} {actor}".strip()
    shape = pick(
        rng,
        (
            "{subject} {act}",
            "{subject} {act} {ending}",
            "{subject} {act} on {day}",
            "{day}: {subject} {act}",
            "{subject} {act}, {quote}",
            "How {name} and the {subject} {acts} {ending}",
        ),
    )
    text = shape.format(
        subject=subject,
        act=_plural(act) if actor.endswith("s") else act,
        acts=_plural(act),
        ending=ending,
        day=pick(rng, DAYS),
        quote=pick(rng, QUOTES).format(name=pick(rng, NAMES), job=pick(rng, JOBS)),
        name=pick(rng, NAMES),
    )
    return upper_first(text)


def _plural(act: str) -> str:
    """Return "wins the cup" as several people do it: "win the cup"."""
    verb, rest = act.split(" ", 1)
    return f"{PLURALS.get(verb, verb[:-1])} {rest}"


PLURALS = {"misses": "miss", "reaches": "reach", "vetoes": "veto", "is": "are", "buys": "buy"}
