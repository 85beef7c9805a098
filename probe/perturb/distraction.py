"""Irrelevant text beside the question, which stays whole.

    tautology       ... positive or negative. and true is true and true is true
    random-string   ... positive or negative. kTqVbYwPzs
    sentence        The kettle stands near the kitchen window. Decide whether ...
    context         a short paragraph between the instruction and the input, or before both
    padding         filler | instruction, input | filler | answer slot: the question is lost in the middle

The added text mentions no answer, no descriptor and not the task. It stands beside the instruction or before the answer slot,
never within a field. One sample is shared by all items; an item whose answers it mentions gets the next text instead.

Covered: laid-out prompts and templates, with and without demonstrations. Not covered: text within the fields.
"""

from __future__ import annotations

import string
from collections.abc import Callable, Iterator
from functools import lru_cache
from random import Random

from probe.evolve import evolve
from probe.perturb.catalogue.register import item_perturbation
from probe.perturb.helpers.english import whole_words, words_of
from probe.perturb.helpers.language import in_english
from probe.perturb.helpers.machine.text import put_after, put_before
from probe.perturb.helpers.protected import answers, descriptors
from probe.perturb.words import word_list, word_set
from probe.prompt.render import PLACEHOLDER
from probe.types import Item

MAX_REPEATS = 5
"""How often PromptBench (Zhu et al. 2023) says a tautology; what strength 1 is."""

STRING_LENGTH = 10
MAX_STRINGS = 5
MAX_WORDS = 1500
"""Words of padding at strength 1."""

SPARE = 40
"""How many made sentences that mention an answer are passed over before padding is given up."""


@item_perturbation("distraction-tautology", family="distraction", scope="suite", strength=0.6, adds=True)
@in_english
def distraction_tautology(item: Item, rng: Random, strength: float) -> Item | None:
    """Add a tautology to the instruction, several times: "and true is true".

    Covered: one tautology a sample, one to five times (the strength), without the words of the answers.
    Not covered: items whose answers are in all of them.
    """
    added = _first_apart(item, "tautologies", rng)
    repeats = min(MAX_REPEATS, max(1, round(rng.uniform(0.5, 1.5) * strength * MAX_REPEATS)))
    return None if added is None else _beside(item, " ".join([added] * repeats), is_before=False)


@item_perturbation("distraction-random-string", family="distraction", scope="suite", strength=0.2, adds=True)
def distraction_random_string(item: Item, rng: Random, strength: float) -> Item | None:
    """Add strings of ten random letters to the instruction.

    Covered: one to five strings (the strength), before or after it; letters alone, so that no number is added (Ribeiro et
    al. 2020, "Beyond Accuracy: Behavioral Testing of NLP Models with CheckList"; PromptBench).
    Not covered: addresses and handles.
    """
    count = max(1, round(strength * MAX_STRINGS))
    drawn = ["".join(rng.choices(string.ascii_letters, k=STRING_LENGTH)) for _ in range(count)]
    is_before = rng.random() < 0.5
    return _beside(item, " ".join(drawn), is_before=is_before) if _is_apart(item, " ".join(drawn)) else None


@item_perturbation("distraction-sentence", family="distraction", scope="suite", adds=True)
@in_english
def distraction_sentence(item: Item, rng: Random) -> Item | None:
    """Add an irrelevant sentence before or after the instruction.

    Covered: one of 48 neutral sentences of the project's own (Shi et al. 2023, "Large Language Models Can Be Easily
    Distracted by Irrelevant Context"). Not covered: sentences about what the item speaks of.
    """
    is_before = rng.random() < 0.5
    added = _first_apart(item, "sentences", rng)
    return None if added is None else _beside(item, added, is_before=is_before)


@item_perturbation("distraction-context", family="distraction", scope="suite", adds=True)
@in_english
def distraction_context(item: Item, rng: Random) -> Item | None:
    """Add an irrelevant paragraph before the input.

    Covered: one of 12 paragraphs of the project's own, between the instruction and what is asked about, or before both.
    Not covered: prompts whose instruction stands last, where it goes before the instruction; texts that look relevant.
    """
    is_before = rng.random() < 0.5 or item.prompt.instruction_place == "after"
    added = _first_apart(item, "paragraphs", rng)
    return None if added is None else _beside(item, added, is_before=is_before, space="\n\n")


