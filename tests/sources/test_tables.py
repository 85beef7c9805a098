"""Tables: every cell is text as written, and a row that cannot be read is named."""

import csv
import decimal
import io
import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import probe
from probe.api.prepare import distinct
from probe.cli import exit_code
from probe.errors import SuiteError, UsageError
from probe.sources import SourceOptions, read_source
from probe.sources.contrast_records import rows_of
from probe.sources.tables import cell, read_table
from probe.suite import check_suite, read_suite
from probe.suite.faults import HALF, half_escape
from probe.types import Field, Item, Prompt, Suite


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


PROMPT = "Is it good?\nReview: {text}\nSentiment:"
ROWS = [{"text": f"Text {n}.", "label": ("pos", "neg")[n % 2]} for n in range(12)]


def changed(column, value, row=3):
    return [one | {column: value} if n == row else one for n, one in enumerate(ROWS)]


def saved(folder, ending, rows):
    """Write rows as a table of that form, and return what a user types for it."""
    import pandas
    import pyarrow
    import pyarrow.parquet

    path = folder / f"a.{ending}"
    if ending in ("csv", "tsv"):
        separator = "," if ending == "csv" else "\t"
        pandas.DataFrame(rows).to_csv(path, index=False, sep=separator)
    elif ending == "jsonl":
        path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    else:
        columns = {name: [row[name] for row in rows] for name in rows[0]}
        pyarrow.parquet.write_table(pyarrow.table(columns), path)
    return f"{ending}:{path}"


def read(typed, **options):
    [suite] = read_source(typed, SourceOptions(prompt=PROMPT, **options))
    return suite


@pytest.mark.parametrize("column", ["text", "label"])
@pytest.mark.parametrize(
    ("ending", "value"),
    [(ending, value) for ending in ("csv", "tsv", "jsonl", "parquet") for value in (None, "", "  ", "\u00a0", "\u200b")]
    + [("csv", float("nan")), ("jsonl", float("nan"))],
)
def test_empty_is_empty_in_every_form(tmp_path, column, ending, value):
    row = 4 if ending in ("jsonl", "parquet") else 5
    with pytest.raises(SuiteError, match=rf'a[.]{ending}:{row}: column "{column}" is empty'):
        read(saved(tmp_path, ending, changed(column, value)))


def test_a_number_that_is_none_is_empty_too(tmp_path):
    rows = [{"text": f"Text {n}.", "label": float(n % 2)} for n in range(12)]
    read(saved(tmp_path, "parquet", rows))
    with pytest.raises(SuiteError, match='a.parquet:4: column "label" is empty'):
        read(saved(tmp_path, "parquet", [*rows[:3], rows[3] | {"label": float("nan")}, *rows[4:]]))


@pytest.mark.parametrize(
    "missing",
    [None, float("nan"), "NA", "NaT", "np", "Decimal", " "],
    ids=["none", "nan", "na", "nat", "np", "decimal", "blank"],
)
def test_an_empty_cell_of_a_frame_is_empty(missing):
    import numpy
    import pandas

    known = {"NA": pandas.NA, "NaT": pandas.NaT, "np": numpy.float32("nan"), "Decimal": decimal.Decimal("nan")}
    value = known.get(missing, missing) if isinstance(missing, str) else missing
    frame = pandas.DataFrame(changed("label", value))
    with pytest.raises(SuiteError, match='frame:3: column "label" is empty'):
        probe.Suite.from_frame(frame, prompt=PROMPT)
    assert missing == " " or cell(value, "label", Path("x"), 1) == ""


def test_an_empty_label_of_a_dataset_is_empty(tmp_path):
    saved(
        tmp_path,
        "parquet",
        [{"text": row["text"], "label": float("nan") if n == 3 else 1.0} for n, row in enumerate(ROWS)],
    )
    with pytest.raises(SuiteError, match=r':4: column "label" is empty'):
        read(f"hf:{tmp_path}:train")


@pytest.mark.parametrize("word", ["nan", "NaN", "None", "NA", "null", "N/A", "NaT", "true", "0", "-"])
@pytest.mark.parametrize("ending", ["csv", "tsv", "jsonl", "parquet"])
def test_a_word_is_a_class_whatever_other_programs_read_in_it(tmp_path, ending, word):
    rows = [{"text": row["text"], "label": (word, "pos")[n % 2]} for n, row in enumerate(ROWS)]
    assert set(read(saved(tmp_path, ending, rows)).items[0].prompt.choices) == {word, "pos"}


