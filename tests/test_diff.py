"""What was edited between two texts."""

import time
from difflib import SequenceMatcher
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from probe.diff import (
    EXACT_TOKENS,
    QUICK_TOKENS,
    TOKEN,
    Edit,
    _exact,
    edit_length,
    on_a_line,
    sizes,
    token_edits,
    visible,
)

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


@settings(deadline=None)
@given(before=st.one_of(pieces, st.text()), after=st.one_of(pieces, st.text()), exact=st.sampled_from([0, 8]))
def test_a_quick_edit_makes_both_texts_and_its_sizes_are_those_of_the_texts(before, after, exact):
    edits = token_edits(before, after, exact=exact)
    assert (kept(edits, "added"), kept(edits, "removed")) == (before, after)
    removed, added = sizes(edits)
    assert len(TOKEN.findall(before)) - removed == len(TOKEN.findall(after)) - added
    assert (on_a_line(edits) == "") == (before == after)


@given(
    text=st.text(alphabet="ab .\n\u00e9", max_size=60),
    at=st.integers(0, 60),
    word=st.sampled_from(["", "x", " x ", "."]),
)
def test_no_token_is_cut_where_the_common_ends_are_found(text, at, word):
    edits = token_edits(text, text[:at] + word + text[at + 1 :])
    for gone in ("added", "removed"):
        mine = [edit.text for edit in edits if edit.kind != gone]
        assert [token for one in mine for token in TOKEN.findall(one)] == TOKEN.findall("".join(mine))


@given(st.lists(st.sampled_from("ab .x"), min_size=1, max_size=5), st.sampled_from("abx "), st.sampled_from("abx ."))
def test_two_edits_with_the_same_between_them_are_those_that_difflib_finds(old, first, last):
    new = [first, *old[1:-1], last]
    found = [(kind, tokens) for kind, tokens in _exact(old, new) if tokens]
    codes = SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
    wanted = []
    for kind, i, i_end, j, j_end in codes:
        wanted += [("same", old[i:i_end])] if kind == "equal" else [("removed", old[i:i_end]), ("added", new[j:j_end])]
    if old[0] != new[0] and old[-1] != new[-1]:
        assert found == [(kind, tokens) for kind, tokens in wanted if tokens]


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


def test_a_block_that_moved_went_in_one_place_and_came_in_another():
    edits = token_edits("one two three four", "three four one two")
    assert sizes(edits) == (4, 4)
    assert sizes(token_edits("one two", "one two")) == (0, 0)


def test_another_case_of_a_long_text_is_an_edit_of_its_words_alone():
    words = [f"word{n}" for n in range(QUICK_TOKENS)]
    text = " ".join(words)
    assert sizes(token_edits(text, text.upper(), exact=QUICK_TOKENS)) == (len(words), len(words))


def test_an_edit_on_a_line_shows_what_went_and_came_and_little_of_what_stayed():
    before = "Say whether the film is good or bad. Review: It was fine.\nAnswer:"
    line = on_a_line(token_edits(before, before.replace("was", "is not").replace("Say", "Tell")))
    assert line == "[-Say-]{+Tell+} whether the fil ... bad. Review: It [-was-]{+is not+} fine. / Answer:"
    assert on_a_line(token_edits("a b", "a  b")) == "a[-\u00b7-]{+\u00b7\u00b7+}b"
    assert on_a_line(token_edits("a b", "a b")) == ""


def test_an_edit_on_a_line_stays_short_and_says_what_it_leaves_out():
    words = [f"w{n}" for n in range(4000)]
    text = " ".join(words)
    scattered = on_a_line(
        token_edits(text, " ".join(w + "x" if n % 9 == 0 else w for n, w in enumerate(words)), exact=0)
    )
    assert len(scattered) < 450 and scattered.endswith(" more")
    whole = on_a_line(token_edits("a " * 30_000, "b." * 30_000))
    assert len(whole) < 450 and "a a a a" in whole and "b.b." in whole


def test_a_quick_edit_of_a_long_text_never_asks_for_the_square_of_its_tokens(monkeypatch):
    rng, asked = Random(0), []

    def counting(_, old, new, **options):
        asked.append(max(len(old), len(new)))
        return SequenceMatcher(None, old, new, **options)

    monkeypatch.setattr("probe.diff.SequenceMatcher", counting)
    words = [f"w{rng.randrange(3000)}" for _ in range(18_000)]
    text, mixed = " ".join(words), rng.sample(words, len(words))
    slips = " ".join(word + "x" if rng.random() < 0.5 else word for word in words)
    for other in (text.upper(), " ".join(mixed), slips, text.replace(" ", ""), "x y " * 20_000 + text):
        assert token_edits(text, other, exact=QUICK_TOKENS)
    token_edits("a b c d e", "a c b x e", exact=QUICK_TOKENS)
    assert asked and max(asked) <= QUICK_TOKENS


def test_what_cannot_be_seen_is_made_visible():
    assert visible("one two") == "one two"
    assert visible("one  two ") == "one\u00b7\u00b7two\u00b7"
    assert visible(" ") == "\u00b7"
    assert visible("a\n\tb") == "a\u21b5\n\u21e5\tb"
    assert visible("\u00a0\u200b\r\u202e") == "\u237d<U+200B>\u240d<U+202E>"
    assert visible("\u05d0\u00e9\U0001f600") == "\u05d0\u00e9\U0001f600"


@given(pieces, pieces)
def test_the_length_of_an_edit_is_that_of_its_stretch_and_nothing_only_for_equal_texts(before, after):
    edits = token_edits(before, after)
    inside = edits[edits[0].kind == "same" : len(edits) - (edits[-1].kind == "same")] if before != after else ()
    sides = ["".join(edit.text for edit in inside if edit.kind != gone) for gone in ("added", "removed")]
    assert edit_length(before, after) == max(len(TOKEN.findall(side)) for side in sides)
    assert edit_length("Is it so? No.", "Is it sso? No.") == 1
