"""Runs of several models on the same variants, compared, as Python sees it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from probe.api.frames import frame_of
from probe.errors import UsageError

if TYPE_CHECKING:
    import pandas as pd

    from probe.comparison.comparison import RunComparison as Figures


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Comparison:
    """Two runs or more, item by item, from `probe.compare`; printed, it is the page of `probe compare`.

        found.differences     every metric of each two runs, with intervals and p-values
        found.tests           exact McNemar tests of the accuracy on the original prompts
        found.rankings        whether the order of the models holds under other prompts
        found.items           items that are newly broken or newly fixed, each with a prompt that shows it
        found.changes         what differs in how the runs were made

    Each table is a new DataFrame.
    """

    figures: Figures
    """What `probe compare --json` prints."""

    @property
    def verdict(self) -> str:
        """Return how many differences are larger than chance explains, and which run is better, in a sentence or two."""
        return self.figures.verdict

    @property
    def differences(self) -> pd.DataFrame:
        """Return one row a metric, family, suite and pair of runs: `difference` is run `b` minus run `a`.

        `ci_low` and `ci_high` are its 95 % interval, paired by item; `p_adjusted` is adjusted over all rows of the comparison;
        `significant` is p_adjusted <= 0.05; `minimum_detectable` is the least difference found in four cases of five.
        """
        return frame_of(self.figures.differences)

    @property
    def tests(self) -> pd.DataFrame:
        """Return one row a suite and pair of runs: an exact McNemar test of the accuracy on the original prompts."""
        return frame_of(self.figures.tests)

    @property
    def rankings(self) -> pd.DataFrame:
        """Return one row a suite: how well the order of the models holds from variant to variant, Kendall's W and tau."""
        return frame_of(self.figures.rankings)

    @property
    def reversals(self) -> pd.DataFrame:
        """Return one row a suite and pair of runs: the share of variants under which the worse run is the better one."""
        return frame_of(self.figures.reversals)

    @property
    def items(self) -> pd.DataFrame:
        """Return the items that each run broke or fixed against the first one, worst first, with one prompt as an example."""
        return frame_of([{"a": p.a, "b": p.b} | asdict(row) for p in self.figures.pairs for row in p.items])

    @property
    def changes(self) -> pd.DataFrame:
        """Return the entries of the manifests that differ from the first run's; those that decide the prompts come first."""
        rows = [{"run_a": p.a, "run_b": p.b} | asdict(row) for p in self.figures.pairs for row in p.changes]
        return frame_of(rows)

    def report(self, path: str | Path) -> Path:
        """Write the page that compares the runs, an .html file; return its path.

        Raises:
            UsageError: the extension is another one.
            StoreError: the file cannot be written.
        """
        from reports.compare_page import page, save

        out = Path(path).expanduser()
        if out.suffix.lower() not in (".html", ".htm"):
            raise UsageError(f"path={str(path)!r}: a comparison is written as .html")
        return save(page(self.figures), out)

    def __repr__(self) -> str:
        from reports.compare_console import page

        return page(self.figures, width=100)
