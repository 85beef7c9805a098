"""What decides an answer is in the key of the response cache; what does not is not.

A model's folder is asked with a cache, edited, and asked again: the answers must be those of the edited model without a cache.
Where an edit decides nothing, every answer must come from the cache.
"""

import json
import shutil
import warnings

import pytest

from probe.models.base import ModelFacts
from probe.models.cache import Cached
from probe.models.loaders import load_model
from probe.models.options import HuggingFaceOptions
from probe.types import Generation, LogLikelihood

CONTEXTS = ("Review: A joy from start to end.\nSentiment:", "0 1 2 3", "The quick brown fox jumps over the  lazy dog ,")
REQUESTS = [LogLikelihood(context, answer) for context in CONTEXTS for answer in (" positive", " Negative</s>", " 4")]
WRITTEN = [Generation(context, stop=(), max_new_tokens=12) for context in CONTEXTS]
CPU = HuggingFaceOptions(device="cpu")
CHAT = "{% for m in messages %}<s>{{ m.role }}: {{ m.content }}\n{% endfor %}{% if add_generation_prompt %}assistant:{% endif %}"


@pytest.fixture(scope="module")
def folders(tmp_path_factory, make_model, make_tokenizer):
    """Return a function that saves a tiny model of an architecture once and returns its folder."""
    made = {}

    def folder(architecture):
        if architecture not in made:
            made[architecture] = tmp_path_factory.mktemp(architecture)
            make_model(architecture).save_pretrained(made[architecture])
            tokenizer = make_tokenizer(chat=True)
            tokenizer.chat_template = CHAT
            tokenizer.save_pretrained(made[architecture])
        return made[architecture]

    return folder


@pytest.fixture(scope="module")
def adapters(tmp_path_factory, make_model):
    """Return the folder of an adapter of rank 4."""
    import torch
    from peft import LoraConfig, get_peft_model

    path = tmp_path_factory.mktemp("adapter")
    torch.manual_seed(1)
    config = LoraConfig(r=4, target_modules=["q_proj", "v_proj"], init_lora_weights=False, task_type="CAUSAL_LM")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        get_peft_model(make_model("llama"), config).save_pretrained(path)
    return path


def asked(folder, cache=None, options=CPU):
    """Return all answers of the model in a folder, and how many of them came from the cache."""
    model = load_model(f"hf:{folder}", options)
    if cache is None:
        return [*model.loglikelihoods(REQUESTS), *model.generate(WRITTEN)], 0
    cached = Cached(model, cache)
    answers = [*cached.loglikelihoods(REQUESTS), *cached.generate(WRITTEN)]
    cached.close()
    return answers, cached.hits


def edited(path, change):
    """Rewrite a JSON file by a function of its object; a file that is not there begins empty."""
    value = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    change(value)
    path.write_text(json.dumps(value), encoding="utf-8")


def setting(*path):
    """Return a change that sets the value at a path of keys; the last of `path` is the value."""
    *keys, last, value = path

    def change(settings):
        for key in keys:
            settings = settings[key]
        settings[last] = value

    return change


CONFIG = [
    ("llama", setting("rope_parameters", "rope_theta", 7.0)),
    ("llama", setting("rope_parameters", {"rope_type": "linear", "factor": 8.0, "rope_theta": 10000.0})),
    ("llama", setting("rms_norm_eps", 0.5)),
    ("llama", setting("hidden_act", "relu")),
    ("qwen2", setting("rope_parameters", "rope_theta", 3.0)),
    ("gpt2", setting("scale_attn_weights", False)),
    ("gpt2", setting("layer_norm_epsilon", 0.3)),
    ("gpt2", setting("activation_function", "relu")),
    ("gpt2", setting("scale_attn_by_inverse_layer_idx", True)),
    ("gpt-neox", setting("use_parallel_residual", False)),
    ("mistral", setting("sliding_window", 3)),
    ("gemma2", setting("attn_logit_softcapping", 0.5)),
    ("gemma2", setting("final_logit_softcapping", 1.0)),
    ("gemma2", setting("query_pre_attn_scalar", 800)),
    ("gemma3", setting("layer_types", ["full_attention", "sliding_attention"])),
]


