"""Training texts as batches of token ids, texts of like length together.

    ids      i i i c c c c c a a e . .      i, c: instruction and question   a: answer   e: end   .: padding
    weights  w 0 0 w 0 w 0 0 1 1 1 0 0      of predicting this token: 1 in the answer, a random few of the rest, weighed low in the loss

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

BATCH_TOKENS = 4096
"""Padded tokens in a batch, at most."""

GRID = 8
"""Lengths are padded to a multiple of this."""

CONTEXT_SHARE = 0.15
"""Share of the context's tokens that are learned as well, with a low weight."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Token ids and what to learn of them; B texts, T tokens."""

    ids_BT: torch.Tensor
    answer_BT: torch.Tensor
    """Whether a token belongs to an answer (or is the end after it)."""
    context_BT: torch.Tensor
    """Whether a token of the context is learned as well."""


def encode(tokenizer: PreTrainedTokenizerFast, texts: Sequence[Text]) -> list[tuple[list[int], int]]:
    """Give for each text its ids, with the end token, and how many of them are context."""
    contexts = tokenizer([text.context for text in texts])["input_ids"]
    answers = tokenizer([text.answer for text in texts])["input_ids"]
    end = [tokenizer.eos_token_id]
    return [(context + answer + end, len(context)) for context, answer in zip(contexts, answers, strict=True)]


def batches(tokenizer: PreTrainedTokenizerFast, texts: Sequence[Text], *key: object) -> list[Batch]:
    """Give the texts as batches, in an order and with context tokens that depend on `key`."""
    rng = rng_for("batches", *key)
    encoded = sorted(encode(tokenizer, texts), key=lambda pair: len(pair[0]))
    groups: list[list[tuple[list[int], int]]] = [[]]
    for pair in encoded:
        if groups[-1] and _padded(len(pair[0])) * (len(groups[-1]) + 1) > BATCH_TOKENS:
            groups.append([])
        groups[-1].append(pair)
    rng.shuffle(groups)
    generator = torch.Generator().manual_seed(rng.getrandbits(62))
    return [_batch(group, tokenizer.pad_token_id, generator) for group in groups]


def _padded(length: int) -> int:
    return -(-length // GRID) * GRID


def _batch(group: list[tuple[list[int], int]], pad: int, generator: torch.Generator) -> Batch:
    width = _padded(max(len(ids) for ids, _ in group))
    ids_BT = torch.tensor([ids + [pad] * (width - len(ids)) for ids, _ in group])
    start_B1 = torch.tensor([[start] for _, start in group])
    length_B1 = torch.tensor([[len(ids)] for ids, _ in group])
    place_1T = torch.arange(width)[None]
    answer_BT = (place_1T >= start_B1) & (place_1T < length_B1)
    drawn_BT = torch.rand(ids_BT.shape, generator=generator) < CONTEXT_SHARE
    return Batch(ids_BT, answer_BT, drawn_BT & (place_1T < start_B1) & (place_1T > 0))
