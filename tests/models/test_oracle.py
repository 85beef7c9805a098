"""What the engine computes equals what lm-eval computes."""

from __future__ import annotations

import pytest

from probe.types import Generation, LogLikelihood

ARCHITECTURES = ("llama", "gpt2", "gpt-neox", "qwen2", "qwen3", "gemma2", "gemma3", "mistral", "bloom", "mamba")
FALLING_BACK = {"bloom", "mamba"}

SHOTS = "Review: A joy from start to end.\nSentiment: positive\n\nReview: A bore.\nSentiment: negative\n\n"
LONG = "Question: which of these is larger? a mouse, a house, or the lazy dog? " * 6
PAIRS = [
    *((SHOTS + f"Review: {text}\nSentiment:", label) for text in ("Fine.", "A bore.") for label in (" good", " bad")),
    ("The quick brown fox", " jumps over the lazy dog"),
    ("The quick brown fox ", "jumps"),
    ("The quick brown fox \n\n", "jumps"),
    ("The quick brown fox", "\njumps"),
    ("Caf\u00e9 na\u00efve", " \u00fcber"),
    ("Caf\u00e9 na\u00efve \U0001f600", "\U0001f680\U0001f680 ok"),
    ("", "The quick brown"),
    ("", " fox"),
    ("<s>The quick", " fox"),
    (LONG, " a house"),
    (LONG + "Answer:", " (B)"),
    (LONG, " the lazy dog jumps over the quick brown fox, doesn't it?"),
    ("The quick brown fox", " jumps over the lazy dog"),
    ("a", "b"),
]


def as_instances(kind, arguments):
    from lm_eval.api.instance import Instance

    return [Instance(request_type=kind, doc={}, arguments=pair, idx=0) for pair in arguments]


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_loglikelihoods_agree_with_lm_eval(architecture, make_engine, make_hflm, tokenizer):
    engine = make_engine(architecture)
    ours = engine.loglikelihoods([LogLikelihood(*pair) for pair in PAIRS])
    theirs = make_hflm(engine.model, tokenizer).loglikelihood(as_instances("loglikelihood", PAIRS), disable_tqdm=True)
    assert engine.usage.path == ("padded" if architecture in FALLING_BACK else "trie"), engine.why_padded
    assert [answer.value for answer in ours] == pytest.approx([value for value, _ in theirs], abs=1e-4)
    assert [answer.is_greedy for answer in ours] == [is_greedy for _, is_greedy in theirs]


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_greedy_generations_agree_with_lm_eval(architecture, make_engine, make_hflm, tokenizer):
    engine = make_engine(architecture)
    contexts = [SHOTS + "Review: Fine.\nSentiment:", "The quick brown fox", "Caf\u00e9 \U0001f600", LONG, "a", "<s>a b"]
    stops = ("\n", "e", " the")
    ours = engine.generate([Generation(context, stops, 12) for context in contexts])
    hflm = make_hflm(engine.model, tokenizer)
    arguments = [(context, {"until": list(stops), "max_gen_toks": 12, "do_sample": False}) for context in contexts]
    theirs = [hflm.generate_until(as_instances("generate_until", [one]), disable_tqdm=True)[0] for one in arguments]
    assert [completion.text for completion in ours] == theirs


@pytest.mark.parametrize("adds_bos", [False, True])
@pytest.mark.parametrize("add_bos_token", [None, False, True])
def test_special_tokens_are_added_as_lm_eval_adds_them(adds_bos, add_bos_token, make_tokenizer, make_hflm, make_model):
    from probe.models.encoding import Encoder

    tokenizer = make_tokenizer(adds_bos=adds_bos)
    ours = Encoder(tokenizer, max_length=96, add_bos_token=add_bos_token)
    theirs = make_hflm(make_model("llama"), tokenizer, add_bos_token=add_bos_token)
    for context, continuation in PAIRS:
        if context:
            assert ours.encode_pair(context, continuation) == theirs._encode_pair(context, continuation)