@pytest.mark.parametrize(("architecture", "change"), CONFIG, ids=lambda one: getattr(one, "__qualname__", one))
def test_a_model_whose_configuration_was_edited_is_asked_anew(architecture, change, folders, tmp_path):
    folder = shutil.copytree(folders(architecture), tmp_path / "model")
    before, _ = asked(folder, tmp_path / "c.sqlite")
    edited(folder / "config.json", change)
    after, _ = asked(folder, tmp_path / "c.sqlite")
    assert after == asked(folder)[0]
    assert after != before, "the edit decides nothing, so this tests nothing"


GENERATION = {
    "repetition_penalty": lambda ids: 1.9,
    "no_repeat_ngram_size": lambda ids: 1,
    "sequence_bias": lambda ids: [[[65], 50.0]],
    "eos_token_id": lambda ids: ids[3],
    "eos_token_id of several": lambda ids: [2, ids[2]],
    "suppress_tokens": lambda ids: ids[:2],
    "begin_suppress_tokens": lambda ids: ids[:1],
    "bad_words_ids": lambda ids: [ids[1:2]],
    "forced_eos_token_id": lambda ids: 2,
    "exponential_decay_length_penalty": lambda ids: [1, 9.0],
}
"""Values that decide greedy answers, given the ids of what the model wrote before."""


def written_ids(folder):
    """Return the ids that plain transformers writes after the last context."""
    model = load_model(f"hf:{folder}", CPU)
    ids = model.encoder.tokenizer(CONTEXTS[-1], return_tensors="pt").input_ids
    return model.model.generate(ids, max_new_tokens=12, do_sample=False)[0, ids.shape[1] :].tolist()


@pytest.mark.parametrize("key", GENERATION)
def test_a_model_whose_generation_settings_were_edited_is_asked_anew(key, folders, tmp_path):
    folder = shutil.copytree(folders("llama"), tmp_path / "model")
    before, _ = asked(folder, tmp_path / "c.sqlite")
    edited(folder / "generation_config.json", setting(key.split()[0], GENERATION[key](written_ids(folder))))
    after, _ = asked(folder, tmp_path / "c.sqlite")
    assert after == asked(folder)[0]
    assert after != before, "the edit decides nothing, so this tests nothing"


OTHER_DECODING = [
    setting("penalty_alpha", 0.6),
    setting("dola_layers", "low"),
    setting("prompt_lookup_num_tokens", 3),
    setting("token_healing", True),
    setting("max_time", 1e-6),
    setting("num_beams", 3),
    lambda settings: settings.update(do_sample=True, num_return_sequences=2, temperature=2.0),
    lambda settings: settings.update(num_beams=4, num_beam_groups=2, diversity_penalty=1.0),
]


@pytest.mark.parametrize("change", OTHER_DECODING, ids=range(len(OTHER_DECODING)))
def test_a_checkpoint_that_asks_for_another_way_of_decoding_is_decoded_greedily(change, folders, tmp_path):
    folder = shutil.copytree(folders("llama"), tmp_path / "model")
    edited(folder / "generation_config.json", change)
    assert asked(folder)[0] == asked(folders("llama"))[0]


def test_a_stop_string_that_the_checkpoint_names_ends_the_answer(folders, tmp_path):
    folder = shutil.copytree(folders("llama"), tmp_path / "model")
    whole, _ = asked(folder, tmp_path / "c.sqlite")
    stop = whole[-1].text[2:4]
    for named in (stop, [stop, "never"]):
        edited(folder / "generation_config.json", setting("stop_strings", named))
        after, hits = asked(folder, tmp_path / "c.sqlite")
        assert (after[-1].text, after[-1].is_truncated) == (whole[-1].text[: whole[-1].text.index(stop)], False)
        assert after == asked(folder)[0]
    edited(folder / "generation_config.json", lambda settings: settings.pop("stop_strings"))
    assert asked(folder, tmp_path / "c.sqlite") == (whole, len(whole))


ADAPTER = [
    setting("lora_alpha", 64),
    setting("use_rslora", True),
    setting("alpha_pattern", {"layers.0.self_attn.q_proj": 90}),
    setting("layers_to_transform", [0]),
    setting("target_modules", ["q_proj"]),
]


@pytest.mark.parametrize("change", ADAPTER, ids=range(len(ADAPTER)))
def test_a_model_whose_adapter_was_edited_is_asked_anew(change, folders, adapters, tmp_path):
    adapter = shutil.copytree(adapters, tmp_path / "adapter")
    options = HuggingFaceOptions(device="cpu", adapter=str(adapter))
    before, _ = asked(folders("llama"), tmp_path / "c.sqlite", options)
    edited(adapter / "adapter_config.json", change)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # peft's, of weights that no longer have a place
        after, _ = asked(folders("llama"), tmp_path / "c.sqlite", options)
        assert after == asked(folders("llama"), None, options)[0]
    assert after != before, "the edit decides nothing, so this tests nothing"


