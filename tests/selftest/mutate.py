"""Break one line of the instrument at a time, in a copy, and see whether `probe selftest`, or the test named for it, notices.

    python tests/selftest/mutate.py              all of them, as a Markdown table
    python tests/selftest/mutate.py pss floors   those whose file or new line holds one of the words

Lines that make figures are for the self-test. Others, such as the key of the response cache, have a test of their own each
(`TESTED`). A mutant that is not noticed is a hole; the exit code is 1 then.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
PARTS = ("probe", "reports", "suites")
WORKERS = 2
LEFT_OUT = shutil.ignore_patterns("pocket", "__pycache__", "*.safetensors")


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


@dataclass(frozen=True)
class Tested(Mutant):
    """A line that makes no figure; `file` is a path from the root."""

    test: str = ""
    """The test that is named for it: FILE::NAME."""


CACHE_KEY = "tests/models/test_cache_key.py::"
TESTED = (
    Tested(
        "probe/models/base.py",
        "if key not in ignored}",
        'if key not in {*ignored, "dtype"}}',
        test=CACHE_KEY + "test_the_key_holds_each_fact_of_the_identity[dtype]",
    ),
    Tested(
        "probe/models/base.py",
        "if key not in ignored}",
        'if key not in {*ignored, "fingerprint"}}',
        test=CACHE_KEY + "test_the_key_holds_each_fact_of_the_identity[fingerprint]",
    ),
    Tested(
        "probe/models/cache.py",
        'repr(request).encode("utf-8", "surrogatepass")',
        'repr(request).split("max_new_tokens")[0].encode("utf-8", "surrogatepass")',
        test=CACHE_KEY + "test_the_key_holds_each_field_of_a_request[max_new_tokens]",
    ),
    Tested(
        "probe/models/cache.py",
        'repr(request).encode("utf-8", "surrogatepass")',
        'repr(replace(request, messages=())).encode("utf-8", "surrogatepass")',
        test=CACHE_KEY + "test_the_key_holds_each_field_of_a_request[messages of a rating]",
    ),
    Tested(
        "probe/models/cache.py",
        "_engine_code(), code_digest_of(type(model.unwrapped))]",
        "code_digest_of(type(model.unwrapped))]",
        test=CACHE_KEY + "test_the_key_holds_the_code_of_the_engine_and_of_a_back_end_of_ones_own",
    ),
    Tested(
        "probe/models/huggingface.py",
        "config_hash=identity.config_hash(self.model)",
        'config_hash=""',
        test=CACHE_KEY + "test_a_model_whose_configuration_was_edited_is_asked_anew",
    ),
    Tested(
        "probe/models/huggingface.py",
        "generation_hash=identity.generation_hash(generation.greedy(self, max_new_tokens=1))",
        'generation_hash=""',
        test=CACHE_KEY + "test_a_model_whose_generation_settings_were_edited_is_asked_anew",
    ),
    Tested(
        "probe/models/huggingface.py",
        "if self._hashed is None or self._hashed[0] != mark:",
        "if self._hashed is None:",
        test=CACHE_KEY + "test_a_model_that_is_changed_in_memory_is_asked_anew_and_recorded_as_another",
    ),
    Tested(
        "reports/escape.py",
        'r"([\\\\`*_\\[\\]|~#!])"',
        'r"([\\\\`*_\\[\\]~#!])"',
        test="tests/reports/test_escape.py::test_a_bar_is_escaped_in_a_table",
    ),
    Tested(
        "reports/escape.py",
        'span.replace("|", "\\\\|") if in_table else span',
        "span",
        test="tests/reports/test_escape.py::test_a_table_keeps_its_cells",
    ),
    Tested(
        "probe/metrics/family_tests.py",
        "benjamini_hochberg([rows[i].p_value for i in indices])",
        "[rows[i].p_value for i in indices]",
        test="tests/metrics/test_family_tests.py"
        "::test_p_values_of_a_run_are_adjusted_over_families_by_benjamini_and_hochberg",
    ),
    Tested(
        "probe/comparison/runs.py",
        "benjamini_hochberg([rows[i][0].p_value for i in tried])",
        "[rows[i][0].p_value for i in tried]",
        test="tests/comparison/test_compare.py::test_p_values_of_a_comparison_are_adjusted_by_benjamini_and_hochberg",
    ),
    Tested(
        "probe/gating/against.py",
        "adjusted = benjamini_hochberg([one.p_value for one in measured])",
        "adjusted = [one.p_value for one in measured]",
        test="tests/gating/test_evaluate.py::test_p_values_of_a_verdict_are_adjusted_by_benjamini_and_hochberg",
    ),
    Tested(
        "probe/metrics/explanations.py",
        "list(benjamini_hochberg(tried)) if tried else []",
        "list(tried)",
        test="tests/metrics/test_explanations.py::test_q_values_of_correlations_are_adjusted_by_benjamini_and_hochberg",
    ),
    Tested(
        "probe/validity/reviews.py",
        "for text in (before, after, target):",
        "for text in (before, after):",
        test="tests/validity/test_reviews.py::test_a_decision_holds_for_its_declared_answer_alone",
    ),
    Tested(
        "reports/template.py",
        "autoescape=True",
        "autoescape=False",
        test="tests/reports/test_html_page.py::test_what_others_wrote_is_escaped_by_every_template",
    ),
    Tested(
        "probe/record/requests.py",
        '"continuation": request.continuation}',
        '"continuation": request.continuation.strip()}',
        test="tests/record/test_requests.py::test_every_normalisation_is_computed_again",
    ),
)


def broken_copy(mutants: Sequence[Mutant], folder: Path, *, inside: str = "") -> None:
    """Copy the instrument and break the mutants' lines.

    Raises:
        ValueError: there is no such line.
    """
    for part in PARTS:
        shutil.copytree(ROOT / part, folder / part, ignore=LEFT_OUT)
    for mutant in mutants:
        path = folder / inside / mutant.file
        text = path.read_text(encoding="utf-8")
        if text.count(mutant.line) == 0:
            raise ValueError(f"{mutant.file} has no line with {mutant.line!r}: the mutant is out of date")
        path.write_text(text.replace(mutant.line, mutant.broken), encoding="utf-8")


def noticed(mutants: Sequence[Tested], folder: Path) -> tuple[set[str], str]:
    """Break lines of one copy and give which of the tests that are named for them failed, and what pytest said."""
    broken_copy(mutants, folder)
    for part in ("docs", "tests", "pyproject.toml"):
        place = ROOT / part
        (shutil.copytree if place.is_dir() else shutil.copy)(place, folder / part)
    # The small model's files are read where they lie: only Python is copied.
    for path in (ROOT / "probe" / "models" / "pocket").iterdir():
        (folder / "probe" / "models" / "pocket").mkdir(exist_ok=True)
        (folder / "probe" / "models" / "pocket" / path.name).symlink_to(path)
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *(mutant.test for mutant in mutants)],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    failed = [line for line in done.stdout.splitlines() if line.startswith("FAILED")]
    tests = {mutant.test for mutant in mutants if any(line.startswith(f"FAILED {mutant.test}") for line in failed)}
    return tests, " ".join(failed) or (done.stdout + done.stderr)[-200:].strip()


WITH_SOME_ORACLES = """
import sys
from probe.cli import exit_code
from probe.selftest import check
whole = check.selftest
check.selftest = lambda: whole([oracle for oracle in check.ORACLES if oracle.name in sys.argv[1:]])
sys.exit(exit_code(["selftest", "--json"]))
"""


def caught(mutant: Mutant, folder: Path, oracles: Sequence[str] | None = None) -> tuple[bool, str]:
    """Break a copy and give whether the self-test failed, in a figure of each metric that the line makes, and what it said.

    With `oracles` the self-test has these alone: what they notice the whole one notices, whose checks are these and more.
    """
    broken_copy([mutant], folder, inside="probe")
    command = ["-m", "probe", "selftest", "--json"] if oracles is None else ["-c", WITH_SOME_ORACLES, *oracles]
    done = subprocess.run(
        [sys.executable, *command],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    if not done.stdout.startswith("{"):
        return False, f"stopped by an error: {done.stderr.strip().splitlines()[-1:]}"
    found = json.loads(done.stdout)
    differing = {check["figure"].split(".")[0] for check in found["checks"] if not check["passed"]}
    missed = [metric for metric in mutant.breaks if metric not in differing]
    said = f"{found['num_failures']} of {found['num_checks']} figures differ"
    said += f", none of {', '.join(missed)}" if missed else ""
    return done.returncode == 3 and found["num_failures"] > 0 and not missed, said


def main(words: list[str]) -> int:
    """Try the mutants, two at a time, and print the table."""
    chosen = [one for one in (*MUTANTS, *TESTED) if not words or any(word in one.file + one.broken for word in words)]
    sys.stdout.write("| file | line | broken into | metrics | self-test, or test |\n|---|---|---|---|---|\n")
    passed = 0
    with ThreadPoolExecutor(WORKERS) as pool:
        for mutant, (was_caught, said) in zip(chosen, pool.map(_tried, chosen), strict=True):
            passed += not was_caught
            line, broken = (text.replace("|", "\\|") for text in (mutant.line, mutant.broken))
            verdict = said if was_caught else f"**passed**: {said}"
            sys.stdout.write(
                f"| `{mutant.file}` | `{line}` | `{broken}` | {', '.join(mutant.breaks) or '-'} | {verdict} |\n"
            )
            sys.stdout.flush()
    sys.stdout.write(f"\n{len(chosen) - passed} of {len(chosen)} were noticed.\n")
    return int(passed > 0)


def _tried(mutant: Mutant) -> tuple[bool, str]:
    with tempfile.TemporaryDirectory() as folder:
        if not isinstance(mutant, Tested):
            return caught(mutant, Path(folder))
        failed, said = noticed([mutant], Path(folder))
        return bool(failed), said


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
