# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""address_group and address_group_info."""

from __future__ import annotations

import ipaddress
import random
from typing import Any

import pytest

from ansible_collections.portcullis.openstack.plugins.module_utils._cloud import cloud as _cloud
from ansible_collections.portcullis.openstack.plugins.module_utils._cloud.requests import complete
from ansible_collections.portcullis.openstack.plugins.module_utils._common.errors import CloudError
from ansible_collections.portcullis.openstack.plugins.module_utils._converge import (
    address_groups as _address_group_runner,
)
from ansible_collections.portcullis.openstack.tests.integration.harness.api import Api, Body
from ansible_collections.portcullis.openstack.tests.integration.harness.clouds_that_lack import Without
from ansible_collections.portcullis.openstack.tests.integration.harness.project import Project, lines
from ansible_collections.portcullis.openstack.tests.integration.harness.proxy import Proxy
from ansible_collections.portcullis.openstack.tests.integration.harness.traffic import RequestLog

pytestmark = pytest.mark.needs("address-group")

OFFICES = ["192.0.2.0/24", "2001:db8::/64"]


def address_groups(api: Api, **filters: str) -> list[Body]:
    found = api.get("network", "/address-groups", params=filters)["address_groups"]
    complete("/address-groups", found)
    return sorted(found, key=lambda group: str(group["name"]))


def addresses(project: Project, name: str = "offices") -> list[str]:
    (group,) = address_groups(project.api, name=name)
    return sorted(group["addresses"])


def create(api: Api, name: str = "offices", **attributes: Any) -> str:
    """Create an address group as someone else would, and return its id."""
    answer = api.post("network", "/address-groups", {"address_group": {"name": name, **attributes}})
    return str(answer["address_group"]["id"])


# The life of a group


def test_create(project: Project) -> None:
    result = project.settle("address_group", name="offices", description="All offices", addresses=OFFICES)
    assert lines(result) == [
        "address group offices (does not exist)",
        "  + description: 'All offices'",
        "  + 192.0.2.0/24",
        "  + 2001:db8::/64",
    ]
    assert [result["address_group"]] == address_groups(project.api)
    assert result["address_group"]["description"] == "All offices"
    assert result["address_group"]["project_id"] == project.id
    assert addresses(project) == OFFICES


def test_create_without_addresses(project: Project) -> None:
    project.settle("address_group", name="offices")
    assert addresses(project) == []


def test_change(project: Project) -> None:
    group_id = create(project.api, addresses=OFFICES)
    options = {"description": "Offices", "addresses": [OFFICES[0], "198.51.100.7", "10.0.0.0/8"]}
    result = project.settle("address_group", name="offices", **options)
    assert lines(result) == [
        "address group offices",
        "  - description: ''",
        "  - 2001:db8::/64",
        "  + description: 'Offices'",
        "  + 10.0.0.0/8",
        "  + 198.51.100.7/32",
    ]
    assert [result["address_group"]] == address_groups(project.api)
    assert result["address_group"]["id"] == group_id
    assert addresses(project) == ["10.0.0.0/8", "192.0.2.0/24", "198.51.100.7/32"]


@pytest.mark.parametrize(("kept", "left"), [(OFFICES[:1], OFFICES[:1]), ([], []), (None, OFFICES)])
def test_shrink(project: Project, kept: list[str] | None, left: list[str]) -> None:
    create(project.api, addresses=OFFICES, description="All")
    project.settle("address_group", name="offices", addresses=kept)
    assert addresses(project) == left
    assert address_groups(project.api)[0]["description"] == "All"


def test_without_purge_addresses_only_come(project: Project) -> None:
    create(project.api, addresses=OFFICES)
    project.settle("address_group", name="offices", addresses=["203.0.113.0/24", OFFICES[0]], purge_addresses=False)
    assert addresses(project) == [OFFICES[0], OFFICES[1], "203.0.113.0/24"]


