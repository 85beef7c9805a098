"""A planted secret is looked for in every byte that commands write and print, also cut, marked and escaped by a page."""

import html
import io
import json
import re
import shutil
import sqlite3
from urllib.parse import unquote
from zlib import crc32

import pyarrow.parquet as pq
import pytest

import probe.cli.app  # noqa: F401  registers the commands
from probe.cli import exit_code
from probe.cli.progress import progress_line
from probe.models.scripted import scripts
from probe.record.store import folder_name
from probe.record.tables import read_table
from reports.escape import markdown_code, markdown_text

KEY, TOKEN, TYPED = "sk_Ab12*x&yz#Qq<9=K!w7", "hf_Zz88_Qw_11xx", "Typed_Secret_1"
"""Of an environment variable, of the hub, of an address that is typed; with letters that every format escapes."""
SECRETS = (KEY, TOKEN, TYPED)
PART = 9
"""So many letters of a secret in a row are a leak as well: a text that is cut must be masked before."""
PARTS = {secret[at : at + PART].lower() for secret in SECRETS for at in range(len(secret) - PART + 1)}
LEAKY = ["--model", "scripted:leaky", "--samples", "1", "--perturb", "format,casing", "--no-noise-floor"]


class Terminal(io.StringIO):
    """A stream that takes colours and progress bars."""

    encoding = "utf-8"

    def isatty(self):
        return True


def leaks(text):
    """Return the parts of secrets that a text holds: as it is, and without colours, line ends, tags and escapes."""
    bare = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", text).lower()
    forms = (html.unescape(re.sub(r"<[^>]*>", "", bare)), re.sub(r"\\(.)", r"\1", "".join(bare.split())), unquote(bare))
    return {part for form in (bare, *forms) for part in PARTS if part in form}


def texts_in(path):
    """Return all texts that a file holds: its bytes, and what a table or data base holds in pages or compressed."""
    data = path.read_bytes()
    yield data.decode("latin1")
    yield data.decode("utf-8", "replace")
    if path.suffix == ".parquet":
        yield json.dumps(pq.read_table(path).to_pylist(), default=str) + str(pq.read_schema(path).metadata)
    if data.startswith(b"SQLite"):
        db = sqlite3.connect(path)
        for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
            yield str(db.execute(f"SELECT * FROM {name}").fetchall())
        db.close()


def leaking(folder):
    return {
        str(path): found
        for path in folder.rglob("*")
        if (found := leaks(path.name).union(*map(leaks, texts_in(path) if path.is_file() else ())))
    }


def written_suite(folder, text, *, choices=("yes", "no")):
    """Write a suite with a text in its instruction, ids and items."""
    folder.mkdir(parents=True)
    listed = f"choices = {json.dumps(choices)}\n" if choices else ""
    (folder / "suite.toml").write_text(
        f'name = "{folder.name}"\nversion = "1"\ndescription = "Films."\n'
        f'instruction = "Is it good, {text}?"\nfields = ["Text"]\n{listed}'
    )
    rows = [
        {
            "id": f"item {n} {text}",
            "fields": {"Text": f"Good film {'x' * 5 * n} {text}"},
            "target": ("yes", "no")[n % 2],
        }
        for n in range(6)  # wherever a page cuts a text, it cuts the secret of some item
    ]
    (folder / "items.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return folder


@pytest.fixture
def known(tmp_path, monkeypatch):
    """Let the secrets be known; return a folder to work in, apart from where the token is stored."""
    place = tmp_path / "work"
    place.mkdir()
    monkeypatch.chdir(place)
    monkeypatch.setenv("MY_API_KEY", KEY)
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hub"))
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(place / "step.md"))
    (tmp_path / "hub").mkdir()
    (tmp_path / "hub" / "token").write_text(TOKEN)
    return place


@pytest.fixture
def leaky(monkeypatch):
    """Register a model whose answers repeat all secrets."""
    monkeypatch.setattr(scripts, "_things", dict(scripts._things))
    says = {0: f"yes {KEY}", 1: f"no, {TOKEN}, {TYPED}"}
    scripts.add(
        "leaky", (scripts.get("coin")[0], lambda request: says[crc32(request.context.encode()) % 2], "tells secrets")
    )


def run(words, monkeypatch, *, terminal=False):
    """Return the exit code of a command and all that it printed."""
    streams = [Terminal() if terminal else io.StringIO() for _ in range(2)]
    monkeypatch.setattr("sys.stdout", streams[0])
    monkeypatch.setattr("sys.stderr", streams[1])
    monkeypatch.setattr("sys.stdin", io.StringIO("u\nq\n"))
    code = exit_code([str(word) for word in words])
    return code, "".join(one.getvalue() for one in streams)


