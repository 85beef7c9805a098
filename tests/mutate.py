"""Break one line of the instrument at a time, in a copy, and see whether `probe selftest` notices.

    python tests/mutate.py              all of them, as a Markdown table
    python tests/mutate.py pss floors   those whose file or new line holds one of the words

A mutant that the self-test passes is a hole in it; the exit code is 1 then.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
PARTS = ("probe", "reports", "suites")
LEFT_OUT = shutil.ignore_patterns("pocket", "__pycache__", "*.safetensors")


@dataclass(frozen=True)
class Mutant:
    """One line of a file, and what it is broken into."""

    file: str
    line: str
    broken: str


MUTANTS = (
    Mutant(
        "metrics/accuracy.py", "weights @ cells.correct[:, 0], weights", "weights @ cells.correct[:, 0], 1 + weights"
    ),
    Mutant(
        "metrics/accuracy.py", "return np.asarray(table.min(axis=1))", "return np.asarray(np.median(table, axis=1))"
    ),
    Mutant("metrics/accuracy.py", "ENOUGH = 0.5", "ENOUGH = 1.0"),
    Mutant("metrics/accuracy.py", "weights @ (stratum * asked[:, partial])", "weights @ asked[:, partial]"),
    Mutant("metrics/spread.py", "table.max(axis=1) - table.min(axis=1)", "table.max(axis=1) - table.mean(axis=1)"),
    Mutant("metrics/distribution.py", "ddof=1", "ddof=0"),
    Mutant("metrics/drop.py", "table[:, 1:].mean(axis=1), table[:, 0]", "table.mean(axis=1), table[:, 0]"),
    Mutant("metrics/saturation.py", "sat(table) * table.max(axis=1)", "sat(table) * table.mean(axis=1)"),
    Mutant(
        "metrics/flips.py",
        "cells.prediction[:, 1:] != cells.prediction[:, :1]",
        "cells.correct[:, 1:] != cells.correct[:, :1]",
    ),
    Mutant("metrics/flips.py", "cells.asked[:, 1:] & another", "another"),
    Mutant("metrics/flips.py", "flipped(cells) & both_wrong", "flipped(cells)"),
    Mutant("metrics/causes.py", "(cells.cause[:, 1:] == code)", "(cells.cause[:, 1:] >= code)"),
    Mutant("metrics/pss.py", "k * (m - k) / np.maximum(m * (m - 1) / 2, 1)", "k * (m - k) / np.maximum(m * m / 2, 1)"),
    Mutant("metrics/agreement.py", "(counts * (counts - 1) / 2)", "(counts * counts / 2)"),
    Mutant("metrics/contrast.py", "~(edits.correct == 0).any(axis=1)", "~(edits.correct[:, 1:] == 0).any(axis=1)"),
    Mutant("metrics/unreadable.py", "first = 1 if len(cells.columns) > 1 else 0", "first = 0"),
    Mutant("metrics/cells.py", 'column.effect == "same" and column.family != NULL', 'column.effect == "same"'),
    Mutant("metrics/floors.py", "null.select(range(1, 1 + min(wanted or available, available)))", "null.select([1])"),
    Mutant("metrics/intervals.py", "z * z / (4 * num * num)", "z * z / (4 * num)"),
    Mutant(
        "taxonomy.py",
        'return "position" if kept > left else "symbol"',
        'return "symbol" if kept > left else "position"',
    ),
    Mutant("taxonomy.py", "is_near_tie(before, noise) or is_near_tie(after, noise)", "False"),
    Mutant("taxonomy.py", "before.is_truncated or after.is_truncated", "False"),
    Mutant("noise.py", "score.margin <= noise", "score.margin <= noise / 10"),
    Mutant("scoring.py", "key=lambda index: -values[index]", "key=lambda index: values[index]"),
    Mutant("prompt.py", '"upper": str.upper', '"upper": str.title'),
)


def caught(mutant: Mutant, folder: Path) -> tuple[bool, str]:
    """Break a copy and give whether the self-test failed, and its last line but one."""
    for part in PARTS:
        shutil.copytree(ROOT / part, folder / part, ignore=LEFT_OUT)
    path = folder / "probe" / mutant.file
    text = path.read_text(encoding="utf-8")
    if text.count(mutant.line) == 0:
        raise ValueError(f"{mutant.file} has no line with {mutant.line!r}: the mutant is out of date")
    path.write_text(text.replace(mutant.line, mutant.broken), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "probe", "selftest"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    said = next(
        (line for line in done.stdout.splitlines() if line.startswith(("passed", "FAILED"))), "stopped by an error"
    )
    return done.returncode == 3, said


def main(words: list[str]) -> int:
    """Try the mutants and print the table."""
    chosen = [one for one in MUTANTS if not words or any(word in one.file + one.broken for word in words)]
    sys.stdout.write("| file | line | broken into | self-test |\n|---|---|---|---|\n")
    passed = 0
    for mutant in chosen:
        with tempfile.TemporaryDirectory() as folder:
            was_caught, said = caught(mutant, Path(folder))
        passed += not was_caught
        line, broken = (text.replace("|", "\\|") for text in (mutant.line, mutant.broken))
        sys.stdout.write(f"| `{mutant.file}` | `{line}` | `{broken}` | {said.split(' oracles')[0]} |\n")
        sys.stdout.flush()
    sys.stdout.write(f"\n{len(chosen) - passed} of {len(chosen)} were noticed.\n")
    return int(passed > 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
