r"""Splits of the grammar of layouts: what is trained on or tuned with, and what is held out.

    compositional              separators and spaces: a format of the other side has new ones of both
    compositional-separator    separators only
    unseen-space               the line break between components is held out
    short-long                 short ones against those that break lines or are long

"When Punctuation Matters" (arXiv 2508.11383), distribution shifts of its section on evaluation; the values are its authors'. The
space between options is split as the space between components. Values that are no part of the full grammar (";") are kept.

Covered: `SPLITS[name] = (train, test)`; the two sides never share a format. Not covered: casing, symbols and wrappers, which both
sides draw from.
"""

from __future__ import annotations

from probe.perturb.helpers.format_grammar import SEPARATORS, SPACES, Grammar

TRAIN_SEPARATORS = ("", " ", ":", "- ", "\t", "\n ")
TEST_SEPARATORS = (" - ", " \n\t", "\n    ", " : ", "\n\t", "::: ", ":: ", ": ", "::")
TRAIN_SPACES = ("", " ", " -- ", " || ", " <sep> ", "\n", ", ", ". ", ";")
TEST_SPACES = (" \n", "  ", "; \n", " \n ", "\n ", " , ", " ,  ")
SHORT_SEPARATORS = ("", ": ", " - ", " ", ":", "- ", "::: ", ":: ", "::")
LONG_SEPARATORS = (" \n\t", "\n    ", " : ", "\n\t", "\t", "\n ")
SHORT_SPACES = ("", " ", " -- ", " || ", " <sep> ", ", ", " , ", ". ")
LONG_SPACES = (" \n", "  ", "; \n", " \n ", "\n ", "\n", " ,  ")


def _grammar(separators: tuple[str, ...], spaces: tuple[str, ...]) -> Grammar:
    return Grammar(separator=separators, space=spaces, option_space=spaces)


SPLITS: dict[str, tuple[Grammar, Grammar]] = {
    "compositional": (_grammar(TRAIN_SEPARATORS, TRAIN_SPACES), _grammar(TEST_SEPARATORS, TEST_SPACES)),
    "compositional-separator": (_grammar(TRAIN_SEPARATORS, SPACES), _grammar(TEST_SEPARATORS, SPACES)),
    "unseen-space": (
        _grammar(SEPARATORS, tuple(space for space in SPACES if space != "\n")),
        _grammar(SEPARATORS, ("\n",)),
    ),
    "short-long": (_grammar(SHORT_SEPARATORS, SHORT_SPACES), _grammar(LONG_SEPARATORS, LONG_SPACES)),
}
"""By name: the grammar to train or tune in, and the one to test in."""
