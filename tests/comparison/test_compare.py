"""Runs of several models on the same variants: what is refused, what is found, and that nothing is found where nothing is."""

import dataclasses
import json
import shutil

import numpy as np
import pytest
from planted import answers, cells_of, compared, finished, fragile, table_of
from statsmodels.stats.multitest import multipletests

from probe.cli import exit_code
from probe.comparison.changes import compare_folders, manifest_changes, moved_items
from probe.comparison.runs import differences_of_design, read_runs
from probe.errors import StoreError, UsageError
from probe.evaluation.run import Plan, run
from probe.metrics import ORIGINAL
from probe.models.scripted import Scripted
from probe.perturb import select
from probe.record.answered import read_cells
from probe.record.writing import write_tables
from probe.suite import find_suite, read_suite

RUN = ["run", "sentiment", "reading", "--limit", "30", "--samples", "2", "--out", "runs", "--no-cache", "--json"]


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """Runs of three scripted models on the same variants, and one with another seed."""
    place = tmp_path_factory.mktemp("compared")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(place)
        for model, more in (("coin", []), ("stubborn-coin", []), ("always-first", []), ("coin", ["--seed", "1"])):
            assert exit_code([*RUN, "--model", f"scripted:{model}", *more]) == 0
    written = sorted((place / "runs").iterdir(), key=lambda path: path.stat().st_mtime_ns)
    return [path for path in written if path.is_dir()]


def test_outcomes_read_back_are_those_of_the_run(tmp_path):
    def says(request):
        return ("", "red", "Saturday")[len(request.context) % 3]

    plan = Plan(tuple(select(["format", "typos", "order", "contrast", "null"])), samples=2, limit=12)
    suites = [read_suite(find_suite(name)) for name in ("sentiment", "reading")]
    record = run(suites, Scripted(prefers=lambda request: -float(len(request.context) % 7), says=says), plan)
    write_tables(tmp_path, record.suites)
    for name, cells in read_cells(tmp_path).items():
        expected = record.suites[name].cells
        assert (cells.columns, cells.items) == (expected.columns, expected.items)
        for field in ("correct", "prediction", "unreadable", "void"):
            np.testing.assert_array_equal(getattr(cells, field), getattr(expected, field))


def test_a_damaged_table_is_named(tmp_path):
    (tmp_path / "scores.parquet").write_bytes(b"no parquet")
    with pytest.raises(StoreError, match="parquet cannot be read"):
        read_cells(tmp_path)


def test_three_models_are_compared_pair_by_pair(folders):
    found = compared(cells_of(folders[:3]), resamples=200)
    pairs = {(row["a"], row["b"]) for row in found["differences"]}
    names = [f"scripted:{name}" for name in ("coin", "stubborn-coin", "always-first")]
    assert pairs == {(names[0], names[1]), (names[0], names[2]), (names[1], names[2])}
    for row in found["differences"]:
        assert row["ci_low"] <= row["difference"] <= row["ci_high"]
        assert row["difference"] == pytest.approx(row["value_b"] - row["value_a"])
        assert row["minimum_detectable"] > 0
        assert row["p_adjusted"] >= row["p_value"] > 0
        assert row["significant"] == (row["p_adjusted"] <= 0.05)
    flips = {row["family"]: row for row in found["differences"] if (row["metric"], row["b"]) == ("flip_rate", names[1])}
    assert flips["typos"]["significant"] and flips["typos"]["value_b"] == 0
    assert json.dumps(found, allow_nan=False)


def test_the_values_compared_are_those_of_each_runs_own_summary(folders):
    found = compared(cells_of(folders[:2]), resamples=50)
    for side, folder in (("value_a", folders[0]), ("value_b", folders[1])):
        rows = json.loads((folder / "summary.json").read_text(encoding="utf-8"))["metrics"]
        own = {(row["suite"], row["family"], row["metric"]): row["value"] for row in rows}
        assert found["differences"]
        for row in found["differences"]:
            if row["suite"] != "all":
                assert row[side] == pytest.approx(own[row["suite"], row["family"], row["metric"]])


