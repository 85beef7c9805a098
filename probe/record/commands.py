"""The command that shows one flip again: the same draw of the same item, asked of the same model with the same options.

    probe show facts facts-027 --variant format-layout/0 --seed 0 --model pocket
    probe show mine i-3 --variant shout/0 --perturb mine.py:shout --seed 0 --limit 40 --model hf:NAME --model-args dtype=float16

A draw's number counts over all perturbations of a family that share its draws (`probe.evaluation.variants`), so the
command names them where they are not just those that the family has by default. What comes after a draw does not change
it, so how many draws there were is not said; which items there were may (`--limit`).

Covered: draws of a run. Not covered: what people decided of variants, since `probe show` shows those that were dropped as well.
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from probe.perturb import select
from probe.registry import perturbations

NO_MATTER = ("token_budget", "batch_size")
"""Options of a model that do not change its answers."""


def show_command(
    suite: str,
    item: str,
    *,
    draw: tuple[str, int],
    perturb: Sequence[str],
    settings: Mapping[str, Any],
    flags: Sequence[str] = (),
    asked: Sequence[str] = (),
) -> str:
    """Return the command that shows a draw (perturbation, number) of an item again.

    `perturb` are the perturbations of its family that were drawn from, `settings` hold seed, num_fewshot and limit as a
    manifest does, `flags` are the suite's, `asked` those that name the model.
    """
    command = ["probe", "show", suite, item, *flags, "--variant", f"{draw[0]}/{draw[1]}"]
    if list(perturb) != members_by_default(draw[0]):
        command += ["--perturb", ",".join(perturb)]
    command += ["--seed", str(settings["seed"])]
    for key, flag in (("num_fewshot", "--num-fewshot"), ("limit", "--limit")):
        if settings.get(key):
            command += [flag, str(settings[key])]
    return shlex.join([*command, *asked])


def drawn_from(names: Sequence[str], perturbation: str, *, is_composed: bool, is_first: bool) -> list[str]:
    """Return the perturbations of a family that a command names so that a draw keeps its number.

    All of them; of compositions, which are many and take turns, those up to its own where this is its first draw.
    """
    return [*names[: names.index(perturbation) + 1]] if is_composed and is_first else [*names]


def members_by_default(perturbation: str) -> list[str]:
    """Return the names of the perturbations that share a shipped one's draws by default; none for one of the user's own."""
    if perturbation not in perturbations:
        return []
    return [one.name for one in select([perturbations.get(perturbation).family])]


def model_flags(asked: Mapping[str, Any] | None) -> list[str]:
    """Return the flags that name a model as a run asked for it, with the options that decide its answers.

    `asked` is what a manifest holds as `asked_model`: model, model_args, options, and flags that give the suites the same
    paraphrases; None names none.
    """
    from dataclasses import asdict

    from probe.models.base import ModelOptions
    from probe.models.loaders import option_names

    if not asked:
        return []
    usual = asdict(ModelOptions())
    known = option_names(str(asked["model"])) - set(NO_MATTER)
    options = {key: value for key, value in asked.get("options", {}).items() if key in known}
    told = [f"{key}={value}" for key, value in options.items() if key in usual and value != usual[key]]
    args = ",".join(filter(None, [*told, str(asked.get("model_args") or "")]))
    return [*asked.get("flags", ()), "--model", str(asked["model"]), *(["--model-args", args] if args else [])]


def paraphrase_flags(file: Path | None, paraphraser: str | None, num: int, kept: Path) -> list[str]:
    """Return the flags that give the suites the same paraphrases again, from what was kept of them."""
    told = [] if file is None else ["--paraphrases", str(file)]
    if paraphraser is not None:
        told += ["--paraphraser", paraphraser, "--num-paraphrases", str(num), "--paraphrases-file", str(kept)]
    return told
