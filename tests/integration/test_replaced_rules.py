# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A rule that is replaced, as for a new description, is there whatever happens: the new one or the old one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import Any

import pytest

from ansible_collections.portcullis.openstack.plugins.module_utils._common.errors import CloudError
from ansible_collections.portcullis.openstack.tests.integration.harness.api import Api
from ansible_collections.portcullis.openstack.tests.integration.harness.clouds_that_lack import Without
from ansible_collections.portcullis.openstack.tests.integration.harness.project import Project
from ansible_collections.portcullis.openstack.tests.integration.harness.proxy import (
    Answer,
    Behaviour,
    Call,
    Forward,
    Proxy,
    cut_after,
    cut_before,
    neutron_error,
    refuse,
)
from ansible_collections.portcullis.openstack.tests.integration.harness.template import (
    create_default_rule,
    default_rules,
    restored,
)

OLD: dict[str, Any] = {"service": "ssh", "description": "old"}
NEW = {**OLD, "description": "new"}
OLD_LINE, NEW_LINE = "ingress IPv4 tcp 22:22 (old)", "ingress IPv4 tcp 22:22 (new)"
DEFAULT_RULE = "default_security_group_rule"
CALLS: list[tuple[str, dict[str, Any]]] = [
    ("security_group_set", {"groups": [{"name": "web", "rules": [NEW]}]}),
    ("security_group", {"name": "web", "security_group_rules": [NEW]}),
    ("security_group_rule", {"security_group": "web", **NEW}),
]
IDS = [module for module, _options in CALLS]


@pytest.fixture
def web(project: Project) -> Project:
    """A project with a group that has one rule with a description."""
    project.call("security_group_set", groups=[{"name": "web", "rules": [OLD]}])
    return project


class OnPost:
    """A fault at the creation of rules: at each one, or at those of some positions, counted from 0."""

    def __init__(self, fault: Behaviour, *positions: int) -> None:
        self._fault = fault
        self._positions = positions
        self._seen = 0
        self.ports: list[int] = []

    def __call__(self, call: Call, forward: Forward) -> Answer:
        if call.method != "POST" or "security-group-rules" not in call.path:
            return forward(call)
        self._seen += 1
        self.ports += [rule["port_range_min"] for rule in call.json().get("security_group_rules", ())]
        hit = not self._positions or self._seen - 1 in self._positions
        return (self._fault if hit else _allowed)(call, forward)


def _allowed(call: Call, forward: Forward) -> Answer:
    return forward(call)


def forbidden(_call: Call, _forward: Forward) -> Answer:
    return neutron_error(403, "PolicyNotAuthorized", "rule:create_security_group_rule is disallowed by policy")


def over_quota(_call: Call, _forward: Forward) -> Answer:
    return neutron_error(409, "OverQuota", "Quota exceeded for resources: ['security_group_rule'].")


@pytest.mark.parametrize(("module", "options"), CALLS, ids=IDS)
def test_a_project_over_its_quota(web: Project, admin: Api, module: str, options: dict[str, Any]) -> None:
    """Neutron would not even create what has just been deleted."""
    admin.limit(web.id, security_group_rule=3)
    message = web.prevent(module, **options)
    assert message.startswith("the project's quota of security group rules is 3, and 5 are used: ")
    admin.limit(web.id, security_group_rule=5)
    web.settle(module, **options)
    assert web.api.rules("web") == [NEW_LINE]


@pytest.mark.parametrize(("module", "options"), CALLS, ids=IDS)
def test_a_cloud_that_lets_nobody_create_rules(web: Project, module: str, options: dict[str, Any]) -> None:
    """Rights to delete are not rights to create: the run learns that before it deletes anything."""
    with (
        Proxy(OnPost(forbidden)) as proxy,
        web.through(proxy) as connection,
        pytest.raises(CloudError, match="disallowed by policy") as caught,
    ):
        web.call(module, connection=connection, **options)
    assert not caught.value.done
    assert "DELETE" not in proxy.traffic.methods()
    assert web.api.rules("web") == [OLD_LINE]


