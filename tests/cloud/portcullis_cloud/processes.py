# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Processes that outlive the program that started them, and are found again by id *and* start time.

Linux uses process ids again; the start time tells whether an id still means the same process.
"""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from .errors import CloudError

_TERMINATE_SECONDS = 5.0
_KILL_SECONDS = 5.0


@dataclass(frozen=True)
class Process:
    """A process as it is recorded; ``started`` is in clock ticks since the machine's boot."""

    pid: int
    started: int

    def is_alive(self) -> bool:
        return _start_of(self.pid) == self.started

    def signal(self, number: signal.Signals) -> None:
        """Send a signal, unless the process has ended."""
        if self.is_alive():
            os.kill(self.pid, number)


def _start_of(pid: int) -> int | None:
    """When a process was started; None if there is none, or nothing of it is left but its entry in the table.

    The entry waits for the parent to take note. It says "zombie" from the end of the first thread on, so the others
    must have ended too.
    """
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return None
    # The second field, the command, may hold spaces and brackets; see proc_pid_stat(5) for the others.
    state, *fields = stat.rpartition(")")[2].split()
    threads, started = int(fields[16]), int(fields[18])
    return None if state == "X" or (state == "Z" and threads <= 1) else started


def spawn(command: Sequence[str], log: Path, environment: Mapping[str, str], directory: Path) -> Process:
    """Start a process in a session of its own, with all its output appended to a log."""
    with log.open("ab") as output:
        child = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=dict(environment),
            cwd=directory,
            start_new_session=True,
        )
    # No process starts at 0: a child that has ended already is recorded as one that is not alive.
    return Process(child.pid, _start_of(child.pid) or 0)


def run(command: Sequence[str], log: Path, environment: Mapping[str, str], directory: Path) -> int:
    """Run a process to its end, with all its output appended to a log; return its exit status."""
    with log.open("ab") as output:
        return subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=dict(environment),
            cwd=directory,
            check=False,
        ).returncode


def stop(processes: Iterable[Process]) -> None:
    """End processes: ask, wait, then force.

    :raises CloudError: if some are left, as of a disk that does not answer
    """
    remaining = list(processes)
    for number, seconds in ((signal.SIGTERM, _TERMINATE_SECONDS), (signal.SIGKILL, _KILL_SECONDS)):
        for process in remaining:
            process.signal(number)
        remaining = _wait(remaining, seconds)
    if remaining:
        raise CloudError(f"these processes do not end: {', '.join(str(process.pid) for process in remaining)}")


def _wait(processes: list[Process], seconds: float) -> list[Process]:
    """Wait until all have ended or time is up; return those still alive."""
    deadline = time.monotonic() + seconds
    while (alive := [process for process in processes if process.is_alive()]) and time.monotonic() < deadline:
        time.sleep(0.02)
    return alive
