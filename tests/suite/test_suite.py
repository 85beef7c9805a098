"""Suite folders: what is read, what is refused, and with which words."""

import shutil
import time

import pytest
from own_suite import FREE, ROWS, TOML, lines, refusal, row, write

from probe.errors import UsageError
from probe.prompt.render import continuations, render
from probe.suite import check_suite, find_suite, read_suite, shipped_suites
from probe.types import Contrast, Field


def test_a_suite_is_read_as_it_is_asked(tmp_path):
    suite = read_suite(write(tmp_path, train=lines([ROWS[0] | {"id": "t", "fields": {"Review": "Fine."}}])))
    first, second = suite.items
    assert render(first.prompt) == (
        "Say whether the review is positive or negative.\nReview: A joy from start to end.\nSentiment:"
    )
    assert continuations(first.prompt) == (" positive", " negative")
    assert (first.id, first.target, second.target) == ("a", "positive", "negative")
    assert second.contrasts == (Contrast((Field("Review", "No bore."),), "positive"),)
    assert [item.id for item in suite.train] == ["t"]
    assert (suite.name, suite.version, suite.stop, suite.max_new_tokens) == ("reviews", "1", ("\n",), 8)
    assert suite.is_choice and check_suite(suite) == []


def test_rows_may_have_choices_of_their_own(tmp_path):
    rows = [
        {"id": "1", "fields": {"Question": "Which is red?"}, "target": "ruby", "choices": ["ruby", "jade"]},
        {"id": "2", "fields": {"Question": "Which is tall?"}, "target": "oak", "choices": ["moss", "oak", "ivy"]},
    ]
    toml = 'name = "q"\nversion = "1"\ninstruction = ""\nfields = ["Question"]\nlist_choices = true\n'
    toml += 'answer_with = "symbol"\n'
    suite = read_suite(write(tmp_path, toml=toml, items=lines(rows)))
    assert render(suite.items[1].prompt) == "Question: Which is tall?\nA. moss\nB. oak\nC. ivy\nAnswer:"
    assert continuations(suite.items[1].prompt) == (" A", " B", " C")


def test_free_text_may_have_aliases(tmp_path):
    suite = read_suite(write(tmp_path, toml=FREE, items=row(aliases=["bad"], contrast=None)))
    assert not suite.is_choice
    assert suite.items[1].aliases == ("bad",)


def test_a_prompt_file_that_has_the_structured_form_is_taken_apart(tmp_path):
    toml = 'name = "r"\nversion = "1"\ntemplate = "prompt.txt"\nfields = ["text"]\nchoices = ["yes", "no"]\n'
    rows = [{"id": "1", "fields": {"text": "A {joy}."}, "target": "yes"}]
    suite = read_suite(
        write(tmp_path, toml=toml, items=lines(rows), **{"prompt.txt": "Good?\nReview: {text}\nVerdict:\n"})
    )
    prompt = suite.items[0].prompt
    assert not prompt.is_template
    assert (prompt.instruction, prompt.fields, prompt.answer_field) == (
        "Good?",
        (Field("Review", "A {joy}."),),
        "Verdict",
    )
    assert render(prompt) == "Good?\nReview: A {joy}.\nVerdict:"


def test_another_prompt_file_is_kept_as_a_template(tmp_path):
    toml = 'name = "r"\nversion = "1"\ntemplate = "prompt.txt"\nfields = ["text"]\nchoices = ["yes", "no"]\n'
    rows = [{"id": "1", "fields": {"text": "A {joy}."}, "target": "yes"}]
    template = 'Is "{text}" good, {choices}? Reply as {"a": 1} or {{a}}.\n'
    suite = read_suite(write(tmp_path, toml=toml, items=lines(rows), **{"prompt.txt": template}))
    assert render(suite.items[0].prompt) == 'Is "A {joy}." good, yes or no? Reply as {"a": 1} or {a}.'


def test_what_is_missing_is_named(tmp_path):
    what = "a suite is a folder with suite.toml and items.jsonl"
    assert refusal(tmp_path) == f"suite.toml:1: does not exist; {what}"
    assert refusal(tmp_path / "none") == f"suite.toml:1: there is no folder '{tmp_path}/none'; {what}".replace(
        f"{tmp_path}/none/", ""
    )
    (write(tmp_path) / "items.jsonl").unlink()
    assert refusal(tmp_path) == f"items.jsonl:1: does not exist; {what}"


