"""Suites of a DataFrame, as a person with pandas makes them."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from probe.api.suites import Suite
from probe.errors import SuiteError, UsageError
from probe.prompt.render import render

PROMPT = "Positive or negative?\nReview: {text}\nSentiment:"
FRAME = pd.DataFrame(
    {
        "text": ["A joy.", "A bore.", "Fine.", "Awful."],
        "label": ["positive", "negative", "positive", "negative"],
        "key": ["a", "b", "c", "d"],
    }
)


def test_a_frame_becomes_a_suite_whose_items_are_its_rows():
    suite = Suite.from_frame(FRAME, prompt=PROMPT, target="label", id="key", name="reviews")
    assert repr(suite) == "Suite('reviews', 4 items, answers: negative, positive)"
    assert render(suite.items[1].prompt) == "Positive or negative?\nReview: A bore.\nSentiment:"
    assert list(suite.frame["id"]) == ["a", "b", "c", "d"]
    assert list(suite.frame["Review"]) == list(FRAME["text"])
    assert list(suite.frame["target"]) == list(FRAME["label"])
    assert suite.frame["prompt"][0].endswith("A joy.\nSentiment:")


def test_choices_are_found_given_or_none():
    assert Suite.from_frame(FRAME, prompt=PROMPT).items[0].prompt.choices == ("negative", "positive")
    three = ["positive", "neutral", "negative"]
    assert Suite.from_frame(FRAME, prompt=PROMPT, choices=three).items[0].prompt.choices == tuple(three)
    assert not Suite.from_frame(FRAME, prompt=PROMPT, choices=[]).is_choice


@pytest.mark.parametrize(
    ("labels", "choices"),
    [
        ([1, 0, 1, 0], ("0", "1")),
        ([True, False, True, False], ("false", "true")),
        (pd.Categorical(list("abab")), ("a", "b")),
    ],
)
def test_labels_of_other_types_are_read_as_text(labels, choices):
    assert Suite.from_frame(FRAME.assign(label=labels), prompt=PROMPT).items[0].prompt.choices == choices


def test_columns_that_are_not_used_may_hold_anything():
    suite = Suite.from_frame(FRAME.assign(other=[["list"], None, {"a": 1}, np.nan]), prompt=PROMPT)
    assert len(suite.items) == 4


def test_a_share_is_held_back_for_demonstrations():
    suite = Suite.from_frame(FRAME, prompt=PROMPT, train_share=0.5)
    assert (len(suite.items), len(suite.train)) == (2, 2)


def test_the_prompt_may_be_a_file(tmp_path):
    (tmp_path / "prompt.txt").write_text(PROMPT, encoding="utf-8")
    suite = Suite.from_frame(FRAME, prompt=Path(tmp_path / "prompt.txt"))
    assert suite.items == Suite.from_frame(FRAME, prompt=PROMPT).items


@pytest.mark.parametrize(
    ("frame", "arguments", "says"),
    [
        (FRAME, {"target": "lable"}, "target='lable' is no column. Did you mean 'label'?"),
        (FRAME.drop(columns="label"), {}, "name it with target="),
        (FRAME, {"id": "kee"}, "id='kee' is no column. Did you mean 'key'?"),
        (FRAME, {"prompt": "Is it good?"}, "prompt='Is it good?': names no {column}"),
        (FRAME, {"prompt": "{txet}:"}, "prompt:1: {txet} is not among {text}, {label}"),
        (FRAME, {"prompt": "{text} {label}"}, "shows the model the right answer"),
        (FRAME, {"prompt": 3}, "prompt= is int"),
        (FRAME, {"choices": "positive,negative"}, "choices='positive,negative': a list of texts"),
        (FRAME, {"choices": ["positive", "bad"]}, 'frame:1: label "negative" is not among the choices'),
        (FRAME, {"train_share": 1}, "train_share=1 is a share of the rows"),
        (FRAME, {"name": "my reviews"}, 'name "my reviews" goes into file names'),
        (FRAME.iloc[:0], {}, "frame is empty"),
        (pd.DataFrame(), {}, "frame is empty"),
        (FRAME.to_dict("records"), {}, "frame is list, not a pandas DataFrame"),
        (FRAME.rename(columns={"key": 0}), {}, "the column 0 is named by no text"),
        (FRAME.rename(columns={"key": "text"}), {}, "two columns are named 'text'"),
        (FRAME.assign(label=["positive", None, "", np.nan]), {}, 'frame:1: column "label" is empty (as in 2 more rows: 2, 3)'),
        (FRAME.assign(text=["a", "b", pd.NA, "d"]), {}, 'frame:2: column "text" is empty'),
        (FRAME.assign(key=list("abca")), {"id": "key"}, 'frame:3: key "a" is already that of row 0'),
        (FRAME.assign(text=list("abca")), {}, 'frame:3: asks the same as row 0 and answers "negative"'),
    ],
)  # fmt: skip
def test_a_mistake_names_the_argument_the_column_or_the_row(frame, arguments, says):
    with pytest.raises(UsageError) as caught:
        Suite.from_frame(frame, **({"prompt": PROMPT} | arguments))
    assert says in str(caught.value)
    assert "--" not in str(caught.value)


def test_a_suite_is_read_by_name_folder_or_kind(tmp_path):
    assert repr(Suite.read("sentiment")).startswith("Suite('sentiment', 220 items")
    with pytest.raises(UsageError, match="Did you mean 'sentiment'"):
        Suite.read("sentimant")
    with pytest.raises((UsageError, SuiteError), match="no folder|does not exist|there is no"):
        Suite.read(tmp_path / "nothing")
    assert Suite.read(Path(__file__).parents[2] / "suites" / "facts").name == "facts"


def test_a_table_on_disk_is_read_with_the_options_of_its_kind(tmp_path):
    FRAME.to_csv(tmp_path / "reviews.csv", index=False)
    suite = Suite.read(f"csv:{tmp_path / 'reviews.csv'}", prompt=PROMPT, target="label")
    assert [item.prompt for item in suite.items] == [
        item.prompt for item in Suite.from_frame(FRAME, prompt=PROMPT).items
    ]
    with pytest.raises(UsageError, match="unknown argument 'promt'. Did you mean 'prompt'"):
        Suite.read("csv:reviews.csv", promt=PROMPT)


def test_a_hint_is_shown_under_the_message_where_an_error_is_shown_whole():
    with pytest.raises(UsageError) as caught:
        Suite.read("sentimant")
    assert caught.value.__notes__ == [f"hint: {caught.value.hint}"]
