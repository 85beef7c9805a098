"""The collector of cycles looks seldom during a run, and as before after it."""

from __future__ import annotations

import gc

import pyarrow as pa
import pytest

from probe.evaluation.collector import SELDOM, collecting_seldom
from probe.record.writing import _array, _type


@pytest.mark.parametrize(("before", "meanwhile"), [(700, SELDOM), (0, 0), (10 * SELDOM, 10 * SELDOM)])
def test_cycles_are_looked_for_seldom_in_a_run_and_as_before_after_it(before, meanwhile):
    usual = gc.get_threshold()
    try:
        gc.set_threshold(before, 5, 6)
        with pytest.raises(ValueError), collecting_seldom():
            assert gc.get_threshold() == (meanwhile, 5, 6)
            raise ValueError
        assert gc.get_threshold() == (before, 5, 6)
    finally:
        gc.set_threshold(*usual)


def test_a_column_of_shared_values_is_that_of_the_values_one_by_one():
    first, second, empty = {"numbers": "ok", "names": "fail: lost Ada"}, {"numbers": "ok"}, {}
    checks = [first, second, first, empty, dict(first), second]
    assert _array(checks, "map").equals(pa.array([list(one.items()) for one in checks], _type("map")))
    choices = [("yes", "no"), (), ("no", "yes"), ("yes", "no")]
    assert _array(choices, "texts").equals(pa.array(choices, _type("texts")))
    assert all(len(_array([], kind)) == 0 for kind in ("map", "texts", "string"))
