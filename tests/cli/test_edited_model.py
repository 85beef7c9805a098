"""A model that was edited under the same name, at the command line: asked anew, and told apart from the one before."""

import json
import warnings

import pytest

from probe.cli import exit_code
from probe.record.run import read_run
from probe.record.tables import read_table

RUN = ["sentiment", "--limit", "4", "--perturb", "typos", "--samples", "2", "--no-noise-floor", "--device", "cpu"]


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    """Return a folder with a copy of the small model and an adapter for it."""
    import shutil

    import torch
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForCausalLM

    from probe.models.loading import pocket_folder

    folder = tmp_path_factory.mktemp("edited") / "model"
    shutil.copytree(pocket_folder(), folder)
    torch.manual_seed(0)
    config = LoraConfig(r=2, target_modules=["q_proj", "v_proj"], init_lora_weights=False, task_type="CAUSAL_LM")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        get_peft_model(AutoModelForCausalLM.from_pretrained(folder), config).save_pretrained(folder / "adapter")
    return folder


def run(model, out, *flags):
    """Return the folder of a run of the model with its adapter."""
    asked = ["--model", f"hf:{model}", "--model-args", f"adapter={model / 'adapter'}"]
    before = set(out.glob("*/manifest.json"))
    assert exit_code(["run", *RUN, *asked, "--out", str(out), *flags]) == 0
    (made,) = set(out.glob("*/manifest.json")) - before
    return made.parent


def answers(folder):
    return read_table(folder, "scores", ["prediction", "probabilities"]).to_pylist()


@pytest.mark.parametrize(
    ("file", "key", "value", "fact"),
    [
        ("config.json", "rms_norm_eps", 0.4, "configuration"),
        ("adapter/adapter_config.json", "lora_alpha", 200, "the adapter's configuration"),
    ],
)
def test_an_edited_model_is_not_served_and_compare_and_gate_say_what_was_edited(
    file, key, value, fact, model, tmp_path, capsys
):
    whole = (model / file).read_text(encoding="utf-8")
    first = run(model, tmp_path)
    again = run(model, tmp_path)
    assert read_run(again).summary.engine.unique_requests == 0, "the same model is served"
    assert exit_code(["bless", str(first), "-o", str(tmp_path / "baseline.json")]) == 0
    try:
        (model / file).write_text(json.dumps(json.loads(whole) | {key: value}), encoding="utf-8")
        edited, plain = run(model, tmp_path), run(model, tmp_path, "--no-cache")
    finally:
        (model / file).write_text(whole, encoding="utf-8")
    assert answers(edited) == answers(plain) != answers(first) == answers(again)
    assert read_run(edited).summary.engine.cached == 0
    capsys.readouterr()
    exit_code(["compare", str(first), str(edited)])
    told = capsys.readouterr().out
    part = "configuration" if fact == "configuration" else "adapter"
    assert f"changed  model: {part} differs" in told and "_hash" not in told
    exit_code(["gate", str(edited), "--baseline", str(tmp_path / "baseline.json")])
    assert f"changed  {fact}: " in capsys.readouterr().out
    exit_code(["gate", str(again), "--baseline", str(tmp_path / "baseline.json")])
    assert "changed  " not in capsys.readouterr().out
    assert exit_code(["attribute", "sentiment", "--into", str(edited), "--model", f"hf:{model}", "--model-args",
                      f"adapter={model / 'adapter'}", "--device", "cpu"]) == 2  # fmt: skip
    assert "was changed since that run" in capsys.readouterr().err


def test_facts_that_an_earlier_version_did_not_record_are_no_change(model, tmp_path, capsys):
    first, second = run(model, tmp_path), run(model, tmp_path)
    manifest = json.loads((first / "manifest.json").read_text(encoding="utf-8"))
    later = [
        name
        for name in manifest["model"]
        if name.endswith("_hash") and name not in ("tokenizer_hash", "chat_template_hash")
    ]
    for name in (*later, "hardware", "attention", "precision", "libraries"):
        del manifest["model"][name]
    (first / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    assert exit_code(["bless", str(first), "-o", str(tmp_path / "baseline.json")]) == 0
    capsys.readouterr()
    exit_code(["compare", str(first), str(second)])
    assert "_hash" not in capsys.readouterr().out
    exit_code(["gate", str(second), "--baseline", str(tmp_path / "baseline.json")])
    assert "changed  " not in capsys.readouterr().out
