"""The files in which a session saves answers as they come, and what of it can be said after Ctrl-C.

    OUT/cache.sqlite          answers, whoever asks for them
    OUT/.reruns-KEY.sqlite    those to the reruns of a run, until it is saved

Covered: one open file for all models of a session. Not covered: what a file holds (`probe.models.saved`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from probe.models.rerun import Reruns
from probe.models.saved import SavedAnswers


@dataclass(slots=True)
class SavedFiles:
    """The files of a session's answers."""

    caches: dict[Path, SavedAnswers] = field(default_factory=dict)
    reruns: list[Reruns] = field(default_factory=list)
    runs: list[Path] = field(default_factory=list)
    """Folders of runs that are whole."""

    def cache(self, out: Path) -> SavedAnswers:
        """Return the response cache in a folder of runs, open."""
        path = out / "cache.sqlite"
        if path not in self.caches:
            self.caches[path] = SavedAnswers(path)
        return self.caches[path]

    def kept(self) -> str:
        """Return what is kept of new answers, and where; empty where nothing was to be saved."""
        if not self.caches:
            return ""
        lost = [one.path for one in self.caches.values() if not one.is_open]
        files = [*self.caches.values(), *(one.saved for one in self.reruns if one.saved is not None)]
        told = [(one.num_written, one.path) for one in files if one.num_written]
        if lost and not told:
            return f"the answers so far are not kept: {lost[0]} cannot be written"
        (num, path), *more = told or [(0, [*self.caches][-1])]
        others = "".join(f", and {count:,} in {place}" for count, place in more)
        return f"{num:,} new answers are kept in {path}{others}"
