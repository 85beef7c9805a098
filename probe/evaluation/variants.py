"""Suite to variants: every item in its original form and under each draw.

A family gets `samples` samples, shared out among its perturbations in turn, and as many more as an item's contrast set has
members beyond them. One sample is one column of the run:

    item     orig.  format 0  format 1  ...  typos 0 (swap)  typos 1 (drop)  ...  null 0
    s-001      x       x         x               x               --                  x       -- does not apply here
    s-002      x       x         x               x               x                   x

A sample of scope "suite" (a format, a wording) is one and the same for all items, so that the accuracy of its column is the
accuracy of one format; a sample of scope "item" (a typo) is made for each item. The columns are fixed first: a suite-wide sample
that would repeat an earlier text is drawn again with another seed a few times, and a perturbation that has nothing new to
say leaves its turn to the others. Then the variants are drawn item by item, as a stream: memory does not grow
with their number. An item's draw that repeats an earlier text is counted as duplicate, one that equals its original as
unchanged, never as a pass, and one that a rule of validity fails is dropped and counted by reason.

Dropped variants are saved to be read, up to SAVED of each perturbation and rule.

Covered: columns, drawing, de-duplication by rendered text, counting. Not covered: the rules (`probe.validity`).
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from random import Random
from typing import Literal

from probe.errors import UsageError
from probe.evaluation.memo import Memo, applied
from probe.prompt.render import render
from probe.seeds import is_untouched, late_rng_for, rng_for
from probe.suite.faults import HALF, broken
from probe.types import Check, Demonstration, Item, Perturbation, Suite, Variant
from probe.validity import count_checks, overall_outcome

ATTEMPTS = 12
"""How often a sample is drawn again when it repeats an earlier text."""

ATTEMPTS_EACH = 40
"""The same, for each question of a contrast set: the last of them is missed once in e^40 times."""

SHARED_ATTEMPTS = 200
"""The same for a sample that all items share: enough to find the last of 23 orders, and cheap, since one item is perturbed."""

SAVED = 200
"""At most so many dropped variants of each perturbation and rule are saved: more than a person reads, and a bound on memory."""

Status = Literal["asked", "unchanged", "duplicate", "not_applicable", "invalid"]
STATUSES: tuple[Status, ...] = ("asked", "unchanged", "duplicate", "not_applicable", "invalid")

Validate = Callable[[Variant, Perturbation], tuple[Check, ...]]
"""Returns the failed and doubtful checks of a variant; one failed check drops it."""


@dataclass(frozen=True, slots=True)
class SuiteColumn:
    """One sample of one perturbation over a whole suite, with the seed's last part that made it new."""

    perturbation: Perturbation
    sample: int
    attempt: int = 0


@dataclass(slots=True)
class Tally:
    """The status of each draw, counted as variants are made."""

    statuses: dict[str, Counter[Status]] = field(default_factory=dict)
    """By family."""
    dropped: Counter[tuple[str, str]] = field(default_factory=Counter)
    """By perturbation and the rule that failed."""
    failed: list[Variant] = field(default_factory=list)
    """The first `SAVED` of them, with their checks."""

    @property
    def counts(self) -> dict[str, dict[Status, int]]:
        """Return the count of each status by family."""
        return {family: {status: tally[status] for status in STATUSES} for family, tally in self.statuses.items()}

    def variant_set(
        self, suite: Suite, variants: tuple[Variant, ...], marks: Mapping[str, Counter[tuple[str, str]]]
    ) -> VariantSet:
        """Return variants with what was counted of them; `marks` counts their checks."""
        return VariantSet(
            suite,
            variants,
            self.counts,
            dropped=dict(self.dropped),
            doubted=dict(marks["doubt"]),
            accepted=dict(marks["accepted"]),
            failed=tuple(self.failed),
        )


@dataclass(frozen=True, slots=True)
class VariantSet:
    """The variants of a suite, item by item with the original first, and the status of the draws.

    Of a run's results that drew its variants as it asked them there are none: the scores say what was asked.
    """

    suite: Suite
    variants: tuple[Variant, ...]
    counts: dict[str, dict[Status, int]]
    """By family: how many (item, draw) pairs ended how."""
    not_run: tuple[Variant, ...] = ()
    """Variants that were drawn and are not asked, because a budget does not reach so far."""
    dropped: dict[tuple[str, str], int] = field(default_factory=dict)
    """By perturbation and the rule that failed: variants that are not asked."""
    doubted: dict[tuple[str, str], int] = field(default_factory=dict)
    """By perturbation and rule: variants that are asked and marked."""
    accepted: dict[tuple[str, str], int] = field(default_factory=dict)
    """By perturbation and rule: variants that the rule doubts or fails and that are asked because a person accepted them."""
    failed: tuple[Variant, ...] = ()
    """Variants that were dropped, with their checks: the first `SAVED` of each perturbation and rule."""


