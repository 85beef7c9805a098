"""World facts with four options: capitals, continents, kinds of animals, opposites, and the like.

Covered: a closed list of facts, each asked in several phrasings; the wrong options are answers to the same kind of question.
Not covered: facts that change from year to year, or that depend on a point of view.
"""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from pocket.grammar import Example, article, pick

NUM_OPTIONS = 4


@dataclass(frozen=True, slots=True)
class Relation:
    """One kind of fact: how it is asked, and the answers by subject."""

    name: str
    phrasings: tuple[str, ...]
    """With {x} for the subject, or {an} for the subject with its article."""
    answers: dict[str, str]


def _table(text: str) -> dict[str, str]:
    """Read "subject=answer" pairs parted by commas."""
    pairs = (pair.split("=") for pair in text.split(","))
    return {subject.strip(): answer.strip() for subject, answer in pairs}


def _by_answer(groups: dict[str, str]) -> dict[str, str]:
    """Read {answer: "subject, subject"}."""
    return {subject.strip(): answer for answer, subjects in groups.items() for subject in subjects.split(",")}


RELATIONS = (
    Relation(
        "capital",
        (
            "What is the capital of {x}?", "Which city is the capital of {x}?", "The capital of {x} is which city?",
            "Name the capital city of {x}.", "Which of these cities is {x}'s capital?", "{x} has which capital?",
            "In which city would you find the government of {x}?",
        ),
        _table(
            "France=Paris, Italy=Rome, Spain=Madrid, Germany=Berlin, Austria=Vienna, Portugal=Lisbon, Greece=Athens, "
            "Ireland=Dublin, Norway=Oslo, Egypt=Cairo, Japan=Tokyo, Peru=Lima, Poland=Warsaw, Cuba=Havana, "
            "Kenya=Nairobi, Colombia=Bogota, Ecuador=Quito, Sweden=Stockholm, Finland=Helsinki, Denmark=Copenhagen, "
            "Hungary=Budapest, Russia=Moscow, Canada=Ottawa, Thailand=Bangkok, Iraq=Baghdad, Iran=Tehran, "
            "Belgium=Brussels, Lebanon=Beirut, Iceland=Reykjavik, Chile=Santiago, Vietnam=Hanoi, Bulgaria=Sofia"
        ),
    ),
    Relation(
        "continent",
        (
            "On which continent is {x}?", "Which continent does {x} belong to?", "{x} lies on which continent?",
            "{x} is a country in which part of the world?", "To find {x} on a map, which continent would you look at?",
            "Which continent is {x} part of?",
        ),
        _by_answer(
            {
                "Europe": "France, Italy, Spain, Germany, Norway, Poland, Greece, Portugal, Ireland, Austria, Belgium",
                "Africa": "Egypt, Kenya, Nigeria, Ghana, Morocco, Ethiopia, Uganda, Zambia, Senegal, Algeria",
                "Asia": "Japan, China, India, Vietnam, Nepal, Iraq, Iran, Thailand, Mongolia, Pakistan",
                "South America": "Peru, Brazil, Chile, Colombia, Ecuador, Bolivia, Uruguay, Paraguay",
                "North America": "Canada, Mexico, Cuba",
            }
        ),
    ),
    Relation(
        "kind",
        (
            "What kind of animal is {an}?", "{an} belongs to which group of animals?", "To which group does {an} belong?",
            "Zoologists count {an} as what?", "What is {an}?", "{an} is an example of what?",
        ),
        _by_answer(
            {
                "mammal": "whale, dog, horse, bat, lion, rabbit, dolphin, mouse, elephant, goat",
                "bird": "eagle, penguin, owl, sparrow, ostrich, parrot, swan, duck, crow",
                "fish": "salmon, shark, trout, tuna, cod, eel, carp, herring",
                "insect": "bee, ant, beetle, wasp, moth, fly, mosquito, butterfly",
                "reptile": "snake, lizard, crocodile, tortoise, gecko, python",
                "amphibian": "frog, toad, newt, salamander",
            }
        ),
    ),
    Relation(
        "young",
        (
            "What is a young {x} called?", "What do we call a baby {x}?", "The young of {an} is called what?",
            "Which word means a young {x}?", "What is the offspring of {an} called?", "Name the young of {an}.",
        ),
        _table(
            "dog=puppy, cat=kitten, cow=calf, sheep=lamb, horse=foal, goose=gosling, duck=duckling, swan=cygnet, "
            "goat=kid, kangaroo=joey, frog=tadpole, deer=fawn, lion=cub, pig=piglet, eagle=eaglet, owl=owlet, "
            "hen=chick, butterfly=caterpillar, hare=leveret"
        ),
    ),
    Relation(
        "opposite",
        (
            "What is the opposite of {x}?", "Which word is the opposite of {x}?", "{x} is the opposite of which word?",
            "Which word means the reverse of {x}?", "Name the antonym of {x}.", "What is the contrary of {x}?",
        ),
        _table(
            "hot=cold, big=small, early=late, light=dark, wet=dry, open=closed, rich=poor, young=old, fast=slow, "
            "high=low, full=empty, hard=soft, loud=quiet, strong=weak, clean=dirty, cheap=expensive, near=far, "
            "thick=thin, sharp=blunt, sweet=bitter, brave=cowardly, ancient=modern, rough=smooth, tight=loose, "
            "deep=shallow, wide=narrow, safe=dangerous, true=false"
        ),
    ),
    Relation(
        "language",
        (
            "Which language do most people speak in {x}?", "What is the main language of {x}?",
            "People in {x} mostly speak which language?", "If you moved to {x}, which language would you learn?",
            "The newspapers of {x} are mostly written in which language?", "Which language is official in {x}?",
        ),
        _table(
            "France=French, Germany=German, Italy=Italian, Japan=Japanese, Brazil=Portuguese, Mexico=Spanish, "
            "Egypt=Arabic, Poland=Polish, Sweden=Swedish, Greece=Greek, Hungary=Hungarian, Russia=Russian, "
            "Thailand=Thai, Turkey=Turkish, Norway=Norwegian, Denmark=Danish, Austria=German, Peru=Spanish, "
            "Portugal=Portuguese, Australia=English, Cuba=Spanish, Vietnam=Vietnamese"
        ),
    ),
    Relation(
        "colour",
        (
            "What colour is {x}?", "Which colour does {x} have?", "{x} is usually which colour?",
            "If you painted {x}, which colour would you take?", "What is the usual colour of {x}?",
            "Which of these is the colour of {x}?",
        ),
        _by_answer(
            {
                "red": "blood, a ripe strawberry, a ripe cherry, a fire engine",
                "green": "grass, spinach, a cucumber, broccoli, an emerald",
                "white": "milk, snow, chalk, salt",
                "yellow": "a ripe banana, a lemon, butter, a sunflower, custard",
                "black": "coal, soot, a raven, tar",
                "blue": "a clear sky, a sapphire",
                "orange": "a carrot, a pumpkin",
                "brown": "chocolate, cinnamon, a chestnut",
            }
        ),
    ),
    Relation(
        "place of work",
        (
            "Where does {an} usually work?", "In which place would you look for {an} at work?", "{an} works where?",
            "Which of these is the workplace of {an}?", "Where would you go to meet {an} on duty?",
            "Which place needs {an}?",
        ),
        _table(
            "teacher=school, nurse=hospital, judge=court, farmer=farm, waiter=restaurant, librarian=library, "
            "baker=bakery, actor=theatre, miner=mine, priest=church, pharmacist=pharmacy, banker=bank, "
            "pilot=plane, sailor=ship, soldier=army, scientist=laboratory, professor=university, jailer=prison"
        ),
    ),
    Relation(
        "tool",
        (
            "What do you use to {x}?", "Which thing do you need to {x}?", "To {x}, you take what?",
            "Which of these would help you to {x}?", "What would you reach for to {x}?", "People {x} with what?",
        ),
        _table(
            "drive in a nail=hammer, cut paper=scissors, tell the time=clock, sweep the floor=broom, measure heat=thermometer, "
            "see the stars=telescope, unlock a door=key, dig a hole=shovel, write a letter=pen, cut a loaf=knife, "
            "stay dry in the rain=umbrella, find north=compass, look at germs=microscope, catch a fish=net, "
            "sew on a button=needle, iron a shirt=iron, paint a wall=brush, dry your hands=towel"
        ),
    ),
    Relation(
        "number",
        (
            "How many {x}?", "What is the number of {x}?", "Count them: how many {x}?", "Which number tells how many {x}?",
            "Do you know how many {x}?", "How many are there: {x}?",
        ),
        _table(
            "legs of a spider=eight, legs of an insect=six, sides of a triangle=three, days in a week=seven, "
            "months in a year=twelve, sides of a square=four, wheels on a bicycle=two, hours in half a day=twelve, "
            "sides of a hexagon=six, sides of a pentagon=five, players in a football team=eleven, fingers on one hand=five, "
            "arms of an octopus=eight, wings of a bird=two, strings on a violin=four, continents of the world=seven, "
            "legs of a horse=four, sides of a cube=six, lungs in a human body=two, years in a decade=ten"
        ),
    ),
)  # fmt: skip