def reading(run_folder, other):
    """Return commands that read a run, in all formats that there are."""
    gate = ["gate", run_folder, "--max-flip-rate", "0.1"]
    yield from (["report", run_folder, "-o", f"r.{kind}"] for kind in ("html", "csv", "md", "json"))
    yield from (["report", run_folder, "--markdown"], ["report", run_folder, "--json"])
    yield from (["compare", run_folder, other, "-o", "c.html"], ["compare", run_folder, other, "--json"])
    yield from ([*gate, "-o", f"g.{kind}"] for kind in ("html", "xml", "sarif", "md", "json"))
    yield from (["bless", run_folder, "-o", "b.json"], ["gate", other, "--baseline", "b.json"])
    yield from (["history", run_folder.parent, "-o", "h.html"], ["review", run_folder])


def test_what_a_model_repeats_of_a_secret_is_in_no_file_and_on_no_terminal(known, leaky, monkeypatch, tmp_path):
    free = written_suite(tmp_path / "free", "the film", choices=None)
    monkeypatch.setenv("HTTPS_PROXY", f"http://me:{TYPED}@proxy:8080")
    for terminal in (True, False):
        code, told = run(["run", free, *LEAKY, "--out", "runs"], monkeypatch, terminal=terminal)
        assert code == 0 and not leaks(told), told
    monkeypatch.delenv("HTTPS_PROXY")
    code, told = run(["run", free, *LEAKY, "--model-args", f"token={TYPED}"], monkeypatch)
    assert code == 2 and not leaks(told), told
    code, told = run(["run", free, *LEAKY, "--paraphraser", f"https://me:{TYPED}@here:9/v1"], monkeypatch)
    assert code == 2 and not leaks(told), told
    assert not leaking(known)
    kept = sqlite3.connect(known / "runs" / "cache.sqlite").execute("SELECT text FROM answers").fetchall()
    assert ("yes ***",) in kept, "an answer that repeats a secret is saved as it is scored"


def test_a_run_from_where_a_secret_was_not_known_is_read_without_it(known, leaky, monkeypatch, tmp_path):
    suite, free = (
        written_suite(tmp_path / name, KEY, choices=kind) for name, kind in (("a", ("yes", "no")), ("b", None))
    )
    with monkeypatch.context() as elsewhere:
        elsewhere.delenv("MY_API_KEY")
        elsewhere.delenv("GITHUB_STEP_SUMMARY")
        elsewhere.setenv("HF_HOME", str(tmp_path))
        code, told = run(["run", suite, free, *LEAKY, "--out", tmp_path / "runs"], elsewhere)
        assert code == 0, told
    (one,) = (path for path in (tmp_path / "runs").iterdir() if path.is_dir())
    other = shutil.copytree(one, one.with_name("other"))
    assert leaking(one), "nothing was planted"
    monkeypatch.setenv("HTTPS_PROXY", f"http://me:{TYPED}@proxy:8080")
    for words in reading(one, other):
        code, told = run(words, monkeypatch, terminal=len(words) % 2 == 0)
        assert not leaks(told), (words, told)
        assert "bug in probe" not in told, (words, told)
    assert not leaks(str(read_table(one, "variants", ["text"]).to_pylist()))
    for words in (["explain", one], ["shrink", one, "--flip", "0"], ["mitigate", one]):
        code, told = run(words, monkeypatch)
        assert code == 2 and "$MY_API_KEY" in told and not leaks(told), told
    assert not leaking(known)


@pytest.mark.parametrize(
    "words",
    [
        ["run", "SUITE", "--model", "scripted:coin"],
        ["show", "SUITE"],
        ["plan", "SUITE", "--model", "scripted:coin"],
        ["export", "SUITE", "out"],
        ["search", "worst", "SUITE", "--model", "scripted:coin"],
        ["run", "csv:TABLE", "--prompt", "PROMPT", "--target", "Label", "--model", "scripted:coin"],
    ],
    ids=lambda words: words[0] + words[1][:4],
)
def test_a_suite_that_holds_a_secret_is_refused_before_a_model_sees_it(words, known, monkeypatch, tmp_path):
    suite = written_suite(tmp_path / "told", KEY)
    (tmp_path / "t.csv").write_text(f"Text,Label\ngood film,yes\nbad {KEY},no\n")
    (tmp_path / "p.txt").write_text("Is it good? {Text}")
    names = {"SUITE": suite, "csv:TABLE": f"csv:{tmp_path / 't.csv'}", "PROMPT": tmp_path / "p.txt"}
    code, told = run([names.get(word, word) for word in words], monkeypatch)
    assert code == 2 and "holds a secret ($MY_API_KEY)" in told, told
    assert not leaks(told) and not leaking(known)


def test_a_bar_a_name_and_markdown_are_masked_before_they_are_cut_or_escaped(known, monkeypatch):
    stream = Terminal()
    monkeypatch.setattr("sys.stderr", stream)
    with progress_line() as show:
        show(f"suite [red]{KEY} {TOKEN}", 1, 2, 3)
    assert "suite" in stream.getvalue() and not leaks(stream.getvalue())
    assert not leaks(folder_name("2026", ["s"], f"hf:/srv/{KEY}/m", "id"))
    long = "x" * 100 + KEY + TOKEN
    assert (
        not leaks(markdown_text(long))
        and not leaks(markdown_code(long))
        and not leaks(markdown_code(long, in_table=True))
    )
