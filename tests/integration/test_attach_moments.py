# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ports that cannot have groups, and what disappears while a run is under way: a warning names it, the rest is done."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest

from ansible_collections.portcullis.openstack.plugins.module_utils._common.errors import CloudError
from ansible_collections.portcullis.openstack.tests.integration.harness.crowd import Crowded
from ansible_collections.portcullis.openstack.tests.integration.harness.fleet import Fleet
from ansible_collections.portcullis.openstack.tests.integration.harness.project import Project

MODULE = "server_security_groups"


def place(fleet: Fleet, server: str) -> str:
    return f"server {server}, port {fleet.port(server)['fixed_ips'][0]['ip_address']}"


# Without port security


@pytest.mark.parametrize("state", ["present", "exact"])
def test_a_selected_port_without_port_security_is_left_out(fleet: Fleet, state: str) -> None:
    fleet.without_port_security("web2")
    entry = {"selector": {"name": "web*"}, "security_groups": ["web"], "state": state}
    warning = (
        "attachment 1, selector: ports with port security disabled take no security groups, and are left out: "
        f"{place(fleet, 'web2')}"
    )
    for check_mode, changed in ((True, True), (False, True), (False, False)):
        result = fleet.project.call(MODULE, attachments=[entry], check_mode=check_mode)
        assert (result["warnings"], result["changed"]) == ([warning], changed)
    assert "web" in fleet.groups_of("web1", "demo")
    assert "web" in fleet.groups_of("web1", "demo2")
    assert fleet.groups_of("web2") == []


@pytest.mark.parametrize("option", ["servers", "ports"])
def test_a_named_port_without_port_security_is_an_error(fleet: Fleet, option: str) -> None:
    """Also if a selector selects it too."""
    fleet.without_port_security("web2")
    name = {"servers": "web2", "ports": fleet.port("web2")["id"]}[option]
    selecting = {"selector": {"name": "*"}, "security_groups": ["ssh"]}
    naming = {option: [name], "security_groups": ["web"]}
    message = fleet.project.refuse(MODULE, attachments=[selecting, naming])
    assert message == (
        f"attachment 2 ({name}), servers: {place(fleet, 'web2')} has port security disabled and takes no security "
        "groups; choose other ports of the server with networks or ports, or enable port security on this one"
    )


def test_a_contradiction_names_entries_groups_and_ports(fleet: Fleet) -> None:
    opposite = {"selector": {"name": "web*"}, "networks": ["demo"], "security_groups": ["web", "db"], "state": "absent"}
    entries = [{"servers": ["web1", "web2"], "security_groups": ["web"]}, opposite]
    message = fleet.project.refuse(MODULE, attachments=entries)
    address = fleet.port("web1")["fixed_ips"][0]["ip_address"]
    assert message == (
        "attachment 1 and attachment 2, security_groups: one entry attaches a group to a port from which another entry "
        f"detaches it: security group web, server web1, port {address}; {place(fleet, 'web2')}"
    )


# What disappears during the run


class Passing:
    """A server that someone deletes."""

    def __init__(self, fleet: Fleet) -> None:
        self._fleet = fleet
        (flavor,) = fleet.api.get("compute", "/flavors")["flavors"]
        (image,) = fleet.api.get("compute", "/images")["images"]
        networks = [{"uuid": fleet.networks["demo"]}]
        body = {"name": "web9", "flavorRef": flavor["id"], "imageRef": image["id"], "networks": networks}
        self.id = str(fleet.api.post("compute", "/servers", {"server": body})["server"]["id"])
        while fleet.api.get("compute", f"/servers/{self.id}")["server"]["status"] != "ACTIVE":
            time.sleep(0.2)
        (port,) = self.ports()
        self.place = f"server web9, port {port['fixed_ips'][0]['ip_address']}"

    def ports(self) -> list[dict[str, Any]]:
        return list(self._fleet.api.get("network", "/ports", params={"device_id": self.id})["ports"])

    def delete(self) -> None:
        """Delete the server, and wait until its port is deleted too; nothing happens if there is none."""
        self._fleet.api.call("DELETE", "compute", f"/servers/{self.id}")
        while self.ports():
            time.sleep(0.2)


@pytest.fixture
def passing(fleet: Fleet) -> Iterator[Passing]:
    server = Passing(fleet)
    yield server
    server.delete()


def test_a_selected_server_disappears(fleet: Fleet, passing: Passing) -> None:
    cloud = Crowded(fleet.project, "set_port_groups", before=passing.delete)
    entry = {"selector": {"name": "*"}, "security_groups": ["web"]}
    result = fleet.project.call(MODULE, connection=cloud, attachments=[entry], parallel=1)
    assert result["warnings"] == [f"attachment 1, selector: {passing.place} disappeared during the run"]
    assert [server["name"] for server in result["servers"]] == ["db1", "web1", "web2"]
    assert all("web" in groups for groups in fleet.all_groups().values())


