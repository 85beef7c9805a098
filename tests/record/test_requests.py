"""From a run's folder and the model alone, every probability and answer is computed again with plain transformers."""

import json
import math
import shutil
from dataclasses import replace

import pytest

import probe
from probe.errors import StoreError
from probe.evaluation.free_reading import normalised
from probe.evaluation.variants import original_of
from probe.models.loading import pocket_folder
from probe.record.requests import request_rows
from probe.record.tables import read_table
from probe.suite import find_suite, read_suite
from probe.types import Field, Item, LogLikelihood, LogProb, Prompt, Score, Suite

CHAT = "{% for m in messages %}{{ m.role }}: {{ m.content }}\n{% endfor %}{% if add_generation_prompt %}assistant:{% endif %}"
TOLERANCE = 1e-5


class Plain:
    """The small model, asked one text at a time by nothing but transformers."""

    def __init__(self, folder):
        from transformers import AutoModelForCausalLM, AutoTokenizer

        self.model = AutoModelForCausalLM.from_pretrained(folder, dtype="float32").eval()
        self.tokenizer = AutoTokenizer.from_pretrained(folder)
        self.known = {}

    def begun(self, row):
        """Return the context of a request as it is sent, and its continuation."""
        context, continuation = row["context"], row["continuation"]
        if row["messages"] and self.tokenizer.chat_template:
            turns = [{"role": role, "content": content} for role, content in json.loads(row["messages"])]
            context = self.tokenizer.apply_chat_template(turns, tokenize=False, add_generation_prompt=True)
            continuation = continuation and continuation.lstrip()
        return context, continuation

    def logprob(self, row):
        """Return the log-probability of a continuation; after no context, of what follows the end of a text."""
        import torch

        pair = self.begun(row)
        if pair not in self.known:
            whole = self.tokenizer(pair[0] + pair[1]).input_ids
            length = len(self.tokenizer(pair[0]).input_ids) if pair[0] else 0
            if not length:
                whole, length = [self.tokenizer.eos_token_id, *whole], 1
            with torch.no_grad():
                logits = self.model(torch.tensor([whole])).logits[0].log_softmax(-1)
            self.known[pair] = sum(float(logits[place - 1, whole[place]]) for place in range(length, len(whole)))
        return self.known[pair]

    def text(self, row):
        """Return what the model writes greedily, up to the first stop string."""
        import torch

        pair = self.begun(row)
        key = (pair[0], row["stop"], row["max_new_tokens"])
        if key not in self.known:
            ids = torch.tensor([self.tokenizer(pair[0]).input_ids])
            with torch.no_grad():
                made = self.model.generate(ids, max_new_tokens=row["max_new_tokens"], do_sample=False)
            text = self.tokenizer.decode(made[0, ids.shape[1] :], skip_special_tokens=True)
            for stop in json.loads(row["stop"]):
                text = text.split(stop)[0]
            self.known[key] = text
        return self.known[key]


@pytest.fixture(scope="module")
def plain():
    return Plain(pocket_folder())


def derived(rows, how, plain):
    """Return the probabilities of a variant from its rows, by the formulas of the page on run files."""
    values = {"conditional": {}, "unconditional": {}}
    for row in rows:
        values[row["kind"]][row["choice"]] = plain.logprob(row) / (row["size"] or 1)
    given, alone = values["conditional"], values["unconditional"]
    assert bool(alone) == (how == "unconditional")
    scores = [given[place] - alone.get(place, 0.0) for place in sorted(given)]
    weights = [math.exp(score - max(scores)) for score in scores]
    return [weight / sum(weights) for weight in weights]


def check(run, plain):
    """Check every row of a run's scores; return how many of each kind there were."""
    manifest = json.loads((run.folder / "manifest.json").read_text(encoding="utf-8"))
    how = {one["name"]: one["normalisation"] for one in manifest["suites"]}
    by_row, kinds = {}, {}
    texts = read_table(run.folder, "variants", ["text"])["text"].to_pylist()
    for row in read_table(run.folder, "requests").to_pylist():
        row["context"] = texts[row["row"]] if row["context"] is None else row["context"]
        by_row.setdefault(row["row"], []).append(row)
        kinds[row["kind"]] = kinds.get(row["kind"], 0) + 1
    scores = read_table(run.folder, "scores").to_pylist()
    choices = read_table(run.folder, "variants", ["choices"])["choices"].to_pylist()
    assert sorted(by_row) == list(range(len(scores)))
    for place, score in enumerate(scores):
        rows = by_row[place]
        if score["reading"] == "ranked":
            found = derived(rows, how[score["suite"]], plain)
            assert found == pytest.approx(score["probabilities"], abs=TOLERANCE)
            assert score["near_tie"] or choices[place][found.index(max(found))] == score["prediction"]
            assert [row["logprob"] for row in rows] == pytest.approx(list(map(plain.logprob, rows)), abs=1e-4)
        else:
            (row,) = rows
            assert row["text"] == plain.text(row)
            assert math.exp(row["mean_logprob"]) == pytest.approx(score["confidence"])
            if score["reading"] == "other":
                assert normalised(row["text"]) == score["prediction"]
    return kinds


