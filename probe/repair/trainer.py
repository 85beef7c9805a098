"""The loop: steps over views of training items, looks at the validation items, checkpoints.

    step --> items --> views --> what the model makes of them --> loss terms --> gradient --> optimizer
      every so often    a look: worst formulation (the best one is kept), mean (it stops where that falls), collapse
      every so often    a checkpoint, from which --resume goes on

Every draw depends on the seed and the number of the step alone, so that a training that was interrupted and resumed is the one
that was not.

Covered: the schedule, accumulation, clipping, stopping. Not covered: what a step computes (`probe.repair.caching`), its terms
(`probe.repair.losses`).
"""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from probe.errors import ModelError
from probe.models.huggingface import HuggingFace
from probe.repair.adapters import Tuned, training, tune
from probe.repair.checkpoint import Unfinished, optimizer_tensors, restore_optimizer
from probe.repair.gradient import Gradients, Result
from probe.repair.history import Look, Progress, StepDone, Trained
from probe.repair.items import item_stream
from probe.repair.look import Examiner
from probe.repair.objective import parts_of
from probe.repair.precision import Precision
from probe.repair.settings import RepairSettings
from probe.repair.split import Split
from probe.repair.views import Formulator
from probe.seeds import rng_for
from probe.types import Item

log = logging.getLogger(__name__)


@dataclass(eq=False)
class Trainer:
    """A training under way."""

    engine: HuggingFace
    split: Split
    settings: RepairSettings
    unfinished: Unfinished
    progress: Progress
    steps: list[StepDone] = field(default_factory=list)
    looks: list[Look] = field(default_factory=list)
    best: Look | None = None
    warnings: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        one = self.settings
        self.parts = parts_of(one)
        self.stream = item_stream(self.split.training, one, self.engine)
        self.examiner = Examiner(self.split, one)
        if one.labels != "yes":
            self.examiner.take_as_right(self.engine)
        self.tuned: Tuned = tune(
            self.engine, one.tuning, rank=one.rank, alpha=one.alpha, dropout=one.dropout, seed=one.seed
        )
        self.engine = self.tuned.engine
        self.precision = Precision(one.precision, self.engine.device)
        self.gradients = Gradients(self.tuned, self.parts, one, self.precision)
        self.named = {name: weight for name, weight in self.engine.model.named_parameters() if weight.requires_grad}
        self.highest = highest_rate(one, int(self.engine.model.config.get_text_config().hidden_size))
        self.optimizer = torch.optim.AdamW(self.tuned.parameters, lr=self.highest, weight_decay=one.weight_decay)
        self.formulator = Formulator(self.split, self.settings)
        self.before = 0.0
        self.began = time.monotonic()

    @property
    def fraction(self) -> float:
        """Return how much of the training is done, in [0, 1]."""
        if self.settings.train_tokens is not None:
            return min((self.steps[-1].tokens if self.steps else 0) / self.settings.train_tokens, 1.0)
        return len(self.steps) / self.settings.steps

    def run(self, out: Path) -> Trained:
        """Take all steps; give what came of it, with the weights of the best look in the model."""
        stopped = "" if self.looks else self._look()
        while self.fraction < 1 and not stopped:
            self._step()
            done = len(self.steps)
            if done % self.settings.check_every == 0 or self.fraction >= 1:
                stopped = self._look()
            if done % self.settings.checkpoint_every == 0 and self.fraction < 1 and not stopped:
                self._checkpoint()
        self._warn_of_idle_terms()
        assert self.best is not None
        self._put(self.unfinished.best(self.best.step))
        return Trained(
            folder=out,
            settings=self.settings,
            steps=tuple(self.steps),
            looks=tuple(self.looks),
            best=self.best,
            stopped=stopped,
            warnings=tuple(self.warnings),
        )

    def restore(self) -> None:
        """Go on from the newest checkpoint, if there is one."""
        found = self.unfinished.newest()
        if found is None:
            return
        with self.unfinished.going_on():
            self._restore(*found)

    def _restore(
        self, state: Mapping[str, Any], trained: Mapping[str, Tensor], optimizer: Mapping[str, Tensor]
    ) -> None:
        self._put(trained)
        restore_optimizer(self.optimizer, optimizer, self.named)
        self.steps = [StepDone(**one) for one in state["steps"]]
        self.looks = [Look(**one) for one in state["looks"]]
        self.best = {look.step: look for look in self.looks}[state["best_step"]]
        self.unfinished.best(self.best.step)  # that it is there must be known now, not when all is done
        self.warnings = list(state["warnings"])
        if state["scaler"]:
            self.precision.scaler.load_state_dict(state["scaler"])
        self.gradients.accumulator.pass_tokens = state["pass_tokens"]  # dropout draws pass by pass
        self.before = self.steps[-1].seconds if self.steps else 0.0

    def _step(self) -> None:
        """Take one step down the loss."""
        step, fraction = len(self.steps), self.fraction
        rate = self.highest * rate_factor(fraction, self.settings)
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        parts = _dealt(self.stream.items(step), self.settings.accumulation)
        devices = [self.engine.device] if self.engine.device.type == "cuda" else []
        with training(self.tuned, checkpointing=self.settings.checkpointing), torch.random.fork_rng(devices=devices):
            torch.manual_seed(rng_for(self.settings.seed, "dropout", step).getrandbits(63))
            num = sum(map(len, parts))
            results = [self._backward(step, fraction, items, share=len(items) / num) for items in parts]
        norm = self.precision.step(self.optimizer, self.tuned.parameters, clip=self.settings.clip)
        if not math.isfinite(norm) and not self.precision.scaler.is_enabled():
            raise ModelError(
                f"step {step + 1}: the gradient is {norm}, though every term of the loss is a number",
                hint="choose a smaller --learning-rate, or --precision float32; --resume goes on from the last checkpoint",
            )
        last = self.steps[-1] if self.steps else None
        done = StepDone(
            step=step + 1,
            fraction=1.0,
            loss=sum(one.loss for one in results),
            terms=_mean_terms(results, [len(items) / num for items in parts]),
            learning_rate=rate,
            norm=norm if math.isfinite(norm) else None,
            tokens=(last.tokens if last else 0) + sum(one.tokens for one in results),
            separate=(last.separate if last else 0) + sum(one.separate for one in results),
            seconds=self.before + time.monotonic() - self.began,
        )
        self.steps.append(done)
        self.steps[-1] = replace(done, fraction=self.fraction)
        self.progress(self.steps[-1])

    def _warn_of_idle_terms(self) -> None:
        """Warn of idle loss terms: no view was of a family that they compare, or answers have no classes."""
        for name in [part.term.name for part in self.parts if part.term.group != "anchor"]:
            if self.steps and not any(one.terms[name] for one in self.steps):
                self._warn(
                    f"the loss term {name!r} was 0 at every step: no views were trained on that it has a use for"
                )

    def _look(self) -> str:
        """Look at the validation items and keep the weights if they are the best; return why to stop, if so."""
        look = self.examiner.look(self.engine, step=len(self.steps), tokens=self.steps[-1].tokens if self.steps else 0)
        self.looks.append(look)
        self.progress(look)
        start = self.looks[0]
        if self.best is None or look.rank > self.best.rank:
            self.unfinished.save_best(look.step, self._trained())
            self.best = look
        if look.has_collapsed(start) and not any(one.has_collapsed(start) for one in self.looks[:-1]):
            self._warn(
                f"step {look.step}: hidden states of different items have come to lie in one place (uniformity "
                f"{_shown(start.uniformity)} -> {_shown(look.uniformity)})"
            )
        if look.mean < start.mean - self.settings.max_drop:
            return (
                f"the mean accuracy on the validation items fell from {start.mean:.3f} to {look.mean:.3f} at step "
                f"{look.step}, by more than --max-drop {self.settings.max_drop:g}"
            )
        return ""

    def _checkpoint(self) -> None:
        """Write all that the training goes on from."""
        assert self.best is not None
        state = {
            "step": len(self.steps),
            "steps": [asdict(one) for one in self.steps],
            "looks": [one.as_record() for one in self.looks],
            "best_step": self.best.step,
            "warnings": self.warnings,
            "scaler": self.precision.scaler.state_dict(),
            "pass_tokens": self.gradients.accumulator.pass_tokens,
        }
        names = {parameter: name for name, parameter in self.named.items()}
        self.unfinished.save(state, self._trained(), optimizer_tensors(self.optimizer, names))
        self.unfinished.forget_best(but=self.best.step)

    def _trained(self) -> dict[str, Tensor]:
        return {name: one.detach().cpu().contiguous() for name, one in self.named.items()}

    def _put(self, trained: Mapping[str, Tensor]) -> None:
        with torch.no_grad():
            for name, one in self.named.items():
                one.copy_(trained[name])

    def _warn(self, text: str) -> None:
        log.warning("%s", text)
        self.warnings.append(text)

    def _backward(self, step: int, fraction: float, items: Sequence[Item], *, share: float) -> Result:
        """Add the gradient of some items' loss, weighted by their share of the step."""
        views = self.formulator.views(step, items)
        suites = [self.split.suite_of[view.item] for view in views]
        return self.gradients.add(views, suites, step=step, fraction=fraction, share=share)