def test_a_word_that_programs_write_for_no_value_is_asked_about(tmp_path, caplog):
    caplog.set_level("INFO")
    read(saved(tmp_path, "csv", [row | {"label": ("nan", "pos")[n % 2]} for n, row in enumerate(ROWS)]))
    assert '"nan" is how other programs write a missing value, is that meant?' in caplog.text
    caplog.clear()
    read(saved(tmp_path, "csv", [row | {"label": ("None", "NA")[n % 2]} for n, row in enumerate(ROWS)]))
    assert "missing value" not in caplog.text


@pytest.mark.parametrize("ending", ["csv", "tsv", "jsonl", "parquet"])
def test_a_cell_or_a_header_of_any_length_is_read(tmp_path, ending):
    limit = csv.field_size_limit()
    long = "word " * 40000
    assert read(saved(tmp_path, ending, changed("text", long.strip()))).items[3].prompt.fields[0].text == long.strip()
    named = [{"h" * 140000: "x", **row} for row in ROWS]
    assert len(read(saved(tmp_path, ending, named)).items) == 12
    assert csv.field_size_limit() == limit


def test_a_long_row_with_a_quote_that_stays_open_is_still_named(tmp_path):
    path = written(tmp_path / "a.csv", 'text,label\nOne,yes\n"' + "x" * 200000 + ",no\n")
    with pytest.raises(
        UsageError, match=r"a[.]csv:3: the row that begins here cannot be read as CSV [(]unexpected end"
    ):
        read_table(path)


def test_long_cells_of_contrast_sets_are_read(tmp_path):
    path = written(tmp_path / "a.csv", "text,label\n" + "x" * 200000 + ",no\n")
    assert len(rows_of(path, ["text"], delimiter=",")[0]["text"]) == 200000


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"text": "a \ud83d b"}, r'a.jsonl:4: holds half a character (\ud83d) in column "text"'),
        ({"label": "\ude00"}, r'a.jsonl:4: holds half a character (\ude00) in column "label"'),
        ({"label": "\ude00\ud83d"}, r'a.jsonl:4: holds half a character (\ude00) in column "label"'),
    ],
)
def test_half_a_character_is_named_with_its_row(tmp_path, change, said, capsys):
    ((column, value),) = change.items()
    typed = saved(tmp_path, "jsonl", changed(column, value))
    assert exit_code(["plan", typed, "--prompt", PROMPT, "--perturb", "typos"]) == 2
    assert said in capsys.readouterr().err


def test_half_a_character_that_nobody_asks_for_and_whole_ones_are_read(tmp_path):
    rows = [row | {"note": "\ud83d", "text": f"\U0001f600 {n}"} for n, row in enumerate(ROWS)]
    assert read(saved(tmp_path, "jsonl", rows)).items[0].prompt.fields[0].text == "\U0001f600 0"


def test_half_a_character_is_refused_wherever_a_suite_is_from(tmp_path):
    import pandas

    frames = [pandas.DataFrame(ROWS, dtype=object) for _ in range(2)]
    frames[0].loc[3, "text"] = "\ud83d"
    frames[1].columns = pandas.Index(["text", "lab\ud83d"], dtype=object)
    for frame in frames:
        with pytest.raises(SuiteError, match="half a character"):
            probe.Suite.from_frame(frame, prompt=PROMPT, target=frame.columns[1])
    task = written(
        tmp_path / "task.json",
        '{"examples": [\n{"input": "a", "target": "yes"},\n{"input": "b\\ud83d", "target": "no"}]}',
    )
    with pytest.raises(SuiteError, match=r"task[.]json:3: holds half a character \(\\ud83d\) at column 13"):
        read_source(f"bbh:{task}")
    folder = tmp_path / "mine"
    folder.mkdir()
    written(
        folder / "suite.toml",
        'name = "mine"\nversion = "1"\ndescription = "d"\nfields = ["Text"]\ninstruction = "Say."\n',
    )
    written(folder / "items.jsonl", '{"id": "1", "fields": {"Text": "a\\udc00"}, "target": "yes"}\n')
    with pytest.raises(SuiteError, match=r"items[.]jsonl:1: holds half a character"):
        read_suite(folder)
    item = Item("1", Prompt("Say.", (Field("Text", "\ud83d"),), ("a", "b")), "a")
    with pytest.raises(SuiteError, match="item '1' holds half a character"):
        distinct([Suite("mine", "1", "", (item,))])


