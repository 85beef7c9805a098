"""How fast a model is likely to be here, guessed without its weights.

Covered: an order of magnitude, for `probe plan`. Not covered: attention over long contexts, several devices.
"""

from __future__ import annotations

import time
from typing import Any

import torch

from probe.models.base import ModelOptions

SIZE = 1024
SHARE = 0.4
"""Of the rate of a plain matrix product, what a forward pass of a small model reaches."""


def tokens_per_second(config: Any, options: ModelOptions) -> float:
    """Guess the tokens a second of a forward pass: 2 x parameters operations a token (Kaplan et al. 2020, section 2.1)."""
    return SHARE * _operations_per_second(options) / (2 * num_parameters(config))


def num_parameters(config: Any) -> int:
    """Count the parameters that take part in a product, from the configuration alone: nothing is allocated."""
    from transformers import AutoModelForCausalLM

    with torch.device("meta"):
        model = AutoModelForCausalLM.from_config(config)
    embedding = model.get_input_embeddings().weight.numel()
    return int(sum(p.numel() for p in model.parameters()) - (0 if config.tie_word_embeddings else embedding))


def _operations_per_second(options: ModelOptions) -> float:
    """Multiply two matrices a few times and give the best rate (floating-point operations a second)."""
    from probe.models.loading import resolved_device

    device = resolved_device(options.device)
    matrix = torch.rand(SIZE, SIZE, device=device)
    best = float("inf")
    for _ in range(4):
        started = time.perf_counter()
        float((matrix @ matrix).sum())
        best = min(best, time.perf_counter() - started)
    return float(2 * SIZE**3 / best)
