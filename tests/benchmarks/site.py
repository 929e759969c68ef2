# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The cloud that the works are done on, and what they find there."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import cycle, islice
from typing import Final

from ansible_collections.portcullis.openstack.tests.integration.harness import clouds, fleet
from ansible_collections.portcullis.openstack.tests.integration.harness.api import Api, Body
from ansible_collections.portcullis.openstack.tests.integration.harness.clouds import RunningCloud
from ansible_collections.portcullis.openstack.tests.integration.harness.fleet import Fleet
from ansible_collections.portcullis.openstack.tests.integration.harness.project import Project, create_project

from . import floor
from .client import Client
from .wanted import Wanted

_BULK: Final = 100
# The first version of Nova's API in which a server can be asked for without a port.
_WITHOUT_NETWORK: Final = "2.37"
_SUBNET: Final = {"ip_version": 4, "cidr": "10.64.0.0/16", "enable_dhcp": False}


@dataclass(frozen=True)
class Site:
    """A test cloud and its administrator."""

    cloud: RunningCloud
    admin: Api

    def new_project(self, groups: Wanted | None = None) -> Project:
        """Return a project that has these groups, and the one that every project has after a first look."""
        project = create_project(self.admin, self.cloud.credentials("demo"))
        with Client(project.cloud) as client:
            floor.create(client, groups or {})
        return project

    def new_instances(self, number: int) -> Fleet:
        """Boot so many instances, each with a port that is not Nova's, which takes a fraction of the time."""
        project = self.new_project()
        api = project.api
        server = {"name": "server", "networks": "none", "min_count": number, "max_count": number}
        body = {"server": {**fleet.kind_of_server(api), **server}}
        api.post("compute", "/servers", body, microversion=_WITHOUT_NETWORK)
        fleet.wait_until_active(api, seconds=number * 5)
        ids = {server["name"]: server["id"] for server in api.get("compute", "/servers")["servers"]}
        network = _create_ports(api, list(ids.values()))
        return Fleet(project, self.admin, ids, {"wide": network})

    def new_fleet(self, ports: int = 0) -> Fleet:
        """Boot a few instances, and give them ports of Neutron alone until they have so many."""
        booted = fleet.boot(self.new_project(), self.admin)
        booted.reset()
        api = booted.api
        if missing := max(0, ports - len(api.ports())):
            _create_ports(api, list(islice(cycle(booted.ids.values()), missing)))
        return booted


def _create_ports(api: Api, device_ids: Sequence[str]) -> str:
    """Create a port for each server named, all in one network, and return the id of the network."""
    network = str(api.post("network", "/networks", {"network": {"name": "wide"}})["network"]["id"])
    api.post("network", "/subnets", {"subnet": {**_SUBNET, "network_id": network}})
    bodies: list[Body] = [
        {
            "network_id": network,
            "device_id": device_id,
            "device_owner": "compute:nova",
            # Neutron's own random addresses are the same now and then, which it refuses.
            "mac_address": f"fa:16:3e:00:{number // 256:02x}:{number % 256:02x}",
        }
        for number, device_id in enumerate(device_ids)
    ]
    for bulk in floor.bulks(bodies, _BULK):
        api.post("network", "/ports", {"ports": list(bulk)})
    return network


@contextmanager
def started(name: str) -> Iterator[Site]:
    """Give a cloud that runs while the context lasts."""
    try:
        cloud = clouds.start(name)
        yield Site(cloud, Api(cloud.credentials("admin")))
    finally:
        clouds.stop(name, keep_logs=False)
