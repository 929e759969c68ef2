# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Security groups: read, plan, apply, verify."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from ._apply import Apply
from ._cloud import Cloud
from ._errors import CloudError, InputError
from ._group import DesiredGroup, Group, References, group_from_api
from ._guard import in_default_rules, in_use, judge_extensions, judge_limits, vanishing
from ._names import Names, looks_like_id
from ._plan import ADDITIONS, ALL, REMOVALS, Plan, plan_groups
from ._rule import rule_from_api
from ._settle import report, settle, yield_to_elders


@dataclass(frozen=True)
class Scope:
    """What a run may change: the groups of a project, of an owner or of anybody, and rules elsewhere that name them.

    With ``cascade`` off, no group is deleted that rules in other groups name, unless ``warn`` makes that a warning.
    With ``delete_first``, paths close before others open, for want of quota. ``parallel`` groups are changed at once.
    """

    project: str | None = None
    owner: str | None = None
    any_owner: bool = False
    prune: bool = False
    part: str = ALL
    delete_first: bool = False
    parallel: int = 1
    cascade: bool = False
    warn: bool = False


@dataclass(frozen=True)
class Outcome:
    """A plan, and the plan that was left when it was done; in check mode that is the same."""

    plan: Plan
    left: Plan
    warnings: Sequence[str]

    @property
    def groups(self) -> list[dict[str, Any]]:
        """The groups as they are now, or in check mode would be."""
        return self.left.after()

    def wanted_rules(self) -> list[dict[str, Any]]:
        """Return the rules that were asked for, of all groups, as they are now, or in check mode would be."""
        keys = {rule.key for change in self.left.changes for rule in change.wanted or ()}
        rules = [rule for group in self.groups for rule in group["security_group_rules"]]
        return [rule for rule in rules if rule_from_api(rule).key in keys]

    def common(self) -> dict[str, Any]:
        """Return what the results of all modules have."""
        return report(self.plan, self.warnings)


def converge(cloud: Cloud, desired: Sequence[DesiredGroup], scope: Scope, *, check_mode: bool) -> Outcome:
    """Make groups what they should be.

    :raises InputError: before anything is changed
    :raises CloudError: with what had been changed by then
    """
    project_id = cloud.project_id(scope.project)
    apply = Apply(cloud, project_id, delete_first=scope.delete_first, parallel=scope.parallel)
    run = _Run(cloud, desired, scope, project_id, apply.made, check_mode)
    whole = run.compare()
    plan = run.part(whole, delete_first=scope.delete_first)
    judge_limits(cloud, plan, run.part(whole, delete_first=True), project_id, delete_first=scope.delete_first)
    # What stops the removals stops the additions already, unless ports do, which are attached in between.
    ahead = whole if scope.part == ADDITIONS and not check_mode else plan
    obstacles = in_use(cloud, plan) + in_default_rules(cloud, ahead)
    losses = [] if scope.cascade else vanishing(cloud, ahead, whole)
    if check_mode:
        return Outcome(plan, plan, obstacles + losses)
    if obstacles or (losses and not scope.warn):
        raise CloudError("; ".join(obstacles + losses))
    return Outcome(plan, settle(plan, apply.walk, run.plan) if plan else plan, losses)


@dataclass(frozen=True)
class _Run:
    """One converge: what is wanted, and where."""

    cloud: Cloud
    desired: Sequence[DesiredGroup]
    scope: Scope
    project_id: str
    made: Collection[str]
    check_mode: bool

    def plan(self) -> Plan:
        """Read the cloud and return what this run has to do."""
        return self.part(self.compare(), delete_first=self.scope.delete_first)

    def compare(self) -> Plan:
        """Read the cloud and compare."""
        in_set = {group.name for group in self.desired}
        remotes = set[str]().union(*(group.remotes("remote_group") for group in self.desired)) - in_set
        named = {group.id or group.name for group in self.desired if group.id or not group.may_create}
        names = None if self.scope.prune else in_set | remotes
        ids = set(filter(looks_like_id, named))
        bodies = yield_to_elders(
            lambda: self.cloud.security_groups(self.project_id, names, ids), self.made, self.cloud.delete_security_group
        )
        current = [self._with_shares(group_from_api(body)) for body in bodies]
        if self.scope.owner is not None and any(group.tags is None for group in current):
            judge_extensions(self.cloud, {"standard-attr-tag": "owner"})
        known = _remote_ids(current) | {group.id for group in current} | {group.name for group in current}
        foreign_names = self.cloud.security_group_names(ids=set(filter(looks_like_id, remotes - known)))
        foreign = {id_: id_ for id_ in _remote_ids(current)} | foreign_names
        desired = [self._with_projects(group) for group in self.desired]
        references = References(desired, current, foreign, self._address_groups())
        scope = self.scope
        plan = plan_groups(
            desired, current, references, owner=scope.owner, any_owner=scope.any_owner, prune=scope.prune
        )
        if plan:
            self._learn_names(plan)
        return plan

    def part(self, plan: Plan, *, delete_first: bool) -> Plan:
        """Return the part of a plan that this run carries out."""
        part, shrunk = self.scope.part, plan.shrunk()
        if part == ALL or (part == REMOVALS and not self.check_mode):
            return plan.part(part)
        # In check mode the additions have not been made; what they take with them is not for the removals to tell.
        if delete_first:
            return plan.part(part, shrunk)
        worn = {id_ for port in self.cloud.ports_wearing(shrunk) for id_ in port["security_groups"]}
        return plan.part(part, shrunk.keys() - worn)

    @cached_property
    def _shared(self) -> set[str | None]:
        """The ids and names of the groups of which the user says with whom to share them."""
        said = (desired for desired in self.desired if desired.shared_with is not None)
        return {meaning for desired in said for meaning in (desired.id, desired.name)}

    def _with_shares(self, group: Group) -> Group:
        """Return the group with the policies that share it, if the user says anything about them."""
        if group.id in self._shared or group.name in self._shared:
            judge_extensions(self.cloud, {"rbac-security-groups": f"security group {group.name}"})
            return dataclasses.replace(group, shares=self.cloud.shares(group.id))
        return group

    def _with_projects(self, group: DesiredGroup) -> DesiredGroup:
        """Return the description with ids for the projects it names."""
        if not group.shared_with:
            return group
        try:
            projects = {"*": "*"} | {name: self.cloud.project_id(name) for name in group.shared_with if name != "*"}
        except InputError as error:
            raise InputError("shared_with", error.problem).within(f"security group {group.name}") from None
        return dataclasses.replace(group, shared_with={projects[name]: name for name in group.shared_with})

    def _address_groups(self) -> Names:
        wanted = set[str]().union(*(group.remotes("remote_address_group") for group in self.desired))
        if not wanted:
            return Names()
        own = self.cloud.address_group_names(project_id=self.project_id)
        return Names(own, self.cloud.address_group_names(ids=set(filter(looks_like_id, wanted - set(own)))))

    def _learn_names(self, plan: Plan) -> None:
        """Look up the names that the plan shows and that reading the groups did not tell."""
        rules = plan.shown_rules()
        groups = plan.references.unnamed(rule.remote_group for rule in rules)
        address_groups = plan.references.unnamed(rule.remote_address_group for rule in rules)
        plan.references.learn(self.cloud.security_group_names(ids=groups))
        plan.references.learn(self.cloud.address_group_names(ids=address_groups))


def _remote_ids(groups: Iterable[Group]) -> set[str]:
    return {rule.remote_group for group in groups for rule in group.rules if rule.remote_group is not None}
