"""What tests of several rooms share."""

import os
import shutil
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
HEAVIEST = (
    "test_readme.py",
    "test_wheel.py",
    "test_ctrl_c_half_way",
    "test_ci.py",
    "test_in_browser.py",
    "test_docs.py",
)
"""Names of tests that take longest, heaviest first."""


def pytest_collection_modifyitems(items):
    """Begin with the heaviest tests, shared among two workers, so that none is left alone at the end.

    `--dist worksteal` gives each of two workers one half of the list; the odd names open the first half, the others the
    second. Tests of one name stay together: what their module makes once, such as a whole run, is made by one worker.
    """
    named = {name: [item for item in items if name in item.nodeid] for name in HEAVIEST}
    first, second = ([item for name in names for item in named[name]] for names in (HEAVIEST[::2], HEAVIEST[1::2]))
    heavy = set(first + second)
    light = [item for item in items if item not in heavy]
    middle = max(0, (len(items) + 1) // 2 - len(first))
    items[:] = [*first, *light[:middle], *second, *light[middle:]]


@pytest.fixture(scope="session")
def install_plugin(tmp_path_factory):
    """Return a function that installs a copy of examples/plugins/NAME in a folder of its own and returns that folder.

    A process that has it on `PYTHONPATH` finds the package's entry points, as after `pip install`, which needs no network so.
    """

    def install(name: str) -> Path:
        folder = tmp_path_factory.mktemp(name)
        for path in (ROOT / "examples" / "plugins" / name).glob("*.py"):
            shutil.copy(path, folder)
        project = tomllib.loads((ROOT / "examples" / "plugins" / name / "pyproject.toml").read_text())["project"]
        info = folder / f"{project['name'].replace('-', '_')}-{project['version']}.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(
            f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: {project['version']}\n"
        )
        groups = [
            "\n".join([f"[{group}]", *(f"{key} = {value}" for key, value in entries.items())])
            for group, entries in project["entry-points"].items()
        ]
        (info / "entry_points.txt").write_text("\n\n".join(groups) + "\n")
        return folder

    return install


@pytest.fixture(scope="session")
def plugin_environment(install_plugin):
    """Return a function that gives the environment of a command that has the plugin NAME installed."""

    def environment(name: str) -> dict[str, str]:
        paths = [str(install_plugin(name)), str(ROOT), os.environ.get("PYTHONPATH", "")]
        return {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, paths))}

    return environment
