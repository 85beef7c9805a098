"""Views: the formulations under which a training step asks its items, and edits of them with another answer.

    step 7, item 12    original | a layout and a typo of the trained families, drawn for (seed, step, item, view) | ...
                       contrast member: an edit after which another answer is right, said in the layout of one of the views

What is drawn belongs to the training part of the split, and passes every validity rule: a variant that is doubted would teach a
wrong answer. Contrast members are trained on their own right answer, so that invariance is not bought with deafness.

Covered: trained perturbations, contrast sets of train.jsonl and edits by rule. Other demonstrations are views by the family
`shots` (Jian et al. 2022, "Contrastive Learning for Prompt-Based Few-Shot Language Learners"), paraphrases by `paraphrase`
(Abaskohi et al. 2023, "LM-CPPF"). Not covered: which items a step has (`probe.repair.items`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from random import Random

from probe.evaluation.variants import original_of
from probe.evolve import evolve
from probe.perturb.catalogue.compose import composed
from probe.perturb.format import relaid
from probe.prompt.render import render
from probe.registry import perturbations
from probe.repair.base import View
from probe.repair.settings import RepairSettings
from probe.repair.split import Split, restricted
from probe.seeds import rng_for
from probe.types import Item, Perturbation, Variant

TRIES = 12
"""How often another formulation is drawn for a view: it did not apply, was no new text, or was doubted."""
CONTRAST = "contrast"
"""The family of edits with another answer; held out, there are no contrast members."""


@dataclass(frozen=True, eq=False)
class Formulator:
    """Draws the views of a step; the same ones for the same step, whatever was drawn before."""

    split: Split
    settings: RepairSettings

    def views(self, step: int, items: Sequence[Item]) -> list[View]:
        """Return the views of some items in a step: each item's, and after them its contrast members.

        Raises:
            LeakError: one of them does not belong to what is trained on.
        """
        made = [view for item in items for view in self._of_item(step, item)]
        self.split.check("training", made)
        return made

    @cached_property
    def _families(self) -> list[list[Perturbation]]:
        """Return the trained perturbations that keep the answer, by family, drawn in the layouts of the training part."""
        found: dict[str, list[Perturbation]] = {}
        for one in self.split.restricted("training"):
            if one.effect == "label-preserving":
                found.setdefault(one.family, []).append(one)
        return list(found.values())

    @cached_property
    def _altering(self) -> list[Perturbation]:
        """Return the perturbations after which another answer is right."""
        known = [one for one in perturbations.values() if one.effect == "label-altering"]
        return [] if CONTRAST in self.split.held_out else [one for one in known if one.family == CONTRAST]

    def _of_item(self, step: int, item: Item) -> list[View]:
        asked = [original_of(item)] if self.settings.original else []
        for number in range(self.settings.views - len(asked)):
            rng = rng_for(self.settings.seed, "view", step, item.id, number)
            variant = self._formulation(item, {one.text for one in asked}, rng)
            asked += [variant] if variant is not None else []
        asked = asked or [original_of(item)]
        return [View(one) for one in asked] + [View(one, is_contrast=True) for one in self._members(step, item, asked)]

    def _formulation(self, item: Item, seen: set[str], rng: Random) -> Variant | None:
        """Return the item said in a new way; None where nothing new was found. Families weigh alike, however many members."""
        for _ in range(TRIES):
            made = self._stacked(item, rng)
            if made is not None and made.text not in seen:
                return made
        return None

    def _stacked(self, item: Item, rng: Random) -> Variant | None:
        """Return the item under one perturbation, or under several of different families, one after the other."""
        families = rng.sample(self._families, min(self.settings.stack, len(self._families)))
        chosen = [rng.choice(members) for members in families]
        one = chosen[0] if len(chosen) == 1 else restricted(composed(chosen), "training")
        return self._variant(item, one, one.apply(item, rng))

    def _members(self, step: int, item: Item, asked: Sequence[Variant]) -> list[Variant]:
        """Return edits of an item with another answer, each in the layout of one of its views."""
        if self.settings.labels != "yes":
            return []  # what they answer is known from the right answer alone
        rng = rng_for(self.settings.seed, "contrast", step, item.id)
        found: dict[str, Variant] = {}
        for one in rng.sample(self._altering, len(self._altering)):
            if len(found) == self.settings.contrast_members:
                break
            edited = self._variant(item, one, one.apply(item, rng))
            if edited is not None:
                member = self._said_as(edited, rng.choice(asked), one)
                found.setdefault(member.text, member)
        return list(found.values())

    def _said_as(self, edited: Variant, view: Variant, perturbation: Perturbation) -> Variant:
        """Return a contrast member in the layout and with the instruction of a view; as it is where that is not possible."""
        prompt, like = edited.perturbed.prompt, view.perturbed.prompt
        if prompt.is_template or like.is_template or prompt.structure != like.structure:
            return edited
        same = relaid(evolve(prompt, instruction=like.instruction), like.layout)
        made = self._variant(edited.item, perturbation, evolve(edited.perturbed, prompt=same))
        return edited if made is None else made

    def _variant(self, item: Item, perturbation: Perturbation, asked: Item | None) -> Variant | None:
        """Return what a perturbation made as a variant; None where it may not be trained on."""
        if asked is None:
            return None
        one, text = perturbation, render(asked.prompt)
        variant = Variant(item, asked, one.family, one.name, 0, one.effect, text)
        key = self.split.key
        shows_itself = key.of_prompt(item.prompt) in key.of_shots(asked.prompt.demonstrations, item.prompt.choices)
        is_doubted = any(check.outcome in ("fail", "doubt") for check in self.split.reviews.validate(variant, one))
        if shows_itself or is_doubted or self.split.fault("training", variant):
            return None
        return variant
