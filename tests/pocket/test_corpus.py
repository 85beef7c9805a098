"""The pocket model's training text: it can be made again, and no evaluation item is in it.

Covered: the hold-out filter, shown to matter; the digest of the text that the shipped weights were trained on; the rendering.
Not covered: the weights' accuracy (test_pocket_model.py).
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pocket.corpus import ROUND_SIZE, Text, check_texts, digest, held_out_keys, text_of, texts
from pocket.formulations import FORMULATIONS, GRAMMARS, prompt
from pocket.grammar import Example, key_of
from pocket.write_suites import write
from probe.prompt.render import continuation, render
from probe.seeds import rng_for

ROOT = Path(__file__).parents[2]
SUITES = ROOT / "suites"
TRAINING = ROOT / "probe" / "models" / "pocket" / "training.json"
ROUNDS = 4


@pytest.fixture(scope="module")
def held_out() -> frozenset[str]:
    return held_out_keys(SUITES)


@pytest.fixture(scope="module")
def corpus(held_out) -> list[Text]:
    return [text for index in range(ROUNDS) for text in texts(1, index, held_out)]


def rows(suite: str) -> list[dict]:
    return [json.loads(line) for line in (SUITES / suite / "items.jsonl").read_text(encoding="utf-8").splitlines()]


def shown_texts(suite: str) -> set[str]:
    """Return the first field of every evaluation item of a suite and of its edits."""
    return {next(iter(asked["fields"].values())) for row in rows(suite) for asked in (row, *row.get("contrast", ()))}


def test_no_evaluation_item_nor_edit_occurs_in_the_training_text(corpus):
    whole = "\n".join(text.whole for text in corpus).lower()
    for suite in GRAMMARS:
        first = next(iter(rows(suite)[0]["fields"]))
        names = {formulation.renamed.get(first, first).lower() for formulation in FORMULATIONS[suite]}
        occurring = [shown for shown in shown_texts(suite) if any(f"{n}: {shown.lower()}\n" in whole for n in names)]
        assert not occurring, suite


def test_no_training_text_has_a_held_out_key(corpus, held_out):
    assert not {key for text in corpus for key in text.keys} & held_out


def test_without_the_filter_evaluation_items_would_occur(held_out):
    assert {key for text in texts(1, 0, frozenset()) for key in text.keys} & held_out


def test_every_item_and_edit_is_held_out(held_out):
    for suite in GRAMMARS:
        assert {key_of(shown) for shown in shown_texts(suite)} <= held_out


def test_a_key_does_not_depend_on_case_spaces_or_marks():
    assert key_of("The bed was  soft, again.") == key_of("the bed was soft again") != key_of("the bed was hard again")


def test_the_shipped_weights_were_trained_on_this_text(held_out):
    training = json.loads(TRAINING.read_text(encoding="utf-8"))
    assert training["held_out"] == len(held_out)
    assert training["digest"] == digest(training["seed"], training["digest_rounds"], held_out)


def test_a_round_is_the_same_from_the_same_seed_and_another_from_another(held_out):
    first = [text.whole for text in texts(1, 3, held_out, size=50)]
    assert first == [text.whole for text in texts(1, 3, held_out, size=50)]
    assert first != [text.whole for text in texts(2, 3, held_out, size=50)]


def test_thousands_of_training_texts_are_distinct(held_out):
    wholes = {text.whole for text in texts(1, 0, held_out)}
    assert len(wholes) > 0.95 * ROUND_SIZE


def test_training_text_is_what_the_tool_asks():
    for suite, formulations in FORMULATIONS.items():
        rng = rng_for("rendering", suite)
        examples: list[Example] = [GRAMMARS[suite](rng) for _ in range(4)]
        for formulation in formulations:
            for number in range(4):
                shown, asked = tuple(examples[:number]), examples[3]
                prompted = prompt(formulation, asked, shown)
                text = text_of(suite, formulation, asked, shown)
                assert text.whole == render(prompted) + continuation(prompted, asked.target)
                assert [answer.strip() for _, answer in text.parts][-1] == continuation(prompted, asked.target).strip()


def test_texts_that_watch_the_training_are_fresh(held_out):
    keys = {key for shown in check_texts(1, held_out, size=20).values() for text in shown for key in text.keys}
    assert not keys & held_out


@pytest.mark.parametrize("suite", sorted(GRAMMARS))
def test_the_shipped_suites_are_what_the_grammars_write(suite, tmp_path):
    write(suite, tmp_path)
    for name in ("suite.toml", "items.jsonl", "train.jsonl"):
        assert (tmp_path / name).read_text(encoding="utf-8") == (SUITES / suite / name).read_text(encoding="utf-8")
