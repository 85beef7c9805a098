"""Shrinking a flip: what is left is enough, and nothing of it can be taken back."""

import json
import sqlite3
from dataclasses import replace
from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from probe.cli import exit_code
from probe.diff import edit_length
from probe.errors import NothingToEvaluate, UsageError
from probe.experiments.shrink import EditPart, aligned, applied, ddmin, shrink
from probe.experiments.shrink_order import order_of, smallest_order, turned
from probe.models.scripted import Scripted
from probe.prompt.render import render
from probe.types import Demonstration, Field, Item, Prompt, Suite, Variant

WRITTEN = "Say at once whether the old bridge was open, or had it been shut all winter?"
VARIED = "Tell at once weather the aged bridge was open,  or had it bean shut all Winter?"
CHOICES = ("yes", "no")


def variant_of(text, **more):
    prompt = Prompt("{Text}", (Field("Text", WRITTEN),), CHOICES, is_template=True)
    item = Item("i", prompt, "yes")
    return Variant(item, replace(item, **more), "typos", "typo-swap", 0, "label-preserving", text)


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
    changes = [piece for piece in pieces if isinstance(piece, EditPart)]
    assert applied(pieces, ()) == before
    assert applied(pieces, tuple(range(len(changes)))) == after
    assert all(change.removed != change.added for change in changes)


def test_an_answer_that_does_not_move_has_nothing_to_shrink():
    with pytest.raises(NothingToEvaluate, match="does not move"):
        shrink(triggered("nothing of the kind"), variant_of(VARIED), SUITE)


def test_an_answer_that_must_change_is_refused():
    with pytest.raises(UsageError, match="must change"):
        shrink(triggered("weather"), replace(variant_of(VARIED), effect="label-altering"), SUITE)


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


def num_saved():
    return sqlite3.connect("runs/cache.sqlite").execute("SELECT count(*) FROM answers").fetchone()[0]


def test_what_was_asked_is_saved_beside_the_run_and_said_after_ctrl_c(a_run, capsys, monkeypatch):
    sizes = [edit_length(row["before"], row["after"]) for row in a_run["flips"]]
    honest, asked, stop = Scripted.loglikelihoods, [], [4]

    def counted(self, requests, **more):
        asked.extend(requests)
        if len(asked) in stop:
            raise KeyboardInterrupt
        return honest(self, requests, **more)

    monkeypatch.setattr(Scripted, "loglikelihoods", counted)
    words = ["shrink", a_run["run"], "--flip", str(sizes.index(max(sizes)))]
    assert exit_code([*words, "--no-cache"]) == 130
    assert "the answers so far are not kept, because of --no-cache" in capsys.readouterr().err
    del asked[:]
    stop[:] = range(3, 1000)
    before = num_saved()
    code = exit_code(words)
    told = capsys.readouterr().err
    assert code == 130 and "new answers are kept in runs/cache.sqlite\ngo on with: probe shrink" in told
    kept = int(told.partition("interrupted: ")[2].split()[0])
    assert kept > 0
    del asked[:], stop[:]
    assert exit_code(words) == 0
    assert num_saved() == before + kept + len(asked) and asked
    del asked[:]
    assert exit_code(words) == 0 and not asked, "all is known by now"


def test_a_flip_that_is_not_there_is_answered_with_near_ones(a_run, capsys):
    assert exit_code(["shrink", a_run["run"], "--flip", "sentiment/nothing/typo-swap/0"]) == 2
    said = capsys.readouterr().err
    assert "unknown flip 'sentiment/nothing/typo-swap/0'" in said
    assert 0 < said.count("sentiment/sentiment-") <= 3
    assert exit_code(["shrink", a_run["run"], "--flip", "no such thing"]) == 2
    assert "sentiment/sentiment-" not in capsys.readouterr().err
    assert exit_code(["shrink", a_run["run"], "--flip", "999"]) == 2
    assert "numbered from 0" in capsys.readouterr().err


REGIONS = ("Asia", "Africa", "Europe", "Oceania")


def listing(order, *, numbering="upper", demonstrations=(), text=None):
    """Make a question whose options are listed in an order, as a variant of the one in the order as written."""
    prompt = Prompt(
        "Where is it?", (Field("Text", "Which one?"),), REGIONS, list_choices=True, answer_with="symbol",
        demonstrations=tuple(demonstrations),
    )  # fmt: skip
    item = Item("i", prompt, "Asia")
    layout = replace(prompt.layout, numbering=numbering)
    asked = replace(prompt, choices=tuple(REGIONS[place] for place in order), layout=layout)
    return Variant(
        item, replace(item, prompt=asked), "order", "order-options", 0, "label-preserving", text or render(asked)
    )


def option_at(place):
    """Make a model that chooses the option at a place, whatever it is: it reads the symbol."""
    return Scripted(prefers=lambda request: float(request.continuation.strip() == "ABCD"[place]))


def suite_of(variant):
    return Suite("toy", "1", "A toy.", (variant.item,))


