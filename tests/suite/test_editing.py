"""suite.toml edited in place: what is not named stays as it was written."""

import tomllib

import pytest

from probe.suite.editing import edited

TEXT = '''# what we ask
name = "x"  # a "#" in a comment
"instruction" = """Say
which."""

layout.space = "\\n"  # dotted
verbalizer = {"the first" = "one"} # inline
choices = [
  "a", # kept
  "b",
]

[generation]
stop = ["#"] # kept too

# the end
'''


def test_a_key_is_changed_where_it_stands_and_its_comment_stays():
    made = edited(TEXT, {("name",): "y", ("layout", "space"): " ", ("generation", "stop"): [";"]})
    assert made == TEXT.replace('name = "x"', 'name = "y"').replace('"\\n"  #', '" "  #').replace('["#"]', '[";"]')


def test_a_value_over_several_lines_is_replaced_whole():
    made = edited(TEXT, {("instruction",): 'Tell "which".\n# no comment'})
    assert 'which."""' not in made
    assert tomllib.loads(made)["instruction"] == 'Tell "which".\n# no comment'


def test_a_key_of_a_table_that_is_there_joins_it_however_it_is_written():
    made = edited(TEXT, {("layout", "casing"): "upper", ("verbalizer", "the second"): "two", ("generation", "n"): 3})
    assert 'layout.space = "\\n"  # dotted\nlayout.casing = "upper"\n' in made
    assert 'verbalizer = {"the first" = "one", "the second" = "two"} # inline\n' in made
    assert made.endswith('stop = ["#"] # kept too\nn = 3\n\n# the end\n')


def test_a_new_key_comes_before_the_first_table_and_a_new_table_after_everything():
    made = edited(TEXT, {("answer_field",): "A", ("other", "a b"): "c"})
    assert made == TEXT.replace("]\n\n[gen", ']\nanswer_field = "A"\n\n[gen') + '\n[other]\n"a b" = "c"\n'


def test_a_key_is_taken_out_with_its_line():
    assert edited(TEXT, {("name",): None, ("absent",): None}) == TEXT.replace('name = "x"  # a "#" in a comment\n', "")


def test_line_ends_of_windows_stay():
    assert edited('a = "1"\r\n\r\n[t]\r\nb = "2"\r\n', {("t", "b"): "3"}) == 'a = "1"\r\n\r\n[t]\r\nb = "3"\r\n'


def test_an_empty_table_and_an_empty_file_are_filled():
    assert edited("t = {}\n", {("t", "a"): "1"}) == 't = {a = "1"}\n'
    assert tomllib.loads(edited("", {("a",): "1"})) == {"a": "1"}


def test_what_cannot_be_edited_is_refused_and_not_guessed():
    with pytest.raises(ValueError, match="cannot be edited in place"):
        edited("[[t]]\na = 1\n[[t]]\na = 2\n", {("t", "b"): 1})
