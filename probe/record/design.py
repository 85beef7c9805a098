"""Whether two runs asked the same: the settings and the files of suites in which they differ, in words.

Covered: what manifests and baselines hold. Not covered: items, tokens and texts, which the gate compares one by one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from probe.evaluation.run import DESIGN

Difference = Literal["missing-items", "suite-change", "token-change", "variant-change"]


@dataclass(frozen=True, slots=True)
class Design:
    """What a run asked."""

    settings: Mapping[str, Any]
    """By their keys in a manifest."""
    suites: Mapping[str, tuple[str, str]]
    """Version and digest of the files, by name."""

    @classmethod
    def of_manifest(cls, manifest: Mapping[str, Any]) -> Design:
        """Return the design of a run from its manifest."""
        return cls(manifest, {one["name"]: (str(one["version"]), str(one["digest"])) for one in manifest["suites"]})


def differences(
    first: Design, second: Design, *, names: tuple[str, str], without: tuple[str, ...] = ()
) -> Iterator[tuple[Difference, str]]:
    """Return every difference with a sentence; `names` are those of the two runs, `without` are settings to leave out."""
    a, b = names
    for key, flag in DESIGN.items():
        before, after = first.settings.get(key), second.settings.get(key)
        if before != after and key not in without:
            yield "variant-change", f"{flag}: {shown(before)} in {a}, {shown(after)} in {b}"
    for name in dict.fromkeys([*first.suites, *second.suites]):
        if name not in second.suites:
            yield "missing-items", f"suite {name!r} is in {a} and not in {b}"
        elif name not in first.suites:
            yield "missing-items", f"suite {name!r} is in {b} and not in {a}"
        elif first.suites[name] != second.suites[name]:
            old, new = first.suites[name][0], second.suites[name][0]
            is_same = f"other files under the same version {new}"
            yield (
                "suite-change",
                f"suite {name!r} has {is_same if old == new else f'version {old} in {a}, {new} in {b}'}",
            )


def shown(value: Any) -> str:
    """Return a setting as text."""
    if isinstance(value, list):
        return ",".join(map(str, value)) or "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "none" if value in (None, "") else str(value)
