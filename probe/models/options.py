"""Options of a back end: a frozen dataclass each, filled from flags and from `--model-args KEY=VALUE,...`.

The options of the transformers back end stand here and not beside it, because every command reads their defaults and
`probe.models.huggingface` imports torch.

Covered: parsing by the types of the fields, near names for an unknown key, flags that a back end has no option for.
Not covered: what a value means; a back end checks that when it loads.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from math import isfinite
from typing import Any, TypeVar, get_args, get_type_hints

from probe.errors import UsageError
from probe.files.limits import MAX_COUNT
from probe.registry import unknown_name

log = logging.getLogger(__name__)

Options = TypeVar("Options")

NAME_KEY = "pretrained"
"""lm-eval's key for the name of the model."""


@dataclass(frozen=True, slots=True)
class NoOptions:
    """The options of a back end that has none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HuggingFaceOptions:
    """How a local transformers model is loaded and run."""

    dtype: str = "auto"
    """auto, float32, bfloat16 or float16; auto is float32 on a CPU and the checkpoint's own elsewhere."""
    device: str = "auto"
    """auto, cpu, cuda, cuda:1, mps ...; auto is the best one there is."""
    revision: str | None = None
    adapter: str | None = None
    """Folder or hub name of a peft adapter."""
    tokenizer: str | None = None
    """Folder or hub name of the tokenizer, where it is not the model's own."""
    apply_chat_template: bool = False
    trust_remote_code: bool = False
    add_bos_token: bool | None = None
    """Whether texts begin with the tokenizer's special tokens; None leaves it to the tokenizer."""
    max_length: int | None = None
    """Tokens that the model may read at once; None: what its configuration says."""
    token_budget: int | None = None
    """Tokens, padding included, of one forward pass; None: by device and measured memory."""
    batch_size: int | None = None
    """Rows of one forward pass at most; None: as many as the token budget allows."""


def from_flags(kind: str, options: type[Options], flags: HuggingFaceOptions) -> Options:
    """Return a back end's options with the values of flags of the same name; warn of flags that it has no option for."""
    if isinstance(flags, options):
        return flags
    known = {one.name for one in fields(options)}  # type: ignore[arg-type]
    given = {one.name: value for one in fields(flags) if (value := getattr(flags, one.name)) != one.default}
    for name in given.keys() - known:
        log.warning("--%s has no effect on a model of the kind %s", name.replace("_", "-"), kind)
    return options(**{name: value for name, value in given.items() if name in known})


def with_model_args(options: Options, model_args: str, aliases: Mapping[str, str] | None = None) -> tuple[str, Options]:
    """Read `pretrained=NAME,KEY=VALUE,...`; return the name, empty for none, and the options with the values set.

    Raises:
        UsageError: an unknown key, or a value of another type.
    """
    name, changes = "", {}
    types = get_type_hints(type(options))
    spellings = {**(aliases or {}), **{one: one for one in types}}
    for part in filter(None, model_args.split(",")):
        key, equals, value = part.partition("=")
        if not equals:
            raise UsageError(f"--model-args: {part!r} is not KEY=VALUE")
        if key == NAME_KEY:
            name = value
            continue
        if key not in spellings:
            raise unknown_name("key of --model-args", key, [NAME_KEY, *spellings])
        changes[spellings[key]] = _parsed(key, value, types[spellings[key]])
    return name, replace(options, **changes)  # type: ignore[type-var]


def _parsed(key: str, text: str, kind: Any) -> Any:
    """Return the value of an option, by the type of its field."""
    kinds = {kind, *get_args(kind)}
    if bool in kinds:
        if text.lower() not in {"true", "false"}:
            raise UsageError(f"--model-args: {key} is {text!r}, but must be True or False")
        return text.lower() == "true"
    if int in kinds:
        if not (text.isascii() and text.isdigit() and len(text) < 20 and int(text) <= MAX_COUNT):
            raise UsageError(f"--model-args: {key} is {text[:40]!r}, but must be a whole number up to {MAX_COUNT:,}")
        return int(text)
    if float in kinds:
        try:
            if isfinite(number := float(text)):
                return number
            raise ValueError(text)
        except ValueError:
            raise UsageError(f"--model-args: {key} is {text!r}, but must be a number") from None
    return text