def test_delete(project: Project) -> None:
    create(project.api, addresses=OFFICES)
    create(project.api, "bystander")
    result = project.settle("address_group", name="offices", state="absent")
    assert lines(result) == ["address group offices (deleted)", "  - 192.0.2.0/24", "  - 2001:db8::/64"]
    assert "address_group" not in result
    assert [group["name"] for group in address_groups(project.api)] == ["bystander"]


def test_delete_by_id_of_one_of_two_with_one_name(project: Project) -> None:
    kept, deleted = create(project.api), create(project.api)
    project.settle("address_group", id=deleted, state="absent")
    assert [group["id"] for group in address_groups(project.api)] == [kept]


@pytest.mark.parametrize("who", [{"name": "offices"}, {"id": "3c8fcff6-11ef-4cf0-b6e0-7e1a34d70ffd"}])
def test_absent_of_nothing_changes_nothing(project: Project, who: dict[str, str]) -> None:
    assert not project.settle("address_group", state="absent", **who)["changed"]


def test_rename_by_id(project: Project) -> None:
    group_id = create(project.api, addresses=OFFICES)
    result = project.settle("address_group", id=group_id, name="sites", description="Sites")
    assert lines(result) == [
        "address group offices",
        "  - description: ''",
        "  - name: 'offices'",
        "  + description: 'Sites'",
        "  + name: 'sites'",
    ]
    assert [result["address_group"]] == address_groups(project.api, name="sites")
    assert addresses(project, "sites") == OFFICES


def test_as_a_process(project: Project) -> None:
    options: dict[str, Any] = {"name": "offices", "addresses": OFFICES}
    check = project.run("address_group", check_mode=True, **options)
    assert check["address_group"] == {"name": "offices", "description": "", "addresses": OFFICES}
    real = project.run("address_group", **options)
    assert [check["changed"], check["diff"]] == [real["changed"], real["diff"]] == [True, check["diff"]]
    again = project.run("address_group", **options)
    assert not again["changed"]
    assert again["address_group"] == real["address_group"]


def test_an_administrator_manages_the_groups_of_a_project(administrator: Project, project: Project) -> None:
    for named in (project.name, project.id):
        result = administrator.call("address_group", name="offices", addresses=OFFICES, project=named)
        assert result["changed"] == (named == project.name)
    assert addresses(project) == OFFICES


# Spellings

SPELLINGS = [
    ("192.0.2.7/32", ["192.0.2.7", "192.0.2.7/32", " 192.0.2.7", "192.0.2.7/255.255.255.255"]),
    ("192.0.2.0/24", ["192.0.2.0/24", "192.0.2.7/24", "192.0.2.0/255.255.255.0", "192.0.2.255/24"]),
    ("2001:db8::7/128", ["2001:db8::7", "2001:DB8::7/128", "2001:0db8:0000:0000:0000:0000:0000:0007"]),
    ("2001:db8::/64", ["2001:db8::/64", "2001:DB8::1/64", "2001:db8:0:0:0:0:0:0/64", "2001:db8::FFFF/64"]),
    ("::ffff:192.0.2.7/128", ["::ffff:192.0.2.7", "::FFFF:C000:0207/128"]),
    ("0.0.0.0/0", ["0.0.0.0/0", "192.0.2.7/0"]),
    ("::/0", ["::/0", "2001:DB8::/0"]),
]


@pytest.mark.parametrize(("kept", "spellings"), SPELLINGS, ids=[kept for kept, _spellings in SPELLINGS])
def test_any_spelling_is_idempotent(project: Project, kept: str, spellings: list[str]) -> None:
    project.settle("address_group", name="offices", addresses=spellings[:1])
    assert addresses(project) == [kept]
    for again in (*([spelling] for spelling in spellings), spellings):
        result = project.call("address_group", name="offices", addresses=again)
        assert not result["changed"], lines(result)


def test_anywhere_is_both_families(project: Project) -> None:
    project.settle("address_group", name="world", addresses=["anywhere"])
    assert addresses(project, "world") == ["0.0.0.0/0", "::/0"]


