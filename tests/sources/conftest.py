"""Task files and data that lm-eval reads, written on the spot from the project's own suites, and lm-eval on the pocket model."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from probe.suite import find_suite, read_suite

POCKET = Path(__file__).parents[2] / "probe" / "models" / "pocket"


def rows_of(name, first, last):
    return [
        {"id": item.id, **{field.name.lower(): field.text for field in item.prompt.fields}, "answer": item.target}
        | {"options": list(item.prompt.choices)}
        for item in read_suite(find_suite(name)).items[first:last]
    ]


def write_jsonl(path, rows):
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


@pytest.fixture
def write_task(tmp_path, monkeypatch):
    """Return a function that writes a task file beside its data: NAME, the rows, and the YAML that says how they are asked."""
    monkeypatch.setenv("HF_DATASETS_CACHE", str(tmp_path / "cache"))

    def write(name, rows, yaml, *, shots=()):
        folder = tmp_path / "tasks"
        folder.mkdir(exist_ok=True)
        files = {"test": str(write_jsonl(folder / f"{name}.jsonl", rows))}
        if shots:
            files["train"] = str(write_jsonl(folder / f"{name}_train.jsonl", shots))
        head = (
            f"task: {name}\ndataset_path: json\ndataset_kwargs:\n  data_files: {json.dumps(files)}\ntest_split: test\n"
        )
        head += "training_split: train\nfewshot_split: train\n" if shots else ""
        (folder / f"{name}.yaml").write_text(head + yaml, encoding="utf-8")
        return folder

    return write


@pytest.fixture(scope="session")
def hflm():
    """Return lm-eval's own runner on the pocket model."""
    from lm_eval.models.huggingface import HFLM

    return HFLM(pretrained=str(POCKET), device="cpu", batch_size=4, dtype="float32")


@pytest.fixture
def lm_eval_says(hflm):
    """Return a function that evaluates a task of a folder with lm-eval: its results, and the samples by document."""
    import lm_eval
    from lm_eval.tasks import TaskManager

    def evaluate(folder, *names, **how):
        manager = TaskManager(include_path=str(folder), include_defaults=False)
        found = lm_eval.simple_evaluate(
            hflm, tasks=list(names), task_manager=manager, log_samples=True, bootstrap_iters=0, **how
        )
        return found["results"], found["samples"]

    return evaluate


@pytest.fixture(scope="session")
def pocket():
    from probe.models.loaders import load_model

    return load_model("pocket")
