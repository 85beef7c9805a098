r"""Greedy text generation with a transformers model, in batches of like length, padded on the left.

    ids        .  .  c0 c1 c2 | g0 g1 \n           a row is finished at the end token, or as soon as its decoded
    positions  0  0  0  1  2  | 3  4  5            text contains a stop string; finished rows wait for the others

Equal to lm-eval's `HFLM.generate_until` without sampling: contexts longer than the window, less the room for what is
written, lose their left end; the text is cut at each stop string in turn. A stop string that is a special token, which the text
does not show, ends it too, and so does one that the checkpoint names.

Covered: greedy decoding with stop strings. Not covered: sampling, beams.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Protocol

import torch

from probe.errors import ModelError
from probe.models.base import cut_at
from probe.models.encoding import Encoder
from probe.models.packing import padded
from probe.models.thinking import is_mark, mark_in, without_empty
from probe.models.trust import innermost
from probe.types import Completion, Generation

PLAIN: dict[str, Any] = {
    "do_sample": False,
    "num_beams": 1,
    "num_beam_groups": None,
    "diversity_penalty": None,
    "num_return_sequences": 1,
    "penalty_alpha": None,
    "dola_layers": None,
    "prompt_lookup_num_tokens": None,
    "token_healing": False,
    "max_time": None,
}
"""Settings of plain greedy decoding: one text, by the likeliest token alone, however long that takes."""


class Engine(Protocol):
    """What generation needs of a loaded model."""

    model: Any
    encoder: Encoder
    device: torch.device

    pad_id: int
    """Token id that fills shorter rows on the left."""

    @property
    def resolution(self) -> float:
        """Return the relative difference of two log-probabilities that is rounding; 0 in half precision."""


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


Tell = Callable[[Prepared, Completion], None]
"""Called with a prepared request and its answer."""


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


def batches(items: Sequence[Prepared], *, budget: int, most: int | None, pads: bool = True) -> list[list[Prepared]]:
    """Group requests that stop alike, by length, within the token budget; the largest come last.

    Without `pads` a batch has contexts of one length: behind a soft prompt peft ignores positions, so that padding would move a
    text away from the prompt.
    """
    grouped: list[list[Prepared]] = []
    # Longest first: a batch is as wide as its first row, so its size is known when a row is added.
    for item in sorted(items, key=lambda p: (p.request.max_new_tokens, p.request.stop, -p.size)):
        if grouped and (group := grouped[-1]):
            alike = (group[0].request.stop, group[0].request.max_new_tokens)
            fits = (len(group) + 1) * group[0].size <= budget and (most is None or len(group) < most)
            fits = fits and (pads or len(item.ids) == len(group[0].ids))
            if fits and alike == (item.request.stop, item.request.max_new_tokens):
                group.append(item)
                continue
        grouped.append([item])
    return sorted(grouped, key=lambda group: len(group) * group[0].size)


def generate(
    engine: Engine, batch: Sequence[Prepared], *, recorder: Recorder | None = None, tell: Tell = lambda *_: None
) -> list[Completion]:
    """Write after each context of a batch until a stop string, the end token or the limit.

    A `recorder` of another kind may change the scores by which tokens are chosen. `tell` is called with each answer as soon as
    its row ends, while others of the batch are still written.
    """
    from transformers import LogitsProcessorList, StoppingCriteriaList

    request = batch[0].request
    if request.max_new_tokens < 1:
        return [Completion("", mean_logprob=0.0, num_tokens=0, is_truncated=True) for _ in batch]
    # B = rows, T = padded context
    width = max(len(item.ids) for item in batch)
    ids_BT = padded([item.ids for item in batch], width=width, fill=engine.pad_id, on_left=True)
    mask_BT = padded([[1] * len(item.ids) for item in batch], width=width, fill=0, on_left=True)
    recorder = recorder or Recorder(engine.resolution)
    answers: dict[int, Completion] = {}
    settings = greedy(engine, request.max_new_tokens)
    # The checkpoint's own stop strings are read as a request's: those of transformers would stay in the text.
    own, settings.stop_strings = settings.stop_strings or (), None
    reader = Reader(engine.encoder.tokenizer, [*request.stop, *((own,) if isinstance(own, str) else own)])

    def answer(row: int, tokens: list[int]) -> None:
        logprobs = [float(step[row]) for step in recorder.logprobs]
        ties = [bool(step[row]) for step in recorder.ties]
        answers[row] = _completion(engine, reader, tokens, logprobs, ties)
        tell(batch[row], answers[row])

    stopper = _Stopper(reader, width, set(_end_ids(engine)), answer)
    with torch.inference_mode(), _with_settings(engine.model, settings), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Position ids are not supported")  # by peft, which makes them itself
        written_BT = engine.model.generate(
            input_ids=ids_BT.to(engine.device),
            attention_mask=mask_BT.to(engine.device),
            generation_config=settings,
            logits_processor=LogitsProcessorList([recorder]),
            stopping_criteria=StoppingCriteriaList([stopper]),
        )
    for row, tokens in enumerate(written_BT[:, width:].tolist()):
        if row not in answers:  # the limit ended it
            answer(row, tokens)
    return [answers[row] for row in range(len(batch))]


def greedy(engine: Engine, max_new_tokens: int) -> Any:
    """Return the checkpoint's generation settings, without its sampling and without what asks for more than one text."""
    config = type(engine.model.generation_config)(**engine.model.generation_config.to_dict())
    config.update(
        **PLAIN, temperature=None, top_p=None, top_k=None, typical_p=None, min_p=None,
        max_new_tokens=max_new_tokens, max_length=None, pad_token_id=engine.pad_id, use_cache=True,
        return_dict_in_generate=False, eos_token_id=_end_ids(engine) or None,
    )  # fmt: skip
    return config


