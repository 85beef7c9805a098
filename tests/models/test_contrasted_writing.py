"""Contrastive input decoding: the token score in closed form, and texts as a plain loop over whole prompts writes them."""

import math

import pytest
import torch

from probe.models.contrastive_input import contrasted, write_contrasted
from probe.types import Generation

OWN = "Review: A joy from start to end.\nSentiment:"
OTHER = "Say whether the review is positive or negative.\nReview - A joy -- Sentiment -"
THIRD = "Question: which of these is larger?"
INF = math.inf


def pair(own=OWN, other=OTHER, **changes):
    settings = {"stop": (), "max_new_tokens": 6} | changes
    return Generation(own, **settings), Generation(other, **settings)


def logits(*probabilities):
    return torch.tensor([probabilities], dtype=torch.float64).log()


def test_the_score_is_that_of_the_formula_on_four_tokens():
    own, other = logits(0.50, 0.30, 0.16, 0.04), logits(0.25, 0.60, 0.05, 0.10)
    for degree, expected in [
        # p^(1 + s) / p'^s, but for tokens under a tenth of .50
        (0, [0.50, 0.30, 0.16, 0]),
        (1, [0.25 / 0.25, 0.09 / 0.60, 0.0256 / 0.05, 0]),
        (2, [0.125 / 0.0625, 0.027 / 0.36, 0.004096 / 0.0025, 0]),
        (3, [0.0625 / 0.015625, 0.0081 / 0.216, 0.16**4 / 0.05**3, 0]),
    ]:
        found = contrasted(own, other, degree=degree)[0].exp().tolist()
        assert found == pytest.approx(expected)
    assert [int(contrasted(own, other, degree=s).argmax()) for s in (0, 1, 2, 3)] == [0, 0, 0, 2]
    assert contrasted(own, other, degree=0, plausible=0.05)[0, 3] == own[0, 3]


def test_what_the_other_prompt_makes_impossible_wins_and_is_no_number_problem_at_degree_0():
    own, other = logits(0.5, 0.5), logits(1.0, 0.0)
    assert contrasted(own, other, degree=1)[0].tolist() == [pytest.approx(math.log(0.25)), INF]
    assert contrasted(own, other, degree=0).equal(own)


def test_degree_0_orders_logits_that_only_their_last_digit_tells_apart():
    own = torch.zeros(1, 100)
    own[0, 1] = 1e-8
    assert len(set(own.log_softmax(-1)[0].tolist())) == 1
    assert contrasted(own, own, degree=0).argmax() == 1


@pytest.mark.parametrize("architecture", ["llama", "bloom", "mamba"])
def test_with_degree_0_it_is_plain_greedy_decoding(architecture, make_engine):
    engine = make_engine(architecture)
    pairs = [pair(), pair(THIRD, OWN), pair(OTHER, THIRD, stop=("e",)), pair(OWN, max_new_tokens=3)]
    plain = engine.generate([own for own, _ in pairs])
    for found, expected in zip(write_contrasted(engine, pairs, degree=0), plain, strict=True):
        assert found.text == expected.text and found.num_tokens == expected.num_tokens
        assert (found.is_truncated, found.is_tied) == (expected.is_truncated, expected.is_tied)
        assert found.mean_logprob == pytest.approx(expected.mean_logprob, abs=1e-5)


def test_a_text_is_written_as_a_loop_over_both_whole_prompts_writes_it(make_engine):
    engine = make_engine()
    texts = {}
    for degree in (0, 1, 4):
        own, other = (engine.encoder.encode_contexts([one])[0] for one in pair())
        written, logprobs = [], []
        for _ in range(6):
            with torch.inference_mode():
                after = [engine.model(torch.tensor([ids + written])).logits[0, -1:].double() for ids in (own, other)]
            p, q = (one.log_softmax(-1)[0] for one in after)
            score = p + degree * (p - q)
            score[p < p.max() + math.log(0.1)] = -INF
            written.append(int(score.argmax()))
            logprobs.append(float(p[written[-1]]))
        [found] = write_contrasted(engine, [pair()], degree=degree)
        texts[degree] = found.text
        assert found.text == engine.encoder.tokenizer.decode(written, skip_special_tokens=True)
        assert found.mean_logprob == pytest.approx(sum(logprobs) / 6, abs=1e-4)
    assert len(set(texts.values())) > 1


def test_two_equal_prompts_are_never_contrasted(make_engine):
    engine = make_engine()
    [plain] = engine.generate([pair()[0]])
    assert write_contrasted(engine, [pair(OWN, OWN)], degree=4)[0].text == plain.text


def test_a_pair_is_written_alike_alone_and_among_others(make_engine):
    engine = make_engine(token_budget=120)
    pairs = [pair(), pair(THIRD, OWN), pair(OWN, THIRD), pair(OTHER, OWN, stop=("e",))]
    together = [text.text for text in write_contrasted(engine, pairs, degree=2)]
    assert together == [write_contrasted(engine, [one], degree=2)[0].text for one in pairs]
    assert len(set(together)) > 2


def test_a_negative_degree_is_an_error(make_engine):
    with pytest.raises(ValueError, match="below 0 the second prompt would be favoured"):
        write_contrasted(make_engine(), [pair()], degree=-1)
