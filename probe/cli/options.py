"""Options that several commands share, each with its name, its help and its default in one place."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Suites = Annotated[
    list[str] | None,
    typer.Argument(
        help="Suites: names of shipped ones, folders, or KIND:... for suites from elsewhere (see `probe list suites`). "
        "Default: all shipped.",
        show_default=False,
    ),
]
ModelName = Annotated[
    str, typer.Option("--model", "-m", help="pocket, hf:NAME_OR_PATH, scripted:NAME, or hf with --model-args.")
]
ModelArgs = Annotated[
    str,
    typer.Option("--model-args", help="As in lm-eval: pretrained=NAME_OR_PATH,dtype=bfloat16,...", show_default=False),
]
Perturb = Annotated[
    str, typer.Option("--perturb", "-p", help="Families or perturbations, by comma (see `probe list perturbations`).")
]
Compose = Annotated[
    int | None,
    typer.Option(
        "--compose",
        min=2,
        max=3,
        help="Draw pairs of them as well (or threes), one after the other.",
        show_default=False,
    ),
]
Paraphrases = Annotated[
    Path | None,
    typer.Option(
        "--paraphrases",
        help="A file of your own ways to ask, one a line (.txt, .jsonl, .csv). Draws the family paraphrase.",
        show_default=False,
    ),
]
Paraphraser = Annotated[
    str | None,
    typer.Option(
        "--paraphraser",
        help="A model that rewrites the instruction: hf:NAME_OR_PATH or openai:MODEL@URL, its key in PROBE_API_KEY or "
        "OPENAI_API_KEY. What it writes is checked and kept. Draws the family paraphrase.",
        show_default=False,
    ),
]
NumParaphrases = Annotated[
    int,
    typer.Option("--num-paraphrases", min=1, max=40, help="Ways that --paraphraser is to write of each instruction."),
]
ParaphrasesFile = Annotated[
    Path | None,
    typer.Option(
        "--paraphrases-file",
        help="Where what --paraphraser writes is kept, so that nothing is asked twice. Default: OUT/paraphrases.jsonl.",
        show_default=False,
    ),
]
ReviewFile = Annotated[
    Path | None,
    typer.Option(
        "--reviews",
        help="Decisions of `probe review`. Default: reviews.jsonl, if there is one here.",
        show_default=False,
    ),
]
EmbeddingModel = Annotated[
    str | None,
    typer.Option(
        "--embedding-model",
        help="A sentence-transformers model: variants far from the original are doubted.",
        show_default=False,
    ),
]
EmbeddingFloor = Annotated[
    float, typer.Option("--embedding-floor", min=-1, max=1, help="Cosine similarity under which a variant is doubted.")
]
NliModel = Annotated[
    str | None,
    typer.Option(
        "--nli-model",
        help="A classifier trained on inference: variants not entailed both ways are doubted.",
        show_default=False,
    ),
]
NliFloor = Annotated[
    float, typer.Option("--nli-floor", min=0, max=1, help="Probability of entailment under which a variant is doubted.")
]
DEFAULT_EMBEDDING_FLOOR = 0.6
DEFAULT_NLI_FLOOR = 0.5
NoiseFloor = Annotated[
    bool, typer.Option(help="Ask the same prompts again in other batches, as often as there are draws.")
]
NullDtype = Annotated[
    str | None,
    typer.Option(
        "--null-dtype",
        help="Ask the reruns under this dtype: what rounding alone moves. Loads the model twice.",
        show_default=False,
    ),
]
Draws = Annotated[int, typer.Option("--draws", "-n", min=1, help="Variants of each family.")]
NumFewshot = Annotated[
    int, typer.Option("--num-fewshot", "-k", min=0, help="Solved examples shown before each question.")
]
Seed = Annotated[int, typer.Option("--seed", help="Seed of every draw.")]
Limit = Annotated[
    int | None, typer.Option("--limit", "-L", min=1, help="Only the first N items of each suite.", show_default=False)
]
Budget = Annotated[
    int | None,
    typer.Option(
        "--budget", min=8, help="Ask only N variants, sampled in balance; estimate the others.", show_default=False
    ),
]
Posix = Annotated[
    bool, typer.Option(help="Have the model answer every variant and rate every answer under every variant (POSIX).")
]
PosixItems = Annotated[int, typer.Option("--posix-items", min=1, help="Items of each suite that --posix takes.")]
TargetCi = Annotated[
    float | None,
    typer.Option(
        "--target-ci",
        min=0.001,
        max=0.5,
        help="Stop asking a suite when its flip rate is known to within this half-width, such as 0.02.",
        show_default=False,
    ),
]
Resample = Annotated[
    str | None,
    typer.Option(
        "--resample",
        help="items: intervals are about other items; items-and-variants: also about other formats and wordings. "
        "Default: items-and-variants, with --target-ci items.",
        show_default=False,
    ),
]
Out = Annotated[Path, typer.Option("--out", help="Folder in which the run's folder is made.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object to stdout and nothing else.")]
Dtype = Annotated[str, typer.Option("--dtype", help="auto, float32, bfloat16 or float16.")]
Device = Annotated[str, typer.Option("--device", help="auto, cpu, cuda, cuda:1, mps.")]
Revision = Annotated[
    str | None, typer.Option("--revision", help="Revision of the model on the hub.", show_default=False)
]
Adapter = Annotated[str | None, typer.Option("--adapter", help="Path of a peft adapter.", show_default=False)]
Chat = Annotated[bool, typer.Option("--apply-chat-template", help="Wrap each prompt in the model's chat template.")]
Trust = Annotated[
    bool, typer.Option("--trust-remote-code", help="Run code that comes with the model. Off unless you ask.")
]
BatchSize = Annotated[
    str,
    typer.Option("--batch-size", "-b", help="Rows of one forward pass at most, or auto. Does not change the figures."),
]
TokenBudget = Annotated[
    int | None,
    typer.Option(
        "--token-budget", min=16, help="Tokens of one forward pass, if not by measured memory.", show_default=False
    ),
]
MaxLength = Annotated[
    int | None, typer.Option("--max-length", min=8, help="Context window, if not the model's own.", show_default=False)
]

IncludePath = Annotated[
    str, typer.Option("--include-path", help="lmeval: folder with task files of one's own.", show_default=False)
]
TrustTasks = Annotated[
    bool, typer.Option("--trust-tasks", help="lmeval: run code that comes with task files. Off unless you ask.")
]
PromptFile = Annotated[
    str,
    typer.Option(
        "--prompt",
        help="csv:, jsonl:, hf: ...: the prompt, a file or its text, columns as {column}.",
        show_default=False,
    ),
]
Target = Annotated[
    str,
    typer.Option(
        "--target", help="Of a table: column with the right answers. Default: target or label.", show_default=False
    ),
]
Choices = Annotated[
    str,
    typer.Option(
        "--choices",
        help="Of a table: the possible answers, by comma. Default: found in the column.",
        show_default=False,
    ),
]
AllPrompts = Annotated[
    bool, typer.Option("--all-prompts", help="promptsets: also prompts that people judged to ask something else.")
]

DEFAULT_PERTURB = "format,typos,wording,order,contrast"
DEFAULT_DRAWS = 4
