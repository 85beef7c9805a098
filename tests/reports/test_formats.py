import csv
import json

import pyarrow.parquet as pq
import pytest
from made_run import made_manifest, made_summary
from made_verdict import verdict

from probe.errors import StoreError, UsageError
from probe.record.run import read_run
from reports.formats import COLUMNS, FORMATS, Results, check_formats, needs_verdict, write


@pytest.fixture
def run(tmp_path):
    return made(tmp_path / "run", model="pocket")


def made(folder, *, model):
    folder.mkdir()
    summary = made_summary(num_suites=2) | {"model": model, "run": str(folder)}
    (folder / "summary.json").write_text(json.dumps(summary), encoding="utf-8")
    (folder / "manifest.json").write_text(json.dumps(made_manifest(num_suites=2)), encoding="utf-8")
    return folder


@pytest.mark.parametrize("extension", list(FORMATS))
def test_every_format_is_written_and_read_from_the_folder_alone(run, tmp_path, extension):
    out = tmp_path / "deep" / f"x{extension}"
    told = Results((run,), (verdict(),) if needs_verdict(out) else ())
    assert write(told, out) == out
    assert out.stat().st_size > 100
    first = out.read_bytes()
    (tmp_path / "moved").mkdir()
    moved = run.rename(tmp_path / "moved" / "run")
    write(Results((moved,), told.verdicts), out)
    same = first.replace(str(run).encode(), str(moved).encode())
    assert extension == ".parquet" or out.read_bytes() in (first, same)
    assert not list(out.parent.glob(".*partial"))


@pytest.mark.parametrize("extension", [".csv", ".parquet"])
def test_a_table_has_a_row_for_each_figure_with_its_run_and_model(run, tmp_path, extension):
    other = made(tmp_path / "other", model="hf:x")
    out = tmp_path / f"x{extension}"
    write(Results((run, other)), out)
    if extension == ".csv":
        rows = list(csv.DictReader(out.read_text(encoding="utf-8").splitlines()))
        value = float(rows[0]["value"])
    else:
        rows = pq.read_table(out).to_pylist()
        value = rows[0]["value"]
    summary = json.loads((run / "summary.json").read_text(encoding="utf-8"))
    assert list(rows[0]) == list(COLUMNS)
    assert len(rows) == 2 * len(summary["metrics"])
    assert [row["model"] for row in rows] == ["pocket"] * (len(rows) // 2) + ["hf:x"] * (len(rows) // 2)
    assert value == summary["metrics"][0]["value"] and rows[0]["run"] == str(run)
    undefined = [row for row in rows if row["reason"]]
    assert undefined and all(row["value"] in (None, "") for row in undefined)


def test_json_is_the_summary_or_a_list_of_them(run, tmp_path):
    summary = json.loads(json.dumps(read_run(run).summary.to_json()))
    write(Results((run,)), tmp_path / "one.json")
    write(Results((run, run)), tmp_path / "two.json")
    assert json.loads((tmp_path / "one.json").read_text(encoding="utf-8")) == summary
    assert json.loads((tmp_path / "two.json").read_text(encoding="utf-8")) == [summary, summary]


def test_a_verdict_comes_first_in_markdown_and_is_the_object_in_json(run, tmp_path):
    told = Results((run,), (verdict(),), fail_on_inconclusive=True)
    value = json.loads(write(told, tmp_path / "v.json").read_text(encoding="utf-8"))
    assert (value["outcome"], value["exit_code"]) == ("regressed", 1)
    text = write(told, tmp_path / "v.md").read_text(encoding="utf-8")
    assert text.index("### probe: Regressed") == 0 < text.index("### probe: Answers change")


@pytest.mark.parametrize("name", ["x", "x.pdf", "x.htmlx"])
def test_an_unknown_extension_names_the_known_ones(name, tmp_path):
    with pytest.raises(UsageError, match=r"\.html, .*\.sarif"):
        check_formats([tmp_path / name])


def test_a_place_that_cannot_be_written_is_named(run, tmp_path):
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(StoreError, match="cannot write"):
        write(Results((run,)), tmp_path / "file" / "x.csv")
