# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a plan needs of the cloud."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

import pytest

from ansible_collections.portcullis.openstack.plugins.module_utils._groups.group import DesiredGroup, Group
from ansible_collections.portcullis.openstack.plugins.module_utils._groups.limits import (
    GROUPS,
    POLICIES,
    RULES,
    needed_extensions,
    needed_policies,
    needed_room,
    shortage,
)
from ansible_collections.portcullis.openstack.plugins.module_utils._groups.plan import GroupPlan
from ansible_collections.portcullis.openstack.plugins.module_utils._rules.rule import Rule, make_rule
from ansible_collections.portcullis.openstack.tests.unit.plugins.module_utils.builders import (
    group,
    planned,
    references,
    tcp,
    wanted,
)

EGRESS = (make_rule(direction="egress"), make_rule(direction="egress", ether_type="IPv6"))


def plan(desired: list[DesiredGroup], current: list[Group]) -> GroupPlan:
    return planned(desired, current, references(desired, current, address_groups={"ag-id": "offices"}))


SHARED = dataclasses.replace(group("web"), shares={"p1": "policy"})


@pytest.mark.parametrize(
    ("desired", "current", "aliases"),
    [
        (wanted("web", tcp(22)), None, set()),
        (wanted("web", tags=frozenset("t")), None, {"standard-attr-tag"}),
        (wanted("web", stateful=False), group("web"), {"stateful-security-group"}),
        (wanted("web", shared_with={"p2": "two"}), group("web"), {"rbac-security-groups"}),
        (wanted("web", shared_with={}), SHARED, {"rbac-security-groups"}),
        (
            wanted("web", tcp(22, remote_address_group="offices")),
            group("web"),
            {"security-groups-remote-address-group"},
        ),
        (wanted("web"), group("web", tcp(22, remote_address_group="ag-id")), set()),
        (wanted("web", stateful=True, tags=frozenset()), group("web"), set()),
    ],
)
def test_extensions(desired: DesiredGroup, current: Group | None, aliases: set[str]) -> None:
    needs = needed_extensions(plan([desired], [] if current is None else [current]))
    assert set(needs) == aliases
    assert set(needs.values()) <= {"security group web"}


def lite(port: int) -> Rule:
    return make_rule(protocol="udplite", port_range_min=port, port_range_max=port)


CURRENT = [
    group("web", tcp(1), tcp(2)),
    group("old", tcp(1), tcp(2), tcp(3)),
    group("lite", lite(1)),
    group("lighter", lite(1), lite(2)),
]
OLD = wanted("old", present=False)


@pytest.mark.parametrize(
    ("desired", "normal", "delete_first"),
    [
        pytest.param([wanted("web", tcp(1))], {}, {}, id="rules are deleted"),
        pytest.param(
            [wanted("web", tcp(1), tcp(2, description="new"))], {RULES: 0}, {RULES: 0}, id="a description changes"
        ),
        pytest.param(
            [wanted("new", *(dataclasses.replace(rule, description="new") for rule in EGRESS))],
            {GROUPS: 1, RULES: 2},
            {GROUPS: 1, RULES: 2},
            id="descriptions of the template's rules change",
        ),
        pytest.param(
            [wanted("lite", lite(2), lite(3)), wanted("lighter", lite(4), tcp(3))],
            {RULES: 2},
            {RULES: 1},
            id="rules that share an ACL are deleted first",
        ),
        pytest.param([wanted("web", tcp(3), tcp(4), tcp(5))], {RULES: 3}, {RULES: 1}, id="rules are replaced"),
        pytest.param([wanted("web", tcp(3)), OLD], {RULES: 1}, {RULES: -4}, id="a group is deleted with its rules"),
        pytest.param(
            [wanted("new", tcp(1), *EGRESS)],
            {GROUPS: 1, RULES: 3},
            {GROUPS: 1, RULES: 3},
            id="a group with its template's rules",
        ),
        pytest.param(
            [wanted("new", tcp(1)), OLD],
            {GROUPS: 1, RULES: 3},
            {GROUPS: 0, RULES: -2},
            id="a group without its template's rules",
        ),
        pytest.param(
            [wanted("new", tcp(1), purge_rules=False)],
            {GROUPS: 1, RULES: 3},
            {GROUPS: 1, RULES: 3},
            id="a group that keeps its template's rules",
        ),
        pytest.param([wanted("new", *EGRESS)], {GROUPS: 1}, {GROUPS: 1}, id="the template gives all rules"),
    ],
)
def test_room(desired: list[DesiredGroup], normal: dict[str, int], delete_first: dict[str, int]) -> None:
    planned = plan(desired, CURRENT)
    assert needed_room(planned, EGRESS, delete_first=False) == normal
    assert needed_room(planned, EGRESS, delete_first=True) == delete_first


@pytest.mark.parametrize(
    ("shared_with", "room"), [({}, {}), ({"p1": "one"}, {}), ({"p2": "two"}, {POLICIES: 0}), (None, {})]
)
def test_policies(shared_with: dict[str, str] | None, room: dict[str, int]) -> None:
    assert needed_policies(plan([wanted("web", shared_with=shared_with)], [SHARED])) == room


def test_policies_that_do_not_fit() -> None:
    message = shortage({POLICIES: 2}, {POLICIES: 2}, {POLICIES: {"limit": 10, "used": 9}})
    assert message is not None
    assert message.startswith("the plan needs 2 more RBAC policies, but the project's quota is 10 and 9 are used. Ask")


def test_a_group_that_is_not_there_has_no_rules_to_lose() -> None:
    assert needed_room(plan([wanted("never", present=False)], []), EGRESS, delete_first=False) == {}


def quota_of(limit: int, used: int) -> dict[str, dict[str, int]]:
    return {RULES: {"limit": limit, "used": used - 1, "reserved": 1}}


@pytest.mark.parametrize("quota", [{}, quota_of(-1, 1000), quota_of(20, 10), {GROUPS: {"limit": 0, "used": 0}}])
def test_what_fits(quota: Mapping[str, Mapping[str, int]]) -> None:
    assert shortage({RULES: 10}, {RULES: 5}, quota) is None


def test_what_does_not_fit() -> None:
    message = shortage({GROUPS: 1, RULES: 10}, {GROUPS: 1, RULES: 5}, quota_of(20, 16))
    assert message is not None
    assert message.startswith(
        "the plan needs 10 more security group rules, but the project's quota is 20 and 16 are used. Ask"
    )


@pytest.mark.parametrize("room", [0, -1])
@pytest.mark.parametrize(
    ("kind", "things", "more"),
    [
        (RULES, "security group rules", ", not even to replace a rule whose description changes"),
        (GROUPS, "security groups", ""),
        (POLICIES, "RBAC policies", ""),
    ],
)
def test_a_project_over_its_quota(kind: str, things: str, more: str, room: int) -> None:
    assert shortage({kind: room}, {kind: room}, {kind: {"limit": 20, "used": 30}}) == (
        f"the project's quota of {things} is 20, and 30 are used: the cloud creates no more{more}. "
        "Ask for a higher quota, or delete what is no longer needed"
    )


def test_what_only_the_order_prevents() -> None:
    message = shortage({RULES: 10}, {RULES: 4}, quota_of(20, 16))
    assert message is not None
    assert "16 are used. With delete_first, which deletes old ones first, the plan needs 4 more" in message
