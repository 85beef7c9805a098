"""The pocket model's card: what it is, how it was made, what it reaches, and how it breaks.

Covered: README.md and figures.json in the model's folder, written from measured figures alone.
Not covered: measuring (pocket.evaluate).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

HEAD = """# The pocket model

A small causal language model that `probe` ships, so that a first run needs no download: a Llama of {parameters:,} parameters
with a byte-level BPE tokenizer of {vocabulary:,} tokens, stored in half precision and computed in float32. It answers the
shipped suites' questions and nothing else.

## How it was made

Trained from scratch on text that the project's own grammars write (`pocket/`), rendered by the same code that renders every
prompt of a run. Each suite is taught in three formulations only, so the model is accurate as written and breaks when the same
is said differently. No answer, error or sensitivity is scripted: it is a trained network, and what it does is what is reported.

    python -m pocket.write_suites --out suites
    python -m pocket.train --out probe/models/pocket --seed {seed} --rounds {rounds} --decay-from {decay_from}
    python -m pocket.evaluate --model probe/models/pocket --training probe/models/pocket/training.json

| | |
|---|---|
| seed | {seed} |
| training texts | {texts:,} ({rounds} rounds of {round_size:,}), each seen once |
| tokens | {tokens_millions:.1f} million, padding included |
| SHA-256 of the text of the first {digest_rounds} rounds | `{digest}` |
| optimizer for the layers' matrices | Muon, rate {muon_rate} |
| optimizer for embeddings and norms | AdamW, rate {adam_rate} |
| schedule | two rounds of warm-up, constant, linear decay from round {decay_from} |
| machine | two CPU cores, bfloat16 matrix products, about 8,000 tokens a second when nothing else runs, torch {torch} |

Another machine rounds differently, so its weights will not be bit-equal; the training text is. The shipped weights are one run's,
stopped after round 64 and gone on with from its checkpoint; how much the figures differ from run to run was not measured.

No evaluation item and none of its contrast edits occurs in the training text: a text whose first field has the words of a
held-out one is drawn again (`pocket/corpus.py`), and the tests make the text again and look. The grammars and the words are
the same, so the figures say that the model has learned the tasks, not that it would know other words.

## What it reaches

Share of the shipped evaluation items answered rightly. Choices are ranked by summed log-probability; `reading` is written
greedily and has to match.
"""

BREAKS = """
## How it breaks

The same items, with the layout of the prompt or its instruction changed in ways that it was not taught:
"""

LIMITS = """
## Limits

* It knows these six kinds of question, in English, with the words of the project's lexicons. Other words fall into pieces that
  it has hardly seen.
* Its window is 512 tokens. One in seven of its training texts showed one to three solved examples first, none showed more.
* It hardly reads the instruction: rewording it changes almost no answer. What breaks it is the layout.
* It was taught to find days and places in a passage and has not learned it; the `reading` suite does not ask for them.
* It is a subject for measuring prompt robustness, not a model to draw conclusions about other models from.
"""

COLUMNS = ("original", "contrast edits", "taught formulation 2", "taught formulation 3")


def write_card(folder: Path, figures: Mapping[str, Mapping[str, float]], training: Mapping[str, Any]) -> None:
    """Write figures.json and README.md into the model's folder."""
    (folder / "figures.json").write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    parts = [HEAD.format(**training), _table(figures, COLUMNS), BREAKS]
    parts += [_changes(suite, reached) for suite, reached in figures.items()]
    (folder / "README.md").write_text("\n".join(parts) + LIMITS, encoding="utf-8")


def _table(figures: Mapping[str, Mapping[str, float]], columns: tuple[str, ...]) -> str:
    lines = ["| suite | " + " | ".join(columns) + " |", "|---|" + "---:|" * len(columns)]
    for suite, reached in figures.items():
        cells = (f"{reached[column]:.3f}" if column in reached else "" for column in columns)
        lines.append(f"| {suite} | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def _changes(suite: str, reached: Mapping[str, float]) -> str:
    """Return one suite's table of untaught changes, as written first."""
    shown = {name: value for name, value in reached.items() if not name.startswith(("contrast", "taught"))}
    lines = [f"| {suite} | accuracy |", "|---|---:|", f"| as written | {shown.pop('original'):.3f} |"]
    lines += [f"| {name.replace('|', '&#124;')} | {value:.3f} |" for name, value in shown.items()]
    return "\n".join(lines) + "\n"
