# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads what a plan was not made from, and decides which connections it opens and closes: in two requests at most."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Final

from .._common.errors import CloudError
from .._exposure.connections import Comparison
from .._exposure.state import Port, State
from .._groups.group import Group, group_from_api
from .._rules.rule import Rule
from .connections import Connections, can_change_connections, keeps_template, state_after
from .exposed import exposed_ports, exposed_rules
from .plan import Plan
from .read import Reader
from .template import template_rules

_MOST_REQUESTS: Final = 2


def read_connections(reader: Reader, plan: Plan) -> Connections:
    """Return the connections that a plan opens and closes; a cloud that does not show them is no error."""
    if not can_change_connections(plan):
        return Connections()
    try:
        return _ConnectionReader(reader, plan).read()
    except CloudError as error:
        return Connections(unknown=[str(error)])


class _ConnectionReader:
    """Reads the ports of the project, and of the rest what matters, until no request is left."""

    def __init__(self, reader: Reader, plan: Plan) -> None:
        self._cloud = reader.cloud
        self._reader = reader
        self._plan = plan
        self._known = {group.id: group for group in plan.groups.references.groups}
        self._created = {change.reference for change in plan.groups.changes if change.current is None}
        self._names: dict[str, str] = {}
        self._requests_left = _MOST_REQUESTS

    def read(self) -> Connections:
        """Read and compare.

        :raises CloudError: if ports or groups cannot be read
        """
        ports = self._ports()
        attached = frozenset[str]().union(*(port.groups for port in ports), *(one.after for one in self._plan.ports))
        groups = {**self._other_groups(attached), **self._known}
        self._names.update({group.id: group.name for group in groups.values()})
        own = {group.id for group in groups.values() if group.project_id == self._reader.project_id}
        before = State(exposed_rules(groups.values(), self._reader.project_id), ports)
        after = state_after(before, self._plan, self._template(attached))
        rules = [rule for state in (before, after) for group in attached for rule in state.rules.get(group, ())]
        unseen = {rule.remote_group for rule in rules if rule.remote_group is not None} - own - self._created
        address_groups = self._address_groups({rule.remote_address_group for rule in rules} - {None})
        before, after = (
            replace(state, address_groups=address_groups, hidden_members=frozenset(unseen)) for state in (before, after)
        )
        comparison = Comparison(before, after, self._name_of)
        return Connections(comparison.connections(), comparison.unknown())

    def _name_of(self, id_: str) -> str:
        name = self._plan.name_of(id_)
        return self._names.get(id_, id_) if name == id_ else name

    def _ports(self) -> list[Port]:
        """Return the ports of the project, with the groups from which the plan begins."""
        self._requests_left -= 1
        bodies = self._cloud.project_ports(self._reader.project_id)
        groups = {change.port.id: change.before for change in self._plan.ports}
        return [replace(port, groups=groups.get(port.id, port.groups)) for port in exposed_ports(bodies)]

    def _other_groups(self, attached: Collection[str]) -> Mapping[str, Group]:
        """Return the groups of the project if the plan knows only some of them, and others matter too."""
        rules = [rule for id_ in attached if id_ in self._known for rule in self._known[id_].rules]
        rules += [rule for change in self._plan.groups.changes for rule in change.rules.added]
        used = {*attached, *(rule.remote_group for rule in rules)} - {None} - self._created
        if self._reader.knows_all_groups or used <= self._known.keys():
            return {}
        self._requests_left -= 1
        bodies = self._cloud.security_groups(self._reader.project_id, None)
        return {group.id: group for group in map(group_from_api, bodies)}

    def _template(self, attached: Collection[str]) -> Sequence[Rule] | None:
        """Return the rules that the cloud gives new groups, if any of them gets a port and keeps them."""
        keeping = (one for one in self._plan.groups.changes if one.reference in attached and keeps_template(one))
        if not any(keeping) or not self._requests_left:
            return None
        self._requests_left -= 1
        return template_rules(self._cloud)

    def _address_groups(self, used: Collection[str | None]) -> Mapping[str, Sequence[str]]:
        found = {}
        if used and self._requests_left:
            # Without them the plan says what is not known.
            with suppress(CloudError):
                found = {group["id"]: group for group in self._cloud.address_groups(())}
        self._names.update({id_: group["name"] for id_, group in found.items()})
        return {id_: tuple(group["addresses"]) for id_, group in found.items()}
