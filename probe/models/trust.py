"""Can this model be given a trie? Asked of its configuration, then of the model itself.

A packed row needs a model that takes any attention mask and any positions. State-space layers, ALiBi and the like do
not. What the configuration does not give away the model does: a few packed scores must equal plain ones.

Covered: the decision, with its reason. Not covered: what happens instead (padded batches, `probe.models.huggingface`).
"""

from __future__ import annotations

import inspect
import warnings
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from probe.models.packing import Window, score
from probe.models.trie import Costs, Span, plan

TOLERANCE = {torch.float32: 5e-4, torch.float64: 1e-6, torch.float16: 0.1, torch.bfloat16: 0.5}
"""Largest difference in a token's log-probability that is float noise."""

KNOWN_LAYERS = {"full_attention", "sliding_attention"}

CHECK_LENGTH = 24
"""Tokens of the sequences that a model is checked with on load."""

CHECKED_WINDOW = 64
"""A sliding window up to this length is exceeded in the check on load; a longer one is checked when a run needs it."""

REFUSALS = (TypeError, ValueError, RuntimeError, IndexError, AttributeError, KeyError, NotImplementedError)
"""What architectures raise on a mask or positions that they cannot take."""


def text_config(model: Any) -> Any:
    """Return the configuration of the language part of a model."""
    return getattr(model.config, "text_config", None) or model.config


def sliding_window(config: Any) -> Window | None:
    """Return the model's sliding window, if any of its layers has one."""
    size = getattr(config, "sliding_window", None)
    kinds = getattr(config, "layer_types", None)
    if not size or (kinds is not None and "sliding_attention" not in kinds):
        return None
    return Window(int(size), in_all_layers=kinds is None)


def longest_packed(config: Any) -> int | None:
    """Return how many tokens a sequence may have to be packed with others; None: any number."""
    rope = getattr(config, "rope_parameters", None) or getattr(config, "rope_scaling", None) or {}
    of_layers = [kind for kind in rope.values() if isinstance(kind, dict)] or [rope]
    return min(
        (
            # these scale with the longest sequence of a batch, once it exceeds the length trained on
            int(kind.get("original_max_position_embeddings") or config.max_position_embeddings)
            for kind in of_layers
            if kind.get("rope_type") in {"dynamic", "longrope"}
        ),
        default=None,
    )


def why_not_packed(model: Any, *, pad_id: int) -> str:
    """Return the reason why this model's scores cannot come from packed rows; empty if they can."""
    config = text_config(model)
    takes = inspect.signature(innermost(model).forward).parameters
    if not {"attention_mask", "position_ids"} <= set(takes):
        return "it takes no position ids"
    if getattr(config, "alibi", False):
        return "its positions are ALiBi biases"
    unknown = set(getattr(config, "layer_types", None) or ()) - KNOWN_LAYERS
    if unknown:
        return f"it has layers of kind {', '.join(sorted(unknown))}"
    window = sliding_window(config)
    is_short = window is not None and window.size <= CHECKED_WINDOW
    return check(model, pad_id=pad_id, length=window.size + 8 if window and is_short else CHECK_LENGTH)


def innermost(model: Any) -> Any:
    """Return the model inside a peft adapter."""
    return model.get_base_model() if hasattr(model, "get_base_model") else model


def check(model: Any, *, pad_id: int, length: int) -> str:
    """Compare packed scores of sequences of up to `length` tokens with plain ones; give what is wrong with them."""
    config = text_config(model)
    window = sliding_window(config)
    tried = [(span, _plain_scores(model, span, pad_id)) for span in _specimens(config, length=length)]
    # One that overflows by itself says nothing of packing, and would spoil the others in the row.
    sound = [(span, values) for span, values in tried if not np.isnan(values).any()]
    if not sound:
        return "its scores are no numbers, packed or not"
    spans, theirs = [span for span, _ in sound], np.concatenate([values for _, values in sound])
    packed = plan(spans, max_row=10**6, costs=Costs(pair=0.0, row=1e6))  # rows so dear that all spans lie in one
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what a model says of a mask that it then refuses is said below
            ours = score(model, packed, pad_id=pad_id, window=window)
    except REFUSALS as refusal:
        return f"it refuses a custom mask ({type(refusal).__name__}: {str(refusal)[:100]})"
    order = np.argsort(ours.owners, kind="stable")
    difference = np.abs(ours.values[order] - theirs).max()
    # Negated, so that NaN is a difference.
    if not difference <= TOLERANCE.get(model.dtype, 0.5):
        return f"packed scores differ from plain ones by up to {difference:.2g}"
    return ""


def _plain_scores(model: Any, span: Span, pad_id: int) -> npt.NDArray[np.float64]:
    """Return the scores of a sequence in a row of its own."""
    return score(model, plan([span], max_row=10**6), pad_id=pad_id).values


def _specimens(config: Any, *, length: int) -> list[Span]:
    """Return token sequences that branch at several depths, of up to `length` tokens, fixed once and for all."""
    length = min(length, int(getattr(config, "max_position_embeddings", None) or length))
    rng = np.random.default_rng(0)
    trunk = rng.integers(0, config.vocab_size, size=length, dtype=np.int32)
    spans = []
    for keep in (length // 4, length // 2, length - 4, length - 4):
        fresh = rng.integers(0, config.vocab_size, size=length - keep, dtype=np.int32)
        spans.append(Span(np.concatenate([trunk[:keep], fresh]), first_scored=max(length // 8, 1)))
    return spans
