"""What a local model holds of a prompt: its hidden states, and on which tokens an answer hangs.

Covered: the states of all layers at the last token of a prompt; input times gradient of the margin between two answers
(Denil et al. 2014, arXiv 1412.6815; Ancona et al. 2018, arXiv 1711.06104).
Not covered: what they mean (`probe.metrics.representation`); models that are not local.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from probe.models.base import Model, once_each
from probe.models.huggingface import HuggingFace
from probe.models.packing import padded
from probe.types import Generation, LogLikelihood

# T = texts, L = layers with the embedding first, D = width, B = batch, S = tokens of a sequence

Floats = npt.NDArray[np.float32]

MAX_TOKENS = 2048
"""Of one forward pass, padding included: all layers of all tokens are kept until the last token is picked."""


@dataclass(frozen=True, slots=True)
class Salience:
    """How far each token of a prompt speaks for one answer against another, in nats to first order."""

    tokens: tuple[str, ...]
    scores: tuple[float, ...]
    margin: float
    """Log-probability of the one answer minus that of the other."""


def local_engine(model: Model) -> HuggingFace | None:
    """Return the local engine in a model, also behind a cache; None where it has none."""
    return model.unwrapped if isinstance(model.unwrapped, HuggingFace) else None


def last_states(engine: HuggingFace, texts: Sequence[str]) -> Floats:
    """Return the hidden states (T, L, D) at the last token of each text; a text that comes twice is read once.

    What exceeds the model's window loses its left end, as in scoring.
    """
    unique, places = once_each(texts)
    ids = [
        tokens[-engine.encoder.max_length :]
        for tokens in engine.encoder.encode_contexts([Generation(text) for text in unique])
    ]
    engine.encoder.check_known(ids, engine.num_tokens)
    states: dict[int, Floats] = {}
    for batch in _batches([len(tokens) for tokens in ids], min(engine.token_budget, MAX_TOKENS)):
        for index, state in zip(batch, _forward(engine, [ids[index] for index in batch]), strict=True):
            states[index] = state
    return np.stack([states[place] for place in places])


def salience(engine: HuggingFace, text: str, toward: str, against: str) -> Salience:
    """Say which tokens of a prompt speak for the continuation `toward` and against the other.

    The score of a token is its embedding times the gradient there of log P(toward) - log P(against).
    """
    spans = [item.span for item in engine.encoder.encode([LogLikelihood(text, toward), LogLikelihood(text, against)])]
    parts = [_gradient(engine, span.tokens.tolist(), span.first_scored) for span in spans if span is not None]
    if len(parts) < 2:
        raise ValueError("an answer is empty: there is no margin to explain")
    (first, ids, scores), (second, _, others) = parts
    # The two continuations may leave contexts of unlike length where one was cut on the left or merged with the last token.
    shared = min(len(scores), len(others))
    tokenizer = engine.encoder.tokenizer
    tokens = tuple(str(tokenizer.decode([token])) for token in ids[:shared])
    margin = [a - b for a, b in zip(scores[:shared], others[:shared], strict=True)]
    return Salience(tokens, tuple(margin), first - second)


def _batches(lengths: Sequence[int], budget: int) -> list[list[int]]:
    """Return positions in batches of like length, each at most `budget` tokens with padding."""
    batches: list[list[int]] = []
    for index in sorted(range(len(lengths)), key=lambda index: -lengths[index]):
        if batches and (len(batches[-1]) + 1) * lengths[batches[-1][0]] <= budget:
            batches[-1].append(index)
        else:
            batches.append([index])
    return batches


def _forward(engine: HuggingFace, rows: Sequence[Sequence[int]]) -> list[Floats]:
    """Return the states (L, D) at the last token of each row, padded on the right, where a causal model does not look."""
    width = max(map(len, rows))
    ids_BS = padded(rows, width=width, fill=engine.pad_id).to(engine.device)
    mask_BS = padded([[1] * len(row) for row in rows], width=width, fill=0).to(engine.device)
    with torch.inference_mode():
        given: Any = engine.model(
            input_ids=ids_BS, attention_mask=mask_BS, output_hidden_states=True, use_cache=False
        ).hidden_states
        # Layer by layer, so that only the last token's states of all layers are held: (B, L, D).
        last_B = mask_BS.sum(dim=1) - 1
        picked = torch.stack([layer[torch.arange(len(rows), device=engine.device), last_B] for layer in given], dim=1)
    return list(picked.float().cpu().numpy())


def _gradient(engine: HuggingFace, tokens: list[int], first_scored: int) -> tuple[float, list[int], list[float]]:
    """Return log P of the scored tokens, the tokens before them, and for each of these embedding times gradient."""
    ids_1S = torch.tensor([tokens], device=engine.device)
    with torch.enable_grad():
        embedded = engine.model.get_input_embeddings()(ids_1S[:, :-1]).detach().requires_grad_(True)
        logits = engine.model(inputs_embeds=embedded, use_cache=False).logits[0, first_scored - 1 :].float()
        chosen = logits.log_softmax(dim=-1).gather(1, ids_1S[0, first_scored:, None]).sum()
        (gradient,) = torch.autograd.grad(chosen, embedded)
    scores = (gradient.float() * embedded.detach().float()).sum(dim=-1)[0, :first_scored]
    return float(chosen.detach()), tokens[:first_scored], scores.cpu().tolist()
