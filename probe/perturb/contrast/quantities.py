"""Quantities in a text, with all that decides their order: unit, sign, half of the day, date, era, percent.

    ran 400 m, but ... 1.2 km     length    400 | 1200       swapped with their units
    at 7:45 am ... at 6:30 pm     point     465 | 1110       minutes of the day
    in 63 BC ... in 12 AD         point     -63 | 12         years
    on 12 March ... on 3 April    point     312 | 403        days of the year
    75 points ... 17              points    75 | 17          a bare number has the unit of the one before

Covered: two quantities of one kind. Not covered: ranges, fractions, ordinals, numbers in words, sums of units ("1 h 20 min").
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from probe.perturb.helpers.english import is_plural
from probe.perturb.words import table

_DIGITS = r"(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?"
_MONTHS = "January|February|March|April|May|June|July|August|September|October|November|December"
_FORMS = (
    rf"(?P<currency>[$\u20ac\u00a3\u00a5]) ?(?P<money>{_DIGITS})",
    r"(?P<hour>\d{1,2}):(?P<minute>[0-5]\d)(?![:.\d])(?: ?(?P<half>[ap]m\b|[ap]\.m\.))?",
    r"(?P<full_hour>\d{1,2}) ?(?P<full_half>[ap]m\b|[ap]\.m\.)",
    rf"(?P<month>{_MONTHS}) (?P<day>\d{{1,2}})(?:, (?P<year>\d{{4}}))?",
    rf"(?P<day2>\d{{1,2}}) (?P<month2>{_MONTHS})(?: (?P<year2>\d{{4}}))?",
    r"(?P<era_first>AD) (?P<era_year>\d{1,4})",
    r"(?P<era_year2>\d{1,4}) (?P<era>BCE?|CE|AD)",
    r"(?<=\bin )(?P<plain_year>1\d{3}|20\d{2})(?! ?[a-z%])",
    rf"(?P<sign>[+\u2212-]?)(?P<number>{_DIGITS})(?P<unit> ?%| ?\u00b0[CF]?|(?: ?[A-Za-z]+)?)",
)
_QUANTITY = re.compile(rf"(?<![\w.,:/(\u2013-])(?:{'|'.join(_FORMS)})(?![\w/\u2013)]|-\d|[.,:]\d)")
_RATE = re.compile(r" (?:an?|per) (?P<per>[a-z]+)\b| (?P<old>old)\b| (?P<scale>Celsius|Fahrenheit)\b")


@dataclass(frozen=True, slots=True)
class Quantity:
    """A quantity by its place in a text; `kind` is what it is compared in: length, point, money:euro, count:point, ..."""

    start: int
    stop: int
    kind: str
    value: float
    """In the kind's base unit."""
    amount: float
    """As the text has it, in its own unit."""
    number: slice
    """The number alone, with its sign."""

    @property
    def is_bare(self) -> bool:
        """Return whether it has no unit of its own."""
        return not self.kind


def quantities(text: str, hidden: str) -> list[Quantity] | None:
    """Return the quantities of a text; None where a digit belongs to none. `hidden` is the text, its named things blanked."""
    found = [_quantity(match, text) for match in _QUANTITY.finditer(hidden)]
    left = list(hidden)
    for match in _QUANTITY.finditer(hidden):
        left[match.start() : match.end()] = " " * len(match[0])
    is_whole = not re.search(r"[\d\u00b2\u00b3\u00b9\u00bc-\u00be]", "".join(left))
    return found if is_whole and all(one is not None for one in found) else None  # type: ignore[return-value]


def swapped(text: str, one: Quantity, two: Quantity) -> str:
    """Return the text with two quantities swapped, units and all; with the numbers alone where one has no unit."""
    first, second = (slice(one.start, one.stop), slice(two.start, two.stop))
    if two.is_bare or one.is_bare:
        first, second = one.number, two.number
    return text[: first.start] + text[second] + text[first.stop : second.start] + text[first] + text[second.stop :]


