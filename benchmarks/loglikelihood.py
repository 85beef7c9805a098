"""Measure log-likelihood scoring against lm-eval's HFLM: same process, same model, same requests.

    python benchmarks/loglikelihood.py [--items N] [--formats N]

The model is a Llama of 26 M parameters with random weights and a vocabulary of 32,000 (speed does not depend on what it has
learnt); its tokenizer is trained on the spot. The requests are multiple-choice questions of BIG-Bench Hard, three solved ones
before each, in ten formats, each choice scored; where that data is absent, those of a shipped suite. The two engines take
turns, format by format, so that other work on the machine disturbs both alike. HFLM runs at the best of several batch sizes.

Prints requests per second of both, the ratio, tokens read by both, the largest difference in log-probability, and which share
of the model's own dense forward rate (plain causal batches, no vocabulary projection) is reached per token read, everything
included: tokenization, planning, projection.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import time
import warnings
from dataclasses import replace
from pathlib import Path

os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "true")

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

from probe.models.encoding import Encoder
from probe.models.huggingface import HuggingFace
from probe.prompt import continuations, render
from probe.suite import read_suite
from probe.types import Demonstration, Field, Layout, LogLikelihood, Prompt

ROOT = Path(__file__).resolve().parents[1]
BBH = ROOT.parent / "shared" / "data" / "bbh"
TASKS = ("date_understanding", "logical_deduction_five_objects")
SHOTS = 3
BATCH_SIZES = (1, 8, 32)
VOCABULARY = 32_000
WINDOW = 2048

SEPARATORS = (": ", ":: ", " - ", ":\n", " : ", "::: ", "- ", ": ", " ", ":")
SPACES = ("\n", " \n", "\n", "\n", "\n ", "\n", " || ", " \n ", "; \n", "\n")
CASINGS = ("identity", "upper", "lower", "title", "upper", "identity", "lower", "upper", "identity", "lower")


def bbh_prompts(task: str, num_items: int) -> list[Prompt]:
    """Give the first questions of a BIG-Bench Hard task, the three before them solved; answers are (A), (B), ..."""
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
    """Give the first questions of a shipped suite, three solved ones before each."""
    suite = read_suite(ROOT / "suites" / "facts")
    solved = tuple(Demonstration(item.prompt.fields, item.target, item.prompt.choices) for item in suite.train[:SHOTS])
    return [replace(item.prompt, demonstrations=solved) for item in suite.items[: num_items * len(TASKS)]]


def requests_by_format(prompts: list[Prompt], num_formats: int) -> list[list[LogLikelihood]]:
    """Give all requests of each format."""
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
    """Give a Llama with random weights."""
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
        """Give the log-probabilities."""
        self.model.batch_size_per_gpu = batch_size
        instances = [
            self.instance(request_type="loglikelihood", doc={}, arguments=(r.context, r.continuation), idx=0)
            for r in requests
        ]
        return [value for value, _ in self.model.loglikelihood(instances, disable_tqdm=True)]


def timed(work):
    """Give what `work` gives, and how many seconds it took."""
    start = time.perf_counter()
    result = work()
    return result, time.perf_counter() - start


def dense_rate(model: LlamaForCausalLM, lengths: tuple[int, ...] = (256, 512)) -> float:
    """Give the tokens per second of plain causal forward passes over full batches, without the vocabulary."""
    rates = []
    for length in lengths:
        ids = torch.randint(0, VOCABULARY, (2048 // length, length))
        with torch.inference_mode():
            seconds = min(timed(lambda ids=ids: model.model(ids, use_cache=False))[1] for _ in range(3))
        rates.append(ids.numel() / seconds)
    return max(rates)


def machine() -> str:
    """Give the machine's name: processor, cores, versions."""
    cpuinfo = Path("/proc/cpuinfo")
    names = [line.split(":", 1)[1].strip() for line in cpuinfo.read_text().splitlines() if line.startswith("model name")]
    name = names[0] if names else platform.processor() or platform.machine()
    return f"{name}, {os.cpu_count()} cores, {torch.get_num_threads()} threads, torch {torch.__version__}"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--items", type=int, default=8, help="questions of each task")
    parser.add_argument("--formats", type=int, default=10)
    options = parser.parse_args()
    warnings.simplefilter("ignore")

    from_bbh = BBH.is_dir()
    prompts = (
        [prompt for task in TASKS for prompt in bbh_prompts(task, options.items)] if from_bbh else suite_prompts(options.items)
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
    few = asked[0][:: max(len(asked[0]) // 32, 1)][:32]
    theirs.score(few[:8], batch_size=8)
    ours.loglikelihoods(few)
    trials = {size: timed(lambda size=size: theirs.score(few, batch_size=size))[1] for size in BATCH_SIZES}
    batch_size = min(trials, key=trials.__getitem__)
    print("HFLM      " + ", ".join(f"batch {size}: {len(few) / s:.2f}/s" for size, s in trials.items()))

    before, seconds, difference, rates = ours.usage, [], 0.0, []
    for requests in asked:
        rates.append(dense_rate(model))
        answers, our_seconds = timed(lambda requests=requests: ours.loglikelihoods(requests))
        values, their_seconds = timed(lambda requests=requests: theirs.score(requests, batch_size=batch_size))
        seconds.append((our_seconds, their_seconds))
        difference = max(difference, *(abs(a.value - b) for a, b in zip(answers, values, strict=True)))
    our_seconds, their_seconds = map(sum, zip(*seconds, strict=True))
    tokens, read = ours.usage.tokens - before.tokens, ours.usage.unique_tokens - before.unique_tokens
    shares = [
        read / len(asked) / our_s / rate for (our_s, _), rate in zip(seconds, rates, strict=True)
    ]
    print(f"theirs    {num / their_seconds:8.2f} requests/s   {tokens} tokens   batch size {batch_size}")
    print(f"ours      {num / our_seconds:8.2f} requests/s   {read} tokens   path {ours.usage.path}")
    ratios = [b / a for a, b in seconds]
    print(f"ratio     {their_seconds / our_seconds:.1f}   by format {min(ratios):.1f} to {max(ratios):.1f}")
    print(f"tokens    {tokens / read:.1f} times fewer")
    print(f"largest difference in log-probability   {difference:.1e}")
    print(f"share of the dense forward rate         {statistics.median(shares):.2f} of {statistics.median(rates):.0f} tokens/s")


if __name__ == "__main__":
    main()
