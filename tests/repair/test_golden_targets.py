"""Terms without labels and terms that hold the model near its start, worked out by hand."""

import math
from dataclasses import replace

import pytest
import torch
from made_seen import SQUARE, made, with_gradient

from probe.repair.losses import loss_terms
from probe.repair.losses.f2c import consensuses
from probe.repair.losses.geometry import Geometry, alignment, geometry, has_collapsed, uniformity
from probe.repair.losses.l2_sp import lora_change, start_of, weight_change

VOTES = [[0.7, 0.2, 0.1], [0.5, 0.4, 0.1], [0.6, 0.1, 0.3], [0.3, 0.6, 0.1]]
"""Three formulations say class 0, with margins log 3.5, log 1.25 and log 2; the fourth says class 1."""


def value(name, seen, **options):
    return loss_terms.get(name).function(seen, **options).item()


def kl(p, q):
    return sum(a * math.log(a / b) for a, b in zip(p, q, strict=True))


def test_the_consensus_is_what_more_than_half_of_the_formulations_say():
    seen = made([0] * 4 + [1] * 2 + [2], probs=[*VOTES, VOTES[0], VOTES[3], VOTES[0]], dtype=torch.float64)
    (found,) = consensuses(seen, top=2)  # item 1 is split, item 2 is seen once
    assert found.answer == 0
    assert found.is_teacher.tolist() == [True, False, True, False]


def test_f2c_is_cross_entropy_to_the_consensus_and_a_pull_to_the_confident_views():
    seen = made([0] * 4, probs=VOTES, dtype=torch.float64)
    target = -sum(math.log(row[0]) for row in VOTES) / 4
    assert value("f2c", seen, alignment=0.0) == pytest.approx(target)
    teacher = [0.65, 0.15, 0.2]
    lead = (math.log(0.7) + math.log(0.6)) / 2 - (math.log(0.5) + math.log(0.3)) / 2
    pull = (kl(teacher, VOTES[1]) + kl(teacher, VOTES[3])) / 2 / (1 + math.exp(-lead))
    assert value("f2c", seen, alignment=2.0) == pytest.approx(target + 2 * pull)


def test_f2c_gives_its_teachers_no_gradient_beside_the_cross_entropy():
    gradients = []
    for strength in (0.0, 1.0):
        seen = with_gradient(made([0] * 4, probs=VOTES, dtype=torch.float64))
        loss_terms.get("f2c").function(seen, alignment=strength).backward()
        gradients.append(seen.class_logprobs.grad)
    assert torch.equal(gradients[0][[0, 2]], gradients[1][[0, 2]])
    assert not torch.equal(gradients[0][[1, 3]], gradients[1][[1, 3]])


def test_without_a_consensus_f2c_has_nothing_to_do():
    for rows in ([VOTES[0], VOTES[3]], [VOTES[0]]):
        seen = with_gradient(made([0] * len(rows), probs=rows))
        loss = loss_terms.get("f2c").function(seen)
        loss.backward()
        assert loss == 0
    assert value("f2c", made([0, 0])) == 0  # free text


def test_the_models_own_answer_to_the_original_is_the_target_elsewhere():
    families = ("original", "format", "format", "format")
    seen = made([0, 0, 0, 1], probs=VOTES, families=families, dtype=torch.float64)
    now = -(math.log(0.5) + math.log(0.6)) / 2  # item 1's original is not in the batch
    assert value("own-answer", seen) == pytest.approx(now)
    before = torch.tensor([[0.1, 0.8, 0.1]] * 4, dtype=torch.float64).log()
    then = -(math.log(0.4) + math.log(0.1)) / 2
    assert value("own-answer", replace(seen, base_logprobs=before)) == pytest.approx(then)
    assert value("own-answer", made([0, 0], families=("original", "format"))) == 0  # free text


def test_states_are_drawn_to_the_originals_which_gets_no_gradient():
    seen = with_gradient(
        made([0, 0, 1], states=SQUARE[:3], families=("original", "format", "original"), dtype=torch.float64)
    )
    loss = loss_terms.get("own-state").function(seen)
    loss.backward()
    assert loss.item() == pytest.approx(0.4)
    assert (seen.states.grad[[0, 2]] == 0).all() and (seen.states.grad[1] != 0).any()


def test_kl_to_base_is_taken_on_the_original_prompts():
    seen = made([0, 0], probs=VOTES[:2], families=("original", "format"), dtype=torch.float64)
    seen = replace(seen, base_logprobs=torch.tensor(VOTES[2:], dtype=torch.float64).log())
    first, second = kl(VOTES[2], VOTES[0]), kl(VOTES[3], VOTES[1])
    assert value("kl-to-base", seen) == pytest.approx(first)
    assert value("kl-to-base", seen, views="all") == pytest.approx((first + second) / 2)
    assert value("kl-to-base", replace(seen, base_logprobs=None)) == 0


def test_the_norm_of_a_lora_change_is_that_of_the_product():
    rng = torch.Generator().manual_seed(0)
    a, b = torch.randn(3, 7, generator=rng), torch.randn(5, 3, generator=rng)
    torch.testing.assert_close(lora_change(a, b, 0.5), (0.5 * b @ a).square().sum())


def test_the_change_of_a_model_counts_lora_as_its_product_and_other_weights_from_their_start():
    peft = pytest.importorskip("peft")
    torch.manual_seed(0)
    base = torch.nn.Sequential(torch.nn.Linear(6, 4), torch.nn.Linear(4, 2))
    config = peft.LoraConfig(r=2, lora_alpha=8, target_modules=["0"], modules_to_save=[])
    model = peft.get_peft_model(base, config)
    layer = model.base_model.model[0]
    model.base_model.model[1].weight.requires_grad_()
    start = start_of(model)
    assert list(start) == ["base_model.model.1.weight"]
    assert weight_change(model, start) == 0  # B begins at zero
    with torch.no_grad():
        layer.lora_B["default"].weight.fill_(0.5)
        model.base_model.model[1].weight += 0.25
    change = weight_change(model, start)
    delta = layer.get_delta_weight("default")
    torch.testing.assert_close(change, delta.square().sum() + 8 * 0.25**2)
    change.backward()
    assert layer.lora_A["default"].weight.grad.abs().sum() > 0
    assert value("l2-sp", made([0], weight_change=change.detach())) == pytest.approx(change.item() / 2)


def test_alignment_and_uniformity_have_their_golden_values():
    states, item = torch.tensor(SQUARE, dtype=torch.float64), torch.tensor([0, 0, 1, 1])
    assert alignment(states, item).item() == pytest.approx(0.4)
    assert uniformity(states).item() == pytest.approx(-1.015692, abs=1e-6)
    between = [2.0, 0.8, 0.8, 0.08]  # squared distances of views of different items
    assert uniformity(states, item).item() == pytest.approx(math.log(sum(math.exp(-2 * d) for d in between) / 4))


def test_collapse_is_told_from_spreading_out_and_from_coming_together():
    start = geometry(made([0, 0, 1, 1], states=SQUARE))
    near = geometry(made([0, 0, 1, 1], states=[[1, 0.0], [1, 0.01], [1, 0.02], [1, 0.03]]))
    together = geometry(made([0, 0, 1, 1], states=[[1, 0.0], [1, 0.01], [0, 1.0], [0.01, 1]]))
    assert has_collapsed(start, near)
    assert not has_collapsed(start, together)
    assert not has_collapsed(start, start)
    assert geometry(made([0, 1], states=SQUARE[:2])).alignment is None
    assert not has_collapsed(Geometry(None, None), near)
