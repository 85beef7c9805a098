"""Models by the name that a user types.

    pocket                  the small model that comes with the package
    hf:NAME_OR_PATH         any causal language model of transformers; also `hf` with `pretrained=NAME_OR_PATH`
    scripted:NAME           a model that is a function

What a loader needs is imported when it is used.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from importlib import import_module
from typing import Any, Protocol

from probe.errors import UsageError
from probe.models.base import Model, ModelOptions
from probe.registry import Registry, unknown_name


class Tokenizer(Protocol):
    """What counts tokens without a model."""

    def encode_pair(self, context: str, continuation: str) -> tuple[list[int], list[int]]: ...


@dataclass(frozen=True, slots=True)
class Loader:
    """Where a kind of model is loaded, as `module:function`, called with the name after the colon and the options."""

    model: str
    tokenizer: str
    summary: str
    needs_name: bool = True
    config: str = ""


loaders: Registry[Loader] = Registry("model")
loaders.add(
    "pocket",
    Loader(
        "probe.models.loading:load_pocket",
        "probe.models.loading:load_pocket_encoder",
        "the small model that comes with probe; needs no network",
        needs_name=False,
        config="probe.models.loading:load_pocket_config",
    ),
)
loaders.add(
    "hf",
    Loader(
        "probe.models.loading:load",
        "probe.models.loading:load_encoder",
        "hf:NAME_OR_PATH, any causal language model of transformers",
        config="probe.models.loading:load_config",
    ),
)
loaders.add(
    "scripted",
    Loader("probe.models.scripted:load", "", "scripted:NAME, a model that is a function"),
)

MODEL_ARGS = {
    "peft": "adapter",
    **{field.name: field.name for field in fields(ModelOptions)},
}
"""lm-eval's spelling of an option, and ours."""


def load_model(spec: str, options: ModelOptions | None = None, *, model_args: str = "") -> Model:
    """Load the model that `spec` names, ready to be asked.

    Raises:
        UsageError: no such kind of model or scripted model; the message names the near ones.
        ModelError: it cannot be loaded.

    """
    loader, name, options = _resolved(spec, options or ModelOptions(), model_args)
    model: Model = _attribute(loader.model)(name, options)
    return model


def tokenizer_only(spec: str, options: ModelOptions | None = None, *, model_args: str = "") -> Tokenizer | None:
    """Load the tokenizer of that model without its weights; None where the model has no tokens.

    Raises:
        UsageError, ModelError: as `load_model`.

    """
    loader, name, options = _resolved(spec, options or ModelOptions(), model_args)
    if not loader.tokenizer:
        return None
    tokenizer: Tokenizer = _attribute(loader.tokenizer)(name, options)
    return tokenizer


def config_only(spec: str, options: ModelOptions | None = None, *, model_args: str = "") -> Any:
    """Load the configuration of that model without its weights; None where it has none.

    Raises:
        UsageError, ModelError: as `load_model`.
    """
    loader, name, options = _resolved(spec, options or ModelOptions(), model_args)
    return _attribute(loader.config)(name, options) if loader.config else None


def with_model_args(options: ModelOptions, model_args: str) -> tuple[str, ModelOptions]:
    """Read lm-eval's `pretrained=NAME,dtype=float32,...`; give the name (or "") and the options with what it sets.

    Raises:
        UsageError: an unknown key, or a value that does not fit.

    """
    name, changes = "", {}
    for part in filter(None, model_args.split(",")):
        key, equals, value = part.partition("=")
        if not equals:
            raise UsageError(f"--model-args: {part!r} is not KEY=VALUE")
        if key == "pretrained":
            name = value
            continue
        if key not in MODEL_ARGS:
            raise unknown_name("key of --model-args", key, ["pretrained", *MODEL_ARGS])
        changes[MODEL_ARGS[key]] = _value(key, value)
    return name, replace(options, **changes)


def _value(key: str, text: str) -> Any:
    kind = next(str(field.type) for field in fields(ModelOptions) if field.name == MODEL_ARGS[key])
    if "bool" in kind:
        if text.lower() not in {"true", "false"}:
            raise UsageError(f"--model-args: {key} is {text!r}, but must be True or False")
        return text.lower() == "true"
    if "int" in kind:
        if not text.isdigit():
            raise UsageError(f"--model-args: {key} is {text!r}, but must be a whole number")
        return int(text)
    return text


def _resolved(spec: str, options: ModelOptions, model_args: str) -> tuple[Loader, str, ModelOptions]:
    kind, _, name = spec.partition(":")
    if kind not in loaders:
        error = unknown_name("model", spec, list(loaders))
        if "/" in spec or "\\" in spec:
            error.hint = f"a folder or a hub name is written --model hf:{spec}"
        raise error
    pretrained, options = with_model_args(options, model_args)
    name, loader = name or pretrained, loaders.get(kind)
    if loader.needs_name and not name:
        raise UsageError(f"--model {kind} needs a name: {loader.summary}", hint=f"for example --model {_example(kind)}")
    return loader, name, options


def _example(kind: str) -> str:
    return "scripted:coin" if kind == "scripted" else "hf:EleutherAI/pythia-70m"


def _attribute(path: str) -> Callable[..., Any]:
    module, _, name = path.partition(":")
    function: Callable[..., Any] = getattr(import_module(module), name)
    return function
