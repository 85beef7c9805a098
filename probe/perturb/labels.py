r"""Other names for the same answers: symbols, label words, their case, and whether the instruction lists them.

    Decide whether the review is positive or negative.      label-words      ... is favourable or unfavourable.
    Sentiment:| positive                                                     Sentiment:| favourable

A choice keeps its own name in the record (`Prompt.verbalizer` maps it to its word), so that answers under other label words can
be compared. Zhou et al. 2023, "Survival of the Most Influential Prompts", and Reif and Schwartz 2024, "Beyond Performance:
Quantifying and Mitigating Label Bias in LLMs", vary label words likewise.

Covered: symbols of listed options; label words of the project's own table; upper, lower and title case; a sentence that lists
the labels, added or taken out. Not covered: labels that the texts of fields speak of; other languages.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache
from random import Random
from typing import Any, get_args

from probe.perturb.catalogue.register import perturbation
from probe.perturb.format import relaid
from probe.perturb.helpers.answer_forms import OF_CASE, keeps_form
from probe.perturb.helpers.english import is_recased, like, whole_words
from probe.perturb.helpers.language import has_dotted_i, in_english
from probe.perturb.helpers.machine.text import machine_text, put_after
from probe.perturb.helpers.option_references import references
from probe.perturb.helpers.option_symbols import names_one
from probe.perturb.words import read, word_list
from probe.prompt.render import MAX_SYMBOLS, PLACEHOLDER, shown
from probe.types import Numbering, Prompt

Words = tuple[str, ...]

NUMBERINGS: tuple[Numbering, ...] = get_args(Numbering)
MOST_LABELS = 8
MOST_WORDS = 4
"""Labels of more words are no names but sentences; a key or a list of them would be another prompt."""

CASES: tuple[Callable[[str], str], ...] = (
    str.upper,
    str.lower,
    lambda text: text[:1].upper() + text[1:],
    lambda text: re.sub(r"(?<![\w'\u2019])\w", lambda match: match[0].upper(), text),
)

SYMBOL = re.compile(r"\W*\w\W*|\W+[ivxIVX]+\W*")
"""A label of one character, in brackets or not, or a Roman number in brackets."""

_LETTER = re.compile(r"\b[A-Z]\b")
_GAP = r"(?:\s?[,/|;]\s?(?:or |and )?|\s(?:or|and)\s)"
_QUOTES = "[\"'\u201c\u201d\u2018\u2019]?"
_SAYING = (
    r"(?:^|(?<=[.!?:]\s)|(?<=\n))(?:please )?(?:answer|reply|respond|write|say|output|return|choose|pick|select)"
    r"(?: only| just| simply)?(?: with| from| between| among| either| one of| by saying| using)*:? "
)


@perturbation("label-symbols", family="labels", scope="suite")
def label_symbols(prompt: Prompt, rng: Random) -> Prompt | None:
    """Change the kind of option symbols: 1, A, a, i, I.

    Covered: listed options, and mentions of all their symbols in the instruction.
    Not covered: options, questions and instructions that speak of one symbol alone or of the kind ("answer with the letter");
    templates, which list nothing.
    """
    numbering = rng.choice(NUMBERINGS)
    if not (prompt.list_choices and prompt.choices) or prompt.is_template or numbering == prompt.layout.numbering:
        return None
    if max(map(len, [prompt.choices, *(d.choices for d in prompt.demonstrations)])) > MAX_SYMBOLS[numbering]:
        return None
    asked = relaid(prompt, replace(prompt.layout, numbering=numbering))
    return asked if asked.layout.numbering == numbering else None


@perturbation("label-shift", family="labels", scope="suite", is_default=False)
def label_shift(prompt: Prompt, rng: Random) -> Prompt | None:
    """Rotate the symbols of the listed options: "B. foal / C. cub / A. kid".

    Covered: listed options of the question and of the demonstrations.
    Not covered: options and instructions that speak of one symbol alone; templates, which list nothing.
    """
    num = len(prompt.choices)
    if not prompt.list_choices or num < 2 or prompt.is_template or prompt.symbol_shift:
        return None
    shift = rng.randrange(1, num)
    if references(prompt).symbols or any(
        names_one(text, prompt.layout, num) for text in (prompt.instruction, *prompt.choices)
    ):
        return None
    return replace(prompt, symbol_shift=shift)


@perturbation("label-words", family="labels", scope="suite")
@in_english
def label_words(prompt: Prompt, rng: Random) -> Prompt | None:
    """Replace the labels by synonyms in the instruction, the demonstrations and the answer.

    Covered: label sets of the project's table, where the instruction lists them all or the options are listed.
    Not covered: an instruction that speaks of one label alone, or in which an article stands before the labels.
    """
    sets = other_words(prompt)
    return reworded(prompt, rng.choice(sets)) if sets else None


@perturbation("label-key", family="labels", scope="suite", adds=True)
@in_english
def label_key(prompt: Prompt, rng: Random) -> Prompt | None:
    """Replace the labels by other words or signs, and add a key to the instruction.

    Covered: up to eight labels of up to four words, by words of the project's table, numbers or letters.
    Not covered: listed options, which have symbols; templates; words that are not of the form that the instruction asks for.
    """
    phrase, pick, kind = rng.choice(word_list("labels", "keys")), rng.random(), rng.randrange(3)
    choices = prompt.choices
    if not _are_names(choices) or prompt.list_choices or prompt.is_template or prompt.verbalizer:
        return None
    coded = _unsaid(prompt, words_for(choices, "coded"))
    words = coded[int(pick * len(coded))] if coded and kind else _signs(len(choices), letters=pick < 0.5)
    if not _are_distinct(words) or not _unsaid(prompt, (words,)):
        return None
    pairs = list(zip(choices, words, strict=True))
    if _admits_only(prompt.instruction, choices) or not keeps_form(prompt.instruction, pairs):
        return None
    first, *others = [phrase.format(word, choice) for word, choice in zip(words, choices, strict=True)]
    rest = [one.partition('"')[1] + one.partition('"')[2] for one in others]
    key = ", ".join([first, *rest[:-1]]) + " and " + rest[-1] + "."
    return replace(
        prompt, instruction=_added(prompt.instruction, key), verbalizer=tuple(zip(choices, words, strict=True))
    )


@perturbation("label-case", family="labels", scope="suite")
def label_case(prompt: Prompt, rng: Random) -> Prompt | None:
    """Change the case of the label words: upper, lower, title.

    Covered: the answers, listed options and demonstrations, and the list of labels in the instruction.
    Not covered: labels of one character; labels that only their case tells apart; a label that the instruction names alone; an
    instruction that asks for a case or for the labels as written; letters without a capital of their own (sharp s, Turkish i).
    """
    case = rng.choice(CASES)
    words = {choice: case(shown(prompt, choice)) for choice in prompt.choices}
    pairs = [(shown(prompt, choice), word) for choice, word in words.items()]
    if len(words) < 2 or _are_symbols(prompt.choices) or not _are_distinct(tuple(words.values())):
        return None
    if any(machine_text(word).spans for word in words):
        return None
    if not all(is_recased(old, new) for old, new in pairs):
        return None
    if has_dotted_i("", prompt) or has_dotted_i("\n".join(words), prompt):
        return None
    if references(prompt).symbols and any(_LETTER.findall(old) != _LETTER.findall(new) for old, new in pairs):
        return None  # "both a and b" beside options A and B
    if all(old == new for old, new in pairs) or not keeps_form(prompt.instruction, pairs, OF_CASE):
        return None
    instruction, _ = _relisted(prompt.instruction, tuple(shown(prompt, choice) for choice in prompt.choices), case)
    verbalizer = tuple(words.items())
    return replace(
        prompt, instruction=prompt.instruction if instruction is None else instruction, verbalizer=verbalizer
    )


@perturbation("label-list-added", family="labels", scope="suite", adds=True)
@in_english
def label_list_added(prompt: Prompt, rng: Random) -> Prompt | None:
    """Add a sentence that lists the labels to the instruction.

    Covered: up to eight labels of up to four words that are not all named in the instruction.
    Not covered: listed options, which are read in the prompt; templates.
    """
    sentence = rng.choice(word_list("labels", "listings"))
    words = tuple(shown(prompt, choice) for choice in prompt.choices)
    if not _are_names(words) or prompt.list_choices or prompt.is_template or "{choices}" in prompt.instruction:
        return None
    if all(whole_words((word,)).search(prompt.instruction) for word in words):
        return None
    return replace(prompt, instruction=_added(prompt.instruction, sentence))


@perturbation("label-list-removed", family="labels", scope="suite", is_default=False)
@in_english
def label_list_removed(prompt: Prompt, rng: Random) -> Prompt | None:
    """Remove the sentence or ending of the instruction that only lists the labels.

    Covered: "Answer yes or no.", and a list after a colon at the end of a command.
    Not covered: lists that a sentence needs ("Decide whether it is positive or negative."), templates.
    """
    if prompt.is_template or not _are_names(prompt.choices):
        return None
    words = tuple(shown(prompt, choice) for choice in prompt.choices)
    left = _without_list(prompt.instruction, words)
    return None if left is None else replace(prompt, instruction=left)


@lru_cache(maxsize=256)
def _admits_only(instruction: str, labels: Words) -> bool:
    """Return whether an instruction admits the labels and nothing else ("Answer only yes or no")."""
    listing = _list_pattern(labels)
    words = (
        "only just exactly solo s\u00f3lo nur seulement uniquement apenas somente \u0442\u043e\u043b\u044c\u043a\u043e"
    )
    only = rf"\b(?:{'|'.join(words.split())}|nothing but)\b"
    source = rf"{only}[^.!?\n]{{0,20}}{listing}|{listing}[^.!?\n]{{0,12}}(?:{only}|\bnothing else\b)"
    return re.search(source, instruction, re.IGNORECASE) is not None


def _are_names(labels: Words) -> bool:
    """Return whether labels are few and short enough to be named in a sentence."""
    few = 2 <= len(labels) <= MOST_LABELS and not _are_symbols(labels)
    return few and all(label.strip() == label != "" and len(label.split()) <= MOST_WORDS for label in labels)


def _are_symbols(labels: Words) -> bool:
    """Return whether a label stands for an option in the question's text, such as (A)."""
    return any(SYMBOL.fullmatch(label) for label in labels)


