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

from mutants import MUTANTS, Mutant

ROOT = Path(__file__).parents[2]
PARTS = ("probe", "reports", "suites")
WORKERS = 2
LEFT_OUT = shutil.ignore_patterns("pocket", "__pycache__", "*.safetensors")


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
        "digest_of([*decides, _engine_code()])",
        "digest_of([*decides])",
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
        "continuation = request.continuation if",
        "continuation = request.continuation.strip() if",
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
