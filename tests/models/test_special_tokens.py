"""Tokens that are no text: as stop strings, at the end of what a tokenizer encodes, beyond a model's table."""

from __future__ import annotations

import pytest
import torch

from probe.errors import ModelError
from probe.models.encoding import Encoder
from probe.models.representation import last_states
from probe.types import Generation, LogLikelihood

ADDED = ["<|im_end|>", "<|endoftext|>", "[THINK]", "[/THINK]", "<|channel|>"]


@pytest.fixture
def make_writer(make_tokenizer, make_model, make_engine):
    """Return a function that makes an engine which writes the given pieces after any prompt, token by token."""

    def make(*pieces, **options):
        tokenizer = make_tokenizer()
        tokenizer.add_special_tokens({"additional_special_tokens": ADDED})
        written = [token for piece in pieces for token in tokenizer.encode(piece, add_special_tokens=False)]
        model = make_model("llama", vocab_size=len(tokenizer))
        engine = make_engine(tokenizer=tokenizer, model=model, **options)
        prompts = {len(ids): ids for ids in engine.encoder.encode_contexts([Generation("Say it.")])}
        [size] = prompts

        def write(module, args, logits):
            # the last position of a padded row: prompts here are of one length, so what was written is what is beyond it
            place = positions.pop(0) if positions else 0
            forced = torch.full_like(logits, -50.0)
            forced[..., written[min(place, len(written) - 1)]] = 50.0
            return forced

        positions = list(range(1000))
        model.lm_head.register_forward_hook(write)
        assert size
        return engine

    return make


@pytest.mark.parametrize(
    ("pieces", "stops", "text"),
    [
        ((" Paris", "<|im_end|>", " Rome"), ("<|im_end|>",), " Paris"),
        ((" Paris", "<|im_end|>", "\n"), ("<|im_end|>\n",), " Paris"),
        ((" Paris", "\n", "<|im_end|>"), ("\n<|im_end|>",), " Paris"),
        ((" Paris", ".", "<|im_end|>"), ("is.<|im_end|>",), " Par"),
        ((" Paris", "<|endoftext|>", " Rome"), ("\n", "<|endoftext|>"), " Paris"),
        (("<|im_end|>", " Paris"), ("<|im_end|>",), ""),
        ((" Paris", "<s>", " Rome"), ("<s>",), " Paris"),
        ((" Paris", "</s>", " Rome"), ("</s>",), " Paris"),
        ((" Paris", "</s>", " Rome"), (), " Paris"),
        # controls: a special token that is no stop string is left out; an ordinary stop string ends as ever
        ((" Paris", "<|im_end|>", " Rome", "\n", " x"), ("\n",), " Paris Rome"),
        ((" Paris", "\n", "<|im_end|>"), ("\n", "<|im_end|>"), " Paris"),
        ((" Paris", " Rome", "</s>"), ("<|im_end|>",), " Paris Rome"),
    ],
)
def test_a_stop_string_that_is_or_holds_a_special_token_ends_the_answer(pieces, stops, text, make_writer):
    [answer] = make_writer(*pieces).generate([Generation("Say it.", stops, 24)])
    assert answer.text == text
    assert not answer.is_truncated


def test_what_comes_before_a_special_stop_string_is_what_counts(make_writer):
    engine = make_writer(" Paris", "<|im_end|>", " Rome")
    [answer] = engine.generate([Generation("Say it.", ("<|im_end|>",), 24)])
    assert answer.num_tokens == len(engine.encoder.tokenizer.encode(" Paris")) + 1


@pytest.mark.parametrize(
    ("pieces", "text"),
    [
        (("[THINK]", "Well, Paris", "[/THINK]", "Paris", "</s>"), "[THINK]Well, Paris[/THINK]Paris"),
        (("[THINK]", "[/THINK]", "Paris", "</s>"), "Paris"),
        (("Paris", "<|im_end|>", "</s>"), "Paris"),
        (("<|channel|>", "analysis", " Well", "</s>"), "<|channel|>analysis Well"),
    ],
)
def test_marks_of_thinking_that_are_special_tokens_stay_in_the_text(pieces, text, make_writer):
    [answer] = make_writer(*pieces).generate([Generation("Say it.", (), 40)])
    assert answer.text == text


