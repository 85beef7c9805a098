"""Numbers of a forward pass in training: half precision where it is faster, with what is trained kept in single.

    float32    everything
    bfloat16   autocast, on CPUs and GPUs
    float16    autocast on CUDA, with a scaled loss, as small gradients would be zero (Micikevicius et al. 2017, arXiv 1710.03740)

Covered: the pass, the step of the optimizer. Not covered: the precision in which a model is loaded (`--dtype`).
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import AbstractContextManager
from typing import Any, Literal

import torch

from probe.errors import UsageError

Name = Literal["float32", "bfloat16", "float16"]

DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}


class Precision:
    """How passes are computed and gradients applied."""

    def __init__(self, name: Name, device: torch.device) -> None:
        if name == "float16" and device.type != "cuda":
            raise UsageError(
                f"--precision float16 needs a CUDA device, and the model is on {device}",
                hint="--precision bfloat16 works on every device",
            )
        self.device = device
        self.dtype = DTYPES[name]
        self.scaler = torch.amp.GradScaler("cuda", enabled=name == "float16")

    def autocast(self) -> AbstractContextManager[Any]:
        """Return what a forward pass is computed in."""
        return torch.autocast(self.device.type, dtype=self.dtype, enabled=self.dtype != torch.float32)

    def scaled(self, loss: torch.Tensor) -> torch.Tensor:
        """Return the loss whose gradients are stored."""
        return self.scaler.scale(loss)

    def step(
        self, optimizer: torch.optim.Optimizer, parameters: Iterable[torch.nn.Parameter], *, clip: float = 0.0
    ) -> float:
        """Apply the stored gradients, shortened to the length `clip` unless that is 0, and clear them; return their length.

        In float16 a step with gradients that overflowed is left out, and the next loss is scaled less.
        """
        self.scaler.unscale_(optimizer)
        norm = torch.nn.utils.clip_grad_norm_(parameters, clip or torch.inf)
        self.scaler.step(optimizer)
        self.scaler.update()
        optimizer.zero_grad(set_to_none=True)
        return float(norm)
