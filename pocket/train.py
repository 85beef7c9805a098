"""Train the pocket model from scratch: `python -m pocket.train --out probe/models/pocket`.

Covered: the tokenizer, the training loop (Muon for the matrices, AdamW for the rest; warm-up, constant rate, linear decay),
checkpoints to go on from, the figures reached on fresh texts. The result depends on the arguments alone, up to rounding that
differs between machines.
Not covered: the evaluation on the shipped suites and the model card (pocket.evaluate).
"""

from __future__ import annotations

import argparse
import functools
import json
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import torch
import torch.nn.functional as F
from transformers import LlamaForCausalLM, PreTrainedTokenizerFast

from pocket.batches import Batch, batches, encode
from pocket.corpus import ROUND_SIZE, Text, check_texts, digest, held_out_keys, texts
from pocket.model import new_model, save_model
from pocket.tokens import save_tokenizer, train_tokenizer

CONTEXT_WEIGHT = 0.2
CHECK_SIZE = 96
CHECK_EVERY = 8
"""Rounds between two looks at the fresh texts, and between two checkpoints."""

DIGEST_ROUNDS = 4
"""Rounds of training text whose digest is kept beside the weights, for a test to make again."""


def arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--out", type=Path, default=Path("probe/models/pocket"), help="folder for weights and tokenizer"
    )
    parser.add_argument("--suites", type=Path, default=Path("suites"), help="their evaluation items are held out")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=256, help="rounds of 2048 texts")
    parser.add_argument("--decay-from", type=int, default=192, help="round from which the learning rate falls")
    parser.add_argument("--muon-rate", type=float, default=0.01)
    parser.add_argument("--adam-rate", type=float, default=0.0015)
    parser.add_argument(
        "--checkpoint", type=Path, default=Path("pocket-checkpoint.pt"), help="to go on from, if it is there"
    )
    return parser.parse_args()


def optimizers(model: LlamaForCausalLM, options: argparse.Namespace) -> list[torch.optim.Optimizer]:
    """Return Muon for the matrices inside the layers and AdamW for embeddings and norms."""
    matrices = [p for name, p in model.named_parameters() if p.ndim == 2 and ".layers." in name]
    others = [p for name, p in model.named_parameters() if not (p.ndim == 2 and ".layers." in name)]
    return [
        torch.optim.Muon(matrices, lr=options.muon_rate, weight_decay=0.01, momentum=0.95),
        torch.optim.AdamW(others, lr=options.adam_rate, betas=(0.9, 0.98), weight_decay=0.0),
    ]


def rate_factor(position: float, options: argparse.Namespace) -> float:
    """Return the share of the full learning rate at a position, in rounds."""
    warm = min(1.0, (position + 0.05) / 2)
    left = (options.rounds - position) / max(1, options.rounds - options.decay_from)
    return max(0.01, min(warm, left, 1.0))


@functools.cache
def _compiled() -> Callable[[LlamaForCausalLM, torch.Tensor], torch.Tensor]:
    return torch.compile(_hidden_states, dynamic=True)


def _hidden_states(model: LlamaForCausalLM, ids_BT: torch.Tensor) -> torch.Tensor:
    with torch.autocast("cpu", torch.bfloat16):
        return model.model(input_ids=ids_BT, use_cache=False).last_hidden_state


def _body(model: LlamaForCausalLM, ids_BT: torch.Tensor) -> torch.Tensor:
    """Return the hidden states; compiled once for all shapes, which needs a C++ compiler and saves 40 % of the time."""
    return (_compiled() if shutil.which("g++") else _hidden_states)(model, ids_BT)


def loss_of(model: LlamaForCausalLM, batch: Batch) -> torch.Tensor:
    """Return the mean negative log-likelihood of answer tokens, plus a little of some context tokens."""
    with torch.autocast("cpu", torch.bfloat16):
        hidden_BTH = _body(model, batch.ids_BT)[:, :-1]
        learned = (batch.answer_BT | batch.context_BT)[:, 1:]  # the token at t+1, seen from t
        logits_NV = model.lm_head(hidden_BTH[learned])
    losses_N = F.cross_entropy(logits_NV.float(), batch.ids_BT[:, 1:][learned], reduction="none")
    in_answer_N = batch.answer_BT[:, 1:][learned]
    return losses_N[in_answer_N].mean() + CONTEXT_WEIGHT * losses_N[~in_answer_N].mean()


@torch.no_grad()
def share_right(model: LlamaForCausalLM, tokenizer: PreTrainedTokenizerFast, shown: list[Text]) -> float:
    """Return the share of texts of which every answer token is the likeliest one."""
    right = 0
    for ids, learned in encode(tokenizer, shown):
        start = learned.index(True)
        logits_TV = model(input_ids=torch.tensor([ids])).logits[0]
        right += logits_TV[start - 1 : -1].argmax(-1).tolist() == ids[start:]
    return right / len(shown)


