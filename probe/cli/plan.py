"""`probe plan`: what a run would ask and what it would cost, before it is asked."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from probe.cli import options
from probe.cli.loading import paraphrased, perturbations_of, reviews_of, source_options, suites_of, warnings_kept
from probe.cli.output import out, out_json
from probe.errors import UsageError

WIDE = 1000
"""Columns in which any table has room."""


def plan(
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
    draws: options.Draws = options.DEFAULT_DRAWS,
    noise_floor: options.NoiseFloor = True,
    num_fewshot: options.NumFewshot = 0,
    seed: options.Seed = 0,
    limit: options.Limit = None,
    budget: options.Budget = None,
    as_json: options.Json = False,
    device: options.Device = "auto",
    revision: options.Revision = None,
    apply_chat_template: options.Chat = False,
    trust_remote_code: options.Trust = False,
    max_length: options.MaxLength = None,
    target_ci: Annotated[
        float | None,
        typer.Option("--target-ci", min=0.001, max=0.5, help="Say what intervals of this half-width need."),
    ] = None,
    pilot: Annotated[
        Path | None, typer.Option("--pilot", help="A run from which to learn how items and variants differ.")
    ] = None,
    include_path: options.IncludePath = "",
    trust_tasks: options.TrustTasks = False,
    prompt: options.PromptFile = "",
    target: options.Target = "",
    choices: options.Choices = "",
    all_prompts: options.AllPrompts = False,
) -> None:
    """Count what `probe run` would ask: variants, requests, tokens, rough time. Loads no weights."""
    from dataclasses import replace

    from probe.evaluation.plan import count
    from probe.evaluation.run import Plan
    from probe.models.base import ModelOptions
    from probe.models.loaders import tokenizer_only

    wanted = Plan(
        perturbations_of(perturb, noise_floor=noise_floor, compose=compose, draws=draws, seed=seed),
        reviews=reviews_of(reviews),
        draws=draws,
        num_fewshot=num_fewshot,
        seed=seed,
        limit=limit,
        budget=budget,
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
    with warnings_kept():
        read, drawn, _ = paraphrased(
            suites_of(suites, told),
            wanted.perturbations,
            file=paraphrases,
            paraphraser=paraphraser,
            num=num_paraphrases,
            kept=paraphrases_file or Path("runs/paraphrases.jsonl"),
        )
    wanted = replace(wanted, perturbations=drawn)
    chosen = ModelOptions(
        device=device,
        revision=revision,
        apply_chat_template=apply_chat_template,
        trust_remote_code=trust_remote_code,
        max_length=max_length,
    )
    tokenizer = tokenizer_only(model, chosen, model_args=model_args)
    rate = None
    if tokenizer is not None:
        from probe.models.loaders import tokens_per_second

        rate = tokens_per_second(model, chosen, model_args=model_args)
    counted = count(read, wanted, tokenizer=tokenizer, rate=rate)
    if pilot is not None and target_ci is None:
        raise UsageError(
            "--pilot without --target-ci: a pilot says what an interval needs", hint="add --target-ci 0.02"
        )
    if target_ci is not None:
        from probe.comparison.sample_size import needs

        counted["needs"] = needs(read, wanted, target=target_ci, pilot=pilot)
    if as_json:
        out_json(counted)
        return
    from reports.console import table

    out(table(counted["suites"]))
    out("")
    out(_sums(counted))
    if target_ci is not None:
        out("")
        out(_needs_table([_need(row) for row in counted["needs"]]))
        out(_meaning(counted["needs"]))


def _sums(counted: dict[str, Any]) -> str:
    lines = [
        f"variants  {counted['variants']:,}",
        f"requests  {counted['requests']:,}, {counted['unique_requests']:,} of them distinct",
    ]
    if counted["tokens"] is not None:
        share = counted["tokens"] / max(counted["unique_tokens"], 1)
        lines.append(
            f"tokens    {counted['tokens']:,}, {counted['unique_tokens']:,} to compute ({share:.1f} times fewer)"
        )
    if counted["seconds"] is not None:
        lines.append(f"time      roughly {counted['seconds']:,.0f} s on this machine")
    return "\n".join(lines)


def _needs_table(rows: list[dict[str, Any]]) -> str:
    """Return what is needed as a table; on a terminal too narrow for it, line by line."""
    import shutil

    from reports.console import table

    wide = table(rows, width=WIDE)
    columns = shutil.get_terminal_size((100, 24)).columns
    if max(map(len, wide.split("\n"))) <= columns:
        return wide
    lines: list[str] = []
    for row in rows:
        first, second, *others = row.items()
        lines += ["", f"{first[1]}, {second[1]}", *(f"  {head}: {value}" for head, value in others)]
    return "\n".join(lines[1:])


def _need(row: dict[str, Any]) -> dict[str, Any]:
    draws = "-" if row["metric"] == "accuracy" else "no number" if row["draws_needed"] is None else row["draws_needed"]
    added = "-" if row["shared_half_width"] is None else f"+-{row['shared_half_width']:.3f}"
    return {
        "suite": row["suite"],
        "interval of": row["metric"],
        "items needed": f"{row['items_needed']:,} of {row['items_available']:,}",
        "with all items": f"+-{row['half_width']:.3f}",
        "draws, with all items": draws,
        "other formats add": added,
        "draws for those": "-" if row["shared_draws_needed"] is None else f"{row['shared_draws_needed']:,}",
        "from": row["source"].split()[0],
    }


def _meaning(rows: list[dict[str, Any]]) -> str:
    target = rows[0]["target"]
    lines = [
        f"For intervals of +-{target:g} at 95 %, for the variants drawn. Items beyond those of a suite have to be added."
    ]
    for metric in ("flip_rate", "accuracy"):
        assumed = [row for row in rows if row["metric"] == metric and row["source"] == "assumed"]
        if assumed:
            row = assumed[0]
            lines.append(
                f"Assumed: {metric} {row['rate']:g}, correlation of two variants of an item {row['correlation']:g}."
            )
    for row in rows:
        if row["not_in_pilot"]:
            lines.append(
                f"{row['suite']}: the pilot did not ask {', '.join(row['not_in_pilot'])}; "
                "nothing is known of them, and they may flip more."
            )
    if any(row["source"] == "assumed" for row in rows):
        lines.append("A pilot knows better: probe run --limit 50, then probe plan --target-ci W --pilot RUN.")
    return "\n".join(lines)
