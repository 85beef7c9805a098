"""One digest for the same settings, and another for other code."""

import functools
import importlib
import os
import subprocess
import sys
import textwrap

import pytest

from probe.models import canonical
from probe.models.canonical import digest_of
from probe.models.function import FunctionModel
from probe.models.options import NoOptions
from probe.models.scripted import Scripted, load


def made(source, **names):
    """Return the function `f` that some lines define, as a notebook would."""
    space = {"__name__": "__main__", **names}
    exec(textwrap.dedent(source), space)
    return space["f"]


TABLE = "def f(x):\n    return [TABLE[one] for one in x]"
HELPED = "def help(x):\n    return {what}\ndef f(x):\n    return list(map(help, x))"
CLOSED = "def outer(n):\n    return lambda x: n\nf = outer({n})"
INNER = "def f(x):\n    return map(lambda y: y + '{mark}', x)"
PAIRS = {
    "a constant": ("def f(x):\n    return ['a'] * len(x)", "def f(x):\n    return ['b'] * len(x)", {}, {}),
    "an operator": ("f = lambda x: [len(x) + 1]", "f = lambda x: [len(x) - 1]", {}, {}),
    "a method's name": ("f = lambda x: [one.upper() for one in x]", "f = lambda x: [one.lower() for one in x]", {}, {}),
    "a default": ("def f(x, y='a'):\n    return y", "def f(x, y='b'):\n    return y", {}, {}),
    "a helper": (HELPED.format(what="x + '1'"), HELPED.format(what="x + '2'"), {}, {}),
    "a table": (TABLE, TABLE, {"TABLE": {"a": "yes"}}, {"TABLE": {"a": "no"}}),
    "a number": ("f = lambda x: N", "f = lambda x: N", {"N": 1}, {"N": 2}),
    "a closure": (CLOSED.format(n=1), CLOSED.format(n=2), {}, {}),
    "an inner function": (INNER.format(mark="a"), INNER.format(mark="b"), {}, {}),
}  # fmt: skip


@pytest.mark.parametrize(("one", "other", "with_one", "with_other"), PAIRS.values(), ids=PAIRS)
def test_another_version_of_a_function_is_another_model(one, other, with_one, with_other):
    before, after = (FunctionModel(made(*given[:1], **given[1])) for given in ((one, with_one), (other, with_other)))
    again = FunctionModel(made(one, **with_one))
    assert before.facts().fingerprint == again.facts().fingerprint
    assert before.facts().fingerprint != after.facts().fingerprint
    assert after.facts().differing(before.facts().as_record()) == ["fingerprint"]


def test_methods_partials_and_callable_objects_have_their_code_and_state():
    source = "class A:\n    def __init__(self, n): self.n = n\n    def __call__(self, x): return [str(self.n)] * len(x)"

    def of(n, text=source):
        return made(text + "\nf = A")(n)

    assert digest_of(of(1)) == digest_of(of(1)) != digest_of(of(2))
    assert digest_of(of(1)) != digest_of(of(1, source.replace("len(x)", "len(x[:1])")))
    assert digest_of(of(1).__call__) == digest_of(of(1).__call__) != digest_of(of(2).__call__)
    power = made("def f(a, b):\n    return a")
    assert digest_of(functools.partial(power, 1)) != digest_of(functools.partial(power, 2))


def test_functions_that_call_one_another_and_values_that_hold_themselves_end():
    f = made("def g(x):\n    return f(x)\ndef f(x):\n    return g(x)")
    own = [1]
    own.append(own)
    assert len(digest_of(f)) == len(digest_of(own)) == 32
    chain = "\n".join(f"def f{n}(x):\n    return f{n - 1}(f{n - 1}(x))" for n in range(1, 60))
    assert len(digest_of(made(f"def f0(x):\n    return x\n{chain}\nf = f59"))) == 32


def test_what_a_function_collects_as_it_is_asked_does_not_change_its_model():
    seen = []
    model = FunctionModel(made("def f(x):\n    seen.append(x)\n    return ['a'] * len(x)", seen=seen))
    before = model.facts()
    model._call(["x"])
    assert seen and model.facts() == before


def test_two_scripted_models_of_one_name_are_told_apart_and_shipped_ones_keep_their_name():
    yes, no = (Scripted(prefers=made(f"f = lambda request: {value}")) for value in (1.0, 2.0))
    assert yes.facts().fingerprint != no.facts().fingerprint
    assert load("coin", NoOptions()).facts().fingerprint == "scripted:coin"


def test_the_code_of_an_installed_package_is_read_for_its_own_class_alone(tmp_path, monkeypatch):
    def kind(factor, name="installed_back_end"):
        (tmp_path / f"{name}.py").write_text(
            f"def scaled(x):\n    return x * {factor}\nclass Model:\n    def ask(self, x):\n        return scaled(x)\n"
        )
        sys.modules.pop(name, None)
        return importlib.import_module(name).Model

    monkeypatch.setattr(canonical, "_folders", lambda: (tmp_path,))
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    monkeypatch.syspath_prepend(tmp_path)
    one, again, other = (canonical.code_digest_of(kind(factor)) for factor in (2, 2, 3))
    assert one == again != other
    assert digest_of(kind(2)) == digest_of(kind(3)), "elsewhere it is known by its name"


def test_order_and_kind_of_container_do_not_count_and_values_do():
    assert digest_of({"a": {"x", "y"}, "b": (1, 2.5)}) == digest_of({"b": [1, 2.5], "a": {"y", "x"}})
    assert digest_of({"a": 1}) != digest_of({"a": 2}) != digest_of({"b": 2})
    assert digest_of([1, [2, 3]]) != digest_of([[1, 2], 3])
    shared = (1, 2)
    assert digest_of([shared, shared]) == digest_of([(1, 2), [1, 2]])
    assert len({digest_of(value) for value in (float("nan"), float("inf"), 0.0, -0.0, "0.0", None, True, 1)}) >= 7


def test_every_process_has_the_same_digest(tmp_path):
    code = (
        "from probe.models.canonical import digest_of; import json\n"
        "def f(x, y={'a', 'b', 'c', 'd'}): return json.dumps([x, LETTERS])\n"
        "LETTERS = frozenset('abcdefgh')\n"
        "print(digest_of([f, {'q_proj', 'v_proj', 'k_proj'}]))"
    )
    said = {
        subprocess.run(
            [sys.executable, "-c", code], env=os.environ | {"PYTHONHASHSEED": seed}, capture_output=True, check=True
        ).stdout
        for seed in ("1", "2", "3")
    }
    assert len(said) == 1
