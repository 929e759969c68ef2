# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""security_group_rule_info: rules by every field, in any spelling."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ansible_collections.portcullis.openstack.plugins.module_utils._cloud.requests import complete
from ansible_collections.portcullis.openstack.plugins.module_utils._common.errors import InputError
from ansible_collections.portcullis.openstack.tests.integration.harness.project import Project
from ansible_collections.portcullis.openstack.tests.integration.harness.traffic import RequestLog

# Made as others would, in their own spelling; the description is what the tests call them.
RULES: dict[str, dict[str, Any]] = {
    "ssh": {"protocol": "tcp", "port_range_min": 22, "port_range_max": 22},
    "ssh from the world": {"protocol": "6", "port_range_min": 22, "port_range_max": 22, "ethertype": "IPv6"},
    "ssh from a network": {
        "protocol": "TCP",
        "port_range_min": 22,
        "port_range_max": 22,
        "remote_ip_prefix": "10.0.0.0/8",
    },
    "ssh from a host": {"protocol": "tcp", "port_range_min": 22, "port_range_max": 22, "remote_ip_prefix": "192.0.2.7"},
    "tcp": {"protocol": "tcp"},
    "low tcp": {"protocol": "tcp", "port_range_min": 1, "port_range_max": 1024},
    "ping": {"protocol": "icmp", "port_range_min": 8, "port_range_max": 0},
    "icmp": {"protocol": "1"},
    "icmp on IPv6": {"protocol": "icmpv6", "ethertype": "IPv6"},
    "vrrp": {"protocol": "112"},
    "host": {"ethertype": "IPv6", "remote_ip_prefix": "2001:DB8::1"},
    "out": {"direction": "egress", "protocol": "udp", "port_range_min": 53, "port_range_max": 53},
}
SSH = {name for name in RULES if name.startswith("ssh")}
REMOTE = "security-groups-remote-address-group"


@pytest.fixture(scope="module")
def filled(new_project: Callable[[], Project]) -> Project:
    """A project with a group of all these rules, and another with rules from groups, as far as its cloud has these."""
    project = new_project()
    rules = [{**rule, "description": name} for name, rule in RULES.items()]
    web = project.api.create_group("web", [{"ethertype": "IPv4", **rule} for rule in rules])
    from_groups = [{"protocol": "tcp", "remote_group_id": web, "description": "from web"}]
    if REMOTE in project.api.extensions:
        body = {"address_group": {"name": "offices", "addresses": ["192.0.2.0/24"]}}
        offices = project.api.post("network", "/address-groups", body)["address_group"]["id"]
        from_groups.append({"protocol": "tcp", "remote_address_group_id": offices, "description": "from offices"})
    project.api.create_group("db", from_groups)
    return project


def existing(project: Project, names: set[str]) -> set[str]:
    """Return the names of those rules that the project's cloud can have."""
    return names if REMOTE in project.api.extensions else names - {"from offices"}


def found(user: Project, **options: Any) -> set[str]:
    """Return what the found rules are called; the cloud's own rules are left out."""
    result = user.call("security_group_rule_info", **options)
    assert not result["changed"]
    return {rule["description"] for rule in result["security_group_rules"] if rule["description"]}


