"""A perturbation in one file: `whitespace-indent` indents the lines of the instruction.

pip install examples/plugins/perturbation
probe run sentiment --perturb whitespace-indent

Without installing it: probe run sentiment --perturb examples/plugins/perturbation/probe_indent.py:whitespace-indent
"""

import textwrap
from dataclasses import replace
from random import Random

from probe.perturb import perturbation
from probe.types import Prompt


@perturbation("whitespace-indent", family="whitespace", scope="suite")
def whitespace_indent(prompt: Prompt, rng: Random) -> Prompt | None:
    """Indent the lines of the instruction.

    Covered: two to eight spaces before each line of the instruction. Not covered: fields, demonstrations.
    """
    # None means that there is nothing to do; the choices, which `prompt` holds too, stay as they are.
    if not prompt.instruction.strip():
        return None
    return replace(prompt, instruction=textwrap.indent(prompt.instruction, " " * rng.randint(2, 8)))
