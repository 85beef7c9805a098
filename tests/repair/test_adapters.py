"""What is trained, saved and loaded again: here by --adapter, elsewhere by peft."""

from __future__ import annotations

import json
import warnings

import pytest
import torch
from peft import PeftModel
from tiny_models import WINDOW
from transformers import AutoModelForCausalLM

from probe.errors import ModelError, UsageError
from probe.models.base_record import FILE
from probe.models.loaders import load_model
from probe.models.options import HuggingFaceOptions
from probe.repair.adapters import layer_at, save, training, tune, untuned
from probe.repair.caching import Accumulator
from probe.repair.precision import Precision
from probe.repair.prepared import prepare
from probe.types import Generation, LogLikelihood

REQUESTS = [
    LogLikelihood(f"Review: {text}\nSentiment:", answer)
    for text in ("Fine.", "A bore.")
    for answer in (" positive", " no")
]
LONG = LogLikelihood("Two hours that I shall not get back. " * 9, " negative")


@pytest.fixture(scope="module")
def folders(tmp_path_factory, make_model, tokenizer):
    """Return a function that gives the folder of a tiny model, written once."""
    written = {}

    def folder(architecture):
        if architecture not in written:
            path = tmp_path_factory.mktemp(architecture)
            make_model(architecture).save_pretrained(path)
            tokenizer.save_pretrained(path)
            written[architecture] = path
        return written[architecture]

    return folder


def loaded(folder, adapter=None):
    return load_model(
        f"hf:{folder}", HuggingFaceOptions(device="cpu", adapter=None if adapter is None else str(adapter))
    )


def shaken(tuned):
    """Move what is trained, as training does."""
    with torch.no_grad():
        for one in tuned.parameters:
            one.add_(0.1 * torch.sin(torch.arange(one.numel())).view_as(one))
    return tuned


def values(engine, requests=REQUESTS):
    return [answer.value for answer in engine.loglikelihoods(requests)]


def plain_values(model, engine, requests=REQUESTS):
    """Return the log-probabilities by the model's own forward pass, one sequence at a time."""
    found = []
    for one in engine.encoder.encode(requests):
        tokens = torch.tensor(one.span.tokens.astype("int64"))
        with torch.no_grad():
            logits = model(input_ids=tokens[None, :-1]).logits[0, -(len(tokens) - 1) :].float().log_softmax(-1)
        found.append(float(logits[one.span.first_scored - 1 :].gather(1, tokens[one.span.first_scored :, None]).sum()))
    return found


@pytest.mark.parametrize("tuning", ["lora", "soft-prompt"])
@pytest.mark.parametrize("architecture", ["llama", "gpt2"])
def test_an_adapter_loads_here_and_elsewhere(architecture, tuning, folders, tmp_path):
    before = values(loaded(folders(architecture)))
    tuned = shaken(tune(loaded(folders(architecture)), tuning, rank=4))
    save(tuned, tmp_path)
    here = loaded(folders(architecture), tmp_path)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # peft to transformers
        elsewhere = PeftModel.from_pretrained(
            AutoModelForCausalLM.from_pretrained(folders(architecture)), tmp_path
        ).eval()
    assert values(here) == pytest.approx(values(tuned.engine), abs=1e-5)
    assert values(here) == pytest.approx(plain_values(elsewhere, here), abs=1e-4)
    assert values(here) != pytest.approx(before, abs=1e-2)
    assert here.facts().identity == {**tuned.engine.facts().identity, "adapter_hash": here.facts().adapter_hash}
    assert not here.why_padded


def test_what_is_written_has_no_pickle_and_names_no_path(folders, tmp_path):
    save(tune(loaded(folders("llama")), "lora", rank=4), tmp_path)
    assert {one.suffix for one in tmp_path.iterdir()} <= {".json", ".md", ".safetensors"}
    written = (tmp_path / "adapter_config.json").read_text()
    assert json.loads(written)["base_model_name_or_path"] == str(folders("llama"))  # what the user typed


