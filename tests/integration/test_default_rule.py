# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""default_security_group_rule: what new security groups get."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from ansible_collections.portcullis.openstack.plugins.module_utils._common.errors import CloudError
from ansible_collections.portcullis.openstack.tests.integration.harness.api import Api, Body
from ansible_collections.portcullis.openstack.tests.integration.harness.clouds_that_lack import Without
from ansible_collections.portcullis.openstack.tests.integration.harness.project import Project, lines
from ansible_collections.portcullis.openstack.tests.integration.harness.proxy import Proxy
from ansible_collections.portcullis.openstack.tests.integration.harness.template import (
    create_default_rule,
    default_rules,
    restored,
)
from ansible_collections.portcullis.openstack.tests.integration.harness.traffic import RequestLog

pytestmark = pytest.mark.needs("security-groups-default-rules")

MODULE = "default_security_group_rule"
SSH = {"protocol": "tcp", "port_range_min": 22, "port_range_max": 22}
DEFAULT = {"used_in_default_sg": True, "used_in_non_default_sg": False}
OTHERS = {"used_in_default_sg": False, "used_in_non_default_sg": True}
BOTH = {"used_in_default_sg": True, "used_in_non_default_sg": True}
GONE = "3c8fcff6-11ef-4cf0-b6e0-7e1a34d70ffd"


@pytest.fixture
def operator(administrator: Project, admin: Api) -> Iterator[Project]:
    """The cloud's administrator. What a test does to the default rules is undone after it."""
    with restored(admin):
        yield administrator


# The life of a rule


def test_create(operator: Project, new_project: Callable[[], Project]) -> None:
    result = operator.settle(MODULE, service="ssh", remote_ip_prefix="anywhere", description="Way in")
    assert lines(result) == [
        "default security group rules",
        "  + ingress IPv4 tcp 22 from 0.0.0.0/0 (Way in), in non-default groups",
        "  + ingress IPv6 tcp 22 from ::/0 (Way in), in non-default groups",
    ]
    standing = default_rules(operator.api, port_range_min=22)
    assert sorted(result["default_security_group_rules"], key=lambda rule: str(rule["id"])) == standing
    project = new_project()
    project.api.create_group("web")
    ssh = ["ingress IPv4 tcp 22:22 0.0.0.0/0", "ingress IPv6 tcp 22:22 ::/0"]
    assert project.api.rules("web") == ["egress IPv4 any", "egress IPv6 any", *ssh]
    assert not set(ssh) & set(project.api.rules("default"))


def test_parent_is_the_group_that_gets_the_rule(operator: Project, new_project: Callable[[], Project]) -> None:
    operator.settle(MODULE, service="ssh", remote_group="PARENT", **BOTH)
    project = new_project()
    project.api.create_group("web")
    for name in ("web", "default"):
        assert f"ingress IPv4 tcp 22:22 {name}" in project.api.rules(name)


@pytest.mark.parametrize(
    ("before", "options", "shown", "methods"),
    [
        pytest.param(
            DEFAULT,
            BOTH,
            ["- {ssh} (a), in default groups", "+ {ssh} (a), in all groups"],
            ["POST", "DELETE"],
            id="also in others: Neutron allows both for a moment",
        ),
        pytest.param(
            OTHERS,
            BOTH,
            ["- {ssh} (a), in non-default groups", "+ {ssh} (a), in all groups"],
            ["POST", "DELETE", "POST"],
            id="also in default groups: Neutron refuses the new one while the old one stands",
        ),
        pytest.param(
            BOTH,
            DEFAULT,
            ["- {ssh} (a), in all groups", "+ {ssh} (a), in default groups"],
            ["POST", "DELETE", "POST"],
            id="no longer in others",
        ),
        pytest.param(
            DEFAULT,
            {"description": "b", **DEFAULT},
            ["- {ssh} (a), in default groups", "+ {ssh} (b), in default groups"],
            ["POST", "DELETE"],
            id="another description",
        ),
    ],
)
def test_change(
    operator: Project,
    requests: RequestLog,
    before: dict[str, bool],
    options: dict[str, Any],
    shown: list[str],
    methods: list[str],
) -> None:
    create_default_rule(operator.api, **SSH, **before, description="a")
    with requests.record() as traffic:
        result = operator.settle(MODULE, service="ssh", **options)
    ssh = "ingress IPv4 tcp 22 from 0.0.0.0/0"
    assert lines(result)[1:] == [f"  {line.format(ssh=ssh)}" for line in shown]
    assert traffic.writes().methods() == methods
    (standing,) = default_rules(operator.api, port_range_min=22)
    assert {name: standing[name] for name in ("description", *BOTH)} == {"description": "a", **options}


