# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads the groups of a run, and what their rules name, and plans what happens to them."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from .._cloud.cloud import Cloud
from .._cloud.session import Body
from .._common.difference import Action
from .._common.errors import Problems, written_as
from .._common.names import Names, looks_like_id
from .._groups.differences import shown_rules
from .._groups.duplicates import groups_by_name, superfluous_groups
from .._groups.group import DesiredGroup, Group, References, group_from_api, owner_tag
from .._groups.plan import GroupPlan, plan_groups
from .capabilities import SHARING, judge_extensions, judge_shown
from .wanted import Scope, Wanted

# Most ports have this group, or had it. Reading it with the others saves a request for its name.
_DEFAULT: Final = "default"


@dataclass(frozen=True)
class Existing:
    """The groups that exist, the duplicates among them, which are to be deleted, and what names mean."""

    groups: Sequence[Group]
    duplicates: Sequence[Group]
    references: References


class GroupReader:
    """Reads groups. Every call reads everything again, except what cannot change."""

    def __init__(self, cloud: Cloud, wanted: Wanted, scope: Scope, project_id: str, created: Collection[str]) -> None:
        """Prepare to read.

        :param created: ids of the groups that this run has created so far
        """
        self.project_id = project_id
        """The project of the groups: that of a group which is given by its id, once groups were read."""
        self._cloud = cloud
        self._wanted = wanted
        self._scope = scope
        self._created = created
        self._project_names: dict[str, str] = {}

    def existing(self) -> Existing:
        """Read the groups that the run may change or name.

        :raises InputError: for projects that do not exist
        """
        found = self._with_shares([group_from_api(body) for body in self._read_groups()])
        if self._scope.owner is not None and (untagged := [group for group in found if group.tags is None]):
            judge_extensions(self._cloud, {"standard-attr-tag": "owner"})
            judge_shown(self._cloud, untagged[0], "tags")
        duplicates = self._duplicates(found)
        current = [group for group in found if group not in duplicates]
        known = _remote_ids(current) | {group.id for group in current} | {group.name for group in current}
        ids = set(filter(looks_like_id, (self._remotes | self._attached_names) - known))
        foreign = {id_: id_ for id_ in _remote_ids(current)} | self._cloud.security_group_names(ids=ids)
        references = References(self._desired, current, foreign, self._address_groups(), self._known_groups)
        return Existing(current, duplicates, references)

    def plan(self, existing: Existing, problems: Problems) -> GroupPlan:
        """Compare groups with what a user wants.

        :param problems: keeps the errors of groups, which the plan leaves out
        """
        plan = plan_groups(
            self._desired,
            existing.groups,
            existing.references,
            owner=self._scope.owner,
            # If a group of another owner is kept, this run must first delete the duplicate that it has created.
            any_owner=self._scope.any_owner or any(group.id in self._created for group in existing.duplicates),
            prune=self._scope.prune,
            duplicates=existing.duplicates,
            problems=problems,
        )
        self._judge_shown(plan)
        return plan

    def shares(self, group_ids: Collection[str]) -> dict[str, dict[str, str]]:
        """Return the policies that share groups, of those groups that are shared."""
        if not group_ids or SHARING not in self._cloud.extensions:
            return {}
        return {id_: shares for id_, shares in self._cloud.shares(group_ids).items() if shares}

    def _judge_shown(self, plan: GroupPlan) -> None:
        """Make sure that the cloud shows what the plan depends on, such as the tags that tell whose a group is."""
        for change in plan.changes:
            if change.current is None or change.action is Action.NOTHING:
                continue
            if change.tags is not None or not (self._scope.any_owner or change.reference in self._created):
                judge_shown(self._cloud, change.current, "tags")
            if "stateful" in change.attributes:
                judge_shown(self._cloud, change.current, "stateful")

    def _read_groups(self) -> list[Body]:
        """Read all groups that the run may change or name; in one request, unless some are given by their ids.

        Names mean groups of the project that has the group which is given by its id.
        """
        in_set = {group.name for group in self._wanted.groups}
        named = {group.id or group.name for group in self._wanted.groups if group.id or not group.may_create}
        names = (
            in_set
            | self._remotes
            | self._attached_names
            | ({_DEFAULT} if self._wanted.attachments or self._scope.owner else set())
        )
        found = self._cloud.security_groups(self.project_id, (), set(filter(looks_like_id, named)))
        self.project_id = next((body["project_id"] for body in found if body["project_id"]), self.project_id)
        found += self._cloud.security_groups(self.project_id, None if self.knows_all else names)
        return list(
            {body["id"]: {**body, "project_id": body["project_id"] or self.project_id} for body in found}.values()
        )

    @property
    def knows_all(self) -> bool:
        """Whether all groups of the project are read, and not only those that are named."""
        return self._scope.prune or any(one.state == "owned" for one in self._wanted.attachments)

    @cached_property
    def _remotes(self) -> set[str]:
        """What rules name as their remote group, apart from groups of the set."""
        in_set = {group.name for group in self._wanted.groups}
        return set[str]().union(*(group.remotes("remote_group") for group in self._wanted.groups)) - in_set

    @cached_property
    def _attached_names(self) -> set[str]:
        """The names and ids of groups that attachments name."""
        return {name for attachment in self._wanted.attachments for name in attachment.security_groups}

    @cached_property
    def _desired(self) -> list[DesiredGroup]:
        """The wanted groups, with ids for the projects that they name."""
        return [self._with_projects(group) for group in self._wanted.groups]

    def _duplicates(self, found: Sequence[Group]) -> list[Group]:
        """Return the groups that runs at the same time have created under the name of another one."""
        created = [group for group in self._wanted.groups if group.present and group.may_create and group.id is None]
        wanted = {group.name: group for group in created}
        same_names = groups_by_name(found, wanted)
        if not same_names:
            return []
        # Loaded only where something may change: see converge.py.
        from .template import template_rules

        template = {rule.key for rule in template_rules(self._cloud)}
        ids = [group.id for groups in same_names.values() for group in groups]
        in_use = {id_ for port in self._cloud.ports_having(ids) for id_ in port["security_groups"]}
        in_use |= {rule["remote_group_id"] for rule in self._cloud.rules_naming(ids)}
        own_tag = set() if self._scope.owner is None else {owner_tag(self._scope.owner)}
        return [
            group
            for name, groups in same_names.items()
            for group in superfluous_groups(
                groups,
                created=self._created,
                template=template,
                tags=own_tag | (wanted[name].tags or set()),
                description=wanted[name].description or "",
                in_use=in_use,
            )
        ]

    @cached_property
    def _shared(self) -> set[str | None]:
        """The ids and names of the groups for which the user lists the projects to share them with."""
        listed = (desired for desired in self._wanted.groups if desired.shared_with is not None)
        return {meaning for desired in listed for meaning in (desired.id, desired.name)}

    def _with_shares(self, groups: Sequence[Group]) -> list[Group]:
        """Return groups with the policies that share them, where the user lists any."""
        listed = {group.id: group.name for group in groups if {group.id, group.name} & self._shared}
        if listed:
            judge_extensions(self._cloud, {SHARING: f"security group {', '.join(listed.values())}"})
        shares = self._cloud.shares(listed)
        return [dataclasses.replace(group, shares=shares.get(group.id, {})) for group in groups]

    def _with_projects(self, group: DesiredGroup) -> DesiredGroup:
        """Return the description with ids for the projects it names.

        :raises InputError: for all projects that these credentials cannot find
        """
        if not group.shared_with:
            return group
        names = {}
        with Problems() as problems:
            for name in group.shared_with:
                with problems.within(group.label), written_as({"project": "shared_with"}):
                    names["*" if name == "*" else self._cloud.project_id(name)] = name
        return dataclasses.replace(group, shared_with=names)

    def _address_groups(self) -> Names:
        wanted = set[str]().union(*(group.remotes("remote_address_group") for group in self._wanted.groups))
        if not wanted:
            return Names()
        own = self._cloud.address_group_names(project_id=self.project_id)
        others = self._cloud.address_group_names(ids=set(filter(looks_like_id, wanted - set(own))))
        return Names(own, others, own.values)

    def _known_groups(self) -> Collection[str]:
        """Return the names of all groups of the project."""
        return self._all_groups.values()

    @cached_property
    def _all_groups(self) -> dict[str, str]:
        return self._cloud.security_group_names(project_id=self.project_id)

    def learn_names(self, plan: GroupPlan, shared: Mapping[str, Mapping[str, str]]) -> None:
        """Look up the names that the plan shows and that reading the groups did not give."""
        projects = set[str]().union(*shared.values(), *(change.share for change in plan.changes))
        plan.project_names.update({id_: self._project_name(id_) for id_ in projects})
        if plan:
            rules = shown_rules(plan)
            groups = plan.references.unnamed(rule.remote_group for rule in rules)
            address_groups = plan.references.unnamed(rule.remote_address_group for rule in rules)
            plan.references.learn(self._cloud.security_group_names(ids=groups))
            plan.references.learn(self._cloud.address_group_names(ids=address_groups))

    def _project_name(self, project_id: str) -> str:
        if project_id not in self._project_names:
            self._project_names[project_id] = self._cloud.project_name(project_id)
        return self._project_names[project_id]


def _remote_ids(groups: Iterable[Group]) -> set[str]:
    return {rule.remote_group for group in groups for rule in group.rules if rule.remote_group is not None}
