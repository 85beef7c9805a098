"""Attention in blocks is attention under the dense mask."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch.nn.functional import scaled_dot_product_attention

from probe.models import blocks, packing
from probe.models.blocks import Blockwise
from probe.models.trie import Costs, Span, plan


def forest(num, seed=0):
    """Return spans that branch at many depths, about 400 nodes in all."""
    rng = np.random.default_rng(seed)
    trunk = rng.integers(0, 300, size=150)
    spans = []
    for keep in rng.integers(1, 140, size=num):
        tail = rng.integers(0, 300, size=30)
        spans.append(Span(np.concatenate([trunk[:keep], tail]).astype(np.int32), first_scored=2))
    return spans


@pytest.fixture(scope="module")
def model():
    import transformers

    torch.manual_seed(0)
    config = transformers.LlamaConfig(
        vocab_size=300, hidden_size=32, intermediate_size=48, num_hidden_layers=2, num_attention_heads=4,
        num_key_value_heads=2, max_position_embeddings=512, initializer_range=0.3,
    )  # fmt: skip
    return transformers.LlamaForCausalLM(config).eval()


def test_a_long_row_scores_the_same_in_blocks_and_at_once(model, monkeypatch):
    rows = plan(forest(12), max_row=4096, costs=Costs(pair=0.0))
    assert len(rows) == 1 and len(rows[0]) > blocks.WORTH_IT
    in_blocks = packing.score(model, rows, pad_id=0)
    monkeypatch.setattr(blocks, "WORTH_IT", 10**6)
    at_once = packing.score(model, rows, pad_id=0)
    assert in_blocks.values == pytest.approx(at_once.values, abs=1e-4)
    assert np.array_equal(in_blocks.owners, at_once.owners)


def test_rows_of_one_batch_have_blocks_of_their_own(model):
    rows = [row for seed in (1, 2) for row in plan(forest(12, seed), max_row=4096, costs=Costs(pair=0.0))]
    together = packing.score(model, rows, pad_id=0).values
    apart = np.concatenate([packing.score(model, [row], pad_id=0).values for row in rows])
    assert together == pytest.approx(apart, abs=1e-4)


def test_only_keys_that_are_seen_are_multiplied_and_only_under_the_announced_mask():
    torch.manual_seed(0)
    query, key, value = torch.randn(3, 1, 2, 400, 8)
    visible = torch.ones(400, 400).tril().bool()
    visible[200:, 20:200] = False
    mask = torch.where(visible, 0.0, torch.finfo(torch.float32).min)[None, None]
    other = torch.zeros_like(mask)
    with Blockwise([mask]) as mode:
        ours = scaled_dot_product_attention(query, key, value, attn_mask=mask)
        unknown = scaled_dot_product_attention(query, key, value, attn_mask=other)
    assert torch.allclose(ours, scaled_dot_product_attention(query, key, value, attn_mask=mask), atol=1e-5)
    assert torch.equal(unknown, scaled_dot_product_attention(query, key, value, attn_mask=other))
    (last,) = (block for blocks in mode._blocks.values() for block in blocks if block.stop == 400)
    assert sum(run.stop - run.start for run in last.keys) == 20 + 200
