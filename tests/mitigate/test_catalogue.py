"""Choosing methods by name."""

import pytest

from probe.errors import UsageError
from probe.mitigate.catalogue import KINDS, catalogue, chosen


def test_methods_come_by_kind_and_say_what_they_do():
    found = catalogue()
    assert [KINDS.index(one.kind) for one in found] == sorted(KINDS.index(one.kind) for one in found)
    assert all(one.summary.endswith(".") for one in found)


def test_all_names_the_default_methods():
    assert chosen("all") == [one for one in catalogue() if one.is_default]


def test_no_name_at_all_is_an_error():
    with pytest.raises(UsageError, match="names no method"):
        chosen(" , ")


def test_an_unknown_name_is_an_error():
    with pytest.raises(UsageError, match="unknown mitigation method 'batch-calibratoin'"):
        chosen("batch-calibratoin")
