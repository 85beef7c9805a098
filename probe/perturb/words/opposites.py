"""Words and their opposites, by what is certain when one takes the other's place. Curated by hand, English.

    COMPARATIVE   larger, smaller       of two things that differ, the other one is smaller
    TEMPORAL      earlier, later        of two events that differ in time, the other one is later
    COMPLEMENT    plausible, implausible  what is not the one is the other
    GOOD, BAD     brilliant, hopeless   of an opinion

Covered: the words of questions and of short opinions. Not covered: words whose opposite depends on what they speak of.
"""

from __future__ import annotations

_PAIRS = (
    "larger smaller, bigger smaller, greater smaller, higher lower, heavier lighter, taller shorter, longer shorter, wider "
    "narrower, deeper shallower, thicker thinner, faster slower, quicker slower, hotter colder, warmer cooler, richer poorer, "
    "stronger weaker, nearer farther, closer farther, cheaper dearer, more less, older younger, better worse, best worst, "
    "brighter darker, louder quieter, harder easier, won lost"
)
COMPARATIVE: dict[str, str] = {}
for _pair in _PAIRS.split(", "):
    _one, _other = _pair.split()
    COMPARATIVE.setdefault(_one, _other)
    COMPARATIVE.setdefault(_other, _one)
COMPARATIVE |= {
    "fewer": "more",
    "cheaper": "more expensive",
    "smaller": "larger",
    "farther": "nearer",
    "slower": "faster",
}

TEMPORAL = {
    **{"earlier": "later", "later": "earlier", "sooner": "later", "first": "last", "last": "first", "second": "first"},
    **{"before": "after", "after": "before"},
}

_COMPLEMENTS = (
    "plausible/implausible, possible/impossible, correct/incorrect, true/false, legal/illegal, visible/invisible, "
    "present/absent, alive/dead, odd/even, complete/incomplete, accurate/inaccurate, consistent/inconsistent, "
    "grammatical/ungrammatical, acceptable/unacceptable, the same/different, valid/invalid, tell the truth/lie, "
    "sarcastic/sincere, married/unmarried, finite/infinite"
)
COMPLEMENT: dict[str, str] = {}
for _pair in _COMPLEMENTS.split(", "):
    _one, _other = _pair.split("/")
    COMPLEMENT |= {_one: _other, _other: _one}
del COMPLEMENT["different"], COMPLEMENT["the same"], COMPLEMENT["sincere"]

_OPINIONS = (
    "brilliant hopeless, wonderful dreadful, excellent terrible, superb awful, fantastic horrible, amazing appalling, great bad, "
    "good poor, lovely nasty, delightful miserable, charming irritating, enjoyable tedious, exciting boring, thrilling dull, "
    "pleasant unpleasant, satisfying frustrating, impressive disappointing, outstanding pathetic, beautiful ugly, gorgeous "
    "hideous, splendid shabby, fresh stale, flawless sloppy, memorable forgettable, refreshing tiresome, first-rate third-rate, "
    "perfect useless, loved hated, adored detested, enjoyed disliked, delicious disgusting, friendly rude, comfortable "
    "uncomfortable, reliable unreliable, interesting uninteresting, funny unfunny, clean dirty, helpful unhelpful, best worst, "
    "charmed annoyed, thrilled bored, impressed disappointed"
)
GOOD: dict[str, str] = {}
BAD: dict[str, str] = {}
for _pair in _OPINIONS.split(", "):
    _one, _other = _pair.split()
    GOOD[_one] = _other
    BAD[_other] = _one
