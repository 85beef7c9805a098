"""Text to token ids, by lm-eval's rules, so that figures can be compared with published ones.

    context "Answer: "   continuation "yes"     trailing whitespace moves      "Answer:" | " yes"
    encode("Answer:")    = c0 c1                both encoded with the context  c0 c1
    encode("Answer: yes") = c0 c1 a0            the continuation is the rest         | a0

The rules are those of lm-eval 0.4 (`TemplateLM._encode_pair`, `HFLM.tok_encode`): special tokens are added as the
tokenizer does by default unless the text already begins with the prefix token; an empty context is the
beginning-of-text token, or the end-of-text token where there is none; what exceeds the window loses its left end.

Covered: causal models. Not covered: encoder-decoder models, which encode the two parts apart.
Where lm-eval fails, we do the next best: a continuation that adds no token of its own is encoded by itself. A tokenizer that
ends every text with an end token is not let: a context that has ended has no continuation, and lm-eval would score the end token
in the place of the answer's first.
"""

from __future__ import annotations

import copy
import hashlib
import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from jinja2 import TemplateError

from probe.errors import ModelError
from probe.models.canonical import digest_of
from probe.models.chat_templates import EndlessTemplate, rendered
from probe.models.thinking import opened_at_end
from probe.models.trie import Span
from probe.types import Generation, LogLikelihood, Messages

log = logging.getLogger(__name__)

Ids = npt.NDArray[np.int32]

CHUNK = 1024
"""Texts handed to the tokenizer at once."""

SETTINGS = (
    *("bos_token_id", "eos_token_id", "pad_token_id", "unk_token_id", "all_special_ids", "special_tokens_map"),
    *("add_bos_token", "add_eos_token", "add_prefix_space", "clean_up_tokenization_spaces", "split_special_tokens"),
)
"""Attributes of a tokenizer that decide tokens or texts and that code may change after loading."""

NO_SETTINGS = frozenset(
    {
        "name_or_path",
        "is_local",
        "local_files_only",
        "cache_dir",
        "_commit_hash",
        "revision",
        "token",
        "trust_remote_code",
    }
    | {"transformers_version", "tokenizer_class", "processor_class", "auto_map", "files_loaded", "chat_template"}
    | {"padding_side", "truncation_side", "model_max_length", "verbose", "max_length", "stride", "truncation_strategy"}
    | {"pad_to_multiple_of", "pad_token_type_id"}
)
"""Keys of a tokenizer's settings that decide nothing, such as names and padding, or that are hashed elsewhere."""

SPECIMENS: tuple[Messages, ...] = (
    (("user", "Is it?"),),
    (("system", "Be brief."), ("user", "Is it?")),
    (("system", "Be brief."), ("user", "Is it?"), ("assistant", "No."), ("user", "And now?")),
)
"""Conversations whose rendering stands for what a chat template does with its arguments, today."""


@dataclass(frozen=True, slots=True)
class Encoded:
    """A request as token ids. `span` is None where the continuation is empty: there is nothing to score."""

    span: Span | None
    is_truncated: bool


@dataclass(frozen=True, slots=True)
class EncoderFacts:
    """What determines the token ids of a text."""

    tokenizer_hash: str
    adds_special_tokens: bool
    max_length: int
    chat_template_hash: str
    """Empty where no chat template is applied."""
    tokenizer_settings_hash: str
    """Of special tokens and of everything in tokenizer_config.json that is no part of the serialized tokenizer."""
    chat_rendering_hash: str
    """Of what the chat template writes, with its arguments and the date where it writes that; empty as above."""


