"""The pocket model: a small Llama, made, scored and saved.

Covered: its shape, its random start, its file (half precision, safetensors) under 16 MB.
Not covered: how it is trained (pocket.train) and asked (probe.models).
"""

from __future__ import annotations

from pathlib import Path

import torch
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast
from transformers.models.llama.modeling_llama import LlamaAttention

HIDDEN = 256
LAYERS = 4
HEADS = 8
FEED_FORWARD = 704
WINDOW = 512

LOOK_BACK = (1, 1, 2, 3)
"""How many tokens back the first heads of each layer look at the start of training."""
LOOK_BACK_PAIRS, LOOK_BACK_SIZE = 5, 2.5
"""In how many of the fastest rotations, and how large the biases are."""


def new_model(seed: int, tokenizer: PreTrainedTokenizerFast) -> LlamaForCausalLM:
    """Return a model with random weights that depend on the seed alone."""
    torch.manual_seed(seed)
    config = LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=HIDDEN,
        intermediate_size=FEED_FORWARD,
        num_hidden_layers=LAYERS,
        num_attention_heads=HEADS,
        num_key_value_heads=HEADS,
        max_position_embeddings=WINDOW,
        tie_word_embeddings=True,
        bos_token_id=None,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
        rope_theta=10000.0,
        attention_bias=True,
    )
    model = LlamaForCausalLM(config)
    for layer in model.model.layers:
        _look_back(layer.self_attn)
    model.set_attn_implementation("eager")  # twice as fast as the fused kernel at these lengths on a CPU
    return model


@torch.no_grad()
def _look_back(attention: LlamaAttention) -> None:
    """Let half of a layer's heads start out looking at the tokens just before, by their biases.

    After the rotation by position the biases of query m and key n meet at an angle of (m - n - offset) times each frequency, so
    that their product is largest `offset` tokens back. A small network takes long to find such heads from a start without them.
    """
    size = HIDDEN // HEADS
    frequency = 10000.0 ** (-2 * torch.arange(LOOK_BACK_PAIRS) / size)
    query = attention.q_proj.bias.view(HEADS, 2, size // 2)
    key = attention.k_proj.bias.view(HEADS, 2, size // 2)
    for head, offset in enumerate(LOOK_BACK):
        key[head, 0, :LOOK_BACK_PAIRS] = LOOK_BACK_SIZE
        query[head, 0, :LOOK_BACK_PAIRS] = LOOK_BACK_SIZE * torch.cos(offset * frequency)
        query[head, 1, :LOOK_BACK_PAIRS] = -LOOK_BACK_SIZE * torch.sin(offset * frequency)


def save_model(model: LlamaForCausalLM, folder: Path) -> None:
    """Write the weights as float16 safetensors, with the configuration, into a folder."""
    half = {name: tensor.to(torch.float16) for name, tensor in model.state_dict().items() if name != "lm_head.weight"}
    model.config.dtype = torch.float32
    model.save_pretrained(str(folder), state_dict=half)
