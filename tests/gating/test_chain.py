"""A chain of baselines: small losses add up, and the sum is judged by the first."""

import json

import numpy as np
import pytest

from probe.cli import exit_code
from probe.gating.baseline import Blessed, blessed_of, content, read_baseline, write_baseline
from probe.gating.chain import chained, drifted, since_first
from probe.gating.design import common
from probe.gating.evaluate import evaluate
from probe.gating.outcomes import ORIGINAL_COLUMN, Outcomes, short
from probe.gating.rule import Rule
from probe.metrics import Cells, Column
from probe.record.run import read_run

NUM = 300


def answered(wrong):
    """Return what is compared of a run in which the first items are wrong, under all variants."""
    columns = (ORIGINAL_COLUMN, Column("typos", "typo-drop", 0, "label-preserving"))
    correct = np.ones((NUM, 2))
    correct[:wrong] = 0
    items = tuple(f"{n:06}" for n in range(NUM))
    cells = Cells(correct, (1 - correct).astype(int), np.zeros((NUM, 2), bool), columns, items)
    facts = {"s": Outcomes("s", "1", "d", cells, ("p",) * NUM, (short(""),) * NUM)}
    return Blessed("run", {"name": "m"}, {}, {}, facts, {"run": f"wrong-{wrong}"})


def chain(tmp_path, *wrong):
    """Bless runs one after another at one path and return the last baseline."""
    path = tmp_path / "b.json"
    for num in wrong:
        blessed, why = chained(answered(num), path)
        assert why == ""
        write_baseline(blessed, path)
    return read_baseline(path)


def test_losses_within_the_margin_add_up_to_one_that_the_first_baseline_shows(tmp_path):
    last = chain(tmp_path, 0, 5, 10, 15, 20, 25)
    assert last.first.about["run"] == "wrong-0"
    new = answered(30)
    steps = {check.outcome for check, _ in _check(last, new)}
    assert steps == {"pass"}, "five items of three hundred are within the margin"
    found = drifted(chained(new, tmp_path / "b.json")[0], Rule())
    assert {(check.metric, check.since_first) for check in found} >= {("accuracy", True), ("accuracy_mean", True)}


def _check(last, new):
    from probe.gating.against import check_all

    return check_all(common(last, new), Rule())


def test_a_chain_keeps_its_first_baseline_however_long_and_holds_no_other(tmp_path):
    short, long = chain(tmp_path, 0, 1), chain(tmp_path / "long", *range(9))
    assert short.first.first is None and long.first.first is None
    assert content(short.first) == content(long.first) == content(answered(0))


def test_a_run_that_answers_as_the_last_one_did_makes_no_chain_longer(tmp_path):
    assert chain(tmp_path, 3, 3, 3).first is None
    again = chain(tmp_path / "two", 0, 3, 3)
    assert content(again.first) == content(answered(0))


def test_a_chain_starts_anew_where_the_runs_did_not_ask_the_same_or_the_file_is_damaged(tmp_path, runs):
    path = write_baseline(answered(0), tmp_path / "b.json")
    blessed, why = chained(blessed_of(read_run(runs("coin"))), path)
    assert blessed.first is None and "did not ask the same" in why
    path.write_text(path.read_text().replace("wrong-0", "x").replace('"digest": "', '"digest": "0'))
    blessed, why = chained(answered(1), path)
    assert blessed.first is None and "damaged" in why
    assert chained(answered(1), tmp_path / "none.json")[1] == ""


def test_the_gate_judges_by_the_first_baseline_too_and_the_hash_guards_it(tmp_path, runs):
    path = tmp_path / "b.json"
    write_baseline(blessed_of(read_run(runs("stubborn"))), path)
    blessed, why = chained(blessed_of(read_run(runs("coin"))), path)
    assert why == ""
    write_baseline(blessed, path)
    verdict = evaluate(runs("coin"), baseline=path)
    assert verdict.outcome == "regressed" and verdict.exit_code() == 1
    last, first = ([c for c in verdict.checks if c.since_first is since] for since in (False, True))
    assert {c.difference for c in last} == {0.0} and "regressed" in {c.outcome for c in first}
    value = json.loads(path.read_text())
    value["outcomes"]["first"]["model"]["name"] = "another"
    path.write_text(json.dumps(value))
    from probe.errors import StoreError

    with pytest.raises(StoreError, match="edited by hand"):
        read_baseline(path)


def test_without_a_chain_nothing_is_judged_by_a_first_baseline():
    assert since_first(answered(0), answered(1)) == []


def test_bless_goes_on_with_a_chain_names_the_drift_and_begins_a_new_one_where_asked(tmp_path, runs, capsys):
    path, later = tmp_path / "b.json", tmp_path / "later.json"
    assert exit_code(["bless", str(runs("stubborn")), "-o", str(path)]) == 0
    assert exit_code(["bless", str(runs("coin")), "-o", str(later), "--after", str(path)]) == 0
    told = capsys.readouterr().err
    assert "since the first baseline: sentiment" in told and "--new-chain accepts it" in told
    assert content(read_baseline(later).first) == content(read_baseline(path))
    assert exit_code(["bless", str(runs("coin")), "-o", str(path), "--new-chain"]) == 0
    assert read_baseline(path).first is None
    assert exit_code(["bless", str(runs("coin")), "-o", str(path), "--after", str(tmp_path / "none.json")]) == 2
    assert exit_code(["bless", str(runs("coin")), "-o", str(path), "--after", str(later), "--new-chain"]) == 2


def test_a_projects_file_may_let_an_inconclusive_verdict_pass(tmp_path, runs, monkeypatch):
    path = write_baseline(blessed_of(read_run(runs("coin"))), tmp_path / "b.json")
    monkeypatch.chdir(tmp_path)
    asked = ["gate", str(runs("coin")), "--baseline", str(path)]
    assert exit_code(asked) == 4
    (tmp_path / "probe.toml").write_text("[gate]\nfail-on-inconclusive = false\n", encoding="utf-8")
    assert exit_code(asked) == 0
    assert exit_code([*asked, "--fail-on-inconclusive"]) == 4
