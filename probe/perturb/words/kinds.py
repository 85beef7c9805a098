"""Words by kind: what stands in the place of one of them makes the same kind of sentence. Curated by hand, English.

Covered: colours, days, months, given names, work, goods, places. Not covered: words of two kinds, which stand in none.
"""

from __future__ import annotations

_KINDS = {
    "colour": "red blue green yellow black white brown purple grey pink",
    "day": "Monday Tuesday Wednesday Thursday Friday Saturday Sunday",
    "month": "January February April June July August September October November December",
    "woman": "Alice Anna Carmen Clara Edith Elsa Emma Grace Helen Irene Ivy Julia Kate Laura Linda Lucy Maria Mina Nina Nora "
    "Rosa Ruth Sara Sofia Tara Tina Vera Wendy Zoe Priya Mei Olivia Diana",
    "man": "Ali Ben Bruno David Diego Felix Frank Henry Hugo Ian Ivan Jonas Karl Leo Mark Martin Omar Oscar Otto Paul Peter Ravi "
    "Sam Simon Tom Victor Walter Yusuf George Thomas Oliver",
    "work": "baker banker barber butcher carpenter cashier chef dancer dentist doctor driver farmer gardener lawyer "
    "librarian manager miner musician nurse painter pilot plumber poet scientist secretary senator soldier "
    "tailor teacher waiter engineer architect author actor editor",
    "goods": "apples oranges grapes carrots candles gloves shoes socks stamps pencils plates tickets flowers nails coffee tea "
    "soap salt butter bread honey paint rope",
}
KINDS = {kind: tuple(words.split()) for kind, words in _KINDS.items()}
KIND_OF = {word: kind for kind, words in KINDS.items() for word in words}
