"""Measure log-likelihood scoring against lm-eval's HFLM: same process, same model, same requests.

    python benchmarks/loglikelihood.py [--items N] [--formats N]

The model is a Llama of 26 M parameters with random weights and a vocabulary of 32,000 (speed does not depend on what it has
learnt); its tokenizer is trained on the spot. The requests are multiple-choice questions of BIG-Bench Hard, three solved ones
before each, in ten formats, each choice scored; where that data is absent, those of a shipped suite. The two engines take
turns, format by format, so that other work on the machine disturbs both alike. HFLM runs at the best of several batch sizes.

Prints requests per second of both, the ratio, tokens read by both, the largest difference in log-probability, and which share
of the model's own dense forward rate is reached per token read, everything included: tokenization, planning, projection.
The dense rate is that of plain causal batches of random tokens as long as the requests, without the vocabulary projection.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import platform
import statistics
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "true")

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

from probe.models.encoding import Encoder
from probe.models.huggingface import HuggingFace
from probe.prompt.render import continuations, render
from probe.suite import read_suite
from probe.types import Demonstration, Field, Layout, LogLikelihood, Prompt

ROOT = Path(__file__).resolve().parents[1]
BBH = ROOT.parent / "shared" / "data" / "bbh"
TASKS = ("date_understanding", "logical_deduction_five_objects")
SHOTS = 3
BATCH_SIZES = (1, 4, 16)
VOCABULARY = 32_000
WINDOW = 2048

SEPARATORS = (": ", ":: ", " - ", ":\n", " : ", "::: ", "- ", ": ", " ", ":")
SPACES = ("\n", " \n", "\n", "\n", "\n ", "\n", " || ", " \n ", "; \n", "\n")
CASINGS = ("identity", "upper", "lower", "title", "upper", "identity", "lower", "upper", "identity", "lower")


def bbh_prompts(task: str, num_items: int) -> list[Prompt]:
    """Return the first questions of a BIG-Bench Hard task, the three before them solved; answers are (A), (B), ..."""
    examples = json.loads((BBH / f"{task}.json").read_text(encoding="utf-8"))["examples"]
    letters = [f"({chr(ord('A') + index)})" for index in range(26)]
    shown = [(Field("Question", example["input"]),) for example in examples]
    solved = tuple(
        Demonstration(fields, example["target"]) for fields, example in zip(shown[:SHOTS], examples, strict=False)
    )
    return [
        Prompt("", fields, tuple(letter for letter in letters if letter + " " in fields[0].text), demonstrations=solved)
        for fields in shown[SHOTS : SHOTS + num_items]
    ]


def suite_prompts(num_items: int) -> list[Prompt]:
    """Return the first questions of a shipped suite, three solved ones before each."""
    suite = read_suite(ROOT / "suites" / "facts")
    solved = tuple(Demonstration(item.prompt.fields, item.target, item.prompt.choices) for item in suite.train[:SHOTS])
    return [replace(item.prompt, demonstrations=solved) for item in suite.items[: num_items * len(TASKS)]]


def requests_by_format(prompts: list[Prompt], num_formats: int) -> list[list[LogLikelihood]]:
    """Return all requests of each format."""
    layouts = [
        Layout(separator=separator, space=space, casing=casing)
        for separator, space, casing in zip(SEPARATORS, SPACES, CASINGS, strict=True)
    ]
    return [
        [
            LogLikelihood(render(laid_out), continuation)
            for prompt in prompts
            for laid_out in [replace(prompt, layout=layout)]
            for continuation in continuations(laid_out)
        ]
        for layout in layouts[:num_formats]
    ]


def train_tokenizer(texts: list[str]) -> PreTrainedTokenizerFast:
    """Train a byte-level BPE tokenizer."""
    bpe = Tokenizer(models.BPE())
    bpe.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    bpe.decoder = decoders.ByteLevel()
    special = ["<s>", "</s>"]
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY, special_tokens=special, initial_alphabet=alphabet, show_progress=False
    )
    bpe.train_from_iterator(texts, trainer)
    return PreTrainedTokenizerFast(tokenizer_object=bpe, bos_token="<s>", eos_token="</s>", pad_token="</s>")


def random_llama() -> LlamaForCausalLM:
    """Return a Llama with random weights."""
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=VOCABULARY, hidden_size=384, intermediate_size=1024, num_hidden_layers=8, num_attention_heads=6,
        num_key_value_heads=6, max_position_embeddings=WINDOW, tie_word_embeddings=True, initializer_range=0.05,
    )  # fmt: skip
    return LlamaForCausalLM(config).eval()


class Theirs:
    """lm-eval's HFLM on our requests."""

    def __init__(self, model: LlamaForCausalLM, tokenizer: PreTrainedTokenizerFast) -> None:
        from lm_eval.api.instance import Instance
        from lm_eval.models.huggingface import HFLM

        self.model = HFLM(pretrained=model, tokenizer=tokenizer, batch_size=1, max_length=WINDOW)
        self.instance = Instance

    def score(self, requests: list[LogLikelihood], *, batch_size: int) -> list[float]:
        """Return the log-probabilities."""
        self.model.batch_size_per_gpu = batch_size
        instances = [
            self.instance(request_type="loglikelihood", doc={}, arguments=(r.context, r.continuation), idx=0)
            for r in requests
        ]
        return [value for value, _ in self.model.loglikelihood(instances, disable_tqdm=True)]


@dataclass(frozen=True)
class Seconds:
    """What something took: on the clock, and of all processors together."""

    clock: float
    processor: float