def test_a_named_server_disappears(fleet: Fleet, passing: Passing) -> None:
    """Its port comes after that of db1, and before those that a second selector selects."""
    cloud = Crowded(fleet.project, "set_port_groups", before=passing.delete)
    entries: list[dict[str, Any]] = [
        {"servers": ["web9", "db1"], "security_groups": ["db"]},
        {"selector": {"name": "web2"}, "security_groups": ["web"]},
    ]
    with pytest.raises(CloudError) as caught:
        fleet.project.call(MODULE, connection=cloud, attachments=entries, parallel=1)
    assert str(caught.value) == f"attachment 1, servers: {passing.place} disappeared during the run"
    assert caught.value.done == [f"set the security groups of {place(fleet, server)}" for server in ("db1", "web2")]
    assert fleet.groups_of("db1") == ["db", "default"]
    assert fleet.groups_of("web2") == ["default", "web"]


def test_a_named_server_that_may_be_missing_disappears(fleet: Fleet, passing: Passing) -> None:
    cloud = Crowded(fleet.project, "set_port_groups", before=passing.delete)
    arguments: dict[str, Any] = {"servers": ["web9", "db1"], "security_groups": ["db"], "missing": "warn"}
    result = fleet.project.call(MODULE, connection=cloud, **arguments)
    assert result["warnings"] == [f"attachment 1, servers: {passing.place} disappeared during the run"]
    assert fleet.groups_of("db1") == ["db", "default"]


@pytest.mark.parametrize("moment", ["before the write", "where ports have no revisions"])
def test_a_named_port_disappears(fleet: Fleet, moment: str) -> None:
    body = {"port": {"network_id": fleet.networks["demo"], "name": "vip"}}
    port = fleet.api.post("network", "/ports", body)["port"]
    verb = "set_port_groups" if moment == "before the write" else "port"
    cloud = Crowded(fleet.project, verb, before=lambda: fleet.api.delete("network", f"/ports/{port['id']}"))
    if verb == "port":
        vars(cloud)["extensions"] = cloud.extensions - {"revision-if-match"}
    entries: list[dict[str, Any]] = [
        {"ports": ["vip"], "security_groups": ["web"]},
        {"servers": ["web2"], "security_groups": ["web"]},
    ]
    with pytest.raises(CloudError) as caught:
        fleet.project.call(MODULE, connection=cloud, attachments=entries, parallel=1)
    address = port["fixed_ips"][0]["ip_address"]
    assert str(caught.value) == f"attachment 1 (vip), ports: port {address} disappeared during the run"
    assert fleet.groups_of("web2") == ["default", "web"]


@pytest.mark.parametrize("state", ["present", "exact"])
def test_a_group_disappears(fleet: Fleet, state: str) -> None:
    """Ports that should get it, and others with it, stay as they are."""
    group = fleet.api.create_group("passing")
    delete = f"/security-groups/{group}"
    cloud = Crowded(fleet.project, "set_port_groups", before=lambda: fleet.api.delete("network", delete))
    entries: list[dict[str, Any]] = [
        {"servers": ["db1"], "security_groups": ["web"]},
        {"servers": ["web1"], "security_groups": ["passing", "web"], "state": state},
        {"servers": ["web2"], "security_groups": ["web"]},
    ]
    with pytest.raises(CloudError) as caught:
        fleet.project.call(MODULE, connection=cloud, attachments=entries, parallel=1)
    assert str(caught.value).startswith(
        "attachment 2 (web1), security_groups: there is no security group 'passing', neither in the project nor in "
        "this set"
    )
    assert len(caught.value.done) == 2
    assert fleet.groups_of("db1") == fleet.groups_of("web2") == ["default", "web"]
    assert fleet.groups_of("web1", "demo") == fleet.groups_of("web1", "demo2") == ["default"]


def test_a_remote_group_disappears(project: Project) -> None:
    """The group whose rule names it is not completed; the others are, and so are attachments."""
    for name in ("db", "passing", "web"):
        project.api.create_group(name)
    delete = f"/security-groups/{project.api.group('passing')['id']}"
    cloud = Crowded(project, "create_rules", before=lambda: project.api.delete("network", delete))
    rules = {"db": {"protocol": "tcp", "remote_groups": ["passing"]}, "web": {"service": "https"}}
    groups = [{"name": name, "rules": [rule]} for name, rule in rules.items()]
    with pytest.raises(CloudError) as caught:
        project.call("security_group_set", connection=cloud, groups=groups, parallel=1)
    assert str(caught.value).startswith(
        "security group db, rule 1, remote_groups: there is no security group 'passing'"
    )
    assert project.api.rules("web") == ["ingress IPv4 tcp 443:443"]
