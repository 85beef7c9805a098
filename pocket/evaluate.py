"""Measure the pocket model on the shipped suites and write its card: `python -m pocket.evaluate --model probe/models/pocket`.

Covered: accuracy as written, on the contrast edits, in the other taught formulations, and said differently (other layouts, other
instructions), through plain transformers, so that the figures do not lean on the tool that they are used to check.
Not covered: the tool's own perturbations and intervals; `probe run` reports those.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer, LlamaForCausalLM, PreTrainedTokenizerFast

from pocket.card import write_card
from pocket.formulations import FORMULATIONS, Formulation, prompt
from pocket.grammar import Example
from probe.prompt.render import continuations, render
from probe.types import Layout, Prompt

BATCH = 64
NEW_TOKENS = 8

LAYOUTS = {
    "separator ' - '": Layout(separator=" - "),
    "separator '\\n'": Layout(separator="\n"),
    "upper-case descriptors": Layout(casing="upper"),
    "parts parted by ' || '": Layout(space=" || "),
    "lower case, ' <sep> '": Layout(casing="lower", space=" <sep> "),
    "options 1) 2) ..": Layout(numbering="digit", option_wrapper="{})"),
}

WORDINGS = {
    "sentiment": ("Is this review favourable?", "Tell me what the writer felt."),
    "entailment": ("Does the hypothesis have to hold?", "Can we conclude the second sentence from the first?"),
    "comparison": ("Please answer.", "Look at the numbers and say which one is meant."),
    "facts": ("Pick one option.", "Please give the correct option."),
    "topic": ("What is this headline about?", "Put the headline in a category."),
    "reading": ("Answer briefly.", "What does the passage say?"),
}


def load(model: Path) -> tuple[LlamaForCausalLM, PreTrainedTokenizerFast]:
    """Load model and tokenizer as any user's model is loaded, in float32."""
    return AutoModelForCausalLM.from_pretrained(model, dtype=torch.float32).eval(), AutoTokenizer.from_pretrained(model)


def read_items(suite: Path) -> list[Example]:
    """Read a shipped suite's evaluation items with their contrast edits."""
    settings = (suite / "suite.toml").read_text(encoding="utf-8")
    shared = next(
        (json.loads(line[len("choices = ") :]) for line in settings.splitlines() if line.startswith("choices")), []
    )
    rows = (json.loads(line) for line in (suite / "items.jsonl").read_text(encoding="utf-8").splitlines())
    return [_example(row, tuple(row.get("choices", shared))) for row in rows]


def _example(row: dict, choices: tuple[str, ...]) -> Example:
    return Example(
        fields=tuple(row["fields"].items()),
        target=row["target"],
        choices=choices,
        aliases=tuple(row.get("aliases", ())),
        contrasts=tuple(_example(edit, choices) for edit in row.get("contrast", ())),
    )


def accuracy(
    model: LlamaForCausalLM, tokenizer: PreTrainedTokenizerFast, formulation: Formulation, examples: Sequence[Example]
) -> float:
    """Return the share of examples answered rightly: the likeliest choice, or the written answer where there are none."""
    prompts = [prompt(formulation, example) for example in examples]
    answers = ranked(model, tokenizer, prompts) if examples[0].choices else written(model, tokenizer, prompts)
    right = [answer in (e.target, *e.aliases) for answer, e in zip(answers, examples, strict=True)]
    return sum(right) / len(right)


@torch.no_grad()
def ranked(model: LlamaForCausalLM, tokenizer: PreTrainedTokenizerFast, prompts: Sequence[Prompt]) -> list[str]:
    """Return the choice with the largest summed log-probability for each prompt."""
    pairs = [(render(p), text) for p in prompts for text in continuations(p)]
    scores = iter(
        [
            score
            for start in range(0, len(pairs), BATCH)
            for score in _scores(model, tokenizer, pairs[start : start + BATCH])
        ]
    )
    return [max([(next(scores), choice) for choice in p.choices], key=lambda pair: pair[0])[1] for p in prompts]


def _scores(
    model: LlamaForCausalLM, tokenizer: PreTrainedTokenizerFast, pairs: Sequence[tuple[str, str]]
) -> list[float]:
    """Return the summed log-probability of each continuation after its context; padding is to the right."""
    contexts = tokenizer([context for context, _ in pairs])["input_ids"]
    answers = tokenizer([answer for _, answer in pairs])["input_ids"]
    rows = [context + answer for context, answer in zip(contexts, answers, strict=True)]
    width = max(map(len, rows))
    ids_BT = torch.tensor([row + [tokenizer.pad_token_id] * (width - len(row)) for row in rows])
    logprobs_BTV = model(input_ids=ids_BT).logits.log_softmax(-1)
    picked_BT = logprobs_BTV[:, :-1].gather(-1, ids_BT[:, 1:, None]).squeeze(-1)  # the token at t+1, seen from t
    spans = zip(contexts, rows, strict=True)
    return [float(picked_BT[n, len(context) - 1 : len(row) - 1].sum()) for n, (context, row) in enumerate(spans)]


@torch.no_grad()
def written(model: LlamaForCausalLM, tokenizer: PreTrainedTokenizerFast, prompts: Sequence[Prompt]) -> list[str]:
    """Return what the model writes after each prompt, greedily, up to the first newline."""
    answers = []
    for start in range(0, len(prompts), BATCH):
        inputs = tokenizer([render(p) for p in prompts[start : start + BATCH]], return_tensors="pt", padding=True)
        ids_BT = model.generate(
            input_ids=inputs["input_ids"],
            attention_mask=inputs["attention_mask"],
            max_new_tokens=NEW_TOKENS,
            do_sample=False,
        )
        new = tokenizer.batch_decode(ids_BT[:, inputs["input_ids"].shape[1] :], skip_special_tokens=True)
        answers += [text.split("\n")[0].strip() if text.strip() else "" for text in new]
    return answers


def figures(
    model: LlamaForCausalLM, tokenizer: PreTrainedTokenizerFast, suite: str, items: Sequence[Example]
) -> dict[str, float]:
    """Return a suite's accuracies by what was done to the prompt; "clean" is as written."""
    first, *others = FORMULATIONS[suite]
    asked = {"original": (first, items)}
    edits = [edit for item in items for edit in item.contrasts]
    if edits:
        asked["contrast edits"] = (first, edits)
    asked |= {f"taught formulation {n}": (other, items) for n, other in enumerate(others, 2)}
    asked |= {name: (replace(first, layout=layout), items) for name, layout in LAYOUTS.items() if _tells(name, first)}
    asked |= {f"instruction '{text}'": (replace(first, instruction=text), items) for text in WORDINGS[suite]}
    return {name: round(accuracy(model, tokenizer, *what), 3) for name, what in asked.items()}


def _tells(layout: str, formulation: Formulation) -> bool:
    return formulation.list_choices or not layout.startswith("options")


def main() -> None:
    """Measure every suite, print the figures, and write them and the card beside the weights."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", type=Path, default=Path("probe/models/pocket"))
    parser.add_argument("--suites", type=Path, default=Path("suites"))
    parser.add_argument("--training", type=Path, help="training.json of the run, to write the card from")
    options = parser.parse_args()
    model, tokenizer = load(options.model)
    reached = {}
    for suite in FORMULATIONS:
        reached[suite] = figures(model, tokenizer, suite, read_items(options.suites / suite))
        print(suite, json.dumps(reached[suite], indent=2), flush=True)
    if options.training:
        write_card(options.model, reached, json.loads(options.training.read_text(encoding="utf-8")))


if __name__ == "__main__":
    main()
