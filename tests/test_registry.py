"""Names, wrong names, and what installed packages add."""

import sys

import pytest

from probe.errors import UsageError
from probe.registry import Registry, installed_names


@pytest.fixture
def install(tmp_path, monkeypatch):
    """Return a function that puts a package with one entry point on the path."""

    def put(name, code, entry):
        (tmp_path / f"{name}_code.py").write_text(code)
        info = tmp_path / f"{name}-1.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1\n")
        (info / "entry_points.txt").write_text(f"[probe.things]\n{entry}\n")

    monkeypatch.syspath_prepend(str(tmp_path))
    yield put
    for module in [module for module in sys.modules if module.endswith("_code")]:
        del sys.modules[module]


def test_an_installed_package_adds_a_thing_by_name(install):
    install("nice", "def hello(): return 'hello'\n", "greet = nice_code:hello")
    registry = Registry("thing")
    registry.load_entry_points("probe.things", lambda function, name: f"{name}: {function()}")
    registry.load_entry_points("probe.things", lambda function, name: "loaded twice")
    assert registry.get("greet") == "greet: hello"


def test_a_package_that_cannot_be_imported_is_named_with_what_to_do(install):
    install("broken", "import nothing_of_this_name\n", "greet = broken_code:hello")
    with pytest.raises(UsageError, match="of the package broken cannot be loaded: ModuleNotFoundError") as caught:
        Registry("thing").load_entry_points("probe.things")
    assert "pip uninstall broken" in caught.value.hint


def test_a_broken_package_does_not_stop_those_who_ask_for_another(install):
    install("broken", "import nothing_of_this_name\n", "greet = broken_code:hello")
    install("nice", "thing = 1\n", "one = nice_code:thing")
    registry = Registry("thing")
    registry.load_entry_points("probe.things", only="one")
    assert list(registry) == ["one"]
    assert installed_names("probe.things") == ["greet", "one"], "names are known without an import"


def test_a_package_cannot_take_a_name_that_is_taken(install):
    install("nice", "thing = 1\n", "one = nice_code:thing")
    registry = Registry("thing")
    registry.add("one", 0)
    with pytest.raises(UsageError, match="package nice: 'one' is registered already"):
        registry.load_entry_points("probe.things")


def test_a_thing_that_registers_itself_when_imported_stays_as_it_did(install):
    registry = Registry("thing")
    sys.modules["shared_code"] = type(sys)("shared_code")
    sys.modules["shared_code"].registry = registry
    install("self", "from shared_code import registry\nthing = registry.add('one', 'its own')\n", "one = self_code")
    registry.load_entry_points("probe.things", lambda thing, name: "adapted")
    assert registry.get("one") == "its own"


def test_two_things_of_one_module_register_themselves_by_one_import(install):
    registry = Registry("thing")
    sys.modules["shared_code"] = type(sys)("shared_code")
    sys.modules["shared_code"].registry = registry
    both = "from shared_code import registry\none = registry.add('one', 1)\ntwo = registry.add('two', 2)\n"
    install("self", both, "one = self_code:one\ntwo = self_code:two")
    registry.load_entry_points("probe.things")
    assert (registry.get("one"), registry.get("two")) == (1, 2)


def test_a_registry_of_a_group_loads_what_is_installed_at_the_first_look_up(install):
    registry = Registry("thing", group="probe.things")
    sys.modules["shared_code"] = type(sys)("shared_code")
    sys.modules["shared_code"].registry = registry
    install("self", "from shared_code import registry\none = registry.add('one', len(registry))\n", "one = self_code")
    assert "one" in registry
    assert registry.values() == [0], "the package may look names up while it is imported"


def test_a_package_that_registers_another_name_than_its_entry_point_is_named(install):
    install("nice", "thing = 1\n", "one = nice_code:thing")
    with pytest.raises(UsageError, match="registers no thing 'one'"):
        len(Registry("thing", group="probe.things"))


def test_an_alias_is_known_and_not_listed():
    registry = Registry("thing")
    registry.add("one", 1, also=["uno"])
    assert registry.get("uno") == registry.get("one") == 1
    assert ("uno" in registry, list(registry)) == (True, ["one"])
    with pytest.raises(ValueError, match="'uno' is registered twice"):
        registry.add("uno", 2)
