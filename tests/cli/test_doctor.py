"""`probe doctor`: what is there, what is missing, what to type."""

import json
import subprocess
import sys
from importlib import metadata

import pytest
import typer
from typer.testing import CliRunner

import probe.cli.doctor
from probe.cli.doctor import doctor, look

app = typer.Typer(pretty_exceptions_enable=False)
app.command()(doctor)


@pytest.fixture
def weights(tmp_path, monkeypatch):
    """Stand in for the package's own folder, with pocket weights in it."""
    (tmp_path / "models/pocket").mkdir(parents=True)
    file = tmp_path / "models/pocket/model.safetensors"
    file.write_bytes(b"0" * 2_500_000)
    monkeypatch.setattr(probe.cli.doctor.resources, "files", lambda _package: tmp_path)
    # The suites are looked for through the same function.
    monkeypatch.setattr("probe.suite._shipped_folder", lambda: tmp_path)
    return file


def checks(tmp_path):
    return {check.name: check for check in look(runs=tmp_path / "runs")}


def test_a_complete_installation_can_run(weights, tmp_path):
    result = CliRunner().invoke(app, ["--out", str(tmp_path / "runs")])
    assert result.exit_code == 0
    assert result.stdout.splitlines()[-1] == "probe can run"
    assert not (tmp_path / "runs").exists()


def test_json_is_one_object_and_says_the_same(weights, tmp_path):
    found = json.loads(CliRunner().invoke(app, ["--json", "--out", str(tmp_path)]).stdout)
    assert (found["schema_version"], found["can_run"]) == (1, True)
    by_name = {check["name"]: check for check in found["checks"]}
    assert by_name["torch"]["detail"] == metadata.version("torch")
    assert by_name["pocket model"]["detail"] == f"2.5 MB in {weights.parent}"
    assert set(by_name["python"]) == {"name", "state", "detail", "cure"}


def test_missing_weights_end_with_code_3_and_a_cure(weights, tmp_path):
    weights.unlink()
    result = CliRunner().invoke(app, ["--out", str(tmp_path)])
    assert result.exit_code == 3
    lines = result.stdout.splitlines()
    place = next(index for index, line in enumerate(lines) if line.startswith("missing pocket model"))
    assert lines[place + 1].strip().startswith("-> pip install --force-reinstall --no-deps probe")
    assert lines[-1] == "probe cannot run yet: see what is missing above"


def test_a_missing_package_is_named_with_the_command_that_installs_it(weights, tmp_path, monkeypatch):
    def version(name):
        if name in ("peft", "lm_eval", "nltk"):
            raise metadata.PackageNotFoundError(name)
        return "1.0"

    monkeypatch.setattr(probe.cli.doctor.metadata, "version", version)
    found = checks(tmp_path)
    assert (found["peft"].state, found["peft"].cure) == ("missing", "pip install peft")
    assert (found["lm_eval"].state, found["lm_eval"].cure) == ("missing", "pip install lm-eval")
    assert (found["nltk"].state, found["nltk"].cure) == ("info", "pip install nltk")


def test_a_torch_that_does_not_load_is_said_so(weights, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)
    device = checks(tmp_path)["device"]
    assert device.state == "missing"
    assert device.detail.startswith("torch cannot be loaded: ")


@pytest.mark.parametrize("flag", ["HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE"])
def test_the_hub_flags_are_read(weights, tmp_path, monkeypatch, flag):
    for name in ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE", "HF_HUB_CACHE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hf"))
    assert checks(tmp_path)["hub"].detail.startswith("online")
    monkeypatch.setenv(flag, "1")
    assert checks(tmp_path)["hub"].detail == f"offline ({flag}): models are loaded from paths and from the cache"
    (tmp_path / "hf/hub/models--a--b").mkdir(parents=True)
    assert checks(tmp_path)["hub cache"].detail == f"{tmp_path}/hf/hub, 1 model"


def test_a_shipped_suite_that_does_not_read_is_missing_with_its_line(weights, tmp_path):
    (tmp_path / "topic").mkdir()
    (tmp_path / "topic/suite.toml").write_text("name = 7\n")
    (tmp_path / "topic/items.jsonl").write_text("{}\n")
    check = checks(tmp_path)["suite topic"]
    assert check.state == "missing"
    assert check.detail == f'{tmp_path}/topic/suite.toml:1: version is missing; write version = "1"'


def test_a_place_that_cannot_be_written_is_said_so(weights, tmp_path):
    file = tmp_path / "file"
    file.write_text("")
    check = {check.name: check for check in look(runs=file / "runs")}["runs folder"]
    assert (check.state, check.detail) == ("missing", f"{file}/runs cannot be written: Not a directory")


@pytest.mark.slow
def test_neither_command_loads_a_heavy_library_on_import():
    code = (
        "import sys, probe.cli.doctor, probe.cli.init, probe.suite, probe.sources.tables, probe.sources.examples;"
        "heavy = {'torch', 'transformers', 'pandas', 'pyarrow', 'datasets', 'lm_eval', 'pydantic'} & set(sys.modules);"
        "assert not heavy, heavy"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
