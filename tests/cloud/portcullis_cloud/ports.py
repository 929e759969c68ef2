# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Finds ports for a cloud."""

from __future__ import annotations

import socket
import zlib
from collections.abc import Collection, Iterable

from portcullis_cloud.errors import CloudError
from portcullis_cloud.services import HOST, PORTS_PER_CLOUD, Service

# Below the range from which Linux takes ports for outgoing connections.
FIRST = 15000
LAST = 15990
# Snapshots are prepared one at a time, apart from the clouds' ports.
PREPARATION = range(16000, 16990, PORTS_PER_CLOUD)
CLOUDS = range(FIRST + PORTS_PER_CLOUD, LAST, PORTS_PER_CLOUD)


def is_free(port: int) -> bool:
    """Whether a service could listen on the port now."""
    with socket.socket() as probe:
        # As the services' server does; otherwise closed connections would make the port look taken for a minute.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def check(base_port: int, services: Iterable[Service]) -> None:
    """Raise unless all ports of a range that was asked for are free."""
    for service in services:
        port = service.port(base_port)
        if not is_free(port):
            raise CloudError(
                f"port {port} on {HOST}, needed by {service.name}, is taken: "
                "end what listens there, or choose other ports with --base-port"
            )


def choose(candidates: range, services: Collection[Service], reserved: Collection[int]) -> int:
    """A base port whose whole range is free and not reserved by another cloud.

    Each checkout begins its search at a place of its own: reservations are known only within one.
    """
    own = zlib.crc32(__file__.encode()) % len(candidates)
    in_turn: list[int] = [*candidates[own:], *candidates[:own]]
    for base_port in in_turn:
        if base_port not in reserved and all(is_free(service.port(base_port)) for service in services):
            return base_port
    raise CloudError(f"no free range of ports from {candidates.start} to {candidates.stop}: stop a cloud")
