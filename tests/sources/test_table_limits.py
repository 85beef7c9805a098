"""Tables that are small on disk and large in memory, or hold a text that no model reads: refused with the limit."""

import json

import pytest

from probe.errors import SuiteError
from probe.files.limits import MAX_CELLS, MAX_COLUMNS, MAX_TEXT
from probe.sources.tables import check_size, read_table


def test_a_parquet_file_that_repeats_one_long_text_is_refused_before_it_is_unpacked(tmp_path):
    import pyarrow as pa
    import pyarrow.parquet as pq

    texts = pa.DictionaryArray.from_arrays(
        pa.array([0] + [1] * 100_000, pa.int32()), pa.array(["a", "b" * (MAX_TEXT + 1)])
    )
    pq.write_table(pa.table({"text": texts}), tmp_path / "bomb.parquet", compression="zstd")
    with pytest.raises(SuiteError, match=rf"bomb.parquet:2: column .text. holds a text of .*limit is {MAX_TEXT:,}"):
        read_table(tmp_path / "bomb.parquet")


@pytest.mark.parametrize(("columns", "rows"), [(MAX_COLUMNS + 1, 1), (1_000, MAX_CELLS // 1_000 + 1)])
def test_rows_times_columns_have_a_limit(tmp_path, columns, rows):
    with pytest.raises(SuiteError, match="the limit is"):
        check_size(tmp_path / "table.jsonl", columns, rows)
    check_size(tmp_path / "table.jsonl", 100, 100_000)


def test_a_row_for_each_column_is_refused(tmp_path):
    (tmp_path / "table.jsonl").write_text("".join(json.dumps({f"c{n}": 1}) + "\n" for n in range(MAX_COLUMNS + 1)))
    with pytest.raises(SuiteError, match=f"{MAX_COLUMNS + 1:,} columns; the limit is {MAX_COLUMNS:,}"):
        read_table(tmp_path / "table.jsonl")


@pytest.mark.parametrize(
    ("name", "text"), [("t.csv", "text,label\n{},yes\n"), ("t.jsonl", '{{"text": "{}", "label": "yes"}}\n')]
)
def test_a_text_of_just_the_limit_is_read_and_one_more_character_is_not(tmp_path, name, text):
    (tmp_path / name).write_text(text.format("a" * MAX_TEXT))
    assert len(read_table(tmp_path / name).rows[0].cells["text"]) == MAX_TEXT
    (tmp_path / name).write_text(text.format("a" * (MAX_TEXT + 1)))
    with pytest.raises(SuiteError, match=f"{MAX_TEXT:,}"):
        read_table(tmp_path / name)
