"""Filters and pages of a list of cards: radio buttons, and rules of style that read them, so that no script is needed.

Covered: which buttons there are, and the rules. Not covered: how a button looks (`page/shared.html.j2`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

PER_PAGE = 10
"""Cards on a page of the list."""

Names = Mapping[str, Sequence[str]]
"""The names of each group of filters, by the numbers that the cards carry."""

ANY_FILTER = ':has(.filter input:checked:not([id$="-any"]))'


def filters(names: Names, cards: Sequence[Any]) -> list[tuple[str, list[tuple[int, str, int]]]]:
    """Return the groups of buttons: name, then number, label and count of each; a group of one is none."""
    groups = []
    for group, labels in names.items():
        counts = [sum(k in numbers(card, group) for card in cards) for k in range(len(labels))]
        options = [(k, label, num) for k, (label, num) in enumerate(zip(labels, counts, strict=True)) if num]
        if len(options) > 1:
            groups.append((group, options))
    return groups


def numbers(card: Any, group: str) -> tuple[int, ...]:
    """Return the numbers of a card in a group of filters: one, or several."""
    value = getattr(card, group)
    return value if isinstance(value, tuple) else (value,)


def pages(num: int) -> list[tuple[int, str]]:
    """Return number and label of each page of a list of `num` cards; a single page is none."""
    starts = range(0, num, PER_PAGE)
    return [(k, f"{a + 1}\u2013{min(a + PER_PAGE, num)}") for k, a in enumerate(starts)] if len(starts) > 1 else []


def rules(names: Names, num: int) -> list[str]:
    """Return the rules that hide the cards of other filters, and without a filter or a search those of other pages.

    The card that a link led to is never hidden by a page. On paper all pages are shown.
    """
    chosen = [
        f"#flips:has(#show-{group}-{k}:checked) .flip:not(.{group}-{k}) {{ display: none }}"
        for group, labels in names.items()
        for k in range(len(labels))
    ]
    paged = f"#flips:not(.searched):not({ANY_FILTER})"
    turned = [
        f"{paged}:has(#show-page-{k}:checked) .flip:not(.page-{k}):not(:has(:target)) {{ display: none }}"
        for k, _ in pages(num)
    ]
    turned.append(f"{paged} .filtered {{ display: none }}")
    return [*chosen, f"#flips{ANY_FILTER} .pages {{ display: none }}", "@media screen {", *turned, "}"]
