# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""security_group_info: the cloud filters, the module tells."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ansible_collections.portcullis.openstack.tests.integration.harness.project import Project, completed
from ansible_collections.portcullis.openstack.tests.integration.harness.traffic import RequestLog, Traffic


@pytest.fixture(scope="module")
def filled(new_project: Callable[[], Project]) -> Project:
    """A project with a few groups."""
    project = new_project()
    project.api.create_group("web", [{"protocol": "tcp"}], tags=["red", "blue"])
    project.api.create_group("db", tags=["red"])
    project.api.create_group("same", tags=["green"])
    project.api.create_group("same")
    return project


def asked(traffic: Traffic) -> list[dict[str, list[str]]]:
    """Return the filters of all requests for groups."""
    return [request.query for request in traffic if request.path.endswith("/security-groups")]


def as_neutron_has_them(result: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the groups of a result without what the module adds."""
    return [{key: group[key] for key in group if key != "template_rules"} for group in result["security_groups"]]


FILTERS: list[tuple[dict[str, Any], dict[str, list[str]], list[str]]] = [
    ({}, {}, ["db", "default", "same", "same", "web"]),
    ({"tags": ["red"]}, {"tags": ["red"]}, ["db", "web"]),
    ({"tags": ["red", "blue"]}, {"tags": ["red,blue"]}, ["web"]),
    ({"any_tags": ["blue", "green"]}, {"tags-any": ["blue,green"]}, ["same", "web"]),
    ({"not_tags": ["red", "blue"]}, {"not-tags": ["red,blue"]}, ["db", "default", "same", "same"]),
    ({"not_any_tags": ["red", "green"]}, {"not-tags-any": ["red,green"]}, ["default", "same"]),
    ({"tags": ["red"], "not_tags": ["blue"]}, {"tags": ["red"], "not-tags": ["blue"]}, ["db"]),
]


@pytest.mark.parametrize(("options", "query", "expected"), FILTERS)
def test_filters(
    filled: Project,
    requests: RequestLog,
    options: dict[str, Any],
    query: dict[str, list[str]],
    expected: list[str],
) -> None:
    with requests.record() as traffic:
        result = filled.call("security_group_info", **options)
    assert [group["name"] for group in result["security_groups"]] == expected
    assert asked(traffic) == [query]
    assert not result["changed"]


def test_by_name(filled: Project, requests: RequestLog) -> None:
    with requests.record() as traffic:
        result = filled.call("security_group_info", name="web")
    assert as_neutron_has_them(result) == [completed(filled.api.group("web"))]
    assert {"name": ["web"]} in [request.query for request in traffic]


def test_by_id(filled: Project, requests: RequestLog) -> None:
    web = filled.api.group("web")
    with requests.record() as traffic:
        result = filled.call("security_group_info", name=web["id"])
    assert as_neutron_has_them(result) == [completed(web)]
    assert {"id": [web["id"]]} in [request.query for request in traffic]


def test_all_of_one_name(filled: Project) -> None:
    result = filled.call("security_group_info", name="same")
    assert [group["name"] for group in result["security_groups"]] == ["same", "same"]


def test_by_name_and_tags(filled: Project) -> None:
    (group,) = filled.call("security_group_info", name="same", tags=["green"])["security_groups"]
    assert group["tags"] == ["green"]
    assert filled.call("security_group_info", name="web", tags=["green"])["security_groups"] == []


def test_an_unknown_name_is_an_empty_list(filled: Project) -> None:
    assert filled.call("security_group_info", name="nobody")["security_groups"] == []


def test_by_description(project: Project) -> None:
    project.api.create_group("web", description="Web servers")
    project.api.create_group("db", description="Databases")
    (group,) = project.call("security_group_info", description="Web servers")["security_groups"]
    assert group["name"] == "web"
    assert project.call("security_group_info", description="Web")["security_groups"] == []


def test_by_revision_number(project: Project) -> None:
    project.api.create_group("web", [{"protocol": "tcp"}])
    revision = project.api.group("web")["revision_number"]
    found = project.call("security_group_info", name="web", revision_number=revision)["security_groups"]
    assert [group["name"] for group in found] == ["web"]
    assert project.call("security_group_info", name="web", revision_number=revision + 1)["security_groups"] == []


def test_names_are_matched_whole(filled: Project) -> None:
    assert filled.call("security_group_info", name="we")["security_groups"] == []


def test_by_project(filled: Project, administrator: Project, requests: RequestLog) -> None:
    with requests.record() as traffic:
        result = administrator.call("security_group_info", project=filled.name)
    assert [group["name"] for group in result["security_groups"]] == ["db", "default", "same", "same", "web"]
    assert asked(traffic) == [{"project_id": [filled.id]}]
    assert administrator.call("security_group_info", project_id=filled.id) == result


def test_as_a_process_and_in_check_mode(filled: Project) -> None:
    real = filled.run("security_group_info", name="web")
    check = filled.run("security_group_info", name="web", check_mode=True)
    assert as_neutron_has_them(real) == as_neutron_has_them(check) == [completed(filled.api.group("web"))]
    assert not real["changed"]


def test_template_rules_are_listed(filled: Project) -> None:
    groups = {group["name"]: group for group in filled.call("security_group_info")["security_groups"]}
    for name, from_template in (
        ("web", {"egress"}),
        ("default", {"egress", "ingress"}),
    ):
        rules = {rule["id"]: rule for rule in groups[name]["security_group_rules"]}
        listed = set(groups[name]["template_rules"])
        assert {rules[id_]["direction"] for id_ in listed} == from_template
        own = [rule for id_, rule in rules.items() if id_ not in listed]
        assert [rule["protocol"] for rule in own] == (["tcp"] if name == "web" else [])
