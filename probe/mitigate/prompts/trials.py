"""Candidates on training items: which cells each is asked, and how good its worst column is.

    training item   original  format 0  format 1  typos 0   ...      one seeded sample of items for all candidates,
    t-07               x         x                  x                 columns of the plan's own families under a seed of
    t-12                         x         x                 x        the trial's own
    ...

Cells are asked in one order for all candidates, along diagonals: the first ones are of different items and different columns, and
any two candidates are compared on the same. Perturbations that replace what is chosen, such as the instruction by another of the
paraphrases, are no columns: they would judge a candidate by its rivals. Nothing of an evaluation item but its texts is looked at,
and those only to leave out training items that ask the same. A layout or wording that the run itself was judged under is never a
column.

Covered: drawing lazily, asking, the standing of a candidate. Not covered: who is asked how much (`halving`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from probe.evaluation.variants import SuiteColumn, columns_of, stream
from probe.metrics import ORIGINAL, wilson
from probe.mitigate.base import Bench, NotApplicable
from probe.mitigate.prompts.candidates import Candidate, asked_by
from probe.perturb.helpers.format_grammar import signature, skeleton
from probe.seeds import rng_for
from probe.types import Item, Perturbation, Score, Suite, Variant

MIN_ITEMS = 8
"""With fewer training items nothing is chosen: a worst column of some of them says nothing."""
SAMPLES = 2
"""Of each family."""
IMBALANCED = 0.8
"""A share of one answer among the items from which on it is warned of."""
REPLACING = ("paraphrase-set", "label-words", "label-symbols")
"""Perturbations that put what is chosen among in the place of what was chosen: they say how good the other candidates are."""
COMMON = 0.5
"""A column that applies to fewer of the items, or was asked of fewer than another one, is no worst case but a few items."""
MOST_COLUMNS = 12
"""The original among them."""

Label = tuple[str, int]
"""Family and sample of a column."""
Columns = dict[str, tuple[SuiteColumn, ...]]
"""Of each family."""
Outcome = tuple[Label, bool]
"""Of one call: its column, and whether the answer was right."""


@dataclass(frozen=True, slots=True, order=True)
class Standing:
    """How well a candidate did; a larger one is better."""

    bound: float
    """The least over its columns of the Wilson lower bound of the accuracy; columns with few answers aside."""
    accuracy: float
    """Over all its cells, which decides between equal bounds."""
    worst: float = field(compare=False)
    """The least accuracy of a column."""
    column: str = field(compare=False)
    """That column."""
    calls: int = field(compare=False)

    def describe(self) -> dict[str, Any]:
        """Return it as plain values."""
        return {"worst": self.worst, "column": self.column, "accuracy": self.accuracy, "calls": self.calls}


NOTHING = Standing(-1.0, -1.0, 0.0, "", 0)


def standing(outcomes: Sequence[Outcome]) -> Standing:
    """Return the standing of a candidate by its answers."""
    if not outcomes:
        return NOTHING
    by_column: dict[Label, list[bool]] = {}
    for label, is_right in outcomes:
        by_column.setdefault(label, []).append(is_right)
    most = max(map(len, by_column.values()))
    counted = {label: row for label, row in by_column.items() if len(row) >= COMMON * most}
    shares = {label: sum(row) / len(row) for label, row in counted.items()}
    bounds = {label: wilson(shares[label], len(row))[0] for label, row in counted.items()}
    least = min(shares, key=lambda label: (shares[label], label))
    accuracy = sum(is_right for _, is_right in outcomes) / len(outcomes)
    return Standing(min(bounds.values()), accuracy, shares[least], " ".join(map(str, least)), len(outcomes))


@dataclass(eq=False)
class Trial:
    """A seeded trial of candidates on training items of a bench's suite."""

    bench: Bench
    items: tuple[Item, ...]
    labels: tuple[Label, ...]
    perturbations: tuple[Perturbation, ...]
    seed: int
    judged: frozenset[str]
    """Layouts and instructions that the run was judged under."""
    _queues: dict[int, Iterator[tuple[Label, Variant]]] = field(default_factory=dict, init=False)

    @property
    def size(self) -> int:
        """Return the number of cells of a candidate to which every column applies."""
        return len(self.items) * len(self.labels)

    @property
    def warnings(self) -> tuple[str, ...]:
        """Return a warning where nearly all items have one answer, for saying which a prompt may be chosen."""
        targets = [item.target for item in self.items]
        most = max(targets, key=targets.count)
        if len(set(targets)) == len(targets) or targets.count(most) < IMBALANCED * len(targets):
            return ()
        return (f"{targets.count(most)} of the {len(targets)} training items tried have the answer {most!r}",)

    def sampled(self, candidates: Sequence[Candidate], num: int) -> list[Candidate]:
        """Return a seeded sample of candidates, in their order."""
        rng = rng_for(self.seed, "candidates")
        return [candidates[place] for place in sorted(rng.sample(range(len(candidates)), num))]

    def pull(self, candidates: Sequence[Candidate], calls: Mapping[int, int]) -> dict[int, list[Outcome]]:
        """Ask candidates, by their places, as many further cells as said, in one call of the model.

        A candidate that has no more cells is asked fewer.
        """
        asked: list[tuple[int, Label, Variant]] = []
        for place, num in calls.items():
            if place not in self._queues:
                self._queues[place] = self._cells(candidates[place])
            for _ in range(num):
                cell = next(self._queues[place], None)
                if cell is None:
                    break
                asked.append((place, *cell))
        scores = self.bench.try_out([variant for *_, variant in asked])
        found: dict[int, list[Outcome]] = {place: [] for place in calls}
        for (place, label, _), score in zip(asked, scores, strict=True):
            found[place].append((label, score.correct))
        return found

    def answers(self, candidate: Candidate) -> list[Score]:
        """Ask a candidate all cells, and return the scores item by item, the original first."""
        columns = self._columns(candidate)
        rows = (self._row(candidate, item, columns) for item in self.items)
        return self.bench.try_out([variant for row in rows for variant in row.values()])

    def _cells(self, candidate: Candidate) -> Iterator[tuple[Label, Variant]]:
        columns = self._columns(candidate)
        rows: dict[int, dict[Label, Variant]] = {}
        for turn in range(len(self.labels)):
            for place, item in enumerate(self.items):
                if place not in rows:
                    rows[place] = self._row(candidate, item, columns)
                label = self.labels[(place + turn) % len(self.labels)]
                if label in rows[place]:
                    yield label, rows[place][label]

    def _row(self, candidate: Candidate, item: Item, columns: Columns) -> dict[Label, Variant]:
        """Return an item's variants under a candidate by column, the original first."""
        suite = replace(self.bench.suite, items=(asked_by(item, candidate),))
        drawn = stream(suite, columns, seed=self.seed, validate=self.bench.plan.reviews.validate)
        row = {(one.family, one.sample): one for one in drawn}
        return {label: row[label] for label in self.labels if label in row and not self._is_judged(row[label])}

    def _columns(self, candidate: Candidate) -> Columns:
        suite = _suite_of(self.bench.suite, self.items, candidate)
        return columns_of(suite, self.perturbations, samples=SAMPLES, seed=self.seed)

    def _is_judged(self, variant: Variant) -> bool:
        """Return whether a variant says, for all items, what the run's evaluation says."""
        return self.bench.is_shared(variant) and _is_among(variant, self.judged)


