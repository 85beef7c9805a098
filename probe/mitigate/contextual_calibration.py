"""Contextual calibration: the answer to inputs without content is taken for the model's bias, and divided out.

Zhao et al. 2021, "Calibrate Before Use: Improving Few-Shot Performance of Language Models", arXiv 2102.09690, section 5: W =
diag(p_cf)^-1, b = 0, p_cf the mean over "N/A", "[MASK]" and the empty string. Needs no pool: one answer can be calibrated.
"""

from __future__ import annotations

from probe.mitigate.base import Bench, Outcome, method
from probe.mitigate.content_free import calibrated

INPUTS = ("N/A", "[MASK]", "")


@method("contextual-calibration", kind="calibration", source="Zhao et al. 2021, arXiv 2102.09690, section 5")
def contextual_calibration(bench: Bench) -> Outcome:
    """Divide by the mean answer of the same prompt format to inputs without content: "N/A", "[MASK]", nothing."""
    return calibrated(bench, INPUTS)