def test_floors_and_net_rates_are_those_of_each_runs_own_summary(folders):
    found = compared(cells_of(folders[:2]), resamples=50, swaps=20)
    for side, folder in (("a", folders[0]), ("b", folders[1])):
        rows = json.loads((folder / "summary.json").read_text(encoding="utf-8"))["metrics"]
        own = {(row["suite"], row["family"], row["metric"]): row for row in rows}
        for row in found["differences"]:
            mine = own[row["suite"], row["family"], row["metric"]]
            assert row[f"floor_{side}"] == pytest.approx(mine["noise_floor"]), row
            assert row[f"net_{side}"] == pytest.approx(mine["net"]), row
    assert {row["metric"] for row in found["differences"] if row["net_a"] is not None} == {"flip_rate", "pss"}


def test_every_table_of_a_comparison_says_what_it_would_find_or_why_not(folders):
    found = compared(cells_of(folders[:2]), resamples=50, swaps=20)
    for row in found["tests"]:
        assert 0 < row["minimum_detectable"] < 1 and row["reason"] == ""
    for row in found["rankings"] + found["reversals"]:
        assert row["minimum_detectable"] is None and "not tested" in row["minimum_detectable_reason"]
    few = [finished(name, table_of(right)) for name, right in (("a", [[1, 1, 1]] * 3), ("b", [[0, 1, 1]] * 3))]
    assert compared(few, resamples=5, swaps=5)["tests"][0]["reason"] == "3 items are too few for any difference"


def test_rows_in_which_two_runs_did_the_same_to_every_item_count_for_nothing():
    """Of twenty families one differs; the others neither cost power nor are called different."""
    rng = np.random.default_rng(0)
    same = table_of(rng.random((40, 7)) < 0.7)
    right = same.correct.copy()
    right[:8, 1] = 1 - right[:8, 1]
    worse = dataclasses.replace(same, correct=right)
    found = compared([finished("a", same), finished("b", worse)], resamples=5, swaps=199)["differences"]
    alike = [row for row in found if row["family"] == "typos" or row["metric"] in ("accuracy", "unreadable_rate")]
    assert alike and all((row["p_value"], row["p_adjusted"]) == (1, 1) for row in alike)
    tried = [row for row in found if row not in alike]
    least = min(tried, key=lambda row: row["p_value"])
    assert least["p_adjusted"] <= least["p_value"] * len(tried) + 1e-12


def test_p_values_of_a_comparison_are_adjusted_by_benjamini_and_hochberg():
    rng = np.random.default_rng(8)
    model = fragile(rng, num_items=40)
    found = compared([finished(name, answers(rng, *model)) for name in ("a", "b", "c")], swaps=199, resamples=20)
    rows = [*found["differences"], *found["tests"]]
    tried = [row for row in rows if row["p_value"] < 1]
    adjusted = [row["p_adjusted"] for row in tried]
    # Rows that could not differ are not counted: those of p 1 that could are somewhere between none and all.
    least, most = (
        multipletests([*(row["p_value"] for row in tried), *[1.0] * ones], method="fdr_bh")[1][: len(tried)]
        for ones in (0, len(rows) - len(tried))
    )
    assert all(low - 1e-12 <= p <= high + 1e-12 for low, p, high in zip(least, adjusted, most, strict=True))
    assert any(row["p_adjusted"] > 1.5 * row["p_value"] for row in tried), "nothing was adjusted, so this tests nothing"


def test_a_run_compared_with_itself_never_differs(folders):
    for seed in range(3):
        found = compared(cells_of([folders[0], folders[0]]), seed=seed, resamples=100)
        assert {row["a"] for row in found["differences"]} == {"scripted:coin #1"}
        assert not any(row["significant"] for row in found["differences"] + found["tests"])
        assert all(row["difference"] == 0 and row["p_value"] == 1 for row in found["differences"])
        assert all(row["kendalls_w"] is None and row["reason"] for row in found["rankings"])


def test_what_differs_between_runs_is_named(folders):
    with pytest.raises(UsageError, match="--seed: 0 in the first, 1 in the other"):
        read_runs([folders[0], folders[3]])
    with pytest.raises(UsageError, match="two runs or more"):
        read_runs(folders[:1])


