# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ports, networks and groups of other projects, which may claim anything in the fields that their owners write."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from ansible_collections.portcullis.openstack.plugins.module_utils._common.errors import CloudError, InputError
from ansible_collections.portcullis.openstack.tests.integration.harness.api import Api, Body
from ansible_collections.portcullis.openstack.tests.integration.harness.fleet import Fleet
from ansible_collections.portcullis.openstack.tests.integration.harness.project import Project

MODULE = "server_security_groups"
SET = "security_group_set"


class Stranger:
    """Another project, with a port that claims to be that of the fleet's ``web2``."""

    def __init__(self, fleet: Fleet, project: Project, network_id: str) -> None:
        self.project = project
        self.fleet = fleet
        device = {"device_id": fleet.ids["web2"], "device_owner": "compute:nova"}
        self.id = self.create_port(network_id, **device)["id"]

    def create_port(self, network_id: str, **attributes: Any) -> Body:
        body = {"port": {"network_id": network_id, **attributes}}
        return dict(self.project.api.post("network", "/ports", body)["port"])

    def delete(self) -> None:
        """Delete the port, which Neutron lets nobody but Nova and administrators do."""
        self.fleet.admin.delete("network", f"/ports/{self.id}")

    @property
    def port(self) -> Body:
        return dict(self.project.api.get("network", f"/ports/{self.id}")["port"])

    @property
    def warning(self) -> str:
        port = f"port {self.port['fixed_ips'][0]['ip_address']} ({self.id}) of project {self.project.id}"
        return f"ports of other projects claim to belong to server web2, and are left alone: {port}"


@pytest.fixture
def stranger(fleet: Fleet, new_project: Callable[[], Project]) -> Iterator[Stranger]:
    stranger = Stranger(fleet, new_project(), fleet.networks["demo"])
    yield stranger
    stranger.delete()
    stranger.project.close()


@pytest.fixture
def as_admin(fleet: Fleet, administrator: Project) -> Callable[..., dict[str, Any]]:
    """Calls a module with an administrator's credentials, for the fleet's project."""
    return lambda module=MODULE, **options: administrator.call(module, project=fleet.project.id, **options)


AsAdmin = Callable[..., dict[str, Any]]

ENTRIES: list[dict[str, Any]] = [
    {"servers": ["web2"]},
    {"servers": ["web2"], "state": "exact"},
    {"selector": {"name": "web*"}},
    {"selector": {"metadata": {"role": "web"}}, "state": "exact"},
]


@pytest.mark.parametrize("entry", ENTRIES)
def test_a_port_that_claims_to_be_a_servers(
    fleet: Fleet, stranger: Stranger, as_admin: AsAdmin, entry: dict[str, Any]
) -> None:
    before = stranger.port
    for check_mode in (True, False):
        result = as_admin(security_groups=["web"], check_mode=check_mode, **entry)
        assert result["warnings"] == [stranger.warning]
        ports = [port["id"] for server in result["servers"] for port in server["ports"]]
        assert fleet.port("web2")["id"] in ports
        assert stranger.id not in ports
    assert stranger.port == before
    assert "web" in fleet.groups_of("web2")
    assert not as_admin(security_groups=["web"], **entry)["changed"]


def test_a_member_who_owns_the_network(fleet: Fleet, new_project: Callable[[], Project]) -> None:
    """Who owns a network sees all ports in it, and may not write those of others."""
    body = {"network": {"name": "lent"}}
    network = fleet.api.post("network", "/networks", body)["network"]["id"]
    subnet = {"network_id": network, "ip_version": 4, "cidr": "198.51.100.0/24"}
    fleet.api.post("network", "/subnets", {"subnet": subnet})
    project = new_project()
    policy = {"object_type": "network", "object_id": network, "action": "access_as_shared", "target_tenant": project.id}
    fleet.api.post("network", "/rbac-policies", {"rbac_policy": policy})
    stranger = Stranger(fleet, project, network)
    try:
        result = fleet.project.call(MODULE, servers=["web2"], security_groups=["web"])
        assert result["warnings"] == [stranger.warning]
        assert fleet.groups_of("web2") == ["default", "web"]
        message = fleet.project.refuse(MODULE, servers=["web2"], networks=["lent"], security_groups=["web"])
        assert "servers: server web2 has no port in these networks" in message
    finally:
        stranger.delete()
        fleet.api.delete("network", f"/networks/{network}")
        project.close()


