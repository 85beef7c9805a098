"""What a mitigation method is: one decorated function, and the registry of them.

    bench: variants of a suite with the answers to them  -->  method  -->  the same variants answered otherwise

Every method is judged on the variants of the run that it is to improve: for each of them it returns another score, from the kept
answers alone (calibration) or by asking the model (votes, demonstrations, another prompt). What a method learns, it learns from
training items or from answers without their targets, never from the targets of the items that it is judged on.

Covered: the contract, counting what a method costs. Not covered: the table of all methods (`probe.mitigate.bench`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from os.path import commonprefix
from pathlib import Path
from typing import Any, Literal

from probe.errors import UsageError
from probe.evaluation.asking import CHUNK, answer
from probe.evaluation.keys import Keys
from probe.evaluation.run import Plan
from probe.files.docstrings import doc_of
from probe.models.base import Model, Tokenizer
from probe.registry import Registry
from probe.types import Item, Score, Suite, Variant

Kind = Literal["calibration", "vote", "demonstrations", "decoding", "prompt", "canonicalisation"]


class NotApplicable(Exception):
    """A method has nothing to do for a suite or a model; the message says why, in a clause."""


@dataclass(frozen=True, slots=True)
class Cost:
    """What answers cost, in all."""

    calls: int = 0
    """Prompts answered; the choices of one prompt are one call."""
    tokens: int | None = 0
    """Tokens read and scored, what the contexts of one prompt share once; None for a model without tokens."""

    def times(self, number: int) -> Cost:
        """Return the cost of as many more of the same."""
        return Cost(self.calls * number, None if self.tokens is None else self.tokens * number)

    def plus(self, other: Cost) -> Cost:
        """Return the sum."""
        unknown = self.tokens is None or other.tokens is None
        return Cost(self.calls + other.calls, None if unknown else (self.tokens or 0) + (other.tokens or 0))


class Asker:
    """A model asked about variants of one suite, with the cost of every answer counted, cached or not."""

    def __init__(self, model: Model, suite: Suite) -> None:
        self.model = model
        self.suite = suite
        self.cost = Cost()

    def __call__(self, variants: Sequence[Variant], *, suite: Suite | None = None) -> list[Score]:
        """Ask variants and score the answers, in their order; by the rules of another suite if one is given."""
        scores: list[Score] = []
        for start in range(0, len(variants), CHUNK):
            scores += answer(self.model, variants[start : start + CHUNK], suite or self.suite)
        self.charge(cost_of(self.model, scores))
        return scores

    def charge(self, cost: Cost) -> None:
        """Count what was asked of the model by another way than requests, such as other token ids or two contexts at once."""
        self.cost = self.cost.plus(cost)


def cost_of(model: Model, scores: Sequence[Score]) -> Cost:
    """Return what answers cost that were asked of a model."""
    encoder = getattr(model.unwrapped, "encoder", None)
    return Cost(len(scores), None if encoder is None else tokens_of(encoder, scores))


def tokens_of(encoder: Tokenizer, scores: Sequence[Score]) -> int:
    """Return how many tokens answers took, the beginning that the contexts of one prompt share once.

    One prompt has several contexts where its choices fill a blank, or are also rated without the question.
    """
    tokens = 0
    known: dict[str, list[int]] = {}
    for score in scores:
        for context in {request.context for request in score.requests} - known.keys():
            known[context] = list(encoder.encode_pair(context, "")[0])
        read: list[int] = []
        # Sorted, each shares most with the one before it.
        for ids in sorted(known[context] for context in {request.context for request in score.requests}):
            tokens += len(ids) - len(commonprefix([read, ids]))
            read = ids
        tokens += sum(response.num_tokens for response in score.responses)
    return tokens


@dataclass(frozen=True, slots=True, eq=False)
class Bench:
    """What a method is given for one suite."""

    suite: Suite
    """As it was asked: its items with their demonstrations and paraphrases, its training items."""
    plan: Plan
    """Under which its variants were drawn."""
    before: tuple[Score, ...]
    """The answers so far, one for each variant that was asked: the original, every perturbation, contrasts; no reruns."""
    asker: Asker | None
    """Asks what the answers of a method need; counted as its cost per answer. None: there are only the kept answers."""
    trying: Asker | None
    """Asks what a method needs once, to choose or to calibrate; counted apart."""
    options: Mapping[str, Any] = field(default_factory=dict)
    """What the user set beside, such as `rewriter`, `budget` and `prior`."""

    def ask(self, variants: Sequence[Variant], *, suite: Suite | None = None) -> list[Score]:
        """Ask the model for answers that are judged.

        Raises:
            NotApplicable: there is no model.
        """
        return _given(self.asker)(variants, suite=suite)

    def try_out(self, variants: Sequence[Variant], *, suite: Suite | None = None) -> list[Score]:
        """Ask the model what a method needs once: about training items, or about content-free prompts.

        Raises:
            NotApplicable: there is no model.
        """
        return _given(self.trying)(variants, suite=suite)

    @property
    def model(self) -> Model:
        """Return the model.

        Raises:
            NotApplicable: there is none.
        """
        return _given(self.asker).model

    @property
    def training(self) -> tuple[Item, ...]:
        """Return the training items that can be learned from, with the prompt that the suite asks them by.

        Those that are shown as demonstrations are none of them, nor is one that says what an evaluation item or a contrast
        member of one says.

        Raises:
            NotApplicable: the suite has none.
        """
        shown = {one.fields for item in self.suite.items[:1] for one in item.prompt.demonstrations}
        apart = [item for item in self.suite.train if item.prompt.fields not in shown]
        keys = Keys.of_suites([self.suite])
        judged = {key for item in self.suite.items for key in keys.of_item(item)}
        items = tuple(item for item in apart if keys.of_prompt(item.prompt) not in judged)
        if not items:
            raise NotApplicable(_no_training(self.suite, len(apart)))
        given = self.suite.items[0].prompt.demonstrations
        return tuple(replace(item, prompt=replace(item.prompt, demonstrations=given)) for item in items)

    def is_shared(self, variant: Variant) -> bool:
        """Return whether a variant is said the same way for all items: the original, a rerun, a layout, a wording."""
        scopes = {one.name: one.scope for one in self.plan.perturbations}
        return variant.family in ("original", "null") or scopes.get(variant.perturbation) == "suite"


def _no_training(suite: Suite, num_leaked: int) -> str:
    """Return why there is no training item to learn from."""
    if num_leaked:
        return f"all {num_leaked} training items of the suite say what its evaluation items say"
    where = f": {suite.path}/train.jsonl" if Path(suite.path or "-").is_dir() else ""
    return f"the suite has no training items{where}"


def _given(asker: Asker | None) -> Asker:
    if asker is None:
        raise NotApplicable("it asks the model, and there is none")
    return asker


@dataclass(frozen=True, slots=True)
class PromptFile:
    """What a method of the kind "prompt" makes: a file to commit in place of another one."""

    name: str
    """Relative to the suite's folder, such as `suite.toml`."""
    text: str
    before: str
    """The text that it replaces; the page and the terminal show the diff."""


