"""The command line: one file a command, imported by nobody.

Exit codes, one place each: 0 ran (and the gate, if any, passed); 1 the gate failed, or no cure reaches
its target; 2 usage or configuration; 3 the run went
wrong or is incomplete, or its output could not be written to stdout; 4 inconclusive, unless allowed; 5 nothing to
evaluate; 130 interrupted. A code that is not 0 stays what it is when the output is lost, too.
"""

from __future__ import annotations

import signal
import sys


def main() -> None:
    """Run the command line and exit with the code that the outcome means."""
    from probe.cli.streams import guard

    streams = guard()
    code = streams.close(exit_code(sys.argv[1:]))
    # All is said and written. Libraries may take seconds to leave; one more Ctrl-C ends that without a traceback of theirs.
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:  # not where a shell had it ignored
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    sys.exit(code)


def exit_code(args: list[str]) -> int:
    """Run the command line with `args` and give its exit code; an uncaught exception is 3, never 1.

    What it prints is screened, and secrets among `args` are kept out of all that it writes.
    """
    from probe.cli.terminal import screening
    from probe.masking import typed

    with screening(), typed(args):
        return _exit_code(args)


def _exit_code(args: list[str]) -> int:
    from probe.cli.failures import exit_code_of
    from probe.cli.output import Interrupted, error, interrupted
    from probe.errors import ProbeError

    try:
        from probe.cli.app import app

        app(args=args, prog_name="probe", standalone_mode=True)
    except ProbeError as problem:
        error(str(problem), hint=problem.hint)
        return problem.exit_code
    except (KeyboardInterrupt, Interrupted) as stopped:
        interrupted(args, *((stopped.kept, stopped.then) if isinstance(stopped, Interrupted) else ()))
        return 130
    except SystemExit as stop:
        if hidden := hidden_by(stop):
            return exit_code_of(hidden)
        if stop.code == 130:
            interrupted(args)
        return stop.code if isinstance(stop.code, int) else 0 if stop.code is None else 3
    except Exception as problem:  # noqa: BLE001  the build must not read it as a failed gate
        return exit_code_of(problem)
    return 0


def hidden_by(stop: SystemExit) -> BaseException | None:
    """Return what typer turned into an exit with 1, which here means a failed gate: an EOFError, a pipe that broke."""
    import typer

    found = stop.__context__
    return (found.__cause__ or found) if stop.code == 1 and isinstance(found, typer.Abort | OSError) else None