def run_of(suite, tmp_path, perturb, **settings):
    return probe.run(suite, perturb=perturb, samples=2, out=tmp_path, device="cpu", noise_floor=False, **settings)


@pytest.mark.parametrize(
    ("suite", "perturb", "limit"),
    [
        ("sentiment", ["format", "typos", "labels", "whitespace"], 4),  # label words
        ("facts", ["format", "order", "labels", "structure"], 3),  # symbols and other letters
    ],
)
def test_every_probability_of_a_run_is_computed_again_from_its_folder(suite, perturb, limit, plain, tmp_path):
    kinds = check(run_of(suite, tmp_path, perturb, limit=limit), plain)
    assert kinds["conditional"] > 30


@pytest.mark.parametrize("how", ["characters", "bytes", "unconditional"])
def test_every_normalisation_is_computed_again(how, plain, tmp_path):
    suite = read_suite(find_suite("topic"))
    few = replace(suite, items=suite.items[:3], normalisation=how, path="", digest="")
    kinds = check(run_of(few, tmp_path, ["format", "labels"]), plain)
    assert kinds.get("unconditional", 0) == (kinds["conditional"] if how == "unconditional" else 0)


def test_every_written_answer_is_computed_again(plain, tmp_path):
    items = tuple(
        Item(str(n), Prompt("Answer.", (Field("Review", text),), answer_field="Sentiment"), "positive")
        for n, text in enumerate(["A joy from start to end.", "Dull, and far too long.", "I left half way through."])
    )
    suite = Suite("free", "1", "", items, stop=("\n", "it"), max_new_tokens=5)
    kinds = check(run_of(suite, tmp_path, ["typos", "format", "structure"]), plain)
    assert kinds == {"generation": kinds["generation"]} and kinds["generation"] > 10


def test_turns_of_a_chat_are_kept_as_they_were_sent(tmp_path):
    folder = shutil.copytree(pocket_folder(), tmp_path / "model")
    (folder / "chat_template.jinja").write_text(CHAT, encoding="utf-8")
    run = run_of("sentiment", tmp_path, ["structure-chat"], limit=3, model=f"hf:{folder}", apply_chat_template=True)
    requests = run.requests
    assert requests.messages.notna().any()
    chosen = requests[requests.messages.notna()].to_dict("records")
    plain = Plain(folder)
    assert [row["logprob"] for row in chosen] == pytest.approx([plain.logprob(row) for row in chosen], abs=1e-4)


def test_what_the_page_on_run_files_prints_gives_the_probabilities(tmp_path):
    import re
    from pathlib import Path

    page = (Path(__file__).parents[2] / "docs" / "reference" / "files.md").read_text(encoding="utf-8")
    (code,) = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    run = run_of("sentiment", tmp_path, ["typos"], limit=3)
    space = {"probe": probe, "numpy": __import__("numpy"), "folder": run.folder}
    exec(code, space)
    for place, expected in enumerate(run.scores.probabilities):
        rated = space["rated"]
        assert list(space["probabilities"][rated.row == place]) == pytest.approx(list(expected))
        assert set(rated.context[rated.row == place]) == {run.scores.text[place]}


def test_a_model_that_only_writes_and_one_that_rates_targets_are_recorded(tmp_path):
    wrote = probe.run("sentiment", model=lambda prompts: ["Positive."] * len(prompts), perturb=["typos"], samples=1,
                      limit=2, out=tmp_path, noise_floor=False)  # fmt: skip
    assert set(wrote.requests.kind) == {"generation"} and set(wrote.requests.text) == {"Positive."}
    suite = read_suite(find_suite("sentiment"))
    items = tuple(replace(one, prompt=replace(one.prompt, choices=())) for one in suite.items[:2])
    rated = run_of(replace(suite, items=items, rates_target=True, path="", digest=""), tmp_path, ["typos"])
    assert set(rated.requests.kind) == {"target"}
    greedy = rated.requests.greedy
    assert (greedy == rated.scores.correct[rated.requests.row].to_numpy()).all()


def test_an_impossible_continuation_is_kept_and_what_is_no_number_is_null():
    suite = read_suite(find_suite("sentiment"))
    variant = original_of(suite.items[0])
    score = Score(
        variant, "", correct=False, reading="non-finite",
        requests=tuple(LogLikelihood("x", choice) for choice in (" positive", " negative")),
        responses=tuple(LogProb(value, is_greedy=False) for value in (-math.inf, math.nan)),
    )  # fmt: skip
    assert request_rows(suite, [score], first=0)["logprob"] == [-math.inf, None]


def test_a_run_without_requests_says_so(tmp_path):
    run = run_of("sentiment", tmp_path, ["typos"], limit=2)
    (run.folder / "requests.parquet").unlink()
    with pytest.raises(StoreError, match="holds no requests"):
        _ = run.requests
    assert len(run.scores) and run.report(tmp_path / "page.html").is_file()