def test_delete(operator: Project) -> None:
    found = default_rules(operator.api)
    create_default_rule(operator.api, **SSH, **DEFAULT)
    create_default_rule(operator.api, **SSH, **OTHERS)
    from_network = create_default_rule(operator.api, **SSH, **OTHERS, remote_ip_prefix="192.0.2.0/24")["id"]
    result = operator.settle(MODULE, service="ssh", state="absent")
    assert lines(result)[1:] == [
        "  - ingress IPv4 tcp 22 from 0.0.0.0/0, in default groups",
        "  - ingress IPv4 tcp 22 from 0.0.0.0/0, in non-default groups",
    ]
    assert "default_security_group_rules" not in result
    left = {rule["id"] for rule in default_rules(operator.api)}
    assert left == {rule["id"] for rule in found} | {from_network}


def test_what_every_cloud_has_can_be_described(operator: Project) -> None:
    for options in (
        {"direction": "egress", "ether_type": "any", **BOTH},
        {"ether_type": "any", "remote_group": "PARENT", **DEFAULT},
    ):
        assert not operator.settle(MODULE, **options)["changed"]


def test_one_rule_for_each_is_as_good_as_one_for_both(operator: Project) -> None:
    create_default_rule(operator.api, **SSH, **DEFAULT)
    create_default_rule(operator.api, **SSH, **OTHERS)
    result = operator.settle(MODULE, service="ssh", **BOTH)
    assert not result["changed"]
    assert len(result["default_security_group_rules"]) == 2


def test_what_neutron_has_twice_is_there_once(operator: Project) -> None:
    """Neutron misses duplicates of rules with a prefix for the whole world, and of rules for default groups."""
    for uses in (OTHERS, OTHERS, DEFAULT, DEFAULT):
        create_default_rule(operator.api, **SSH, **uses, remote_ip_prefix="0.0.0.0/0")
    operator.settle(MODULE, service="ssh", remote_ip_prefix="0.0.0.0/0", **BOTH)
    left = [{name: rule[name] for name in BOTH} for rule in default_rules(operator.api, port_range_min=22)]
    assert sorted(left, key=str) == sorted([DEFAULT, OTHERS], key=str)


def test_as_a_process(operator: Project) -> None:
    check = operator.run(MODULE, check_mode=True, service="ssh")
    real = operator.run(MODULE, service="ssh")
    assert [check["changed"], check["diff"]] == [real["changed"], real["diff"]] == [True, check["diff"]]
    again = operator.run(MODULE, service="ssh")
    assert not again["changed"]
    assert again["default_security_group_rules"] == real["default_security_group_rules"]


# Spellings


@pytest.mark.parametrize(
    "spellings",
    [
        pytest.param(
            [
                {"service": "ssh"},
                {"protocol": "TCP", "ports": ["22:22"]},
                {"protocol": "6", **{name: SSH[name] for name in ("port_range_min", "port_range_max")}},
                {"protocol": 6, "ports": [22], "remote_ip_prefix": "0.0.0.0/0"},
            ],
            id="tcp",
        ),
        pytest.param(
            [
                {"protocol": "icmp", "ether_type": "IPv6"},
                {"protocol": "icmpv6"},
                {"protocol": "58"},
                {"protocol": "1", "ethertype": "IPv6"},
                {"protocol": "IPv6-ICMP", "remote_ip_prefix": "::/0"},
            ],
            id="ICMP on IPv6",
        ),
        pytest.param(
            [
                {"protocol": "udp", "remote_ip_prefix": "2001:DB8:0:0::1/64"},
                {"protocol": "17", "ports": ["1-65535"], "remote_ip_prefix": "2001:db8::1/64"},
                {"protocol": "udp", "port_range_min": -1, "port_range_max": -1, "remote_ip_prefix": "2001:db8::1/64"},
            ],
            id="host bits and all ports",
        ),
        pytest.param(
            [{"protocol": "tcp", "remote_group": "PARENT"}, {"protocol": "tcp", "remote_groups": ["PARENT", "PARENT"]}],
            id="itself",
        ),
    ],
)
def test_any_spelling_is_idempotent(operator: Project, spellings: list[dict[str, Any]]) -> None:
    first = operator.settle(MODULE, **spellings[0])
    assert len(first["default_security_group_rules"]) == 1
    for spelling in spellings:
        again = operator.call(MODULE, **spelling)
        assert not again["changed"], lines(again)
        assert again["default_security_group_rules"] == first["default_security_group_rules"]


