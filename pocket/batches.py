"""Training texts as batches of token ids, texts of like length together.

    ids      i i i c c c c c a a e . .      i, c: instruction and question   a: answer   e: end   .: padding
    learned  w . . w . w . . a a a . .      a: in the answer   w: a random few of the rest, weighed low in the loss

Covered: tokens, padding to the right, batch order, which tokens are learned.
Not covered: the loss itself (pocket.train).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from transformers import PreTrainedTokenizerFast

from pocket.corpus import Text
from probe.seeds import rng_for

BATCH_TOKENS = 2048
"""Padded tokens in a batch, at most."""

GRID = 8
"""Lengths are padded to a multiple of this."""

CONTEXT_SHARE = 0.25
"""Share of the context's tokens that are learned as well, with a low weight."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Token ids and what to learn of them; B texts, T tokens."""

    ids_BT: torch.Tensor
    answer_BT: torch.Tensor
    """Whether a token belongs to an answer (or is the end after it)."""
    context_BT: torch.Tensor
    """Whether a token of the context is learned as well."""


Encoded = tuple[list[int], list[bool]]
"""A text's ids, and for each whether it is part of an answer (or the end after the last one)."""


def encode(tokenizer: PreTrainedTokenizerFast, texts: Sequence[Text]) -> list[Encoded]:
    """Return the texts as ids; a part's tokens never span its borders, since words and newlines are tokens of their own."""
    pieces = [piece for text in texts for part in text.parts for piece in part]
    ids = iter(tokenizer(pieces)["input_ids"])
    encoded = []
    for text in texts:
        row: list[int] = []
        learned: list[bool] = []
        for _ in text.parts:
            for is_answer in (False, True):
                piece = next(ids)
                row += piece
                learned += [is_answer] * len(piece)
        encoded.append(([*row, tokenizer.eos_token_id], [*learned, True]))
    return encoded


def batches(tokenizer: PreTrainedTokenizerFast, texts: Sequence[Text], *key: object) -> list[Batch]:
    """Return the texts as batches, in an order and with context tokens that depend on `key`."""
    rng = rng_for("batches", *key)
    encoded = sorted(encode(tokenizer, texts), key=lambda pair: len(pair[0]))
    groups: list[list[Encoded]] = [[]]
    for pair in encoded:
        if groups[-1] and _padded(len(pair[0])) * (len(groups[-1]) + 1) > BATCH_TOKENS:
            groups.append([])
        groups[-1].append(pair)
    rng.shuffle(groups)
    generator = torch.Generator().manual_seed(rng.getrandbits(62))
    return [_batch(group, tokenizer.pad_token_id, generator) for group in groups]


def _padded(length: int) -> int:
    return -(-length // GRID) * GRID


def _batch(group: list[Encoded], pad: int, generator: torch.Generator) -> Batch:
    width = _padded(max(len(ids) for ids, _ in group))
    ids_BT = torch.tensor([ids + [pad] * (width - len(ids)) for ids, _ in group])
    answer_BT = torch.tensor([learned + [False] * (width - len(learned)) for _, learned in group])
    drawn_BT = torch.rand(ids_BT.shape, generator=generator) < CONTEXT_SHARE
    return Batch(ids_BT, answer_BT, drawn_BT & ~answer_BT & (ids_BT != pad))