def trial_of(bench: Bench, own: Candidate, *, num_items: int) -> Trial:
    """Return a trial on up to `num_items` training items.

    Raises:
        NotApplicable: there are too few of them.
    """
    seed = rng_for(bench.plan.seed, bench.suite.name, "prompt trials").getrandbits(31)
    perturbations = tuple(
        one
        for one in bench.plan.perturbations
        if one.effect == "label-preserving" and one.family != "null" and one.name not in REPLACING
    )
    items = _items(bench, num_items)
    suite = _suite_of(bench.suite, items, own)
    columns = columns_of(suite, perturbations, samples=SAMPLES, seed=seed)
    judged = _judged(bench)
    trial = Trial(bench, items, ((ORIGINAL, 0),), perturbations, seed, judged)
    drawn = [(column.sample, family) for family, members in columns.items() for column in members]
    # the first sample of each family before the second of any
    labels = [(family, sample) for sample, family in sorted(drawn, key=lambda one: one[0])]
    trial.labels = ((ORIGINAL, 0), *labels)
    counts = Counter(label for item in items for label in trial._row(own, item, columns))
    trial.labels = tuple(label for label in trial.labels if counts[label] >= COMMON * len(items))[:MOST_COLUMNS]
    return trial


def _items(bench: Bench, num: int) -> tuple[Item, ...]:
    """Return a seeded sample of the training items, which ask nothing that an evaluation item asks."""
    apart = bench.training
    if len(apart) < MIN_ITEMS:
        raise NotApplicable(
            f"{len(apart)} training items are no evaluation items; choosing a prompt takes {MIN_ITEMS} or more"
        )
    rng = rng_for(bench.plan.seed, bench.suite.name, "prompt trials", "items")
    return tuple(rng.sample(apart, min(num, len(apart))))


def _suite_of(suite: Suite, items: Sequence[Item], candidate: Candidate) -> Suite:
    return replace(suite, items=tuple(asked_by(item, candidate) for item in items))


def _judged(bench: Bench) -> frozenset[str]:
    """Return what the run's suite-wide samples say otherwise than its original: layouts and instructions."""
    shared = [score.variant for score in bench.before if bench.is_shared(score.variant)]
    return frozenset(sign for variant in shared for sign in _signs(variant))


def _is_among(variant: Variant, judged: frozenset[str]) -> bool:
    return any(sign in judged for sign in _signs(variant))


def _signs(variant: Variant) -> Iterator[str]:
    """Return the layout and the instruction of a variant where they are not its item's own."""
    own, asked = variant.item.prompt, variant.perturbed.prompt
    if asked.layout != own.layout:
        yield "layout " + signature(asked.layout, skeleton(own))
    if asked.instruction != own.instruction:
        yield "instruction " + asked.instruction
