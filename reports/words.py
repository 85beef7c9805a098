"""Figures in words: how the reports write shares, intervals, directions, metrics and families.

    12.3 % (10.1–14.9)     a share of one, and its 95 % interval
    not defined: one variant

Covered: plain text that any report can use. Not covered: markup, colours, column widths.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace

from probe.metrics import Row, VariantRow, metrics
from probe.metrics.rates import FEW_ITEMS
from probe.perturb import select
from probe.record.summary import FlipRow

DIRECTIONS = {"lower": "lower is better", "higher": "higher is better"}

BRIEF = {
    "accuracy_worst": "accuracy of the worst variant",
    "spread": "best variant minus worst",
    "flip_rate": "variants that change the answer",
    "pss": "PromptSensiScore: how often two variants of an item differ in being right",
    "contrast_consistency": "contrast sets that are right throughout",
}
"""Short descriptions of the headline figures."""

CAUSES = {
    "position": "followed the position",
    "symbol": "followed the symbol",
    "content": "other content",
    "near_tie": "near-tie",
    "truncated": "cut off",
    "unreadable": "unreadable",
    "position_or_symbol": "followed position or symbol",
}
"""Display names of the causes of flips."""

TESTS = {"cochran_q": "Cochran's Q", "mcnemar": "McNemar", "flip_rate_vs_noise": "flip rate against noise"}
"""Display names of the tests."""

SHORT_NAMES = {
    "accuracy_mean": "mean accuracy",
    "accuracy_worst": "worst accuracy",
    "contrast_consistency": "contrast sets",
    "contrast_accuracy": "contrasts",
    "unreadable_rate": "unreadable",
    "pss": "PSS",
}
"""Names of metrics that leave room for the figures; the others are written as they are."""

STATUSES = {"asked": "Run", "not_applicable": "Does not apply"}

OUTCOMES = {
    "f": "right to wrong",
    "g": "wrong to right",
    "o": "wrong to another wrong",
    "m": "flipped from a wrong answer",
    "u": "unreadable",
    "w": "wrong, not flipped",
    "r": "right",
    ".": "not run",
}
"""What the letters in the table of outcomes mean; `m` is of earlier versions, which did not say to what."""

FAMILIES = {
    "format": "layout: separators, casing, spacing, numbering",
    "typos": "slips of the keyboard in the question",
    "wording": "the instruction in other words",
    "order": "options or examples in another order",
    "contrast": "a minimal edit after which another answer is right",
    "null": "the same prompt in another batch: the noise floor",
}


WEIGHED = {
    "families": "families weigh equally",
    "pairs": "pairs weigh equally, so families with more of them weigh more",
}
"""What a rate over all families is the mean of."""


def metric_name(metric: str) -> str:
    """Return a metric's display name; an alias has its own."""
    if metric not in metrics:
        return metric.replace("_", " ").capitalize()
    known = metrics.get(metric)
    return next((name for name in known.also if name.lower() == metric), known.title)


def short_name(metric: str) -> str:
    """Return a metric's name for a column of a narrow table."""
    return SHORT_NAMES.get(metric, metric.replace("_", " "))


def family_name(family: str) -> str:
    """Return a family's display name."""
    return {"original": "original", "all": "all families", "null": "null (noise)"}.get(family, family)


def family_summary(family: str) -> str:
    """Return what a family does to a prompt: a phrase from FAMILIES, else the summaries of its perturbations."""
    if family in FAMILIES:
        return FAMILIES[family]
    return "; ".join(one.summary.rstrip(".") for one in select(["all"]) if one.family == family)


def status_name(status: str) -> str:
    """Return the display name of a sample's status."""
    return STATUSES.get(status) or status.replace("_", " ").capitalize()


def direction(row: Row) -> str:
    """Return which direction is better, in words; empty where the run does not say."""
    return DIRECTIONS.get(row.direction, "")


def points(value: float | None) -> str:
    """Return a share of one in percent with one decimal and no sign of percent; a dash where it is not defined."""
    return "-" if value is None else f"{round(100 * value, 1) + 0.0:.1f}"