def _quantity(match: re.Match[str], text: str) -> Quantity | None:
    for read in (_money, _clock, _date, _year):
        if (found := read(match)) is not None:
            kind, value = found
            return Quantity(match.start(), match.end(), kind, value, value, slice(match.start(), match.end()))
    if not match["number"]:
        return None
    value = _value(match["number"]) * (-1 if match["sign"] in ("-", "\u2212") else 1)
    number = slice(match.start("sign"), match.end("number"))
    measured = _measured(match, text)
    if measured is None:
        return Quantity(number.start, number.stop, "", value, value, number)
    kind, factor, stop = measured
    return Quantity(match.start(), stop, kind, value * factor, value, number)


def _measured(match: re.Match[str], text: str) -> tuple[str, float, int] | None:
    """Return the kind of a number's unit, how much of the kind's base it is, and where it ends; None: there is no unit."""
    unit = match["unit"].strip()
    if not unit or unit in (
        "and",
        "but",
        "while",
        "in",
        "on",
        "at",
        "to",
        "for",
        "of",
        "or",
        "is",
        "was",
        "after",
        "whereas",
    ):
        return None
    kind, factor = _units().get(unit) or _units().get(unit.lower(), (f"count:{_singular(unit)}", 1.0))
    after = _RATE.match(text, match.end())
    if after is None:
        return kind, factor, match.end()
    if after["old"]:
        return ("age", factor, after.end()) if kind == "duration" else ("", factor, after.end())
    if after["scale"]:
        return f"{kind}:{after['scale']}", factor, after.end()
    return ("speed" if kind == "length" else "rate") + f":{unit.lower()}/{after['per']}", 1.0, after.end()


@lru_cache(maxsize=1)
def _units() -> dict[str, tuple[str, float]]:
    """Return the kind and the size of each unit."""
    return {
        unit: (kind, float(size))
        for kind, rows in table("contrast", "units").items()
        for size, *names in (row.split() for row in rows)
        for unit in names
    }


def _singular(noun: str) -> str:
    """Return a key that a noun shares with its plural."""
    bare = noun.lower()
    return bare.removesuffix("s") if is_plural(bare) else bare


def _money(match: re.Match[str]) -> tuple[str, float] | None:
    return (f"money:{match['currency']}", _value(match["money"])) if match["money"] else None


def _clock(match: re.Match[str]) -> tuple[str, float] | None:
    hour, half = (match["hour"], match["half"]) if match["hour"] else (match["full_hour"], match["full_half"])
    if not hour:
        return None
    hours = int(hour)
    if half:
        hours = hours % 12 + (12 if half.startswith("p") else 0)
    return f"point:clock{'12' if half else '24'}", float(60 * hours + int(match["minute"] or 0))


def _date(match: re.Match[str]) -> tuple[str, float] | None:
    day, month, year = (match[f"{name}{'' if match['month'] else '2'}"] for name in ("day", "month", "year"))
    if not month:
        return None
    place = 100 * (1 + _MONTHS.split("|").index(month)) + int(day)
    return f"point:date{'-year' if year else ''}", float(place + 10_000 * int(year or 0))


def _year(match: re.Match[str]) -> tuple[str, float] | None:
    year = match["plain_year"] or match["era_year"] or match["era_year2"]
    if not year:
        return None
    return "point:year", float(year) * (-1 if (match["era"] or "").startswith("BC") else 1)


def _value(number: str) -> float:
    return float(number.replace(",", ""))


def common_kind(one: Quantity, two: Quantity) -> str | None:
    """Return the kind of two quantities; a bare second number has the kind of the first. None where they are of two kinds."""
    return one.kind or "count" if two.kind in (one.kind, "") else None


def is_more(one: Quantity, two: Quantity) -> bool | None:
    """Return whether the first of two quantities is the greater; None where they are equal."""
    first, second = (one.amount, two.amount) if two.is_bare else (one.value, two.value)
    return None if first == second else first > second
