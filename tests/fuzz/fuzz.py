"""Damaged files and odd flags, in the thousands: no traceback, documented exit codes alone, and an end in time.

    python tests/fuzz/fuzz.py --cases 5000 --seed 1          what fails, and a line of counts

A case copies a small workplace (a suite, tables, a project's file, a baseline, a run), damages one of its files and runs a
command that reads it, or runs a command with odd values of its flags. Its seed makes it again: --only 1234.
"""

from __future__ import annotations

import argparse
import contextlib
import faulthandler
import io
import json
import os
import random
import resource
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

SECONDS = 10
"""A case that takes longer hangs."""
MODEL = ["--model", "scripted:coin"]
SMALL = [*MODEL, "--limit", "3", "--samples", "1", "--no-noise-floor", "--no-cache", "--perturb"]
RUN = ["run", "mine", *SMALL, "typos,contrast,order"]
TABLE = ["--prompt", "prompt.txt", *SMALL, "typos"]
READERS: dict[str, list[list[str]]] = {
    "mine/suite.toml": [
        RUN,
        ["plan", "mine", *MODEL],
        ["show", "mine", "--limit", "1"],
        ["export", "mine", "--out", "tasks"],
    ],
    "mine/items.jsonl": [RUN, ["plan", "mine", *MODEL], ["show", "mine", "--limit", "1"]],
    "mine/train.jsonl": [[*RUN, "--num-fewshot", "1"]],
    "mine/paraphrases.txt": [["run", "mine", *SMALL, "paraphrase"]],
    "templated/suite.toml": [["run", "templated", *SMALL, "typos"]],
    "templated/prompt.txt": [["run", "templated", *SMALL, "typos"], ["show", "templated", "--limit", "1"]],
    "table.csv": [
        ["run", "csv:table.csv", *TABLE],
        ["init", "--data", "table.csv", "--prompt", "prompt.txt", "--out", "made"],
    ],
    "table.tsv": [["run", "tsv:table.tsv", *TABLE]],
    "table.jsonl": [["run", "jsonl:table.jsonl", *TABLE], ["init", "--data", "table.jsonl", "--prompt", "prompt.txt"]],
    "table.parquet": [
        ["run", "parquet:table.parquet", *TABLE],
        ["init", "--data", "table.parquet", "--prompt", "prompt.txt"],
    ],
    "prompt.txt": [["run", "csv:table.csv", *TABLE], ["init", "--data", "table.csv", "--prompt", "prompt.txt"]],
    "ways.txt": [["run", "mine", "--paraphrases", "ways.txt", *SMALL, "paraphrase"]],
    "ways.jsonl": [["run", "mine", "--paraphrases", "ways.jsonl", *SMALL, "paraphrase"]],
    "ways.csv": [["run", "mine", "--paraphrases", "ways.csv", *SMALL, "paraphrase"]],
    "prompts.csv": [["run", "promptsets:prompts.csv:mine", *SMALL, "paraphrase"]],
    "reviews.jsonl": [[*RUN, "--reviews", "reviews.jsonl"], ["review", "mine", "--limit", "1"]],
    "probe.toml": [["plan", "--limit", "2", *MODEL], ["gate", "runs/one"]],
    "baseline.json": [["gate", "runs/one", "--baseline", "baseline.json"]],
    "bbh/navigate.json": [["run", "bbh:bbh", *SMALL, "typos"]],
    "ni/task1.json": [["run", "ni:ni:task1", *SMALL, "typos"]],
    "contrast.json": [["run", "contrast:boolq:contrast.json", *SMALL, "typos"]],
    "samples_mine_1.jsonl": [["import", "samples_mine_1.jsonl", "--out", "imported"]],
}
FOLDER = ["manifest.json", "summary.json", "scores.parquet", "variants.parquet", "dropped.parquet", "requests.parquet"]
OF_RUN = [
    ["report", "runs/one", "-o", "page.html"],
    ["report", "runs/one", "-o", "f.md", "-o", "f.csv", "-o", "f.xml", "-o", "f.sarif"],
    ["gate", "runs/one", "--max-flip-rate", "0.5"],
    ["gate", "runs/one", "--baseline", "baseline.json"],
    ["bless", "runs/one"],
    ["compare", "runs/one", "runs/two"],
    ["history", "runs"],
    ["shrink", "runs/one"],
    ["mitigate", "runs/one", *MODEL],
    ["report", "latest"],
    ["report", "runs"],
]
for _name in FOLDER:
    READERS[f"runs/one/{_name}"] = OF_RUN

