"""Typing slips: one letter or space wrong in a few words of the instruction and the fields.

    keyboard   sentence -> sentemce      swap   sentence -> sentecne      drop   sentence -> sentnce
    double     sentence -> senttence     space  the sentence -> thesentence

About one word in `WORDS_PER_EDIT` is hit, at least one; first and last letters never are, words of fewer than `MIN_LENGTH`
letters neither, and a slip that makes another common word out of one is not made.

Covered: Latin script, with accents. Not covered: slips in choices, demonstrations and protected words
(`probe.perturb.protected`), other scripts.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from random import Random

from probe.perturb.base import item_perturbation
from probe.perturb.protected import answers, descriptors, open_words
from probe.types import Item, evolve

WORDS_PER_EDIT = 12
MIN_LENGTH = 4
MIN_JOINED = 3
"""Words shorter than that are not joined to others: "in correct" would become another word."""

NEIGHBOURS = {
    **dict(a="qwsz", b="vghn", c="xdfv", d="serfcx", e="wsdr", f="drtgvc", g="ftyhbv", h="gyujnb", i="ujko"),
    **dict(j="huikmn", k="jiolm", l="kop", m="njk", n="bhjm", o="iklp", p="ol", q="wa", r="edft", s="awedxz"),
    **dict(t="rfgy", u="yhji", v="cfgb", w="qase", x="zsdc", y="tghu", z="asx"),
}
"""The keys around each key on a QWERTY keyboard."""

_REAL_WORDS = (
    "able about angle angel area bead bear beard beat best bets bread break breed bred bride bridge cast coast cost "
    "casual causal clam calm clan clean cloth clothe cold could cord crowd dairy diary dead deal desert dessert "
    "diner dinner does dose drive driver ever every fair far fare farm fast feast feel fell felt fiend file fill "
    "film find fine firm fond food for form fort four from gold good grad grand great greed hard heard heat hear "
    "hers hoping hopping lair liar lest least lead lean lien line live lose loose loss made mad male mail marital "
    "martial meal mean meat mind mine more moral mortal most mound move nigh night now own pace peace pain paint "
    "part party past paste plan plane plain planet point pole pool poor pose post pot quiet quite race ran rain "
    "read real reed sale salt scar scare sea seat seed send sent set shore short shot side sign silver sing sliver "
    "slow son song soon sore sort spot star start stair state stare steam stem step stop store sun tail tale ten "
    "then than their there these though through thorough tired tried trail trial tree three united untied unite "
    "untie used user waist waste want was wear were when where which while who whole whose wide wind wine wing with "
    "word work world worse your"
)
REAL_WORDS = frozenset(_REAL_WORDS.split())
"""Common words that are one slip away from other common words."""

Slip = Callable[[str, int, Random], str | None]
"""A word and the place of a letter in it, neither first nor last, to the word with a slip there; None where none can be."""


@item_perturbation("typo-keyboard", family="typos")
def typo_keyboard(item: Item, rng: Random) -> Item | None:
    """Hit the key beside the right one in a few words."""
    return _slipped(item, rng, _keyboard)


@item_perturbation("typo-swap", family="typos")
def typo_swap(item: Item, rng: Random) -> Item | None:
    """Swap two letters in a few words."""
    return _slipped(item, rng, _swap)


@item_perturbation("typo-drop", family="typos")
def typo_drop(item: Item, rng: Random) -> Item | None:
    """Leave out a letter in a few words."""
    return _slipped(item, rng, _drop)


@item_perturbation("typo-double", family="typos")
def typo_double(item: Item, rng: Random) -> Item | None:
    """Type a letter twice in a few words."""
    return _slipped(item, rng, _double)


@item_perturbation("typo-space", family="typos")
def typo_space(item: Item, rng: Random) -> Item | None:
    """Leave out the space between two words in a few places."""
    places = [
        (which, slice(left.stop, right.start), "")
        for which, text in enumerate(_texts(item))
        for left, right in itertools.pairwise(_words(item, which, text))
        if _can_join(text, left, right)
    ]
    chosen = sorted(rng.sample(range(len(places)), _num_edits(len(places)))) if places else []
    return _edited(item, [places[index] for index in chosen])


def _slipped(item: Item, rng: Random, slip: Slip) -> Item | None:
    """Make the slip in a share of the words that can bear it."""
    texts = _texts(item)
    places = [
        (which, word)
        for which, text in enumerate(texts)
        for word in _words(item, which, text)
        if word.stop - word.start >= MIN_LENGTH
    ]
    wanted = _num_edits(len(places))
    edits: list[Edit] = []
    for index in rng.sample(range(len(places)), min(len(places), 4 * wanted)):
        which, word = places[index]
        slipped = _slip_once(texts[which][word], rng, slip)
        if slipped is not None:
            edits.append((which, word, slipped))
        if len(edits) == wanted:
            break
    return _edited(item, sorted(edits, key=lambda edit: (edit[0], edit[1].start)))


def _slip_once(word: str, rng: Random, slip: Slip) -> str | None:
    if word.lower() in REAL_WORDS:
        return None
    slipped = slip(word, rng.randrange(1, len(word) - 1), rng)
    return None if slipped is None or slipped.lower() in REAL_WORDS or slipped == word else slipped


Edit = tuple[int, slice, str]
"""Which text, where in it, and what stands there instead."""


def _edited(item: Item, edits: list[Edit]) -> Item | None:
    """Give the item with the edits made, which are in the order of the texts; None where there are none."""
    if not edits:
        return None
    texts = [_spliced(text, [edit for edit in edits if edit[0] == which]) for which, text in enumerate(_texts(item))]
    fields = tuple(evolve(field, text=text) for field, text in zip(item.prompt.fields, texts[1:], strict=True))
    return evolve(item, prompt=evolve(item.prompt, instruction=texts[0], fields=fields))


def _spliced(text: str, edits: list[Edit]) -> str:
    pieces: list[str] = []
    end = 0
    for _, place, new in edits:
        pieces += [text[end : place.start], new]
        end = place.stop
    return "".join([*pieces, text[end:]])


def _texts(item: Item) -> list[str]:
    return [item.prompt.instruction, *(field.text for field in item.prompt.fields)]


def _words(item: Item, which: int, text: str) -> tuple[slice, ...]:
    return open_words(text, answers(item), descriptors(item), which == 0)


def _num_edits(num_places: int) -> int:
    return min(num_places, max(1, round(num_places / WORDS_PER_EDIT)))


def _can_join(text: str, left: slice, right: slice) -> bool:
    if text[left.stop : right.start] != " ":
        return False
    is_long = left.stop - left.start >= MIN_JOINED and right.stop - right.start >= MIN_JOINED
    return is_long and (text[left] + text[right]).lower() not in REAL_WORDS


def _keyboard(word: str, index: int, rng: Random) -> str | None:
    keys = NEIGHBOURS.get(word[index].lower())
    if keys is None:
        return None
    key = rng.choice(keys)
    return word[:index] + (key.upper() if word[index].isupper() else key) + word[index + 1 :]


def _swap(word: str, index: int, rng: Random) -> str | None:
    if word[index] == word[index + 1]:
        return None
    return word[:index] + word[index + 1] + word[index] + word[index + 2 :]


def _drop(word: str, index: int, rng: Random) -> str | None:
    return word[:index] + word[index + 1 :]


def _double(word: str, index: int, rng: Random) -> str | None:
    if word[index] in (word[index - 1], word[index + 1]):
        return None
    return word[: index + 1] + word[index:]
