# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What counts the cases hides none that fails, and none that is missing."""

from __future__ import annotations

import pytest

from ansible_collections.portcullis.openstack.tests.torture.tally import Count, Tally


def run(tally: Tally, *numbers: int, go_on: bool = True) -> None:
    for number in numbers:
        with tally("division", f"by {number}", go_on=go_on):
            assert 1 / number == 1


def test_all_failures_are_reported() -> None:
    count = Count()
    tally = Tally(count)
    run(tally, 0, 1, 2)
    with pytest.raises(pytest.fail.Exception, match=r"(?s)2 cases have failed.*by 0.*ZeroDivision.*by 2.*AssertionErr"):
        tally.judge()
    assert count.table()[1].split() == ["division", "3", "2"]


def test_without_failures_there_is_nothing_to_tell() -> None:
    tally = Tally(Count())
    run(tally, 1, 1)
    tally.judge()


def test_who_does_not_want_to_go_on_fails_at_once() -> None:
    count = Count()
    with pytest.raises(ZeroDivisionError):
        run(Tally(count), 1, 0, 1, go_on=False)
    assert count.table()[1].split() == ["division", "2", "1"]


def test_a_kind_without_a_case_is_an_error() -> None:
    count = Count()
    tally = Tally(count)
    tally.expect("division", "root")
    run(tally, 1)
    assert count.untried == ["root"]
    assert count.table()[-1] == "ERROR: no case of kind 'root' was tried"


def test_what_several_processes_have_counted_is_one_sum() -> None:
    together = Count()
    for numbers in ([1, 0], [1]):
        count = Count()
        tally = Tally(count)
        tally.expect("division", "root")
        run(tally, *numbers)
        together.add(count.numbers())
    assert together.table()[1].split() == ["division", "3", "1"]
    assert together.untried == ["root"]
