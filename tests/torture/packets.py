# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which packets security groups let pass: Neutron's semantics, written anew from its documentation, for tests alone.

Groups are stateful, so what matters is the first packet of a connection: it passes if any rule of any group that the
port has matches it. Answers pass with it.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import product
from typing import Final

from ansible_collections.portcullis.openstack.tests.integration.harness.api import Body

_NUMBERS: Final = {"icmp": 1, "tcp": 6, "udp": 17, "ipv6-icmp": 58}
_ICMP: Final = {"IPv4": "icmp", "IPv6": "ipv6-icmp"}
_FAMILIES: Final = {4: "IPv4", 6: "IPv6"}


@dataclass(frozen=True)
class Remote:
    """The other end of a connection: an address, and the names of the groups that it has, if it is an instance."""

    address: str
    groups: frozenset[str] = frozenset()

    @property
    def family(self) -> str:
        return _FAMILIES[ipaddress.ip_address(self.address).version]


@dataclass(frozen=True)
class Packet:
    """The first packet of a connection. ``port`` is that of the destination, or the type of ICMP."""

    direction: str
    protocol: str
    port: int
    remote: Remote


def grid(remotes: Iterable[Remote], ports: Iterable[int]) -> frozenset[Packet]:
    """Return packets of both directions and of several protocols."""
    return frozenset(
        Packet(direction, _ICMP[remote.family] if protocol == "icmp" else protocol, port, remote)
        for direction, protocol, port, remote in product(("ingress", "egress"), ("tcp", "udp", "icmp"), ports, remotes)
    )


def passing(packets: Iterable[Packet], rules: Iterable[Body]) -> frozenset[Packet]:
    """Return the packets that one of the rules lets pass."""
    rules = list(rules)
    return frozenset(packet for packet in packets if any(_matches(rule, packet) for rule in rules))


def _matches(rule: Body, packet: Packet) -> bool:
    return (
        rule["direction"] == packet.direction
        and rule["ethertype"] == packet.remote.family
        and _matches_protocol(rule, packet)
        and _matches_remote(rule, packet.remote)
    )


def _matches_protocol(rule: Body, packet: Packet) -> bool:
    if rule["protocol"] is None:
        return True
    name = str(rule["protocol"])
    number = _NUMBERS.get(name, int(name) if name.isdecimal() else None)
    if number != _NUMBERS[packet.protocol]:
        return False
    low, high = rule["port_range_min"], rule["port_range_max"]
    if low is None:
        return True
    # For ICMP these are type and code; all packets here have code 0.
    return bool(low == packet.port and high in (None, 0) if "icmp" in packet.protocol else low <= packet.port <= high)


def _matches_remote(rule: Body, remote: Remote) -> bool:
    if rule["remote_group_id"] is not None:
        return rule["remote_group_id"] in remote.groups
    prefix = rule["remote_ip_prefix"]
    return prefix is None or ipaddress.ip_address(remote.address) in ipaddress.ip_network(prefix, strict=False)
