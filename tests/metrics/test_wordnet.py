"""Senses of words: WordNet's file format, its rules for inflected words, and the real files where they are installed."""

from pathlib import Path

import pytest

from probe.metrics.text_features import available
from probe.metrics.wordnet import folder, senses

LICENCE = "  1 This software and database is being provided to you, the LICENSEE, by\n"
FILES = {
    "index.noun": LICENCE
    + "bank n 10 4 @ ~ + ; 10 2 1\nglass n 7 0 7 1 2\ngoose n 3 0 3 1 2\nwoman n 4 0 4 1 2\nwolf n 5 0 5 1 2\n",
    "index.verb": LICENCE + "bank v 8 1 @ 8 1 2\nrun v 41 1 @ 41 1 2\nbe v 13 1 @ 13 1 2\nhope v 3 1 @ 3 1 2\n",
    "index.adj": LICENCE + "late a 7 1 & 7 1 2\ngood a 21 1 & 21 1 2\n",
    "index.adv": LICENCE + "well r 13 1 ! 13 1 2\n",
    "noun.exc": "geese goose\n",
    "verb.exc": "ran run\nwas be\nis be\n",
    "adj.exc": "better good well\n",
}


@pytest.fixture
def place(tmp_path):
    for name, text in FILES.items():
        (tmp_path / name).write_text(text)
    return tmp_path


@pytest.mark.parametrize(
    ("word", "number"),
    [
        *(("bank", 18), ("banks", 18), ("banking", 8), ("geese", 3), ("glasses", 7), ("women", 4), ("wolves", 5)),
        *(("ran", 41), ("was", 13), ("hoped", 3), ("hoping", 3), ("later", 7), ("better", 21), ("well", 13)),
        *(("the", None), ("", None), ("s", None), ("qwerty", None)),
    ],
)
def test_senses_are_counted_over_parts_of_speech_and_base_forms(place, word, number):
    assert senses(place)(word) == number


def test_the_files_are_found_where_wordnets_own_variables_say(place, monkeypatch):
    monkeypatch.setenv("WNSEARCHDIR", str(place))
    assert folder() == place
    features, missing = available()
    assert "ambiguity" not in missing
    assert features["ambiguity"]("The bank was late") == pytest.approx((18 + 13 + 7) / 3)


def test_a_folder_that_lacks_a_file_is_none(place, monkeypatch):
    (place / "index.adv").unlink()
    monkeypatch.setenv("WNSEARCHDIR", str(place))
    assert folder() != place


def test_of_the_real_files_known_words_have_as_many_senses_as_wordnet_3_says():
    real = Path("/usr/share/wordnet")
    if not (real / "index.noun").is_file():
        pytest.skip("WordNet's files are not installed (apt install wordnet-base)")
    count = senses(real)
    # "Banks" is a botanist as well
    assert [count(word) for word in ("bank", "banks", "geese", "ran", "the")] == [18, 19, 3, 41, None]
