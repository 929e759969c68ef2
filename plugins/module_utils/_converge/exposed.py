# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Groups and ports of Neutron as the model of exposure knows them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from .._attachments.ports import server_id_of
from .._exposure.state import Port
from .._groups.group import Group
from .._rules.rule import Rule


def exposed_rules(groups: Iterable[Group], project_id: str) -> dict[str, Sequence[Rule]]:
    """Return the rules of groups by id, without the groups of other projects whose rules cannot be seen.

    Neutron shows the name of a shared group, and up to 2024.1 none of its rules, unless to administrators.
    """
    return {group.id: group.rules for group in groups if group.project_id == project_id or group.rules}


def exposed_ports(bodies: Iterable[Mapping[str, Any]]) -> list[Port]:
    """Return the ports of API answers without those of routers and DHCP. How the Internet reaches them is left open."""
    return [_port(body) for body in bodies if not body["device_owner"].startswith("network:")]


def _port(body: Mapping[str, Any]) -> Port:
    return Port(
        id=body["id"],
        project_id=body["project_id"],
        network_id=body["network_id"],
        addresses=tuple(fixed["ip_address"] for fixed in body.get("fixed_ips") or ()),
        groups=frozenset(body["security_groups"]),
        secured=body.get("port_security_enabled", True),
        pairs=tuple(pair["ip_address"] for pair in body.get("allowed_address_pairs") or ()),
        vnic_type=body.get("binding:vnic_type") or "normal",
        server_id=server_id_of(body),
        name=body.get("name") or "",
    )
