"""What `probe --help` and the help of each command show: sections, short summaries, 80 columns."""

import re

import pytest
from typer.testing import CliRunner

from probe.api.settings import BASIC, PANELS, flags
from probe.cli.app import app
from probe.cli.command import GROUPS, commands

NAMES = list(commands)


def helped(*args, columns="80"):
    done = CliRunner(env={"COLUMNS": columns}).invoke(app, [*args, "--help"])
    assert done.exit_code == 0
    return done.output


def sections(text):
    """Return the names that each section lists, by its heading."""
    found, heading = {}, ""
    for line in text.splitlines():
        if match := re.match(r"(\w[\w ]*):$", line):
            heading = match[1]
        elif match := re.match(r"  (?:-\w, )?(--)?([a-z][\w-]*)", line):
            found.setdefault(heading, []).append((match[1] or "") + match[2])
    return found


def test_the_commands_stand_in_their_groups():
    found = sections(helped())
    assert [name for name in found if name in GROUPS] == list(GROUPS)
    assert found["Run"] == ["run", "plan"]
    assert found["Gate"] == ["gate", "bless", "history"]
    assert sorted(name for group in GROUPS for name in found[group]) == sorted(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_a_summary_is_short_and_never_cut(name):
    assert 0 < len(commands.get(name).summary) < 45
    assert commands.get(name).summary in helped()


@pytest.mark.parametrize("columns", ["80", "200"])
@pytest.mark.parametrize("name", ["", *NAMES])
def test_help_fits_80_columns_and_cuts_nothing_off(name, columns):
    text = helped(*[name] if name else [], columns=columns)
    assert max(map(len, text.splitlines())) <= 80
    assert not re.search(r"\w\.\.\.(?!,?\w|\]| <|,?$)", text.replace("KIND:...", "").replace("[ARGS]...", "")), text


def test_help_of_run_lists_what_people_need_first_and_the_rest_in_sections():
    found = sections(helped("run"))
    assert found["Options"] == [*(flags()[name].name for name in BASIC), "--json", "--help"]
    assert len(BASIC) + 1 == 10, "with --json"
    assert [name for name in found if name in PANELS] == list(PANELS)
    listed = {flag for heading in ("Options", *PANELS) for flag in found[heading]}
    assert {one.name for one in flags().values()} <= listed


@pytest.mark.parametrize("name", NAMES)
def test_former_flags_are_not_shown(name):
    assert not re.search(r"--(draws?|clean|embedding-floor|nli-floor|items-a-pull|draws-a-step|sample)\b", helped(name))


@pytest.mark.parametrize("typed", [["search", "facts", "topic"], ["search", "wrst", "facts"], ["new", "model", "mine"]])
def test_a_word_that_is_none_of_the_choices_is_told_in_our_own_words(typed):
    done = CliRunner().invoke(app, typed)
    assert done.exit_code == 2
    assert f"{typed[1]!r} is not one of" in done.output.replace("'model' is not 'p", "'model' is not one of 'p")
    assert "Value error" not in done.output
