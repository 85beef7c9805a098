"""Plan what a model computes: sequences of tokens in, rows of a trie out. Pure; knows no torch.

Prompts of a sensitivity run share most of their tokens. Sorted, they are walked as a trie; its nodes are laid out in
rows so that each distinct prefix token of a row is computed once.

    tokens          the quick fox -> yes        row     the quick fox -> | dog ->
                    the quick fox -> no         depth    0    1    2  3    2   3      = position ids
                    the quick dog -> yes        end      6    6    4  4    6   6      = one past the node's subtree
    scored          the last token of each      scores  (3, yes) (3, no) (5, yes)     = (node that predicts, token)

Rows are in pre-order, so node j is an ancestor of node i (or i itself) iff j <= i < end[j]. A token that is only
predicted, never read, needs no node: that is the last token of every sequence.

Where a row ends is a trade: a new row computes the shared prefix again, a longer row pays attention between nodes that
do not see each other. `Costs` prices both, and the cheapest partition of the sorted sequences is found exactly.
Sequences that share nothing end up alone in a row: with rows sorted by length, those are ordinary batches.

Covered: log-likelihoods of spans. Not covered: generation, which needs a cache.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Span:
    """Tokens of which those from `first_scored` on are to be scored, each given all tokens before it."""

    tokens: npt.NDArray[np.int32]
    first_scored: int

    def __post_init__(self) -> None:
        assert 1 <= self.first_scored < len(self.tokens), "a scored token needs one before it"


@dataclass(frozen=True, slots=True)
class Costs:
    """What a row of T nodes costs, in units of one token's share of a forward pass: T + pair * T * T + row."""

    pair: float = 2e-4
    """Attention between two nodes."""
    row: float = 8.0
    """Having one row more."""


@dataclass(frozen=True, slots=True, eq=False)
class Row:
    """Some of the trie's nodes in pre-order, and what is scored at them. N = nodes, S = scores."""

    ids: Ints
    """(N,) token ids."""
    depth: Ints
    """(N,) how many ancestors a node has."""
    end: Ints
    """(N,) one past the last node of the subtree."""
    nodes: Ints
    """(S,) the node that predicts."""
    targets: Ints
    """(S,) the token id predicted."""
    owners: Ints
    """(S,) index of the span that asked."""
    spans: tuple[int, ...]
    """Indices of the spans that lie in this row."""

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def is_chain(self) -> bool:
        """Return whether the row is one plain sequence, so that the causal mask is the right one."""
        return len(self) == 0 or int(self.depth[-1]) == len(self) - 1


def plan(
    spans: Sequence[Span],
    indices: Sequence[int] | None = None,
    *,
    max_row: int,
    costs: Costs | None = None,
    chains: bool = False,
) -> list[Row]:
    """Return the rows in which each span of `indices` lies once, of at most `max_row` nodes unless one span is longer.

    With `chains` spans share a row only where one continues the other, so that each row is a plain sequence.
    """
    indices = range(len(spans)) if indices is None else indices
    if not len(indices):
        return []
    read = [span.tokens[:-1] for span in spans]  # the last token is predicted and never read
    # Big-endian bytes sort like the token ids, so sequences with a common prefix come next to each other.
    order = sorted(indices, key=lambda index: read[index].astype(">u4").tobytes())
    lengths = np.array([len(read[index]) for index in order], dtype=np.int64)
    shared = _shared_prefixes([read[index] for index in order])
    bounds = _cheapest_cuts(lengths, shared, max_row=max_row, costs=costs or Costs(), chains=chains)
    return [_row(spans, read, order[a:b], shared[a:b]) for a, b in zip(bounds, bounds[1:], strict=False)]


def batches(
    rows: Sequence[Row], *, budget: int, max_scores: int, slack: int, most: int | None = None
) -> list[list[Row]]:
    """Group rows of like length; a batch, padded, has at most `budget` tokens and `most` rows, or is a single row.

    `slack` is how many tokens of padding are worth one batch less. Chains and branching rows do not mix, as chains need
    no mask.
    """
    grouped: list[list[Row]] = []
    waste = scores = 0
    for row in sorted(rows, key=lambda row: (row.is_chain, -len(row))):
        scores += len(row.nodes)
        if grouped and (group := grouped[-1]) and group[0].is_chain == row.is_chain:
            waste += len(group[0]) - len(row)
            fits = (len(group) + 1) * len(group[0]) <= budget and (most is None or len(group) < most)
            if fits and waste <= slack and scores <= max_scores:
                group.append(row)
                continue
        grouped.append([row])
        waste, scores = 0, len(row.nodes)
    return grouped


