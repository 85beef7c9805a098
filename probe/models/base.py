"""The contract of a model back end.

    requests --> Model.loglikelihoods / Model.generate --> answers in the order of the requests
                 Model.facts                           --> the manifest, the key of the response cache

A back end is a class that derives from `Model`, and a `Backend` that says how it is named and loaded. `probe.models.scripted` is
the shortest complete one, `probe.models.huggingface` the fastest.

Covered: the contract, what a run records about its model. Not covered: loading by name (`probe.models.loaders`).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any, Literal, Protocol, TypeVar

from probe.models.options import NoOptions
from probe.types import Completion, Generation, LogLikelihood, LogProb

__all__ = ["Backend", "EngineUsage", "Model", "ModelFacts", "OnAnswers", "Progress", "Tokenizer", "cut_at", "once_each"]

Progress = Callable[[int, int], None]
"""Called with what is done and the total, in tokens to compute."""

OnAnswers = Callable[[Sequence[Any], Sequence[Any]], None]
"""Called with requests and their answers, in the same order, as soon as these are known."""

Fact = str | int | float | bool | None

EnginePath = Literal["trie", "padded", "direct"]
"""How requests were computed: as rows of a trie, as padded batches, or one by one without tokens."""

SPEED_ONLY = {"speed_only": True}
"""Marks a fact that decides no answer: a name, or how fast an answer comes."""

ROUNDING = {"rounding": True}
"""Marks a fact that may move an answer by rounding alone, such as the kind of GPU. It is part of the identity."""

TOO_MANY = 200
"""Scores of one call that stay NaN by themselves: then the model is broken, and a back end need not compute the rest again."""

T = TypeVar("T")
H = TypeVar("H", bound=Hashable)


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
    """Requests that were answered from the response cache; they are in no other count."""
    recomputed: int = 0
    """Unique requests that were computed a second time by themselves, because their scores were NaN among others."""
    non_finite: int = 0
    """Unique requests whose scores were NaN by themselves too."""

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

    def plus_non_finite(self, *, recomputed: int, left: int) -> EngineUsage:
        """Return the usage after so many requests were computed again, and so many stayed NaN."""
        return replace(self, recomputed=self.recomputed + recomputed, non_finite=self.non_finite + left)


@dataclass(frozen=True, kw_only=True)
class ModelFacts:
    """What a run records about its model. A back end with more to say derives a dataclass from this one.

    Two models with the same `identity` give the same answers: it is the key of the response cache, and what `probe compare`
    and `probe gate` compare. So everything that can change an answer must be in it: not the weights alone, also settings,
    tokenizer, templates and the versions of libraries.
    """

    model: str = field(metadata=SPEED_ONLY)
    """The name, for people."""
    fingerprint: str
    """A hash of the weights, or another text that changes whenever an answer may."""
    path: EnginePath = field(default="direct", metadata=SPEED_ONLY)
    device: str = "none"
    dtype: str = "none"

    def as_record(self) -> dict[str, Fact]:
        """Return the facts as they stand in a manifest."""
        return asdict(self)

    @property
    def identity(self) -> dict[str, Fact]:
        """Return the facts that determine answers."""
        ignored = {one.name for one in fields(self) if one.metadata == SPEED_ONLY}
        return {key: value for key, value in self.as_record().items() if key not in ignored}

    def differing(self, recorded: Mapping[str, Any]) -> list[str]:
        """Return the names of facts in which this is another model than the one that a manifest records.

        Facts that an earlier version did not record are left out, and those that move an answer by rounding alone.
        """
        rounding = {one.name for one in fields(self) if one.metadata == ROUNDING}
        mine = {key: value for key, value in self.identity.items() if key not in rounding}
        return [key for key, value in mine.items() if key in recorded and recorded[key] != value]


class Model(ABC):
    """A language model, seen from outside.

    Texts go in and numbers or texts come out; tokens are the back end's own affair. What holds for every request:

    * **Order.** There is one answer for each request, in the order of the requests. Equal requests get equal answers and should
      be computed once (`once_each`).
    * **Determinism.** The same request gets the same answer every time, whatever else is asked with it. Floating-point noise
      between batches is allowed; the run measures it (the noise floor). Nothing is sampled.
    * **Failure.** A request that cannot be answered raises `ModelError`, with a hint for the user, and ends the run. Never
      make up an answer. Retry what is worth a retry (a lost connection) before giving up.
    * **Numbers.** A score that the arithmetic did not give (an overflow, a broken weight) is NaN: the run counts it, takes no
      answer from it, and ends where there are more than a handful. One request's NaN may not be another's. A continuation
      that is impossible has the log-probability -inf, which is a number.
    * **Progress.** `progress`, where given, is called now and then with the work done and the total.
    * **Saving.** `on_answers`, where set, may be called with requests and answers as soon as these are known, some or all of
      them; the response cache saves them at once, so that an interruption loses nothing else. An answer that is told is final.
      A back end that computes in batches should tell after each. One that never does, and whose facts say `path="direct"`, is
      asked in parts.

    `name` is what the reports call the model; `usage` counts what it was asked.
    """

    name: str
    usage: EngineUsage
    on_answers: OnAnswers | None = None

    @abstractmethod
    def loglikelihoods(self, requests: Sequence[LogLikelihood], *, progress: Progress | None = None) -> list[LogProb]:
        """Return how likely each continuation is after its context, in the order of the requests.

        The value is the natural logarithm of the probability, summed over the continuation's tokens:

            context "Answer:"   continuation " yes"     log P(" yes" | "Answer:")

        The space between the two belongs to the continuation. A context that ends in a space is allowed; a model with tokens
        moves that space to the continuation before it encodes the two. An empty context is the beginning of a text: score the
        continuation after the beginning-of-text token, or what the model has in its place. An empty continuation has
        probability 1, unless the context hands it a space. A context that is too long loses its left end, never its right
        end; count it in `usage.truncated`.

        `messages` holds the context as turns of a chat. A model with a chat template encodes those and ignores `context`; any
        other ignores `messages`.
        """

    @abstractmethod
    def generate(self, requests: Sequence[Generation], *, progress: Progress | None = None) -> list[Completion]:
        """Return what the model writes after each context, greedily, in the order of the requests.

        Text ends before the first of the `stop` strings, at the model's own end token, or after `max_new_tokens`. The
        completion's text holds no stop string and nothing after it, and is not stripped. `is_truncated` says that the limit
        ended it. The context, an empty one too, and `messages` are read as in `loglikelihoods`.
        """

    @abstractmethod
    def facts(self) -> ModelFacts:
        """Return what identifies the model and how it is computed.

        It is the same before and after requests, and another one after the model was changed in place. The response cache asks
        for it before each batch of requests.
        """

    def tell(self, requests: Sequence[Any], answers: Sequence[Any]) -> None:
        """Pass answers on to the listener (`on_answers`) as soon as they are known; NaN is left out."""
        if self.on_answers is not None:
            self.on_answers(requests, answers)

    def remembered(self, requests: Sequence[H], ask: Callable[[Sequence[H]], Sequence[Any]]) -> list[Any]:
        """Return what `ask` answers to requests of a kind of its own, such as token ids; the response cache saves the answers.

        They are `LogProb` or `Completion`. The repr of a request says all that decides its answer beside this model. `ask` is
        given those that are new, and may `tell` of them.
        """
        return list(ask(requests))

    @property
    def unwrapped(self) -> Model:
        """Return the model that computes: this one, or the one inside a wrapper such as the response cache."""
        return self

    @property
    def rates(self) -> bool:
        """Return whether it has log-probabilities. One without them is asked choice questions in words, by `generate`."""
        return True

    @property
    def opens_thinking(self) -> str:
        """Return the mark by which its prompts open a block of thinking before the answer; empty where they do not."""
        return ""

    @property
    def resolution(self) -> float:
        """Return the relative difference of two log-probabilities up to which only rounding tells them apart."""
        return 0.0

    @property
    def token_budget(self) -> int | None:
        """Return the most tokens of one forward pass, padding included; None where there is no such limit."""
        return None

    def with_token_budget(self, tokens: int) -> Model:
        """Return the same model under another token budget, whose `usage` is counted together with this one's.

        Its batches are cut elsewhere, so its answers differ by floating-point noise alone. The noise floor is measured so. A
        model without a budget returns itself.
        """
        return self


class Tokenizer(Protocol):
    """What counts tokens without a model, for `probe plan`."""

    def encode_pair(self, context: str, continuation: str) -> tuple[list[int], list[int]]:
        """Return the token ids of a context and of its continuation, before any truncation."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Backend:
    """A kind of model: what stands before the colon of `--model KIND:NAME`.

    Every function takes the name after the colon and an instance of `options`. Functions import what they need when they are
    called, so that naming models loads no heavy library.
    """

    summary: str
    """A line for `probe list models`."""
    load: Callable[[str, Any], Model]
    """Return the model, ready to be asked. Raises `ModelError` where it cannot be loaded, `UsageError` for a wrong option."""
    options: type[Any] = NoOptions
    """A frozen dataclass whose fields are the keys of `--model-args`: bool, int, float or str, or one of these or None."""
    aliases: Mapping[str, str] = field(default_factory=dict)
    """Other spellings of options."""
    example: str = ""
    """What to type, for a kind that needs a name after the colon; empty where it needs none."""
    tokenizer: Callable[[str, Any], Tokenizer] | None = None
    """Return the tokenizer without the weights; None for a model without tokens."""
    tokens_per_second: Callable[[str, Any], float] | None = None
    """Guess the speed of the model on this machine without its weights; None where nothing is known of it."""


def cut_at(text: str, stops: Iterable[str]) -> str:
    """Return the text before the first of the stop strings."""
    for stop in filter(None, stops):
        text = text.split(stop)[0]
    return text


def once_each(requests: Sequence[T]) -> tuple[list[T], list[int]]:
    """Return the distinct requests in the order first seen, and for every request the index of its distinct one."""
    places: dict[T, int] = {}
    indices = [places.setdefault(request, len(places)) for request in requests]
    return list(places), indices
