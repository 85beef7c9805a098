"""Continuations after scrambled prompts: which tokens are replaced, and that the scores are those of a plain forward pass."""

import numpy as np
import pytest
import torch
from tiny_models import WINDOW

from probe.models import scrambled as module
from probe.models.scrambled import scrambled, scrambled_loglikelihoods
from probe.seeds import rng_for
from probe.types import LogLikelihood

CONTEXT = "Say whether the review is positive or negative.\nReview: A joy from start to end.\nSentiment:"
ANSWERS = (" positive", " negative", " A joy from")


def asked(context=CONTEXT, answers=ANSWERS):
    return [LogLikelihood(context, answer) for answer in answers]


def generators(copies, *key):
    return [rng_for("scrambled", copy, *key) for copy in range(copies)]


@pytest.mark.parametrize(("size", "share", "expected"), [(10, 0.2, 2), (20, 0.2, 4), (3, 0.2, 1), (10, 1.0, 10)])
def test_a_share_of_the_ordinary_tokens_is_replaced_by_ordinary_ones_and_at_least_one(size, share, expected):
    context = np.array([1, 2, *range(100, 100 + size)], dtype=np.int32)
    known = np.arange(100, 1000, dtype=np.int32)
    copies = [scrambled(context, rng_for(n), known=known, share=share) for n in range(60)]
    changed = np.array(copies) != context
    assert not changed[:, :2].any() and changed[:, 2:].any(axis=0).all()
    assert changed.sum(axis=1).max() == expected  # a token may be drawn for itself
    assert set(np.unique(copies)) - {1, 2} <= set(known.tolist()) and max(np.unique(copies)) > 900


def test_where_all_tokens_are_special_none_is_replaced():
    context = np.array([1, 2, 1], dtype=np.int32)
    assert scrambled(context, rng_for(0), known=np.arange(5, 9, dtype=np.int32), share=0.5).tolist() == [1, 2, 1]


def test_scores_are_those_of_a_forward_pass_over_the_replaced_tokens(make_engine, make_tokenizer):
    engine = make_engine(tokenizer=make_tokenizer(adds_bos=True))
    groups = [asked(), asked("Review: A bore.\nSentiment:")]
    rngs = [generators(3, place) for place in range(2)]
    found = scrambled_loglikelihoods(engine, groups, rngs)
    known = module._ordinary_ids(engine)
    assert set(range(420)) - set(known.tolist()) == {0, 1, 2}
    for place, requests in enumerate(groups):
        for copy, rng in enumerate(generators(3, place)):
            context = np.array(engine.encoder.encode_pair(requests[0].context, "")[0], dtype=np.int32)
            replaced = scrambled(context, rng, known=known, share=0.2)
            assert replaced[0] == 1 and (replaced != context).sum() in (round(0.2 * (len(context) - 1)), 1, 4)
            for index, request in enumerate(requests):
                answer = engine.encoder.encode_pair(request.context, request.continuation)[1]
                ids = torch.tensor([[*replaced.tolist(), *answer]])
                with torch.inference_mode():
                    logprobs = engine.model(ids).logits[0].log_softmax(-1)
                plain = sum(float(logprobs[len(context) - 1 + at, token]) for at, token in enumerate(answer))
                assert found[place][copy][index].value == pytest.approx(plain, abs=1e-4)
                assert found[place][copy][index].num_tokens == len(answer)


def test_copies_differ_and_the_same_generators_make_the_same_ones(make_engine):
    engine = make_engine()
    first, again = (scrambled_loglikelihoods(engine, [asked()], [generators(4)]) for _ in range(2))
    assert first == again
    assert len({copy[0].value for copy in first[0]}) == 4


def test_an_empty_continuation_is_certain_and_moves_no_other(make_engine):
    engine = make_engine()
    [with_empty], [without] = (
        scrambled_loglikelihoods(engine, [asked(answers=answers)], [generators(2)])
        for answers in [("", *ANSWERS), ANSWERS]
    )
    for copy, other in zip(with_empty, without, strict=True):
        assert (copy[0].value, copy[0].num_tokens) == (0.0, 0)
        assert [one.value for one in copy[1:]] == pytest.approx([one.value for one in other], abs=1e-5)


def test_continuations_of_unlike_length_see_the_same_copy_of_a_context_that_loses_its_left_end(make_engine):
    engine = make_engine()
    requests = asked(
        "Review: A joy from start to end. " * 12, (" A joy from start to end", " positive", "x" * 2 * WINDOW)
    )
    (long, short, huge), *_ = module._copies(
        engine, requests, generators(1), known=module._ordinary_ids(engine), share=0.2
    )
    spans = [one.span for one in engine.encoder.encode(requests)]
    assert [len(span.tokens) for span in spans] == [WINDOW + 1] * 3
    assert long.first_scored < short.first_scored
    assert (
        long.tokens[: long.first_scored].tolist() == short.tokens[: short.first_scored][-long.first_scored :].tolist()
    )
    assert short.tokens.tolist() != spans[1].tokens.tolist()
    assert huge.tokens.tolist() == spans[2].tokens.tolist()  # its continuation fills the window: no context is left