def test_a_full_project_whose_quota_cannot_be_seen(web: Project, admin: Api) -> None:
    module, options = CALLS[0]
    admin.limit(web.id, security_group_rule=3)
    with (
        Proxy(Without("quota_details")) as proxy,
        web.through(proxy) as connection,
        pytest.raises(CloudError, match="Quota exceeded") as caught,
    ):
        web.call(module, connection=connection, **options)
    assert not caught.value.done
    assert web.api.rules("web") == [OLD_LINE]


@pytest.mark.parametrize("fault", [forbidden, over_quota], ids=["403", "quota"])
@pytest.mark.parametrize(("module", "options"), CALLS, ids=IDS)
def test_the_old_rule_is_put_back(web: Project, module: str, options: dict[str, Any], fault: Behaviour) -> None:
    with Proxy(OnPost(fault, 1, 4)) as proxy, web.through(proxy) as connection, pytest.raises(CloudError) as caught:
        web.call(module, connection=connection, **options)
    assert caught.value.done[-1] == "put 1 rule back into security group web"
    assert web.api.rules("web") == [OLD_LINE]
    assert web.call(module, **options)["changed"]
    assert web.api.rules("web") == [NEW_LINE]


@pytest.mark.parametrize("fault", [refuse(500), refuse(503), cut_before, cut_after])
@pytest.mark.parametrize("position", [0, 1])
def test_what_passes(web: Project, fault: Behaviour, position: int) -> None:
    module, options = CALLS[0]
    with Proxy(OnPost(fault, position)) as proxy, web.through(proxy) as connection:
        assert web.call(module, connection=connection, **options)["changed"]
    assert web.api.rules("web") == [NEW_LINE]


def test_a_cloud_that_takes_none_of_the_two(web: Project) -> None:
    """The error names it, and another run creates the rule."""
    module, options = CALLS[0]
    with (
        Proxy(OnPost(forbidden, 1, 2)) as proxy,
        web.through(proxy) as connection,
        pytest.raises(CloudError, match="Rules that were deleted to be replaced could not be restored: POST"),
    ):
        web.call(module, connection=connection, **options)
    web.settle(module, **options)
    assert web.api.rules("web") == [NEW_LINE]


# Others at work


def first(act: Callable[[], object]) -> Behaviour:
    """Return what lets someone else act right before a request."""

    def behaviour(call: Call, forward: Forward) -> Answer:
        act()
        return forward(call)

    return behaviour


@pytest.mark.parametrize(("module", "options"), CALLS, ids=IDS)
def test_someone_deletes_the_rule_before_it_is_replaced(web: Project, module: str, options: dict[str, Any]) -> None:
    def delete() -> None:
        web.api.delete("network", f"/security-group-rules/{web.api.rule_ids('web')[OLD_LINE]}")

    with Proxy(OnPost(first(delete), 0)) as proxy, web.through(proxy) as connection:
        assert web.call(module, connection=connection, **options)["changed"]
    assert web.api.rules("web") == [NEW_LINE]


@pytest.mark.parametrize(("module", "options"), CALLS, ids=IDS)
def test_another_run_creates_the_old_rule_again(web: Project, module: str, options: dict[str, Any]) -> None:
    """As it does to find out whether it may, or to put the rule back."""
    group = web.api.group("web")["id"]
    old = {"protocol": "tcp", "port_range_min": 22, "port_range_max": 22, "description": "old"}
    fault = first(lambda: web.api.create_rule(group, **old))
    with Proxy(OnPost(fault, 1, 4)) as proxy, web.through(proxy) as connection:
        assert web.call(module, connection=connection, **options)["changed"]
    assert web.api.rules("web") == [NEW_LINE]


@pytest.mark.parametrize(("module", "options"), CALLS, ids=IDS)
def test_the_same_run_several_times_at_once(web: Project, module: str, options: dict[str, Any]) -> None:
    for _round in range(4):
        web.settle(CALLS[0][0], groups=[{"name": "web", "rules": [OLD]}])
        with ExitStack() as stack:
            connections = [stack.enter_context(web.through(stack.enter_context(Proxy()))) for _run in range(3)]
            pool = stack.enter_context(ThreadPoolExecutor(len(connections)))
            runs = [pool.submit(web.call, module, connection=each, **options) for each in connections]
            assert [run.exception() for run in runs] == [None] * len(runs)
        assert web.api.rules("web") == [NEW_LINE]


# Rules that share an ACL


