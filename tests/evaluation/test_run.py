"""The run: what is asked of whom, that chunks do not matter, that noise is measured on the engine itself."""

from dataclasses import fields, replace
from zlib import crc32

import pytest

from probe.errors import NothingToEvaluate, UsageError
from probe.evaluation import asking
from probe.evaluation.asking import batches
from probe.evaluation.run import DESIGN, Plan, manifest_facts, prepare, run
from probe.models.cache import Cached
from probe.models.scripted import Scripted
from probe.perturb import select
from probe.record.summarise import summarise
from probe.suite import find_suite, read_suite
from probe.types import Completion, Item, Perturbation, Prompt, Suite

SENTIMENT = read_suite(find_suite("sentiment"))
READING = read_suite(find_suite("reading"))
PLAN = Plan(tuple(select(["format", "typos", "wording", "order", "contrast", "null"])), samples=3, seed=5, limit=20)


def coin():
    return Scripted(
        prefers=lambda request: -float(crc32(repr(request).encode()) % 997) / 100,
        says=lambda request: ("", "red", "Saturday")[crc32(request.context.encode()) % 3],
        name="coin",
    )


def metrics(record, model):
    return summarise(record, model, PLAN).metrics


def digest_under(plan):
    return run([replace(SENTIMENT, items=SENTIMENT.items[:80])], coin(), plan).prompts_digest


@pytest.mark.parametrize("name", [one.name for one in fields(Plan) if one.name not in ("reviews", "validators")])
def test_a_setting_that_decides_which_prompts_are_asked_is_part_of_the_design(name):
    """Validators only doubt; decisions of people are left out, since a comparison sees them in the variants themselves."""
    others = {
        "perturbations": tuple(select(["format-space"])), "samples": 3, "num_fewshot": 1, "seed": 5, "limit": 9, "budget": 20,
        "target_ci": 0.9, "posix_items": 2, "resamples_variants": False, "weight": "pairs",
    }  # fmt: skip
    plan = Plan(tuple(select(["format"])), samples=2)
    key = "perturb" if name == "perturbations" else name
    assert (digest_under(replace(plan, **{name: others[name]})) != digest_under(plan)) == (key in DESIGN)


def test_every_variant_is_scored_once_and_in_order():
    record = run([SENTIMENT], coin(), PLAN)
    asked = {(v.item.id, v.family, v.sample) for v in prepare(SENTIMENT, PLAN).variants}
    scored = [(s.variant.item.id, s.variant.family, s.variant.sample) for s in record.suites["sentiment"].scores]
    assert len(scored) == len(set(scored))
    assert set(scored) == asked


@pytest.mark.parametrize("chunk", [1, 50, 100_000])
def test_how_the_requests_are_cut_changes_nothing(monkeypatch, chunk):
    whole = metrics(run([SENTIMENT, READING], coin(), PLAN), coin())
    monkeypatch.setattr(asking, "CHUNK", chunk)
    assert metrics(run([SENTIMENT, READING], coin(), PLAN), coin()) == whole


def test_the_null_reruns_ask_the_same_in_other_company():
    sizes, texts = [], []
    for batch, _ in batches(prepare(SENTIMENT, PLAN).variants, coin(), suite=SENTIMENT.name, seed=PLAN.seed):
        if batch[0].family == "null":
            sizes.append(len(batch))
            texts += [v.text for v in batch]
    assert sum(sizes) == 3 * 20
    assert len(set(texts)) == 20
    assert len(set(sizes)) > 1


def test_the_null_reruns_go_past_the_cache(tmp_path):
    class Drifting(Scripted):
        """Answers as a coin does, and otherwise after every call: an engine with noise."""

        calls = 0

        def loglikelihoods(self, requests, *, progress=None):
            self.calls += 1
            self.prefers = lambda request: -float(crc32(f"{self.calls}{request}".encode()) % 997)
            return super().loglikelihoods(requests, progress=progress)

    cached = Cached(Drifting(name="drifting"), tmp_path / "c.sqlite")
    rows = metrics(run([SENTIMENT], cached, PLAN), cached)
    (floor,) = [r.value for r in rows if (r.family, r.metric) == ("null", "flip_rate")]
    assert floor > 0.2


def test_a_steady_engine_has_no_noise():
    rows = metrics(run([SENTIMENT], coin(), PLAN), coin())
    (floor,) = [r.value for r in rows if (r.family, r.metric) == ("null", "flip_rate")]
    assert floor == 0.0


