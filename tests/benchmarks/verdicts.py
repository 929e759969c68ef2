# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Goals and what was reached, side by side."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum

from .measure import Measured, Spread
from .works import FLOOR, OURS


class Kind(Enum):
    """What a verdict rests on: numbers that are the same every time, or times, which are not."""

    COUNT = "count"
    TIME = "time"


@dataclass(frozen=True)
class Verdict:
    """A goal, what was reached, and whether that is enough."""

    what: str
    kind: Kind
    goal: str
    reached: str
    met: bool


def judge(measured: Iterable[Measured]) -> Iterator[Verdict]:
    """Compare what works took with their goals."""
    for result in measured:
        yield from _requests(result)
        yield from _times(result)


def at_most(what: str, kind: Kind, goal: float, reached: float, unit: str) -> Verdict:
    """Compare a single number with its goal."""
    return Verdict(what, kind, f"≤ {goal:g} {unit}", f"{reached:.3g} {unit}", reached <= goal)


def _requests(result: Measured) -> Iterator[Verdict]:
    goals, sent, least = result.work.goals, result.requests[OURS], result.requests[FLOOR]
    reached = f"{sent} requests"
    if goals.requests is not None:
        yield Verdict(result.work.name, Kind.COUNT, f"≤ {goals.requests} requests", reached, sent <= goals.requests)
    if goals.more_requests is not None:
        goal = f"≤ {least} + {goals.more_requests} requests"
        yield Verdict(result.work.name, Kind.COUNT, goal, reached, sent <= least + goals.more_requests)


def _times(result: Measured) -> Iterator[Verdict]:
    goals, name = result.work.goals, result.work.name
    if goals.times_floor is not None:
        ratio = result.ratio(OURS, FLOOR)
        met = ratio.median <= goals.times_floor
        yield Verdict(name, Kind.TIME, f"≤ {goals.times_floor:g} times the floor", f"{show(ratio)} times", met)
    for peer, least in goals.faster_than.items():
        ratio = result.ratio(peer, OURS)
        met = ratio.median >= least
        yield Verdict(name, Kind.TIME, f"≥ {least:g} times as fast as {peer}", f"{show(ratio)} times", met)


def show(spread: Spread) -> str:
    """Return a spread for people."""
    return f"{spread.median:.3g} ({spread.low:.3g}…{spread.high:.3g})"
