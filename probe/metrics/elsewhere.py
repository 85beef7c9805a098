"""Metrics that are no function of one run's outcomes, so that other commands than `probe run` give them: what they are.

Covered: name, formula, range, direction and source, for `probe list metrics`. Not covered: computing them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """What `probe list metrics` says of a metric of another command."""

    name: str
    command: str
    direction: Literal["higher", "lower", "neither"]
    low: float
    high: float
    summary: str
    formula: str
    source: str


_SPHERE = "Wang and Isola 2020, Alignment and Uniformity on the Hypersphere, arXiv 2005.10242"
_MIZRAHI = "Mizrahi et al. 2024, State of What Art?, arXiv 2401.00595"

ELSEWHERE = (
    Elsewhere(
        "variance_share",
        "attribute",
        "neither",
        0.0,
        1.0,
        "Share of the spread over formulations that is one factor's, alone and by item; with the residual they add up to 1.",
        "(beta_f^2 + Var_n(gamma_nf)) / (sum_g (beta_g^2 + Var_n(gamma_ng)) + s^2), by the method of moments",
        "Searle, Casella and McCulloch 1992, Variance Components; Plackett and Burman 1946, Biometrika 33",
    ),
    Elsewhere(
        "alignment",
        "explain",
        "lower",
        0.0,
        4.0,
        "Mean squared distance of a rephrasing's hidden state from the original's, on the unit sphere, by layer.",
        "mean ||z - z+||^2",
        _SPHERE,
    ),
    Elsewhere(
        "uniformity",
        "explain",
        "lower",
        -8.0,
        0.0,
        "How evenly the hidden states of different items lie on the unit sphere, by layer; 0: all in one place.",
        "log mean_(n != m) exp(-2 ||z_n - z_m||^2)",
        _SPHERE,
    ),
    Elsewhere(
        "relative_distance",
        "explain",
        "lower",
        0.0,
        float("inf"),
        "How far a rephrasing is held from the original, where 1 is as far as another item, by layer.",
        "mean ||z - z+|| / mean_(n != m) ||z_n - z_m||",
        "after arXiv 2410.19920",
    ),
    Elsewhere(
        "spearman",
        "explain",
        "neither",
        -1.0,
        1.0,
        "How accuracy and flips of variants go with perplexity, length, frequency, ambiguity, readability, formality.",
        "Pearson correlation of ranks over variants",
        "Leidinger, van Rooij and Shutova 2023, The Language of Prompting, arXiv 2311.01967",
    ),
    Elsewhere(
        "kendalls_w",
        "compare",
        "higher",
        0.0,
        1.0,
        "How far the variants agree on the order of several models, with ties corrected for.",
        "12 S / (M^2 (K^3 - K) - M sum T), S of the K models' rank sums over M variants",
        "Kendall and Smith 1939, Annals of Mathematical Statistics 10; Siegel and Castellan 1988, section 9.4",
    ),
    Elsewhere(
        "mean_tau",
        "compare",
        "higher",
        -1.0,
        1.0,
        "Mean of Kendall's tau-b over all pairs of variants, each ranking the models.",
        "mean over pairs of variants of (concordant - discordant) / sqrt(untied in one x untied in the other)",
        "Kendall 1945, Biometrika 33; used by " + _MIZRAHI,
    ),
    Elsewhere(
        "reversal",
        "compare",
        "lower",
        0.0,
        1.0,
        "Probability that 'A beats B', said of one variant, is the other way round under another.",
        "2 ahead behind / ((ahead + behind) (M - 1)), counts of the M variants under which A is ahead or behind",
        "after " + _MIZRAHI,
    ),
    Elsewhere(
        "reversal_of_clean",
        "compare",
        "lower",
        0.0,
        1.0,
        "Share of variants under which the order of two models as written is the other way round.",
        "(1/(M-1)) sum_i [sign(B_i - A_i) = -sign(B_0 - A_0)]",
        "after " + _MIZRAHI,
    ),
)
