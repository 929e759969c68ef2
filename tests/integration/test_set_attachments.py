# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""security_group_set: groups and attachments in one call."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ansible_collections.portcullis.openstack.tests.integration.harness.fleet import Fleet
from ansible_collections.portcullis.openstack.tests.integration.harness.project import Project, lines
from ansible_collections.portcullis.openstack.tests.integration.harness.traffic import RequestLog

MODULE = "security_group_set"
HTTPS = {"service": "https", "remote_ip_prefix": "anywhere"}
FRONTEND = {"name": "frontend", "rules": [HTTPS]}
BACKEND = {"name": "backend", "rules": [{"service": "postgresql", "remote_group": "frontend"}]}


def attach(*groups: str, **entry: Any) -> dict[str, Any]:
    """Return an attachment, to one instance unless the entry has other ports."""
    return {"servers": ["web2"], "security_groups": list(groups), **entry}


def settle(fleet: Fleet, *attachments: dict[str, Any], **options: Any) -> dict[str, Any]:
    return fleet.project.settle(MODULE, attachments=attachments, **options)


def test_new_groups_and_their_attachments(fleet: Fleet) -> None:
    address = fleet.port("web2")["fixed_ips"][0]["ip_address"]
    result = settle(fleet, attach("frontend", state="exact"), groups=[FRONTEND, BACKEND])
    assert lines(result)[-3:] == [
        f"server web2, port {address}",
        "  - security group default",
        "  + security group frontend",
    ]
    assert fleet.groups_of("web2") == ["frontend"]
    assert result["counts"] == {
        "groups": {"created": 2, "updated": 0, "deleted": 0},
        "rules": {"created": 3, "updated": 0, "deleted": 0},
        "ports": {"updated": 1, "selected": 1},
    }
    ((before, after),) = [(port["before"], port["after"]) for port in result["servers"][0]["ports"]]
    assert (before, after) == (["default"], ["frontend"])


def test_requests_without_changes(fleet: Fleet, requests: RequestLog) -> None:
    wanted: dict[str, Any] = {"groups": [FRONTEND, BACKEND], "attachments": [attach("frontend")]}
    fleet.project.call(MODULE, **wanted)
    with requests.record() as traffic:
        result = fleet.project.run(MODULE, **wanted)
    assert result["summary"] == "Nothing to change."
    assert traffic.calls() == [
        "GET /v3",
        "POST /v3/auth/tokens",
        "GET /v2.0/security-groups",
        "GET /v2.1/servers",
        "GET /v2.0/ports",
    ]


def test_requests_without_changes_in_a_network(fleet: Fleet, requests: RequestLog) -> None:
    wanted: dict[str, Any] = {"groups": [FRONTEND], "attachments": [attach("frontend", networks=["demo"])]}
    fleet.project.call(MODULE, **wanted)
    with requests.record() as traffic:
        assert not fleet.project.run(MODULE, **wanted)["changed"]
    assert len(traffic.calls()) == 6
    assert traffic.calls().count("GET /v2.0/networks") == 1


def test_two_entries_of_one_host(fleet: Fleet) -> None:
    """Each has its own servers, although errors call both by the name of the host."""
    entries = [attach("ssh", servers=["web1"], host="site"), attach("db", servers=["db1"], host="site")]
    settle(fleet, *entries)
    assert fleet.groups_of("web1") == ["default", "ssh"]
    assert fleet.groups_of("db1") == ["db", "default"]


def test_a_group_that_ports_of_others_may_have_is_not_closed_early(
    fleet: Fleet, new_project: Callable[[], Project], requests: RequestLog
) -> None:
    """Rules of a shared group are deleted when all ports have gained their groups: its ports elsewhere are hidden."""
    other = new_project()
    old, new = fleet.api.create_group("old"), fleet.api.create_group("new")
    group = fleet.api.create_group("lent", [{"protocol": "tcp", "remote_group_id": old}])
    policy = {"object_type": "security_group", "object_id": group, "action": "access_as_shared"}
    fleet.api.post("network", "/rbac-policies", {"rbac_policy": {**policy, "target_tenant": other.id}})
    fleet.set_groups("web1", "old")
    lent = {"name": "lent", "rules": [{"protocol": "tcp", "remote_group": new}]}
    with requests.record() as traffic:
        fleet.project.run(MODULE, groups=[lent], attachments=[attach("new", servers=["web1"], state="exact")])
    calls = [call.split("/v2.0/")[-1] for call in traffic.calls() if not call.startswith("GET")]
    first_port = next(number for number, call in enumerate(calls) if call.startswith("ports/"))
    assert first_port < next(number for number, call in enumerate(calls) if call.startswith("security-group-rules/"))
    other.close()


