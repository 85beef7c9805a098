"""Any causal language model of transformers, scored as a trie.

    requests -> distinct ones -> token spans -> rows of a trie -> batches -> forward passes -> log-probabilities

A model that cannot take packed rows is given plain sequences in padded batches instead: the same plan with rows that do
not branch. So are single sequences that exceed what can be packed (a sliding window, say).

Covered: scoring, its token budget, running out of memory, what a run records of the model.
Not covered: loading (`probe.models.loading`), text generation (`probe.models.generation`).
"""

from __future__ import annotations

import gc
import hashlib
import logging
from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np
import torch

from probe.errors import ModelError
from probe.models import generation, trust
from probe.models.base import EngineUsage, Facts, ModelOptions, Progress, once_each
from probe.models.encoding import Encoder
from probe.models.packing import Scored, score
from probe.models.trie import Costs, Row, Span, batches, plan
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

WORTH_CHECKING = 8
"""Sequences longer than a sliding window that justify checking whether such ones can be packed."""

HASH_WHOLE = 4 << 30
"""Weights up to this many bytes are hashed whole; of larger ones, blocks of every tensor."""


class HuggingFace:
    """A transformers model as one of ours."""

    def __init__(self, model: Any, encoder: Encoder, *, name: str, options: ModelOptions | None = None) -> None:
        self.model = model
        self.encoder = encoder
        self.name = name
        self.options = options or ModelOptions()
        self.device = next(model.parameters()).device
        tokenizer = encoder.tokenizer
        known = range(
            model.get_input_embeddings().weight.shape[0]
        )  # a tokenizer may have tokens that the model has not
        self.pad_id = next((i for i in (tokenizer.pad_token_id, tokenizer.eos_token_id) if i in known), 0)
        config = trust.text_config(model)
        self.window = trust.sliding_window(config)
        self.unchecked_window = self.window.size if self.window and self.window.size > trust.CHECKED_WINDOW else None
        self.longest_rope = trust.longest_packed(config)
        self.why_padded = trust.why_not_packed(model, pad_id=self.pad_id)
        if self.why_padded:
            log.warning("%s is computed in padded batches, not as a trie: %s", name, self.why_padded)
        self.usage = EngineUsage(path="padded" if self.why_padded else "trie")
        self.budget = self.options.token_budget or self._measured_budget()
        self.costs = Costs(pair=_pair_cost(model, self.device))

    @property
    def longest_packed(self) -> int | None:
        """Tokens up to which a sequence may be packed with others; None: any number."""
        limits = [limit for limit in (self.unchecked_window, self.longest_rope) if limit is not None]
        return 0 if self.why_padded else min(limits, default=None)

    def loglikelihoods(self, requests: Sequence[LogLikelihood], *, progress: Progress | None = None) -> list[LogProb]:
        """Compute how likely each continuation is, in the order asked; the same request is computed once."""
        unique, places = once_each(requests)
        encoded = self.encoder.encode(unique)
        asked = [index for index, item in enumerate(encoded) if item.span is not None]
        spans = [span for item in encoded if (span := item.span) is not None]
        answers = [LogProb(0.0, is_greedy=True, num_tokens=0)] * len(unique)  # an empty continuation is certain
        sums, greedy, read = self._scored(spans, progress)
        for place, index in enumerate(asked):
            num_tokens = len(spans[place].tokens) - spans[place].first_scored
            answers[index] = LogProb(float(sums[place]), bool(greedy[place]), num_tokens)
        alone = [len(item.span.tokens) - 1 if item.span else 0 for item in encoded]
        truncated = sum(item.is_truncated for item in encoded)
        self._count(requests, unique, tokens=sum(alone[place] for place in places), read=read, truncated=truncated)
        return [answers[place] for place in places]

    def generate(self, requests: Sequence[Generation], *, progress: Progress | None = None) -> list[Completion]:
        """Write what follows each context, greedily, in the order asked; the same request is computed once."""
        unique, places = once_each(requests)
        prepared = generation.prepared(unique, self.encoder)
        answers: list[Completion | None] = [None] * len(unique)
        total, done = sum(len(p.ids) for p in prepared), 0
        pending = generation.batches(prepared, budget=self.budget, most=self.options.batch_size)
        while pending:
            batch = pending.pop()
            completions = self._unless_out_of_memory(lambda batch=batch: generation.generate(self, batch))
            if completions is None:
                self._halve(is_single=len(batch) == 1)
                pending = generation.batches(
                    [p for group in (*pending, batch) for p in group], budget=self.budget, most=self.options.batch_size
                )
                continue
            for item, completion in zip(batch, completions, strict=True):
                answers[item.index] = completion
            done += sum(len(p.ids) for p in batch)
            if progress is not None:
                progress(done, total)
        finished = [answer for answer in answers if answer is not None]
        tokens = [len(p.ids) for p in sorted(prepared, key=lambda p: p.index)]
        truncated = sum(p.is_truncated for p in prepared)
        self._count(requests, unique, tokens=sum(tokens[p] for p in places), read=total, truncated=truncated)
        return [finished[place] for place in places]

    def facts(self) -> Facts:
        """Return what identifies the model and how it is computed, for the record."""
        return {
            "model": self.name,
            "fingerprint": self.fingerprint,
            "architecture": type(trust.innermost(self.model)).__name__,
            "parameters": sum(p.numel() for p in self.model.parameters()),
            "dtype": str(self.model.dtype).removeprefix("torch."),
            "device": str(self.device),
            "revision": self.options.revision,
            "adapter": self.options.adapter,
            "path": self.usage.path,
            "why_padded": self.why_padded,
            "longest_packed": self.longest_packed,
            "token_budget": self.budget,
            **self.encoder.facts(),
        }

    @cached_property
    def fingerprint(self) -> str:
        """Hash of the weights, an adapter's included, with names, shapes and dtypes."""
        digest = hashlib.blake2b(digest_size=16)
        state = sorted(self.model.state_dict().items())
        whole = sum(t.numel() * t.element_size() for _, t in state) <= HASH_WHOLE
        for name, tensor in state:
            digest.update(f"{name}\x1f{tuple(tensor.shape)}\x1f{tensor.dtype}".encode())
            flat = tensor.detach().reshape(-1)
            blocks = [flat] if whole else [flat[s : s + 4096] for s in range(0, len(flat), max(len(flat) // 64, 4096))]
            for block in blocks:
                digest.update(block.contiguous().view(torch.uint8).cpu().numpy().data)
        return digest.hexdigest()

    def _scored(self, spans: list[Span], progress: Progress | None) -> tuple[Any, Any, int]:
        """Score spans; give per span the sum and whether all tokens were the likeliest, and how many were read."""
        self._check_window(spans)
        sums, greedy, read = np.zeros(len(spans)), np.ones(len(spans), dtype=bool), 0
        pending = self._planned(spans, range(len(spans)))
        total = sum(len(row) for batch in pending for row in batch)
        while pending:
            batch = pending.pop()
            result = self._unless_out_of_memory(lambda batch=batch: self._forward(batch))
            if result is None:
                self._halve(is_single=len(batch) == 1 and batch[0].is_chain)
                left = sorted(index for group in (*pending, batch) for row in group for index in row.spans)
                pending = self._planned(spans, left)
                total = read + sum(len(row) for group in pending for row in group)
                continue
            np.add.at(sums, result.owners, result.values)
            np.logical_and.at(greedy, result.owners, result.is_greedy)
            read += sum(len(row) for row in batch)
            if progress is not None:
                progress(read, total)
        return sums, greedy, read

    def _check_window(self, spans: list[Span]) -> None:
        """Lift the limit of a sliding window if packing beyond it is right; costs as much as a few long sequences."""
        size = self.unchecked_window
        if size is None or self.why_padded or sum(len(span.tokens) - 1 > size for span in spans) < WORTH_CHECKING:
            return
        if wrong := trust.check(self.model, pad_id=self.pad_id, length=size + 8):
            log.warning("%s: sequences longer than its sliding window of %d are not packed: %s", self.name, size, wrong)
            self.longest_rope = min(size, self.longest_rope or size)
        self.unchecked_window = None

    def _forward(self, batch: list[Row]) -> Scored:
        return score(self.model, batch, pad_id=self.pad_id, window=self.window)

    def _planned(self, spans: list[Span], indices: Sequence[int]) -> list[list[Row]]:
        """Plan batches over some of the spans; the largest comes last, to be computed first."""
        limit = self.longest_packed
        packed = [i for i in indices if limit is None or len(spans[i].tokens) - 1 <= limit]
        chosen = set(packed)
        alone = [i for i in indices if i not in chosen]
        rows = plan(spans, packed, max_row=min(self.budget, LONGEST_ROW), costs=self.costs)
        rows += plan(spans, alone, max_row=min(self.budget, LONGEST_ROW), costs=self.costs, chains=True)
        grouped = batches(
            rows,
            budget=self.budget,
            max_scores=max(int(self.budget * SCORES_PER_TOKEN), 1),
            slack=64 if self.device.type == "cpu" else self.budget // 4,
            most=self.options.batch_size,
        )
        return sorted(grouped, key=lambda batch: len(batch) * len(batch[0]))

    def _unless_out_of_memory(self, compute: Any) -> Any:
        """Compute, or give None where memory does not suffice."""
        try:
            return compute()
        except RuntimeError as error:
            if not _is_out_of_memory(error):
                raise
        gc.collect()
        if self.device.type == "cuda":
            torch.cuda.empty_cache()
        elif self.device.type == "mps":
            torch.mps.empty_cache()
        return None

    def _halve(self, *, is_single: bool) -> None:
        """Take half the token budget from now on."""
        if is_single:
            raise ModelError(
                f"{self.name} runs out of memory on {self.device} with a single sequence",
                hint="shorten the prompts or --max-length, choose --dtype bfloat16, or another --device",
            )
        self.budget = max(self.budget // 2, 1)
        log.warning("out of memory on %s: going on with %d tokens a forward pass", self.device, self.budget)

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
            log.warning(
                "prompts longer than the model's window of %d tokens lose their beginning; they are counted", window
            )
        self.usage = self.usage.plus(
            requests=len(requests), unique=len(unique), tokens=tokens, read=read, truncated=truncated
        )


def _is_out_of_memory(error: RuntimeError) -> bool:
    return isinstance(error, torch.OutOfMemoryError) or "out of memory" in str(error) or "can't allocate" in str(error)


def _pair_cost(model: Any, device: torch.device) -> float:
    """Return what attention between two nodes costs, in units of a token's share of the dense layers.

    Multiplications: 4 * width for a pair in each layer, 2 for each weight outside the vocabulary; times how much less
    efficient attention runs: on a CPU in blocks (`probe.models.blocks`) 0.25, measured on 2 cores; guessed elsewhere.
    """
    config = trust.text_config(model)
    vocabulary = {id(m.weight) for m in (model.get_input_embeddings(), model.get_output_embeddings()) if m is not None}
    dense = sum(p.numel() for p in model.parameters() if id(p) not in vocabulary)
    width, layers = getattr(config, "hidden_size", 0), getattr(config, "num_hidden_layers", 0)
    slowness = 0.25 if device.type == "cpu" else 1.5
    if getattr(config, "_attn_implementation", "sdpa") == "eager":
        slowness *= 6
    return float(slowness * 2 * width * layers / max(dense, 1))
