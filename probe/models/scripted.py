"""A model that is a function: test double, oracle and demonstration.

It has no tokens and no weights. What it prefers and says depends on nothing but the request.

Covered: any function; a few named ones for `--model scripted:NAME`.
Not covered: oracles that need to know the right answer; they are made where the suite is known.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence

from probe.models.base import EngineUsage, Model, ModelFacts, Progress, cut_at, once_each
from probe.models.canonical import digest_of
from probe.models.options import NoOptions
from probe.registry import Registry
from probe.types import Completion, Generation, LogLikelihood, LogProb

Prefers = Callable[[LogLikelihood], float]
Says = Callable[[Generation], str]
Sure = Callable[[Generation], float]


class Scripted(Model):
    """A language model that answers as its functions say; a word is a token, `sure` the mean log-probability of what it says."""

    def __init__(
        self,
        *,
        prefers: Prefers = lambda request: 0.0,
        says: Says = lambda request: "",
        sure: Sure = lambda request: 0.0,
        name: str = "scripted",
        fingerprint: str = "",
    ) -> None:
        self.prefers = prefers
        self.says = says
        self.sure = sure
        self.name = name
        self._fingerprint = fingerprint or f"{name} {digest_of([prefers, says, sure])}"
        self.usage = EngineUsage(path="direct")

    def loglikelihoods(self, requests: Sequence[LogLikelihood], *, progress: Progress | None = None) -> list[LogProb]:
        """Return what the function prefers as log-probability, in the order asked."""
        unique, places = once_each(requests)
        answers = [
            LogProb(float(self.prefers(r)), is_greedy=False, num_tokens=max(1, len(r.continuation.split())))
            for r in unique
        ]
        self._count(len(requests), len(unique), progress)
        return [answers[place] for place in places]

    def generate(self, requests: Sequence[Generation], *, progress: Progress | None = None) -> list[Completion]:
        """Return what the function says, cut at its stop strings."""
        unique, places = once_each(requests)
        answers = [self._completion(request) for request in unique]
        self._count(len(requests), len(unique), progress)
        return [answers[place] for place in places]

    def facts(self) -> ModelFacts:
        """Return what identifies this model: the code of its functions, unless it was given a name that stands for them."""
        return ModelFacts(model=self.name, fingerprint=self._fingerprint)

    def _completion(self, request: Generation) -> Completion:
        text = cut_at(self.says(request), request.stop)
        num_tokens = len(text.split())
        return Completion(
            text,
            mean_logprob=self.sure(request) if num_tokens else 0.0,
            num_tokens=num_tokens,
            is_truncated=num_tokens > request.max_new_tokens,
        )

    def _count(self, asked: int, unique: int, progress: Progress | None) -> None:
        self.usage = self.usage.plus(requests=asked, unique=unique)
        if progress is not None:
            progress(unique, unique)


def _coin(*parts: str) -> float:
    """Return a number in [0, 1) that depends on the parts alone."""
    digest = hashlib.blake2b("\x1f".join(parts).encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "big") / float(2**64)


def _place_in_alphabet(text: str) -> float:
    """Return 0.0 for texts at the beginning of the alphabet, down to -1.0 at its end."""
    first = [ord(character) % 0x100 for character in text.strip().lower()[:4]]
    return -sum(code / 256.0 ** (place + 1) for place, code in enumerate(first))


scripts: Registry[tuple[Prefers, Says, str]] = Registry("scripted model")
"""(prefers, says, summary) by name."""

for _name, _prefers, _says, _summary in (
    ("always-first", lambda request: _place_in_alphabet(request.continuation), lambda request: "A",
     "the answer that comes first in the alphabet: with lettered options, the first one"),
    ("coin", lambda request: -_coin(request.context, request.continuation),
     lambda request: "yes" if _coin(request.context) < 0.5 else "no",
     "a coin tossed anew for every wording: as fragile as can be"),
    ("stubborn-coin", lambda request: -_coin(request.continuation), lambda request: "yes",
     "a preference between answers that no prompt changes: never flips, knows nothing"),
    ("shortest", lambda request: 1e-3 * _place_in_alphabet(request.continuation) - len(request.continuation), lambda request: "",
     "the shortest answer, of equally short ones the first in the alphabet; generates nothing"),
):  # fmt: skip
    scripts.add(_name, (_prefers, _says, _summary))


def load(name: str, options: NoOptions) -> Scripted:
    """Return the scripted model of that name.

    Raises:
        UsageError: there is none.

    """
    prefers, says, _ = scripts.get(name)
    return Scripted(prefers=prefers, says=says, name=f"scripted:{name}", fingerprint=f"scripted:{name}")
