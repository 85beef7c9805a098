"""The files of a chosen prompt: read as exactly that prompt, edited no more than they must be."""

import json
import shutil
from dataclasses import replace
from itertools import islice
from pathlib import Path
from random import Random

import pytest
from readers import SHIPPED

from probe.evaluation.run import Plan, prepare
from probe.mitigate.base import Bench
from probe.mitigate.prompts.candidates import own_candidate, space_of, suite_by
from probe.mitigate.prompts.choosing import Choice, outcome_of
from probe.mitigate.prompts.files import home_of
from probe.mitigate.prompts.trials import NOTHING
from probe.perturb import select
from probe.prompt.render import continuations, render
from probe.suite import find_suite, read_suite, shipped_suites

PLAN = Plan(tuple(select(["format"])), samples=1)
TOML = """\
# mine
version = "1"
name = "mine" # after the version
template = "ask.txt"

fields = ["text"]
choices = ["yes", "no"]  # in this order
"""


def bench_of(suite):
    return Bench(prepare(suite, PLAN).suite, PLAN, (), None, None)


def some(suite, num=6):
    """Return a suite's candidates with other parts, each alone and together."""
    space = space_of(bench_of(suite), num_layouts=4)
    home = home_of(suite, space.own)
    made = [*space.single(), *islice(space.crossed(Random(1)), num)]
    return home, [one for one in made if one.changed and home.holds(one)]


def read_with(suite, files, folder):
    """Return the suite as it is read once the files are committed."""
    shutil.copytree(suite.path, folder, dirs_exist_ok=True)
    for one in files:
        assert one.before == (folder / one.name).read_bytes().decode()
        (folder / one.name).write_bytes(one.text.encode())
    return read_suite(folder)


def mine(folder, prompt, toml=TOML):
    """Write a suite of one's own that asks by a prompt file."""
    folder.mkdir()
    (folder / "suite.toml").write_text(toml)
    (folder / "ask.txt").write_bytes(prompt.encode())
    for name in ("items", "train"):
        rows = [
            json.dumps({"id": f"{name}{n}", "fields": {"text": f"{name} {n}."}, "target": "yes"}) for n in range(12)
        ]
        (folder / f"{name}.jsonl").write_text("\n".join(rows))
    return folder


@pytest.mark.parametrize("name", shipped_suites())
def test_a_chosen_prompt_is_read_back_from_its_files_in_every_shipped_suite(name, tmp_path):
    shipped = read_suite(find_suite(name))
    folder = tmp_path / "small"
    folder.mkdir()
    for file in Path(shipped.path).iterdir():
        if file.is_file():
            rows = file.read_text(encoding="utf-8").split("\n")
            (folder / file.name).write_text("\n".join(rows[:20]) + "\n", encoding="utf-8")
    suite = read_suite(folder)
    home, candidates = some(suite)
    assert {part for one in candidates for part in one.changed} >= {"instruction", "layout"}
    for number, candidate in enumerate(candidates):
        read = read_with(suite, home.files(candidate), tmp_path / str(number))
        wanted = suite_by(suite, candidate)
        assert read.items == wanted.items
        assert [one.prompt for one in read.train] == [one.prompt for one in wanted.train]


def test_every_part_is_chosen_among_in_some_shipped_suite():
    parts = {part for name in ("sentiment", "facts") for one in some(SHIPPED[name])[1] for part in one.changed}
    assert parts == {"instruction", "layout", "symbols", "label words"}


@pytest.mark.parametrize(
    "prompt", ["Is it so? {text} Say {choices}, not {{x}}:", "Yes or no?\r\nText: {text}\r\nAnswer:\r\n"]
)
def test_a_prompt_file_of_ones_own_is_read_back_too(tmp_path, prompt):
    folder = mine(tmp_path / "mine", prompt)
    lines = "# others\nSay {choices} of this: {text}\n\nOf {text} say\\n{choices}:\n"
    (folder / "paraphrases.txt").write_text(lines if "Is it so" in prompt else "# others\nIs it yes or no?\r\n")
    suite = read_suite(folder)
    home, candidates = some(suite)
    assert {part for one in candidates for part in one.changed} >= (
        {"instruction", "label words"} if "Is it so" in prompt else {"instruction", "layout", "label words"}
    )
    for number, candidate in enumerate(candidates):
        files = home.files(candidate)
        read = read_with(suite, files, tmp_path / str(number))
        for one, wanted in zip(read.items, suite_by(suite, candidate).items, strict=True):
            assert (render(one.prompt), continuations(one.prompt)) == (
                render(wanted.prompt),
                continuations(wanted.prompt),
            )
            assert one.paraphrases == tuple(text for text in wanted.paraphrases if "{x}" not in text)
        toml = next((one.text for one in files if one.name == "suite.toml"), TOML)
        assert toml.startswith(TOML)


def test_comments_and_order_of_suite_toml_stay(tmp_path):
    suite = read_suite(find_suite("sentiment"))
    folder = tmp_path / "mine"
    shutil.copytree(suite.path, folder)
    text = (folder / "suite.toml").read_text().replace("\nfields", "  # the lawyers like it\n\n# what is asked\nfields")
    (folder / "suite.toml").write_text(text)
    home, candidates = some(read_suite(folder))
    candidate = next(one for one in candidates if one.changed == ("instruction",))
    [file, paraphrases] = home.files(candidate)
    own = "Decide whether the review is positive or negative."
    assert file.text == text.replace(f'"{own}"', json.dumps(candidate.instruction))
    assert paraphrases.text == paraphrases.before.replace(candidate.instruction + "\n", own + "\n")


def test_a_suite_without_a_folder_is_told_where_its_prompt_goes():
    suite = replace(read_suite(find_suite("sentiment")), path="lmeval:reviews")
    bench = bench_of(suite)
    space = space_of(bench)
    home = home_of(suite, space.own)
    chosen = next(one for one in space.single() if one.changed == ("layout",))
    assert home.holds(chosen)
    assert not any(home.holds(one) for one in space.single() if "label words" in one.changed)
    [file] = home.files(chosen)
    assert file.name == "prompt.txt"
    assert file.before == "Decide whether the review is positive or negative.\nReview: {Review}\nSentiment:\n"
    wanted = suite_by(suite, chosen).items[0].prompt
    assert file.text.rstrip("\n") == render(replace(wanted, fields=(replace(wanted.fields[0], text="{Review}"),)))
    kept = outcome_of(bench, home, Choice(space.own, NOTHING, space.own, NOTHING, 1, 1, 1))
    assert not kept.files


def test_a_file_that_cannot_be_edited_in_place_is_left_to_its_user(tmp_path):
    suite = read_suite(find_suite("sentiment"))
    folder = tmp_path / "mine"
    shutil.copytree(suite.path, folder)
    suite = read_suite(folder)
    home, [first, *_] = some(suite)
    (folder / "suite.toml").write_text("[[generation]]\n")
    from probe.mitigate.prompts.choosing import _files

    chosen = replace(first, layout=replace(first.layout, space=" "))
    (folder / "suite.toml").write_text("[[layout]]\na = 1\n")
    files, said = _files(home, chosen)
    assert not files
    assert "by hand" in said[0]
    assert own_candidate(suite) == home.own
