# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Dates and times at which entries end, as users write them, and what a run says about them."""

from __future__ import annotations

from contextlib import suppress
from datetime import date, datetime, timedelta, timezone
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.portcullis.openstack.plugins.module_utils._common.difference import as_text
from ansible_collections.portcullis.openstack.plugins.module_utils._common.errors import InputError
from ansible_collections.portcullis.openstack.plugins.module_utils._common.time_limits import (
    TimeLimit,
    duration,
    limit_differences,
    limit_results,
    limit_summary,
    limit_warnings,
    parse_time_limits,
    parse_until,
)

NOW: Final = datetime(2027, 1, 30, 12, tzinfo=timezone.utc)
ALMOST: Final = timedelta(microseconds=-1)
DAY: Final = timedelta(days=1)


def limit(entry: str, left: timedelta, *, outlasted: bool = False) -> TimeLimit:
    return TimeLimit(entry, "2027-02-01", left, outlasted)


def left(value: str) -> timedelta:
    found = parse_until(value, now=NOW)
    assert found is not None
    return found.left


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        pytest.param("2027-01-30", timedelta(hours=12) + ALMOST, id="a date is the end of the day in UTC"),
        pytest.param("2027-01-29", timedelta(hours=-12) + ALMOST, id="the day before"),
        pytest.param(" 2027-01-30 ", timedelta(hours=12) + ALMOST, id="spaces around"),
        pytest.param("2028-02-29", 395 * DAY + timedelta(hours=12) + ALMOST, id="a leap day"),
        pytest.param("2027-01-30T13:00:00Z", timedelta(hours=1), id="UTC"),
        pytest.param("2027-01-30t13:00:00z", timedelta(hours=1), id="lower case"),
        pytest.param("2027-01-30T13:00Z", timedelta(hours=1), id="without seconds"),
        pytest.param("2027-01-30T13:00:30.75Z", timedelta(hours=1, seconds=30), id="parts of a second are dropped"),
        pytest.param("2027-01-30T13:00:00+01:00", timedelta(0), id="a zone east of UTC"),
        pytest.param("2027-01-30T13:00:00-03:30", timedelta(hours=4, minutes=30), id="a zone west of UTC"),
        pytest.param("2027-01-30T13:00:00-00:00", timedelta(hours=1), id="UTC, in an unknown zone"),
        pytest.param("2027-01-30 13:00:00 +01:00", timedelta(0), id="spaces, as YAML allows"),
        pytest.param(str(date(2027, 1, 30)), timedelta(hours=12) + ALMOST, id="a date that YAML has read"),
        pytest.param(str(datetime(2027, 1, 30, 13, tzinfo=timezone.utc)), timedelta(hours=1), id="a time of YAML"),
    ],
)
def test_the_time_that_is_left(value: str, expected: timedelta) -> None:
    assert left(value) == expected


@pytest.mark.parametrize("value", ["9999-12-31", "9999-12-31T23:59:59Z", "9999-12-31T23:59:59-23:59"])
def test_the_end_of_the_calendar(value: str) -> None:
    assert left(value) > 2_900_000 * DAY


@pytest.mark.parametrize("value", ["0001-01-01", "0001-01-01T00:00:00+23:59"])
def test_the_start_of_the_calendar(value: str) -> None:
    assert left(value) < -700_000 * DAY


def test_without_a_time_nothing_has_ended() -> None:
    found = parse_until("0001-01-01", "allow 1")
    assert found == TimeLimit("allow 1", "0001-01-01", timedelta.max)
    assert not found.has_ended
    assert parse_until(None, now=NOW) is None


@pytest.mark.parametrize(
    "value",
    [
        *("", "tomorrow", "True", "20270131", "1800000000", "2027.01", "2027", "2027-01", "31.01.2027", "01/31/2027"),
        pytest.param("2027-1-31", id="without a zero"),
        pytest.param("2027-W04-7", id="a date of the week"),
        pytest.param("2027-031", id="a day of the year"),
        pytest.param("+12027-01-31", id="a year of five digits"),
        pytest.param("2027-01-31T18Z", id="an hour alone"),
        pytest.param("2027-01-31T18:00:00 CET", id="the name of a zone"),
        pytest.param("2027-01-31T18:00:00+01", id="hours of a zone alone"),
        pytest.param("2027-01-31T18:00:00+0100", id="a zone without a colon"),
        pytest.param("2027-01-31Z", id="a date with a zone"),
        pytest.param("\u0662\u0660\u0662\u0667-01-31", id="digits of another script"),
        pytest.param("2027-01-31\n2027-02-01", id="two lines"),
    ],
)
def test_neither_a_date_nor_a_time(value: str) -> None:
    with pytest.raises(InputError) as caught:
        parse_until(value, now=NOW)
    assert str(caught.value) == (
        f"until: {value!r} is neither a date nor a time; write 2027-01-31, for the end of that day in UTC, or a time "
        "with its zone: 2027-01-31T18:00:00+01:00"
    )


@pytest.mark.parametrize("value", ["2027-01-31T18:00", "2027-01-31 18:00:00", "2027-01-31t18:00:00.5"])
def test_a_time_without_a_zone(value: str) -> None:
    start = value.replace(" ", "T").replace("t", "T")
    with pytest.raises(InputError) as caught:
        parse_until(value, now=NOW)
    assert str(caught.value) == (f"until: {value!r} has no time zone; write {start}Z for UTC, or {start}+01:00")


