"""Words of questions and passages with others that mean the same wherever they stand. Curated by hand, English.

Each pair keeps number, tense and what may follow. None is a label, a number, a name, a word that turns the meaning, or a word
of two common meanings.

Covered: nouns, verbs and phrases of everyday texts. Not covered: words whose sense depends on the sentence ("saw", "light").
"""

from __future__ import annotations

_BOTH_WAYS = (
    "automobile/car, automobiles/cars, physician/doctor, physicians/doctors, attorney/lawyer, attorneys/lawyers, film/movie, "
    "films/movies, purchased/bought, buys/purchases, sofa/couch, sofas/couches, bicycle/bike, bicycles/bikes, taxi/cab, "
    "taxis/cabs, kilos/kilograms, metres/meters, permitted to/allowed to, nearly/almost, perhaps/maybe, "
    "rapidly/quickly, everyone/everybody, someone/somebody, children/kids, enormous/huge, "
    "photo/photograph, photos/photographs, fridge/refrigerator, fridges/refrigerators, exam/examination, "
    "the shop/the store, at noon/at midday, tried to/attempted to, wanted to/wished to, phone/telephone, phones/telephones, "
    "miles an hour/miles per hour, the whole/the entire"
)
SAME: dict[str, str] = {}
for _pair in _BOTH_WAYS.split(", "):
    _one, _other = _pair.split("/")
    SAME |= {_one: _other, _other: _one}
SAME |= {
    **{"began": "started", "begins": "starts", "begin": "start", "as soon as": "the moment", "in order to": "to"},
    **{"for a living": "as a job", "gift": "present", "gifts": "presents", "television": "TV", "airplane": "plane"},
    **{"airplanes": "planes", "wealthy": "rich", "glad": "happy"},
    **{"approximately": "about", "assist": "help", "which of the following": "which of these"},
    **{"located in": "situated in", "situated in": "located in", "obtain": "get"},
}
# "the movies" is a place as well, which "the films" is not.
del SAME["movies"]