@pytest.mark.parametrize("order", [(3, 2, 1, 0), (1, 0, 3, 2), (2, 3, 0, 1), (1, 2, 3, 0)])
def test_of_a_position_locked_flip_one_turned_pair_is_left(order):
    variant = listing(order)
    found = shrink(option_at(0), variant, suite_of(variant))
    shown = found.smallest.variant.perturbed.prompt.choices
    assert found.kind == "options"
    assert found.num_changes == len(turned(order))
    assert found.after.prediction == REGIONS[order[0]]
    assert found.smallest.prediction == shown[0] != "Asia"
    fewest = min(
        len(turned(one))
        for one in permutations(range(4))
        if turned(one) and turned(one) <= turned(order) and one[0] != 0
    )
    assert len(found.changes) == fewest
    assert found.smallest.variant.text == render(found.smallest.variant.perturbed.prompt)
    first = found.changes[0]
    assert first.removed.split(" | ") == first.added.split(" | ")[::-1]


@settings(max_examples=60, deadline=None)
@given(order=st.permutations(range(7)), trigger=st.sets(st.tuples(st.integers(0, 6), st.integers(0, 6)), max_size=2))
def test_of_many_options_no_pair_of_neighbours_can_be_turned_back(order, trigger):
    order, wanted = tuple(order), {(a, b) for a, b in trigger if a < b}

    def moves(orders):
        return [bool(turned(one)) and wanted <= turned(one) for one in orders]

    if not moves([order])[0]:
        return
    left = smallest_order(order, moves)
    assert moves([left]) == [True]
    assert turned(left) <= turned(order)
    for i in range(6):
        if left[i] > left[i + 1]:
            assert not moves([(*left[:i], left[i + 1], left[i], *left[i + 2 :])])[0]


def test_an_order_is_known_by_its_things_also_where_two_are_equal():
    assert order_of("abc", "cab") == (2, 0, 1)
    assert order_of("aba", "aab") == (0, 2, 1)
    assert order_of("abc", "abd") is None
    assert order_of("abc", "ab") is None


def test_of_turned_demonstrations_the_pair_that_counts_is_left():
    shots = [Demonstration((Field("Text", word),), "Asia") for word in ("one", "two", "three")]
    variant = listing((0, 1, 2, 3), demonstrations=shots)
    asked = replace(variant.perturbed.prompt, demonstrations=(shots[2], shots[1], shots[0]))
    variant = replace(variant, perturbed=replace(variant.perturbed, prompt=asked), text=render(asked))
    model = Scripted(
        prefers=lambda request: float(
            request.continuation.strip()
            == ("B" if request.context.index("three") < request.context.index("two") else "A")
        )
    )
    found = shrink(model, variant, suite_of(variant))
    assert found.kind == "demonstrations"
    assert [change.added for change in found.changes] == ["demonstration 3 | demonstration 2"]
    assert found.num_changes == 3


def test_of_a_flip_by_the_continuations_alone_the_symbols_that_count_are_left():
    variant = listing((0, 1, 2, 3), numbering="lower")
    liked = {"A": 1.0, "a": 0.5, "b": 2.0}
    model = Scripted(prefers=lambda request: liked.get(request.continuation.strip(), 0.0))
    found = shrink(model, variant, suite_of(variant))
    assert found.kind == "answers"
    assert [(change.removed.strip(), change.added.strip()) for change in found.changes] == [("B", "b")]
    assert found.num_changes == 4
    assert (found.before.prediction, found.smallest.prediction) == ("Asia", "Africa")
    assert found.smallest.variant.text == found.before.variant.text


def test_where_the_order_is_not_to_blame_the_text_is():
    """Order and symbols changed at once; the answer moves for the symbols in the text alone."""
    variant = listing((1, 0, 2, 3), text=None)
    asked = replace(variant.perturbed.prompt, instruction="Where is that?")
    variant = replace(variant, perturbed=replace(variant.perturbed, prompt=asked), text=render(asked))

    def prefers(request):
        wanted = "Europe" if "that" in request.context else "Asia"
        line = next(line for line in request.context.split("\n") if wanted in line)
        return float(line.split(wanted)[0].split()[-1].strip(".() ") == request.continuation.strip())

    found = shrink(Scripted(prefers=prefers), variant, suite_of(variant))
    assert (found.kind, [change.added for change in found.changes]) == ("tokens", ["that"])
    assert found.smallest.variant.perturbed.prompt.choices == REGIONS


def test_other_options_than_as_written_are_refused():
    asked = replace(variant_of(VARIED).perturbed.prompt, choices=("aye", "nay"))
    with pytest.raises(UsageError, match="other options"):
        shrink(triggered("weather"), variant_of(VARIED, prompt=asked), SUITE)


def test_a_model_that_gives_one_prompt_two_answers_has_nothing_to_shrink():
    calls = iter(range(10**6))
    model = Scripted(prefers=lambda request: float(next(calls) // 2 % 2 == (request.continuation == " yes")))
    with pytest.raises(NothingToEvaluate, match=r"one prompt one answer|does not move"):
        shrink(model, variant_of(WRITTEN), SUITE)


def test_the_command_shrinks_a_flip_of_the_order(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    command = [
        "run",
        "facts",
        "--model",
        "scripted:coin",
        "--limit",
        "6",
        "--perturb",
        "order",
        "--draws",
        "3",
        "--json",
    ]
    assert exit_code(command) == 0
    summary = json.loads(capsys.readouterr().out)
    assert exit_code(["shrink", summary["run"], "--flip", "0", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["kind"] == "options"
    assert 1 <= len(found["changes"]) <= found["num_changes"]
    assert found["smallest"]["prediction"] != found["before"]["prediction"]
    assert exit_code(["shrink", summary["run"], "--flip", "0"]) == 0
    page = capsys.readouterr().out
    assert f"of {found['num_changes']} pairs of options in the other order" in page
    assert "again  probe shrink" in page