def percent(value: float | None, *, missing: str = "not defined") -> str:
    """Return a share of one in percent, or `missing`."""
    return missing if value is None else f"{points(value)} %"


def interval(low: float | None, high: float | None) -> str:
    """Return an interval of shares in percent, in brackets; empty where there is none."""
    return "" if low is None or high is None else f"({between(points(low), points(high))})"


def between(low: str, high: str) -> str:
    """Return two numbers as an interval, with "to" where a dash could be read as a minus sign."""
    return f"{low} to {high}" if "-" in low + high else f"{low}\u2013{high}"


def level(levels: Iterable[float | None]) -> str:
    """Return the level of a run's intervals: 95 %, or the levels of the suites that stopped early."""
    shown = [f"{100 * one:.4g}" for one in sorted({one for one in levels if one}) or [0.95]]
    return f"{' to '.join(dict.fromkeys((shown[0], shown[-1])))} %"


def figure(row: Row) -> str:
    """Return a figure with its interval, or why there is none."""
    if row.value is None:
        return f"not defined: {row.reason}" if row.reason else "not defined"
    return f"{amount(row.metric, row.value)} {bounds(row)}".rstrip()


def amount(metric: str, value: float) -> str:
    """Return a figure of a metric: in percent if it is a share, else as a number."""
    return percent(value) if is_share(metric) else f"{value:.3f}"


def bounds(row: Row) -> str:
    """Return the interval of a figure in the unit of its metric; empty where there is none."""
    return ends(row.metric, row.ci_low, row.ci_high)


def ends(metric: str, low: float | None, high: float | None) -> str:
    """Return an interval in the unit of a metric; empty where there is none."""
    if low is None or high is None or is_share(metric):
        return interval(low, high)
    return f"({between(f'{low:.3f}', f'{high:.3f}')})"


def is_share(metric: str) -> bool:
    """Return whether a metric is a share, shown in percent; correlations and unbounded metrics are not."""
    return metric not in metrics or metrics.get(metric).is_share


def size(row: Row) -> str:
    """Return of how many items a figure is, and of how many pairs if it counts these."""
    pairs = "" if row.num_pairs is None else f"{counted(row.num_pairs, 'pair')}, "
    return f"{pairs}{counted(row.num_items, 'item')}"


def weighed(row: Row, weight: str) -> str:
    """Return what weighs equally in a rate over all families; empty for other figures."""
    return WEIGHED.get(weight, "") if row.family == "all" and is_rate(row.metric) else ""


def is_rate(metric: str) -> bool:
    """Return whether a metric is a rate over pairs."""
    return metric in metrics and metrics.get(metric).is_rate


def worst_first(row: Row | None) -> tuple[bool, float]:
    """Return the place of a family in a list by its flip rate: the highest first, those asked on a few items only last."""
    return (True, 0.0) if row is None else (row.num_items < FEW_ITEMS, -(row.value or 0.0))


def net(row: Row) -> str:
    """Return a figure's net value, above its noise floor; empty where the run has none."""
    return "" if row.net is None else amount(row.metric, row.net)


def net_figure(row: Row) -> str:
    """Return a figure's net value with its interval."""
    return f"{net(row)} {bounds(replace(row, ci_low=row.net_ci_low, ci_high=row.net_ci_high))}".rstrip()


def is_change(row: Row) -> bool:
    """Return whether a figure measures how much answers change, so that it has a noise floor."""
    return row.metric not in metrics or metrics.get(row.metric).measures == "change"


def floor(row: Row) -> str:
    """Return a figure's noise floor, or "floor not measured" where it should have one; empty where it needs none."""
    if row.value is None:
        return ""
    if row.noise_floor is not None:
        return f"floor {amount(row.metric, row.noise_floor)}"
    return "floor not measured" if is_change(row) and row.family not in ("original", "null", "contrast") else ""


def floor_apart(row: Row, *, is_measured: bool) -> str:
    """Return a figure's noise floor where `floor_note` does not say it for all: one that is not 0, or is the only one missing."""
    reads = floor(row)
    return "" if not is_measured or _is_zero(row) else reads


