"""A name of the hub without a network fails at once, and loads from the cache; with a hub that answers all is as ever."""

import logging
import re
import shutil
import socket
import time
from pathlib import Path

import pytest

from probe.errors import ModelError, UsageError
from probe.models import hub
from probe.models.hub import hint_of, unreached, why_unreachable, without_retries
from probe.models.loaders import load_model
from probe.models.options import HuggingFaceOptions
from probe.sources import SourceOptions, read_source

CPU = HuggingFaceOptions(device="cpu")
REVISION = "0123456789abcdef0123456789abcdef01234567"


@pytest.fixture(autouse=True)
def forgotten(monkeypatch, tmp_path):
    """Forget what the hub said, with an empty cache; no variable of the machine's decides."""
    from huggingface_hub import constants

    hub._why_unreachable.cache_clear()
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    yield
    hub._why_unreachable.cache_clear()


@pytest.fixture(scope="module")
def llama_folder(tmp_path_factory, make_model, tokenizer):
    path = tmp_path_factory.mktemp("llama")
    make_model("llama").save_pretrained(path)
    tokenizer.save_pretrained(path)
    return path


def at(monkeypatch, endpoint):
    from huggingface_hub import constants, hf_api

    monkeypatch.setattr(hf_api.api, "endpoint", endpoint)
    monkeypatch.setattr(constants, "ENDPOINT", endpoint)
    monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", endpoint + "/{repo_id}/resolve/{revision}/{filename}")


@pytest.fixture
def nowhere(monkeypatch):
    """A hub at a port at which nobody listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    at(monkeypatch, f"http://127.0.0.1:{port}")


@pytest.mark.parametrize("status", [200, 302, 401, 404, 429, 503])
def test_a_hub_that_answers_is_reached_whatever_it_says(status, httpserver, monkeypatch):
    httpserver.expect_request("/").respond_with_data("", status=status)
    at(monkeypatch, httpserver.url_for("/").rstrip("/"))
    assert why_unreachable() == ""
    assert not hub.Offline()


def test_a_hub_that_is_not_there_is_known_at_once_and_asked_once(nowhere):
    begun = time.monotonic()
    said = why_unreachable()
    assert said and "refused" in said
    assert hub.Offline()
    assert time.monotonic() - begun < 2
    assert hub._why_unreachable.cache_info().misses == 1


def test_a_hub_that_never_answers_is_waited_for_so_long_and_no_longer(monkeypatch):
    monkeypatch.setattr(hub, "SECONDS", 0.2)
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        at(monkeypatch, f"http://127.0.0.1:{silent.getsockname()[1]}")
        begun = time.monotonic()
        assert why_unreachable()
        assert time.monotonic() - begun < 2


def test_the_libraries_own_switch_is_put_back_and_one_that_is_on_stays_on(nowhere, monkeypatch):
    from huggingface_hub import constants

    with pytest.raises(KeyError), without_retries():
        assert constants.HF_HUB_OFFLINE and constants.is_offline_mode()
        raise KeyError
    assert constants.HF_HUB_OFFLINE is False
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    hub._why_unreachable.cache_clear()
    with without_retries():
        assert constants.HF_HUB_OFFLINE is True
    assert hub._why_unreachable.cache_info().misses == 0


@pytest.mark.parametrize(
    ("load", "says", "hint"),
    [
        (
            lambda: load_model("hf:owner/name", CPU),
            "cannot load owner/name: no folder of that name",
            "hf download owner/name",
        ),
        (
            lambda: load_model("pocket", HuggingFaceOptions(device="cpu", adapter="a/b")),
            "cannot load a/b",
            "--adapter FOLDER",
        ),
        (
            lambda: read_source("hf:owner/data:test", SourceOptions(prompt="{text}")),
            "hf:owner/data: no folder of that name",
            "hf download --repo-type dataset owner/data",
        ),
    ],
    ids=["model", "adapter", "data"],
)
def test_a_name_that_is_nowhere_fails_without_retries(load, says, hint, nowhere, caplog):
    import datasets  # noqa: F401  its import takes seconds

    begun = time.monotonic()
    with caplog.at_level(logging.WARNING), pytest.raises((ModelError, UsageError)) as raised:
        load()
    assert time.monotonic() - begun < 8
    assert "Retrying" not in caplog.text
    assert says in str(raised.value) and "the hub cannot be reached: " in str(raised.value)
    assert hint in raised.value.hint


def test_the_data_of_a_task_that_is_nowhere_fails_likewise(nowhere, tmp_path, caplog):
    (tmp_path / "mine.yaml").write_text(
        "task: mine\ndataset_path: owner/data\noutput_type: multiple_choice\ntest_split: test\ndoc_to_text: '{{a}}'\n"
        "doc_to_target: '{{b}}'\ndoc_to_choice: ['x', 'y']\n",
        encoding="utf-8",
    )
    with pytest.raises(
        UsageError, match=r"lmeval:mine: its data set is not in the cache.* cannot be reached: "
    ) as raised:
        read_source("lmeval:mine", SourceOptions(include_path=str(tmp_path)))
    assert "data_files" in raised.value.hint
    assert "Retrying" not in caplog.text


def test_a_model_of_the_cache_loads_without_a_network(nowhere, tmp_path, llama_folder):
    place = tmp_path / "hub" / "models--owner--name"
    shutil.copytree(llama_folder, place / "snapshots" / REVISION)
    (place / "refs").mkdir()
    (place / "refs" / "main").write_text(REVISION, encoding="utf-8")
    loaded = load_model("hf:owner/name", CPU)
    assert loaded.facts().fingerprint == load_model(f"hf:{llama_folder}", CPU).facts().fingerprint


def test_a_name_on_a_hub_that_answers_is_fetched_from_it(httpserver, monkeypatch, llama_folder, tmp_path):
    from werkzeug import Response

    def answer(request):
        name = re.search(r"^/owner/name/resolve/\w+/(.+)$", request.path)
        file = Path(llama_folder) / name[1] if name else None
        if file is None or not file.is_file():
            missing = {"X-Error-Code": "EntryNotFound", "X-Repo-Commit": REVISION}
            return Response("{}", 404, missing, content_type="application/json")
        held = {"ETag": f'"{file.name}-{file.stat().st_size}"', "X-Repo-Commit": REVISION}
        return Response(file.read_bytes(), 200, held, content_type="application/octet-stream")

    httpserver.expect_request(re.compile(".*")).respond_with_handler(answer)
    at(monkeypatch, httpserver.url_for("/").rstrip("/"))
    from probe.models.loading import load_config

    assert load_config("owner/name", CPU).hidden_size == load_config(str(llama_folder), CPU).hidden_size
    assert (tmp_path / "hub" / "models--owner--name").is_dir()


def test_other_errors_are_none_of_the_network(nowhere):
    assert unreached(ValueError("the weights are torn")) == ""
    assert unreached(ConnectionError("no host"))


def test_a_folder_of_a_near_name_is_named(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "models" / "tiny-llama").mkdir(parents=True)
    said = hint_of("models/tiny-lama", kind="model", local="--model hf:FOLDER")
    assert said.startswith("near it here: --model hf:models/tiny-llama; ")
    assert hint_of("owner/name", kind="model", local="--model hf:FOLDER").startswith("a local folder is named ")
