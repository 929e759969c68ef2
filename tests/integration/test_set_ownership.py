# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Owners of groups: their tag, adoption, other owners, pruning."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.portcullis.openstack.tests.integration.harness.project import Project, lines

SSH = {"name": "ssh", "rules": [{"service": "ssh"}]}
WEB = {"name": "web", "rules": [{"service": "https"}]}


def test_groups_carry_their_owner(project: Project) -> None:
    result = project.set([SSH], owner="team-a")
    assert "  + owner: team-a" in lines(result)
    assert project.api.tags("ssh") == ["portcullis-owner:team-a"]


def test_a_group_without_owner_is_adopted(project: Project) -> None:
    project.api.create_group("ssh", tags=["blue"])
    result = project.set([SSH], owner="team-a")
    assert lines(result)[0] == "security group ssh"
    assert "  + owner: team-a" in lines(result)
    assert project.api.tags("ssh") == ["blue", "portcullis-owner:team-a"]


@pytest.mark.parametrize("state", ["present", "absent"])
@pytest.mark.parametrize("owner", ["team-a", None])
def test_a_group_of_another_owner_is_an_error(project: Project, owner: str | None, state: str) -> None:
    project.set([SSH], owner="team-b")
    groups = [WEB, {"name": "ssh", "state": state}]
    message = project.refuse("security_group_set", groups=groups, owner=owner)
    assert "security group ssh, owner: it belongs to owner 'team-b'" in message


def test_prune_deletes_only_what_is_this_owners(project: Project) -> None:
    project.set([{"name": "theirs", "rules": []}], owner="team-b")
    project.api.create_group("nobodys")
    project.set([SSH, WEB], owner="team-a", prune=True)
    result = project.set([WEB], owner="team-a", prune=True)
    assert lines(result) == [
        "security group ssh (deleted)",
        "  - ingress IPv4 tcp 22 from 0.0.0.0/0",
    ]
    assert result["counts"]["groups"] == {"created": 0, "updated": 0, "deleted": 1}
    assert project.api.group_names() == ["nobodys", "theirs", "web"]


def test_prune_is_off_unless_asked_for(project: Project) -> None:
    project.set([SSH, WEB], owner="team-a")
    assert not project.set([WEB], owner="team-a")["changed"]
    assert project.api.group_names() == ["ssh", "web"]


def test_prune_of_an_empty_set_deletes_all_of_the_owner(project: Project) -> None:
    project.set([SSH, WEB], owner="team-a")
    project.set([], owner="team-a", prune=True)
    assert project.api.group_names() == []


def test_prune_also_deletes_namesakes_of_each_other(project: Project) -> None:
    for _time in range(2):
        project.api.create_group("same", tags=["portcullis-owner:team-a"])
    project.set([WEB], owner="team-a", prune=True)
    assert project.api.group_names() == ["web"]


def test_a_pruned_group_is_nobodys_remote(project: Project) -> None:
    project.set([SSH], owner="team-a")
    groups = [{"name": "web", "rules": [{"service": "https", "remote_group": "ssh"}]}]
    message = project.refuse("security_group_set", groups=groups, owner="team-a", prune=True)
    assert "security group web, rule 1, remote_group: this run deletes security group 'ssh'" in message


def test_prune_needs_an_owner(project: Project) -> None:
    message = project.fail("security_group_set", groups=[], prune=True)["msg"]
    assert "owner" in message


RULE_FROM_SSH = {"service": "https", "remote_group": "ssh"}


@pytest.mark.parametrize("owner", ["team-a", "team-b"])
def test_rules_elsewhere_keep_a_group_from_being_deleted(project: Project, owner: str) -> None:
    """Neutron would delete them with the group that they name, whoever made them."""
    project.set([SSH], owner="team-a")
    project.set([{"name": "elsewhere", "rules": [RULE_FROM_SSH]}], owner=owner)
    gone: dict[str, Any] = {"groups": [{"name": "ssh", "state": "absent"}], "owner": "team-a"}
    loss = "rules of security group elsewhere name ssh, and Neutron would delete them with it"
    assert loss in project.prevent("security_group_set", **gone)
    assert project.call("security_group_set", cascade=True, **gone)["changed"]
    assert project.api.rules("elsewhere") == []


def test_rules_elsewhere_keep_a_group_from_being_pruned(project: Project) -> None:
    project.set([SSH], owner="team-a")
    project.set([{"name": "theirs", "rules": [RULE_FROM_SSH]}], owner="team-b")
    message = project.prevent("security_group_set", groups=[], owner="team-a", prune=True)
    assert "rules of security group theirs name ssh, and Neutron would delete them" in message


def test_rules_that_go_in_the_same_run_keep_nothing(project: Project) -> None:
    project.set([SSH, {"name": "web", "rules": [RULE_FROM_SSH]}], owner="team-a")
    result = project.set([{"name": "web", "rules": []}], owner="team-a", prune=True)
    assert "  - ingress IPv4 tcp 443 from group ssh" in lines(result)
    assert project.api.group_names() == ["web"]


def test_tags(project: Project) -> None:
    project.set([{**SSH, "tags": ["red", "blue"]}], owner="team-a")
    assert project.api.tags("ssh") == ["blue", "portcullis-owner:team-a", "red"]
    assert not project.set([SSH], owner="team-a")["changed"]
    result = project.set([{**SSH, "tags": ["blue", "green"]}], owner="team-a")
    assert lines(result) == ["security group ssh", "  - tag red", "  + tag green"]
    project.set([{**SSH, "tags": []}], owner="team-a")
    assert project.api.tags("ssh") == ["portcullis-owner:team-a"]


def test_tags_without_an_owner(project: Project) -> None:
    project.set([{**SSH, "tags": ["red"]}])
    project.set([{**SSH, "tags": []}])
    assert project.api.tags("ssh") == []