ODD_VALUES = [
    "null",
    "true",
    "false",
    "-1",
    "0",
    "1.5",
    "1e999",
    "NaN",
    "-Infinity",
    "[]",
    "{}",
    "[1]",
    '""',
    '"x"',
    '"\\ud800"',
    '"\\u0000"',
    '"\\u202e"',
    "9" * 400,
    "9" * 5000,
    "[" * 90 + "]" * 90,
    "[" * 30_000,
    '"' + "a" * 70_000 + '"',
    "1979-05-27",
    "{}{}",
    "'",
    '"',
    '{"a": {"b": [null]}}',
    '"{x}"',
    '"{{"',
    '"{0.__class__}"',
    "inf",
    "0x" + "f" * 5000,
    "=",
    "-9223372036854775809",
    '"id"',
]
ODD_BYTES = [
    b"\0",
    b"\xff",
    b"\xff\xfe",
    b"\xef\xbb\xbf",
    b"\r",
    b"\n\n",
    b"\xed\xa0\x80",
    b"\xe2\x80\xae",
    b"\xf0\x9f\x98\x80",
    b'"',
    b"\\",
    b"{",
    b"}",
    b"{}",
    b"{choices}",
    b",",
    b";",
    b"\t",
    b"PAR1",
    b"\x1b[2J",
    b"\xc2\x85",
    b"\xe2\x80\xa8",
    b"a" * 2000,
    b"\x1c",
]
ODD_FLAGS = [
    "",
    "0",
    "-1",
    "1",
    "2",
    "nan",
    "inf",
    "1e400",
    "9" * 5000,
    "a",
    ",",
    ",,",
    "a,b",
    "facts",
    "mine",
    "./mine",
    "/",
    ".",
    "..",
    "~",
    "~nobody",
    "/dev/null",
    "/dev/zero",
    "/dev/full",
    "loop",
    "pipe",
    "probe.toml",
    "table.csv",
    "runs",
    "runs/one",
    "latest",
    "a" * 300,
    "a/" * 3000,
    "\udc80",
    "\x1b[2J",
    "\u202e",
    "\u0663",
    "{",
    "{x}",
    "{{}}",
    "%s",
    "x=1",
    "=",
    "typos",
    "typos@nan",
    "typos@9" + "9" * 400,
    "order-shift+typo-swap",
    "+",
    "@",
    "typo-swap/0",
    "typo-swap/-1",
    "a/b/c/0",
    "csv:table.csv",
    "csv:",
    "hf:",
    "hf:.",
    "hf:./mine",
    "bbh:",
    "ni:bbh",
    "lmeval",
    "scripted:coin",
    "scripted:",
    "pocket",
    "openai:x@y",
    "hf:a\0b",
    "cpu",
    "cuda:99",
    "float32",
    "auto",
    "all",
    "yes,no",
    '"a',
    "a\nb",
    "-",
    "--",
    "page.html",
    "x.json",
    "x.csv",
    "x.parquet",
    "x.nothing",
    "[]",
    "null",
    "true",
    "1,2",
    "0.5",
    "yes=0.5,no=0.5",
]
COMMANDS = [
    "run",
    "plan",
    "show",
    "export",
    "gate",
    "bless",
    "compare",
    "history",
    "report",
    "init",
    "import",
    "mitigate",
    "search",
    "shrink",
    "list",
    "new",
    "attribute",
    "review",
    "doctor",
]
SLOW = ("explain", "repair", "selftest")
"""Commands that load torch; their flags are parsed in tests/cli/test_bounds.py."""


@dataclass(frozen=True)
class Outcome:
    """What a case did."""

    number: int
    what: str
    words: tuple[str, ...]
    code: int
    said: str
    seconds: float

    @property
    def problem(self) -> str:
        """Return what must not be; empty if nothing is."""
        from probe.errors import EXIT_CODES

        if "Traceback" in self.said or "bug in probe" in self.said:
            return next(
                (line for line in reversed(self.said.splitlines()) if line and "bug in probe" not in line),
                "a traceback",
            )
        if self.code not in EXIT_CODES:
            return f"exit code {self.code}"
        if self.code == 1 and self.words[0] not in ("gate", "mitigate"):
            return f"exit code 1 of {self.words[0]}"
        return f"took {self.seconds:.0f} s" if self.seconds >= SECONDS else ""


class Hangs(BaseException):
    """A case that takes too long; nothing catches it."""


