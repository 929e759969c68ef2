# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The state of the cloud after a plan, and the connections at the end of a plan."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

import pytest

from ansible_collections.portcullis.openstack.plugins.module_utils._attachments.ports import (
    Context,
    Port,
    PortChange,
    Wish,
    plan_port,
)
from ansible_collections.portcullis.openstack.plugins.module_utils._common.difference import as_text
from ansible_collections.portcullis.openstack.plugins.module_utils._converge.connections import (
    Connections,
    can_change_connections,
    state_after,
)
from ansible_collections.portcullis.openstack.plugins.module_utils._converge.plan import Plan
from ansible_collections.portcullis.openstack.plugins.module_utils._exposure.connections import Connection
from ansible_collections.portcullis.openstack.plugins.module_utils._exposure.state import Port as ExposedPort
from ansible_collections.portcullis.openstack.plugins.module_utils._exposure.state import State
from ansible_collections.portcullis.openstack.plugins.module_utils._groups.group import (
    DesiredGroup,
    Group,
    new_reference,
)
from ansible_collections.portcullis.openstack.plugins.module_utils._rules.rule import Rule, make_rule
from ansible_collections.portcullis.openstack.tests.unit.plugins.module_utils.builders import (
    group,
    planned,
    references,
    tcp,
    wanted,
)

TEMPLATE = (make_rule(direction="egress"),)


def plan(
    desired: Sequence[DesiredGroup] = (),
    current: Sequence[Group] = (),
    ports: Sequence[PortChange] = (),
    **options: Any,
) -> Plan:
    return Plan(planned(desired, current, references(desired, current), **options), ports)


def port_change(*after: str, before: Sequence[str] = ()) -> PortChange:
    port = Port("port-id", "project-id", None, "net-id", "192.0.2.1", True, tuple(before), None)
    return plan_port(port, "port 192.0.2.1", [Wish("exact", after)], Context())


def before(current: Iterable[Group] = (), *groups: str) -> State:
    ports = [ExposedPort(id_, "project-id", "net-id", (), frozenset(groups)) for id_ in ("other-id", "port-id")]
    return State({one.id: one.rules for one in current}, ports)


def keys(state: State) -> dict[str, list[Any]]:
    return {id_: [rule.key for rule in rules] for id_, rules in state.rules.items()}


def expected(**rules: Iterable[Rule]) -> dict[str, list[Any]]:
    """Return the keys of rules by group: ``web_id`` stands for its id, and ``new`` for the id of the group ``new``."""
    ids = {name: new_reference(name) if name == "new" else name.replace("_", "-") for name in rules}
    return {ids[name]: [rule.key for rule in found] for name, found in rules.items()}


def test_rules_after_a_plan() -> None:
    current = [group("web", tcp(80), tcp(443)), group("db", tcp(5432)), group("same", tcp(1))]
    desired = [wanted("web", tcp(443), tcp(22)), wanted("db", tcp(5432, description="x")), wanted("new", tcp(7))]
    after = state_after(before(current), plan(desired, current), None)
    assert keys(after) == expected(web_id=[tcp(443), tcp(22)], db_id=[tcp(5432)], same_id=[tcp(1)], new=[tcp(7)])


def test_groups_of_ports_after_a_plan() -> None:
    desired = [wanted("new", tcp(7))]
    after = state_after(before([], "old-id"), plan(desired, [], [port_change(new_reference("new"))]), None)
    assert [port.groups for port in after.ports] == [{"old-id"}, {new_reference("new")}]


def test_rules_that_name_a_deleted_group_are_deleted_with_it() -> None:
    second = group("second", tcp(5))
    named = [tcp(number, remote_group=f"{name}-id") for number, name in enumerate(("gone", "second"), start=1)]
    current = [group("gone", tcp(1)), group("web", tcp(443), *named)]
    plan_ = plan([wanted("gone", present=False)], current, duplicates=[second])
    assert keys(state_after(before([*current, second]), plan_, None)) == expected(web_id=[tcp(443)])


@pytest.mark.parametrize("template", [TEMPLATE, None])
@pytest.mark.parametrize(
    ("desired", "own"),
    [
        (wanted("new", tcp(7), purge_rules=False), (tcp(7),)),
        (DesiredGroup("new"), ()),
    ],
)
def test_a_new_group_may_keep_the_rules_that_the_cloud_gives_it(
    desired: DesiredGroup, own: tuple[Rule, ...], template: tuple[Rule, ...] | None
) -> None:
    after = state_after(before(), plan([desired]), template)
    assert keys(after) == ({} if template is None else expected(new=[*template, *own]))


@pytest.mark.parametrize(
    ("change", "can"),
    [
        (plan([wanted("new", tcp(1))]), False),
        (plan([wanted("web", tcp(1), description="x")], [group("web", tcp(1))]), False),
        (plan([wanted("web", tcp(1, description="x"))], [group("web", tcp(1))]), False),
        (plan([wanted("gone", present=False)], [group("gone", tcp(1))]), False),
        (plan(ports=[port_change("a", before=["a"])]), False),
        (plan(ports=[port_change("a")]), True),
        (plan([wanted("web", tcp(1))], [group("web")]), True),
        (plan([wanted("web")], [group("web", tcp(1))]), True),
    ],
)
def test_what_can_change_connections(change: Plan, can: bool) -> None:
    assert can_change_connections(change) is can


HTTPS = Connection(True, "Internet", "web", ("tcp/443",), (), 2, None)


def text(*changes: Connection, unknown: Sequence[str] = ()) -> str:
    return as_text(Connections(changes, unknown).differences())


def test_connections_as_the_last_part_of_a_plan() -> None:
    closed = Connection(False, "bastion", "db", ("tcp/22", "udp/53"), (), 1, "IPv4")
    assert text(HTTPS, closed, unknown=["it is dark"]) == (
        "connections:\n"
        "  - bastion → db tcp/22, udp/53 (1 instance, IPv4)\n"
        "  + Internet → web tcp/443 (2 instances)\n"
        "  not known: it is dark\n"
    )
    assert text(unknown=["it is dark"]) == "connections:\n  not known: it is dark\n"
    assert text() == ""


@pytest.mark.parametrize(("number", "last"), [(41, "  + group-40 →"), (42, "  + and 2 more\n")])
def test_a_plan_shows_no_more_lines_than_people_read(number: int, last: str) -> None:
    many = [replace(HTTPS, source=f"group-{count}") for count in range(number)]
    lines = text(*many).splitlines(keepends=True)[1:]
    assert len(lines) == 41
    assert lines[-1].startswith(last)
    assert len(Connections(many).results()) == number
