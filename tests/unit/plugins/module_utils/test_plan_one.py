# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Plans of one group told by its id, of rules that should go, of tags that should stay, and of sharing."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from ansible_collections.portcullis.openstack.plugins.module_utils._common.errors import InputError
from ansible_collections.portcullis.openstack.plugins.module_utils._groups.desired import desired_rules
from ansible_collections.portcullis.openstack.plugins.module_utils._groups.group import DesiredGroup, Group
from ansible_collections.portcullis.openstack.plugins.module_utils._groups.plan import Action, Plan, plan_groups
from ansible_collections.portcullis.openstack.plugins.module_utils._rules.rule import make_rule

from .builders import group, references, wanted

SSH = make_rule(protocol="tcp", port_range_min=22, port_range_max=22)
HTTP = make_rule(protocol="tcp", port_range_min=80, port_range_max=80)


def plan(desired: DesiredGroup, *current: Group, **options: Any) -> Plan:
    return plan_groups([desired], current, references([desired], current), **options)


def test_a_group_told_by_its_id_is_renamed() -> None:
    planned = plan(wanted("new", id="old-id"), group("old"), group("other"))
    assert planned.render() == "security group old: update\n  ~ name: 'old' -> 'new'\n"
    assert planned.after()[0]["name"] == "new"


def test_a_group_told_by_its_id_is_deleted_and_no_namesake() -> None:
    gone = wanted("new", id="old-id", present=False)
    assert plan(gone, group("old"), group("new")).render().splitlines()[0] == "security group old: delete"
    assert not plan(gone, group("new"))


def test_a_group_told_by_its_id_must_exist() -> None:
    with pytest.raises(InputError, match=r"^security group new, id: there is no security group with the id 'none'"):
        plan(wanted("new", id="none"), group("new"))


@pytest.mark.parametrize("told_by", ["web", "web-id"])
@pytest.mark.parametrize(
    ("state", "expected"),
    [("present", ["+ ingress IPv4 tcp 80 from 0.0.0.0/0"]), ("absent", ["- ingress IPv4 tcp 22 from 0.0.0.0/0"])],
)
def test_rules_come_and_go_alone(told_by: str, state: str, expected: list[str]) -> None:
    options = {"protocol": "tcp", "ports": ["80"] if state == "present" else ["22", "23"], "state": state}
    planned = plan(desired_rules(told_by, options, {}), group("web", SSH, make_rule()))
    assert [line.strip() for line in planned.render().splitlines()[1:]] == expected


def test_rules_of_a_group_that_is_not_there() -> None:
    options = {"protocol": "tcp", "ports": ["22"]}
    assert not plan(desired_rules("web", {**options, "state": "absent"}, {}))
    with pytest.raises(InputError, match=r"^security group web, security_group: there is no such group in the project"):
        plan(desired_rules("web", options, {}))


def test_a_rule_needs_a_group() -> None:
    with pytest.raises(InputError, match="security_group"):
        desired_rules("", {}, {})


def test_all_rules_but_unwanted_ones_stay() -> None:
    desired = DesiredGroup("web", rules=((HTTP,),), purge_rules=False, unwanted=((SSH,),))
    (change,) = plan(desired, group("web", SSH, make_rule())).changes
    assert [rule.key for rule in change.rules.create] == [HTTP.key]
    assert [rule.key for rule in change.rules.delete] == [SSH.key]


@pytest.mark.parametrize(
    ("purge_tags", "owner", "expected"),
    [
        (True, None, {"b"}),
        (False, None, {"a", "b"}),
        (True, "me", {"b", "portcullis-owner:me"}),
    ],
)
def test_tags_stay_or_go(purge_tags: bool, owner: str | None, expected: set[str]) -> None:
    desired = DesiredGroup("web", tags=frozenset("b"), purge_tags=purge_tags)
    (change,) = plan(desired, group("web", tags=["a"]), owner=owner).changes
    assert change.tags == frozenset(expected)


def test_whoever_may_change_any_owners_group_leaves_the_owner() -> None:
    current = group("web", tags=["portcullis-owner:them", "a"])
    (change,) = plan(DesiredGroup("web", tags=frozenset("b")), current, any_owner=True).changes
    assert change.tags == frozenset({"portcullis-owner:them", "b"})
    assert change.adopted_by is None


def test_sharing() -> None:
    current = dataclasses.replace(group("web"), shares={"p1": "policy-1", "p2": "policy-2"})
    planned = plan(DesiredGroup("web", shared_with={"p2": "two", "p3": "three"}), current)
    assert planned.render() == (
        "security group web: update\n  + shared with project three\n  - shared with project p1\n"
    )
    (change,) = planned.changes
    assert (change.share, change.unshare) == ({"p3": "three"}, {"p1": "policy-1"})
    assert plan(DesiredGroup("web"), current).changes[0].action is Action.NOTHING


def test_a_renamed_group_may_name_itself_by_its_new_name() -> None:
    desired = wanted("new", make_rule(remote_group="new"), id="old-id")
    (change,) = plan(desired, group("old")).changes
    assert [rule.remote_group for rule in change.rules.create] == ["old-id"]


def test_what_could_pass_for_a_line_of_the_plan_is_quoted() -> None:
    planned = plan(wanted("a\n+ b", make_rule(description="x\ny"), tags=frozenset({"t\nu"})))
    assert planned.render() == (
        "security group 'a\\n+ b': create\n  + tag 't\\nu'\n  + ingress IPv4 any from 0.0.0.0/0 ('x\\ny')\n"
    )


def test_a_group_is_not_renamed_to_a_name_that_is_taken() -> None:
    with pytest.raises(InputError, match=r"name: the project has a security group 'b' already: b-id$"):
        plan(wanted("b", id="a-id"), group("a"), group("b"))


def test_a_rule_whose_remote_does_not_exist_is_absent() -> None:
    options = {"protocol": "tcp", "ports": ["22"], "remote_groups": ["nobody"], "state": "absent"}
    assert not plan(desired_rules("web", options, {}), group("web", SSH))


@pytest.mark.parametrize("state", ["present", "absent"])
def test_a_group_told_by_its_id_may_be_its_own_remote(state: str) -> None:
    own = make_rule(remote_group="web-id")
    options = {"remote_group": "web-id", "state": state}
    planned = plan(desired_rules("web-id", options, {}), group("web", own))
    assert planned.render() == (
        "" if state == "present" else "security group web: update\n  - ingress IPv4 any from group web\n"
    )
