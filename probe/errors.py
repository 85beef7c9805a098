"""The errors that a user can cause, each with the exit code that it ends the command with.

    ProbeError (3)                 the run itself went wrong
    |-- UsageError (2)             a flag, a name or a configuration file is wrong
    |   `-- SuiteError (2)         a suite's file is wrong; says file and line
    |-- ModelError (3)             the model cannot be loaded or run
    |-- StoreError (3)             the run cannot be written or read
    |-- NotComparable (3)          a run and a baseline did not ask the same
    |-- LeakError (3)              a repair would be judged on what it was trained on
    `-- NothingToEvaluate (5)      no item was left to ask

A message says what is wrong, where, and what would be right; `hint` says what to type next.
"""

from __future__ import annotations

EXIT_CODES = {
    0: "ran; `probe gate`: passed",
    1: "`probe gate`: regressed, or failed a bound; `probe mitigate`: no method reaches --target-flip-rate",
    2: "usage or configuration: a flag, a name, a suite's file",
    3: "the run failed: model, disk, memory, a bug; or stdout could not be written; or run and baseline are not comparable",
    4: "`probe gate`: inconclusive, too few items to say; 0 with --allow-inconclusive",
    5: "nothing to evaluate",
    130: "interrupted; the command that resumes is printed",
}
"""What each exit code of the command line means."""


class ProbeError(Exception):
    """An error with a message for the user; shown without a traceback."""

    exit_code = 3

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint
        if hint:
            self.add_note(f"hint: {hint}")  # shown under the message in a traceback and a notebook


class UsageError(ProbeError):
    """A flag, a name or a configuration is wrong."""

    exit_code = 2


class SuiteError(UsageError):
    """A suite's files are wrong. The message begins with `file:line:`."""


class ModelError(ProbeError):
    """A model cannot be loaded or run."""


class StoreError(ProbeError):
    """A run cannot be written or read."""


class NotComparable(ProbeError):
    """A run and a baseline did not ask the same, and no flag allows it."""


class NothingToEvaluate(ProbeError):
    """No item was left to ask."""

    exit_code = 5


class LeakError(ProbeError):
    """Something that a repair is judged on was trained on, or something held out was."""
