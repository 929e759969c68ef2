# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Networks of a project's own, and ports in them that stand for instances."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from ansible_collections.portcullis.openstack.tests.integration.harness.api import Api, Body
from ansible_collections.portcullis.openstack.tests.ovn.traces import Endpoint, Flows, Packet, flows_now

# Addresses as in the rules of the tests. There is no gateway, so that all of them are free.
SUBNETS: Final = ("10.0.0.0/8", "2001:db8::/32")


@dataclass(frozen=True)
class Way:
    """From one instance to another; maybe with another source address than the instance has."""

    source: str
    target: str
    sender: str | None = None


class Site:
    """What a project has in Neutron, and how its packets fare.

    Security groups work on ports, so a port is all that is needed of an instance.
    """

    def __init__(self, api: Api, sockets: Path) -> None:
        self.api = api
        self.instances: dict[str, Endpoint] = {}
        self._sockets = sockets
        self._networks: dict[str, str] = {}

    def network(self, name: str = "network", subnets: Iterable[str] = SUBNETS) -> str:
        """Return the id of a network, which is created the first time."""
        if name not in self._networks:
            network = self.api.post("network", "/networks", {"network": {"name": name}})["network"]
            for cidr in subnets:
                subnet = {"network_id": network["id"], "cidr": cidr, "ip_version": 6 if ":" in cidr else 4}
                self.api.post("network", "/subnets", {"subnet": {"gateway_ip": None, **subnet}})
            self._networks[name] = str(network["id"])
        return self._networks[name]

    def add(
        self,
        name: str,
        *groups: str,
        addresses: Iterable[str] = (),
        network: str = "network",
        **options: Any,
    ) -> Endpoint:
        """Add an instance that has these security groups, by name.

        :param addresses: its own choice; otherwise it gets one of each subnet
        :param options: of the port
        """
        ids = [group["id"] for group in self.api.groups() if group["name"] in groups]
        assert len(ids) == len(groups), f"{groups} are not all there"
        port: Body = {"network_id": self.network(network), "name": name, "security_groups": ids, **options}
        if addresses:
            port["fixed_ips"] = [{"ip_address": address} for address in addresses]
        self.instances[name] = Endpoint.of(self.api.post("network", "/ports", {"port": port})["port"])
        return self.instances[name]

    def add_open(self, name: str, *addresses: str, network: str = "network") -> Endpoint:
        """Add an instance that sends and receives everything, so that only its peer's rules count."""
        return self.add(name, addresses=addresses, network=network, port_security_enabled=False)

    def connect(self, router: str, network: str, cidr: str) -> str:
        """Create a network that is connected to a router, and return the MAC that the router has there."""
        network_id = self.network(network, [])
        body = {"subnet": {"network_id": network_id, "cidr": cidr, "ip_version": 4}}
        subnet = self.api.post("network", "/subnets", body)["subnet"]["id"]
        added = self.api.put("network", f"/routers/{router}/add_router_interface", {"subnet_id": subnet})
        return str(self.api.get("network", f"/ports/{added['port_id']}")["port"]["mac_address"])

    def attach(self, name: str, *groups: str) -> None:
        """Let an instance have these groups and no others."""
        ids = [group["id"] for group in self.api.groups() if group["name"] in groups]
        self.api.put("network", f"/ports/{self.instances[name].id}", {"port": {"security_groups": ids}})

    @contextmanager
    def flows(self, connections: str = "new") -> Iterator[Flows]:
        """Give OVN's flows as they are now."""
        with flows_now(self._sockets, connections) as flows:
            yield flows

    def passing(self, ways: Mapping[Way, Iterable[Packet]]) -> dict[Way, set[Packet]]:
        """Return those of the packets that pass now."""
        with self.flows() as flows:
            return {
                way: {
                    packet
                    for packet in packets
                    if flows.passes(self.instances[way.source], self.instances[way.target], packet, way.sender)
                }
                for way, packets in ways.items()
            }

    def passes(self, source: str, target: str, packet: Packet) -> bool:
        """Whether a packet passes now from one instance to another of the same network."""
        return bool(self.passing({Way(source, target): [packet]})[Way(source, target)])
