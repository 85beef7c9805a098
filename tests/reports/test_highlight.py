from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from reports.highlight import HEAD, KEEP, TAIL, sides

texts = st.text(st.sampled_from("ab .\n"), max_size=60)


@given(texts, texts)
def test_short_texts_are_shown_whole_on_their_sides(before: str, after: str):
    left, right = sides(before, after)
    assert {piece.kind for piece in left} <= {"same", "removed"}
    assert {piece.kind for piece in right} <= {"same", "added"}
    for side, text in ((left, before), (right, after)):
        shown = "".join(piece.text for piece in side).replace("\u00b7", " ").replace("\u21b5", "")
        assert shown == text


def test_an_edit_of_nothing_but_space_is_seen():
    left, right = sides("Answer: ", "Answer:\t")
    assert [piece.text for piece in left if piece.kind == "removed"] == ["\u00b7"]
    assert [piece.text.strip() for piece in right if piece.kind == "added"] == ["\u21e5"]


def test_a_long_stretch_that_stayed_is_cut_in_its_middle_and_the_length_said():
    same = "word " * 1000
    left, right = sides(same + "yes", same + "no")
    assert [piece.kind for piece in left] == ["same", "gap", "same", "removed"]
    assert f"{len(same) - 2 * KEEP:,} characters" in left[1].text
    assert [piece.text for piece in right][-1] == "no"


def test_a_prompt_that_changed_everywhere_is_cut_to_its_start_and_its_end():
    before = " ".join(f"w{number}" for number in range(3000))
    after = " ".join(f"v{number}" for number in range(3000))
    left, _ = sides(before, after)
    gaps = [piece for piece in left if piece.kind == "gap"]
    shown = sum(len(piece.text) for piece in left if piece.kind != "gap")
    assert len(gaps) == 1 and shown == HEAD + TAIL
    left_out = int(re.sub(r"\D", "", gaps[0].text))
    assert left_out + shown == len(before)
    assert left[-1].text.endswith("w2999")
