"""A finished run as Python sees it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from probe.registry import unknown_name


@dataclass(frozen=True, slots=True, eq=False)
class Run:
    """A finished run: where it lies, and its figures as `summary.json` holds them."""

    folder: Path
    summary: Mapping[str, Any]

    def figure(self, metric: str, *, family: str = "all", suite: str = "") -> float | None:
        """Return a figure, None where it is not defined; `suite` may be left out where there is one.

        Raises:
            UsageError: the run has no such figure; the message names the near ones.
        """
        suite = suite or (self.summary["suite"][0] if len(self.summary["suite"]) == 1 else "all")
        rows = {(row["metric"], row["family"], row["suite"]): row for row in self.summary["metrics"]}
        if (metric, family, suite) not in rows:
            known = sorted({" ".join(key) for key in rows})
            raise unknown_name("figure", f"{metric} {family} {suite}", known)
        value = rows[metric, family, suite]["value"]
        return None if value is None else float(value)