ASIDE = "Notes on something else: "


@item_perturbation("distraction-padding", family="distraction", scope="suite", strength=0.1, adds=True)
@in_english
def distraction_padding(item: Item, rng: Random, strength: float) -> Item | None:
    """Add long filler before and after the question, up to 1,500 words.

    Covered: made sentences about household things, before the instruction and before the answer slot, in a share that is
    drawn; the strength is the length (Liu et al. 2023, "Lost in the Middle").
    Not covered: after the input of a template whose last line holds a placeholder, where all of it stands before.
    """
    words = max(2, round(strength * MAX_WORDS))
    num_before = round(words * rng.uniform(0.2, 0.8))
    sentences = _apart(item, iter(lambda: _made_sentence(rng), ""))
    before, after = _filled(sentences, num_before), _filled(sentences, words - num_before)
    if before is None or after is None:
        return None
    if item.prompt.is_template:
        return _around(item, before, after)
    # Without a name of its own it would read as more of the last field, a hypothesis for one.
    after = ASIDE + after
    padded = _beside(item, before, is_before=True, space="\n\n")
    return evolve(padded, prompt=evolve(padded.prompt, note="\n".join([*filter(None, [item.prompt.note]), after])))


def _beside(item: Item, added: str, *, is_before: bool, space: str = " ") -> Item:
    """Return the item with a text added before or after its instruction; in a template always before."""
    prompt = item.prompt
    if prompt.is_template:
        return evolve(item, prompt=evolve(prompt, instruction=f"{added}\n\n{prompt.instruction}"))
    put = put_before if is_before else put_after
    return evolve(item, prompt=evolve(prompt, instruction=put(prompt.instruction, added, space)))


def _around(item: Item, before: str, after: str) -> Item:
    """Return a template with filler before it and before its last line, which is where its answer begins."""
    body, newline, slot = item.prompt.instruction.rpartition("\n")
    if not newline or not slot.strip() or PLACEHOLDER.search(slot):
        return _beside(item, f"{before} {after}", is_before=True)
    return evolve(item, prompt=evolve(item.prompt, instruction=f"{before}\n\n{body}\n{after}\n{slot}"))


def _filled(sentences: Iterator[str], num_words: int) -> str | None:
    """Return sentences of so many words in all, or a few more; None where no more can be had."""
    chosen: list[str] = []
    count = 0
    for sentence in sentences:
        chosen.append(sentence)
        count += sentence.count(" ") + 1
        if count >= num_words:
            return " ".join(chosen)
    return None


def _made_sentence(rng: Random) -> str:
    """Return one of the sentences that can be put together."""
    subject, deed, time = (rng.choice(word_list("distraction", part)) for part in ("subjects", "deeds", "times"))
    return f"The {subject} {deed} {time}."


def _first_apart(item: Item, key: str, rng: Random) -> str | None:
    """Return the first text of a list, in random order, that mentions nothing of the item."""
    candidates = word_list("distraction", key)
    return next(_apart(item, iter(rng.sample(candidates, len(candidates)))), None)


def _apart(item: Item, candidates: Iterator[str]) -> Iterator[str]:
    """Return the candidates that mention nothing of the item; give up after too many in a row that do."""
    is_apart = _apartness(answers(item), descriptors(item))
    passed_over = 0
    for candidate in candidates:
        passed_over = 0 if is_apart(candidate) else passed_over + 1
        if passed_over == 0:
            yield candidate
        elif passed_over > SPARE:
            return


def _is_apart(item: Item, text: str) -> bool:
    return _apartness(answers(item), descriptors(item))(text)


@lru_cache(maxsize=4096)
def _apartness(guarded: tuple[str, ...], names: frozenset[str]) -> Callable[[str], bool]:
    """Return a test of whether a text holds none of the answers, none of their words but common ones, no descriptor."""
    words = words_of("\n".join(guarded))
    wholes = {answer.lower() for answer in guarded} | (words - word_set("distraction", "common")) | names
    pattern = whole_words(tuple(whole for whole in wholes if whole.strip()))
    return lambda text: pattern.search(text.lower()) is None
