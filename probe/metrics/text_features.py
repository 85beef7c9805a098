"""What can be said of a prompt as a text: length, readability, formality, and with a lexicon frequency and ambiguity.

    length_words    words
    readability     Flesch reading ease, 206.835 - 1.015 words / sentences - 84.6 syllables / words (Flesch 1948, Journal
                    of Applied Psychology 32(3)); the higher, the easier
    formality       the F-score of Heylighen and Dewaele (1999, "Formality of Language") from function words alone:
                    (articles + prepositions - pronouns - auxiliaries - adverbs - interjections + 100) / 2, in percent
    word_frequency  mean Zipf frequency of the words, log10 of the rate in a thousand million (wordfreq, if installed)
    ambiguity       mean number of WordNet senses of the words that have any (WordNet's files or nltk's, if installed)

Sentences end at . ! ? and at line ends; syllables are counted by groups of vowels; both are rules of thumb for English.
Nouns, adjectives and main verbs need a tagger and are left out of formality: compare it between prompts of one suite only.

Covered: those five, as functions of a text. Not covered: other languages; perplexity, which a model gives.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from importlib import import_module

from probe.metrics.wordnet import folder as wordnet_folder
from probe.metrics.wordnet import senses

Feature = Callable[[str], float | None]
"""Text to value; None where it is not defined."""

WORD = re.compile(r"[^\W\d_]+(?:['\u2019][^\W\d_]+)*")
SENTENCE_END = re.compile(r"[.!?]+(?=\s|$)|\n+")
VOWELS = re.compile(r"[aeiouy]+")
SILENT = re.compile(r"(?<![aeiouyl])e$|(?<=[^td])ed$|(?<=[^sxzhcg])es$")


def _listed(words: str) -> frozenset[str]:
    return frozenset(words.split())


ARTICLES = _listed("a an the")
PREPOSITIONS = _listed(
    "about above across after against along among around as at before behind below beneath beside between beyond by "
    "despite down during except for from in inside into like near of off on onto out over past since than through "
    "to toward towards under until up upon via with within without"
)
PRONOUNS = _listed(
    "i me my mine myself you your yours yourself he him his himself she her hers herself it its itself we us our ours "
    "ourselves they them their theirs themselves who whom whose what which this that these those someone anyone "
    "everyone nobody something anything everything nothing"
)
AUXILIARIES = _listed(
    "am is are was were be been being do does did have has had having will would shall should can could may might must"
)
ADVERBS = _listed(
    "not very too so quite rather just only also then there here now never always often sometimes soon already still "
    "yet again almost maybe perhaps really however"
)
INTERJECTIONS = _listed("oh ah hey hi hello wow please thanks ok okay yes no ouch oops hooray")


def words_of(text: str) -> list[str]:
    """Return the words of a text in lower case; numbers are none."""
    return [match.replace("\u2019", "'").lower() for match in WORD.findall(text)]


def length_words(text: str) -> float:
    """Count the words."""
    return float(len(words_of(text)))


def syllables(word: str) -> int:
    """Count the syllables of a word in lower case by its groups of vowels, silent endings left out; at least one."""
    return max(1, len(VOWELS.findall(SILENT.sub("", word))))


def readability(text: str) -> float | None:
    """Return the Flesch reading ease; None for a text without words."""
    words = words_of(text)
    if not words:
        return None
    sentences = sum(bool(WORD.search(part)) for part in SENTENCE_END.split(text))
    return 206.835 - 1.015 * len(words) / sentences - 84.6 * sum(map(syllables, words)) / len(words)


def formality(text: str) -> float | None:
    """Return the share of function words that go with formal text less those that go with talk; 50 is even."""
    words = words_of(text)
    if not words:
        return None
    formal = sum(word in ARTICLES or word in PREPOSITIONS for word in words)
    deictic = PRONOUNS | AUXILIARIES | ADVERBS | INTERJECTIONS
    return (100 * (formal - sum(word in deictic for word in words)) / len(words) + 100) / 2


def mean_over_words(value: Callable[[str], float | None]) -> Feature:
    """Return the feature that is the mean of a value over the words that have it."""
    known = lru_cache(maxsize=100_000)(value)

    def feature(text: str) -> float | None:
        found = [number for word in words_of(text) if (number := known(word)) is not None]
        return sum(found) / len(found) if found else None

    return feature


WORDNET = "apt install wordnet-base, or pip install nltk and python -m nltk.downloader wordnet"


def available() -> tuple[dict[str, Feature], Mapping[str, str]]:
    """Return the features that can be computed here, and why the others cannot."""
    features: dict[str, Feature] = {"length_words": length_words, "readability": readability, "formality": formality}
    missing: dict[str, str] = {}
    for name, load in (("word_frequency", _frequency), ("ambiguity", _num_senses)):
        try:
            features[name] = mean_over_words(load())
        except ImportError as error:
            how = WORDNET if name == "ambiguity" else f"pip install {error.name}"
            missing[name] = f"{error.name} is not installed; {how}"
        except LookupError:
            missing[name] = f"the WordNet data are not installed; {WORDNET}"
    return features, missing


def _frequency() -> Callable[[str], float | None]:
    """Return the Zipf frequency of a word; a word that the list does not have has none, rather than zero."""
    zipf = import_module("wordfreq").zipf_frequency

    def frequency(word: str) -> float | None:
        return float(zipf(word, "en")) or None

    return frequency


def _num_senses() -> Callable[[str], float | None]:
    place = wordnet_folder()
    if place is not None:
        return senses(place)
    wordnet = import_module("nltk.corpus").wordnet
    wordnet.ensure_loaded()

    def num_senses(word: str) -> float | None:
        return float(len(wordnet.synsets(word))) or None

    return num_senses