def _unsaid(prompt: Prompt, sets: tuple[Words, ...]) -> tuple[Words, ...]:
    """Return the sets none of whose new words the instruction says already: there it means something else."""
    new = (tuple(word for word in words if word not in prompt.choices) for words in sets)
    return tuple(
        words
        for words, fresh in zip(sets, new, strict=True)
        if not (fresh and whole_words(fresh).search(PLACEHOLDER.sub(" ", prompt.instruction)))
    )


def _are_distinct(words: Words) -> bool:
    return len({word.lower() for word in words}) == len(words)


def _signs(count: int, *, letters: bool) -> Words:
    return tuple(chr(ord("A") + n) if letters else str(n + 1) for n in range(count))


def _added(instruction: str, sentence: str) -> str:
    """Return the instruction with a sentence after it."""
    bare = instruction.rstrip()
    if not bare:
        return sentence
    return put_after(bare, sentence, " " if bare[-1] in ".!?:" else ". ")


@lru_cache(maxsize=256)
def _list_pattern(labels: Words) -> str:
    """Return the pattern of as many labels as there are, in a row, each perhaps in quotation marks."""
    one = f"{_QUOTES}{whole_words(labels).pattern}{_QUOTES}"
    return rf"{one}(?:{_GAP}{one}){{{len(labels) - 1}}}"


