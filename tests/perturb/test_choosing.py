"""What a user may type: strengths, pairs, functions of one's own, installed ones."""

import itertools
import math
import sys
from dataclasses import replace

import pytest

from probe.errors import UsageError
from probe.evaluation.variants import columns_of
from probe.perturb import compositions, select
from probe.perturb.catalogue.register import perturbation
from probe.prompt.render import render
from probe.registry import perturbations
from probe.seeds import rng_for
from probe.suite import find_suite, read_suite
from probe.types import Contrast, Field, Item, Prompt

PROMPT = Prompt(
    "Decide whether the review is positive or negative.",
    (Field("Review", "A wonderful evening with splendid pictures throughout."),),
    ("positive", "negative"),
)
ITEM = Item("1", PROMPT, "positive", contrasts=(Contrast((Field("Review", "A dull evening."),), "negative"),))


@pytest.fixture
def registered():
    """Register a perturbation with a strength for the length of a test."""

    def function(prompt, rng, strength):
        """Shout a share of the words."""
        words = prompt.instruction.split()
        return replace(prompt, instruction=" ".join(w.upper() if rng.random() < strength else w for w in words))

    perturbation("toy-shout", family="toy", strength=0.5)(function)
    yield
    del perturbations._things["toy-shout"]


def test_a_strength_is_typed_after_an_at_sign(registered):
    [half], [most], [zero] = (select([name]) for name in ("toy-shout", "toy-shout@0.9", "toy@0"))
    assert (half.strength, most.strength, zero.strength) == (0.5, 0.9, 0)
    assert [one.name for one in (half, most, zero)] == ["toy-shout", "toy-shout@0.9", "toy-shout@0"]
    assert all(zero.apply(ITEM, rng_for(n)) is None for n in range(20)), "strength 0 changes nothing"
    assert select(["toy-shout@0.5"])[0].name == "toy-shout"


@pytest.mark.parametrize("name", ["toy-shout@2", "toy-shout@-0.1", "toy-shout@much", "order-shift@0.5"])
def test_what_is_no_strength_is_refused(registered, name):
    with pytest.raises(UsageError, match="strength"):
        select([name])


def test_a_pair_does_one_after_the_other():
    [pair] = select(["wording-synonyms+typo-swap"])
    assert (pair.family, pair.effect, pair.scope) == ("composed", "label-preserving", "item")
    asked = pair.apply(ITEM, rng_for(0))
    assert asked.prompt.instruction != PROMPT.instruction
    assert asked.prompt.fields != PROMPT.fields or "ecide" not in asked.prompt.instruction


def test_a_pair_with_a_contrast_declares_its_answer():
    [pair] = select(["contrast-set+format-layout"])
    asked = pair.apply(ITEM, rng_for(0))
    assert pair.effect == "label-altering" and asked.target == "negative"
    assert render(asked.prompt) != render(replace(PROMPT, fields=asked.prompt.fields))


def test_two_suite_wide_ones_make_a_suite_wide_pair():
    assert select(["wording-synonyms+format-layout"])[0].scope == "suite"


@pytest.mark.parametrize(
    ("name", "says"),
    [("typo-swap+", "nothing stands on one side of the +"), ("./nope.py", "no function of it is named")],
)
def test_half_a_name_is_answered_with_what_is_missing(name, says):
    with pytest.raises(UsageError) as problem:
        select([name])
    assert says in str(problem.value) and problem.value.hint
    assert len(str(problem.value)) < 150, "not the whole catalogue"


@pytest.mark.parametrize("name", ["contrast-set+contrast-set", "typos+format-layout", "typo-swop+format-layout"])
def test_a_pair_that_makes_no_sense_is_refused(name):
    with pytest.raises(UsageError):
        select([name])


def kinds_of(rows):
    return [tuple(perturbations.get(name).family for name in one.name.split("+")) for one in rows]


def test_pairs_are_of_different_families_and_reach_each_kind_first():
    chosen = select(["format", "typos", "wording", "null"])
    kinds = kinds_of(compositions(chosen, 2, seed=0))
    assert len(set(kinds[:3])) == 3, "each kind of pair once before any comes again"
    assert all(len(set(kind)) == 2 and "null" not in kind for kind in kinds)
    sizes = [len([p for p in chosen if p.family == family]) for family in ("format", "typos", "wording")]
    threes = [one.name for one in compositions(chosen, 3, seed=0)]
    assert len(threes) == len(set(threes)) == math.prod(sizes), "each row once"


def test_pairs_are_drawn_from_the_seed():
    def first(seed):
        return [one.name for one in itertools.islice(compositions(select(["all"]), 2, seed=seed), 6)]

    assert first(0) == first(0)
    assert len({tuple(first(seed)) for seed in range(5)}) == 5


@pytest.mark.parametrize("seed", range(5))
def test_the_first_pairs_are_spread_over_the_families(seed):
    kinds = kinds_of(itertools.islice(compositions(select(["all"]), 2, seed=seed), 7))
    named = [family for kind in kinds for family in kind]
    assert len(set(named)) == len(named) == 14


