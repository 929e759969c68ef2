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
    """A goal, what was reached, and whether that is enough; None where nobody is to say."""

    what: str
    kind: Kind
    goal: str
    reached: str
    met: bool | None


def judge(measured: Iterable[Measured]) -> Iterator[Verdict]:
    """Compare what works took with their goals."""
    for result in measured:
        yield from _requests(result)
        yield from _times(result)


def at_most(what: str, kind: Kind, goal: float, reached: float, unit: str) -> Verdict:
    """Compare a single number with its goal."""
    return Verdict(what, kind, f"≤ {goal:g} {unit}", f"{number(reached)} {unit}", reached <= goal)


def _requests(result: Measured) -> Iterator[Verdict]:
    goals, sent = result.work.goals, result.requests[OURS]
    reached = f"{sent:,} requests"
    if goals.requests is not None:
        yield Verdict(result.work.name, Kind.COUNT, f"≤ {goals.requests:,} requests", reached, sent <= goals.requests)
    if goals.exactly is not None:
        yield Verdict(result.work.name, Kind.COUNT, f"= {goals.exactly:,} requests", reached, sent == goals.exactly)


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
    return f"{number(spread.median)} ({number(spread.low)}…{number(spread.high)})"


def number(value: float) -> str:
    """Return a number for people, with three digits or all before the point."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"
