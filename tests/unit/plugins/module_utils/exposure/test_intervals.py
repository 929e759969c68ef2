# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sets of integers as intervals agree with sets of integers."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.portcullis.openstack.plugins.module_utils._exposure.intervals import Intervals, union

PARTS = st.lists(st.tuples(st.integers(0, 30), st.integers(0, 6)).map(lambda pair: (pair[0], sum(pair))), max_size=6)


def members(intervals: Intervals) -> set[int]:
    return {number for low, high in intervals.parts for number in range(low, high + 1)}


@given(PARTS, PARTS)
def test_operations(ones: list[tuple[int, int]], others: list[tuple[int, int]]) -> None:
    one, other = union(ones), union(others)
    assert members(one | other) == members(one) | members(other)
    assert members(one & other) == members(one) & members(other)
    assert members(one - other) == members(one) - members(other)
    assert (one <= other) == (members(one) <= members(other))
    assert one.overlaps(other) == bool(members(one) & members(other))
    assert bool(one) == bool(members(one))
    assert one.size == len(members(one))


@given(PARTS)
def test_equal_sets_are_equal(parts: list[tuple[int, int]]) -> None:
    made = union(parts)
    assert made == union((number, number) for number in members(made))
    assert all(following > high + 1 for (_low, high), (following, _end) in pairwise(made.parts))


@given(PARTS, st.integers(0, 40))
def test_membership(parts: list[tuple[int, int]], number: int) -> None:
    assert (number in union(parts)) == (number in members(union(parts)))