def test_a_port_of_another_project_by_its_id(stranger: Stranger, as_admin: AsAdmin, administrator: Project) -> None:
    before = stranger.port
    problem = f"ports: port {stranger.id} belongs to another project: {stranger.project.id}"
    for call in (administrator.call, lambda *_module, **options: as_admin(**options)):
        for state in ("present", "exact", "absent"):
            with pytest.raises(InputError) as caught:
                call(MODULE, ports=[stranger.id], security_groups=["default"], state=state)
            assert str(caught.value).endswith(problem)
            result = call(MODULE, ports=[stranger.id], security_groups=["default"], state=state, missing="warn")
            (warning,) = result["warnings"]
            assert warning.endswith(problem)
            assert not result["changed"]
    assert stranger.port == before


def test_a_port_of_another_project_by_its_name(stranger: Stranger, as_admin: AsAdmin) -> None:
    stranger.project.api.put("network", f"/ports/{stranger.id}", {"port": {"name": "vip"}})
    with pytest.raises(InputError, match="there is no port 'vip' in the project"):
        as_admin(ports=["vip"], security_groups=["web"])


def test_detaching_what_is_deleted(fleet: Fleet, stranger: Stranger, as_admin: AsAdmin) -> None:
    """A group that is lent to a stranger, whose port has it, is not detached from it."""
    old = fleet.api.create_group("old")
    policy = {"object_type": "security_group", "object_id": old, "action": "access_as_shared"}
    body = {"rbac_policy": {**policy, "target_tenant": stranger.project.id}}
    fleet.api.post("network", "/rbac-policies", body)
    stranger.project.api.put("network", f"/ports/{stranger.id}", {"port": {"security_groups": [old]}})
    fleet.set_groups("web2", "default", "old")
    try:
        groups = [{"name": "old", "state": "absent"}]
        with pytest.raises(CloudError) as caught:
            as_admin(SET, groups=groups, detach=True)
        address = stranger.port["fixed_ips"][0]["ip_address"]
        assert f"ports have it: port {address} of project {stranger.project.id} ({stranger.id})" in str(caught.value)
        assert stranger.port["security_groups"] == [old]
        assert fleet.groups_of("web2") == ["default", "old"]
    finally:
        stranger.project.api.put("network", f"/ports/{stranger.id}", {"port": {"security_groups": []}})


@pytest.fixture
def lent(fleet: Fleet, new_project: Callable[[], Project]) -> Iterator[tuple[Project, str]]:
    """A group that another project shares, with the owner's tag of the fleet's."""
    project = new_project()
    group = project.share("security_group", "lent", fleet.project)
    project.api.put("network", f"/security-groups/{group}/tags", {"tags": ["portcullis-owner:team"]})
    yield project, group
    path = f"/ports/{fleet.port('web2')['id']}"
    fleet.api.put("network", path, {"port": {"security_groups": []}})
    project.api.delete("network", f"/security-groups/{group}")
    project.close()


@pytest.mark.parametrize("credentials", ["member", "administrator"])
def test_a_shared_group_with_our_owner_tag(
    fleet: Fleet, lent: tuple[Project, str], as_admin: AsAdmin, credentials: str
) -> None:
    """Tags are its owner's to write: it is neither pruned, nor detached as one of the owner's."""
    project, group = lent
    before = project.api.snapshot()
    path = f"/ports/{fleet.port('web2')['id']}"
    fleet.api.put("network", path, {"port": {"security_groups": [group, fleet.api.group("web")["id"]]}})
    entry = {"servers": ["web2"], "security_groups": ["db"], "state": "owned"}
    options: dict[str, Any] = {"groups": [], "attachments": [entry], "owner": "team", "prune": True, "detach": True}
    call = as_admin if credentials == "administrator" else fleet.project.call
    assert call(SET, **options)["counts"]["groups"]["deleted"] == 0
    assert set(fleet.port("web2")["security_groups"]) == {
        group,
        *(fleet.api.group(name)["id"] for name in ("web", "db")),
    }
    assert project.api.snapshot() == before


