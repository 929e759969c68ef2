# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tells the user what takes time."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager


def say(message: str) -> None:
    """Print a line at once, also into a pipe."""
    print(message, flush=True)


@contextmanager
def timed(what: str) -> Iterator[None]:
    """Say when something is done and how long it took."""
    started = time.monotonic()
    yield
    say(f"{what} in {time.monotonic() - started:.1f} s")
