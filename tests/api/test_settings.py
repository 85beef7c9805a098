"""The settings of a run: one declaration for flag, file and argument."""

from pathlib import Path

import pytest

from probe.api.settings import OLD_NAMES, Settings, changed, command_of, defaults, fault_of, flags
from probe.errors import UsageError


def test_a_setting_may_be_given_in_the_types_that_python_and_toml_have():
    found = changed(Settings(), {"suites": "facts", "perturb": ["typos", "format"], "batch_size": 8, "out": "here"})
    assert (found.suites, found.perturb, found.batch_size, str(found.out)) == (("facts",), "typos,format", "8", "here")


@pytest.mark.parametrize("old", OLD_NAMES)
def test_a_former_name_still_sets_its_setting(old):
    value = Path("1") if OLD_NAMES[old] == "out" else 1
    assert getattr(changed(Settings(), {old: value}), OLD_NAMES[old]) == value


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"sampels": 3}, "Did you mean 'samples'"),
        ({"samples": 0}, "samples is 0; it must be at least 1"),
        ({"target_ci": 0.9}, "target_ci is 0.9; it must be at most 0.5"),
        ({"samples": "many"}, "samples is 'many'; it must be a whole number"),
        ({"samples": True}, "samples is True; it must be a whole number"),
        ({"cache": 1}, "cache is 1; it must be true or false"),
        ({"model": None}, "model is empty; it must be text"),
    ],
)
def test_a_wrong_value_is_named_with_what_would_be_right(given, says):
    with pytest.raises(UsageError) as caught:
        changed(Settings(), given)
    assert says in str(caught.value)


@pytest.mark.parametrize("name", flags())
def test_every_default_is_a_value_that_its_own_setting_takes(name):
    assert fault_of(name, defaults()[name]) == ""


def test_settings_become_the_command_that_sets_them():
    found = changed(Settings(), {"suites": ("facts",), "limit": 3, "cache": False, "all_prompts": True})
    words = " ".join(command_of(found))
    assert words.startswith("probe run facts --limit 3 --all-prompts --perturb format,")
    assert words.endswith("--samples 4 --seed 0 --model pocket --no-cache")
