"""A model back end in one file: `echo:WORD` answers WORD, and rates an answer by how often the prompt says it.

pip install examples/plugins/model
probe run facts --model echo:Paris --model-args ignore_case=true
"""

from collections.abc import Sequence
from dataclasses import dataclass

from probe.errors import UsageError
from probe.models.base import Backend, EngineUsage, Model, ModelFacts, Progress, once_each
from probe.types import Completion, Generation, LogLikelihood, LogProb


@dataclass(frozen=True)
class EchoOptions:
    """What `--model-args` may say: the fields by name, parsed by their types."""

    ignore_case: bool = False


class Echo(Model):
    """A model without tokens and weights; what it answers depends on the request alone."""

    def __init__(self, name: str, options: EchoOptions) -> None:
        if not name.strip():
            raise UsageError("echo: says nothing", hint="name a word: --model echo:yes")
        self.name = f"echo:{name}"
        self.usage = EngineUsage()
        self._word = name
        self._options = options

    def loglikelihoods(self, requests: Sequence[LogLikelihood], *, progress: Progress | None = None) -> list[LogProb]:
        """Return 0 for the word, and for any other answer less, the less often the prompt says it."""
        unique, places = once_each(requests)
        answers = [self._rated(request) for request in unique]
        self.usage = self.usage.plus(requests=len(requests), unique=len(unique))
        return [answers[place] for place in places]

    def generate(self, requests: Sequence[Generation], *, progress: Progress | None = None) -> list[Completion]:
        """Return the word, cut at the stop strings."""
        unique, places = once_each(requests)
        answers = [self._written(request) for request in unique]
        self.usage = self.usage.plus(requests=len(requests), unique=len(unique))
        return [answers[place] for place in places]

    def facts(self) -> ModelFacts:
        """Return the rule as the fingerprint: with another word or option it is another model."""
        return ModelFacts(model=self.name, fingerprint=f"{self.name} {self._options}")

    def _rated(self, request: LogLikelihood) -> LogProb:
        # The space between context and continuation belongs to the continuation: it is no part of the answer.
        answer, prompt, word = request.continuation.strip(), request.context, self._word
        if self._options.ignore_case:
            answer, prompt, word = answer.lower(), prompt.lower(), word.lower()
        if not answer or answer == word:
            return LogProb(0.0, is_greedy=True)
        return LogProb(-1.0 / (1 + prompt.count(answer)), is_greedy=False)

    def _written(self, request: Generation) -> Completion:
        text = self._word
        for stop in filter(None, request.stop):
            text = text.split(stop)[0]
        return Completion(text, mean_logprob=0.0, num_tokens=1)


backend = Backend(
    summary="echo:WORD, a rule that answers WORD",
    example="echo:yes",
    options=EchoOptions,
    load=Echo,
)
"""What the entry point names."""
