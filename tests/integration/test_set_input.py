# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What security_group_set refuses: with one clear error, before anything is changed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ansible_collections.portcullis.openstack.tests.integration.bad_rules import BAD_RULES
from ansible_collections.portcullis.openstack.tests.integration.harness.project import Project
from ansible_collections.portcullis.openstack.tests.integration.harness.traffic import RequestLog

GOOD = {"name": "good", "rules": [{"service": "ssh"}]}

BAD_GROUPS: list[tuple[dict[str, Any], str]] = [
    ({"name": ""}, "security group number 2, name: it is empty"),
    ({"name": "x" * 256}, "name: it has 256 characters"),
    ({"name": "good"}, "security group good, name: the set has it already"),
    ({"name": "Default"}, "security group Default, name: the cloud alone creates"),
    ({"name": "default", "state": "absent"}, "security group default, name: the cloud alone creates, names and"),
    ({"name": "bad", "description": "x" * 256}, "security group bad, description: it has 256 characters"),
    ({"name": "bad", "tags": ["portcullis-owner:me"]}, "security group bad, tags:"),
    ({"name": "bad", "tags": ["a,b"]}, "security group bad, tags: 'a,b' is not a tag"),
    ({"name": "bad", "tags": ["x" * 256]}, "security group bad, tags:"),
    ({"name": "bad", "tags": [str(number) for number in range(51)]}, "security group bad, tags:"),
    (
        {"name": "bad", "rules": [{"service": "ssh", "description": "a"}, {"service": "ssh", "description": "b"}]},
        "security group bad, rule 2, description: an earlier entry has the same rule described as 'a'",
    ),
]

BAD_OPTIONS: list[tuple[dict[str, Any], str]] = [
    ({"owner": "two words"}, "owner: 'two words' is not a label"),
    ({"owner": ""}, "owner:"),
    ({"catalogue": {"app": ["tcp/x"]}}, "catalogue: service app: 'tcp/x'"),
    ({"catalogue": {"app": "tcp/80"}}, "catalogue: service app"),
    ({"catalogue": {"app": ["http/80"]}}, "catalogue: service app"),
]


@pytest.fixture(scope="module")
def standing(new_project: Callable[[], Project]) -> Project:
    """A project that nothing of this file may change."""
    project = new_project()
    project.api.create_group("standing")
    return project


def refuse(project: Project, requests: RequestLog, **options: Any) -> str:
    with requests.record() as traffic:
        message = project.refuse("security_group_set", **options)
    assert not traffic.writes()
    return message


@pytest.mark.parametrize(("rule", "field", "problem"), BAD_RULES)
def test_a_bad_rule(standing: Project, requests: RequestLog, rule: dict[str, Any], field: str, problem: str) -> None:
    bad = {"name": "bad", "rules": [{"service": "https"}, rule]}
    message = refuse(standing, requests, groups=[GOOD, bad, {"name": "standing", "rules": []}])
    place, _colon, reason = message.partition(": ")
    assert place == f"security group bad, rule 2, {field}"
    assert problem in reason


@pytest.mark.parametrize(("group", "start"), BAD_GROUPS)
def test_a_bad_group(standing: Project, requests: RequestLog, group: dict[str, Any], start: str) -> None:
    assert start in refuse(standing, requests, groups=[GOOD, group])


@pytest.mark.parametrize(("options", "start"), BAD_OPTIONS)
def test_a_bad_option(standing: Project, requests: RequestLog, options: dict[str, Any], start: str) -> None:
    assert refuse(standing, requests, groups=[GOOD], **options).startswith(start)


@pytest.mark.parametrize(
    "bad", [{"name": "same"}, {"name": "same", "state": "absent"}, {"name": "web", "rules": [{"remote_group": "same"}]}]
)
def test_two_groups_of_one_name(project: Project, requests: RequestLog, bad: dict[str, Any]) -> None:
    ids = sorted(project.api.create_group("same", [{"protocol": "udp"}]) for _number in range(2))
    message = refuse(project, requests, groups=[GOOD, bad])
    assert f"there are several security groups named 'same': {', '.join(ids)}" in message


def test_two_address_groups_of_one_name(project: Project, requests: RequestLog) -> None:
    body = {"address_group": {"name": "same", "addresses": ["192.0.2.0/24"]}}
    ids = sorted(project.api.post("network", "/address-groups", body)["address_group"]["id"] for _number in range(2))
    groups = [GOOD, {"name": "web", "rules": [{"service": "ssh", "remote_address_group": "same"}]}]
    message = refuse(project, requests, groups=groups)
    assert f"there are several address groups named 'same': {', '.join(ids)}" in message


def test_one_of_two_groups_of_one_name_by_its_id(project: Project) -> None:
    same = project.api.create_group("same")
    project.api.create_group("same")
    project.set([{"name": "web", "rules": [{"service": "ssh", "remote_group": same}]}])
    (rule,) = project.api.group("web")["security_group_rules"]
    assert rule["remote_group_id"] == same
