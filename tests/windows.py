"""A pytest plugin that lets tests run under rules of Windows: `pytest -p windows tests/...`.

    names        no < > : " | ? * \\, no control characters, no CON or NUL, no blank or dot at the end, at most 200
                 characters below the test's folder, no two that differ in upper and lower case only: OSError where made
    open files   a file that this process has open is neither replaced nor removed: PermissionError
    encoding     text that is read or written without one is an error
    modules      fcntl, resource, pwd and grp are not there, nor os.fork, SIGHUP, SIGKILL and SIGSTOP

Not simulated: drives and backslashes (tests/files/test_names.py), locks between processes and of SQLite.
"""

import errno
import os
import re
import signal
import sys
import tempfile
from pathlib import PurePath

import filelock  # noqa: F401  has locks of Windows there, which it does not look for here
import pytest

RESERVED = re.compile(r"(?i)(con|prn|aux|nul|com\d|lpt\d)(\.|$)")
LONGEST = 200
ABSENT = ("fcntl", "resource", "pwd", "grp")
PLACE = os.path.realpath(tempfile.gettempdir())
is_on = False


def _look(event, args):
    if (event == "open" and isinstance(args[0], str) and args[2] & (os.O_CREAT | os.O_TRUNC)) or event == "os.mkdir":
        _check_made(args[0])
    elif event == "os.rename":
        _check_made(args[1])
        _check_closed(args[0])
        _check_closed(args[1])
    elif event == "os.remove":
        _check_closed(args[0])


def fault_of_name(name):
    """Return what Windows has against the name of a file; empty for nothing."""
    if re.search(r'[<>:"|?*\\\x00-\x1f]', name):
        return "a character that no name may hold"
    if RESERVED.match(name):
        return "the name of a device"
    return "a blank or a dot at the end" if name != name.rstrip(" .") else ""


def _below(path):
    """Return a path below the folder of a test; None for one elsewhere."""
    parts = PurePath(os.path.abspath(os.fsdecode(path))).relative_to(PLACE).parts
    tests = [place for place, part in enumerate(parts) if re.fullmatch(r"pytest-\d+", part)]
    return parts[tests[0] + 2 :] if tests else None


def _check_made(path):
    try:
        inner = _below(path)
    except (ValueError, TypeError):
        return
    for name in inner or ():
        if fault := fault_of_name(name):
            raise OSError(errno.EINVAL, f"Windows: {fault}", path)
    if inner and len("/".join(inner)) > LONGEST:
        raise OSError(errno.ENAMETOOLONG, "Windows: the path is too long", path)
    folder, name = os.path.split(os.path.abspath(os.fsdecode(path)))
    if inner and os.path.isdir(folder):
        with os.scandir(folder) as entries:
            if any(one.name != name and one.name.casefold() == name.casefold() for one in entries):
                raise OSError(errno.EEXIST, "Windows: a file of that name in other letters is there", path)


def _check_closed(path):
    path = os.path.abspath(os.fsdecode(path))
    for number in os.listdir("/proc/self/fd"):
        try:
            held = os.readlink(f"/proc/self/fd/{number}")
        except OSError:
            continue
        if held == path and os.path.isfile(path):
            raise PermissionError(errno.EACCES, "Windows: the file is open", path)


def _hook(event, args):
    global is_on
    if not is_on or event not in ("open", "os.mkdir", "os.rename", "os.remove"):
        return
    is_on = False  # what is looked up here is no event of its own
    try:
        _look(event, args)
    finally:
        is_on = True


def pytest_configure(config):
    for line in ("ignore::EncodingWarning", "error::EncodingWarning:(probe|reports)"):  # the later one comes first
        config.addinivalue_line("filterwarnings", line)
    sys.addaudithook(_hook)


@pytest.fixture(autouse=True)
def under_windows(monkeypatch):
    """Switch the rules on for one test."""
    global is_on
    for name in ABSENT:
        monkeypatch.setitem(sys.modules, name, None)
    for owner, names in ((os, ("fork",)), (signal, ("SIGHUP", "SIGKILL", "SIGSTOP"))):
        for name in names:
            monkeypatch.delattr(owner, name)
    is_on = True
    yield
    is_on = False
