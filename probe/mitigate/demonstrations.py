"""Training items shown before the question: which, how they follow a perturbation, and asking with them.

    training items --> selected, balanced --> before the question of every variant --> asked again

All items of a suite see the same ones. A variant keeps what it perturbs: its layout, its wording, its structure. What a
perturbation does to the demonstrations of a prompt is done to these as well, where it is the renaming or reordering of fields or
the symbols of options. A variant that is about other demonstrations, or their order, has no counterpart and is left out.

Covered: what the methods of this kind share. Not covered: how a demonstration looks (`probe.prompt.render`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from probe.evaluation.requests import requests_for
from probe.evaluation.variants import demonstration_of
from probe.mitigate.base import Bench, NotApplicable, Outcome
from probe.models.base import Model
from probe.prompt.render import render
from probe.seeds import rng_for
from probe.types import Demonstration, Field, Generation, Item, LogLikelihood, Prompt, Suite, Variant

Shots = tuple[Demonstration, ...]

MOST_TOO_LONG = 0.1
"""The share of prompts that may be longer than the model's window; where more are, most of what is shown would not be read."""


def selected(bench: Bench, count: int) -> tuple[Item, ...]:
    """Return `count` training items to show, as many of each class as can be, in random order.

    A class is a label; where items have options of their own, the place of the right one; free text has none. Who shows two
    of them shows the one and another: fewer are always among more.

    Raises:
        NotApplicable: there are not as many, or the prompts cannot show any.
    """
    if not count:
        return ()
    if any(score.variant.item.prompt.ending for score in bench.before):
        raise NotApplicable("its choices fill a blank in the question, which a solved example does not show")
    items = bench.training
    if len(items) < count:
        raise NotApplicable(
            f"the suite has {len(items)} training items that it does not ask or show, fewer than {count}"
        )
    key = (bench.plan.seed, bench.suite.name, "mitigate", "demonstrations")
    classes: dict[str | int, list[Item]] = {}
    is_shared = _share_labels(items)
    for item in rng_for(*key).sample(items, len(items)):
        classes.setdefault(item.target if is_shared else _place(item), []).append(item)
    in_turn: list[Item] = []
    while len(in_turn) < count:
        in_turn += [members.pop() for members in classes.values() if members]
    return tuple(rng_for(*key, count).sample(in_turn[:count], count))


def ask_with(
    bench: Bench,
    shots_for: Callable[[Variant], Shots | None],
    *,
    chose: str = "",
    details: Mapping[str, Any] | None = None,
) -> Outcome:
    """Ask every variant that allows it with other demonstrations before its question; None leaves it out.

    Raises:
        NotApplicable: too many of the prompts are longer than the model's window.
    """
    variants = [score.variant for score in bench.before if keeps_demonstrations(score.variant)]
    given = [(variant, shots_for(variant)) for variant in variants]
    asked = [with_shots(variant, shots) for variant, shots in given if shots is not None]
    num_long, warnings = _count_too_long(bench.model, bench.suite, asked), []
    if num_long:
        window = bench.model.unwrapped.encoder.max_length  # type: ignore[attr-defined]  # only what has one was counted
        said = f"{num_long} of {len(asked)} prompts are longer than the model's window of {window} tokens"
        if num_long > MOST_TOO_LONG * len(asked):
            raise NotApplicable(said)
        warnings.append(f"{said}: they lose their left end")
    num_left_out = len(bench.before) - len(asked)
    return Outcome(
        tuple(bench.ask(asked)),
        keeps=False,
        chose=chose,
        warnings=tuple(warnings),
        details={**(details or {}), "left_out": num_left_out, "too_long": num_long},
    )


def described(bench: Bench, items: Sequence[Item]) -> str:
    """Return in a line how many items are shown, and of which labels if all items share theirs."""
    if not items:
        return "none"
    counts = sorted(Counter(item.target for item in items).items()) if _share_labels(bench.training) else []
    said = ": " + ", ".join(f"{count} {name}" for name, count in counts) if counts else ""
    return f"{len(items)} of the training items{said}"


def listed(items: Sequence[Item]) -> dict[str, Any]:
    """Return the items that are shown, in their order, for JSON."""
    return {"shown": [{"id": item.id, "target": item.target} for item in items]}


def shots_of(items: Sequence[Item]) -> Shots:
    """Return items as demonstrations."""
    return tuple(map(demonstration_of, items))


def with_shots(variant: Variant, shots: Shots) -> Variant:
    """Return a variant with other demonstrations, which follow what it does to a prompt."""
    prompt = replace(variant.perturbed.prompt, demonstrations=following(shots, variant))
    return replace(variant, perturbed=replace(variant.perturbed, prompt=prompt), text=render(prompt))


def keeps_demonstrations(variant: Variant) -> bool:
    """Return whether a variant leaves the demonstrations of a prompt what they are: which, how many, in which order."""
    return variant.perturbed.prompt.demonstrations == following(variant.item.prompt.demonstrations, variant)


def following(shots: Shots, variant: Variant) -> Shots:
    """Return demonstrations with their fields renamed and reordered, and their options rotated, as a variant does to a prompt."""
    before, after = variant.item.prompt, variant.perturbed.prompt
    shift = after.symbol_shift - before.symbol_shift
    if _names(before) == _names(after) and not shift:
        return shots
    return tuple(
        replace(one, fields=_fields(one.fields, before, after), choices=_rotated(one.choices, shift)) for one in shots
    )


def _fields(fields: tuple[Field, ...], before: Prompt, after: Prompt) -> tuple[Field, ...]:
    old, new = _names(before), _names(after)
    if tuple(field.name for field in fields) != old or len(new) != len(old):
        return fields
    if sorted(old) == sorted(new):
        return tuple(fields[old.index(name)] for name in new)
    return tuple(replace(field, name=name) for field, name in zip(fields, new, strict=True))


def _names(prompt: Prompt) -> tuple[str, ...]:
    return tuple(field.name for field in prompt.fields)


def _rotated(choices: tuple[str, ...], shift: int) -> tuple[str, ...]:
    """Return options rotated as their symbols are, so that each keeps its own."""
    start = shift % len(choices) if choices else 0
    return choices[start:] + choices[:start]


def _share_labels(items: Sequence[Item]) -> bool:
    labels = set(items[0].prompt.choices)
    return bool(labels) and all(set(item.prompt.choices) == labels for item in items)


def _place(item: Item) -> int:
    """Return the place of the right option; -1 for free text."""
    return item.prompt.choices.index(item.target) if item.target in item.prompt.choices else -1


def _count_too_long(model: Model, suite: Suite, variants: Sequence[Variant]) -> int:
    """Count the prompts that lose their left end; none of a model without tokens."""
    encoder = getattr(model.unwrapped, "encoder", None)
    if encoder is None:
        return 0
    # Of a question's choices the longest says enough: the others have the same context.
    requests = [max(requests_for(variant, suite), key=_size) for variant in variants]
    written = [request for request in requests if isinstance(request, Generation)]
    rated = [request for request in requests if isinstance(request, LogLikelihood)]
    num_long = sum(bool(one.is_truncated) for one in encoder.encode(rated))
    for request, ids in zip(written, encoder.encode_contexts(written), strict=True):
        num_long += len(ids) + request.max_new_tokens > encoder.max_length
    return num_long


def _size(request: LogLikelihood | Generation) -> int:
    return len(request.continuation) if isinstance(request, LogLikelihood) else 0
