# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""security_group_rule: single rules are created and deleted, and compared as Neutron compares them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import yaml

from ansible_collections.portcullis.openstack.plugins.modules import security_group_rule
from ansible_collections.portcullis.openstack.tests.integration.harness.project import Project, lines
from ansible_collections.portcullis.openstack.tests.integration.harness.traffic import RequestLog

TEMPLATE = ["egress IPv4 any", "egress IPv6 any"]
SSH: dict[str, Any] = {"protocol": "tcp", "port_range_min": 22, "port_range_max": 22}
RETURNED = yaml.safe_load(security_group_rule.RETURN)["rule"]["contains"]


@pytest.fixture
def web(project: Project) -> Project:
    """A project with a group."""
    project.api.create_group("web")
    return project


def settle(project: Project, **options: Any) -> dict[str, Any]:
    return project.settle("security_group_rule", security_group="web", **options)


def rules(project: Project) -> list[str]:
    """Return the rules that are not the template's."""
    return [line for line in project.api.rules("web") if line not in TEMPLATE]


def test_present_and_absent(web: Project) -> None:
    result = settle(web, **SSH, remote_ip_prefix="192.0.2.0/24", description="office")
    assert lines(result) == [
        "security group web",
        "  + ingress IPv4 tcp 22 from 192.0.2.0/24 (office)",
    ]
    (stored,) = web.api.get("network", "/security-group-rules", params={"protocol": "tcp"})["security_group_rules"]
    expected = {**stored, "name": None, "ether_type": stored["ethertype"], "tags": []}
    # Neutron leaves this one empty where it lists rules with their group.
    compared = RETURNED.keys() - {"belongs_to_default_sg"}
    assert {key: result["rule"][key] for key in compared} == {key: expected.get(key) for key in compared}
    assert result["rules"] == [result["rule"]]
    result = settle(web, **SSH, remote_ip_prefix="192.0.2.0/24", state="absent")
    assert lines(result)[1:] == ["  - ingress IPv4 tcp 22 from 192.0.2.0/24 (office)"]
    assert "rule" not in result
    assert web.api.rules("web") == TEMPLATE


def test_a_group_by_its_id(web: Project) -> None:
    group = web.api.group("web")["id"]
    web.settle("security_group_rule", security_group=group, **SSH)
    assert rules(web) == ["ingress IPv4 tcp 22:22"]
    web.settle("security_group_rule", security_group=group, **SSH, state="absent")
    assert rules(web) == []


def test_absent_from_a_group_that_does_not_exist(project: Project) -> None:
    assert not project.settle("security_group_rule", security_group="never", **SSH, state="absent")["changed"]


NEIGHBOURS: list[dict[str, Any]] = [
    {"protocol": "tcp", "ports": ["22"], "remote_ip_prefix": "10.0.0.0/8"},
    {"protocol": "tcp", "ports": ["22"], "remote_ip_prefix": "10.0.0.0/24"},
    {"protocol": "tcp", "ports": ["22"], "remote_ip_prefix": "10.0.0.1/24"},
    {"protocol": "tcp", "ports": ["22"], "remote_ip_prefix": "0.0.0.0/0"},
    {"protocol": "tcp", "ports": ["22"], "remote_group": "web"},
    {"protocol": "tcp", "ports": ["22"], "ether_type": "IPv6"},
    {"protocol": "tcp", "ports": ["22"], "direction": "egress"},
    {"protocol": "tcp", "ports": ["22:23"]},
    {"protocol": "tcp", "ports": ["2"]},
    {"protocol": "tcp", "ports": ["2:65535"]},
    {"protocol": "tcp"},
    {"protocol": "udp", "ports": ["22"]},
    {"protocol": "icmp"},
    {"protocol": "icmp", "port_range_min": 8},
    {"protocol": "icmp", "port_range_min": 8, "port_range_max": 0},
    {"protocol": "0"},
    {},
]


def test_no_rule_is_taken_for_another(web: Project) -> None:
    """Each is made although wider and narrower ones are there, and each goes alone."""
    for count, neighbour in enumerate(NEIGHBOURS, start=1):
        assert web.call("security_group_rule", security_group="web", **neighbour)["changed"]
        assert len(rules(web)) == count
    standing = web.api.rule_ids("web")
    for neighbour in NEIGHBOURS:
        rule = web.call("security_group_rule", security_group="web", **neighbour)["rule"]
        assert web.call("security_group_rule", security_group="web", **neighbour, state="absent")["changed"]
        expected = {line: id_ for line, id_ in standing.items() if id_ != rule["id"]}
        standing = web.api.rule_ids("web")
        assert standing == expected
    assert web.api.rules("web") == TEMPLATE


def test_what_is_not_there_does_not_take_what_is(web: Project) -> None:
    settle(web, protocol="tcp", ports=[2])
    assert not settle(web, protocol="tcp", ports=["2:65535"], state="absent")["changed"]
    assert not settle(web, protocol="tcp", state="absent")["changed"]
    assert not settle(web, state="absent")["changed"]
    assert rules(web) == ["ingress IPv4 tcp 2:2"]


