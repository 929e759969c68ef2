# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The connections that a plan opens and closes, by the state of the cloud before and after the plan."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from .._common.difference import Difference
from .._exposure.connections import Connection
from .._exposure.state import State
from .._groups.plan import GroupChange
from .._rules.rule import Rule
from .plan import Plan

# As many lines as people read: a change of a rule that all groups have would print hundreds.
_MOST_LINES: Final = 40


@dataclass(frozen=True)
class Connections:
    """The connections that a plan opens and closes, and why some of them, or all, are not known."""

    changes: Sequence[Connection] = ()
    unknown: Sequence[str] = ()

    def differences(self) -> Iterator[Difference]:
        """Yield them as the last part of a plan, if there are any."""
        if self.changes or self.unknown:
            closed, opened = (
                _some([one.render() for one in self.changes if one.opened == wanted]) for wanted in (False, True)
            )
            notes = tuple(f"not known: {reason}" for reason in self.unknown)
            yield Difference("connections", None, closed, opened, notes)

    def results(self) -> list[dict[str, Any]]:
        """Return all of them as modules return them."""
        return [one.result() for one in self.changes]


def _some(lines: Sequence[str]) -> tuple[str, ...]:
    more = len(lines) - _MOST_LINES
    return (*lines[:_MOST_LINES], f"and {more} more") if more > 1 else tuple(lines)


def can_change_connections(plan: Plan) -> bool:
    """Return whether a plan may open or close anything: a new group that no port gets does not, nor do names."""
    return any(plan.ports) or any(
        change.current is not None and (change.rules.create or change.rules.delete) for change in plan.groups.changes
    )


def keeps_template(change: GroupChange) -> bool:
    """Return whether a new group keeps the rules that the cloud gives it."""
    return change.current is None and change.stays and (change.wanted is None or not change.purge_rules)


def state_after(before: State, plan: Plan, template: Sequence[Rule] | None) -> State:
    """Return the state of a cloud when a plan is done.

    :param template: the rules that the cloud gives new groups, None where they are not known
    """
    deleted = {*plan.groups.deleted_groups(), *(group.id for group in plan.groups.duplicates)}
    rules = {id_: found for id_, found in before.rules.items() if id_ not in deleted}
    for change in plan.groups.changes:
        if change.stays and not keeps_template(change):
            rules[change.reference] = (*_kept(change), *change.rules.added)
        elif change.stays and template is not None:
            rules[change.reference] = (*template, *change.rules.added)
    # Neutron deletes the rules that name a group along with it.
    rules = {id_: tuple(rule for rule in found if rule.remote_group not in deleted) for id_, found in rules.items()}
    groups = {change.port.id: change.after for change in plan.ports}
    ports = [replace(port, groups=groups.get(port.id, port.groups)) for port in before.ports]
    return replace(before, rules=rules, ports=ports)


def _kept(change: GroupChange) -> Iterable[Rule]:
    removed = {rule.id for rule in change.rules.removed}
    return (rule for rule in (change.current.rules if change.current else ()) if rule.id not in removed)
