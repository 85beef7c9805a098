"""What tests of repair share: tiny models, and a small suite that fits into their window."""

from __future__ import annotations

import pytest
from tiny_models import make_engine, make_model, make_tokenizer, tokenizer

from probe.evolve import evolve
from probe.repair.base import View
from probe.types import Contrast, Field, Item, Layout, Prompt, Suite, Variant

__all__ = ["make_engine", "make_model", "make_tokenizer", "tokenizer"]

LAYOUTS = (Layout(), Layout(separator=" - ", casing="upper"), Layout(separator=":\n", space=" || "))
TEXTS = {"a": ("A joy from start.", "positive"), "b": ("A bore.", "negative"), "c": ("Two hours, lost.", "negative")}


@pytest.fixture(scope="session", autouse=True)
def one_thread():
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="session")
def suite():
    """Return a suite of three items of two classes, the first with a contrast member."""

    def item(name: str, text: str, target: str) -> Item:
        prompt = Prompt("Say which.", (Field("Review", text),), ("positive", "negative"), answer_field="Sentiment")
        contrasts = (Contrast((Field("Review", "A joy to end."),), "negative"),) if name == "a" else ()
        return Item(name, prompt, target, contrasts=contrasts)

    return Suite("tiny", "1", "", tuple(item(name, *one) for name, one in TEXTS.items()))


@pytest.fixture(scope="session")
def view_of():
    """Return a function that makes a view of an item: under a layout, with its choices reversed, or its contrast member."""
    from probe.prompt.render import render

    def make(item: Item, layout: Layout = LAYOUTS[0], *, turned: bool = False, contrast: bool = False) -> View:
        asked = evolve(item, prompt=evolve(item.prompt, layout=layout))
        if turned:
            asked = evolve(asked, prompt=evolve(asked.prompt, choices=asked.prompt.choices[::-1]))
        if contrast:
            edit = item.contrasts[0]
            asked = evolve(asked, prompt=evolve(asked.prompt, fields=edit.fields), target=edit.target)
        variant = Variant(item, asked, "format", "layout", 0, "label-preserving", render(asked.prompt))
        return View(variant, is_contrast=contrast)

    return make


@pytest.fixture(scope="session")
def views(suite, view_of):
    """Return two items under three layouts each, one of them with its choices reversed, and a contrast member."""
    some = [view_of(item, layout, turned=layout is LAYOUTS[1]) for item in suite.items[:2] for layout in LAYOUTS]
    return [*some, view_of(suite.items[0], contrast=True)]
