# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What opens paths and what closes some, apart: together they are the whole plan."""

from __future__ import annotations

import dataclasses

import pytest

from ansible_collections.portcullis.openstack.plugins.module_utils._groups.plan import (
    ADDITIONS,
    ALL,
    REMOVALS,
    Action,
    plan_groups,
)

from .builders import group, references, tcp, wanted

CURRENT = [
    dataclasses.replace(group("web", tcp(22), tcp(80)), shares={"p1": "policy-1"}),
    group("shrunk", tcp(22), tcp(80)),
    group("grown", tcp(22)),
    group("gone", tcp(22)),
    group("same", tcp(22)),
]
DESIRED = [
    wanted("web", tcp(80, description="new"), tcp(443), tags=frozenset("t"), shared_with={"p2": "two"}),
    wanted("shrunk", tcp(22)),
    wanted("grown", tcp(22), tcp(23)),
    wanted("gone", present=False),
    wanted("same", tcp(22)),
    wanted("made", tcp(22)),
]
ADDED = """\
security group grown: update
  + ingress IPv4 tcp 23 from 0.0.0.0/0
security group made: create
  + ingress IPv4 tcp 22 from 0.0.0.0/0
security group web: update
  + tag t
  + shared with project two
  + ingress IPv4 tcp 443 from 0.0.0.0/0
  + ingress IPv4 tcp 80 from 0.0.0.0/0 (new)
  - ingress IPv4 tcp 80 from 0.0.0.0/0
"""
REMOVED = """\
security group gone: delete
  - ingress IPv4 tcp 22 from 0.0.0.0/0
security group shrunk: update
  - ingress IPv4 tcp 80 from 0.0.0.0/0
security group web: update
  - shared with project p1
  - ingress IPv4 tcp 22 from 0.0.0.0/0
"""


def render(part: str) -> str:
    return plan_groups(DESIRED, CURRENT, references(DESIRED, CURRENT)).part(part).render()


@pytest.mark.parametrize(("part", "expected"), [(ADDITIONS, ADDED), (REMOVALS, REMOVED)])
def test_a_part(part: str, expected: str) -> None:
    assert render(part) == expected


def test_the_parts_are_the_whole() -> None:
    assert sorted(set(render(ALL).splitlines())) == sorted({*ADDED.splitlines(), *REMOVED.splitlines()})


@pytest.mark.parametrize(("part", "names"), [(ADDITIONS, ["gone", "made"]), (REMOVALS, [])])
def test_what_is_there_after_a_part(part: str, names: list[str]) -> None:
    desired = [wanted("gone", present=False), wanted("made")]
    current = [group("gone")]
    planned = plan_groups(desired, current, references(desired, current)).part(part)
    assert [body["name"] for body in planned.after()] == names


def test_nobody_misses_the_rules_of_an_idle_group() -> None:
    whole = plan_groups(DESIRED, CURRENT, references(DESIRED, CURRENT))
    assert whole.shrunk() == {"shrunk-id": "shrunk", "web-id": "web"}
    (change,) = [c for c in whole.part(ADDITIONS, idle={"shrunk-id"}).of(Action.UPDATE) if c.name == "shrunk"]
    assert [rule.port_range_min for rule in change.rules.delete] == [80]
    assert [c.name for c in whole.part(REMOVALS, idle={"shrunk-id"}).of(Action.UPDATE)] == ["web"]


@pytest.mark.parametrize(("part", "doomed"), [(ALL, {"gone-id": "gone"}), (ADDITIONS, {})])
def test_what_is_doomed(part: str, doomed: dict[str, str]) -> None:
    assert plan_groups(DESIRED, CURRENT, references(DESIRED, CURRENT)).part(part).doomed() == doomed
