# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Several requests at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from typing import Final, TypeVar

from .errors import InputError

Thing = TypeVar("Thing")
Result = TypeVar("Result")

# As many connections to a service as the SDK keeps open (requests.adapters.DEFAULT_POOLSIZE).
_MAX: Final = 10


def judge_parallel(number: int) -> None:
    """Refuse a number of requests that no cloud wants at once.

    :raises InputError: if it is not from 1 to 10
    """
    if not 1 <= number <= _MAX:
        raise InputError("parallel", f"{number} is not a number from 1 to {_MAX}")


def each(work: Callable[[Thing], Result], things: Iterable[Thing], *, at_once: int) -> list[Result]:
    """Do some work for each thing and return the results in the order of the things.

    After an error nothing more is begun; it is raised when all that was begun has ended.

    :param at_once: how many may be under way at the same time; with 1 they come one after the other, in order
    """
    if at_once == 1:
        return [work(thing) for thing in things]
    with ThreadPoolExecutor(at_once) as pool:
        futures = [pool.submit(work, thing) for thing in things]
        try:
            wait(futures, return_when=FIRST_EXCEPTION)
        finally:
            for future in futures:
                future.cancel()
        return [future.result() for future in futures if not future.cancelled()]
