"""Runs of several models on the same variants: what is refused, what is found, and that nothing is found where nothing is."""

import dataclasses
import json

import numpy as np
import pytest

from probe.changes import compare_folders, manifest_changes, moved_items
from probe.cli import exit_code
from probe.compare import Finished, compare, differences_of_design, read_finished
from probe.errors import StoreError, UsageError
from probe.metrics import CLEAN, Cells, Column, metrics, tabulate
from probe.models.scripted import Scripted
from probe.perturb import select
from probe.run import Plan, run
from probe.store import read_cells, write_tables
from probe.suite import find_suite, read_suite

RUN = ["run", "sentiment", "reading", "--limit", "30", "--draws", "2", "--out", "runs", "--no-cache", "--json"]


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


def table_of(right, predictions=None):
    right = np.asarray(right, dtype=float)
    half = (right.shape[1] - 1) // 2
    families = [CLEAN, *["format"] * half, *["typos"] * (right.shape[1] - 1 - half)]
    columns = tuple(Column(family, family, i, "same") for i, family in enumerate(families))
    codes = np.where(right == 1, 0, 1) if predictions is None else predictions
    return Cells(
        right, codes.astype(np.int64), np.zeros(right.shape, bool), columns, tuple(map(str, range(len(right))))
    )


def finished(label, cells):
    return Finished(label, {"id": label}, {"toy": cells})


def fragile(rng, num_items=60, num_variants=6, *, level=0.7):
    """A model whose items differ in how readily they move, drawn anew by `answers`."""
    ready = rng.beta(0.4, 1.2, (num_items, 1))
    right = rng.random((num_items, 1)) < level
    return ready, right


def answers(rng, ready, right, num_variants=6):
    moved = rng.random((len(ready), num_variants + 1)) < ready
    return table_of(right ^ moved)


def test_outcomes_read_back_are_those_of_the_run(tmp_path):
    def says(request):
        return ("", "red", "Saturday")[len(request.context) % 3]

    plan = Plan(tuple(select(["format", "typos", "order", "contrast", "null"])), draws=2, limit=12)
    suites = [read_suite(find_suite(name)) for name in ("sentiment", "reading")]
    record = run(suites, Scripted(prefers=lambda request: -float(len(request.context) % 7), says=says), plan)
    write_tables(tmp_path, record.scores)
    for name, cells in read_cells(tmp_path).items():
        expected = tabulate(record.scores[name])
        assert (cells.columns, cells.items) == (expected.columns, expected.items)
        for field in ("correct", "prediction", "unreadable"):
            np.testing.assert_array_equal(getattr(cells, field), getattr(expected, field))


def test_a_damaged_table_is_named(tmp_path):
    (tmp_path / "scores.parquet").write_bytes(b"no parquet")
    with pytest.raises(StoreError, match="tables cannot be read"):
        read_cells(tmp_path)


def test_three_models_are_compared_pair_by_pair(folders):
    found = compare(read_finished(folders[:3]), resamples=200)
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
    found = compare(read_finished(folders[:2]), resamples=50)
    for side, folder in (("value_a", folders[0]), ("value_b", folders[1])):
        rows = json.loads((folder / "summary.json").read_text(encoding="utf-8"))["metrics"]
        own = {(row["suite"], row["family"], row["metric"]): row["value"] for row in rows}
        assert found["differences"]
        for row in found["differences"]:
            if row["suite"] != "all":
                assert row[side] == pytest.approx(own[row["suite"], row["family"], row["metric"]])


def test_a_run_compared_with_itself_never_differs(folders):
    for seed in range(3):
        found = compare(read_finished([folders[0], folders[0]]), seed=seed, resamples=100)
        assert {row["a"] for row in found["differences"]} == {"scripted:coin #1"}
        assert not any(row["significant"] for row in found["differences"] + found["tests"])
        assert all(row["difference"] == 0 and row["p_value"] == 1 for row in found["differences"])
        assert all(row["kendalls_w"] is None and row["reason"] for row in found["rankings"])


def test_at_no_seed_of_the_bootstrap_does_a_run_differ_from_itself():
    cells = answers(np.random.default_rng(0), *fragile(np.random.default_rng(1)))
    for seed in range(200):
        found = compare([finished("a", cells), finished("b", cells)], seed=seed, resamples=20, swaps=59)
        assert not any(row["significant"] for row in found["differences"] + found["tests"])


