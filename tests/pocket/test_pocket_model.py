"""The shipped weights: small, loadable as any model, accurate as written, and fragile when said differently.

Covered: the folder's size and files, accuracy on every shipped suite by plain transformers, a drop under an untaught layout.
Not covered: the tool's own path to the model (tests/models).
"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from pocket.formulations import FORMULATIONS, GRAMMARS
from probe.types import Layout

ROOT = Path(__file__).parents[2]
POCKET = ROOT / "probe" / "models" / "pocket"


@pytest.fixture(scope="module")
def loaded():
    from pocket.evaluate import load

    return load(POCKET)


def test_the_folder_is_small_and_holds_safetensors_only():
    sizes = {path.name: path.stat().st_size for path in POCKET.iterdir()}
    assert sum(sizes.values()) <= 16_000_000
    assert {"model.safetensors", "config.json", "tokenizer.json", "tokenizer_config.json", "README.md"} <= set(sizes)
    assert not [name for name in sizes if name.endswith((".bin", ".pt", ".pkl"))]


def test_the_card_gives_the_figures_that_were_measured():
    figures = json.loads((POCKET / "figures.json").read_text(encoding="utf-8"))
    card = (POCKET / "README.md").read_text(encoding="utf-8")
    assert set(figures) == set(GRAMMARS)
    for suite, reached in figures.items():
        assert f"| {suite} | {reached['original']:.3f} |" in card


@pytest.mark.slow
def test_it_is_a_llama_with_an_end_and_a_padding_token(loaded):
    model, tokenizer = loaded
    assert model.config.model_type == "llama"
    assert model.config.eos_token_id == tokenizer.eos_token_id is not None
    assert model.config.pad_token_id == tokenizer.pad_token_id is not None
    assert len(tokenizer) == model.config.vocab_size


@pytest.mark.slow
def test_every_text_survives_the_tokenizer(loaded):
    _, tokenizer = loaded
    for text in ("Review: A joy.\nSentiment:", "  two  spaces\t", "na\u00efve caf\u00e9 \U0001f600", "1984 || - x\n\n"):
        assert tokenizer.decode(tokenizer(text)["input_ids"]) == text


@pytest.mark.slow
@pytest.mark.parametrize("suite", sorted(GRAMMARS))
def test_it_is_accurate_as_written(loaded, suite):
    from pocket.evaluate import accuracy, read_items

    items = read_items(ROOT / "suites" / suite)
    assert accuracy(*loaded, FORMULATIONS[suite][0], items) >= 0.85


@pytest.mark.slow
def test_it_breaks_on_a_layout_that_it_was_not_taught(loaded):
    from pocket.evaluate import accuracy, read_items

    items = read_items(ROOT / "suites" / "sentiment")[:100]
    written = FORMULATIONS["sentiment"][0]
    said_differently = replace(written, layout=Layout(separator=" - ", casing="upper"))
    assert accuracy(*loaded, written, items) - accuracy(*loaded, said_differently, items) >= 0.1
