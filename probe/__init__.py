"""Ask whether a model's answer moves when the same thing is said differently.

In a test suite of your own, see docs/how-to/ci.md:

    @probe.mark.robust(suite="prompts/triage", max_flip_rate=0.10)
    def test_triage_is_robust():
        ...
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pytest

__all__ = ["mark"]


class _Marks:
    """Marks for tests; pytest is imported when the first one is made."""

    def robust(self, *, suite: Any, **asked: Any) -> pytest.MarkDecorator:
        """Mark a test that fails where a prompt is not robust; takes what the fixture's `run` and `check` take."""
        import pytest

        made: pytest.MarkDecorator = pytest.mark.probe_robust(suite=suite, **asked)
        return made


mark = _Marks()