def original_of(item: Item) -> Variant:
    """Return the original as a variant."""
    return Variant(item, item, "original", "original", 0, "label-preserving", render(item.prompt))


def no_checks(variant: Variant, perturbation: Perturbation) -> tuple[Check, ...]:
    """Return no checks."""
    return ()


def make_variants(
    suite: Suite,
    perturbations: Sequence[Perturbation],
    *,
    samples: int,
    seed: int,
    validate: Validate = no_checks,
) -> VariantSet:
    """Draw all variants of a suite; adding an item changes no other item's variants."""
    columns = columns_of(suite, perturbations, samples=samples, seed=seed)
    tally = Tally()
    variants = tuple(stream(suite, columns, seed=seed, validate=validate, tally=tally))
    return tally.variant_set(suite, variants, count_checks(variants))


def columns_of(
    suite: Suite, perturbations: Sequence[Perturbation], *, samples: int, seed: int
) -> dict[str, tuple[SuiteColumn, ...]]:
    """Return the columns of each family; none for a family that applies to no item."""
    families: dict[str, list[Perturbation]] = {}
    for perturbation in perturbations:
        families.setdefault(perturbation.family, []).append(perturbation)
    made = {family: _columns(suite, members, samples, seed) for family, members in families.items()}
    # Members of contrast sets first: a rule that says the same must not take their place.
    return {
        family: tuple(sorted(columns, key=lambda one: not one.perturbation.count)) for family, columns in made.items()
    }


def stream(
    suite: Suite,
    columns: dict[str, tuple[SuiteColumn, ...]],
    *,
    seed: int,
    validate: Validate = no_checks,
    tally: Tally | None = None,
) -> Iterator[Variant]:
    """Make the variants item by item, the original first, and count the status of each draw."""
    counted = Tally() if tally is None else tally
    memo: Memo = {}
    for family in columns:
        counted.statuses.setdefault(family, Counter())
    for item in suite.items:
        original = original_of(item)
        yield original
        for family, members in columns.items():
            if not members:
                counted.statuses[family]["not_applicable"] += 1
            seen = {original.text}
            spent: set[str] = set()
            for column in members:
                status, variant = _draw(column, original, seen, seed, spent, memo)
                if variant is not None:
                    variant = _validated(variant, column.perturbation, validate, counted)
                    status = "invalid" if variant is None else status
                counted.statuses[family][status] += 1
                if variant is not None:
                    yield variant


def with_demonstrations(suite: Suite, num_fewshot: int, *, seed: int) -> Suite:
    """Return the suite with `num_fewshot` solved training items before each question, the same ones for all items.

    Every item then knows all training items, for perturbations that show others. A suite whose source has chosen as many
    demonstrations itself is given as it is.

    Raises:
        UsageError: the suite has fewer training items.
    """
    if num_fewshot and suite.num_fewshot == num_fewshot:
        return suite
    if len(suite.train) < num_fewshot:
        raise UsageError(
            f"--num-fewshot {num_fewshot}: suite {suite.name!r} has {len(suite.train)} training items to take "
            f"demonstrations from",
            hint=f"add rows to {suite.path or suite.name}/train.jsonl, in the form of items.jsonl",
        )
    if not suite.train:
        return suite
    pool = tuple(map(demonstration_of, suite.train))
    items = tuple(replace(item, pool=pool) for item in suite.items)
    if num_fewshot:
        shots = tuple(rng_for(seed, suite.name, "demonstrations").sample(pool, num_fewshot))
        items = tuple(replace(item, prompt=replace(item.prompt, demonstrations=shots)) for item in items)
    return replace(suite, items=items)


def demonstration_of(item: Item) -> Demonstration:
    """Return an item as a solved example."""
    return Demonstration(item.prompt.fields, item.target, item.prompt.choices)


def _columns(suite: Suite, members: Sequence[Perturbation], samples: int, seed: int) -> Iterator[SuiteColumn]:
    """Return a family's columns: its perturbations in turn, each as long as it gives new texts.

    Whether one applies is asked when its turn comes: of thousands of pairs only the first few are.
    """
    live: deque[tuple[Perturbation, Item]] = deque()

    def turns() -> Iterator[tuple[Perturbation, Item]]:
        for member in members:
            if (item := _first_applicable(member, suite, seed)) is not None:
                yield member, item
        while live:
            yield live.popleft()

    # A contrast set is asked whole: its members are no sample of anything, and keep the numbers that more samples would give.
    wholes = {one.name: max(map(one.count, suite.items), default=0) for one in members if one.count and samples}
    last = samples + len(members) * max(wholes.values(), default=0)
    seen: dict[str, set[str]] = {}
    sample = 0
    turn = turns()
    drawn: Counter[str] = Counter()
    while sample < samples or (sample < last and any(drawn[name] < most for name, most in wholes.items())):
        if (now := next(turn, None)) is None:
            return
        member, item = now
        texts = seen.setdefault(item.id, {render(item.prompt)})
        attempt = _fresh_attempt(member, sample, item, texts, seed)
        if attempt is None:
            continue
        if sample < samples or drawn[member.name] < wholes.get(member.name, 0):
            yield SuiteColumn(member, sample, attempt)
        live.append(now)
        drawn[member.name] += 1
        sample += 1


