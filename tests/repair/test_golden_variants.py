"""Terms that build on others, worked out by hand: which pairs they take, what these count, where the gradient stops."""

import math
from dataclasses import replace

import pytest
import torch
from made_seen import SQUARE, drawn, made, taken, with_gradient

from probe.repair.losses import loss_terms
from probe.repair.losses.pairs import unit
from probe.repair.losses.temperature import adapted

TWO_ITEMS = {"item": [0, 0, 1, 1], "label": [0, 0, 1, 1], "states": SQUARE, "dtype": torch.float64}
"""Similarities: 0.8 within items; 0, .6 and .6, .96 of views 0 and 1 to views 2 and 3."""


def value(name, seen, **options):
    return loss_terms.get(name).function(seen, **options).item()


def softplus(x):
    return math.log1p(math.exp(x))


def test_a_contrast_member_is_a_negative_of_its_item_even_where_their_answers_are_taken_for_the_same():
    states = [[1.0, 0.0], [0.8, 0.6], [0.6, 0.8]]
    seen = made([0, 0, 1], label=[0, 0, 0], contrast_of=[-1, -1, 0], states=states, dtype=torch.float64)
    by_hand = (softplus(0.6 - 0.8) + softplus(0.96 - 0.8)) / 2
    assert value("nt-xent", seen, temperature=1.0) == pytest.approx(by_hand)


def test_the_adaptive_temperature_rises_with_the_alignment_of_positives():
    seen = made(**TWO_ITEMS)
    same = torch.tensor([[0, 1, 0, 0], [1, 0, 0, 0], [0, 0, 0, 1], [0, 0, 1, 0]], dtype=torch.bool)
    assert float(adapted(0.1, 0.5, seen, same)) == pytest.approx(0.1 * (1 + 0.5 * 0.8))
    assert adapted(0.1, 0.0, seen, same) == 0.1
    opposite = made([0, 0], states=[[1.0, 0.0], [-1.0, 0.0]], dtype=torch.float64)
    assert float(adapted(0.1, 1.0, opposite, same[:2, :2])) == pytest.approx(0.1 * 0.05)


@pytest.mark.parametrize("name", ["infonce", "nt-xent", "supcon"])
def test_a_term_with_an_adaptive_temperature_is_the_term_at_that_temperature(name):
    fixed, adaptive = with_gradient(made(**TWO_ITEMS)), with_gradient(made(**TWO_ITEMS))
    loss = loss_terms.get(name).function(fixed, temperature=0.14)
    other = loss_terms.get(name).function(adaptive, temperature=0.1, adapt=0.5)
    loss.backward()
    other.backward()
    torch.testing.assert_close(other, loss)
    torch.testing.assert_close(adaptive.states.grad, fixed.states.grad)


def test_macl_weighs_each_pair_by_its_doubt_and_gives_the_weight_no_gradient():
    tau = 0.5 * (1 + 0.5 * 0.8)
    own = softplus(
        (0.6 - 0.8) / tau
    )  # of each of the four anchors, against the other item's view in the positive's formulation
    doubt = 1 - math.exp(-own)
    assert value("macl", made(**TWO_ITEMS), temperature=0.5) == pytest.approx(own / doubt)
    assert value("macl", made(**TWO_ITEMS), temperature=0.5, reweight=False) == pytest.approx(own)
    plain, weighed = with_gradient(made(**TWO_ITEMS)), with_gradient(made(**TWO_ITEMS))
    loss_terms.get("infonce").function(plain, temperature=tau).backward()
    loss_terms.get("macl").function(weighed, temperature=0.5).backward()
    torch.testing.assert_close(weighed.states.grad, plain.states.grad / doubt)


def test_dclr_leaves_out_negatives_that_the_model_before_repair_holds_for_positives():
    seen = made(**TWO_ITEMS)
    near = torch.tensor(
        [[1.0, 0.0], [1.0, 0.1], [-1.0, 0.0], [1.0, 0.0]], dtype=torch.float64
    )  # view 3 with views 0, 1
    weighed = replace(seen, base_states=near)
    # the formulation of each positive has one view of the other item: 3, 2, 1, 0. Anchor 0 loses view 3, anchor 3 view 0
    kept = softplus((0.6 - 0.8) / 0.5)
    assert value("dclr", weighed, temperature=0.5, threshold=0.9) == pytest.approx((0 + kept + kept + 0) / 4)
    assert value("dclr", weighed, temperature=0.5, threshold=1.1) == pytest.approx(0.513015, abs=1e-6)


def test_dclr_pushes_apart_other_items_of_the_same_answer_only_where_labels_are_unknown():
    seen = made([0, 0, 1, 1], states=SQUARE, dtype=torch.float64)
    assert value("dclr", seen, threshold=2.0) == 0
    assert value("dclr", seen, temperature=0.5, threshold=2.0, labels="unknown") == pytest.approx(0.513015, abs=1e-6)