@pytest.fixture
def make_ending(make_tokenizer):
    """Return a function that makes a tokenizer which puts special tokens around a text."""
    from tokenizers import processors

    def make(single):
        tokenizer = make_tokenizer()
        tokenizer.backend_tokenizer.post_processor = processors.TemplateProcessing(
            single=single, special_tokens=[("<s>", 1), ("</s>", 2)]
        )
        return tokenizer

    return make


PAIRS = [("The quick brown fox", " jumps"), ("Caf\u00e9 ", "\u00fcber"), ("", " fox"), ("ends in </s>", " ok")]


@pytest.mark.parametrize(
    ("single", "same"), [("$A </s>", "$A"), ("<s> $A </s>", "<s> $A"), ("<s> $A </s> </s>", "<s> $A")]
)
def test_an_end_token_that_a_tokenizer_appends_is_in_no_context_and_no_answer(single, same, make_ending, make_engine):
    ending, plain = (Encoder(make_ending(one), max_length=96) for one in (single, same))
    for pair in PAIRS:
        assert ending.encode_pair(*pair) == plain.encode_pair(*pair)
    assert ending.encode_pair(*PAIRS[0])[1]
    contexts = [Generation(context) for context, _ in PAIRS]
    assert ending.encode_contexts(contexts) == plain.encode_contexts(contexts)
    requests = [LogLikelihood(*pair) for pair in PAIRS]
    one, other = (make_engine(tokenizer=make_ending(form)).loglikelihoods(requests) for form in (single, same))
    assert one == other


def test_a_template_that_begins_as_the_tokenizer_does_begins_once(make_ending):
    tokenizer = make_ending("<s> $A")
    tokenizer.bos_token = None  # what it puts in front is not what it calls the beginning
    encoder = Encoder(tokenizer, max_length=96)
    assert encoder.encode_contexts([Generation("<s>user: hi")])[0].count(1) == 1
    assert encoder.encode_contexts([Generation("user: hi")])[0].count(1) == 1


@pytest.fixture
def large(make_tokenizer, make_engine):
    """Return an engine whose tokenizer has a token that the model has not."""
    tokenizer = make_tokenizer()
    tokenizer.add_tokens(["<new>"])
    return make_engine(tokenizer=tokenizer)


@pytest.mark.parametrize(
    "ask",
    [
        lambda engine: engine.loglikelihoods([LogLikelihood("The <new> fox", " jumps")]),
        lambda engine: engine.loglikelihoods([LogLikelihood("The fox", " <new>")]),
        lambda engine: engine.generate([Generation("The <new> fox")]),
        lambda engine: last_states(engine, ["The <new> fox"]),
    ],
)
def test_a_token_beyond_the_models_table_is_named(ask, large):
    with pytest.raises(ModelError, match=r"token 420 \('<new>'\).*420 tokens") as raised:
        ask(large)
    assert "--tokenizer" in raised.value.hint


def test_a_tokenizer_with_more_tokens_than_the_model_answers_what_needs_none_of_them(large, make_engine):
    asked = [LogLikelihood("The quick", " fox")]
    assert large.loglikelihoods(asked) == make_engine().loglikelihoods(asked)


def test_a_template_that_opens_a_block_of_thinking_is_seen(make_tokenizer, make_engine):
    tokenizer = make_tokenizer(chat=True)
    plain = make_engine(tokenizer=tokenizer, chat_template=True)
    assert plain.opens_thinking == ""
    thinking = make_tokenizer(chat=True)
    thinking.chat_template += "{% if add_generation_prompt %}<think>\n{% endif %}"
    assert make_engine(tokenizer=thinking, chat_template=True).opens_thinking == "<think>"
    assert make_engine(tokenizer=thinking).opens_thinking == ""
    refusing = make_tokenizer(chat=True)
    refusing.chat_template = "{{ raise_exception('no') }}"
    assert make_engine(tokenizer=refusing, chat_template=True).opens_thinking == ""
