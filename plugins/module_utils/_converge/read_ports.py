# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads the ports that attachments select and those that have groups to delete, and plans what happens to them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cached_property

from .._attachments.entries import ENDED, Attachment, SelectedServers, select_servers
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
from .._common.errors import InputError, MultipleInputError, Problems, UnknownNameError
from .._common.names import Names, looks_like_id
from .._groups.group import References
from .._groups.plan import GroupPlan
from .wanted import Scope


@dataclass
class _Entry:
    """An attachment, and the objects that its names mean; None if one of the names is wrong."""

    attachment: Attachment
    servers: SelectedServers | None = None
    networks: Mapping[str, Collection[str]] | None = None
    group_ids: tuple[str, ...] | None = None


class PortReader:
    """Reads servers and ports. Every call reads everything again, except what cannot change."""

    def __init__(self, cloud: Cloud, attachments: Sequence[Attachment], scope: Scope, project_id: str) -> None:
        """Prepare to read the servers and ports of a project."""
        self._cloud = cloud
        self._attachments = attachments
        self._scope = scope
        self._project_id = project_id
        self._knows_all_servers = False
        self._first: list[PortChange] | None = None

    def select(self, references: References, problems: Problems) -> Selection:
        """Return the ports that attachments are about.

        :param problems: keeps the errors of names that mean nothing or several things, and of servers without such a
            port; the entries that have them select nothing
        """
        selection = Selection()
        if not self._attachments:
            return selection
        entries = [self._resolve(selection, problems, attachment, references) for attachment in self._attachments]
        self._read_ports(selection, {id_ for entry in entries if entry.servers for id_ in entry.servers.ids})
        for entry in entries:
            with problems.within(entry.attachment.label):
                self._spread(selection, entry)
        return selection

    def plan(
        self, selection: Selection, groups: GroupPlan, users: Iterable[Port], problems: Problems
    ) -> list[PortChange]:
        """Return the changes of ports, and add to a selection what it is to warn of.

        :param users: ports that have groups to delete, among others
        :param problems: keeps the errors of ports that take no groups
        :raises InputError: for entries that contradict each other
        """
        context = Context(
            frozenset(self._owned(groups)),
            frozenset(groups.deleted_groups()),
            frozenset(groups.stateless_groups()),
            self._scope.detach,
        )
        own = [port for port in users if port.project_id == self._project_id] if self._scope.detach else []
        ports = {port.id: port for port in own if context.deleted.intersection(port.security_groups)}
        ports |= {port_id: selection.ports[port_id] for port_id in selection.wishes}
        places = self.places(ports.values())
        judge_contradictions(selection.wishes, places, groups.references.name_of)
        changes = [plan_port(port, places[id_], selection.wishes.get(id_, ()), context) for id_, port in ports.items()]
        changes.sort(key=lambda change: (change.place, change.port.id))
        self._judge_port_security(selection, changes, problems)
        changes = [change for change in changes if not change.refused]
        self._note_disappeared(selection, changes)
        if stateless := self._learn_groups(changes, groups.references):
            context = replace(context, stateless=context.stateless | stateless)
            changes = [plan_port(change.port, change.place, change.wishes, context) for change in changes]
        return changes

    def _judge_port_security(self, selection: Selection, changes: Iterable[PortChange], problems: Problems) -> None:
        errors, warnings = without_port_security(change for change in changes if change.refused)
        selection.warnings += warnings
        for error in errors:
            with problems.within():
                raise error

    def _note_disappeared(self, selection: Selection, changes: Iterable[PortChange]) -> None:
        """Note the ports that were selected when the run began, and are no longer there."""
        if self._first is None:
            self._first = [change for change in changes if change.wishes]
        missing = [change for change in self._first if change.port.id not in selection.ports]
        errors, warnings = disappeared(missing)
        selection.disappeared = frozenset(change.port.id for change in missing)
        selection.warnings += warnings
        if self._scope.ignore_missing:
            selection.warnings += errors
        else:
            selection.lost += errors

    def having(self, group_ids: Collection[str]) -> list[Port]:
        """Return the ports that have one of some groups."""
        return [port_from_api(body) for body in self._cloud.ports_having(group_ids)]

    def places(self, ports: Iterable[Port]) -> dict[str, str]:
        """Return descriptions of ports for messages, by id. Reads all servers if the server of a port is not known."""
        ports = list(ports)
        own = (port for port in ports if port.project_id == self._project_id)
        if {port.server_id for port in own if port.server_id is not None} - self.server_names.keys():
            self._learn_all_servers()
        return {port.id: place_of(port, self.server_names, self._project_id) for port in ports}

    def _learn_all_servers(self) -> None:
        if not self._knows_all_servers:
            self._knows_all_servers = True
            servers = self._cloud.servers(project_id=self._project_id)
            self.server_names.update({server["id"]: server["name"] for server in servers})

    def _owned(self, groups: GroupPlan) -> Iterator[str]:
        """Return the ids of the groups that the run's owner has, or will have."""
        owner = self._scope.owner
        if owner is not None:
            yield from (group.id for group in groups.references.groups if group.owner == owner)
            yield from (change.reference for change in groups.changes if change.stays)

    def _learn_groups(self, changes: Iterable[PortChange], references: References) -> set[str]:
        """Look up the ports' groups that were not read yet; return the ids of the stateless ones among them."""
        unnamed = references.unnamed(id_ for change in changes for id_ in change.before)
        changed = {id_ for change in changes if change for id_ in change.before | change.after if looks_like_id(id_)}
        found = self._cloud.groups_in_short(unnamed | (changed - {group.id for group in references.groups}))
        references.learn({group["id"]: group["name"] for group in found})
        return {group["id"] for group in found if group.get("stateful") is False}

    def _names_for_hints(self, read: Callable[[], Iterable[str]]) -> Callable[[], Iterable[str]] | None:
        """Return the function that reads names for hints, or None if unknown names are only warnings."""
        return None if self._scope.ignore_missing else read

    def _known_servers(self) -> Iterable[str]:
        self._learn_all_servers()
        return self.server_names.values()

    def _note_missing(self, selection: Selection, attachment: Attachment, missing: Sequence[UnknownNameError]) -> None:
        """Refuse names that no object has, or warn of them. Later in a run, only ports are reported as missing.

        An entry that has ended often names what has been deleted since, which has no groups to detach.
        """
        if not missing or self._first is not None:
            return
        if attachment.state == ENDED:
            # Without hints, which cost requests in every run until the user removes the entry.
            plain = [InputError(error.field, error.problem) for error in missing]
            selection.warnings += [
                f"{error.within(attachment.label)}; the entry has ended, remove it" for error in plain
            ]
            return
        if not self._scope.ignore_missing:
            raise missing[0] if len(missing) == 1 else MultipleInputError(missing)
        selection.warnings += [str(error.within(attachment.label)) for error in missing]

    @cached_property
    def _servers(self) -> list[Body]:
        """The servers that attachments can mean, in one query with as little detail as they need."""
        selectors = [one.selector for one in self._attachments if one.selector is not None]
        names = {name for attachment in self._attachments for name in attachment.servers}
        if not selectors and not names:
            return []
        # Nova filters by name, not by id.
        needs_all = bool(selectors) or any(map(looks_like_id, names))
        details = any(selector.needs_details for selector in selectors)
        return self._cloud.servers(None if needs_all else names, project_id=self._project_id, details=details)

    @cached_property
    def server_names(self) -> dict[str, str]:
        """Names of servers by id, of those that attachments can mean."""
        return {server["id"]: server["name"] for server in self._servers}

    @cached_property
    def _networks(self) -> Names:
        wanted = {name for one in self._attachments for name in one.networks}
        return Names(self._cloud.network_names(wanted), known=self._known_networks)

    def _known_networks(self) -> Iterable[str]:
        """Return the names of all networks that can be seen."""
        return self._all_networks.values()

    @cached_property
    def _all_networks(self) -> dict[str, str]:
        return self._cloud.network_names()

    @cached_property
    def _all_ports(self) -> Collection[str]:
        return self._cloud.port_names(self._project_id)

    def _read_ports(self, selection: Selection, server_ids: Collection[str]) -> None:
        """Read the ports of servers, and those that entries name; only the project's own can be selected."""
        named = {name for attachment in self._attachments for name in attachment.ports}
        ports = [port_from_api(body) for body in self._cloud.ports_of(self._project_id, server_ids)]
        bodies = self._cloud.named_ports(self._project_id, named)
        own = {body["id"]: body.get("name", "") for body in bodies if body["project_id"] == self._project_id}
        known = self._names_for_hints(lambda: self._all_ports)
        selection.names = Names(own, known=known)
        selection.foreign = {body["id"]: body["project_id"] for body in bodies if body["id"] not in own}
        read = [*ports, *map(port_from_api, bodies)]
        selection.ports = {port.id: port for port in read if port.project_id == self._project_id}
        claiming = [port for port in ports if port.server_id in server_ids and port.id not in selection.ports]
        selection.warnings += ports_of_other_projects(claiming, self.server_names)

    def _resolve(
        self, selection: Selection, problems: Problems, attachment: Attachment, references: References
    ) -> _Entry:
        """Return what the names of an entry mean; each kind of name is judged, whatever is wrong with the others."""
        entry = _Entry(attachment)
        with problems.within(attachment.label):
            names = Names(self.server_names, known=self._names_for_hints(self._known_servers))
            servers = select_servers(attachment, self._servers, names)
            self._note_missing(selection, attachment, servers.missing)
            entry.servers = servers
        with problems.within(attachment.label):
            entry.networks = {name: self._networks.candidates("networks", name) for name in attachment.networks}
        with problems.within(attachment.label):
            entry.group_ids = _group_ids(attachment, references)
        return entry

    def _spread(self, selection: Selection, entry: _Entry) -> None:
        """Add what an entry wants to each of its ports.

        :raises InputError: for ports that do not exist, for a server that is named and has no such port, and if no
            server has one
        """
        attachment, servers = entry.attachment, entry.servers
        named = self._named_ports(selection, attachment)
        if servers is None or entry.networks is None or entry.group_ids is None:
            return
        chosen = choose_ports(selection.ports.values(), servers.ids, entry.networks)
        self._note_missing(selection, attachment, list(self._without_port(attachment, servers, chosen)))
        by_name = {port.id for port in chosen if port.server_id in servers.named} | set(named)
        for port_id in (*(port.id for port in chosen), *named):
            wish = Wish(attachment.state, entry.group_ids, attachment.label, port_id in by_name)
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

    :raises InputError: for all names that no group has, unless the entry detaches: a missing group is attached to no
        port
    """
    detaches = attachment.detaches
    found = []
    with Problems() as problems:
        for name in attachment.security_groups:
            with problems.within(), suppress(*((UnknownNameError,) if detaches else ())):
                found.append(references.group_id(name, "security_groups", deleted=detaches))
    return tuple(found)
