"""The pocket model: a small Llama, made, scored and saved.

Covered: its shape, its random start, its file (half precision, safetensors) under 16 MB.
Not covered: how it is trained (pocket.train) and asked (probe.models).
"""

from __future__ import annotations

from pathlib import Path

import torch
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

HIDDEN = 256
LAYERS = 4
HEADS = 8
FEED_FORWARD = 704
WINDOW = 512


def new_model(seed: int, tokenizer: PreTrainedTokenizerFast) -> LlamaForCausalLM:
    """Give a model with random weights that depend on the seed alone."""
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
    )
    model = LlamaForCausalLM(config)
    model.set_attn_implementation("eager")  # twice as fast as the fused kernel at these lengths on a CPU
    return model


def save_model(model: LlamaForCausalLM, folder: Path) -> None:
    """Write the weights as float16 safetensors, with the configuration, into a folder."""
    half = {name: tensor.to(torch.float16) for name, tensor in model.state_dict().items() if name != "lm_head.weight"}
    model.config.dtype = torch.float32
    model.save_pretrained(str(folder), state_dict=half)
