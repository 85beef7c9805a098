"""The planner, without any model: every sequence can be read back, ancestors are right, cuts are cheapest."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from probe.models.trie import Costs, Span, batches, plan


def span(tokens, first_scored):
    return Span(np.array(tokens, dtype=np.int32), first_scored)


@st.composite
def span_lists(draw, most=12):
    """Few token values, so that sequences share prefixes, continue one another and repeat."""
    tokens = draw(st.lists(st.lists(st.integers(0, 2), min_size=2, max_size=9), min_size=1, max_size=most))
    return [span(some, draw(st.integers(1, len(some) - 1))) for some in tokens]


plans = st.fixed_dictionaries({
    "max_row": st.integers(1, 40),
    "costs": st.builds(Costs, pair=st.sampled_from([0.0, 0.01, 1.0]), row=st.sampled_from([0.0, 8.0])),
    "chains": st.booleans(),
})  # fmt: skip


def ancestors(row, node):
    """Return the nodes that a node sees, from the root to itself."""
    return [j for j in range(node + 1) if node < row.end[j]]


@given(span_lists(), plans)
def test_every_span_can_be_read_back_from_its_row(spans, how):
    rows = plan(spans, **how)
    seen = {}
    for row in rows:
        for node, target, owner in zip(row.nodes, row.targets, row.owners, strict=True):
            context = [int(row.ids[j]) for j in ancestors(row, node)]
            seen.setdefault(int(owner), []).append([*context, int(target)])
    expected = {
        index: [one.tokens[: stop + 1].tolist() for stop in range(one.first_scored, len(one.tokens))]
        for index, one in enumerate(spans)
    }
    assert {owner: sorted(prefixes) for owner, prefixes in seen.items()} == {
        owner: sorted(prefixes) for owner, prefixes in expected.items()
    }
    assert sorted(index for row in rows for index in row.spans) == list(range(len(spans)))


@given(span_lists(), plans)
def test_depth_is_the_number_of_ancestors(spans, how):
    for row in plan(spans, **how):
        assert [int(depth) for depth in row.depth] == [len(ancestors(row, i)) - 1 for i in range(len(row))]


@given(span_lists())
def test_in_a_row_of_all_spans_no_prefix_is_computed_twice(spans):
    (row,) = plan(spans, max_row=10**6, costs=Costs(pair=0.0, row=1e6))
    prefixes = [tuple(int(row.ids[j]) for j in ancestors(row, i)) for i in range(len(row))]
    distinct = {tuple(s.tokens[:stop].tolist()) for s in spans for stop in range(1, len(s.tokens))}
    assert len(prefixes) == len(set(prefixes))
    assert set(prefixes) == distinct


@given(span_lists(), plans)
def test_a_row_exceeds_its_limit_only_if_one_span_alone_does(spans, how):
    for row in plan(spans, **how):
        assert len(row) <= how["max_row"] or len({tuple(spans[i].tokens[:-1]) for i in row.spans}) == 1


@given(span_lists(), plans)
def test_chains_do_not_branch(spans, how):
    for row in plan(spans, **{**how, "chains": True}):
        assert row.is_chain
        assert row.depth.tolist() == list(range(len(row)))


@given(span_lists(most=7), st.sampled_from([0.0, 0.02, 0.3]), st.sampled_from([0.0, 3.0]))
def test_no_other_partition_of_the_sorted_spans_is_cheaper(spans, pair, row):
    def price(rows):
        return sum(len(r) + pair * len(r) ** 2 + row for r in rows)

    found = price(plan(spans, max_row=30, costs=Costs(pair, row)))
    ordered = sorted(spans, key=lambda s: s.tokens[:-1].tolist())
    one_row = Costs(pair=0.0, row=1e6)
    cheapest = min(
        price([r for group in groups for r in plan(group, max_row=30, costs=one_row)])
        for cuts in itertools.product([False, True], repeat=len(ordered) - 1)
        if (groups := _split(ordered, cuts))
    )
    assert found == pytest.approx(cheapest)


def _split(ordered, cuts):
    groups = [[ordered[0]]]
    for one, cut in zip(ordered[1:], cuts, strict=True):
        groups.append([one]) if cut else groups[-1].append(one)
    return groups


@given(span_lists(), plans, st.integers(1, 60), st.integers(0, 30), st.none() | st.integers(1, 3))
def test_batches_hold_every_row_once_within_the_budget(spans, how, budget, slack, most):
    rows = plan(spans, **how)
    grouped = batches(rows, budget=budget, max_scores=50, slack=slack, most=most)
    assert sorted(map(id, rows)) == sorted(id(row) for group in grouped for row in group)
    for group in grouped:
        longest = max(map(len, group))
        assert len(group) == 1 or len(group) * longest <= budget
        assert len(group) <= (most or len(group))
        assert len({row.is_chain for row in group}) == 1
        assert len(group) == 1 or sum(longest - len(row) for row in group) <= slack


def test_long_spans_that_share_nothing_are_each_a_plain_sequence():
    rng = np.random.default_rng(3)
    spans = [span(rng.integers(0, 1000, size=200), 190) for _ in range(20)]
    assert all(row.is_chain and len(row.spans) == 1 for row in plan(spans, max_row=4096))


def test_a_shared_prefix_is_computed_again_only_where_that_is_cheaper():
    prefix = list(range(20))
    spans = [span([*prefix, *range(100 * i, 100 * i + 80), 7], 100) for i in range(1, 7)]
    assert [len(row) for row in plan(spans, max_row=4096, costs=Costs(pair=1e-4))] == [500]
    assert [len(row) for row in plan(spans, max_row=4096, costs=Costs(pair=1.0))] == [100] * 6


def test_the_picture_in_the_docstring_is_what_is_planned():
    the, quick, fox, dog, arrow, yes, no = range(7)
    spans = [span([the, quick, animal, arrow, answer], 4) for animal, answer in [(fox, yes), (fox, no), (dog, yes)]]
    (row,) = plan(spans, max_row=100)
    assert row.depth.tolist() == [0, 1, 2, 3, 2, 3]
    assert row.end.tolist() == [6, 6, 4, 4, 6, 6]
    assert list(zip(row.nodes.tolist(), row.targets.tolist(), strict=True)) == [(3, yes), (3, no), (5, yes)]


def test_nothing_asked_is_nothing_planned():
    assert plan([], max_row=10) == []
