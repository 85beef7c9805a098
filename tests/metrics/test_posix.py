"""POSIX: the formula on golden numbers, and a model asked for it whose every rating is known."""

import math

import numpy as np
import pytest

from probe.evaluation.posix import posix_of_sets, posix_of_variants
from probe.evaluation.run import Plan, prepare, run
from probe.metrics import metrics, tabulate
from probe.metrics.posix import posix
from probe.metrics.rows import measure
from probe.models.scripted import Scripted
from probe.registry import perturbations
from probe.suite import find_suite, read_suite
from probe.types import Completion, Field, Item, LogProb, Prompt, Suite

GOLDEN = np.array([[-2, -6, -5], [-3, -4, -5.5], [-2.5, -7, -3]])
LENGTHS = np.array([2.0, 4.0, 3.0])
ONE = Item("a", Prompt("", (Field("Q", "?"),)), "yes")
SUITE = Suite("s", "1", "", (ONE,), stop=("\n",), max_new_tokens=5)


def test_the_index_follows_the_formula_and_not_the_mistaken_reading():
    assert posix(GOLDEN, LENGTHS) == pytest.approx(0.5833333333)
    assert posix(GOLDEN.T, LENGTHS) != pytest.approx(0.5833333333)


def test_the_index_equals_the_formula_in_loops():
    rng = np.random.default_rng(4)
    for num in (2, 3, 7):
        logprobs, lengths = -rng.exponential(5, (num, num)), rng.integers(0, 6, num).astype(float)
        slow = sum(
            abs(logprobs[i, j] - logprobs[j, j]) / max(1, lengths[j]) for i in range(num) for j in range(num) if i != j
        )
        assert posix(logprobs, lengths) == pytest.approx(slow / (num * (num - 1)))


def test_one_prompt_has_no_index_and_equal_ratings_have_index_zero():
    assert math.isnan(posix(np.array([[-3.0]]), np.array([2.0])))
    assert posix(np.tile([-1.0, -2.0], (2, 1)), np.array([1.0, 3.0])) == 0


def test_shapes_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match="not \\(n, n\\)"):
        posix(np.zeros((2, 3)), np.zeros(2))


class Told:
    """A model with the golden answers and ratings: prompt "x1" is answered "y1" and so on."""

    name = "told"

    def __init__(self):
        self.asked = []

    def generate(self, requests, *, progress=None):
        texts = {"x1": "y1", "x2": "y2", "x3": "y3", "silent": ""}
        return [Completion(texts[r.context], 0.0, 1) for r in requests]

    def loglikelihoods(self, requests, *, progress=None):
        self.asked += requests
        row, column = {"x1": 0, "x2": 1, "x3": 2}, {"y1": 0, "y2": 1, "y3": 2}
        return [
            LogProb(float(GOLDEN[row[r.context], column[r.continuation]]), False, int(LENGTHS[column[r.continuation]]))
            if r.continuation in column and r.context in row
            else LogProb(-1.0, False)
            for r in requests
        ]


def test_each_answer_is_rated_under_every_variant_and_divided_by_its_own_length():
    model = Told()
    found = posix_of_sets(model, [["x1", "x2", "x3"], ["x2"]], SUITE)
    assert found[0] == pytest.approx(0.5833333333)
    assert math.isnan(found[1])
    assert len(model.asked) == 9 + 1


def test_where_nothing_is_said_the_stop_string_is_rated():
    model = Told()
    posix_of_sets(model, [["silent", "x1"]], SUITE)
    assert {request.continuation for request in model.asked} == {"\n", "y1"}


def test_no_sets_are_no_calls():
    assert posix_of_sets(Scripted(), [], SUITE) == []


@pytest.fixture(scope="module")
def facts():
    import probe.perturb  # noqa: F401  registers the shipped ones

    return read_suite(find_suite("facts"))


def chosen(*names):
    return tuple(perturbations.get(name) for name in names)


def test_only_variants_that_must_stay_are_compared_and_only_of_the_first_items(facts):
    plan = Plan(chosen("format-layout", "contrast-set", "null"), samples=2, limit=5)
    variants = prepare(facts, plan).variants
    asked = []
    model = Scripted(prefers=lambda r: asked.append(r) or -1.0, says=lambda r: " yes")
    found = posix_of_variants(model, variants, facts, max_items=3)
    assert list(found) == [item.id for item in facts.items[:3]]
    texts = {v.text for v in variants if v.effect == "label-preserving" and v.item.id in found}
    assert {request.context for request in asked} == texts


def test_a_model_that_words_do_not_move_has_index_zero_and_a_fickle_one_its_known_index(facts):
    plan = Plan(chosen("format-layout"), samples=3, limit=4, posix_items=4)
    steady = Scripted(prefers=lambda r: -2.0, says=lambda r: " yes")
    fickle = Scripted(prefers=lambda r: -float(len(r.context) % 7), says=lambda r: " yes")
    assert set(run([facts], steady, plan).suites["facts"].posix.values()) == {0.0}
    record = run([facts], fickle, plan)
    for item, index in record.suites["facts"].posix.items():
        values = [-(len(s.variant.text) % 7) for s in record.suites["facts"].scores if s.variant.item.id == item]
        num = len(values)
        slow = sum(abs(a - b) for a in values for b in values) / (num * (num - 1))
        assert index == pytest.approx(slow)


def test_the_index_becomes_a_row_of_all_families_with_its_interval(facts):
    plan = Plan(chosen("format-layout"), samples=3, limit=6, posix_items=4)
    fickle = Scripted(prefers=lambda r: -float(len(r.context) % 7), says=lambda r: " yes")
    record = run([facts], fickle, plan)
    cells = tabulate(record.suites["facts"].scores, posix=record.suites["facts"].posix)
    [row] = [row for row in measure("facts", cells, seed=0, resamples=200) if row.metric == "posix"]
    assert row.family == "all"
    assert row.value == pytest.approx(np.mean(list(record.suites["facts"].posix.values())))
    assert row.ci_low < row.value < row.ci_high
    assert metrics.get("posix").value(tabulate(record.suites["facts"].scores)) != row.value
    plain = tabulate(record.suites["facts"].scores)
    assert not [row for row in measure("facts", plain, seed=0, resamples=20) if row.metric == "posix"]