def lite(port: int, description: str = "", **options: Any) -> dict[str, Any]:
    return {"protocol": "udplite", "ports": [str(port)], "description": description, **options}


def test_a_rule_that_is_deleted_does_not_come_back(project: Project) -> None:
    """Someone else has deleted it in the meantime; no rule that stays shows whether the run may create one."""
    project.call("security_group_set", groups=[{"name": "web", "rules": [lite(1000)]}])
    (rule,) = project.api.rule_ids("web").values()
    wanted = [{"name": "web", "rules": [lite(2000)]}]

    def delete() -> None:
        project.api.delete("network", f"/security-group-rules/{rule}")

    posts = OnPost(first(delete), 0)
    with Proxy(posts) as proxy, project.through(proxy) as connection:
        assert project.call("security_group_set", connection=connection, groups=wanted)["changed"]
        assert posts.ports == [2000]
    project.settle("security_group_set", groups=[{"name": "web", "rules": [lite(3000)]}])


def test_a_cloud_that_lets_nobody_create_rules_of_one_acl(project: Project) -> None:
    project.call("security_group_set", groups=[{"name": "web", "rules": [lite(1000)]}])
    before = project.api.rules("web")
    wanted = [{"name": "web", "rules": [lite(2000)]}]
    with Proxy(OnPost(forbidden)) as proxy, project.through(proxy) as connection, pytest.raises(CloudError) as caught:
        project.call("security_group_set", connection=connection, groups=wanted)
    assert not caught.value.done
    assert project.api.rules("web") == before


def test_a_new_description_and_another_spelling_of_anywhere(project: Project) -> None:
    """To Neutron, no prefix and 0.0.0.0/0 are one, and a rule keeps the one that it was created with."""
    old = {"direction": "ingress", "protocol": "udplite", "port_range_min": 1000, "port_range_max": 1000}
    group = project.api.create_group("web", rules=[{**old, "description": "old"}])
    wanted = lite(1000, "new", remote_ip_prefix="0.0.0.0/0")
    project.settle("security_group_set", groups=[{"name": "web", "rules": [wanted]}])
    (rule,) = (rule for rule in project.api.group("web")["security_group_rules"] if rule["direction"] == "ingress")
    assert (rule["security_group_id"], rule["description"]) == (group, "new")


# Default rules


@pytest.fixture
def operator(administrator: Project, admin: Api) -> Iterator[Project]:
    """The cloud's administrator; the cloud has a default rule with a description."""
    with restored(admin):
        uses = {"used_in_default_sg": False, "used_in_non_default_sg": True}
        ssh = {"protocol": "tcp", "port_range_min": 22, "port_range_max": 22}
        create_default_rule(admin, **ssh, **uses, description="old")
        yield administrator


def described(operator: Project) -> list[str]:
    return [rule["description"] for rule in default_rules(operator.api, port_range_min=22)]


@pytest.mark.needs("security-groups-default-rules")
@pytest.mark.parametrize("positions", [(), (1,)], ids=["always", "the second"])
def test_a_default_rule(operator: Project, positions: tuple[int, ...]) -> None:
    with (
        Proxy(OnPost(forbidden, *positions)) as proxy,
        operator.through(proxy) as connection,
        pytest.raises(CloudError, match="disallowed by policy") as caught,
    ):
        operator.call(DEFAULT_RULE, connection=connection, **NEW)
    assert bool(caught.value.done) == bool(positions)
    assert described(operator) == ["old"]
    operator.settle(DEFAULT_RULE, **NEW)
    assert described(operator) == ["new"]


@pytest.mark.needs("security-groups-default-rules")
def test_a_default_rule_that_cannot_be_deleted(operator: Project) -> None:
    """Nothing was deleted, so nothing is put back."""

    def keep(call: Call, forward: Forward) -> Answer:
        return forbidden(call, forward) if call.method == "DELETE" else forward(call)

    with Proxy(keep) as proxy, operator.through(proxy) as connection, pytest.raises(CloudError) as caught:
        operator.call(DEFAULT_RULE, connection=connection, **NEW)
    assert "could not be restored" not in str(caught.value)
    assert "disallowed by policy" in str(caught.value)
    assert not caught.value.done
    assert described(operator) == ["old"]