def called_different(repeats, *, num_items=40, swaps=199):
    """Give in how many of the repeats two draws of one model are called different, in any row of each metric."""
    called = dict.fromkeys(("flip_rate", "pss", "accuracy_mean", "accuracy", "mcnemar"), 0)
    for repeat in range(repeats):
        rng = np.random.default_rng(repeat)
        model = fragile(rng, num_items=num_items)
        a, b = answers(rng, *model), answers(rng, *model)
        found = compare([finished("a", a), finished("b", b)], seed=repeat, resamples=20, swaps=swaps)
        for row in found["tests"]:
            assert row["p_adjusted"] >= row["p_value"]
        for name in called:
            rows = found["tests"] if name == "mcnemar" else found["differences"]
            called[name] += any(row["significant"] for row in rows if name in (row.get("metric"), row.get("test")))
    return called


def test_two_draws_of_the_same_model_differ_no_more_often_than_the_level():
    """A/A over 200 repeats: at a level of 5 %, 10 of them may be called different in some row; chance allows 16 (2.5 %)."""
    called = called_different(200)
    assert all(count <= 16 for count in called.values()), called
    assert sum(called.values()) > 5, "tests that never reject have no power to speak of"


def test_a_real_difference_of_the_detectable_size_is_found_in_most_runs():
    found_in, sizes = 0, []
    for repeat in range(30):
        rng = np.random.default_rng(repeat)
        ready, right = fragile(rng, num_items=80)
        worse = np.clip(ready + 0.12, 0, 1)
        found = compare(
            [finished("a", answers(rng, ready, right)), finished("b", answers(rng, worse, right))],
            seed=repeat, resamples=200,
            swaps=199,
        )  # fmt: skip
        [row] = [r for r in found["differences"] if (r["metric"], r["family"]) == ("flip_rate", "all")]
        sizes.append(row["minimum_detectable"])
        found_in += row["significant"]
    population = np.random.default_rng(0)
    ready, right = fragile(population, num_items=200_000)
    flip = metrics.get("flip_rate").value
    truth = flip(answers(population, np.clip(ready + 0.12, 0, 1), right)) - flip(answers(population, ready, right))
    assert found_in / 30 >= (0.7 if truth >= np.median(sizes) else 0.2), (found_in, truth, np.median(sizes))


def test_what_differs_between_runs_is_named(folders):
    with pytest.raises(UsageError, match="--seed 0 and 1"):
        read_finished([folders[0], folders[3]])
    with pytest.raises(UsageError, match="two runs or more"):
        read_finished(folders[:1])


def test_every_difference_of_design_is_named():
    suite = {"name": "toy", "version": "1", "digest": "x", "num_items": 5}
    base = {"prompts_digest": "p", "seed": 0, "draws": 2, "num_fewshot": 0, "limit": None, "perturb": ["a"]}
    base |= {"suites": [suite], "versions": {"probe": "1"}}
    other = base | {"prompts_digest": "q"}
    assert differences_of_design(base, base) == []
    assert differences_of_design(base, other | {"draws": 4}) == ["--draws 2 and 4"]
    assert differences_of_design(base, other | {"perturb": ["a", "b"]}) == ["--perturb a and a,b"]
    assert differences_of_design(base, other | {"suites": [suite | {"digest": "y"}]}) == [
        "suite 'toy' has other files (version 1, 1)"
    ]
    assert differences_of_design(base, other | {"suites": [suite | {"num_items": 4}]}) == [
        "suite 'toy' with 5 and 4 items"
    ]
    assert differences_of_design(base, other | {"suites": [suite | {"name": "z"}]}) == ["suites toy and z"]
    assert differences_of_design(base, other | {"versions": {"probe": "2"}}) == [
        "the prompts that were drawn (probe 1 and 2)"
    ]


