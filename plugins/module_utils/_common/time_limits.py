# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The option ``until``: entries that count only up to a date or a time, and what a run says about them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, timezone
from typing import Any, Final

from .difference import Difference
from .errors import InputError, Problems
from .text import counted

# RFC 3339, with the spellings that YAML and Python make of it. Python's own parser accepts more with each release.
_CLOCK: Final = r"(?P<hour>[0-9]{2}):(?P<minute>[0-9]{2})(?::(?P<second>[0-9]{2})(?:\.[0-9]+)?)?"
_ZONE: Final = r" ?(?P<zone>[Zz]|(?P<sign>[+-])(?P<hours>[0-9]{2}):(?P<minutes>[0-9]{2}))"
_MOMENT: Final = re.compile(rf"(?P<date>[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}})(?:[Tt ](?P<time>{_CLOCK})(?:{_ZONE})?)?")
_SPELLINGS: Final = (
    "write 2027-01-31, for the end of that day in UTC, or a time with its zone: 2027-01-31T18:00:00+01:00"
)
_SOON: Final = timedelta(days=7)
# From so many of a unit on, the next smaller one says nothing that matters.
_UNITS: Final = (("day", timedelta(days=1), 2), ("hour", timedelta(hours=1), 2), ("minute", timedelta(minutes=1), 1))


# The states of entries in results.
IN_FORCE: Final = "in_force"
_ENDS_SOON: Final = "ends_soon"
_ENDED: Final = "ended"


@dataclass(frozen=True)
class TimeLimit:
    """The end of one entry.

    ``entry`` is how messages name the entry, ``written`` what the user wrote, ``left`` the time from the start of the
    run to the end of the entry; zero or less if it has ended. ``outlasted`` tells that other entries allow all of the
    same for longer.
    """

    entry: str
    written: str
    left: timedelta
    outlasted: bool = False

    @property
    def has_ended(self) -> bool:
        """Whether the entry no longer counts."""
        return self.left <= timedelta(0)

    @property
    def ends_soon(self) -> bool:
        """Whether the entry still counts, for 7 days at most."""
        return timedelta(0) < self.left <= _SOON

    def __str__(self) -> str:
        """Return the end and the time until then, as ``until 2027-01-31, 12 days left``."""
        if self.has_ended:
            return f"ended ({self.written})"
        return f"until {self.written}, {duration(self.left)} left"


def parse_until(value: str | None, entry: str = "", now: datetime | None = None) -> TimeLimit | None:
    """Return the time limit that the option ``until`` sets, or None without one.

    A date alone means the end of that day in UTC.

    :param entry: how messages name the entry with the option
    :param now: the time of the run, with its zone; without it, all of the time is left
    :raises InputError: for anything but a date, or a time with its zone
    """
    if value is None:
        return None
    written = value.strip()
    match = _MOMENT.fullmatch(written)
    if match is None:
        raise InputError("until", f"{value!r} is neither a date nor a time; {_SPELLINGS}")
    if match["time"] and not match["zone"]:
        start = f"{match['date']}T{match['time']}"
        raise InputError("until", f"{value!r} has no time zone; write {start}Z for UTC, or {start}+01:00")
    try:
        end = _end(match)
    except ValueError:
        raise InputError("until", f"there is no such date or time as {value!r}; {_SPELLINGS}") from None
    return TimeLimit(entry, written, timedelta.max if now is None else end - now)


def parse_time_limits(entries: Iterable[Mapping[str, Any]], now: datetime) -> list[TimeLimit]:
    """Return the time limits of entries of which only the names and the ends are known.

    :param entries: mappings with ``entry``, the name, and ``until``
    :param now: see :func:`parse_until`
    :raises InputError: for all ends that cannot be right, with the names of the entries
    """
    limits = []
    with Problems() as problems:
        for one in entries:
            with problems.within(one["entry"]):
                limits.append(parse_until(one["until"], one["entry"], now))
    return [limit for limit in limits if limit is not None]


def _end(match: re.Match[str]) -> datetime:
    """Return a moment. It keeps its zone, as the last hours of the year 9999 have no time in UTC.

    :raises ValueError: for a time that no clock shows, such as 24:00 and leap seconds
    """
    day = date.fromisoformat(match["date"])
    if match["time"] is None:
        return datetime.combine(day, time.max, timezone.utc)
    # Unlike timedelta, time refuses 99 minutes.
    zone = time(int(match["hours"] or 0), int(match["minutes"] or 0))
    offset = timedelta(hours=zone.hour, minutes=zone.minute) * (-1 if match["sign"] == "-" else 1)
    clock = time(int(match["hour"]), int(match["minute"]), int(match["second"] or 0))
    return datetime.combine(day, clock, timezone(offset))


def duration(left: timedelta) -> str:
    """Return a time in one unit, rounded down: ``12 days``, ``36 hours``, ``5 minutes``."""
    for noun, unit, fewest in _UNITS:
        if left >= unit * fewest:
            return counted(left // unit, noun)
    return "less than a minute"


def limit_differences(limits: Iterable[TimeLimit]) -> Iterator[Difference]:
    """Yield a part of a plan that says how long entries still count, if any of them has a time limit."""
    if lines := tuple(_line(limit) for limit in _sorted(limits)):
        yield Difference("time-limited access", None, notes=lines)


def limit_warnings(limits: Iterable[TimeLimit]) -> list[str]:
    """Return a warning for each entry that ends within 7 days."""
    return [
        f"{limit.entry}: the access ends in {duration(limit.left)} (until {limit.written}); to keep it, change until"
        for limit in _sorted(limits)
        if limit.ends_soon and not limit.outlasted
    ]


def limit_summary(limits: Iterable[TimeLimit]) -> str:
    """Return a sentence about the entry that ends next, or nothing if none will end."""
    following = next((limit for limit in _sorted(limits) if not limit.has_ended), None)
    return "" if following is None else f"Ends next: {following.entry}, {following}."


def limit_results(limits: Iterable[TimeLimit]) -> list[dict[str, Any]]:
    """Return time limits as modules return them, those that end first before the others."""
    return [
        {"entry": limit.entry, "until": limit.written, "state": _state(limit), "text": _line(limit)}
        for limit in _sorted(limits)
    ]


def _sorted(limits: Iterable[TimeLimit]) -> list[TimeLimit]:
    return sorted(limits, key=lambda limit: limit.left)


def _state(limit: TimeLimit) -> str:
    if limit.has_ended:
        return _ENDED
    return _ENDS_SOON if limit.ends_soon else IN_FORCE


def _line(limit: TimeLimit) -> str:
    return f"{limit.entry}: {limit}{'; other entries allow the same for longer' if limit.outlasted else ''}"