class Encoder:
    """A tokenizer with what the engine must know of it."""

    def __init__(
        self, tokenizer: Any, *, max_length: int, add_bos_token: bool | None = None, chat_template: bool = False
    ) -> None:
        self.tokenizer = tokenizer
        self.max_length = max_length
        self.add_bos_token = add_bos_token
        self.chat_template = chat_template
        self._has_noted_same_tokens = False
        self.prefix_id: int | None = (
            tokenizer.bos_token_id if tokenizer.bos_token_id is not None else tokenizer.eos_token_id
        )
        before, self._num_appended = _added(tokenizer)
        prefix = [] if self.prefix_id is None else [self.prefix_id]
        self._prefix_texts = tuple(filter(None, {str(tokenizer.decode(ids)) for ids in (prefix, before) if ids}))
        if chat_template and not tokenizer.chat_template:
            raise ModelError(
                f"the tokenizer of {tokenizer.name_or_path!r} has no chat template",
                hint="leave out --apply-chat-template, or name an instruction-tuned model",
            )

    def within(self, max_length: int) -> Encoder:
        """Return the encoder of a model with a window of so many tokens."""
        if max_length == self.max_length:
            return self
        if max_length < 2:
            raise ModelError(f"a window of {self.max_length} tokens has no room beside an adapter's virtual tokens")
        other = copy.copy(self)
        other.max_length = max_length
        return other

    def encode_pair(self, context: str, continuation: str) -> tuple[list[int], list[int]]:
        """Return the token ids of a context and of its continuation, before any truncation."""
        context_ids, continuation_ids = self._pairs([self._parted(context, continuation)])[0]
        return context_ids.tolist(), continuation_ids.tolist()

    def encode(self, requests: Sequence[LogLikelihood]) -> list[Encoded]:
        """Return each request as token ids that fit the window, in the order asked."""
        parted = [self._parted(request.context, request.continuation, request.messages) for request in requests]
        encoded = [self._fitted(*pair) for pair in self._pairs(parted)]
        self._note_same_tokens(requests, encoded)
        return encoded

    def _note_same_tokens(self, requests: Sequence[LogLikelihood], encoded: Sequence[Encoded]) -> None:
        """Warn once of two answers to one prompt that the tokenizer makes one: no model tells them apart."""
        if self._has_noted_same_tokens:
            return
        seen: dict[object, str] = {}
        for request, item in zip(requests, encoded, strict=True):
            if item.span is None:
                continue
            key = (request.context, request.messages, item.span.first_scored, item.span.tokens.tobytes())
            other = seen.setdefault(key, request.continuation)
            if other != request.continuation:
                self._has_noted_same_tokens = True
                log.warning(
                    "two answers have the same tokens, so that the model cannot tell them apart: %r and %r",
                    other, request.continuation,
                )  # fmt: skip
                return

    def encode_contexts(self, requests: Sequence[Generation]) -> list[list[int]]:
        """Return the token ids of contexts after which text is generated; an empty one is the prefix token."""
        encoded = self._ids([self._wrapped(request.context, request.messages) for request in requests])
        return [ids.tolist() or [self._prefix()] for ids in encoded]

    def facts(self) -> EncoderFacts:
        """Return what determines the token ids."""
        return EncoderFacts(
            tokenizer_hash=_tokenizer_hash(self.tokenizer),
            adds_special_tokens=self._special_tokens() and len(self._ids([""])[0]) > 0,
            max_length=self.max_length,
            chat_template_hash=_short_hash(str(self.tokenizer.chat_template)) if self.chat_template else "",
            tokenizer_settings_hash=_settings_hash(self.tokenizer),
            chat_rendering_hash=digest_of([self._rendered(turns) for turns in SPECIMENS]) if self.chat_template else "",
        )

    @cached_property
    def opens_thinking(self) -> str:
        """Return the mark by which the chat template opens a block of thinking before the answer; empty where it does not."""
        try:
            return opened_at_end(self._templated((("user", "?"),))) if self.chat_template else ""
        except EndlessTemplate:
            raise
        except ModelError:  # whatever it refuses here, it says when it is asked
            return ""

    def check_known(self, ids: Iterable[npt.ArrayLike], size: int) -> None:
        """Refuse token ids that a model with a table of `size` tokens does not have.

        Raises:
            ModelError: there is one; names it.
        """
        largest = max((int(np.max(one)) for one in map(np.asarray, ids) if one.size), default=-1)
        if largest >= size:
            token = self.tokenizer.convert_ids_to_tokens(largest)
            raise ModelError(
                f"the tokenizer of {self.tokenizer.name_or_path!r} has token {largest} ({token!r}), and the model's table ends "
                f"at {size - 1}: it has {size} tokens",
                hint="name the model's own tokenizer (--tokenizer), or save the model after resize_token_embeddings",
            )

    def _rendered(self, turns: Messages) -> str:
        """Return turns as the chat template writes them; the reason where it refuses them."""
        try:
            return self._wrapped("", turns)
        except EndlessTemplate:
            raise
        except ModelError as error:
            return str(error.__cause__)

    def _parted(self, context: str, continuation: str, messages: Messages = ()) -> tuple[str, str]:
        """Wrap the context in the chat template, if any, and hand its trailing whitespace to the continuation."""
        if self.chat_template:
            context, continuation = self._wrapped(context, messages), continuation.lstrip()
        bare = context.rstrip()
        return bare, context[len(bare) :] + continuation

    def _wrapped(self, context: str, messages: Messages = ()) -> str:
        if not self.chat_template:
            return context
        turns = messages or (("user", context),)
        if turns[0][0] != "system":
            return self._templated(turns)
        # Some templates refuse a system turn and some leave it out: what it says then opens the first turn of the user.
        try:
            text = self._templated(turns)
        except EndlessTemplate:
            raise
        except ModelError:
            return self._templated(_without_system(turns))
        return text if turns[0][1] in text else self._templated(_without_system(turns))

    def _templated(self, turns: Messages) -> str:
        try:
            return rendered(self.tokenizer, turns)
        except TemplateError as error:
            roles = ", ".join(role for role, _ in turns)
            raise ModelError(
                f"the chat template of {self.tokenizer.name_or_path!r} takes no turns of {roles}: {error}",
                hint="leave out --apply-chat-template: the turns are then written as text",
            ) from error

    def _pairs(self, parted: Sequence[tuple[str, str]]) -> list[tuple[Ids, Ids]]:
        # A context is encoded once however many continuations it has; each whole text is encoded by itself, because the
        # last tokens of a context may merge with the first of its continuation.
        contexts = list(dict.fromkeys(context for context, _ in parted if context))
        known = dict(zip(contexts, self._ids(contexts), strict=True))
        wholes = iter(self._ids([context + continuation for context, continuation in parted if context]))
        return [
            self._pair(known[context], next(wholes), continuation) if context else self._without_context(continuation)
            for context, continuation in parted
        ]

    def _pair(self, context_ids: Ids, whole: Ids, continuation: str) -> tuple[Ids, Ids]:
        if not len(context_ids):
            return self._without_context(continuation)
        # As lm-eval cuts it, by the number of the context's tokens. Where the two merge into fewer, nothing may be left.
        rest = whole[len(context_ids) :]
        return context_ids, rest if len(rest) or not continuation else self._plain(continuation)

    def _without_context(self, continuation: str) -> tuple[Ids, Ids]:
        ids = self._plain(continuation)
        if len(ids) > 1 and ids[0] == self.prefix_id:
            return ids[:1], ids[1:]
        return np.array([self._prefix()], dtype=np.int32), ids

    def _prefix(self) -> int:
        if self.prefix_id is None:
            raise ModelError(
                "a context is empty, and the tokenizer has no token for the beginning or end of a text to stand for it",
                hint="give the prompt an instruction",
            )
        return self.prefix_id

    def _fitted(self, context: Ids, continuation: Ids) -> Encoded:
        if not len(continuation):
            return Encoded(None, is_truncated=False)
        # One more than the window: the last token is predicted, never read.
        #   c0 c1 c2 a0 a1   window 3   ->   c1 c2 a0 a1,  first_scored 2
        # A continuation longer than the window is scored from its second token on, since a scored token needs one before it.
        tokens = np.concatenate([context, continuation])[-(self.max_length + 1) :]
        first_scored = max(len(tokens) - len(continuation), 1)
        return Encoded(Span(tokens, first_scored), is_truncated=len(tokens) < len(context) + len(continuation))

    def _special_tokens(self) -> bool:
        return True if self.add_bos_token is None else self.add_bos_token

    def _plain(self, text: str) -> Ids:
        return np.array(self.tokenizer.encode(text, add_special_tokens=False), dtype=np.int32)

    def _ids(self, texts: Sequence[str]) -> list[Ids]:
        """Encode texts, each with the special tokens it lacks."""
        # Two batches, as one call of the tokenizer adds special tokens to all of its texts or to none.
        marked = [text.startswith(self._prefix_texts) for text in texts]
        ids: list[Ids] = [np.empty(0, dtype=np.int32)] * len(texts)
        for has_prefix in (False, True):
            places = [place for place, mark in enumerate(marked) if mark == has_prefix]
            special = self._special_tokens() and not has_prefix
            for start in range(0, len(places), CHUNK):
                chunk = places[start : start + CHUNK]
                encoded = self._batch([texts[place] for place in chunk], special=special)
                for place, tokens in zip(chunk, encoded, strict=True):
                    ids[place] = tokens
        return ids

    def _batch(self, texts: list[str], *, special: bool) -> list[Ids]:
        """Encode at once; a fast tokenizer does so on all cores."""
        encoded = self.tokenizer(texts, add_special_tokens=special, return_attention_mask=False, verbose=False)
        appended = self._num_appended if special else 0
        return [np.array(ids[: len(ids) - appended], dtype=np.int32) for ids in encoded["input_ids"]]


