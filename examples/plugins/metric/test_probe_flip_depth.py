"""The metric is what its reference says, on runs at random."""

import probe_flip_depth  # noqa: F401  registers it

from probe.selftest.random_runs import disagreements


def test_it_is_what_its_reference_says():
    """Compare both on 150 runs and resamples of their items."""
    assert disagreements("flip_depth") == []
