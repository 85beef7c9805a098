"""Measure a training step of repair: views as rows of a trie against a plain loop of transformers, in one process.

    python benchmarks/repair.py [--suite NAME] [--items N] [--shots N] [--rounds N] [--threads N]
    python benchmarks/repair.py --half-billion [--device cuda]

A step is the forward and the backward pass of cross-entropy, class distributions and states over the same views, with LoRA of
rank 16 on every linear layer of the pocket model; the optimizer is left out, being the same for all. The ways take turns, round
by round, so that other work on the machine disturbs them alike:

    packed       rows of a trie, as `probe repair` trains
    per answer   each answer of each view a sequence of its own, padded on the right: what a consistency term over classes needs
    per view     each view with its right answer, padded on the right: what cross-entropy alone needs
    cached       packed, with gradient caching in passes of a quarter of the batch
    bfloat16     packed, under autocast

Prints seconds of each (on the clock, and of the processor), ratios, tokens computed, and the largest difference of a gradient.
With --half-billion a Llama of 0.5 B parameters with random weights is given 512 pairs of sequences with gradient caching, and the
peak of memory and tokens per second are printed; that needs an accelerator.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from loglikelihood import machine
from torch import Tensor

from probe.evolve import evolve
from probe.models.encoding import Encoder
from probe.models.huggingface import HuggingFace
from probe.models.loaders import load_model
from probe.models.options import HuggingFaceOptions
from probe.models.packing import padded
from probe.models.trie import Span
from probe.prompt.render import render
from probe.repair.adapters import Tuned, training, tune
from probe.repair.base import Seen, View
from probe.repair.caching import Accumulator
from probe.repair.precision import Precision
from probe.repair.prepared import Prepared, prepare
from probe.suite import read_suite
from probe.types import Demonstration, Item, Layout, Prompt, Suite, Variant

ROOT = Path(__file__).resolve().parents[1]
LAYOUTS = (
    Layout(),
    Layout(separator=" - ", casing="upper"),
    Layout(separator=":\n", space=" || "),
    Layout(separator="::: ", casing="lower", space="\n "),
)
LAYER = 3
EVERYTHING = 10**9
NEVER_RENDERED = Prompt("", (), ("yes", "no"))


def views_of(suite: Suite, num_items: int, shots: int) -> list[View]:
    """Return the first training items of a suite under four layouts, the ones after them shown solved."""
    shown = suite.train[num_items : num_items + shots]
    solved = tuple(Demonstration(one.prompt.fields, one.target, one.prompt.choices) for one in shown)
    return [_view(item, layout, solved) for item in suite.train[:num_items] for layout in LAYOUTS]


def _view(item: Item, layout: Layout, solved: tuple[Demonstration, ...]) -> View:
    asked = evolve(item, prompt=evolve(item.prompt, layout=layout, demonstrations=solved))
    return View(Variant(item, asked, "format", "layout", 0, "label-preserving", render(asked.prompt)))


def loss_of(seen: Seen) -> Tensor:
    """Return a loss over all that a step computes: cross-entropy, agreement of distributions, closeness of states."""
    probabilities = seen.class_logprobs.exp().masked_fill(seen.class_logprobs == -torch.inf, 0.0)
    near = torch.nn.functional.normalize(seen.states, dim=1)
    return seen.answer_nll.mean() + (probabilities - probabilities.mean(0)).square().mean() + (near @ near.T).mean()


def plain_step(tuned: Tuned, views: Sequence[Prepared], *, per_answer: bool) -> Callable[[], None]:
    """Return a step as one writes it with transformers: sequences padded on the right, all logits."""
    spans = [span for view in views for span in (view.spans if per_answer else [view.spans[view.target_span]])]
    owners = np.cumsum([0, *(len(view.spans) if per_answer else 1 for view in views)])
    width = max(len(span.tokens) - 1 for span in spans)
    ids = padded([span.tokens[:-1] for span in spans], width=width, fill=tuned.engine.pad_id).to(tuned.engine.device)
    mask = padded([np.ones(len(span.tokens) - 1) for span in spans], width=width, fill=0).to(tuned.engine.device)

    def step() -> None:
        output = tuned.engine.model(input_ids=ids, attention_mask=mask, output_hidden_states=True, use_cache=False)
        logprobs = output.logits.log_softmax(-1)
        sums = torch.stack([_sum(logprobs[row], span) for row, span in enumerate(spans)])
        places = [int(owners[n]) + (view.target_span if per_answer else 0) for n, view in enumerate(views)]
        lengths = torch.tensor([len(spans[p].tokens) - spans[p].first_scored for p in places], device=sums.device)
        states = torch.stack([output.hidden_states[LAYER][p, spans[p].first_scored - 1] for p in places])
        distributions = (
            torch.nn.utils.rnn.pad_sequence(
                [sums[int(owners[n]) + torch.tensor(view.class_spans)] for n, view in enumerate(views)],
                batch_first=True,
                padding_value=-torch.inf,
            ).log_softmax(-1)
            if per_answer
            else sums.new_zeros(len(views), 1)
        )
        nothing = torch.zeros(len(views), dtype=torch.long)
        loss_of(Seen(-sums[places] / lengths, distributions, states, nothing, nothing, nothing)).backward()

    return step


def _sum(logprobs: Tensor, span: Span) -> Tensor:
    targets = torch.from_numpy(span.tokens[span.first_scored :].astype(np.int64)).to(logprobs.device)
    return logprobs[span.first_scored - 1 : len(span.tokens) - 1].gather(1, targets[:, None]).sum()


def timed(tuned: Tuned, work: Callable[[], Any]) -> tuple[float, float]:
    """Return the seconds of a step on the clock, and of the processor."""
    for one in tuned.parameters:
        one.grad = None
    clock, processor = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - clock, time.process_time() - processor


def gradient(parameters: Iterable[torch.nn.Parameter]) -> Tensor:
    """Return the gradient that is stored."""
    return torch.cat([one.grad.flatten() for one in parameters if one.grad is not None])


def measure(options: argparse.Namespace) -> None:
    """Print what a step on the pocket model takes in each way."""
    suite = read_suite(ROOT / "suites" / options.suite)
    tuned = tune(load_model("pocket", HuggingFaceOptions(device=options.device)), "lora")  # type: ignore[arg-type]
    with torch.no_grad():
        for one in tuned.parameters:  # away from the zeros that LoRA begins with, so that every gradient says something
            one.add_(0.01 * torch.sin(torch.arange(one.numel(), device=one.device)).view_as(one))
    views = prepare(tuned.engine, views_of(suite, options.items, options.shots), suite)
    packed = Accumulator(tuned, layer=LAYER, pass_tokens=4096, graph_tokens=EVERYTHING)
    half = Precision("bfloat16", tuned.engine.device)
    in_half = Accumulator(tuned, layer=LAYER, precision=half, pass_tokens=4096, graph_tokens=EVERYTHING)
    with training(tuned):
        done = packed.add(views, loss_of)
        cached = Accumulator(tuned, layer=LAYER, pass_tokens=max(done.num_tokens // 4, 1), graph_tokens=0)
        ways: dict[str, Callable[[], Any]] = {
            "packed": lambda: packed.add(views, loss_of),
            "per answer": plain_step(tuned, views, per_answer=True),
            "per view": plain_step(tuned, views, per_answer=False),
            "cached": lambda: cached.add(views, loss_of),
            "bfloat16": lambda: in_half.add(views, loss_of),
        }
        timed(tuned, ways["per answer"])
        theirs = gradient(tuned.parameters)
        for work in ways.values():
            timed(tuned, work)  # warm
        taken = [{name: timed(tuned, work) for name, work in ways.items()} for _ in range(options.rounds)]
        timed(tuned, ways["packed"])
        ours = gradient(tuned.parameters)
    fewer = done.num_separate / done.num_tokens
    apart = float((ours - theirs).abs().max() / theirs.abs().max())
    print(
        f"suite     {suite.name}, {options.items} items x {len(LAYOUTS)} layouts, {options.shots} solved examples each"
    )
    print(f"tokens    {done.num_tokens} computed, {done.num_separate} if separate: {fewer:.1f} times fewer")
    print(f"gradient  {apart:.1e} from that of separate sequences at most, of its largest entry")
    for name in ways:
        clock, processor = (statistics.median(one[name][place] for one in taken) for place in (0, 1))
        ratios = sorted(one[name][1] / one["packed"][1] for one in taken)
        print(
            f"{name:10s}{clock:8.3f} s, {processor:.3f} s of the processor, {statistics.median(ratios):.2f} times packed"
            f" ({ratios[0]:.2f} to {ratios[-1]:.2f})"
        )


def half_billion(options: argparse.Namespace) -> None:
    """Print memory and speed of 512 pairs on a model of 0.5 B parameters, with gradient caching."""
    from tokenizers import Tokenizer, models
    from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

    device = torch.device(options.device)
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=32_000, hidden_size=1024, intermediate_size=4096, num_hidden_layers=options.layers, num_attention_heads=16,
        num_key_value_heads=8, max_position_embeddings=2048, tie_word_embeddings=True,
    )  # fmt: skip
    model = LlamaForCausalLM(config).to(device, torch.bfloat16).eval()
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=Tokenizer(models.BPE()), eos_token="</s>")
    engine = HuggingFace(model, Encoder(tokenizer, max_length=2048), name="random 0.5 B")
    tuned = tune(engine, "lora")
    rng = np.random.default_rng(0)
    views = [view for pair in range(options.pairs) for view in _pair(pair, rng)]
    accumulator = Accumulator(tuned, layer=options.layers // 2, pass_tokens=options.pass_tokens, graph_tokens=0)
    with training(tuned):
        accumulator.add(views[:32], loss_of)
        if device.type == "cuda":
            torch.cuda.reset_peak_memory_stats(device)
        clock = time.perf_counter()
        done = accumulator.add(views, loss_of)
        if device.type == "cuda":
            torch.cuda.synchronize(device)
        seconds = time.perf_counter() - clock
    peak = "not measured"
    if device.type == "cuda":
        peak = f"{torch.cuda.max_memory_allocated(device) / 2**30:.1f} GiB at most"
    rate = done.num_tokens / seconds
    print(f"model     {sum(one.numel() for one in model.parameters()) / 1e9:.2f} B parameters, random, bfloat16")
    print(f"step      {len(views) // 2} pairs, {done.num_tokens} tokens in {done.num_passes} passes, {seconds:.1f} s")
    print(f"rate      {rate:.0f} tokens/s, forward twice and backward once")
    print(f"memory    {peak}; the largest graph held {done.largest_graph} tokens")


def _pair(number: int, rng: np.random.Generator) -> list[Prepared]:
    """Return two views of an item of random tokens: 100 of the question, after 28 of two ways to ask it."""
    question = rng.integers(1, 32_000, size=100, dtype=np.int32)
    item = Item(str(number), NEVER_RENDERED, "yes")
    views = []
    for _ in range(2):
        prompt = np.concatenate([rng.integers(1, 32_000, size=28, dtype=np.int32), question])
        spans = tuple(Span(np.append(prompt, np.int32(answer)), len(prompt)) for answer in (11, 12))
        view = View(Variant(item, item, "format", "layout", 0, "label-preserving", ""))
        views.append(Prepared(view, "random", ("yes", "no"), spans, class_spans=(0, 1), sizes=(1, 1)))
    return views


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--suite", default="sentiment")
    parser.add_argument("--items", type=int, default=8, help="training items of a step")
    parser.add_argument("--shots", type=int, default=0, help="solved examples before each question")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--threads", type=int, default=0, help="of the processor; 0: as torch chooses")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--half-billion", action="store_true")
    parser.add_argument("--pairs", type=int, default=512, help="with --half-billion")
    parser.add_argument("--layers", type=int, default=28, help="with --half-billion; fewer for a trial")
    parser.add_argument("--pass-tokens", type=int, default=2048, help="with --half-billion: tokens of one pass")
    options = parser.parse_args()
    if options.threads:
        torch.set_num_threads(options.threads)
    print(f"machine   {machine()}" + (f", {torch.cuda.get_device_name()}" if options.device.startswith("cuda") else ""))
    (half_billion if options.half_billion else measure)(options)


if __name__ == "__main__":
    main()
