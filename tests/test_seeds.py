"""Generators: seeded by a key, now or when first asked."""

import copy
import pickle

import pytest

from probe.seeds import is_untouched, late_rng_for, rng_for

ASKED = {
    "random": lambda rng: rng.random(),
    "getrandbits": lambda rng: rng.getrandbits(70),
    "randrange": lambda rng: [rng.randrange(10) for _ in range(20)],
    "choice": lambda rng: [rng.choice("abcde") for _ in range(20)],
    "sample": lambda rng: rng.sample(range(1000), 200),
    "shuffle": lambda rng: rng.shuffle(words := list("abcdefgh")) or words,
    "gauss": lambda rng: [rng.gauss(0, 1) for _ in range(3)],
    "randbytes": lambda rng: rng.randbytes(9),
    "state": lambda rng: rng.getstate(),
    "choices": lambda rng: rng.choices("abc", k=9),
}


@pytest.mark.parametrize("asked", ASKED)
def test_a_late_generator_draws_what_one_draws_that_is_seeded_at_once(asked):
    ask = ASKED[asked]
    late, at_once = late_rng_for(3, "typo-swap", "i1"), rng_for(3, "typo-swap", "i1")
    assert ask(late) == ask(at_once)
    assert [late.random() for _ in range(5)] == [at_once.random() for _ in range(5)], "and goes on as it does"
    assert ask(late_rng_for(3, "typo-swap", "i2")) != ask(rng_for(3, "typo-swap", "i1")), "another key draws otherwise"


@pytest.mark.parametrize("asked", ASKED)
def test_a_late_generator_tells_whether_it_was_asked(asked):
    late = late_rng_for("key")
    assert is_untouched(late)
    ASKED[asked](late)
    assert not is_untouched(late)


def test_a_method_of_a_late_generator_that_is_kept_goes_on_drawing():
    late, at_once = late_rng_for("key"), rng_for("key")
    sample, bits = late.random, late.getrandbits
    assert [sample(), bits(8), sample(), bits(8)] == [
        at_once.random(),
        at_once.getrandbits(8),
        at_once.random(),
        at_once.getrandbits(8),
    ]


def test_a_late_generator_can_be_seeded_and_set_by_hand_and_copied():
    seeded, set_back = late_rng_for("a"), late_rng_for("b")
    seeded.seed(5)
    state = rng_for("c").getstate()
    set_back.setstate(state)
    assert seeded.random() == type(rng_for("x"))(5).random()
    assert set_back.random() == rng_for("c").random()
    assert copy.copy(late_rng_for("d")).random() == rng_for("d").random()
    assert pickle.loads(pickle.dumps(late_rng_for("e"))).random() == rng_for("e").random()


def test_a_generator_that_is_seeded_at_once_counts_as_asked():
    assert not is_untouched(rng_for("key")), "nothing tells whether it was"
