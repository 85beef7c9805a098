"""Features of a prompt's text: length, readability, formality, and with a lexicon word frequency and ambiguity.

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
import tomllib
from collections.abc import Callable, Mapping
from functools import cache, lru_cache
from importlib import import_module
from pathlib import Path

from probe.metrics.wordnet import folder as wordnet_folder
from probe.metrics.wordnet import senses

Feature = Callable[[str], float | None]
"""Text to value; None where it is not defined."""

WORD = re.compile(r"[^\W\d_]+(?:['\u2019][^\W\d_]+)*")
SENTENCE_END = re.compile(r"[.!?]+(?=\s|$)|\n+")
VOWELS = re.compile(r"[aeiouy]+")
SILENT = re.compile(r"(?<![aeiouyl])e$|(?<=[^td])ed$|(?<=[^sxzhcg])es$")


@cache
def _function_words() -> dict[str, frozenset[str]]:
    """Return the formal and the deictic function words."""
    text = Path(__file__).with_name("function_words.toml").read_text(encoding="utf-8")
    return {kind: frozenset(" ".join(lists.values()).split()) for kind, lists in tomllib.loads(text).items()}


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
    formal, deictic = (sum(word in _function_words()[kind] for word in words) for kind in ("formal", "deictic"))
    return (100 * (formal - deictic) / len(words) + 100) / 2


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