def test_adding_items_changes_no_pair_and_few_items_are_asked():
    suite = read_suite(find_suite("sentiment"))
    asked = []

    def counted(member):
        return replace(member, apply=lambda item, rng: asked.append(item.id) or member.apply(item, rng))

    rows = [
        counted(one) for one in itertools.islice(compositions(select(["format", "typos", "casing"]), 2, seed=3), 64)
    ]
    few, all_items = (
        columns_of(one, rows, samples=4, seed=3)["composed"] for one in (replace(suite, items=suite.items[:20]), suite)
    )
    assert [column.perturbation.name for column in few] == [column.perturbation.name for column in all_items]
    assert len(asked) <= 4 * 4, (
        "a pair that applies to the first item is tried on no other, and no more pairs than draws are"
    )


def test_two_perturbations_that_change_the_answer_are_never_a_pair():
    assert list(compositions(select(["contrast-set", "lexical-overlap-roles"]), 2, seed=0)) == []


def typed(*names):
    """Return what a user chooses by typing these names."""
    return select(names, may_run=names)


def test_a_file_is_run_only_where_a_user_typed_its_name(tmp_path):
    path, marker = tmp_path / "evil.py", tmp_path / "marker"
    path.write_text(f"open({str(marker)!r}, 'w').close()\ndef f(prompt, rng):\n    return None\n")
    for name in (f"{path}:f", f"typo-swap+{path}:f", f"{path}:f+typo-swap"):
        for may_run in ((), ("typos",), ("evil.py:f",), (f"{path}:g",)):
            with pytest.raises(UsageError, match="runs the code of a file"):
                select([name], may_run=may_run)
    assert not marker.exists()
    assert select([f"typo-swap+{path}:f"], may_run=[f"{path}:f"]) and marker.exists()


def test_a_function_in_a_file_takes_a_prompt_or_an_item(tmp_path):
    path = tmp_path / "mine.py"
    path.write_text(
        "import dataclasses\nfrom probe.types import Item\n"
        "def shout(prompt, rng):\n    '''Shout it.'''\n"
        "    return dataclasses.replace(prompt, instruction=prompt.instruction.upper())\n"
        "def twice(item: Item, rng):\n    return dataclasses.replace(item, prompt=shout(item.prompt, rng))\n"
        "def wrong(prompt, rng):\n    return 7\n"
        "def three(a, b, c):\n    return None\n"
    )
    for name in ("shout", "twice"):
        [own] = typed(f"{path}:{name}")
        assert own.family == "own"
        assert own.apply(ITEM, rng_for(0)).prompt.instruction == PROMPT.instruction.upper()
    assert typed(f"{path}:shout")[0].summary == "Shout it."
    for pair in (f"{path}:shout+typo-swap", f"typo-swap+{path}:shout"):
        assert typed(pair)[0].name == pair
    with pytest.raises(UsageError, match="gave int, not a Prompt"):
        typed(f"{path}:wrong")[0].apply(ITEM, rng_for(0))
    with pytest.raises(UsageError, match="takes 3 arguments"):
        typed(f"{path}:three")


def test_a_file_is_run_once_however_many_of_its_functions_are_named(tmp_path):
    path = tmp_path / "mine.py"
    path.write_text(
        "import dataclasses, pathlib\nfrom probe.perturb import perturbation\n"
        f"with pathlib.Path({str(tmp_path / 'runs')!r}).open('a') as runs:\n    runs.write('.')\n"
        "@perturbation('own-loud', family='casing', scope='suite')\n"
        "def loud(prompt, rng):\n    'Say it loud.'\n"
        "    return dataclasses.replace(prompt, instruction=prompt.instruction.upper())\n"
        "def ask(prompt, rng):\n    return dataclasses.replace(prompt, instruction=prompt.instruction + '?')\n"
    )
    try:
        loud, ask, again = typed(f"{path}:own-loud", f"{path}:ask", f"{path}:ask+own-loud")
    finally:
        perturbations._things.pop("own-loud", None)
    assert (loud.name, loud.family, loud.scope) == ("own-loud", "casing", "suite"), "as its decorator says"
    assert ask.family == "own"
    assert again.apply(ITEM, rng_for(0)).prompt.instruction == (PROMPT.instruction + "?").upper()
    assert (tmp_path / "runs").read_text() == "."


def test_a_file_that_cannot_be_run_is_named(tmp_path):
    path = tmp_path / "bad.py"
    path.write_text("import nothing_of_this_name\n")
    with pytest.raises(UsageError, match="cannot be run: ModuleNotFoundError"):
        typed(f"{path}:f")


def test_an_installed_packages_entry_point_is_known_by_name(tmp_path, monkeypatch):
    (tmp_path / "shouter.py").write_text(
        "import dataclasses\ndef loud(prompt, rng):\n    'Say it loud.'\n"
        "    return dataclasses.replace(prompt, instruction=prompt.instruction + '!')\n"
    )
    info = tmp_path / "shouter-1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: shouter\nVersion: 1\n")
    (info / "entry_points.txt").write_text("[probe.perturbations]\ninstalled-loud = shouter:loud\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    try:
        [loud] = select(["installed-loud"])
        assert loud.apply(ITEM, rng_for(0)).prompt.instruction.endswith(".!")
        assert loud.summary == "Say it loud."
    finally:
        perturbations._things.pop("installed-loud", None)
        sys.modules.pop("shouter", None)
