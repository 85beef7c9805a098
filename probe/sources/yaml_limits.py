"""Limits of a YAML file, looked at before it is read: how large, how deep, how much its aliases stand for.

    a: &a [x, x]
    b: &b [*a, *a]        four; nine lines like this stand for a billion, and a merge (<<: *a) or a copy writes them out

It reads the events of the file, which are as many as the file is long, and follows no alias.

Covered: task files of lm-eval that are not its own. Not covered: what the data mean.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from probe.files.limits import MAX_ALIASED, MAX_DEPTH, MAX_SETTINGS_BYTES
from probe.files.reading import Refused, read_bytes, too_deep


def check_yaml(path: Path) -> None:
    """Refuse a YAML file beyond a limit; one that is no YAML is left to its reader.

    Raises:
        OSError: it cannot be read.
        Refused: it is a pipe or too large, nested too deeply, or its aliases stand for too much or for themselves.
    """
    import yaml

    text, counter = read_bytes(path, most=MAX_SETTINGS_BYTES), _Counter()
    try:
        for event in yaml.parse(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
            counter.take(event)
    except yaml.YAMLError:
        return


class _Counter:
    """How many values the aliases of a file stand for so far."""

    def __init__(self) -> None:
        self.sizes: dict[str, int] = {}
        self.opened: list[tuple[str | None, int]] = []
        self.total = self.num_aliased = 0

    def take(self, event: Any) -> None:
        """Count an event of the parser."""
        import yaml

        line = event.start_mark.line + 1
        if isinstance(event, yaml.AliasEvent):
            self._follow(event.anchor, line)
        elif isinstance(event, yaml.CollectionStartEvent):
            self.opened.append((event.anchor, self.total))
            self.sizes.pop(event.anchor, None)
            self.total += 1
            if len(self.opened) > MAX_DEPTH:
                raise Refused(str(too_deep()), line)
        elif isinstance(event, yaml.CollectionEndEvent):
            anchor, before = self.opened.pop()
            self._name(anchor, self.total - before)
        elif isinstance(event, yaml.ScalarEvent):
            self.total += 1
            self._name(event.anchor, 1)

    def _follow(self, anchor: str, line: int) -> None:
        if anchor not in self.sizes:
            raise Refused(f"holds an alias *{anchor} of what does not end before it", line)
        self.total += self.sizes[anchor]
        self.num_aliased += self.sizes[anchor]
        if self.num_aliased > MAX_ALIASED:
            raise Refused(f"holds aliases that stand for more than {MAX_ALIASED:,} values, which is the limit", line)

    def _name(self, anchor: str | None, size: int) -> None:
        if anchor:
            self.sizes[anchor] = size
