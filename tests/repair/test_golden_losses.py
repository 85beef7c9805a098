"""Values of loss terms worked out elsewhere: methods.md, section 9, and by hand."""

import math
from dataclasses import replace

import pytest
import torch
from made_seen import SQUARE, made, with_gradient

from probe.repair.losses import loss_terms
from probe.repair.losses.divergence import kl
from probe.repair.losses.groups import by_item

P, Q = [0.7, 0.2, 0.1], [0.5, 0.3, 0.2]
TWO_ITEMS = {"item": [0, 0, 1, 1], "label": [0, 0, 1, 1], "states": SQUARE, "dtype": torch.float64}


def value(name, seen, **options):
    return loss_terms.get(name).function(seen, **options).item()


def test_nt_xent_has_its_golden_value():
    assert value("nt-xent", made(**TWO_ITEMS), temperature=0.5) == pytest.approx(0.870714, abs=1e-6)


def test_infonce_has_its_golden_value_in_both_directions():
    assert value("infonce", made(**TWO_ITEMS), temperature=0.5) == pytest.approx(0.513015, abs=1e-6)


def test_supcon_of_two_views_is_nt_xent():
    assert value("supcon", made(**TWO_ITEMS), temperature=0.5) == pytest.approx(0.870714, abs=1e-6)


def test_the_triplet_of_the_paper_has_its_golden_value():
    seen = made([0, 0, 1], label=[0, 0, 1], states=SQUARE[:3], dtype=torch.float64)
    assert value("triplet", seen) == 0  # .4 - 2 + 1
    assert value("triplet", seen, anchors="each") == pytest.approx((0 + 0.4 - 0.8 + 1) / 2)


def test_divergences_have_their_golden_values():
    p, q = (torch.tensor(one, dtype=torch.float64).log() for one in (P, Q))
    assert kl(p, q).item() == pytest.approx(0.0851228, abs=1e-7)
    assert kl(q, p).item() == pytest.approx(0.0920329, abs=1e-7)
    seen = made([0, 0], probs=[P, Q], dtype=torch.float64)
    assert value("symmetric-kl", seen) == pytest.approx(0.0885778, abs=1e-7)
    assert value("js", seen) == pytest.approx(0.0219012, abs=1e-7)


def test_kl_is_taken_from_the_mean_to_each_formulation():
    seen = made([0, 0], probs=[P, Q], dtype=torch.float64)
    mean = torch.tensor([0.6, 0.25, 0.15], dtype=torch.float64).log()
    p, q = seen.class_logprobs
    assert value("kl", seen) == pytest.approx((kl(mean, p) + kl(mean, q)).item() / 2)


def test_symmetric_kl_of_three_formulations_is_the_mean_over_their_three_pairs():
    rows = [P, Q, [0.2, 0.3, 0.5]]
    pairs = [(0, 1), (0, 2), (1, 2)]
    by_pair = [value("symmetric-kl", made([0, 0], probs=[rows[i], rows[j]], dtype=torch.float64)) for i, j in pairs]
    assert value("symmetric-kl", made([0, 0, 0], probs=rows, dtype=torch.float64)) == pytest.approx(sum(by_pair) / 3)


def test_js_of_formulations_that_share_nothing_is_the_logarithm_of_their_number():
    rows = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]
    assert value("js", made([0, 0, 0], probs=rows, dtype=torch.float64)) == pytest.approx(math.log(3))


def test_a_class_that_one_formulation_rules_out_adds_a_finite_part():
    seen = made([0, 0], probs=[[0.5, 0.5], [1.0, 0.0]], families=("original", "format"), dtype=torch.float64)
    by_hand = 0.5 * math.log(0.5) + 0.5 * (
        math.log(0.5) + 69
    )  # of the view that rules the second class out; 1e-30 in its place
    assert value("kl", seen, teacher="original") == pytest.approx(by_hand / 2)


def test_an_item_counts_once_however_many_formulations_it_has():
    a, b = made([0, 0], probs=[P, Q]), made([1, 1, 1], probs=[P, P, Q])
    both = made([0, 0, 1, 1, 1], probs=[P, Q, P, P, Q])
    for name in ("kl", "js", "symmetric-kl"):
        assert value(name, both) == pytest.approx((value(name, a) + value(name, b)) / 2, rel=1e-5)


def test_a_detached_teacher_pulls_each_formulation_to_the_mean():
    logits = torch.tensor([[1.0, 0.0, -1.0], [0.0, 0.5, 0.0]], dtype=torch.float64, requires_grad=True)
    seen = made([0, 0], dtype=torch.float64)
    object.__setattr__(seen, "class_logprobs", logits.log_softmax(dim=1))
    loss_terms.get("kl").function(seen).backward()
    p = logits.detach().softmax(dim=1)
    torch.testing.assert_close(logits.grad, (p - p.mean(dim=0)) / 2)  # d KL(q || softmax(z)) / dz = softmax(z) - q


