"""Search the layouts of a prompt for the worst and the best one, with far fewer calls than asking all of them.

Sclar et al. 2023, "Quantifying Language Models' Sensitivity to Spurious Features in Prompt Design", arXiv 2310.11324,
section 4: Thompson sampling. Arms are layouts that render differently. Each has a Beta belief about its accuracy, and they
all start from the same one, around the accuracy of the original prompt.

    original: all items       --> prior of every arm
    phase 1, the named end    draw K accuracies for each arm from its belief; each draw sends its extreme arm the next B items;
    phase 2, the other end    K x B prompts go to the model at once; what came of them updates the beliefs
    finalists: all items      --> the two ends, spread with an interval

Deviations: K draws a step instead of one, so that the model gets batches; items come in one seeded order for all arms, not
in that of the file; an end needs a minimum number of pulls; several finalists of each end are evaluated in full; the
original prompt takes part as an arm; the named end gets two thirds of the calls.

Covered: layouts of the grammar. Not covered: wordings, prompts that are templates. The spread's interval is about other items,
for the two layouts found; that they were picked as extremes makes the spread look larger than theirs on new items.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

import numpy as np

from probe.errors import UsageError
from probe.evaluation.asking import answer
from probe.evaluation.faults import Faults
from probe.metrics import wilson
from probe.metrics.cells import Bools, Floats, Ints
from probe.metrics.statistics.intervals import TINY, unmoved_difference
from probe.models.base import Model
from probe.perturb.format import relaid
from probe.perturb.helpers.format_grammar import check, layouts, skeleton
from probe.prompt.render import continuations, render
from probe.seeds import rng_for
from probe.types import Item, Layout, Prompt, Suite, Variant

End = Literal["worst", "best"]
Outcomes = Callable[[Sequence[tuple[int, int]]], Sequence[bool]]
"""Returns whether the answers to (arm, item) pairs are right: one call of the model for all of them."""

PRIOR_WRONG = 5.0
NAMED_SHARE = 2 / 3
"""Of the calls that go to the end that was asked for."""
CERTAIN = 0.01
"""How near to 0 and 1 the original accuracy counts for the prior."""
RESAMPLES = 2000
LEVEL = 0.95


@dataclass(frozen=True, slots=True)
class SearchOptions:
    """How to search."""

    budget: int = 4000
    """Calls of the two phases; a call is one item asked in one layout. The full evaluations come on top."""
    items_a_pull: int = 5
    draws_a_step: int = 8
    min_pulls: int = 4
    """Of an arm that may be called the worst or the best."""
    finalists: int = 5
    """Arms of each end that are asked all items: the first is often one that had luck with its items."""
    seed: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class SearchResult:
    """The result of a search over arms (A,) and items (N,); arm 0 is the original layout."""

    outcomes: Floats
    """(A, N), 1 right, 0 wrong, NaN not asked."""
    worst: int
    best: int
    recommended: int
    """The arm with the highest lower bound of its accuracy, asked all items."""
    calls: dict[str, int]
    """Of the original evaluation, of the phases, and of the full evaluation of the finalists."""

    @property
    def spread(self) -> tuple[float, float, float]:
        """Return best minus worst accuracy over all items, with its paired bootstrap interval over items.

        Where no resample differs (every item moves, or none), what Wilson allows for items that were not asked.
        """
        if len(self.outcomes) == 1:
            return 0.0, 0.0, 0.0
        difference = self.outcomes[self.best] - self.outcomes[self.worst]
        rng = np.random.default_rng(rng_for("search", "spread", len(difference)).getrandbits(32))
        drawn = difference[rng.integers(0, len(difference), (RESAMPLES, len(difference)))].mean(axis=1)
        low, high = np.quantile(drawn, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
        value = float(difference.mean())
        if high - low < TINY:
            lowest, highest = unmoved_difference(value, len(difference), level=LEVEL)
            return value, max(0.0, lowest), highest
        return value, min(value, float(low)), max(value, float(high))

    def accuracy(self, arm: int) -> tuple[float, float, float, int]:
        """Return an arm's accuracy on the items that it was asked, its Wilson interval, and their number."""
        asked = ~np.isnan(self.outcomes[arm])
        value, num = float(self.outcomes[arm, asked].mean()), int(asked.sum())
        return value, *wilson(value, num), num


def prior(accuracy: float) -> tuple[float, float]:
    """Return a and b of the Beta prior of all arms, whose mean is near the original accuracy."""
    clamped = min(max(accuracy, CERTAIN), 1 - CERTAIN)
    return max(1.1, PRIOR_WRONG * clamped / (1 - clamped)), PRIOR_WRONG


