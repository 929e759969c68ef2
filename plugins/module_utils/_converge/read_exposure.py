# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads what decides who reaches what: one list of each kind, whatever the size of the project."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Final

from .._cloud.cloud import Cloud
from .._cloud.session import Body
from .._exposure.directory import Directory
from .._exposure.paths import Topology
from .._exposure.report import Sight
from .._exposure.state import State
from .._groups.group import Group, group_from_api
from .capabilities import SHARING
from .exposed import exposed_ports, exposed_rules
from .permitted import Permitted

_ADDRESS_GROUPS: Final = "address-group"
_ROUTERS: Final = "router"
# neutron_lib.constants.ROUTER_INTERFACE_OWNERS, and that of a highly available router
_ROUTER_INTERFACES: Final = frozenset(
    {
        "network:router_interface",
        "network:router_interface_distributed",
        "network:ha_router_replicated_interface",
    }
)


class ExposureReader:
    """Reads one project. What these credentials may not read is noted as unknown, except groups and ports."""

    def __init__(self, cloud: Cloud, project_id: str, backend: str, services: Mapping[str, str]) -> None:
        """Prepare to read.

        :param services: names of groups by the services that they belong to
        """
        self._cloud = cloud
        self._project_id = project_id
        self._backend = backend
        self._services = services
        self._permitted = Permitted(cloud)

    def read(self) -> Sight:
        """Read everything.

        :raises CloudError: if security groups or ports cannot be read
        """
        own = [group_from_api(body) for body in self._cloud.security_groups(self._project_id, None)]
        bodies = self._cloud.project_ports(self._project_id)
        others = self._other_groups(own, bodies)
        address_groups = self._permitted.read(
            "address groups", lambda: self._cloud.address_groups(()), extension=_ADDRESS_GROUPS
        )
        unread = len(self._permitted.unknown)
        networks = self._permitted.read("networks", self._cloud.networks)
        floating_ips = self._permitted.read(
            "floating IPs", lambda: self._cloud.floating_ips(self._project_id), extension=_ROUTERS
        )
        found = self._topology(bodies, networks, floating_ips)
        topology = replace(found, complete=len(self._permitted.unknown) == unread)
        state = State(
            rules=exposed_rules((*own, *others), self._project_id),
            ports=[
                replace(port, public=topology.public(port.id, port.network_id, port.addresses))
                for port in exposed_ports(bodies)
            ],
            address_groups={group["id"]: tuple(group["addresses"]) for group in address_groups},
            hidden_members=self._shared_groups() | (_used_groups(own, bodies) - {group.id for group in own}),
            backend=self._backend,
        )
        directory = Directory(
            state,
            groups={group.id: group.name for group in (*own, *others)},
            address_groups={group["id"]: group["name"] for group in address_groups},
            servers={server["id"]: server["name"] for server in self._servers()},
            networks={network["id"]: network["name"] for network in networks},
            services=self._services,
            owners={group.id: group.owners for group in own},
            floating={
                found["floating_ip_address"]: (found["port_id"], found["fixed_ip_address"])
                for found in floating_ips
                if found.get("port_id")
            },
        )
        stateless = frozenset(group.id for group in own if group.stateful is False)
        return Sight(directory, topology, stateless, self._permitted.unknown)

    def _other_groups(self, own: Sequence[Group], ports: Iterable[Body]) -> list[Group]:
        """Return the groups of other projects that ports have, or that rules name, as far as they can be seen."""
        ids = _used_groups(own, ports) - {group.id for group in own}
        return [group_from_api(body) for body in self._cloud.security_groups(self._project_id, (), ids)] if ids else []

    def _servers(self) -> list[Body]:
        return self._permitted.read("servers", lambda: self._cloud.servers(project_id=self._project_id))

    def _shared_groups(self) -> frozenset[str]:
        return frozenset(self._permitted.read("RBAC policies", self._cloud.shared_group_ids, extension=SHARING))

    def _topology(self, ports: Sequence[Body], networks: Iterable[Body], floating_ips: Sequence[Body]) -> Topology:
        subnets = self._permitted.read("subnets", self._cloud.subnets)
        routers = self._permitted.read("routers", lambda: self._cloud.routers(self._project_id), extension=_ROUTERS)
        prefixes: dict[str, list[str]] = defaultdict(list)
        for subnet in subnets:
            prefixes[subnet["network_id"]].append(subnet["cidr"])
        connected: dict[str, set[str]] = defaultdict(set)
        for port in ports:
            if port["device_owner"] in _ROUTER_INTERFACES:
                connected[port["device_id"]].add(port["network_id"])
        return Topology(
            subnets=prefixes,
            external=frozenset(network["id"] for network in networks if network.get("router:external")),
            routers={router: frozenset(found) for router, found in connected.items()},
            gateways=frozenset(router["id"] for router in routers if router.get("external_gateway_info")),
            floating=frozenset(found["port_id"] for found in floating_ips if found.get("port_id")),
            forwarded=_forwarded(ports, floating_ips),
        )


def _used_groups(own: Iterable[Group], ports: Iterable[Body]) -> set[str]:
    """Return the ids of the groups that ports have, or that rules name."""
    attached = {group for port in ports for group in port["security_groups"]}
    return attached | {rule.remote_group for group in own for rule in group.rules if rule.remote_group is not None}


def _forwarded(ports: Iterable[Body], floating_ips: Iterable[Body]) -> frozenset[str]:
    """Return the ids of the ports of port forwardings.

    Up to Wallaby, Neutron tells their addresses alone, which ports of several networks may have: all of them count.
    """
    forwardings = [one for found in floating_ips for one in found.get("port_forwardings") or ()]
    named = {one["internal_port_id"] for one in forwardings if "internal_port_id" in one}
    texts = {one["internal_ip_address"] for one in forwardings if "internal_port_id" not in one}
    having = {port["id"] for port in ports if any(ip["ip_address"] in texts for ip in port.get("fixed_ips") or ())}
    return frozenset(named | having)