def _added(tokenizer: Any) -> tuple[list[int], int]:
    """Return the token ids that a tokenizer puts before a text, and how many it puts behind it."""
    for text in ("a", "The end", "0"):
        bare = tokenizer(text, add_special_tokens=False, verbose=False)["input_ids"]
        whole = tokenizer(text, add_special_tokens=True, verbose=False)["input_ids"]
        for start in range(len(whole) - len(bare) + 1):
            if bare and whole[start : start + len(bare)] == bare:
                return whole[:start], len(whole) - start - len(bare)
    return [], 0


def _without_system(turns: Messages) -> Messages:
    """Return the turns with the system's words at the head of the first turn that follows."""
    if len(turns) < 2 or turns[0][0] != "system":
        return turns
    (_, opening), (role, content), *others = turns
    return ((role, f"{opening}\n\n{content}"), *others)


def tokenizer_digest(tokenizer: Any) -> str:
    """Return one hash of all that decides tokens but the chat template."""
    return digest_of([_tokenizer_hash(tokenizer), _settings_hash(tokenizer)])


def _tokenizer_hash(tokenizer: Any) -> str:
    """Hash what a tokenizer is: its serialized form where it is a fast one, its vocabulary else.

    Truncation and padding are left out: each call sets its own.
    """
    backend = getattr(tokenizer, "backend_tokenizer", None)
    if backend is None:
        return _short_hash(repr(sorted(tokenizer.get_vocab().items())) + repr(tokenizer.special_tokens_map))
    if backend.truncation is not None or backend.padding is not None:
        backend = type(backend).from_str(backend.to_str())
        backend.no_truncation()
        backend.no_padding()
    return _short_hash(backend.to_str())


def _settings_hash(tokenizer: Any) -> str:
    """Hash what decides tokens and texts beside the serialized tokenizer: special tokens, cleaning, code, files of a slow one."""
    given = getattr(tokenizer, "init_kwargs", {})
    is_fast = getattr(tokenizer, "backend_tokenizer", None) is not None
    files = [] if is_fast else [given.get(key) for key in getattr(tokenizer, "vocab_files_names", {})]
    return digest_of(
        [
            type(tokenizer),
            {name: value for name, value in given.items() if name not in NO_SETTINGS and not name.endswith("_file")},
            {name: getattr(tokenizer, name, None) for name in SETTINGS},
            [hashlib.blake2b(Path(file).read_bytes()).hexdigest() for file in files if file and Path(file).is_file()],
        ]
    )


def _short_hash(text: str) -> str:
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()
