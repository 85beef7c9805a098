"""Answers are saved while they are computed: what Ctrl-C, an error or a kill in the middle of a batch leaves."""

import signal
import subprocess
import sys
import time
from dataclasses import replace

import pytest

from probe.models import saved
from probe.models.cache import Cached
from probe.models.contrastive_input import write_contrasted
from probe.models.saved import SavedAnswers
from probe.models.scrambled import scrambled_loglikelihoods
from probe.models.scripted import Scripted
from probe.seeds import rng_for
from probe.types import Completion, Generation, LogLikelihood, LogProb

ASKED = [
    LogLikelihood(f"Review: {number} stars.\nSentiment:", word) for number in range(24) for word in (" yes", " no")
]
WRITTEN = [Generation(f"{number} and {number}", stop=(" ",), max_new_tokens=24) for number in range(12)]


def num_saved(path):
    """Return how many answers a file holds, as another process reads them."""
    import sqlite3

    return sqlite3.connect(path).execute("SELECT count(*) FROM answers").fetchone()[0]


def stopping_at(engine, num, monkeypatch):
    """Have an engine be stopped by Ctrl-C in its forward pass of a number, from 1; return what it told before."""
    passes, told = iter(range(1, 10**6)), []
    honest, tell = engine._forward, engine.tell

    def forward(batch):
        if next(passes) == num:
            raise KeyboardInterrupt
        return honest(batch)

    monkeypatch.setattr(engine, "_forward", forward)
    monkeypatch.setattr(engine, "tell", lambda asked, answers: (told.extend(asked), tell(asked, answers)))
    return told


def test_ctrl_c_in_a_batch_of_scores_keeps_every_forward_pass_before_it(make_engine, tmp_path, monkeypatch):
    whole = make_engine(token_budget=64).loglikelihoods(ASKED)
    engine, path = make_engine(token_budget=64), tmp_path / "c.sqlite"
    told = stopping_at(engine, 3, monkeypatch)
    with pytest.raises(KeyboardInterrupt):
        Cached(engine, path).loglikelihoods(ASKED)
    assert 0 < len(told) < len(ASKED)
    assert num_saved(path) == len(told)
    resumed = Cached(fresh := make_engine(token_budget=64), path)
    answers = resumed.loglikelihoods(ASKED)
    assert resumed.hits == len(told)
    assert fresh.usage.unique_requests == len(ASKED) - len(told), "what is kept is not computed again"
    assert [one.value for one in answers] == pytest.approx([one.value for one in whole], abs=1e-5)
    assert [(one.is_greedy, one.num_tokens) for one in answers] == [(one.is_greedy, one.num_tokens) for one in whole]


def scrambled_of(model):
    groups = [[LogLikelihood(f"Review: {n} stars.\nSentiment:", word) for word in (" yes", " no")] for n in range(12)]
    return scrambled_loglikelihoods(model, groups, [[rng_for(n, copy) for copy in range(2)] for n in range(12)])


def contrasted_of(model):
    texts = [replace(one, context=f"{one.context} or {number}") for number, one in enumerate(WRITTEN)]
    return write_contrasted(model, list(zip(texts, WRITTEN, strict=True)), degree=1.0)


