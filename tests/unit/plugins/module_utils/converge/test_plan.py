# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The plan of a run in lines, in numbers and as a sentence."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.portcullis.openstack.plugins.module_utils._attachments.ports import (
    Context,
    Port,
    PortChange,
    Wish,
    plan_port,
)
from ansible_collections.portcullis.openstack.plugins.module_utils._converge.plan import Plan, summary
from ansible_collections.portcullis.openstack.plugins.module_utils._groups.group import new_reference
from ansible_collections.portcullis.openstack.tests.unit.plugins.module_utils.builders import (
    group,
    planned,
    references,
    tcp,
    wanted,
)


def port_change(name: str, *after: str) -> PortChange:
    """Return the change of a port that has no groups."""
    port = Port(f"{name}-id", "project-id", None, "net-id", name, True, (), None)
    return plan_port(port, f"port {name}", [Wish("present", after)], Context())


def plan(*, groups: bool = False, ports: bool = False) -> Plan:
    """Return a plan with or without changes of groups and ports, among others that do not change."""
    desired = [wanted("new", tcp(22)), wanted("same")] if groups else [wanted("same")]
    current = [group("same"), group("old", tcp(1), tcp(2))]
    known = references(desired, current)
    if groups:
        desired.append(wanted("old", present=False))
    changes = [port_change("a", "same-id", new_reference("new")), port_change("b")] if ports else [port_change("b")]
    return Plan(planned(desired, current, known), changes)


def test_a_plan_shows_groups_and_then_ports() -> None:
    assert plan(groups=True, ports=True).render() == (
        "security group new: create\n"
        "  + ingress IPv4 tcp 22 from 0.0.0.0/0\n"
        "security group old: delete\n"
        "  - ingress IPv4 tcp 1 from 0.0.0.0/0\n"
        "  - ingress IPv4 tcp 2 from 0.0.0.0/0\n"
        "port a: update\n"
        "  - (no security groups: all traffic is denied)\n"
        "  + security group new\n"
        "  + security group same\n"
    )


@pytest.mark.parametrize("groups", [True, False])
@pytest.mark.parametrize("ports", [True, False])
def test_a_plan_is_empty_if_neither_groups_nor_ports_change(groups: bool, ports: bool) -> None:
    planned = plan(groups=groups, ports=ports)
    assert bool(planned) is (groups or ports)
    assert bool(planned.render()) is (groups or ports)


def test_counts() -> None:
    assert plan(groups=True, ports=True).counts() == {
        "groups": {"created": 1, "updated": 0, "deleted": 1},
        "rules": {"created": 1, "updated": 0, "deleted": 2},
        "ports": {"updated": 1, "selected": 2},
    }


def numbers(groups: tuple[int, int, int], rules: tuple[int, int, int], ports: tuple[int, int]) -> dict[str, Any]:
    return {
        "groups": dict(zip(("created", "updated", "deleted"), groups, strict=True)),
        "rules": dict(zip(("created", "updated", "deleted"), rules, strict=True)),
        "ports": dict(zip(("updated", "selected"), ports, strict=True)),
    }


@pytest.mark.parametrize(
    ("counts", "planned", "done"),
    [
        pytest.param(
            numbers((3, 1, 0), (14, 0, 4), (2, 8)),
            "Plan: 3 groups to create, 1 to change, 0 to delete; 14 rules to add, 4 to remove; 2 of 8 ports to change.",
            "Done: 3 groups created, 1 changed, 0 deleted; 14 rules added, 4 removed; 2 of 8 ports changed.",
            id="plural",
        ),
        pytest.param(
            numbers((1, 0, 2), (1, 0, 0), (1, 1)),
            "Plan: 1 group to create, 0 to change, 2 to delete; 1 rule to add, 0 to remove; 1 of 1 port to change.",
            "Done: 1 group created, 0 changed, 2 deleted; 1 rule added, 0 removed; 1 of 1 port changed.",
            id="singular",
        ),
        pytest.param(
            numbers((0, 1, 0), (0, 2, 1), (0, 0)),
            "Plan: 0 groups to create, 1 to change, 0 to delete; 2 rules to add, 3 to remove; 0 of 0 ports to change.",
            "Done: 0 groups created, 1 changed, 0 deleted; 2 rules added, 3 removed; 0 of 0 ports changed.",
            id="a new description removes and adds the rule",
        ),
        pytest.param(
            numbers((0, 0, 0), (0, 0, 0), (1, 3)),
            "Plan: 0 groups to create, 0 to change, 0 to delete; 0 rules to add, 0 to remove; 1 of 3 ports to change.",
            "Done: 0 groups created, 0 changed, 0 deleted; 0 rules added, 0 removed; 1 of 3 ports changed.",
            id="ports alone",
        ),
    ],
)
def test_summary(counts: dict[str, Any], planned: str, done: str) -> None:
    assert summary(counts, done=False) == planned
    assert summary(counts, done=True) == done


@pytest.mark.parametrize("done", [False, True])
def test_summary_of_nothing_to_change(done: bool) -> None:
    assert summary(numbers((0, 0, 0), (0, 0, 0), (0, 8)), done=done) == "Nothing to change."