def _relisted(instruction: str, labels: Words, renamed: Callable[[str], str]) -> tuple[str | None, int]:
    """Return the instruction with its lists of all labels in other words, and how many lists there were.

    None where a label stands outside of a list, or an article before one: what to do there is not certain.
    """
    if not all(labels):
        return instruction, 0
    by_lower = {label.lower(): label for label in labels}
    pieces: list[str] = []
    count = end = 0
    for match in re.finditer(_list_pattern(labels), instruction, re.IGNORECASE):
        is_placeholder = instruction[: match.start()].endswith("{")
        if is_placeholder or not _is_whole(match[0], labels):
            continue
        pieces.append(instruction[end : match.start()])
        pieces.append(
            whole_words(labels).sub(lambda one: _like(one[0], renamed(by_lower[one[0].lower()]), labels), match[0])
        )
        end = match.end()
        count += 1
    pieces.append(instruction[end:])
    outside = [PLACEHOLDER.sub("", text) for text in pieces[::2]]
    has_article = any(re.search(r"\ban? $", text) for text in outside[:-1])
    if has_article or any(whole_words(labels).search(text) for text in outside):
        return None, count
    return "".join(pieces), count


def _like(written: str, word: str, labels: Words) -> str:
    """Return the new word, with a capital where the old one had one that its label has not."""
    return word[:1].upper() + word[1:] if written[:1].isupper() and written not in labels else word


