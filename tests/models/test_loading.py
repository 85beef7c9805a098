"""Models by name: what loads, and what is said when one does not."""

from __future__ import annotations

import subprocess
import sys

import pytest

from probe.errors import ModelError, UsageError
from probe.models.base import Model
from probe.models.loaders import load_model, tokenizer_only, with_model_args
from probe.models.options import HuggingFaceOptions
from probe.models.scripted import Scripted, scripts
from probe.types import Generation, LogLikelihood

REQUESTS = [LogLikelihood("The quick brown", answer) for answer in (" fox", " dog")]
CPU = HuggingFaceOptions(device="cpu")


@pytest.fixture(scope="module")
def folder(tmp_path_factory, make_model, tokenizer):
    path = tmp_path_factory.mktemp("model")
    make_model("llama").save_pretrained(path)
    tokenizer.save_pretrained(path)
    return path


@pytest.fixture(scope="module")
def adapter(tmp_path_factory, make_model):
    import warnings

    import torch
    from peft import LoraConfig, get_peft_model

    path = tmp_path_factory.mktemp("adapter")
    torch.manual_seed(1)
    config = LoraConfig(r=4, target_modules=["q_proj", "v_proj"], init_lora_weights=False, task_type="CAUSAL_LM")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        get_peft_model(make_model("llama"), config).save_pretrained(path)
    return path


def test_a_folder_loads_and_scores_as_the_model_that_was_saved(folder, make_engine):
    loaded = load_model(f"hf:{folder}", CPU)
    assert loaded.loglikelihoods(REQUESTS) == make_engine().loglikelihoods(REQUESTS)
    assert loaded.facts().max_length == 96
    assert loaded.facts().fingerprint == make_engine().fingerprint


def test_lm_evals_spelling_loads_the_same(folder):
    theirs = load_model("hf", CPU, model_args=f"pretrained={folder},dtype=float32,max_length=64")
    assert theirs.loglikelihoods(REQUESTS) == load_model(f"hf:{folder}", CPU).loglikelihoods(REQUESTS)
    assert theirs.facts().max_length == 64


def test_the_same_weights_in_half_precision_are_another_model(folder):
    half = load_model(f"hf:{folder}", HuggingFaceOptions(device="cpu", dtype="bfloat16"))
    assert half.facts().dtype == "bfloat16"
    assert half.facts().fingerprint != load_model(f"hf:{folder}", CPU).facts().fingerprint


def test_an_adapter_changes_answers_and_fingerprint(folder, adapter):
    plain, adapted = (
        load_model(f"hf:{folder}", CPU),
        load_model("hf", CPU, model_args=f"pretrained={folder},peft={adapter}"),
    )
    assert adapted.loglikelihoods(REQUESTS) != plain.loglikelihoods(REQUESTS)
    assert adapted.facts().fingerprint != plain.facts().fingerprint
    assert adapted.facts().path == "trie"
    assert adapted.facts().adapter == str(adapter)


def test_the_tokenizer_alone_gives_the_same_tokens(folder):
    tokenizer = tokenizer_only(f"hf:{folder}", CPU)
    assert tokenizer is not None
    assert tokenizer.encode_pair("The quick ", "fox") == load_model(f"hf:{folder}", CPU).encoder.encode_pair(
        "The quick ", "fox"
    )
    assert tokenizer_only("scripted:coin") is None


@pytest.mark.parametrize("name", ["./no/such/model", "/no/such/model", "~/no-such-model", "a/b/c"])
def test_a_path_that_does_not_exist_is_an_error_that_says_so(name):
    with pytest.raises(ModelError, match="does not exist") as raised:
        load_model(f"hf:{name}", CPU)
    assert "config.json" in raised.value.hint


def test_a_folder_without_a_model_and_a_file_are_errors(tmp_path):
    with pytest.raises(ModelError, match=r"no config\.json"):
        load_model(f"hf:{tmp_path}", CPU)
    (tmp_path / "model.bin").write_text("x")
    with pytest.raises(ModelError, match="is a file"):
        load_model(f"hf:{tmp_path / 'model.bin'}", CPU)


