"""`probe run`: perturb, ask, measure, show."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from probe.cli import options
from probe.cli.loading import (
    check_null_dtype,
    doubters_of,
    paraphrased,
    perturbations_of,
    progress_line,
    resamples_variants,
    reviews_of,
    rows_of,
    source_options,
    suites_of,
    warnings_kept,
)
from probe.cli.output import note, out, out_json, step_summary

if TYPE_CHECKING:
    from probe.models.base import Model


def run(
    suites: options.Suites = None,
    model: options.ModelName = "pocket",
    model_args: options.ModelArgs = "",
    perturb: options.Perturb = options.DEFAULT_PERTURB,
    compose: options.Compose = None,
    paraphrases: options.Paraphrases = None,
    paraphraser: options.Paraphraser = None,
    num_paraphrases: options.NumParaphrases = 8,
    paraphrases_file: options.ParaphrasesFile = None,
    reviews: options.ReviewFile = None,
    embedding_model: options.EmbeddingModel = None,
    embedding_floor: options.EmbeddingFloor = options.DEFAULT_EMBEDDING_FLOOR,
    nli_model: options.NliModel = None,
    nli_floor: options.NliFloor = options.DEFAULT_NLI_FLOOR,
    draws: options.Draws = options.DEFAULT_DRAWS,
    noise_floor: options.NoiseFloor = True,
    null_dtype: options.NullDtype = None,
    num_fewshot: options.NumFewshot = 0,
    seed: options.Seed = 0,
    limit: options.Limit = None,
    budget: options.Budget = None,
    target_ci: options.TargetCi = None,
    resample: options.Resample = None,
    posix: options.Posix = False,
    posix_items: options.PosixItems = 20,
    out_dir: options.Out = Path("runs"),
    as_json: options.Json = False,
    batch_size: options.BatchSize = "auto",
    token_budget: options.TokenBudget = None,
    dtype: options.Dtype = "auto",
    device: options.Device = "auto",
    max_length: options.MaxLength = None,
    revision: options.Revision = None,
    adapter: options.Adapter = None,
    apply_chat_template: options.Chat = False,
    trust_remote_code: options.Trust = False,
    cache: Annotated[
        bool, typer.Option(help="Remember answers in OUT/cache.sqlite; an interrupted run goes on from there.")
    ] = True,
    include_path: options.IncludePath = "",
    trust_tasks: options.TrustTasks = False,
    prompt: options.PromptFile = "",
    target: options.Target = "",
    choices: options.Choices = "",
    all_prompts: options.AllPrompts = False,
) -> None:
    """Perturb prompts, run the model on all variants, and show how far its answers move."""
    from dataclasses import asdict, replace

    from probe.api.save import keep
    from probe.evaluation.run import Plan
    from probe.evaluation.run import run as run_plan
    from probe.models.base import ModelOptions
    from probe.models.loaders import load_model
    from probe.record.commands import paraphrase_flags
    from reports.markdown import markdown_of

    check_null_dtype(null_dtype, model, noise_floor=noise_floor)
    plan = Plan(
        perturbations_of(perturb, noise_floor=noise_floor, compose=compose, draws=draws, seed=seed),
        reviews=reviews_of(reviews),
        doubters=doubters_of(embedding_model, embedding_floor, nli_model, nli_floor),
        draws=draws,
        num_fewshot=num_fewshot,
        seed=seed,
        limit=limit,
        posix_items=posix_items if posix else 0,
        budget=budget,
        target_ci=target_ci,
        resamples_variants=resamples_variants(resample, target_ci=target_ci, budget=budget),
    )
    told = source_options(
        include_path=include_path,
        trust_tasks=trust_tasks,
        prompt=prompt,
        target=target,
        choices=choices,
        all_prompts=all_prompts,
        num_fewshot=num_fewshot,
    )
    read = suites_of(suites, told)
    chosen = ModelOptions(
        dtype=dtype,
        device=device,
        revision=revision,
        adapter=adapter,
        apply_chat_template=apply_chat_template,
        trust_remote_code=trust_remote_code,
        max_length=max_length,
        token_budget=token_budget,
        batch_size=rows_of(batch_size),
    )
    with warnings_kept() as warnings:
        read, drawn, written = paraphrased(
            read,
            plan.perturbations,
            file=paraphrases,
            paraphraser=paraphraser,
            num=num_paraphrases,
            kept=paraphrases_file or out_dir / "paraphrases.jsonl",
        )
        plan = replace(plan, perturbations=drawn)
        loaded = load_model(model, chosen, model_args=model_args)
        rerun = None
        if null_dtype is not None:
            rerun = load_model(model, chosen, model_args=",".join(filter(None, [model_args, f"dtype={null_dtype}"])))
        asked = _cached(loaded, out_dir) if cache else loaded
        with progress_line() as progress:
            results = run_plan(read, asked, plan, progress=progress, null_model=rerun)
        kept = paraphrases_file or out_dir / "paraphrases.jsonl"
        flags = paraphrase_flags(paraphrases, paraphraser, num_paraphrases, kept)
        spec: dict[str, Any] = {
            "model": model,
            "model_args": model_args,
            "options": asdict(chosen),
            "null_dtype": null_dtype,
        }
        spec |= {"flags": flags} if flags else {}
        command = shlex.join(["probe", *sys.argv[1:]])
        extra = {"asked_model": spec, "paraphrases": written}
        made = keep(results, plan, asked, out_dir, command=command, extra=extra, warnings=warnings)
    step_summary(lambda: markdown_of(made.folder))
    summary = made.summary
    if summary.budget is not None:
        note(f"note: {summary.budget.intervals}")
    if as_json:
        out_json(summary.to_json())
        return
    from reports.console import page

    out(page(summary, width=_width(), color=_has_color(), report=str(made.folder / "report.html")))


def _cached(model: Model, out_dir: Path) -> Model:
    from probe.models.cache import Cached

    return Cached(model, out_dir / "cache.sqlite")


def _width() -> int:
    import shutil

    return max(40, shutil.get_terminal_size((100, 24)).columns)


def _has_color() -> bool:
    import os

    return sys.stdout.isatty() and "NO_COLOR" not in os.environ and os.environ.get("TERM") != "dumb"
