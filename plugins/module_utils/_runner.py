# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Security groups: read, plan, apply, verify."""

from __future__ import annotations

import dataclasses
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ._attach import port_label
from ._cloud import BULK, Cloud
from ._errors import CloudError, PortcullisError
from ._group import DesiredGroup, Group, References, group_from_api, new_reference
from ._plan import Action, GroupChange, Plan, RuleChanges, plan_groups
from ._rule import Rule


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
    if plan and not check_mode:
        _apply(cloud, plan, run.project_id)
        groups = run.verify()
    else:
        groups = plan.after()
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

    def verify(self) -> list[dict[str, Any]]:
        """Read again after an apply and return the groups.

        :raises CloudError: if there is still something to do, which someone else must have caused
        """
        rest = self.plan()
        if rest:
            raise CloudError(
                "the groups were changed by someone else at the same time; run again. Still to do:\n" + rest.render()
            )
        return rest.after()

    def _address_groups(self) -> Mapping[str, str]:
        if any(group.remotes("remote_address_group") for group in self.desired):
            return self.cloud.address_group_names(project_id=self.project_id)
        return {}

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


def _apply(cloud: Cloud, plan: Plan, project_id: str) -> None:
    """Walk the plan: groups, then new rules, then what has to go, so that nothing is missing in between."""
    done: list[str] = []
    try:
        created = _create_groups(cloud, plan.of(Action.CREATE), project_id, done)
        ids = {new_reference(name): group.id for name, group in created.items()}
        work = [(change, created.get(change.name) or change.current) for change in plan.kept()]
        for change, group in work:
            if group is not None:
                _update_group(cloud, change, group, done)
        rules = [
            (group, change.rules_of(group, ids))
            for change, group in work
            if group is not None and change.wanted is not None
        ]
        for group, changes in rules:
            _create_rules(cloud, group, changes, done)
        for group, changes in rules:
            _delete_rules(cloud, group, changes.delete, done)
        for change in plan.of(Action.DELETE):
            if change.current is not None:
                cloud.delete_security_group(change.current.id)
                done.append(f"deleted security group {change.name}")
    except PortcullisError as error:
        error.done = done
        raise


def _create_groups(cloud: Cloud, changes: Sequence[GroupChange], project_id: str, done: list[str]) -> dict[str, Group]:
    bodies = [{"name": change.name, "project_id": project_id, **change.attributes} for change in changes]
    answers: list[dict[str, Any]] = []
    for start in range(0, len(bodies), BULK):
        batch = bodies[start : start + BULK]
        answers += cloud.create_security_groups(batch)
        done += [f"created security group {body['name']}" for body in batch]
    return {answer["name"]: group_from_api(answer) for answer in answers}


def _update_group(cloud: Cloud, change: GroupChange, group: Group, done: list[str]) -> None:
    if change.current is not None and change.attributes:
        cloud.update_security_group(group.id, change.attributes)
        done.append(f"updated security group {change.name}")
    if change.tags is not None:
        cloud.set_security_group_tags(group.id, change.tags)
        done.append(f"tagged security group {change.name}")


def _create_rules(cloud: Cloud, group: Group, changes: RuleChanges, done: list[str]) -> None:
    for start in range(0, len(changes.create), BULK):
        batch = changes.create[start : start + BULK]
        cloud.create_rules(group.id, [rule.to_api() for rule in batch])
        done.append(f"created {len(batch)} rules in security group {group.name}")
    for old, new in changes.replace:
        # Neutron takes no second rule of the same key and cannot change a description: delete first, one at a time.
        _delete_rules(cloud, group, [old], done)
        cloud.create_rules(group.id, [new.to_api()])
        done.append(f"created 1 rule in security group {group.name}")


def _delete_rules(cloud: Cloud, group: Group, rules: Sequence[Rule], done: list[str]) -> None:
    for rule in rules:
        if rule.id is not None:
            cloud.delete_rule(rule.id)
            done.append(f"deleted 1 rule from security group {group.name}")
