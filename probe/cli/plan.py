"""`probe plan`: what a run would ask and what it would cost, before it is asked."""

from __future__ import annotations

from typing import Any

from probe.cli import options
from probe.cli.loading import perturbations_of, suites_of
from probe.cli.output import out, out_json


def plan(
    suites: options.Suites = None,
    model: options.ModelName = "pocket",
    model_args: options.ModelArgs = "",
    perturb: options.Perturb = options.DEFAULT_PERTURB,
    draws: options.Draws = options.DEFAULT_DRAWS,
    noise_floor: options.NoiseFloor = True,
    num_fewshot: options.NumFewshot = 0,
    seed: options.Seed = 0,
    limit: options.Limit = None,
    as_json: options.Json = False,
    device: options.Device = "auto",
    revision: options.Revision = None,
    apply_chat_template: options.Chat = False,
    trust_remote_code: options.Trust = False,
    max_length: options.MaxLength = None,
) -> None:
    """Count what `probe run` would ask: variants, requests, tokens, rough time. Loads no weights."""
    from probe.models.base import ModelOptions
    from probe.models.loaders import tokenizer_only
    from probe.plan import count
    from probe.run import Plan

    wanted = Plan(
        perturbations_of(perturb, noise_floor=noise_floor), draws=draws, num_fewshot=num_fewshot, seed=seed, limit=limit
    )
    read = suites_of(suites)
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
        from probe.models.loaders import config_only
        from probe.models.rate import tokens_per_second

        rate = tokens_per_second(config_only(model, chosen, model_args=model_args), chosen)
    counted = count(read, wanted, tokenizer=tokenizer, rate=rate)
    if as_json:
        out_json(counted)
        return
    from reports.console import table

    out(table(counted["suites"]))
    out("")
    out(_sums(counted))


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
