# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The cloud that the works are done on, and what they find there."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
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

    def new_fleet(self, ports: int = 0) -> Fleet:
        """Boot a few instances, and give them ports of Neutron alone until they have so many."""
        booted = fleet.boot(self.new_project(), self.admin)
        booted.reset()
        api = booted.api
        if ports:
            network = api.post("network", "/networks", {"network": {"name": "wide"}})["network"]["id"]
            api.post("network", "/subnets", {"subnet": {**_SUBNET, "network_id": network}})
            missing = ports - len(api.ports())
            for start in range(0, missing, _BULK):
                servers = list(booted.ids.values())
                # With addresses of its own, as Neutron's random ones are the same now and then, which it refuses.
                bodies: list[Body] = [
                    {
                        "network_id": network,
                        "device_id": servers[n % len(servers)],
                        "device_owner": "compute:nova",
                        "mac_address": f"fa:16:3e:00:{n // 256:02x}:{n % 256:02x}",
                    }
                    for n in range(start, min(start + _BULK, missing))
                ]
                api.post("network", "/ports", {"ports": bodies})
        return booted


@contextmanager
def started(name: str) -> Iterator[Site]:
    """Give a cloud that runs while the context lasts."""
    try:
        cloud = clouds.start(name)
        yield Site(cloud, Api(cloud.credentials("admin")))
    finally:
        clouds.stop(name, keep_logs=False)
