# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Clouds that hide from these credentials what others see, or answer otherwise than Neutron: nothing is guessed."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.portcullis.openstack.plugins.module_utils._common.errors import CloudError
from ansible_collections.portcullis.openstack.tests.integration.harness.clouds_that_lack import Hidden
from ansible_collections.portcullis.openstack.tests.integration.harness.project import Project
from ansible_collections.portcullis.openstack.tests.integration.harness.proxy import (
    Answer,
    Behaviour,
    Proxy,
    json_answer,
    neutron_error,
)

SET = "security_group_set"
WEB: dict[str, Any] = {"name": "web", "rules": [{"service": "https"}]}
LABEL = "portcullis-owner:team-b"


def hiding(*attributes: str) -> Behaviour:
    """Return a cloud whose policy does not show some attributes of groups and rules."""
    return Hidden("security-group[^/]*", *attributes)


def answering(end: str, answer: Answer) -> Behaviour:
    """Return what gives another answer to reads whose path ends so."""
    return lambda call, forward: answer if call.method == "GET" and call.path.endswith(end) else forward(call)


def refused(project: Project, behaviour: Behaviour, module: str, arguments: dict[str, Any]) -> str:
    """Return what a run fails with before it writes anything."""
    before = project.api.snapshot()
    messages = set()
    for check_mode in (True, False):
        with Proxy(behaviour) as proxy, project.through(proxy) as connection, pytest.raises(CloudError) as caught:
            project.call(module, check_mode=check_mode, connection=connection, **arguments)
        assert not proxy.traffic.writes()
        messages.add(str(caught.value))
    assert project.api.snapshot() == before
    (message,) = messages
    return message


@pytest.fixture
def theirs(project: Project) -> Project:
    """A project with a group that has another owner."""
    project.api.create_group("web", tags=[LABEL])
    return project


@pytest.mark.parametrize(
    ("hidden", "module", "arguments"),
    [
        ("tags", SET, {"groups": [WEB], "owner": "team-a"}),
        ("tags", SET, {"groups": [WEB]}),
        ("tags", SET, {"groups": [{"name": "web", "state": "absent"}]}),
        ("tags", SET, {"groups": [{"name": "new"}], "owner": "team-a"}),
        ("tags", SET, {"groups": [], "owner": "team-b", "prune": True}),
        ("tags", "security_group", {"name": "web", "tags": ["red"]}),
        ("stateful", "security_group", {"name": "web", "stateful": True}),
    ],
)
def test_what_the_plan_depends_on(theirs: Project, hidden: str, module: str, arguments: dict[str, Any]) -> None:
    message = refused(theirs, hiding(hidden), module, arguments)
    assert message.startswith(f"the cloud does not show {hidden} of security group ")


@pytest.mark.parametrize("hidden", ["security_group_rules", "remote_ip_prefix", "port_range_min", "protocol"])
def test_rules(theirs: Project, hidden: str) -> None:
    message = refused(theirs, hiding(hidden), "security_group", {"name": "web", "security_group_rules": []})
    assert message.startswith(f"the cloud does not show {hidden} of security groups to these credentials")


@pytest.mark.parametrize(
    "hidden",
    [("revision_number",), ("project_id", "tenant_id"), ("created_at", "updated_at", "description"), ("stateful",)],
)
def test_what_nothing_depends_on(project: Project, hidden: tuple[str, ...]) -> None:
    """The life of a group, without a look at it."""
    with Proxy(hiding(*hidden)) as proxy, project.through(proxy) as connection:
        for groups in ([WEB], [{"name": "web", "rules": [{"service": "ssh"}]}], [{"name": "web", "state": "absent"}]):
            arguments: dict[str, Any] = {"groups": groups, "owner": "team-a"}
            assert project.call(SET, connection=connection, **arguments)["changed"]
            assert not project.call(SET, connection=connection, **arguments)["changed"]
    assert project.api.groups() == []


ODD: list[Any] = [
    [],
    "text",
    {},
    {"error": "x"},
    {"security_groups": None},
    {"security_groups": {}},
    {"security_groups": ["x"]},
]


@pytest.mark.parametrize("body", ODD, ids=str)
def test_other_json(project: Project, body: Any) -> None:
    message = refused(project, answering("/security-groups", json_answer(200, body)), SET, {"groups": [WEB]})
    assert "GET /security-groups" in message
    assert "not a JSON object" in message or "without a list of security_groups" in message


QUOTAS = "/details.json"


@pytest.mark.parametrize("status", [401, 403])
def test_a_quota_that_is_not_shown(project: Project, status: int) -> None:
    """The plan is carried out, with a warning; the cloud itself judges."""
    behaviour = answering(QUOTAS, neutron_error(status, "PolicyNotAuthorized", "disallowed by policy"))
    with Proxy(behaviour) as proxy, project.through(proxy) as connection:
        for check_mode in (True, False):
            result = project.call(SET, check_mode=check_mode, connection=connection, groups=[WEB])
            (warning,) = result["warnings"]
            assert warning.startswith(
                f"the cloud does not show the quota of project {project.id}, so the plan may exceed it"
            )
            assert f"was answered {status}" in warning
    assert project.api.rules("web") == ["ingress IPv4 tcp 443:443"]


@pytest.mark.parametrize(
    "body", [{}, {"quota": None}, {"quota": {"security_group": 10}}, {"quota": {"x": {}}}], ids=str
)
def test_a_quota_of_another_kind(project: Project, body: Any) -> None:
    with Proxy(answering(QUOTAS, json_answer(200, body))) as proxy, project.through(proxy) as connection:
        assert project.call(SET, connection=connection, groups=[WEB])["changed"]
