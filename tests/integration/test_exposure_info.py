# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""security_group_exposure_info: who reaches what, read from a real cloud."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import pytest

from ansible_collections.portcullis.openstack.plugins.module_utils._common.errors import InputError
from ansible_collections.portcullis.openstack.tests.integration.harness.api import Api, Body
from ansible_collections.portcullis.openstack.tests.integration.harness.fleet import Fleet
from ansible_collections.portcullis.openstack.tests.integration.harness.project import Project
from ansible_collections.portcullis.openstack.tests.integration.harness.proxy import (
    Answer,
    Behaviour,
    Call,
    Forward,
    Proxy,
    json_answer,
    refuse,
)
from ansible_collections.portcullis.openstack.tests.integration.harness.traffic import RequestLog

MODULE: Final = "security_group_exposure_info"
# Groups, ports, address groups, networks, subnets, routers, floating IPs, servers, policies, and the extensions.
LISTS: Final = 10
OPEN, CLOSED = "10.7.2.50", "10.7.2.51"


@dataclass(frozen=True)
class Place:
    """A project with two networks behind one router, and a third that nothing connects."""

    project: Project
    admin: Api
    external: str
    networks: dict[str, str]

    def port(self, name: str, network: str, *groups: str, **options: Any) -> Body:
        """Add a port that has groups, by name."""
        api = self.project.api
        ids = [api.group(group)["id"] for group in groups]
        body = {"name": name, "network_id": self.networks[network], "security_groups": ids, **options}
        return dict(api.post("network", "/ports", {"port": body})["port"])

    def ask(self, *ends: str, **options: Any) -> dict[str, Any]:
        """Ask one question and return the answer."""
        question = {"from": ends[0], "to": ends[1], **options}
        (answer,) = self.project.call(MODULE, ask=[question])["answers"]
        return dict(answer)


def create_network(api: Api, name: str, cidr: str, **options: Any) -> tuple[str, str]:
    network = str(api.post("network", "/networks", {"network": {"name": name, **options}})["network"]["id"])
    subnet = {"network_id": network, "cidr": cidr, "ip_version": 4}
    return network, str(api.post("network", "/subnets", {"subnet": subnet})["subnet"]["id"])


@pytest.fixture(scope="module")
def place(new_project: Callable[[], Project], admin: Api) -> Place:
    project = new_project()
    api = project.api
    external, _subnet = create_network(admin, f"outside-{project.id}", "203.0.113.0/24", **{"router:external": True})
    created = {
        name: create_network(api, name, cidr)
        for name, cidr in (("front", "10.7.1.0/24"), ("back", "10.7.2.0/24"), ("lonely", "10.7.3.0/24"))
    }
    gateway = {"external_gateway_info": {"network_id": external}}
    router = api.post("network", "/routers", {"router": {"name": "router", **gateway}})["router"]["id"]
    for name in ("front", "back"):
        api.put("network", f"/routers/{router}/add_router_interface", {"subnet_id": created[name][1]})
    place = Place(project, admin, external, {name: network for name, (network, _subnet) in created.items()})
    fill(place)
    return place


def fill(place: Place) -> None:
    """Let web be open to the Internet, db to web, and ssh to one office."""
    api = place.project.api
    tcp: Body = {"protocol": "tcp"}
    world = {"remote_ip_prefix": "0.0.0.0/0"}
    web = api.create_group(
        "web", [{**tcp, "port_range_min": 443, "port_range_max": 443, **world}], tags=["portcullis-owner:team"]
    )
    api.create_group("db", [{**tcp, "port_range_min": 5432, "port_range_max": 5432, "remote_group_id": web}])
    office = {"address_group": {"name": "office", "addresses": ["198.51.100.0/24"]}}
    office_id = api.post("network", "/address-groups", office)["address_group"]["id"]
    api.create_group("ssh", [{**tcp, "port_range_min": 22, "port_range_max": 22, "remote_address_group_id": office_id}])
    # Before others take one of these addresses: Neutron chooses at random.
    place.port("closed", "back", fixed_ips=[{"ip_address": CLOSED}])
    place.port("open", "back", fixed_ips=[{"ip_address": OPEN}], port_security_enabled=False)
    web1 = place.port("web1", "front", "web")
    place.port("web2", "front", "web")
    place.port("db1", "back", "db", "ssh")
    place.port("db2", "lonely", "db")
    floating = {"floating_network_id": place.external, "port_id": web1["id"]}
    api.post("network", "/floatingips", {"floatingip": floating})


def rows(result: Mapping[str, Any]) -> list[tuple[str, str, str, str, int]]:
    return [
        (
            row["from"]["name"],
            row["to"]["name"],
            " ".join(row["services"] or row["traffic"]),
            row["path"],
            row["instances"],
        )
        for row in result["exposures"]
        if row["to"]["kind"] == "class" and "without" not in row["from"]["name"] + row["to"]["name"]
    ]


