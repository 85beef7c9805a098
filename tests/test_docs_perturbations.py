"""The page on perturbations: its example runs as it stands."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

PAGE = (Path(__file__).parents[1] / "docs" / "perturbations.md").read_text(encoding="utf-8")


@pytest.mark.slow
def test_the_function_of_ones_own_runs_as_it_is_printed(tmp_path):
    (code,) = re.findall(r"```python\n# mine\.py\n(.*?)```", PAGE, re.DOTALL)
    assert len(code.strip().splitlines()) <= 10
    (tmp_path / "mine.py").write_text(code)
    commands = re.findall(r"^probe (show sentiment --perturb \./mine\.py:announce)$", PAGE, re.MULTILINE)
    assert commands
    done = subprocess.run(
        [sys.executable, "-m", "probe", *commands[0].split()],
        cwd=tmp_path, capture_output=True, text=True, check=False, env=os.environ | {"OMP_NUM_THREADS": "1"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "--- ./mine.py:announce 0" in done.stdout
    assert re.search(r"\{\+(Attention!|Here is a task|Now read this)", done.stdout)