@pytest.mark.parametrize(("asked_of", "computes"), [(scrambled_of, "_forward"), (contrasted_of, "told")])
def test_what_is_no_plain_request_is_saved_on_the_way_too(asked_of, computes, make_engine, tmp_path, monkeypatch):
    whole = asked_of(make_engine(token_budget=128))
    engine, path = make_engine(token_budget=128), tmp_path / "c.sqlite"
    if computes == "_forward":
        told = stopping_at(engine, 3, monkeypatch)
    else:
        told, tell = [], engine.tell

        def stopping(asked, answers):
            tell(asked, answers)
            told.extend(asked)
            if len(told) == 5:
                raise KeyboardInterrupt

        monkeypatch.setattr(engine, "tell", stopping)
    with pytest.raises(KeyboardInterrupt):
        asked_of(Cached(engine, path))
    assert 0 < len(told) == num_saved(path)
    resumed = Cached(fresh := make_engine(token_budget=128), path)
    new = []
    monkeypatch.setattr(fresh, "tell", lambda asked, answers: new.extend(asked))
    found = asked_of(resumed)
    assert resumed.hits == len(told) and new and not set(new) & set(told)
    if asked_of is contrasted_of:
        assert [one.text for one in found] == [one.text for one in whole]
    else:
        values = [[one.value for group in some for copy in group for one in copy] for some in (found, whole)]
        assert values[0] == pytest.approx(values[1], abs=1e-5)
    asked_of(again := Cached(make_engine(token_budget=128), path))
    assert again.hits == resumed.hits + len(new) and again.usage.unique_requests == 0
    before = num_saved(path)
    write_contrasted(again, [(WRITTEN[0], WRITTEN[1])], degree=2.0)
    write_contrasted(again, [(WRITTEN[0], WRITTEN[1])], degree=3.0)
    assert num_saved(path) == before + 2, "another degree is another request"


def test_what_an_engine_tells_is_what_it_returns(make_engine):
    engine, told = make_engine(token_budget=64), {}
    engine.on_answers = lambda asked, answers: told.update(zip(asked, answers, strict=True))
    assert engine.loglikelihoods(ASKED) == [told[one] for one in ASKED]
    assert engine.generate(WRITTEN) == [told[one] for one in WRITTEN]


def test_an_answer_is_saved_when_its_text_ends_while_others_of_its_batch_are_written(
    make_engine, tmp_path, monkeypatch
):
    engine, path = make_engine(), tmp_path / "c.sqlite"
    whole = make_engine().generate(WRITTEN)
    lengths = sorted({one.num_tokens for one in whole})
    assert len(lengths) > 1, "all texts are as long, so this tests nothing"
    tell = engine.tell

    def tell_once(asked, answers):
        tell(asked, answers)
        raise KeyboardInterrupt  # while the longer texts of the batch are not done

    monkeypatch.setattr(engine, "tell", tell_once)
    with pytest.raises(KeyboardInterrupt):
        Cached(engine, path).generate(WRITTEN)
    assert num_saved(path) == 1
    resumed = Cached(make_engine(), path)
    again = resumed.generate(WRITTEN)
    assert resumed.hits == 1
    assert [one.text for one in again] == [one.text for one in whole]


def test_a_score_that_is_no_number_is_not_told_and_not_saved(make_engine, make_model, tmp_path, monkeypatch):
    import torch

    model = make_model("llama")
    with torch.no_grad():
        model.lm_head.weight[5:].fill_(float("nan"))
    cached = Cached(make_engine(model=model), tmp_path / "c.sqlite")
    cached.loglikelihoods(ASKED[:4])
    assert cached.saved.num_written == num_saved(tmp_path / "c.sqlite") == 0


@pytest.mark.parametrize("is_written", [False, True])
def test_a_model_that_tells_nothing_is_asked_in_parts_that_grow(tmp_path, is_written):
    asked, stops = [], [1237]

    def answer(request):
        if len(asked) in stops:
            raise KeyboardInterrupt
        asked.append(request)
        return "yes" if is_written else -1.0

    model = Scripted(prefers=answer, says=answer, fingerprint="stopped")
    kind = Generation if is_written else (lambda text: LogLikelihood(text, " yes"))
    requests = [kind(f"item {number}") for number in range(1995)]
    cached = Cached(model, tmp_path / "c.sqlite")
    with pytest.raises(KeyboardInterrupt):
        (cached.generate if is_written else cached.loglikelihoods)(requests)
    kept = num_saved(tmp_path / "c.sqlite")
    assert kept == cached.saved.num_written > 200, "the part that was asked is lost, not those before it"
    asked, stops = [], []
    answers = (cached.generate if is_written else cached.loglikelihoods)(requests)
    expected = Completion("yes", 0.0, 1) if is_written else LogProb(-1.0, is_greedy=False)
    assert answers == [expected] * len(requests)
    assert len(asked) == len(requests) - kept


