# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How security_group_set talks to the cloud: few requests, bulks of a bounded size, no rule is deleted early."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.portcullis.openstack.tests.integration.harness.project import Project
from ansible_collections.portcullis.openstack.tests.integration.harness.traffic import RequestLog

BULK = 50


def ports(first: int, count: int) -> list[dict[str, Any]]:
    """Rules for every other port, so that no two could be one."""
    return [{"protocol": "tcp", "ports": [str(port)]} for port in range(first, first + 2 * count, 2)]


def test_a_run_without_changes_is_one_list_however_many_groups(project: Project, requests: RequestLog) -> None:
    rules = [*ports(1000, 3), {"direction": "egress", "ether_type": "any"}]
    groups = [{"name": f"group-{number:03}", "rules": rules} for number in range(100)]
    with requests.record() as first:
        project.call("security_group_set", groups=groups)
    assert len(first.to("POST", "/security-groups")) == 100 // BULK
    with requests.record() as second:
        result = project.run("security_group_set", groups=groups)
    assert not result["changed"]
    assert len(result["groups"]) == 100
    assert second.calls() == [
        "GET /v3",
        "POST /v3/auth/tokens",
        "GET /v2.0/security-groups",
    ]


@pytest.mark.parametrize("number", [100, 250])
def test_rules_come_in_bulks(project: Project, requests: RequestLog, number: int) -> None:
    with requests.record() as traffic:
        project.call("security_group_set", groups=[{"name": "web", "rules": ports(2000, number)}])
    assert len(project.api.rules("web")) == number
    assert len(traffic.to("POST", "/security-group-rules")) == -(-number // BULK)
    assert not project.call("security_group_set", groups=[{"name": "web", "rules": ports(2000, number)}])["changed"]


def test_groups_come_in_one_request(project: Project, requests: RequestLog) -> None:
    groups = [{"name": f"group-{number}", "rules": [], "purge_rules": False} for number in range(20)]
    with requests.record() as traffic:
        project.call("security_group_set", groups=groups)
    assert [str(request) for request in traffic.writes()] == ["POST /v2.0/security-groups 201"]


def test_new_rules_are_created_before_old_ones_are_deleted(project: Project, requests: RequestLog) -> None:
    old = [{"name": name, "rules": ports(1000, 4)} for name in ("a", "b")]
    new = [{"name": name, "rules": ports(1002, 4)} for name in ("a", "b")]
    project.call("security_group_set", groups=old)
    with requests.record() as traffic:
        project.call("security_group_set", groups=new)
    assert traffic.writes().methods() == ["POST", "POST", "DELETE", "DELETE"]


def test_groups_come_first_then_rules_then_deletes(project: Project, requests: RequestLog) -> None:
    project.call("security_group_set", groups=[{"name": "old", "rules": []}, {"name": "web", "rules": ports(1000, 2)}])
    groups = [
        {"name": "new", "rules": [{"service": "ssh", "remote_group": "web"}]},
        {"name": "web", "rules": [*ports(1002, 2), {"service": "ssh", "remote_group": "new"}]},
        {"name": "old", "state": "absent"},
    ]
    with requests.record() as traffic:
        project.call("security_group_set", groups=groups)
    steps = traffic.writes().steps()
    assert steps == [
        "POST security-groups",
        "POST security-group-rules",
        "POST security-group-rules",
        "DELETE security-group-rules",
        "DELETE security-group-rules",
        "DELETE security-group-rules",
        "DELETE security-groups",
    ]


def test_a_replace_is_the_only_delete_before_a_create(project: Project, requests: RequestLog) -> None:
    described = {"service": "ssh", "description": "old"}
    project.call("security_group_set", groups=[{"name": "web", "rules": [described, *ports(1000, 1)]}])
    new = [{**described, "description": "new"}, *ports(2000, 1)]
    with requests.record() as traffic:
        project.call("security_group_set", groups=[{"name": "web", "rules": new}])
    assert traffic.writes().methods() == ["POST", "DELETE", "POST", "DELETE"]


def test_long_names_are_read_in_one_list_of_all(project: Project, requests: RequestLog) -> None:
    """Their filter would not fit into a URL."""
    groups = [{"name": f"{number:03}" + "ä" * 250, "purge_rules": False} for number in range(30)]
    project.call("security_group_set", groups=groups)
    with requests.record() as traffic:
        assert not project.call("security_group_set", groups=groups)["changed"]
    assert len(traffic) == 1
    assert traffic[0].query == {"project_id": [project.id]}


def test_a_run_asks_only_for_the_groups_it_names(project: Project, requests: RequestLog) -> None:
    project.api.create_group("bastion")
    groups = [{"name": "web", "rules": [{"service": "ssh", "remote_group": "bastion"}]}]
    project.call("security_group_set", groups=groups)
    with requests.record() as traffic:
        project.call("security_group_set", groups=groups)
    assert [request.query for request in traffic] == [{"project_id": [project.id], "name": ["bastion", "web"]}]
