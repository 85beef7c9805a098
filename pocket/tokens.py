"""The pocket model's tokenizer: byte-level BPE, trained on the corpus.

Covered: words with the space before them, numbers of two digits, each mark and each newline on its own; every byte has a
token, so no text is unknown. No token is added at the start.
Not covered: other languages' words, which fall into bytes.
"""

from __future__ import annotations

from pathlib import Path

from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import PreTrainedTokenizerFast

from pocket.corpus import texts

VOCABULARY = 3072
END, PAD = "<|end|>", "<|pad|>"
PIECES = r"\n| ?\p{L}+| ?\p{N}{1,2}| ?[^\s\p{L}\p{N}]|\s"
ROUNDS = 24
"""Rounds of the corpus that the vocabulary is learned from."""


def train_tokenizer(seed: int, held_out: frozenset[str]) -> PreTrainedTokenizerFast:
    """Learn the vocabulary from the first rounds of the corpus."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(PIECES), behavior="isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY,
        special_tokens=[END, PAD],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    lines = (text.whole for index in range(ROUNDS) for text in texts(seed, index, held_out))
    tokenizer.train_from_iterator(lines, trainer)
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        eos_token=END,
        pad_token=PAD,
        model_max_length=512,
        clean_up_tokenization_spaces=False,
        padding_side="left",
    )


def save_tokenizer(tokenizer: PreTrainedTokenizerFast, folder: Path) -> None:
    """Write the tokenizer's files into a folder."""
    tokenizer.save_pretrained(str(folder))
