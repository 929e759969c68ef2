# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What of Neutron's answers the model of exposure gets to know."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ansible_collections.portcullis.openstack.plugins.module_utils._converge.exposed import (
    exposed_ports,
    exposed_rules,
)
from ansible_collections.portcullis.openstack.plugins.module_utils._exposure.state import Port
from ansible_collections.portcullis.openstack.tests.unit.plugins.module_utils.builders import group, tcp


def body(**attributes: Any) -> dict[str, Any]:
    """Return a port as the oldest Neutron answers, with no extension and no address."""
    return {
        "id": "port-id",
        "project_id": "project-id",
        "network_id": "net-id",
        "security_groups": [],
        "device_id": "",
        "device_owner": "",
        **attributes,
    }


def test_rules_of_other_projects_that_are_not_shown_are_missing() -> None:
    own, empty, shown = group("own", tcp(22)), group("empty"), group("shown", tcp(80))
    hidden = replace(group("hidden"), project_id="other")
    project = own.project_id
    found = exposed_rules([own, empty, replace(shown, project_id="other"), hidden], project)
    assert found == {own.id: own.rules, empty.id: (), shown.id: shown.rules}


def test_a_port_of_a_neutron_without_extensions() -> None:
    assert exposed_ports([body()]) == [Port("port-id", "project-id", "net-id", (), frozenset())]


def test_all_of_a_port() -> None:
    full = body(
        name="web1",
        device_id="server-id",
        device_owner="compute:nova",
        fixed_ips=[{"ip_address": "192.0.2.1"}, {"ip_address": "2001:db8::1"}],
        security_groups=["a", "b"],
        port_security_enabled=False,
        allowed_address_pairs=[{"ip_address": "198.51.100.0/24"}],
        **{"binding:vnic_type": "direct"},
    )
    assert exposed_ports([full]) == [
        Port(
            id="port-id",
            project_id="project-id",
            network_id="net-id",
            addresses=("192.0.2.1", "2001:db8::1"),
            groups=frozenset({"a", "b"}),
            secured=False,
            pairs=("198.51.100.0/24",),
            vnic_type="direct",
            server_id="server-id",
            name="web1",
        )
    ]


def test_ports_of_routers_and_dhcp_are_left_out() -> None:
    owners = ["network:dhcp", "network:router_interface", "network:floatingip"]
    assert exposed_ports([body(device_owner=owner) for owner in owners]) == []
