# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What runners do with a plan, whatever it is about: carry it out, verify, and report."""

from __future__ import annotations

import random
import re
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any, Final, Protocol, TypeVar

from .._cloud.session import CONFLICT
from .._common.difference import Difference, as_text
from .._common.errors import CloudError, PortcullisError

# How long to wait, in seconds, before another look when the last one showed no progress.
_PAUSES: Final = (0.5, 1.0, 2.0, 4.0)
# How many rounds a run makes while others change the same objects. In each round, this run or another makes progress.
_ROUNDS: Final = 20
# Neutron's message for an exceeded quota, which has the same status as any conflict.
_QUOTA: Final = re.compile("quota", re.IGNORECASE)


class Planned(Protocol):
    """A plan."""

    def __bool__(self) -> bool:
        """Return whether there is anything to do."""

    def differences(self) -> Iterator[Difference]:
        """Return the change of each object that changes."""


AnyPlan = TypeVar("AnyPlan", bound=Planned)
Thing = TypeVar("Thing")


class Steps(list[str]):
    """What has been done so far, in the order of time."""

    @contextmanager
    def step(self, what: str) -> Iterator[None]:
        """Note a step when its request has succeeded, or may have."""
        try:
            yield
        except CloudError as error:
            if error.unsure:
                self.append(f"perhaps {what}")
            raise
        self.append(what)


@contextmanager
def undone_by(put_back: Callable[[Thing], None]) -> Iterator[list[Thing]]:
    """If some work fails halfway, restore what it has deleted and added to the list that this yields.

    What someone else has created again in the meantime is no error.
    """
    deleted: list[Thing] = []
    try:
        yield deleted
    except CloudError as cause:
        try:
            for thing in deleted:
                _unless_there(partial(put_back, thing))
        except CloudError as error:
            message = f"{cause}\nRules that were deleted to be replaced could not be restored: {error}"
            raise CloudError(message, status=cause.status, lost=cause.lost) from error
        raise


def _unless_there(create: Callable[[], None]) -> None:
    try:
        create()
    except CloudError as error:
        if not is_duplicate(error):
            raise


def is_duplicate(error: CloudError) -> bool:
    """Return whether the object to create exists already. An exceeded quota has the same status."""
    return error.status == CONFLICT and not is_over_quota(error)


def is_over_quota(error: CloudError) -> bool:
    """Return whether the object to create exceeds a quota of the project."""
    return error.status == CONFLICT and _QUOTA.search(str(error)) is not None


def settle(plan: AnyPlan, walk: Callable[[AnyPlan, Steps], None], read: Callable[[], AnyPlan]) -> AnyPlan:
    """Carry out a plan, read the cloud again, and repeat until nothing is left. Return the empty plan.

    Reading the cloud again shows what others have changed, which requests failed, and which succeeded although their
    answer was lost. A request is repeated only if its result is still missing.

    :param walk: carries out the plan, or a first part of it, and notes the steps
    :param read: reads the cloud and compares
    :raises PortcullisError: with what was done, also if there is still something to do after it
    """
    done = Steps()
    pauses = iter(_PAUSES)
    trouble: CloudError | None = None
    try:
        for _round in range(_ROUNDS):
            trouble = _try(partial(walk, plan, done))
            left = read()
            if not left:
                return left
            if as_text(left.differences()) == as_text(plan.differences()) and not _wait(trouble, pauses):
                break
            plan = left
        raise trouble or CloudError(
            f"someone else makes changes at the same time. Still to do:\n{as_text(plan.differences())}"
        )
    except PortcullisError as error:
        error.done = done
        raise


def _try(work: Callable[[], object]) -> CloudError | None:
    """Do some work and return what stopped it, if that may pass."""
    try:
        work()
    except CloudError as error:
        if not error.may_pass:
            raise
        return error
    return None


def _wait(trouble: CloudError | None, pauses: Iterator[float]) -> bool:
    """Wait before the same work is tried again; tell if that is pointless."""
    pause = next(pauses, None)
    if pause is None or (trouble is not None and trouble.status == CONFLICT):
        # A conflict with something that another look does not show will not go away.
        return False
    # Runs that have crossed once would cross again if all waited for the same time.
    time.sleep(pause * random.uniform(0.5, 1))
    return True


def report(plan: Planned, warnings: Sequence[str] = (), more: Iterable[Difference] = ()) -> dict[str, Any]:
    """Return what the results of all modules contain.

    :param more: what follows from the plan, and is shown after it
    """
    result: dict[str, Any] = {"changed": bool(plan), "warnings": warnings}
    differences = (*plan.differences(), *more)
    return {**result, "diff": [difference.as_diff() for difference in differences]} if plan else result
