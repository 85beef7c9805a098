"""What an interval needs: from assumptions, from pilots of planted models, and what `probe plan` says."""

import json
from pathlib import Path

import numpy as np
import pytest

import probe.comparison.sample_size as sample_size_module
from probe.cli import exit_code
from probe.cli.plan import _need
from probe.comparison.sample_size import needs
from probe.evaluation.run import Plan
from probe.metrics import ORIGINAL, Cells, Column, metrics
from probe.perturb import select
from probe.suite import find_suite, read_suite

SENTIMENT = read_suite(find_suite("sentiment"))
PLAN = Plan(tuple(select(["format", "typos", "null"])), samples=4)


def planted(rng, *, num_items, samples, format_sd=0.0):
    """Items differ in readiness to move; formats have rates of their own around 0.25."""
    columns = [Column(ORIGINAL, ORIGINAL, 0, "label-preserving")]
    columns += [Column(family, family, i, "label-preserving") for family in ("format", "typos") for i in range(samples)]
    shift = np.r_[rng.normal(0, format_sd, samples), np.zeros(samples)]
    moved = rng.random((num_items, 2 * samples)) < np.clip(rng.beta(2, 6, (num_items, 1)) + shift, 0, 1)
    right = np.ones((num_items, 2 * samples + 1))
    right[:, 1:] -= moved
    unreadable = np.zeros(right.shape, bool)
    return Cells(right, (1 - right).astype(int), unreadable, tuple(columns), tuple(map(str, range(num_items))))


def from_pilot(monkeypatch, cells, *, target=0.02, plan=PLAN):
    monkeypatch.setattr(sample_size_module, "_pilot_cells", lambda path: {"sentiment": cells})
    return needs([SENTIMENT], plan, target=target, pilot=Path("pilot"))


def test_without_a_pilot_the_worst_rates_are_assumed():
    flips, accuracy = needs([SENTIMENT], PLAN, target=0.02)
    assert (accuracy["items_needed"], accuracy["rate"], accuracy["source"]) == (2401, 0.5, "assumed")
    assert flips["items_needed"] == int(np.ceil((0.125 + 0.125 / 8) * (1.959964 / 0.02) ** 2))
    assert flips["shared_half_width"] is None


def test_the_items_that_a_pilot_asks_for_give_the_width_wanted(monkeypatch):
    rng = np.random.default_rng(3)
    flips, _ = from_pilot(monkeypatch, planted(rng, num_items=3000, samples=4), target=0.03)
    rates = [
        metrics.get("flip_rate").value(planted(rng, num_items=flips["items_needed"], samples=4)) for _ in range(2000)
    ]
    assert 1.96 * np.std(rates) == pytest.approx(0.03, rel=0.07)


def test_what_formats_add_is_recovered_and_no_number_of_items_removes_it(monkeypatch):
    rng = np.random.default_rng(4)
    flips, accuracy = from_pilot(monkeypatch, planted(rng, num_items=4000, samples=40, format_sd=0.08))
    assert flips["shared_half_width"] == pytest.approx(1.96 * 0.5 * 0.08 / 4**0.5, rel=0.3)
    assert flips["shared_samples_needed"] == pytest.approx((1.96 * 0.5 * 0.08 / 0.02) ** 2, rel=0.5)
    assert accuracy["shared_half_width"] is None


def test_formats_that_move_everything_or_nothing_are_no_reason_for_more_items(monkeypatch):
    """Two formats that move every answer and two that move none: for these variants the rate is exactly one half."""
    right = np.ones((50, 5))
    right[:, 3:] = 0
    columns = (
        Column(ORIGINAL, ORIGINAL, 0, "label-preserving"),
        *(Column("format", "format", i, "label-preserving") for i in range(4)),
    )
    cells = Cells(right, (1 - right).astype(int), np.zeros(right.shape, bool), columns, tuple(map(str, range(50))))
    flips, accuracy = from_pilot(monkeypatch, cells)
    assert flips["items_needed"] == accuracy["items_needed"] == unseen(50)
    assert flips["shared_samples_needed"] > 1000


def unseen(num, target=0.02):
    """Return the items needed if a share moves that so many items without a flip do not exclude: Wilson's z^2 / (n + z^2)."""
    rate = 1.959964**2 / (num + 1.959964**2)
    return int(np.ceil(rate * (1 - rate) * (1.959964 / target) ** 2))


