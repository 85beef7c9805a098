"""The pytest plugin: gate a prompt inside a test suite that is there already.

    @probe.mark.robust(suite="prompts/triage", max_flip_rate=0.10)
    def test_triage(): ...                               fails with the verdict

    def test_triage(probe):                              the same by hand
        run = probe.run("prompts/triage", draws=8)
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
    """Add what a session sets once for all tests: another model, and where runs are kept."""
    group = parser.getgroup("probe", "robustness of prompts")
    group.addoption(
        "--probe-model", default="pocket", help="Model of tests that name none, as for `probe run --model`."
    )
    group.addoption("--probe-model-args", default="", help="As for `probe run --model-args`.")
    group.addoption("--probe-out", default=None, help="Keep runs and answers here; default: pytest's temporary folder.")


def pytest_configure(config: pytest.Config) -> None:
    """Make the mark known."""
    config.addinivalue_line(
        "markers",
        f"{MARK}(suite, model=..., draws=..., max_flip_rate=..., baseline=...): fail where the suite's prompt is not robust; "
        "write it as @probe.mark.robust",
    )


@pytest.fixture(scope="session")
def probe(request: pytest.FixtureRequest) -> Session:
    """Run suites and check runs: `run = probe.run("my-suite"); probe.check(run, max_flip_rate=0.1)`."""
    return _session(request.config)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, Any, Any]:
    """Gate what a test's marks name before the test itself."""
    found = [why for marker in item.iter_markers(MARK) if (why := _gate(item.config, marker))]
    if found:
        pytest.fail("\n\n".join(found), pytrace=False)
    return (yield)


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Say at the end how many verdicts came out how, where there were any."""
    session = config.stash.get(KEY, None)
    if session is None or not session.verdicts:
        return
    outcomes = [verdict.outcome for verdict in session.verdicts]
    said = ", ".join(f"{outcomes.count(one)} {one}" for one in dict.fromkeys(outcomes))
    terminalreporter.write_line(f"probe: {said}; runs in {session.out}")


def _gate(config: pytest.Config, marker: pytest.Mark) -> str:
    """Run and judge what a mark names; give why it is to fail, empty where it is not."""
    from probe.api.session import NotRobust
    from probe.errors import ProbeError

    if marker.args or "suite" not in marker.kwargs:
        return "@probe.mark.robust takes its arguments by name, suite=... among them"
    try:
        _session(config).gate(**marker.kwargs)
    except NotRobust as verdict:
        return str(verdict)
    except ProbeError as error:
        return f"probe: {error}" + (f"\nhint: {error.hint}" if error.hint else "")
    return ""


def _session(config: pytest.Config) -> Session:
    """Return the one session of this pytest run, made when the first test needs it."""
    if KEY not in config.stash:
        from probe.api.session import Session

        kept = config.getoption("--probe-out")
        config.stash[KEY] = Session(
            Path(kept) if kept else _temporary(config),
            root=config.rootpath,
            model=config.getoption("--probe-model"),
            model_args=config.getoption("--probe-model-args"),
            use_cache=bool(kept),
        )
    return config.stash[KEY]


def _temporary(config: pytest.Config) -> Path:
    """Return a folder of pytest's own; where its plugin of temporary folders is off, one of the system's."""
    factory: pytest.TempPathFactory | None = getattr(config, "_tmp_path_factory", None)
    return factory.mktemp("probe") if factory is not None else Path(mkdtemp(prefix="probe-"))
