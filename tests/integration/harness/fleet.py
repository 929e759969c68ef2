# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Instances to attach groups to: booted once, and given back as they were before each test."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from .api import Api, Body
from .project import Project

SERVERS: dict[str, dict[str, Any]] = {
    "web1": {"networks": ["demo", "demo2"], "metadata": {"role": "web", "tier": "front"}, "tags": ["blue", "old"]},
    "web2": {"networks": ["demo"], "metadata": {"role": "web"}, "tags": ["blue"]},
    "db1": {"networks": ["demo"], "metadata": {"role": "db"}, "tags": []},
}
GROUPS = ("ssh", "web", "db")
_TAGS = "2.26"


@dataclass(frozen=True)
class Fleet:
    """The instances of a project, their ids by name, and the networks of the cloud by name."""

    project: Project
    admin: Api
    ids: dict[str, str]
    networks: dict[str, str]

    @property
    def api(self) -> Api:
        return self.project.api

    def port(self, server: str, network: str = "demo") -> Body:
        """Return a server's port in a network."""
        query = {"device_id": self.ids[server], "network_id": self.networks[network]}
        (port,) = self.api.get("network", "/ports", params=query)["ports"]
        return dict(port)

    def groups_of(self, server: str, network: str = "demo") -> list[str]:
        """Return the names of the groups of a server's port."""
        names = {g["id"]: g["name"] for g in self.api.get("network", "/security-groups")["security_groups"]}
        return sorted(names[id_] for id_ in self.port(server, network)["security_groups"])

    def all_groups(self) -> dict[str, list[str]]:
        """Return the names of the groups of all ports, by server and network."""
        names = {g["id"]: g["name"] for g in self.api.get("network", "/security-groups")["security_groups"]}
        places = {id_: name for name, id_ in (*self.ids.items(), *self.networks.items())}
        return {
            f"{places[port['device_id']]} {places[port['network_id']]}": sorted(
                names[id_] for id_ in port["security_groups"]
            )
            for port in self.api.ports()
        }

    def set_groups(self, server: str, *groups: str, network: str = "demo") -> None:
        """Set the groups of a server's port as someone else would."""
        ids = [self.api.group(name)["id"] for name in groups]
        self.api.put("network", f"/ports/{self.port(server, network)['id']}", {"port": {"security_groups": ids}})

    def without_port_security(self, server: str) -> None:
        """Switch a port's security off, which only the network's owner may."""
        body = {"port": {"security_groups": [], "port_security_enabled": False}}
        self.admin.put("network", f"/ports/{self.port(server)['id']}", body)

    @contextmanager
    def renamed(self, server: str, name: str) -> Iterator[None]:
        """Let a server have another name for a while."""
        path = f"/servers/{self.ids[server]}"
        self.api.put("compute", path, {"server": {"name": name}})
        try:
            yield
        finally:
            self.api.put("compute", path, {"server": {"name": server}})

    def reset(self) -> None:
        """Put back what tests may change: groups, and the groups of the ports."""
        default = self.api.group("default")["id"]
        for port in self.api.ports():
            if not port["port_security_enabled"]:
                self.admin.put("network", f"/ports/{port['id']}", {"port": {"port_security_enabled": True}})
            if port["security_groups"] != [default]:
                self.api.put("network", f"/ports/{port['id']}", {"port": {"security_groups": [default]}})
        for group in self.api.groups():
            if group["name"] not in GROUPS or not _is_new(group):
                self.api.delete("network", f"/security-groups/{group['id']}")
        for name in set(GROUPS) - set(self.api.group_names()):
            self.api.create_group(name)


def _is_new(group: Body) -> bool:
    """Return whether a group is as Neutron creates it: without description, tags, and rules but the two for egress."""
    directions = [rule["direction"] for rule in group["security_group_rules"]]
    attributes = (group["description"], group.get("tags", []), group.get("stateful", True))
    return directions == ["egress", "egress"] and attributes == ("", [], True)


def boot(project: Project, admin: Api) -> Fleet:
    """Boot the servers and wait until they run."""
    api = project.api
    networks = {net["name"]: net["id"] for net in api.get("network", "/networks")["networks"]}
    kind = kind_of_server(api)
    ids = {}
    for name, options in SERVERS.items():
        server = {
            **kind,
            "name": name,
            "networks": [{"uuid": networks[network]} for network in options["networks"]],
            "metadata": options["metadata"],
        }
        ids[name] = str(api.post("compute", "/servers", {"server": server})["server"]["id"])
    wait_until_active(api, seconds=120)
    for name, options in SERVERS.items():
        api.put("compute", f"/servers/{ids[name]}/tags", {"tags": options["tags"]}, microversion=_TAGS)
    return Fleet(project, admin, ids, networks)


def kind_of_server(api: Api) -> Body:
    """Return the flavor and the image of servers, of which the cloud has one each."""
    (flavor,) = api.get("compute", "/flavors")["flavors"]
    (image,) = api.get("compute", "/images")["images"]
    return {"flavorRef": flavor["id"], "imageRef": image["id"]}


def wait_until_active(api: Api, *, seconds: float) -> None:
    """Wait until there are servers and all of them run."""

    def servers(**filters: str) -> set[str]:
        return {server["id"] for server in api.get("compute", "/servers", params=filters)["servers"]}

    deadline = time.monotonic() + seconds
    while (running := servers(status="ACTIVE")) != servers() or not running:
        assert not servers(status="ERROR"), "a server did not boot; the logs of nova say why"
        assert time.monotonic() < deadline, f"only {len(running)} servers run"
        time.sleep(0.2)
