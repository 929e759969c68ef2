# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Security groups: read, plan, apply, verify."""

from __future__ import annotations

import dataclasses
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from ._apply import Apply
from ._attach import port_label
from ._cloud import Cloud
from ._errors import CloudError, PortcullisError
from ._group import DesiredGroup, Group, References, group_from_api
from ._plan import Action, Plan, plan_groups


def converge(
    cloud: Cloud,
    desired: Sequence[DesiredGroup],
    *,
    project: str | None = None,
    owner: str | None = None,
    prune: bool = False,
    check_mode: bool = False,
) -> dict[str, Any]:
    """Make the groups of a project what they should be and return the result of the module.

    :raises InputError: before anything is changed
    :raises CloudError: with what had been changed by then
    """
    run = _Run(cloud, desired, cloud.project_id(project), owner, prune)
    plan = run.plan()
    in_use = _in_use(cloud, plan)
    if in_use and not check_mode:
        raise CloudError("; ".join(in_use))
    groups = run.apply(plan) if plan and not check_mode else plan.after()
    result: dict[str, Any] = {"changed": bool(plan), "groups": groups, "counts": plan.counts()}
    if plan:
        result["diff"] = {"prepared": plan.render()}
    if in_use:
        result["warnings"] = in_use
    return result


@dataclasses.dataclass
class _Run:
    """One converge: what is wanted, and where."""

    cloud: Cloud
    desired: Sequence[DesiredGroup]
    project_id: str
    owner: str | None
    prune: bool

    def plan(self) -> Plan:
        """Read the cloud and compare."""
        in_set = {group.name for group in self.desired}
        remotes = set[str]().union(*(group.remotes("remote_group") for group in self.desired)) - in_set
        names = None if self.prune else in_set | remotes
        current = [group_from_api(body) for body in self.cloud.security_groups(self.project_id, names)]
        known = _remote_ids(current) | {group.id for group in current} | {group.name for group in current}
        foreign = {id_: id_ for id_ in _remote_ids(current)} | self.cloud.security_group_names(ids=remotes - known)
        references = References(self.desired, current, foreign, self._address_groups())
        plan = plan_groups(self.desired, current, references, owner=self.owner, prune=self.prune)
        if plan:
            self._learn_names(plan)
        return plan

    def apply(self, plan: Plan) -> list[dict[str, Any]]:
        """Carry out the plan, read again, and return the groups.

        :raises CloudError: with what was done, also if there is still something to do after it
        """
        apply = Apply(self.cloud, self.project_id)
        try:
            apply.walk(plan)
            rest = self.plan()
            if rest:
                raise CloudError(f"someone else changed the groups at the same time. Still to do:\n{rest.render()}")
        except PortcullisError as error:
            error.done = apply.done
            raise
        return rest.after()

    def _address_groups(self) -> dict[str, str]:
        wanted = set[str]().union(*(group.remotes("remote_address_group") for group in self.desired))
        if not wanted:
            return {}
        own = self.cloud.address_group_names(project_id=self.project_id)
        return own | self.cloud.address_group_names(ids=wanted - set(own) - set(own.values()))

    def _learn_names(self, plan: Plan) -> None:
        """Look up the names that the plan shows and that reading the groups did not tell."""
        rules = plan.shown_rules()
        groups = plan.references.unnamed(rule.remote_group for rule in rules)
        address_groups = plan.references.unnamed(rule.remote_address_group for rule in rules)
        plan.references.learn(self.cloud.security_group_names(ids=groups))
        plan.references.learn(self.cloud.address_group_names(ids=address_groups))


def _in_use(cloud: Cloud, plan: Plan) -> list[str]:
    """Return a message for every group to be deleted that ports still wear, which Neutron would refuse."""
    doomed = {change.current.id: change.name for change in plan.of(Action.DELETE) if change.current is not None}
    wearing: dict[str, set[str]] = defaultdict(set)
    for port in cloud.ports_wearing(doomed):
        for group_id in doomed.keys() & set(port["security_groups"]):
            wearing[group_id].add(port_label(port))
    return [
        f"security group {doomed[id_]} is in use by ports {', '.join(sorted(ports))}; detach it before it is deleted"
        for id_, ports in sorted(wearing.items(), key=lambda item: doomed[item[0]])
    ]


def _remote_ids(groups: Iterable[Group]) -> set[str]:
    return {rule.remote_group for group in groups for rule in group.rules if rule.remote_group is not None}
