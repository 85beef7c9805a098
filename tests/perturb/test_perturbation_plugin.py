"""The worked example of CONTRIBUTING.md: a package that adds a perturbation, run from a throw-away copy."""

import itertools
import json
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from probe.perturb import broken_laws
from probe.perturb.catalogue.laws import ITEMS
from probe.registry import perturbations
from probe.types import Item, Perturbation

ONE_EACH = list({one.family: one.name for one in perturbations.values() if one.name != "null"}.values())
EXAMPLE = Path(__file__).parents[2] / "examples" / "plugins" / "perturbation"


def test_the_package_is_found_by_its_entry_point_and_run_by_its_name(plugin_environment, tmp_path):
    environment = plugin_environment("perturbation")
    command = [
        "run",
        "sentiment",
        "--perturb",
        "whitespace-indent",
        "--limit",
        "8",
        "--model",
        "scripted:coin",
        "--json",
    ]
    done = subprocess.run(
        [sys.executable, "-m", "probe", *command],
        cwd=tmp_path, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    summary = json.loads(done.stdout)
    assert "whitespace-indent" in {row["perturbation"] for row in summary["variants"]}


def test_its_own_test_passes(tmp_path, plugin_environment):
    for path in EXAMPLE.glob("*.py"):
        shutil.copy(path, tmp_path)
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(tmp_path)],
        cwd=tmp_path, env=plugin_environment("perturbation"), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("name", ONE_EACH)
def test_no_shipped_perturbation_breaks_a_law(name):
    assert [one for one in broken_laws(name) if one != "it applies to none of the items"] == []


def raising(item, rng):
    raise RuntimeError("no")


def shouted(item):
    return replace(item, prompt=replace(item.prompt, instruction=item.prompt.instruction + "!"))


COUNTER = itertools.count()


def counting(item, rng):
    return replace(shouted(item), aliases=(str(next(COUNTER)),))


def turned(item, rng):
    return replace(shouted(item), target=next((c for c in item.prompt.choices if c != item.target), "other"))


@pytest.mark.parametrize(
    ("apply", "said"),
    [
        (raising, "raises RuntimeError: no"),
        (lambda item, rng: None, "it applies to none of the items"),
        (counting, "draw from the generator alone"),
        (lambda item, rng: replace(item, prompt=replace(item.prompt, choices=("a", "b"))), "a choice is gained or lost"),
        (lambda item, rng: replace(shouted(item), target="elsewhere"), "is none of the choices"),
        (turned, "the answer changes"),
        (lambda item, rng: replace(shouted(item), id="other"), "the item's id changes"),
    ],
)  # fmt: skip
def test_each_broken_law_is_said(apply, said):
    perturbations.add("broken", Perturbation("broken", "own", "Break a law.", apply))
    try:
        assert any(said in one for one in broken_laws("broken")), broken_laws("broken")
    finally:
        perturbations._things.pop("broken")


def test_the_items_of_the_laws_are_of_every_form():
    assert all(isinstance(item, Item) for item in ITEMS)
    assert any(item.prompt.is_template for item in ITEMS) and any(item.prompt.list_choices for item in ITEMS)
    assert any(not item.prompt.choices for item in ITEMS) and any(item.prompt.demonstrations for item in ITEMS)
