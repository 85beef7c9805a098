"""What tests of mitigation share: tiny models."""

from __future__ import annotations

from tiny_models import make_engine, make_model, make_tokenizer, tokenizer

__all__ = ["make_engine", "make_model", "make_tokenizer", "tokenizer"]