@pytest.mark.parametrize("num", [20, 200])
def test_a_pilot_without_a_mistake_or_a_flip_is_no_proof_that_there_are_none(monkeypatch, num):
    right = np.ones((num, 5))
    columns = (
        Column(ORIGINAL, ORIGINAL, 0, "label-preserving"),
        *(Column("typos", "typos", i, "label-preserving") for i in range(4)),
    )
    cells = Cells(right, right.astype(int), np.zeros(right.shape, bool), columns, tuple(map(str, range(num))))
    flips, accuracy = from_pilot(monkeypatch, cells)
    assert flips["items_needed"] == accuracy["items_needed"] == unseen(num) > 100
    assert flips["half_width"] > 0.01


def test_families_that_the_pilot_did_not_ask_are_named_and_others_do_not_count(monkeypatch):
    cells = planted(np.random.default_rng(5), num_items=100, samples=4)
    wanted = Plan(tuple(select(["typos", "order", "wording", "null"])), samples=4)
    flips, _ = from_pilot(monkeypatch, cells, plan=wanted)
    assert flips["not_in_pilot"] == ("order", "wording")
    typos = cells.where(lambda column: column.family == "typos")
    assert flips["rate"] == metrics.get("flip_rate").value(typos) != metrics.get("flip_rate").value(cells)
    (unknown, _) = from_pilot(monkeypatch, typos, plan=Plan(tuple(select(["order"])), samples=4))
    assert (unknown["source"], unknown["not_in_pilot"]) == ("assumed", ("order",))


def test_a_pilot_that_is_not_there_is_said_to_be_missing(capsys):
    command = ["plan", "sentiment", "--model", "scripted:coin", "--target-ci", "0.02", "--pilot", "nosuch"]
    assert exit_code(command) == 2
    assert "--pilot nosuch: not the folder of a run: there is no folder" in capsys.readouterr().err


def test_plan_says_what_is_needed_and_what_is_assumed(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "140")
    command = ["plan", "sentiment", "--model", "scripted:coin", "--target-ci", "0.02"]
    assert exit_code(command) == 0
    page = capsys.readouterr().out
    assert "2,401 of 220" in page and "Assumed: flip_rate 0.5, correlation of two variants of an item 0.5." in page
    assert exit_code([*command, "--json"]) == 0
    assert {row["metric"] for row in json.loads(capsys.readouterr().out)["needs"]} == {"flip_rate", "accuracy"}


def test_plan_learns_from_a_pilot(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    run = ["run", "sentiment", "--model", "scripted:coin", "--limit", "20", "--samples", "2", "--no-cache", "--json"]
    assert exit_code(run) == 0
    folder = json.loads(capsys.readouterr().out)["run"]
    plan = ["plan", "sentiment", "--model", "scripted:coin", "--pilot", folder]
    assert exit_code([*plan, "--target-ci", "0.05", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)["needs"]
    assert all(row["source"] == f"pilot {folder}" for row in rows)
    assert exit_code(plan) == 2
    assert "--pilot without --target-ci" in capsys.readouterr().err


def test_samples_that_would_be_needed_are_shown_where_formats_differ(monkeypatch):
    cells = planted(np.random.default_rng(3), num_items=300, samples=8, format_sd=0.08)
    rows = from_pilot(monkeypatch, cells, plan=Plan(tuple(select(["format", "typos"])), samples=8))
    (flips,) = [row for row in rows if row["metric"] == "flip_rate"]
    assert _need(flips)["samples for those"] == f"{flips['shared_samples_needed']:,}"


def test_on_a_narrow_terminal_the_needs_are_blocks_of_columns(monkeypatch):
    from reports.console import table

    rows = [_need(row) for row in needs([SENTIMENT], PLAN, target=0.02)]
    monkeypatch.setenv("COLUMNS", "200")
    assert table(rows).splitlines()[0].startswith("suite      interval of")
    monkeypatch.setenv("COLUMNS", "40")
    text = table(rows)
    assert max(map(len, text.splitlines())) <= 40
    assert all(cell in text for cell in ("flip_rate", "1,351 of 220"))
