# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is adopted of a project, by which names, and what is left out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from ansible_collections.portcullis.openstack.plugins.module_utils._address_groups.address_group import (
    address_group_from_api,
)
from ansible_collections.portcullis.openstack.plugins.module_utils._adoption.adopt import Adoption, adopt
from ansible_collections.portcullis.openstack.plugins.module_utils._adoption.live import Criteria, Live
from ansible_collections.portcullis.openstack.plugins.module_utils._adoption.selection import judge_criteria
from ansible_collections.portcullis.openstack.plugins.module_utils._attachments.ports import Port, port_from_api
from ansible_collections.portcullis.openstack.plugins.module_utils._common.errors import InputError
from ansible_collections.portcullis.openstack.plugins.module_utils._common.names import Names
from ansible_collections.portcullis.openstack.plugins.module_utils._groups.group import Group
from ansible_collections.portcullis.openstack.plugins.module_utils._rules.rule import Rule, make_rule
from ansible_collections.portcullis.openstack.tests.unit.plugins.module_utils.adoption.clouds import (
    EGRESS,
    port,
)
from ansible_collections.portcullis.openstack.tests.unit.plugins.module_utils.builders import group, tcp

UUID = "694a0573-b4c3-423c-847d-550f79e83f2b"
WEB, DB, DEFAULT = (group(name, *EGRESS) for name in ("web", "db", "default"))


def live(*groups: Group, ports: Sequence[Port] = (), **more: Any) -> Live:
    servers = {"s1": "web1", "s2": "web2", "s3": "web2", "s4": ""}
    return Live(groups, ports, **{"servers": servers, "networks": {"n1": "front", "n2": "back", "n3": "back"}, **more})


def adopted(*groups: Group, criteria: Criteria = Criteria(), **more: Any) -> Adoption:  # noqa: B008 - it is immutable
    return adopt(live(*groups, **more), criteria)


def service(one: Group, *others: Group, **more: Any) -> dict[str, Any]:
    """Return the service of a group beside others, without its name."""
    found = {found["name"]: found for found in adopted(one, *others, **more).services}
    return {key: value for key, value in found[one.name].items() if key != "name"}


# Groups


def test_a_group_with_all_that_it_can_have() -> None:
    one = group("web", tcp(22, remote_ip_prefix="192.0.2.0/24"), description="Web", stateful=False, tags=["b", "a"])
    assert service(replace(one, shares={"p2": "policy", "p1": "policy"})) == {
        "description": "Web",
        "stateful": False,
        "tags": ["a", "b"],
        "shared_with": ["p1", "p2"],
        "default_egress": False,
        "allow": [{"service": "ssh", "remote_ips": ["192.0.2.0/24"]}],
    }


def test_egress() -> None:
    assert service(WEB) == {}
    assert service(group("web")) == {"default_egress": False}
    assert service(group("web", EGRESS[0])) == {
        "allow": [{"protocol": "any", "direction": "egress", "ether_type": "IPv4", "remote_ips": ["anywhere"]}]
    }
    described = [replace(rule, description="d") for rule in EGRESS]
    assert len(service(group("web", *described))["allow"]) == 1
    assert len(service(group("web", *EGRESS, tcp(22, direction="egress")))["allow"]) == 2


def test_remotes() -> None:
    many = {"s1": "a", "s2": "same", "s3": "same", UUID: "b"}
    names = Names({"ag1": "offices", "ag2": "same", "ag3": "same"}, {"ag4": "offices"})
    remotes = ["web-id", "db-id", "default-id", "x-id", "unknown-id"]
    rules = [tcp(22, remote_group=id_) for id_ in remotes]
    rules += [tcp(22, remote_address_group=id_) for id_ in ("ag1", "ag2", "ag4")]
    others = [DB, DEFAULT, group("same", id="x-id"), group("same", id="y-id")]
    (entry,) = service(group("web", *EGRESS, *rules), *others, address_groups=names, servers=many)["allow"]
    assert entry == {
        "service": "ssh",
        "ether_type": "IPv4",
        "remote_services": ["db", "web"],
        "remote_groups": ["default", "unknown-id", "x-id"],
        "remote_address_groups": ["ag2", "ag4", "offices"],
    }


