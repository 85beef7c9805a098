"""The settings of a run: one declaration each for the flag, the key in probe.toml and the Python argument.

    samples: int = flag("Perturbations", "Variants of each family.", "-n", default=4, low=1)

    probe run --samples 8        [tool.probe]            probe.run("facts", samples=8)
                                 samples = 8

To add a setting, declare it here. Every command that takes its panel then has the flag. Use it in `probe.api.prepare` if it
changes suites, plan or model, and in `Session._made` if the manifest records it.

Covered: names, defaults, help, checking a value, writing settings as flags. Not covered: what a setting does.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from functools import cache, partial
from math import isfinite
from pathlib import Path
from types import UnionType
from typing import Any, get_args, get_origin, get_type_hints

from probe.errors import UsageError
from probe.files.limits import MAX_COUNT, MAX_SAMPLES, MAX_SEED, MAX_SHOTS, MAX_TOKENS
from probe.registry import unknown_name

PANELS = ("Suite", "Perturbations", "Model", "Statistics", "Output")
"""The sections of `probe run --help`, in order."""

BASIC = (
    "model", "model_args", "perturb", "samples", "num_fewshot", "seed", "limit", "apply_chat_template", "out",
)  # fmt: skip
"""The settings that people need most, which help lists before the sections."""

OLD_NAMES = {
    "draws": "samples", "embedding_floor": "embedding_threshold", "nli_floor": "nli_threshold", "output_path": "out",
}  # fmt: skip
"""Other names of settings, accepted as flag, key and argument: former ones, and lm-eval's where it differs."""


@dataclass(frozen=True, slots=True)
class Flag:
    """How a setting is typed and explained."""

    panel: str
    help: str
    short: str = ""
    low: float | None = None
    high: float | None = None
    is_list: bool = False
    """Whether its text parts several things by commas; then the flag may also be given several times."""
    name: str = ""
    """As it is typed to set it, such as `--limit`; made of the setting's name."""


def flag(panel: str, help: str, short: str = "", *, default: Any = None, **bounds: Any) -> Any:
    """Declare a setting."""
    return field(default=default, metadata={"flag": Flag(panel, help, short, **bounds)})


