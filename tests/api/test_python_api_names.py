"""The public names: which there are, that they load nothing, and that no submodule takes the place of a function."""

import subprocess
import sys
from pathlib import Path

import pytest

import probe

ROOT = Path(__file__).parents[2]
NAMES = [
    "Comparison",
    "Completion",
    "Generation",
    "Item",
    "LogLikelihood",
    "LogProb",
    "Model",
    "ModelError",
    "NotComparable",
    "NotRobust",
    "NothingToEvaluate",
    "ProbeError",
    "Prompt",
    "Run",
    "StoreError",
    "Suite",
    "SuiteError",
    "UsageError",
    "Verdict",
    "compare",
    "gate",
    "item_metric",
    "item_perturbation",
    "load",
    "mark",
    "perturbation",
    "rate_metric",
    "run",
    "variant_metric",
    "weighted_metric",
]
HEAVY = (
    "torch",
    "transformers",
    "numpy",
    "pandas",
    "pyarrow",
    "datasets",
    "lm_eval",
    "pytest",
    "typer",
    "rich",
    "jinja2",
)


def python(code):
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_the_public_names_are_these():
    assert list(probe.__all__) == NAMES == sorted(NAMES)
    assert set(NAMES) <= set(dir(probe))


@pytest.mark.parametrize("name", NAMES)
def test_a_public_name_is_there_and_documented(name):
    thing = getattr(probe, name)
    assert name == "mark" or thing.__doc__


def test_a_wrong_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="module 'probe' has no attribute 'rum'"):
        probe.rum  # noqa: B018


def test_importing_the_package_loads_nothing_heavy():
    assert python(f"import sys, probe; print([m for m in {HEAVY} if m in sys.modules])") == "[]"


def test_the_functions_load_no_engine_before_they_are_called():
    code = "import sys, probe; probe.run, probe.load, probe.compare, probe.gate, probe.ProbeError"
    assert python(f"{code}; print([m for m in {HEAVY} if m in sys.modules])") == "[]"


def test_no_submodule_shadows_a_public_name():
    code = """
import importlib, pkgutil, types, probe
for one in pkgutil.walk_packages(probe.__path__, "probe."):
    if not one.name.endswith("__main__"):
        importlib.import_module(one.name)
print([name for name in probe.__all__ if isinstance(getattr(probe, name), types.ModuleType)])
print(callable(probe.run), callable(probe.compare), callable(probe.gate), callable(probe.load))
"""
    assert python(code) == "[]\nTrue True True True"
