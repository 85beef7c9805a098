"""The settings of a run: one declaration each for the flag, the key in probe.toml and the Python argument.

    samples: int = flag("--samples", "-n", default=4, panel="Perturbations", low=1, help="Variants of each family.")

    probe run --samples 8        [tool.probe]            probe.run("facts", samples=8)
                                 samples = 8

To add a setting, declare it here and use it in `probe.api.prepare`. Every command that takes the panel has the flag then.

Covered: names, defaults, help, checking a value, writing settings as flags. Not covered: what a setting does.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import MISSING, dataclass, field, fields, replace
from functools import cache
from pathlib import Path
from types import UnionType
from typing import Any, get_args, get_origin, get_type_hints

from probe.errors import UsageError
from probe.registry import unknown_name

PANELS = ("Suite", "Perturbations", "Model", "Statistics", "Output")
"""The sections of `probe run --help`, in order."""

BASIC = (
    "model", "model_args", "perturb", "samples", "num_fewshot", "seed", "limit", "apply_chat_template", "out",
)  # fmt: skip
"""The settings that people need most, which help lists before the sections."""

OLD_NAMES = {"draws": "samples", "embedding_floor": "embedding_threshold", "nli_floor": "nli_threshold"}
"""Former names of settings, still accepted as flag, key and argument."""


@dataclass(frozen=True, slots=True)
class Flag:
    """How a setting is typed and explained."""

    names: tuple[str, ...]
    panel: str
    help: str
    low: float | None = None
    high: float | None = None

    @property
    def name(self) -> str:
        """Return the flag as it is typed to set it."""
        return self.names[0].partition("/")[0]


def flag(*names: str, panel: str, help: str, default: Any = None, **more: Any) -> Any:
    """Declare a setting."""
    return field(default=default, metadata={"flag": Flag(names, panel, help, **more)})


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """All that determines a run, by the names that a user types."""

    suites: tuple[str, ...] = ()
    """Names of shipped suites, folders, or KIND:...; empty for all shipped ones."""

    num_fewshot: int = flag(
        "--num-fewshot", "-k", default=0, panel="Suite", low=0,
        help="Solved examples shown before each question.",
    )  # fmt: skip
    limit: int | None = flag("--limit", "-L", panel="Suite", low=1, help="Use only the first N items of each suite.")
    prompt: str = flag(
        "--prompt", default="", panel="Suite",
        help="For csv:, jsonl:, hf: and the like: the prompt, as a file or as text, with columns as {column}.",
    )  # fmt: skip
    target: str = flag(
        "--target", default="", panel="Suite",
        help="For tables: the column with the right answers. Default: target or label.",
    )  # fmt: skip
    choices: str = flag(
        "--choices", default="", panel="Suite",
        help="For tables: the possible answers, separated by commas. Default: the values of the column.",
    )  # fmt: skip
    all_prompts: bool = flag(
        "--all-prompts", default=False, panel="Suite",
        help="For promptsets: also use prompts that human judges found to ask something else.",
    )  # fmt: skip
    include_path: str = flag(
        "--include-path", default="", panel="Suite", help="For lmeval: a folder with your own task files."
    )
    trust_tasks: bool = flag(
        "--trust-tasks", default=False, panel="Suite", help="For lmeval: run code that comes with task files."
    )

    perturb: str = flag(
        "--perturb", "-p", default="format,typos,wording,order,contrast", panel="Perturbations",
        help="Families or perturbations, separated by commas (see `probe list perturbations`).",
    )  # fmt: skip
    samples: int = flag("--samples", "-n", default=4, panel="Perturbations", low=1, help="Variants of each family.")
    seed: int = flag("--seed", default=0, panel="Perturbations", help="Seed of all random choices.")
    compose: int | None = flag(
        "--compose", panel="Perturbations", low=2, high=3,
        help="Also apply perturbations in pairs (or threes), one after the other.",
    )  # fmt: skip
    paraphrases: Path | None = flag(
        "--paraphrases", panel="Perturbations",
        help="A file with your own paraphrases of the instruction, one per line (.txt, .jsonl, .csv). "
        "Adds the family paraphrase.",
    )  # fmt: skip
    paraphraser: str | None = flag(
        "--paraphraser", panel="Perturbations",
        help="A model that paraphrases the instruction: hf:NAME_OR_PATH or openai:MODEL@URL (key in PROBE_API_KEY or "
        "OPENAI_API_KEY). Its output is checked and saved. Adds the family paraphrase.",
    )  # fmt: skip
    num_paraphrases: int = flag(
        "--num-paraphrases", default=8, panel="Perturbations", low=1, high=40,
        help="Paraphrases of each instruction that --paraphraser writes.",
    )  # fmt: skip
    paraphrases_file: Path | None = flag(
        "--paraphrases-file", panel="Perturbations",
        help="File that saves what --paraphraser writes. Default: OUT/paraphrases.jsonl.",
    )  # fmt: skip
    reviews: Path | None = flag(
        "--reviews", panel="Perturbations",
        help="Decisions made with `probe review`. Default: reviews.jsonl, if it exists.",
    )  # fmt: skip
    embedding_model: str | None = flag(
        "--embedding-model", panel="Perturbations",
        help="A sentence-transformers model that marks variants far from the original as doubtful.",
    )  # fmt: skip
    embedding_threshold: float = flag(
        "--embedding-threshold", default=0.6, panel="Perturbations", low=-1, high=1,
        help="Cosine similarity below which a variant is doubtful.",
    )  # fmt: skip
    nli_model: str | None = flag(
        "--nli-model", panel="Perturbations",
        help="An entailment classifier that marks variants not entailed both ways as doubtful.",
    )  # fmt: skip
    nli_threshold: float = flag(
        "--nli-threshold", default=0.5, panel="Perturbations", low=0, high=1,
        help="Probability of entailment below which a variant is doubtful.",
    )  # fmt: skip

    model: str = flag(
        "--model", "-m", default="pocket", panel="Model",
        help="pocket, hf:NAME_OR_PATH, scripted:NAME, or hf with --model-args (see `probe list models`).",
    )  # fmt: skip
    model_args: str = flag(
        "--model-args", default="", panel="Model",
        help="As in lm-eval: pretrained=NAME_OR_PATH,dtype=bfloat16,...",
    )  # fmt: skip
    apply_chat_template: bool = flag(
        "--apply-chat-template", default=False, panel="Model",
        help="Wrap each prompt in the model's chat template.",
    )  # fmt: skip
    device: str = flag("--device", default="auto", panel="Model", help="auto, cpu, cuda, cuda:1, mps.")
    dtype: str = flag("--dtype", default="auto", panel="Model", help="auto, float32, bfloat16 or float16.")
    batch_size: str = flag(
        "--batch-size", "-b", default="auto", panel="Model",
        help="Most rows in a forward pass, or auto. Does not change the figures.",
    )  # fmt: skip
    token_budget: int | None = flag(
        "--token-budget", panel="Model", low=16,
        help="Most tokens in a forward pass. Default: by measured memory.",
    )  # fmt: skip
    max_length: int | None = flag(
        "--max-length", panel="Model", low=8, help="Context window. Default: the model's own."
    )
    revision: str | None = flag("--revision", panel="Model", help="Revision of the model on the hub.")
    adapter: str | None = flag("--adapter", panel="Model", help="Path of a peft adapter.")
    trust_remote_code: bool = flag(
        "--trust-remote-code", default=False, panel="Model", help="Run code that comes with the model."
    )

    noise_floor: bool = flag(
        "--noise-floor/--no-noise-floor", default=True, panel="Statistics",
        help="Ask the same prompts again in other batches, to measure how far answers move by themselves.",
    )  # fmt: skip
    null_dtype: str | None = flag(
        "--null-dtype", panel="Statistics",
        help="Ask those reruns under this dtype, to measure what rounding moves. Loads the model twice.",
    )  # fmt: skip
    budget: int | None = flag(
        "--budget", panel="Statistics", low=8, help="Ask only N variants, a balanced sample; estimate the others."
    )
    target_ci: float | None = flag(
        "--target-ci", panel="Statistics", low=0.001, high=0.5,
        help="Stop a suite once the interval of its flip rate has this half-width, such as 0.02.",
    )  # fmt: skip
    resample: str | None = flag(
        "--resample", panel="Statistics",
        help="What intervals generalise to. items: other items; items-and-variants: also other formats and wordings. "
        "Default: items-and-variants; items with --target-ci.",
    )  # fmt: skip
    posix: bool = flag(
        "--posix/--no-posix", default=False, panel="Statistics",
        help="Also compute POSIX: rate the answer to every variant under every other variant.",
    )  # fmt: skip
    posix_items: int = flag(
        "--posix-items", default=20, panel="Statistics", low=1, help="Items of each suite used for --posix."
    )

    out: Path = flag("--out", default=Path("runs"), panel="Output", help="Folder for the folders of runs.")
    cache: bool = flag(
        "--cache/--no-cache", default=True, panel="Output",
        help="Cache answers in OUT/cache.sqlite, so that an interrupted command continues where it stopped.",
    )  # fmt: skip


@cache
def flags() -> dict[str, Flag]:
    """Return how each setting is typed; the suites are an argument and have no flag."""
    return {one.name: one.metadata["flag"] for one in fields(Settings) if one.metadata}


@cache
def types() -> dict[str, Any]:
    """Return the type of each setting."""
    return get_type_hints(Settings)


def defaults() -> dict[str, Any]:
    """Return the default of each setting."""
    return {one.name: None if one.default is MISSING else one.default for one in fields(Settings)}


def of_panel(*panels: str, without: Iterable[str] = ()) -> tuple[str, ...]:
    """Return the names of the settings of some panels, in the order of their declaration."""
    left_out = set(without)
    return tuple(name for name, one in flags().items() if one.panel in panels and name not in left_out)


def changed(settings: Settings, given: Mapping[str, Any]) -> Settings:
    """Return settings with those that are given by name.

    Raises:
        UsageError: a name is unknown, or a value does not fit.
    """
    values = {}
    for name, value in given.items():
        known = OLD_NAMES.get(name, name)
        if known not in types():
            raise unknown_name("argument", name, list(types()))
        if problem := fault_of(known, value):
            raise UsageError(f"{name} {problem}")
        values[known] = coerced(known, value)
    return replace(settings, **values)


def fault_of(name: str, value: object) -> str:
    """Return what is wrong with a value of a setting, as the end of a sentence; empty if nothing is."""
    wanted, is_optional = _plain_type(name)
    if value is None:
        return "" if is_optional else f"is empty; it must be {KINDS[wanted]}"
    accepted = ACCEPTED[wanted]
    if not isinstance(value, accepted) or (isinstance(value, bool) and wanted is not bool):
        return f"is {value!r}; it must be {KINDS[wanted]}"
    low, high = (flags()[name].low, flags()[name].high) if name in flags() else (None, None)
    if low is not None and isinstance(value, int | float) and value < low:
        return f"is {value}; it must be at least {low:g}"
    if high is not None and isinstance(value, int | float) and value > high:
        return f"is {value}; it must be at most {high:g}"
    return ""


ACCEPTED: dict[type, tuple[type, ...]] = {
    bool: (bool,), int: (int,), float: (int, float), str: (str, int, list, tuple), Path: (str, Path), tuple: (str, list, tuple),
}  # fmt: skip
"""What a value may be, by the type of the setting."""
KINDS = {
    bool: "true or false", int: "a whole number", float: "a number", str: "text", Path: "a path", tuple: "a list of suites",
}  # fmt: skip


def coerced(name: str, value: Any) -> Any:
    """Return a value in the type of its setting: a list of names is text with commas, a text may be a path."""
    wanted, _ = _plain_type(name)
    if value is None:
        return None
    if wanted is str:
        return ",".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
    if wanted is tuple:
        return (value,) if isinstance(value, str) else tuple(map(str, value))
    return wanted(value)


def as_flags(settings: Settings, names: Iterable[str]) -> list[str]:
    """Return the words that are typed to set some settings."""
    words: list[str] = []
    for name in names:
        value, known = getattr(settings, name), flags()[name]
        if isinstance(value, bool):
            words.append(known.name if value else known.names[0].rpartition("/")[2])
        elif value is not None:
            words += [known.name, str(value)]
    return words


def command_of(settings: Settings) -> list[str]:
    """Return the words of the `probe run` that does what the settings say."""
    usual = Settings()
    always = ("model", "perturb", "samples", "seed")
    names = [name for name in flags() if name in always or getattr(settings, name) != getattr(usual, name)]
    return ["probe", "run", *settings.suites, *as_flags(settings, names)]


@cache
def _plain_type(name: str) -> tuple[type, bool]:
    """Return the type of a setting without None, and whether None is allowed."""
    hint = types()[name]
    if isinstance(hint, UnionType):
        (plain,) = (one for one in get_args(hint) if one is not type(None))
        return plain, True
    return get_origin(hint) or hint, False
