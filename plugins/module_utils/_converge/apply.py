# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Carries out a plan: groups and rules first, then ports, then what is no longer wanted."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Final

from .._attachments.ports import PortChange
from .._cloud.cloud import BULK, Cloud
from .._cloud.session import CHANGED, CONFLICT
from .._common.difference import Action
from .._common.errors import CloudError
from .._common.parallel import each
from .._groups.group import Group, owner_tag, owners_of
from .._groups.limits import RULES
from .._groups.plan import GroupChange
from .._rules.rule import Rule
from .plan import Plan
from .ports import PortWriter, Target
from .settle import Steps, is_duplicate, is_over_quota, undone_by
from .wanted import Scope

# Tags that can stand in a URL's path; servers decode a slash too early, and clients swallow dots.
_FITS_URL: Final = re.compile(r"[\w:@ -][\w:@. -]*", re.ASCII)


class Apply:
    """Carries out the plans of one run."""

    def __init__(self, cloud: Cloud, project_id: str, scope: Scope, created: set[str]) -> None:
        """Prepare to change groups of one project, and ports.

        :param created: where to note the ids of the groups that this run creates
        """
        self._cloud = cloud
        self._project_id = project_id
        self._scope = scope
        self._created = created
        self._unsure: dict[str, CloudError] = {}

    def walk(self, plan: Plan, done: Steps) -> None:
        """Carry out a plan, or a first part of it, in an order in which traffic that stays allowed is never denied.

        Rules that name a remote group depend on the groups of other ports. So all ports gain groups before any port
        loses one. After groups were created or deleted as duplicates, the cloud is read again: that gives the ids and
        the rules of new groups, and shows whether another run has created the same.
        """
        if plan.groups.duplicates:
            self._delete_duplicates(plan.groups.duplicates, done)
            return
        self._claim(plan, done)
        self._change_shared(plan, done)
        ports = PortWriter(self._cloud)
        if self._scope.delete_first:
            self._write_ports(ports, plan, PortChange.closed, done)
            self._close(plan, done)
        if created := plan.groups.of(Action.CREATE):
            self._create_groups(created, done)
            return
        self._open(plan, done)
        self._write_ports(ports, plan, PortChange.opened, done)
        for change in plan.groups.of(Action.UPDATE):
            if change.reference not in plan.idle:
                self._swap_rules(change, done)
        self._write_ports(ports, plan, _after, done)
        if not self._scope.delete_first:
            self._close(plan, done)

    def _claim(self, plan: Plan, done: Steps) -> None:
        """Tag groups that have no owner, before all other changes, and check that no other owner has done so too.

        A run that finds the tag of another owner removes its own and changes nothing else. So at most one run
        continues, and no other run changes the group at the same time.

        :raises CloudError: if another owner claims one of the groups
        """
        changes = [change for change in plan.groups.changes if change.action is not Action.NOTHING]
        groups = [change.current for change in changes if change.current is not None and not change.current.owners]
        if self._scope.owner is None or not groups:
            return
        tag = owner_tag(self._scope.owner)
        each(partial(self._add_tag, tag=tag, done=done), groups, at_once=self._scope.parallel)
        found = self._cloud.groups_in_short({group.id for group in groups})
        other_owners = {body["id"]: owners_of(body.get("tags") or ()) - {self._scope.owner} for body in found}
        lost = [group for group in groups if other_owners.get(group.id)]
        each(partial(self._remove_tag, tag=tag, done=done), lost, at_once=self._scope.parallel)
        if lost:
            others = ", ".join(sorted(frozenset[str]().union(*(other_owners[group.id] for group in lost))))
            raise CloudError(
                f"another run set owner {others} for security group {', '.join(group.name for group in lost)} at the "
                "same time; this run removed its own owner tag and changed nothing else in the group"
            )

    def _change_shared(self, plan: Plan, done: Steps) -> None:
        """First make the changes that the cloud may refuse because of others, so that nothing is left half done.

        The owner of a group cannot see ports of other projects. If one of them has the group, the cloud refuses to
        change ``stateful`` and to stop sharing the group. A shared group is no longer shared before it is deleted. Only
        the cloud knows whether a group can be shared.
        """
        for change in plan.groups.of(Action.UPDATE):
            if change.current is not None and "stateful" in change.attributes:
                with _needed_elsewhere(change, plan), done.step(f"updated security group {change.name}"):
                    self._cloud.update_security_group(change.current.id, change.attributes)
        for change in (*plan.groups.of(Action.UPDATE), *plan.groups.of(Action.DELETE)):
            deleted = change.action is Action.DELETE
            self._unshare(change, plan.shared.get(change.reference, {}) if deleted else change.unshare, plan, done)
        for change in plan.groups.of(Action.UPDATE):
            for project_id, name in change.share.items():
                with done.step(f"shared security group {change.name} with project {name}"):
                    self._cloud.share_security_group(change.reference, project_id)

    def _open(self, plan: Plan, done: Steps) -> None:
        """Update groups and create rules.

        A group that no port has, such as a new one, also loses its old rules now, before a port gets it.
        """

        def open_group(change: GroupChange) -> None:
            if change.current is not None:
                self._update_group(change, change.current, done)
                self._create_rules(change.current, change.rules.create_first, done)
                if change.current.id in plan.idle:
                    self._swap_rules(change, done)
                    if not self._scope.delete_first:
                        self._delete_rules(change.current, change.rules.delete_last, done)

        each(open_group, plan.groups.of(Action.UPDATE), at_once=self._scope.parallel)

    def _close(self, plan: Plan, done: Steps) -> None:
        """Delete rules and groups."""

        def shrink_group(change: GroupChange) -> None:
            idle = change.reference in plan.idle and not self._scope.delete_first
            if change.current is not None and not idle:
                self._delete_rules(change.current, change.rules.delete_last, done)

        def delete_group(change: GroupChange) -> None:
            if change.current is not None:
                with done.step(f"deleted security group {change.name}"):
                    self._cloud.delete_security_group(change.current.id)

        each(shrink_group, plan.groups.of(Action.UPDATE), at_once=self._scope.parallel)
        each(delete_group, plan.groups.of(Action.DELETE), at_once=self._scope.parallel)

    def _write_ports(self, ports: PortWriter, plan: Plan, target: Target, done: Steps) -> None:
        each(partial(ports.write, target=target, done=done), filter(None, plan.ports), at_once=self._scope.parallel)

    def _create_groups(self, changes: Sequence[GroupChange], done: Steps) -> None:
        """Create groups, unless their creation may still be under way: the cloud accepts several groups of one name."""
        for change in changes:
            if change.name in self._unsure:
                raise self._unsure[change.name]
        for start in range(0, len(changes), BULK):
            batch = changes[start : start + BULK]
            bodies = [{"project_id": self._project_id, **change.attributes} for change in batch]
            try:
                with done.step(f"created {_groups(batch)}"):
                    self._created |= {group["id"] for group in self._cloud.create_security_groups(bodies)}
            except CloudError as error:
                if error.unsure:
                    self._unsure |= {change.name: error for change in batch}
                raise

    def _delete_duplicates(self, groups: Sequence[Group], done: Steps) -> None:
        """Delete groups, unless they have changed since they were read."""
        for group in groups:
            with done.step(f"deleted security group {group.id}, a duplicate of {group.name}"):
                self._cloud.delete_security_group(group.id, group.revision)

    def _update_group(self, change: GroupChange, group: Group, done: Steps) -> None:
        if change.attributes and "stateful" not in change.attributes:
            with done.step(f"updated security group {change.name}"):
                self._cloud.update_security_group(group.id, change.attributes)
        if change.tags is not None:
            self._tag(group, change.tags, done)

    def _tag(self, group: Group, tags: frozenset[str], done: Steps) -> None:
        """Add and remove tags one by one, as other runs may do so too; all at once on a group that this run created."""
        before = group.tags or frozenset()
        if self._scope.owner is not None:
            before |= {owner_tag(self._scope.owner)}
        if group.id in self._created or not all(map(_FITS_URL.fullmatch, tags ^ before)):
            if tags != before:
                with done.step(f"tagged security group {group.name}"):
                    self._cloud.set_security_group_tags(group.id, tags)
            return
        for tag in sorted(tags - before):
            self._add_tag(group, tag, done)
        for tag in sorted(before - tags):
            self._remove_tag(group, tag, done)

    def _add_tag(self, group: Group, tag: str, done: Steps) -> None:
        with done.step(f"added tag {tag} to security group {group.name}"):
            self._cloud.add_security_group_tag(group.id, tag)

    def _remove_tag(self, group: Group, tag: str, done: Steps) -> None:
        with done.step(f"removed tag {tag} from security group {group.name}"):
            self._cloud.remove_security_group_tag(group.id, tag)

    def _unshare(self, change: GroupChange, policies: Mapping[str, str], plan: Plan, done: Steps) -> None:
        for project_id, policy_id in policies.items():
            project = plan.groups.project_names.get(project_id, project_id)
            with (
                _needed_elsewhere(change, plan),
                done.step(f"stopped sharing security group {change.name} with project {project}"),
            ):
                self._cloud.delete_rbac_policy(policy_id)

    def _create_rules(self, group: Group, rules: Sequence[Rule], done: Steps) -> None:
        for start in range(0, len(rules), BULK):
            batch = rules[start : start + BULK]
            with done.step(f"created {_rules(batch)} in security group {group.name}"):
                self._cloud.create_rules(group.id, group.project_id, [rule.to_api() for rule in batch])

    def _swap_rules(self, change: GroupChange, done: Steps) -> None:
        """Replace rules that cannot exist beside new ones: delete them first, and restore them if creating fails."""
        if change.current is None or not change.rules.swaps:
            return
        if not change.rules.create_first:
            self._judge_create(change.current, change.rules.probe, done)
        for old, new in change.rules.swaps:
            with undone_by(partial(self._put_back, change.current, done)) as deleted:
                for rule in old:
                    self._delete_rules(change.current, [rule], done)
                    deleted.append(rule)
                self._create_new(change.current, new, done)

    def _create_new(self, group: Group, rules: Sequence[Rule], done: Steps) -> None:
        """Create rules in place of others; the run looks again if someone else has created one at the same time."""
        try:
            self._create_rules(group, rules, done)
        except CloudError as error:
            if not is_duplicate(error):
                raise
            raise CloudError(str(error), status=CHANGED) from error

    def _judge_create(self, group: Group, rule: Rule, done: Steps) -> None:
        """Make sure that the cloud lets this run create a rule, before one is deleted.

        The rule normally exists, so the cloud reports a conflict. This shows that the run may create rules, because
        Neutron checks rights and quotas first. Without a conflict, the request has created a rule that was missing, and
        the run reads the cloud again.
        """
        try:
            self._create_rules(group, [rule], done)
        except CloudError as error:
            if error.status != CONFLICT or (is_over_quota(error) and not self._has_room(group.project_id)):
                raise
        else:
            raise CloudError(f"a rule of security group {group.name} was deleted by someone else", status=CHANGED)

    def _has_room(self, project_id: str) -> bool:
        """Return whether a project is known not to be over its quota of rules."""
        quota = self._cloud.quota(project_id)[0].get(RULES, {})
        return 0 <= quota.get("used", 0) + quota.get("reserved", 0) <= quota.get("limit", -1)

    def _put_back(self, group: Group, done: Steps, rule: Rule) -> None:
        with done.step(f"put 1 rule back into security group {group.name}"):
            self._cloud.create_rules(group.id, group.project_id, [rule.to_api()])

    def _delete_rules(self, group: Group, rules: Sequence[Rule], done: Steps) -> None:
        for rule in rules:
            if rule.id is not None:
                with done.step(f"deleted 1 rule from security group {group.name}"):
                    self._cloud.delete_rule(rule.id)


@contextmanager
def _needed_elsewhere(change: GroupChange, plan: Plan) -> Iterator[None]:
    """Explain that a port which these credentials cannot see keeps a shared group from being changed."""
    try:
        yield
    except CloudError as error:
        if error.status != CONFLICT or change.reference not in plan.shared:
            raise
        raise CloudError(
            f"security group {change.name} cannot be changed while a port of another project has it, which these "
            f"credentials cannot see; ask that project to detach it: {error}",
            status=CONFLICT,
        ) from error


def _rules(rules: Sequence[Rule]) -> str:
    return f"{len(rules)} {'rule' if len(rules) == 1 else 'rules'}"


def _groups(changes: Sequence[GroupChange]) -> str:
    names = [change.name for change in changes]
    return f"security group {names[0]}" if len(names) == 1 else f"security groups {', '.join(names)}"


def _after(change: PortChange) -> frozenset[str]:
    return change.after
