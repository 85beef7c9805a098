"""Another number, after which another answer is right: swapped, or changed where the answer can be computed.

    Anna is 17, Ali is 75. Who is older?   the second   ->  Anna is 75, Ali is 17. Who is older?     the first
    ((2 + 3) * 4) =                        20           ->  ((2 + 5) * 4) =                          28
    I have a car and two lamps. How many objects ...?  3  ->  I have a car and four lamps. ...       5
    Take 2 steps. Turn around. Take 2 steps. ... return?  Yes  ->  Take 2 steps. ... Take 3 steps.   No

Minimal edits after Gardner et al. 2020, "Evaluating Models' Local Decision Boundaries via Contrast Sets", section 2. The old
answer is computed first: where it is not the item's own, the item is not of this kind and stays.

Covered: two numbers of which the question compares one, sums and products in brackets, lists that are all counted, walks that
return. Not covered: everything else with numbers.
"""

from __future__ import annotations

import operator
import re
from dataclasses import replace
from random import Random

from probe.perturb.catalogue.register import item_perturbation
from probe.perturb.helpers.shape import MAX_LENGTH, ORDINAL, one_of, other_of_two, question, turned, with_text
from probe.perturb.words.opposites import COMPARATIVE, TEMPORAL
from probe.types import Item

_NUMBER = re.compile(r"(?<![\w.,])\d+(?:[.,]\d+)*(?![\w]|[.,]\d)")
_SUM = re.compile(r"[-+*()\d ]+(?==\s*$)")
_TOKEN = re.compile(r"\d+|[-+*()]")
_OPERATORS = {"+": operator.add, "-": operator.sub, "*": operator.mul}
_LIST = re.compile(r"I have (?P<things>[^.?]+)\. How many [a-z ]+ do I have\?\s*$")
_PARTED = re.compile(r",? and |, ")
_THING = re.compile(r"\b(an?|one|two|three|four|five|six|seven|eight|nine|ten) (?=[a-z])")
_COUNTS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
_WALK = re.compile(
    r"do you return to the starting point\?(?P<steps>(?: (?:Always face forward|Turn \w+|Take \d+ steps?(?: \w+)?)\.)+)\s*$"
)
_GOAL = "return to the starting point?"
_STEP = re.compile(r"Take (\d+) steps?")
MAX_TOKENS = 400


@item_perturbation("contrast-number", family="contrast", effect="label-altering")
def contrast_number(item: Item, rng: Random) -> Item | None:
    """Swap or change numbers, after which another answer is right."""
    rules = [edit for rule in (_swapped, _computed, _counted, _walked) if (edit := rule(item, rng)) is not None]
    return one_of(rules, rng)


def _swapped(item: Item, rng: Random) -> Item | None:
    """Swap the two numbers of a text of which a question compares one with the other."""
    other = other_of_two(item)
    asked = question(item) if other else None
    if asked is None or other is None or asked.field == 0 or len(item.prompt.fields) != 2:
        return None
    words = re.findall(r"\w+", asked.text.lower())
    is_compared = sum(word in COMPARATIVE or word in TEMPORAL for word in words) == 1
    text = item.prompt.fields[0].text
    found = list(_NUMBER.finditer(text[:MAX_LENGTH]))
    if not is_compared or len(found) != 2 or _value(found[0][0]) == _value(found[1][0]) or not _are_two(item, text):
        return None
    one, two = found
    swapped = text[: one.start()] + two[0] + text[one.end() : two.start()] + one[0] + text[two.end() :]
    return with_text(item, 0, swapped, other)


def _value(number: str) -> float:
    return float(number.replace(",", "")) if number.count(".") < 2 else 0.0


def _are_two(item: Item, text: str) -> bool:
    """Return whether the choices are the first and the second, or two things that the text names once each."""
    if ORDINAL.issuperset(choice.lower() for choice in item.prompt.choices):
        return True
    return all(len(re.findall(rf"(?<!\w){re.escape(choice)}(?!\w)", text)) == 1 for choice in item.prompt.choices)


