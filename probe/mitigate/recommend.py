"""Which method to take: the cheapest that makes answers stable enough, and no worse.

    with a target      of what reaches the target flip rate without a loss, what costs the fewest tokens an answer; the answers
                       before are among the candidates, at their price; of what costs the same they come first, then what
                       flips least
    without one        the trade-offs: what no other method beats in both tokens an answer and flips

A loss is a fall of accuracy (on the originals, or on average over the variants) or of contrast consistency by more than chance.
A method that leaves out more than a tenth of the answers is not recommended: those may be the ones that move.

The flip rate is an estimate. If its whole 95 % interval is within the target the certainty is `interval`, else `estimate`. The
recommended method was chosen on the answers that its figures are of, so that they flatter it a little.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from probe.mitigate.changes import LOSSES
from probe.mitigate.mitigation import Change, MethodResult, Price, SuiteMitigation

MOST_LEFT_OUT = 0.1
"""The share of answers that a recommended method may leave out."""
NONE_NEEDED = "none needed"
BEFORE = "none"
WORDS = {
    "accuracy": "accuracy",
    "accuracy_mean": "mean accuracy",
    "contrast_consistency": "contrast consistency",
}


@dataclass(frozen=True, slots=True)
class Candidate:
    """What could be done, at its price."""

    name: str
    flip_rate: float
    high: float | None
    """The upper end of its 95 % interval."""
    price: Price
    result: MethodResult | None = None
    """None: the answers before."""

    @property
    def cost(self) -> tuple[float, float, float, float]:
        """Return what it costs, to be compared: tokens an answer, calls an answer, tokens and calls once."""
        once = math.inf if self.price.once_tokens is None else self.price.once_tokens
        return _known(self.price.tokens), self.price.calls, once, self.price.once_calls

    @property
    def order(self) -> tuple[tuple[float, float, float, float], bool, float]:
        """Return what is compared to find the cheapest: the cost, then whether anything is changed, then the flips."""
        return self.cost, self.result is not None, self.flip_rate


def losses_of(changes: Sequence[Change]) -> tuple[str, ...]:
    """Return the figures that a method lowers and should not."""
    return tuple(one.metric for one in changes if one.metric in LOSSES and one.falls)


def recommended(found: SuiteMitigation, target: float | None) -> SuiteMitigation:
    """Return the results of a suite with the recommendation."""
    candidates = _candidates(found)
    fit = [one for one in candidates if one.result is None or _is_fit(one.result, found.num_answers)]
    tradeoffs = _tradeoffs(fit)
    if not candidates:
        return replace(found, advice="The flip rate is not defined: no variant whose answer must stay was answered.")
    if target is None:
        return replace(found, tradeoffs=tuple(one.name for one in tradeoffs), advice=_traded(tradeoffs, fit))
    found = replace(found, tradeoffs=tuple(one.name for one in tradeoffs))
    reaching = [one for one in fit if one.flip_rate <= target]
    if not reaching:
        return replace(found, advice=_unreached(candidates, fit, target, found.num_answers))
    best = min(reaching, key=lambda one: one.order)
    certain = best.high is not None and best.high <= target
    name = NONE_NEEDED if best.result is None else best.name
    certainty = "interval" if certain else "estimate"
    return replace(found, recommended=name, certainty=certainty, advice=_advised(best, reaching, target))


def _candidates(found: SuiteMitigation) -> list[Candidate]:
    """Return everything that has a flip rate, the answers before first."""
    before = next((one for one in found.figures if one.metric == "flip_rate" and one.before is not None), None)
    first = (
        [Candidate(BEFORE, before.before, before.before_high, found.price)]
        if before and before.before is not None
        else []
    )
    others = []
    for one in found.judged:
        change = one.change("flip_rate")
        if change is not None and change.after is not None and one.price is not None:
            others.append(Candidate(one.method, change.after, change.after_high, one.price, one))
    return [*first, *others]


def _is_fit(one: MethodResult, num_answers: int) -> bool:
    return not one.losses and one.num_left_out <= MOST_LEFT_OUT * num_answers


def _tradeoffs(fit: Sequence[Candidate]) -> list[Candidate]:
    """Return the candidates that no other beats in both cost and flips, the cheapest first."""
    best: list[Candidate] = []
    for one in sorted(fit, key=lambda one: (one.cost, one.flip_rate)):
        if not best or one.flip_rate < best[-1].flip_rate:
            best.append(one)
    return best


def _advised(best: Candidate, reaching: Sequence[Candidate], target: float) -> str:
    flips, allowed = _percent(best.flip_rate), _percent(target)
    if best.result is None:
        text = f"No method is needed: {flips} of the variants move the answer, {allowed} are allowed."
    else:
        text = f"Take {best.name}: {flips} of the variants move the answer, {allowed} are allowed."
    high = best.high
    if high is None:
        text += " That is an estimate without an interval."
    elif high <= target:
        text += f" So says its whole 95 % interval, up to {_percent(high)}."
    else:
        text += f" That is an estimate; its 95 % interval goes up to {_percent(high)}."
        surer = [one for one in reaching if one.high is not None and one.high <= target]
        if surer:
            name = min(surer, key=lambda one: one.order)
            text += f" Within the target with its whole interval: {name.name}, at {_price(name.price)}."
    return text


def _unreached(candidates: Sequence[Candidate], fit: Sequence[Candidate], target: float, num_answers: int) -> str:
    text = f"No method brings the flip rate to {_percent(target)}"
    harmful = [one for one in candidates if one.flip_rate <= target]
    if harmful:
        reasons = [f"{one.name} ({_why_not(one.result, num_answers)})" for one in harmful if one.result is not None]
        text += f" without a loss: {', '.join(reasons)} would."
    else:
        text += "."
    nearest = min(fit, key=lambda one: one.flip_rate, default=None)
    if nearest is None:
        return text
    name = "the prompt as it is" if nearest.result is None else nearest.name
    return f"{text} Nearest is {name} with {_percent(nearest.flip_rate)}."


def _why_not(one: MethodResult, num_answers: int) -> str:
    if one.losses:
        return f"loses {' and '.join(WORDS[name] for name in one.losses)}"
    return f"leaves out {one.num_left_out:,} of {num_answers:,} answers"


def _traded(tradeoffs: Sequence[Candidate], fit: Sequence[Candidate]) -> str:
    before = next((one for one in fit if one.result is None), None)
    better = [
        one for one in tradeoffs if one.result is not None and (before is None or one.flip_rate < before.flip_rate)
    ]
    if not better:
        return "No method lowers the flip rate without a loss."
    shown = ", ".join(f"{one.name} {_percent(one.flip_rate)} at {_price(one.price)}" for one in better)
    now = "" if before is None else f" from {_percent(before.flip_rate)} at {_price(before.price)}"
    return f"Best trade-offs, flip rate{now} to: {shown}."


def _price(price: Price) -> str:
    if price.tokens is None:
        return f"{price.calls:.3g} {'call' if price.calls == 1 else 'calls'} an answer"
    return f"{price.tokens:,.0f} tokens an answer"


def _percent(value: float) -> str:
    return f"{100 * value:.1f} %"


def _known(value: float | None) -> float:
    return math.inf if value is None else value
