"""A finished run as Python sees it: its figures, answers and flips as DataFrames, and its page."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from probe.api import frames
from probe.errors import UsageError
from probe.record.earlier import NAMES
from probe.record.run import read_run
from probe.record.summary import Summary
from probe.registry import unknown_name

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Run:
    """A finished run, from `probe.run` or `probe.load`.

        run.metrics                 figures with intervals and noise floors, one row a metric of a family of a suite
        run.scores                  answers, one row each, with the prompt as it was asked and its edit
        run.flips()                 answers that moved, with both prompts and both answers, worst first
        run.report("report.html")   the page; .md, .csv, .parquet and .json too

    In a notebook a run shows the first screen of its page.
    """

    folder: Path
    """Where it lies: `manifest.json`, `summary.json`, the tables and `report.html`."""
    summary: Summary
    """All figures of the run, as `summary.json` holds them."""

    @classmethod
    def load(cls, folder: str | Path) -> Run:
        """Return the run in a folder; of a folder of runs, the newest.

        Raises:
            UsageError: there is no run.
            StoreError: a file of it is damaged, or was written by another version of probe.
        """
        path = newest_run(Path(folder).expanduser())
        return cls(path, read_run(path).summary)

    @property
    def suites(self) -> tuple[str, ...]:
        """Return the names of the suites."""
        return self.summary.suites

    @property
    def model(self) -> str:
        """Return the name of the model."""
        return self.summary.model

    @property
    def verdict(self) -> str:
        """Return in a few sentences how often answers move, and where."""
        return self.summary.verdict

    @property
    def metrics(self) -> pd.DataFrame:
        """Return the figures, one row a metric of a family of a suite.

        `value` is a share from 0 to 1 unless the metric says otherwise (`probe list metrics`), NaN where it is not defined
        (`reason` says why); `ci_low` and `ci_high` are its 95 % interval; `noise_floor` is what the metric shows although
        nothing was changed, `net` is value minus floor. The family `original` is the original prompts, `all` all families
        together, `null` the reruns; the suite `all` is all suites together.
        """
        return frames.metrics_of(self.summary.metrics)

    @property
    def scores(self) -> pd.DataFrame:
        """Return the answers, one row each: which variant, what was answered, what is right, the prompt and its edit.

        `margin` is the log-probability of the best choice minus that of the second best (nats), `confidence` a probability;
        both are NaN where a model gives none. `edit` shows on a line what was changed, `text` is the prompt as it was asked.

        Raises:
            StoreError: a table of the run is missing or damaged.
        """
        return frames.scores_of(self.folder)

    @property
    def requests(self) -> pd.DataFrame:
        """Return what the model was sent and what it answered, one row each; `row` is the answer's row in `scores`.

        `logprob` is the natural logarithm of a continuation's probability; docs/reference/files.md says how the probabilities
        of `scores` are computed from it.

        Raises:
            StoreError: the run is of an earlier version or imported, and has none; or the table is damaged.
        """
        return frames.requests_of(self.folder)

    def flips(self, *, family: str = "", suite: str = "") -> pd.DataFrame:
        """Return all answers that moved, with both prompts and both answers, worst first; of one family or suite if named.

        `kind` is `right to wrong` and so on, `cause` what the answer followed instead, `command` shows the variant again.

        Raises:
            UsageError: the run has no such family or suite; the message names the near ones.
            StoreError: a table of the run is missing or damaged.
        """
        return self._of(frames.flips_of(read_run(self.folder)), family, suite)

    def contrast_failures(self, *, family: str = "", suite: str = "") -> pd.DataFrame:
        """Return all edits that declare another answer and are answered wrong although the original is answered right.

        They are no flips. The columns are those of `flips`; `kind` is `should have moved`.

        Raises:
            UsageError: the run has no such family or suite; the message names the near ones.
            StoreError: a table of the run is missing or damaged.
        """
        return self._of(frames.contrast_failures_of(read_run(self.folder)), family, suite)

    def _of(self, frame: pd.DataFrame, family: str, suite: str) -> pd.DataFrame:
        """Return the rows of a family or a suite, if named."""
        family = NAMES.get(family, family)
        families = sorted({row.family for row in self.summary.metrics} - {"all", "original"})
        for column, name, known in (("family", family, families), ("suite", suite, list(self.suites))):
            if name and name not in known:
                raise unknown_name(column, name, known)
            frame = frame[frame[column] == name] if name else frame
        return frame.reset_index(drop=True)

    def figure(self, metric: str, *, family: str = "all", suite: str = "") -> float | None:
        """Return a figure, None where it is not defined; `suite` may be left out where there is one.

        Raises:
            UsageError: the run has no such figure; the message names the near ones.
        """
        return self.summary.figure(metric, family=NAMES.get(family, family), suite=suite)

    def report(self, path: str | Path) -> Path:
        """Write a report in the format of the name's extension, .html, .md, .csv, .parquet or .json; return its path.

        Raises:
            UsageError: the extension stands for no format of a run.
            StoreError: the file cannot be written.
        """
        from reports.formats import FORMATS, Results, needs_verdict, write

        out = Path(path).expanduser()
        if out.suffix.lower() not in FORMATS or needs_verdict(out):
            known = ", ".join(name for name in FORMATS if not needs_verdict(Path("x" + name)))
            hint = "probe.gate(run, ...).report(path) writes a verdict" if needs_verdict(out) else ""
            raise UsageError(f"path={str(path)!r}: a run is written as {known}", hint=hint)
        return write(Results((self.folder,)), out)

    def bless(self, path: str | Path, *, new_chain: bool = False) -> Path:
        """Save the run as a baseline for `probe.gate(later, baseline=path)`, as `probe bless` does; return the path.

        Where `path` is a baseline already, its first figures are kept and later runs are judged by them as well, unless
        `new_chain`.

        Raises:
            NothingToEvaluate: no item was answered.
            StoreError: the file cannot be written.
        """
        from probe.gating.baseline import blessed_of, write_baseline
        from probe.gating.chain import chained

        out = Path(path).expanduser()
        blessed, _ = chained(blessed_of(read_run(self.folder)), None if new_chain else out)
        return write_baseline(blessed, out)

    def _repr_html_(self) -> str:
        """Return the first screen of the page, as a notebook shows it."""
        from reports.html import frame

        return frame(self.folder)

    def __repr__(self) -> str:
        return f"Run({str(self.folder)!r}: {', '.join(self.suites)}; {self.model})\n{self.verdict}"


def newest_run(path: Path) -> Path:
    """Return the folder of a run: the one named, the newest of those in the folder named, or of all for `latest`.

    Raises:
        UsageError: there is no run.
    """
    from probe.api.project import runs_folder
    from probe.record.find import find_run

    return find_run(path, runs=runs_folder(Path.cwd()))
