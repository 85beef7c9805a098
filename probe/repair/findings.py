"""What the figures of a cure say: whether it reaches what it should, and whether it is better than plain augmentation.

    targets      formats never trained     spread and flips at least halved, worst format +10 points where it had room
                 families never trained    spread and flips at least halved for one of them
                 as written                accuracy not down by more than a point
                 contrast sets             consistency not down
    statements   made of figures and their intervals; none is written beforehand

A target compares estimates; a statement of better or worse takes an interval that leaves out 0.

Covered: sentences and whether they hold. Not covered: the figures.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from probe.metrics import ALL, ORIGINAL
from probe.repair.judgement import AUGMENTATION, REPAIR, ArmResult, Figure, Statement, Target
from probe.repair.questions import CONTRAST

Found = Mapping[tuple[str, str, str, str, str], Figure]
"""Figures by suite, section, family, metric and arm."""

HALF = 0.5
ROOM = 0.10
"""Points by which the worst format should rise where it is that far from 1."""
CLEAN_LOSS = 0.01


def by_key(figures: Sequence[Figure]) -> Found:
    """Return the figures that are defined, by what they are of."""
    return {(one.suite, one.section, one.family, one.metric, one.arm): one for one in figures if one.after is not None}


def targets_of(suite: str, found: Found, held_out: Sequence[str]) -> tuple[Target, ...]:
    """Return what a cure should reach on a suite that it was trained on."""

    def get(section: str, family: str, metric: str) -> Figure | None:
        return found.get((suite, section, family, metric, REPAIR))

    made = [
        _halved(suite, "flips of formats never trained", get("held-out-formats", ALL, "flip_rate")),
        _halved(suite, "spread over formats never trained", get("held-out-formats", ALL, "spread")),
        _raised(suite, get("held-out-formats", ALL, "accuracy_worst")),
        _one_family(suite, [(name, get("held-out-families", name, "flip_rate"), get("held-out-families", name, "spread"))
                            for name in held_out]),
        _kept(suite, "accuracy as written", get("clean", ORIGINAL, "accuracy"), CLEAN_LOSS),
        _kept(suite, "contrast consistency", get("contrast", CONTRAST, "contrast_consistency"), 0.0),
    ]  # fmt: skip
    return tuple(made)


def statements_of(suite: str, found: Found, arms: Sequence[ArmResult]) -> tuple[Statement, ...]:
    """Return what the figures of a suite say, as sentences."""
    return tuple(
        [
            *_against_augmentation(suite, found, arms),
            *_against_no_training(suite, found, arms),
            *_helped(suite, found),
        ]
    )


def _against_augmentation(suite: str, found: Found, arms: Sequence[ArmResult]) -> Iterator[Statement]:
    """Say whether the terms beside cross-entropy earn their place: on families and on formats that were never trained."""
    cure = next((one for one in arms if one.name == REPAIR), None)
    if cure is None or not any(one.name == AUGMENTATION for one in arms):
        return
    terms = _terms(cure.settings)
    for section, where in (("held-out-families", "families"), ("held-out-formats", "formats")):
        one = found.get((suite, section, ALL, "flip_rate", REPAIR))
        if one is None or one.over_augmentation is None or one.over_low is None or one.over_high is None:
            continue
        by = f"{_points(one.over_augmentation)} ({_points(one.over_low)} to {_points(one.over_high)})"
        told = f"{suite}: flips on {where} never trained, against augmentation of as many tokens: {by}."
        if not terms:
            yield Statement(
                suite=suite,
                name=f"terms-{where}",
                holds=None,
                text=f"{told} The cure is augmentation: it has no other term.",
            )
            continue
        holds = None if one.over_low <= 0 <= one.over_high else one.over_high < 0
        verdict = {
            True: "earn their place there",
            False: "do harm there",
            None: "do not earn their place there: no difference is seen",
        }[holds]
        yield Statement(
            suite=suite,
            name=f"terms-{where}",
            holds=holds,
            text=f"{told} The terms beside cross-entropy ({terms}) {verdict}.",
        )


def _terms(settings: Mapping[str, Any]) -> str:
    """Return the terms of a loss beside cross-entropy, in words; empty where there are none."""
    words = []
    if settings.get("labels", "yes") != "yes":
        words.append(f"{settings['labels']} targets")
    if settings.get("consistency"):
        words.append(f"consistency {settings.get('consistency_kind')} of weight {settings['consistency']:g}")
    if settings.get("contrastive"):
        words.append(f"contrastive {settings.get('contrast')} of weight {settings['contrastive']:g}")
    if settings.get("near_base_weight"):
        words.append(f"{settings.get('near_base')} to the untrained model")
    if settings.get("contrast_members"):
        words.append("contrast members")
    return " and ".join(filter(None, [", ".join(words[:-1]), *words[-1:]]))


def _against_no_training(suite: str, found: Found, arms: Sequence[ArmResult]) -> Iterator[Statement]:
    """Compare the cure's flips on formats with those of what needs no training, with what an answer costs."""
    cure = found.get((suite, "held-out-formats", ALL, "flip_rate", REPAIR))
    for arm in arms:
        one = found.get((suite, "held-out-formats", ALL, "flip_rate", arm.name))
        if arm.kind not in ("calibration", "vote") or one is None or cure is None:
            continue
        assert one.after is not None and cure.after is not None
        yield Statement(
            suite=suite,
            name=arm.name,
            holds=cure.after < one.after,
            text=f"{suite}: without training, {arm.title} ({arm.chose}) flips {_percent(one.after)} of formats never trained at "
            f"{arm.calls:.3g} prompt{'' if arm.calls == 1 else 's'} an answer; the cure flips {_percent(cure.after)} at one.",
        )