def highest_rate(settings: RepairSettings, width: int) -> float:
    """Return the highest learning rate: as set, or by the model's width.

    The best rate of Adam falls with the width (Yang et al. 2022, "Tensor Programs V", arXiv 2203.03466, table 3). 0.77 is what
    suits the pocket model's 256; at 4,096 it gives 2e-4, which is usual for LoRA. All weights take a tenth of it, virtual tokens
    ten times as much.
    """
    if settings.learning_rate is not None:
        return settings.learning_rate
    without_labels = 0.1 if settings.labels == "consensus" else 1.0  # at the full rate all answers become one
    return 0.77 / width * without_labels * {"full": 0.1, "soft-prompt": 10.0}.get(settings.tuning, 1.0)


def rate_factor(fraction: float, settings: RepairSettings) -> float:
    """Return the share of the highest learning rate at a part of the training: it rises from a tenth, then falls."""
    if fraction < settings.warmup:
        return 0.1 + 0.9 * fraction / settings.warmup
    left = (1 - fraction) / max(1 - settings.warmup, 1e-9)
    if settings.schedule == "constant":
        return 1.0
    return left if settings.schedule == "linear" else 0.5 * (1 - math.cos(math.pi * left))


def _dealt(items: Sequence[Item], num: int) -> list[Sequence[Item]]:
    """Return items in so many parts of like size, none of them empty."""
    num = min(num, len(items))
    return [items[place::num] for place in range(num)]


def _mean_terms(results: Sequence[Result], shares: Sequence[float]) -> dict[str, float]:
    """Return the mean of each term over the parts of a step, by their shares of its items."""
    pairs = list(zip(results, shares, strict=True))
    return {name: sum(one.terms[name] * share for one, share in pairs) for name in results[0].terms}


def _shown(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"
