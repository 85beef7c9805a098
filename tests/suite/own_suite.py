"""A small suite that tests write, whole or with a mistake."""

import json

import pytest

from probe.errors import SuiteError
from probe.suite import read_suite

TOML = """\
name = "reviews"
version = "1"
description = "Short reviews."
instruction = "Say whether the review is {choices}."
fields = ["Review"]
answer_field = "Sentiment"
choices = ["positive", "negative"]

[layout]
separator = ": "

[generation]
max_new_tokens = 8
"""
FREE = TOML.replace('choices = ["positive", "negative"]\n', "").replace("{choices}", "good")
LISTED = TOML.replace("[layout]", 'list_choices = true\nanswer_with = "symbol"\n\n[layout]')
ROWS = [
    {"id": "a", "fields": {"Review": "A joy from start to end."}, "target": "positive"},
    {
        "id": "b",
        "fields": {"Review": "A bore."},
        "target": "negative",
        "contrast": [{"fields": {"Review": "No bore."}, "target": "positive"}],
    },
]


def lines(rows):
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def write(folder, toml=TOML, items=None, train=None, **others):
    folder.mkdir(exist_ok=True)
    files = {"suite.toml": toml, "items.jsonl": lines(ROWS) if items is None else items, "train.jsonl": train, **others}
    for name, text in files.items():
        if text is not None:
            (folder / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    return folder


def row(**changes):
    """Return the lines of the two rows, the second changed; a change to None takes the key out."""
    second = {key: value for key, value in (ROWS[1] | changes).items() if value is not None}
    return lines([ROWS[0], second])


def refusal(folder):
    with pytest.raises(SuiteError) as caught:
        read_suite(folder)
    assert caught.value.exit_code == 2
    return str(caught.value).replace(f"{folder}/", "")
