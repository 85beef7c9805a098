"""A run's folder is checked against one schema when it is read; the error names file, key and what is needed."""

import json
import os
import random
import shutil
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from damage import put

import probe.record
from probe.api.schemas import documents
from probe.cli import exit_code
from probe.errors import StoreError
from probe.files.shape import keys_of
from probe.gating.baseline import blessed_of
from probe.record.answered import read_cells
from probe.record.redraw import redrawn_results
from probe.record.run import read_run
from probe.record.tables import read_table

ROOT = Path(__file__).parents[2]
SCHEMAS = Path(probe.record.__file__).parent / "schemas"


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    out = tmp_path_factory.mktemp("runs")
    command = ["run", "facts", "--limit", "3", "--samples", "1", "--model", "scripted:coin", "--out", str(out)]
    assert exit_code(command) == 0
    return next(out.glob("*/manifest.json")).parent


@pytest.fixture
def run(made, tmp_path):
    return shutil.copytree(made, tmp_path / "runs" / "bad")


def change(folder, name, *path, to):
    value = json.loads((folder / name).read_text(encoding="utf-8"))
    put(value, path, to)
    (folder / name).write_text(json.dumps(value), encoding="utf-8")


@pytest.mark.parametrize(
    ("name", "path", "to", "message"),
    [
        ("manifest.json", ("suites", 0, "digest"), None, "suites[0].digest is null; text is needed"),
        ("manifest.json", ("model",), ["pocket"], 'model is ["pocket"]; an object is needed'),
        ("manifest.json", ("perturb",), ..., "perturb is missing"),
        ("manifest.json", ("seed",), True, "seed is true; a whole number is needed"),
        ("manifest.json", ("asked_model", "options", "device"), 3, "asked_model.options.device is 3; text is needed"),
        ("summary.json", ("metrics", 1, "num_items"), -1, "metrics[1].num_items is -1; it must be greater than or"),
        ("summary.json", ("metrics", 0, "value"), float("nan"), "metrics[0].value is NaN; a finite number is needed"),
        ("summary.json", ("metrics", 0, "ci_low"), 2.0, "metrics[0].ci_low is 2.0, above ci_high"),
        ("summary.json", ("flips", 0, "after_probabilities", 0), 1.5, "flips[0].after_probabilities[0] is 1.5"),
        ("summary.json", ("flips", 0, "effect"), "x", 'flips[0].effect is "x"'),
        ("summary.json", ("suite", 0), "other", 'suite[0] is "other", which the manifest beside it does not name'),
        ("summary.json", ("contrast_failures_total",), ..., "contrast_failures_total is missing"),
        ("summary.json", ("schema_version",), "3", 'written with schema "3"'),
    ],
)
def test_the_error_names_file_key_what_is_there_and_what_is_needed(run, name, path, to, message):
    change(run, name, *path, to=to)
    with pytest.raises(StoreError) as error:
        read_run(run)
    assert str(error.value).startswith(f"{run / name}: ") and message in str(error.value) and error.value.hint


def test_keys_that_a_later_version_adds_are_ignored(run):
    for name, path in (("manifest.json", ("later",)), ("summary.json", ("metrics", 0, "later"))):
        change(run, name, *path, to={"x": [1]})
    assert read_run(run).summary.metrics


def write(folder, name, change_column):
    table = pq.read_table(folder / f"{name}.parquet")
    pq.write_table(change_column(table), folder / f"{name}.parquet")


@pytest.mark.parametrize(
    ("change_table", "message"),
    [
        (lambda t: t.drop_columns(["correct"]), "scores.parquet: correct is missing"),
        (lambda t: t.set_column(6, "correct", pa.array(["x"] * len(t))), "correct holds string; true or false"),
        (lambda t: t.set_column(6, "correct", pa.array([None] * len(t), pa.bool_())), "correct is null in row 0"),
        (lambda t: t.set_column(4, "sample", pa.array([-1] * len(t))), "sample holds -1"),
        (lambda t: t.set_column(7, "reading", pa.array(["x"] * len(t))), "reading holds 'x'; it is one of ranked"),
        (lambda t: t.slice(1), "variants.parquet beside it"),
        (lambda t: pa.concat_tables([t.slice(1), t.slice(1, 1)]), "suite, item, .* are of one row each"),
    ],
)
def test_tables_are_checked_for_columns_types_nulls_values_and_lengths(run, change_table, message):
    write(run, "scores", change_table)
    with pytest.raises(StoreError, match=message):
        read_cells(run)