FILTERS: list[Any] = [
    ({}, {*RULES, "from web", "from offices"}),
    ({"security_group": "web"}, set(RULES)),
    ({"security_group": "db"}, {"from web", "from offices"}),
    ({"direction": "egress"}, {"out"}),
    ({"ether_type": "IPv6"}, {"ssh from the world", "icmp on IPv6", "host"}),
    ({"ethertype": "IPv6", "protocol": "tcp"}, {"ssh from the world"}),
    *[({"protocol": tcp, "port_range_min": 22}, SSH) for tcp in ("tcp", "TCP", "6", 6)],
    *[({"protocol": icmp}, {"ping", "icmp", "icmp on IPv6"}) for icmp in ("icmp", "1", "ICMP")],
    *[({"protocol": icmp}, {"icmp on IPv6"}) for icmp in ("icmpv6", "ipv6-icmp", "58", 58)],
    ({"protocol": "vrrp"}, {"vrrp"}),
    ({"protocol": "any", "direction": "ingress"}, {"host"}),
    ({"protocol": "tcp", "port_range_min": -1, "port_range_max": -1}, {"tcp", "from web", "from offices"}),
    ({"protocol": "tcp", "port_range_min": 1, "port_range_max": 65535}, {"tcp", "from web", "from offices"}),
    ({"port_range_min": 1}, {"low tcp"}),
    ({"port_range_max": 1024}, {"low tcp"}),
    ({"port_range_min": 22, "port_range_max": 23}, set()),
    ({"protocol": "icmp", "port_range_min": 8, "port_range_max": 0}, {"ping"}),
    ({"remote_ip_prefix": "10.0.0.0/8"}, {"ssh from a network"}),
    *[({"remote_ip_prefix": host}, {"ssh from a host"}) for host in ("192.0.2.7", "192.0.2.7/32")],
    *[({"remote_ip_prefix": host}, {"host"}) for host in ("2001:db8::1", "2001:DB8:0::1/128")],
    ({"remote_ip_prefix": "10.0.0.0/24"}, set()),
    ({"remote_ip_prefix": "anywhere", "port_range_min": 22}, {"ssh", "ssh from the world"}),
    ({"remote_ip_prefix": "0.0.0.0/0", "port_range_min": 22}, {"ssh"}),
    ({"remote_ip_prefix": "::/0", "port_range_min": 22}, {"ssh from the world"}),
    ({"remote_group": "web"}, {"from web"}),
    pytest.param({"remote_address_group": "offices"}, {"from offices"}, marks=pytest.mark.needs(REMOTE)),
    ({"description": "ssh"}, {"ssh"}),
    ({"revision_number": 0, "protocol": "vrrp"}, {"vrrp"}),
    ({"revision_number": 7}, set()),
]


@pytest.mark.parametrize(("options", "expected"), FILTERS)
def test_filters(filled: Project, options: dict[str, Any], expected: set[str]) -> None:
    assert found(filled, **options) == existing(filled, expected)


@pytest.mark.parametrize("option", ["id", "rule"])
def test_by_id(filled: Project, option: str) -> None:
    (rule,) = filled.api.get("network", "/security-group-rules", params={"description": "ping"})["security_group_rules"]
    complete("/security-group-rules", [rule])
    result = filled.call("security_group_rule_info", **{option: rule["id"]})
    assert result["security_group_rules"] == [{"name": None, "ether_type": rule.pop("ethertype"), **rule, "tags": []}]


@pytest.mark.needs(REMOTE)
def test_groups_by_id(filled: Project) -> None:
    web = filled.api.group("web")["id"]
    (offices,) = filled.api.get("network", "/address-groups")["address_groups"]
    assert found(filled, security_group=web) == set(RULES)
    assert found(filled, remote_group=web) == {"from web"}
    assert found(filled, remote_address_group=offices["id"]) == {"from offices"}


@pytest.mark.parametrize(
    "option",
    ["security_group", "remote_group", pytest.param("remote_address_group", marks=pytest.mark.needs(REMOTE))],
)
def test_a_group_that_does_not_exist(filled: Project, option: str) -> None:
    assert found(filled, **{option: "nobody"}) == set()


@pytest.mark.parametrize(
    ("options", "field"),
    [({"protocol": "tpc"}, "protocol"), ({"remote_ip_prefix": "10.0.0.0/33"}, "remote_ip_prefix")],
)
def test_what_no_rule_can_have(filled: Project, requests: RequestLog, options: dict[str, Any], field: str) -> None:
    with requests.record() as traffic, pytest.raises(InputError, match=f"^{field}: "):
        found(filled, **options)
    assert not traffic


@pytest.mark.parametrize("by", ["name", "id"])
def test_by_project(filled: Project, administrator: Project, by: str) -> None:
    project = getattr(filled, by)
    assert found(administrator, project=project) == existing(filled, {*RULES, "from web", "from offices"})
    assert found(administrator, project=project, security_group="db") == existing(filled, {"from web", "from offices"})


def test_as_a_process_and_in_check_mode(filled: Project) -> None:
    real = filled.run("security_group_rule_info", security_group="web", protocol="vrrp")
    check = filled.run("security_group_rule_info", security_group="web", protocol="vrrp", check_mode=True)
    assert real["security_group_rules"] == check["security_group_rules"]
    assert [rule["description"] for rule in real["security_group_rules"]] == ["vrrp"]
