"""Values that are made when they are asked for: the same as those of a list."""

import pytest

from probe.record.lazily import Lazily, Maker

WHOLE = [number * 10 for number in range(3, 20)]
MADE = Lazily(range(3, 20), Maker(lambda number: number * 10, lambda start, end: (n * 10 for n in range(start, end))))


@pytest.mark.parametrize(
    "part", [slice(None), slice(2, 9), slice(None, None, 2), slice(None, None, -3), slice(9, 2), slice(-4, None)]
)
def test_a_part_has_the_values_of_a_lists_part_however_it_is_read(part):
    made, wanted = MADE[part], WHOLE[part]
    assert list(made) == wanted == [made[index] for index in range(len(made))]
    assert list(made[1:][::2]) == wanted[1:][::2]


def test_an_index_beyond_the_end_is_refused():
    assert MADE[-1] == WHOLE[-1]
    with pytest.raises(IndexError):
        MADE[len(WHOLE)]