@pytest.mark.parametrize(
    ("rules", "reason"),
    [
        ([Rule("ingress", "IPv4", "tcp", 22, None)], "port_range_max: a range needs both ends"),
        ([Rule("ingress", "IPv4", "ipv6-frag")], "protocol: ipv6-frag exists in IPv6 only"),
        ([Rule("ingress", "IPv4", remote_address_group="hidden")], "the credentials cannot see the address group"),
        ([Rule("ingress", "IPv4", remote_ip_prefix="10.0.0.0/8", remote_group="a")], "it has several remotes at once"),
        ([tcp(22, description="d" * 256)], "description: it has 256 characters"),
        ([tcp(22), tcp(22, description="again")], "to Neutron, it is the same as the rule web-1-id"),
    ],
)
def test_a_rule_that_cannot_be_described(rules: list[Rule], reason: str) -> None:
    """The service keeps it, and describes the others."""
    found = adopted(group("web", *rules, tcp(80, remote_ip_prefix="192.0.2.1")))
    (one,) = found.services
    assert one["purge_rules"] is False
    assert {"service": "http", "remote_ips": ["192.0.2.1"]} in one["allow"]
    (left_out,) = found.left_out
    assert (left_out.kind, left_out.name) == ("rule", "web")
    assert reason in left_out.reason
    assert left_out.as_dict()["id"].startswith("web-")


def test_tags_that_cannot_be_listed() -> None:
    found = adopted(group("web", *EGRESS, tags=["a,b"]))
    assert found.services == [{"name": "web"}]
    assert [(one.kind, one.id) for one in found.left_out] == [("tags", "web-id")]


def test_names_without_the_prefix() -> None:
    groups = [group(name, *EGRESS) for name in ("prod-web", "web", "web-2", "prod-", "db")]
    assert adopted(*groups, criteria=Criteria(prefix="prod-")).services == [
        {"name": "db", "group": "db"},
        {"name": "prod-", "group": "prod-"},
        {"name": "web"},
        {"name": "web-2", "group": "web"},
        {"name": "web-2-2", "group": "web-2"},
    ]


# What is left out


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("default", "every project has it"),
        (f"lb-{UUID}", "Octavia creates it"),
        (f"lb-sg-{UUID}-shop-web", "the OpenStack cloud provider of Kubernetes creates it"),
        ("k8s-cluster-fxqgiyize6xp-secgroup_kube_master-eruy3f2okybd", "Magnum creates it"),
        ("k8s-cluster-default-shop-secgroup-controlplane", "Cluster API creates it"),
        ("shoot--shop--prod", "Gardener creates it"),
    ],
)
def test_groups_that_something_else_makes(name: str, reason: str) -> None:
    one = group(name, *EGRESS)
    for criteria in (Criteria(), Criteria(names=["*"])):
        found = adopted(one, WEB, criteria=criteria)
        assert [service["name"] for service in found.services] == ["web"]
        assert [(left.kind, left.name) for left in found.left_out] == [("security_group", name)]
        assert found.left_out[0].reason.startswith(reason)
    for listed in (name, f"{name}-id"):
        assert [one["name"] for one in adopted(one, WEB, criteria=Criteria(names=[listed])).services] == [name]


@pytest.mark.parametrize(
    ("groups", "reason"),
    [
        ([group(" ", id="a")], "it has no name"),
        ([group("web", id="a"), group("web", id="b")], "there are several security groups named 'web': a, b"),
        ([group("b", id="a"), group("web", id="b")], "its name is the id of another security group"),
        ([group("web", id="a", tags=["portcullis-owner:x", "portcullis-owner:y"])], "it belongs to the owner x and y"),
    ],
)
def test_groups_that_variables_cannot_describe(groups: list[Group], reason: str) -> None:
    assert reason in next(one.reason for one in adopted(*groups).left_out if one.id == "a")


