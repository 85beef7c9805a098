"""Shrinking a flip: what is left is enough, and nothing of it can be taken back."""

import json
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from probe.cli import exit_code
from probe.errors import NothingToEvaluate, UsageError
from probe.models.scripted import Scripted
from probe.shrink import Change, aligned, applied, ddmin, shrink
from probe.types import Field, Item, Prompt, Suite, Variant

WRITTEN = "Say at once whether the old bridge was open, or had it been shut all winter?"
VARIED = "Tell at once weather the aged bridge was open,  or had it bean shut all Winter?"
CHOICES = ("yes", "no")


def variant_of(text, **more):
    prompt = Prompt("{Text}", (Field("Text", WRITTEN),), CHOICES, is_template=True)
    item = Item("i", prompt, "yes")
    return Variant(item, replace(item, **more), "typos", "typo-swap", 0, "same", text)


SUITE = Suite("toy", "1", "A toy.", (variant_of(VARIED).item,))


def triggered(*words):
    """Make a model that says no to every text that holds all of the words, and yes to others."""

    def prefers(request):
        wanted = "no" if all(word in request.context for word in words) else "yes"
        return float(request.continuation.strip() == wanted)

    return Scripted(prefers=prefers)


@pytest.mark.parametrize("words", [["weather"], ["aged", "bean"], ["Tell", "  ", "Winter"]])
def test_the_planted_trigger_is_what_is_left(words):
    found = shrink(triggered(*words), variant_of(VARIED), SUITE)
    assert sorted(change.added for change in found.changes) == sorted(words)
    assert found.num_changes == 6
    text = found.smallest.variant.text
    assert (found.before.prediction, found.smallest.prediction, found.after.prediction) == ("yes", "no", "no")
    assert all(word in text for word in words)
    others = {"Tell", "weather", "aged", "bean", "Winter", "  "} - set(words)
    assert not any(word in text for word in others)
    assert found.num_texts < 2**6


subsets = st.sets(st.integers(0, 11), min_size=1)


@settings(max_examples=120, deadline=None)
@given(minimal=st.lists(subsets, min_size=1, max_size=4), noise=st.booleans())
def test_what_is_left_moves_the_answer_and_is_1_minimal(minimal, noise):
    def moves(candidates):
        return [any(need <= set(one) for need in minimal) and not (noise and len(one) == 5) for one in candidates]

    left = ddmin(tuple(range(12)), moves)
    assert moves([left]) == [True]
    rests = [tuple(one for one in left if one != taken) for taken in left]
    assert not any(moves([rest for rest in rests if rest]))


@settings(max_examples=100, deadline=None)
@given(st.text("ab c.\n", max_size=30), st.text("ab c.\n", max_size=30))
def test_all_changes_make_the_text_after_and_none_the_text_before(before, after):
    pieces = aligned(before, after)
    changes = [piece for piece in pieces if isinstance(piece, Change)]
    assert applied(pieces, ()) == before
    assert applied(pieces, tuple(range(len(changes)))) == after
    assert all(change.removed != change.added for change in changes)


def test_an_answer_that_does_not_move_has_nothing_to_shrink():
    with pytest.raises(NothingToEvaluate, match="does not move"):
        shrink(triggered("nothing of the kind"), variant_of(VARIED), SUITE)


def test_options_in_another_order_are_refused():
    asked = replace(variant_of(VARIED).asked.prompt, choices=("no", "yes"))
    with pytest.raises(UsageError, match="another order"):
        shrink(triggered("weather"), variant_of(VARIED, prompt=asked), SUITE)


def test_an_answer_that_must_change_is_refused():
    with pytest.raises(UsageError, match="must change"):
        shrink(triggered("weather"), replace(variant_of(VARIED), effect="flip"), SUITE)


@pytest.fixture
def a_run(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    command = ["run", "sentiment", "--model", "scripted:coin", "--limit", "6", "--perturb", "typos,format"]
    assert exit_code([*command, "--draws", "2", "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_a_flip_of_a_run_is_shrunk_by_its_id_and_by_its_place(a_run, capsys):
    row = a_run["flips"][0]
    printed = []
    for name in (row["id"], "0"):
        assert exit_code(["shrink", a_run["run"], "--flip", name, "--json"]) == 0
        printed.append(json.loads(capsys.readouterr().out))
    found = printed[0]
    assert printed[1] == found
    assert (found["before"]["text"], found["after"]["text"]) == (row["before"], row["after"])
    assert found["before"]["prediction"] == row["before_prediction"] != found["smallest"]["prediction"]
    assert 1 <= len(found["changes"]) <= found["num_changes"]
    assert found["command"].split()[:2] == ["probe", "shrink"]
    assert exit_code(found["command"].split()[1:]) == 0
    page = capsys.readouterr().out
    assert page.startswith(row["id"])
    assert found["command"] in page


def test_a_flip_that_is_not_there_is_answered_with_near_ones(a_run, capsys):
    assert exit_code(["shrink", a_run["run"], "--flip", "sentiment/nothing/typo-swap/0"]) == 2
    assert "unknown flip 'sentiment/nothing/typo-swap/0'" in capsys.readouterr().err
    assert exit_code(["shrink", a_run["run"], "--flip", "999"]) == 2
    assert "numbered from 0" in capsys.readouterr().err