def _first_applicable(member: Perturbation, suite: Suite, seed: int) -> Item | None:
    """Return the first item to which a perturbation applies; novelty is tested on it.

    A suite-wide sample is tried a few times: it may be the prompt's own value that is drawn first.
    """
    tries = [SuiteColumn(member, 0, attempt) for attempt in range(ATTEMPTS if member.scope == "suite" else 1)]
    return next((item for item in suite.items if _applies(member, item, tries, seed)), None)


def _applies(member: Perturbation, item: Item, tries: Sequence[SuiteColumn], seed: int) -> bool:
    for column in tries:
        rng = _rng(column, item, 0, seed)
        if member.apply(item, rng) is not None:
            return True
        if is_untouched(rng):
            return False
    return False


def _fresh_attempt(member: Perturbation, sample: int, item: Item, seen: set[str], seed: int) -> int | None:
    """Return the first attempt of a suite-wide sample that gives a new text, which is added to `seen`; None if none does."""
    if member.scope == "item" or member.family == "null":
        return 0
    for attempt in range(SHARED_ATTEMPTS):
        rng = _rng(SuiteColumn(member, sample, attempt), item, 0, seed)
        asked = member.apply(item, rng)
        if asked is not None and (text := render(asked.prompt)) not in seen:
            seen.add(text)
            return attempt
        if is_untouched(rng):
            return None
    return None


def _draw(
    column: SuiteColumn, original: Variant, seen: set[str], seed: int, spent: set[str], memo: Memo
) -> tuple[Status, Variant | None]:
    """Make one variant of one item; its text is none of `seen`, and is added to them.

    A perturbation that had nothing new to say for this item is `spent`: it is not tried as often again. One that did not ask
    its generator is not tried again at all, for it would say the same.
    """
    item, perturbation = original.item, column.perturbation
    if perturbation.family == "null":
        return "asked", _variant(item, item, column, original.text)
    status: Status = "not_applicable"
    is_fresh = perturbation.scope == "item" and perturbation.name not in spent
    tries = max(ATTEMPTS, ATTEMPTS_EACH * perturbation.count(item)) if perturbation.count else ATTEMPTS
    for retry in range(tries if is_fresh else 1):
        rng = _rng(column, item, retry, seed)
        asked = applied(perturbation, item, rng, memo, column.sample)
        if asked is not None:
            text = render(asked.prompt)
            if text not in seen:
                seen.add(text)
                return "asked", _variant(item, asked, column, text)
            status = "unchanged" if text == original.text else "duplicate"
        if is_untouched(rng):
            break
    spent.add(perturbation.name)
    return status, None


def _validated(variant: Variant, perturbation: Perturbation, validate: Validate, tally: Tally) -> Variant | None:
    """Return the variant with its checks; None where a rule fails."""
    checks = validate(variant, perturbation)
    if not checks:
        return variant
    variant = replace(variant, checks=checks)
    if overall_outcome(checks) != "fail":
        return variant
    failed = next(check for check in checks if check.outcome == "fail")
    key = (variant.perturbation, failed.name)
    tally.dropped[key] += 1
    if tally.dropped[key] <= SAVED:
        tally.failed.append(variant)
    return None


def _rng(column: SuiteColumn, item: Item, retry: int, seed: int) -> Random:
    name = column.perturbation.name
    if column.perturbation.scope == "suite":
        return late_rng_for(seed, name, column.sample, column.attempt)
    return late_rng_for(seed, name, column.sample, retry, item.id)


def _variant(item: Item, asked: Item, column: SuiteColumn, text: str) -> Variant:
    perturbation = column.perturbation
    for one in (text, asked.target, *asked.prompt.choices):
        if not one.isascii() and (half := HALF.search(one)):
            raise UsageError(
                f"perturbation {perturbation.name!r}, item {item.id!r}: its variant "
                f"{broken(half[0], 'in one of its texts')}"
            )
    return Variant(item, asked, perturbation.family, perturbation.name, column.sample, perturbation.effect, text)
