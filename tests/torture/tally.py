# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Counts cases by kind, and goes on after one that fails."""

from __future__ import annotations

import traceback
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest

_SHOWN = 10


@dataclass
class Count:
    """The cases of a whole session."""

    tried: Counter[str] = field(default_factory=Counter)
    failed: Counter[str] = field(default_factory=Counter)

    @property
    def untried(self) -> list[str]:
        """The kinds that were announced and have no case."""
        return [kind for kind, number in self.tried.items() if not number]

    def numbers(self) -> tuple[dict[str, int], dict[str, int]]:
        """Return how many were tried and how many failed, by kind, for another process to add."""
        return dict(self.tried), dict(self.failed)

    def add(self, numbers: tuple[Mapping[str, int], Mapping[str, int]]) -> None:
        """Add the numbers of another process."""
        tried, failed = numbers
        self.tried.update(tried)
        self.failed.update(failed)

    def table(self) -> list[str]:
        """Return lines for people; none if nothing was counted."""
        if not self.tried:
            return []
        width = max(map(len, (*self.tried, "total")))
        numbers = [(kind, tried, self.failed[kind]) for kind, tried in sorted(self.tried.items())]
        rows = [("kind", "cases", "failures"), *numbers, ("total", self.tried.total(), self.failed.total())]
        lines = [f"{kind:<{width}}  {tried:>6}  {failed:>8}" for kind, tried, failed in rows]
        return [*lines, *(f"ERROR: no case of kind {kind!r} was tried" for kind in self.untried)]


class Tally:
    """The cases of one test. ``with tally(kind, case):`` counts one and, if it fails, lets the test go on.

    The test fails with all of these failures when it has ended.
    """

    def __init__(self, count: Count) -> None:
        self._count = count
        self._failures: list[str] = []

    def expect(self, *kinds: str) -> None:
        """Announce kinds: the session fails if, in the end, one of them has no case."""
        self._count.tried.update(dict.fromkeys(kinds, 0))

    @contextmanager
    def __call__(self, kind: str, case: object = "", *, go_on: bool = True) -> Iterator[None]:
        """Count a case.

        :param case: what to call it if it fails
        :param go_on: whether to try further cases after a failure; not for hypothesis, which wants to know of it
        """
        self._count.tried[kind] += 1
        try:
            yield
        except (Exception, pytest.fail.Exception) as error:
            self._count.failed[kind] += 1
            if not go_on:
                raise
            self._failures.append(f"{kind}: {case}\n{''.join(traceback.format_exception(error))}")

    def judge(self) -> None:
        """Fail if cases have failed."""
        if self._failures:
            more = f"\n… and {len(self._failures) - _SHOWN} more" if len(self._failures) > _SHOWN else ""
            shown = "\n".join(self._failures[:_SHOWN])
            pytest.fail(f"{len(self._failures)} cases have failed\n\n{shown}{more}", pytrace=False)
