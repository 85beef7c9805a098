"""How fast a model is likely to be here, guessed without its weights.

Covered: an order of magnitude, for `probe plan`. Not covered: attention over long contexts, several devices.
"""

from __future__ import annotations

import time

import torch

from probe.models.loading import load_config, pocket_folder, resolved_device
from probe.models.options import HuggingFaceOptions

SIZE = 1024
SHARE = 0.4
"""Of the rate of a plain matrix product, what a forward pass of a small model reaches."""


def tokens_per_second(name: str, options: HuggingFaceOptions) -> float:
    """Guess the tokens a second of a forward pass: 2 x parameters operations a token (Kaplan et al. 2020, section 2.1)."""
    return SHARE * _operations_per_second(options) / (2 * num_parameters(name, options))


def pocket_tokens_per_second(name: str, options: HuggingFaceOptions) -> float:
    """Guess the same of the small model that comes with the package."""
    return tokens_per_second(str(pocket_folder()), options)


def num_parameters(name: str, options: HuggingFaceOptions) -> int:
    """Count the parameters that take part in a product, from the configuration alone: nothing is allocated."""
    from transformers import AutoModelForCausalLM

    config = load_config(name, options)

    with torch.device("meta"):
        model = AutoModelForCausalLM.from_config(config)
    embedding = model.get_input_embeddings().weight.numel()
    return int(sum(p.numel() for p in model.parameters()) - (0 if config.tie_word_embeddings else embedding))


def _operations_per_second(options: HuggingFaceOptions) -> float:
    """Multiply two matrices a few times and give the best rate (floating-point operations a second)."""
    device = resolved_device(options.device)
    matrix = torch.rand(SIZE, SIZE, device=device)
    best = float("inf")
    for _ in range(4):
        started = time.perf_counter()
        float((matrix @ matrix).sum())
        best = min(best, time.perf_counter() - started)
    return float(2 * SIZE**3 / best)
