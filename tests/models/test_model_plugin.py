"""The worked example of a model back end, installed from a throw-away copy as a stranger would."""

import json
import subprocess
import sys

import pytest

from probe.types import Generation, LogLikelihood


@pytest.fixture(scope="module")
def probe(plugin_environment, tmp_path_factory):
    """Return a function that runs a command of probe where the example is installed."""
    environment, folder = plugin_environment("model"), tmp_path_factory.mktemp("work")

    def command(*words):
        done = subprocess.run(
            [sys.executable, "-m", "probe", *words], env=environment, cwd=folder, capture_output=True, text=True
        )
        return done.returncode, done.stdout, done.stderr

    command.folder = folder
    return command


@pytest.mark.slow
def test_an_installed_model_runs_by_its_name_with_options_of_its_own(probe):
    words = ["run", "facts", "--limit", "4", "--draws", "1", "--model", "echo:Paris", "--json"]
    code, printed, errors = probe(*words, "--model-args", "ignore_case=true")
    assert code == 0, errors
    manifest = json.loads((probe.folder / json.loads(printed)["run"] / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["model"]["fingerprint"] == "echo:Paris EchoOptions(ignore_case=True)"


@pytest.mark.slow
def test_an_installed_model_is_listed_and_a_wrong_option_of_it_is_named(probe):
    assert "a rule that answers WORD" in probe("list", "models")[1]
    code, _, errors = probe("run", "facts", "--model", "echo:x", "--model-args", "ignore_cse=true")
    assert code == 2
    assert "Did you mean 'ignore_case'?" in errors
    code, _, errors = probe("run", "facts", "--model", "echo")
    assert code == 2
    assert "--model echo:yes" in errors


def test_the_example_keeps_the_contract(install_plugin, monkeypatch):
    monkeypatch.syspath_prepend(str(install_plugin("model")))
    from probe.models.loaders import load_model

    model = load_model("echo:yes")
    asked = [LogLikelihood(context, word) for context in ("", "a no? ") for word in (" yes", " no", " yes", "")]
    answers = model.loglikelihoods(asked)
    assert answers == [model.loglikelihoods([one])[0] for one in asked]
    assert [answer.value for answer in answers[:2]] == [0.0, -1.0]
    assert answers[5].value == -0.5, "the prompt says it once"
    assert model.generate([Generation("", stop=("s",))])[0].text == "ye"
    assert model.facts() == load_model("echo:yes").facts() != load_model("echo:no").facts()
