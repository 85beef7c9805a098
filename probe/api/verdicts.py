"""A run judged by a baseline or by bounds, as Python sees it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from probe.api.frames import frame_of
from probe.errors import UsageError
from probe.gating import verdict as gating

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Verdict:
    """What the gate says of a run, from `probe.gate`; printed, it is the page of `probe gate`.

        verdict.passed      whether nothing regressed or failed, nor is inconclusive where that is to fail
        verdict.outcome     "pass", "regressed", "failed" or "inconclusive"
        verdict.checks      one row a figure that was judged
        verdict.moved       the items that speak most against each figure

    Each table is a new DataFrame.
    """

    folder: Path
    """Of the run."""
    judged: gating.GateVerdict
    fail_on_inconclusive: bool = True

    @property
    def outcome(self) -> gating.Outcome:
        """Return the worst outcome among the checks: `regressed`, `failed`, `inconclusive` or `pass`."""
        return self.judged.outcome

    @property
    def passed(self) -> bool:
        """Return whether `probe gate` would exit with 0."""
        return self.judged.exit_code(fail_on_inconclusive=self.fail_on_inconclusive) == 0

    @property
    def checks(self) -> pd.DataFrame:
        """Return one row a check: the figure, what it was judged by, its interval, and why it came out so.

        `value` is this run's, `reference` the baseline's, `bound` the bound, or the worsening that is let pass. The interval is
        that of the difference for a baseline, of the value for a bound.
        """
        return frame_of(
            [
                {
                    "outcome": one.outcome,
                    "suite": one.suite,
                    "family": one.family,
                    "metric": one.metric,
                    "kind": one.kind,
                }
                | {"value": one.value, "reference": one.reference, "difference": one.difference, "bound": one.bound}
                | {"ci_low": one.ci_low, "ci_high": one.ci_high, "minimum_detectable": one.minimum_detectable}
                | {"p_value": one.p_value, "p_adjusted": one.p_adjusted}
                | {"since_first": one.since_first, "tolerance": one.tolerance, "items_needed": one.items_needed}
                | {"num_items": one.num_items, "num_variants": one.num_variants, "reason": one.reason}
                for one in self.judged.checks
            ]
        )

    @property
    def moved(self) -> pd.DataFrame:
        """Return the items that speak most against each check, up to three, with the command that shows each again."""
        return frame_of(moved for check in self.judged.checks for moved in check.moved)

    def report(self, path: str | Path) -> Path:
        """Write the verdict by the extension: .html, .md, .xml (JUnit), .sarif or .json; return its path.

        Raises:
            UsageError: the extension stands for none of them.
            StoreError: the file cannot be written.
        """
        from reports.formats import FORMATS, Results, write

        out = Path(path).expanduser()
        known = [name for name in FORMATS if name not in (".csv", ".parquet")]
        if out.suffix.lower() not in known:
            raise UsageError(f"path={str(path)!r}: a verdict is written as {', '.join(known)}")
        return write(Results((self.folder,), (self.judged,), self.fail_on_inconclusive), out)

    def __repr__(self) -> str:
        from reports.gate_console import page

        return page(self.judged, width=100)