@pytest.mark.parametrize(
    "value",
    [
        *("2027-02-29", "2027-13-01", "2027-00-10", "2027-01-32", "0000-01-01"),
        pytest.param("2027-01-31T24:00:00Z", id="24:00, which Python reads as 00:00 from 3.14 on"),
        pytest.param("2016-12-31T23:59:60Z", id="a leap second"),
        pytest.param("2027-01-31T12:60Z", id="minute 60"),
        pytest.param("2027-01-31T12:00+24:00", id="a day of a zone"),
        pytest.param("2027-01-31T12:00+01:99", id="99 minutes of a zone"),
    ],
)
def test_what_no_calendar_and_no_clock_shows(value: str) -> None:
    with pytest.raises(InputError) as caught:
        parse_until(value, now=NOW)
    assert str(caught.value).startswith(f"until: there is no such date or time as {value!r}; write 2027-01-31, for")


@given(st.datetimes(timezones=st.timezones()))
def test_every_time_that_python_writes(moment: datetime) -> None:
    """Some zones were minutes and seconds from UTC, which RFC 3339 cannot say."""
    offset = moment.utcoffset() or timedelta(0)
    if offset % timedelta(minutes=1) == timedelta(0):
        assert left(moment.isoformat()) == moment.replace(microsecond=0) - NOW


@given(st.text(max_size=30) | st.from_regex(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(T[0-9]{2}:[0-9]{2}(:[0-9]{2})?Z)?"))
def test_whatever_is_written_has_an_end_or_an_error(text: str) -> None:
    with suppress(InputError):
        assert parse_until(text, now=NOW) is not None


@pytest.mark.parametrize(
    ("length", "text"),
    [
        (timedelta(seconds=59), "less than a minute"),
        (timedelta(minutes=1), "1 minute"),
        (timedelta(minutes=119), "119 minutes"),
        (timedelta(hours=2), "2 hours"),
        (timedelta(hours=47, minutes=59), "47 hours"),
        (timedelta(days=2), "2 days"),
        (timedelta(days=6, hours=23), "6 days"),
        (timedelta.max, "999999999 days"),
    ],
)
def test_duration(length: timedelta, text: str) -> None:
    assert duration(length) == text


@pytest.mark.parametrize(
    ("length", "has_ended", "ends_soon"),
    [
        (-DAY, True, False),
        (timedelta(0), True, False),
        (-ALMOST, False, True),
        (7 * DAY, False, True),
        (7 * DAY - ALMOST, False, False),
    ],
)
def test_phases(length: timedelta, has_ended: bool, ends_soon: bool) -> None:
    found = limit("allow 1", length)
    assert [found.has_ended, found.ends_soon] == [has_ended, ends_soon]


LIMITS: Final = (
    limit("service b, allow 2", 8 * DAY),
    limit("service a, allow 1", 3 * DAY),
    limit("service a, allow 2", 3 * DAY, outlasted=True),
    limit("attachment 1 (web1)", -DAY),
)


def test_the_part_of_a_plan() -> None:
    assert as_text(limit_differences(LIMITS)).splitlines() == [
        "time-limited access:",
        "  attachment 1 (web1): ended (2027-02-01)",
        "  service a, allow 1: until 2027-02-01, 3 days left",
        "  service a, allow 2: until 2027-02-01, 3 days left; other entries allow the same for longer",
        "  service b, allow 2: until 2027-02-01, 8 days left",
    ]
    assert not list(limit_differences([]))


def test_warnings() -> None:
    assert limit_warnings(LIMITS) == [
        "service a, allow 1: the access ends in 3 days (until 2027-02-01); to keep it, change until"
    ]


def test_the_summary() -> None:
    assert limit_summary(LIMITS) == "Ends next: service a, allow 1, until 2027-02-01, 3 days left."
    assert not limit_summary(LIMITS[3:])
    assert not limit_summary([])


def test_results() -> None:
    results: list[dict[str, Any]] = limit_results(LIMITS)
    assert [(one["entry"], one["state"]) for one in results] == [
        ("attachment 1 (web1)", "ended"),
        ("service a, allow 1", "ends_soon"),
        ("service a, allow 2", "ends_soon"),
        ("service b, allow 2", "in_force"),
    ]
    assert results[0] == {
        "entry": "attachment 1 (web1)",
        "until": "2027-02-01",
        "state": "ended",
        "text": "attachment 1 (web1): ended (2027-02-01)",
    }


def test_entries_of_which_only_names_and_ends_are_known() -> None:
    entries = [{"entry": "allow 1", "until": "2027-01-30T13:00Z"}, {"entry": "allow 2", "until": "2027-01-30T12:00Z"}]
    assert parse_time_limits(entries, NOW) == [
        TimeLimit("allow 1", "2027-01-30T13:00Z", timedelta(hours=1)),
        TimeLimit("allow 2", "2027-01-30T12:00Z", timedelta(0)),
    ]
    with pytest.raises(InputError) as caught:
        parse_time_limits([{"entry": entry, "until": "soon"} for entry in ("allow 1", "allow 2")], NOW)
    assert [line.partition(": ")[0] for line in str(caught.value).splitlines()] == ["allow 1, until", "allow 2, until"]
