"""What is read off a model's weights and configuration: its fingerprint, and how dear attention is to it.

Covered: models of transformers. Not covered: whether it can be packed (`probe.models.trust`).
"""

from __future__ import annotations

import hashlib
from typing import Any

import torch

from probe.models.trust import text_config

HASH_WHOLE = 4 << 30
"""Weights up to this many bytes are hashed whole; of larger ones, 64 blocks of every tensor."""

BLOCK = 4096
"""Elements of a block."""


def fingerprint_of(model: Any) -> str:
    """Return a hash of the weights, an adapter's included, with names, shapes and dtypes."""
    digest = hashlib.blake2b(digest_size=16)
    state = sorted(model.state_dict().items())
    is_whole = sum(t.numel() * t.element_size() for _, t in state) <= HASH_WHOLE
    for name, tensor in state:
        digest.update(f"{name}\x1f{tuple(tensor.shape)}\x1f{tensor.dtype}".encode())
        flat = tensor.detach().reshape(-1)
        starts = range(0, len(flat), max(len(flat) // 64, BLOCK))
        for block in [flat] if is_whole else [flat[start : start + BLOCK] for start in starts]:
            digest.update(block.contiguous().view(torch.uint8).cpu().numpy().data)
    return digest.hexdigest()


def pair_cost(model: Any, device: torch.device) -> float:
    """Return what attention between two nodes costs, in units of a token's share of the dense layers.

    Multiplications: 4 * width for a pair in each layer, 2 for each weight outside the vocabulary; times how much less
    efficient attention runs: on a CPU in blocks (`probe.models.blocks`) 0.25, measured on 2 cores; guessed elsewhere.
    """
    config = text_config(model)
    # Tied input and output embeddings are one tensor: by identity it is left out once.
    vocabulary = {id(m.weight) for m in (model.get_input_embeddings(), model.get_output_embeddings()) if m is not None}
    dense = sum(p.numel() for p in model.parameters() if id(p) not in vocabulary)
    width, layers = getattr(config, "hidden_size", 0), getattr(config, "num_hidden_layers", 0)
    slowness = 0.25 if device.type == "cpu" else 1.5
    if getattr(config, "_attn_implementation", "sdpa") == "eager":
        slowness *= 6
    return float(slowness * 2 * width * layers / max(dense, 1))