@dataclass(frozen=True)
class Turn:
    """One format, scored by both."""

    ours: Seconds
    theirs: Seconds
    read: int
    """Tokens that we read."""
    alone: int
    """Tokens of all requests."""
    dense: tuple[float, float]
    """Tokens per second, and per second of processors, of plain forward passes."""
    difference: float
    """Largest one in log-probability."""


def timed(work: Callable[[], Any]) -> tuple[Any, Seconds]:
    """Return what `work` gives, and what it took."""
    clock, processor = time.perf_counter(), time.process_time()
    result = work()
    return result, Seconds(time.perf_counter() - clock, time.process_time() - processor)


def dense_rate(model: LlamaForCausalLM, length: int) -> tuple[float, float]:
    """Return the tokens per second of plain causal forward passes, best of several batch sizes, without the vocabulary."""
    rates = []
    for size in (1, 2, 4):
        ids = torch.randint(0, VOCABULARY, (size, length))
        with torch.inference_mode():
            _, took = timed(lambda ids=ids: model.model(ids, use_cache=False))
        rates.append((ids.numel() / took.clock, ids.numel() / took.processor))
    return max(clock for clock, _ in rates), max(processor for _, processor in rates)


def best_batch_size(theirs: Theirs, few: list[LogLikelihood]) -> int:
    """Return the batch size at which HFLM is fastest."""
    theirs.score(few[:4], batch_size=4)
    trials = {size: timed(lambda size=size: theirs.score(few, batch_size=size))[1].clock for size in BATCH_SIZES}
    print("HFLM      " + ", ".join(f"batch {size}: {len(few) / s:.2f}/s" for size, s in trials.items()))
    return min(trials, key=trials.__getitem__)


def take_turn(ours: HuggingFace, theirs: Theirs, requests: list[LogLikelihood], batch_size: int) -> Turn:
    """Score the requests with both."""
    before = ours.usage
    answers, our_seconds = timed(lambda: ours.loglikelihoods(requests))
    alone, read = ours.usage.tokens - before.tokens, ours.usage.unique_tokens - before.unique_tokens
    dense = dense_rate(ours.model, alone // len(requests))
    values, their_seconds = timed(lambda: theirs.score(requests, batch_size=batch_size))
    difference = max(abs(answer.value - value) for answer, value in zip(answers, values, strict=True))
    return Turn(our_seconds, their_seconds, read, alone, dense, difference)


def report(turns: list[Turn], num: int) -> None:
    """Print what was measured."""
    our_clock, their_clock = sum(t.ours.clock for t in turns), sum(t.theirs.clock for t in turns)
    our_work, their_work = sum(t.ours.processor for t in turns), sum(t.theirs.processor for t in turns)
    read, alone = sum(t.read for t in turns), sum(t.alone for t in turns)
    ratios = [t.theirs.clock / t.ours.clock for t in turns]
    share = statistics.median(t.read / t.ours.clock / t.dense[0] for t in turns)
    work_share = statistics.median(t.read / t.ours.processor / t.dense[1] for t in turns)
    rate = statistics.median(t.dense[0] for t in turns)
    print(f"theirs    {num / their_clock:8.2f} requests/s   {alone} tokens")
    print(f"ours      {num / our_clock:8.2f} requests/s   {read} tokens, {alone / read:.1f} times fewer")
    print(f"ratio     {their_clock / our_clock:8.1f}   by format {min(ratios):.1f} to {max(ratios):.1f}")
    print(f"          {their_work / our_work:8.1f}   in processor time, which other work on the machine disturbs less")
    print(
        f"share     {share:8.2f}   of the dense forward rate, {rate:.0f} tokens/s; in processor time {work_share:.2f}"
    )
    print(f"largest difference in log-probability   {max(t.difference for t in turns):.1e}")


def machine() -> str:
    """Return the machine's name: processor, cores, versions."""
    cpuinfo = Path("/proc/cpuinfo")
    names = [
        line.split(":", 1)[1].strip() for line in cpuinfo.read_text().splitlines() if line.startswith("model name")
    ]
    name = names[0] if names else platform.processor() or platform.machine()
    return f"{name}, {os.cpu_count()} cores, {torch.get_num_threads()} threads, torch {torch.__version__}"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--items", type=int, default=4, help="questions of each task")
    parser.add_argument("--formats", type=int, default=10)
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    logging.getLogger("lm_eval").setLevel(logging.ERROR)

    from_bbh = BBH.is_dir()
    prompts = (
        [prompt for task in TASKS for prompt in bbh_prompts(task, options.items)]
        if from_bbh
        else suite_prompts(options.items)
    )
    asked = requests_by_format(prompts, options.formats)
    texts = [path.read_text(encoding="utf-8") for path in sorted(BBH.glob("*.json"))] if from_bbh else []
    tokenizer = train_tokenizer(texts or [request.context + request.continuation for few in asked for request in few])
    model = random_llama()
    print(f"machine   {machine()}")
    print(f"model     Llama, {sum(p.numel() for p in model.parameters()) / 1e6:.1f} M parameters, float32, random")
    source = "BIG-Bench Hard " + ", ".join(TASKS) if from_bbh else "suite facts"
    num = sum(map(len, asked))
    print(f"requests  {num}: {source}; {len(prompts)} items, {len(asked)} formats, {SHOTS} shots, each choice")

    ours = HuggingFace(model, Encoder(tokenizer, max_length=WINDOW), name="random")
    theirs = Theirs(model, tokenizer)
    few = asked[0][:: max(len(asked[0]) // 16, 1)][:16]
    batch_size = best_batch_size(theirs, few)
    ours.loglikelihoods(few)
    report([take_turn(ours, theirs, requests, batch_size) for requests in asked], num)


if __name__ == "__main__":
    main()
