"""Batches of items that are hard to tell apart: the negatives of a contrastive loss come out of its batch.

    states before repair --> for each item the nearest items with another answer --> graph --> parts of equal size --> batches

Thirukovalluru et al. 2025, "Breaking the Batch Barrier (B3) of Contrastive Learning via Smart Batch Mining", arXiv 2505.11293:
a teacher ranks all examples, two examples are joined where each is among the other's ranks p+1 to p+m, and the parts into which
the graph is cut are the batches. Here the teacher is the model before repair; labels say which neighbours mean the same, which
the paper leaves out by their ranks (p = 0 here); and the graph is cut by growing parts one after the other and swapping what
lies better elsewhere (Kernighan and Lin 1970), in place of METIS. Nothing of it has a gradient.

Covered: mined batches (B3), batches around an item (similarity-based, as ConsPrompt samples). Not covered: balanced by answer
(`probe.repair.items`).
"""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.floating]
Bools = npt.NDArray[np.bool_]

NEIGHBOURS = 3
"""Ranks that count as near, in sizes of a batch: the paper's m, 100 for batches of 32."""

# n items, D width of a state, K batches


def mined(
    states: Floats, labels: Sequence[object], size: int, rng: Random, *, first: int = 0, near: int | None = None
) -> list[list[int]]:
    """Return batches of `size` items (the last one may be smaller), each item in one, rich in near items with another answer.

    `states` are (n, D), one for each item. `first` and `near` are the paper's p and m: the nearest items that are left out, and
    the number of those after them that count. The order of the batches is shuffled, as are ties.
    """
    similarity = cosine(states)
    graph = neighbours(similarity, labels, first=first, near=near or NEIGHBOURS * size)
    place = refined(graph, grown(graph, similarity, size, rng))
    batches = [np.flatnonzero(place == one).tolist() for one in range(place.max() + 1)] if len(place) else []
    return _shuffled(batches, size, rng)


def around(states: Floats, labels: Sequence[object], size: int, rng: Random) -> list[list[int]]:
    """Return batches of `size` items, each item in one: an item at random and the nearest of those that are left.

    Similarity-based sampling after Weng et al. 2022 (ConsPrompt), arXiv 2211.04118: half of the others are the nearest items
    with another right answer, its negatives, the other half the nearest with the same, its positives; if there are not enough
    of one, more of the other.
    """
    similarity, names = cosine(states), _codes(labels)
    left = rng.sample(range(len(names)), len(names))
    batches = []
    while left:
        centre = left.pop()
        nearest = sorted(left, key=lambda one: -similarity[centre, one])  # a stable sort: ties as shuffled
        others = [one for one in nearest if names[one] != names[centre]]
        same = [one for one in nearest if names[one] == names[centre]]
        num_others = max(size // 2, size - 1 - len(same))
        chosen = others[:num_others]
        chosen += same[: size - 1 - len(chosen)]
        left = [one for one in left if one not in set(chosen)]
        batches.append([centre, *chosen])
    return _shuffled(batches, size, rng)


def cosine(states: Floats) -> Floats:
    """Return the cosine similarities (n, n) of states (n, D), centred: those of a causal model lie in a narrow cone."""
    centred = np.asarray(states, dtype=np.float64) - np.mean(states, axis=0, keepdims=True)
    length = np.linalg.norm(centred, axis=1, keepdims=True)
    unit = centred / np.where(length > 0, length, 1.0)
    return np.asarray(unit @ unit.T)


def neighbours(similarity: Floats, labels: Sequence[object], *, first: int, near: int) -> Bools:
    """Return the graph (n, n): joined are items of different answers, each among the other's ranks first+1 to first+near."""
    names = _codes(labels)
    others = names[:, None] != names[None, :]
    order = np.argsort(np.where(others, -similarity, np.inf), axis=1, kind="stable")
    rank = np.argsort(order, axis=1, kind="stable")  # of each item in each other one's list
    chosen = others & (rank >= first) & (rank < first + near)
    return np.asarray(chosen & chosen.T)


def grown(graph: Bools, similarity: Floats, size: int, rng: Random) -> npt.NDArray[np.int64]:
    """Return the part (n,) of each item: grown from the one with most neighbours left, by the one joined best to it."""
    num = len(graph)
    place = np.full(num, -1)
    tie = np.array([rng.random() for _ in range(num)]) * 1e-9
    for part in range(-(-num // size)):
        left = place < 0
        start = int(np.argmax(np.where(left, graph[:, left].sum(axis=1) + tie, -np.inf)))
        members = [start]
        place[start] = part
        while len(members) < size and (place < 0).any():
            # Edges decide; where several items have as many, the nearest one.
            joined = graph[:, members].sum(axis=1) + similarity[:, members].mean(axis=1) / 4 + tie
            best = int(np.argmax(np.where(place < 0, joined, -np.inf)))
            members.append(best)
            place[best] = part
    return place


def refined(graph: Bools, place: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Return parts (n,) of the same sizes after swapping items of two parts, the best pair first, as long as edges are gained."""
    place = place.copy()
    edges = graph.astype(np.float64)
    for _ in range(len(place)):
        to = edges @ np.eye(place.max() + 1)[place]  # (n, K) edges of each item into each part
        own = to[np.arange(len(place)), place]
        gain = to[:, place] - own[:, None]  # (n, n) of moving the first to the part of the second
        gain = np.where(place[:, None] == place[None, :], -np.inf, gain + gain.T - 2 * edges)
        best = np.unravel_index(np.argmax(gain), gain.shape)
        if gain[best] <= 0:
            break
        one, other = int(best[0]), int(best[1])
        place[one], place[other] = place[other], place[one]
    return place


def _shuffled(batches: list[list[int]], size: int, rng: Random) -> list[list[int]]:
    """Return batches in another order, those of full size first."""
    full = [batch for batch in batches if len(batch) == size]
    return [*rng.sample(full, len(full)), *(batch for batch in batches if len(batch) != size)]


def _codes(labels: Sequence[object]) -> npt.NDArray[np.int64]:
    numbers: dict[object, int] = {}
    return np.array([numbers.setdefault(one, len(numbers)) for one in labels], dtype=np.int64)
