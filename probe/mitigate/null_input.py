"""Null-input calibration: the label words' prior after an empty input is divided out, without any data.

Liusie, Manakul and Gales 2023, "Mitigating Word Bias in Zero-shot Prompt-based Classifiers", arXiv 2309.04992, section 3: the
zero-resource form of prior matching. Its weights are 1 / P(word | prompt with an empty input), one call for each prompt format.
"""

from __future__ import annotations

from probe.mitigate.base import Bench, Outcome, method
from probe.mitigate.content_free import calibrated


@method("null-input", kind="calibration", source="Liusie et al. 2023, arXiv 2309.04992, section 3")
def null_input(bench: Bench) -> Outcome:
    """Divide by the prior of the label words after an empty input in the same prompt format."""
    return calibrated(bench, ("",))
