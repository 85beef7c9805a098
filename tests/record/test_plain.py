"""Dataclasses go to JSON and come back; what another version wrote is read as far as it can be."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import pytest

from probe.record.plain import NoNumber, from_plain, key, to_plain


@dataclass(frozen=True)
class Share:
    name: str
    share: float
    low: float | None = None


@dataclass(frozen=True, kw_only=True)
class Report:
    suites: tuple[str, ...] = field(default=(), metadata=key("suite"))
    count: int = 7
    effect: Literal["a", "b"] = "a"
    is_whole: bool = False
    shares: tuple[Share, ...] = ()
    best: Share | None = None
    timing: Mapping[str, float] = field(default_factory=dict)


FULL = Report(
    suites=("x", "y"),
    count=3,
    effect="b",
    is_whole=True,
    shares=(Share("one", 0.25, 0.125), Share("two", 0.75)),
    best=Share("two", 0.75),
    timing={"seconds": 1.5},
)


@pytest.mark.parametrize("report", [FULL, Report()])
def test_what_is_written_as_json_comes_back_equal(report):
    assert from_plain(Report, json.loads(json.dumps(to_plain(report)))) == report


def test_a_field_has_the_key_that_it_names():
    assert to_plain(FULL)["suite"] == ["x", "y"] and "suites" not in to_plain(FULL)


def test_missing_keys_and_nulls_take_the_default_and_unknown_keys_are_ignored():
    assert from_plain(Report, {"later": 1, "count": None, "suite": None}) == Report()


def test_values_of_another_kind_are_empty():
    read = from_plain(Report, {"suite": "x", "count": "many", "is_whole": 1, "shares": 5, "best": [], "timing": []})
    assert read == Report(suites=("x",), count=0)


@pytest.mark.parametrize("number", [None, "0.2", True, float("nan"), float("inf")])
def test_a_number_that_is_none_is_none_where_it_may_be_and_else_its_row_is_left_out(number):
    rows = [{"name": "a", "share": 0.5, "low": number}, {"name": "b", "share": number}]
    assert from_plain(Report, {"shares": rows}).shares == (Share("a", 0.5, None),)
    assert from_plain(Report, {"best": rows[1]}).best is None
    with pytest.raises(NoNumber):
        from_plain(Share, rows[1])
