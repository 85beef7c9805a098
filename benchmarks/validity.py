"""How the rules of validity agree with people, on paraphrases of whole prompts that people judged.

    python benchmarks/validity.py FOLDER [--show N]

FOLDER holds CSV files as SLAB publishes them (Mizrahi et al. 2024, "State of What Art?"): one prompt template a row, the first
marked as default, with the column `correct` that says whether people found that it asks the same. Each template is judged
against the default one. Prints for each task and all together: how many are right, what the rules say of the right ones and of
the wrong ones, and how many are right among those that the rules pass, and among those that they pass or only doubt.
"""

from __future__ import annotations

import argparse
import csv
from collections import Counter
from dataclasses import replace
from pathlib import Path

from probe.cli.output import out
from probe.metrics.statistics.intervals import wilson
from probe.types import Field, Item, Perturbation, Prompt, Variant
from probe.validity import validate
from probe.validity.facts import PLACEHOLDER

WHOLE = Perturbation("paraphrase-set", "paraphrase", "", lambda item, rng: None, scope="suite")
OUTCOMES = ("ok", "doubt", "fail")


def main() -> None:
    """Judge every template and print the agreement."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument(
        "--show", type=int, default=0, help="print so many templates that rules and people judge otherwise"
    )
    asked = parser.parse_args()
    overall: Counter[tuple[bool, str]] = Counter()
    reasons: Counter[tuple[bool, str]] = Counter()
    apart: list[str] = []
    heads = " ".join(f"{outcome:>6s}" for outcome in OUTCOMES)
    out(
        f"{'':34s} {'':6s} {'':6s}   {'people: right':20s}   {'people: wrong':20s}   {'right among':>16s}   {'right among':>16s}"
    )
    out(f"{'task':34s} {'judged':>6s} {'right':>6s}   {heads}   {heads}   {'ok':>16s}   {'ok and doubt':>16s}")
    for path in sorted(asked.folder.glob("*.csv")):
        counts: Counter[tuple[bool, str]] = Counter()
        for is_right, outcome, rules, text in judged(path):
            counts[is_right, outcome] += 1
            reasons.update((is_right, rule) for rule in rules)
            if is_right == (outcome == "fail"):
                apart.append(
                    f"{path.stem}  people {'right' if is_right else 'wrong'}, rules {outcome} {rules}: {text!r}"
                )
        out(line(path.stem, counts))
        overall += counts
    out(line("all", overall))
    for (is_right, rule), count in sorted(reasons.items(), key=lambda entry: -entry[1]):
        out(f"  {rule:16s} on {count:4d} that people found {'right' if is_right else 'wrong'}")
    out("\n".join(apart[:: max(1, len(apart) // asked.show)][: asked.show] if asked.show else []))


def judged(path: Path) -> list[tuple[bool, str, list[str], str]]:
    """Return for each template but the default one what people and rules say, with the rules that object and the text."""
    with path.open(encoding="utf-8", newline="") as source:
        rows = list(csv.DictReader(source))
    default = next(row["prompt template"] for row in rows if row["default prompt"] == "True")
    item = Item("task", as_prompt(default, default), "")
    found = []
    for row in rows:
        if row["default prompt"] == "True":
            continue
        text = row["prompt template"]
        made = replace(item, prompt=as_prompt(text, default))
        checks = validate(Variant(item, made, "paraphrase", "paraphrase-set", 0, "label-preserving", text), WHOLE)
        outcome = max((check.outcome for check in checks), key=OUTCOMES.index, default="ok")
        found.append((row["correct"] == "1", outcome, [check.name for check in checks], text))
    return found


def as_prompt(template: str, default: str) -> Prompt:
    """Return a whole template as a prompt with the fields that the default one names."""
    names = dict.fromkeys(name.strip("{}") for name in PLACEHOLDER.findall(default))
    return Prompt(template, tuple(Field(name, "") for name in names), is_template=True)


def line(name: str, counts: Counter[tuple[bool, str]]) -> str:
    """Return a row of the table."""
    right = sum(counts[True, outcome] for outcome in OUTCOMES)
    wrong = sum(counts[False, outcome] for outcome in OUTCOMES)
    cells = [f"{name:34s} {right + wrong:6d} {share(right, right + wrong):>6s}"]
    for is_right, of in ((True, right), (False, wrong)):
        cells.append(" ".join(f"{share(counts[is_right, outcome], of):>6s}" for outcome in OUTCOMES))
    for outcomes in (("ok",), ("ok", "doubt")):
        passed = [sum(counts[is_right, outcome] for outcome in outcomes) for is_right in (True, False)]
        cells.append(f"{share(passed[0], sum(passed), True):>16s}")
    return "   ".join(cells)


def share(count: int, of: int, with_interval: bool = False) -> str:
    """Return a share in percent, with its Wilson interval if asked."""
    if not of:
        return "-"
    low, high = wilson(count / of, of)
    return f"{100 * count / of:.0f} %" + (f" [{100 * low:.0f}, {100 * high:.0f}]" if with_interval else "")


if __name__ == "__main__":
    main()