def test_several_rules_at_once(web: Project, requests: RequestLog) -> None:
    dense: dict[str, Any] = {"protocol": "tcp", "ports": [80, "8000:8080"], "remote_ip_prefix": "anywhere"}
    settle(web, protocol="tcp", ports=[80])
    result = settle(web, **dense)
    lines = [
        "ingress IPv4 tcp 8000:8080 0.0.0.0/0",
        "ingress IPv4 tcp 80:80",
        "ingress IPv6 tcp 8000:8080 ::/0",
        "ingress IPv6 tcp 80:80 ::/0",
    ]
    assert rules(web) == lines
    assert len(result["rules"]) == len(lines)
    with requests.record() as traffic:
        web.call("security_group_rule", security_group="web", **dense, state="absent")
    assert traffic.writes().methods() == ["DELETE"] * 4
    assert rules(web) == []


def test_several_remotes_at_once(web: Project) -> None:
    web.api.create_group("db")
    remotes = {"remote_groups": ["web", "db"], "remote_ip_prefixes": ["192.0.2.1", "2001:DB8::1"]}
    settle(web, service="ssh", **remotes)
    assert rules(web) == [
        "ingress IPv4 tcp 22:22 192.0.2.1/32",
        "ingress IPv4 tcp 22:22 db",
        "ingress IPv4 tcp 22:22 web",
        "ingress IPv6 tcp 22:22 2001:db8::1/128",
    ]
    settle(web, service="ssh", **remotes, state="absent")
    assert rules(web) == []


def test_a_list_without_remotes_is_no_rule(web: Project) -> None:
    result = settle(web, service="ssh", remote_ip_prefixes=[])
    assert not result["changed"]
    assert (result["rule"], result["rules"]) == (None, [])
    assert web.api.rules("web") == TEMPLATE


@pytest.mark.parametrize("by", ["name", "id"])
def test_a_remote_group(web: Project, by: str) -> None:
    web.api.create_group("bastion")
    bastion = web.api.group("bastion")[by]
    result = settle(web, service="ssh", remote_group=bastion)
    assert "  + ingress IPv4 tcp 22 from group bastion" in lines(result)
    assert rules(web) == ["ingress IPv4 tcp 22:22 bastion"]
    settle(web, service="ssh", remote_group=bastion, state="absent")
    assert rules(web) == []


def test_a_rule_whose_remote_group_is_gone_is_absent(web: Project) -> None:
    assert not settle(web, remote_group="gone", state="absent")["changed"]


def test_a_remote_group_of_another_project(web: Project, new_project: Callable[[], Project]) -> None:
    """Names are looked up in the own project, and nowhere else; an id does for a group that is shared."""
    theirs = new_project()
    group = theirs.api.create_group("theirs")
    assert "there is no security group 'theirs'" in web.refuse(
        "security_group_rule", security_group="web", **SSH, remote_group="theirs"
    )
    theirs.settle("security_group", name="theirs", shared_with=[web.id])
    settle(web, **SSH, remote_group=group)
    (rule,) = [rule for rule in web.api.group("web")["security_group_rules"] if rule["protocol"] == "tcp"]
    assert rule["remote_group_id"] == group


@pytest.mark.needs("security-groups-remote-address-group")
@pytest.mark.parametrize("by", ["name", "id"])
def test_a_remote_address_group(web: Project, by: str) -> None:
    body = {"address_group": {"name": "offices", "addresses": ["192.0.2.0/24"]}}
    group = web.api.post("network", "/address-groups", body)["address_group"]
    result = settle(web, **SSH, remote_address_group=group[by])
    assert "  + ingress IPv4 tcp 22 from address group offices" in lines(result)
    assert result["rule"]["remote_address_group_id"] == group["id"]
    settle(web, **SSH, remote_address_group=group[by], state="absent")
    assert rules(web) == []


def test_a_description_alone(web: Project) -> None:
    """It is no part of what tells a rule, so that it is changed, and deleting the rule needs no word about it."""
    settle(web, **SSH, description="old")
    assert not settle(web, **SSH)["changed"]
    result = settle(web, **SSH, description="new")
    assert lines(result)[1:] == [
        "  - ingress IPv4 tcp 22 from 0.0.0.0/0 (old)",
        "  + ingress IPv4 tcp 22 from 0.0.0.0/0 (new)",
    ]
    assert rules(web) == ["ingress IPv4 tcp 22:22 (new)"]
    settle(web, **SSH, description="other", state="absent")
    assert rules(web) == []


def test_the_templates_own_rule_goes(web: Project) -> None:
    settle(web, direction="egress", protocol="any", remote_ip_prefix="0.0.0.0/0", state="absent")
    assert web.api.rules("web") == TEMPLATE[1:]


def test_in_another_project(web: Project, administrator: Project) -> None:
    options = {"security_group": "web", "project": web.name, **SSH}
    assert administrator.call("security_group_rule", **options)["rule"]["project_id"] == web.id
    assert not administrator.call("security_group_rule", **options)["changed"]
    assert rules(web) == ["ingress IPv4 tcp 22:22"]


def test_as_a_process(web: Project) -> None:
    options: dict[str, Any] = {"security_group": "web", "protocol": "tcp", "ports": [80, 443]}
    check = web.run("security_group_rule", check_mode=True, **options)
    assert rules(web) == []
    real = web.run("security_group_rule", **options)
    assert check["diff"] == real["diff"]
    assert [rule["port_range_min"] for rule in check["rules"]] == [80, 443]
    assert real["rule"].keys() >= check["rule"].keys() | {"id", "created_at", "revision_number", "tags", "tenant_id"}
    assert not web.run("security_group_rule", **options)["changed"]