@pytest.mark.needs("security-groups-remote-address-group")
def test_a_shared_address_group_is_not_meant_by_its_name(fleet: Fleet, new_project: Callable[[], Project]) -> None:
    project = new_project()
    foreign = project.share("address_group", "offices", fleet.project)
    groups = [{"name": "lent", "rules": [{"service": "ssh", "remote_address_group": "offices"}]}]
    message = fleet.project.refuse(SET, groups=groups)
    assert "remote_address_group: there is no address group 'offices' in the project" in message
    body = {"address_group": {"name": "offices"}}
    own = fleet.api.post("network", "/address-groups", body)["address_group"]["id"]
    fleet.project.set(groups)
    rules = fleet.api.group("lent")["security_group_rules"]
    assert {rule["remote_address_group_id"] for rule in rules} == {own}
    fleet.project.set([{"name": "lent", "state": "absent"}])
    fleet.api.delete("network", f"/address-groups/{own}")
    project.api.delete("network", f"/address-groups/{foreign}")
    project.close()


def test_servers_of_the_project_that_an_administrator_names(
    fleet: Fleet, as_admin: AsAdmin, administrator: Project
) -> None:
    for entry in ({"servers": ["web2"]}, {"servers": [fleet.ids["web2"]]}, {"selector": {"tags": ["blue"]}}):
        fleet.reset()
        assert as_admin(security_groups=["web"], **entry)["changed"]
        assert fleet.groups_of("web2") == ["default", "web"]
        assert not as_admin(security_groups=["web"], **entry)["changed"]
    message = administrator.refuse(MODULE, servers=["web2"], security_groups=["default"])
    assert "there is no server 'web2' in the project" in message


def test_places_of_servers_that_no_attachment_names(fleet: Fleet, as_admin: AsAdmin) -> None:
    fleet.api.create_group("old")
    fleet.set_groups("web2", "old")
    with pytest.raises(CloudError, match=r"cannot be deleted while ports have it: server web2, port "):
        as_admin(SET, groups=[{"name": "old", "state": "absent"}])


class TestNetworks:
    """Names of networks are not unique among what one can see."""

    @pytest.fixture(autouse=True)
    def _same_name(self, fleet: Fleet, admin: Api) -> Iterator[None]:
        """Let somebody else share a network of the name of one that servers have ports in."""
        body = {"network": {"name": "demo", "shared": True}}
        self.other = str(admin.post("network", "/networks", body)["network"]["id"])
        self.fleet = fleet
        yield
        admin.delete("network", f"/networks/{self.other}")

    @pytest.mark.parametrize("selection", [{"servers": ["web1"]}, {"selector": {"name": "web1"}}])
    def test_the_one_with_ports_of_the_servers_is_meant(self, selection: dict[str, Any]) -> None:
        self.fleet.project.attach({**selection, "networks": ["demo"], "security_groups": ["web"]})
        assert self.fleet.groups_of("web1", "demo") == ["default", "web"]
        assert self.fleet.groups_of("web1", "demo2") == ["default"]

    def test_a_port_of_a_stranger_does_not_count(
        self, admin: Api, new_project: Callable[[], Project], as_admin: AsAdmin
    ) -> None:
        subnet = {"network_id": self.other, "ip_version": 4, "cidr": "203.0.113.0/24"}
        admin.post("network", "/subnets", {"subnet": subnet})
        stranger = Stranger(self.fleet, new_project(), self.other)
        try:
            as_admin(servers=["web2"], networks=["demo"], security_groups=["web"])
            assert self.fleet.groups_of("web2") == ["default", "web"]
        finally:
            stranger.delete()

    def test_a_server_with_ports_in_both(self, admin: Api) -> None:
        device = {"device_id": self.fleet.ids["web2"], "device_owner": "compute:nova"}
        body = {"port": {"network_id": self.other, **device}}
        port = self.fleet.api.post("network", "/ports", body)["port"]["id"]
        try:
            entry = {"networks": ["demo"], "security_groups": ["web"]}
            message = self.fleet.project.refuse(MODULE, servers=["web2"], **entry)
            both = ", ".join(sorted([self.other, self.fleet.networks["demo"]]))
            assert f"networks: there are several networks named 'demo': {both}" in message
            self.fleet.project.attach({"servers": ["web2"], "networks": [self.other], "security_groups": ["web"]})
            assert self.fleet.groups_of("web2") == ["default"]
        finally:
            admin.delete("network", f"/ports/{port}")
