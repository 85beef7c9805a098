"""What the files of a run must hold, checked when they are read.

    manifest.json, summary.json, tables  -->  nothing where they are sound
                                         -->  StoreError: run/manifest.json: suites[0].digest: null, where text is needed

One schema serves every command, because every command reads a run by `probe.record.run` and its tables by
`probe.record.tables`. It follows from the types of `Summary` and of `Manifest`, so that what is written and what is read
cannot part (`probe.files.shape`). `probe/record/schemas/` holds it as JSON Schema for other tools.

Covered: what `probe.files.shape` covers, intervals the wrong way round, names of suites that the manifest does not have; files
of earlier versions in today's words. Not covered: whether a figure is right.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from probe.errors import StoreError
from probe.files.reading import Refused
from probe.files.shape import Form, checked, read_object, shown
from probe.masking import masked_value
from probe.record.columns import HINT
from probe.record.manifest import Manifest
from probe.record.summary import FLIPS_ALONE, Summary
from probe.types import Effect

SHARES = frozenset((
    "confidence", "flip_rate", "level", "p_adjusted", "p_value", "robust_share", "constant_share", "attentive_share",
    "erratic_share", "before_probabilities", "after_probabilities", "chance",
))  # fmt: skip
"""Fields that lie between 0 and 1."""
ALWAYS = frozenset((
    "suites", "model", "verdict", "metrics", "flip_shares", "responsiveness", "classes", "variants", "outcomes",
    "sensitivity", "tests", "flips", "flips_total", "counts", "validity", "level", "resample", "stopping", "budget",
    "timing", "engine", "warnings",
))  # fmt: skip
"""Fields of a summary that every version has written."""
SINCE_3 = frozenset(("contrast_failures", "contrast_failures_total"))
INTERVALS = (("ci_low", "ci_high"), ("noise_floor_low", "noise_floor_high"), ("net_ci_low", "net_ci_high"))
"""Keys of the ends of an interval."""
WITH_INTERVALS = ("metrics", "classes", "variants", "stopping")
"""Tables of a summary whose rows have them."""
EFFECTS = (("effect", Effect),)

MANIFEST = Form(Manifest)
SUMMARY = Form(Summary, needed=ALWAYS, shares=SHARES, values=EFFECTS)
SUMMARY_SINCE_3 = Form(Summary, needed=ALWAYS | SINCE_3, shares=SHARES, values=EFFECTS)


def check_manifest(path: Path, value: Mapping[str, Any]) -> None:
    """Check what a manifest holds, in today's words.

    Raises:
        StoreError: names the file, the key, what is there and what is needed.
    """
    _check(path, value, MANIFEST)
    names = [suite["name"] for suite in value["suites"]]
    for place, name in enumerate(names):
        if name in names[:place]:
            raise _wrong(path, f"suites[{place}].name", f"{shown(name)} for a second time")


def check_summary(path: Path, value: Mapping[str, Any], manifest: Mapping[str, Any]) -> None:
    """Check what a summary holds, in today's words, and that it is of the suites of its manifest.

    Raises:
        StoreError: names the file, the key, what is there and what is needed.
    """
    _check(path, value, SUMMARY_SINCE_3 if value["schema_version"] >= FLIPS_ALONE else SUMMARY)
    known = [suite["name"] for suite in manifest["suites"]]
    for place, name in enumerate(value["suite"]):
        if name not in known:
            raise _wrong(path, f"suite[{place}]", f"{shown(name)}, which the manifest beside it does not name")
    for key, what in reversed_intervals(value, WITH_INTERVALS, INTERVALS):
        raise _wrong(path, key, what)


def reversed_intervals(
    value: Mapping[str, Any], tables: Sequence[str], pairs: Sequence[tuple[str, str]]
) -> Iterator[tuple[str, str]]:
    """Return the key of each interval in tables whose lower end is above its upper one, and what it holds."""
    for name in tables:
        for place, row in enumerate(value.get(name, ())):
            for low, high in pairs:
                if _is_reversed(row.get(low), row.get(high)):
                    yield f"{name}[{place}].{low}", f"{shown(row[low])}, above {high}, {shown(row[high])}"


def read_checked(form: Form, path: Path, *, hint: str) -> dict[str, Any]:
    """Return the JSON object of a file, which has a form.

    Raises:
        StoreError: names the file and the key, or says why it cannot be read.
    """
    try:
        # It may come from where a secret of here was not known.
        return dict(masked_value(read_object(form, path)))
    except Refused as error:
        raise StoreError(f"{path}: {error}", hint=hint) from error
    except (OSError, ValueError) as error:
        raise StoreError(f"{path}: damaged: {error}", hint=hint) from error


def _is_reversed(low: float | None, high: float | None) -> bool:
    return low is not None and high is not None and low > high + 1e-9


def _wrong(path: Path, key: str, what: str) -> StoreError:
    return StoreError(f"{path}: {key} is {what}", hint=HINT)


def _check(path: Path, value: Mapping[str, Any], form: Form) -> None:
    try:
        checked(form, value)
    except Refused as error:
        raise StoreError(f"{path}: {error}", hint=HINT) from error
