"""Weights, configurations, tokenizers and adapters that are damaged: each a model error in one line, and no answer."""

import json
import pickle
import shutil
import warnings

import pytest

from probe.errors import ModelError
from probe.models.loaders import load_model
from probe.models.options import HuggingFaceOptions

CPU = HuggingFaceOptions(device="cpu")


class Evil:
    """What runs code when it is unpickled."""

    def __reduce__(self):
        return (eval, ("open('executed', 'w').close()",))


@pytest.fixture(scope="module")
def folder(tmp_path_factory, make_model, tokenizer):
    path = tmp_path_factory.mktemp("model")
    make_model("llama").save_pretrained(path)
    tokenizer.save_pretrained(path)
    return path


def edited(name, change):
    def damage(folder):
        value = json.loads((folder / name).read_text())
        (folder / name).write_text(json.dumps(change(value)))

    return damage


def tensors(change):
    def damage(folder):
        from safetensors.torch import load_file, save_file

        save_file(change(load_file(folder / "model.safetensors")), folder / "model.safetensors", {"format": "pt"})

    return damage


def cut(name, keep):
    def damage(folder):
        (folder / name).write_bytes((folder / name).read_bytes()[:keep])

    return damage


def pickled(write):
    def damage(folder):
        (folder / "model.safetensors").unlink()
        with (folder / "pytorch_model.bin").open("wb") as file:
            write(file)

    return damage


def torch_pickle(file):
    import torch

    torch.save({"model.embed_tokens.weight": Evil()}, file)


def written(name, data):
    return lambda folder: (folder / name).write_bytes(data)


def first_row(held):
    return held | {"model.embed_tokens.weight": held["model.embed_tokens.weight"][:5].clone()}


DAMAGE = {
    "weights cut in their header": cut("model.safetensors", 100),
    "weights cut in their data": cut("model.safetensors", -1000),
    "weights that are empty": cut("model.safetensors", 0),
    "a header of the wrong length": written("model.safetensors", b"\xff" * 64),
    "a header that is no object": written("model.safetensors", b"\x02\0\0\0\0\0\0\0[]"),
    "a plain pickle": pickled(lambda file: pickle.dump(Evil(), file)),
    "a pickle of torch": pickled(torch_pickle),
    "a cut pickle": pickled(lambda file: file.write(pickle.dumps({"a": 1})[:-3])),
    "an empty pickle": pickled(lambda file: None),
    "a zip that is none": pickled(lambda file: file.write(b"PK\x03\x04 nothing")),
    "weights of another shape": tensors(first_row),
    "weights without a layer": tensors(
        lambda held: {name: one for name, one in held.items() if "layers.1.mlp" not in name}
    ),
    "no weights at all": lambda folder: (folder / "model.safetensors").unlink(),
    "an index that names an absent file": lambda folder: (
        (folder / "model.safetensors").unlink(),
        (folder / "model.safetensors.index.json").write_text('{"weight_map": {"lm_head.weight": "a.safetensors"}}'),
    ),
    "an index without a map": lambda folder: (
        (folder / "model.safetensors").unlink(),
        (folder / "model.safetensors.index.json").write_text("{}"),
    ),
    "no configuration": lambda folder: (folder / "config.json").unlink(),
    "a configuration without its kind": edited(
        "config.json",
        lambda held: {key: one for key, one in held.items() if key not in ("model_type", "architectures")},
    ),
    "a configuration of an unknown kind": edited("config.json", lambda held: held | {"model_type": "nothing"}),
    "a configuration that is a list": written("config.json", b"[1, 2]"),
    "a configuration that is no JSON": written("config.json", b'{"model_type": "lla'),
    "a configuration that is no text": written("config.json", b"\xff\xfe\0\0"),
    "a size that is text": edited("config.json", lambda held: held | {"hidden_size": "wide"}),
    "a size of nothing": edited("config.json", lambda held: held | {"num_attention_heads": 0}),
    "a negative size": edited("config.json", lambda held: held | {"vocab_size": -3}),
    "a window that is text": edited("config.json", lambda held: held | {"max_position_embeddings": "long"}),
    "a dtype that there is not": edited("config.json", lambda held: held | {"dtype": "float17"}),
    "a kernel of the hub": edited("config.json", lambda held: held | {"attn_implementation": "someone/kernel"}),
    "a kernel of the hub, as it is kept": edited(
        "config.json", lambda held: held | {"_attn_implementation": "a/b@main"}
    ),
    "a tokenizer that is no JSON": cut("tokenizer.json", 300),
    "a tokenizer that is empty": written("tokenizer.json", b""),
    "a tokenizer of another kind": written("tokenizer.json", b'{"model": {"type": "Nothing"}}'),
    "a tokenizer that is a list": written("tokenizer.json", b"[]"),
    "a tokenizer's settings that are a list": written("tokenizer_config.json", b"[]"),
}


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
def test_a_damaged_model_is_an_error_in_one_line(folder, tmp_path, monkeypatch, damage):
    monkeypatch.chdir(tmp_path)
    copy = shutil.copytree(folder, tmp_path / "copy")
    damage(copy)
    with pytest.raises(ModelError) as raised:
        load_model(f"hf:{copy}", CPU)
    message = str(raised.value)
    assert str(copy) in message
    assert "\n" not in message
    assert len(message) < 600
    assert raised.value.hint
    assert not (tmp_path / "executed").exists()


