"""What a run ran on: versions and machine, for the manifest."""

from __future__ import annotations

import platform
from importlib.metadata import PackageNotFoundError, version

PACKAGES = ("probe", "torch", "transformers", "tokenizers", "peft", "numpy", "pyarrow")


def versions() -> dict[str, str]:
    """Return the versions of what determines a run's figures; no host name, no path, nothing secret."""
    found = {"python": platform.python_version(), "platform": f"{platform.system()} {platform.machine()}"}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found