@pytest.mark.parametrize(
    ("text", "half"),
    [
        (r"\ud83d\ude00", ""),
        (r"\\ud83d", ""),
        (r"\\\ud83d", r"\ud83d"),
        (r"\ud83dx\ude00", r"\ud83d"),
        (r"\uDE00", r"\uDE00"),
    ]
    + [
        (r"\ud83d\ud83d\ude00", r"\ud83d"),
        (r"\ud83d\n", r"\ud83d"),
        (r"\ud83d\ude00\ude00", r"\ude00"),
        ("\\u00e9 \\ud7ff", ""),
    ],
)
def test_half_an_escape_is_found_and_a_whole_one_is_none(text, half):
    found = half_escape(text)
    assert (found[0] if found else "") == half
    assert bool(half) == bool(HALF.search(json.loads(f'"{text}"')))


def test_nan_in_a_suites_own_file_is_no_value(tmp_path):
    folder = tmp_path / "mine"
    folder.mkdir()
    written(
        folder / "suite.toml",
        'name = "mine"\nversion = "1"\ndescription = "d"\nfields = ["Text"]\ninstruction = "Say."\n',
    )
    for row, what in (('{"Text": "a"}, "target": NaN', "target"), ('{"Text": NaN}, "target": "a"', 'field "Text"')):
        written(folder / "items.jsonl", f'{{"id": "1", "fields": {row}}}\n')
        with pytest.raises(SuiteError, match=f"items[.]jsonl:1: {what} is NaN, which is no value"):
            read_suite(folder)


def test_a_file_of_zero_bytes_is_named_and_a_cell_with_one_is_text(tmp_path):
    path = written(tmp_path / "a.csv", "text,label\nOne,yes\n".encode("utf-16-le"))
    with pytest.raises(SuiteError, match=r"a[.]csv:1: holds zero bytes"):
        read_table(path)
    assert cells(read_table(written(tmp_path / "b.csv", "text,label\nO\0e,yes\n"))) == [
        {"text": "O\0e", "label": "yes"}
    ]


@pytest.mark.parametrize(
    "data",
    ["text,label\nA\ud800,yes\nB,no\n".encode("utf-16", "surrogatepass"), "text,label\nA,y".encode("utf-16") + b"\0"],
)
def test_half_a_character_in_utf_16_is_an_error_with_its_line_and_never_another_character(data, tmp_path):
    path = written(tmp_path / "a.csv", data)
    with pytest.raises(SuiteError, match=r"a.csv:2: is not whole UTF-16 \(at offset \d+\)"):
        read_table(path)


@pytest.mark.parametrize("ending", ["csv", "tsv", "jsonl", "parquet", "hf"])
def test_rows_that_contradict_one_another_are_asked_and_counted(tmp_path, ending, capsys, monkeypatch):
    other = {"pos": "neg", "neg": "pos"}
    apart = [ROWS[n] | {"label": other[ROWS[n]["label"]]} for n in (2, 5)]
    typed = saved(tmp_path, "parquet" if ending == "hf" else ending, [*ROWS, *apart, apart[0], ROWS[0]])
    typed = f"hf:{tmp_path}:train" if ending == "hf" else typed
    assert [item.target for item in read(typed).items] == [row["label"] for row in (*ROWS, *apart)]
    monkeypatch.chdir(tmp_path)
    run = ["run", typed, "--prompt", PROMPT, "--model", "scripted:coin", "--perturb", "typos", "--samples", "1"]
    assert exit_code([*run, "--no-noise-floor", "--limit", "10", "--json"]) == 0
    told = capsys.readouterr()
    (said,) = (one for one in json.loads(told.out)["warnings"] if "asking what another item asks" in one)
    assert "2 items asking what another item asks, 2 of them with another right answer" in said
    assert f"warning: {said}" in told.err


def test_rows_that_agree_are_asked_once_and_without_a_warning(tmp_path):
    suite = read(saved(tmp_path, "csv", [*ROWS, *ROWS[:3]]))
    assert len(suite.items) == len(ROWS)
    assert not [one for one in check_suite(suite) if "asks the same" in one]


def test_a_table_that_becomes_a_suite_of_ones_own_is_to_be_corrected(tmp_path, capsys):
    path = saved(tmp_path, "csv", [*ROWS, ROWS[0] | {"label": ROWS[1]["label"]}]).partition(":")[2]
    prompt = written(tmp_path / "prompt.txt", PROMPT)
    assert exit_code(["init", "--data", path, "--prompt", str(prompt), "--out", str(tmp_path / "made")]) == 2
    assert f"{path}:14: asks the same as line 2 and answers " in capsys.readouterr().err
    assert not (tmp_path / "made").exists()
