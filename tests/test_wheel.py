"""The package as a stranger gets it: a wheel, installed in an empty environment, run from another folder."""

import json
import os
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    out = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(out), str(ROOT)],
        check=True,
        capture_output=True,
    )
    (path,) = out.glob("*.whl")
    return path


@pytest.mark.slow
def test_the_wheel_holds_suites_page_template_and_weights(wheel):
    names = zipfile.ZipFile(wheel).namelist()
    assert any(n.startswith("suites/sentiment/") and n.endswith("items.jsonl") for n in names)
    assert any(n.startswith("reports/page/") and n.endswith(".html.j2") for n in names)
    assert "probe/models/pocket/model.safetensors" in names
    assert {"probe/perturb/words/typos.toml", "probe/validity/words.toml", "probe/paraphrase/words.toml"} <= set(names)
    assert not [n for n in names if n.startswith(("tests/", "runs/", "pocket/"))]
    (points,) = (n for n in names if n.endswith("entry_points.txt"))
    assert "[pytest11]\nprobe = probe.api.pytest_plugin" in zipfile.ZipFile(wheel).read(points).decode()


@pytest.mark.slow
def test_the_wheel_runs_in_an_empty_environment_from_another_folder(wheel, tmp_path):
    home = tmp_path / "venv"
    venv.create(home, with_pip=True)
    python = home / "bin" / "python"
    pip = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, "-c", ROOT / "constraints.txt", wheel], check=True, stdout=subprocess.DEVNULL)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "OMP_NUM_THREADS": "1"}
    command = [home / "bin" / "probe", "run", "sentiment", "--limit", "20", "--draws", "2", "--json"]
    done = subprocess.run(command, cwd=elsewhere, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    summary = json.loads(done.stdout)
    assert (elsewhere / summary["run"] / "report.html").is_file()
    where = subprocess.run(
        [python, "-c", "import probe; print(probe.__file__)"],
        cwd=elsewhere,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert where.stdout.startswith(str(home))
