"""What is read off a model's weights and configuration: its fingerprint, and how dear attention is to it.

Covered: models of transformers. Not covered: whether it can be packed (`probe.models.trust`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import torch

from probe.models.canonical import digest_of
from probe.models.trust import text_config

IN_ONE_GO = 4 << 30
"""Weights up to this many bytes are hashed one after the other; larger ones by several threads, tensor by tensor."""

THREADS = 4
"""Tensors hashed at once: each is copied from the accelerator."""


def fingerprint_of(model: Any, *, dtype: torch.dtype | None = None) -> str:
    """Return a hash of all weights, an adapter's included, with names, shapes and dtypes.

    With `dtype` numbers are rounded to it before they are hashed.
    """
    digest = hashlib.blake2b(digest_size=16)
    state = sorted((name, _rounded(value, dtype)) for name, value in model.state_dict().items())
    tensors = [tensor for _, tensor in state if isinstance(tensor, torch.Tensor)]
    is_small = sum(t.numel() * t.element_size() for t in tensors) <= IN_ONE_GO
    with ThreadPoolExecutor(THREADS) as pool:
        parts: Iterator[memoryview | bytes] = map(_bytes_of, tensors) if is_small else pool.map(_hash_of, tensors)
        for name, tensor in state:
            if isinstance(tensor, torch.Tensor):
                digest.update(f"{name}\x1f{tuple(tensor.shape)}\x1f{tensor.dtype}".encode())
                digest.update(next(parts))
            else:  # what a module saves beside its tensors
                digest.update(f"{name}\x1f{digest_of(tensor)}".encode())
    return digest.hexdigest()


def mark_of(model: Any) -> tuple[Any, ...]:
    """Return what changes whenever weights are changed in place, read at the speed of memory.

    Of each tensor: where it lies, how often it was written to, and the sum of its bits as whole numbers. The count alone misses
    what is written through `.data`, the sum alone what is exchanged.
    """
    return tuple(
        (name, tensor.data_ptr(), 0 if tensor.is_inference() else tensor._version, _sum_of_bits(tensor))
        for name, tensor in model.state_dict(keep_vars=True).items()
        if isinstance(tensor, torch.Tensor)
    )


def _rounded(value: Any, dtype: torch.dtype | None) -> Any:
    is_number = isinstance(value, torch.Tensor) and value.is_floating_point()
    return value.to(dtype) if dtype is not None and is_number else value


def _flat(tensor: torch.Tensor) -> torch.Tensor:
    return tensor.detach().reshape(-1).contiguous().view(torch.uint8)


def _bytes_of(tensor: torch.Tensor) -> memoryview:
    return _flat(tensor).cpu().numpy().data


def _hash_of(tensor: torch.Tensor) -> bytes:
    return hashlib.blake2b(_bytes_of(tensor), digest_size=16).digest()


def _sum_of_bits(tensor: torch.Tensor) -> int:
    """Return the sum of a tensor's bytes, read as numbers of 64 bits where it lies in memory as these do."""
    flat = _flat(tensor)
    start = min(-flat.storage_offset() % 8, len(flat))
    end = start + (len(flat) - start) // 8 * 8
    ends = int(flat[:start].sum()) + int(flat[end:].sum())
    return ends + int(flat[start:end].view(torch.int64).sum()) if end > start else ends


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
