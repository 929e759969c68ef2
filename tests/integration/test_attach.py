# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""server_security_groups: the groups of instances, by state and by selection."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ansible_collections.portcullis.openstack.tests.integration.harness.fleet import Fleet
from ansible_collections.portcullis.openstack.tests.integration.harness.project import Project, lines
from ansible_collections.portcullis.openstack.tests.integration.harness.traffic import RequestLog

MODULE = "server_security_groups"


def test_present(fleet: Fleet) -> None:
    result = fleet.project.attach({"servers": ["web2"], "security_groups": ["web", "ssh"]})
    address = fleet.port("web2")["fixed_ips"][0]["ip_address"]
    assert lines(result) == [
        f"server web2, port {address}",
        "  + security group ssh",
        "  + security group web",
    ]
    assert result["counts"] == {"ports": {"selected": 1, "updated": 1}}
    assert fleet.groups_of("web2") == ["default", "ssh", "web"]
    assert fleet.groups_of("web1") == ["default"]


def test_absent(fleet: Fleet) -> None:
    fleet.set_groups("web2", "default", "ssh", "web")
    result = fleet.project.attach({"servers": ["web2"], "security_groups": ["web", "db"], "state": "absent"})
    assert "  - security group web" in lines(result)
    assert fleet.groups_of("web2") == ["default", "ssh"]


def test_exact(fleet: Fleet) -> None:
    fleet.set_groups("web2", "default", "ssh")
    result = fleet.project.attach({"servers": ["web2"], "security_groups": ["ssh", "web"], "state": "exact"})
    assert lines(result)[1:] == ["  - security group default", "  + security group web"]
    assert fleet.groups_of("web2") == ["ssh", "web"]


def test_exactly_nothing(fleet: Fleet) -> None:
    fleet.project.attach({"servers": ["web2"], "security_groups": [], "state": "exact"})
    assert fleet.groups_of("web2") == []


def test_before_and_after(fleet: Fleet) -> None:
    fleet.set_groups("web2", "default", "db")
    arguments: dict[str, Any] = {"servers": ["web2", "web1"], "networks": ["demo"], "security_groups": ["web", "db"]}
    check = fleet.project.call(MODULE, check_mode=True, **arguments)
    real = fleet.project.call(MODULE, **arguments)
    assert check["servers"] == real["servers"]
    returned = {server["name"]: (server["id"], server["ports"]) for server in real["servers"]}
    for name, before, after in (
        ("web1", ["default"], ["db", "default", "web"]),
        ("web2", ["db", "default"], ["db", "default", "web"]),
    ):
        port = fleet.port(name)
        expected = {
            "id": port["id"],
            "address": port["fixed_ips"][0]["ip_address"],
            "network_id": fleet.networks["demo"],
            "before": before,
            "after": after,
        }
        assert returned[name] == (fleet.ids[name], [expected])
    again = fleet.project.call(MODULE, **arguments)
    assert [port["before"] == port["after"] for server in again["servers"] for port in server["ports"]] == [True, True]


def test_all_ports_of_a_server(fleet: Fleet) -> None:
    result = fleet.project.attach({"servers": ["web1"], "security_groups": ["web"]})
    assert result["counts"]["ports"] == {"selected": 2, "updated": 2}
    assert fleet.groups_of("web1", "demo") == fleet.groups_of("web1", "demo2") == ["default", "web"]


@pytest.mark.parametrize("by", ["name", "id"])
def test_only_ports_in_some_networks(fleet: Fleet, by: str) -> None:
    network = "demo2" if by == "name" else fleet.networks["demo2"]
    fleet.project.attach({"servers": ["web1"], "networks": [network], "security_groups": ["web"]})
    assert fleet.groups_of("web1", "demo") == ["default"]
    assert fleet.groups_of("web1", "demo2") == ["default", "web"]


@pytest.mark.parametrize("name", ["a|b", "web[1]", "we.1", "^web2$", "web\\2", "x(y)*"])
def test_a_name_with_characters_of_expressions(fleet: Fleet, name: str) -> None:
    """Nova takes an expression where it looks for a name, and with MySQL it escapes bars in it."""
    with fleet.renamed("web2", name):
        fleet.project.attach({"servers": [name], "security_groups": ["web"]})
    assert (fleet.groups_of("web2"), fleet.groups_of("web1")) == (["default", "web"], ["default"])


def test_servers_and_groups_by_id(fleet: Fleet) -> None:
    web = fleet.api.group("web")["id"]
    fleet.project.attach({"servers": [fleet.ids["web2"]], "security_groups": [web]})
    assert fleet.groups_of("web2") == ["default", "web"]


def test_a_group_of_another_project_is_not_meant_by_its_name(fleet: Fleet, new_project: Callable[[], Project]) -> None:
    """Its owner could choose any name."""
    own, other = fleet.api.group("web")["id"], new_project()
    foreign = other.share("security_group", "web", fleet.project)
    result = fleet.project.attach({"servers": ["web2"], "security_groups": [foreign, "web"]})
    assert lines(result)[1:] == sorted(f"  + security group web ({id_})" for id_ in (foreign, own))
    assert set(fleet.port("web2")["security_groups"]) >= {foreign, own}
    # The servers are other tests' too, which see one group of this name.
    fleet.project.attach({"servers": ["web2"], "security_groups": [foreign], "state": "absent"})
    other.api.delete("network", f"/security-groups/{foreign}")


