"""A suite reads inside its folder: no `..`, absolute path or link leads out of it unless a user says so."""

import json
import shutil

import pytest

from probe.cli import exit_code
from probe.errors import SuiteError
from probe.suite import find_suite, prompt_place, read_suite

PROMPT = "Say whether it is good.\nReview: {Review}\nSentiment:"
SECRET = "password 1234 {Review}"


@pytest.fixture
def suite(tmp_path):
    """Return the folder of a suite with a prompt file, and secrets beside the folder."""
    folder = tmp_path / "deep" / "mine"
    folder.mkdir(parents=True)
    (folder / "suite.toml").write_text(
        'name = "mine"\nversion = "1"\nfields = ["Review"]\nchoices = ["good", "bad"]\ntemplate = "prompt.txt"\n'
    )
    row = {"id": "1", "fields": {"Review": "A joy."}, "target": "good"}
    (folder / "items.jsonl").write_text(json.dumps(row) + "\n")
    (folder / "prompt.txt").write_text(PROMPT)
    (tmp_path / "secret.txt").write_text(SECRET)
    return folder


@pytest.mark.parametrize("named", ["../../secret.txt", "ABSOLUTE", "./../mine/../../secret.txt"])
def test_a_template_outside_the_folder_is_refused_and_read_where_a_user_allows_it(suite, tmp_path, named):
    named = named.replace("ABSOLUTE", str(tmp_path / "secret.txt"))
    text = (suite / "suite.toml").read_text()
    (suite / "suite.toml").write_text(text.replace("prompt.txt", named))
    with pytest.raises(SuiteError, match=r"suite.toml:5: template .* outside the folder .* --allow-outside") as refused:
        read_suite(suite)
    assert "1234" not in str(refused.value)
    read = read_suite(suite, allow_outside=True)
    assert read.items[0].prompt.instruction == SECRET and read.flags == ("--allow-outside",)
    assert prompt_place(read)[0].endswith("secret.txt")


@pytest.mark.parametrize("name", ["items.jsonl", "train.jsonl", "paraphrases.txt", "suite.toml", "prompt.txt"])
def test_no_file_of_a_suite_is_a_link_to_outside(suite, tmp_path, name):
    (tmp_path / "other").mkdir()
    elsewhere = tmp_path / "other" / name
    if (suite / name).exists():
        shutil.move(suite / name, elsewhere)
    else:
        text = (suite / "items.jsonl").read_text().replace("joy", "bore").replace('"1"', '"2"')
        elsewhere.write_text(text if name.endswith("jsonl") else "Is it good?\n{Review}\n")
    (suite / name).symlink_to(elsewhere)
    with pytest.raises(SuiteError, match="outside the folder of the suite"):
        read_suite(suite)
    assert read_suite(suite, allow_outside=True).flags == ("--allow-outside",)


def test_links_within_a_suite_and_to_its_folder_are_read(suite, tmp_path):
    (suite / "texts").mkdir()
    shutil.move(suite / "prompt.txt", suite / "texts" / "a.txt")
    (suite / "prompt.txt").symlink_to("texts/a.txt")
    (tmp_path / "link").symlink_to(suite)
    for folder in (suite, tmp_path / "link"):
        read = read_suite(folder)
        assert read.items[0].prompt.fields[0].text == "A joy." and read.flags == ()
    assert read_suite(find_suite("sentiment"), allow_outside=True).flags == ()


def test_a_link_that_leads_to_itself_is_refused_in_a_line(suite):
    (suite / "train.jsonl").symlink_to("train.jsonl")
    with pytest.raises(SuiteError, match="train.jsonl:1: is a link to"):
        read_suite(suite)


def test_a_run_is_made_with_the_flag_and_its_manifest_says_so(suite, tmp_path, capsys):
    text = (suite / "suite.toml").read_text()
    (suite / "suite.toml").write_text(text.replace("prompt.txt", "../../secret.txt"))
    words = [
        "run",
        str(suite),
        "--model",
        "scripted:coin",
        "--perturb",
        "typos",
        "--no-cache",
        "--out",
        str(tmp_path / "runs"),
    ]
    assert exit_code(words) == 2 and "--allow-outside" in capsys.readouterr().err
    assert exit_code([*words, "--allow-outside"]) == 0
    (made,) = (tmp_path / "runs").iterdir()
    manifest = json.loads((made / "manifest.json").read_text())
    assert manifest["suites"][0]["flags"] == ["--allow-outside"]
    capsys.readouterr()
    assert exit_code(["mitigate", str(made), "--method", "prior-matching"]) == 2
    assert "type it again: --allow-outside" in capsys.readouterr().err


def snapshot_of(folder, repository):
    """Lay a folder out as the hub's cache does: every file a link to its content in blobs."""
    snapshot, blobs = repository / "snapshots" / "1a2b", repository / "blobs"
    shutil.copytree(folder, snapshot)
    blobs.mkdir()
    for number, file in enumerate(sorted(snapshot.rglob("*.*"))):
        shutil.move(file, blobs / f"{number}")
        file.symlink_to(f"../../blobs/{number}")
    return snapshot


def test_a_snapshot_of_the_cache_of_the_hub_is_read_though_its_files_are_links(suite, tmp_path):
    assert len(read_suite(snapshot_of(suite, tmp_path / "datasets--me--mine")).items) == 1


@pytest.mark.parametrize("how", ["no repository", "another repository", "beside blobs", "blobs are elsewhere"])
def test_links_that_only_look_like_the_cache_of_the_hub_are_refused(suite, tmp_path, how):
    repository = tmp_path / ("mine" if how == "no repository" else "datasets--me--mine")
    snapshot = snapshot_of(suite, repository)
    if how == "another repository":
        shutil.copytree(repository / "blobs", tmp_path / "datasets--me--other" / "blobs")
        (snapshot / "items.jsonl").unlink()
        (snapshot / "items.jsonl").symlink_to("../../../datasets--me--other/blobs/0")
    elif how == "beside blobs":
        shutil.copy(repository / "blobs" / "0", repository / "0")
        (snapshot / "items.jsonl").unlink()
        (snapshot / "items.jsonl").symlink_to("../../0")
    elif how == "blobs are elsewhere":
        (repository / "blobs").rename(tmp_path / "elsewhere")
        (repository / "blobs").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(SuiteError, match="outside the folder"):
        read_suite(snapshot)
