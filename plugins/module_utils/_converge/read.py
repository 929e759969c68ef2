# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads what a run needs of the cloud, in as few requests as possible, and plans."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final

from .._attachments.entries import Attachment, SelectedServers, select_servers
from .._attachments.ports import Context, Port, PortChange, Wish, place_of, plan_port, port_from_api
from .._attachments.selection import (
    Selection,
    choose_ports,
    disappeared,
    judge_contradictions,
    ports_of_other_projects,
    without_port_security,
)
from .._cloud.cloud import Cloud
from .._cloud.session import Body
from .._common.difference import Action
from .._common.errors import InputError, MultipleInputError, Problems, UnknownNameError
from .._common.names import Names, looks_like_id
from .._groups.differences import shown_rules
from .._groups.duplicates import groups_by_name, superfluous_groups
from .._groups.group import DesiredGroup, Group, References, group_from_api, owner_tag
from .._groups.plan import GroupPlan, plan_groups
from .capabilities import judge_extensions, judge_shown, template_rules
from .plan import Plan

# Most ports have this group, or had it: to read it along saves a request for its name.
_DEFAULT: Final = "default"


@dataclass(frozen=True)
class Wanted:
    """What a user wants: groups, and attachments of groups to ports."""

    groups: Sequence[DesiredGroup] = ()
    attachments: Sequence[Attachment] = ()


@dataclass(frozen=True)
class Scope:
    """What a run may change: the groups of a project, of an owner or of anybody, and rules elsewhere that name them.

    With ``detach``, groups that the run deletes are first detached from the ports that have them. With ``cascade`` off,
    no group is deleted that rules in other groups name, unless ``warn`` makes that a warning. With ``delete_first``,
    what is no longer wanted is removed before anything new is created, for want of quota. With ``ignore_missing``,
    servers and ports that do not exist are a warning. ``parallel`` is how many requests are sent at once.
    """

    project: str | None = None
    owner: str | None = None
    any_owner: bool = False
    prune: bool = False
    detach: bool = False
    delete_first: bool = False
    ignore_missing: bool = False
    cascade: bool = False
    warn: bool = False
    parallel: int = 1