def test_neutron_keeps_addresses_as_we_do(project: Project) -> None:
    """Random networks with their host bits, as Neutron takes them from someone else."""
    chance = random.Random(42)
    v4 = [f"{ipaddress.IPv4Address(chance.getrandbits(32))}/{chance.randint(0, 32)}" for _number in range(60)]
    v6 = [
        f"{ipaddress.IPv6Address(chance.getrandbits(128)).exploded}/{chance.randint(0, 128)}" for _number in range(60)
    ]
    create(project.api, addresses=v4 + v6)
    assert not project.settle("address_group", name="offices", addresses=v4 + v6)["changed"]


# Requests


def test_a_run_without_changes_is_one_list(project: Project, requests: RequestLog) -> None:
    options: dict[str, Any] = {"name": "offices", "addresses": OFFICES}
    project.call("address_group", **options)
    with requests.record() as traffic:
        project.call("address_group", **options)
    assert [(request.method, request.query) for request in traffic] == [
        ("GET", {"project_id": [project.id], "name": ["offices"]})
    ]


def test_new_addresses_are_added_before_old_ones_are_removed(project: Project, requests: RequestLog) -> None:
    create(project.api, addresses=OFFICES)
    with requests.record() as traffic:
        project.call("address_group", name="offices", addresses=["10.0.0.0/8"], description="x")
    assert [request.path.split("/")[-1] for request in traffic.writes()][1:] == ["add_addresses", "remove_addresses"]


def test_many_addresses_come_and_go_in_batches(
    project: Project, requests: RequestLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_address_group_runner, "_BULK", 2)
    many = [f"192.0.2.{number}" for number in range(5)]
    with requests.record() as traffic:
        project.settle("address_group", name="offices", addresses=many)
    assert [request.method for request in traffic.writes()] == ["POST", "PUT", "PUT"]
    with requests.record() as traffic:
        project.settle("address_group", name="offices", addresses=many[:2])
    assert [request.method for request in traffic.writes()] == ["PUT", "PUT"]


