r"""Greedy text generation with a transformers model, in batches of like length, padded on the left.

    ids        .  .  c0 c1 c2 | g0 g1 \n           a row is finished at the end token, or as soon as its decoded
    positions  0  0  0  1  2  | 3  4  5            text contains a stop string; finished rows wait for the others

Equal to lm-eval's `HFLM.generate_until` without sampling: contexts longer than the window, less the room for what is
written, lose their left end; the text is cut at each stop string in turn.

Covered: greedy decoding with stop strings. Not covered: sampling, beams.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import torch

from probe.errors import ModelError
from probe.models.base import cut_at
from probe.models.encoding import Encoder
from probe.models.packing import padded
from probe.types import Completion, Generation


class Engine(Protocol):
    """What generation needs of a loaded model."""

    model: Any
    encoder: Encoder
    device: torch.device

    pad_id: int
    """Token id that fills shorter rows on the left."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """A request with its context as token ids."""

    index: int
    request: Generation
    ids: tuple[int, ...]
    is_truncated: bool

    @property
    def size(self) -> int:
        """Tokens that the cache will hold."""
        return len(self.ids) + self.request.max_new_tokens


def prepared(requests: Sequence[Generation], encoder: Encoder) -> list[Prepared]:
    """Encode contexts and cut them on the left to what the window holds beside the new tokens."""
    items = []
    for index, (request, ids) in enumerate(zip(requests, encoder.encode_contexts(requests), strict=True)):
        room = encoder.max_length - request.max_new_tokens
        if room < 1:
            raise ModelError(
                f"max_new_tokens is {request.max_new_tokens}, but the model's window holds {encoder.max_length} tokens",
                hint="ask for fewer new tokens",
            )
        items.append(Prepared(index, request, tuple(ids[-room:]), is_truncated=len(ids) > room))
    return items


def batches(items: Sequence[Prepared], *, budget: int, most: int | None) -> list[list[Prepared]]:
    """Group requests that stop alike, by length, within the token budget; the largest come last."""
    grouped: list[list[Prepared]] = []
    # Longest first: a batch is as wide as its first row, so its size is known when a row is added.
    for item in sorted(items, key=lambda p: (p.request.max_new_tokens, p.request.stop, -p.size)):
        if grouped and (group := grouped[-1]):
            alike = (group[0].request.stop, group[0].request.max_new_tokens)
            fits = (len(group) + 1) * group[0].size <= budget and (most is None or len(group) < most)
            if fits and alike == (item.request.stop, item.request.max_new_tokens):
                group.append(item)
                continue
        grouped.append([item])
    return sorted(grouped, key=lambda group: len(group) * group[0].size)


def generate(engine: Engine, batch: Sequence[Prepared]) -> list[Completion]:
    """Write after each context of a batch until a stop string, the end token or the limit."""
    from transformers import LogitsProcessorList, StoppingCriteriaList

    request = batch[0].request
    if request.max_new_tokens < 1:
        return [Completion("", mean_logprob=0.0, num_tokens=0, is_truncated=True) for _ in batch]
    # B = rows, T = padded context
    width = max(len(item.ids) for item in batch)
    ids_BT = padded([item.ids for item in batch], width=width, fill=engine.pad_id, on_left=True)
    mask_BT = padded([[1] * len(item.ids) for item in batch], width=width, fill=0, on_left=True)
    recorder = _Recorder()
    stopper = _Stopper(engine.encoder.tokenizer, request.stop, width)
    with torch.inference_mode():
        written_BT = engine.model.generate(
            input_ids=ids_BT.to(engine.device),
            attention_mask=mask_BT.to(engine.device),
            generation_config=greedy(engine, request.max_new_tokens),
            logits_processor=LogitsProcessorList([recorder]),
            stopping_criteria=StoppingCriteriaList([stopper]),
        )
    logprobs_BT = torch.stack(recorder.logprobs, dim=1).tolist()
    return [
        _completion(engine, tokens, logprobs, request)
        for tokens, logprobs in zip(written_BT[:, width:].tolist(), logprobs_BT, strict=True)
    ]


def greedy(engine: Engine, max_new_tokens: int) -> Any:
    """Return the checkpoint's generation settings, without its sampling."""
    config = type(engine.model.generation_config)(**engine.model.generation_config.to_dict())
    config.update(
        do_sample=False, num_beams=1, temperature=None, top_p=None, top_k=None, typical_p=None, min_p=None,
        max_new_tokens=max_new_tokens, max_length=None, pad_token_id=engine.pad_id, use_cache=True,
        return_dict_in_generate=False, eos_token_id=_end_ids(engine) or None,
    )  # fmt: skip
    return config


def _end_ids(engine: Engine) -> list[int]:
    """Return the tokens that end a text: the tokenizer's, and those that the checkpoint names."""
    named = engine.model.generation_config.eos_token_id
    ids = [named] if isinstance(named, int) else list(named or [])
    own = engine.encoder.tokenizer.eos_token_id
    return sorted({*ids, *([own] if own is not None else [])})


def _completion(engine: Engine, tokens: list[int], logprobs: list[float], request: Generation) -> Completion:
    """Read one row: what counts is up to and including the token that ended it."""
    tokenizer = engine.encoder.tokenizer
    end_ids = set(_end_ids(engine))
    length = next((place + 1 for place, token in enumerate(tokens) if token in end_ids), len(tokens))
    ended = length < len(tokens) or (length > 0 and tokens[length - 1] in end_ids)
    text = _decoded(tokenizer, tokens[:length])
    if _has_stop(text, request.stop):
        ended = True
        # A stop string may begin in the middle of a token: the shortest prefix of tokens whose text holds it counts.
        length = next(n for n in range(1, length + 1) if _has_stop(_decoded(tokenizer, tokens[:n]), request.stop))
        text = cut_at(_decoded(tokenizer, tokens[:length]), request.stop)
    return Completion(text, sum(logprobs[:length]) / length, num_tokens=length, is_truncated=not ended)


def _decoded(tokenizer: Any, tokens: Sequence[int]) -> str:
    return str(tokenizer.decode(tokens, skip_special_tokens=True))


def _has_stop(text: str, stops: Sequence[str]) -> bool:
    return any(stop in text for stop in stops if stop)


class _Recorder:
    """Keeps the log-probability of the likeliest token of every step; changes nothing."""

    def __init__(self) -> None:
        self.logprobs: list[torch.Tensor] = []

    def __call__(self, input_ids: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
        self.logprobs.append(scores.float().log_softmax(-1).amax(-1).cpu())
        return scores


class _Stopper:
    """Tells which rows have written a stop string."""

    def __init__(self, tokenizer: Any, stops: Sequence[str], width: int) -> None:
        self.tokenizer = tokenizer
        self.stops = [stop for stop in stops if stop]
        self.width = width

    def __call__(self, input_ids: torch.Tensor, scores: torch.Tensor, **kwargs: Any) -> torch.Tensor:
        written = self.tokenizer.batch_decode(input_ids[:, self.width :], skip_special_tokens=True)
        done = [_has_stop(text, self.stops) for text in written]
        return torch.tensor(done, dtype=torch.bool, device=input_ids.device)