def test_a_tokenizer_without_padding_token_is_no_hindrance(make_tokenizer, make_engine, make_hflm):
    tokenizer = make_tokenizer(pad=False, bos=False)
    engine = make_engine("gpt2", tokenizer=tokenizer)
    ours = engine.loglikelihoods([LogLikelihood(*pair) for pair in PAIRS])
    texts = engine.generate([Generation("The quick", (".",), 6), Generation("The quick brown fox jumps", (".",), 6)])
    hflm = make_hflm(engine.model, tokenizer)
    theirs = hflm.loglikelihood(as_instances("loglikelihood", PAIRS), disable_tqdm=True)
    assert [answer.value for answer in ours] == pytest.approx([value for value, _ in theirs], abs=1e-4)
    assert len(texts) == 2


@pytest.mark.filterwarnings("ignore:.*is_gradient_checkpointing")
def test_scores_under_an_adapter_agree_with_lm_eval(make_model, make_engine, make_hflm, tokenizer):
    import torch
    from peft import LoraConfig, get_peft_model

    plain = [answer.value for answer in make_engine("llama").loglikelihoods([LogLikelihood(*pair) for pair in PAIRS])]
    torch.manual_seed(1)
    config = LoraConfig(r=4, target_modules=["q_proj", "v_proj"], init_lora_weights=False, task_type="CAUSAL_LM")
    engine = make_engine(model=get_peft_model(make_model("llama"), config).eval())
    ours = engine.loglikelihoods([LogLikelihood(*pair) for pair in PAIRS])
    theirs = make_hflm(engine.model, tokenizer).loglikelihood(as_instances("loglikelihood", PAIRS), disable_tqdm=True)
    assert engine.usage.path == "trie", engine.why_padded
    assert [answer.value for answer in ours] == pytest.approx([value for value, _ in theirs], abs=1e-4)
    assert max(abs(a.value - b) for a, b in zip(ours, plain, strict=True)) > 0.01
    assert engine.fingerprint != make_engine("llama").fingerprint


@pytest.mark.parametrize("architecture", ["mistral", "gemma2"])
def test_a_long_sliding_window_is_checked_once_it_matters(architecture, make_model, make_engine, make_hflm, tokenizer):
    engine = make_engine(model=make_model(architecture, sliding_window=80))
    assert engine.longest_packed == 80
    pairs = [(LONG, f" {animal}") for animal in ("fox", "dog", "house", "mouse", "ok", "joy", "fine", "quick", "brown")]
    ours = engine.loglikelihoods([LogLikelihood(*pair) for pair in pairs])
    theirs = make_hflm(engine.model, tokenizer).loglikelihood(as_instances("loglikelihood", pairs), disable_tqdm=True)
    assert engine.longest_packed is None
    assert engine.usage.unique_tokens < engine.usage.tokens / 2
    assert [answer.value for answer in ours] == pytest.approx([value for value, _ in theirs], abs=1e-4)


def test_sequences_beyond_a_window_that_cannot_be_packed_are_computed_plainly(make_model, make_engine, monkeypatch):
    from probe.models import trust

    engine = make_engine(model=make_model("mistral", sliding_window=80))
    monkeypatch.setattr(trust, "check", lambda *args, **kwargs: "it was told to fail")
    requests = [LogLikelihood(f"{LONG} {index}", " fox") for index in range(9)]
    ours = [answer.value for answer in engine.loglikelihoods(requests)]
    assert engine.longest_packed == 80
    assert engine.usage.unique_tokens == engine.usage.tokens
    assert ours == pytest.approx(
        [make_engine(model=engine.model).loglikelihoods([r])[0].value for r in requests], abs=1e-4
    )


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(("kind", "path"), [("PromptTuningConfig", "trie"), ("PrefixTuningConfig", "padded")])
def test_virtual_tokens_of_an_adapter_begin_a_row_or_are_scored_in_padded_batches(
    kind, path, make_model, make_engine, make_hflm, tokenizer
):
    import peft
    import torch

    torch.manual_seed(1)
    config = getattr(peft, kind)(task_type="CAUSAL_LM", num_virtual_tokens=5)
    engine = make_engine(model=peft.get_peft_model(make_model("llama"), config).eval())
    pairs = [pair for pair in PAIRS if len(pair[0]) < 100]
    ours = engine.loglikelihoods([LogLikelihood(*pair) for pair in pairs])
    theirs = make_hflm(engine.model, tokenizer).loglikelihood(as_instances("loglikelihood", pairs), disable_tqdm=True)
    assert engine.usage.path == path
    assert [answer.value for answer in ours] == pytest.approx([value for value, _ in theirs], abs=1e-4)
