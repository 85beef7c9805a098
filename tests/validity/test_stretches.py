"""Which stretches of two texts the rules look at, and that looking at them alone loses nothing."""

from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probe.types import Field, Item, Prompt, Variant
from probe.validity import rules
from probe.validity.edits import edit_between, edit_of, prompt_text
from probe.validity.facts import facts_of, names_of
from probe.validity.rules import answer_note
from probe.validity.surface import keeps_all_facts, lost_protected

_PLAIN = (
    "the was and Ada Paris 3 2,500 three not isn't dogs' 'so so' never positive negative Positive not-so yes. no! it's"
)
_MARKED = '"stop" `code` {Place} <b> </b> <a href> ada@home.org http://x.org \u2018quiet\u2019 \u201cloud\u201d don\u2019t rock'
_ODD = ("'n'", "new\u200bline", "a\u00a0b", "\u00abc\u00bb", "most", "\n", ".", "?", "10:30")
WORDS = [*_PLAIN.split(), *_MARKED.split(), *_ODD]
TEXTS = st.lists(st.sampled_from(WORDS), max_size=14)


@st.composite
def edited(draw):
    """Return two texts, of which the second has some words of the first otherwise."""
    old = draw(TEXTS)
    new = list(old)
    for _ in range(draw(st.integers(0, 3))):
        at = draw(st.integers(0, len(new)))
        new[at : at + draw(st.integers(0, 2))] = draw(st.lists(st.sampled_from(WORDS), max_size=2))
    return " ".join(old), " ".join(new)


def apart(old, new):
    """Return what is lost and what is new of everything that two texts state."""
    one, other = facts_of(old), facts_of(new)
    kinds = ("numbers", "quotations", "placeholders", "polarity")
    counts = [(Counter(getattr(one, kind)), Counter(getattr(other, kind))) for kind in kinds]
    return [(before - after, after - before) for before, after in counts]


def whole(edit):
    return edit._replace(old=edit.before, new=edit.after)


@given(edited())
def test_the_edited_stretches_differ_in_what_the_whole_texts_differ_in(texts):
    edit = edit_between(*texts)
    assert apart(edit.old, edit.new) == apart(*texts)
    gone, all_gone = (
        {name for name in names_of(one.old) - facts_of(one.new).words if name not in edit.after.lower()}
        for one in (edit, whole(edit))
    )
    assert gone == all_gone


@given(edited(), st.sampled_from([("positive", "negative"), ("yes.", "no!"), ("the dog", "a b", "Ada")]))
def test_answers_and_protected_stretches_are_missed_in_the_edit_where_they_are_missed_in_the_whole(texts, choices):
    item = Item("1", Prompt("Which?", (Field("Text", texts[0]),), choices), choices[0])
    edit = edit_between(*texts)
    assert answer_note(item, edit) == answer_note(item, whole(edit))
    old, new = facts_of(edit.old), facts_of(edit.new)
    assert lost_protected(item, edit, old, new) == lost_protected(item, whole(edit), old, new)


@given(edited(), edited())
def test_the_parts_that_an_edit_leaves_alone_need_not_be_looked_at(instruction, text):
    written = Prompt(instruction[0], (Field("Text", text[0]), Field("More", "Ada has 3 'so so' pens.")))
    asked = replace(written, instruction=instruction[1], fields=(Field("Text", text[1]), written.fields[1]))
    edit = edit_of(written, asked)
    assert apart(edit.old, edit.new) == apart(prompt_text(written), prompt_text(asked))


def test_an_edit_is_what_lies_between_the_first_and_the_last_word_that_differ():
    edit = edit_between("Then Ada said it was late.", "Then Ada said it is not late.")
    assert (edit.old, edit.new) == ("it was", "it is not"), "with the word before"
    assert edit_between("It isn't late.", "It isn't so late.").new == "isn't so", (
        "an apostrophe within a word opens nothing"
    )
    quoted = edit_between('Say "it was late".', 'Say "it is late".')
    assert (quoted.old, quoted.new) == (quoted.before, quoted.after), "what stands between marks may be anything"


def test_answers_of_several_words_are_looked_for_in_all_of_both_texts():
    edit = edit_between("Is it the red car?", "Is it the blue car?")
    assert edit.where(("red", "blue")) == (edit.old, edit.new) == ("the red", "the blue")
    assert edit.where(("the red car",)) == (edit.before, edit.after)


_TELLING = (
    "the was and film music Ada Positive not Never most three twenty yes positive negative so, dogs. no! <b it's 3"
)
EDITED = st.lists(st.sampled_from((*_TELLING.split(), "\n")), max_size=5)


@given(
    st.sampled_from(["", "a film ", "not <b "]),
    EDITED,
    EDITED,
    st.sampled_from([("positive", "negative"), ("so", "no"), ("the dogs", "b")]),
)
def test_an_edit_that_is_passed_at_a_glance_breaks_no_rule(start, old, new, choices):
    before, after = start + " ".join([*old, "film", *new]), start + " ".join([*new, "flim", *old])
    edit = edit_between(before, after)
    if keeps_all_facts(edit, choices):
        assert losses(before, after, edit, choices) == {}


@pytest.mark.parametrize(("before", "after"), [
    ("a film not seen by Ada", "a flim not seen by Ada"),
    ("positive most films", "positive most flims"),
])  # fmt: skip
def test_typos_beside_what_a_rule_looks_for_are_passed_at_a_glance(before, after):
    assert keeps_all_facts(edit_between(before, after), ("positive", "negative"))


@pytest.mark.parametrize(("before", "after", "rule"), [
    ("it is not so", "it is so", "polarity"),
    ("three dogs", "dogs three three", "numbers"),
    ("it is positive here", "it is here", "answers"),
    ("so Ada came", "so came", "names"),
    ("the yes men", "the yse men", "protected"),
])  # fmt: skip
def test_an_edit_of_plain_words_that_breaks_a_rule_is_looked_at(before, after, rule):
    choices = ("yes", "positive")
    edit = edit_between(before, after)
    assert not keeps_all_facts(edit, choices)
    assert rule in losses(before, after, edit, choices)


def losses(before, after, edit, choices):
    """Return what all rules say of an edit."""
    item, asked = (Item("1", Prompt("Which?", (Field("Text", text),), choices), choices[0]) for text in (before, after))
    return dict(rules._losses(Variant(item, asked, "typos", "typo-swap", 0, "label-preserving", ""), edit, adds=False))
