"""A plain Python function as a model: texts in, texts out.

    def ask(prompts: list[str]) -> list[str]: ...       probe.run("sentiment", model=ask)

Covered: generation. A choice question is answered in words too and read as one of its choices
(`probe.evaluation.choice_reading`).
Not covered: log-probabilities, which a function of texts does not have; the response cache: its fingerprint tells one version
of its code from the next, but not what it reads from files or asks of a service.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from probe.errors import ModelError
from probe.models.base import EngineUsage, Model, ModelFacts, Progress, cut_at, once_each
from probe.models.canonical import digest_of
from probe.types import Completion, Generation, LogLikelihood, LogProb

TextFunction = Callable[[list[str]], list[str]]

BATCH = 64
"""Prompts of one call: enough for a function that works in batches, few enough to see progress."""


class FunctionModel(Model):
    """A model that answers as `function` does; its answers are stripped and cut at the first stop string."""

    def __init__(self, function: TextFunction, *, name: str = "") -> None:
        self.function = function
        self.name = name or f"function:{getattr(function, '__name__', type(function).__name__).strip('<>')}"
        self.usage = EngineUsage(path="direct")
        self._fingerprint = f"{self.name} {digest_of(function)}"  # once: what it holds may change as it is asked

    def generate(self, requests: Sequence[Generation], *, progress: Progress | None = None) -> list[Completion]:
        """Return the function's answers in the order asked; each distinct prompt is asked once a call.

        Raises:
            ModelError: the function raised, or did not return one text for each prompt.
        """
        unique, places = once_each([request.context for request in requests])
        texts: list[str] = []
        for start in range(0, len(unique), BATCH):
            texts += self._call(unique[start : start + BATCH])
            if progress is not None:
                progress(len(texts), len(unique))
        self.usage = self.usage.plus(requests=len(requests), unique=len(unique))
        return [_completion(texts[place], request) for place, request in zip(places, requests, strict=True)]

    def loglikelihoods(self, requests: Sequence[LogLikelihood], *, progress: Progress | None = None) -> list[LogProb]:
        """Refuse: a function of texts rates none.

        Raises:
            ModelError: always.
        """
        raise ModelError(
            f"model {self.name}: it only writes answers, and this needs log-probabilities of given ones",
            hint="ask a local model, such as model='pocket' or model='hf:NAME_OR_PATH'",
        )

    @property
    def rates(self) -> bool:
        """Return that there are no log-probabilities."""
        return False

    def facts(self) -> ModelFacts:
        """Return what identifies this model: the function's name and code, with the values that it can reach by name."""
        return ModelFacts(model=self.name, fingerprint=self._fingerprint)

    def _call(self, prompts: list[str]) -> list[str]:
        try:
            answers: object = self.function(list(prompts))
        except Exception as error:
            raise ModelError(
                f"model {self.name}: raised {type(error).__name__}: {error} (asked {len(prompts)} prompts at once)",
                hint="the traceback of the function is above, as the cause of this error",
            ) from error
        return _checked(answers, prompts, self.name)


def _checked(answers: object, prompts: Sequence[str], name: str) -> list[str]:
    """Return a function's answers, one text for each prompt.

    Raises:
        ModelError: they are something else; says what.
    """
    form = "a function takes list[str] and returns list[str], an answer for each prompt in the same order"
    if isinstance(answers, str) or not isinstance(answers, Sequence):
        raise ModelError(f"model {name}: returned {type(answers).__name__}, not a list", hint=form)
    if len(answers) != len(prompts):
        raise ModelError(f"model {name}: returned {len(answers)} answers to {len(prompts)} prompts", hint=form)
    for index, answer in enumerate(answers):
        if not isinstance(answer, str):
            raise ModelError(f"model {name}: answer {index} is {type(answer).__name__}, not str", hint=form)
        if any("\ud800" <= sign <= "\udfff" for sign in answer):
            raise ModelError(
                f"model {name}: answer {index} holds half a character, which no file can: {answer[:40]!r}",
                hint="where the function decodes bytes, decode with errors='replace'",
            )
    return list(answers)


def _completion(text: str, request: Generation) -> Completion:
    """Return an answer as a completion without token counts: a function has no tokens, so its confidence is unknown."""
    return Completion(cut_at(text.strip(), request.stop), mean_logprob=0.0, num_tokens=0)