def _computed(item: Item, rng: Random) -> Item | None:
    """Change one number of an expression and compute it anew."""
    if len(item.prompt.fields) != 1 or item.prompt.choices:
        return None
    text = item.prompt.fields[0].text
    match = _SUM.match(text) if len(text) <= MAX_LENGTH else None
    if match is None or str(computed(match[0])) != item.target.strip():
        return None
    numbers = list(re.finditer(r"\d+", match[0]))
    number = rng.choice(numbers)
    new = rng.choice([value for value in range(1, 10) if str(value) != number[0]])
    changed = text[: number.start()] + str(new) + text[number.end() :]
    value = computed(changed[: match.end() + len(changed) - len(text)])
    return None if value is None or str(value) == item.target.strip() else with_text(item, 0, changed, str(value))


def computed(expression: str) -> int | None:
    """Return the value of an expression of whole numbers with + - * and brackets; None where it is not one.

    Operators are put on a stack by their rank, without recursion, so that depth costs nothing.
    """
    values: list[int] = []
    waiting: list[str] = []
    before = "("
    tokens = _TOKEN.findall(expression)
    if len(tokens) > MAX_TOKENS or "".join(tokens) != expression.replace(" ", ""):
        return None
    for token in tokens:
        if token.isdigit() or token == "(":
            if before.isdigit() or before == ")":
                return None
            (values.append(int(token)) if token.isdigit() else waiting.append(token))
        elif token in "+-*" and before in "(+-*":
            if token != "-":
                return None
            token = "~"
            waiting.append(token)
        elif not _reduced(values, waiting, token):
            return None
        before = "-" if token == "~" else token
    return values[0] if _reduced(values, waiting, "") and len(values) == 1 and not waiting else None


_RANK = {"(": 0, "+": 1, "-": 1, "*": 2, "~": 3}


def _reduced(values: list[int], waiting: list[str], token: str) -> bool:
    """Compute what binds as closely as the token does, which then waits; tell whether that was possible."""
    rank = _RANK.get(token, 1)
    while waiting and waiting[-1] != "(" and _RANK[waiting[-1]] >= rank:
        sign = waiting.pop()
        if len(values) < (1 if sign == "~" else 2):
            return False
        last = values.pop()
        values.append(-last if sign == "~" else _OPERATORS[sign](values.pop(), last))
    if token == ")":
        return bool(waiting) and waiting.pop() == "("
    if token:
        waiting.append(token)
    return True


def _counted(item: Item, rng: Random) -> Item | None:
    """Change how many there are of one thing in a list of which all are counted."""
    if len(item.prompt.fields) != 1 or item.prompt.choices or not item.target.strip().isdigit():
        return None
    text = item.prompt.fields[0].text
    match = _LIST.search(text) if len(text) <= MAX_LENGTH and "I have " in text else None
    if match is None:
        return None
    things = list(_THING.finditer(text, match.start("things"), match.end("things")))
    counts = [1 if thing[1] in ("a", "an") else _COUNTS.index(thing[1]) for thing in things]
    # A list with other things in it counts more than the answer says, and one thing without a number would count less.
    if sum(counts) != int(item.target) or len(things) != len(_PARTED.split(match["things"])):
        return None
    many = [place for place, count in enumerate(counts) if count > 1]
    if not many:
        return None
    place = rng.choice(many)
    new = rng.choice([count for count in range(2, 9) if count != counts[place]])
    thing = things[place]
    changed = text[: thing.start(1)] + _COUNTS[new] + text[thing.end(1) :]
    return with_text(item, 0, changed, str(int(item.target) + new - counts[place]))


def _walked(item: Item, rng: Random) -> Item | None:
    """Make one stretch of a walk that returns longer, so that it ends elsewhere."""
    no = turned(item)
    if item.target.lower() != "yes" or no is None:
        return None
    for place, field in enumerate(item.prompt.fields):
        match = _WALK.search(field.text) if len(field.text) <= MAX_LENGTH and _GOAL in field.text else None
        steps = list(_STEP.finditer(field.text, match.start("steps"))) if match else []
        if steps:
            step = rng.choice(steps)
            more = int(step[1]) + rng.randint(1, 3)
            changed = field.text[: step.start()] + f"Take {more} steps" + field.text[step.end() :]
            return replace(with_text(item, place, changed, no))
    return None
