"""Settings that would leave a term of the loss with nothing to do are refused."""

import pytest

from probe.errors import UsageError
from probe.repair.objective import parts_of
from probe.repair.settings import RepairSettings


def test_staying_near_the_answers_to_originals_needs_the_originals():
    settings = {"near_base_weight": 0.5, "near_base": "kl-to-base"}
    with pytest.raises(UsageError, match="the originals, which are not among the variants") as error:
        parts_of(RepairSettings(original=False, **settings))
    assert "--original" in error.value.hint
    assert [one.term.name for one in parts_of(RepairSettings(original=True, **settings))][-1] == "kl-to-base"