def test_someone_else_adds_an_address_first(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neutron refuses all of a request that has one address twice; what is left is added after another look."""
    group_id = create(project.api, addresses=OFFICES)
    add = project.connection.add_addresses

    def add_late(self: Any, group_id: str, addresses: list[str]) -> None:
        """Others add the first address, once."""
        if "10.0.0.0/8" in addresses:
            theirs = {"addresses": ["10.0.0.0/8"]}
            project.api.put("network", f"/address-groups/{group_id}/add_addresses", theirs)
        add(group_id, addresses)

    monkeypatch.setattr(_cloud.Cloud, "add_addresses", add_late)
    wanted = ["10.0.0.0/8", "172.16.0.0/12"]
    project.settle("address_group", name="offices", addresses=wanted)
    assert [group["id"] for group in address_groups(project.api)] == [group_id]
    assert addresses(project) == wanted


def test_an_error_on_the_way_tells_what_had_been_done(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """The cloud refuses addresses, and there is no reason for it that another look could find."""
    create(project.api, addresses=OFFICES)

    def refuse(_self: Any, _group_id: str, _addresses: list[str]) -> None:
        raise CloudError("no such addresses", status=400)

    options: dict[str, Any] = {"name": "offices", "addresses": ["10.0.0.0/8"], "description": "x"}
    with monkeypatch.context() as patch:
        patch.setattr(_cloud.Cloud, "add_addresses", refuse)
        with pytest.raises(CloudError, match="no such addresses") as caught:
            project.call("address_group", **options)
    assert caught.value.done == ["updated address group offices"]
    project.settle("address_group", **options)
    assert addresses(project) == ["10.0.0.0/8"]


# What is refused


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"addresses": ["10.0.0.0/8", "192.0.2.0/33"]}, "addresses: '192.0.2.0/33' is not an address; "),
        ({"addresses": ["offices.example.com"]}, "addresses: 'offices.example.com' is not an address; "),
        ({"description": "x" * 256}, "description: it has 256 characters; the cloud takes 255"),
        ({"id": "3c8fcff6-11ef-4cf0-b6e0-7e1a34d70ffd"}, "id: there is no address group with the id '3c8fcff6-"),
    ],
)
def test_bad_values(project: Project, options: dict[str, Any], expected: str) -> None:
    create(project.api, addresses=OFFICES)
    assert project.refuse("address_group", name="offices", **options).startswith(expected)


def test_neither_name_nor_id(project: Project) -> None:
    assert "name, id" in project.fail("address_group", addresses=OFFICES)["msg"]


@pytest.mark.parametrize("state", ["present", "absent"])
def test_two_groups_of_one_name(project: Project, state: str) -> None:
    """Groups of other addresses are not what runs at the same time have created."""
    ids = sorted(create(project.api, addresses=["198.51.100.0/24"]) for _number in range(2))
    message = project.refuse("address_group", name="offices", addresses=OFFICES, state=state)
    assert message.startswith(f"name: there are several address groups named 'offices': {', '.join(ids)}; ")


def test_a_name_that_is_taken(project: Project) -> None:
    group_id, other_id = create(project.api), create(project.api, "sites")
    message = project.refuse("address_group", id=group_id, name="sites")
    assert message == f"name: the project has an address group 'sites' already: {other_id}"


def test_a_group_that_rules_have_is_not_deleted(project: Project) -> None:
    group_id = create(project.api, addresses=OFFICES)
    for name in ("web", "db"):
        security_group_id = project.api.create_group(name)
        for protocol in ("tcp", "udp"):
            project.api.create_rule(security_group_id, protocol=protocol, remote_address_group_id=group_id)
    message = project.prevent("address_group", name="offices", state="absent")
    assert (
        message == "address group offices cannot be deleted while rules have it: security group db, security group web"
    )


@pytest.mark.needs("security-groups-default-rules")
def test_a_group_that_a_default_rule_has_is_not_deleted(project: Project, admin: Api) -> None:
    """Neutron would delete it, and then fail to create any security group."""
    group_id = create(project.api)
    rule = {"direction": "ingress", "remote_address_group_id": group_id}
    used = {"used_in_default_sg": False, "used_in_non_default_sg": True}
    body = {"default_security_group_rule": {**rule, **used}}
    default_rule = admin.post("network", "/default-security-group-rules", body)["default_security_group_rule"]
    try:
        with pytest.raises(CloudError, match=r"while rules have it: the default rules of the cloud$"):
            project.call("address_group", name="offices", state="absent")
    finally:
        admin.delete("network", f"/default-security-group-rules/{default_rule['id']}")
    assert project.settle("address_group", name="offices", state="absent")["changed"]


@pytest.mark.parametrize(
    ("module", "options"),
    [
        ("address_group", {"name": "offices", "addresses": OFFICES}),
        ("address_group_info", {}),
        ("security_group_set", {"groups": [{"name": "web", "rules": [{"remote_address_group": "offices"}]}]}),
    ],
)
def test_a_cloud_without_address_groups(project: Project, module: str, options: dict[str, Any]) -> None:
    with Proxy(Without("address-group")) as proxy, project.through(proxy) as cloud:
        with pytest.raises(CloudError) as caught:
            project.call(module, connection=cloud, **options)
        assert not proxy.traffic.writes()
    assert str(caught.value) == "this cloud has no address-groups: its Neutron lacks the extension address-group"


# Reading


def test_info(project: Project, admin: Api, requests: RequestLog) -> None:
    group_id = create(project.api, addresses=OFFICES)
    create(project.api, "sites")
    create(admin, "others")
    assert project.run("address_group_info")["address_groups"] == address_groups(project.api)
    for name in ("offices", group_id):
        with requests.record() as traffic:
            result = project.call("address_group_info", name=name)
        assert result == {"changed": False, "address_groups": address_groups(project.api, name="offices")}
        queries = [request.query for request in traffic if request.service == "neutron"]
        assert queries == [{"name": [name]}, {"id": [name]}]
    assert project.call("address_group_info", name="nowhere")["address_groups"] == []


def test_info_of_a_project(administrator: Project, project: Project) -> None:
    create(project.api)
    result = administrator.call("address_group_info", project=project.name)
    assert result["address_groups"] == address_groups(project.api)