class Reader:
    """Reads the cloud and compares it with what a user wants; every look is complete, but for what cannot change."""

    def __init__(self, cloud: Cloud, wanted: Wanted, scope: Scope, project_id: str, created: Collection[str]) -> None:
        """Prepare to read.

        :param created: ids of the groups that this run has created so far
        """
        self.cloud = cloud
        self.wanted = wanted
        self.scope = scope
        self.project_id = project_id
        self._created = created
        self._knows_all_servers = False
        self._first: list[PortChange] | None = None
        self._project_names: dict[str, str] = {}

    def plan(self) -> Plan:
        """Read the cloud and return what this run has to do."""
        groups = self._plan_groups()
        # Without attachments no port gains a group, and so none that loses rules.
        shrunk = groups.shrunk_groups() if self.wanted.attachments else {}
        users = self._ports_having({*groups.deleted_groups(), *groups.restated_groups(), *shrunk})
        ports, selection = self._plan_ports(groups, users)
        shared = self._shared_groups(groups)
        idle = self._idle(shrunk, users)
        self._learn_names(groups, shared)
        return Plan(groups, ports, users, idle, selection.warnings, selection.lost, selection.disappeared, shared)

    # Groups

    def _plan_groups(self) -> GroupPlan:
        found = [self._with_shares(group_from_api(body)) for body in self._read_groups()]
        if self.scope.owner is not None and (untagged := [group for group in found if group.tags is None]):
            judge_extensions(self.cloud, {"standard-attr-tag": "owner"})
            judge_shown(self.cloud, untagged[0], "tags")
        duplicates = self._duplicates(found)
        current = [group for group in found if group not in duplicates]
        known = _remote_ids(current) | {group.id for group in current} | {group.name for group in current}
        ids = set(filter(looks_like_id, (self._remotes | self._attached_names) - known))
        foreign = {id_: id_ for id_ in _remote_ids(current)} | self.cloud.security_group_names(ids=ids)
        references = References(self._desired, current, foreign, self._address_groups(), self._known_groups)
        plan = plan_groups(
            self._desired,
            current,
            references,
            owner=self.scope.owner,
            # First this run deletes what it has created itself, even if another owner's group of the name is kept.
            any_owner=self.scope.any_owner or any(group.id in self._created for group in duplicates),
            prune=self.scope.prune,
            duplicates=duplicates,
        )
        self._judge_shown(plan)
        return plan

    def _judge_shown(self, plan: GroupPlan) -> None:
        """Make sure that the cloud shows what the plan depends on, such as the tags that tell whose a group is."""
        for change in plan.changes:
            if change.current is None or change.action is Action.NOTHING:
                continue
            if change.tags is not None or not (self.scope.any_owner or change.reference in self._created):
                judge_shown(self.cloud, change.current, "tags")
            if "stateful" in change.attributes:
                judge_shown(self.cloud, change.current, "stateful")

    def _read_groups(self) -> list[Body]:
        """Read all groups that the run may change or name; in one request, unless some are given by their ids.

        Names mean groups of the project that has the group which is given by its id.
        """
        in_set = {group.name for group in self.wanted.groups}
        named = {group.id or group.name for group in self.wanted.groups if group.id or not group.may_create}
        names = (
            in_set
            | self._remotes
            | self._attached_names
            | ({_DEFAULT} if self.wanted.attachments or self.scope.owner else set())
        )
        needs_all = self.scope.prune or any(one.state == "owned" for one in self.wanted.attachments)
        found = self.cloud.security_groups(self.project_id, (), set(filter(looks_like_id, named)))
        self.project_id = next((body["project_id"] for body in found if body["project_id"]), self.project_id)
        found += self.cloud.security_groups(self.project_id, None if needs_all else names)
        return list(
            {body["id"]: {**body, "project_id": body["project_id"] or self.project_id} for body in found}.values()
        )

    @cached_property
    def _remotes(self) -> set[str]:
        """What rules name as their remote group, apart from groups of the set."""
        in_set = {group.name for group in self.wanted.groups}
        return set[str]().union(*(group.remotes("remote_group") for group in self.wanted.groups)) - in_set

    @cached_property
    def _attached_names(self) -> set[str]:
        """The names and ids of groups that attachments name."""
        return {name for attachment in self.wanted.attachments for name in attachment.security_groups}

    @cached_property
    def _desired(self) -> list[DesiredGroup]:
        """The wanted groups, with ids for the projects that they name."""
        return [self._with_projects(group) for group in self.wanted.groups]

    def _duplicates(self, found: Sequence[Group]) -> list[Group]:
        """Return the groups that runs at the same time have created under the name of another one."""
        created = [group for group in self.wanted.groups if group.present and group.may_create and group.id is None]
        wanted = {group.name: group for group in created}
        same_names = groups_by_name(found, wanted)
        if not same_names:
            return []
        template = {rule.key for rule in template_rules(self.cloud)}
        ids = [group.id for groups in same_names.values() for group in groups]
        in_use = {id_ for port in self.cloud.ports_having(ids) for id_ in port["security_groups"]}
        in_use |= {rule["remote_group_id"] for rule in self.cloud.rules_naming(ids)}
        own_tag = set() if self.scope.owner is None else {owner_tag(self.scope.owner)}
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
        listed = (desired for desired in self.wanted.groups if desired.shared_with is not None)
        return {meaning for desired in listed for meaning in (desired.id, desired.name)}

    def _with_shares(self, group: Group) -> Group:
        """Return the group with the policies that share it, if the user lists any."""
        if group.id in self._shared or group.name in self._shared:
            judge_extensions(self.cloud, {"rbac-security-groups": f"security group {group.name}"})
            return dataclasses.replace(group, shares=self.cloud.shares([group.id])[group.id])
        return group

    def _shared_groups(self, plan: GroupPlan) -> dict[str, dict[str, str]]:
        """Return the policies that share groups whose change a port of another project may prevent."""
        return self._shares({**plan.deleted_groups(), **plan.restated_groups(), **plan.unshared_groups()})

    def _idle(self, groups: Collection[str], users: Iterable[Port]) -> frozenset[str]:
        """Return the ids of the groups that no port has; ports of projects that a group is shared with are hidden."""
        idle = frozenset(groups).difference(*(port.security_groups for port in users))
        return idle.difference(self._shares(idle.difference(self._created)))

    def _shares(self, group_ids: Collection[str]) -> dict[str, dict[str, str]]:
        """Return the policies that share groups, of those groups that are shared."""
        if not group_ids or "rbac-security-groups" not in self.cloud.extensions:
            return {}
        return {id_: shares for id_, shares in self.cloud.shares(group_ids).items() if shares}

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
        wanted = set[str]().union(*(group.remotes("remote_address_group") for group in self.wanted.groups))
        if not wanted:
            return Names()
        own = self.cloud.address_group_names(project_id=self.project_id)
        others = self.cloud.address_group_names(ids=set(filter(looks_like_id, wanted - set(own))))
        return Names(own, others, own.values)

    def _known_groups(self) -> Collection[str]:
        """Return the names of all groups of the project."""
        return self._all_groups.values()

    @cached_property
    def _all_groups(self) -> dict[str, str]:
        return self.cloud.security_group_names(project_id=self.project_id)

    def _learn_names(self, plan: GroupPlan, shared: Mapping[str, Mapping[str, str]]) -> None:
        """Look up the names that the plan shows and that reading the groups did not give."""
        projects = set[str]().union(*shared.values(), *(change.share for change in plan.changes))
        plan.project_names.update({id_: self._project_name(id_) for id_ in projects})
        if plan:
            rules = shown_rules(plan)
            groups = plan.references.unnamed(rule.remote_group for rule in rules)
            address_groups = plan.references.unnamed(rule.remote_address_group for rule in rules)
            plan.references.learn(self.cloud.security_group_names(ids=groups))
            plan.references.learn(self.cloud.address_group_names(ids=address_groups))

    def _project_name(self, project_id: str) -> str:
        if project_id not in self._project_names:
            self._project_names[project_id] = self.cloud.project_name(project_id)
        return self._project_names[project_id]

    # Ports

    def _plan_ports(self, groups: GroupPlan, users: Iterable[Port]) -> tuple[Sequence[PortChange], Selection]:
        """Return the changes of ports, and what attachments select.

        :param users: ports that have groups to delete, among others
        """
        selection = self._select(groups.references)
        deleted = frozenset(groups.deleted_groups()) if self.scope.detach else frozenset[str]()
        context = Context(frozenset(self._owned(groups)), deleted, frozenset(groups.stateless_groups()))
        own = [port for port in users if port.project_id == self.project_id]
        ports = {port.id: port for port in own if deleted.intersection(port.security_groups)}
        ports |= {port_id: selection.ports[port_id] for port_id in selection.wishes}
        places = self.places(ports.values())
        judge_contradictions(selection.wishes, places, groups.references.name_of)
        changes = [plan_port(port, places[id_], selection.wishes.get(id_, ()), context) for id_, port in ports.items()]
        changes.sort(key=lambda change: (change.place, change.port.id))
        self._judge_port_security(selection, changes)
        changes = [change for change in changes if not change.refused]
        self._note_disappeared(selection, changes)
        if stateless := self._learn_groups(changes, groups.references):
            context = replace(context, stateless=context.stateless | stateless)
            changes = [plan_port(change.port, change.place, change.wishes, context) for change in changes]
        return changes, selection

    def _judge_port_security(self, selection: Selection, changes: Iterable[PortChange]) -> None:
        errors, warnings = without_port_security(change for change in changes if change.refused)
        selection.warnings += warnings
        with Problems() as problems:
            for error in errors:
                with self._judging(selection, problems):
                    raise error

    @contextmanager
    def _judging(self, selection: Selection, problems: Problems, label: str | None = None) -> Iterator[None]:
        """Keep an error before anything has been changed; later note it, so that it does not stop the rest."""
        with problems.within(label):
            try:
                yield
            except InputError as error:
                if self._first is None:
                    raise
                selection.lost.append(str(error if label is None else error.within(label)))

    def _note_disappeared(self, selection: Selection, changes: Iterable[PortChange]) -> None:
        """Note the ports that were selected when the run began, and are no longer there."""
        if self._first is None:
            self._first = [change for change in changes if change.wishes]
        missing = [change for change in self._first if change.port.id not in selection.ports]
        errors, warnings = disappeared(missing)
        selection.disappeared = frozenset(change.port.id for change in missing)
        selection.warnings += warnings
        if self.scope.ignore_missing:
            selection.warnings += errors
        else:
            selection.lost += errors

    def _ports_having(self, group_ids: Collection[str]) -> list[Port]:
        """Return the ports that have one of some groups."""
        return [port_from_api(body) for body in self.cloud.ports_having(group_ids)]

    def places(self, ports: Iterable[Port]) -> dict[str, str]:
        """Return how people know ports, by id; servers that attachments cannot mean are looked up."""
        ports = list(ports)
        own = (port for port in ports if port.project_id == self.project_id)
        if {port.server_id for port in own if port.server_id is not None} - self.server_names.keys():
            self._learn_all_servers()
        return {port.id: place_of(port, self.server_names, self.project_id) for port in ports}

    def _learn_all_servers(self) -> None:
        if not self._knows_all_servers:
            self._knows_all_servers = True
            servers = self.cloud.servers(project_id=self.project_id)
            self.server_names.update({server["id"]: server["name"] for server in servers})

    def _owned(self, groups: GroupPlan) -> Iterator[str]:
        """Return the ids of the groups that the run's owner has, or will have."""
        owner = self.scope.owner
        if owner is not None:
            yield from (group.id for group in groups.references.groups if group.owner == owner)
            yield from (change.reference for change in groups.changes if change.stays)

    def _learn_groups(self, changes: Iterable[PortChange], references: References) -> set[str]:
        """Look up the ports' groups that were not read yet; return the ids of the stateless ones among them."""
        unnamed = references.unnamed(id_ for change in changes for id_ in change.before)
        changed = {id_ for change in changes if change for id_ in change.before | change.after if looks_like_id(id_)}
        found = self.cloud.groups_in_short(unnamed | (changed - {group.id for group in references.groups}))
        references.learn({group["id"]: group["name"] for group in found})
        return {group["id"] for group in found if group.get("stateful") is False}

    def _select(self, references: References) -> Selection:
        """Return the ports that attachments are about."""
        selection = Selection()
        if not self.wanted.attachments:
            return selection
        selected: list[tuple[Attachment, SelectedServers]] = []
        known = self._names_for_hints(self._known_servers)
        with Problems() as problems:
            for attachment in self.wanted.attachments:
                with problems.within(attachment.label):
                    found = select_servers(attachment, self._servers, Names(self.server_names, known=known))
                    self._note_missing(selection, attachment, found.missing)
                    selected.append((attachment, found))
        self._read_ports(selection, {id_ for _attachment, found in selected for id_ in found.ids})
        with Problems() as problems:
            for attachment, found in selected:
                with self._judging(selection, problems, attachment.label):
                    self._spread(selection, attachment, found, references)
        return selection

    def _names_for_hints(self, read: Callable[[], Iterable[str]]) -> Callable[[], Iterable[str]] | None:
        """Return what reads names for hints, unless names that nothing has are only warned of."""
        return None if self.scope.ignore_missing else read

    def _known_servers(self) -> Iterable[str]:
        self._learn_all_servers()
        return self.server_names.values()

    def _note_missing(self, selection: Selection, attachment: Attachment, missing: Sequence[UnknownNameError]) -> None:
        """Warn of what an entry names and does not exist, or refuse it. What disappears later is noted as ports."""
        if not missing or self._first is not None:
            return
        if not self.scope.ignore_missing:
            raise missing[0] if len(missing) == 1 else MultipleInputError(missing)
        selection.warnings += [str(error.within(attachment.label)) for error in missing]

    @cached_property
    def _servers(self) -> list[Body]:
        """The servers that attachments can mean, in one query with as little detail as they need."""
        selectors = [one.selector for one in self.wanted.attachments if one.selector is not None]
        names = {name for attachment in self.wanted.attachments for name in attachment.servers}
        if not selectors and not names:
            return []
        # Nova filters by name, not by id.
        needs_all = bool(selectors) or any(map(looks_like_id, names))
        details = any(selector.needs_details for selector in selectors)
        return self.cloud.servers(None if needs_all else names, project_id=self.project_id, details=details)

    @cached_property
    def server_names(self) -> dict[str, str]:
        """Names of servers by id, of those that attachments can mean."""
        return {server["id"]: server["name"] for server in self._servers}

    @cached_property
    def _networks(self) -> Names:
        wanted = {name for one in self.wanted.attachments for name in one.networks}
        return Names(self.cloud.network_names(wanted), known=self._known_networks)

    def _known_networks(self) -> Iterable[str]:
        """Return the names of all networks that can be seen."""
        return self._all_networks.values()

    @cached_property
    def _all_networks(self) -> dict[str, str]:
        return self.cloud.network_names()

    @cached_property
    def _all_ports(self) -> Collection[str]:
        return self.cloud.port_names(self.project_id)

    def _read_ports(self, selection: Selection, server_ids: Collection[str]) -> None:
        """Read the ports of servers, and those that entries name; only the project's own can be selected."""
        named = {name for attachment in self.wanted.attachments for name in attachment.ports}
        ports = [port_from_api(body) for body in self.cloud.ports_of(self.project_id, server_ids)]
        bodies = self.cloud.named_ports(self.project_id, named)
        own = {body["id"]: body.get("name", "") for body in bodies if body["project_id"] == self.project_id}
        known = self._names_for_hints(lambda: self._all_ports)
        selection.names = Names(own, known=known)
        selection.foreign = {body["id"]: body["project_id"] for body in bodies if body["id"] not in own}
        read = [*ports, *map(port_from_api, bodies)]
        selection.ports = {port.id: port for port in read if port.project_id == self.project_id}
        claiming = [port for port in ports if port.server_id in server_ids and port.id not in selection.ports]
        selection.warnings += ports_of_other_projects(claiming, self.server_names)

    def _spread(
        self, selection: Selection, attachment: Attachment, servers: SelectedServers, references: References
    ) -> None:
        """Note what an entry wants of each of its ports.

        :raises InputError: for a server that is named and has no such port, and if no server has one
        """
        networks = {name: self._networks.candidates("networks", name) for name in attachment.networks}
        chosen = choose_ports(selection.ports.values(), servers.ids, networks)
        self._note_missing(selection, attachment, list(self._without_port(attachment, servers, chosen)))
        named = self._named_ports(selection, attachment)
        by_name = {port.id for port in chosen if port.server_id in servers.named} | set(named)
        group_ids = _group_ids(attachment, references)
        for port_id in (*(port.id for port in chosen), *named):
            wish = Wish(attachment.state, group_ids, attachment.label, port_id in by_name)
            selection.wishes[port_id].append(wish)

    def _without_port(
        self, attachment: Attachment, servers: SelectedServers, chosen: Collection[Port]
    ) -> Iterator[UnknownNameError]:
        """Yield an error for named servers that have no such port, and one if no selected server has one."""
        where = " in these networks" if attachment.networks else ""
        if without := servers.named - {port.server_id for port in chosen}:
            listed = ", ".join(sorted(self.server_names[server_id] for server_id in without))
            yield UnknownNameError("servers", f"server {listed} has no port{where}")
        if servers.selected and not chosen:
            yield UnknownNameError("selector", f"no server that matches {attachment.selector} has a port{where}")

    def _named_ports(self, selection: Selection, attachment: Attachment) -> list[str]:
        """Return the ids of the ports that an entry names."""
        foreign = [name for name in attachment.ports if name in selection.foreign]
        found, missing = selection.names.find_all("ports", (name for name in attachment.ports if name not in foreign))
        missing += [
            UnknownNameError("ports", f"port {id_} belongs to another project: {selection.foreign[id_]}")
            for id_ in foreign
        ]
        self._note_missing(selection, attachment, missing)
        return found


def _group_ids(attachment: Attachment, references: References) -> tuple[str, ...]:
    """Return the ids of an entry's groups.

    :raises InputError: for all names that mean no group, unless the entry detaches: none is attached to anything
    """
    detaches = attachment.state == "absent"
    found = []
    with Problems() as problems:
        for name in attachment.security_groups:
            with problems.within(), suppress(*((UnknownNameError,) if detaches else ())):
                found.append(references.group_id(name, "security_groups", deleted=detaches))
    return tuple(found)


def _remote_ids(groups: Iterable[Group]) -> set[str]:
    return {rule.remote_group for group in groups for rule in group.rules if rule.remote_group is not None}