def test_one_new_rule_and_one_port(fleet: Fleet, requests: RequestLog) -> None:
    wanted: dict[str, Any] = {"groups": [FRONTEND], "attachments": [attach("frontend")]}
    fleet.project.call(MODULE, **wanted)
    fleet.set_groups("web2", "default")
    more = {**FRONTEND, "rules": [HTTPS, {"service": "ssh"}]}
    with requests.record() as traffic:
        fleet.project.run(MODULE, **{**wanted, "groups": [more]})
    assert traffic.writes().methods() == ["POST", "PUT"]
    assert len(traffic) <= 12


OWNED: dict[str, Any] = {"owner": "team", "prune": True}
OLD = {"name": "web-old", "rules": [HTTPS]}


class TestRename:
    """A service gets another name: its group is created anew, and the old one deleted."""

    @pytest.fixture(autouse=True)
    def _old(self, fleet: Fleet) -> None:
        self.fleet = fleet
        settle(fleet, attach("web-old"), groups=[OLD], **OWNED)

    def test_without_detach(self) -> None:
        port = self.fleet.port("web2")
        message = self.fleet.project.prevent(MODULE, groups=[FRONTEND], attachments=[attach("frontend")], **OWNED)
        place = f"server web2, port {port['fixed_ips'][0]['ip_address']} ({port['id']})"
        assert message.startswith(f"security group web-old cannot be deleted while ports have it: {place}")
        assert "set detach" in message

    def test_with_detach(self, requests: RequestLog) -> None:
        with requests.record() as traffic:
            result = settle(self.fleet, attach("frontend"), groups=[FRONTEND], detach=True, **OWNED)
        assert self.fleet.groups_of("web2") == ["default", "frontend"]
        assert "web-old" not in self.fleet.api.group_names()
        assert "security group web-old (deleted)" in lines(result)
        written = traffic.writes().steps()
        assert written == [
            "POST security-groups",
            "PUT security-groups",
            "POST security-group-rules",
            "DELETE security-group-rules",
            "DELETE security-group-rules",
            "PUT ports",
            "PUT ports",
            "DELETE security-groups",
        ]

    def test_a_port_that_nobody_lists_is_left_without_groups(self) -> None:
        self.fleet.set_groups("db1", "web-old")
        result = settle(self.fleet, groups=[], detach=True, **OWNED)
        assert self.fleet.groups_of("db1") == []
        address = self.fleet.port("db1")["fixed_ips"][0]["ip_address"]
        start = lines(result).index(f"server db1, port {address}")
        assert lines(result)[start + 1 : start + 3] == [
            "  - security group web-old",
            "  + (no security groups: all traffic is denied)",
        ]

    def test_a_group_that_the_run_deletes_cannot_be_attached(self) -> None:
        entry = {"groups": [FRONTEND], "attachments": [attach("web-old")], "detach": True, **OWNED}
        message = self.fleet.project.refuse(MODULE, **entry)
        assert "attachment 1 (web2), security_groups: this run deletes security group 'web-old'" in message


@pytest.mark.parametrize("detach", [True, False])
def test_delete_first_detaches_only_deleted_groups(fleet: Fleet, requests: RequestLog, detach: bool) -> None:
    """Groups that stay do not count against a quota, so that ports keep them until they have the new ones."""
    settle(fleet, groups=[{"name": "old", "rules": [HTTPS]}])
    fleet.set_groups("web2", "old", "ssh")
    wanted = [{"name": "old", "state": "absent"}, FRONTEND]
    with requests.record() as traffic:
        settle(fleet, attach("frontend", state="exact"), groups=wanted, detach=detach, delete_first=True)
    assert fleet.groups_of("web2") == ["frontend"]
    written = traffic.writes().steps()
    assert written == [
        "PUT ports",
        "DELETE security-groups",
        "POST security-groups",
        "DELETE security-group-rules",
        "DELETE security-group-rules",
        "POST security-group-rules",
        "PUT ports",
        "PUT ports",
    ]


