"""Tables: every cell is text as written, and a row that cannot be read is named."""

import csv
import io
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from probe.errors import UsageError
from probe.sources.tables import read_table


def cells(table):
    return [dict(row.cells) for row in table.rows]


def written(path, content):
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def test_nothing_in_a_csv_cell_is_turned_into_another_type(tmp_path):
    path = written(tmp_path / "a.csv", "id,text,label\n007,NA,no\n1.50,null,True\n,  x ,\n")
    assert cells(read_table(path)) == [
        {"id": "007", "text": "NA", "label": "no"},
        {"id": "1.50", "text": "null", "label": "True"},
        {"id": "", "text": "  x ", "label": ""},
    ]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_found(tmp_path, delimiter):
    path = written(tmp_path / "a.csv", delimiter.join(["text", "label"]) + "\n" + delimiter.join(["a b", "yes"]) + "\n")
    assert cells(read_table(path)) == [{"text": "a b", "label": "yes"}]


def test_a_tsv_may_hold_commas(tmp_path):
    path = written(tmp_path / "a.tsv", "text, all\tlabel\none, two, three\tyes\n")
    assert cells(read_table(path)) == [{"text, all": "one, two, three", "label": "yes"}]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_spreadsheet_encodings_and_newlines_are_read(tmp_path, encoding):
    path = written(tmp_path / "a.csv", "text,label\r\ncafé ☕,yes\r\n".encode(encoding))
    assert cells(read_table(path)) == [{"text": "café ☕", "label": "yes"}]


def test_a_row_knows_the_line_on_which_it_begins(tmp_path):
    path = written(tmp_path / "a.csv", '\ntext,label\n"two\nlines",yes\n\nshort,no\n')
    table = read_table(path)
    assert [(row.line, row.cells["text"]) for row in table.rows] == [(3, "two\nlines"), (6, "short")]


def test_jsonl_keeps_numbers_as_written(tmp_path):
    lines = '{"text": "a", "label": 1.50}\n\n{"text": "b\\u2028c", "label": true, "more": 7}\n{"text": null}\n'
    table = read_table(written(tmp_path / "a.jsonl", lines))
    assert table.columns == ("text", "label", "more")
    assert [(row.line, *row.cells.values()) for row in table.rows] == [
        (1, "a", "1.50", ""),
        (3, "b\u2028c", "true", "7"),
        (4, "", "", ""),
    ]


def test_parquet_keeps_whole_numbers_whole_beside_an_empty_cell(tmp_path):
    import pyarrow
    import pyarrow.parquet

    table = pyarrow.table({"text": ["a", "b"], "label": [7, None], "flag": [True, False]})
    pyarrow.parquet.write_table(table, tmp_path / "a.parquet")
    assert cells(read_table(tmp_path / "a.parquet")) == [
        {"text": "a", "label": "7", "flag": "true"},
        {"text": "b", "label": "", "flag": "false"},
    ]


MISTAKES = {
    "too many cells": (
        "a.csv",
        "text,label\nOne, two,yes\n",
        "a.csv:2: has 3 cells for 2 columns; a cell with the delimiter in it stands in double quotes",
    ),
    "too few cells": (
        "a.csv",
        "text,label\nOne,yes\nTwo\n",
        "a.csv:3: has 1 cell for 2 columns; a cell with the delimiter in it stands in double quotes",
    ),
    "a quote that stays open": (
        "a.csv",
        'text,label\nOne,yes\n"Two,no\nThree,no\n',
        "a.csv:3: the row that begins here cannot be read as CSV (unexpected end of data); a cell with quotes, "
        "newlines or commas stands in double quotes, a quote in it is doubled",
    ),
    "a column twice": ("a.csv", "text,text\nOne,yes\n", 'a.csv:1: two columns are named "text"; rename one'),
    "no rows": ("a.csv", "text,label\n", "a.csv:1: has no rows below its columns"),
    "empty": ("a.csv", "", "a.csv:1: is empty"),
    "Latin-1": (
        "a.csv",
        "text,label\ncafé,yes\n".encode("latin-1"),
        "a.csv:2: is not UTF-8 (byte 0xe9 at offset 14); save it as UTF-8",
    ),
    "bad JSON": (
        "a.jsonl",
        '{"text": "a"}\n{"text" "b"}\n',
        "a.jsonl:2: is not valid JSON at column 9: Expecting ':' delimiter; one object a line",
    ),
    "a list": (
        "a.jsonl",
        '["a"]\n',
        'a.jsonl:1: is a list; each line is an object such as {"text": "...", "label": "..."}',
    ),
    "a nested cell": (
        "a.jsonl",
        '{"text": {"a": 1}}\n',
        'a.jsonl:1: column "text" holds a table; a cell is one text',
    ),
    "not parquet": ("a.parquet", "text,label\n", "a.parquet:1: cannot be read as parquet: "),
    "a spreadsheet": (
        "a.xlsx",
        "PK",
        "a.xlsx: a table is .csv, .tsv, .jsonl, .ndjson, .parquet, not '.xlsx'; save it as one of those",
    ),
}


@pytest.mark.parametrize("mistake", list(MISTAKES))
def test_a_table_that_cannot_be_read_is_answered_with_its_line_and_cure(tmp_path, mistake):
    name, content, message = MISTAKES[mistake]
    with pytest.raises(UsageError) as caught:
        read_table(written(tmp_path / name, content))
    said = str(caught.value).replace(f"{tmp_path}/", "")
    # What follows a colon at the end is said by the library that reads the form.
    assert said.startswith(message) if message.endswith(": ") else said == message
    assert caught.value.exit_code == 2


def test_a_table_that_is_not_there_is_said_so(tmp_path):
    with pytest.raises(UsageError, match=r"none\.csv: there is no such file$"):
        read_table(tmp_path / "none.csv")


CELLS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=10)
ROWS = st.lists(st.tuples(CELLS, CELLS).filter(lambda row: any(cell.strip() for cell in row)), min_size=1, max_size=6)


@settings(max_examples=80, deadline=None)
@given(rows=ROWS)
def test_a_csv_that_is_written_and_read_is_the_same(tmp_path_factory, rows):
    stream = io.StringIO(newline="")
    csv.writer(stream).writerows([("text", "label"), *rows])
    path = written(tmp_path_factory.mktemp("table") / "a.csv", stream.getvalue())
    assert [tuple(row.cells.values()) for row in read_table(path).rows] == rows


@settings(max_examples=80, deadline=None)
@given(rows=ROWS)
def test_a_jsonl_that_is_written_and_read_is_the_same(tmp_path_factory, rows):
    lines = "".join(json.dumps({"text": text, "label": label}) + "\n" for text, label in rows)
    path = written(tmp_path_factory.mktemp("table") / "a.jsonl", lines)
    assert [tuple(row.cells.values()) for row in read_table(path).rows] == rows
