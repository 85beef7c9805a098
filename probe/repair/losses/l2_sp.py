"""L2-SP: weights stay near where training started.

    of a LoRA adapter   |s B A|^2 = s^2 sum((B' B) * (A A'))        r x r products: the change is never written out
    of other weights    |w - w_0|^2

Covered: LoRA layers of peft, trainable weights of any other kind. Not covered: DoRA's magnitudes (they count as other weights).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import torch
from torch import Tensor

from probe.repair.base import Seen
from probe.repair.losses.base import loss_term, nothing, raised


@loss_term(
    "l2-sp",
    group="anchor",
    source="Li et al. 2018 (L2-SP), arXiv 1802.01483; Utama et al. 2021, arXiv 2109.04144",
    needs=("weight_change",),
)
def l2_sp(seen: Seen) -> Tensor:
    """Half the squared norm of what training has added to the weights.

    Return |w - w_0|^2 / 2 over the trained weights, w_0 the pre-trained ones ("Avoiding Inference Heuristics" keeps few-shot
    fine-tuning near them by such a term). Of LoRA it is the norm of the added matrix s B A, not of A and B: weight decay on
    these would pull a random A to zero, which is not where the model was. Zero where `weight_change` is not known.
    """
    return nothing(seen.answer_nll) if seen.weight_change is None else raised(seen.weight_change) / 2


def weight_change(model: torch.nn.Module, start: Mapping[str, Tensor] | None = None) -> Tensor:
    """Return the squared norm () of what training has added to a model's weights, with gradient.

    `start` has the weights before training, by name, of trainable parameters that are no LoRA matrices; see `start_of`. One
    that is not in it started at zero.
    """
    parts = [lora_change(*one) for one in _lora(model)]
    for name, weight in _others(model):
        before = (start or {}).get(name)
        parts.append(raised(weight if before is None else weight - before.to(weight.device)).square().sum())
    return torch.stack(parts).sum() if parts else torch.zeros(())


def start_of(model: torch.nn.Module) -> dict[str, Tensor]:
    """Return a copy of the trainable weights that are no LoRA matrices, by name."""
    return {name: weight.detach().clone() for name, weight in _others(model)}


def lora_change(a: Tensor, b: Tensor, scaling: float) -> Tensor:
    """Return |s B A|^2, with A (r, inputs) and B (outputs, r)."""
    a, b = raised(a), raised(b)
    return scaling**2 * ((b.T @ b) * (a @ a.T)).sum()


def _lora(model: torch.nn.Module) -> Iterator[tuple[Tensor, Tensor, float]]:
    """Return A, B and scaling of each trainable LoRA layer."""
    for module in model.modules():
        downs: Any = getattr(module, "lora_A", None)
        if not isinstance(downs, torch.nn.ModuleDict):
            continue
        ups: Any = module.lora_B
        scaling: Any = module.scaling
        for name, down in downs.items():
            a: Any = down.weight
            if a.requires_grad:
                yield a, ups[name].weight, float(scaling[name])


def _others(model: torch.nn.Module) -> Iterator[tuple[str, Tensor]]:
    """Return the trainable parameters that are no LoRA matrices, by name."""
    for name, weight in model.named_parameters():
        if weight.requires_grad and ".lora_A." not in name and ".lora_B." not in name:
            yield name, weight
