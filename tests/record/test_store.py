"""A run on disk is whole or is not there."""

import errno
import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace

import pyarrow.parquet as pq
import pytest

from probe.errors import StoreError, UsageError
from probe.evaluation.results import evaluate
from probe.evaluation.scoring import score
from probe.evaluation.variants import VariantSet, original_of
from probe.prompt.render import render
from probe.record.run import read_run
from probe.record.store import folder_name, new_folder, write_json
from probe.record.writing import write_tables
from probe.types import Check, Completion, Field, Item, LogProb, Prompt, Suite, Variant

ITEM = Item("a\u00e9", Prompt("Say.", (Field("Text", "x"),), ("yes", "no")), "no")
FREE = Item("b", Prompt("Say.", (Field("Text", "\U0001f600"),)), "Paris")
SCORES = [
    score(original_of(ITEM), [LogProb(-2.0, False), LogProb(-1.0, True)]),
    score(original_of(FREE), [Completion("", 0.0, 0)]),
]


def results(scores, dropped=()):
    variants = VariantSet(Suite("toy", "1", "", (ITEM,)), tuple(one.variant for one in scores), {}, failed=dropped)
    return {"toy": evaluate(variants, scores)}


def test_a_run_that_ends_well_has_its_final_name(tmp_path):
    with new_folder(tmp_path, "run") as folder:
        write_json(folder / "manifest.json", {"id": 1})
    assert [p.name for p in tmp_path.iterdir()] == ["run"]


@pytest.mark.parametrize("trouble", [KeyboardInterrupt, ValueError])
def test_a_run_that_breaks_off_leaves_nothing(tmp_path, trouble):
    with pytest.raises(trouble), new_folder(tmp_path, "run") as folder:
        write_json(folder / "manifest.json", {"id": 1})
        raise trouble
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_is_an_error_that_says_so_and_leaves_nothing(tmp_path):
    with pytest.raises(StoreError, match="No space left on device"), new_folder(tmp_path, "run"):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full, a device that is always full")
def test_a_really_full_device_is_reported_while_tables_are_written(tmp_path):
    with pytest.raises(StoreError, match="No space left"), new_folder(tmp_path, "run") as folder:
        (folder / "scores.parquet").symlink_to("/dev/full")
        write_tables(folder, results(SCORES))
    assert list(tmp_path.iterdir()) == []


def test_a_killed_run_leaves_nothing_that_looks_like_a_run_and_the_next_one_removes_it(tmp_path, caplog):
    code = (
        "import sys, time; from pathlib import Path; from probe.record.store import new_folder, write_json\n"
        f"with new_folder(Path({str(tmp_path)!r}), 'run') as folder:\n"
        "    write_json(folder / 'manifest.json', {}); print('in', flush=True); time.sleep(60)"
    )
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "in\n"
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()
    time.sleep(0.05)
    left = sorted(path.name for path in tmp_path.iterdir())
    assert len(left) == 2 and left[0].startswith(".run.") and left[0].endswith(".partial")
    assert left[1] == left[0] + ".lock"
    with new_folder(tmp_path, "run"):
        pass
    assert [path.name for path in tmp_path.iterdir()] == ["run"]
    assert f"removed {tmp_path / left[0]}, which a process that was killed left half written" in caplog.text


def test_a_place_that_is_a_file_is_refused(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="cannot write the run"), new_folder(tmp_path / "file", "run"):
        pass


def test_tables_hold_a_row_for_each_score(tmp_path):
    write_tables(tmp_path, results(SCORES))
    scores = pq.read_table(tmp_path / "scores.parquet").to_pylist()
    variants = pq.read_table(tmp_path / "variants.parquet").to_pylist()
    assert [row["item"] for row in scores] == [row["item"] for row in variants] == ["a\u00e9", "b"]
    assert scores[0]["probabilities"] == pytest.approx(list(SCORES[0].probabilities))
    assert (scores[1]["reading"], scores[1]["margin"]) == ("unreadable", None)
    assert variants[1]["text"] == SCORES[1].variant.text


def asked(text, *, target="no", **more):
    made = replace(ITEM, prompt=replace(ITEM.prompt, fields=(Field("Text", text),)), target=target)
    return Variant(ITEM, made, "typos", "typo-swap", 0, "label-preserving", render(made.prompt), **more)


def test_the_edit_of_each_variant_is_kept_with_its_size(tmp_path):
    written = replace(ITEM, id="b", prompt=replace(ITEM.prompt, fields=(Field("Text", "the old dog ran"),)))
    turned = replace(written, prompt=replace(ITEM.prompt, fields=(Field("Text", "the dog old ran"),)))
    moved = Variant(written, turned, "order", "order-shift", 0, "label-preserving", render(turned.prompt))
    scores = [score(one, [LogProb(-2.0, False), LogProb(-1.0, True)]) for one in (asked("x"), asked("a y"), moved)]
    write_tables(tmp_path, results(scores))
    same, other, reordered = pq.read_table(tmp_path / "variants.parquet").to_pylist()
    assert (same["edit"], same["tokens_removed"], same["tokens_added"]) == ("", 0, 0)
    assert (other["edit"], other["tokens_removed"], other["tokens_added"]) == (
        "Say. / Text: [-x-]{+a y+} / Answer:",
        1,
        3,
    )
    assert reordered["tokens_removed"] == reordered["tokens_added"] == 2, "a word that moved went and came"
    assert "[-" in reordered["edit"] and "{+" in reordered["edit"]


def test_what_was_dropped_has_a_table_of_its_own_and_is_no_row_of_the_others(tmp_path):
    dropped = asked("y", checks=(Check("polarity", "doubt", "less so"), Check("numbers", "fail", "lost 3")))
    write_tables(tmp_path, results(SCORES, (dropped,)))
    assert pq.read_table(tmp_path / "variants.parquet").num_rows == pq.read_table(tmp_path / "scores.parquet").num_rows
    assert pq.read_table(tmp_path / "variants.parquet").num_rows == len(SCORES)
    [row] = pq.read_table(tmp_path / "dropped.parquet").to_pylist()
    assert (row["rule"], dict(row["checks"])["numbers"]) == ("numbers", "fail: lost 3")
    assert (row["written"], row["written_target"], row["text"]) == (render(ITEM.prompt), "no", dropped.text)
    write_tables(tmp_path, results(SCORES))
    assert pq.read_table(tmp_path / "dropped.parquet").num_rows == 0


def test_json_never_holds_a_nan(tmp_path):
    with pytest.raises(ValueError):
        write_json(tmp_path / "x.json", {"value": float("nan")})


def test_reading_what_is_no_run_says_so(tmp_path):
    with pytest.raises(UsageError, match="not the folder of a run"):
        read_run(tmp_path)


def test_reading_a_damaged_run_says_which_file(tmp_path):
    write_json(tmp_path / "manifest.json", {})
    (tmp_path / "summary.json").write_text('{"schema_version": 1', encoding="utf-8")
    with pytest.raises(StoreError, match=r"summary\.json: damaged"):
        read_run(tmp_path)
    (tmp_path / "summary.json").write_text(json.dumps({"schema_version": 99}), encoding="utf-8")
    with pytest.raises(StoreError, match="schema 99"):
        read_run(tmp_path)


def test_a_folders_name_is_safe_on_every_file_system():
    name = folder_name("2026-11-23T15:00:00Z", ["my suite/x"], "hf:org/model:7b", "abc")
    assert name == "20261123T150000Z_my-suite-x_hf-org-model-7b_abc"
