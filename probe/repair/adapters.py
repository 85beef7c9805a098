"""What of a model is trained: an adapter of peft put on it, or all of its weights; and writing the result.

    lora          low-rank updates of every linear layer but the vocabulary projection (Hu et al. 2021, arXiv 2106.09685)
    soft-prompt   virtual tokens in front of every prompt (Lester et al. 2021, arXiv 2104.08691)
    full          all weights

What is trained is kept in single precision, whatever precision the model is in.

Covered: any causal language model of transformers. Not covered: how a pass is computed (`probe.repair.precision`).
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import torch

from probe.errors import UsageError
from probe.models.base_record import record_of, write_record
from probe.models.huggingface import HuggingFace
from probe.models.loading import quiet
from probe.models.trust import text_config

Tuning = Literal["lora", "soft-prompt", "full"]
TUNINGS: tuple[Tuning, ...] = ("lora", "soft-prompt", "full")

STATE_SPACE = ("mamba", "mamba2", "falcon_mamba", "falcon_h1", "nemotron_h")
"""Kinds of models whose fused kernels read two weights past the layer, so that an adapter on it would have no effect."""
PAST_THE_LAYER = ["out_proj", "conv1d"]


@dataclass(frozen=True, slots=True, eq=False)
class Tuned:
    """A model that is being trained."""

    engine: HuggingFace
    """Computes and scores with what is trained."""
    tuning: Tuning
    base: dict[str, str]
    """What identifies the model that it began as."""

    @property
    def parameters(self) -> list[torch.nn.Parameter]:
        """Return the parameters that are trained, in their order in the model."""
        return [one for one in self.engine.model.parameters() if one.requires_grad]


def tune(
    engine: HuggingFace, tuning: Tuning, *, rank: int = 16, alpha: float = 16, dropout: float = 0.0, seed: int = 0
) -> Tuned:
    """Return the model with what is to be trained of it; the engine given is used up.

    `rank` is LoRA's, or the number of virtual tokens; `alpha` over `rank` scales LoRA's update. The same seed gives the same
    numbers to begin with.

    Raises:
        UsageError: the model has an adapter already.
    """
    model = engine.model
    if hasattr(model, "peft_config"):
        raise UsageError(
            f"{engine.name} has an adapter already, and one more cannot be trained on it",
            hint="leave out --adapter, or merge it into the model first (peft: merge_and_unload)",
        )
    base = record_of(model, engine.name)
    devices = [engine.device] if engine.device.type == "cuda" else []
    with torch.random.fork_rng(devices=devices), warnings.catch_warnings():
        torch.manual_seed(seed)
        warnings.simplefilter("ignore")  # peft on what it does for layers of GPT-2
        if tuning == "full":
            model = model.float().requires_grad_(True)
        else:
            config = _lora(model, rank, alpha, dropout) if tuning == "lora" else _soft_prompt(engine, rank)
            model = _wrapped(model, config)
    tuned = HuggingFace(model.eval(), engine.encoder, name=engine.name, options=engine.options)
    return Tuned(tuned, tuning, base)


def save(tuned: Tuned, folder: Path) -> None:
    """Write an adapter that `--adapter` and `PeftModel.from_pretrained` load, or, of full tuning, a model for `--model hf:`."""
    model = tuned.engine.model
    if tuned.tuning == "full":
        with quiet():
            model.save_pretrained(folder)
        tuned.engine.encoder.tokenizer.save_pretrained(folder)
        return
    for config in model.peft_config.values():
        config.base_model_name_or_path = tuned.base["name"]  # as the user knows it, not where it lies on this machine
    # Without "auto", which asks the hub whether the base model's vocabulary was changed.
    model.save_pretrained(folder, save_embedding_layers=False)
    write_record(folder, tuned.base)


@contextmanager
def training(tuned: Tuned, *, checkpointing: bool = False) -> Iterator[None]:
    """Let the model be one that is trained: with dropout, and with less memory for more work if `checkpointing`.

    Outside it is as it is when it is asked.
    """
    model = tuned.engine.model
    model.train()
    if checkpointing:
        # Frozen embeddings give states without gradients, and checkpoints of those would have none.
        model.enable_input_require_grads()
        _checkpointing(model, "enable")({"use_reentrant": False})
    try:
        yield
    finally:
        if checkpointing:
            _checkpointing(model, "disable")()
            model.disable_input_require_grads()
        model.eval()


@contextmanager
def untuned(tuned: Tuned) -> Iterator[None]:
    """Let the model be what it was before anything was trained.

    Raises:
        UsageError: all of its weights are trained, so that it is no longer there.
    """
    if tuned.tuning == "full":
        raise UsageError(
            "with --tuning full the model as it was is not kept, and training cannot be held near its answers",
            hint="choose --near-base l2-sp, which needs the weights alone, or --tuning lora",
        )
    with tuned.engine.model.disable_adapter():
        yield


def layer_at(tuned: Tuned, share: float) -> int:
    """Return the layer at a share of the depth, in [0, 1], counted as transformers does: 0 is the embedding."""
    return round(share * int(text_config(tuned.engine.model).num_hidden_layers))


def _checkpointing(model: Any, what: str) -> Any:
    """Return the method of a model that switches checkpoints of activations, by its name in this version of transformers."""
    return getattr(model, f"activation_checkpointing_{what}", None) or getattr(model, f"gradient_checkpointing_{what}")


def _lora(model: Any, rank: int, alpha: float, dropout: float) -> Any:
    from peft import LoraConfig
    from transformers.pytorch_utils import Conv1D

    is_state_space = getattr(model.config, "model_type", "") in STATE_SPACE
    return LoraConfig(
        task_type="CAUSAL_LM",
        r=rank,
        lora_alpha=alpha,
        lora_dropout=dropout,
        target_modules="all-linear",
        exclude_modules=PAST_THE_LAYER if is_state_space else None,
        fan_in_fan_out=any(isinstance(one, Conv1D) for one in model.modules()),
    )


def _soft_prompt(engine: HuggingFace, num_tokens: int) -> Any:
    from peft import PromptTuningConfig, PromptTuningInit

    # Begins as tokens of the vocabulary: better than random numbers in all sizes of Lester et al., section 3.2.
    return PromptTuningConfig(
        task_type="CAUSAL_LM",
        num_virtual_tokens=num_tokens,
        num_attention_heads=getattr(text_config(engine.model), "num_attention_heads", 1),  # wanted, and not used
        prompt_tuning_init=PromptTuningInit.SAMPLE_VOCAB,
        tokenizer_name_or_path=None,
    )


def _wrapped(model: Any, config: Any) -> Any:
    from peft import get_peft_model

    wrapped = get_peft_model(model, config)
    for one in wrapped.parameters():
        if one.requires_grad:
            one.data = one.data.float()
    return wrapped
