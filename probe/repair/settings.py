"""All that determines a training, by the names that a user types.

    steps: int = option("Steps of the optimizer.", 60, low=1)          probe repair sentiment --steps 60 --out ADAPTER

A setting is declared once, here: the command makes a flag of it and the adapter's folder records it.

Covered: names, defaults, help, bounds, which settings exclude one another. Not covered: what a setting does.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from math import isfinite
from typing import Any, Literal, get_args

from probe.errors import UsageError
from probe.registry import unknown_name

Tuning = Literal["lora", "soft-prompt", "full"]
Precision = Literal["float32", "bfloat16", "float16"]
Labels = Literal["yes", "consensus", "own"]

CHOICES: dict[str, tuple[str, ...]] = {
    "tuning": get_args(Tuning),
    "labels": get_args(Labels),
    "answer_loss": ("choices", "tokens"),
    "positives": ("item", "label"),
    "sampling": ("shuffled", "balanced", "similar", "hard"),
    "schedule": ("cosine", "linear", "constant"),
    "precision": get_args(Precision),
}
"""The values that a setting of text may have."""


def option(
    help: str, default: Any, *, low: float | None = None, high: float | None = None, panel: str = "Training"
) -> Any:
    """Declare a setting."""
    return field(default=default, metadata={"help": help, "low": low, "high": high, "panel": panel})


FAMILIES = (
    "format", "typos", "wording", "order", "casing", "punctuation", "whitespace", "structure", "grammar", "distraction", "labels",
    "contrast",
)  # fmt: skip
"""What is trained on where nothing else is said, but for what is held out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RepairSettings:
    """How a model is trained to answer alike however it is asked."""

    tuning: Tuning = option("What is trained: lora, soft-prompt or full.", "lora")
    rank: int = option("Rank of LoRA, or tokens of a soft prompt.", 16, low=1, high=1024)
    alpha: float = option("LoRA's update is scaled by alpha / rank.", 32.0, low=0)
    dropout: float = option("Dropout on the inputs of LoRA.", 0.0, low=0, high=0.9)
    steps: int = option("Steps of the optimizer.", 320, low=1)
    train_tokens: int | None = option("Stop after this many tokens instead of --steps.", None, low=1)
    items: int = option("Items of one step.", 3, low=1)
    views: int = option("Ways in which a step says each item.", 2, low=1, high=64)
    original: bool = option("Whether one of these is the item as it is written.", False)
    stack: int = option("Perturbations of one variant, one after the other.", 1, low=1, high=4)
    accumulation: int = option("Parts into which a step is cut, one after the other, to save memory.", 1, low=1)
    learning_rate: float | None = option(
        "Highest learning rate. Default: 0.77 / width of the model, for adapters.", None, low=0
    )
    schedule: str = option("How it falls after the warm-up: cosine, linear or constant.", "cosine")
    warmup: float = option("Share of the training in which it rises.", 0.1, low=0, high=1)
    weight_decay: float = option("Decoupled weight decay.", 0.0, low=0)
    clip: float = option("Longest gradient; a longer one is shortened.", 1.0, low=0)
    checkpointing: bool = option("Compute activations again instead of keeping them: less memory, more time.", False)
    precision: Precision = option("Numbers of the forward pass: float32, bfloat16 or float16.", "float32")

    labels: Labels = option(
        "yes: the right answers; consensus: what most variants say; own: the model's answer now.", "yes"
    )
    answer_loss: str = option(
        "Right answers count by their probability among the choices, or by their tokens: choices or tokens.", "choices"
    )
    consistency: float = option("Weight of the divergence between the answers to one item's variants.", 0.0, low=0)
    consistency_kind: str = option("Which divergence: kl, js, ... (see `probe list losses`).", "kl")
    contrastive: float = option("Weight of the contrastive loss on hidden states.", 0.3, low=0)
    contrast: str = option(
        "Which contrastive loss: infonce, supcon, triplet, macl, ... (see `probe list losses`).", "supcon"
    )
    temperature: float = option("Temperature of the contrastive loss.", 0.1, low=0.001, high=10)
    adapt: float = option("How far it rises with the alignment of positives (MACL); 0: fixed.", 0.0, low=0, high=1)
    positives: str = option("Positives of supcon: views of the same item, or of the same label.", "label")
    hard_negatives: float = option("How much more the negatives count that are nearest; 0: all alike.", 0.0, low=0)
    layer: float = option("Layer of the hidden states, as a share of the depth.", 0.75, low=0, high=1)
    contrast_members: int = option("Edits with another answer beside each item, as hard negatives.", 0, low=0, high=8)
    near_base_weight: float = option("Weight of what keeps the model near its untrained self.", 0.0, low=0)
    near_base: str = option("What that is: l2-sp on weights, or kl-to-base on answers to the originals.", "kl-to-base")
    sampling: str = option(
        "How items are drawn: shuffled, balanced by answer, similar, or hard to tell apart (B3).", "shuffled"
    )

    hold_out: tuple[str, ...] = option(
        "Families never trained on, on which the cure is judged too.", ("structure", "typos")
    )
    validation: float = option("Share of the training items that choose the checkpoint.", 0.2, low=0.01, high=0.9)
    validation_items: int = option("Most of them.", 32, low=1)
    validation_samples: int = option("Variants of each family under which they are asked.", 2, low=1)
    check_every: int = option("Steps between two looks at the validation items.", 160, low=1)
    checkpoint_every: int = option("Steps between two checkpoints, from which --resume goes on.", 20, low=1)
    max_drop: float = option("Stop where their mean accuracy falls by more than this.", 0.05, low=0, high=1)
    seed: int = option("Seed of everything that is drawn.", 0)

    def __post_init__(self) -> None:
        for one in fields(self):
            _check(one.name, getattr(self, one.name), one.metadata)
        if self.views < 2 and (self.consistency or self.labels == "consensus"):
            raise UsageError(
                f"--views {self.views}: one variant of an item agrees with itself",
                hint="--views 4, or --consistency 0 to train on answers alone",
            )
        if self.accumulation > self.items:
            raise UsageError(f"--accumulation {self.accumulation} of --items {self.items}: each part needs an item")

    @classmethod
    def of_typed(cls, typed: Mapping[str, Any], **given: Any) -> RepairSettings:
        """Return the settings that were typed: a field of several names holds commas.

        Raises:
            UsageError: a value that a setting cannot have.
        """
        named = {"hold_out": _names(typed["hold_out"])} if "hold_out" in typed else {}
        return cls(**{**typed, **named, **given})

    def as_record(self) -> dict[str, Any]:
        """Return the settings as JSON holds them."""
        return asdict(self) | {"hold_out": list(self.hold_out)}

    @classmethod
    def of_record(cls, record: Mapping[str, Any]) -> RepairSettings:
        """Return the settings that `as_record` gave; a key of another version is left out."""
        known = {one.name for one in fields(cls)}
        given = {name: value for name, value in record.items() if name in known}
        return cls(**given | {"hold_out": tuple(given.get("hold_out", ()))})


