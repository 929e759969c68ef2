# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Clouds of older releases, imitated: what they lack is named, what does not need it works."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.portcullis.openstack.plugins.module_utils._errors import CloudError
from ansible_collections.portcullis.openstack.tests.integration.harness.api import Api
from ansible_collections.portcullis.openstack.tests.integration.harness.clouds_that_lack import Without
from ansible_collections.portcullis.openstack.tests.integration.harness.project import Project
from ansible_collections.portcullis.openstack.tests.integration.harness.proxy import (
    Answer,
    Call,
    Forward,
    Proxy,
    neutron_error,
)

SET = "security_group_set"
DEFAULT_RULES = "security-groups-default-rules"


def hidden_default_rules(call: Call, forward: Forward) -> Answer:
    """Refuse the list of default rules, as a cloud whose administrator has made its policy stricter."""
    if call.path.endswith("/default-security-group-rules"):
        return neutron_error(403, "PolicyNotAuthorized", "it is disallowed by policy")
    return forward(call)


# The rules of new groups


@pytest.mark.parametrize(("room", "fits"), [(3, True), (2, False)])
def test_built_in_rules_count_against_the_quota(project: Project, admin: Api, room: int, fits: bool) -> None:
    """Before 2023.2 Neutron has no list of default rules, but gives every group two."""
    standing = len(project.api.group("default")["security_group_rules"])
    admin.put("network", f"/quotas/{project.id}", {"quota": {"security_group_rule": standing + room}})
    arguments: dict[str, Any] = {"groups": [{"name": "web", "rules": [{"service": "ssh"}]}]}
    with Proxy(Without(DEFAULT_RULES)) as proxy, project.through(proxy) as cloud:
        for check_mode in (True, False):
            if fits:
                assert project.call(SET, connection=cloud, check_mode=check_mode, **arguments)["changed"]
            else:
                with pytest.raises(CloudError, match="needs room for 3 more security group rules"):
                    project.call(SET, connection=cloud, check_mode=check_mode, **arguments)
        assert bool(proxy.traffic.writes()) == fits


def test_built_in_rules_are_those_of_the_template(project: Project) -> None:
    project.api.create_group("web", [{"protocol": "tcp"}])
    told = project.call("security_group_info")
    assert [len(group["template_rules"]) for group in told["security_groups"]] == [4, 2]
    with Proxy(Without(DEFAULT_RULES)) as proxy, project.through(proxy) as cloud:
        assert project.call("security_group_info", connection=cloud) == told


def test_default_rules_that_may_not_be_seen(project: Project) -> None:
    """They can be anything: none are taken for the built-in ones."""
    with Proxy(hidden_default_rules) as proxy, project.through(proxy) as cloud:
        (group,) = project.call("security_group_info", connection=cloud, name="default")["security_groups"]
        assert group["template_rules"] == []
        arguments: dict[str, Any] = {"groups": [{"name": "web", "rules": [{"service": "ssh"}]}]}
        assert project.call(SET, connection=cloud, **arguments)["changed"]
