"""The page on validity: its table is what the readings say, and what reads badly is not drawn by default."""

import csv
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

import probe.perturb  # noqa: F401  registers what is shipped
from probe.perturb.wording.wordnet import synonyms
from probe.registry import perturbations
from probe.validity.reviews import key_of

ROOT = Path(__file__).parents[1]
READINGS = ROOT / "docs" / "methodology" / "readings.csv"
BBH = ROOT.parent / "shared" / "data" / "bbh"


@pytest.fixture
def benchmark(monkeypatch):
    """Import a benchmark by name."""
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))
    names = []

    def load(name):
        names.append(name)
        return __import__(name)

    yield load
    for name in names:
        sys.modules.pop(name, None)


def changed(readings, rows, bbh):
    """Return the rows whose variant is not what was read."""
    found = []
    for row in rows:
        recipe = readings.recipe_of(row)
        variant = readings.drawn(recipe, readings.items_of(recipe.source, recipe.num_fewshot, bbh)[recipe.item])
        if variant is None or key_of(variant) != row["key"]:
            found.append(f"{row['perturbation']} {row['source']} {row['item']}")
    return found


@pytest.mark.slow
def test_every_variant_of_the_suites_that_was_read_is_drawn_as_it_was_read(benchmark):
    readings = benchmark("readings")
    has_wordnet = bool(synonyms(""))
    rows = [row for row in readings.kept() if not row["source"].startswith("bbh:")]
    rows = [row for row in rows if row["perturbation"] != "wording-wordnet" or has_wordnet]
    assert len(rows) > 2000
    assert changed(readings, rows, None) == []


@pytest.mark.slow
@pytest.mark.skipif(not BBH.is_dir(), reason="BIG-Bench Hard is not here")
def test_every_variant_of_bbh_that_was_read_is_drawn_as_it_was_read(benchmark):
    readings = benchmark("readings")
    has_wordnet = bool(synonyms(""))
    rows = [row for row in readings.kept() if row["source"].startswith("bbh:")]
    rows = [row for row in rows if row["perturbation"] != "wording-wordnet" or has_wordnet]
    assert len(rows) > 1500
    assert changed(readings, rows, BBH) == []


def test_the_table_is_what_the_readings_say(benchmark):
    page = (ROOT / "docs" / "methodology" / "validity.md").read_text(encoding="utf-8")
    assert "\n".join(benchmark("precision").table(READINGS)) in page
    assert "\n".join(benchmark("precision").unseen_table(READINGS)) in page


def test_every_contrast_by_rule_was_read_on_texts_that_it_was_not_written_on(benchmark):
    """At least 40 variants of each, 95 % of them right, with the unsure ones counted as wrong."""
    with READINGS.open(encoding="utf-8", newline="") as source:
        rows = [row for row in csv.DictReader(source) if row["source"].startswith("unseen:")]
    ruled = [one for one in perturbations.values() if one.effect == "label-altering" and one.name != "contrast-set"]
    for one in ruled:
        mine = [row["decision"] for row in rows if row["perturbation"] == one.name]
        assert len(mine) >= 40 and mine.count("accept") / len(mine) >= 0.95, one.name


def test_the_table_of_machine_text_is_what_the_texts_say_and_nearly_all_of_it_is_left_alone(benchmark):
    mixed = benchmark("mixed")
    page = (ROOT / "docs" / "methodology" / "validity.md").read_text(encoding="utf-8")
    rows = mixed.table(mixed.TEXTS)
    assert "\n".join(rows) in page
    assert len(rows) > 8 and all(float(row.split("|")[4]) >= 0.98 for row in rows[2:])
    assert mixed.lost("Run ls  -l.", "Run ls -l.", ["ls -l"]) == ["ls -l"]


@pytest.mark.slow
def test_the_benchmark_may_be_read_in_part(tmp_path):
    head = "prompt template,correct,default prompt\n"
    rows = head + "Say what {text} is.,1,True\n" + "Tell what {text} is.,1,False\n"
    for number in range(300):  # more than a pipe's writer keeps back
        (tmp_path / f"task{number}.csv").write_text(rows, encoding="utf-8")
    command = f"{sys.executable} benchmarks/validity.py {tmp_path} | head -1"
    done = subprocess.run(
        ["bash", "-o", "pipefail", "-c", command], cwd=ROOT, capture_output=True, text=True, check=False,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")


def test_what_is_drawn_by_default_was_found_to_mean_the_same():
    with READINGS.open(encoding="utf-8", newline="") as source:
        rows = list(csv.DictReader(source))
    counts = Counter((row["perturbation"], row["decision"]) for row in rows)
    read = Counter(row["perturbation"] for row in rows)
    assert set(read) <= set(perturbations)
    for one in perturbations.values():
        if one.is_default and read[one.name]:
            assert counts[one.name, "accept"] / read[one.name] >= 0.95, one.name
    shipped = [one.name for one in perturbations.values() if one.family not in ("null", "own", "composed")]
    assert min(read[name] for name in shipped) >= 20
    assert sum(read[name] >= 50 for name in shipped) >= len(shipped) - 4
