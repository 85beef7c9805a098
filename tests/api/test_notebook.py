"""The example notebook, run from top to bottom as a person would, in a folder of its own."""

import json
import os
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

pytestmark = pytest.mark.slow
ROOT = Path(__file__).parents[2]
NOTEBOOK = ROOT / "examples" / "notebook.ipynb"


@pytest.fixture(scope="module")
def executed(tmp_path_factory):
    folder = tmp_path_factory.mktemp("notebook")
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    environment = os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1", "IPYTHONDIR": str(folder / "ipython")}
    client = NotebookClient(notebook, timeout=300, resources={"metadata": {"path": str(folder)}})
    client.execute(env=environment)
    return folder, notebook


def outputs(notebook):
    """Return what each cell that displays something displays, by its first line of code."""
    return {
        cell.source.splitlines()[0]: cell.outputs[-1]["data"]
        for cell in notebook.cells
        if cell.cell_type == "code" and cell.outputs and "data" in cell.outputs[-1]
    }


def test_every_cell_runs_and_tables_are_shown_as_tables(executed):
    _, notebook = executed
    tables = [one for one in outputs(notebook).values() if "<table" in one.get("text/html", "")]
    assert len(tables) == 4


def test_a_run_is_shown_as_the_first_screen_of_its_page(executed):
    _, notebook = executed
    (shown,) = [one for line, one in outputs(notebook).items() if line.startswith("run = probe.run")]
    first, verdict = shown["text/plain"].splitlines()
    assert first.startswith("Run('runs/") and shown["text/html"].startswith("<iframe srcdoc=")
    assert verdict[:12] in shown["text/html"] and "Families of perturbations" in shown["text/html"]


def test_runs_lie_where_the_notebook_does(executed):
    folder, _ = executed
    assert len(list((folder / "runs").glob("2*/manifest.json"))) == 3
    assert (folder / "runs" / "report.html").is_file()


def test_the_notebook_is_stored_without_outputs():
    cells = json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"]
    assert not [cell for cell in cells if cell.get("outputs") or cell.get("execution_count")]
