"""`probe export`: a suite's variants as files that another tool runs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from probe.cli import options
from probe.cli.loading import perturbations_of, source_options, suite_of
from probe.cli.output import out

FORMATS = ("lm-eval",)


def export(
    suite: Annotated[str, typer.Argument(help="Name of a shipped suite, a folder, or KIND:..., as for `probe run`.")],
    folder: Annotated[Path, typer.Argument(help="Folder to make.")],
    to: Annotated[str, typer.Option("--to", help="What it is written for: lm-eval.")] = "lm-eval",
    perturb: options.Perturb = options.DEFAULT_PERTURB,
    compose: options.Compose = None,
    draws: options.Draws = options.DEFAULT_DRAWS,
    num_fewshot: options.NumFewshot = 0,
    seed: options.Seed = 0,
    limit: options.Limit = None,
    include_path: options.IncludePath = "",
    trust_tasks: options.TrustTasks = False,
    prompt: options.PromptFile = "",
    target: options.Target = "",
    choices: options.Choices = "",
    all_prompts: options.AllPrompts = False,
) -> None:
    """Write a suite's variants as lm-eval task files, a task for each draw and a group of all."""
    from probe.errors import UsageError
    from probe.evaluation.run import Plan, prepare
    from probe.record.store import new_folder
    from probe.registry import unknown_name
    from probe.sources.lmeval_export import write_tasks

    if to not in FORMATS:
        raise unknown_name("format to export to", to, list(FORMATS))
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UsageError(f"{folder} is there and not empty", hint="name a new folder")
    told = source_options(
        include_path=include_path,
        trust_tasks=trust_tasks,
        prompt=prompt,
        target=target,
        choices=choices,
        all_prompts=all_prompts,
        num_fewshot=num_fewshot,
    )
    read = suite_of(suite, told)
    plan = Plan(
        perturbations_of(perturb, compose=compose, draws=draws, seed=seed),
        draws=draws,
        num_fewshot=num_fewshot,
        seed=seed,
        limit=limit,
    )
    made = prepare(read, plan)
    place = folder.expanduser().resolve()
    with new_folder(place.parent, place.name) as fresh:
        names = write_tasks(made.suite, made.variants, fresh, at=place, perturbations=plan.perturbations)
    out(f"made {folder}: {len(names)} tasks of {len(made.suite.items)} items, and the group {read.name}")
    out(
        f"run it:  lm_eval --model hf --model_args pretrained=... --include_path {folder} --tasks {read.name} "
        "--log_samples --output_path OUT"
    )
    out("then:    probe import OUT/*/samples_*.jsonl -o RUN")
