# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A plan of security groups becomes requests."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ._cloud import BULK, Cloud
from ._group import Group, group_from_api, new_reference
from ._plan import Action, GroupChange, Plan, RuleChanges
from ._rule import Rule


class Apply:
    """Walks a plan. ``done`` tells, in the order of time, what has been changed so far."""

    def __init__(self, cloud: Cloud, project_id: str, done: list[str]) -> None:
        """Prepare to change the groups of one project."""
        self.done = done
        self._cloud = cloud
        self._project_id = project_id

    def walk(self, plan: Plan) -> None:
        """Carry out the plan: groups, then new rules, then what has to go, so that no path closes in between."""
        created = self._create_groups(plan.of(Action.CREATE))
        new_ids = {new_reference(name): group.id for name, group in created.items()}
        work: list[tuple[Group, RuleChanges]] = []
        for change in (*plan.of(Action.CREATE), *plan.of(Action.UPDATE)):
            group = change.current or created[change.name]
            self._update_group(change, group)
            work.append((group, change.rules_of(group, new_ids)))
        for group, rules in work:
            self._create_rules(group, rules.create)
            self._replace_rules(group, rules.replace)
        for group, rules in work:
            self._delete_rules(group, rules.delete)
        for change in plan.of(Action.DELETE):
            self._delete_group(change)

    def _create_groups(self, changes: Sequence[GroupChange]) -> dict[str, Group]:
        """Return the new groups by name, with the rules that the cloud's template gave them."""
        answers: list[dict[str, Any]] = []
        for start in range(0, len(changes), BULK):
            batch = changes[start : start + BULK]
            answers += self._cloud.create_security_groups(
                [{"project_id": self._project_id, **change.attributes} for change in batch]
            )
            self.done += [f"created security group {change.name}" for change in batch]
        return {answer["name"]: group_from_api(answer) for answer in answers}

    def _update_group(self, change: GroupChange, group: Group) -> None:
        if change.current is not None and change.attributes:
            self._cloud.update_security_group(group.id, change.attributes)
            self.done.append(f"updated security group {change.name}")
        if change.tags is not None:
            self._cloud.set_security_group_tags(group.id, change.tags)
            self.done.append(f"tagged security group {change.name}")
        for project_id, name in change.share.items():
            self._cloud.share_security_group(group.id, project_id)
            self.done.append(f"shared security group {change.name} with project {name}")
        for project_id, policy_id in change.unshare.items():
            self._cloud.delete_rbac_policy(policy_id)
            self.done.append(f"stopped sharing security group {change.name} with project {project_id}")

    def _create_rules(self, group: Group, rules: Sequence[Rule]) -> None:
        for start in range(0, len(rules), BULK):
            batch = rules[start : start + BULK]
            self._cloud.create_rules(group.id, group.project_id, [rule.to_api() for rule in batch])
            self.done.append(f"created {len(batch)} rules in security group {group.name}")

    def _replace_rules(self, group: Group, pairs: Sequence[tuple[Rule, Rule]]) -> None:
        # Neutron takes no second rule of the same key and cannot change a description: delete first, one at a time.
        for old, new in pairs:
            self._delete_rules(group, [old])
            self._create_rules(group, [new])

    def _delete_rules(self, group: Group, rules: Sequence[Rule]) -> None:
        for rule in rules:
            if rule.id is not None:
                self._cloud.delete_rule(rule.id)
                self.done.append(f"deleted 1 rule from security group {group.name}")

    def _delete_group(self, change: GroupChange) -> None:
        if change.current is not None:
            self._cloud.delete_security_group(change.current.id)
            self.done.append(f"deleted security group {change.name}")
