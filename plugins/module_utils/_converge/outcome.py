# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What comes of a run, as modules return it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from .._attachments.ports import PortChange, result_of
from .._common.difference import Difference, as_text
from .._common.time_limits import TimeLimit, limit_differences, limit_results, limit_summary
from .._groups.differences import groups_after
from .._rules.rule import rule_from_api
from .plan import Plan, summary
from .settle import report

if TYPE_CHECKING:
    from .connections import Connections


@dataclass(frozen=True)
class Outcome:
    """A plan, and the plan that was left when it was done; in check mode that is the same.

    ``connections`` are those that the plan opens and closes, None if nothing changes. ``limits`` are the time limits of
    the wanted entries.
    """

    plan: Plan
    left: Plan
    warnings: Sequence[str]
    server_names: Mapping[str, str]
    limits: Sequence[TimeLimit] = ()
    done: bool = False
    connections: Connections | None = None

    @property
    def groups(self) -> list[dict[str, Any]]:
        """The groups as they are now, or in check mode would be."""
        return groups_after(self.left.groups)

    def wanted_rules(self) -> list[dict[str, Any]]:
        """Return the rules that were asked for, of all groups, as they are now, or in check mode would be."""
        keys = {rule.key for change in self.left.groups.changes for rule in change.wanted or ()}
        rules = [rule for group in self.groups for rule in group["security_group_rules"]]
        return [rule for rule in rules if rule_from_api(rule).key in keys]

    def servers(self) -> list[dict[str, Any]]:
        """Return the servers that have selected ports, with these ports and their groups before and after."""
        ports: dict[str, list[dict[str, Any]]] = {}
        for change in self._selected:
            if change.port.server_id is not None:
                ports.setdefault(change.port.server_id, []).append(self._result_of(change))
        return [{"id": id_, "name": self.server_names.get(id_, id_), "ports": found} for id_, found in ports.items()]

    def ports(self) -> list[dict[str, Any]]:
        """Return the selected ports that are no server's, with their groups before and after."""
        return [self._result_of(change) for change in self._selected if change.port.server_id is None]

    @property
    def _selected(self) -> list[PortChange]:
        """The changes of the plan, without ports that have disappeared."""
        return [change for change in self.plan.ports if change.port.id not in self.left.disappeared]

    @cached_property
    def _left_at(self) -> dict[str, PortChange]:
        """What is left to do to ports, by their ids."""
        return {change.port.id: change for change in self.left.ports}

    def _result_of(self, change: PortChange) -> dict[str, Any]:
        left = self._left_at.get(change.port.id, change)
        before, after = map(self.plan.name_of, change.before), map(self.left.name_of, left.after)
        return result_of(change.port, before, after)

    def common(self) -> dict[str, Any]:
        """Return what the results of all modules contain."""
        return report(self.plan, self.warnings, self._consequences())

    def changed_connections(self) -> list[dict[str, Any]]:
        """Return the connections that the plan opens and closes."""
        return self.connections.results() if self.connections else []

    def _consequences(self) -> Iterator[Difference]:
        if self.connections:
            yield from self.connections.differences()
        yield from limit_differences(self.limits)

    def time_limited(self) -> list[dict[str, Any]]:
        """Return the entries that have a time limit."""
        return limit_results(self.limits)

    def totals(self) -> dict[str, Any]:
        """Return the plan in numbers and as text."""
        counts = self.plan.counts()
        sentences = filter(None, (summary(counts, done=self.done), limit_summary(self.limits)))
        text = self.plan.render() + as_text(self._consequences())
        return {"counts": counts, "summary": " ".join(sentences), "plan": text}