def search(outcomes: Outcomes, end: End, *, shape: tuple[int, int], options: SearchOptions) -> SearchResult:
    """Search arms for both ends; `shape` is the number of arms and of items, arm 0 the original layout."""
    num_arms, num_items = shape
    rng = np.random.default_rng(rng_for(options.seed, "search", end).getrandbits(64))
    state = _State(np.full(shape, np.nan), rng.permutation(num_items), outcomes)
    state.finish(0)
    start = prior(float(state.table[0].mean()))
    first = int(options.budget * NAMED_SHARE)
    ends: tuple[End, End] = (end, "best" if end == "worst" else "worst")
    finalists: list[int] = []
    searched = 0
    for phase, until in zip(ends, (first, options.budget), strict=True):
        while searched < until:
            pulls = _pulls(state, phase, start, rng, min(until - searched, num_arms * num_items), options)
            if not pulls:
                break
            state.ask(pulls)
            searched += len(pulls)
        finalists += _leaders(state, phase, options)
    for arm in finalists:
        state.finish(arm)
    recommended = _safest(state, options)
    worst, best = _ends(state)
    total = int(state.asked.sum())
    calls = {"as_written": num_items, "search": searched, "final": total - num_items - searched}
    return SearchResult(state.table, worst, best, recommended, calls | {"exhaustive": num_arms * num_items})


@dataclass(frozen=True, slots=True, eq=False)
class _State:
    """The answers so far."""

    table: Floats
    """(A, N); filled as answers come."""
    order: Ints
    """(N,), in which every arm gets the items."""
    outcomes: Outcomes

    @property
    def asked(self) -> Bools:
        return ~np.isnan(self.table)

    @property
    def counts(self) -> tuple[Ints, Ints]:
        """Return (A,) right and (A,) asked."""
        return np.nansum(self.table, axis=1).astype(np.int64), self.asked.sum(axis=1)

    @property
    def whole(self) -> list[int]:
        """Return the arms that were asked every item."""
        return [int(arm) for arm in np.flatnonzero(self.asked.all(axis=1))]

    def ask(self, pairs: Sequence[tuple[int, int]]) -> None:
        for (arm, item), is_right in zip(pairs, self.outcomes(pairs), strict=True):
            self.table[arm, item] = is_right

    def next_items(self, arm: int, num: int) -> list[tuple[int, int]]:
        left = self.order[~self.asked[arm, self.order]]
        return [(arm, int(item)) for item in left[:num]]

    def finish(self, arm: int) -> None:
        if rest := self.next_items(arm, len(self.order)):
            self.ask(rest)


def _pulls(
    state: _State, end: End, start: tuple[float, float], rng: np.random.Generator, most: int, options: SearchOptions
) -> list[tuple[int, int]]:
    """Draw the extreme arm K times, each arm at most once, and return the next items of each."""
    right, asked = state.counts
    is_open = asked < len(state.order)
    pulls: list[tuple[int, int]] = []
    for believed in rng.beta(start[0] + right, start[1] + asked - right, (options.draws_a_step, len(asked))):
        if not is_open.any() or len(pulls) >= most:
            break
        worth = believed if end == "best" else -believed
        arm = int(np.argmax(np.where(is_open, worth, -np.inf)))
        is_open[arm] = False
        pulls += state.next_items(arm, options.items_a_pull)
    return pulls[:most]


def _leaders(state: _State, end: End, options: SearchOptions) -> list[int]:
    """Return the arms with the most extreme means among those pulled often enough; the original always is."""
    right, asked = state.counts
    least = min(options.min_pulls * options.items_a_pull, len(state.order))
    mean = right / np.maximum(asked, 1)
    worth = np.where(asked >= least, mean if end == "best" else -mean, -np.inf)
    return [int(arm) for arm in np.argsort(-worth, kind="stable")[: options.finalists] if worth[arm] > -np.inf]


def _ends(state: _State) -> tuple[int, int]:
    """Return the worst and the best of all arms that were asked every item."""
    right, _ = state.counts
    return min(state.whole, key=lambda arm: right[arm]), max(state.whole, key=lambda arm: right[arm])


def _safest(state: _State, options: SearchOptions) -> int:
    """Return the arm with the highest lower bound; arms that promise more are asked all items first."""
    for _ in range(options.finalists):
        top = int(np.argmax(_bounds(state)))
        if top in state.whole:
            return top
        state.finish(top)
    bounds = _bounds(state)
    return max(state.whole, key=lambda arm: bounds[arm])