def test_names_and_ids_together(fleet: Fleet) -> None:
    web = fleet.api.group("web")["id"]
    fleet.project.attach({"servers": [fleet.ids["web2"], "db1", "web2"], "security_groups": [web, "ssh", "web"]})
    assert fleet.groups_of("web2") == fleet.groups_of("db1") == ["default", "ssh", "web"]


SELECTORS: list[tuple[dict[str, Any], list[str]]] = [
    ({"name": "web*"}, ["web1", "web2"]),
    ({"name": "*1"}, ["db1", "web1"]),
    ({"name": "web[2-9]"}, ["web2"]),
    ({"name": "*"}, ["db1", "web1", "web2"]),
    ({"metadata": {"role": "web"}}, ["web1", "web2"]),
    ({"metadata": {"role": "web", "tier": "front"}}, ["web1"]),
    ({"tags": ["blue"]}, ["web1", "web2"]),
    ({"tags": ["blue", "old"]}, ["web1"]),
    ({"name": "*2", "metadata": {"role": "web"}, "tags": ["blue"]}, ["web2"]),
]


@pytest.mark.parametrize(("selector", "expected"), SELECTORS)
def test_selectors(fleet: Fleet, selector: dict[str, Any], expected: list[str]) -> None:
    result = fleet.project.attach({"selector": selector, "security_groups": ["ssh"]})
    assert [server["name"] for server in result["servers"]] == expected
    assert [name for name in sorted(fleet.ids) if "ssh" in fleet.groups_of(name)] == expected


def test_names_beside_a_selector(fleet: Fleet) -> None:
    result = fleet.project.attach(
        {"selector": {"metadata": {"role": "db"}}, "servers": ["web2"], "security_groups": ["ssh"]}
    )
    assert [server["name"] for server in result["servers"]] == ["db1", "web2"]


def test_many_attachments(fleet: Fleet) -> None:
    fleet.set_groups("db1", "default", "web")
    result = fleet.project.attach(
        {"selector": {"name": "*"}, "security_groups": ["ssh"]},
        {"selector": {"metadata": {"role": "web"}}, "networks": ["demo"], "security_groups": ["web"]},
        {"servers": ["db1"], "security_groups": ["db"], "state": "exact"},
    )
    assert result["counts"]["ports"] == {"selected": 4, "updated": 4}
    assert fleet.groups_of("web1", "demo") == fleet.groups_of("web2") == ["default", "ssh", "web"]
    assert fleet.groups_of("web1", "demo2") == ["default", "ssh"]
    assert fleet.groups_of("db1") == ["db", "ssh"]


def test_many_servers_in_few_requests(fleet: Fleet, requests: RequestLog) -> None:
    entries = [{"servers": ["web1", "web2", "db1"], "networks": ["demo"], "security_groups": ["web"]}]
    with requests.record() as traffic:
        fleet.project.call(MODULE, attachments=entries)
    assert len(traffic.to("GET", "/servers")) == 1
    # Before the changes, and to verify them.
    assert len(traffic.to("GET", "/ports")) == 2
    assert [request.method for request in traffic.writes()] == ["PUT", "PUT", "PUT"]


def test_only_ports_that_differ_are_written(fleet: Fleet, requests: RequestLog) -> None:
    fleet.set_groups("web1", "default", "web")
    entry: dict[str, Any] = {"servers": ["web1", "web2"], "networks": ["demo"], "security_groups": ["web"]}
    with requests.record() as traffic:
        fleet.project.call(MODULE, **entry)
    assert [request.path for request in traffic.writes()] == [f"/v2.0/ports/{fleet.port('web2')['id']}"]
    with requests.record() as again:
        assert not fleet.project.call(MODULE, **entry)["changed"]
    assert not again.writes()


def test_ports_of_more_servers_than_fit_into_a_filter(fleet: Fleet, requests: RequestLog) -> None:
    others = {f"{number:08}-0000-4000-8000-000000000000" for number in range(200)}
    with requests.record() as traffic:
        ports = fleet.project.connection.ports_of(fleet.project.id, {*others, *fleet.ids.values()})
    assert len(ports) == 4
    assert len(traffic) == 1


def test_as_a_process(fleet: Fleet) -> None:
    arguments: dict[str, Any] = {"servers": ["web2"], "security_groups": ["web"]}
    check = fleet.project.run(MODULE, check_mode=True, **arguments)
    assert fleet.groups_of("web2") == ["default"]
    real = fleet.project.run(MODULE, **arguments)
    assert [check["changed"], check["diff"], check["servers"]] == [real["changed"], real["diff"], real["servers"]]
    assert fleet.groups_of("web2") == ["default", "web"]
    assert not fleet.project.run(MODULE, **arguments)["changed"]