@pytest.mark.parametrize(
    ("criteria", "names"),
    [
        (Criteria(names=["w*"]), ["web"]),
        (Criteria(names=["db-id", "web"], owner="team-a"), ["db", "web"]),
        (Criteria(tags=["blue"], owner="team-a"), ["db"]),
        (Criteria(tags=["blue"]), []),
        (Criteria(tags=["blue", "red"]), []),
        (Criteria(owner="team-a"), ["db", "web"]),
        (Criteria(owner="team-a", owned=True), ["db"]),
        (Criteria(servers=["web1"]), ["web"]),
        (Criteria(servers=["s1"], names=["d*"]), []),
    ],
)
def test_which_groups(criteria: Criteria, names: list[str]) -> None:
    db = group("db", *EGRESS, tags=["blue", "portcullis-owner:team-a"])
    ports = [port_from_api(port("p1", "s1", groups=["web-id"])), port_from_api(port("p2", "s2", groups=["db-id"]))]
    found = adopted(WEB, db, ports=ports, criteria=criteria)
    assert [one["name"] for one in found.services] == names


def test_names_that_match_nothing() -> None:
    with pytest.raises(InputError) as caught:
        adopted(WEB, criteria=Criteria(names=["wbe", "x*"], servers=["web3"]))
    assert [line.partition(". ")[0] for line in str(caught.value).splitlines()] == [
        "names: there is no security group 'wbe' in the project",
        "names: there is no security group 'x*' in the project",
        "servers: there is no server 'web3' in the project",
    ]


def test_names_that_match_nothing_and_need_not() -> None:
    found = adopted(WEB, criteria=Criteria(names=["web", "wbe"], ignore_missing=True))
    assert [one["name"] for one in found.services] == ["web"]
    assert list(found.missing) == ["names: there is no security group 'wbe' in the project. Did you mean web?"]
    assert not adopted(WEB, criteria=Criteria(names=["web"])).missing


def test_named_groups_that_the_owner_does_not_have() -> None:
    """They are listed, as somebody has asked for them."""
    db = group("db", *EGRESS, tags=["portcullis-owner:team-b"])
    found = adopted(WEB, db, DEFAULT, criteria=Criteria(names=["web", "db"], owner="team-a", owned=True))
    assert not found.services
    assert [(one.name, one.reason.partition(";")[0]) for one in found.left_out] == [
        ("db", "it belongs to the owner team-b"),
        ("web", "it has no owner, and only groups of team-a are wanted"),
    ]


def test_address_groups() -> None:
    """Those of the project that rules of adopted groups name, and no others."""
    bodies: list[dict[str, Any]] = [
        {"id": "o", "name": "offices", "description": "All", "addresses": ["2001:db8::/32", "192.0.2.0/24"]},
        {"id": "p", "name": "partners", "addresses": []},
        {"id": "u", "name": "unused", "addresses": []},
    ]
    found = adopted(
        group("web", tcp(22, remote_address_group="o"), tcp(22, remote_address_group="theirs")),
        group("db", tcp(22, remote_address_group="p")),
        criteria=Criteria(names=["web"]),
        address_groups=Names({body["id"]: body["name"] for body in bodies}, {"theirs": "theirs"}),
        own_address_groups=list(map(address_group_from_api, bodies)),
    )
    assert found.address_groups == [
        {"name": "offices", "description": "All", "addresses": ["192.0.2.0/24", "2001:db8::/32"]}
    ]


def test_groups_of_an_owner_who_is_not_given() -> None:
    judge_criteria(Criteria(owner="team-a", owned=True))
    judge_criteria(Criteria())
    with pytest.raises(InputError, match=r"^owner: it is missing; owned means"):
        judge_criteria(Criteria(owned=True))


# Attachments


def attachments(*ports: dict[str, Any], criteria: Criteria = Criteria(), **more: Any) -> list[dict[str, Any]]:  # noqa: B008
    found = [port_from_api(body) for body in ports]
    names = {body["id"]: body["name"] for body in ports}
    return adopted(WEB, DB, DEFAULT, ports=found, port_names=names, criteria=criteria, **more).attachments


