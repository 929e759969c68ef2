# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What runners do with a plan, whatever it is about: carry it out, verify, and report."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol, TypeVar

from ._errors import CloudError, PortcullisError


class Planned(Protocol):
    """A plan: true if there is anything to do."""

    def __bool__(self) -> bool: ...

    def render(self) -> str:
        """Return the plan for people."""


AnyPlan = TypeVar("AnyPlan", bound=Planned)


def settle(plan: AnyPlan, walk: Callable[[AnyPlan, list[str]], None], read: Callable[[], AnyPlan]) -> AnyPlan:
    """Carry out a plan, read again, and return the plan that is left, which is empty.

    :param walk: carries out the plan, and adds to the list what it has done
    :param read: reads the cloud and compares
    :raises PortcullisError: with what was done, also if there is still something to do after it
    """
    done: list[str] = []
    try:
        walk(plan, done)
        left = read()
        if left:
            raise CloudError(f"someone else made changes at the same time. Still to do:\n{left.render()}")
    except PortcullisError as error:
        error.done = done
        raise
    return left


def report(plan: Planned, warnings: Sequence[str] = ()) -> dict[str, Any]:
    """Return what the results of all modules have."""
    result: dict[str, Any] = {"changed": bool(plan), "warnings": warnings}
    return {**result, "diff": {"prepared": plan.render()}} if plan else result
