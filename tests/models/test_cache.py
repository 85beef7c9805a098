"""The response cache: what it remembers, for whom, and what it survives."""

import sqlite3

import pytest

from probe.models.base import EngineUsage, Model, ModelFacts
from probe.models.cache import Cached
from probe.types import Completion, Generation, LogLikelihood, LogProb


class Counting(Model):
    """A model that counts what it is asked."""

    name = "counting"
    usage = EngineUsage()

    def __init__(self, fingerprint="a"):
        self.asked = []
        self.fingerprint = fingerprint

    def facts(self):
        return ModelFacts(model=self.name, fingerprint=self.fingerprint, path="trie")

    def loglikelihoods(self, requests, *, progress=None):
        self.asked += requests
        return [LogProb(-float(len(r.continuation)), r.continuation == " yes", 2) for r in requests]

    def generate(self, requests, *, progress=None):
        self.asked += requests
        return [Completion(r.context[::-1], -0.25, 3, True) for r in requests]


RANK = [LogLikelihood("is it?", e) for e in (" yes", " no", " yes")]
SAY = [Generation("abc"), Generation("d\u00e9f \U0001f600"), Generation("abc", stop=("x",))]


def test_answers_come_back_equal_and_in_the_order_asked(tmp_path):
    plain = Counting()
    for _ in range(2):
        cached = Cached(Counting(), tmp_path / "c.sqlite")
        assert cached.loglikelihoods(RANK) == plain.loglikelihoods(RANK)
        assert cached.generate(SAY) == plain.generate(SAY)
        cached.close()


def test_what_is_known_is_not_asked_again(tmp_path):
    first = Cached(Counting(), tmp_path / "c.sqlite")
    first.loglikelihoods(RANK)
    assert len(first.inner.asked) == 2  # the repeated request is one
    again = Cached(Counting(), tmp_path / "c.sqlite")
    again.loglikelihoods([*RANK, LogLikelihood("is it?", " maybe")])
    assert again.inner.asked == [LogLikelihood("is it?", " maybe")]
    assert again.hits == 2


def test_another_model_does_not_get_this_ones_answers(tmp_path):
    Cached(Counting("a"), tmp_path / "c.sqlite").loglikelihoods(RANK)
    other = Cached(Counting("b"), tmp_path / "c.sqlite")
    other.loglikelihoods(RANK)
    assert len(other.inner.asked) == 2


def test_context_and_continuation_are_not_run_together_in_the_key(tmp_path):
    cached = Cached(Counting(), tmp_path / "c.sqlite")
    cached.loglikelihoods([LogLikelihood("ab", "c"), LogLikelihood("a", "bc")])
    assert len(cached.inner.asked) == 2


def test_a_broken_file_costs_the_cache_and_not_the_run(tmp_path, caplog):
    path = tmp_path / "c.sqlite"
    path.write_bytes(b"this is no database, and long enough to be read as one" * 100)
    cached = Cached(Counting(), path)
    assert len(cached.loglikelihoods(RANK)) == 3
    assert [r.message.split(":")[0] for r in caplog.records] == ["the response cache is not used"]


def test_a_cache_that_fails_half_way_is_given_up_with_a_warning(tmp_path, caplog):
    cached = Cached(Counting(), tmp_path / "c.sqlite")
    cached.saved._db.execute("PRAGMA query_only=ON")
    assert len(cached.loglikelihoods(RANK)) == 3
    assert len(cached.loglikelihoods(RANK)) == 3
    assert len(caplog.records) == 1 and "given up" in caplog.text


def test_the_file_holds_no_pickle_and_no_prompt(tmp_path):
    cached = Cached(Counting(), tmp_path / "c.sqlite")
    cached.loglikelihoods(RANK)
    cached.close()
    (row,) = sqlite3.connect(tmp_path / "c.sqlite").execute("SELECT count(*), max(length(key)) FROM answers")
    assert row == (2, 16)


@pytest.mark.parametrize("size", [0, 1])
def test_nothing_asked_is_nothing_answered(tmp_path, size):
    cached = Cached(Counting(), tmp_path / "c.sqlite")
    assert len(cached.generate(SAY[:size])) == size
