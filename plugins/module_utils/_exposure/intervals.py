# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sets of integers as intervals, which addresses and traffic are computed with."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

Interval = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Intervals:
    """A set of integers: its intervals, both ends included, sorted, and neither overlapping nor adjacent.

    Make one with :func:`union`.
    """

    parts: tuple[Interval, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.parts)

    def __contains__(self, number: int) -> bool:
        position = bisect_right(self.parts, (number, float("inf"))) - 1
        return position >= 0 and number <= self.parts[position][1]

    def __or__(self, other: Intervals) -> Intervals:
        return union((*self.parts, *other.parts)) if self and other else self or other

    def __and__(self, other: Intervals) -> Intervals:
        # Most often one of the two is everything.
        if self._spans(other):
            return other
        return self if other._spans(self) else Intervals(tuple(_common(self.parts, other.parts)))

    def __sub__(self, other: Intervals) -> Intervals:
        return Intervals(tuple(_difference(self.parts, other.parts)))

    def __le__(self, other: Intervals) -> bool:
        return other._spans(self) or not self - other

    def overlaps(self, other: Intervals) -> bool:
        """Return whether an integer is in both sets."""
        return next(_common(self.parts, other.parts), None) is not None

    def _spans(self, other: Intervals) -> bool:
        """Return whether the set is one interval that contains another set."""
        if not other:
            return True
        return len(self.parts) == 1 and self.parts[0][0] <= other.parts[0][0] and other.parts[-1][1] <= self.parts[0][1]

    @property
    def size(self) -> int:
        """How many integers there are in the set."""
        return sum(high - low + 1 for low, high in self.parts)


NOTHING: Final = Intervals()


def union(parts: Iterable[Interval]) -> Intervals:
    """Return the set of all integers in some intervals, in any order, which may overlap."""
    merged: list[Interval] = []
    for low, high in sorted(parts):
        if merged and low <= merged[-1][1] + 1:
            merged[-1] = (merged[-1][0], max(merged[-1][1], high))
        else:
            merged.append((low, high))
    return Intervals(tuple(merged))


def divided(sets: Iterable[Intervals]) -> Iterator[Intervals]:
    """Divide the union of some sets into the parts in which the same sets overlap, none of which has a gap."""
    parts = [part for one in sets for part in one.parts]
    whole = union(parts)
    ends = {end for low, high in parts for end in (low, high + 1)}
    for low, following in pairwise(sorted(ends)):
        if low in whole:
            yield Intervals(((low, following - 1),))


def _common(ones: tuple[Interval, ...], others: tuple[Interval, ...]) -> Iterator[Interval]:
    one, other = 0, 0
    while one < len(ones) and other < len(others):
        low = max(ones[one][0], others[other][0])
        high = min(ones[one][1], others[other][1])
        if low <= high:
            yield low, high
        if ones[one][1] < others[other][1]:
            one += 1
        else:
            other += 1


def _difference(ones: tuple[Interval, ...], others: tuple[Interval, ...]) -> Iterator[Interval]:
    position = 0
    for low, high in ones:
        while position < len(others) and others[position][1] < low:
            position += 1
        start, at = low, position
        while at < len(others) and others[at][0] <= high:
            if start < others[at][0]:
                yield start, others[at][0] - 1
            start = others[at][1] + 1
            at += 1
        if start <= high:
            yield start, high
