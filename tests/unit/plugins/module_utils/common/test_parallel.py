# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Several things at once, shown without a cloud."""

from __future__ import annotations

import threading

import pytest

from ansible_collections.portcullis.openstack.plugins.module_utils._common.errors import InputError
from ansible_collections.portcullis.openstack.plugins.module_utils._common.parallel import each, judge_parallel


@pytest.mark.parametrize("at_once", [1, 3])
def test_results_are_in_order(at_once: int) -> None:
    assert each(str, range(10), at_once=at_once) == [str(number) for number in range(10)]


def test_as_many_as_asked_for_are_under_way() -> None:
    """Each of the three waits for the two others."""
    together = threading.Barrier(3, timeout=10)
    assert sorted(each(lambda _thing: together.wait(), range(3), at_once=3)) == [0, 1, 2]


@pytest.mark.parametrize("at_once", [1, 2])
def test_nothing_is_begun_after_an_error(at_once: int) -> None:
    begun: list[int] = []
    failed = threading.Event()

    def work(number: int) -> None:
        begun.append(number)
        if number == 0:
            failed.set()
            raise ValueError(number)
        failed.wait(10)
        # Whoever is under way at the error goes on; by then the others are called off.
        threading.Event().wait(0.2)

    with pytest.raises(ValueError, match="0"):
        each(work, range(100), at_once=at_once)
    assert len(begun) <= 2 * at_once


def test_an_error_is_noticed_before_what_was_begun_earlier_ends() -> None:
    begun: list[int] = []
    failed = threading.Event()

    def work(number: int) -> None:
        begun.append(number)
        if number == 1:
            failed.set()
            raise ValueError(number)
        failed.wait(10)
        threading.Event().wait(0.2)

    with pytest.raises(ValueError, match="1"):
        each(work, range(10), at_once=2)
    assert begun[:2] == [0, 1]
    assert len(begun) <= 3


@pytest.mark.parametrize("number", [0, -1, 11])
def test_a_number_that_no_cloud_wants(number: int) -> None:
    judge_parallel(10)
    with pytest.raises(InputError, match="parallel"):
        judge_parallel(number)
