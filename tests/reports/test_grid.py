"""Tables at any width: heads and names are never cut, prose wraps at words."""

import pytest

from reports.grid import grid

ROWS = [
    {
        "name": "a-rather-long-name",
        "family": "typos",
        "strength": "0.1",
        "summary": "Swap two letters in a few of the words.",
    },
    {"name": "short", "family": "lexical-overlap", "strength": "", "summary": "Say it."},
]
WIDE = [
    {"suite": "facts", **{f"family-{n}": str(n) for n in range(12)}},
    {"suite": "topic", **{f"family-{n}": "" for n in range(12)}},
]


@pytest.mark.parametrize("width", [30, 40, 60, 80, 100])
def test_no_line_is_too_long_and_no_word_is_broken(width):
    words = {word for row in ROWS for cell in (*row, *row.values()) for word in cell.split()}
    text = grid(ROWS, width=width)
    assert all(len(line) <= width for line in text.split("\n"))
    assert set(text.split()) <= words
    assert {word for row in ROWS for cell in row.values() for word in cell.split()} <= set(text.split())


def test_prose_stands_in_its_column_where_there_is_room():
    head, first, second, *_ = grid(ROWS, width=82).split("\n")
    assert head.split() == ["name", "family", "strength", "summary"]
    assert first.index("Swap") == head.index("summary") == len(second) - len(second.lstrip())


def test_prose_stands_under_its_row_where_there_is_none():
    assert grid(ROWS, width=45).split("\n") == [
        "name                family           strength",
        "a-rather-long-name  typos            0.1",
        "    Swap two letters in a few of the words.",
        "short               lexical-overlap",
        "    Say it.",
    ]


def test_what_has_no_room_beside_the_name_stands_under_it_by_its_head():
    assert grid(ROWS, width=30).split("\n")[:5] == [
        "name",
        "a-rather-long-name",
        "    family typos  strength 0.1",
        "    Swap two letters in a few",
        "    of the words.",
    ]


def test_columns_without_prose_are_parted_into_blocks_that_each_name_the_rows():
    blocks = grid(WIDE, width=40).split("\n\n")
    assert len(blocks) == 4
    assert all(block.split("\n")[1].startswith("facts") for block in blocks)
    assert [head for block in blocks for head in block.split("\n")[0].split()[1:]] == list(WIDE[0])[1:]


def test_no_rows_make_no_table():
    assert grid([], width=80) == ""


def test_rows_of_one_name_are_never_parted_from_their_figures():
    rows = [{"suite": "facts", "outcome": kind, "rho": "+0.35", "variants": str(n)} for n, kind in enumerate("ab")]
    assert grid(rows, width=22).split("\n") == [
        "suite  outcome  rho",
        "facts  a        +0.35",
        "    variants 0",
        "facts  b        +0.35",
        "    variants 1",
    ]
