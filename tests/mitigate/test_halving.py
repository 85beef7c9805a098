"""Sequential halving on arms that are known."""

from random import Random

import pytest

from probe.mitigate.prompts.halving import LEAST_PULLS, affordable, halve, num_phases


def share(pulls):
    return sum(pulls) / len(pulls) if pulls else -1.0


class Bandit:
    """Arms that pay 1 with their own probability, and count what they are asked."""

    def __init__(self, chances, seed=0, room=10**9):
        self.chances = chances
        self.draw = Random(seed).random
        self.room = room
        self.asked = [0] * len(chances)
        self.rounds = []

    def pull(self, calls):
        self.rounds.append(sorted(calls))
        made = {arm: min(num, self.room - self.asked[arm]) for arm, num in calls.items()}
        for arm, num in made.items():
            self.asked[arm] += num
        return {arm: [self.draw() < self.chances[arm] for _ in range(num)] for arm, num in made.items()}


@pytest.mark.parametrize("incumbent", [None, 0])
def test_the_best_arm_is_found_more_often_than_with_equal_shares(incumbent):
    chances = [0.5] * 30 + [0.8, 0.65]
    found = equal = 0
    for seed in range(100):
        found += halve(Bandit(chances, seed).pull, share, num_arms=32, budget=800, incumbent=incumbent).best == 30
        rows = Bandit(chances, seed).pull(dict.fromkeys(range(32), 800 // 32))
        equal += max(rows, key=lambda arm: share(rows[arm])) == 30
    assert found >= 75
    assert found > equal


def test_the_budget_is_shared_out_as_the_formula_says_and_never_passed():
    bandit = Bandit([0.1] * 7 + [0.9])
    found = halve(bandit.pull, share, num_arms=8, budget=103)
    # 3 phases: 34 + 1, 34, 34; what 8, 4 and 2 arms cannot share equally goes on: 3, 1, 1
    assert [(one.arms, one.each, one.calls) for one in found.phases] == [(8, 4, 32), (4, 9, 36), (2, 17, 34)]
    assert found.calls == sum(bandit.asked) == 102
    assert [len(pulls) for pulls in found.pulls] == bandit.asked
    assert [len(arms) for arms in bandit.rounds] == [8, 4, 2]


@pytest.mark.parametrize("num_arms", [1, 2, 3, 5, 6, 7, 33])
@pytest.mark.parametrize("incumbent", [None, 0])
def test_any_number_of_arms_ends_with_one_within_any_budget(num_arms, incumbent):
    for budget in (0, 1, 7, 100, 999):
        bandit = Bandit([0.5] * num_arms)
        found = halve(bandit.pull, share, num_arms=num_arms, budget=budget, incumbent=incumbent)
        assert 0 <= found.best < num_arms
        assert found.calls == sum(bandit.asked) <= budget
        rounds = num_phases(num_arms) if incumbent is None else num_phases(num_arms - 1) + (num_arms > 1)
        assert len(found.phases) == rounds


def test_what_an_arm_has_no_pulls_for_goes_to_later_phases():
    bandit = Bandit([0.5] * 4, room=6)
    found = halve(bandit.pull, share, num_arms=4, budget=1000)
    assert bandit.asked == [6] * 4
    assert [(one.each, one.calls) for one in found.phases] == [(125, 24), (488, 0)]


def test_an_incumbent_is_asked_in_every_phase_and_left_only_for_a_better_arm():
    bandit = Bandit([0.0] * 9)
    found = halve(bandit.pull, share, num_arms=9, budget=400, incumbent=3)
    assert found.best == 3
    assert all(3 in arms for arms in bandit.rounds)
    assert halve(Bandit([0.0] * 8 + [1.0]).pull, share, num_arms=9, budget=400, incumbent=3).best == 8


def test_a_budget_begins_with_as_many_arms_as_it_can_ask_a_few_times():
    assert affordable(8, 8 * LEAST_PULLS * 3) == 8
    assert affordable(8, 8 * LEAST_PULLS * 3 - 3) == 7
    assert affordable(500, 3) == 1
    num = affordable(500, 3000, has_incumbent=True)
    found = halve(Bandit([0.5] * num).pull, share, num_arms=num, budget=3000, incumbent=0)
    assert found.phases[0].each >= LEAST_PULLS
    more = halve(Bandit([0.5] * (num + 1)).pull, share, num_arms=num + 1, budget=3000, incumbent=0)
    assert more.phases[0].each < LEAST_PULLS