@pytest.mark.parametrize(
    ("stored", "options"),
    [
        ({"protocol": "6"}, {"protocol": "tcp"}),
        ({"protocol": "1", "ethertype": "IPv6"}, {"protocol": "icmpv6"}),
        ({"remote_ip_prefix": "2001:DB8::0:1", "ethertype": "IPv6"}, {"remote_ip_prefix": "2001:db8::1/128"}),
        ({"protocol": "tcp", "port_range_min": 1, "port_range_max": 65535}, {"protocol": "tcp"}),
    ],
)
def test_rules_that_others_have_spelled(operator: Project, stored: Body, options: dict[str, Any]) -> None:
    create_default_rule(operator.api, **stored, **OTHERS)
    assert not operator.settle(MODULE, **options)["changed"]


# Remotes


def test_remotes_by_name_and_by_id(operator: Project) -> None:
    group_id = operator.api.create_group("bastions")
    answer = operator.api.post("network", "/address-groups", {"address_group": {"name": "homes"}})
    address_group_id = answer["address_group"]["id"]
    remotes = {"remote_group": ("bastions", group_id), "remote_address_group": ("homes", address_group_id)}
    for option, (name, id_) in remotes.items():
        by_name: dict[str, Any] = {"service": "ssh", option: name}
        by_id: dict[str, Any] = {"service": "ssh", option: id_}
        assert f"group {name}, in" in lines(operator.settle(MODULE, **by_name))[1]
        assert not operator.call(MODULE, **by_id)["changed"]
        assert operator.call(MODULE, **by_id, state="absent")["changed"]
    operator.api.delete("network", f"/security-groups/{group_id}")
    operator.api.delete("network", f"/address-groups/{address_group_id}")


def test_a_group_of_another_project_is_not_meant_by_its_name(operator: Project, project: Project) -> None:
    """The administrator sees it, as a rule names it; but its owner could choose any name."""
    foreign = project.api.create_group("bastions")
    operator.settle(MODULE, service="ssh", remote_group=foreign)
    message = operator.refuse(MODULE, service="https", remote_group="bastions")
    assert message == "remote_group: there is no group 'bastions' in the project"
    operator.settle(MODULE, service="ssh", remote_group=foreign, state="absent")


def test_a_rule_whose_remote_is_gone_can_be_deleted(operator: Project, project: Project) -> None:
    """With such a rule, Neutron fails to create any security group."""
    create_default_rule(operator.api, **SSH, **OTHERS, remote_group_id=GONE)
    refused = project.api.call("POST", "network", "/security-groups", {"security_group": {"name": "web"}})
    assert refused.status_code == 500
    operator.settle(MODULE, service="ssh", remote_group=GONE, state="absent")
    project.api.create_group("web")


# What is refused


def test_a_group_that_a_default_rule_names_is_not_deleted(operator: Project) -> None:
    """Without it, Neutron would fail to create any security group."""
    operator.api.create_group("bastions")
    operator.call(MODULE, service="ssh", remote_group="bastions")
    with pytest.raises(CloudError, match=r"^security group bastions cannot be deleted while default rules .* name it"):
        operator.call("security_group", name="bastions", state="absent")
    operator.call(MODULE, service="ssh", remote_group="bastions", state="absent")
    operator.call("security_group", name="bastions", state="absent")


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"remote_group": "nobody"}, "remote_group: there is no group 'nobody' in the project"),
        ({"remote_group": GONE}, f"remote_group: there is no group '{GONE}' in the project"),
        ({"remote_group": "parent"}, "remote_group: there is no group 'parent' in the project"),
        ({"remote_address_group": GONE}, f"remote_address_group: there is no address group '{GONE}' in the project"),
        ({"remote_ip_prefix": "10.0.0.0/33"}, "remote_ip_prefix: '10.0.0.0/33' is not an address; "),
        ({"remote_group": "PARENT", "remote_ip_prefix": "anywhere"}, "remote_ip_prefix, remote_group: "),
        ({"protocol": "tcp"}, "service: ssh already sets protocol and ports; remove protocol"),
        ({"description": "x" * 256}, "description: it has 256 characters; the cloud takes 255"),
    ],
)
def test_bad_values(operator: Project, options: dict[str, Any], expected: str) -> None:
    assert operator.refuse(MODULE, service="ssh", **options).startswith(expected)


def test_a_member_is_refused_in_the_clouds_own_words(project: Project) -> None:
    result = project.fail(MODULE, service="ssh")
    assert "POST /default-security-group-rules was answered 403: " in result["msg"]
    assert not result["changed"]


def test_a_cloud_without_default_rules(operator: Project) -> None:
    alias = "security-groups-default-rules"
    with (
        Proxy(Without(alias)) as proxy,
        operator.through(proxy) as cloud,
        pytest.raises(CloudError, match=f"its Neutron lacks the extension {alias}$"),
    ):
        operator.call(MODULE, connection=cloud, service="ssh")
