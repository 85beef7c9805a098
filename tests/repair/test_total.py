"""The weighted sum of loss terms, and what is wrong with it by name."""

from dataclasses import replace

import pytest
import torch
from made_seen import drawn, with_gradient

from probe.errors import UsageError
from probe.repair.losses import loss_terms
from probe.repair.losses.ramp import ramped
from probe.repair.losses.total import NonFiniteLoss, part, total


def test_the_loss_is_the_weighted_sum_of_its_terms_in_value_and_gradient():
    seen = with_gradient(drawn())
    both = total(seen, [part("cross-entropy"), part("infonce", 0.3, temperature=0.2), part("kl", 2.0, is_ramped=False)])
    both.value.backward()
    nll, infonce, kl = (loss_terms.get(name).function for name in ("cross-entropy", "infonce", "kl"))
    plain = with_gradient(drawn())
    by_hand = nll(plain) + 0.3 * infonce(plain, temperature=0.2) + 2 * kl(plain)
    by_hand.backward()
    torch.testing.assert_close(both.value, by_hand)
    torch.testing.assert_close(seen.states.grad, plain.states.grad)
    torch.testing.assert_close(seen.class_logprobs.grad, plain.class_logprobs.grad)
    assert both.parts == {
        "cross-entropy": nll(plain).item(),
        "infonce": infonce(plain, temperature=0.2).item(),
        "kl": kl(plain).item(),
    }
    assert both.weights == {"cross-entropy": 1, "infonce": 0.3, "kl": 2}


def test_consistency_counts_from_nothing_to_its_weight_in_the_first_tenth():
    assert [ramped(5.0, step, 40) for step in (0, 1, 2, 4, 39)] == [0, 1.25, 2.5, 5, 5]
    assert ramped(5.0, 0, 0) == 5
    weights = [
        total(drawn(), [part("js", 5.0), part("supcon")], step=step, num_steps=40).weights for step in (0, 2, 30)
    ]
    assert [one["js"] for one in weights] == [0, 2.5, 5]
    assert [one["supcon"] for one in weights] == [1, 1, 1]


def test_a_term_without_weight_is_shown_and_adds_no_gradient():
    seen = with_gradient(drawn())
    loss = total(seen, [part("cross-entropy"), part("supcon", 0.0)])
    loss.value.backward()
    assert loss.parts["supcon"] > 0
    assert seen.states.grad is None


@pytest.mark.parametrize("bad", [torch.nan, torch.inf])
def test_a_term_that_is_not_a_number_is_named_with_its_step(bad):
    seen = drawn()
    broken = replace(seen, states=seen.states.index_fill(0, torch.tensor([2]), bad))
    with pytest.raises(NonFiniteLoss, match=r"step 7: the loss term 'triplet' is nan") as error:
        total(broken, [part("cross-entropy"), part("triplet")], step=7, num_steps=10)
    assert error.value.term == "triplet"


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (lambda: part("infonse"), "unknown loss term 'infonse'. Did you mean 'infonce'"),
        (lambda: part("infonce", temprature=1), "'temprature'. Did you mean 'temperature'"),
        (
            lambda: part("kl", teacher="student"),
            "unknown teacher of the loss term 'kl': 'student'.*Available: mean, original",
        ),
        (lambda: part("cross-entropy", top=1), "the loss term 'cross-entropy' has no options, got 'top'"),
        (lambda: part("kl", -1), "the weight of the loss term 'kl' is -1"),
        (lambda: part("kl", float("nan")), "the weight of the loss term 'kl' is nan"),
        (lambda: total(drawn(), [part("kl"), part("kl")]), "given twice"),
    ],
)
def test_a_wrong_name_option_or_weight_says_what_would_be_right(wrong, message):
    with pytest.raises(UsageError, match=message):
        wrong()


def test_r_drop_is_another_name_of_symmetric_kl():
    assert part("r-drop").term is part("symmetric-kl").term
