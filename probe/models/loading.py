"""Load a causal language model, its tokenizer and an adapter through transformers and peft.

Covered: folders and hub names, devices and dtypes, what to say when one of them is not there. The hub's own variables
(HF_HUB_OFFLINE, HF_HOME, ...) are obeyed by the libraries.
Not covered: several devices, quantized loading.
"""

from __future__ import annotations

import logging
import os
import sys
import warnings
from collections.abc import Collection, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

import torch

from probe.errors import ModelError, ProbeError, UsageError
from probe.files.names import has_drive
from probe.files.reading import read_json
from probe.models.base_record import check_base
from probe.models.encoding import Encoder
from probe.models.hub import hint_of, unreached, without_retries
from probe.models.huggingface import HuggingFace
from probe.models.memory import is_out_of_memory
from probe.models.options import HuggingFaceOptions

log = logging.getLogger(__name__)

DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}
DTYPE_NAMES = ("auto", *DTYPES)

DEFAULT_MAX_LENGTH = 2048
TODAY = "strftime_now"
"""The function of transformers by which a chat template writes the date."""
UNLIMITED = 10**9
"""A tokenizer's maximal length from here on means that it names none."""

POCKET = Path(__file__).parent / "pocket"


def load_model(name: str, options: HuggingFaceOptions) -> HuggingFace:
    """Load the model of that path or hub name, ready to be asked.

    Raises:
        ModelError: it is not there, cannot be reached or cannot be loaded.
        UsageError: an option's value is not possible.

    """
    device, dtype = resolved_device(options.device), _dtype(options)
    encoder = load_encoder(name, options)
    from transformers import AutoModelForCausalLM

    with quiet(), _explained(name):
        model, found = AutoModelForCausalLM.from_pretrained(
            _source(name),
            dtype="auto" if dtype is None and device.type != "cpu" else dtype or torch.float32,
            output_loading_info=True,
            **_hub(options),
        )
    _check_whole(name, found.get("missing_keys", ()))
    if options.adapter:
        model = _with_adapter(model, options.adapter, name)
    try:
        model = model.to(device).eval()
    except (torch.OutOfMemoryError, RuntimeError) as error:
        raise ModelError(
            f"{name} does not fit on {device}: {_first_line(error)}", hint="choose --dtype bfloat16 or another --device"
        ) from error
    return HuggingFace(model, encoder, name=name, options=options)


def _check_whole(name: str, missing: Collection[str]) -> None:
    """Refuse a checkpoint that lacks weights: transformers would draw them at random, and every figure would be of chance.

    Raises:
        ModelError: it lacks some.
    """
    if missing:
        some = ", ".join(sorted(missing)[:3]) + (f" and {len(missing) - 3} more" if len(missing) > 3 else "")
        raise ModelError(
            f"cannot load {name}: its files hold no weights for {some}; they would be random",
            hint="fetch the model again, or name one that was saved as a causal language model",
        )


def load_pocket_model(name: str, options: HuggingFaceOptions) -> HuggingFace:
    """Load the small model that comes with the package."""
    model = load_model(str(pocket_folder()), options)
    model.name = "pocket"
    return model


def load_encoder(name: str, options: HuggingFaceOptions) -> Encoder:
    """Load the tokenizer of that model alone, with what is needed of its configuration.

    Raises:
        ModelError: as `load_model`.

    """
    from transformers import AutoTokenizer

    config = load_config(name, options)
    with quiet(), _explained(name):
        extra = {} if options.add_bos_token is None else {"add_bos_token": options.add_bos_token}
        tokenizer = AutoTokenizer.from_pretrained(_source(options.tokenizer or name), **_hub(options), **extra)
    if options.apply_chat_template and TODAY in str(tokenizer.chat_template):
        log.warning(
            "the chat template of %s may write today's date into every prompt: on another day the answers may differ, and"
            " the response cache is not used for them",
            name,
        )
    return Encoder(
        tokenizer,
        max_length=options.max_length or max_length(config, tokenizer),
        add_bos_token=options.add_bos_token,
        chat_template=options.apply_chat_template,
    )


