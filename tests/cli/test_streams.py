"""Full and closed streams, a machine that runs short, and Python without docstrings: what exits with which code."""

import errno
import io
import json
import os
import signal
import subprocess
import sys

import pytest

from probe.cli import exit_code
from probe.cli.failures import shortage
from probe.cli.streams import LOST, Guarded

GATE = """
import json, os, sys
import probe.api.checks, probe.cli.app, reports.gate_console, pyarrow.parquet  # what a gate loads, once for all cases
CASES = json.loads(sys.argv[1])
def case(words, changes):
    for number, place in changes.items():
        os.close(int(number)) if place is None else os.dup2(os.open(place, os.O_RDWR), int(number))
    for number, name in enumerate(("stdin", "stdout", "stderr")):  # as the interpreter finds them when it begins
        mode = "r" if number == 0 else "w"
        try:
            setattr(sys, name, open(number, mode, closefd=False, encoding="utf-8"))
        except OSError:
            setattr(sys, name, None)
    from probe.cli import main
    sys.argv = ["probe", *words]
    main()
for words, changes in CASES:
    child = os.fork()
    if child == 0:
        code = 99
        try:
            case(words, changes)
        except SystemExit as stop:
            code = stop.code
        finally:
            os._exit(code)
    print("exit", os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""
FULL, PASS, FAIL = "/dev/full", ["--max-flip-rate", "1"], ["--max-flip-rate", "0.001"]
VERDICTS = [
    (PASS, {}, 0),
    (PASS, {1: FULL}, LOST),
    (PASS, {1: FULL, 2: FULL}, LOST),
    (PASS, {1: None}, 0),
    (PASS, {2: None}, 0),
    (PASS, {2: FULL}, 0),
    (PASS, {0: None, 1: None, 2: None}, 0),
    (FAIL, {}, 1),
    (FAIL, {1: FULL}, 1),
    (FAIL, {1: None, 2: None}, 1),
    (["--max-flip-rate", "no"], {2: None}, 2),
    (["--max-flip-rate", "no"], {1: FULL, 2: FULL}, 2),
]


def test_a_verdict_survives_streams_that_cannot_be_written(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert exit_code(["run", "sentiment", "--model", "scripted:coin", "--limit", "12", "--samples", "2"]) == 0
    cases = [(["gate", "latest", *bound], changes) for bound, changes, _ in VERDICTS]
    words = [sys.executable, "-c", GATE, json.dumps(cases)]
    done = subprocess.run(words, capture_output=True, text=True, timeout=120, check=True)
    found = [int(line.split()[1]) for line in done.stdout.splitlines() if line.startswith("exit ")]
    assert found == [code for *_, code in VERDICTS]
    assert "Traceback" not in done.stderr
    assert done.stderr.count("cannot write to stdout: No space left on device") == 2  # a lost pass, a lost failure


@pytest.mark.parametrize(
    ("redirect", "code"),
    [
        (">&-", 0),
        ("2>&-", 0),
        ("<&- >&- 2>&-", 0),
        ("> /dev/full", LOST),
        ("> /dev/full 2>&1", LOST),
        ("2> /dev/full", 0),
    ],
)
def test_the_interpreter_ends_with_the_same_code(redirect, code):
    words = ["sh", "-c", f'"$0" -m probe --version {redirect}', sys.executable]
    done = subprocess.run(words, capture_output=True, text=True, timeout=60)
    assert done.returncode == code
    assert "Traceback" not in done.stderr
    assert "Exception ignored" not in done.stderr


class Device(io.RawIOBase):
    """A raw stream that takes a few bytes at a time, and answers in turn as it is told."""

    def __init__(self, *answers):
        self.answers = list(answers)
        self.taken = b""

    def write(self, data):
        answer = self.answers.pop(0) if self.answers else len(data)
        if isinstance(answer, Exception):
            raise answer
        self.taken += bytes(data[:answer])
        return answer


@pytest.mark.parametrize("handler", ["default_int_handler", "SIG_IGN"])
def test_a_ctrl_c_after_the_end_prints_no_traceback_of_libraries_that_leave(handler):
    script = (
        "import atexit, os, signal, sys; from probe.cli import main; "
        f"signal.signal(signal.SIGINT, signal.{handler}); "
        "atexit.register(lambda: os.kill(os.getpid(), signal.SIGINT)); sys.argv[1:] = ['--version']; main()"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == (-signal.SIGINT if handler == "default_int_handler" else 0)
    assert done.stdout.startswith("probe ") and done.stderr == ""


def test_what_is_written_in_parts_arrives_whole():
    device = Device(1, 2, 3)
    guarded = Guarded(device)
    assert guarded.write(b"abcdefghij") == 10
    assert (device.taken, guarded.lost) == (b"abcdefghij", None)


def test_a_reader_who_has_gone_is_no_error_and_a_full_disk_is_one():
    gone = Guarded(Device(BrokenPipeError(errno.EPIPE, "gone")))
    assert (gone.write(b"abc"), gone.lost) == (3, None)
    full = Guarded(Device(2, OSError(errno.ENOSPC, "full")))
    assert full.write(b"abc") == 3
    assert full.lost is not None
    assert full.lost.errno == errno.ENOSPC


def torch_error():
    return RuntimeError(
        "[enforce fail at alloc_cpu.cpp:127] err == 0. DefaultCPUAllocator: can't allocate memory: 12 bytes"
    )


@pytest.mark.parametrize(
    ("problem", "said"),
    [
        (MemoryError(), "out of memory"),
        (OSError(errno.ENOMEM, "Cannot allocate memory"), "out of memory"),
        (ImportError("libtorch.so: failed to map segment from shared object"), "out of memory"),
        (RuntimeError("std::bad_alloc"), "out of memory"),
        (torch_error(), "out of memory"),
        (RuntimeError("can't start new thread"), "no thread or process"),
        (BlockingIOError(errno.EAGAIN, "Resource temporarily unavailable"), "no thread or process"),
        (OSError(errno.ENOSPC, "No space left on device", "a/b"), "a/b: No space left"),
        (OSError(errno.EMFILE, "Too many open files"), "Too many open files"),
    ],
)
def test_a_machine_that_runs_short_is_said_as_such(problem, said):
    found = shortage(problem)
    assert said in str(found)
    assert len(str(found)) < 400
    assert found.hint
    assert found.exit_code == 3


def test_a_name_that_the_file_system_refuses_is_a_mistake_in_what_was_typed():
    found = shortage(OSError(errno.ENAMETOOLONG, "File name too long", "x" * 5000))
    assert "File name too long" in str(found)
    assert len(str(found)) < 400
    assert found.exit_code == 2


@pytest.mark.parametrize(
    "problem", [ValueError("memory"), KeyError("a"), RuntimeError("shape"), FileNotFoundError(2, "no")]
)
def test_a_bug_stays_a_bug(problem):
    assert shortage(problem) is None


def test_memory_that_runs_short_within_another_error_is_found():
    try:
        try:
            raise MemoryError("12 GB")
        except MemoryError:
            raise KeyError("a")  # noqa: B904  as code does that tidies up
    except KeyError as problem:
        assert "12 GB" in str(shortage(problem))


@pytest.mark.parametrize("raised", [EOFError("cut"), BrokenPipeError(errno.EPIPE, "pipe")])
def test_what_typer_hides_does_not_read_as_a_failed_gate(monkeypatch, capsys, raised):
    import probe.api.session

    def broken(*_, **__):
        raise raised

    monkeypatch.setattr(probe.api.session.Session, "suites", broken)
    assert exit_code(["plan", "facts"]) == 3


def test_help_and_lists_are_the_same_without_docstrings():
    words = ["--help"], ["gate", "--help"], *(["list", kind] for kind in ("perturbations", "metrics", "mitigations"))
    program = f"from probe.cli import exit_code; print([exit_code(one) for one in {words!r}])"
    said = [
        subprocess.run(
            [sys.executable, "-c", program],
            capture_output=True,
            text=True,
            timeout=60,
            env={**os.environ, "PYTHONOPTIMIZE": level},
        )
        for level in ("", "2")
    ]
    assert said[0].stdout == said[1].stdout
    assert "Judge a run by a baseline or by bounds." in said[1].stdout
    assert not said[1].stderr
