"""Whether a run and a baseline have the same design; if a difference is allowed, what is common to both.

Four kinds of difference, each refused unless its own flag allows it:

    missing-items    a suite or an item is in one of the two only
    suite-change     another version or other files of a suite, or another prompt under an item's name
    token-change     another tokenizer, special tokens added or not, another chat template
    variant-change   other draws, seed, perturbations, demonstrations; other columns; other texts of the variants

Then items are matched by name and variants by family, perturbation and draw, and only cells answered in both count. That the
model is another one is no difference of design: it is what a gate is for.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, get_args

import numpy as np

from probe.errors import NotComparable, NothingToEvaluate, ProbeError
from probe.gating.baseline import MODEL, TOKENS, Blessed
from probe.gating.outcomes import Outcomes, item_key
from probe.metrics.cells import Cells, Column
from probe.record import design
from probe.record.design import Design, Difference, shown

KINDS: tuple[Difference, ...] = get_args(Difference)
NAMES = ("the baseline", "the run")
APPLIED = {"chat_template": "whether the chat template is applied"}
HASH, HASH_LETTERS = re.compile(r"[0-9a-f]{24,}"), 8
NAMED = 5
"""Items named in a message; further ones are counted."""


@dataclass(frozen=True, slots=True, eq=False)
class Common:
    """What is common to a baseline and a run, of one suite: the same items under the same columns, asked in both."""

    suite: str
    before: Cells
    after: Cells
    names: tuple[str, ...]
    """The items' own names."""
    since_first: bool = False
    """Whether the baseline is the first of a chain, not the last."""


def differences(baseline: Blessed, run: Blessed, paths: Mapping[str, str]) -> list[tuple[Difference, str]]:
    """Return every difference of design with a sentence that names it; `paths` are the suites' folders, to name lost items."""
    before, after = (
        Design(one.design, {name: (suite.version, suite.digest) for name, suite in one.suites.items()})
        for one in (baseline, run)
    )
    # A limit shows in the items, which have a flag of their own.
    found = [*_of_tokens(baseline, run), *design.differences(before, after, names=NAMES, without=("limit",))]
    settings = any(kind == "variant-change" for kind, _ in found)
    for name in (name for name in run.suites if name in baseline.suites):
        found += _of_suite(baseline.suites[name], run.suites[name], paths.get(name, ""), settings=settings)
    return found


def changes_of_model(baseline: Blessed, run: Blessed) -> list[str]:
    """Return the differences between the models, such as weights, configuration or dtype, in facts that both recorded."""
    return [
        f"{what}: {_brief(baseline.model[key])} -> {_brief(run.model[key])}"
        for key, what in MODEL.items()
        if key in baseline.model and key in run.model and baseline.model[key] != run.model[key]
    ]


def refuse(found: Sequence[tuple[Difference, str]], allowed: frozenset[str], *, run: str, baseline: str) -> None:
    """Refuse differences that no flag allows.

    Raises:
        NotComparable: there are some; each is named, with the flags that would allow them.
    """
    refused = [(kind, text) for kind, text in found if kind not in allowed]
    if refused:
        lines = "".join(f"\n  - {text}" for _, text in refused)
        flags = " ".join(f"--allow-{kind}" for kind in KINDS if kind in {kind for kind, _ in refused})
        raise NotComparable(
            f"{run} and {baseline} did not ask the same:{lines}",
            hint=f"bless a run of the new design, or compare what is common to both: {flags}",
        )


def common(baseline: Blessed, run: Blessed) -> list[Common]:
    """Return what is common to both, suite by suite.

    Raises:
        NothingToEvaluate: no item, or no variant of any item, is in both.
    """
    both = [_common(baseline.suites[name], one) for name, one in run.suites.items() if name in baseline.suites]
    both = [one for one in both if one.names]
    if not both:
        raise NothingToEvaluate(
            f"{run.source} and {baseline.source} have no item in common",
            hint="run the suites that the baseline is of, or bless this run",
        )
    if not any(one.after.asked[:, 1:].any() for one in both):
        raise NothingToEvaluate(
            f"{run.source} and {baseline.source} have no variant in common",
            hint="run with the --perturb of the baseline, or bless this run",
        )
    return both


def _brief(value: Any) -> str:
    """Return a fact as text, with the beginning of a hash for the whole: a person only sees that two differ."""
    return HASH.sub(lambda found: found[0][:HASH_LETTERS], shown(value))


