"""Label words by kind of task, each set with others that name the same answers: curated by hand, English.

    ("positive", "negative")      same      ("favourable", "unfavourable")     may stand where the old words stand
                                  coded     ("good", "bad")                    need to be told what they stand for

`same` words are of the same part of speech and say the same of the same thing, so that "Decide whether the review is positive
or negative" stays right with them. `coded` words are only used with a sentence that gives the key. Words stand in the order of
the set's labels. A set fits choices that are its labels, in any order and any casing.

Covered: sentiment, yes and no, truth, entailment, correctness, validity, likelihood, comparison, agreement, spam, toxicity,
offence, irony, formality, subjectivity, similarity, urgency, news topics, emotions, stance, tense and number.
Not covered: labels of fine-grained tasks (emotions beyond six, topics beyond news), other languages.
"""

from __future__ import annotations

from dataclasses import dataclass

Words = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LabelSet:
    """The labels of a kind of task, and words that name the same answers."""

    labels: Words
    same: tuple[Words, ...] = ()
    coded: tuple[Words, ...] = ()


SETS: tuple[LabelSet, ...] = (
    LabelSet(
        ("positive", "negative"),
        same=(
            *(("favourable", "unfavourable"), ("favorable", "unfavorable"), ("approving", "disapproving")),
            ("appreciative", "unappreciative"),
        ),
        coded=(("good", "bad"), ("great", "terrible"), ("yes", "no"), ("up", "down"), ("praise", "criticism")),
    ),
    LabelSet(
        ("positive", "negative", "neutral"),
        same=(("favourable", "unfavourable", "neither"), ("favorable", "unfavorable", "neither")),
        coded=(("good", "bad", "okay"), ("up", "down", "level"), ("praise", "criticism", "neither")),
    ),
    LabelSet(
        ("positive", "negative", "mixed"),
        same=(("favourable", "unfavourable", "mixed"),),
        coded=(("good", "bad", "both"),),
    ),
    LabelSet(
        ("good", "bad"),
        coded=(("positive", "negative"), ("great", "terrible"), ("up", "down"), ("yes", "no")),
    ),
    LabelSet(
        ("yes", "no"),
        same=(("y", "n"), ("yeah", "nope"), ("yep", "nope")),
        coded=(("true", "false"), ("right", "wrong"), ("correct", "incorrect"), ("1", "0")),
    ),
    LabelSet(
        ("yes", "no", "maybe"),
        same=(("yes", "no", "perhaps"), ("yes", "no", "possibly")),
        coded=(("true", "false", "unknown"), ("certain", "impossible", "possible")),
    ),
    LabelSet(
        ("true", "false"),
        same=(("correct", "incorrect"), ("right", "wrong"), ("accurate", "inaccurate")),
        coded=(("yes", "no"), ("t", "f"), ("1", "0")),
    ),
    LabelSet(
        ("true", "false", "unknown"),
        same=(("correct", "incorrect", "unknown"), ("true", "false", "undetermined"), ("true", "false", "uncertain")),
        coded=(("yes", "no", "unclear"),),
    ),
    LabelSet(
        ("true", "false", "neither"),
        same=(("correct", "incorrect", "neither"), ("right", "wrong", "neither")),
        coded=(("yes", "no", "maybe"),),
    ),
    LabelSet(
        ("entailment", "contradiction"), coded=(("yes", "no"), ("follows", "conflicts"), ("supported", "refuted"))
    ),
    LabelSet(
        ("entailment", "neutral", "contradiction"),
        coded=(("yes", "maybe", "no"), ("true", "inconclusive", "false"), ("follows", "open", "conflicts")),
    ),
    LabelSet(("entailment", "not entailment"), coded=(("yes", "no"), ("follows", "does not follow"))),
    LabelSet(("entailment", "not_entailment"), coded=(("yes", "no"), ("follows", "does not follow"))),
    LabelSet(
        ("entailment", "non-entailment"), coded=(("yes", "no"), ("follows", "does not follow"), ("true", "false"))
    ),
    LabelSet(("entailed", "not entailed"), coded=(("yes", "no"), ("follows", "does not follow"))),
    LabelSet(("supported", "refuted"), same=(("confirmed", "disproved"),), coded=(("yes", "no"),)),
    LabelSet(
        ("correct", "incorrect"),
        same=(("right", "wrong"), ("accurate", "inaccurate")),
        coded=(("yes", "no"), ("true", "false"), ("1", "0")),
    ),
    LabelSet(
        ("right", "wrong"), same=(("correct", "incorrect"),), coded=(("yes", "no"), ("true", "false"), ("1", "0"))
    ),
    LabelSet(
        ("valid", "invalid"),
        coded=(("yes", "no"), ("correct", "incorrect"), ("true", "false")),
    ),
    LabelSet(
        ("plausible", "implausible"),
        same=(("believable", "unbelievable"),),
        coded=(("yes", "no"), ("possible", "impossible")),
    ),
    LabelSet(("likely", "unlikely"), same=(("probable", "improbable"),), coded=(("yes", "no"), ("high", "low"))),
    LabelSet(("possible", "impossible"), coded=(("yes", "no"), ("can be", "cannot be"))),
    LabelSet(
        ("the first", "the second"),
        same=(("the former", "the latter"), ("the first one", "the second one"), ("the 1st", "the 2nd")),
        coded=(("one", "two"), ("1", "2"), ("former", "latter")),
    ),
    LabelSet(("first", "second"), same=(("former", "latter"), ("1st", "2nd")), coded=(("one", "two"), ("1", "2"))),
    LabelSet(("more", "less"), coded=(("higher", "lower"), ("up", "down"))),
    LabelSet(("higher", "lower"), coded=(("more", "less"), ("up", "down"))),
    LabelSet(("increase", "decrease"), same=(("rise", "fall"), ("growth", "decline")), coded=(("up", "down"),)),
    LabelSet(("agree", "disagree"), same=(("concur", "dissent"),), coded=(("yes", "no"), ("for", "against"))),
    LabelSet(("favor", "against"), coded=(("pro", "con"), ("support", "oppose"), ("for", "opposed"))),
    LabelSet(("favor", "against", "none"), coded=(("pro", "con", "neither"), ("support", "oppose", "neither"))),
    LabelSet(("support", "oppose"), coded=(("pro", "con"), ("for", "against"))),
    LabelSet(("spam", "ham"), coded=(("junk", "genuine"), ("unwanted", "wanted"), ("yes", "no"))),
    LabelSet(("spam", "not spam"), same=(("junk", "not junk"),), coded=(("yes", "no"), ("unwanted", "wanted"))),
    LabelSet(("toxic", "non-toxic"), coded=(("yes", "no"), ("harmful", "harmless"))),
    LabelSet(("toxic", "not toxic"), coded=(("yes", "no"), ("harmful", "harmless"))),
    LabelSet(
        ("offensive", "not offensive"),
        same=(("offensive", "inoffensive"),),
        coded=(("yes", "no"),),
    ),
    LabelSet(("offensive", "non-offensive"), same=(("offensive", "inoffensive"),), coded=(("yes", "no"),)),
    LabelSet(("hate", "not hate"), same=(("hatred", "not hatred"),), coded=(("yes", "no"),)),
    LabelSet(("hateful", "not hateful"), coded=(("yes", "no"), ("hate", "no hate"))),
    LabelSet(
        ("sarcastic", "not sarcastic"),
        coded=(("yes", "no"), ("sarcasm", "no sarcasm")),
    ),
    LabelSet(("ironic", "not ironic"), coded=(("yes", "no"), ("irony", "no irony"))),
    LabelSet(("formal", "informal"), same=(("formal", "casual"),), coded=(("yes", "no"), ("high", "low"))),
    LabelSet(("subjective", "objective"), coded=(("opinion", "fact"), ("personal", "factual"))),
    LabelSet(("opinion", "fact"), coded=(("subjective", "objective"), ("view", "truth"))),
    LabelSet(("similar", "different"), coded=(("yes", "no"), ("same", "other"))),
    LabelSet(("same", "different"), coded=(("yes", "no"), ("equal", "unequal"))),
    LabelSet(("equivalent", "not equivalent"), coded=(("yes", "no"), ("same", "different"))),
    LabelSet(("paraphrase", "not paraphrase"), coded=(("yes", "no"), ("same", "different"))),
    LabelSet(("duplicate", "not duplicate"), coded=(("yes", "no"), ("same", "different"))),
    LabelSet(
        ("relevant", "irrelevant"),
        same=(("pertinent", "not pertinent"), ("on topic", "off topic")),
        coded=(("yes", "no"),),
    ),
    LabelSet(
        ("acceptable", "unacceptable"),
        same=(("permissible", "impermissible"),),
        coded=(("yes", "no"), ("good", "bad")),
    ),
    LabelSet(("grammatical", "ungrammatical"), coded=(("yes", "no"), ("correct", "incorrect"))),
    LabelSet(("urgent", "not urgent"), same=(("pressing", "not pressing"),), coded=(("yes", "no"), ("now", "later"))),
    LabelSet(("safe", "unsafe"), coded=(("yes", "no"), ("harmless", "harmful"))),
    LabelSet(("human", "machine"), coded=(("person", "computer"),)),
    LabelSet(
        ("sports", "business", "science", "politics"),
        same=(("sport", "business", "science", "politics"),),
        coded=(("games", "trade", "research", "government"), ("athletics", "economy", "discovery", "policy")),
    ),
    LabelSet(
        ("world", "sports", "business", "technology"),
        same=(("international", "sport", "business", "technology"),),
        coded=(("abroad", "games", "trade", "machines"),),
    ),
    LabelSet(
        ("world", "sports", "business", "sci/tech"),
        same=(("world", "sport", "business", "science and technology"),),
        coded=(("abroad", "games", "trade", "science"),),
    ),
    LabelSet(
        ("joy", "sadness", "anger", "fear"),
        coded=(("happy", "sad", "angry", "afraid"), ("happiness", "sorrow", "rage", "fright")),
    ),
    LabelSet(
        ("joy", "sadness", "anger", "fear", "love", "surprise"),
        coded=(("happy", "sad", "angry", "afraid", "loving", "surprised"),),
    ),
    LabelSet(("happy", "sad"), same=(("glad", "unhappy"), ("joyful", "sorrowful")), coded=(("up", "down"),)),
    LabelSet(("past", "present", "future"), coded=(("before", "now", "later"),)),
    LabelSet(("singular", "plural"), coded=(("one", "many"),)),
    LabelSet(("easy", "hard"), same=(("simple", "difficult"),), coded=(("low", "high"),)),
    LabelSet(("high", "low"), coded=(("much", "little"), ("up", "down"))),
    LabelSet(("high", "medium", "low"), coded=(("much", "some", "little"), ("top", "middle", "bottom"))),
)

BY_LABELS: dict[frozenset[str], LabelSet] = {frozenset(one.labels): one for one in SETS}


def words_for(choices: Words, kind: str) -> tuple[Words, ...]:
    """Return the sets of words that can stand for the choices, in the order of the choices; `kind` is same or coded."""
    found = BY_LABELS.get(frozenset(choice.lower() for choice in choices))
    if found is None or len(found.labels) != len(choices):
        return ()
    places = [found.labels.index(choice.lower()) for choice in choices]
    sets: tuple[Words, ...] = getattr(found, kind)
    return tuple(tuple(like(choices[n], words[place]) for n, place in enumerate(places)) for words in sets)


def like(model: str, word: str) -> str:
    """Return a word in the casing of another."""
    if model.isupper() and len(model) > 1:
        return word.upper()
    return word[:1].upper() + word[1:] if model[:1].isupper() else word