def _helped(suite: str, found: Found) -> Iterator[Statement]:
    one = found.get((suite, "held-out-formats", ALL, "flip_rate", REPAIR)) or found.get(
        (suite, "held-out-families", ALL, "flip_rate", REPAIR)
    )
    if one is None or one.ci_low is None or one.ci_high is None:
        return
    holds = None if one.ci_low <= 0 <= one.ci_high else one.ci_high < 0
    word = {True: "Repair helped", False: "Repair did harm", None: "Repair did not help for certain"}[holds]
    yield Statement(
        suite=suite,
        name="helped",
        holds=holds,
        text=f"{suite}: {word}: flips {_percent(one.before)} -> {_percent(one.after)}, {_points(one.difference)} "
        f"({_points(one.ci_low)} to {_points(one.ci_high)}).",
    )


def _halved(suite: str, name: str, one: Figure | None) -> Target:
    if one is None or one.before is None or one.after is None:
        return Target(suite=suite, name=name, reached=None, text=f"{name}: nothing to see it by")
    reached = None if one.before == 0 else one.after <= HALF * one.before
    return Target(
        suite=suite,
        name=name,
        reached=reached,
        text=f"{name}: {_percent(one.before)} -> {_percent(one.after)}, wanted half",
    )


def _raised(suite: str, one: Figure | None) -> Target:
    name = "worst format"
    if one is None or one.before is None or one.after is None:
        return Target(suite=suite, name=name, reached=None, text=f"{name}: nothing to see it by")
    has_room = one.before <= 1 - ROOM
    return Target(
        suite=suite,
        name=name,
        reached=one.after >= one.before + ROOM if has_room else None,
        text=f"{name}: {_percent(one.before)} -> {_percent(one.after)}, "
        + (f"wanted {100 * ROOM:.0f} points more" if has_room else "it had no room for more"),
    )


def _one_family(suite: str, families: Sequence[tuple[str, Figure | None, Figure | None]]) -> Target:
    """Return whether both flips and spread of one family that was never trained are halved; it names all of them."""
    name, halved, shown = "a family never trained", [], []
    for family, flips, spread in families:
        if flips is None or spread is None or flips.before is None or spread.before is None or not flips.before:
            continue
        assert flips.after is not None and spread.after is not None
        halved.append(flips.after <= HALF * flips.before and spread.after <= HALF * spread.before)
        shown.append(
            f"{family} flips {_percent(flips.before)} -> {_percent(flips.after)}, spread {_percent(spread.before)} -> "
            f"{_percent(spread.after)}"
        )
    text = f"{name}: {'; '.join(shown)}, wanted half for one" if shown else f"{name}: nothing to see it by"
    return Target(suite=suite, name=name, reached=any(halved) if halved else None, text=text)


def _kept(suite: str, name: str, one: Figure | None, loss: float) -> Target:
    if one is None or one.before is None or one.after is None:
        return Target(suite=suite, name=name, reached=None, text=f"{name}: nothing to see it by")
    allowed = f"not down by more than {100 * loss:.0f} point" if loss else "not down"
    return Target(
        suite=suite,
        name=name,
        reached=one.after >= one.before - loss - 1e-9,
        text=f"{name}: {_percent(one.before)} -> {_percent(one.after)}, wanted {allowed}",
    )


def _percent(value: float | None) -> str:
    return "-" if value is None else f"{100 * value:.1f} %"


def _points(value: float | None) -> str:
    return "-" if value is None else f"{100 * value:+.1f}"