def test_a_slow_model_that_tells_nothing_is_asked_for_two_seconds_at_a_time(tmp_path, monkeypatch):
    clock = [0.0]
    monkeypatch.setattr("probe.models.cache.time.monotonic", lambda: clock[0])

    def prefers(request):
        clock[0] += 0.5
        return -1.0

    sizes = []
    cached = Cached(Scripted(prefers=prefers, fingerprint="slow"), tmp_path / "c.sqlite")
    ask = cached.inner.loglikelihoods
    monkeypatch.setattr(
        cached.inner, "loglikelihoods", lambda new, progress: (sizes.append(len(new)), ask(new, progress=progress))[1]
    )
    told = []
    cached.loglikelihoods(ASKED, progress=lambda done, of: told.append((done, of)))
    assert max(sizes) <= 4 and sum(sizes) == len(ASKED)
    assert told[-1] == (len(ASKED), len(ASKED)) and told == sorted(told)


def test_what_waits_is_written_after_a_while_though_nothing_else_comes(tmp_path, monkeypatch):
    monkeypatch.setattr(saved, "SECONDS", 0.05)
    answers = SavedAnswers(tmp_path / "c.sqlite")
    answers.add([(b"a", (1.0, 0, 1, None))])
    assert num_saved(answers.path) == 0, "nothing is written while the model computes"
    until = time.monotonic() + 10
    while not num_saved(answers.path) and time.monotonic() < until:
        time.sleep(0.01)
    assert num_saved(answers.path) == answers.num_written == 1


def test_ctrl_c_while_answers_are_written_loses_none(tmp_path):
    answers = SavedAnswers(tmp_path / "c.sqlite")
    answers.add([(bytes([number]), (1.0, 0, 1, None)) for number in range(9)])
    answers._db.execute("BEGIN")  # what Ctrl-C leaves between the first statement and the last
    answers._db.execute("INSERT INTO answers VALUES (x'07', 2.0, 0, 1, NULL)")
    answers.flush()
    assert num_saved(answers.path) == answers.num_written == 9
    assert answers.get(bytes([7])) == (1.0, 0, 1, None)


@pytest.mark.parametrize("waits", ["while answers wait no longer than a moment", "while they wait for a minute"])
def test_a_kill_in_the_middle_of_a_call_loses_what_waits_and_the_part_that_is_asked(tmp_path, waits):
    path = tmp_path / "c.sqlite"
    code = (
        "import os, signal, sys, time; from pathlib import Path\n"
        "from probe.models import saved; saved.SECONDS = float(sys.argv[2])\n"
        "from probe.models.cache import Cached; from probe.models.scripted import Scripted\n"
        "from probe.types import LogLikelihood\n"
        "def prefers(request):\n"
        "    if request.context == 'item 30': time.sleep(0.2); os.kill(os.getpid(), signal.SIGKILL)\n"
        "    return -1.0\n"
        "cached = Cached(Scripted(prefers=prefers, fingerprint='killed'), Path(sys.argv[1]))\n"
        "cached.loglikelihoods([LogLikelihood(f'before {n}', 'x') for n in range(3)])\n"
        "cached.loglikelihoods([LogLikelihood(f'item {n}', 'x') for n in range(99)])"
    )
    done = subprocess.run([sys.executable, "-c", code, str(path), "0.02" if "moment" in waits else "60"], check=False)
    assert done.returncode == -signal.SIGKILL
    # A call that ends leaves nothing that waits: 3. Then parts of 4, 16 and, with the kill in it, 64 requests.
    assert num_saved(path) == (3 + 4 + 16 if "moment" in waits else 3)
