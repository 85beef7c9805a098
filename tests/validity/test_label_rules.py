"""Label words under the rules: what is done to all of them alike is no change of meaning."""

from dataclasses import replace

import pytest

from probe.perturb import select
from probe.seeds import rng_for
from probe.types import Field, Item, Perturbation, Prompt, Variant
from probe.validity import validate

LOGIC = Prompt("Must it be true? Answer yes or no.", (Field("Premise", "It rains."),), ("yes", "no"))
REVIEW = Prompt("Decide whether it is positive or negative.", (Field("Review", "A joy."),), ("positive", "negative"))
VAGUE = replace(REVIEW, instruction="What does it say?")
REMOVED = Perturbation("x", "labels", "", lambda item, rng: item)


def failed(prompt, asked, perturbation=REMOVED):
    item = Item("1", prompt, prompt.choices[0])
    variant = Variant(item, replace(item, prompt=asked), "labels", perturbation.name, 0, "label-preserving", "")
    return [check.name for check in validate(variant, perturbation) if check.outcome == "fail"]


@pytest.mark.parametrize("prompt", [LOGIC, REVIEW, VAGUE])
@pytest.mark.parametrize("perturbation", select(["labels"]), ids=lambda p: p.name)
def test_no_rule_fails_a_variant_of_labels(prompt, perturbation):
    for seed in range(30):
        asked = perturbation.apply(Item("1", prompt, prompt.choices[0]), rng_for(seed))
        assert asked is None or failed(prompt, asked.prompt, perturbation) == []


def test_one_label_that_is_lost_alone_still_fails():
    assert failed(LOGIC, replace(LOGIC, instruction="Must it be true? Answer yes.")) == ["polarity", "answers"]


def test_a_word_that_turns_the_meaning_fails_beside_labels():
    assert failed(LOGIC, replace(LOGIC, instruction="Must it not be true? Answer yes or no.")) == ["polarity"]
    assert failed(LOGIC, replace(LOGIC, instruction="Must it be true?")) == []
