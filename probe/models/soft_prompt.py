"""Virtual tokens that an adapter of peft puts in front of every text, in rows of a trie.

    node     p p 0 1 2 3           the soft prompt is the root of every row: each node sees all of it,
    depth    0 1 2 3 4 4           and stands as much further along

peft itself takes no such mask and no positions beside a soft prompt. So a row that branches is given to the base model as
embeddings; one that is a plain sequence goes through peft, and a model is packed only where both agree (`probe.models.trust`).

Covered: prompt tuning, p-tuning. Not covered: prefix tuning, whose keys and values stand in a cache; it is computed in padded
batches.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import torch

from probe.models.trie import Row

IN_FRONT = ("PROMPT_TUNING", "P_TUNING")
"""Kinds of adapters of peft that are embeddings in front of a text."""


def num_virtual(model: Any) -> int:
    """Return how many virtual tokens an adapter puts in front of a text, by embeddings or by a cache."""
    config = _config(model)
    return int(config.num_virtual_tokens) if config is not None else 0


def num_packed(model: Any) -> int:
    """Return how many of these are embeddings, which a row can begin with."""
    config = _config(model)
    return int(config.num_virtual_tokens) if config is not None and config.peft_type.value in IN_FRONT else 0


def behind(row: Row, num: int) -> Row:
    """Return a row whose root is `num` virtual tokens; their ids are 0 and are not read."""
    root = np.arange(num)
    return replace(
        row,
        ids=np.concatenate([0 * root, row.ids]),
        depth=np.concatenate([root, row.depth + num]),
        end=np.concatenate([0 * root + num + len(row), row.end + num]),
        nodes=row.nodes + num,
    )


def embedded(model: Any, inputs: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
    """Return the base model and what it is given for rows that begin with virtual tokens."""
    base = model.get_base_model()
    ids = inputs.pop("input_ids")
    prompt = model.get_prompt(batch_size=len(ids))  # (B, P, D)
    texts = base.get_input_embeddings()(ids[:, prompt.shape[1] :])
    return base, {**inputs, "inputs_embeds": torch.cat([prompt.to(texts.dtype), texts], dim=1)}


def _config(model: Any) -> Any:
    """Return the configuration of a model's soft prompt; None where it has none, or it is switched off."""
    config = getattr(model, "active_peft_config", None) if hasattr(model, "peft_config") else None
    is_off = getattr(model, "_adapters_disabled", False)
    return config if config is not None and config.is_prompt_learning and not is_off else None
