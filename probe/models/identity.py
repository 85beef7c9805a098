"""What decides the answers of a transformers model beside its weights: how it was configured, adapted, built, and by which code.

    config.json, nested       --> config_hash         without names, paths, versions, and the dtype, which the weights have
    generation settings       --> generation_hash     as greedy decoding uses them: end tokens, penalties, suppressed tokens ...
    adapters                  --> adapter_hash        every configuration, which are active, how they are scaled
    the modules as they stand --> modules_hash        classes, numbers, hooks; the code of classes that come with the model

The same file read from another folder has the same hash.

Covered: models of transformers, adapters of peft, loaded or given as objects.
Not covered: the weights (`probe.models.weights`), the tokenizer (`probe.models.encoding`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import FunctionType, MethodType
from typing import Any

import torch

from probe.models.base import ROUNDING, SPEED_ONLY, ModelFacts
from probe.models.canonical import digest_of, is_installed, without

NAMES = frozenset(
    {
        "_name_or_path",
        "name_or_path",
        "_commit_hash",
        "transformers_version",
        "peft_version",
        "architectures",
        "auto_map",
    }
    | {
        "id2label",
        "label2id",
        "base_model_name_or_path",
        "revision",
        "auto_mapping",
        "parent_library",
        "inference_mode",
    }
    | {"dtype", "torch_dtype", "_from_model_config"}
)
"""Settings that decide no answer: names, paths, versions, labels. Dtypes are those of the weights, which are hashed with them."""

UNREAD = frozenset(
    {"config", "generation_config", "name_or_path", "warnings_issued", "loss_type", "loss_function", "kernel_config"}
    | {"max_seq_len_cached", "gradient_checkpointing", "all_tied_weights_keys", "peft_config", "active_adapter"}
)
"""Attributes of modules that are hashed elsewhere, decide nothing, or change with what was read before."""

READ = ("_forward_hooks", "_forward_pre_hooks", "_active_adapter", "_disable_adapters")
"""Attributes with an underscore that decide answers."""

VALUES = (bool, int, float, str, list, tuple, dict, set, torch.dtype, FunctionType, MethodType)


@dataclass(frozen=True, kw_only=True)
class HuggingFaceFacts(ModelFacts):
    """What a run records about a transformers model."""

    device: str = field(default="none", metadata=SPEED_ONLY)
    architecture: str
    parameters: int
    revision: str | None = field(metadata=SPEED_ONLY)
    adapter: str | None = field(metadata=SPEED_ONLY)
    config_hash: str
    generation_hash: str
    adapter_hash: str
    """Empty without an adapter."""
    modules_hash: str
    """Of modules, the numbers that they hold, hooks, code that comes with the model, and tensors that are saved nowhere."""
    hardware: str = field(metadata=ROUNDING)
    attention: str = field(metadata=ROUNDING)
    precision: str = field(metadata=ROUNDING)
    libraries: str = field(metadata=ROUNDING)
    """Versions of what computes: another one may round otherwise, or read a file otherwise."""
    tokenizer_hash: str
    adds_special_tokens: bool
    max_length: int
    chat_template_hash: str
    tokenizer_settings_hash: str
    chat_rendering_hash: str
    why_padded: str = field(metadata=SPEED_ONLY)
    """Why its requests are no rows of a trie; empty where they are."""
    longest_packed: int | None = field(metadata=SPEED_ONLY)
    token_budget: int = field(metadata=SPEED_ONLY)


def config_hash(model: Any) -> str:
    """Return the hash of a model's configuration, inner ones included."""
    return digest_of([type(model.config).__name__, without(model.config.to_dict(), NAMES)])


def generation_hash(settings: Any) -> str:
    """Return the hash of generation settings; the number of new tokens stands in each request."""
    return digest_of(without(settings.to_dict(), NAMES | {"max_new_tokens"}))


def adapter_hash(model: Any) -> str:
    """Return the hash of a model's adapters: their configurations and which are active; empty without any."""
    configs = getattr(model, "peft_config", None)
    if not isinstance(configs, Mapping):
        return ""
    active = getattr(model, "active_adapters", None)
    active = active() if callable(active) else active
    return digest_of([{name: without(one.to_dict(), NAMES) for name, one in configs.items()}, active])


def modules_hash(model: torch.nn.Module) -> str:
    """Return the hash of the modules as they stand: classes, the numbers and functions that they hold, their hooks."""
    classes = {type(module) for module in model.modules()} | {type(getattr(model, "config", None))}
    # Code that comes with a model, or was written beside it; that of libraries has their versions.
    code = {kind.__qualname__: kind for kind in classes if not is_installed(kind.__module__)}
    return digest_of([[[name, *_held(one)] for name, one in model.named_modules()], code])


def buffers_hash(model: torch.nn.Module) -> str:
    """Return the hash of tensors that are saved with no weights, such as the frequencies of rotary positions.

    Some change with the longest sequence so far, so they are hashed once, before the model is asked.
    """
    saved = model.state_dict().keys()
    return digest_of({name: _of_tensor(one) for name, one in model.named_buffers() if name not in saved})


def hardware(device: torch.device) -> str:
    """Return the kind of a device: kernels, and so the rounding of an answer, differ between kinds."""
    return f"cuda {torch.cuda.get_device_name(device)}" if device.type == "cuda" else device.type


def libraries(*, with_adapter: bool) -> str:
    """Return the versions of the libraries that compute an answer."""
    import tokenizers
    import transformers

    found = {"torch": torch.__version__, "transformers": transformers.__version__, "tokenizers": tokenizers.__version__}
    if with_adapter:
        import peft

        found["peft"] = peft.__version__
    return ", ".join(f"{name} {version}" for name, version in found.items())


def _held(module: torch.nn.Module) -> Iterator[Any]:
    """Return a module's class, whether it is trained, and its numbers, texts and functions by name."""
    yield type(module).__qualname__
    for name, value in sorted(vars(module).items()):
        if name.endswith("_hooks") and isinstance(value, dict):
            value = list(value.values())  # the keys are handles, counted up in each process
        is_read = name in READ or not name.startswith("_") and name not in UNREAD
        if is_read and (value is None or isinstance(value, VALUES)):
            yield name, value


def _of_tensor(tensor: torch.Tensor) -> tuple[str, Any]:
    return str(tensor.dtype), tensor.detach().reshape(-1).contiguous().view(torch.uint8).cpu().numpy()
