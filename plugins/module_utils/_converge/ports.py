# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes the groups of ports, each write guarded by the port's revision."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import cached_property
from typing import Final

from .._attachments.ports import PortChange, port_from_api
from .._cloud.cloud import Cloud
from .._common.errors import CloudError
from .capabilities import PORT_GUARD
from .settle import Steps

# How long to wait, in seconds, after each try to write a port.
_PAUSES: Final = (0.5, 1.0, 2.0, 4.0, 0.0)

Target = Callable[[PortChange], frozenset[str]]
"""Returns the groups that a port should have at some moment of its change."""


class PortWriter:
    """Writes the ports of one plan; the next write of a port begins with what the last one left."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud
        self._latest: dict[str, PortChange] = {}

    @cached_property
    def _guarded(self) -> bool:
        """Whether the cloud refuses to write a port that is not as it was read."""
        return PORT_GUARD in self._cloud.extensions

    def write(self, change: PortChange, *, target: Target, done: Steps) -> None:
        """Give a port its groups; if someone else wrote it since it was read, or the answer is lost, read it again."""
        change = self._latest.get(change.port.id, change)
        trouble = CloudError(f"{change.place} kept changing; run again")
        for pause in _PAUSES:
            # Where the cloud's policy hides revisions, it can compare none.
            guarded = self._guarded and change.port.revision is not None
            if not guarded and target(change) != change.before:
                change = self._read(change)
            groups = target(change)
            if groups == change.before or change.refused:
                return
            try:
                with done.step(f"set the security groups of {change.place}"):
                    revision = change.port.revision if guarded else None
                    body = self._cloud.set_port_groups(change.port.id, sorted(groups), revision)
                self._latest[change.port.id] = change.again(port_from_api(body))
                return
            except CloudError as error:
                if not error.may_pass or error.status in (404, 409):
                    raise
                if error.status != 412:
                    trouble = error
                    time.sleep(pause)
            change = self._read(change)
        raise trouble

    def _read(self, change: PortChange) -> PortChange:
        """Read a port again and return what is left to do."""
        fresh = change.again(port_from_api(self._cloud.port(change.port.id)))
        self._latest[change.port.id] = fresh
        return fresh
