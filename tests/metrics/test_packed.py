"""Tables of cells that are kept small: what is read is what was given, and a part of them takes no memory of its own."""

import tracemalloc
from dataclasses import dataclass, replace

import numpy as np
import pytest

from probe.metrics.answers import Answers
from probe.metrics.cells import Cells, Column
from probe.metrics.detail import Detail
from probe.metrics.packed import Packed, kept, packed
from probe.metrics.rows import task_groups

BIG = 2**40


@pytest.mark.parametrize(
    "given",
    [
        np.array([[1.0, 0.0, np.nan], [0.0, np.nan, 1.0]]),
        np.array([[0, 1, -1], [300, -1, 70_000]]),
        np.array([[127, -128]], np.int32),
        np.array([[128, -1]], np.int64),
        np.array([[0.0, 200.0, np.nan]]),
        np.array([[True, False]]),
        np.array([[0.25, np.nan, 1.0]]),
        np.array([[-1.0, 0.0, np.nan]]),
        np.array([[float(BIG), 1.0]]),
        np.array([[np.inf, 1.0]]),
        np.array([[BIG, -BIG]]),
        np.zeros((0, 3)),
        np.full((2, 2), np.nan),
        np.asfortranarray(np.arange(6.0).reshape(2, 3)),
    ],
)
def test_what_is_read_is_what_was_given(given):
    read = Packed.of(given).read()
    assert read.dtype == given.dtype and read.strides == given.strides
    np.testing.assert_array_equal(read, given)
    assert Packed.of(given).shape == given.shape


def test_whole_numbers_are_kept_in_as_few_bytes_as_they_need():
    sizes = [Packed.of(np.array([0.0, high, np.nan])).whole.itemsize for high in (127.0, 128.0, 32767.0, 32768.0)]
    assert sizes == [1, 2, 2, 4]
    assert Packed.of(np.array([0.5, 1.0])).whole.itemsize == 8


def test_columns_of_columns_are_those_of_the_whole_as_numpy_would_lay_them_out():
    given = np.random.default_rng(0).random((4, 6, 2))
    for table in (given, np.round(given), given[:, :, 0], np.round(given[:, :, 0])):
        once, twice = Packed.of(table).select([5, 0, 3, 3]), Packed.of(table).select([5, 0, 3, 3]).select([2, 0])
        assert once.shape == table[:, [5, 0, 3, 3]].shape and once.whole is Packed.of(once).whole
        np.testing.assert_array_equal(once.read(), table[:, [5, 0, 3, 3]])
        np.testing.assert_array_equal(twice.read(), table[:, [5, 0, 3, 3]][:, [2, 0]])
        assert once.read().strides == table[:, [5, 0, 3, 3]].strides
        np.testing.assert_array_equal(twice.at(np.s_[1:3]).read(), table[1:3][:, [3, 5]])


def test_a_packed_field_cannot_be_written_to_and_none_stays_none():
    @packed("table")
    @dataclass(frozen=True, slots=True)
    class Thing:
        table: np.ndarray | None

    thing = Thing(np.array([1.0, np.nan]))
    with pytest.raises(ValueError, match="read-only"):
        thing.table[0] = 0
    assert kept(thing, "table").whole.dtype == np.int8
    assert replace(thing, table=None).table is None and kept(Thing(None), "table") is None


def suite_of(num_items, num_samples=20):
    rng = np.random.default_rng(0)
    correct = (rng.random((num_items, 2 * num_samples + 1)) < 0.6).astype(float)
    correct[:, 1:][rng.random((num_items, 2 * num_samples)) < 0.02] = np.nan
    answer = np.where(np.isnan(correct), -1, correct).astype(int)
    share = rng.random(correct.shape)
    shares, sureness = np.stack([share, 1 - share], axis=-1), np.maximum(share, 1 - share)
    right, num_choices = np.ones(num_items, int), np.full(num_items, 2)
    families = ["original", *["typos"] * num_samples, *["null"] * num_samples]
    columns = tuple(Column(one, one, number, "label-preserving") for number, one in enumerate(families))
    detail = Detail(answer, right, num_choices, shares, sureness, ("no", "yes"))
    items = tuple(map(str, range(num_items)))
    return Cells(correct, answer, np.zeros(correct.shape, bool), columns, items, detail, np.zeros_like(answer))


def held_by(make):
    """Return the bytes that what is made holds."""
    tracemalloc.start()
    try:
        made = make()
        return tracemalloc.get_traced_memory()[0], made
    finally:
        tracemalloc.stop()


def test_parts_of_a_table_take_no_memory_of_their_own():
    cells = suite_of(2000)
    size, parts = held_by(lambda: [cells.of("typos"), cells.of("null"), cells.label_preserving(), cells.select([3, 7])])
    assert size < 0.05 * cells.correct.nbytes
    assert [part.correct.shape[1] for part in parts] == [21, 21, 21, 3]
    np.testing.assert_array_equal(parts[1].detail.probability, cells.detail.probability[:, [0, *range(21, 41)]])


def test_the_metrics_of_a_suite_hold_a_few_bytes_a_cell_before_they_are_resampled():
    """Each family's metrics held copies of its cells: 125 bytes a cell where there is one family beside the reruns."""
    few, many = (held_by(lambda num=num: [*task_groups(suite_of(num))])[0] for num in (300, 900))
    own = held_by(lambda: suite_of(900))[0] - held_by(lambda: suite_of(300))[0]
    assert (many - few - own) / (600 * 41) < 40


def test_nothing_is_added_to_answers_while_what_was_read_of_them_is_held():
    answers = Answers({"a": 0})
    for values in answers.values.values():
        values.append(0)
    rows = answers.read()
    with pytest.raises(BufferError):
        answers.values["item"].append(1)
    assert len(answers) == len(rows.item) == 1
