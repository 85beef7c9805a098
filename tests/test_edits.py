"""What was edited between two texts."""

import time
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from probe.edits import EXACT_TOKENS, Edit, token_edits, visible

pieces = st.lists(st.sampled_from(["a", "b", " ", "  ", "\n", ".", "word", "\u00e9", "\U0001f600"]), max_size=40).map(
    "".join
)


def kept(edits: tuple[Edit, ...], gone: str) -> str:
    return "".join(edit.text for edit in edits if edit.kind != gone)


@settings(deadline=None)
@given(before=st.one_of(pieces, st.text()), after=st.one_of(pieces, st.text()))
def test_the_pieces_make_both_texts(before, after):
    edits = token_edits(before, after)
    assert kept(edits, "added") == before
    assert kept(edits, "removed") == after
    assert all(edit.text for edit in edits)
    assert all(a.kind != b.kind for a, b in zip(edits, edits[1:], strict=False))


@given(seed=st.integers(0, 10_000), share=st.sampled_from([0.0, 0.01, 0.5]))
@settings(max_examples=30, deadline=None)
def test_the_pieces_make_both_long_texts(seed, share):
    rng = Random(seed)
    tokens = rng.choices(["a ", "b ", "c. ", "d"], k=2 * EXACT_TOKENS)
    before = "".join(tokens)
    after = "".join(rng.choice(["", "e ", token * 2]) if rng.random() < share else token for token in tokens)
    edits = token_edits(before, after)
    assert (kept(edits, "added"), kept(edits, "removed")) == (before, after)


@settings(deadline=None)
@given(text=st.text())
def test_a_text_does_not_differ_from_itself(text):
    assert token_edits(text, text) == ((Edit("same", text),) if text else ())


def test_one_word_is_one_edit():
    assert token_edits("Say whether it rained.", "Say if it rained.") == (
        Edit("same", "Say "),
        Edit("removed", "whether"),
        Edit("added", "if"),
        Edit("same", " it rained."),
    )


def test_scattered_edits_of_a_long_text_are_found_one_by_one():
    words = [f"w{(n * n) % 977}" for n in range(20_000)]
    other = [word + "x" if n % 40 == 7 else word for n, word in enumerate(words)]
    started = time.perf_counter()
    edits = token_edits(" ".join(words), " ".join(other))
    assert time.perf_counter() - started < 5
    assert [edit.text for edit in edits if edit.kind == "added"] == [w for w in other if w.endswith("x")]


def test_a_long_text_that_shares_nothing_is_one_exchange():
    assert [edit.kind for edit in token_edits("a " * 30_000, "b." * 30_000)] == ["removed", "added"]


def test_what_cannot_be_seen_is_made_visible():
    assert visible("one two") == "one two"
    assert visible("one  two ") == "one\u00b7\u00b7two\u00b7"
    assert visible(" ") == "\u00b7"
    assert visible("a\n\tb") == "a\u21b5\n\u21e5\tb"
    assert visible("\u00a0\u200b\r\u202e") == "\u237d<U+200B>\u240d<U+202E>"
    assert visible("\u05d0\u00e9\U0001f600") == "\u05d0\u00e9\U0001f600"
