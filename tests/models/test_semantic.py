"""Models that doubt variants: small ones with random weights, made here."""

import pytest

from probe.api.prepare import validators_of
from probe.api.session import Session
from probe.api.settings import Settings
from probe.errors import ModelError
from probe.evaluation.run import Plan, prepare
from probe.models.saved import SavedAnswers
from probe.models.semantic import Embeddings, Inference, Remembered
from probe.perturb import select
from probe.types import Field, Item, Prompt, Suite
from probe.validity import Reviews, overall_outcome
from probe.validity.models import Validator
from probe.validity.reviews import key_of

WORDS = "say whether it is late or not now then the owl did call decide judge determine text negative positive"
PAIRS = [("it is late", "it is late"), ("it is late", "the owl did call"), ("the owl did call", "it is late")]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Make a tiny BERT with a sentence-transformers model and a classifier around it."""
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer import modules
    from tokenizers import Tokenizer
    from tokenizers.models import WordLevel
    from tokenizers.pre_tokenizers import Whitespace
    from transformers import BertConfig, BertForSequenceClassification, BertModel, PreTrainedTokenizerFast, set_seed

    set_seed(0)
    place = tmp_path_factory.mktemp("semantic")
    vocabulary = {word: index for index, word in enumerate(["[PAD]", "[UNK]", "[CLS]", "[SEP]", *WORDS.split()])}
    inner = Tokenizer(WordLevel(vocabulary, unk_token="[UNK]"))
    inner.pre_tokenizer = Whitespace()
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=inner,
        pad_token="[PAD]",
        unk_token="[UNK]",
        cls_token="[CLS]",
        sep_token="[SEP]",
        model_max_length=64,
    )
    shape = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 16}
    config = BertConfig(vocab_size=len(vocabulary), max_position_embeddings=64, **shape)
    for name, model in (
        ("bert", BertModel(config)),
        (
            "nli",
            BertForSequenceClassification(
                BertConfig(**config.to_diff_dict() | {"id2label": {0: "CONTRADICTION", 1: "ENTAILMENT"}})
            ),
        ),
        ("sentiment", BertForSequenceClassification(config)),
    ):
        model.save_pretrained(place / name)
        tokenizer.save_pretrained(place / name)
    word = modules.Transformer(str(place / "bert"))
    SentenceTransformer(modules=[word, modules.Pooling(16)]).save(str(place / "sentences"))
    return place


def test_a_text_is_nearest_to_itself_and_nearness_has_no_direction(folder):
    same, one, back = Embeddings(str(folder / "sentences")).similarities(PAIRS)
    assert same == pytest.approx(1, abs=1e-5)
    assert one == pytest.approx(back, abs=1e-6)
    assert one < same


def test_entailment_is_asked_both_ways_and_the_lesser_counts(folder):
    import torch
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    asked = Inference(str(folder / "nli")).entailments(PAIRS)
    tokenizer = AutoTokenizer.from_pretrained(folder / "nli")
    model = AutoModelForSequenceClassification.from_pretrained(folder / "nli").eval()
    with torch.inference_mode():
        both = [
            float(model(**tokenizer(*pair, return_tensors="pt")).logits.softmax(-1)[0, 1])
            for pair in (("it is late", "the owl did call"), ("the owl did call", "it is late"))
        ]
    assert asked[1] == pytest.approx(min(both), abs=1e-5)
    assert asked[1] == pytest.approx(asked[2], abs=1e-6)


def test_a_classifier_of_something_else_is_refused(folder):
    with pytest.raises(ModelError, match="none of its labels"):
        Inference(str(folder / "sentiment"))
    with pytest.raises(ModelError, match="cannot be loaded"):
        Inference(str(folder / "nothing"))


def remembered_by(folder, path):
    """Return how near texts are by both models, saved in a file."""
    for kind, model in (
        ("similarities", Embeddings(str(folder / "sentences"))),
        ("entailments", Inference(str(folder / "nli"))),
    ):
        yield Remembered(getattr(model, kind), model.salt, SavedAnswers(path))


def test_values_are_saved_as_they_are_computed_and_found_by_the_next_process(folder, tmp_path, monkeypatch):
    monkeypatch.setattr("probe.models.cache.PART_SECONDS", 0.0)  # parts of one
    plain = [
        Embeddings(str(folder / "sentences")).similarities(PAIRS),
        Inference(str(folder / "nli")).entailments(PAIRS),
    ]
    for one in remembered_by(folder, tmp_path / "c.sqlite"):
        measure, asked = one._measure, []

        def stopping(pairs, measure=measure, asked=asked):
            asked.extend(pairs)
            if len(asked) == 3:
                raise KeyboardInterrupt
            return measure(pairs)

        one._measure = stopping
        with pytest.raises(KeyboardInterrupt):
            one(PAIRS)
    for one, expected in zip(remembered_by(folder, tmp_path / "c.sqlite"), plain, strict=True):
        measure, asked = one._measure, []
        one._measure = lambda pairs, measure=measure, asked=asked: (asked.extend(pairs), measure(pairs))[1]
        assert one(PAIRS) == pytest.approx(expected, abs=1e-6)
        assert asked == PAIRS[2:], "those before the interruption are not asked again"
        assert one(PAIRS) == pytest.approx(expected, abs=1e-6) and len(asked) == 1


def test_another_model_tokenizer_or_label_has_other_values(folder, tmp_path):
    import torch

    one, same = Inference(str(folder / "nli")), Inference(str(folder / "nli"))
    assert one.salt() == same.salt() != Embeddings(str(folder / "sentences")).salt()
    with torch.no_grad():
        same._model.classifier.bias.add_(1)
    assert one.salt() != same.salt()
    other = Inference(str(folder / "nli"))
    other._label = 0
    assert one.salt() != other.salt()
    other._label, other._tokenizer.model_max_length = one._label, 8
    assert one.salt() != other.salt()
    sentences = Embeddings(str(folder / "sentences"))
    before = sentences.salt()
    sentences._model.max_seq_length = 4
    assert sentences.salt() != before


def suite():
    prompt = Prompt("Say whether it is late or not.", (Field("Text", "the owl did call"),), ("yes", "no"))
    return Suite("toy", "1", "", (Item("1", prompt, "yes"), Item("2", prompt, "no")))


def test_models_doubt_and_never_drop(folder):
    plan = Plan(tuple(select(["wording", "format"])), samples=2)
    plain = prepare(suite(), plan)
    settings = Settings(embedding_model=str(folder / "sentences"), embedding_threshold=1.0)
    doubting = prepare(suite(), Plan(plan.perturbations, samples=2, validators=validators_of(settings)))
    assert [v.text for v in doubting.variants] == [v.text for v in plain.variants]
    assert {v.family for v in doubting.variants if v.checks} == {"wording"}, "a format says the same"
    assert sum(doubting.doubted.values()) == sum(bool(v.checks) for v in doubting.variants)


def test_doubts_of_a_session_are_saved_in_its_cache(folder, tmp_path):
    made = {"nli_model": str(folder / "nli"), "nli_threshold": 1.0, "perturb": "wording", "samples": 2}
    for cache, num in ((True, 2), (False, 0)):
        session = Session(**made, cache=cache, out=tmp_path / str(cache))
        prepare(suite(), session.plan())
        assert [one.num_written for one in session.files.caches.values()] == [num] * cache


def test_what_people_accepted_is_not_doubted():
    never = Validator("embedding", lambda pairs: [0.0] * len(pairs), 0.5)
    plan = Plan(tuple(select(["wording"])), samples=1, validators=(never,))
    variants = [v for v in prepare(suite(), plan).variants if v.family == "wording"]
    assert all(v.checks for v in variants)
    reviews = Reviews({key_of(variants[0]): "accept"})
    again = prepare(suite(), Plan(plan.perturbations, samples=1, validators=(never,), reviews=reviews))
    accepted, other = (v for v in again.variants if v.family == "wording")
    assert (overall_outcome(accepted.checks), overall_outcome(other.checks)) == ("accepted", "doubt")
    assert [check.name for check in accepted.checks] == ["review", "embedding"], "what the model doubts is kept"
    assert again.doubted == {(other.perturbation, "embedding"): 1}
    assert again.accepted == {(other.perturbation, "review"): 1, (other.perturbation, "embedding"): 1}