@contextmanager
def _with_settings(model: Any, settings: Any) -> Iterator[None]:
    """Let a model have other generation settings: where one is None, transformers takes the model's own."""
    before = [(one, one.generation_config) for one in (model, innermost(model))]
    for one, _ in before:
        one.generation_config = settings
    try:
        yield
    finally:
        for one, its_own in before:
            one.generation_config = its_own


def _end_ids(engine: Engine) -> list[int]:
    """Return the tokens that end a text: the tokenizer's, and those that the checkpoint names."""
    named = engine.model.generation_config.eos_token_id
    ids = [named] if isinstance(named, int) else list(named or [])
    own = engine.encoder.tokenizer.eos_token_id
    return sorted({*ids, *([own] if own is not None else [])})


def _completion(
    engine: Engine, reader: Reader, tokens: list[int], logprobs: list[float], ties: list[bool]
) -> Completion:
    """Read one row: what counts is up to and including the token that ended it."""
    end_ids = set(_end_ids(engine))
    length = next((place + 1 for place, token in enumerate(tokens) if token in end_ids), len(tokens))
    ended = length < len(tokens) or (length > 0 and tokens[length - 1] in end_ids)
    if reader.has_stop(tokens[:length]):
        ended = True
        # A stop string may begin in the middle of a token: the shortest prefix of tokens whose text holds it counts.
        length = next(n for n in range(1, length + 1) if reader.has_stop(tokens[:n]))
    text = reader.text(tokens[:length])
    mean = sum(logprobs[:length]) / length
    return Completion(text, mean, num_tokens=length, is_truncated=not ended, is_tied=any(ties[:length]))


