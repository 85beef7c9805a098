"""The training text: an endless stream of prompts with answers, none of them an evaluation item.

    grammar -> example -> (is its key held out? draw again) -> formulation -> prompt -> what is read + answer

Covered: which suite, formulation and demonstrations each training text has, by (seed, round) alone, so that any part of the
corpus can be made again; the hold-out filter; a digest of the text.
Not covered: tokens and batches (pocket.batches).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random

from pocket.formulations import FORMULATIONS, GRAMMARS, Formulation, draw_formulation, prompt
from pocket.grammar import Example, key_of
from pocket.lessons import lesson
from probe.prompt.render import BLOCK_SPACE, continuation, render
from probe.seeds import rng_for

ROUND_SIZE = 2048
"""Training texts in a round; each round has a random generator of its own."""

SHARES = {"sentiment": 2, "topic": 1, "facts": 6, "entailment": 8, "comparison": 6, "reading": 6}
"""How often each suite is drawn: the harder, the more."""

LATER, LATER_SHARES = 64, {"sentiment": 2, "topic": 1, "facts": 4, "entailment": 8, "comparison": 6, "reading": 20}
"""From which round what is learned last gets most of the texts: to find a place or a day in a passage."""

LESSONS, LESSONS_UNTIL, LATER_LESSONS = 0.2, 20, 0.05
"""Share of the texts that are lessons, until which round, and after it."""

DEMONSTRATED = 0.15
"""Share of the texts that show one to three solved examples first."""


@dataclass(frozen=True, slots=True)
class Text:
    """One training text: what is asked, and the answer as it follows."""

    suite: str
    parts: tuple[tuple[str, str], ...]
    """(what is read, the answer that follows) for each demonstration and for the question."""
    keys: tuple[str, ...]
    """Hold-out keys of the examples in it."""

    @property
    def whole(self) -> str:
        """Return the text with its answers."""
        return "".join(read + answer for read, answer in self.parts)


def held_out_keys(suites: Path) -> frozenset[str]:
    """Return the keys of all evaluation items and of their contrast edits, read from the suites' files."""
    keys = set()
    for path in sorted(suites.glob("*/items.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            for fields in (row["fields"], *(edit["fields"] for edit in row.get("contrast", ()))):
                keys.add(key_of(next(iter(fields.values()))))
    return frozenset(keys)


def texts(seed: int, round_index: int, held_out: frozenset[str], *, size: int = ROUND_SIZE) -> Iterator[Text]:
    """Return the training texts of one round; the same from the same arguments."""
    rng = rng_for("corpus", seed, round_index)
    shares = SHARES if round_index < LATER else LATER_SHARES
    suites = [suite for suite, share in shares.items() for _ in range(share)]
    share = LESSONS if round_index < LESSONS_UNTIL else LATER_LESSONS
    for _ in range(size):
        if rng.random() < share:
            yield Text("lesson", lesson(rng), ())
            continue
        suite = suites[int(rng.random() * len(suites))]
        formulation = draw_formulation(rng, suite)
        number = 1 + int(rng.random() * 3) if rng.random() < DEMONSTRATED else 0
        shown = tuple(draw(rng, suite, held_out) for _ in range(number))
        yield text_of(suite, formulation, draw(rng, suite, held_out), shown)


def draw(rng: Random, suite: str, held_out: frozenset[str]) -> Example:
    """Draw an example of a suite that is not held out."""
    while True:
        example = GRAMMARS[suite](rng)
        if example.key not in held_out:
            return example


def text_of(suite: str, formulation: Formulation, example: Example, shown: tuple[Example, ...] = ()) -> Text:
    r"""Return an example as training text, rendered as the tool renders it.

    instruction\n\n  Review: A bore.\nSentiment: negative \n\n  Review: A joy.\nSentiment: positive
    |----- read ----------------------------|- answer ---|----- read -----------|- answer -|
    """
    asked = prompt(formulation, example, shown)
    *solved, question = render(asked).split(BLOCK_SPACE)
    parts, read = [], ""
    for block, each in zip(solved[1:] if shown else (), shown, strict=True):
        answer = continuation(prompt(formulation, each), each.target)
        read += (solved[0] + BLOCK_SPACE if not parts else "") + block.removesuffix(answer)
        parts.append((read, answer))
        read = BLOCK_SPACE
    parts.append((read + question, continuation(asked, example.target)))
    return Text(suite, tuple(parts), tuple(e.key for e in (*shown, example)))


def check_texts(seed: int, held_out: frozenset[str], *, size: int) -> dict[str, list[Text]]:
    """Return fresh texts of each suite in its first formulation, to watch a training run; neither trained on nor shipped."""
    return {
        suite: [
            text_of(suite, FORMULATIONS[suite][0], draw(rng_for("check", seed, suite, n), suite, held_out))
            for n in range(size)
        ]
        for suite in GRAMMARS
    }


def digest(seed: int, rounds: int, held_out: frozenset[str]) -> str:
    """Return the SHA-256 of the text of the first rounds."""
    sha = hashlib.sha256()
    for index in range(rounds):
        for text in texts(seed, index, held_out):
            sha.update(f"{text.whole}\x00".encode())
    return sha.hexdigest()
