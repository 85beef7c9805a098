"""`probe new`: a package of one file to begin an own perturbation with, and its test."""

from __future__ import annotations

import re
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from probe.cli.command import command
from probe.errors import StoreError, UsageError
from probe.files.names import is_device

NAME = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*")

CODE = '''"""The perturbation `{name}`."""

from dataclasses import replace
from random import Random

from probe.perturb import perturbation
from probe.types import Prompt


@perturbation("{name}", family="{family}", scope="suite")
def {function}(prompt: Prompt, rng: Random) -> Prompt | None:
    """Open the instruction with a call for attention.

    Covered: the instruction. Not covered: fields, demonstrations.
    """
    if not prompt.instruction.strip():
        return None
    opening = rng.choice(["Attention!", "Here is a task for you.", "Now read this."])
    return replace(prompt, instruction=f"{{opening}} {{prompt.instruction}}")
'''

TEST = '''"""The perturbation keeps the laws, and does what it says."""

from random import Random

import {module}

from probe.perturb import broken_laws
from probe.types import Prompt


def test_it_keeps_the_laws():
    assert broken_laws("{name}") == []


def test_the_instruction_still_stands():
    made = {module}.{function}(Prompt("Decide.", ()), Random(0))
    assert made.instruction.endswith(" Decide.")
'''

PROJECT = """[build-system]
requires = ["hatchling>=1.25"]
build-backend = "hatchling.build"

[project]
name = "{module}"
version = "0.1"
description = "The perturbation {name} for probe."
requires-python = ">=3.11"
dependencies = ["probe"]

[project.entry-points."probe.perturbations"]
{name} = "{module}:{function}"

[tool.hatch.build.targets.wheel]
only-include = ["{module}.py"]
"""


class Kind(StrEnum):
    """What can be begun."""

    PERTURBATION = "perturbation"


@command("Data")
def new(
    kind: Annotated[Kind, typer.Argument(help="What to begin.")],
    name: Annotated[str, typer.Argument(help="Its name, as users will type it, such as wording-shout.")],
    family: Annotated[str, typer.Option("--family", help="Its family: one that is there, or a new one.")] = "own",
    out: Annotated[Path | None, typer.Option("--out", help="Folder to make. Default: the name.")] = None,
) -> None:
    """Begin a perturbation of your own."""
    from probe.cli.output import out as say

    folder = out or Path(name)
    _check(name, family, folder)
    function = name.replace("-", "_")
    module = f"probe_{function}"
    values = {"name": name, "family": family, "function": function, "module": module}
    texts = {f"{module}.py": CODE, f"test_{module}.py": TEST, "pyproject.toml": PROJECT}
    try:
        folder.mkdir(parents=True)
        for file, text in texts.items():
            (folder / file).write_text(text.format(**values), encoding="utf-8")
    except OSError as error:
        raise StoreError(
            f"cannot write {folder}: {error.strerror or error}", hint="name another: --out FOLDER"
        ) from error
    say(
        f"{folder}: a package of one file, and its test. What to type next:\n"
        f"  probe show sentiment --perturb {folder}/{module}.py:{name}    look at what it does\n"
        f"  pip install -e {folder}    know it by its name\n"
        f"  python -m pytest {folder}    check the laws\n"
        f"  probe review sentiment --perturb {name}    measure how often the meaning stays"
    )


def _check(name: str, family: str, folder: Path) -> None:
    from probe.perturb import families
    from probe.registry import perturbations

    for one in (name, family):
        if NAME.fullmatch(one) is None:
            raise UsageError(
                f"{one!r} is no name: lower-case letters and digits, parted by hyphens, as in wording-shout"
            )
        if is_device(one):
            raise UsageError(
                f"{one!r} is a device under Windows, where no file can have that name", hint="take another name"
            )
    if name in perturbations or name in families():
        raise UsageError(f"the perturbation {name!r} is there already", hint="take another name")
    if folder.exists():
        raise UsageError(f"{folder} is there already", hint="name another: --out FOLDER")