def load_pocket_encoder(name: str, options: HuggingFaceOptions) -> Encoder:
    """Load the tokenizer of the small model that comes with the package."""
    return load_encoder(str(pocket_folder()), options)


def load_config(name: str, options: HuggingFaceOptions) -> Any:
    """Load the configuration of that model alone.

    Raises:
        ModelError: as `load_model`.
    """
    from transformers import AutoConfig

    with quiet(), _explained(name):
        config = AutoConfig.from_pretrained(_source(name), **_hub(options))
    _check_kernels(name, config, options)
    return config


def _check_kernels(name: str, config: Any, options: HuggingFaceOptions) -> None:
    """Refuse a configuration that has attention computed by a package of the hub: it is fetched and run as code.

    Raises:
        ModelError: it names one, and code of the model is not trusted.
    """
    for part in (config, getattr(config, "text_config", None)):
        kernel = getattr(part, "_attn_implementation", None)
        if isinstance(kernel, str) and "/" in kernel and not options.trust_remote_code:
            raise ModelError(
                f"cannot load {name}: its configuration has attention computed by code of the hub, {kernel!r}",
                hint="take attn_implementation out of config.json, or add --trust-remote-code if you trust it",
            )


def _hub(options: HuggingFaceOptions) -> dict[str, Any]:
    """Return what every call to the hub takes."""
    return {"revision": options.revision or "main", "trust_remote_code": options.trust_remote_code}


def max_length(config: Any, tokenizer: Any) -> int:
    """Return the model's window in tokens, found where lm-eval finds it."""
    config = getattr(config, "text_config", None) or config
    for name in ("n_positions", "max_position_embeddings", "n_ctx"):
        if (value := getattr(config, name, None)) is not None:
            return int(value)
    limit = getattr(tokenizer, "model_max_length", None)
    return int(limit) if limit is not None and limit < UNLIMITED else DEFAULT_MAX_LENGTH


def pocket_folder() -> Path:
    """Return the folder of the small model that comes with the package.

    Raises:
        ModelError: the installation lacks it.
    """
    if not (POCKET / "config.json").is_file():
        raise ModelError(
            f"the pocket model is not in this installation: {POCKET} holds no weights",
            hint="install the package again, or name another model: --model hf:NAME_OR_PATH",
        )
    return POCKET


def _source(name: str) -> str:
    """Return what transformers is to be asked for; a path must be there.

    A name with more than one slash, or one that begins like a path, is a path: the hub has OWNER/NAME only.
    """
    path = Path(name).expanduser()
    is_path = name.startswith((".", "~", os.sep)) or name.count("/") > 1 or "\\" in name or has_drive(name)
    if path.is_dir():
        if not any((path / file).is_file() for file in ("config.json", "tokenizer.json", "tokenizer_config.json")):
            raise ModelError(
                f"{name} is a folder without a model: it has no config.json",
                hint="name the folder that save_pretrained wrote",
            )
        return str(path)
    if is_path or path.is_file():
        what = "is a file, not a folder" if path.is_file() else "does not exist"
        raise ModelError(f"model path {name} {what}", hint="name the folder that holds config.json and the weights")
    return name


def _with_adapter(model: Any, adapter: str, name: str) -> Any:
    from peft import PeftModel

    path = Path(adapter).expanduser()
    if (path.exists() or adapter.startswith((".", "~", os.sep))) and not (path / "adapter_config.json").is_file():
        raise ModelError(f"adapter {adapter} has no adapter_config.json", hint="name the folder that peft wrote")
    check_base(path, model, name)
    _check_imports(path / "adapter_config.json")
    try:
        with quiet(), _explained(adapter, local="--adapter FOLDER"):
            return PeftModel.from_pretrained(model, str(path) if path.exists() else adapter)
    except ModelError as error:
        if "size mismatch" not in str(error.__cause__) and "not found in the base model" not in str(error.__cause__):
            raise
        raise ModelError(
            f"adapter {adapter} does not fit {name}: it was made for a model of another shape",
            hint="name the model that it was trained on with --model",
        ) from error


