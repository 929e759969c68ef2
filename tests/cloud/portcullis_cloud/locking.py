# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Locks between processes of this program."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from portcullis_cloud.progress import say


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold the lock named by a file; if somebody else does, say so and wait.

    The kernel releases the lock when its holder dies, so a lock is never stale. The file stays: to remove it would
    let two processes lock two files of one name.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say(f"waiting for another command that holds {path.name} ...")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield
