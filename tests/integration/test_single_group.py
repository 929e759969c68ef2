# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""security_group over the life of a group: check, create, again, change, shrink, delete; names, tags, sharing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ansible_collections.portcullis.openstack.plugins.module_utils._common.errors import InputError
from ansible_collections.portcullis.openstack.tests.integration.harness.project import Project, completed, lines
from ansible_collections.portcullis.openstack.tests.integration.harness.traffic import RequestLog

RULES: list[dict[str, Any]] = [
    {"protocol": "tcp", "port_range_min": 443, "port_range_max": 443, "remote_ip_prefix": "0.0.0.0/0"},
    {"direction": "egress", "ether_type": "any"},
]
LINES = ["egress IPv4 any", "egress IPv6 any", "ingress IPv4 tcp 443:443 0.0.0.0/0"]
TEMPLATE = LINES[:2]


def test_create(project: Project) -> None:
    result = project.settle("security_group", name="web", description="Web servers", security_group_rules=RULES)
    assert lines(result) == [
        "security group web (does not exist)",
        "  + description: 'Web servers'",
        "  + egress IPv4 any to 0.0.0.0/0",
        "  + egress IPv6 any to ::/0",
        "  + ingress IPv4 tcp 443 from 0.0.0.0/0",
    ]
    assert result["security_group"] == completed(project.api.group("web"))
    assert project.api.rules("web") == LINES


def test_create_with_nothing_but_a_name(project: Project) -> None:
    project.settle("security_group", name="web")
    assert project.api.rules("web") == TEMPLATE


def test_create_without_rules(project: Project) -> None:
    project.settle("security_group", name="web", security_group_rules=[])
    assert project.api.rules("web") == []


def test_change_and_shrink(project: Project) -> None:
    project.settle("security_group", name="web", description="old", security_group_rules=RULES)
    ids = project.api.rule_ids("web")
    changed = [*RULES, {"service": "ssh", "remote_ip_prefix": "192.0.2.0/24"}]
    result = project.settle("security_group", name="web", description="new", security_group_rules=changed)
    assert lines(result) == [
        "security group web",
        "  - description: 'old'",
        "  + description: 'new'",
        "  + ingress IPv4 tcp 22 from 192.0.2.0/24",
    ]
    result = project.settle("security_group", name="web", security_group_rules=RULES[:1])
    assert lines(result) == [
        "security group web",
        "  - egress IPv4 any to 0.0.0.0/0",
        "  - egress IPv6 any to ::/0",
        "  - ingress IPv4 tcp 22 from 192.0.2.0/24",
    ]
    assert project.api.rule_ids("web") == {LINES[2]: ids[LINES[2]]}
    assert project.api.group("web")["description"] == "new"


def test_delete(project: Project) -> None:
    project.api.create_group("other")
    project.settle("security_group", name="web", security_group_rules=RULES)
    result = project.settle("security_group", name="web", state="absent")
    assert lines(result)[0] == "security group web (deleted)"
    assert "security_group" not in result
    assert project.api.group_names() == ["other"]
    assert not project.settle("security_group", name="never", state="absent")["changed"]


def test_delete_by_id_one_of_two_of_a_name(project: Project) -> None:
    gone, stays = (project.api.create_group("same") for _number in range(2))
    project.settle("security_group", name="same", id=gone, state="absent")
    assert [group["id"] for group in project.api.groups()] == [stays]


def test_rules_are_left_alone_when_none_are_given(project: Project) -> None:
    project.settle("security_group", name="web", security_group_rules=RULES)
    project.settle("security_group", name="web", description="described")
    assert project.api.rules("web") == LINES


def test_rules_are_kept_without_purge(project: Project) -> None:
    project.settle("security_group", name="web", security_group_rules=RULES)
    project.settle("security_group", name="web", purge_rules=False, security_group_rules=[{"service": "ssh"}])
    assert project.api.rules("web") == [*TEMPLATE, "ingress IPv4 tcp 22:22", LINES[2]]


