"""Other ways to ask, as they were written beforehand: by a person, or by a model and then checked.

    Decide whether the review is positive or negative.   ->   Is the opinion in the review positive or negative?

One that holds the placeholders of all fields ("{Review}") is a whole template; any other one is an instruction. Mizrahi et
al. 2024, "State of What Art?", Zhuo et al. 2024, "ProSA", and Abaskohi et al. 2023, "LM-CPPF", ask so.

Covered: the paraphrases that an item brings along (its suite's file, `--paraphrases`, `--paraphraser`), each drawn once.
Not covered: writing them (`probe.paraphrase`); the texts of fields; an instruction in the place of a template.
"""

from __future__ import annotations

from dataclasses import replace
from random import Random

from probe.perturb.catalogue.register import item_perturbation
from probe.prompt.render import PLACEHOLDER
from probe.types import Item, Prompt


@item_perturbation("paraphrase-set", family="paraphrase", scope="suite")
def paraphrase_set(item: Item, rng: Random) -> Item | None:
    """Ask with a prepared paraphrase: yours, your suite's, or a model's."""
    if not item.paraphrases:
        return None
    prompt = rephrased(item.prompt, rng.choice(item.paraphrases))
    return None if prompt is None else replace(item, prompt=prompt)


def rephrased(prompt: Prompt, paraphrase: str) -> Prompt | None:
    """Return the prompt with another instruction, or as another template; None where the paraphrase is neither."""
    fields = {field.name for field in prompt.fields}
    held = fields & set(PLACEHOLDER.findall(paraphrase))
    if fields and held == fields:
        return replace(prompt, instruction=paraphrase, is_template=True)
    return None if held or prompt.is_template else replace(prompt, instruction=paraphrase)