def test_who_reaches_what(place: Place) -> None:
    result = place.project.call(MODULE, backend="ovn")
    assert rows(result) == [
        ("Internet", "web", "https", "floating_ip", 1),
        ("Internet", "web", "https", "none_seen", 1),
        ("office", "db, ssh", "ssh", "none_seen", 1),
        ("web", "db", "postgresql", "none_seen", 1),
        ("web", "db", "postgresql", "none_seen", 1),
        ("web", "db, ssh", "postgresql", "router", 1),
        ("web", "db, ssh", "postgresql", "router", 1),
    ]
    assert not result["unknown"]
    named = {id_ for row in result["exposures"] for id_ in row["rules"]}
    assert named == result["rules"].keys()
    assert {"security_group": "web", "text": "ingress IPv4 tcp 443 from 0.0.0.0/0"} in result["rules"].values()


def test_ports_that_no_rule_opens(place: Place) -> None:
    found = {one["name"]: one for one in place.project.call(MODULE)["classes"]}
    assert found["without security groups"]["enforced"]
    assert not found["without port security"]["enforced"]
    assert [port["name"] for port in found["without security groups"]["ports"]] == ["closed"]
    assert place.ask(OPEN, CLOSED)["verdict"] == "denied"


@pytest.mark.parametrize(
    ("ends", "options", "verdict", "reason"),
    [
        (
            ("internet", "web"),
            {"port": 443},
            "allowed",
            "allowed by ingress IPv4 tcp 443 from 0.0.0.0/0 of security group",
        ),
        (("internet", "db"), {"port": 5432}, "denied", "no rule of db allows ingress IPv4 tcp/5432 from the Internet"),
        (("web", "db"), {"port": 5432}, "allowed", "ingress IPv4 tcp 5432 from group web of security group db"),
        (("db", "web"), {"port": 22}, "denied", "no rule of web allows ingress IPv4 tcp/22 from db"),
        (("198.51.100.9", "ssh"), {"port": 22}, "allowed", "from address group office"),
        (("internet", "ssh"), {"port": 22}, "partly", "from all of the Internet"),
        (("network:front", "network:back"), {"port": 5432}, "partly", "ports without security groups"),
        (("web", "internet"), {"protocol": "udp", "port": 53}, "allowed", "egress IPv4 any to 0.0.0.0/0"),
    ],
)
def test_questions(place: Place, ends: tuple[str, str], options: Body, verdict: str, reason: str) -> None:
    answer = place.ask(*ends, **options)
    assert answer["verdict"] == verdict
    assert reason in answer["reason"]


def test_a_floating_ip(place: Place) -> None:
    (floating,) = place.project.api.get("network", "/floatingips")["floatingips"]
    answer = place.ask("internet", floating["floating_ip_address"], port=443)
    assert (answer["verdict"], answer["path"]) == ("allowed", "floating_ip")
    with pytest.raises(InputError, match="is a floating IP"):
        place.ask("db", floating["floating_ip_address"], port=443)


def test_ends_select_rows(place: Place) -> None:
    internet: dict[str, Any] = {"from": ["internet"]}
    assert {row[0] for row in rows(place.project.call(MODULE, **internet))} == {"Internet", "office"}
    assert {row[1] for row in rows(place.project.call(MODULE, to=["network:lonely"]))} == {"db"}
    assert {row[1] for row in rows(place.project.call(MODULE, managed_only=True))} == {"web"}


def test_services_have_their_names(place: Place) -> None:
    result = place.project.call(MODULE, services={"frontend": "web"}, ask=[{"from": "frontend", "to": "db"}])
    assert ("Internet", "frontend", "https", "floating_ip", 1) in rows(result)
    assert result["answers"][0]["verdict"] == "partly"


def test_all_errors_of_ends_at_once(place: Place) -> None:
    with pytest.raises(InputError) as caught:
        place.project.call(
            MODULE, to=["dbb"], ask=[{"from": "wep", "to": "db"}, {"from": "internet", "to": "10.0.0.1"}]
        )
    assert str(caught.value).split("\n") == [
        "to: there is no service, security group, server or network 'dbb'. Did you mean db?",
        "question 1, from: there is no service, security group, server or network 'wep'. Did you mean web?",
        "question 2, to: neither end is in the project; use the name of a group, server or network on one",
    ]


def test_one_list_of_each_kind(place: Place, project: Project, requests: RequestLog) -> None:
    """However large the project is."""
    counts = []
    for one in (project, place.project):
        with requests.record() as traffic:
            one.run(MODULE)
        assert not traffic.writes()
        counts.append(len([request for request in traffic if request.path.startswith("/v2.")]))
    assert counts == [LISTS, LISTS]


