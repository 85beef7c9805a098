"""Commands that show a variant again: the same sample of the same item, asked of the same model with the same options.

    probe show facts facts-027 --variant format-layout/0 --seed 0 --model pocket
    probe show mine i-3 --variant shout/0 --perturb mine.py:shout --seed 0 --limit 40 --model hf:NAME --model-args dtype=float16

A sample's number counts over all perturbations of a family that share its samples (`probe.evaluation.variants`), so the
command names them unless they are the family's defaults. Later samples do not change an earlier one, so their number is left out,
but of a member of a contrast set, which is asked whole: beyond the samples its number begins where they end (`--samples`).
Which items there were may change a sample (`--limit`).

Covered: samples of a run. Not covered: decisions of people, since `probe show` shows dropped variants as well.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from probe.evaluation.results import Results
from probe.evaluation.run import DESIGN, Plan
from probe.metrics.cells import NULL, ORIGINAL, Column
from probe.perturb import select
from probe.perturb.catalogue.compose import FAMILY as COMPOSED
from probe.registry import perturbations
from probe.suite import argument_of

NO_MATTER = ("token_budget", "batch_size")
"""Options of a model that do not change its answers."""


@dataclass(frozen=True, slots=True)
class ShowCommands:
    """The commands that show the variants of a run again."""

    suites: Mapping[str, tuple[str, Sequence[str]]]
    """By name, what a user types to read the suite: its argument and its flags."""
    families: Mapping[str, str]
    """The family of each perturbation, in the order of the run."""
    settings: Mapping[str, Any]
    """Seed, num_fewshot, limit and samples, as a manifest holds them."""
    first: Mapping[tuple[str, str], int]
    """The first sample of each perturbation, by suite and perturbation."""
    model: Sequence[str] = ()
    """The flags that name the model."""

    @classmethod
    def of_results(cls, results: Results, plan: Plan, model: Sequence[str]) -> ShowCommands:
        """Return the commands of a run that was just made."""
        sets = [one.variants for one in results.suites.values()]
        return cls(
            suites={one.suite.name: (argument_of(one.suite), one.suite.flags) for one in sets},
            families={one.name: one.family for one in plan.perturbations},
            settings={key: getattr(plan, key) for key in ("seed", "num_fewshot", "limit", "samples")},
            first=_first(
                (name, column.perturbation, column.sample)
                for name, one in results.suites.items()
                for column in one.found.columns
            ),
            model=model,
        )

    @classmethod
    def of_manifest(cls, manifest: Mapping[str, Any], columns: Iterable[tuple[str, Column]]) -> ShowCommands:
        """Return the commands of a finished run; `columns` are its suites' variants."""
        known = list(columns)
        seen = {column.perturbation: column.family for _, column in known}
        return cls(
            suites={
                one["name"]: (str(one.get("path", one["name"])), one.get("flags", ())) for one in manifest["suites"]
            },
            families={name: seen.get(name, _shipped_family(name)) for name in manifest["perturb"]},
            settings=manifest,
            first=_first((suite, column.perturbation, column.sample) for suite, column in known),
            model=model_flags(manifest.get("asked_model")),
        )

    def of(self, suite: str, item: str, column: Column) -> str:
        """Return the command that shows a variant; of an original, the command that asks the same prompt again."""
        argument, flags = self.suites.get(suite, (suite, ()))
        name, number, names = column.perturbation, column.sample, self._drawn_from(suite, column)
        if column.family == ORIGINAL:
            name, number, names = NULL, 0, [NULL]
        command = ["probe", "show", argument, item, *flags, "--variant", f"{name}/{number}"]
        if names != members_by_default(name):
            command += ["--perturb", ",".join(names)]
        for key in ("seed", "num_fewshot", "limit"):
            if self.settings.get(key) or key == "seed":
                command += [DESIGN[key], str(self.settings[key])]
        samples = self.settings.get("samples")
        if samples and number >= samples and column.family not in (ORIGINAL, NULL):
            command += [DESIGN["samples"], str(samples)]
        return shlex.join([*command, *self.model])

    def _drawn_from(self, suite: str, column: Column) -> list[str]:
        """Return the perturbations of a family that a command must name for a sample to have the same number.

        All of them; of compositions, which are many and take turns, those up to its own where this is its first sample.
        """
        name = column.perturbation
        names = [one for one, family in self.families.items() if family == column.family]
        if name not in names:
            return [name]
        if column.family == COMPOSED and column.sample == self.first.get((suite, name)):
            return names[: names.index(name) + 1]
        return names


def _first(samples: Iterable[tuple[str, str, int]]) -> dict[tuple[str, str], int]:
    found: dict[tuple[str, str], int] = {}
    for suite, perturbation, sample in samples:
        found[suite, perturbation] = min(sample, found.get((suite, perturbation), sample))
    return found


def _shipped_family(name: str) -> str:
    """Return the family of a shipped perturbation, at any strength; empty for a user's own, which is not loaded here."""
    bare = name.partition("@")[0]
    return perturbations.get(bare).family if bare in perturbations else ""


def members_by_default(perturbation: str) -> list[str]:
    """Return the perturbations that share the samples of a shipped one by default; none for a user's own."""
    if perturbation not in perturbations:
        return []
    return [one.name for one in select([perturbations.get(perturbation).family])]


def model_flags(asked: Mapping[str, Any] | None) -> list[str]:
    """Return the flags that name a model, with the options that decide its answers.

    `asked` is the `asked_model` of a manifest: model, model_args, options, and flags that give the suites the same
    paraphrases; None names none.
    """
    from probe.models.loaders import option_names
    from probe.models.options import HuggingFaceOptions

    if not asked:
        return []
    usual = asdict(HuggingFaceOptions())
    known = option_names(str(asked["model"])) - set(NO_MATTER)
    options = {key: value for key, value in asked.get("options", {}).items() if key in known}
    changed = [f"{key}={value}" for key, value in options.items() if key in usual and value != usual[key]]
    args = ",".join(filter(None, [*changed, str(asked.get("model_args") or "")]))
    return [*asked.get("flags", ()), "--model", str(asked["model"]), *(["--model-args", args] if args else [])]


def paraphrase_flags(file: Path | None, paraphraser: str | None, num: int, saved: Path) -> list[str]:
    """Return the flags that give the suites the same paraphrases again, from the file where they were saved."""
    flags = [] if file is None else ["--paraphrases", str(file)]
    if paraphraser is not None:
        flags += ["--paraphraser", paraphraser, "--num-paraphrases", str(num), "--paraphrases-file", str(saved)]
    return flags
