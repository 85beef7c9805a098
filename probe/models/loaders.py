"""Models by the name that a user types.

    pocket                  the small model that comes with the package
    hf:NAME_OR_PATH         any causal language model of transformers; also `hf` with `pretrained=NAME_OR_PATH`
    scripted:NAME           a model that is a function

An installed package adds a kind by an entry point of the group `probe.models` that names a `Backend`.
"""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from probe.errors import UsageError
from probe.models.base import Backend, Model, Tokenizer
from probe.models.options import HuggingFaceOptions, from_flags, with_model_args
from probe.registry import OnDemand, imported, unknown_name

backends = OnDemand("kind of model", see="probe list models", group="probe.models", holds=Backend)


def _transformers(summary: str, *, example: str = "", prefix: str = "") -> Backend:
    """Return a back end of transformers, whose loading functions have names with this prefix."""
    return Backend(
        summary=summary,
        example=example,
        options=HuggingFaceOptions,
        aliases={"peft": "adapter"},
        load=imported(f"probe.models.loading:load_{prefix}model"),
        tokenizer=imported(f"probe.models.loading:load_{prefix}encoder"),
        tokens_per_second=imported(f"probe.models.rate:{prefix}tokens_per_second"),
    )


backends.add("pocket", _transformers("the small model that comes with probe; needs no network", prefix="pocket_"))
backends.add(
    "hf",
    _transformers("hf:NAME_OR_PATH, any causal language model of transformers", example="hf:EleutherAI/pythia-70m"),
)
backends.add(
    "scripted",
    Backend(
        summary="scripted:NAME, a model that is a function",
        example="scripted:coin",
        load=imported("probe.models.scripted:load"),
    ),
)


def load_model(spec: str, flags: HuggingFaceOptions | None = None, *, model_args: str = "") -> Model:
    """Load the model that `spec` names, ready to be asked.

    Raises:
        UsageError: no such kind of model, name or option; the message names the near ones.
        ModelError: it cannot be loaded.
    """
    backend, name, options = _resolved(spec, flags, model_args)
    return backend.load(name, options)


def tokenizer_only(spec: str, flags: HuggingFaceOptions | None = None, *, model_args: str = "") -> Tokenizer | None:
    """Load the tokenizer of that model without its weights; None where the model has no tokens.

    Raises:
        UsageError, ModelError: as `load_model`.
    """
    backend, name, options = _resolved(spec, flags, model_args)
    return backend.tokenizer(name, options) if backend.tokenizer else None


def tokens_per_second(spec: str, flags: HuggingFaceOptions | None = None, *, model_args: str = "") -> float | None:
    """Guess how many tokens a second that model computes here, without its weights; None where nothing is known of it.

    Raises:
        UsageError, ModelError: as `load_model`.
    """
    backend, name, options = _resolved(spec, flags, model_args)
    return backend.tokens_per_second(name, options) if backend.tokens_per_second else None


def option_names(spec: str) -> set[str]:
    """Return the names of the options of the back end that `spec` names; none where there is no such kind."""
    kind = spec.partition(":")[0]
    return {one.name for one in fields(backends.get(kind).options)} if kind in backends.names() else set()


def _resolved(spec: str, flags: HuggingFaceOptions | None, model_args: str) -> tuple[Backend, str, Any]:
    kind, _, name = spec.partition(":")
    if kind not in backends.names():
        error = unknown_name("model", spec, backends.names())
        if "/" in spec or "\\" in spec:
            error.hint = f"a folder or a hub name is written --model hf:{spec}"
        raise error
    backend = backends.get(kind)
    options = from_flags(kind, backend.options, flags or HuggingFaceOptions())
    pretrained, options = with_model_args(options, model_args, backend.aliases)
    name = name or pretrained
    if backend.example and not name:
        raise UsageError(
            f"--model {kind} needs a name: {backend.summary}", hint=f"for example --model {backend.example}"
        )
    return backend, name, options