@lru_cache(maxsize=256)
def _without_list(instruction: str, labels: Words) -> str | None:
    """Return the instruction without its one sentence or ending that lists all labels; None where that is not certain."""
    listing = _list_pattern(labels)
    sentence = re.compile(rf"{_SAYING}({listing})(?: only)?\.(?:\s|$)", re.IGNORECASE)
    ending = re.compile(rf":\s({listing})\.$", re.IGNORECASE)
    found = [match for match in sentence.finditer(instruction) if _is_whole(match[1], labels)]
    if len(found) == 1:
        left = instruction[: found[0].start()] + instruction[found[0].end() :]
    elif not found and (match := ending.search(instruction)) and _is_whole(match[1], labels):
        left = instruction[: match.start()] + "."
    else:
        return None
    is_left = len(left.split()) >= 3 and not re.search(rf"{listing}", left, re.IGNORECASE)
    return left.strip() if is_left else None


def _is_whole(listing: str, labels: Words) -> bool:
    return len({one.lower() for one in whole_words(labels).findall(listing)}) == len(labels)


def other_words(prompt: Prompt) -> tuple[Words, ...]:
    """Return the sets of words of the table that may take the place of a prompt's labels, in the order of its choices.

    Where a set stands for the choices already, the choices themselves are in its place.
    """
    rows = words_for(prompt.choices, "same")
    own = tuple(shown(prompt, choice) for choice in prompt.choices)
    if own in rows:
        rows = tuple(prompt.choices if row == own else row for row in rows)
    elif prompt.verbalizer:
        return ()
    return _unsaid(prompt, rows)


def reworded(prompt: Prompt, words: Words) -> Prompt | None:
    """Return the prompt with other words for its labels, in the order of its choices; None where they do not fit it."""
    own = tuple(shown(prompt, choice) for choice in prompt.choices)
    renamed = dict(zip(own, words, strict=True))
    if not keeps_form(prompt.instruction, list(renamed.items())):
        return None
    instruction, lists = _relisted(prompt.instruction, own, renamed.__getitem__)
    shows_choices = lists > 0 or prompt.list_choices or "{choices}" in prompt.instruction
    if not shows_choices or instruction is None:
        return None
    return replace(prompt, instruction=instruction, verbalizer=tuple(zip(prompt.choices, words, strict=True)))


@lru_cache(maxsize=1)
def _sets() -> dict[frozenset[str], dict[str, Any]]:
    """Return the sets of `words/labels.toml` by their labels."""
    return {frozenset(one["labels"]): one for one in read("labels")["sets"]}


def words_for(choices: Words, kind: str) -> tuple[Words, ...]:
    """Return the sets of words that can stand for the choices, in the order of the choices; `kind` is same or coded."""
    found = _sets().get(frozenset(choice.lower() for choice in choices))
    if found is None or len(found["labels"]) != len(choices):
        return ()
    places = [found["labels"].index(choice.lower()) for choice in choices]
    rows = found.get(kind, ())
    return tuple(tuple(like(choices[n], row[place]) for n, place in enumerate(places)) for row in rows)