def floor_note(rows: Sequence[Row]) -> str:
    """Return a sentence on the noise floor of all figures of a run; empty where no figure has a floor."""
    known = [row for row in rows if floor(row)]
    measured = [row for row in known if row.noise_floor is not None]
    if not known:
        return ""
    if not measured:
        return "The noise floor was not measured: how far these figures move on reruns of the identical prompts is not known."
    what = (
        "Noise floor: the same figure on reruns of the identical prompts in other batches; net: what is left above it."
    )
    zero = [row for row in measured if _is_zero(row)]
    if len(zero) == len(measured):
        return f"{what} It is 0.0 % throughout."
    return f"{what} Of figures that have one, it is 0.0 % where none is named." if zero else what


def _is_zero(row: Row) -> bool:
    """Return whether a noise floor is printed as zero."""
    return row.noise_floor is not None and amount(row.metric, row.noise_floor) == amount(row.metric, 0.0)


def floor_figure(row: Row) -> str:
    """Return a figure's noise floor with its interval; empty where there is none."""
    if row.noise_floor is None:
        return ""
    floor = replace(row, ci_low=row.noise_floor_low, ci_high=row.noise_floor_high)
    return f"{amount(row.metric, row.noise_floor)} {bounds(floor)}".rstrip()


def variant_name(row: VariantRow) -> str:
    """Return the name of a variant within its family."""
    return f"{row.perturbation}, sample {row.sample}"


def on_all_items(row: VariantRow) -> float:
    """Return a variant's accuracy over all items; in runs of earlier versions that over the items asked."""
    return row.accuracy if row.estimate is None else row.estimate


def has_part(row: VariantRow) -> bool:
    """Return whether a variant has a part in worst accuracy and spread over all families, if it was asked on enough items."""
    return row.is_compared and is_counted(row)


def is_counted(row: VariantRow) -> bool:
    """Return whether a variant is one whose answer must stay, and neither the original nor a rerun."""
    return row.family not in ("original", "null") and row.effect == "label-preserving"


def left_out(rows: Sequence[VariantRow]) -> str:
    """Say which variants have no part in figures over variants, by family; empty where all have."""
    counted_rows = [row for row in rows if is_counted(row)]
    few = [row for row in counted_rows if not row.is_compared]
    if not few:
        return ""
    families = ", ".join(f"{name} {num}" for name, num in Counter(row.family for row in few).items())
    of = counted(len(counted_rows), "variant")
    return f"mean, worst, spread: without {len(few)} of {of}, asked on under half of the items ({families})"


def moved_how(row: FlipRow) -> str:
    """Return the kind of a flip or contrast failure; of a contrast failure that moved, that it moved to a wrong answer."""
    if row.effect == "label-altering" and row.before_prediction != row.after_prediction:
        return "moved to a wrong answer"
    return row.kind


def variant_figure(row: VariantRow, metric: str) -> str:
    """Return a variant's value of a metric, with its interval."""
    value: float | None = getattr(row, metric)
    if value is None:
        return "not defined"
    return f"{amount(metric, value)} {ends(metric, getattr(row, f'{metric}_low'), getattr(row, f'{metric}_high'))}".rstrip()


def change(value: float | None) -> str:
    """Return a difference of shares in points, with its sign."""
    return "not defined" if value is None else f"{round(100 * value, 1) + 0.0:+.1f}"


def change_bounds(low: float | None, high: float | None) -> str:
    """Return the interval of a difference in points; empty where there is none."""
    return "" if low is None or high is None else f"[{change(low)}, {change(high)}]"


def cause_name(cause: str | None) -> str:
    """Return the display name of a flip's cause."""
    return "did not move" if cause is None else CAUSES.get(cause) or cause.replace("_", " ")


def p_value(value: float | None) -> str:
    """Return a p-value with two digits."""
    return "" if value is None else "< 0.0001" if value < 0.0001 else f"{value:.2g}"


def counted(number: float | None, noun: str, plural: str = "") -> str:
    """Return a number with its noun, such as `1 item` or `1,200 items`."""
    if number is None:
        return ""
    return f"{number:,.0f} {noun if number == 1 else plural or noun + 's'}"


def sentence(text: str) -> str:
    """Return a text with a capital letter and a full stop."""
    return f"{text[:1].upper()}{text[1:]}."