def _bounds(state: _State) -> list[float]:
    """Return the lower end of the Wilson interval of every arm; -1 of one that was never asked."""
    right, asked = (counts.tolist() for counts in state.counts)
    return [wilson(num / of, of)[0] if of else -1.0 for num, of in zip(right, asked, strict=True)]


def arms_of(suite: Suite, *, num: int, seed: int) -> tuple[Layout, ...]:
    """Return the original layout and up to `num` others that are legal for all items and render differently.

    Raises:
        UsageError: the prompts are templates, or no other layout is legal.
    """
    shapes = list(dict.fromkeys(skeleton(item.prompt) for item in suite.items))
    first = suite.items[0].prompt
    if first.is_template:
        raise UsageError(
            f"suite {suite.name!r}: its prompt is a template, which has no layout to search",
            hint="give instruction, fields and choices in suite.toml instead, or perturb its wording with `probe run`",
        )
    samples = [next(item.prompt for item in suite.items if skeleton(item.prompt) == shape) for shape in shapes]
    distinct = {_rendered(samples, None): first.layout}
    # some render alike once the symbols are written into the instruction
    for layout in layouts(shapes[0], num=2 * num, rng=rng_for(seed, suite.name, "arms")):
        if len(distinct) <= num and not any(check(layout, shape) for shape in shapes[1:]):
            distinct.setdefault(_rendered(samples, layout), layout)
    if len(distinct) == 1:
        raise UsageError(f"suite {suite.name!r}: no layout but the original is legal for its prompts")
    return tuple(distinct.values())


def asker(
    suite: Suite,
    arms: Sequence[Layout],
    model: Model,
    *,
    progress: Callable[[int], None],
    faults: Faults | None = None,
) -> Outcomes:
    """Return the function that asks the model (arm, item) pairs; `progress` is given how many were asked.

    What is wrong with the answers is counted in `faults`.
    """
    counts = Faults() if faults is None else faults

    def outcomes(pairs: Sequence[tuple[int, int]]) -> list[bool]:
        variants = [variant_of(suite.items[item], arms[arm] if arm else None, arm) for arm, item in pairs]
        scores = answer(model, variants, suite, faults=counts)
        progress(len(pairs))
        return [score.correct for score in scores]

    return outcomes


def variant_of(item: Item, layout: Layout | None, arm: int) -> Variant:
    """Return an item in another layout; None is the original one."""
    asked = item if layout is None else replace(item, prompt=relaid(item.prompt, layout))
    family, name = ("original", "original") if layout is None else ("format", "format-layout")
    return Variant(item, asked, family, name, arm, "label-preserving", render(asked.prompt))


def search_summary(suite: Suite, arms: Sequence[Layout], found: SearchResult, model: Model) -> dict[str, Any]:
    """Return the result as the object that `--json` prints."""
    spread, low, high = found.spread
    return {
        "suite": suite.name,
        "model": model.name,
        "num_items": len(suite.items),
        "num_layouts": len(arms),
        "as_written": _arm(suite, arms, found, 0),
        "worst": _arm(suite, arms, found, found.worst),
        "best": _arm(suite, arms, found, found.best),
        "spread": {"value": spread, "ci_low": low, "ci_high": high},
        "recommended": _arm(suite, arms, found, found.recommended),
        "calls": found.calls,
    }


def tally(arms: Sequence[Layout], found: SearchResult) -> list[dict[str, Any]]:
    """Return the number of items asked and right for each layout, the original first."""
    asked = ~np.isnan(found.outcomes)
    right = np.nansum(found.outcomes, axis=1)
    return [
        {"layout": asdict(layout), "asked": int(asked[arm].sum()), "right": int(right[arm])}
        for arm, layout in enumerate(arms)
    ]


def _arm(suite: Suite, arms: Sequence[Layout], found: SearchResult, arm: int) -> dict[str, Any]:
    accuracy, low, high, num_items = found.accuracy(arm)
    layout = arms[arm]
    return {
        "layout": asdict(layout),
        "is_as_written": arm == 0,
        "accuracy": accuracy,
        "ci_low": low,
        "ci_high": high,
        "num_items": num_items,
        "text": variant_of(suite.items[0], layout if arm else None, arm).text,
    }


def _rendered(samples: Sequence[Prompt], layout: Layout | None) -> tuple[str, ...]:
    """Return some prompts in a layout as text, with their answers."""
    prompts = samples if layout is None else [relaid(prompt, layout) for prompt in samples]
    return tuple("\x1f".join([render(prompt), *continuations(prompt)]) for prompt in prompts)
