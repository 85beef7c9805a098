"""What tests of models share: tiny models, and lm-eval's model around the same ones."""

from __future__ import annotations

import pytest
from tiny_models import WINDOW, make_engine, make_model, make_tokenizer, tokenizer

__all__ = ["make_engine", "make_model", "make_tokenizer", "tokenizer"]


@pytest.fixture(scope="session", autouse=True)
def one_thread():
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="session")
def make_hflm():
    """Return a function that makes lm-eval's model around the same one.

    Without its logits cache: for a one-token continuation that shares its prefix with a longer one, the cache reads the
    logits of the longer one's first token (lm-eval 0.4.13).
    """
    from lm_eval.models.huggingface import HFLM

    def make(model, tokenizer, **kwargs):
        return HFLM(
            pretrained=model, tokenizer=tokenizer, max_length=WINDOW, batch_size=4, logits_cache=False, **kwargs
        )

    return make