def test_a_stateless_group_by_its_id(fleet: Fleet) -> None:
    """Before and after do not go together on a port, so that it is written once."""
    stateless = fleet.api.create_group("fast", stateful=False)
    fleet.set_groups("web2", "ssh")
    result = settle(fleet, attach(stateless, state="exact"))
    assert fleet.groups_of("web2") == ["fast"]
    assert lines(result)[-1] == "  + (in one write: the cloud refuses stateful and stateless groups on one port)"


def test_owned(fleet: Fleet) -> None:
    """The port has exactly these groups of the owner; groups of others stay."""
    settle(fleet, groups=[FRONTEND, BACKEND, {"name": "extra", "rules": []}], owner="team")
    fleet.set_groups("web2", "default", "ssh", "backend", "extra")
    result = settle(fleet, attach("frontend", state="owned"), groups=[FRONTEND, BACKEND], owner="team")
    assert fleet.groups_of("web2") == ["default", "frontend", "ssh"]
    assert lines(result)[1:] == [
        "  - security group backend",
        "  - security group extra",
        "  + security group frontend",
    ]


def test_owned_without_groups_in_the_same_call(fleet: Fleet) -> None:
    settle(fleet, groups=[FRONTEND, BACKEND], owner="team")
    fleet.set_groups("web2", "default", "backend")
    fleet.project.attach(attach("frontend", state="owned"), owner="team")
    assert fleet.groups_of("web2") == ["default", "frontend"]
    message = fleet.project.refuse("server_security_groups", attachments=[attach("frontend", state="owned")])
    assert "attachment 1 (web2), state: 'owned' needs an owner" in message


@pytest.fixture
def address(fleet: Fleet) -> Any:
    """A port that no instance has, such as a virtual address."""
    body = {"name": "vip", "network_id": fleet.networks["demo"], "device_owner": "Octavia"}
    port = fleet.api.post("network", "/ports", {"port": body})["port"]
    yield port
    fleet.api.delete("network", f"/ports/{port['id']}")


@pytest.mark.parametrize("key", ["name", "id"])
def test_a_port_that_no_instance_has(fleet: Fleet, address: dict[str, Any], key: str) -> None:
    ip = address["fixed_ips"][0]["ip_address"]
    entry = {"ports": [address[key]], "security_groups": ["frontend"], "state": "exact"}
    result = settle(fleet, entry, groups=[FRONTEND])
    port = fleet.api.get("network", f"/ports/{address['id']}")["port"]
    assert port["security_groups"] == [fleet.api.group("frontend")["id"]]
    assert lines(result)[-3:] == [f"port {ip}", "  - security group default", "  + security group frontend"]
    assert [one["id"] for one in result["ports"]] == [address["id"]]
    assert result["servers"] == []


@pytest.mark.parametrize(
    ("entry", "problem"),
    [
        ({"servers": ["web2", "nowhere"]}, "servers: there is no server 'nowhere' in the project"),
        ({"ports": ["nowhere"]}, "ports: there is no port 'nowhere' in the project"),
        ({"selector": {"name": "nobody*"}}, "selector: no server matches name nobody*"),
    ],
)
def test_what_does_not_exist_yet(fleet: Fleet, entry: dict[str, Any], problem: str) -> None:
    attachment = attach("web", **entry)
    assert problem in fleet.project.refuse(MODULE, attachments=[attachment])
    check = fleet.project.call(MODULE, attachments=[attachment], missing="warn", check_mode=True)
    (warning,) = check["warnings"]
    assert warning.endswith(problem)
    settle(fleet, attachment, missing="warn")
    assert fleet.groups_of("web2") == ["default", "web"]


def test_prune_needs_a_list_of_groups(fleet: Fleet) -> None:
    message = fleet.project.refuse(MODULE, attachments=[attach("web")], owner="team", prune=True)
    assert "groups: prune needs the list of groups to keep" in message


def test_all_problems_at_once(fleet: Fleet, new_project: Callable[[], Project]) -> None:
    groups = [{"name": "a", "rules": [{"service": "shh"}, {"protocol": "tpc"}]}, {"name": "", "rules": []}]
    message = new_project().refuse(MODULE, groups=groups, attachments=[{"servers": ["web2"]}, {"security_groups": []}])
    places = [line.split(":")[0] for line in message.splitlines()]
    assert places == [
        "security group a, rule 1, service",
        "security group a, rule 2, protocol",
        "security group number 2, name",
        "attachment 1 (web2), security_groups",
        "attachment 2, servers",
    ]