@pytest.fixture(scope="module")
def adapter(tmp_path_factory, make_model):
    from peft import LoraConfig, get_peft_model

    path = tmp_path_factory.mktemp("adapter")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        get_peft_model(make_model("llama"), LoraConfig(r=2, task_type="CAUSAL_LM")).save_pretrained(path)
    return path


ADAPTER = {
    "weights that are cut": cut("adapter_model.safetensors", 50),
    "weights that are a pickle": lambda folder: (
        (folder / "adapter_model.safetensors").unlink(),
        (folder / "adapter_model.bin").write_bytes(pickle.dumps(Evil())),
    ),
    "no weights": lambda folder: (folder / "adapter_model.safetensors").unlink(),
    "a configuration that is a list": written("adapter_config.json", b"[]"),
    "a configuration that is no JSON": cut("adapter_config.json", 40),
    "an unknown kind": edited("adapter_config.json", lambda held: held | {"peft_type": "NOTHING"}),
    "a rank of zero": edited("adapter_config.json", lambda held: held | {"r": 0}),
    "a module to import": edited(
        "adapter_config.json", lambda held: held | {"megatron_config": {"a": 1}, "megatron_core": "megatron.evil"}
    ),
    "a rank that is text": edited("adapter_config.json", lambda held: held | {"r": "many"}),
}


@pytest.mark.parametrize("damage", ADAPTER.values(), ids=ADAPTER)
def test_a_damaged_adapter_is_an_error_in_one_line(folder, adapter, tmp_path, monkeypatch, damage):
    monkeypatch.chdir(tmp_path)
    copy = shutil.copytree(adapter, tmp_path / "copy")
    damage(copy)
    with pytest.raises(ModelError) as raised:
        load_model(f"hf:{folder}", HuggingFaceOptions(device="cpu", adapter=str(copy)))
    assert "\n" not in str(raised.value)
    assert not (tmp_path / "executed").exists()


def test_whole_numbers_as_weights_are_read_as_such(folder, tmp_path):
    copy = shutil.copytree(folder, tmp_path / "copy")
    tensors(lambda held: held | {"lm_head.weight": held["lm_head.weight"].mul(100).int()})(copy)
    assert load_model(f"hf:{copy}", CPU).facts().dtype == "float32"


def test_a_configuration_that_names_code_of_the_hub_for_attention_says_so(folder, tmp_path):
    copy = shutil.copytree(folder, tmp_path / "copy")
    edited("config.json", lambda held: held | {"attn_implementation": "someone/kernel"})(copy)
    with pytest.raises(ModelError, match="code of the hub, 'someone/kernel'"):
        load_model(f"hf:{copy}", CPU)
    edited("config.json", lambda held: held | {"attn_implementation": "eager"})(copy)
    load_model(f"hf:{copy}", CPU)