def test_an_item_is_evaluated_or_trained_on_but_not_both(tmp_path):
    by_id = lines([{"id": "a", "fields": {"Review": "Fine."}, "target": "positive"}])
    assert refusal(write(tmp_path, train=by_id)) == (
        'train.jsonl:1: id "a" is that of line 1 of items.jsonl; an item is in one of the two files'
    )
    by_question = lines([{"id": "c", "fields": {"Review": "A bore."}, "target": "negative"}])
    assert refusal(write(tmp_path, train=by_question)) == (
        "train.jsonl:1: asks the same as line 2 of items.jsonl; what is shown or trained on is never evaluated, so "
        "take one of the two out"
    )


def test_odd_suites_are_run_with_a_warning(tmp_path):
    one_class = read_suite(write(tmp_path, items=lines(ROWS[:1])))
    assert check_suite(one_class) == [
        'reviews: every target is "positive"; a model that always answers so looks perfect'
    ]
    again = ROWS[0] | {"id": "c", "target": "negative"}
    assert check_suite(read_suite(write(tmp_path, items=lines([*ROWS, again])))) == [
        "reviews: 1 item asking what another item asks, 1 of them with another right answer: c asks the same as a, and "
        'answers "positive" and "negative"'
    ]
    three = TOML.replace('"negative"]', '"negative", "mixed"]')
    assert check_suite(read_suite(write(tmp_path, toml=three))) == [
        'reviews: no target is "mixed", though it is a choice'
    ]


def test_the_digest_changes_with_any_file_and_not_with_the_place(tmp_path):
    one, other = write(tmp_path / "one"), write(tmp_path / "other")
    digest = read_suite(one).digest
    assert read_suite(other).digest == digest
    write(other, train=lines([{"id": "t", "fields": {"Review": "Fine."}, "target": "positive"}]))
    assert read_suite(other).digest != digest
    write(one, toml=TOML.replace("Short", "Some"))
    assert read_suite(one).digest not in (digest, read_suite(other).digest)


def test_the_digest_tells_which_file_holds_a_row(tmp_path):
    both = read_suite(write(tmp_path / "both"))
    apart = read_suite(write(tmp_path / "apart", items=lines(ROWS[:1]), train=lines(ROWS[1:])))
    assert both.digest != apart.digest


def test_windows_newlines_and_blank_lines_do_no_harm(tmp_path):
    suite = read_suite(write(tmp_path / "unix"))
    windows = lines(ROWS).replace("\n", "\r\n\r\n")
    assert read_suite(write(tmp_path / "windows", items=windows)).items == suite.items


def test_a_suite_is_found_by_folder_by_file_or_by_name(tmp_path, monkeypatch):
    folder = write(tmp_path / "mine")
    assert find_suite(str(folder)) == folder
    assert find_suite(str(folder / "suite.toml")) == folder
    monkeypatch.chdir(tmp_path)
    assert find_suite("mine").resolve() == folder.resolve()


def test_a_suite_that_is_not_there_is_answered_with_what_is(tmp_path, monkeypatch):
    monkeypatch.setattr("probe.suite._shipped_folder", lambda: tmp_path)
    write(tmp_path / "sentiment")
    shutil.copytree(tmp_path / "sentiment", tmp_path / "topic")
    assert shipped_suites() == ["sentiment", "topic"]
    assert find_suite("topic") == tmp_path / "topic"
    with pytest.raises(UsageError) as caught:
        find_suite("sentimant")
    assert str(caught.value) == (
        "unknown suite 'sentimant'. Did you mean 'sentiment'? Available: sentiment, topic; or a folder with suite.toml"
    )
    with pytest.raises(UsageError, match=r"^no folder 'my/suite'; a suite is a folder with suite.toml and items.jsonl"):
        find_suite("my/suite")


@pytest.mark.parametrize("name", shipped_suites())
def test_every_shipped_suite_reads_without_a_warning(name):
    suite = read_suite(find_suite(name))
    assert suite.name == name
    assert check_suite(suite) == []


def test_sixteen_thousand_items_read_in_seconds(tmp_path):
    rows = [{"id": f"{i}", "fields": {"Review": f"Review {i}."}, "target": "positive"} for i in range(16_000)]
    write(tmp_path, items=lines(rows))
    begin = time.process_time()
    assert len(read_suite(tmp_path).items) == 16_000
    assert time.process_time() - begin < 5


# Any text that a file can hold, as the suite format allows it in its place.