def test_rankings_of_planted_models_are_recovered():
    """B beats A by far under every format; C is ahead of A under three variants of seven."""
    rng = np.random.default_rng(3)
    rates = {"a": [0.5] * 7, "b": [0.9] * 7, "c": [0.7, 0.7, 0.7, 0.3, 0.3, 0.3, 0.3]}
    runs = [finished(name, table_of(rng.random((3000, 7)) < rate)) for name, rate in rates.items()]
    found = compare(runs, resamples=100, swaps=20)
    reversals = {(row["a"], row["b"]): row for row in found["reversals"]}
    assert reversals["a", "b"]["reversal"] == 0
    assert reversals["a", "c"]["reversal"] == pytest.approx(2 * 3 * 4 / (7 * 6))
    assert reversals["a", "c"]["reversal_of_clean"] == pytest.approx(4 / 6)
    [ranking] = found["rankings"]
    assert (ranking["num_models"], ranking["num_variants"]) == (3, 7)
    sums = np.array([3 * 1 + 4 * 2, 7 * 3, 3 * 2 + 4 * 1])
    assert ranking["kendalls_w"] == pytest.approx(12 * ((sums - 14) ** 2).sum() / (49 * 24))


def test_a_difference_that_no_item_shows_is_not_known_for_certain():
    cells = table_of(np.ones((20, 3)))
    found = compare([finished("a", cells), finished("b", dataclasses.replace(cells))], resamples=50)
    for row in found["differences"]:
        assert row["ci_low"] < -0.1 and row["ci_high"] > 0.1
        assert row["minimum_detectable"] > 0.1


def test_the_command_prints_tables_or_json(folders, capsys):
    assert exit_code(["compare", str(folders[0]), str(folders[1])]) == 0
    page = capsys.readouterr().out
    assert "differences are larger than chance explains" in page and "Kendall's W" in page and "McNemar" in page
    assert exit_code(["compare", str(folders[0]), str(folders[1]), "--json"]) == 0
    assert set(json.loads(capsys.readouterr().out)) >= {"differences", "tests", "rankings", "reversals"}
    assert exit_code(["compare", str(folders[0]), str(folders[3])]) == 2
    assert "--seed 0 and 1" in capsys.readouterr().err


@pytest.mark.parametrize("width", [60, 80, 100])
@pytest.mark.parametrize("num", [2, 3])
def test_the_comparison_fits_the_terminal_with_no_figure_broken_and_in_percent(folders, width, num):
    from reports.compare_console import page

    found = compare_folders(folders[:num])
    text = page(found, width=width)
    assert max(map(len, text.split("\n"))) <= width
    lines = {" ".join(line.split()) for line in text.split("\n")}
    rows = [row for row in found["differences"] if row["suite"] == "all"]
    assert len(rows) > 5
    for row in rows:
        change = f"{100 * row['difference'] + 0.0:+.1f}{'*' if row['significant'] else ''}"
        assert any(f"{100 * row['value_b']:.1f} % {change}".replace("-0.0", "+0.0") in one for one in lines)
    for told in found["runs"]:
        assert told["label"] in text and told["created"] in text
        assert told["folder"].rpartition("/")[2] in text.replace("\n   ", "")
    joined = " ".join(text.split())
    assert all(" ".join(told["command"].split()) in joined for told in found["runs"])


def test_the_first_run_is_set_against_the_other_item_by_item(folders):
    found = compare_folders([folders[0], folders[1]])
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
        key = (row["suite"], row["item"], row["family"], row["perturbation"], row["draw"])
        assert right[0][key] == (row["direction"] == "broken") != right[1][key]
        assert (row["prediction_a"] == row["target_a"]) == (row["direction"] == "broken")
        assert row["text_a"] == row["text_b"] and len(row["probabilities_a"]) == len(row["choices_a"])
    assert pair["items"][0]["as_written"]


def _right(folder):
    import pyarrow.parquet as pq

    rows = pq.read_table(folder / "scores.parquet").to_pylist()
    return {(r["suite"], r["item"], r["family"], r["perturbation"], r["draw"]): r["correct"] for r in rows}


def test_the_page_of_two_runs_shows_the_probabilities_of_each_card_and_says_which_run_is_which(folders):
    import re

    from reports.compare_page import page

    found = compare_folders(folders[:2])
    html = page(found)
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
    found = compare_folders(folders[:2])
    for row in found["differences"]:
        old, new = (f"{100 * row[key]:.1f} %</span>" for key in ("value_a", "value_b"))
        assert f'{old} &rarr; <span class="value">{new}' in html
    assert html.count("<article") == len(found["pairs"][0]["items"])
    assert "model.fingerprint" in html
    assert exit_code(["compare", str(folders[0]), str(folders[1]), "-o", str(tmp_path / "x.pdf")]) == 2
    assert "FILE.html" in capsys.readouterr().err
