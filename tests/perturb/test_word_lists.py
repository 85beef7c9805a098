"""The word lists are data beside the code: each file is read, whole, and what nothing asks for is not there."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

import probe
from probe.perturb.words import pairs, read, table, word_list, word_set

ROOT = Path(probe.__file__).parent
FILES = sorted(ROOT.rglob("words*.toml")) + sorted((ROOT / "perturb" / "words").glob("*.toml"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_file_says_what_it_is_and_every_list_of_it_is_asked_for(path):
    assert path.read_text(encoding="utf-8").startswith("# ")
    package = ".".join(path.relative_to(ROOT.parent).parent.parts)
    lists = read(path.stem, package)
    assert lists and all(lists.values())
    code = "\n".join(one.read_text(encoding="utf-8") for one in ROOT.rglob("*.py"))
    for key in lists:
        assert f'"{key}"' in code, f"nothing reads {key} of {path.name}"


def test_a_string_and_an_array_are_both_lists_in_their_order():
    assert word_list("typos", "real_words")[:2] == ("able", "about")
    assert word_list("wording", "greetings")[:2] == ("", "Hello. ")
    assert "able" in word_set("typos", "real_words")
    assert table("typos", "misspellings")["absence"] == ("absense", "abscence")
    assert pairs("contrast", "comparative")["cheaper"] == "more expensive"


def test_no_list_names_a_word_twice_but_to_draw_it_more_often():
    for path in FILES:
        for key, rows in read(path.stem, ".".join(path.relative_to(ROOT.parent).parent.parts)).items():
            words = rows.split() if isinstance(rows, str) else []
            assert len(set(words)) == len(words), f"{path.name} {key}"


def test_no_list_is_read_before_it_is_needed():
    code = "import probe.perturb, probe.validity, probe.paraphrase as _; from probe.perturb.words import read"
    code += "; print(read.cache_info().misses)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "0\n"


def test_families_are_what_lies_in_the_folder():
    from probe.registry import perturbations

    shipped = {one.family for one in perturbations.values() if not re.search(r"^(own|composed)$", one.family)}
    there = {path.stem for path in (ROOT / "perturb").iterdir() if path.suffix == ".py" or path.is_dir()}
    beside = {"__init__", "__pycache__", "catalogue", "helpers", "words"}
    assert {family.replace("-", "_") for family in shipped} == there - beside
