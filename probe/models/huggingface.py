"""Any causal language model of transformers, scored as a trie.

    requests -> distinct ones -> token spans -> rows of a trie -> batches -> forward passes -> log-probabilities

A model that cannot take packed rows is given plain sequences in padded batches instead: the same plan with rows that do
not branch. So are single sequences that exceed what can be packed (a sliding window, say).

A sequence whose scores are NaN is computed again by itself, since the NaN may be another's of its row or batch. What is NaN then
too stays NaN.

Covered: scoring, its token budget, running out of memory, what a run records of the model.
Not covered: loading (`probe.models.loading`), text generation (`probe.models.generation`).
"""

from __future__ import annotations

import copy
import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Self, TypeVar

import numpy as np
import torch

from probe.errors import ModelError
from probe.models import generation, identity, memory, soft_prompt, trust
from probe.models.again import score_again, write_again
from probe.models.base import EngineUsage, Model, Progress, once_each
from probe.models.canonical import digest_of
from probe.models.encoding import Encoder
from probe.models.options import HuggingFaceOptions
from probe.models.packing import Scored, score
from probe.models.trie import Costs, Row, Span, batches, plan
from probe.models.weights import fingerprint_of, mark_of, pair_cost
from probe.types import Completion, Generation, LogLikelihood, LogProb

log = logging.getLogger(__name__)

CPU_BUDGET = 4096
"""Tokens of one forward pass on a CPU: enough to be efficient, small enough for its caches."""

SMALLEST_BUDGET = 256
LARGEST_BUDGET = 1 << 17
LONGEST_ROW = 8192
"""Tokens of one row: its mask grows with the square."""

MEMORY_SHARE = 0.6
"""Of the accelerator's free memory, how much one forward pass may take."""

SCORES_PER_TOKEN = 0.25
"""Logits kept in a batch, as a share of the budget: they are as large as the vocabulary."""

RESOLUTION = {torch.float64: 1e-12, torch.float32: 1e-5}
"""Relative differences of log-probabilities that are rounding: what another batch, or another place in a matrix product, changes.

Not of the half precisions: there equal scores are equal, and unlike ones at least a step of the format apart.
"""

WORTH_CHECKING = 8
"""Sequences longer than a sliding window that justify checking whether such ones can be packed."""


Tell = Callable[[Sequence[int], Sequence[LogProb]], None]
Batch = TypeVar("Batch")
Result = TypeVar("Result")


@dataclass
class Meter:
    """The usage that a model and its copies under other token budgets count together."""

    usage: EngineUsage


