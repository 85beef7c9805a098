"""The precision of each perturbation, from what a reader decided of its variants.

    python benchmarks/precision.py docs/methodology/readings.csv [--unseen]

The file has a row for each variant that was read: perturbation, source (a shipped suite, bbh:TASK of BIG-Bench Hard, or
unseen:NAME, texts of benchmarks/unseen/ that the rules were not written on), item, key (the hash that `probe review` keeps) and
decision (accept, reject, unsure). Texts are not in it. Prints the table of docs/methodology/validity.md: precision is
accepted / (accepted + rejected), with a Wilson interval.
"""

from __future__ import annotations

import argparse
import csv
from collections import Counter
from pathlib import Path

import probe.perturb  # noqa: F401  registers what is shipped
from probe.metrics.statistics.intervals import wilson
from probe.registry import perturbations

HEAD = (
    "| perturbation | read on the suites | on BIG-Bench Hard | on unseen texts | accepted | rejected | unsure | precision | "
    "drawn by default |"
)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("readings", type=Path)
    parser.add_argument("--unseen", action="store_true", help="what was read on unseen texts alone")
    asked = parser.parse_args()
    print("\n".join(unseen_table(asked.readings) if asked.unseen else table(asked.readings)))


def unseen_table(path: Path) -> list[str]:
    """Return the table of what was read on unseen texts: accepted, with unsure ones not, and the lower bound of their share."""
    counts: dict[str, Counter[str]] = {}
    with path.open(encoding="utf-8", newline="") as source:
        for row in csv.DictReader(source):
            if row["source"].startswith("unseen:"):
                counts.setdefault(row["perturbation"], Counter())[row["decision"]] += 1
    lines = ["| perturbation | read | accepted | rejected | unsure | lower bound |", "|---|---|---|---|---|---|"]
    for name in (name for name in perturbations if name in counts):
        mine, total = counts[name], counts[name].total()
        low, _ = wilson(mine["accept"] / total, total)
        lines.append(f"| `{name}` | {total} | {mine['accept']} | {mine['reject']} | {mine['unsure']} | {low:.3f} |")
    return lines


def table(path: Path) -> list[str]:
    """Return the table's lines, the perturbations in the order of their registry; those without a reading too."""
    counts: dict[str, Counter[str]] = {}
    with path.open(encoding="utf-8", newline="") as source:
        for row in csv.DictReader(source):
            mine = counts.setdefault(row["perturbation"], Counter())
            mine[row["decision"]] += 1
            kind = row["source"].partition(":")[0]
            mine[kind if kind in ("bbh", "unseen") else "suites"] += 1
    names = [one.name for one in perturbations.values() if one.family not in ("null", "own", "composed")]
    return [
        HEAD,
        "|" + "---|" * HEAD.count(" | ") + "---|",
        *(line(name, counts.get(name, Counter())) for name in names),
    ]


def line(name: str, counts: Counter[str]) -> str:
    """Return a row of the table."""
    decided = counts["accept"] + counts["reject"]
    if decided:
        low, high = wilson(counts["accept"] / decided, decided)
        precision = f"{counts['accept'] / decided:.3f} [{low:.2f}, {high:.2f}]"
    else:
        precision = "applies to none of them"
    default = "yes" if perturbations.get(name).is_default else "by name only"
    read = " | ".join(str(counts[key]) for key in ("suites", "bbh", "unseen", "accept", "reject", "unsure"))
    return f"| `{name}` | {read} | {precision} | {default} |"


if __name__ == "__main__":
    main()
