"""Lines that make figures, and what each is broken into: `python tests/selftest/mutate.py` tries them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Mutant:
    """One line of a file, and what it is broken into."""

    file: str
    line: str
    broken: str
    breaks: tuple[str, ...] = ()
    """Metrics and tables that the line makes: each must have a figure that differs. Empty: it makes no metric of its own."""


MUTANTS = (
    Mutant(
        "metrics/accuracy.py",
        "return cells.correct[:, 0]",
        "return 1 - cells.correct[:, 0]",
        breaks=("accuracy",),
    ),
    Mutant(
        "metrics/accuracy.py",
        "return np.asarray(table.mean(axis=1))",
        "return np.asarray(np.median(table, axis=1))",
        breaks=("accuracy_mean",),
    ),
    Mutant(
        "metrics/accuracy.py",
        "return np.asarray(table.min(axis=1))",
        "return np.asarray(np.median(table, axis=1))",
        breaks=("accuracy_worst",),
    ),
    Mutant(
        "metrics/accuracy.py",
        "return np.asarray(table.max(axis=1))",
        "return np.asarray(np.median(table, axis=1))",
        breaks=("accuracy_best",),
    ),
    Mutant(
        "metrics/distribution.py", '"accuracy_median", 0.5,', '"accuracy_median", 0.6,', breaks=("accuracy_median",)
    ),
    Mutant("metrics/distribution.py", '"accuracy_q05", 0.05,', '"accuracy_q05", 0.0,', breaks=("accuracy_q05",)),
    Mutant("metrics/distribution.py", '"accuracy_q25", 0.25,', '"accuracy_q25", 0.3,', breaks=("accuracy_q25",)),
    Mutant("metrics/distribution.py", '"accuracy_q75", 0.75,', '"accuracy_q75", 0.7,', breaks=("accuracy_q75",)),
    Mutant("metrics/distribution.py", '"accuracy_q95", 0.95,', '"accuracy_q95", 1.0,', breaks=("accuracy_q95",)),
    Mutant("metrics/distribution.py", "ddof=1", "ddof=0", breaks=("accuracy_std",)),
    Mutant(
        "metrics/distribution.py",
        "np.quantile(table, [0.25, 0.75], axis=1)",
        "np.quantile(table, [0.2, 0.8], axis=1)",
        breaks=("accuracy_iqr",),
    ),
    Mutant(
        "metrics/distribution.py",
        "table.max(axis=1) - table.min(axis=1)",
        "table.max(axis=1) - table.mean(axis=1)",
        breaks=("spread",),
    ),
    Mutant(
        "metrics/drop.py",
        "table[:, 0] - table.mean(axis=1)",
        "table[:, 0] - table[:, 1:].mean(axis=1)",
        breaks=("mean_drop",),
    ),
    Mutant(
        "metrics/drop.py", "table[:, 1:].mean(axis=1), table[:, 0]", "table.mean(axis=1), table[:, 0]", breaks=("pdr",)
    ),
    Mutant(
        "metrics/saturation.py",
        "1 - (table.max(axis=1) - table.mean(axis=1))",
        "1 - (table.max(axis=1) - table.min(axis=1))",
        breaks=("sat",),
    ),
    Mutant(
        "metrics/saturation.py", "sat(table) * table.max(axis=1)", "sat(table) * table.mean(axis=1)", breaks=("cps",)
    ),
    Mutant(
        "metrics/worst_case.py",
        "np.nanmin(cells.correct, axis=1)",
        "np.nanmax(cells.correct, axis=1)",
        breaks=("accuracy_item_worst",),
    ),
    Mutant(
        "metrics/without_original.py",
        "table[:, 1:] if table.shape[1] > 1 else table",
        "table",
        breaks=("accuracy_mean_perturbed", "spread_perturbed"),
    ),
    Mutant(
        "metrics/without_original.py",
        "table[:, 0] - table[:, 1:].mean(axis=1)",
        "table[:, 0] - table.mean(axis=1)",
        breaks=("mean_drop_perturbed",),
    ),
    Mutant(
        "metrics/without_original.py",
        "disagreement(np.nansum(cells.correct[:, 1:], axis=1), cells.asked[:, 1:].sum(",
        "disagreement(np.nansum(cells.correct, axis=1), cells.asked.sum(",
        breaks=("pss_perturbed",),
    ),
    Mutant(
        "metrics/rates.py",
        "weights = np.array([min(counted[:, own].any(axis=1).sum(), FEW_ITEMS) for own in members], np.float64)",
        "weights = np.array([counted[:, own].sum() for own in members], np.float64)",
        breaks=("flip_rate", "flip_content"),
    ),
    Mutant(
        "metrics/confidence.py",
        "np.where(counts, ratio",
        "np.where(counts | True, ratio",
        breaks=(),
    ),
    Mutant("metrics/classes.py", "ratio(hits, meant)", "ratio(hits, meant + 1)", breaks=("balanced_accuracy",)),
    Mutant(
        "metrics/classes.py",
        "ratio(2 * hits, meant + answered)",
        "ratio(hits, np.maximum(meant, answered))",
        breaks=("macro_f1",),
    ),
    Mutant(
        "metrics/classes.py",
        "(meant * answered[..., :-1]).sum(axis=-1)",
        "(meant * answered[..., :-1]).max(axis=-1)",
        breaks=("mcc",),
    ),
    Mutant(
        "metrics/classes.py",
        "**of_mean)(mean)",
        "**of_mean)(worst)",
        breaks=(
            "balanced_accuracy_mean",
            "macro_f1_mean",
            "mcc_mean",
        ),
    ),
    Mutant(
        "metrics/classes.py",
        "**of_worst)(worst)",
        "**of_worst)(mean)",
        breaks=(
            "balanced_accuracy_worst",
            "macro_f1_worst",
            "mcc_worst",
        ),
    ),
    Mutant(
        "metrics/classes.py",
        "**of_spread)(spread)",
        "**of_spread)(mean)",
        breaks=(
            "balanced_accuracy_spread",
            "macro_f1_spread",
            "mcc_spread",
        ),
    ),
    Mutant(
        "metrics/flips.py",
        "cells.prediction[:, 1:] != cells.prediction[:, :1]",
        "cells.correct[:, 1:] != cells.correct[:, :1]",
        breaks=("flip_rate",),
    ),
    Mutant(
        "metrics/flips.py",
        "flipped(cells) & (cells.correct[:, :1] == 1)",
        "flipped(cells)",
        breaks=("flip_right_to_wrong",),
    ),
    Mutant(
        "metrics/flips.py",
        "flipped(cells) & (cells.correct[:, 1:] == 1)",
        "flipped(cells)",
        breaks=("flip_wrong_to_right",),
    ),
    Mutant("metrics/flips.py", "flipped(cells) & both_wrong", "flipped(cells)", breaks=("flip_wrong_to_wrong",)),
    Mutant("metrics/flips.py", "flipped(cells).any(axis=1)", "flipped(cells).all(axis=1)", breaks=("any_flip_rate",)),
    Mutant(
        "metrics/rows_of_answers.py",
        '(unread | unread[self.before], "unreadable")',
        '(unread[self.before], "unreadable")',
        breaks=("flip_unreadable",),
    ),
    Mutant(
        "metrics/rows_of_answers.py",
        '(cut | cut[self.before], "truncated")',
        '(cut[self.before], "truncated")',
        breaks=("flip_truncated",),
    ),
    Mutant(
        "metrics/rows_of_answers.py",
        "self.near_tie | (self.near_tie[self.before] & self.has_before)",
        "self.near_tie",
        breaks=("flip_near_tie",),
    ),
    Mutant(
        "metrics/rows_of_answers.py",
        "coinciding = self._coinciding[self.item]",
        "coinciding = -self._coinciding[self.item]",
        breaks=("flip_position", "flip_symbol"),
    ),
    Mutant(
        "metrics/rows_of_answers.py",
        'CAUSES.index("position_or_symbol")',
        'CAUSES.index("symbol")',
        breaks=("flip_position_or_symbol",),
    ),
    Mutant(
        "metrics/rows_of_answers.py",
        '((old != new) & same, "symbol")',
        '((old != new) & same, "content")',
        breaks=("flip_symbol", "flip_content"),
    ),
    Mutant(
        "metrics/rows_of_answers.py",
        "self.is_listed & (position != symbol) & (position != content)",
        "self.is_listed & (position != content)",
        breaks=("position_following",),
    ),
    Mutant(
        "metrics/rows_of_answers.py",
        "(of_symbol, symbol)",
        "(of_symbol, position)",
        breaks=("symbol_following",),
    ),
    Mutant(
        "metrics/rows_of_answers.py",
        "(position == symbol) & (symbol != content)",
        "(position != content)",
        breaks=("position_or_symbol_following",),
    ),
    Mutant(
        "metrics/rows_of_answers.py",
        "(position != self.content) | ((self.symbol != NOWHERE) & (self.symbol != position))",
        "position != self.content",
        breaks=("places",),
    ),
    Mutant(
        "prompt/render.py",
        "(index + prompt.symbol_shift) % count",
        "(index + 2 * prompt.symbol_shift) % count",
        breaks=(),
    ),
    Mutant(
        "metrics/causes.py",
        "(cells.cause[:, 1:] == code)",
        "(cells.cause[:, 1:] >= code - 1)",
        breaks=("flip_content",),
    ),
    Mutant(
        "metrics/causes.py",
        "return followed == 1, ~np.isnan(followed)",
        "return followed == 0, ~np.isnan(followed)",
        breaks=("symbol_following", "position_or_symbol_following"),
    ),
    Mutant(
        "metrics/agreement.py", "(counts * (counts - 1) / 2)", "(counts * counts / 2)", breaks=("pairwise_agreement",)
    ),
    Mutant("metrics/agreement.py", "counts.max(axis=1, initial=0)", "counts[:, 0]", breaks=("modal_consistency",)),
    Mutant(
        "metrics/pss.py",
        "k * (m - k) / np.maximum(m * (m - 1) / 2, 1)",
        "k * (m - k) / np.maximum(m * m / 2, 1)",
        breaks=("pss",),
    ),
    Mutant("metrics/pss.py", "pss(cells) / pss_ceiling(cells)", "pss(cells)", breaks=("pss_normalised",)),
    Mutant("metrics/pss.py", "np.floor(m / 2)", "m / 2", breaks=("pss_ceiling",)),
    Mutant(
        "metrics/errica.py",
        "np.asarray(_known(cells).any(axis=1)), extra=False",
        "np.asarray(_known(cells).any(axis=1)), extra=True",
        breaks=("sensitivity_soft",),
    ),
    Mutant("metrics/errica.py", "extra=bool((votes[:, -1] > 0).any())", "extra=True", breaks=("sensitivity_hard",)),
    Mutant(
        "metrics/errica.py",
        "entropy(soft(cells)) - each",
        "entropy(soft(cells)) - each / 2",
        breaks=("sensitivity_mutual_information",),
    ),
    Mutant(
        "metrics/errica.py",
        "np.sum([one(weight) for one in sums], axis=0) / 2",
        "np.sum([one(weight) for one in sums], axis=0)",
        breaks=("consistency_soft",),
    ),
    Mutant(
        "metrics/errica.py",
        "votes[rows, np.where(is_choice, column, width - 1)[rows]] += 1",
        "votes[rows, np.where(is_choice, column, width - 1)[rows]] = 1",
        breaks=("consistency_hard",),
    ),
    Mutant(
        "metrics/confidence.py",
        "cells.detail.confidence, 0.0).sum(axis=1)",
        "cells.detail.confidence, 0.0).max(axis=1)",
        breaks=("confidence",),
    ),
    Mutant(
        "metrics/confidence.py",
        "smaller + (equal + 1) / 2",
        "smaller + (equal + 1)",
        breaks=("confidence_pss_correlation",),
    ),
    Mutant(
        "metrics/unreadable.py", "first = 1 if len(cells.columns) > 1 else 0", "first = 0", breaks=("unreadable_rate",)
    ),
    Mutant(
        "metrics/contrast.py",
        "~(edits.correct == 0).any(axis=1)",
        "~(edits.correct[:, 1:] == 0).any(axis=1)",
        breaks=("contrast_consistency",),
    ),
    Mutant(
        "metrics/contrast.py",
        "edits.correct[:, 1:] == 1",
        "edits.correct[:, 1:] == 0",
        breaks=("contrast_accuracy",),
    ),
    Mutant(
        "metrics/contrast.py",
        "is_right[lead] &= is_right[index]",
        "is_right[lead] |= is_right[index]",
        breaks=("contrast_consistency_gardner",),
    ),
    Mutant(
        "metrics/responsiveness.py",
        "np.where(counted, stayed & moved",
        "np.where(counted, moved",
        breaks=("robust_and_responsive",),
    ),
    Mutant(
        "metrics/posix.py", "logprobs - np.diag(logprobs)", "logprobs - np.diag(logprobs)[:, None]", breaks=("posix",)
    ),
    Mutant("metrics/posix.py", "away.sum() / (num * (num - 1))", "away.sum() / (num * num)", breaks=()),
    Mutant("metrics/ranking.py", "ratio(12 * spread,", "ratio(6 * spread,", breaks=("kendalls_w",)),
    Mutant(
        "metrics/ranking.py",
        "np.sqrt(untied[..., :, None] * untied[..., None, :])",
        "untied[..., :, None]",
        ("mean_tau",),
    ),
    Mutant(
        "metrics/ranking.py",
        "(ahead + behind) * (signs.shape[-1] - 1)",
        "(ahead + behind) * signs.shape[-1]",
        breaks=("reversal",),
    ),
    Mutant(
        "metrics/ranking.py",
        "float(signs.shape[-1] - 1))",
        "float(signs.shape[-1]))",
        breaks=("reversal_of_original",),
    ),
    Mutant(
        "metrics/representation.py", "moved - points[:, None]) ** 2", "moved - points[:, None]) ** 1", ("alignment",)
    ),
    Mutant("metrics/representation.py", "TEMPERATURE = 2.0", "TEMPERATURE = 1.0", breaks=("uniformity",)),
    Mutant(
        "metrics/representation.py",
        "np.where(layer.between > ROUNDING**2, np.sqrt(layer.between), 0.0)",
        "np.where(layer.between > ROUNDING**2, layer.between, 0.0)",
        breaks=("relative_distance",),
    ),
    Mutant("metrics/attribution.py", "[alone + crossed, components", "[alone, components", breaks=("variance_share",)),
    Mutant("metrics/explanations.py", "less + (equal + 1) / 2", "less + equal", breaks=("spearman",)),
    Mutant(
        "metrics/responsiveness.py", "2 * num_flips < num_asked", "num_flips < num_asked", breaks=("responsiveness",)
    ),
    Mutant("metrics/statistics/paired.py", "min(1.0, 2 * _fair_coin", "min(1.0, _fair_coin", breaks=("tests",)),
    Mutant(
        "metrics/statistics/paired.py",
        "num_columns * (num_columns - 1) * float",
        "num_columns * num_columns * float",
        breaks=("tests",),
    ),
    Mutant(
        "metrics/family_tests.py",
        "_by_item(cells.of(family)) - _by_item",
        "_by_item(cells.of(family)) + _by_item",
        ("tests",),
    ),
    Mutant("metrics/accuracy.py", "ENOUGH = 0.5", "ENOUGH = 1.0", breaks=()),
    Mutant("metrics/accuracy.py", "weights @ (stratum * asked[:, partial])", "weights @ asked[:, partial]", breaks=()),
    Mutant("metrics/flips.py", "cells.comparable & another", "another", breaks=()),
    Mutant(
        "metrics/cells.py",
        'column.effect == "label-preserving" and column.family != NULL',
        'column.effect == "label-preserving"',
        breaks=(),
    ),
    Mutant(
        "metrics/floors.py",
        "cls(metric, null, min(wanted or available, available))",
        "cls(metric, null, 1)",
        breaks=(),
    ),
    Mutant("metrics/statistics/intervals.py", "z * z / (4 * num * num)", "z * z / (4 * num)", breaks=()),
    Mutant(
        "metrics/answers.py",
        "(number[text] for text in shown), given",
        "(number[text] for text in number), given",
        breaks=(),
    ),
    Mutant("evaluation/posix.py", "answers = [completion.text or end", "answers = [completion.text", breaks=()),
    Mutant("metrics/rows_of_answers.py", "self.margin <= self.noise", "self.margin <= self.noise / 10", breaks=()),
    Mutant("evaluation/scoring.py", "key=lambda index: -values[index]", "key=lambda index: values[index]", breaks=()),
    Mutant(
        "evaluation/scoring.py",
        "math.exp(value - top) for value in values",
        "math.exp((value - top) / 2) for value in values",
        breaks=(),
    ),
    Mutant("evaluation/scoring.py", "math.exp(completion.mean_logprob)", "1 + completion.mean_logprob", breaks=()),
    Mutant("prompt/render.py", '"upper": str.upper', '"upper": str.title', breaks=()),
)