def test_rename_by_id(project: Project) -> None:
    group = project.api.create_group("old", description="stays")
    result = project.settle("security_group", id=group, name="new")
    assert lines(result) == ["security group old", "  - name: 'old'", "  + name: 'new'"]
    assert result["security_group"]["name"] == "new"
    assert [(g["id"], g["name"], g["description"]) for g in project.api.groups()] == [(group, "new", "stays")]


def test_rename_with_a_rule_that_names_the_group_itself(project: Project) -> None:
    group = project.api.create_group("old")
    project.settle("security_group", id=group, name="new", security_group_rules=[{"remote_group": "new"}])
    assert project.api.rules("new") == ["ingress IPv4 any new"]


def test_a_name_that_is_taken_is_no_new_name(project: Project) -> None:
    group, taken = project.api.create_group("a"), project.api.create_group("b")
    message = project.refuse("security_group", id=group, name="b")
    assert message == f"security group b, name: the project has a security group 'b' already: {taken}"


def test_tags(project: Project) -> None:
    project.settle("security_group", name="web", tags=["red", "blue"])
    assert project.api.tags("web") == ["blue", "red"]
    result = project.settle("security_group", name="web", tags=["green"], purge_tags=False)
    assert lines(result) == ["security group web", "  + tag green"]
    assert not project.settle("security_group", name="web", tags=["red"], purge_tags=False)["changed"]
    result = project.settle("security_group", name="web", tags=["red"])
    assert lines(result) == ["security group web", "  - tag blue", "  - tag green"]
    assert not project.settle("security_group", name="web")["changed"]
    project.settle("security_group", name="web", tags=[])
    assert project.api.tags("web") == []


def test_the_tag_of_an_owner_stays(project: Project) -> None:
    project.set([{"name": "web", "tags": ["red"]}], owner="team-a")
    result = project.settle("security_group", name="web", tags=[], description="changed")
    assert "  - tag red" in lines(result)
    assert project.api.tags("web") == ["portcullis-owner:team-a"]
    assert not project.set([{"name": "web", "tags": []}], owner="team-a")["changed"]


def test_shared_with_projects(project: Project, new_project: Callable[[], Project], requests: RequestLog) -> None:
    one, two = new_project(), new_project()
    result = project.settle("security_group", name="web", shared_with=[one.id, two.id])
    assert sorted(lines(result)[1:]) == sorted(f"  + shared with project {p.id}" for p in (one, two))
    assert "web" in one.api.group_names()
    assert "web" in two.api.group_names()
    with requests.record() as traffic:
        result = project.settle("security_group", name="web", shared_with=[two.id])
    assert lines(result) == ["security group web", f"  - shared with project {one.id}"]
    assert traffic.writes().methods() == ["DELETE"]
    assert one.api.group_names() == []
    assert "web" in two.api.group_names()
    assert not project.settle("security_group", name="web")["changed"]
    project.settle("security_group", name="web", shared_with=[])
    assert two.api.group_names() == []


def test_shared_with_projects_by_name(
    project: Project, new_project: Callable[[], Project], administrator: Project
) -> None:
    """An administrator may look up names; and there, a name and the id behind it are one."""
    other, group = new_project(), project.api.create_group("web")
    options: dict[str, Any] = {"name": "web", "project": project.name, "shared_with": [other.name]}
    result = administrator.call("security_group", **options)
    assert lines(result) == ["security group web", f"  + shared with project {other.name}"]
    again = administrator.call("security_group", **options | {"shared_with": [other.id, other.name]})
    assert not again["changed"]
    assert [found["id"] for found in other.api.groups()] == [group]


def test_shared_with_a_project_that_does_not_exist(project: Project, requests: RequestLog) -> None:
    message = "security group web, shared_with: there is no project 'nowhere'"
    with requests.record() as traffic, pytest.raises(InputError, match=message):
        project.call("security_group", name="web", shared_with=["nowhere"])
    assert not traffic.writes()


def test_in_another_project(project: Project, administrator: Project) -> None:
    options: dict[str, Any] = {"name": "web", "project": project.id, "security_group_rules": RULES}
    assert administrator.call("security_group", **options)["security_group"]["project_id"] == project.id
    assert not administrator.call("security_group", **options)["changed"]
    assert project.api.rules("web") == LINES
    administrator.call("security_group", name="web", project=project.name, state="absent")
    assert project.api.group_names() == []


