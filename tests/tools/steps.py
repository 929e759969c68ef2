# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The steps of a long run: what each is, how it ended, and how long it took."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Outcome:
    """How a step ended."""

    name: str
    good: bool
    seconds: float

    def __str__(self) -> str:
        """Show it as an entry of a summary."""
        return f"{self.name} {'ok' if self.good else 'FAILED'} ({self.seconds:.0f} s)"


def timed(name: str, work: Callable[[], bool]) -> Outcome:
    """Do a step, which returns whether it ended well."""
    print(f"\n===== {name} =====", flush=True)
    start = time.monotonic()
    good = work()
    return Outcome(name, good, time.monotonic() - start)
