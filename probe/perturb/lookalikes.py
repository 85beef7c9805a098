"""Letters that look alike: to programs that read scanned pages, and to people across scripts.

    modern  m|odern -> rnodern     clear  cl|ear -> dear (another word, not made)     word  w -> \u0461

Covered: common confusions in print of Latin letters; Cyrillic and Greek twins. Not covered: handwriting, ligatures, digits.
"""

from __future__ import annotations

from collections.abc import Iterator

CONFUSIONS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("rn", ("m",)),
    ("m", ("rn",)),
    ("cl", ("d",)),
    ("d", ("cl",)),
    ("vv", ("w",)),
    ("w", ("vv",)),
    ("nn", ("rm",)),
    ("li", ("h",)),
    ("h", ("b", "li")),
    ("ri", ("n",)),
    ("in", ("m",)),
    ("ll", ("11", "lI")),
    ("l", ("1", "I", "|")),
    ("i", ("1", "l")),
    ("o", ("0",)),
    ("O", ("0",)),
    ("e", ("c",)),
    ("s", ("5",)),
    ("g", ("9", "q")),
    ("S", ("5",)),
    ("I", ("l", "1")),
    ("B", ("8",)),
    ("fi", ("\ufb01",)),
    ("fl", ("\ufb02",)),
)
"""Letters or groups, and what they are read as."""

_OCR_REAL_WORDS = (
    "bum modem com tom torn born bom horn warn barn dam darn turn tum yam yarn fem fern corn comer corner stem stern dear "
    "clear clay day close dose clam clean dean clog dog clip dip clue due club dub clock dock clown down clad dad clash "
    "dash class dass cling ding cloud loud clone done come corne came carne some sorne home horne harm ham farm forms "
    "barb bard band hand bead head beat heat bear hear bold hold boat hoat born horn bark hark best hest ball hall bell "
    "hell bill hill bail hail bit hit bat hat bot hot but hut bug hug bush hush bone hone bore hore being heing sob soh "
    "cat eat car ear care cast east case ease cager eager fact feet fed fcd cycle eye bad had balf half be he ben hen "
    "lick liked hiked bike like life hie lion hon lime hme live hive lint hint main mam gain gam pain pam paint pamt "
    "vain vam wine wme find fmd mind mmd bring brmg bnng king kmg thing think ting tiring firing bring string sting "
    "drink dunk trim tnm trip tnp rich nch ring ning price pnce prize cried cned rise nse lad lid loll lolling toll "
    "dell deli bull bush full hello hullo cello fine tine sine mine nine line sing sang sung bag bog gab qab quilt guilt "
    "unit until lit till tilt stall stain slain staff small mall lawn learn lean warm warn worm worn dorm darn firm fim "
    "term team tern then than bone burn burnt bunt pest past post learned leamed modem modern govern govem"
)
OCR_REAL_WORDS = frozenset(_OCR_REAL_WORDS.split())
"""Common words that another common word may be misread as."""

HOMOGLYPHS: dict[str, tuple[str, ...]] = {
    "a": ("\u0430",),
    "c": ("\u0441", "\u03f2"),
    "e": ("\u0435",),
    "i": ("\u0456",),
    "j": ("\u0458", "\u03f3"),
    "o": ("\u043e", "\u03bf"),
    "p": ("\u0440",),
    "s": ("\u0455",),
    "v": ("\u03bd",),
    "x": ("\u0445",),
    "y": ("\u0443",),
    "h": ("\u04bb",),
    "A": ("\u0410", "\u0391"),
    "B": ("\u0412", "\u0392"),
    "C": ("\u0421",),
    "E": ("\u0415", "\u0395"),
    "H": ("\u041d", "\u0397"),
    "I": ("\u0406", "\u0399"),
    "J": ("\u0408",),
    "K": ("\u041a", "\u039a"),
    "M": ("\u041c", "\u039c"),
    "N": ("\u039d",),
    "O": ("\u041e", "\u039f"),
    "P": ("\u0420", "\u03a1"),
    "S": ("\u0405",),
    "T": ("\u0422", "\u03a4"),
    "X": ("\u0425", "\u03a7"),
    "Y": ("\u03a5",),
    "Z": ("\u0396",),
}
"""Latin letters and their twins in Cyrillic and Greek."""


def misreadings(word: str) -> Iterator[tuple[int, str, str]]:
    """Give the places in a word where letters may be misread: where, what, and as what.

    First letters are spared, and none at the end becomes a digit: "step5" would be read as a number.
    """
    for old, ways in CONFUSIONS:
        place = word.find(old, 1)
        while place >= 0:
            is_end = place + len(old) == len(word)
            for new in ways:
                if not (is_end and new[-1].isdigit()):
                    yield place, old, new
            place = word.find(old, place + 1)