@pytest.mark.needs("stateful-security-group")
def test_stateful(project: Project) -> None:
    project.settle("security_group", name="web", stateful=False)
    assert not project.settle("security_group", name="web")["changed"]
    result = project.settle("security_group", name="web", stateful=True)
    assert lines(result) == ["security group web", "  - stateful: false", "  + stateful: true"]
    assert result["security_group"]["stateful"] is True


def port_with(project: Project, *groups: str, name: str = "") -> str:
    """Make a port with groups, as instances have them, and return its id."""
    (network,) = project.api.get("network", "/networks", params={"name": "demo"})["networks"]
    body = {"network_id": network["id"], "security_groups": list(groups), "name": name}
    return str(project.api.post("network", "/ports", {"port": body})["port"]["id"])


@pytest.mark.parametrize(
    ("options", "intent"),
    [
        pytest.param(
            {"stateful": False},
            "made stateful or stateless",
            marks=pytest.mark.needs("stateful-security-group"),
            id="stateful",
        ),
        pytest.param({"state": "absent"}, "deleted", id="absent"),
    ],
)
def test_what_ports_prevent(project: Project, requests: RequestLog, options: dict[str, Any], intent: str) -> None:
    group = project.api.create_group("web")
    ports = [port_with(project, group, name="front"), port_with(project, group)]
    with requests.record() as traffic:
        message = project.prevent("security_group", name="web", description="changed", **options)
    assert not traffic.writes()
    assert message.startswith(f"security group web cannot be {intent} while ports have it: ")
    assert all(port in message for port in ports)
    for port in ports:
        project.api.delete("network", f"/ports/{port}")
    project.settle("security_group", name="web", **options)


@pytest.mark.needs("stateful-security-group")
def test_what_ports_do_not_prevent(project: Project) -> None:
    port_with(project, project.api.create_group("web"))
    project.settle("security_group", name="web", description="changed", stateful=True, security_group_rules=RULES)
    assert project.api.rules("web") == LINES


def test_rules_of_other_groups_are_deleted_with_a_warning(project: Project) -> None:
    """Neutron deletes them without a word."""
    web = project.api.create_group("web", [{"protocol": "udp"}])
    project.api.create_rule(web, protocol="tcp", remote_group_id=web)
    project.api.create_group("db", [{"protocol": "tcp", "remote_group_id": web}])
    check = project.call("security_group", name="web", state="absent", check_mode=True)
    (warning,) = check["warnings"]
    assert warning.startswith("rules of security group db name web, and Neutron would delete them with it")
    result = project.call("security_group", name="web", state="absent")
    assert result["warnings"] == [warning]
    assert check["diff"] == result["diff"]
    assert project.api.rules("db") == TEMPLATE


def test_rules_of_other_groups_are_deleted_with_cascade(project: Project) -> None:
    web = project.api.create_group("web")
    project.api.create_group("db", [{"protocol": "tcp", "remote_group_id": web}])
    result = project.call("security_group", name="web", state="absent", cascade=True)
    assert result["warnings"] == []
    assert project.api.rules("db") == TEMPLATE


def test_the_projects_default_group(project: Project) -> None:
    """It has no creation and no end, but rules like any other."""
    rules = [{"direction": "egress", "ether_type": "any"}]
    result = project.settle("security_group", name="default", security_group_rules=rules)
    assert lines(result)[0] == "security group default"
    assert project.api.rules("default") == TEMPLATE


def test_as_a_process(project: Project) -> None:
    options: dict[str, Any] = {"name": "web", "tags": ["red"], "security_group_rules": RULES}
    check = project.run("security_group", check_mode=True, **options)
    assert project.api.group_names() == []
    assert {"name": "web", "tags": ["red"]}.items() <= check["security_group"].items()
    real = project.run("security_group", **options)
    assert check["diff"] == real["diff"]
    again = project.run("security_group", **options)
    assert not again["changed"]
    assert again["security_group"] == completed(project.api.group("web"))
    port = port_with(project, project.api.group("web")["id"])
    refused = project.fail("security_group", name="web", state="absent")
    assert port in refused["msg"]
    assert refused["msg"].endswith("This task changed nothing.")