def test_full_tuning_writes_a_model(folders, tmp_path):
    tuned = shaken(tune(loaded(folders("llama")), "full"))
    save(tuned, tmp_path)
    assert values(loaded(tmp_path)) == pytest.approx(values(tuned.engine), abs=1e-4)


@pytest.mark.parametrize("architecture", ["llama", "gpt2", "mamba"])
def test_lora_is_on_every_linear_layer_but_the_vocabulary(architecture, make_engine):
    from transformers.pytorch_utils import Conv1D

    engine = make_engine(architecture)
    head = engine.model.get_output_embeddings()
    dense = {
        name
        for name, one in engine.model.named_modules()
        if isinstance(one, torch.nn.Linear | Conv1D) and one is not head and not name.endswith("out_proj")
    }
    tuned = tune(engine, "lora", rank=4)
    with_lora = {
        name.rpartition(".lora_A")[0].removeprefix("base_model.model.") for name, _ in _trained(tuned) if "_A" in name
    }
    assert with_lora == dense and len(dense) >= 6
    assert all("lora_" in name and one.dtype == torch.float32 for name, one in _trained(tuned))


def _trained(tuned):
    return [(name, one) for name, one in tuned.engine.model.named_parameters() if one.requires_grad]


def test_lora_begins_as_the_model_itself_and_a_seed_decides_its_numbers(make_engine):
    before = values(make_engine())
    made = [tune(make_engine(), "lora", rank=4, seed=seed) for seed in (1, 1, 2)]
    assert values(made[0].engine) == pytest.approx(before, abs=1e-5)
    first, again, other = (one.parameters[0] for one in made)
    assert torch.equal(first, again) and not torch.equal(first, other)


@pytest.mark.parametrize("tuning", ["lora", "soft-prompt"])
def test_the_untuned_model_is_still_there(tuning, make_engine):
    before = values(make_engine())
    tuned = shaken(tune(make_engine(), tuning, rank=4))
    after = values(tuned.engine)
    with untuned(tuned):
        assert values(tuned.engine) == pytest.approx(before, abs=1e-5)
    assert values(tuned.engine) == after != pytest.approx(before, abs=1e-2)
    full = tune(make_engine(), "full")
    with pytest.raises(UsageError, match="not kept"), untuned(full):
        pass


def test_a_soft_prompt_takes_room_of_the_window_and_of_generation(make_engine):
    tuned = shaken(tune(make_engine("gpt2"), "soft-prompt", rank=4))
    engine = tuned.engine
    assert engine.encoder.max_length == WINDOW - 4
    assert values(engine, [LONG]) == pytest.approx(plain_values(engine.model, engine, [LONG]), abs=1e-4)
    answer, _ = engine.generate(
        [Generation("Review: Fine.\nSentiment:", ("\n",), 5), Generation(LONG.context[:60], ("\n",), 5)]
    )
    ids = torch.tensor([engine.encoder.encode_contexts([Generation("Review: Fine.\nSentiment:")])[0]])
    with torch.no_grad():
        for _ in range(answer.num_tokens):
            ids = torch.cat([ids, engine.model(input_ids=ids).logits[:, -1:].argmax(-1)], dim=1)
    written = engine.encoder.tokenizer.decode(ids[0, -answer.num_tokens :])
    assert written.partition("\n")[0] == answer.text and answer.text


def test_two_soft_prompts_have_two_identities(make_engine):
    identities = [tune(make_engine(), "soft-prompt", rank=4, seed=seed).engine.facts().identity for seed in (1, 2)]
    assert identities[0] != identities[1]