def test_a_suite_that_the_manifest_names_and_the_tables_lack_is_refused(run):
    def add(folder, name, to_manifest):
        value = json.loads((folder / name).read_text(encoding="utf-8"))
        to_manifest(value)
        (folder / name).write_text(json.dumps(value), encoding="utf-8")

    add(run, "manifest.json", lambda value: value["suites"].append(value["suites"][0] | {"name": "other"}))
    for read in (
        lambda: read_run(run).cells(),
        lambda: redrawn_results(read_run(run), then=""),
        lambda: blessed_of(read_run(run)),
    ):
        with pytest.raises(StoreError, match="scores.parquet: no row is of suite 'other', which the manifest names"):
            read()


def test_a_suite_of_the_tables_that_the_manifest_lacks_is_refused(run):
    write(run, "scores", lambda t: t.set_column(0, "suite", pa.array(["other"] * len(t))))
    for read in (lambda: read_run(run).cells(), lambda: redrawn_results(read_run(run), then="")):
        with pytest.raises(StoreError, match="suite holds 'other'; the manifest beside it has no such"):
            read()


@pytest.mark.parametrize("column", ["row", "kind", "context", "tokens", "tied", "stop"])
def test_requests_that_lack_a_column_cannot_be_read_back(run, column):
    write(run, "requests", lambda table: table.drop_columns([column]))
    with pytest.raises(StoreError, match=f"requests.parquet: {column} is missing"):
        redrawn_results(read_run(run), then="", with_requests=True)


@pytest.mark.parametrize(
    ("column", "value", "message"),
    [
        ("row", 10**6, "row holds 1000000; scores.parquet beside it has rows 0 to"),
        ("messages", "{", "messages holds what is no JSON"),
        ("messages", '["user", "hello"]', "lists of pairs of role and content are needed"),
        ("messages", '[["user", 1]]', "lists of pairs"),
        ("stop", '{"a": 1}', "lists of texts are needed"),
        ("stop", "[" * 30_000, "lists of texts are needed"),
        ("kind", "generation", "stop is null in row 0, which is of the kind generation"),
        ("continuation", None, "continuation is null in row 0, which is of the kind conditional"),
        ("messages", '[["user", "hello"]]', None),
        ("stop", '["\\n"]', None),
    ],
)
def test_requests_are_of_rows_that_there_are_and_hold_what_their_kind_needs(run, column, value, message):
    def first_replaced(table):
        values = pa.array([value, *table[column].to_pylist()[1:]])
        return table.set_column(table.column_names.index(column), column, values)

    write(run, "requests", first_replaced)
    if message is None:
        assert len(read_table(run, "requests"))
    else:
        with pytest.raises(StoreError, match=message):
            read_table(run, "requests")


def test_history_leaves_a_bad_run_out_and_says_so(run, made, capsys):
    shutil.copytree(made, run.parent / "good")
    change(run, "manifest.json", "suites", to=3)
    assert exit_code(["history", str(run.parent), "--json"]) == 0
    printed = capsys.readouterr()
    found = json.loads(printed.out)
    assert [point["run"] for point in found["lines"][0]["points"]] == ["good"]
    assert len(found["left_out"]) == 1 and "suites is 3; a list is needed" in found["left_out"][0]
    assert "left out: bad: " in printed.err
    shutil.rmtree(run.parent / "good")
    assert exit_code(["history", str(run.parent)]) == 5
    assert "suites is 3" in capsys.readouterr().err