class Reader:
    r"""Turns tokens into an answer's text: up to the first stop string, without special tokens.

        stop "<|im_end|>"    P aris <|im_end|> \n      whole "Paris<|im_end|>\n"     plain "Paris\n"      text "Paris"

    A stop string may be a special token, or hold one, and is then found in the whole text alone. A special token that is the mark
    of thinking stays in the text, so that a reader sees what the text is.
    """

    def __init__(self, tokenizer: Any, stops: Sequence[str]) -> None:
        self.tokenizer = tokenizer
        self.stops = [stop for stop in stops if stop]
        special = [str(token) for token in tokenizer.all_special_tokens]
        self.is_special_stop = any(_overlap(stop, token) for stop in self.stops for token in special)
        self.special_ids = set(tokenizer.all_special_ids)
        self.mark_ids = {number for number in self.special_ids if is_mark(self.whole([number]).strip())}

    def plain(self, tokens: Sequence[int]) -> str:
        """Return the text of tokens without special ones."""
        return str(self.tokenizer.decode(tokens, skip_special_tokens=True))

    def whole(self, tokens: Sequence[int]) -> str:
        """Return the text of tokens, special ones included."""
        return str(self.tokenizer.decode(tokens, skip_special_tokens=False))

    def has_stop(self, tokens: Sequence[int]) -> bool:
        """Return whether the text of tokens holds a stop string."""
        return self._holds(self.plain(tokens)) or (self.is_special_stop and self._holds(self.whole(tokens)))

    def text(self, tokens: Sequence[int]) -> str:
        """Return the text up to the first stop string."""
        behind = ""
        if self.is_special_stop and not self._holds(self.plain(tokens)) and self._holds(whole := self.whole(tokens)):
            cut = min(place for stop in self.stops if (place := whole.find(stop)) >= 0)
            before = max(n for n in range(len(tokens)) if len(self.whole(tokens[:n])) <= cut)
            # The stop string may begin in the middle of an ordinary token.
            behind = "" if tokens[before] in self.special_ids else whole[len(self.whole(tokens[:before])) : cut]
            tokens = tokens[:before]
        return cut_at(self._marked(tokens) + behind, self.stops)

    def _marked(self, tokens: Sequence[int]) -> str:
        """Return the text of tokens with those special ones that mark thinking, unless they enclose nothing."""
        if self.mark_ids.isdisjoint(tokens):
            return self.plain(tokens)
        kept = self.whole([token for token in tokens if token not in self.special_ids or token in self.mark_ids])
        return kept if mark_in(without_empty(kept)) else self.plain(tokens)

    def _holds(self, text: str) -> bool:
        return any(stop in text for stop in self.stops)


def _overlap(stop: str, token: str) -> bool:
    """Return whether a stop string can hold a part of a token, or a token a part of it."""
    sizes = range(1, min(len(stop), len(token)) + 1)
    return (
        stop in token
        or token in stop
        or any(stop.endswith(token[:size]) or stop.startswith(token[-size:]) for size in sizes)
    )


class Recorder:
    """Keeps the log-probability of the likeliest token of every step, and whether another one is as likely; changes nothing.

    In half precision the likeliest two are often equal by its coarse steps alone; there a tie is one of all tokens that may be
    written.
    """

    def __init__(self, resolution: float) -> None:
        self.resolution = resolution
        self.logprobs: list[torch.Tensor] = []
        self.ties: list[torch.Tensor] = []

    def __call__(self, input_ids: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
        logprobs_BV = scores.float().log_softmax(-1)
        self.logprobs.append(logprobs_BV.amax(-1).cpu())
        self.ties.append(self.is_tied(logprobs_BV).cpu())
        return scores

    def is_tied(self, scores_BV: torch.Tensor) -> torch.Tensor:
        """Return for each row whether only rounding says which token's score is the largest."""
        best_B, other_B = scores_BV.topk(2).values.unbind(-1)
        if not self.resolution:
            least_B = scores_BV.masked_fill(scores_BV == -torch.inf, torch.inf).amin(-1)
            other_B = torch.minimum(other_B, least_B)
        return best_B - other_B <= self.resolution * best_B.abs().clamp(min=1)


class _Stopper:
    """Tells which rows have written a stop string, and has each row that ends read at once: what it holds then is its answer."""

    def __init__(self, reader: Reader, width: int, end_ids: set[int], answer: Callable[[int, list[int]], None]) -> None:
        self.reader = reader
        self.width = width
        self.end_ids = end_ids
        self.answer = answer
        self.ended: set[int] = set()

    def __call__(self, input_ids: torch.Tensor, scores: torch.Tensor, **kwargs: Any) -> torch.Tensor:
        rows = input_ids[:, self.width :].tolist()
        done = [self.reader.has_stop(tokens) for tokens in rows]
        for row, tokens in enumerate(rows):
            if row not in self.ended and (done[row] or tokens[-1] in self.end_ids):
                self.ended.add(row)
                self.answer(row, tokens)
        return torch.tensor(done, dtype=torch.bool, device=input_ids.device)
