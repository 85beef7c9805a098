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

    `--dist worksteal` gives each of two workers one half of the list; the odd ones open the first half, the others the second.
    """

    def weight(item):
        return next((place for place, name in enumerate(HEAVIEST) if name in item.nodeid), len(HEAVIEST))

    heavy = sorted((item for item in items if weight(item) < len(HEAVIEST)), key=weight)
    light = [item for item in items if weight(item) == len(HEAVIEST)]
    middle = (len(items) + 1) // 2 - len(heavy[::2])
    items[:] = [*heavy[::2], *light[:middle], *heavy[1::2], *light[middle:]]


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
