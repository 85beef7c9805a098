"""Hostile ids, texts, names, folders and flags, given to every command: nothing of them acts on the terminal."""

import io
import json
import re
import shutil
import unicodedata

import pytest

import probe.api.pytest_plugin as plugin
import probe.cli.app  # noqa: F401  registers the commands
from probe.api.session import NotRobust
from probe.cli import exit_code
from probe.cli.command import commands

EVIL = (
    "a\x1b[8mhid\x1b[0m\x1b]8;;http://x\x07l\x1b]52;c;eA==\x07\x9b2J\x9d0;t\x9c\x7f\x08\x0b\r\x00"
    "\u202e\u2066\u200e\u061c\u200b\u2028\U000e0041\u3164[red]{x} \u05d0\u0628 =1+1|<b>`_*"
)
FORGED = "FORGED: all passed"
LINES = f"{EVIL}\n{FORGED}\n::error ::{FORGED}"
ITEMS = [
    {
        "id": f"item {n} {LINES}",
        "fields": {"Text": f"Good film number {n}. {LINES}"},
        "target": f"yes{EVIL}" if n % 2 else f"no{EVIL}",
    }
    for n in range(4)
]


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A folder with a hostile suite, table, prompt set, run, foreign run, baseline and repair."""
    folder = tmp_path_factory.mktemp("hostile")
    suite = folder / "evil"
    suite.mkdir()
    d, y, n = (
        json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f") for text in (LINES, "yes" + EVIL, "no" + EVIL)
    )
    (suite / "suite.toml").write_text(
        f'name = "evil"\nversion = "1"\ndescription = {d}\ninstruction = "Good?"\nfields = ["Text"]\nchoices = [{y}, {n}]\n',
        encoding="utf-8",
    )
    (suite / "items.jsonl").write_text("".join(json.dumps(one) + "\n" for one in ITEMS), encoding="utf-8")
    return folder


def unseen(text):
    """Return the characters of a text that act on a terminal or are not seen there."""
    return {hex(ord(c)) for c in text if c != "\n" and unicodedata.category(c) in ("Cc", "Cf", "Cs", "Zl", "Zp")} | (
        {"filler"} if "\u3164" in text else set()
    )


# A line for each command; {run} is a hostile run, {foreign} its folder with hostile keys and names.
RUN = [
    "run",
    "evil",
    "--model",
    "scripted:coin",
    "--samples",
    "1",
    "--perturb",
    "typo-keyboard,order-shift",
    "--no-cache",
]
LINES_OF = {
    "run": [
        [*RUN, "--out", "other"],
        [*RUN, "--out", "other", "--json"],
        ["run", EVIL],
        ["run", "evil", "--model", EVIL],
    ],
    "show": [
        ["show", "evil"],
        ["show", "evil", "--full", "--checks"],
        ["show", "evil", EVIL],
        ["show", "evil", ITEMS[0]["id"]],
    ],
    "plan": [["plan", "evil", "--model", "scripted:coin"], ["plan", LINES]],
    "report": [
        ["report", "{run}"],
        ["report", "{run}", "--markdown"],
        ["report", "{run}", "--json"],
        ["report", "{foreign}"],
        ["report", LINES],
    ],
    "compare": [["compare", "{run}", "{foreign}"], ["compare", "{run}", "{run}", "--json"]],
    "gate": [
        ["gate", "{run}", "--max-flip-rate", "0.1"],
        ["gate", "{run}", "--baseline", "b.json"],
        ["gate", "{foreign}", "--max-flip-rate", "0.1"],
    ],
    "bless": [
        ["bless", "{run}", "-o", "b.json"],
        ["bless", "{foreign}", "-o", "c.json"],
        ["bless", "{run}", "-o", LINES],
    ],
    "history": [["history", "{runs}"], ["history", "{runs}", "--json"], ["history", LINES]],
    "explain": [["explain", "{run}"], ["explain", "{foreign}"]],
    "shrink": [["shrink", "{run}", "--flip", "0"], ["shrink", "{run}", "--flip", LINES]],
    "search": [["search", "evil", "--model", "scripted:coin", "--limit", "2"], ["search", LINES]],
    "attribute": [["attribute", "evil", "--model", "scripted:coin", "--limit", "2"], ["attribute", LINES]],
    "mitigate": [["mitigate", "{run}"], ["mitigate", LINES]],
    "repair": [["repair", LINES], ["repair", "evil", "--model", LINES]],
    "review": [["review", "{run}"], ["review", "evil"], ["review", LINES]],
    "export": [["export", "evil", "exported"], ["export", LINES, "exported2"]],
    "import": [["import", "samples.jsonl", "-o", "imported"], ["import", LINES, "-o", "imported"]],
    "init": [["init", LINES], ["init", "new", "--choices", LINES]],
    "new": [["new", "perturbation", LINES], ["new", LINES, "x"]],
    "list": [["list", "suites"], ["list", LINES]],
    "doctor": [["doctor"]],
    "selftest": [["selftest", "--" + LINES]],
}
"""What is typed of each command. A new command has to be added, or the test below fails."""


@pytest.fixture(scope="module")
def folders(place):
    """The hostile run, and one that came from elsewhere with hostile names in its manifest and summary."""
    (place / "samples.jsonl").write_text(json.dumps({"doc_id": LINES, "doc": {LINES: LINES}, "target": LINES}) + "\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(place)
        assert exit_code([*RUN, "--out", "runs"]) == 0
    (run,) = (place / "runs").glob("2*")
    foreign = place / "runs" / "foreign"
    shutil.copytree(run, foreign)
    for name in ("manifest.json", "summary.json"):
        value = json.loads((foreign / name).read_text(encoding="utf-8"))
        (foreign / name).write_text(json.dumps(_poisoned(value)), encoding="utf-8")
    return {"run": str(run), "foreign": str(foreign), "runs": str(place / "runs")}


def _poisoned(value, key=""):
    """Return a value of JSON with hostile texts where names and sentences stand."""
    if isinstance(value, dict):
        return {name: _poisoned(one, name) for name, one in value.items()}
    if isinstance(value, list):
        return [_poisoned(one, key) for one in value]
    return (
        value + LINES
        if isinstance(value, str) and key in ("model", "verdict", "name", "command", "warnings", "reason")
        else value
    )


def test_every_command_is_given_hostile_texts():
    assert set(LINES_OF) == set(commands)


@pytest.mark.parametrize(
    "words", [words for lines in LINES_OF.values() for words in lines], ids=lambda words: ascii(" ".join(words))[:40]
)
def test_nothing_of_a_hostile_text_acts_on_the_terminal(words, place, folders, monkeypatch, capsys):
    monkeypatch.chdir(place)
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.delenv("GITHUB_STEP_SUMMARY", raising=False)
    monkeypatch.setattr("sys.stdin", io.StringIO("u\nq\n"))
    code = exit_code([word.format(**folders) if word.startswith("{") else word for word in words])
    printed = capsys.readouterr()
    kept = "\u200b" if "--markdown" in words else ""
    assert not unseen(printed.out.replace(kept, "") if kept else printed.out), printed.out
    assert not unseen(printed.err), printed.err
    assert not re.search(r"^\s*::", printed.out + printed.err, re.MULTILINE)
    assert not re.search(f"^{FORGED}", printed.out + printed.err, re.MULTILINE), printed.out + printed.err
    assert code in (0, 1, 2, 3, 4, 5)
    assert "this is a bug" not in printed.err, printed.err
    if "--json" in words and code == 0:
        json.loads(printed.out)


def test_nothing_of_a_hostile_text_acts_in_what_the_pytest_plugin_prints(
    place, folders, pytestconfig, monkeypatch, tmp_path
):
    monkeypatch.setenv("MY_API_KEY", "sk-Planted-1")
    told = plugin._gate(pytestconfig, pytest.mark.probe_robust(suite=f"x{LINES} sk-Planted-1").mark)
    pytestconfig.stash[plugin.KEY].given["cache"] = False
    run = pytestconfig.stash[plugin.KEY].run(
        str(place / "evil"), model="scripted:coin", limit=4, samples=1, out=tmp_path
    )
    with pytest.raises(NotRobust) as failed:
        pytestconfig.stash[plugin.KEY].check(run, min_accuracy=1.0)
    del pytestconfig.stash[plugin.KEY]
    for text in (told, str(failed.value)):
        assert text and not unseen(text) and "sk-Planted" not in text
        assert not re.search(f"^(::|{FORGED})", text, re.MULTILINE), text