def _shared_prefixes(sequences: list[npt.NDArray[np.int32]]) -> Ints:
    """Return how many tokens each sequence shares with the one before it (0 for the first).

    the quick fox        0
    the quick fox jumps  3
    the slow             1
    """
    shared = np.zeros(len(sequences), dtype=np.int64)
    for index in range(1, len(sequences)):
        before, here = sequences[index - 1], sequences[index]
        width = min(len(before), len(here))
        differs = before[:width] != here[:width]
        first = int(differs.argmax()) if width else 0
        shared[index] = first if width and differs[first] else width
    return shared


def _cheapest_cuts(lengths: Ints, shared: Ints, *, max_row: int, costs: Costs, chains: bool) -> list[int]:
    """Return the bounds 0 = b0 < b1 < ... = n of the rows [b, b') whose total cost is least.

    A row [i, j) has lengths[i] + sum(new[i+1:j]) nodes, where new = lengths - shared: the first sequence of a row is
    written whole, of each other one only what it does not share. With total = the running sum of `new`, that is
    (lengths[i] - total[i+1]) + total[j] = base[i] + total[j], so the nodes of all rows that end at j are one vector.

        lengths  3  4  2      shared  0  3  1      new  3  1  1      total  0  3  4  5
        row [0, 3): 3 + 1 + 1 = 5 nodes            row [1, 3): 4 + 1 = 5 nodes

    best[j] is the least cost of the first j sequences, came_from[j] where their last row begins.
    """
    num = len(lengths)
    total = np.concatenate([[0], np.cumsum(lengths - shared)])
    base = lengths - total[1:]
    best, came_from = np.zeros(num + 1), np.zeros(num + 1, dtype=np.int64)
    low = 0
    for stop in range(1, num + 1):
        if chains and stop > 1 and shared[stop - 1] < lengths[stop - 2]:
            low = stop - 1  # this sequence does not continue the last one: no row may hold both
        # A row that begins at `low` and is too long already only gets longer, so `low` never moves back.
        while low < stop - 1 and base[low] + total[stop] > max_row:
            low += 1
        nodes = base[low:stop] + total[stop]
        price = best[low:stop] + nodes * (1.0 + costs.pair * nodes)
        price[:-1][nodes[:-1] > max_row] = np.inf  # the last entry is a sequence alone, which must be allowed
        pick = int(price.argmin())
        best[stop], came_from[stop] = price[pick] + costs.row, low + pick
    bounds = [num]
    while bounds[-1]:
        bounds.append(int(came_from[bounds[-1]]))
    return bounds[::-1]


def _row(spans: Sequence[Span], read: list[npt.NDArray[np.int32]], members: list[int], shared: Ints) -> Row:
    """Lay out the sequences `members`, sorted, as nodes in pre-order.

    member          keep  new nodes     path after it (open node at each depth)    closed
    the quick fox    0    0 1 2         0 1 2
    the quick dog    2    3             0 1 3                                      end[2] = 3
    the slow         1    4             0 4                                        end[1] = end[3] = 4
    (the end)                                                                      end[0] = end[4] = 5
    """
    size = len(read[members[0]]) + sum(len(read[m]) - int(s) for m, s in zip(members[1:], shared[1:], strict=True))
    ids, depth, end = (np.empty(size, dtype=np.int64) for _ in range(3))
    path = np.empty(max(len(read[m]) for m in members), dtype=np.int64)  # path[d] = the open node at depth d
    nodes, targets, owners = [], [], []
    used = open_depth = 0
    for position, member in enumerate(members):
        keep, length = (int(shared[position]) if position else 0), len(read[member])
        end[path[keep:open_depth]] = used  # what branches off here closes the subtrees below depth `keep`
        new = slice(used, used + length - keep)
        ids[new], depth[new] = read[member][keep:], np.arange(keep, length)
        path[keep:length] = np.arange(new.start, new.stop)
        used, open_depth = new.stop, length
        first = spans[member].first_scored
        nodes.append(path[first - 1 : length].copy())
        targets.append(spans[member].tokens[first:].astype(np.int64))
        owners.append(np.full(length - first + 1, member, dtype=np.int64))
    end[path[:open_depth]] = used
    return Row(ids, depth, end, np.concatenate(nodes), np.concatenate(targets), np.concatenate(owners), tuple(members))