def test_names_of_servers(fleet: Fleet) -> None:
    fleet.set_groups("web1", "web")
    found = fleet.project.call(MODULE, ask=[{"from": "internet", "to": "server:web1", "port": 22}])
    servers = {port["server"] for one in found["classes"] for port in one["ports"]}
    assert servers == {"web1", "web2", "db1"}
    assert found["answers"][0]["verdict"] == "denied"


def refusing(end: str, status: int = 403) -> Behaviour:
    """Return a cloud that does not let these credentials read one kind of object."""
    refusal = refuse(status)
    return lambda call, forward: (refusal if call.path.endswith(end) else lambda c, f: f(c))(call, forward)


@pytest.mark.parametrize(
    ("end", "kind", "changed"),
    [
        ("/servers", "Servers", {}),
        ("/routers", "Routers", {"path": "unknown"}),
        ("/floatingips", "Floating IPs", {"path": "unknown"}),
        ("/networks", "Networks", {"path": "unknown"}),
        ("/subnets", "Subnets", {"path": "unknown"}),
        ("/rbac-policies", "RBAC policies", {}),
        ("/address-groups", "Address groups", {"verdict": "unknown"}),
    ],
)
def test_without_rights_for_one_kind(place: Place, end: str, kind: str, changed: Mapping[str, str]) -> None:
    question = {"from": "198.51.100.9", "to": "ssh", "port": 22}
    expected = {"verdict": "allowed", "path": "none_seen", **changed}
    with Proxy(refusing(end)) as proxy, place.project.through(proxy) as connection:
        result = place.project.call(MODULE, ask=[question], connection=connection)
    (answer,) = result["answers"]
    assert {key: answer[key] for key in expected} == expected
    assert [text.partition(" cannot be read: GET")[0] for text in result["unknown"]] == [kind]


def without_others_rules(call: Call, forward: Forward) -> Answer:
    """Answer as Neutron does up to 2024.1: it shows no rule of a group that another project shares."""
    answer = forward(call)
    if not call.path.endswith("/security-groups"):
        return answer
    groups = answer.json()["security_groups"]
    return json_answer(
        200, {"security_groups": [{**g, **({"security_group_rules": []} if g["shared"] else {})} for g in groups]}
    )


@pytest.mark.needs("rbac-security-groups")
@pytest.mark.parametrize(
    ("behaviour", "verdict", "unknown"),
    [
        (without_others_rules, "unknown", ["The rules of security group theirs cannot be seen."]),
        (lambda call, forward: forward(call), "denied", []),
    ],
)
def test_a_group_that_another_project_shares(
    project: Project, new_project: Callable[[], Project], behaviour: Behaviour, verdict: str, unknown: list[str]
) -> None:
    new_project().share("security_group", "theirs", project)
    network, _subnet = create_network(project.api, "private", "10.8.0.0/24")
    theirs = project.api.group("theirs")["id"]
    own = project.api.create_group("own", [{"protocol": "tcp", "remote_group_id": theirs}])
    for group, address in ((theirs, "10.8.0.50"), (own, "10.8.0.51")):
        port = {"network_id": network, "security_groups": [group], "fixed_ips": [{"ip_address": address}]}
        project.api.post("network", "/ports", {"port": port})
    asked = [{"from": "own", "to": "10.8.0.50"}, {"from": "10.99.0.1", "to": "own"}, {"from": "internet", "to": "own"}]
    with Proxy(behaviour) as proxy, project.through(proxy) as connection:
        result = project.call(MODULE, ask=asked, connection=connection)
    assert [answer["verdict"] for answer in result["answers"]] == [verdict, "unknown", "denied"]
    assert result["unknown"] == unknown
    assert ("hidden_members", "unknown") in [(row["from"]["kind"], row["verdict"]) for row in result["exposures"]]


@pytest.mark.needs("rbac-security-groups")
def test_a_group_that_is_shared_with_others(project: Project, new_project: Callable[[], Project]) -> None:
    other = new_project()
    shared = project.share("security_group", "shared", other)
    project.api.create_group("own", [{"protocol": "tcp", "remote_group_id": shared}])
    network, _subnet = create_network(project.api, "private", "10.8.0.0/24")
    own = project.api.group("own")["id"]
    project.api.post("network", "/ports", {"port": {"network_id": network, "security_groups": [own]}})
    (row,) = project.call(MODULE, to=["own"])["exposures"]
    assert (row["from"]["kind"], row["from"]["name"], row["verdict"]) == ("hidden_members", "shared", "unknown")
    assert "not all addresses of shared can be seen" in row["reason"]