def _names(typed: str) -> tuple[str, ...]:
    """Return the names of a text that parts them by commas."""
    return tuple(filter(None, (name.strip() for name in typed.split(","))))


def flag_of(name: str) -> str:
    """Return a setting as it is typed."""
    return "--" + name.replace("_", "-")


def as_flags(settings: RepairSettings) -> list[str]:
    """Return the words that are typed to set what differs from the defaults."""
    words: list[str] = []
    for one in fields(settings):
        value = getattr(settings, one.name)
        if value != one.default and isinstance(value, bool):
            words.append(flag_of(one.name) if value else flag_of(one.name).replace("--", "--no-", 1))
        elif value != one.default:
            words += [flag_of(one.name), ",".join(value) if isinstance(value, tuple) else str(value)]
    return words


def _check(name: str, value: object, bounds: Mapping[str, Any]) -> None:
    """Refuse a value that a setting cannot have.

    Raises:
        UsageError: names the flag.
    """
    if name in CHOICES and value not in CHOICES[name]:
        raise unknown_name(f"value of {flag_of(name)}", str(value), list(CHOICES[name]))
    if isinstance(value, bool) or not isinstance(value, int | float):
        return
    low, high = bounds["low"], bounds["high"]
    wanted = [f"at least {low:g}"] if low is not None else []
    wanted += [f"at most {high:g}"] if high is not None else []
    if not isfinite(value) or (low is not None and value < low) or (high is not None and value > high):
        raise UsageError(f"{flag_of(name)} {value}: it must be {' and '.join(wanted) or 'a finite number'}")
