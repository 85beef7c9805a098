"""Models without a preference, whatever the batch and the normalisation: ties, not the luck of rounding."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from probe.evaluation.asking import answer
from probe.evaluation.faults import Faults
from probe.evaluation.variants import original_of
from probe.models.cache import Cached
from probe.types import Field, Generation, Item, LogLikelihood, Prompt, Suite

CHOICES = ("fox", "dog", "box", "joy")
TEXTS = ("A joy from start to end.", "Two hours that I shall not get back.", "ok", "The quick brown fox jumps.")
OPTIONS = [{}, {"batch_size": 1}, {"token_budget": 40}, {"token_budget": 1}]


def suite_of(choices, normalisation):
    items = tuple(
        Item(f"i{n}", Prompt("Say.", (Field("Text", text),), choices), choices[0]) for n, text in enumerate(TEXTS)
    )
    return Suite("toy", "1", "", items, normalisation=normalisation)


@pytest.fixture
def flat(make_model):
    """Return a function that makes a model to which all tokens are as likely."""

    def make(how, architecture="llama"):
        model = make_model(architecture)
        with torch.no_grad():
            if how in ("zeros", "rounding"):
                model.lm_head.weight.zero_()
            else:  # equal up to the rounding of a matrix product
                model.lm_head.weight.copy_(model.lm_head.weight[:1].expand_as(model.lm_head.weight).clone())
        if how == "rounding":  # as much as another batch or another place in the product changes
            generator = torch.Generator().manual_seed(3)
            model.lm_head.register_forward_hook(
                lambda module, args, logits: logits + 3e-6 * torch.randn(logits.shape, generator=generator)
            )
        return model

    return make


def equally_long(tokenizer):
    """Return four words that are as many tokens after a space."""
    sizes = {}
    for word in ("fox", "dog", "box", "joy", "cat", "cow", "hen", "owl", "elk", "ant", "bee", "ape"):
        sizes.setdefault(len(tokenizer.encode(" " + word)), []).append(word)
    return tuple(max(sizes.values(), key=len)[:4])


@pytest.mark.parametrize("how", ["zeros", "equal rows", "rounding"])
@pytest.mark.parametrize("options", OPTIONS, ids=str)
@pytest.mark.parametrize("normalisation", ["none", "characters", "bytes", "unconditional"])
def test_choices_that_are_as_likely_are_tied(how, options, normalisation, flat, make_engine, tokenizer):
    suite = suite_of(equally_long(tokenizer), normalisation)
    assert len(suite.items[0].prompt.choices) >= 2
    engine = make_engine(model=flat(how), **options)
    scores = answer(engine, [original_of(item) for item in suite.items], suite)
    assert [one.reading for one in scores] == ["tie"] * len(TEXTS)


@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_a_model_with_preferences_has_the_same_answers_and_no_ties(options, make_engine, tokenizer):
    suite = suite_of(equally_long(tokenizer), "none")
    asked = [original_of(item) for item in suite.items]
    scores = answer(make_engine(**options), asked, suite)
    assert {one.reading for one in scores} == {"ranked"}
    assert [one.prediction for one in scores] == [one.prediction for one in answer(make_engine(), asked, suite)]


def test_a_small_preference_is_an_answer(flat, make_engine, tokenizer):
    model = flat("equal rows")
    suite = suite_of(equally_long(tokenizer), "none")
    liked = suite.items[0].prompt.choices[2]
    model.lm_head.register_forward_hook(
        lambda module, args, logits: logits.index_add(
            -1, torch.tensor(tokenizer.encode(" " + liked)[-1:]), torch.full((*logits.shape[:-1], 1), 1e-2)
        )
    )
    scores = answer(make_engine(model=model), [original_of(item) for item in suite.items], suite)
    assert {one.prediction for one in scores} == {liked}


def test_choices_with_the_same_tokens_are_named(make_tokenizer, make_engine, caplog):
    tokenizer = make_tokenizer()
    engine = make_engine(tokenizer=tokenizer)
    asked = [LogLikelihood("Say:", " caf\u00e9"), LogLikelihood("Say:", " cafe\u0301")]
    from tokenizers import normalizers

    tokenizer.backend_tokenizer.normalizer = normalizers.NFC()
    one, other = engine.loglikelihoods(asked)
    assert one == other
    assert "have the same tokens" in caplog.text
    caplog.clear()
    engine.loglikelihoods(
        [LogLikelihood("Say:", " fox"), LogLikelihood("Say:", " dog"), LogLikelihood("Tell:", " fox")]
    )
    assert "the same tokens" not in caplog.text


def test_half_precision_ties_where_its_steps_say_so(flat, make_engine, tokenizer):
    suite = replace(suite_of(equally_long(tokenizer), "none"), normalisation="none")
    scores = answer(make_engine(model=flat("zeros").bfloat16()), [original_of(item) for item in suite.items], suite)
    assert {one.reading for one in scores} == {"tie"}


WRITTEN = [Generation(f"Text: {text}\nSay:", ("\n",), 6) for text in TEXTS]


@pytest.mark.parametrize("how", ["zeros", "equal rows", "rounding"])
@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_a_text_whose_tokens_are_all_as_likely_is_tied(how, options, flat, make_engine):
    assert all(one.is_tied for one in make_engine(model=flat(how), **options).generate(WRITTEN))
    assert not any(one.is_tied for one in make_engine(**options).generate(WRITTEN))


def liking(model, tokenizer, *texts, by=1.0):
    """Make a model like the first tokens of some texts, all by as much."""
    tokens = torch.tensor([tokenizer.encode(text)[0] for text in texts])
    model.lm_head.register_forward_hook(lambda module, args, logits: logits.index_fill(-1, tokens, by))
    return model


def test_a_text_is_tied_where_another_token_is_as_likely_and_only_there(flat, make_engine, tokenizer):
    [tied] = make_engine(model=liking(flat("zeros"), tokenizer, "x", "y")).generate(WRITTEN[:1])
    [clear] = make_engine(model=liking(flat("zeros"), tokenizer, "x")).generate(WRITTEN[:1])
    assert (tied.is_tied, clear.is_tied, clear.text) == (True, False, "xxxxxx")


def test_in_half_precision_only_a_model_without_any_preference_is_tied(flat, make_engine, tokenizer):
    def is_tied(model):
        return make_engine(model=model.bfloat16()).generate(WRITTEN[:1])[0].is_tied

    assert is_tied(flat("zeros")) and not is_tied(liking(flat("zeros"), tokenizer, "x", "y"))


def test_tokens_that_may_not_be_written_break_no_tie(flat, make_engine):
    for model in (flat("zeros"), flat("zeros").bfloat16()):
        model.generation_config.suppress_tokens = [0, 1, 2]
        assert make_engine(model=model).generate(WRITTEN[:1])[0].is_tied


def test_a_tied_text_is_no_answer_and_warned_of_also_from_the_cache(flat, make_engine, tmp_path, caplog):
    items = tuple(Item(f"i{n}", Prompt("Say.", (Field("Text", text),)), "!") for n, text in enumerate(TEXTS))
    suite = Suite("free", "1", "", items, stop=("\n",), max_new_tokens=4)
    model = flat("zeros")
    model.generation_config.suppress_tokens = [0, 1, 2]
    for _ in range(2):
        cached, faults = Cached(make_engine(model=model), tmp_path / "c.sqlite"), Faults()
        scores = answer(cached, [original_of(item) for item in items], suite, faults=faults)
        assert {(one.reading, one.correct, one.answer) for one in scores} == {("tie", False, None)}
        caplog.clear()
        faults.report(cached)
        assert "4 of 4 written answers (100.0 %) are ties" in caplog.text and "ranked" not in caplog.text
    assert cached.hits == len(TEXTS)
