"""Measure which part of a repair did what: no training, augmentation, one term more at a time, F2C, everything.

    python benchmarks/ablation.py [--suite NAME] [--seeds N] [--steps N] [--items N] [--hold-out FAMILY,...] [--json FILE]

Each arm is trained with every seed to as many tokens as the default cure takes, on the training items of a shipped suite and the
pocket model, and is judged as `probe repair` judges: on evaluation items, in layouts never trained, under families never trained.
Prints a Markdown table: figures in percent, the mean over seeds, and the half-width of the 95 % interval of the difference to the
unrepaired model, over items and seeds. Flips of each family that is held out have a column of their own.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from dataclasses import replace
from pathlib import Path

from probe.api.judging import JudgeOptions
from probe.api.session import Session
from probe.repair.arms import Arm, standard_arms
from probe.repair.judgement import REPAIR, UNREPAIRED, Figure, Judgement
from probe.repair.settings import RepairSettings

COLUMNS = (
    ("flips, formats", "held-out-formats", "all", "flip_rate"),
    ("spread, formats", "held-out-formats", "all", "spread"),
    ("worst format", "held-out-formats", "all", "accuracy_worst"),
    ("flips, trained", "trained", "all", "flip_rate"),
    ("as written", "clean", "original", "accuracy"),
    ("contrast sets", "contrast", "contrast", "contrast_consistency"),
)


def arms_of(settings: RepairSettings) -> tuple[Arm, ...]:
    """Return the arms: those of a report that are trained or nothing, and augmentation with one more term each."""
    standard = {one.name: one for one in standard_arms(settings)}
    plain = standard["augmentation"].settings
    assert plain is not None
    more = {
        "consistency": replace(plain, consistency=1.0),
        "infonce": replace(plain, contrastive=0.3, contrast="infonce"),
        "supcon": replace(plain, contrastive=0.3, contrast="supcon"),
        "triplet": replace(plain, contrastive=0.3, contrast="triplet", original=True),
        "members": replace(plain, contrast_members=1),
        "tokens": replace(plain, answer_loss="tokens"),
        "all": replace(plain, consistency=1.0, contrastive=0.3, contrast="supcon", contrast_members=1),
    }
    titles = {
        "consistency": "+ consistency (kl, 1)", "infonce": "+ infonce (0.3)", "supcon": "+ supcon (0.3)",
        "triplet": "+ triplet (0.3)", "members": "+ contrast members", "all": "all of these, with supcon",
        "tokens": "augmentation, on tokens instead of choices",
    }  # fmt: skip
    added = [Arm(name, titles[name], "training", titles[name], one) for name, one in more.items() if one != settings]
    return (standard[UNREPAIRED], standard["augmentation"], *added, standard["f2c"], standard[REPAIR])


def main() -> None:
    """Train, judge and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--suite", default="sentiment")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--steps", type=int, default=RepairSettings().steps)
    parser.add_argument("--items", type=int, default=100)
    parser.add_argument("--hold-out", default=",".join(RepairSettings().hold_out))
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    started = time.perf_counter()
    settings = RepairSettings(steps=given.steps, hold_out=tuple(filter(None, given.hold_out.split(","))))
    session = Session(suites=(given.suite,), model="pocket")
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "adapter"
        session.repair(out, settings)
        options = JudgeOptions(seeds=given.seeds, items=given.items, others=(), arms=arms_of(settings))
        found = session.judge_repair(out, settings, options, note=lambda text: print(text, flush=True))
    if given.json:
        given.json.write_text(json.dumps(found.to_json(), indent=1, allow_nan=False), encoding="utf-8")
    print()
    print(table(found, given.suite))
    print(f"\n{given.items} items, {given.seeds} seeds, {given.steps} steps; {time.perf_counter() - started:.0f} s")


def table(found: Judgement, suite: str) -> str:
    """Return the arms with their figures as a Markdown table."""
    columns = [
        *COLUMNS,
        *((f"flips, {name} (held out)", "held-out-families", name, "flip_rate") for name in found.held_out),
    ]
    lines = [f"| | {' | '.join(name for name, *_ in columns)} |", f"|---|{'---:|' * len(columns)}"]
    for arm in found.arms:
        cells = [
            _cell(found.figure(suite, section, family, metric, arm.name)) for _, section, family, metric in columns
        ]
        lines.append(f"| {arm.title} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _cell(one: Figure | None) -> str:
    if one is None or one.after is None:
        return "-"
    return f"{100 * one.after:.1f}" + ("" if one.margin is None else f" ± {100 * one.margin:.1f}")


if __name__ == "__main__":
    main()