def test_an_empty_completion_is_unreadable_in_the_figures():
    silent = Scripted(says=lambda request: "", name="silent")
    rows = metrics(run([READING], silent, PLAN), silent)
    value = {(r.family, r.metric): r.value for r in rows}
    assert value["original", "unreadable_rate"] == 1.0
    assert value["original", "accuracy"] == 0.0
    assert value["all", "flip_rate"] == 0.0


def test_a_model_that_always_says_the_same_does_not_look_robust():
    constant = Scripted(prefers=lambda request: float(request.continuation == " positive"), name="constant")
    summary = summarise(run([SENTIMENT], constant, PLAN), constant, PLAN)
    value = {(r.family, r.metric): r.value for r in summary.metrics}
    assert value["all", "flip_rate"] < 0.5  # formats without a space before the answer are other continuations
    assert value["contrast", "contrast_consistency"] == 0.0


def test_an_oracle_is_right_everywhere_and_never_flips():
    answers = {v.text: v.perturbed.target for v in prepare(SENTIMENT, PLAN).variants}
    oracle = Scripted(prefers=lambda r: float(r.continuation.strip() == answers[r.context]), name="oracle")
    summary = summarise(run([SENTIMENT], oracle, PLAN), oracle, PLAN)
    value = {(r.family, r.metric): r.value for r in summary.metrics}
    assert value["original", "accuracy"] == value["all", "accuracy_worst"] == 1.0
    assert value["all", "flip_rate"] == value["all", "spread"] == 0.0
    assert value["contrast", "contrast_consistency"] == 1.0
    assert summary.flips == ()
    assert summary.verdict.startswith("Answers change on 0.0 %")


def test_no_item_left_is_nothing_to_evaluate():
    with pytest.raises(NothingToEvaluate, match="no item to evaluate"):
        prepare(SENTIMENT, Plan((), limit=0))


def test_the_manifest_knows_what_was_asked():
    record = run([SENTIMENT], coin(), PLAN)
    facts = manifest_facts(record, PLAN, coin())
    assert (facts["seed"], facts["samples"], facts["limit"]) == (5, 3, 20)
    assert facts["suites"][0]["digest"] == SENTIMENT.digest
    assert facts["suites"][0]["path"] == "sentiment"
    again = manifest_facts(run([SENTIMENT], coin(), PLAN), PLAN, coin())
    assert facts["prompts_digest"] == again["prompts_digest"]


def test_progress_ends_at_the_total():
    told = []
    run([SENTIMENT], coin(), PLAN, progress=lambda *args: told.append(args))
    suite, done, total, _ = told[-1]
    assert (suite, done) == ("sentiment", total)
    assert [d for _, d, _, _ in told] == sorted(d for _, d, _, _ in told)


def test_half_a_character_in_an_answer_is_read_as_a_replacement_and_loses_no_run(tmp_path):
    import probe

    suite = Suite("toy", "1", "", tuple(Item(str(n), Prompt(f"Say {n}.", ()), "Paris") for n in range(4)))
    model = Cached(Scripted(says=lambda request: "Par\ud83d is", name="torn"), tmp_path / "c.sqlite")
    found = probe.run(suite, model=model, out=tmp_path, perturb="casing")
    assert {answer.lower() for answer in found.scores.prediction} == {"par\ufffd is"}
    assert model.saved.is_open and model.saved.num_written > 0
    assert Completion("whole \U0001f600", 0.0, 1).text == "whole \U0001f600"


@pytest.mark.parametrize("place", ["prompt", "choice", "target"])
def test_half_a_character_in_a_variant_is_refused_with_the_perturbation_and_the_item(place):
    def torn(item, rng):
        if place == "prompt":
            return replace(item, prompt=replace(item.prompt, instruction=item.prompt.instruction + " \udc00"))
        if place == "choice":
            return replace(item, prompt=replace(item.prompt, instruction="Tell.", choices=("yes", "no", "\ud800")))
        return replace(item, prompt=replace(item.prompt, instruction="Say it."), target="\ud800")

    suite = Suite("toy", "1", "", (Item("a", Prompt("Say.", (), ("yes", "no")), "yes"),))
    own = Perturbation("torn", "own", "", torn)
    with pytest.raises(UsageError, match=r"perturbation 'torn', item 'a': its variant holds half a character"):
        prepare(suite, Plan((own,)))
