"""Writers of paraphrases: a local model, or an endpoint with OpenAI's chat protocol.

    hf:NAME_OR_PATH         any causal language model of transformers, through its chat template where it has one
    pocket                  the model that comes with the package: for trying out; what it writes is no use
    openai:MODEL@URL        MODEL at URL/chat/completions, such as openai:llama@http://localhost:8000/v1

Covered: one question, one reply; the model is loaded when the first question is asked. Not covered: many questions at once.
"""

from __future__ import annotations

import math
from functools import cached_property
from typing import Any, Protocol

from probe.errors import ModelError, UsageError
from probe.paraphrase.endpoint import Endpoint
from probe.registry import unknown_name
from probe.types import Generation

MAX_NEW_TOKENS = 400
KINDS = ("hf", "pocket", "scripted", "openai")


class Writer(Protocol):
    """Answers a question with a text."""

    @property
    def name(self) -> str: ...

    def write(self, question: str) -> str: ...


class Local:
    """A model that is loaded here; it writes greedily."""

    def __init__(self, spec: str, flag: str = "--paraphraser") -> None:
        self.name = spec
        self.flag = flag

    def write(self, question: str) -> str:
        """Return the model's text; one without chat template is given the first number of the list to continue."""
        model, is_chat, room = self._loaded
        opening = "" if is_chat else "1. "
        asked = question if is_chat else f"{question}\n\n{opening}".rstrip()
        [completion] = model.generate([Generation(asked, stop=(), max_new_tokens=room)])
        if math.isnan(completion.mean_logprob):
            raise ModelError(
                f"{self.flag} {self.name}: its scores are no numbers (NaN), so that what it writes is no text",
                hint="name another model, or write the paraphrases into a file: --paraphrases FILE",
            )
        return opening + str(completion.text)

    @cached_property
    def _loaded(self) -> tuple[Any, bool, int]:
        from probe.models.loaders import load_model, tokenizer_only
        from probe.models.options import HuggingFaceOptions

        encoder: Any = tokenizer_only(self.name)
        is_chat = bool(getattr(getattr(encoder, "tokenizer", None), "chat_template", None))
        room = max(1, min(MAX_NEW_TOKENS, getattr(encoder, "max_length", MAX_NEW_TOKENS) // 2))
        return load_model(self.name, HuggingFaceOptions(apply_chat_template=is_chat)), is_chat, room


def writer_of(spec: str, *, flag: str = "--paraphraser") -> Writer:
    """Return the writer that `--paraphraser`, or another flag, names.

    Raises:
        UsageError: there is none of that name.
    """
    kind, _, rest = spec.partition(":")
    if kind not in KINDS:
        error = unknown_name(flag.strip("-"), spec, list(KINDS))
        error.hint = f"for example {flag} hf:NAME_OR_PATH or {flag} openai:MODEL@URL"
        raise error
    if kind != "openai":
        return Local(spec, flag)
    model, mark, url = rest.partition("@http")
    if not (model and mark):
        raise UsageError(
            f"{flag} {spec}: an endpoint is written openai:MODEL@URL",
            hint=f"for example {flag} openai:llama@http://localhost:8000/v1",
        )
    return Endpoint(model, "http" + url, flag=flag)
