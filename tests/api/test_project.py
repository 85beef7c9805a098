"""A project's bounds: where they are found, what they say, and that a mistake names its line."""

from pathlib import Path

import pytest

from probe.api.project import Project, find_project
from probe.errors import UsageError
from probe.gating.bounds import Bound

WHOLE = """\
[gate]
max-flip-rate = 0.10
margin = 0.01
tolerance = 0.08
strict = true
fail-on-inconclusive = true
baseline = "baselines/mine.json"

[gate.suite.sentiment]
max-flip-rate = 0.05

[gate.suite.sentiment.family.typos]
max-flip-rate = 0.03

[gate.family.format]
max-spread = 0.2
"""


def test_bounds_of_everything_a_suite_and_a_family_are_read(tmp_path):
    (tmp_path / "probe.toml").write_text(WHOLE)
    found = find_project(tmp_path).gate
    assert set(found.bounds) == {
        Bound("max-flip-rate", 0.10),
        Bound("max-flip-rate", 0.05, "sentiment"),
        Bound("max-flip-rate", 0.03, "sentiment", "typos"),
        Bound("max-spread", 0.2, "", "format"),
    }
    assert (found.margin, found.tolerance, found.strict, found.fail_on_inconclusive) == (0.01, 0.08, True, True)
    assert {bound.where.rpartition(":")[2] for bound in found.bounds} == {"2", "10", "13", "16"}
    assert found.baseline == tmp_path / "baselines" / "mine.json"


def test_it_is_found_upwards_and_the_nearest_counts(tmp_path):
    (tmp_path / "pyproject.toml").write_text("[tool.probe.gate]\nmax-spread = 0.3\n")
    deep = tmp_path / "a" / "b"
    deep.mkdir(parents=True)
    assert find_project(deep).gate.bounds == (Bound("max-spread", 0.3),)
    (tmp_path / "a" / "probe.toml").write_text("[gate]\nmax-spread = 0.1\n")
    assert find_project(deep).gate.bounds == (Bound("max-spread", 0.1),)


def test_a_file_without_the_table_is_passed_over(tmp_path):
    (tmp_path / "pyproject.toml").write_text("[tool.ruff]\nline-length = 100\n")
    assert find_project(tmp_path) == Project()


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[gate]\n\nmax-flip-rat = 0.1\n", "probe.toml:3: unknown key 'max-flip-rat'. Did you mean 'max-flip-rate'?"),
        ("[gate]\nmax-spread = 10\n", "probe.toml:2: max-spread is 10; it is a share, from 0 to 1"),
        ('[gate]\nmax-spread = "0.1"\n', "probe.toml:2: max-spread is text; it must be a number"),
        ("[gate]\nmax-spread = true\n", "probe.toml:2: max-spread is a boolean; it must be a number"),
        ("[gate]\nstrict = 1\n", "probe.toml:2: strict is a number; it must be true or false"),
        ("[gate]\nbaseline = 1\n", "probe.toml:2: baseline is a number; it must be the path"),
        ("[gate.suite.sentiment]\nmargin = 0.1\n", "probe.toml:2: unknown key 'margin'"),
        ("[gate.suite]\nsentiment = 0.1\n", "probe.toml:2: gate.suite.sentiment is a number; it must be a table"),
        ("[gate.family.typos]\n\nmax-sprea = 0.1\n", "probe.toml:3: unknown key 'max-sprea'"),
        ("[gate.suite.a.family.typos]\nx = 0.1\n", "probe.toml:2: unknown key 'x'"),
        ("gate = 3\n", "gate is a number; it must be a table"),
        ("[gate]\nmax-spread = \n", "probe.toml:2: cannot be read"),
    ],
)
def test_a_mistake_names_file_and_line_and_what_would_be_right(tmp_path, text, says):
    (tmp_path / "probe.toml").write_text(text)
    with pytest.raises(UsageError) as caught:
        find_project(tmp_path)
    assert says in str(caught.value)


SETTINGS = """\
suites = ["facts", "mine"]
model = "scripted:coin"
samples = 3
seed = 9
out = "kept"
noise-floor = false
perturb = ["typos", "format"]
prompt = "mine/ask.txt"
"""


def test_the_settings_of_runs_are_read_with_paths_relative_to_the_file(tmp_path, monkeypatch):
    (tmp_path / "probe.toml").write_text(SETTINGS)
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "ask.txt").touch()
    (tmp_path / "below").mkdir()
    monkeypatch.chdir(tmp_path / "below")
    found = find_project(tmp_path / "below")
    assert found.path == "../probe.toml"
    assert found.settings == {
        "suites": ("facts", "../mine"), "model": "scripted:coin", "samples": 3, "seed": 9, "out": Path("../kept"),
        "noise_floor": False, "perturb": "typos,format", "prompt": "../mine/ask.txt",
    }  # fmt: skip
    assert [(one.key, one.value, one.where) for one in found.entries][2] == ("samples", "3", "../probe.toml:3")


def test_pyproject_may_hold_the_settings_too(tmp_path):
    (tmp_path / "pyproject.toml").write_text("[tool.probe]\nlimit = 5\n[tool.probe.gate]\nmargin = 0.01\n")
    found = find_project(tmp_path)
    assert found.settings == {"limit": 5}
    assert found.gate.margin == 0.01
    assert [one.where.rpartition(":")[2] for one in found.entries] == ["2", "4"]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("seed = 1\nsampels = 3\n", "probe.toml:2: unknown key 'sampels'. Did you mean 'samples'?"),
        ('\nsamples = "3"\n', "probe.toml:2: samples is '3'; it must be a whole number"),
        ("samples = 0\n", "probe.toml:1: samples is 0; it must be at least 1"),
        ("suites = 3\n", "probe.toml:1: suites is 3; it must be a list of suites"),
        ("noise-floor = 1\n", "probe.toml:1: noise-floor is 1; it must be true or false"),
        ("[gaet]\nmargin = 0.1\n", "probe.toml:1: unknown key 'gaet'. Did you mean 'gate'?"),
    ],
)
def test_a_mistake_in_the_settings_names_its_line(tmp_path, text, says):
    (tmp_path / "probe.toml").write_text(text)
    with pytest.raises(UsageError) as caught:
        find_project(tmp_path)
    assert says in str(caught.value)