def make_workplace(folder: Path) -> Path:
    """Fill a folder with everything that cases damage."""
    from probe.cli import exit_code

    mine, templated = folder / "mine", folder / "templated"
    for one in (mine, templated, folder / "bbh", folder / "ni"):
        one.mkdir(parents=True)
    (mine / "suite.toml").write_text(
        'name = "mine"\nversion = "1"\ninstruction = "Say whether it is good."\nfields = ["Review"]\nanswer_field = "Mood"\n'
        'choices = ["yes", "no"]\nlist_choices = true\n\n[generation]\nmax_new_tokens = 8\n'
    )
    texts = [
        "A joy from start to end.",
        "Two hours lost.",
        "Warm and funny.",
        "Dull and long.",
        "I laughed, and cried.",
        "Never again!",
    ]
    rows = [
        {"id": f"r{n}", "fields": {"Review": text}, "target": "yes" if n % 2 == 0 else "no"}
        for n, text in enumerate(texts)
    ]
    rows[0]["contrast"] = [{"fields": {"Review": "A pain from start to end."}, "target": "no"}]
    (mine / "items.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows[:4]))
    (mine / "train.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows[4:]))
    (mine / "paraphrases.txt").write_text("Is it good?\nDecide whether it is good.\n")
    (templated / "suite.toml").write_text(
        'name = "templated"\nversion = "1"\ntemplate = "prompt.txt"\nfields = ["Review"]\n'
    )
    (templated / "prompt.txt").write_text("Is this good?\n{Review}\nMood:")
    (templated / "items.jsonl").write_text((mine / "items.jsonl").read_text().splitlines()[1] + "\n")
    _tables(folder, texts)
    (folder / "prompt.txt").write_text("Say whether it is good.\nReview: {text}\nMood:")
    (folder / "ways.txt").write_text("Is it good?\n# no\nDecide whether it is good.\n")
    (folder / "ways.jsonl").write_text('{"instruction": "Is it good?", "suite": "mine"}\n"Decide."\n')
    (folder / "ways.csv").write_text('suite,instruction\nmine,Is it good?\nmine,"Decide, please."\n')
    (folder / "prompts.csv").write_text('template,correct\n"Is {x} good?",1\nIs it? {x},1\n')
    (folder / "reviews.jsonl").write_text('{"key": "00", "decision": "accept"}\n')
    (folder / "probe.toml").write_text(
        'suites = ["mine"]\nmodel = "scripted:coin"\nlimit = 3\nsamples = 1\nseed = 3\n\n[gate]\nmax-flip-rate = 0.9\n\n'
        "[gate.suite.mine]\nmin-accuracy = 0.0\n"
    )
    entry = {"input": "Turn left. Do you return?\nOptions:\n- Yes\n- No", "target": "Yes"}
    (folder / "bbh" / "navigate.json").write_text(
        json.dumps({"examples": [entry, entry | {"target": "No", "input": entry["input"] + " "}]})
    )
    task = {
        "Definition": ["Say yes or no."],
        "Instances": [{"id": "1", "input": "a", "output": ["yes"]}, {"id": "2", "input": "b", "output": ["no"]}],
    }
    (folder / "ni" / "task1.json").write_text(
        json.dumps(task | {"Categories": ["x"], "Positive Examples": [], "Negative Examples": []})
    )
    contrast = {
        "data": [{"paragraph": "It rains.", "question": "does it rain", "answer": "TRUE", "perturbed_questions": []}]
    }
    (folder / "contrast.json").write_text(json.dumps(contrast))
    sample = {
        "doc_id": 0,
        "doc": {"q": "a"},
        "target": "0",
        "arguments": [["a", " x"], ["a", " y"]],
        "resps": [[[-1.0, False]], [[-2.0, False]]],
        "filtered_resps": [[-1.0, False], [-2.0, False]],
        "acc": 1.0,
    }
    (folder / "samples_mine_1.jsonl").write_text(json.dumps(sample) + "\n")
    with _inside(folder):
        for name in ("one", "two"):
            code, said = _said([*RUN, "--out", "made"])
            assert code == 0, said
            (run,) = (path for path in Path("made").iterdir() if path.is_dir())
            Path("runs").mkdir(exist_ok=True)
            run.rename(Path("runs") / name)
            shutil.rmtree("made")
        code, said = _said(["bless", "runs/two", "-o", "baseline.json"])
        assert code == 0, said
    assert callable(exit_code)
    return folder


def _tables(folder: Path, texts: list[str]) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    rows = [{"text": text, "label": "yes" if n % 2 == 0 else "no", "n": n} for n, text in enumerate(texts)]
    for delimiter, name in ((",", "table.csv"), ("\t", "table.tsv")):
        lines = [
            delimiter.join(("text", "label", "n")),
            *(delimiter.join((f'"{row["text"]}"', str(row["label"]), str(row["n"]))) for row in rows),
        ]
        (folder / name).write_text("\n".join(lines) + "\n")
    (folder / "table.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    pq.write_table(pa.Table.from_pylist(rows), folder / "table.parquet")


def damaged(data: bytes, rng: random.Random) -> tuple[str, bytes]:
    """Return the name of a damage, and bytes with it."""
    kind = rng.choice(
        [
            "flip",
            "cut",
            "drop",
            "double",
            "insert",
            "value",
            "value",
            "value",
            "key",
            "key",
            "empty",
            "shuffle",
            "insert-many",
        ]
    )
    at = rng.randrange(len(data) + 1)
    if kind == "flip":
        changed = bytearray(data)
        for _ in range(rng.choice([1, 1, 3, 30])):
            changed[rng.randrange(len(changed))] = rng.randrange(256)
        return kind, bytes(changed)
    if kind == "cut":
        return kind, data[:at]
    if kind == "drop":
        return kind, data[:at] + data[at + rng.choice([1, 3, 20, 200]) :]
    if kind == "double":
        return kind, data[:at] + data[at : at + rng.choice([1, 20, 400])] * rng.choice([2, 50]) + data[at:]
    if kind in ("insert", "insert-many"):
        piece = rng.choice(ODD_BYTES) * (200 if kind == "insert-many" else 1)
        return kind, data[:at] + piece + data[at:]
    if kind in ("value", "key"):
        return kind, _value_changed(data, rng, is_key=kind == "key")
    if kind == "shuffle":
        lines = data.split(b"\n")
        rng.shuffle(lines)
        return kind, b"\n".join(lines)
    return kind, b""


def _value_changed(data: bytes, rng: random.Random, *, is_key: bool) -> bytes:
    """Return data in which one value, by its look in JSON, TOML or CSV, is another one, or one key has another name."""
    import re

    text = data.decode("utf-8", "surrogateescape")
    pattern = (
        r'"[^"\n]*"(?=\s*:)|^[\w-]+(?=\s*=)'
        if is_key
        else r'(?<=[:=,\[])\s*("[^"\n]*"|[-\w.]+|\[\]|\{\})(?=[\s,\]}]|$)'
    )
    places = list(re.finditer(pattern, text, re.MULTILINE))
    if not places:
        return rng.choice(ODD_VALUES).encode()
    place = rng.choice(places)
    new = rng.choice(['"other"', "other", '"id"', '"\\u0000"']) if is_key else rng.choice(ODD_VALUES)
    return (text[: place.start()] + new + text[place.end() :]).encode("utf-8", "surrogateescape")


def replaced(path: Path, rng: random.Random) -> str:
    """Put another kind of thing in the place of a file; return which."""
    kind = rng.choice(["folder", "loop", "pipe", "zero", "null", "memory", "dangling", "absent", "full", "parent"])
    path.unlink()
    targets = {
        "loop": path.name,
        "zero": "/dev/zero",
        "null": "/dev/null",
        "memory": "/proc/self/mem",
        "dangling": "nowhere",
        "full": "/dev/full",
        "parent": "..",
    }
    if kind == "folder":
        path.mkdir()
    elif kind == "pipe":
        os.mkfifo(path)
    elif kind in targets:
        path.symlink_to(targets[kind])
    return kind


def flags_of(rng: random.Random) -> list[str]:
    """Return a command with odd values of its flags and arguments."""
    import typer.main

    from probe.cli.app import app

    name = rng.choice(COMMANDS)
    command = typer.main.get_command(app).commands[name]  # type: ignore[attr-defined]
    words = [name]
    options = [one for one in command.params if one.param_type_name == "option"]
    for one in rng.sample(options, min(len(options), rng.choice([1, 1, 2, 4]))):
        words.append(rng.choice([*one.opts, *one.secondary_opts]))
        if not one.is_flag:
            words.append(rng.choice(ODD_FLAGS))
    names = {flag for one in options for flag in one.opts}
    words += ["--limit", "2"] if "--limit" in names and "--limit" not in words else []
    words += MODEL if "--model" in names and not {"--model", "-m"} & set(words) and name != "mitigate" else []
    for one in (one for one in command.params if one.param_type_name == "argument"):
        words.append(rng.choice([*ODD_FLAGS, "mine", "mine", "runs/one", "runs/one", "worst", "perturbations"]))
        if one.nargs == -1 and rng.random() < 0.3:
            words.append(rng.choice(["runs/two", *ODD_FLAGS]))
    return words


def run_case(number: int, seed: int, workplace: Path, *, only: str = "") -> Outcome:
    """Make a case by its number and run it in a copy of the workplace."""
    rng = random.Random(f"{seed}/{number}")
    with tempfile.TemporaryDirectory(prefix="fuzz") as place:
        copy = Path(shutil.copytree(workplace, Path(place) / "work"))
        if rng.random() < 0.35 and not only:
            (copy / "loop").symlink_to("loop")
            os.mkfifo(copy / "pipe")
            what, words = "flags", flags_of(rng)
        else:
            name = rng.choice([one for one in READERS if only in one])
            path = copy / name
            if rng.random() < 0.2:
                what = f"{name}: {replaced(path, rng)}"
            else:
                kind, data = damaged(path.read_bytes(), rng)
                path.write_bytes(data)
                what = f"{name}: {kind}"
            words = rng.choice(READERS[name])
        with _inside(copy):
            started = time.monotonic()
            code, said = _said(words)
            return Outcome(number, what, tuple(words), code, said, time.monotonic() - started)


@contextlib.contextmanager
def _inside(folder: Path) -> Iterator[None]:
    before = Path.cwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)


def _said(words: list[str]) -> tuple[int, str]:
    """Run the command line here, and return its exit code and all that it wrote; 124 where it hangs."""
    from probe.cli import exit_code

    def stop(*_: object) -> None:
        raise Hangs

    said = io.TextIOWrapper(io.BytesIO(), encoding="utf-8", errors="strict", write_through=True)
    before = signal.signal(signal.SIGALRM, stop), sys.stdin
    sys.stdin = io.StringIO("q\n")
    signal.alarm(SECONDS)
    faulthandler.dump_traceback_later(2 * SECONDS, exit=True, file=sys.__stderr__)  # waits where no signal reaches
    try:
        with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
            code = exit_code(words)
    except Hangs:
        code = 124
    finally:
        signal.alarm(0)
        faulthandler.cancel_dump_traceback_later()
        signal.signal(signal.SIGALRM, before[0])
        sys.stdin = before[1]
    return code, said.buffer.getvalue().decode("utf-8", "replace")  # type: ignore[attr-defined]


def main() -> None:
    """Run cases, and print those that fail, a kind of failure once."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--cases", type=int, default=2000)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--of", default="", help="only damage files with this in their name")
    parser.add_argument("--seconds", type=float, default=1e9, help="stop after this time")
    parser.add_argument("--verbose", action="store_true")
    asked = parser.parse_args()
    resource.setrlimit(resource.RLIMIT_AS, (8 << 30, 8 << 30))
    codes: Counter[int] = Counter()
    failed: dict[str, list[Outcome]] = {}
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="fuzz") as place:
        workplace = make_workplace(Path(place) / "work")
        for number in range(asked.first, asked.first + asked.cases):
            outcome = run_case(number, asked.seed, workplace, only=asked.of)
            codes[outcome.code] += 1
            if asked.verbose:
                print(outcome.number, outcome.what, outcome.words, outcome.code, round(outcome.seconds, 2), flush=True)
            if outcome.problem:
                failed.setdefault(outcome.problem[:90], []).append(outcome)
            if time.monotonic() - started > asked.seconds:
                break
    for problem, outcomes in sorted(failed.items(), key=lambda one: -len(one[1])):
        first = outcomes[0]
        print(f"{len(outcomes):4} {problem!r}\n     case {first.number}: {first.what}: {' '.join(first.words)[:200]!r}")
        print(
            "\n".join("       " + line for line in first.said.splitlines() if "/probe/" in line or "/reports/" in line)[
                -700:
            ]
        )
    shown = ", ".join(f"{code}: {num}" for code, num in sorted(codes.items()))
    took, bad = time.monotonic() - started, sum(map(len, failed.values()))
    print(f"{sum(codes.values())} cases in {took:.0f} s; exit codes {shown}; failed {bad}")
    sys.exit(bool(failed))


if __name__ == "__main__":
    main()