def test_an_adapter_of_another_model_is_refused(folders, make_model, tokenizer, tmp_path):
    save(tune(loaded(folders("llama")), "lora", rank=4), tmp_path / "adapter")
    other = make_model("llama")
    with torch.no_grad():
        other.model.norm.weight[0] += 0.5
    other.save_pretrained(tmp_path / "other")
    tokenizer.save_pretrained(tmp_path / "other")
    with pytest.raises(ModelError, match="was trained on another model: its base was"):
        loaded(tmp_path / "other", tmp_path / "adapter")
    in_half = HuggingFaceOptions(device="cpu", adapter=str(tmp_path / "adapter"), dtype="bfloat16")
    assert (
        load_model(f"hf:{folders('llama')}", in_half).facts().dtype == "bfloat16"
    )  # the same model in another precision
    (tmp_path / "adapter" / FILE).unlink()
    loaded(tmp_path / "other", tmp_path / "adapter")  # nothing says what it was trained on
    with pytest.raises(ModelError, match="made for a model of another shape"):
        loaded(folders("gpt2"), tmp_path / "adapter")
    make_model("llama", intermediate_size=40).save_pretrained(tmp_path / "narrow")
    tokenizer.save_pretrained(tmp_path / "narrow")
    with pytest.raises(ModelError, match="made for a model of another shape"):
        loaded(tmp_path / "narrow", tmp_path / "adapter")
    (tmp_path / "adapter" / FILE).write_text("[]")
    with pytest.raises(ModelError, match="does not say which model"):
        loaded(folders("llama"), tmp_path / "adapter")


def test_an_adapter_on_an_adapter_is_refused(make_engine):
    tuned = tune(make_engine(), "lora", rank=4)
    with pytest.raises(UsageError, match="has an adapter already"):
        tune(tuned.engine, "lora", rank=4)


def test_a_layer_is_named_by_its_share_of_the_depth(make_engine):
    tuned = tune(make_engine("gpt2"), "lora", rank=4)
    assert [layer_at(tuned, share) for share in (0, 0.5, 1)] == [0, 1, 2]


def gradients(tuned, views, suite, precision="float32", **mode):
    with training(tuned, **mode):
        accumulator = Accumulator(tuned, layer=1, precision=Precision(precision, tuned.engine.device))
        done = accumulator.add(
            prepare(tuned.engine, views, suite), lambda seen: seen.answer_nll.mean() + seen.states.mean()
        )
    return done.loss, torch.cat([one.grad.flatten() for one in tuned.parameters])


def test_checkpoints_of_activations_change_no_gradient(make_engine, views, suite):
    plain, ours = gradients(shaken(tune(make_engine(), "lora", rank=4)), views, suite)
    saving, theirs = gradients(shaken(tune(make_engine(), "lora", rank=4)), views, suite, checkpointing=True)
    assert saving == pytest.approx(plain, abs=1e-5)
    torch.testing.assert_close(ours, theirs, rtol=1e-4, atol=1e-5)


def test_half_precision_computes_and_single_precision_is_trained(make_engine, views, suite):
    full, ours = gradients(shaken(tune(make_engine(), "lora", rank=4)), views, suite)
    tuned = shaken(tune(make_engine(), "lora", rank=4))
    half, theirs = gradients(tuned, views, suite, "bfloat16")
    assert full != half == pytest.approx(full, rel=0.05)
    assert torch.nn.functional.cosine_similarity(ours, theirs, dim=0) > 0.95
    assert {one.dtype for one in tuned.parameters} == {torch.float32}
    with pytest.raises(UsageError, match="needs a CUDA device"):
        Precision("float16", torch.device("cpu"))


def test_a_step_shortens_long_gradients_and_clears_them(make_engine, views, suite):
    tuned = shaken(tune(make_engine(), "lora", rank=4))
    _, before = gradients(tuned, views, suite)
    start = torch.cat([one.detach().flatten() for one in tuned.parameters])
    norm = Precision("float32", tuned.engine.device).step(
        torch.optim.SGD(tuned.parameters, lr=1.0), tuned.parameters, clip=0.5
    )
    moved = torch.cat([one.detach().flatten() for one in tuned.parameters]) - start
    assert norm == pytest.approx(float(before.norm()), rel=1e-4) and norm > 0.5
    assert float(moved.norm()) == pytest.approx(0.5, rel=1e-3)
    assert all(one.grad is None for one in tuned.parameters)
