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
    "academics all alms and arc arcs ball balled balling balls bam belled bum bums burn burns candled candles carnage "
    "carne check checked checking checks chi chill chills chum chums churn churns clii com comet comets coming cornet "
    "cornets corning dallies dally dam dams darn darns dass dollies dolly duct ducts economics entitles fall falling "
    "falls farmed farming gamed gaming goner gram grams hall halls handler hobbles holler homed homier homiest homy "
    "horne horned hornier horniest horny hub ins ladles mall malls manner manners modem modern mom moms morn morns "
    "mother motlier muddled muddles overbear overbearing overbears paddles pall palls panty peck pecked pecking pecks "
    "phonics plaque plaques ram rams relics rum rums rustler scaled scaling scar scared scaring scars sec seventy "
    "slam specifics stem stems stern sterns stickler stones talc tall toll tolled tolling tolls tum vanes wall walled "
    "walling walls warmer warmest weaned yam yams yarn yarns"
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
    """Return the places in a word where letters may be misread: where, what, and as what.

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