def main() -> None:
    """Train, with a checkpoint and a look at fresh texts every few rounds, and save."""
    options = arguments()
    held_out = held_out_keys(options.suites)
    tokenizer = train_tokenizer(options.seed, held_out)
    model = new_model(options.seed, tokenizer)
    steppers = optimizers(model, options)
    first, tokens = _resume(options, model, steppers)
    checks = check_texts(options.seed, held_out, size=CHECK_SIZE)
    print(
        f"{sum(p.numel() for p in model.parameters()):,} parameters, {len(tokenizer)} tokens, from round {first}",
        flush=True,
    )
    for index in range(first, options.rounds):
        began = time.monotonic()
        made = batches(tokenizer, list(texts(options.seed, index, held_out)), options.seed, index)
        losses = [
            _step(model, steppers, batch, rate_factor(index + n / len(made), options), options)
            for n, batch in enumerate(made)
        ]
        tokens += (size := sum(batch.ids_BT.numel() for batch in made))
        speed = size / (time.monotonic() - began)
        print(
            f"round {index + 1} loss {sum(losses) / len(losses):.3f} {len(made)} steps {speed:.0f} tokens/s", flush=True
        )
        if (index + 1) % CHECK_EVERY == 0 or index + 1 == options.rounds:
            _look(model, tokenizer, checks)
            _save(options, model, tokenizer, steppers, {"done": index + 1, "tokens": tokens})
    _describe(options, model, held_out, tokens)


def _step(
    model: LlamaForCausalLM,
    steppers: list[torch.optim.Optimizer],
    batch: Batch,
    factor: float,
    options: argparse.Namespace,
) -> float:
    """Take one step down the loss and give the loss."""
    for stepper, rate in zip(steppers, (options.muon_rate, options.adam_rate), strict=True):
        for group in stepper.param_groups:
            group["lr"] = rate * factor
    loss = loss_of(model, batch)
    loss.backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    for stepper in steppers:
        stepper.step()
        stepper.zero_grad()
    return loss.item()


def _look(model: LlamaForCausalLM, tokenizer: PreTrainedTokenizerFast, checks: dict[str, list[Text]]) -> None:
    shares = {suite: round(share_right(model, tokenizer, shown), 3) for suite, shown in checks.items()}
    print("  fresh texts right:", json.dumps(shares), flush=True)


def _save(
    options: argparse.Namespace, model: LlamaForCausalLM, tokenizer: PreTrainedTokenizerFast,
    steppers: list[torch.optim.Optimizer], progress: dict[str, int],
) -> None:  # fmt: skip
    """Write weights and tokenizer, and the checkpoint to go on from."""
    options.out.mkdir(parents=True, exist_ok=True)
    save_model(model, options.out)
    save_tokenizer(tokenizer, options.out)
    state = {**progress, "model": model.state_dict(), "steppers": [stepper.state_dict() for stepper in steppers]}
    partial = options.checkpoint.with_suffix(".partial")
    torch.save(state, partial)
    partial.replace(options.checkpoint)


def _describe(options: argparse.Namespace, model: LlamaForCausalLM, held_out: frozenset[str], tokens: int) -> None:
    """Write training.json: what the text and the weights were made from."""
    described = {
        "seed": options.seed,
        "rounds": options.rounds,
        "decay_from": options.decay_from,
        "round_size": ROUND_SIZE,
        "texts": options.rounds * ROUND_SIZE,
        "tokens_millions": round(tokens / 1e6, 2),
        "digest_rounds": DIGEST_ROUNDS,
        "digest": digest(options.seed, DIGEST_ROUNDS, held_out),
        "held_out": len(held_out),
        "muon_rate": options.muon_rate,
        "adam_rate": options.adam_rate,
        "parameters": sum(p.numel() for p in model.parameters()),
        "vocabulary": model.config.vocab_size,
        "torch": torch.__version__,
    }
    (options.out / "training.json").write_text(json.dumps(described, indent=2) + "\n", encoding="utf-8")


def _resume(
    options: argparse.Namespace, model: LlamaForCausalLM, steppers: list[torch.optim.Optimizer]
) -> tuple[int, int]:
    """Load the checkpoint where there is one, and give the round to go on with and the tokens seen."""
    if not options.checkpoint.exists():
        return 0, 0
    state = torch.load(options.checkpoint, weights_only=True)
    model.load_state_dict(state["model"])
    for stepper, saved in zip(steppers, state["steppers"], strict=True):
        stepper.load_state_dict(saved)
    return state["done"], state["tokens"]


if __name__ == "__main__":
    main()