def test_noise_negatives_are_drawn_anew_at_each_step_and_alike_for_the_same_one():
    seen = made(**TWO_ITEMS)
    assert value("dclr", seen, noise=8, threshold=2.0) > value("dclr", seen, threshold=2.0)
    first, again = (value("dclr", replace(seen, step=3), noise=8) for _ in range(2))
    assert first == again != value("dclr", replace(seen, step=4), noise=8)
    assert first != value("dclr", replace(seen, step=3), noise=8, seed=1)


def test_coin_compares_the_original_with_each_other_formulation_against_the_same_instruction():
    states = [*SQUARE, [0.0, -1.0]]
    families = ("original", "paraphrase", "original", "paraphrase", "original")
    seen = made([0, 0, 1, 1, 2], label=[0, 0, 1, 1, 1], states=states, families=families, dtype=torch.float64)
    seen = replace(seen, formulation=torch.tensor([0, 1, 0, 1, 0]))
    one_task = (softplus(-0.4) + math.log(1 + math.exp(-0.4) + math.exp(2 * (-0.6 - 0.8))) + 2 * softplus(-0.4)) / 4
    assert value("coin", seen, temperature=0.5) == pytest.approx(one_task)
    other_task = replace(seen, task=torch.tensor([0, 0, 0, 0, 1]))
    assert value("coin", other_task, temperature=0.5) == pytest.approx(0.513015, abs=1e-6)


def test_coin_has_no_pairs_of_two_rephrasings():
    seen = taken(drawn(), [0, 3, 6, 1, 4, 7])
    turned = seen.states.clone()
    turned[2] = -turned[2]
    moved = with_gradient(replace(seen, states=turned))
    loss_terms.get("coin").function(
        taken(moved, [1, 2, 3, 4, 5])
    ).backward()  # no original of item 0: its first view stands in
    assert moved.states.grad[1].abs().sum() > 0


def test_views_by_templates_and_by_paraphrases_are_told_apart():
    item, label = [0, 0, 0, 1, 1, 1], [0, 0, 0, 1, 1, 1]
    families = ("original", "format", "paraphrase") * 2
    seen = replace(drawn(), families=())
    seen = made(item, label=label, states=seen.states[:6], families=families, dtype=torch.float64)
    for name, kept in (("lm-supcon", [0, 1, 3, 4]), ("lm-cppf", [0, 2, 3, 5])):
        by_hand = value("supcon", taken(seen, kept), positives="label")
        assert value(name, seen) == pytest.approx(by_hand)
    assert value("lm-supcon", replace(seen, families=())) == pytest.approx(value("supcon", seen, positives="label"))


def test_consprompt_samples_the_most_similar_views_or_all_of_a_label():
    seen = made([0, 1, 2, 3, 4], label=[0, 0, 0, 1, 1], states=drawn().states[:5], dtype=torch.float64)
    base = torch.tensor([[1.0, 0], [0.9, 0.1], [-1, 0.1], [0.8, 0.2], [0, 1.0]], dtype=torch.float64)
    seen = replace(seen, base_states=base)
    similarity = unit(seen.states) @ unit(seen.states).T
    z = (similarity / 0.07).exp()

    def loss(anchor, positives, negatives):
        below = sum(z[anchor, other] for other in (*positives, *negatives))
        return -sum(math.log(z[anchor, p] / below) for p in positives) / len(positives)

    nearest = [loss(0, [1], [3]), loss(1, [0], [3]), loss(2, [1], [4]), loss(3, [4], [1]), loss(4, [3], [1])]
    assert value("consprompt", seen, num=1) == pytest.approx(
        sum(nearest) / 5 / 2
    )  # no item is seen twice: half of it is zero
    every = [loss(i, [j for j in (0, 1, 2) if j != i], [3, 4]) for i in range(3)]
    every += [loss(3, [4], [0, 1, 2]), loss(4, [3], [0, 1, 2])]
    assert value("consprompt", seen, sampling="label") == pytest.approx(sum(every) / 5 / 2)


def test_where_each_item_is_said_in_its_own_ways_the_kth_views_of_items_are_compared():
    shared = replace(made(**TWO_ITEMS), formulation=torch.tensor([0, 1, 1, 0]))
    turned = [
        softplus((0.0 - 0.8) / 0.5),
        softplus((0.96 - 0.8) / 0.5),
    ]  # the positive of view 0 is view 1, said as view 2 is
    assert value("infonce", shared, temperature=0.5) == pytest.approx(sum(turned) / 2)
    own = replace(shared, formulation=torch.tensor([0, 1, 2, 3]))
    assert value("infonce", own, temperature=0.5) == pytest.approx(0.513015, abs=1e-6)