def test_servers_whose_ports_agree() -> None:
    ports = [port(f"p{n}", f"s{n}", "n1", ["web-id", "default-id"]) for n in (1, 2, 3, 4)]
    ports += [port("p5", "s1", "n2", ["default-id", "web-id"])]
    assert attachments(*ports) == [
        {
            "servers": ["s2", "s3", "s4", "web1"],
            "services": ["web"],
            "security_groups": ["default"],
            "state": "exact",
        }
    ]


def test_servers_with_groups_that_are_not_adopted() -> None:
    ports = [port("p1", "s1", "n1", ["web-id", "foreign-id"]), port("p2", "s1", "n2", ["web-id"])]
    assert attachments(*ports) == [{"servers": ["web1"], "services": ["web"]}]
    assert attachments(port("p1", "s1", "n1", ["default-id"]), port("p2", "", "n1", ["foreign-id"])) == []
    assert attachments(port("p1", "s1", "n1", ["web-id"]), criteria=Criteria(names=["w*"])) == [
        {"servers": ["web1"], "services": ["web"]}
    ]


def test_servers_whose_ports_differ_by_network() -> None:
    ports = [
        port("p1", "s1", "n1", ["web-id"]),
        port("p2", "s1", "n2", ["db-id"]),
        port("p3", "s1", "n3", ["db-id"]),
    ]
    assert attachments(*ports) == [
        {"servers": ["web1"], "networks": ["front"], "services": ["web"], "state": "exact"},
        {"servers": ["web1"], "networks": ["n2", "n3"], "services": ["db"], "state": "exact"},
    ]


def test_servers_whose_ports_differ_in_a_network() -> None:
    ports = [
        port("p1", "s1", "n1", ["web-id"], name="vip"),
        port("p2", "s1", "n1", ["db-id"]),
        port("p3", "s1", "n1", ["web-id"], name="same"),
        port("p4", "s1", "hidden", ["web-id"], name="same"),
        port("p5", "s1", "n2", [], port_security_enabled=False),
        port("p6", "s1", "n3", ["web-id"]),
    ]
    assert attachments(*ports) == [
        {"servers": ["web1"], "networks": ["n3"], "services": ["web"], "state": "exact"},
        {"ports": ["p2"], "services": ["db"], "state": "exact"},
        {"ports": ["p3", "p4", "vip"], "services": ["web"], "state": "exact"},
    ]


def test_ports_that_no_server_has() -> None:
    ports = [
        port("p1", "", "n1", ["web-id"], name=UUID),
        port("p2", "gone", "n1", ["web-id"], name="of-a-server-that-nova-does-not-show"),
    ]
    assert attachments(*ports) == [
        {"ports": ["of-a-server-that-nova-does-not-show", "p1"], "services": ["web"], "state": "exact"}
    ]


def test_ports_of_chosen_servers_alone() -> None:
    ports = [port("p1", "s1", "n1", ["web-id"]), port("p2", "s2", "n1", ["web-id"]), port("p3", "", "n1", ["web-id"])]
    assert attachments(*ports, criteria=Criteria(servers=["web1"])) == [
        {"servers": ["web1"], "services": ["web"], "state": "exact"}
    ]


@pytest.mark.parametrize(
    ("groups", "summary"),
    [([WEB, DEFAULT], "1 service, 0 attachments; 1 left out."), ([], "0 services, 0 attachments; 0 left out.")],
)
def test_the_summary(groups: list[Group], summary: str) -> None:
    assert adopted(*groups).summary() == summary


def test_a_rule_of_the_api_in_an_old_spelling() -> None:
    rule = make_rule(protocol="6", port_range_min=22, port_range_max=22, remote_ip_prefix="0.0.0.0/0")
    assert service(group("web", *EGRESS, rule))["allow"] == [
        {"service": "ssh", "ether_type": "IPv4", "remote_ips": ["anywhere"]}
    ]