def test_detaching_the_mean_changes_no_gradient_of_js():
    gradients = []
    for teacher in ("mean", "two-sided"):
        seen = with_gradient(made([0, 0, 0], probs=[P, Q, [0.1, 0.1, 0.8]], dtype=torch.float64))
        logits = seen.class_logprobs
        object.__setattr__(seen, "class_logprobs", logits.log_softmax(dim=1))
        loss_terms.get("js").function(seen, teacher=teacher).backward()
        gradients.append(logits.grad)
    torch.testing.assert_close(*gradients)


def test_the_original_can_be_the_teacher_and_then_gets_no_gradient():
    seen = with_gradient(made([0, 0], probs=[P, Q], families=("original", "format"), dtype=torch.float64))
    loss = loss_terms.get("kl").function(seen, teacher="original")
    loss.backward()
    assert loss.item() == pytest.approx(0.0851228 / 2, abs=1e-7)
    assert seen.class_logprobs.grad[0].tolist() == pytest.approx(
        [-0.35, -0.1, -0.05]
    )  # of KL(q || p) where q = p, with q held
    assert seen.class_logprobs.grad[1].tolist() == pytest.approx([-0.35, -0.1, -0.05])


def test_free_text_is_aligned_by_the_position_in_the_answer():
    # view 0 and 1 of item 0: two answer tokens; of item 1: one. Each position is a JS of its own, positions average, then items
    rows = torch.tensor([[P, Q], [Q, Q], [P, P], [Q, P]], dtype=torch.float64).log()
    mask = torch.tensor([[True, True], [True, True], [True, False], [True, False]])
    seen = made([0, 0, 1, 1], token_logprobs=rows, token_mask=mask, dtype=torch.float64)
    first = 0.0219012
    assert value("js", seen) == pytest.approx((first / 2 + first) / 2, abs=1e-7)
    assert by_item(seen).weight.tolist() == pytest.approx([1 / 8] * 4 + [1 / 4] * 2)


def test_a_wrong_answer_to_a_contrast_member_of_another_item_counts_as_any_negative_does():
    by_hand = math.log(1 + math.exp(-1.6) + math.exp(-0.4))
    other = math.log(1 + math.exp(-0.4) + math.exp(0.32))
    seen = made([0, 0, 1, 2], label=[0, 0, 1, 1], contrast_of=[-1, -1, 0, 0], states=SQUARE, dtype=torch.float64)
    assert value("infonce", seen, temperature=0.5) == pytest.approx((by_hand + other) / 2)  # in any formulation


def test_supcon_by_label_has_the_answers_of_other_items_as_positives():
    states = [[1.0, 0.0], [0.8, 0.6], [0.0, 1.0]]
    seen = made([0, 1, 2], label=[0, 0, 1], states=states, dtype=torch.float64)
    first = -math.log(math.exp(0.8) / (math.exp(0.8) + math.exp(0.0)))
    second = -math.log(math.exp(0.8) / (math.exp(0.8) + math.exp(0.6)))
    assert value("supcon", seen, temperature=1.0, positives="label") == pytest.approx((first + second) / 2)
    assert value("supcon", seen, temperature=1.0) == 0  # no item is seen twice


def test_hard_negatives_count_more_and_the_hardest_can_count_alone():
    seen = made(**TWO_ITEMS)
    weights = [math.exp(2 * s) for s in (0.0, 0.6)]  # of views 2 and 3 for view 0, divided by their mean
    mean = sum(weights) / 2
    first = math.log(1 + weights[0] / mean * math.exp(-1.6) + weights[1] / mean * math.exp(-0.4))
    weights = [math.exp(2 * s) for s in (0.6, 0.96)]
    mean = sum(weights) / 2
    second = math.log(1 + weights[0] / mean * math.exp(-0.4) + weights[1] / mean * math.exp(0.32))
    assert value("nt-xent", seen, temperature=0.5, beta=2.0) == pytest.approx((first + second) / 2)
    hardest = (math.log(1 + math.exp(-0.4)) + math.log(1 + math.exp(0.32))) / 2
    assert value("nt-xent", seen, temperature=0.5, top=1) == pytest.approx(hardest)


def test_choice_cross_entropy_is_the_right_choice_among_the_choices():
    seen = made([0, 0, 1], label=[0, 0, 2], probs=[[0.7, 0.2, 0.1], [0.5, 0.3, 0.2], [0.2, 0.3, 0.5]])
    expected = -(math.log(0.7) + math.log(0.5) + math.log(0.5)) / 3
    assert loss_terms.get("choice-cross-entropy").function(seen).item() == pytest.approx(expected)


def test_a_view_without_choices_counts_by_its_tokens():
    probs = torch.tensor([[0.8, 0.2], [0.0, 0.0]]).log()
    seen = replace(made([0, 1], label=[0, 5]), class_logprobs=probs, answer_nll=torch.tensor([9.0, 0.4]))
    assert loss_terms.get("choice-cross-entropy").function(seen).item() == pytest.approx((-math.log(0.8) + 0.4) / 2)
