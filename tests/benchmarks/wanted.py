# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The groups that a work is about, in the words of each competitor."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

Options = dict[str, Any]
# The names of groups, and the TCP ports that each opens to a network; egress is open, as in every new group.
Wanted = Mapping[str, Sequence[int]]

OPEN_EGRESS: Final = 2
_NETWORK: Final = "10.0.0.0/8"


def wanted(number: int, rules: int = 5, *, first_port: int = 1000) -> dict[str, list[int]]:
    """Return groups with so many rules each, two of which are open egress."""
    # Every other port, so that no two rules could be one range.
    ports = list(range(first_port, first_port + 2 * (rules - OPEN_EGRESS), 2))
    return {f"group-{position:04}": ports for position in range(number)}


def with_other_port(groups: Wanted, port: int) -> Wanted:
    """Return the groups with another port in place of the last one of each."""
    return {name: [*ports[:-1], port] for name, ports in groups.items()}


def as_services(groups: Wanted) -> list[Options]:
    """Return the groups as the role service_groups takes them, which has one entry for many ports of a network."""
    return [{"name": name, "allow": [{"ports": ports, "remote_ips": [_NETWORK]}]} for name, ports in groups.items()]


def as_set(groups: Wanted) -> list[Options]:
    """Return the groups as the module security_group_set takes them."""
    egress = {"direction": "egress", "ether_type": "any"}
    return [
        {
            "name": name,
            "rules": [
                egress,
                *({"protocol": "tcp", "ports": [port], "remote_ip_prefix": _NETWORK} for port in ports),
            ],
        }
        for name, ports in groups.items()
    ]


def as_loop(groups: Wanted) -> list[Options]:
    """Return the groups as a loop over openstack.cloud's modules takes them."""
    egress = [{"direction": "egress", "ether_type": family} for family in ("IPv4", "IPv6")]
    return [{"name": name, "rules": [*egress, *map(_as_peer_rule, ports)]} for name, ports in groups.items()]


def as_bodies(group_id: str, ports: Sequence[int]) -> list[Options]:
    """Return the rules of a group, apart from those that Neutron gives it, as Neutron takes them."""
    return [
        {"security_group_id": group_id, "direction": "ingress", "ethertype": "IPv4", **_as_peer_rule(port)}
        for port in ports
    ]


def _as_peer_rule(port: int) -> Options:
    return {"protocol": "tcp", "port_range_min": port, "port_range_max": port, "remote_ip_prefix": _NETWORK}
