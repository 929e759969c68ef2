# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What security_group and security_group_rule refuse: with one clear error, before anything is changed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ansible_collections.portcullis.openstack.tests.integration.bad_rules import BAD_RULES
from ansible_collections.portcullis.openstack.tests.integration.harness.project import Project
from ansible_collections.portcullis.openstack.tests.integration.harness.traffic import RequestLog

SSH = {"service": "ssh"}


@pytest.fixture(scope="module")
def standing(new_project: Callable[[], Project]) -> Project:
    """A project that nothing of this file may change."""
    project = new_project()
    project.api.create_group("standing")
    for _time in range(2):
        project.api.create_group("same", [{"protocol": "udp"}])
    return project


def refuse(project: Project, requests: RequestLog, module: str, **options: Any) -> tuple[str, str]:
    """Return the place and the problem that the error tells."""
    with requests.record() as traffic:
        message = project.refuse(module, **options)
    assert not traffic.writes()
    place, _colon, problem = message.partition(": ")
    return place, problem


@pytest.mark.parametrize(("rule", "field", "expected"), BAD_RULES)
def test_a_bad_rule_of_a_group(
    standing: Project, requests: RequestLog, rule: dict[str, Any], field: str, expected: str
) -> None:
    place, problem = refuse(standing, requests, "security_group", name="new", security_group_rules=[SSH, rule])
    assert place == f"security group new, rule 2, {field}"
    assert expected in problem


@pytest.mark.parametrize(("rule", "field", "expected"), BAD_RULES)
def test_a_bad_rule(standing: Project, requests: RequestLog, rule: dict[str, Any], field: str, expected: str) -> None:
    place, problem = refuse(standing, requests, "security_group_rule", security_group="standing", **rule)
    assert place in (field, f"security group standing, rule 1, {field}")
    assert expected in problem
    absent = {"security_group": "standing", "state": "absent", **rule}
    if expected.startswith("there is no "):
        # No group can have a rule with a remote that does not exist.
        assert not standing.settle("security_group_rule", **absent)["changed"]
    else:
        assert standing.refuse("security_group_rule", **absent) == f"{place}: {problem}"


BAD_GROUPS: list[tuple[dict[str, Any], str, str]] = [
    ({"name": ""}, "name", "it is empty"),
    ({"name": "x" * 256}, "name", "256 characters"),
    ({"name": "Default"}, "name", "the cloud alone creates"),
    ({"name": "default", "state": "absent"}, "name", "the cloud alone creates, names and deletes"),
    ({"name": "same"}, "name", "there are several security groups named 'same'"),
    ({"name": "same", "state": "absent"}, "name", "there are several security groups named 'same'"),
    ({"name": "new", "id": "00000000-0000-4000-8000-000000000000"}, "id", "there is no security group with the id"),
    ({"name": "new", "id": "standing"}, "id", "there is no security group with the id"),
    ({"name": "new", "description": "x" * 256}, "description", "256 characters"),
    ({"name": "new", "tags": ["a,b"]}, "tags", "'a,b' is not a tag"),
    ({"name": "new", "tags": [""]}, "tags", "'' is not a tag"),
    ({"name": "new", "tags": ["portcullis-owner:me"]}, "tags", "marks an owner"),
    ({"name": "standing", "security_group_rules": [{"remote_group": "same"}]}, "rule 1, remote_group", "several"),
    (
        {"name": "new", "security_group_rules": [{**SSH, "description": "a"}, {**SSH, "description": "b"}]},
        "rule 2, description",
        "an earlier entry has the same rule described as 'a'",
    ),
]


@pytest.mark.parametrize(("options", "field", "expected"), BAD_GROUPS)
def test_a_bad_group(
    standing: Project, requests: RequestLog, options: dict[str, Any], field: str, expected: str
) -> None:
    place, problem = refuse(standing, requests, "security_group", **options)
    assert place == f"security group {options['name']}, {field}" or (place, options["name"]) == (
        f"security group number 1, {field}",
        "",
    )
    assert expected in problem


@pytest.mark.parametrize("state", ["present", "absent"])
def test_a_rule_of_one_of_two_groups(standing: Project, requests: RequestLog, state: str) -> None:
    place, problem = refuse(standing, requests, "security_group_rule", security_group="same", state=state, **SSH)
    assert place == "security group same, security_group"
    assert "there are several security groups named 'same'" in problem


def test_a_rule_of_no_group(standing: Project, requests: RequestLog) -> None:
    place, problem = refuse(standing, requests, "security_group_rule", security_group="nobody", **SSH)
    assert place == "security group nobody, security_group"
    assert "there is no such group in the project" in problem


BAD_OPTIONS: list[tuple[str, dict[str, Any], str]] = [
    ("security_group", {}, "name"),
    ("security_group", {"name": "new", "state": "gone"}, "state"),
    ("security_group", {"name": "new", "stateful": "perhaps"}, "stateful"),
    ("security_group", {"name": "new", "security_group_rules": [{"port": 22}]}, "port"),
    ("security_group", {"name": "new", "security_group_rules": [{"direction": "in"}]}, "direction"),
    ("security_group", {"name": "new", "security_group_rules": [{"ether_type": "IPv5"}]}, "ether_type"),
    ("security_group_rule", {"protocol": "tcp"}, "security_group"),
    ("security_group_rule", {"security_group": "standing", "port_range_min": "http"}, "port_range_min"),
    ("security_group_rule", {"security_group": "standing", "direction": "in"}, "direction"),
    ("security_group_rule", {"security_group": "standing", "protocol": "tcp", "ports": ["70000"]}, "ports"),
]


@pytest.mark.parametrize(("module", "options", "field"), BAD_OPTIONS)
def test_options_as_ansible_judges_them(
    standing: Project, requests: RequestLog, module: str, options: dict[str, Any], field: str
) -> None:
    with requests.record() as traffic:
        message = standing.fail(module, **options)["msg"]
    assert field in message
    assert not traffic.writes()
