r"""Paths of Windows in what is typed with colons: `C:\x` is a path, not a kind `C`."""

import pytest

from probe.errors import ModelError, UsageError
from probe.files.names import has_drive, is_device, split_colons, split_last
from probe.models.loading import _source
from probe.sources import SourceOptions, kind_of_name, read_source
from probe.sources.base import name_from, split_argument
from probe.sources.datasets_hub import _parts
from probe.sources.examples import name_of
from probe.suite.definition import suite_name
from probe.suite.faults import Wrong


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        (r"C:\tasks", [r"C:\tasks"]),
        ("C:/tasks:navigate", ["C:/tasks", "navigate"]),
        (r"bbh:C:\tasks:navigate,snarks", ["bbh", r"C:\tasks", "navigate,snarks"]),
        (r"C:\a.tsv:d:\b.tsv", [r"C:\a.tsv", r"d:\b.tsv"]),
        ("a:b", ["a", "b"]),
        ("tasks:navigate", ["tasks", "navigate"]),
        ("lmeval:arc_easy:acc", ["lmeval", "arc_easy", "acc"]),
        ("", [""]),
        (r"data:\odd", ["data", r"\odd"]),
    ],
)
def test_a_text_is_cut_at_every_colon_but_a_drives(text, parts):
    assert split_colons(text) == parts
    assert ":".join(split_colons(text)) == text
    assert split_last(text) == ((":".join(parts[:-1]), parts[-1]) if len(parts) > 1 else (text, ""))


@pytest.mark.parametrize("name", [r"C:\mine", "c:/mine", r"Z:\a\b.csv"])
def test_a_path_with_a_drive_is_no_kind_of_suite(name):
    assert has_drive(name)
    assert kind_of_name(name) == ""
    assert kind_of_name(f"csv:{name}") == "csv"
    assert split_argument(name) == (name, "")
    assert split_argument(f"{name}:navigate") == (name, "navigate")


@pytest.mark.parametrize(
    ("argument", "parts"),
    [
        (r"C:\data:train", (r"C:\data", None, "train")),
        (r"C:\data:plain:train", (r"C:\data", "plain", "train")),
        ("owner/data:train", ("owner/data", None, "train")),
        ("owner/data:plain:train", ("owner/data", "plain", "train")),
    ],
)
def test_a_data_set_may_lie_on_a_drive(argument, parts):
    assert _parts(argument) == parts


@pytest.mark.parametrize("argument", [r"C:\data", "owner/data"])
def test_a_data_set_without_a_split_is_asked_for_one(argument):
    with pytest.raises(UsageError, match="which split"):
        _parts(argument)


@pytest.mark.parametrize("name", [r"C:\models\mine", "C:/mine", r"models\mine"])
def test_a_model_on_a_drive_is_no_name_of_the_hub(name):
    with pytest.raises(ModelError, match="does not exist"):
        _source(name)
    assert _source("owner/mine") == "owner/mine"


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        (r"contrast:boolq:C:\nowhere.json", r"there is no file C:\nowhere.json"),
        (r"contrast:imdb:C:\a.tsv:D:\b.tsv", r"there is no file C:\a.tsv"),
        (r"csv:C:\nowhere.csv", r"C:\nowhere.csv: there is no such file"),
        (r"bbh:C:\nowhere:navigate", r"C:\nowhere"),
    ],
)
def test_a_file_on_a_drive_is_looked_for_by_its_whole_name(typed, says):
    with pytest.raises(UsageError) as raised:
        read_source(typed, SourceOptions(prompt="{text}"))
    assert says in str(raised.value)


@pytest.mark.parametrize("name", ["con", "NUL", "Aux", "prn", "com1", "LPT9"])
def test_no_suite_has_the_name_of_a_device_of_windows(name):
    with pytest.raises(Wrong, match=f"device under Windows.*{name}-suite"):
        suite_name(name)
    assert name_from(name) == name_of(name) == f"{name}-suite", "a task or a table of that name is read all the same"
    assert suite_name(f"{name}-suite") and is_device(f"{name}.json")


@pytest.mark.parametrize("name", ["console", "nullable", "com", "lpt", "com10", "con-1", "auxiliary"])
def test_names_that_only_begin_so_are_names(name):
    assert suite_name(name) == name == name_from(name)
