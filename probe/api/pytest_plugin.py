"""The pytest plugin: gate a prompt inside a test suite that is there already.

    @probe.mark.robust(suite="prompts/triage", max_flip_rate=0.10)
    def test_triage(): ...                               fails with the verdict

    def test_triage(probe):                              the same by hand
        run = probe.run("prompts/triage", samples=8)
        probe.check(run, baseline="baselines/triage__pocket.json")

Loaded into every pytest run of an environment that has probe, so it imports nothing until a test asks for it.
Covered: mark, fixture, options, a line at the end. Not covered: running and judging (`probe.api.session`).
"""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path
from tempfile import mkdtemp
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from probe.api.session import Session

MARK = "probe_robust"
KEY: pytest.StashKey[Session] = pytest.StashKey()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options: the model of all tests, and where runs are saved."""
    group = parser.getgroup("probe", "robustness of prompts")
    group.addoption("--probe-model", default=None, help="Model of tests that name none, as for `probe run --model`.")
    group.addoption("--probe-model-args", default=None, help="As for `probe run --model-args`.")
    group.addoption("--probe-out", default=None, help="Save runs and answers here; default: pytest's temporary folder.")


def pytest_configure(config: pytest.Config) -> None:
    """Register the mark."""
    config.addinivalue_line(
        "markers",
        f"{MARK}(suite, model=..., samples=..., max_flip_rate=..., baseline=...): fail if the suite's prompt is not robust; "
        "write it as @probe.mark.robust",
    )


@pytest.fixture(scope="session")
def probe(request: pytest.FixtureRequest) -> Session:
    """Run suites and check runs: `run = probe.run("my-suite"); probe.check(run, max_flip_rate=0.1)`."""
    return _session(request.config)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, Any, Any]:
    """Gate what a test's marks name before the test itself."""
    failures = [failure for marker in item.iter_markers(MARK) if (failure := _gate(item.config, marker))]
    if failures:
        pytest.fail("\n\n".join(failures), pytrace=False)
    return (yield)


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Print how many verdicts of each outcome there were, if any."""
    session = config.stash.get(KEY, None)
    if session is None or not session.verdicts:
        return
    outcomes = [verdict.outcome for verdict in session.verdicts]
    counts = ", ".join(f"{outcomes.count(one)} {one}" for one in dict.fromkeys(outcomes))
    terminalreporter.write_line(_shown(f"probe: {counts}; runs in {session.out}"))


def _shown(text: str) -> str:
    """Return a text as pytest may print it: no secret, nothing that acts on the terminal, further lines indented."""
    from reports.escape import shown_lines

    return shown_lines(text).replace("\n", "\n    ")


def _gate(config: pytest.Config, marker: pytest.Mark) -> str:
    """Run and judge what a mark names; return why the test fails, empty if it does not."""
    from probe.api.session import NotRobust
    from probe.errors import ProbeError

    if marker.args or "suite" not in marker.kwargs:
        return "@probe.mark.robust takes its arguments by name, suite=... among them"
    try:
        _session(config).gate(**marker.kwargs)
    except NotRobust as verdict:
        return str(verdict)
    except ProbeError as error:
        return _shown(f"probe: {error}") + (f"\n{_shown(f'hint: {error.hint}')}" if error.hint else "")
    return ""


def _session(config: pytest.Config) -> Session:
    """Return the one session of this pytest run, made when the first test needs it."""
    if KEY not in config.stash:
        from probe.api.session import Session

        saved = config.getoption("--probe-out")
        config.stash[KEY] = Session(
            config.rootpath,
            is_quiet=True,
            out=Path(saved) if saved else _temporary(config),
            model=config.getoption("--probe-model"),
            model_args=config.getoption("--probe-model-args"),
            cache=bool(saved),
        )
    return config.stash[KEY]


def _temporary(config: pytest.Config) -> Path:
    """Return a temporary folder of pytest, or of the system if pytest's plugin for them is off."""
    factory: pytest.TempPathFactory | None = getattr(config, "_tmp_path_factory", None)
    return factory.mktemp("probe") if factory is not None else Path(mkdtemp(prefix="probe-"))