def _of_tokens(baseline: Blessed, run: Blessed) -> Iterator[tuple[Difference, str]]:
    for key, what in (TOKENS | APPLIED).items():
        before, after = baseline.tokens.get(key), run.tokens.get(key)
        if before != after:
            old, new = ("not recorded" if one is None else _brief(one) for one in (before, after))
            yield "token-change", f"{what}: {old} in the baseline, {new} in the run"


def _of_suite(before: Outcomes, after: Outcomes, path: str, *, settings: bool) -> Iterator[tuple[Difference, str]]:
    name = after.suite
    old, new = set(before.cells.items), set(after.cells.items)
    for own, other, places in ((old, new, NAMES), (new, old, NAMES[::-1])):
        if missing := sorted(own - other):
            where = "{} of {} items of suite {!r} are in {} and not in {}".format(len(missing), len(own), name, *places)
            names = _names_on_disk(name, path) if own is old else after.names
            yield "missing-items", f"{where}: {_listed(missing, names)}"
    yield from _of_prompts(before, after)
    yield from _of_variants(before, after, settings=settings)


def _of_prompts(before: Outcomes, after: Outcomes) -> Iterator[tuple[Difference, str]]:
    known = dict(zip(before.cells.items, before.prompts, strict=True))
    asked = dict(zip(after.cells.items, after.prompts, strict=True))
    if other := [key for key in asked if key in known and known[key] != asked[key]]:
        where = f"{len(other)} of {len(asked)} items of suite {after.suite!r} have another original prompt"
        yield "suite-change", f"{where}: {_listed(other, after.names)}"


def _of_variants(before: Outcomes, after: Outcomes, *, settings: bool) -> Iterator[tuple[Difference, str]]:
    """Compare columns, and where the original prompt is the same also the texts of the variants."""
    name, old, new = after.suite, before.cells.columns[1:], after.cells.columns[1:]
    if old != new and not settings:
        where = f"suite {name!r} has {len(old)} variants in the baseline, {len(new)} in the run"
        other = [f"{c.perturbation} {c.sample}" for c in [*old, *new] if (c in old) != (c in new)]
        yield "variant-change", f"{where}: {', '.join(other[:NAMED])}{' ...' if len(other) > NAMED else ''}"
    if not set(old) <= set(new):
        return
    known = {key: row for key, *row in zip(before.cells.items, before.prompts, before.variants, strict=True)}
    prompts = dict(zip(after.cells.items, after.prompts, strict=True))
    other_texts = [
        key
        for key, variants in after.variants_under(old).items()
        if key in known and known[key][0] == prompts[key] and known[key][1] != variants
    ]
    if other_texts and not settings:
        where = f"{len(other_texts)} of {len(prompts)} items of suite {name!r} have other texts of their variants"
        yield "variant-change", f"{where}: {_listed(other_texts, after.names)}"


def _common(before: Outcomes, after: Outcomes) -> Common:
    known, columns = set(before.cells.items), set(before.cells.columns)
    keys = [key for key in after.cells.items if key in known]
    shared = [column for column in after.cells.columns[1:] if column in columns]
    old, new = (_part(one.cells, keys, shared) for one in (before, after))
    both = old.asked & new.asked
    return Common(after.suite, _masked(old, both), _masked(new, both), tuple(after.names.get(key, key) for key in keys))


def _part(cells: Cells, keys: Sequence[str], columns: Sequence[Column]) -> Cells:
    rows = {key: n for n, key in enumerate(cells.items)}
    places = {column: i for i, column in enumerate(cells.columns)}
    return cells.select([places[column] for column in columns]).take([rows[key] for key in keys])


def _masked(cells: Cells, asked: np.ndarray[Any, np.dtype[np.bool_]]) -> Cells:
    """Return the cells that were asked in both."""
    return Cells(
        np.where(asked, cells.correct, np.nan),
        np.where(asked, cells.prediction, -1),
        cells.unreadable & asked,
        cells.columns,
        cells.items,
        void=None if cells.void is None else cells.void * asked,
    )


def _names_on_disk(suite: str, path: str) -> dict[str, str]:
    """Return the names of a suite's items by hash, where its folder can be read; a baseline holds hashes only."""
    from probe.suite import find_suite, read_suite

    try:
        return {item_key(suite, item.id): item.id for item in read_suite(find_suite(path)).items} if path else {}
    except (ProbeError, OSError):
        return {}


def _listed(keys: Sequence[str], names: Mapping[str, str]) -> str:
    named = sorted(names.get(key, key) for key in keys)
    return ", ".join(named[:NAMED]) + (f" and {len(named) - NAMED} more" if len(named) > NAMED else "")