class HuggingFace(Model):
    """A transformers model that is asked in batches of trie rows."""

    def __init__(self, model: Any, encoder: Encoder, *, name: str, options: HuggingFaceOptions | None = None) -> None:
        self.model = model
        self.encoder = encoder.within(encoder.max_length - soft_prompt.num_virtual(model))
        self.name = name
        self.options = options or HuggingFaceOptions()
        self.device = next(model.parameters()).device
        tokenizer = encoder.tokenizer
        # A tokenizer may have tokens beyond the model's embeddings: those cannot fill a row.
        known = range(self.num_tokens)
        self.pad_id = next((i for i in (tokenizer.pad_token_id, tokenizer.eos_token_id) if i in known), 0)
        config = trust.text_config(model)
        self.window = trust.sliding_window(config)
        self.rope_limit = trust.longest_packed(config)
        self._hashed: tuple[Any, str] | None = None
        self._buffers_hash = identity.buffers_hash(model)
        # A window longer than the check on load is a limit until a run needs longer sequences (`_check_window`).
        self.window_limit = self.window.size if self.window and self.window.size > trust.CHECKED_WINDOW else None
        self._is_window_checked = False
        self.why_padded = trust.why_not_packed(model, pad_id=self.pad_id)
        if self.why_padded:
            log.warning("%s is computed in padded batches, not as a trie: %s", name, self.why_padded)
        self._meter = Meter(EngineUsage(path="padded" if self.why_padded else "trie"))
        self._token_budget = self.options.token_budget or self._measured_budget()
        self.costs = Costs(pair=pair_cost(model, self.device))

    @property
    def usage(self) -> EngineUsage:  # type: ignore[override]  # read-only here: counted in `_meter`
        """Return what this model and its copies under other token budgets were asked."""
        return self._meter.usage

    @property
    def token_budget(self) -> int:
        """Return the most tokens of one forward pass; it shrinks where memory runs out."""
        return self._token_budget

    def with_token_budget(self, tokens: int) -> Self:
        """Return a copy that shares weights, tokenizer and meter, under another budget."""
        other = copy.copy(self)
        other._token_budget = tokens
        return other

    @property
    def longest_packed(self) -> int | None:
        """Return the longest sequence that may share a row with others, in tokens; None for any length."""
        limits = [limit for limit in (self.window_limit, self.rope_limit) if limit is not None]
        return 0 if self.why_padded else min(limits, default=None)

    @property
    def opens_thinking(self) -> str:
        """Return the mark by which its chat template opens a block of thinking before the answer; empty where it does not."""
        return self.encoder.opens_thinking

    @property
    def num_tokens(self) -> int:
        """Return how many tokens the model's embeddings have."""
        return int(self.model.get_input_embeddings().weight.shape[0])

    @property
    def resolution(self) -> float:
        """Return the relative difference of two log-probabilities up to which only rounding tells them apart."""
        return RESOLUTION.get(self.model.dtype, 0.0)

    def loglikelihoods(self, requests: Sequence[LogLikelihood], *, progress: Progress | None = None) -> list[LogProb]:
        """Compute how likely each continuation is, in the order asked; the same request is computed once."""
        unique, places = once_each(requests)
        encoded = self.encoder.encode(unique)
        asked = [index for index, item in enumerate(encoded) if item.span is not None]
        spans = [span for item in encoded if (span := item.span) is not None]
        answers = [LogProb(0.0, is_greedy=True, num_tokens=0)] * len(unique)  # an empty continuation is certain

        def tell(done: Sequence[int], rated: Sequence[LogProb]) -> None:
            self.tell([unique[asked[place]] for place in done], rated)

        rated, read = self.score_spans(spans, progress=progress, tell=tell)
        for index, answer in zip(asked, rated, strict=True):
            answers[index] = answer
        alone = [len(item.span.tokens) - 1 if item.span else 0 for item in encoded]
        truncated = sum(item.is_truncated for item in encoded)
        self._count(requests, unique, tokens=sum(alone[place] for place in places), read=read, truncated=truncated)
        return [answers[place] for place in places]

    def score_spans(
        self, spans: list[Span], *, progress: Progress | None = None, tell: Tell | None = None
    ) -> tuple[list[LogProb], int]:
        """Return how likely each span's scored tokens are, and the tokens read; `usage` counts requests alone.

        `tell` is called after each forward pass with the places of the spans that are done and their answers.
        """
        sums, greedy, read = np.zeros(len(spans)), np.ones(len(spans), dtype=bool), 0

        def answers(places: Iterable[int]) -> list[LogProb]:
            sizes = {place: len(spans[place].tokens) - spans[place].first_scored for place in places}
            return [LogProb(float(sums[place]), bool(greedy[place]), size) for place, size in sizes.items()]

        for members, num_read in self._scored(spans, sums, greedy, progress):
            read = num_read
            # What is NaN may be computed again, by itself.
            if tell is not None and (done := [place for place in members if not np.isnan(sums[place])]):
                tell(done, answers(done))
        return answers(range(len(spans))), read

    def generate(self, requests: Sequence[Generation], *, progress: Progress | None = None) -> list[Completion]:
        """Write what follows each context, greedily, in the order asked; the same request is computed once."""
        unique, places = once_each(requests)
        prepared = generation.prepared(unique, self.encoder)
        self.encoder.check_known((item.ids for item in prepared), self.num_tokens)
        answers: dict[int, Completion] = {}

        def write(batch: list[generation.Prepared]) -> list[Completion]:
            return generation.generate(self, batch, tell=lambda one, answer: self.tell([one.request], [answer]))

        total, done = sum(len(p.ids) for p in prepared), 0

        def plan_batches(pending: Sequence[Sequence[generation.Prepared]]) -> list[list[generation.Prepared]]:
            items = [p for group in pending for p in group]
            pads = not soft_prompt.num_virtual(self.model)
            return generation.batches(items, budget=self.token_budget, most=self.options.batch_size, pads=pads)

        shared = set()
        for batch, completions in self._computed(plan_batches([prepared]), write, plan_batches, lambda _: True):
            answers |= {item.index: completion for item, completion in zip(batch, completions, strict=True)}
            shared |= {item.index for item in batch if len(batch) > 1}
            done += sum(len(p.ids) for p in batch)
            if progress is not None:
                progress(done, total)
        again, left = write_again(
            prepared,
            shared,
            answers,
            write=lambda item: self._by_itself(item, write)[0],
        )
        self._meter.usage = self.usage.plus_non_finite(recomputed=again, left=left)
        sizes = {p.index: len(p.ids) for p in prepared}
        truncated = sum(p.is_truncated for p in prepared)
        self._count(requests, unique, tokens=sum(sizes[p] for p in places), read=total, truncated=truncated)
        return [answers[place] for place in places]

    def facts(self) -> identity.HuggingFaceFacts:
        """Return what identifies the model and how it is computed."""
        return identity.HuggingFaceFacts(
            model=self.name,
            fingerprint=self.fingerprint,
            config_hash=identity.config_hash(self.model),
            generation_hash=identity.generation_hash(generation.greedy(self, max_new_tokens=1)),
            adapter_hash=(adapter_hash := identity.adapter_hash(self.model)),
            modules_hash=digest_of([identity.modules_hash(self.model), self._buffers_hash]),
            libraries=identity.libraries(with_adapter=bool(adapter_hash)),
            architecture=type(trust.innermost(self.model)).__name__,
            parameters=sum(p.numel() for p in self.model.parameters()),
            dtype=str(self.model.dtype).removeprefix("torch."),
            device=str(self.device),
            revision=self.options.revision,
            adapter=self.options.adapter,
            path=self.usage.path,
            why_padded=self.why_padded,
            longest_packed=self.longest_packed,
            token_budget=self.token_budget,
            hardware=identity.hardware(self.device),
            attention=str(getattr(self.model.config, "_attn_implementation", None)),
            precision=torch.get_float32_matmul_precision(),
            **asdict(self.encoder.facts()),
        )

    @property
    def fingerprint(self) -> str:
        """Return the hash of the weights, an adapter's included, with names, shapes and dtypes; anew where they were changed."""
        mark = mark_of(self.model)
        if self._hashed is None or self._hashed[0] != mark:
            self._hashed = mark, fingerprint_of(self.model)
        return self._hashed[1]

    def _scored(
        self, spans: list[Span], sums: Any, greedy: Any, progress: Progress | None
    ) -> Iterator[tuple[list[int], int]]:
        """Fill in per span the sum of log-probabilities and whether each token was the likeliest.

        Yield after each forward pass the spans that it scored, each of which is in one pass, and the tokens read so far.
        """
        self.encoder.check_known((span.tokens for span in spans), self.num_tokens)
        read = 0
        shared: set[int] = set()
        planned = self.planned(spans)
        total = sum(len(row) for batch in planned for row in batch)

        def plan_again(pending: Sequence[Sequence[Row]]) -> list[list[Row]]:
            nonlocal total
            again = self.planned(spans, sorted(index for group in pending for row in group for index in row.spans))
            total = read + sum(len(row) for group in again for row in group)
            return again

        # A single row that branches may still be cut into several: only a chain is as small as it gets.
        for batch, result in self._computed(planned, self._forward, plan_again, lambda batch: batch[0].is_chain):
            # A span's tokens may lie apart in a row: several entries of `owners` are one span, which `+=` would count once.
            np.add.at(sums, result.owners, result.values)
            np.logical_and.at(greedy, result.owners, result.is_greedy)
            members = [index for row in batch for index in row.spans]
            shared |= set(members if len(members) > 1 else ())
            read += sum(len(row) for row in batch)
            if progress is not None:
                progress(read, total)
            yield members, read
        again, num_read = score_again(
            spans, shared, sums, greedy, score=lambda row: self._by_itself(row, self._forward), longest=LONGEST_ROW
        )
        self._meter.usage = self.usage.plus_non_finite(recomputed=again, left=int(np.isnan(sums).sum()))
        yield [], read + num_read

    def _by_itself(self, one: Batch, compute: Callable[[list[Batch]], Result]) -> Result:
        """Compute a batch of one."""
        [(_, result)] = self._computed([[one]], compute, list, lambda _: True)
        return result

    def _computed(
        self,
        pending: list[list[Batch]],
        compute: Callable[[list[Batch]], Result],
        plan_again: Callable[[list[list[Batch]]], list[list[Batch]]],
        is_smallest: Callable[[list[Batch]], bool],
    ) -> Iterator[tuple[list[Batch], Result]]:
        """Compute batches, the last first; where memory runs out, halve the budget and plan what is left again."""
        while pending:
            batch = pending.pop()
            result = self._unless_out_of_memory(lambda batch=batch: compute(batch))
            if result is None:
                self._halve(is_single=len(batch) == 1 and is_smallest(batch))
                pending = plan_again([*pending, batch])
            else:
                yield batch, result

    def _check_window(self, spans: Sequence[Span]) -> None:
        """Lift the limit of a sliding window if packing beyond it is right; costs as much as a few long sequences."""
        limit = self.window_limit
        if limit is None or self._is_window_checked or self.why_padded:
            return
        if sum(len(span.tokens) - 1 > limit for span in spans) < WORTH_CHECKING:
            return
        self._is_window_checked = True
        if wrong := trust.check(self.model, pad_id=self.pad_id, length=limit + 8):
            log.warning(
                "%s: sequences longer than its sliding window of %d are not packed: %s", self.name, limit, wrong
            )
        else:
            self.window_limit = None

    def _forward(self, batch: list[Row]) -> Scored:
        return score(self.model, batch, pad_id=self.pad_id, window=self.window)

    def planned(
        self, spans: Sequence[Span], indices: Sequence[int] | None = None, *, budget: int | None = None
    ) -> list[list[Row]]:
        """Plan forward passes over some of the spans, or all, each of at most `budget` tokens unless one span is longer.

        The largest comes last. The budget is the model's own where none is given.
        """
        self._check_window(spans)
        budget = budget or self.token_budget
        indices = range(len(spans)) if indices is None else indices
        limit = self.longest_packed
        packed = [i for i in indices if limit is None or len(spans[i].tokens) - 1 <= limit]
        chosen = set(packed)
        alone = [i for i in indices if i not in chosen]
        rows = plan(spans, packed, max_row=min(budget, LONGEST_ROW), costs=self.costs)
        rows += plan(spans, alone, max_row=min(budget, LONGEST_ROW), costs=self.costs, chains=True)
        grouped = batches(
            rows,
            budget=budget,
            max_scores=max(int(budget * SCORES_PER_TOKEN), 1),
            slack=64 if self.device.type == "cpu" else budget // 4,
            most=self.options.batch_size,
        )
        return sorted(grouped, key=lambda batch: len(batch) * len(batch[0]))

    def _unless_out_of_memory(self, compute: Any) -> Any:
        """Compute, or give None where memory does not suffice."""
        try:
            return compute()
        except RuntimeError as error:
            if not memory.is_out_of_memory(error):
                raise
        memory.release(self.device)
        return None

    def _halve(self, *, is_single: bool) -> None:
        """Take half the token budget from now on."""
        if is_single:
            raise ModelError(
                f"{self.name} runs out of memory on {self.device} with a single sequence",
                hint="shorten the prompts or --max-length, choose --dtype bfloat16, or another --device",
            )
        self._token_budget = max(self.token_budget // 2, 1)
        log.warning("out of memory on %s: going on with %d tokens a forward pass", self.device, self.token_budget)

    def _measured_budget(self) -> int:
        """Return the token budget: on a GPU, what its free memory holds by the measure of one forward pass."""
        if self.device.type != "cuda":
            return CPU_BUDGET
        length = min(1024, self.encoder.max_length)
        probe = Span(np.arange(length + 1, dtype=np.int32) % 100, first_scored=max(int(length * 0.75), 1))
        rows = plan([probe], [0], max_row=length)
        torch.cuda.synchronize(self.device)
        before = torch.cuda.memory_allocated(self.device)
        torch.cuda.reset_peak_memory_stats(self.device)
        if self._unless_out_of_memory(lambda: self._forward(rows)) is None:
            return SMALLEST_BUDGET
        each = max((torch.cuda.max_memory_allocated(self.device) - before) / length, 1.0)
        free = torch.cuda.mem_get_info(self.device)[0]
        return int(min(max(free * MEMORY_SHARE / each, SMALLEST_BUDGET), LARGEST_BUDGET))

    def _count(self, requests: Sequence[Any], unique: Sequence[Any], *, tokens: int, read: int, truncated: int) -> None:
        if truncated and not self.usage.truncated:
            window = self.encoder.max_length
            log.warning("prompts longer than the window of %d tokens lose their beginning; they are counted", window)
        self._meter.usage = self.usage.plus(
            requests=len(requests), unique=len(unique), tokens=tokens, read=read, truncated=truncated
        )