def test_every_difference_of_design_is_named():
    suite = {"name": "toy", "version": "1", "digest": "x", "num_items": 5}
    base = {"prompts_digest": "p", "seed": 0, "samples": 2, "num_fewshot": 0, "limit": None, "perturb": ["a"]}
    base |= {"suites": [suite], "versions": {"probe": "1"}}
    other = base | {"prompts_digest": "q"}
    assert differences_of_design(base, base) == []
    assert differences_of_design(base, other | {"samples": 4}) == ["--samples: 2 in the first, 4 in the other"]
    assert differences_of_design(base, other | {"perturb": ["a", "b"]}) == [
        "--perturb: a in the first, a,b in the other"
    ]
    assert differences_of_design(base, other | {"suites": [suite | {"digest": "y"}]}) == [
        "suite 'toy' has other files under the same version 1"
    ]
    assert differences_of_design(base, other | {"suites": [suite | {"num_items": 4}]}) == [
        "suite 'toy' has 5 items in the first, 4 in the other"
    ]
    assert differences_of_design(base, other | {"suites": [suite | {"name": "z"}]}) == [
        "suite 'toy' is in the first and not in the other",
        "suite 'z' is in the other and not in the first",
    ]
    assert differences_of_design(base, other | {"versions": {"probe": "2"}}) == [
        "the prompts that were drawn (probe 1 and 2)"
    ]


def test_rankings_of_planted_models_are_recovered():
    """B beats A by far under every format; C is ahead of A under three variants of seven."""
    rng = np.random.default_rng(3)
    rates = {"a": [0.5] * 7, "b": [0.9] * 7, "c": [0.7, 0.7, 0.7, 0.3, 0.3, 0.3, 0.3]}
    runs = [finished(name, table_of(rng.random((3000, 7)) < rate)) for name, rate in rates.items()]
    found = compared(runs, resamples=100, swaps=20)
    reversals = {(row["a"], row["b"]): row for row in found["reversals"]}
    assert reversals["a", "b"]["reversal"] == 0
    assert reversals["a", "c"]["reversal"] == pytest.approx(2 * 3 * 4 / (7 * 6))
    assert reversals["a", "c"]["reversal_of_original"] == pytest.approx(4 / 6)
    [ranking] = found["rankings"]
    assert (ranking["num_models"], ranking["num_variants"]) == (3, 7)
    sums = np.array([3 * 1 + 4 * 2, 7 * 3, 3 * 2 + 4 * 1])
    assert ranking["kendalls_w"] == pytest.approx(12 * ((sums - 14) ** 2).sum() / (49 * 24))


def test_a_difference_that_no_item_shows_is_not_known_for_certain():
    cells = table_of(np.ones((20, 3)))
    found = compared([finished("a", cells), finished("b", dataclasses.replace(cells))], resamples=50)
    for row in found["differences"]:
        assert row["ci_low"] < -0.1 and row["ci_high"] > 0.1
        assert row["minimum_detectable"] > 0.1


def test_the_command_prints_tables_or_json(folders, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "120")
    assert exit_code(["compare", str(folders[0]), str(folders[1])]) == 0
    page = capsys.readouterr().out
    assert "differences are larger than chance explains" in page and "Kendall's W" in page and "McNemar" in page
    words = " ".join(page.split())
    assert "noise floor" in words and "not tested" in words
    head = next(line for line in page.split("\n") if "net (old, new)" in line)
    assert head.split()[-3:] == ["net", "(old,", "new)"] and "net (old, new): what is left above" in words
    for column in ("change", "95 %", "p adj", "least"):
        assert f"{column}: " in words, "each column is explained"
    assert exit_code(["compare", str(folders[0]), str(folders[1]), "--json"]) == 0
    assert set(json.loads(capsys.readouterr().out)) >= {"differences", "tests", "rankings", "reversals"}
    assert exit_code(["compare", str(folders[0]), str(folders[3])]) == 2
    assert "--seed: 0 in the first, 1 in the other" in capsys.readouterr().err


