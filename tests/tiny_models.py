"""Tiny random models of many architectures, and a tokenizer trained on the spot: small, but real. Fixtures of several rooms."""

from __future__ import annotations

import pytest

WINDOW = 96

CORPUS = [
    "Say whether the review is positive or negative.",
    "Review: A joy from start to end. Sentiment: positive",
    "Review: Two hours that I shall not get back. Sentiment: negative",
    "The quick brown fox jumps over the lazy dog, doesn't it? Caf\u00e9, na\u00efve, \u00fcber.",
    "Question: which of these is larger?\n(A) a mouse\n(B) a house\nAnswer: (B)",
    "0 1 2 3 4 5 6 7 8 9 \U0001f600 \U0001f680 ok\t\n\n  indented",
]


@pytest.fixture(scope="session")
def make_tokenizer():
    """Return a function that makes a byte-level BPE tokenizer, with or without special tokens."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors, trainers
    from transformers import PreTrainedTokenizerFast

    def make(*, adds_bos: bool = False, pad: bool = True, chat: bool = False, bos: bool = True):
        bpe = Tokenizer(models.BPE())
        bpe.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
        bpe.decoder = decoders.ByteLevel()
        special = ["<pad>", "<s>", "</s>"]
        alphabet = pre_tokenizers.ByteLevel.alphabet()
        trainer = trainers.BpeTrainer(
            vocab_size=420, special_tokens=special, initial_alphabet=alphabet, show_progress=False
        )
        bpe.train_from_iterator(CORPUS * 4, trainer)
        if adds_bos:
            bpe.post_processor = processors.TemplateProcessing(single="<s> $A", special_tokens=[("<s>", 1)])
        names = {"eos_token": "</s>"} | ({"bos_token": "<s>"} if bos else {}) | ({"pad_token": "<pad>"} if pad else {})
        tokenizer = PreTrainedTokenizerFast(tokenizer_object=bpe, **names)
        if chat:
            tokenizer.chat_template = (
                "{% for m in messages %}<s>{{ m.role }}: {{ m.content }}\n{% endfor %}"
                "{% if add_generation_prompt %}assistant:{% endif %}"
            )
        return tokenizer

    return make


@pytest.fixture(scope="session")
def tokenizer(make_tokenizer):
    return make_tokenizer()


@pytest.fixture(scope="session")
def make_model():
    """Return a function that makes a tiny random model; weights wide enough for its answers to differ clearly."""
    import torch
    import transformers as t

    small = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4, "initializer_range": 0.3}
    modern = small | {
        "intermediate_size": 48, "num_key_value_heads": 2, "head_dim": 8, "max_position_embeddings": WINDOW,
    }  # fmt: skip
    sliding = modern | {"sliding_window": 12}
    configs = {
        "llama": lambda ids: t.LlamaConfig(**modern, **ids),
        "gpt2": lambda ids: t.GPT2Config(
            n_embd=32, n_layer=2, n_head=4, n_positions=WINDOW, initializer_range=0.3, **ids
        ),
        "gpt-neox": lambda ids: t.GPTNeoXConfig(**small, intermediate_size=48, max_position_embeddings=WINDOW, **ids),
        "qwen2": lambda ids: t.Qwen2Config(**modern, **ids),
        "qwen3": lambda ids: t.Qwen3Config(**modern, **ids),
        "gemma2": lambda ids: t.Gemma2Config(**sliding, query_pre_attn_scalar=8, **ids),
        "gemma3": lambda ids: t.Gemma3TextConfig(
            **sliding, query_pre_attn_scalar=8, layer_types=["sliding_attention", "full_attention"], **ids
        ),
        "mistral": lambda ids: t.MistralConfig(**sliding, **ids),
        "bloom": lambda ids: t.BloomConfig(hidden_size=32, n_layer=2, n_head=4, initializer_range=0.3, **ids),
        "mamba": lambda ids: t.MambaConfig(
            hidden_size=32, num_hidden_layers=2, state_size=4, initializer_range=0.3, **ids
        ),
    }

    def make(architecture: str, *, vocab_size: int = 420, **changes):
        torch.manual_seed(7)
        ids = {"vocab_size": vocab_size, "bos_token_id": 1, "eos_token_id": 2, "pad_token_id": 0}
        config = configs[architecture](ids)
        config.update(changes)
        return t.AutoModelForCausalLM.from_config(config).float().eval()

    return make


@pytest.fixture(scope="session")
def make_engine(make_model, tokenizer):
    """Return a function that makes our engine around a tiny model, with `WINDOW` tokens of context."""
    from probe.models.encoding import Encoder
    from probe.models.huggingface import HuggingFace
    from probe.models.options import HuggingFaceOptions

    def make(architecture: str = "llama", *, tokenizer=tokenizer, model=None, chat_template=False, **options):
        encoder = Encoder(tokenizer, max_length=WINDOW, chat_template=chat_template)
        model = make_model(architecture) if model is None else model
        return HuggingFace(model, encoder, name=architecture, options=HuggingFaceOptions(**options))

    return make