_suite, _perturb, _model, _statistics, _output = (partial(flag, panel) for panel in PANELS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """All that determines a run, by the names that a user types."""

    suites: tuple[str, ...] = ()
    """Names of shipped suites, folders, or KIND:...; empty for all shipped ones."""

    num_fewshot: int = _suite("Solved examples shown before each question.", "-k", default=0, low=0, high=MAX_SHOTS)
    limit: int | None = _suite("Use only the first N items of each suite.", "-L", low=1, high=MAX_COUNT)
    prompt: str = _suite(
        "For csv:, jsonl:, hf: and the like: the prompt, as a file or as text, with columns as {column}.", default=""
    )
    target: str = _suite("For tables: the column with the right answers. Default: target or label.", default="")
    choices: str = _suite(
        "For tables: the possible answers, separated by commas. Default: the values of the column.",
        default="",
        is_list=True,
    )
    all_prompts: bool = _suite(
        "For promptsets: also use prompts that human judges found to ask something else.", default=False
    )
    include_path: str = _suite("For lmeval: a folder with your own task files.", default="")
    trust_tasks: bool = _suite("For lmeval: run code that comes with task files.", default=False)
    allow_outside: bool = _suite(
        "Let suites and task files read files outside their folder, by `..`, an absolute path or a link.", default=False
    )
    allow_one_target: bool = _suite("For lmeval: run a task whose every target is the same.", default=False)

    perturb: str = _perturb(
        "Families or perturbations, separated by commas (see `probe list perturbations`).",
        "-p",
        default="format,typos,wording,order,contrast",
        is_list=True,
    )
    samples: int = _perturb("Variants of each family.", "-n", default=4, low=1, high=MAX_SAMPLES)
    seed: int = _perturb("Seed of all random choices.", default=0, low=-MAX_SEED, high=MAX_SEED)
    compose: int | None = _perturb("Also apply perturbations in pairs (or threes), one after the other.", low=2, high=3)
    paraphrases: Path | None = _perturb(
        "A file with your own paraphrases of the instruction, one per line (.txt, .jsonl, .csv). "
        "Adds the family paraphrase."
    )
    paraphraser: str | None = _perturb(
        "A model that paraphrases the instruction: hf:NAME_OR_PATH or openai:MODEL@URL (key in PROBE_API_KEY or "
        "OPENAI_API_KEY). Its output is checked and saved. Adds the family paraphrase."
    )
    num_paraphrases: int = _perturb(
        "Paraphrases of each instruction that --paraphraser writes.", default=8, low=1, high=40
    )
    paraphrases_file: Path | None = _perturb(
        "File that saves what --paraphraser writes. Default: OUT/paraphrases.jsonl."
    )
    reviews: Path | None = _perturb("Decisions made with `probe review`. Default: reviews.jsonl, if it exists.")
    embedding_model: str | None = _perturb(
        "A sentence-transformers model that marks variants far from the original as doubtful."
    )
    embedding_threshold: float = _perturb(
        "Cosine similarity below which a variant is doubtful.", default=0.6, low=-1, high=1
    )
    nli_model: str | None = _perturb("An entailment classifier that marks variants not entailed both ways as doubtful.")
    nli_threshold: float = _perturb(
        "Probability of entailment below which a variant is doubtful.", default=0.5, low=0, high=1
    )

    model: str = _model(
        "pocket, hf:NAME_OR_PATH, scripted:NAME, or hf with --model-args (see `probe list models`).",
        "-m",
        default="pocket",
    )
    model_args: str = _model("As in lm-eval: pretrained=NAME_OR_PATH,dtype=bfloat16,...", default="", is_list=True)
    apply_chat_template: bool = _model("Wrap each prompt in the model's chat template.", default=False)
    device: str = _model("auto, cpu, cuda, cuda:1, mps.", default="auto")
    dtype: str = _model("auto, float32, bfloat16 or float16.", default="auto")
    batch_size: str = _model("Most rows in a forward pass, or auto. Does not change the figures.", "-b", default="auto")
    token_budget: int | None = _model(
        "Most tokens in a forward pass. Default: by measured memory.", low=16, high=MAX_TOKENS
    )
    max_length: int | None = _model("Context window. Default: the model's own.", low=8, high=MAX_TOKENS)
    revision: str | None = _model("Revision of the model on the hub.")
    adapter: str | None = _model("Path of a peft adapter.")
    trust_remote_code: bool = _model("Run code that comes with the model.", default=False)

    noise_floor: bool = _statistics(
        "Ask the same prompts again in other batches, to measure how far answers move by themselves.", default=True
    )
    null_dtype: str | None = _statistics(
        "Ask those reruns under this dtype, to measure what rounding moves. Loads the model twice."
    )
    budget: int | None = _statistics(
        "Ask only N variants, a balanced sample; estimate the others.", low=8, high=MAX_COUNT
    )
    target_ci: float | None = _statistics(
        "Stop a suite once the interval of its flip rate has this half-width, such as 0.02.", low=0.001, high=0.5
    )
    resample: str | None = _statistics(
        "What intervals generalise to. items: other items; items-and-variants: also other formats and wordings. "
        "Default: items-and-variants; items with --target-ci."
    )
    weight: str = _statistics(
        "What weighs equally in rates over all families: families, however many of their pairs were asked, or pairs.",
        default="families",
    )
    posix: bool = _statistics(
        "Also compute POSIX: rate the answer to every variant under every other variant.", default=False
    )
    posix_items: int = _statistics("Items of each suite used for --posix.", default=20, low=1, high=MAX_COUNT)

    out: Path = _output("Folder for the folders of runs.", default=Path("runs"))
    cache: bool = _output(
        "Cache answers in OUT/cache.sqlite, so that an interrupted command continues where it stopped.", default=True
    )


@cache
def flags() -> dict[str, Flag]:
    """Return how each setting is typed; the suites are an argument and have no flag."""
    return {
        one.name: replace(one.metadata["flag"], name="--" + one.name.replace("_", "-"))
        for one in fields(Settings)
        if one.metadata
    }


@cache
def types() -> dict[str, Any]:
    """Return the type of each setting."""
    return get_type_hints(Settings)


@cache
def defaults() -> dict[str, Any]:
    """Return the default of each setting."""
    return {one.name: one.default for one in fields(Settings)}


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
    if isinstance(value, float) and not isfinite(value):
        return f"is {value}; it must be a finite number"
    if wanted is tuple and not value:
        return "is empty; name one, or leave it out for all shipped ones"
    low, high = (flags()[name].low, flags()[name].high) if name in flags() else (None, None)
    if low is not None and isinstance(value, int | float) and value < low:
        return f"is {_number(value)}; it must be at least {_number(low)}"
    if high is not None and isinstance(value, int | float) and value > high:
        return f"is {_number(value)}; it must be at most {_number(high)}"
    return ""


def _number(value: float) -> str:
    """Return a number as an error shows it, short however large it is."""
    if isinstance(value, int):
        return str(value) if abs(value) < 10**24 else f"a number of about {int(value.bit_length() * 0.30103):,} digits"
    return f"{value:g}"


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
    return Path(value).expanduser() if wanted is Path else wanted(value)


def as_flags(settings: Settings, names: Iterable[str]) -> list[str]:
    """Return the words that are typed to set some settings."""
    words: list[str] = []
    for name in names:
        value, known = getattr(settings, name), flags()[name]
        if isinstance(value, bool):
            words.append(known.name if value else known.name.replace("--", "--no-", 1))
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