def test_a_folder_with_broken_weights_is_an_error(tmp_path, make_model, tokenizer):
    make_model("llama").save_pretrained(tmp_path)
    tokenizer.save_pretrained(tmp_path)
    (tmp_path / "model.safetensors").write_bytes(b"not weights")
    with pytest.raises(ModelError, match="cannot load"):
        load_model(f"hf:{tmp_path}", CPU)


def test_an_adapter_that_is_not_there_is_an_error(folder, tmp_path):
    with pytest.raises(ModelError, match=r"adapter_config\.json"):
        load_model(f"hf:{folder}", HuggingFaceOptions(device="cpu", adapter=str(tmp_path)))


@pytest.mark.slow
def test_a_hub_model_that_is_not_cached_is_an_error_when_offline(tmp_path):
    program = (
        "from probe.models.loaders import load_model\nfrom probe.errors import ModelError\n"
        "try:\n    load_model('hf:nobody/nothing-of-that-name')\n"
        "except ModelError as error:\n    print(error, '|', error.hint)\n"
    )
    environment = {"HF_HUB_OFFLINE": "1", "HF_HOME": str(tmp_path), "PATH": "/usr/bin:/bin", "OMP_NUM_THREADS": "1"}
    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, timeout=120)
    assert done.stdout.startswith("cannot load nobody/nothing-of-that-name"), done.stderr
    assert "offline mode is enabled" in done.stdout and "hf download nobody/nothing-of-that-name" in done.stdout


def test_an_unknown_model_is_answered_with_the_near_one():
    with pytest.raises(UsageError, match=r"unknown model 'poket'. Did you mean 'pocket'\?"):
        load_model("poket")
    with pytest.raises(UsageError, match="always-first"):
        load_model("scripted:alway-first")


def test_a_bare_path_is_told_how_to_be_written():
    with pytest.raises(UsageError) as raised:
        load_model("models/mine")
    assert raised.value.hint.endswith("--model hf:models/mine")


@pytest.mark.parametrize("spec", ["hf", "hf:", "scripted"])
def test_a_kind_without_a_name_is_an_error(spec):
    with pytest.raises(UsageError, match="needs a name"):
        load_model(spec)


@pytest.mark.parametrize(
    ("args", "message"),
    [
        ("dtyp=float32", "Did you mean 'dtype'"),
        ("dtype", "KEY=VALUE"),
        ("max_length=long", "whole number"),
        ("trust_remote_code=1", "True or False"),
    ],
)
def test_mistakes_in_model_args_are_named(args, message):
    with pytest.raises(UsageError, match=message):
        with_model_args(CPU, args)


@pytest.mark.parametrize(
    "options", [HuggingFaceOptions(device="gpu"), HuggingFaceOptions(device="xpu"), HuggingFaceOptions(dtype="int3")]
)
def test_a_device_or_dtype_that_is_not_there_is_an_error_with_what_is(options, folder):
    with pytest.raises(UsageError, match="Available: .*(cpu|float32)"):
        load_model(f"hf:{folder}", options)


@pytest.mark.parametrize("name", list(scripts))
def test_a_scripted_model_is_a_model_that_answers_in_order(name):
    model: Model = load_model(f"scripted:{name}")
    answers = model.loglikelihoods([*REQUESTS, *REQUESTS[::-1]])
    assert answers[:2] == answers[:1:-1]
    assert len(model.generate([Generation("a"), Generation("b")])) == 2
    assert (model.usage.requests, model.usage.unique_requests, model.usage.path) == (6, 4, "direct")
    assert model.facts().fingerprint == f"scripted:{name}"


def test_a_scripted_model_answers_what_its_functions_say():
    model = Scripted(
        prefers=lambda request: -len(request.continuation), says=lambda request: "four words of text\nmore"
    )
    assert [answer.value for answer in model.loglikelihoods(REQUESTS)] == [-4, -4]
    (cut,) = model.generate([Generation("x", ("\n",), 3)])
    assert (cut.text, cut.num_tokens, cut.is_truncated) == ("four words of text", 4, True)


def test_the_pocket_model_loads_by_name():
    model = load_model("pocket", CPU)
    assert model.name == model.facts().model == "pocket"
    assert model.facts().path == "trie"


def test_naming_models_loads_no_heavy_library():
    program = (
        "import sys, probe.models.loaders, probe.models.scripted, probe.models.trie\n"
        "print(sorted({'torch', 'transformers', 'peft', 'tokenizers'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