@dataclass(frozen=True, slots=True, eq=False)
class Outcome:
    """What a method made of the variants."""

    scores: tuple[Score, ...]
    """One for each variant of `Bench.before` that it could answer: same item, family, perturbation and sample. The prompt and
    its text may be others. Variants that have none are left out of the comparison, before and after."""
    keeps: bool
    """Whether its answers are made from the kept ones, whose cost then is part of its own."""
    chose: str = ""
    """What it found or chose, in a line, such as "prior 0.71 / 0.29"."""
    warnings: tuple[str, ...] = ()
    details: Mapping[str, Any] = field(default_factory=dict)
    """More of the same, for JSON: plain values only, no NaN."""
    files: tuple[PromptFile, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Method:
    """A registered way to make answers less fragile without training."""

    name: str
    kind: Kind
    summary: str
    apply: Callable[[Bench], Outcome]
    """Raises `NotApplicable` with the reason where it has nothing to do."""
    source: str = "-"
    asks: bool = True
    """Whether it asks the model; otherwise the kept answers are enough."""
    is_default: bool = True
    """Whether `--method all` has it; one that needs an option, or that only diagnoses, is asked by name."""


methods: Registry[Method] = Registry("mitigation method", see="probe list mitigations", group="probe.mitigations")

Apply = Callable[[Bench], Outcome]


def method(name: str, *, kind: Kind, **given: Any) -> Callable[[Apply], Apply]:
    """Return a decorator that registers a function as a method; the first line of its docstring is the summary."""

    def register(function: Apply) -> Apply:
        summary = given.pop("summary", None) or doc_of(function).partition("\n")[0]
        methods.add(name, Method(name=name, kind=kind, summary=summary, apply=function, **given))
        return function

    return register


def keyed(scores: Sequence[Score]) -> dict[tuple[str, str, str, int], Score]:
    """Return scores by item, family, perturbation and sample.

    Raises:
        UsageError: one comes twice.
    """
    found: dict[tuple[str, str, str, int], Score] = {}
    for score in scores:
        one = score.variant
        key = (one.item.id, one.family, one.perturbation, one.sample)
        if key in found:
            raise UsageError(f"two answers to {key}")
        found[key] = score
    return found