@pytest.mark.parametrize("width", [40, 60, 80, 100])
@pytest.mark.parametrize("num", [2, 3])
def test_the_comparison_fits_the_terminal_with_no_figure_broken_and_in_percent(folders, width, num):
    from reports.compare_console import page

    made = compare_folders(folders[:num])
    text, found = page(made, width=width), made.to_json()
    assert max(map(len, text.split("\n"))) <= width
    said = " ".join(text.split()).replace("% change", "%")
    rows = [row for row in found["differences"] if row["suite"] == "all"]
    assert len(rows) > 5
    for row in rows:
        change = f"{100 * row['difference'] + 0.0:+.1f}{'*' if row['significant'] else ''}"
        assert f"{100 * row['value_b']:.1f} % {change}".replace("-0.0", "+0.0") in said
    for told in found["runs"]:
        assert told["label"] in text and told["created"] in text
        assert told["folder"].rpartition("/")[2] in text.replace("\n   ", "")
    joined = " ".join(text.split())
    assert all(" ".join(told["command"].split()) in joined for told in found["runs"])


def test_a_run_is_compared_with_itself_in_every_form(folders, tmp_path, capsys):
    run, out = str(folders[0]), tmp_path / "same.html"
    assert exit_code(["compare", run, run]) == 0
    assert "0 items newly broken, 0 newly fixed" in capsys.readouterr().out
    assert exit_code(["compare", run, run, "--json", "-o", str(out)]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["verdict"].startswith("None of") and found["pairs"][0]["items"] == []
    assert "No item broke and none was fixed." in out.read_text(encoding="utf-8")


@pytest.mark.parametrize("is_worse", [True, False])
def test_items_that_all_broke_or_were_all_fixed_are_given(folders, tmp_path, is_worse):
    """One side only: the run against its own copy in which every answer as written is wrong."""
    import pyarrow.parquet as pq

    copy = shutil.copytree(folders[0], tmp_path / "wrong")
    rows = pq.read_table(copy / "scores.parquet")
    right, families = rows["correct"].to_pylist(), rows["family"].to_pylist()
    wrong = [one and family != ORIGINAL for one, family in zip(right, families, strict=True)]
    pq.write_table(rows.set_column(rows.column_names.index("correct"), "correct", [wrong]), copy / "scores.parquet")
    pair = (folders[0], copy) if is_worse else (copy, folders[0])
    (found,) = compare_folders(pair).to_json()["pairs"]
    moved = sum(right) - sum(wrong)
    assert (found["num_broken"], found["num_fixed"]) == ((moved, 0) if is_worse else (0, moved))
    assert {row["direction"] for row in found["items"]} == {"broken" if is_worse else "fixed"}
    assert moved > 5


def test_the_first_run_is_set_against_the_other_item_by_item(folders):
    found = compare_folders([folders[0], folders[1]]).to_json()
    (pair,) = found["pairs"]
    right = [_right(folder) for folder in folders[:2]]
    assert right[0].keys() == right[1].keys()
    balance = {}
    for key, was in right[0].items():
        if key[2] != "null":
            broke, mended = balance.get(key[:2], (0, 0))
            balance[key[:2]] = (broke + (was and not right[1][key]), mended + (right[1][key] and not was))
    assert pair["num_broken"] == sum(broke > mended for broke, mended in balance.values()) > 3
    assert pair["num_fixed"] == sum(mended > broke for broke, mended in balance.values()) > 3
    for row in pair["items"]:
        assert balance[row["suite"], row["item"]] == (row["newly_wrong"], row["newly_right"])
        key = (row["suite"], row["item"], row["family"], row["perturbation"], row["sample"])
        assert right[0][key] == (row["direction"] == "broken") != right[1][key]
        assert (row["prediction_a"] == row["target_a"]) == (row["direction"] == "broken")
        assert row["text_a"] == row["text_b"] and len(row["probabilities_a"]) == len(row["choices_a"])
    assert pair["items"][0]["as_written"]


def _right(folder):
    import pyarrow.parquet as pq

    rows = pq.read_table(folder / "scores.parquet").to_pylist()
    return {(r["suite"], r["item"], r["family"], r["perturbation"], r["sample"]): r["correct"] for r in rows}


def test_the_page_of_two_runs_shows_the_probabilities_of_each_card_and_says_which_run_is_which(folders):
    import re

    from reports.compare_page import page

    made = compare_folders(folders[:2])
    html, found = page(made), made.to_json()
    items = found["pairs"][0]["items"]
    cards = re.findall(r"<article.*?</article>", html, flags=re.DOTALL)
    assert len(cards) == len(items) > 5
    for card, row in zip(cards, items, strict=True):
        assert card.count('<table class="bars">') == 1
        for side in "ab":
            for choice, share in zip(row[f"choices_{side}"], row[f"probabilities_{side}"], strict=True):
                assert f"<bdi>{choice}</bdi>" in card and f"{100 * share:.1f} %" in card
    for folder, told in zip(folders[:2], found["runs"], strict=True):
        made = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
        assert (told["folder"], told["created"], told["command"]) == (str(folder), made["created"], made["command"])
        assert str(folder) in html and made["created"] in html


def test_of_many_moved_items_the_clearest_are_given_and_all_are_counted(folders):
    whole, cut = moved_items(*folders[:2]), moved_items(*folders[:2], limit=2)
    for direction in ("broken", "fixed"):
        assert cut[direction][0] == whole[direction][0] > 2
        assert cut[direction][1] == whole[direction][1][:2]


def test_what_decides_the_tokens_is_named_before_the_model_and_the_versions():
    model = {"name": "m", "chat_template_hash": "", "dtype": "float32"}
    first = {"id": "1", "created": "x", "seed": 0, "model": model, "versions": {"torch": "2"}, "suites": []}
    second = first | {
        "id": "2",
        "versions": {"torch": "3"},
        "model": model | {"chat_template_hash": "9f", "dtype": "float16"},
    }
    found = [(one.kind, one.entry, one.a, one.b) for one in manifest_changes(first, second)]
    assert found == [
        ("tokens", "model.chat_template_hash", "none", "9f"),
        ("model", "model.dtype", "float32", "float16"),
        ("versions", "versions.torch", "2", "3"),
    ]
    assert manifest_changes(first, first | {"id": "2", "created": "y"}) == []
    other = first | {"suites": [{"name": "facts", "version": "2", "path": "a"}]}
    assert [(one.kind, one.entry) for one in manifest_changes(first, other)] == [("prompts", "suite facts.version")]


def test_the_command_writes_the_page_with_every_difference(folders, tmp_path, capsys):
    out = tmp_path / "compare.html"
    assert exit_code(["compare", str(folders[0]), str(folders[1]), "-o", str(out)]) == 0
    said = capsys.readouterr().out
    assert f"page  {out}" in said and "items newly broken" in said
    html = out.read_text(encoding="utf-8")
    found = compare_folders(folders[:2]).to_json()
    for row in found["differences"]:
        old, new = (f"{100 * row[key]:.1f} %</span>" for key in ("value_a", "value_b"))
        assert f'{old} &rarr; <span class="value">{new}' in html
    assert html.count("<article") == len(found["pairs"][0]["items"])
    assert "model.fingerprint" in html
    assert "Net of each run's own noise floor" in html and "McNemar's test" in html and "not tested" in html
    apart = [
        row
        for row in found["differences"]
        if row["suite"] == "all" and row["net_a"] is not None and max(row["floor_a"], row["floor_b"]) >= 0.0005
    ]
    for row in apart:
        assert f"<td>{100 * row['net_a']:.1f} %, {100 * row['net_b']:.1f} %</td>" in html
    assert ("Of both runs it is 0.0 % throughout" in html) == (not apart), "no table of zeros"
    assert html.count('aria-label="Observed, noise floor and net, by family"') == bool(apart)
    assert exit_code(["compare", str(folders[0]), str(folders[1]), "-o", str(tmp_path / "x.pdf")]) == 2
    assert "FILE.html" in capsys.readouterr().err
