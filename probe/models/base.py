"""What a model is to the rest of the project: two methods, answers in the order asked.

Covered: the seam itself, the options of a local model, what a run records about the model it asked.
Not covered: how models are loaded by name (`probe.models.loaders`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal, Protocol, TypeVar

from probe.types import Completion, Generation, LogLikelihood, LogProb

Progress = Callable[[int, int], None]
"""Called with what is done and the total, in tokens to compute."""

Fact = str | int | float | bool | None
Facts = Mapping[str, Fact]

EnginePath = Literal["trie", "padded", "direct"]
"""How requests were computed: as rows of a trie, as padded batches, or one by one without tokens."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class EngineUsage:
    """What a model has been asked so far and what it cost."""

    requests: int = 0
    unique_requests: int = 0
    tokens: int = 0
    """Tokens that would be read if every request were computed by itself."""
    unique_tokens: int = 0
    """Tokens that were read."""
    path: EnginePath = "direct"
    truncated: int = 0
    """Unique requests that lost the left end of their context, because it is longer than the model's window."""
    cached: int = 0
    """Requests that were not asked, because the response cache had their answers; they are in no other count."""

    def plus(self, *, requests: int, unique: int, tokens: int = 0, read: int = 0, truncated: int = 0) -> EngineUsage:
        """Return the usage after further requests."""
        return replace(
            self,
            requests=self.requests + requests,
            unique_requests=self.unique_requests + unique,
            tokens=self.tokens + tokens,
            unique_tokens=self.unique_tokens + read,
            truncated=self.truncated + truncated,
        )


class Model(Protocol):
    """A language model, seen from outside. Answers come back in the order asked."""

    @property
    def name(self) -> str: ...

    @property
    def usage(self) -> EngineUsage: ...

    def loglikelihoods(
        self, requests: Sequence[LogLikelihood], *, progress: Progress | None = None
    ) -> list[LogProb]: ...

    def generate(self, requests: Sequence[Generation], *, progress: Progress | None = None) -> list[Completion]: ...

    def facts(self) -> Facts: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelOptions:
    """How a local model is loaded and run."""

    dtype: str = "auto"
    """auto, float32, bfloat16 or float16; auto is float32 on a CPU and the checkpoint's own elsewhere."""
    device: str = "auto"
    """auto, cpu, cuda, cuda:1, mps ...; auto is the best one there is."""
    revision: str | None = None
    adapter: str | None = None
    """Folder or hub name of a peft adapter."""
    tokenizer: str | None = None
    """Folder or hub name of the tokenizer, where it is not the model's own."""
    apply_chat_template: bool = False
    trust_remote_code: bool = False
    add_bos_token: bool | None = None
    """Whether texts begin with the tokenizer's special tokens; None leaves it to the tokenizer."""
    max_length: int | None = None
    """Tokens that the model may read at once; None: what its configuration says."""
    token_budget: int | None = None
    """Tokens, padding included, of one forward pass; None: by device and measured memory."""
    batch_size: int | None = None
    """Rows of one forward pass at most; None: as many as the token budget allows."""


def once_each(requests: Sequence[T]) -> tuple[list[T], list[int]]:
    """Return the distinct requests in the order first seen, and for every request the index of its distinct one."""
    places: dict[T, int] = {}
    indices = [places.setdefault(request, len(places)) for request in requests]
    return list(places), indices
