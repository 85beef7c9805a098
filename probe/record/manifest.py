"""What the manifest of a run holds, as types; `probe.record.schema` checks a manifest against them.

Covered: the keys that something reads. What a back end says of its model beside these is its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from probe.models.options import HuggingFaceOptions


@dataclass(frozen=True, slots=True)
class PromptPlace:
    """Where the prompt of a suite is written."""

    file: str | None
    """The file, from where the command was typed."""
    line: int | None = None
    """Its line, from 1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SuiteFacts:
    """A suite as it was asked."""

    name: str
    """Its name, unique in the run."""
    version: str
    """The version that its suite.toml states."""
    digest: str
    """The hash of its files."""
    num_items: int
    """How many items were asked."""
    path: str
    """What a user types to read it: a name, a path or kind:argument."""
    flags: tuple[str, ...] = ()
    """What a user types beside it."""
    normalisation: str = "none"
    """What the log-probability of a choice is divided by."""
    prompt: PromptPlace | None = None
    """Where its prompt is written; null where it is in no file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelRecord:
    """What is known of the model; a back end adds facts of its own, such as hashes of what it is made of."""

    name: str
    """Its name."""
    model: str | None = None
    """The path or name that it was loaded by."""
    fingerprint: str = ""
    """The hash of its weights; not there where none is known, as of logs that were imported."""
    path: str = ""
    """The path of the engine: trie, padded or direct."""
    device: str = ""
    """Where it was computed."""
    dtype: str = ""
    """In which numbers it was computed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedModel:
    """How the model was asked for."""

    model: str
    """What was typed after --model."""
    model_args: str | None = ""
    """What was typed after --model-args."""
    options: HuggingFaceOptions = field(default_factory=HuggingFaceOptions)
    """The options of the model by name."""
    null_dtype: str | None = None
    """The dtype of the reruns."""
    flags: tuple[str, ...] = ()
    """Flags that give the suites the same paraphrases again."""
    imported: bool = False
    """Whether answers of another tool were read and no model was asked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Texts:
    """The paraphrases of a suite."""

    texts: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """The paraphrases of each instruction."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """Everything that is needed to run it again."""

    schema_version: int
    """The version of the form of the folder."""
    id: str
    """Six letters that tell runs of one second apart."""
    created: str
    """When it was made, UTC."""
    command: str | tuple[str, ...]
    """What was typed."""
    kind: str = ""
    """Which experiment it is; a run has none."""
    samples: int
    """Samples of each family (--samples)."""
    num_fewshot: int | None
    """Demonstrations before each question (--num-fewshot)."""
    seed: int
    """The seed of all draws (--seed)."""
    limit: int | None
    """The most items of each suite (--limit); null: all."""
    budget: int | None
    """The most answers (--budget); null: no limit."""
    target_ci: float | None
    """The half-width at which a suite is enough (--target-ci); null: all items are asked."""
    posix_items: int
    """Items that POSIX was computed on (--posix)."""
    stopped_at: Mapping[str, Any] | tuple[Any, ...] = field(default_factory=dict)
    """How many items each suite was asked under --target-ci."""
    resample: str = "items-and-variants"
    """What the intervals generalize over."""
    weight: str = "pairs"
    """What weighs equally in rates over all families: families or pairs."""
    perturb: tuple[str, ...]
    """The perturbations, by name."""
    reviews: int = 0
    """How many decisions of people were used."""
    validators: Mapping[str, Any] | tuple[Any, ...] = field(default_factory=dict)
    """The models that doubted variants."""
    suites: tuple[SuiteFacts, ...]
    """The suites as they were asked."""
    model: ModelRecord
    """What is known of the model."""
    prompts_digest: str
    """The hash of all prompts."""
    asked_model: AskedModel | None = None
    """How the model was asked for; null where it was an object of Python."""
    paraphrases: Mapping[str, Texts] | None = None
    """The paraphrases that each suite had."""
    versions: Mapping[str, str] = field(default_factory=dict)
    """The versions of what determines the figures."""