def test_an_adapter_whose_weights_were_edited_under_the_same_size_and_time_is_asked_anew(folders, adapters, tmp_path):
    import os

    from safetensors.torch import load_file, save_file

    adapter = shutil.copytree(adapters, tmp_path / "adapter")
    options = HuggingFaceOptions(device="cpu", adapter=str(adapter))
    path = adapter / "adapter_model.safetensors"
    weights = load_file(path)
    save_file(weights, path)
    seen = path.stat()
    before, _ = asked(folders("llama"), tmp_path / "c.sqlite", options)
    save_file({name: -tensor if "lora_A" in name else tensor for name, tensor in weights.items()}, path)
    os.utime(path, ns=(seen.st_atime_ns, seen.st_mtime_ns))
    assert path.stat().st_size == seen.st_size
    after, _ = asked(folders("llama"), tmp_path / "c.sqlite", options)
    assert after == asked(folders("llama"), None, options)[0] != before


TOKENIZER = [
    setting("normalizer", {"type": "Lowercase"}),
    setting("normalizer", {"type": "Replace", "pattern": {"String": "e"}, "content": "i"}),
    setting("post_processor", {
        "type": "TemplateProcessing",
        "single": [{"SpecialToken": {"id": "<s>", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}],
        "pair": [{"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 1}}],
        "special_tokens": {"<s>": {"id": "<s>", "ids": [1], "tokens": ["<s>"]}},
    }),
    setting("pre_tokenizer", "add_prefix_space", True),
    lambda settings: settings["model"]["merges"].reverse(),
    lambda settings: settings["added_tokens"].append(
        settings["added_tokens"][-1] | {"id": settings["model"]["vocab"]["o"], "content": "o", "special": False}
    ),
    setting("decoder", {"type": "Fuse"}),
]  # fmt: skip


@pytest.mark.parametrize("change", TOKENIZER, ids=range(len(TOKENIZER)))
def test_a_model_whose_tokenizer_was_edited_is_asked_anew(change, folders, tmp_path):
    folder = shutil.copytree(folders("llama"), tmp_path / "model")
    before, _ = asked(folder, tmp_path / "c.sqlite")
    edited(folder / "tokenizer.json", change)
    after, _ = asked(folder, tmp_path / "c.sqlite")
    assert after == asked(folder)[0]
    assert after != before, "the edit decides nothing, so this tests nothing"


TOKENIZER_CONFIG = [
    setting("eos_token", "e"),
    setting("bos_token", "</s>"),
    setting("clean_up_tokenization_spaces", True),
    setting("split_special_tokens", True),
    setting("extra_special_tokens", ["o"]),
    setting("add_bos_token", True),
    setting("add_eos_token", True),
    setting("model_max_length", 9),
]


@pytest.mark.parametrize("change", TOKENIZER_CONFIG, ids=range(len(TOKENIZER_CONFIG)))
def test_a_model_whose_tokenizer_settings_were_edited_has_the_answers_of_the_edited_one(change, folders, tmp_path):
    folder = shutil.copytree(folders("llama"), tmp_path / "model")
    asked(folder, tmp_path / "c.sqlite")
    edited(folder / "tokenizer_config.json", change)
    assert asked(folder, tmp_path / "c.sqlite")[0] == asked(folder)[0]


TEMPLATES = [
    lambda text: text.replace("<s>", ""),
    lambda text: text.replace("<s>", "{{ bos_token }}{{ bos_token }}"),
    lambda text: text.replace("assistant:", "assistant (briefly):"),
    lambda text: "{{ strftime_now('%H:%M:%S.%f') }}" + text,
]


@pytest.mark.parametrize("change", TEMPLATES, ids=range(len(TEMPLATES)))
def test_a_model_whose_chat_template_was_edited_is_asked_anew(change, folders, tmp_path):
    folder = shutil.copytree(folders("llama"), tmp_path / "model")
    options = HuggingFaceOptions(device="cpu", apply_chat_template=True)
    before, _ = asked(folder, tmp_path / "c.sqlite", options)
    (folder / "chat_template.jinja").write_text(change(CHAT), encoding="utf-8")
    after, hits = asked(folder, tmp_path / "c.sqlite", options)
    assert hits == 0 and after != before
    if change is not TEMPLATES[-1]:
        assert after == asked(folder, None, options)[0]


def test_a_template_that_writes_the_date_is_asked_anew_and_said(folders, tmp_path, caplog):
    folder = shutil.copytree(folders("llama"), tmp_path / "model")
    options = HuggingFaceOptions(device="cpu", apply_chat_template=True)
    (folder / "chat_template.jinja").write_text("{{ strftime_now('%H:%M:%S.%f') }}" + CHAT, encoding="utf-8")
    asked(folder, tmp_path / "c.sqlite", options)
    assert "today's date" in caplog.text
    assert asked(folder, tmp_path / "c.sqlite", options)[1] == 0, "the time has changed"


OPTIONS = [
    HuggingFaceOptions(device="cpu", dtype="bfloat16"),
    HuggingFaceOptions(device="cpu", max_length=8),
    HuggingFaceOptions(device="cpu", apply_chat_template=True),
]


@pytest.mark.parametrize("options", OPTIONS, ids=range(len(OPTIONS)))
def test_another_option_is_another_model(options, folders, tmp_path):
    before, _ = asked(folders("llama"), tmp_path / "c.sqlite")
    if options.max_length:
        short = Cached(load_model(f"hf:{folders('llama')}", options), tmp_path / "c.sqlite")
        assert short.loglikelihoods(REQUESTS) != before[: len(REQUESTS)] and short.hits == 0
        return
    after, hits = asked(folders("llama"), tmp_path / "c.sqlite", options)
    assert hits == 0 and after != before


def dropped(*names):
    def change(settings):
        for name in names:
            settings.pop(name, None)

    return change


CONTROLS = [
    ("config.json", setting("_name_or_path", "somewhere/else")),
    ("config.json", setting("transformers_version", "4.1.0")),
    ("config.json", setting("torch_dtype", "float32")),
    ("config.json", setting("dtype", "bfloat16")),  # on a CPU the weights are read as float32 all the same
    ("config.json", dropped("dtype", "torch_dtype", "transformers_version")),
    ("config.json", setting("architectures", ["LlamaModel"])),
    ("config.json", lambda settings: settings.update(dict(reversed(settings.items())))),
    ("generation_config.json", setting("transformers_version", "4.1.0")),
    ("generation_config.json", setting("temperature", 0.3)),
    ("generation_config.json", lambda settings: settings.update(do_sample=True, top_p=0.5, max_length=9)),
    ("tokenizer_config.json", setting("name_or_path", "somewhere/else")),
    ("tokenizer_config.json", setting("padding_side", "right")),
    ("tokenizer.json", setting("truncation", {
        "direction": "Right", "max_length": 3, "strategy": "LongestFirst", "stride": 0,
    })),
    ("adapter_config.json", setting("base_model_name_or_path", "somewhere/else")),
    ("adapter_config.json", setting("peft_version", "0.1.0")),
    ("adapter_config.json", lambda settings: settings["target_modules"].reverse()),
    ("README.md", dropped()),
]  # fmt: skip


@pytest.mark.parametrize(("file", "change"), CONTROLS, ids=range(len(CONTROLS)))
def test_an_edit_that_decides_nothing_and_another_path_are_served(file, change, folders, adapters, tmp_path):
    folder, adapter = tmp_path / "elsewhere" / "model", tmp_path / "elsewhere" / "adapter"
    shutil.copytree(folders("llama"), folder)
    shutil.copytree(adapters, adapter)
    before, hits = asked(
        folders("llama"), tmp_path / "c.sqlite", HuggingFaceOptions(device="cpu", adapter=str(adapters))
    )
    edited((adapter if file.startswith("adapter") else folder) / file, change)
    options = HuggingFaceOptions(device="cpu", adapter=str(adapter))
    after, hits = asked(folder, tmp_path / "c.sqlite", options)
    assert hits == len(REQUESTS) + len(WRITTEN)
    assert after == before == asked(folder, None, options)[0]


MUTATIONS = {
    "one weight through data": lambda model: model.lm_head.weight.data[65, 3:4].add_(2),
    "one weight": lambda model: model.lm_head.weight.detach()[3].add_(1),
    "all weights of a layer": lambda model: model.model.layers[0].mlp.up_proj.weight.data.neg_(),
    "a weight replaced": lambda model: setattr(
        model.lm_head, "weight", type(model.lm_head.weight)(model.lm_head.weight.detach() * 2)
    ),
    "a number of a module": lambda model: setattr(model.model.norm, "variance_epsilon", 0.5),
    "a scaling of attention": lambda model: setattr(model.model.layers[1].self_attn, "scaling", 9.0),
    "a hook": lambda model: model.model.layers[0].register_forward_hook(lambda module, given, out: out * 1.5),
    "generation settings": lambda model: setattr(model.generation_config, "repetition_penalty", 1.9),
}


@pytest.mark.parametrize("mutation", MUTATIONS.values(), ids=MUTATIONS)
def test_a_model_that_is_changed_in_memory_is_asked_anew_and_recorded_as_another(mutation, make_engine, tmp_path):
    engine = make_engine("llama")
    cached = Cached(engine, tmp_path / "c.sqlite")
    before, facts = [*cached.loglikelihoods(REQUESTS), *cached.generate(WRITTEN)], engine.facts()
    assert engine.facts() == facts, "asking changes no fact"
    mutation(engine.model)
    after = [*cached.loglikelihoods(REQUESTS), *cached.generate(WRITTEN)]
    assert after == [*engine.loglikelihoods(REQUESTS), *engine.generate(WRITTEN)]
    assert after != before and cached.hits == 0
    assert engine.facts().differing(facts.as_record())


def test_every_weight_of_a_large_model_is_hashed(make_model, monkeypatch):
    from probe.models import weights

    model = make_model("llama").bfloat16()
    in_one_go = weights.fingerprint_of(model)
    monkeypatch.setattr(weights, "IN_ONE_GO", 0)
    before = weights.fingerprint_of(model)
    assert before == weights.fingerprint_of(make_model("llama").bfloat16()) != in_one_go
    for place in (0, 5_001, model.lm_head.weight.numel() - 1):
        marked = weights.mark_of(model)
        model.lm_head.weight.data.view(-1)[place] += 1
        assert weights.fingerprint_of(model) != before and weights.mark_of(model) != marked
        model.lm_head.weight.data.view(-1)[place] -= 1


def test_the_active_one_of_several_adapters_decides(make_model, make_engine, tmp_path):
    import torch
    from peft import LoraConfig, get_peft_model

    config = LoraConfig(r=4, target_modules=["q_proj"], init_lora_weights=False, task_type="CAUSAL_LM")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.manual_seed(3)
        model = get_peft_model(make_model("llama"), config).eval()
        model.add_adapter("other", config)
    cached = Cached(make_engine("llama", model=model), tmp_path / "c.sqlite")
    first = cached.loglikelihoods(REQUESTS)
    model.set_adapter("other")
    second = cached.loglikelihoods(REQUESTS)
    with model.disable_adapter():
        third = cached.loglikelihoods(REQUESTS)
    assert first != second != third != first and cached.hits == 0
    model.set_adapter("default")
    assert cached.loglikelihoods(REQUESTS) == first and cached.hits == len(REQUESTS)


def test_code_that_comes_with_a_model_decides(tmp_path, make_tokenizer):
    source = """
import torch
from transformers import GPT2Config, GPT2LMHeadModel

FACTOR = 2.0

def scaled(logits):
    return logits * FACTOR

class MyConfig(GPT2Config):
    model_type = "my-gpt2"

class MyModel(GPT2LMHeadModel):
    config_class = MyConfig

    def forward(self, *args, **kwargs):
        out = super().forward(*args, **kwargs)
        out.logits = scaled(out.logits)
        return out
"""
    import torch
    from transformers import GPT2Config, GPT2LMHeadModel

    torch.manual_seed(0)
    folder = tmp_path / "model"
    GPT2LMHeadModel(GPT2Config(vocab_size=420, n_embd=32, n_layer=1, n_head=2, n_positions=96)).save_pretrained(folder)
    make_tokenizer().save_pretrained(folder)
    mapped = {"AutoConfig": "my.MyConfig", "AutoModelForCausalLM": "my.MyModel"}
    edited(
        folder / "config.json",
        lambda one: one.update(auto_map=mapped, model_type="my-gpt2", architectures=["MyModel"]),
    )
    (folder / "my.py").write_text(source, encoding="utf-8")
    options = HuggingFaceOptions(device="cpu", trust_remote_code=True)
    before, _ = asked(folder, tmp_path / "c.sqlite", options)
    assert asked(folder, tmp_path / "c.sqlite", options)[1] == len(REQUESTS) + len(WRITTEN)
    for name, changed in (("b", source.replace("2.0", "5.0")), ("c", source.replace("* FACTOR", "* FACTOR + 1e-3"))):
        other = shutil.copytree(folder, tmp_path / name)
        (other / "my.py").write_text(changed, encoding="utf-8")
        assert asked(other, tmp_path / "c.sqlite", options)[1] == 0, "the code is not that of the answers"
    again = shutil.copytree(folder, tmp_path / "d")
    assert asked(again, tmp_path / "c.sqlite", options) == (before, len(REQUESTS) + len(WRITTEN))


@pytest.mark.parametrize("field", ["fingerprint", "device", "dtype"])
def test_the_key_holds_each_fact_of_the_identity(field, tmp_path):
    from test_cache import RANK, Counting

    class Told(Counting):
        def __init__(self, **facts):
            super().__init__()
            self.told = {"fingerprint": "w", "device": "cpu", "dtype": "float32"} | facts

        def facts(self):
            return ModelFacts(model=self.name, **self.told)

    Cached(Told(), tmp_path / "c.sqlite").loglikelihoods(RANK)
    other, same = (Cached(Told(**facts), tmp_path / "c.sqlite") for facts in ({field: "x"}, {}))
    other.loglikelihoods(RANK)
    same.loglikelihoods(RANK)
    assert (other.hits, same.hits) == (0, 2)


REQUEST_PAIRS = {
    "max_new_tokens": (Generation("a", max_new_tokens=3), Generation("a", max_new_tokens=4)),
    "stop": (Generation("a", stop=("\n",)), Generation("a", stop=("\n", "."))),
    "messages of a generation": (Generation("a", messages=(("user", "a"),)), Generation("a")),
    "system turn": (
        Generation("a", messages=(("user", "a"),)),
        Generation("a", messages=(("system", "b"), ("user", "a"))),
    ),
    "messages of a rating": (LogLikelihood("a", "b", (("user", "a"),)), LogLikelihood("a", "b", (("user", "c"),))),
    "role": (LogLikelihood("a", "b", (("user", "a"),)), LogLikelihood("a", "b", (("assistant", "a"),))),
    "continuation": (LogLikelihood("a", " b"), LogLikelihood("a", "b")),
}


@pytest.mark.parametrize("pair", REQUEST_PAIRS.values(), ids=REQUEST_PAIRS)
def test_the_key_holds_each_field_of_a_request(pair, tmp_path):
    from test_cache import Counting

    cached = Cached(Counting(), tmp_path / "c.sqlite")
    for request in pair:
        (cached.loglikelihoods if isinstance(request, LogLikelihood) else cached.generate)([request])
    assert cached.inner.asked == list(pair)


def test_the_key_holds_the_code_of_the_engine_and_of_a_back_end_of_ones_own(tmp_path, monkeypatch):
    from test_cache import RANK, Counting

    from probe.models import cache

    Cached(Counting(), tmp_path / "c.sqlite").loglikelihoods(RANK)

    class Edited(Counting):
        def loglikelihoods(self, requests, *, progress=None):
            return super().loglikelihoods(requests)[::-1]

    edited_one = Cached(Edited(), tmp_path / "c.sqlite")
    edited_one.loglikelihoods(RANK)
    assert edited_one.hits == 0
    monkeypatch.setattr(cache, "_engine_code", lambda: "another release")
    other = Cached(Counting(), tmp_path / "c.sqlite")
    other.loglikelihoods(RANK)
    assert other.hits == 0


def test_a_file_of_an_earlier_version_is_missed_and_kept(tmp_path):
    import hashlib
    import sqlite3

    from test_cache import RANK, Counting

    from probe.models.saved import SCHEMA

    path, one = tmp_path / "c.sqlite", Counting()
    with sqlite3.connect(path) as db:
        db.execute(SCHEMA)
        salt = json.dumps(one.facts().identity, sort_keys=True).encode()
        for request in RANK[:2]:
            key = hashlib.blake2b(salt, digest_size=16)
            key.update(repr(request).encode())
            db.execute("INSERT INTO answers VALUES (?, 7.0, 1, 1, NULL)", (key.digest(),))
    cached = Cached(one, path)
    assert cached.loglikelihoods(RANK) == Counting().loglikelihoods(RANK)
    assert cached.hits == 0
    assert sqlite3.connect(path).execute("SELECT count(*) FROM answers").fetchone() == (4,)