def questions() -> list[tuple[Relation, str, str]]:
    """Return every (relation, subject, phrasing), in a fixed order."""
    return [
        (relation, subject, phrasing)
        for relation in RELATIONS
        for subject in relation.answers
        for phrasing in relation.phrasings
    ]


def example(rng: Random) -> Example:
    """Draw a question with its options in random order."""
    relation = pick(rng, RELATIONS_BY_SIZE)
    return ask(rng, relation, pick(rng, tuple(relation.answers)), pick(rng, relation.phrasings))


def ask(rng: Random, relation: Relation, subject: str, phrasing: str, *, position: int | None = None) -> Example:
    """Return the question with four options, the right one at `position` (from 0; random where None)."""
    right = relation.answers[subject]
    wrong = rng.sample(sorted(set(relation.answers.values()) - {right}), NUM_OPTIONS - 1)
    place = rng.randrange(NUM_OPTIONS) if position is None else position
    options = (*wrong[:place], right, *wrong[place:])
    return Example((("Question", question(subject, phrasing)),), right, options)


def question(subject: str, phrasing: str) -> str:
    """Put a subject into a phrasing."""
    text = phrasing.format(x=subject, an=article(subject)) if "{an}" in phrasing else phrasing.format(x=subject)
    return text[0].upper() + text[1:]


RELATIONS_BY_SIZE = tuple(relation for relation in RELATIONS for _ in relation.answers)
"""Each relation as often as it has facts, so that every fact is drawn equally often."""
