# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An administrator gives another project's group by its id: names mean groups of that project."""

from __future__ import annotations

import pytest

from ansible_collections.portcullis.openstack.tests.integration.harness.api import Body
from ansible_collections.portcullis.openstack.tests.integration.harness.project import Project, lines

RULE = "security_group_rule"


@pytest.fixture
def web(project: Project) -> str:
    """A group of a project that is not the administrator's."""
    return project.api.create_group("web")


def remotes(project: Project, field: str = "remote_group_id") -> list[str]:
    return [rule[field] for rule in project.api.group("web")["security_group_rules"] if rule[field]]


@pytest.mark.parametrize("name", ["default", "web"])
def test_a_remote_group(project: Project, administrator: Project, web: str, name: str) -> None:
    administrator.settle(RULE, security_group=web, service="ssh", remote_group=name)
    assert remotes(project) == [project.api.group(name)["id"]]
    result = administrator.settle(RULE, security_group=web, service="ssh", remote_group=name, state="absent")
    assert result["changed"]
    assert remotes(project) == []


def test_a_remote_group_of_the_administrators_own(project: Project, administrator: Project, web: str) -> None:
    """Its name means nothing in the other project; its id does."""
    own = administrator.api.create_group("only-here")
    message = administrator.refuse(RULE, security_group=web, service="ssh", remote_group="only-here")
    assert "there is no security group 'only-here'" in message
    absent = {"security_group": web, "service": "ssh", "remote_group": "only-here", "state": "absent"}
    assert not administrator.settle(RULE, **absent)["changed"]
    administrator.settle(RULE, security_group=web, service="ssh", remote_group=own)
    assert remotes(project) == [own]
    administrator.api.delete("network", f"/security-groups/{own}")


def test_a_remote_address_group(project: Project, administrator: Project, web: str) -> None:
    ids = [
        str(one.api.post("network", "/address-groups", {"address_group": {"name": "offices"}})["address_group"]["id"])
        for one in (project, administrator)
    ]
    administrator.settle(RULE, security_group=web, service="ssh", remote_address_group="offices")
    assert remotes(project, "remote_address_group_id") == ids[:1]
    administrator.api.delete("network", f"/address-groups/{ids[1]}")


def test_rules_of_a_whole_group(project: Project, administrator: Project, web: str) -> None:
    rules = [{"service": "ssh", "remote_groups": ["default", "web"]}]
    administrator.settle("security_group", id=web, name="web", security_group_rules=rules)
    assert sorted(remotes(project)) == sorted([project.api.group("default")["id"], web])


def test_a_new_name(project: Project, administrator: Project, web: str) -> None:
    db = project.api.create_group("db")
    message = administrator.refuse("security_group", id=db, name="web")
    assert message.startswith(f"security group web, name: the project has a security group 'web' already: {web}")
    own = administrator.api.create_group("front")
    administrator.settle("security_group", id=db, name="front")
    assert project.api.group_names() == ["front", "web"]
    administrator.api.delete("network", f"/security-groups/{own}")


def test_two_groups_of_one_name_are_shown_with_their_ids(project: Project, administrator: Project, web: str) -> None:
    """One is the administrator's own, and one that of the project."""
    own = administrator.api.create_group("web")
    rules: list[Body] = [{"service": "ssh", "remote_groups": [own, web]}]
    result = administrator.settle("security_group", id=web, name="web", security_group_rules=rules)
    assert lines(result)[0] == f"security group web ({web})"
    assert [line for line in lines(result) if line.startswith("  +")] == sorted(
        f"  + ingress IPv4 tcp 22 from group web ({id_})" for id_ in (own, web)
    )
    administrator.api.delete("network", f"/security-groups/{own}")


def test_a_new_group_of_a_strangers_name(project: Project, administrator: Project) -> None:
    """The one that is to be created has no id to show yet."""
    theirs = administrator.share("security_group", "front", project)
    rules = [{"service": "ssh", "remote_groups": [theirs, "front"]}]
    result = project.settle("security_group_set", groups=[{"name": "front", "rules": rules}])
    assert lines(result)[1:] == [
        "  + ingress IPv4 tcp 22 from group front",
        f"  + ingress IPv4 tcp 22 from group front ({theirs})",
    ]
    administrator.api.delete("network", f"/security-groups/{theirs}")
