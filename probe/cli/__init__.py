"""The command line: one file a command, imported by nobody.

Exit codes, one place each: 0 ran (and the gate, if any, passed); 1 the gate failed, or no cure reaches
its target; 2 usage or configuration; 3 the run went
wrong or is incomplete; 4 inconclusive, unless allowed; 5 nothing to evaluate; 130 interrupted.
"""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command line and exit with the code that the outcome means."""
    sys.exit(exit_code(sys.argv[1:]))


def exit_code(args: list[str]) -> int:
    """Run the command line with `args` and give its exit code; an uncaught exception is 3, never 1."""
    from probe.cli.app import app
    from probe.cli.output import Interrupted, error, interrupted
    from probe.errors import ProbeError

    try:
        app(args=args, prog_name="probe", standalone_mode=True)
    except ProbeError as problem:
        error(str(problem), hint=problem.hint)
        return problem.exit_code
    except (KeyboardInterrupt, Interrupted) as stopped:
        interrupted(args, stopped.kept if isinstance(stopped, Interrupted) else "")
        return 130
    except SystemExit as stop:
        if stop.code == 130:
            interrupted(args)
        return stop.code if isinstance(stop.code, int) else 0 if stop.code is None else 3
    except Exception:  # noqa: BLE001  a bug of ours: the traceback is shown, and the build must not read it as a failed gate
        import traceback

        traceback.print_exc()
        error("this is a bug in probe, not in your command; the traceback is above")
        return 3
    return 0