def _check_imports(path: Path) -> None:
    """Refuse an adapter whose configuration names modules that peft would import.

    `auto_mapping` names the class of the base model, which is not asked here: the model is loaded already.
    """
    if not path.is_file():
        return
    try:
        config = read_json(path)
    except (OSError, ValueError):  # peft says what is wrong
        return
    if isinstance(config, dict) and config.get("megatron_config"):
        raise ModelError(
            f"{path}: megatron_config has peft import the module {config.get('megatron_core')!r}",
            hint="adapters for models of Megatron are not loaded; take one for the model as transformers has it",
        )


def resolved_device(name: str) -> torch.device:
    """Return the device of that name, or the best one of this machine for "auto".

    Raises:
        UsageError: it is not a device, or not one of this machine.

    """
    if name == "auto":
        if torch.cuda.is_available():
            return torch.device("cuda")
        return torch.device("mps" if torch.backends.mps.is_available() else "cpu")
    try:
        device = torch.device(name)
    except RuntimeError as error:
        raise UsageError(f"unknown device {name!r}. Available: {', '.join(devices())}") from error
    if device.type not in {"cpu", *(torch.device(known).type for known in devices())}:
        raise UsageError(f"device {name!r} is not on this machine. Available: {', '.join(devices())}")
    return device


def devices() -> list[str]:
    """Return the devices of this machine, the best first."""
    found = [f"cuda:{index}" for index in range(torch.cuda.device_count())] if torch.cuda.is_available() else []
    return [*found, *(["mps"] if torch.backends.mps.is_available() else []), "cpu"]


def _dtype(options: HuggingFaceOptions) -> torch.dtype | None:
    if options.dtype not in DTYPE_NAMES:
        raise UsageError(f"unknown dtype {options.dtype!r}. Available: {', '.join(DTYPE_NAMES)}")
    return DTYPES.get(options.dtype)


@contextmanager
def _explained(name: str, *, local: str = "--model hf:FOLDER") -> Iterator[None]:
    """Turn what the libraries raise into an error that says what to do."""
    is_folder = Path(name).expanduser().is_dir()
    try:
        with nullcontext() if is_folder else without_retries():
            yield
    except (ProbeError, MemoryError):
        raise
    except Exception as error:  # the libraries raise of every kind for damaged files, tokenizers a bare Exception
        if is_out_of_memory(error):
            raise
        if not is_folder and (why := unreached(error)):
            raise ModelError(
                f"cannot load {name}: no folder of that name is here, the hub's cache does not hold it, and the hub cannot "
                f"be reached: {why}",
                hint=hint_of(name, kind="model", local=local),
            ) from error
        hint = "check the name; a private model needs a login, and without a network a model must be in the hub's cache"
        if "trust_remote_code" in str(error):
            hint = "this model runs its own code: add --trust-remote-code if you trust it"
        elif sys.flags.optimize > 1 and "docstring" in str(error):
            hint = "transformers needs the docstrings that PYTHONOPTIMIZE=2 removes; with PYTHONOPTIMIZE=1 it works"
        elif is_folder:
            hint = "name the folder that save_pretrained wrote: config.json, tokenizer files and safetensors"
        raise ModelError(f"cannot load {name}: {_first_line(error)}", hint=hint) from error


def _first_line(error: BaseException) -> str:
    return next((line.strip() for line in str(error).splitlines() if line.strip()), type(error).__name__)


@contextmanager
def quiet() -> Iterator[None]:
    """Keep the libraries' progress bars and notes off the terminal while loading."""
    from transformers.utils import logging as notes

    level, had_bar = notes.get_verbosity(), notes.is_progress_bar_enabled()
    notes.set_verbosity(logging.ERROR)
    notes.disable_progress_bar()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)  # libraries to one another, not to our user
            yield
    finally:
        notes.set_verbosity(level)
        if had_bar:
            notes.enable_progress_bar()
