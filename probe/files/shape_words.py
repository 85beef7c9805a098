"""What the keys of a run's files mean, for the schemas as documents.

Covered: the text under a field of a dataclass, else the words below for a key that means the same wherever it stands.
"""

from __future__ import annotations

import ast
import inspect
from collections.abc import Mapping
from dataclasses import fields
from textwrap import dedent
from typing import Any

COMMON = {
    "suite": "Name of the suite; `all`: all suites together.", "suites": "Names of the suites.",
    "family": "Name of the family; `original`, or `all` for all label-preserving families.",
    "perturbation": "Name of the perturbation.", "sample": "Number of the sample, from 0.", "item": "Id of the item.",
    "metric": "Name of the metric.", "value": "The figure; null where it is not defined.", "model": "Name of the model.",
    "ci_low": "Lower end of the interval.", "ci_high": "Upper end of the interval.",
    "num_items": "How many items are counted.", "num_variants": "How many variants are counted.",
    "num_pairs": "How many (item, variant) pairs are counted.", "effect": "label-preserving or label-altering.",
    "schema_version": "Raised when a key changes its name or meaning.", "verdict": "The sentence at the top of the page.",
    "level": "Level of the intervals.", "warnings": "What the engine met and a reader should know.",
    "metrics": "The figures.", "flip_shares": "The share of each family in the flip rate.", "flips": "The flips.",
    "responsiveness": "Invariance by responsiveness.", "classes": "Consistency by class.",
    "variants": "The variants over their items.", "outcomes": "The most sensitive items and variants.",
    "sensitivity": "Items by confidence and share of flips.", "tests": "A test for each family.",
    "counts": "What became of each sample.", "validity": "What the validity rules did.",
    "places": "What answers followed when options moved.", "stopping": "Where each suite stopped (--target-ci).",
    "budget": "What was asked under --budget; null without one.", "timing": "Seconds.",
    "engine": "What the model was asked and what it cost.", "resample": "What the intervals generalize over.",
    "target": "The right answer that the variant declares.", "kind": "The kind of flip.", "direction": "Which way is better.",
    "num_available": "Items of the suite.", "points": "The items.", "items": "The items.",
    "label": "The right answer of the class.",
    "accuracy": "Share of right answers.", "asked": "How many were asked.", "moved": "How many answers moved.",
    "path": "The path of the engine.", "pairs": "(item, variant) pairs.", "cells": "(item, variant) pairs.",
}  # fmt: skip


def told(noun: type[Any]) -> Mapping[str, str]:
    """Return what each field of a dataclass means: the text under it, the common words, or its name in words."""
    said = _under_fields(noun)
    names = [one.name for one in fields(noun)]
    return {name: said.get(name) or COMMON.get(name) or f"{name.replace('_', ' ').capitalize()}." for name in names}


def _under_fields(noun: type[Any]) -> dict[str, str]:
    """Return the texts under the fields of a class."""
    (body,) = ast.parse(dedent(inspect.getsource(noun))).body
    assert isinstance(body, ast.ClassDef)
    found = {}
    for field, text in zip(body.body, body.body[1:], strict=False):
        if not isinstance(field, ast.AnnAssign) or not isinstance(field.target, ast.Name):
            continue
        if isinstance(text, ast.Expr) and isinstance(text.value, ast.Constant) and isinstance(text.value.value, str):
            found[field.target.id] = " ".join(text.value.value.split())
    return found