BAD_FOLDERS = {
    "no object": lambda run: (run / "manifest.json").write_text("[1]"),
    "no json": lambda run: (run / "summary.json").write_text("{"),
    "not utf-8": lambda run: (run / "manifest.json").write_bytes(b'{"a": "\xff"}'),
    "empty": lambda run: (run / "manifest.json").write_text(""),
    "deep": lambda run: (run / "summary.json").write_text("[" * 5000),
    "digits": lambda run: (run / "summary.json").write_text("9" * 5000),
    "later": lambda run: change(run, "summary.json", "schema_version", to=99),
    "no summary": lambda run: (run / "summary.json").unlink(),
    "folder": lambda run: ((run / "summary.json").unlink(), (run / "summary.json").mkdir()),
    "pipe": lambda run: ((run / "summary.json").unlink(), os.mkfifo(run / "summary.json")),
    "loop": lambda run: ((run / "summary.json").unlink(), (run / "summary.json").symlink_to("summary.json")),
    "key": lambda run: change(run, "manifest.json", "model", to=...),
}


@pytest.mark.skipif(os.name == "nt", reason="pipes and links")
def test_history_leaves_out_every_kind_of_bad_folder_and_names_each(made, tmp_path, capsys):
    for name, damage in BAD_FOLDERS.items():
        damage(shutil.copytree(made, tmp_path / name))
    shutil.copytree(made, tmp_path / "good")
    (tmp_path / "nothing in it").mkdir()
    (tmp_path / "file").write_text("x")
    (tmp_path / "nowhere").symlink_to(tmp_path / "gone")
    assert exit_code(["history", str(tmp_path), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert [point["run"] for point in found["lines"][0]["points"]] == ["good"]
    assert sorted(line.partition(":")[0] for line in found["left_out"]) == sorted(BAD_FOLDERS)


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="nothing is locked to root")
def test_history_leaves_a_locked_folder_out(made, tmp_path, capsys):
    shutil.copytree(made, tmp_path / "good")
    shutil.copytree(made, tmp_path / "locked").chmod(0)
    try:
        assert exit_code(["history", str(tmp_path)]) == 0
    finally:
        (tmp_path / "locked").chmod(0o755)
    assert "left out: locked: " in capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("attribution-facts.json", [1], "attribution-facts.json: holds [1]; an object is needed"),
        ("attribution-facts.json", {"schema_version": 1}, "attribution-facts.json: suite is missing"),
        ("mitigation.json", {"schema_version": 2}, "mitigation.json: schema_version is 2; this version reads 1"),
        ("mitigation.json", {"schema_version": 1, "results": 3}, "mitigation.json: of_run is missing"),
    ],
)
def test_what_was_laid_into_a_run_is_checked_before_it_is_shown(run, tmp_path, capsys, name, value, message):
    (run / name).write_text(json.dumps(value))
    assert exit_code(["report", str(run), "-o", str(tmp_path / "page.html")]) == 3
    said = " ".join(capsys.readouterr().err.split())
    assert message in said and f"delete {name}" in said and not (tmp_path / "page.html").exists()


def test_the_schemas_that_are_shipped_are_those_that_are_checked():
    shipped = {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in SCHEMAS.glob("*.json")}
    assert shipped == documents(), "write them again: python benchmarks/damaged_folders.py --schemas"


@pytest.mark.parametrize("name", ["manifest", "summary"])
def test_each_key_of_a_run_is_in_the_schema_with_a_description(made, name):
    document = documents()[name]
    assert all(told for _, told in keys_of(document))
    value = json.loads((made / f"{name}.json").read_text(encoding="utf-8"))
    assert set(value) <= set(document["properties"])


def test_a_sample_of_damages_is_read_or_refused_by_python_and_by_commands(made, tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))
    from damaged_folders import Bench, damages, make_sound

    bench, rng = Bench(tmp_path, make_sound(tmp_path, made, is_whole=False), is_tried=False), random.Random(14)
    found = list(damages(bench.sound))
    files = {one.file for one in found}
    assert files >= {"run/manifest.json", "run/scores.parquet", "baseline.json", "reviews.jsonl", "paraphrases.jsonl"}
    for file in sorted(files):
        for damage in rng.sample([one for one in found if one.file == file], 3):
            bench.tried(damage, "python")
    for name in ("gate", "bless", "history"):
        bench.tried(rng.choice([one for one in found if name in bench.readers(one)]), name)
    assert not bench.bad
    assert bench.found["python 3"] > 0 < bench.found["python 0"]
