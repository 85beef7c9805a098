"""Runs of scripted models, made once for all tests of the gate."""

import contextlib
import io
import sys
from pathlib import Path

import pytest

from probe.cli import exit_code

sys.path.insert(0, str(Path(__file__).parent))
RUNS = {
    "coin": ["sentiment", "--limit", "30", "--model", "scripted:coin"],
    "stubborn": ["sentiment", "--limit", "30", "--model", "scripted:stubborn-coin"],
    "other-seed": ["sentiment", "--limit", "30", "--model", "scripted:coin", "--seed", "1"],
    "more-draws": ["sentiment", "--limit", "30", "--model", "scripted:coin", "--samples", "3"],
    "fewer-items": ["sentiment", "--limit", "20", "--model", "scripted:coin"],
    "fewer-families": ["sentiment", "--limit", "30", "--model", "scripted:coin", "--perturb", "typos"],
    "no-variants": ["sentiment", "--limit", "30", "--model", "scripted:coin", "--perturb", "null"],
    "two-suites": ["sentiment", "facts", "--limit", "30", "--model", "scripted:coin"],
    "facts": ["facts", "--limit", "30", "--model", "scripted:coin"],
}


@pytest.fixture(scope="session")
def runs(tmp_path_factory):
    """Return a function from a name above to the folder of that run."""
    place = tmp_path_factory.mktemp("gated")
    made = {}

    def run(name):
        if name not in made:
            out = place / name
            args = ["run", *RUNS[name], "--out", str(out), "--no-cache"]
            args += [] if "--samples" in args else ["--samples", "2"]
            with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
                assert exit_code(args) == 0
            (made[name],) = (path for path in out.iterdir() if path.is_dir())
        return made[name]

    return run
