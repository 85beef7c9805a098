"""The page on validity: its table is what the readings say, and what reads badly is not drawn by default."""

import csv
import sys
from collections import Counter
from pathlib import Path

import probe.perturb  # noqa: F401  registers what is shipped
from probe.registry import perturbations

ROOT = Path(__file__).parents[1]
READINGS = ROOT / "docs" / "validity" / "readings.csv"


def test_the_table_is_what_the_readings_say(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))
    try:
        from precision import table
    finally:
        sys.modules.pop("precision", None)
    page = (ROOT / "docs" / "validity.md").read_text(encoding="utf-8")
    assert "\n".join(table(READINGS)) in page


def test_what_is_drawn_by_default_was_found_to_mean_the_same():
    with READINGS.open(encoding="utf-8", newline="") as source:
        rows = list(csv.DictReader(source))
    counts = Counter((row["perturbation"], row["decision"]) for row in rows)
    read = Counter(row["perturbation"] for row in rows)
    assert set(read) <= set(perturbations)
    for one in perturbations.values():
        if one.is_default and read[one.name]:
            assert counts[one.name, "accept"] / read[one.name] >= 0.95, one.name
    assert sum(count >= 30 for count in read.values()) > 90
