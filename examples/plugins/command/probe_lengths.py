"""A command in one file: `probe lengths` says how long the prompts of each family get.

pip install examples/plugins/command
probe lengths facts --perturb format,typos --samples 2
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Annotated

import typer

from probe.cli.command import command
from probe.cli.options import Json
from probe.cli.output import out, out_json

if TYPE_CHECKING:
    from probe.api.session import Session


@command("Inspect", settings=("suites", "perturb", "samples", "seed", "limit", "num_fewshot"))
def lengths(
    session: Session,
    words: Annotated[bool, typer.Option("--words", help="Count words instead of characters.")] = False,
    as_json: Json = False,
) -> None:
    """Show how long prompts get, by family."""
    from probe.evaluation.run import prepare  # here, so that `probe --help` stays fast

    counts = defaultdict(list)
    plan = session.using(noise_floor=False).plan()
    for suite in session.suites():
        for variant in prepare(suite, plan).variants:
            counts[variant.family].append(len(variant.text.split()) if words else len(variant.text))
    means = {family: round(sum(numbers) / len(numbers), 1) for family, numbers in counts.items()}
    if as_json:
        out_json(means)
    else:
        out("\n".join(f"{family:<12}{mean:>8}" for family, mean in means.items()))
