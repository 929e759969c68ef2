# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The plan of a run: what happens to groups and to ports."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from .._attachments.ports import Port, PortChange, port_difference
from .._common.difference import Difference, as_text
from .._common.text import counted
from .._groups.differences import counts, differences
from .._groups.plan import GroupPlan


@dataclass(frozen=True)
class Plan:
    """The changes of groups and ports, including those that stay the same.

    ``users`` are the ports that have a group which the plan deletes, or makes stateful or stateless. ``idle`` are the
    ids of groups that lose rules, and that no port has. ``warnings`` are about what the plan leaves out.
    ``disappeared`` are the ids of ports that have disappeared since the run began.
    ``shared`` holds the ids of policies by the projects that they share a group with, by the groups that ports of such
    a project may keep from changing.
    """

    groups: GroupPlan
    ports: Sequence[PortChange]
    users: Sequence[Port] = ()
    idle: frozenset[str] = frozenset()
    warnings: Sequence[str] = ()
    disappeared: frozenset[str] = frozenset()
    shared: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.groups) or any(self.ports)

    def name_of(self, group_id: str) -> str:
        """Return the name of a group, for people to read."""
        return self.groups.references.name_of(group_id)

    def differences(self) -> Iterator[Difference]:
        """Return the change of each group and each port that changes, without ids."""
        yield from differences(self.groups)
        yield from (port_difference(change, self.name_of) for change in self.ports if change)

    def render(self) -> str:
        """Return the plan as plain text."""
        return as_text(self.differences())

    def counts(self) -> dict[str, dict[str, int]]:
        """Return how many groups, rules and ports change, as :meth:`differences` shows them."""
        changed = sum(map(bool, self.ports))
        return {**counts(self.groups), "ports": {"updated": changed, "selected": len(self.ports)}}


def summary(numbers: dict[str, dict[str, Any]], *, done: bool) -> str:
    """Return the counts of a plan as a sentence.

    :param done: whether the plan has been carried out
    """
    groups, rules, ports = numbers["groups"], numbers["rules"], numbers["ports"]
    if not any((*groups.values(), *rules.values(), ports["updated"])):
        return "Nothing to change."
    words = ("created", "changed", "deleted", "added", "removed", "changed")
    if not done:
        words = ("to create", "to change", "to delete", "to add", "to remove", "to change")
    return (
        f"{'Done' if done else 'Plan'}: {counted(groups['created'], 'group')} {words[0]}, "
        f"{groups['updated']} {words[1]}, {groups['deleted']} {words[2]}; "
        f"{counted(rules['created'] + rules['updated'], 'rule')} {words[3]}, "
        f"{rules['deleted'] + rules['updated']} {words[4]}; "
        f"{ports['updated']} of {counted(ports['selected'], 'port')} {words[5]}."
    )
